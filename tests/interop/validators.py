"""validators.py WORK TOOLS PAGE: what programs that we did not write say of an archive, as a table in PAGE.

Called by validators.sh, which makes in WORK a demo ministry crawled twice (demo/), an archive with every kind of
capture (kinds/), a.wacz and bag/. Each program below is run on them, and the table between the two marker lines of
PAGE is written anew from what it said. Ends with 0 only if every program agreed.
"""
import contextlib
import glob
import importlib.metadata
import os
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

work, tools, page = map(pathlib.Path, sys.argv[1:4])
here = pathlib.Path(__file__).parent
bin_folder = pathlib.Path(sys.executable).parent
archives = [work / "demo/output/archive", work / "kinds"]
files = sorted(file for folder in archives for file in glob.glob(f"{folder}/*.warc.gz"))
HEADER = ["program", "version", "what it was asked", "answer", "counted"]


class Refused(Exception):
    """A program did not agree."""


def run(*command, folder=None, may_speak=True):
    """What a program says; an error if it fails, or speaks where silence is its yes."""
    done = subprocess.run([str(word) for word in command], cwd=folder, capture_output=True, text=True)
    said = done.stdout + done.stderr
    if done.returncode != 0 or (said.strip() and not may_speak):
        raise Refused(f"{pathlib.Path(command[0]).name}: {said.strip()[-300:]}")
    return done.stdout


def refuses(*command):
    """True if a program fails."""
    try:
        run(*command)
    except Refused:
        return True
    return False


def flipped(path, place):
    """One bit of a file is another one."""
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def of_package(name):
    return importlib.metadata.version(name)


def first_word_with_digit(text):
    return re.search(r"\d+(\.\d+)+", text).group(0)


def gzip():
    run("gzip", "-t", *files)
    return first_word_with_digit(run("gzip", "--version")), "sound", f"{len(files)} files"


def sums():
    lines = 0
    for folder in archives:
        run("sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS", folder=folder)
        lines += len((folder / "SHA256SUMS").read_text().splitlines())
    return first_word_with_digit(run("sha256sum", "--version")), "equal", f"{lines} files"


def warcio():
    from warcio.archiveiterator import ArchiveIterator
    for file in files:
        run(bin_folder / "warcio", "check", file, may_speak=False)
    records = 0
    for file in files:
        with open(file, "rb") as stream:
            records += sum(1 for _ in ArchiveIterator(stream))
    return of_package("warcio"), "no fault", f"{records} records"


def fastwarc():
    from fastwarc.warc import ArchiveIterator, WarcRecordType
    blocks = payloads = 0
    for file in files:
        run(bin_folder / "fastwarc", "check", "--quiet", file)
        for record in ArchiveIterator(open(file, "rb"), parse_http=False):
            blocks += 1
            # The payload of a revisit stands in another record, and FastWARC knows payloads of messages only.
            is_revisit = record.record_type == WarcRecordType.revisit
            if "WARC-Payload-Digest" not in record.headers or is_revisit or not record.is_http:
                continue
            record.parse_http()
            if not record.verify_payload_digest():
                raise Refused(f"FastWARC: payload of {record.record_id}")
            payloads += 1
    return of_package("FastWARC"), "right", f"{blocks} block digests, {payloads} payload digests"


def warcat():
    from warcat import model, verify
    records = payloads = 0
    for file in files:
        warc = model.WARC()
        # It tells of every record whose length it would write otherwise.
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            warc.load(file)
        for record in warc.records:
            records += 1
            if not verify.verify_block_digest(record):
                raise Refused(f"warcat: block of {record.record_id}")
            is_message = isinstance(record.content_block, model.BlockWithPayload)
            is_revisit = record.warc_type == "revisit"
            if is_message and not is_revisit and "WARC-Payload-Digest" in record.header.fields:
                if not verify.verify_payload_digest(record):
                    raise Refused(f"warcat: payload of {record.record_id}")
                payloads += 1
    return of_package("Warcat"), "right", f"{records} block digests, {payloads} payload digests"


def cdxj_indexer():
    lines = 0
    for file in files:
        theirs = run(bin_folder / "cdxj-indexer", "--post-append", "--sort", file)
        if theirs != pathlib.Path(file.replace(".warc.gz", ".cdxj")).read_text():
            raise Refused(f"cdxj-indexer: another index of {file}")
        lines += theirs.count("\n")
    out = work / "index"
    with zipfile.ZipFile(work / "a.wacz") as package:
        package.extract("indexes/index.cdx.gz", out)
    ours = run("gzip", "-dc", out / "indexes/index.cdx.gz")
    packed = sorted(glob.glob(f"{archives[0]}/*.warc.gz"))
    if ours != run(bin_folder / "cdxj-indexer", "--post-append", "--sort", *packed):
        raise Refused("cdxj-indexer: another index of the WACZ")
    lines += ours.count("\n")
    return of_package("cdxj-indexer"), "equal to the byte", f"{lines} lines, those of the WACZ among them"


