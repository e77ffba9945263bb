"""What pandas, DuckDB and csvkit read of an export, cell by cell: tables.py FOLDER

Makes each cell of articles.csv, images.csv, related.csv, attachments.csv and listings.csv again from
articles.jsonl, by the words of docs/exports.md and not by khotin's code, and compares them with what each
program reads, all as text. versions.csv and changes.csv are compared between the programs, and with the
record where it says the same. Then lets pandas and DuckDB find the types out by themselves and compares
sums. Prints one line a table; exit 0 only if all are equal.
"""
import csv, io, json, re, subprocess, sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pandas

folder = Path(sys.argv[1])
csvkit = Path(sys.executable).parent
VIETNAM = timezone(timedelta(hours=7))
failures = 0


def fail(words):
    global failures
    failures += 1
    if failures <= 20:
        print("FAILED", words)


def clean(text):
    text = re.sub(r"\r\n?", "\n", text)
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "\ufffd", text)


def text(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return clean(str(value))


def vietnam(time):
    return datetime.fromisoformat(time).astimezone(VIETNAM)


def local(time):
    return vietnam(time).strftime("%Y-%m-%dT%H:%M:%S+07:00")


def utc(time):
    return datetime.fromisoformat(time).astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def capture_of(record, sequence):
    return next(c for c in record["captures"] if c["sequence"] == sequence)


def words(body):
    # White space as Unicode has it, without the separators U+001C to U+001F that Python adds.
    runs = re.split(r"[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+", body)
    return sum(1 for run in runs if any(c.isalnum() for c in run))


def article(r):
    published, source = r["published"], r["source"] or {}
    is_read = bool(r["versions"])
    newest = r["versions"][-1]["capture"] if is_read else max(l["capture"] for l in r["listed"])
    capture = capture_of(r, newest)
    profile = r["profile"]
    layout = f"/{profile['layout']}" if profile["layout"] else ""
    p = published or {}
    row = {
        "key": r["key"], "site": r["site"], "state": r["state"], "synthetic": r["synthetic"],
        "title": r["title"], "lead": r["lead"],
        "published_at": published and local(p["at"]), "published_utc": published and utc(p["utc"]),
        "published_date": published and vietnam(p["at"]).strftime("%Y-%m-%d"),
        "published_time": vietnam(p["at"]).strftime("%H:%M:%S") if published and p["precision"] != "day" else None,
        "published_raw": p.get("raw"), "published_from": p.get("from"), "published_zone": p.get("zone"),
        "flags": "; ".join(r["flags"]), "sections": "; ".join(r["sections"]),
        "source_name": source.get("name"), "source_raw": source.get("raw"), "is_reprint": source.get("is_reprint"),
        "author": r["author"], "language": r["language"],
        "words": None if r["text"] is None else words(r["text"]),
        "images": len(r["images"]) if is_read else None,
        "attachments": len(r["attachments"]) if is_read else None,
        "related": len(r["related"]) if is_read else None,
        "versions": len(r["versions"]), "work": r["work"],
        "work_strength": r["same_as"] and r["same_as"]["strength"], "url": r["url"],
        "first_seen_utc": r["first_seen"], "last_seen_utc": r["last_seen"],
        "captured_utc": capture["time"], "capture_via": capture["via"], "warc_file": capture["warc_file"],
        "warc_offset": capture["warc_offset"], "warc_record_id": capture["warc_record_id"],
        "payload_sha256": capture["payload_sha256"],
        "profile": f"{profile['site']}{layout}@{profile['digest'][:12]}", "text": r["text"],
    }
    return [row]


def images(r):
    names = ["position", "url", "original_url", "alt", "caption", "credit", "caption_raw", "after_block", "inferred"]
    rows = []
    for image in r["images"]:
        original = archived(image, "original_archived")
        rows.append({"key": r["key"]} | {name: image[name] for name in names} | archived(image) | {
            "original_archived": original["archived"], "original_not_archived": original["not_archived"]})
    return rows


def archived(one, name="archived"):
    file = one.get(name) or {}
    place = f"{file['warc_file']}#{file['warc_offset']}" if "warc_file" in file else None
    return {"archived": place, "archived_type": file.get("content_type"), "archived_bytes": file.get("bytes"),
            "archived_sha256": file.get("payload_sha256"), "not_archived": file.get("missing")}


def related(r):
    return [{"key": r["key"], "position": one["position"], "title": one["title"], "url": one["url"],
             "related_key": one["key"]} for one in r["related"]]


def attachments(r):
    return [{"key": r["key"], "position": place, "label": one["label"], "url": one["url"],
             "media_type": one["media_type"]} | archived(one) for place, one in enumerate(r["attachments"], 1)]


def listings(r):
    rows = []
    for one in r["listed"]:
        capture, published = capture_of(r, one["capture"]), one["published"]
        rows.append({
            "key": r["key"], "section": one["section"], "position": one["position"], "title": one["title"],
            "stamp_raw": one["stamp_raw"], "published_utc": published and utc(published["utc"]),
            "published_at": published and local(published["at"]), "abstract": one["summary"],
            "abstract_cut": None if one["summary"] is None else one["summary_cut"],
            "capture": f"{capture['warc_file']}#{capture['warc_offset']}",
        })
    return rows


def by_pandas(path):
    frame = pandas.read_csv(path, dtype=str, keep_default_na=False, na_filter=False)
    return [list(frame.columns)] + frame.values.tolist()


def by_duckdb(path):
    # Said, not guessed: a table of one column of text can not tell its dialect by itself.
    options = "header=true, delim=',', quote='\"', escape='\"', all_varchar=true, new_line='\\r\\n'"
    query = duckdb.sql(f"SELECT * FROM read_csv('{path}', {options})")
    return [query.columns] + [[cell or "" for cell in row] for row in query.fetchall()]


def by_csvkit(path):
    # csvformat reads and writes; what it writes is read by Python's own reader.
    done = subprocess.run([csvkit / "csvformat", "-z", "100000000", "-U", "1", path], capture_output=True, check=True)
    csv.field_size_limit(100_000_000)
    return list(csv.reader(io.StringIO(done.stdout.decode(), newline="")))


READERS = {"pandas": by_pandas, "DuckDB": by_duckdb, "csvkit": by_csvkit}
MADE_AGAIN = {"articles": article, "images": images, "related": related, "attachments": attachments,
              "listings": listings}

records = [json.loads(line) for line in open(folder / "articles.jsonl", encoding="utf-8")]
for table, make in MADE_AGAIN.items():
    expected = [{name: text(value) for name, value in row.items()} for r in records for row in make(r)]
    for reader, read in READERS.items():
        header, *rows = read(folder / f"{table}.csv")
        if len(rows) != len(expected):
            fail(f"{table} by {reader}: {len(rows)} rows, not {len(expected)}")
            continue
        for number, (found, wanted) in enumerate(zip(rows, expected), 1):
            if header != list(wanted):
                fail(f"{table} by {reader}: columns {header}")
                break
            for name, cell in zip(header, found):
                if cell != wanted[name]:
                    fail(f"{table} by {reader}: row {number}, {name}: {cell[:60]!r}, not {wanted[name][:60]!r}")
    print(f"{table}.csv: {len(expected)} rows, cell by cell as the records say, by {', '.join(READERS)}")

for table in ["versions", "changes"]:
    first, *others = [read(folder / f"{table}.csv") for read in READERS.values()]
    for reader, other in zip(list(READERS)[1:], others):
        if other != first:
            fail(f"{table}: {reader} and pandas differ")
    header, *rows = first
    rows = [dict(zip(header, row)) for row in rows]
    for r in records:
        own = [row for row in rows if row["key"] == r["key"]]
        if table == "versions":
            found = [(row["number"], row["title"], row["content_digest"], row["first_seen_utc"], row["last_seen_utc"],
                      row["sequence"]) for row in own]
            wanted = [tuple(text(v[name]) for name in
                            ["number", "title", "content_digest", "first_seen", "last_seen", "capture"])
                      for v in r["versions"]]
            if found != wanted:
                fail(f"versions of {r['key']}: {found}")
        begun = [row for row in own if row.get("change") in ("new", "changed")]
        if table == "changes" and len(begun) != max(1, len(r["versions"])):
            fail(f"changes of {r['key']}: {begun}")
    print(f"{table}.csv: {len(rows)} rows, the same by {', '.join(READERS)}")

# Types found out by the programs themselves, as an analyst has them.
typed = pandas.read_csv(folder / "articles.csv")
sums = {
    "words": sum(words(r["text"]) for r in records if r["text"] is not None),
    "versions": sum(len(r["versions"]) for r in records),
}
for column, wanted in sums.items():
    by_duck = duckdb.sql(f"SELECT sum({column}) FROM read_csv('{folder / 'articles.csv'}', sample_size=-1)").fetchall()[0][0]
    if not (int(typed[column].sum()) == int(by_duck) == wanted):
        fail(f"sum of {column}: pandas {typed[column].sum()}, DuckDB {by_duck}, records {wanted}")
days = {(str(day)) for (day,) in duckdb.sql(
    f"SELECT DISTINCT published_date FROM read_csv('{folder / 'articles.csv'}', sample_size=-1) "
    "WHERE published_date IS NOT NULL").fetchall()}
wanted = {vietnam(r["published"]["at"]).strftime("%Y-%m-%d") for r in records if r["published"]}
if days != wanted:
    fail(f"days by DuckDB: {days ^ wanted}")
print(f"{failures} failures")
sys.exit(1 if failures or not records else 0)
