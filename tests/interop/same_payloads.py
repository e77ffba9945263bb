"""same_payloads.py WGET_FILE DIR: equal payload digests for the URLs that both hold.

The digests are computed here from the stored payloads, transfer coding removed, so that neither
archiver is taken at its word.
"""
import base64
import hashlib
import pathlib
import sys

from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import ChunkedDataReader


def payloads(path):
    """(URL, status, date, digest) of each whole response; a revisit counts as the digest it names."""
    with open(path, "rb") as file:
        for record in ArchiveIterator(file):
            headers = record.rec_headers
            if record.rec_type not in ("response", "revisit") or headers.get_header("WARC-Truncated"):
                continue
            http = record.http_headers
            if http is None:
                continue
            url, date = headers.get_header("WARC-Target-URI").strip("<>"), headers.get_header("WARC-Date")
            if record.rec_type == "revisit":
                digest = headers.get_header("WARC-Payload-Digest").removeprefix("sha1:")
            else:
                chunked = (http.get_header("Transfer-Encoding") or "").lower() == "chunked"
                stream = ChunkedDataReader(record.raw_stream) if chunked else record.raw_stream
                digest = hashlib.sha1()
                while piece := stream.read(65536):
                    digest.update(piece)
                digest = base64.b32encode(digest.digest()).decode()
            yield url, http.get_statuscode(), date, digest


def main():
    theirs = {url: digest for url, status, _, digest in payloads(sys.argv[1]) if not status.startswith("3")}
    ours = {}
    for path in sorted(pathlib.Path(sys.argv[2]).glob("*.warc.gz")):
        for url, _, date, digest in payloads(path):
            if url in theirs and date >= ours.get(url, ("", ""))[0]:
                ours[url] = (date, digest)
    passed = failed = 0
    for url, digest in sorted(theirs.items()):
        found = ours.get(url, ("", "no capture"))[1]
        if found == digest:
            passed += 1
        else:
            failed += 1
            print(f"FAILED {url}: wget has {digest}, we have {found}")
    print(f"{passed} passed, {failed} failed")
    sys.exit(0 if passed and not failed else 1)


main()