def pywb():
    said = run(sys.executable, here / "replayed.py", *archives)
    counted = re.search(r"(\d+) captures compared, 0 differing", said).group(1)
    posts = sum(int(number) for number in re.findall(r"(\d+) POST", said))
    again = sum(int(number) for number in re.findall(r"(\d+) (?:304|revisit)", said))
    redirects = sum(int(number) for number in re.findall(r"(\d+) redirect", said))
    return of_package("pywb"), "every status and byte is the stored one", (
        f"{counted} captures: {posts} POSTs, {again} revisits, {redirects} redirects among them")


def wacz():
    said = run(bin_folder / "wacz", "validate", "-f", work / "a.wacz")
    if "is valid" not in said:
        raise Refused(f"wacz: {said}")
    broken = work / "broken.wacz"
    shutil.copy(work / "a.wacz", broken)
    with zipfile.ZipFile(broken) as package:
        first = package.infolist()[0]
        parts = len(package.infolist())
    # The zip's own check sum finds it first; either way it is refused.
    flipped(broken, first.header_offset + first.file_size // 2)
    if not refuses(bin_folder / "wacz", "validate", "-f", broken):
        raise Refused("wacz: a flipped bit was not found")
    return of_package("wacz"), "valid; refused after one flipped bit", f"{parts} parts"


def bagit():
    run(bin_folder / "bagit.py", "--quiet", "--validate", work / "bag")
    payload = [path for path in (work / "bag/data").rglob("*") if path.is_file()]
    broken = max(payload, key=lambda path: path.stat().st_size)
    flipped(broken, broken.stat().st_size // 2)
    if not refuses(bin_folder / "bagit.py", "--quiet", "--validate", work / "bag"):
        raise Refused("bagit: a flipped bit was not found")
    return of_package("bagit"), "valid; refused after one flipped bit", f"{len(payload)} files"


def replayweb():
    pages = work / "pages.jsonl"
    with zipfile.ZipFile(work / "a.wacz") as package:
        pages.write_bytes(package.read("pages/pages.jsonl"))
    said = run("node", here / "replayweb.mjs", tools, work / "a.wacz", pages,
               work / "demo/output/exports/latest/articles.jsonl", work / "pictures")
    last = said.strip().splitlines()[-1]
    chromium, counted = last.split(" ", 1)
    number = counted.split(" ", 1)[0]
    version = re.search(r'"version": "([^"]+)"', (tools / "replaywebpage/package.json").read_text()).group(1)
    return f"{version} in Chromium {chromium}", "the text of each stands in the replayed frame", (
        f"{number} articles of both platforms")


# Program, what it is asked, and who asks it; the page has a row for each, in this order.
PROGRAMS = [
    ("gzip", "`gzip -t` of each file", gzip),
    ("sha256sum", "`sha256sum --check --strict` of SHA256SUMS", sums),
    ("warcio", "`warcio check` of each file: any word from it is a fault", warcio),
    ("FastWARC", "`fastwarc check` of each file; payload digests of HTTP messages by its library (see below)", fastwarc),
    ("warcat", "block digests of all records and payload digests of HTTP messages, by its library (see below)", warcat),
    ("cdxj-indexer", "`cdxj-indexer --post-append --sort` against our `.cdxj` and against the index of the WACZ", cdxj_indexer),
    ("pywb", "every capture replayed by address, time and, of a POST, body (`tests/interop/pywb.sh`)", pywb),
    ("wacz", "`wacz validate` of what `khotin wacz` made", wacz),
    ("bagit.py", "`bagit.py --validate` of what `khotin bag` made", bagit),
    ("ReplayWeb.page", "articles opened out of the WACZ, no other host within reach (`tests/interop/replayweb.sh`)", replayweb),
]


def main():
    rows, refused = [], 0
    for name, asked, ask in PROGRAMS:
        try:
            version, answer, counted = ask()
        except Refused as problem:
            refused += 1
            print(f"FAILED {name}: {problem}")
            continue
        print(f"{name} {version}: {answer} ({counted})")
        rows.append([name, version, asked, answer, counted])
    if refused:
        sys.exit(1)
    lines = [HEADER, ["---"] * len(HEADER), *rows]
    table = "".join("| " + " | ".join(line) + " |\n" for line in lines)
    text = page.read_text(encoding="utf-8")
    start, end = "<!-- validators: begin -->\n", "<!-- validators: end -->\n"
    before, rest = text.split(start)
    _, after = rest.split(end)
    page.write_text(before + start + table + end + after, encoding="utf-8")


os.environ["PYTHONWARNINGS"] = "ignore"
main()
