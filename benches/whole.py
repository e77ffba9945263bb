"""Runs the crawlers of benches/whole.sh in turn and prints medians and ratios as a table.

Every figure is of the client process alone: user and system CPU and peak memory as the kernel counts
them (wait4). The peak can not be seen below the 10 MiB or so of this script, from which clients are
started. A client that fails ends everything.
"""

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

SECTIONS = ["hoat-dong-cua-lanh-dao-bo", "tin-tong-hop", "tin-noi-bat", "hoat-dong-cua-dia-phuong"]


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--khotin", required=True)
    parser.add_argument("--naive", required=True)
    parser.add_argument("--articles", type=int, default=2000)
    parser.add_argument("--pairs", type=int, default=5)
    return parser.parse_args()


def start_server(khotin, articles, folder):
    """The demo ministry, and its address."""
    command = [khotin, "demo", "--serve", "--large-pages", "--articles", str(articles), folder]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for line in server.stdout:
        found = re.search(r"http://(127\.0\.0\.1:\d+)", line)
        if found:
            return server, found.group(1)
    sys.exit("the demo ministry did not start")


def measured(command, folder):
    """Runs a client: its standard output, CPU seconds, wall seconds and peak MiB."""
    with open(os.path.join(folder, "out"), "w+") as out, open(os.path.join(folder, "err"), "w+") as err:
        begun = time.perf_counter()
        client = subprocess.Popen(command, cwd=folder, stdout=out, stderr=err)
        _, status, used = os.wait4(client.pid, 0)
        wall = time.perf_counter() - begun
        client.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if client.returncode != 0:
            sys.exit(f"{command} ended with {client.returncode}: {err.read()[-2000:]}")
        return out.read(), {
            "user": used.ru_utime,
            "system": used.ru_stime,
            "wall": wall,
            "peak": used.ru_maxrss / 1024,
        }


def crawl(khotin, address, connections, sections):
    """One `khotin crawl` into a fresh folder with the pace lifted."""
    def run(folder):
        with open(os.path.join(folder, "config.toml"), "w") as config:
            config.write(
                f'[crawl]\nsites = ["demo"]\n[fetch]\nresolve = {{ "demo.khotin.test:80" = "{address}" }}\n'
                f'[site.demo]\ngap = "0s"\nconnections = {connections}\n'
            )
        command = [khotin, "--json", "crawl"]
        for section in sections:
            command += ["--section", section]
        out, used = measured(command, folder)
        site = json.loads(out)["sites"]["demo"]
        return site["requests"], used

    return run


def naive(program, address, *flags):
    """One run of the naive loop."""
    def run(folder):
        out, used = measured([program, address, os.path.join(folder, "out.jsonl"), *flags], folder)
        return int(out), used

    return run


def main():
    args = arguments()
    khotin, program = os.path.abspath(args.khotin), os.path.abspath(args.naive)
    scratch = tempfile.mkdtemp(prefix="khotin-bench-")
    server, address = start_server(khotin, args.articles, os.path.join(scratch, "demo"))
    ways = {
        "naive, plain bodies": naive(program, address),
        "naive, gzip bodies": naive(program, address, "--gzip"),
        "khotin, 16 connections": crawl(khotin, address, 16, SECTIONS),
        "khotin, 1 connection": crawl(khotin, address, 1, SECTIONS),
        "khotin, both halves, 16": crawl(khotin, address, 16, []),
    }
    runs = {name: [] for name in ways}
    try:
        for turn in range(args.pairs + 1):
            for name, way in ways.items():
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


def table(runs):
    """Medians; CPU with its range, and as a ratio to the first way (median of the turns' ratios)."""
    peers = next(iter(runs.values()))
    print("| way | pages | CPU ms a page (range) | of it system | ratio | wall s | pages/s | peak MiB |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for name, found in runs.items():
        def median(value):
            return statistics.median(value(run) for run in found)

        ratio = statistics.median(own["cpu"] / peer["cpu"] for own, peer in zip(found, peers))
        cpu = [run["cpu"] for run in found]
        print(
            f"| {name} | {median(lambda run: run['pages']):.0f} | {statistics.median(cpu):.2f} "
            f"({min(cpu):.2f}-{max(cpu):.2f}) "
            f"| {median(lambda run: 1000 * run['system'] / run['pages']):.2f} | {ratio:.2f} "
            f"| {median(lambda run: run['wall']):.1f} "
            f"| {median(lambda run: run['pages'] / run['wall']):.0f} "
            f"| {median(lambda run: run['peak']):.0f} |"
        )


if __name__ == "__main__":
    main()
