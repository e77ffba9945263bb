"""The Python half of foreign.sh: a server, files by warcio and FastWARC, and the comparison."""
import http.server
import io
import json
import pathlib
import subprocess
import sys


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        if self.path != "/chunked":
            return super().do_GET()
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n")


def serve(site, port_file):
    handler = lambda *args: Handler(*args, directory=site)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    pathlib.Path(port_file).write_text(str(server.server_port))
    server.serve_forever()


def by_warcio(folder):
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    for version in ["1.0", "1.1"]:
        for packed in [True, False]:
            name = f"warcio-{version}.warc" + (".gz" if packed else "")
            with open(folder / name, "wb") as out:
                writer = WARCWriter(out, gzip=packed, warc_version=version)
                writer.write_record(writer.create_warcinfo_record(name, {"software": "warcio"}))
                for number, body in enumerate([b"<p>B\xe1\xbb\x99 Y t\xe1\xba\xbf</p>", b"x" * 300_000, b""]):
                    head = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
                    url = f"https://moh.gov.vn/{number}"
                    answer = writer.create_warc_record(url, "response", payload=io.BytesIO(body), http_headers=head)
                    asked = StatusAndHeaders(f"GET /{number} HTTP/1.1", [("Host", "moh.gov.vn")], is_http_request=True)
                    asked = writer.create_warc_record(url, "request", http_headers=asked)
                    writer.write_request_response_pair(asked, answer)
                again = writer.create_revisit_record("https://moh.gov.vn/9", "sha1:" + "A" * 32, "https://moh.gov.vn/0",
                                                     "2016-11-22T01:02:03Z", http_headers=head)
                writer.write_record(again)
                writer.write_record(writer.create_warc_record("urn:a", "resource", payload=io.BytesIO(b"a"), warc_content_type="text/plain"))


def by_fastwarc(folder):
    from fastwarc.stream_io import GzipWriter, ZstdWriter, zstd_train_dictionary_from_samples
    from fastwarc.warc import WarcRecord, WarcRecordType

    def records():
        for number in range(3):
            record = WarcRecord()
            record.init_headers(WarcRecordType.response, b"uuid:00000000-0000-4000-8000-%012d" % number)
            record.headers["WARC-Target-URI"] = f"https://moh.gov.vn/{number}"
            record.headers["WARC-Date"] = "2016-11-22T01:02:03Z"
            record.headers["Content-Type"] = "application/http; msgtype=response"
            record.set_bytes_content(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + b"abc" * number * 1000)
            yield record

    samples = []
    for number in range(300):
        out = io.BytesIO()
        for record in records():
            record.headers["WARC-Record-ID"] = f"<urn:x:{number * 7919}>"
            record.write(out, checksum_data=True)
        samples.append(out.getvalue()[:600])
    dictionary = zstd_train_dictionary_from_samples(samples, 4000)
    for name, pack in [
        ("fastwarc.warc", lambda raw: raw),
        ("fastwarc.warc.gz", GzipWriter),
        ("fastwarc.warc.zst", ZstdWriter),
        ("fastwarc-dictionary.warc.zst", lambda raw: ZstdWriter(raw, dictionary=dictionary)),
        ("fastwarc-packed-dictionary.warc.zst", lambda raw: ZstdWriter(raw, dictionary=dictionary, compress_dictionary_frame=True)),
    ]:
        with open(folder / name, "wb") as raw:
            out = pack(raw)
            for record in records():
                record.write(out, checksum_data=True)
                if out is not raw:
                    out.finish()
            if out is not raw:
                out.close()


def is_warc(name):
    return name.endswith((".warc", ".warc.gz", ".warc.zst"))


def bare(uri):
    return uri.strip("<>") if uri else None


def warcio_sees(path):
    """Lines, and the error that ended them."""
    from warcio.archiveiterator import ArchiveIterator

    lines = []
    try:
        with open(path, "rb") as file:
            records = ArchiveIterator(file, no_record_parse=True)
            for record in records:
                field = record.rec_headers.get_header
                lines.append({
                    "offset": records.get_record_offset(), "type": record.rec_type, "url": bare(field("WARC-Target-URI")),
                    "date": field("WARC-Date"), "block_digest": field("WARC-Block-Digest"),
                    "payload_digest": field("WARC-Payload-Digest"), "block_bytes": int(field("Content-Length")),
                })
                records.read_to_end()
                # Where nothing is packed warcio does not count the empty lines behind the block.
                if not path.name.endswith(".warc"):
                    lines[-1]["length"] = records.get_record_length()
    except Exception as error:
        return lines, error
    return lines, None


