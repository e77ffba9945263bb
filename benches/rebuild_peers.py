"""The peers of benches/rebuild.sh, each over one WARC file of ours. Prints JSON: records, bytes, and the CPU
seconds of the work itself, without starting Python.

read FILE         FastWARC takes every record and the body of every response
fields FILE OUT   FastWARC and resiliparse (lexbor) find what khotin's profile of the demo ministry finds, and
                  write it as JSON lines
write FILE OUT    warcio writes the responses of FILE again, bodies unpacked, gzip level 6 as ours
"""

import json
import sys
import time
import zlib
from io import BytesIO

from fastwarc.warc import ArchiveIterator, WarcRecordType
from resiliparse.parse.html import HTMLTree


def unpacked(record):
    body = record.reader.read()
    if record.http_headers.get("content-encoding") == "gzip":
        return zlib.decompress(body, 31)
    return body


def read(path):
    records = bytes_read = 0
    with open(path, "rb") as file:
        for record in ArchiveIterator(file):
            bytes_read += len(record.reader.read())
            records += record.record_type in (WarcRecordType.response, WarcRecordType.revisit)
    return records, bytes_read


def text_of(node, selector):
    found = node.query_selector(selector)
    return found.text.strip() if found else None


def article(record, body):
    """Everything that the profile reads, as far as lexbor's selectors say it."""
    page = {"url": record.headers["WARC-Target-URI"], "at": record.headers["WARC-Date"], "id": record.record_id}
    document = HTMLTree.parse_from_bytes(body, "utf-8").document
    root = document.query_selector("div.contentDetail")
    if root is None:
        items = document.query_selector_all("div.page-list-news, div.asset-abstract")
        page["items"] = [
            {"title": text_of(item, "h3"), "summary": text_of(item, "p"), "link": text_of(item, "a")}
            for item in items
        ]
        return page
    content = root.query_selector(".journal-content-article")
    page.update(
        title=text_of(root, "h3"),
        dates=[found.text for found in root.query_selector_all("div > p")],
        lead=text_of(root, ".sapo"),
        captions=[found.text for found in root.query_selector_all(".PhotoCMS_Caption")],
        related=[found.getattr("href") for found in root.query_selector_all(".tin-lien-quan li a")],
        links=[found.getattr("href") for found in root.query_selector_all("a")],
    )
    if content is not None:
        page["blocks"] = [found.text for found in content.query_selector_all("p, h2, h3, li, td")]
        page["images"] = [found.getattr("src") for found in content.query_selector_all("img")]
    return page


def fields(path, out):
    records = bytes_read = 0
    with open(path, "rb") as file, open(out, "w") as lines:
        for record in ArchiveIterator(file, record_types=WarcRecordType.response):
            body = unpacked(record)
            records += 1
            bytes_read += len(body)
            lines.write(json.dumps(article(record, body), ensure_ascii=False) + "\n")
    return records, bytes_read


def write(path, out):
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    with open(path, "rb") as file:
        pages = [
            (record.headers["WARC-Target-URI"], unpacked(record))
            for record in ArchiveIterator(file, record_types=WarcRecordType.response)
        ]

    # warcio itself packs at level 9, which costs more.
    pack = zlib.compressobj
    zlib.compressobj = lambda _level, *args: pack(6, *args)
    begun = time.process_time()
    with open(out, "wb") as file:
        writer = WARCWriter(file, gzip=True, warc_version="1.1")
        for url, body in pages:
            http = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
            record = writer.create_warc_record(url, "response", payload=BytesIO(body), http_headers=http)
            writer.write_record(record)
    return len(pages), sum(len(body) for _, body in pages), time.process_time() - begun


def main():
    job, args = sys.argv[1], sys.argv[2:]
    begun = time.process_time()
    answer = {"read": read, "fields": fields, "write": write}[job](*args)
    records, length, *own = answer
    cpu = own[0] if own else time.process_time() - begun
    print(json.dumps({"records": records, "bytes": length, "cpu": cpu}))


main()
