"""replayed.py ARCHIVE…: pywb gives every capture of these archives again, byte by byte.

Each ARCHIVE is a folder of closed .warc.gz files with their .cdxj. All of its captures (responses and
revisits; the `resource` records are no captures) are asked of a pywb of its own on 127.0.0.1, by address, time
and, for a POST, by body, and compared with what the WARC files say, read here without khotin: status, and the
bytes of the stored body; of a revisit those of the record that it names. Then the same is done with the
bodies taken out of the index, where POSTs must come out wrong: so the check can fail.
"""
import collections
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from warcio.archiveiterator import ArchiveIterator

Capture = collections.namedtuple("Capture", "kind url time method headers body status payload")


def records(folder):
    for path in sorted(pathlib.Path(folder).glob("*.warc.gz")):
        with open(path, "rb") as file:
            for record in ArchiveIterator(file):
                yield record, record.raw_stream.read()


def captures(folder):
    """Every capture, with what a replay of it must give."""
    asked, answers = None, {}
    for record, block in records(folder):
        field = record.rec_headers.get_header
        if record.rec_type == "request":
            asked = (record.http_headers, block)
        if record.rec_type not in ("response", "revisit"):
            continue
        url, date = field("WARC-Target-URI"), field("WARC-Date")
        request, body = asked
        status = record.http_headers.get_statuscode() if record.http_headers else ""
        method = request.protocol
        if record.rec_type == "response":
            answers[url, date] = (status, block)
            kind = {"3": "redirect", "2": "page"}.get(status[:1], "error")
            payload = block
        else:
            target = (field("WARC-Refers-To-Target-URI"), field("WARC-Refers-To-Date"))
            of_target, payload = answers[target]
            is_304 = field("WARC-Profile").endswith("server-not-modified")
            status = of_target if is_304 else status
            kind = "304" if is_304 else "revisit" if target[0] == url else "revisit of another address"
        kind = kind if method == "GET" else f"{method} {kind}"
        yield Capture(kind, url, re.sub(r"\D", "", date)[:14], method, request, body, status, payload)


def collection(folder, root, keep_bodies):
    """A collection of pywb in root; without bodies, POSTs stand under their address alone."""
    place = root / "collections" / "kho"
    (place / "archive").mkdir(parents=True)
    (place / "indexes").mkdir()
    lines = []
    for path in sorted(pathlib.Path(folder).glob("*.warc.gz")):
        shutil.copy(path, place / "archive")
        lines += open(path.with_name(path.name.replace(".warc.gz", ".cdxj")), encoding="utf-8")
    if not keep_bodies:
        lines = [plain(line) for line in lines]
    (place / "indexes" / "index.cdxj").write_text("".join(sorted(lines)), encoding="utf-8")


def plain(line):
    key, stamp, rest = line.split(" ", 2)
    members = json.loads(rest)
    if members.pop("method", None):
        members.pop("requestBody")
        key = re.sub(r"__wb_method=post&(?:\S*&)?url=", "url=", key)
    return f"{key} {stamp} {json.dumps(members)}\n"


class Pywb:
    def __init__(self, root):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        program = pathlib.Path(sys.executable).with_name("wayback")
        log = open(root / "log", "wb")
        command = [program, "-b", "127.0.0.1", "-p", str(self.port), "-d", root]
        self.process = subprocess.Popen(command, stdout=log, stderr=log)
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    sys.exit("pywb ended: " + (root / "log").read_text()[-2000:])
                time.sleep(0.1)
        sys.exit("pywb does not listen after 30 s")

    def end(self):
        self.process.terminate()
        self.process.wait()

    def ask(self, capture):
        # Else pywb unpacks what the server had packed.
        headers = {"Accept-Encoding": "gzip, deflate, br, zstd"}
        if capture.method == "POST":
            headers["Content-Type"] = capture.headers.get_header("content-type")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        body = capture.body if capture.method == "POST" else None
        connection.request(capture.method, f"/kho/{capture.time}id_/{capture.url}", body, headers)
        answer = connection.getresponse()
        got = (str(answer.status), answer.read())
        connection.close()
        return got


def compare(folder, keep_bodies, counts):
    """Counts what is equal by kind; gives what is not."""
    differing = []
    with tempfile.TemporaryDirectory() as root:
        root = pathlib.Path(root)
        collection(folder, root, keep_bodies)
        pywb = Pywb(root)
        try:
            for capture in captures(folder):
                status, body = pywb.ask(capture)
                # pywb sends a redirect without its body: no browser shows it.
                payload = b"" if capture.kind == "redirect" and not body else capture.payload
                counts[capture.kind] += 1
                if (status, body) != (capture.status, payload):
                    differing.append(f"{capture.kind} {capture.time} {capture.url}: {status} with {len(body)} bytes,"
                                     f" not {capture.status} with {len(payload)}")
        finally:
            pywb.end()
    return differing


def main():
    counts, differing, can_fail = collections.Counter(), [], 0
    for folder in sys.argv[1:]:
        differing += compare(folder, True, counts)
        posts = [one for one in captures(folder) if one.method == "POST"]
        if posts:
            can_fail += len(compare(folder, False, collections.Counter()))
    for line in differing[:10]:
        print("FAILED", line)
    for kind, count in sorted(counts.items()):
        print(f"{count:6} {kind}")
    print(f"{sum(counts.values())} captures compared, {len(differing)} differing")
    print(f"without the bodies in the index {can_fail} differ")
    sys.exit(0 if counts and not differing and can_fail else 1)


if __name__ == "__main__":
    main()