def fastwarc_sees(path):
    from fastwarc.warc import ArchiveIterator

    lines = []
    try:
        for record in ArchiveIterator(str(path), parse_http=False, fsspec_args=False):
            field = record.headers.get
            lines.append({
                "offset": record.stream_pos, "type": field("WARC-Type"), "url": bare(field("WARC-Target-URI")),
                "date": field("WARC-Date"), "block_digest": field("WARC-Block-Digest"),
                "payload_digest": field("WARC-Payload-Digest"), "block_bytes": record.content_length,
            })
    except Exception as error:
        return lines, error
    return lines, None


def compare(khotin, folder):
    folder = pathlib.Path(folder)
    by_warcio(folder)
    by_fastwarc(folder)
    bin_folder = pathlib.Path(sys.executable).parent
    failed, counts = [], {"files": 0, "records": 0, "with troubles": 0, "warcio": 0, "fastwarc": 0, "mended": 0}
    for path in sorted(folder.iterdir()):
        if not is_warc(path.name):
            continue
        counts["files"] += 1
        ran = subprocess.run([khotin, "warc", "ls", "--json", path], capture_output=True, text=True)
        if ran.returncode not in (0, 3):
            failed.append(f"{path.name}: exit {ran.returncode}: {ran.stderr}")
            continue
        told = [json.loads(line) for line in ran.stdout.splitlines()]
        ours = [line for line in told if "type" in line]
        troubles = told[-1]["summary"]["troubles"]
        counts["records"] += len(ours)
        counts["with troubles"] += bool(troubles)
        print(f"{path.name}: {len(ours)} records, troubles {troubles}")
        is_shared = any(line["length"] is None for line in ours)
        for name, (seen, error) in [("warcio", warcio_sees(path)), ("fastwarc", fastwarc_sees(path))]:
            if error is not None or is_shared:
                print(f"  {name} ends after {len(seen)} records: {str(error)[:60]!r}")
            # What a peer reads before it ends has to be what we read; where it does not end, all of it.
            compared = ours if error is None and not is_shared else ours[:len(seen)]
            if len(seen) != len(compared) and error is None and not is_shared:
                failed.append(f"{path.name}: {name} sees {len(seen)} records, khotin {len(ours)}")
            for number, (theirs, line) in enumerate(zip(seen, compared)):
                different = {key: (value, line[key]) for key, value in theirs.items()
                             if line[key] != value and not (is_shared and key in ("offset", "length"))}
                if different:
                    failed.append(f"{path.name}: record {number}: {name} and khotin see {different}")
                    break
            else:
                # warcio knows no zstd.
                counts[name] += bool(seen)
        mended, again = folder / "mended.warc.gz", folder / "again.warc.gz"
        for target, source in [(mended, path), (again, mended)]:
            ran = subprocess.run([khotin, "warc", "mend", source, target], capture_output=True, text=True)
            if ran.returncode not in (0, 1, 3) or not target.exists():
                break
        if not mended.exists():
            if ours:
                failed.append(f"{path.name}: not mended: {ran.stdout}{ran.stderr}")
            continue
        counts["mended"] += 1
        if mended.read_bytes() != again.read_bytes():
            failed.append(f"{path.name}: mending it again changes it")
        ran = subprocess.run(["gzip", "-t", mended], capture_output=True, text=True)
        if ran.returncode:
            failed.append(f"{path.name}: gzip -t of the mended file: {ran.stderr}")
        # A digest that is wrong in the original stays, unless it is told.
        told = subprocess.run([khotin, "warc", "mend", "--digests", path, folder / "told.warc.gz"], capture_output=True, text=True)
        ran = subprocess.run([bin_folder / "warcio", "check", folder / "told.warc.gz"], capture_output=True, text=True)
        if ran.returncode or ran.stdout or ran.stderr:
            failed.append(f"{path.name}: warcio check of the mended file: {ran.stdout}{ran.stderr}")
        for made in [mended, again, folder / "told.warc.gz"]:
            made.unlink()
    for line in failed:
        print("FAILED", line)
    print(", ".join(f"{number} {what}" for what, number in counts.items()) + f", {len(failed)} failed")
    sys.exit(bool(failed) or counts["files"] < 11 or counts["warcio"] < 8 or counts["fastwarc"] < 11)


{"serve": serve, "compare": compare}[sys.argv[1]](*sys.argv[2:])
