"""Runs the clients of benches/peers.sh in turn and prints what each page cost them, and the ratios.

Every figure is of the client's process alone (user and system CPU, peak memory, as the kernel counts them), and
every ratio is the median of those within one turn: both sides ran in the same minute on the same machine. A
client that fails ends everything.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import sys
import tempfile

from whole import SECTIONS, crawl, measured, naive, start_server

HERE = os.path.dirname(os.path.abspath(__file__))

RECORDS = "crawl + extract + JSONL"
ARCHIVE = "the same + gzip WARC with fsynced commits + SQLite"
# job, what of khotin's is compared, with whom, most that it may cost of that.
TARGETS = [
    (RECORDS, "lean: khotin's parts alone", "naive, plain bodies", 0.60),
    (RECORDS, "lean: khotin's parts alone", "Scrapy", 0.12),
    (RECORDS, "khotin crawl and export", "naive, plain bodies", 0.60),
    (RECORDS, "khotin crawl and export", "Scrapy", 0.12),
    (ARCHIVE, "khotin crawl", "spider, WARC", 0.60),
    (ARCHIVE, "khotin crawl", "wget --warc-file, no extraction", 0.55),
    (ARCHIVE, "khotin crawl", "aiohttp + selectolax + warcio", None),
]


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--khotin", required=True)
    parser.add_argument("--naive", required=True)
    parser.add_argument("--lean")
    parser.add_argument("--spider")
    parser.add_argument("--python")
    parser.add_argument("--wget")
    parser.add_argument("--articles", type=int, default=2000)
    parser.add_argument("--turns", type=int, default=5)
    return parser.parse_args()


def printing(command, *outputs):
    """A client that prints its number of pages; `outputs` are its files."""
    def run(folder):
        out, used = measured([*command, *(os.path.join(folder, name) for name in outputs)], folder)
        for name in outputs:
            size = os.path.getsize(os.path.join(folder, name))
            if size == 0:
                sys.exit(f"{command} wrote nothing into {name}")
        return int(out), used

    return run


def crawl_and_export(khotin, address):
    """`khotin crawl`, then `khotin export` of JSON lines: CPU and time of both, memory of the larger."""
    crawled = crawl(khotin, address, 16, SECTIONS)

    def run(folder):
        count, used = crawled(folder)
        _, more = measured([khotin, "export", "--format", "jsonl"], folder)
        for name in ("user", "system", "wall"):
            used[name] += more[name]
        used["peak"] = max(used["peak"], more["peak"])
        return count, used

    return run


def urls(naive_program, address, folder):
    """The addresses that the naive loop reads, for wget: articles, then the listings' pages."""
    os.mkdir(folder)
    out = os.path.join(folder, "out.jsonl")
    pages, _ = measured([naive_program, address, out], folder)
    with open(out, encoding="utf-8") as lines:
        found = [json.loads(line)["url"] for line in lines]
    print(f"{len(found)} articles, {int(pages) - len(found)} pages of listings", file=sys.stderr)
    return found


def wget(program, address, addresses):
    """One wget over one connection, as it is: a gzip member a record, plain bodies."""
    def run(folder):
        with open(os.path.join(folder, "urls"), "w") as out:
            out.write("\n".join(addresses))
        command = [
            "env", f"http_proxy=http://{address}", program, "--quiet", "--tries=1", "--output-document=/dev/null",
            f"--warc-tempdir={folder}", f"--warc-file={folder}/wget", f"--input-file={folder}/urls",
        ]
        _, used = measured(command, folder)
        return len(addresses), used

    return run


def ways(args, address, scratch):
    khotin = os.path.abspath(args.khotin)
    naive_program = os.path.abspath(args.naive)
    found = {
        "naive, plain bodies": naive(naive_program, address),
        "naive, gzip bodies": naive(naive_program, address, "--gzip"),
        "khotin crawl": crawl(khotin, address, 16, SECTIONS),
        "khotin crawl and export": crawl_and_export(khotin, address),
    }
    if args.lean:
        found["lean: khotin's parts alone"] = printing([os.path.abspath(args.lean), address], "out.jsonl")
    if args.spider:
        spider = os.path.abspath(args.spider)
        found["spider"] = printing([spider, address], "out.jsonl")
        found["spider, WARC"] = printing([spider, address], "out.jsonl", "out.warc")
    if args.python:
        python = os.path.abspath(args.python)
        aiohttp = [python, f"{HERE}/peers/aiohttp_peer.py", address]
        found["aiohttp + selectolax"] = printing(aiohttp, "out.jsonl")
        found["aiohttp + selectolax + warcio"] = printing(aiohttp, "out.jsonl", "out.warc.gz")
        found["Scrapy"] = printing([python, f"{HERE}/peers/scrapy_peer.py", address], "out.jsonl")
    if args.wget:
        addresses = urls(naive_program, address, os.path.join(scratch, "urls"))
        found["wget --warc-file, no extraction"] = wget(args.wget, address, addresses)
    return found


def main():
    args = arguments()
    scratch = tempfile.mkdtemp(prefix="khotin-peers-")
    server, address = start_server(os.path.abspath(args.khotin), args.articles, os.path.join(scratch, "demo"))
    runs = {}
    try:
        clients = ways(args, address, scratch)
        runs = {name: [] for name in clients}
        for turn in range(args.turns + 1):
            for name, way in clients.items():
                folder = os.path.join(scratch, "client")
                os.mkdir(folder)
                count, used = way(folder)
                shutil.rmtree(folder)
                used["pages"] = count
                used["cpu"] = 1000 * (used["user"] + used["system"]) / count
                # The first turn only warms up.
                if turn > 0:
                    runs[name].append(used)
                print(f"{turn} {name}: {used['cpu']:.2f} ms a page", file=sys.stderr)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()
        shutil.rmtree(scratch)
    table(runs)
    print()
    ratios(runs)


def table(runs):
    print("| client | pages | CPU ms a page (range) | of it system | wall s | peak MiB |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, found in runs.items():
        def median(value):
            return statistics.median(value(run) for run in found)

        cpu = [run["cpu"] for run in found]
        print(
            f"| {name} | {median(lambda run: run['pages']):.0f} | {statistics.median(cpu):.2f} "
            f"({min(cpu):.2f}-{max(cpu):.2f}) "
            f"| {median(lambda run: 1000 * run['system'] / run['pages']):.2f} "
            f"| {median(lambda run: run['wall']):.1f} | {median(lambda run: run['peak']):.0f} |"
        )


def ratios(runs):
    print("| job | ours | beside | ratio of CPU a page (range) | target |")
    print("|---|---|---|---:|---:|")
    for job, ours, peer, target in TARGETS:
        if ours not in runs or peer not in runs:
            print(f"| {job} | {ours} | {peer} | not measured | |")
            continue
        found = [own["cpu"] / other["cpu"] for own, other in zip(runs[ours], runs[peer])]
        wish = f"≤ {target:.2f}" if target else "–"
        print(
            f"| {job} | {ours} | {peer} | {statistics.median(found):.2f} ({min(found):.2f}-{max(found):.2f}) "
            f"| {wish} |"
        )


main()
