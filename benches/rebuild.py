"""Runs the jobs of benches/rebuild.sh in turn and prints medians and ratios as tables.

CPU and peak memory of khotin are those of the whole process as the kernel counts them (wait4), starting
included; the peers tell their own without starting Python. Wall times say little on a busy machine, so
beside them stands the CPU of the busiest thread: with enough cores nothing ends sooner than that.
"""

import argparse
import glob
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

SECTIONS = ["hoat-dong-cua-lanh-dao-bo", "tin-tong-hop", "tin-noi-bat", "hoat-dong-cua-dia-phuong"]


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--khotin", required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("--warc", required=True, help="the program of benches/warc.rs")
    parser.add_argument("--articles", type=int, action="append")
    parser.add_argument("--turns", type=int, default=5)
    return parser.parse_args()


def archive(khotin, articles, folder):
    """A folder in which a demo ministry with large pages was crawled."""
    command = [khotin, "demo", "--serve", "--large-pages", "--articles", str(articles), folder + "-demo"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    for line in server.stdout:
        found = re.search(r"http://(127\.0\.0\.1:\d+)", line)
        if found:
            break
    else:
        sys.exit("the demo ministry did not start")
    os.mkdir(folder)
    with open(os.path.join(folder, "config.toml"), "w") as config:
        config.write(
            f'[crawl]\nsites = ["demo"]\n[fetch]\nresolve = {{ "demo.khotin.test:80" = "{found.group(1)}" }}\n'
            '[site.demo]\ngap = "0s"\nconnections = 16\n'
        )
    command = [khotin, "--json", "crawl"] + [part for one in SECTIONS for part in ("--section", one)]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server.send_signal(signal.SIGINT)
    server.wait()
    return folder


class Threads(threading.Thread):
    """Looks at the CPU of each thread of a process until it ends."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.tasks, self.seconds = f"/proc/{pid}/task", {}

    def run(self):
        tick = os.sysconf("SC_CLK_TCK")
        while True:
            try:
                for task in os.listdir(self.tasks):
                    with open(f"{self.tasks}/{task}/stat") as stat:
                        numbers = stat.read().rsplit(")", 1)[1].split()
                    self.seconds[task] = (int(numbers[11]) + int(numbers[12])) / tick
            except (FileNotFoundError, ProcessLookupError, IndexError):
                if not os.path.isdir(self.tasks):
                    return
            time.sleep(0.02)


def rebuild(khotin, folder, jobs):
    """One rebuild without an old database, on so many cores."""
    for name in glob.glob(os.path.join(folder, "output/khotin.db*")):
        os.remove(name)
    cores = ",".join(str(core) for core in range(jobs))
    command = ["taskset", "-c", cores, khotin, "--json", "rebuild", "--jobs", str(jobs)]
    with tempfile.TemporaryFile("w+") as out:
        begun = time.perf_counter()
        client = subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.DEVNULL)
        threads = Threads(client.pid)
        threads.start()
        _, status, used = os.wait4(client.pid, 0)
        wall = time.perf_counter() - begun
        client.returncode = os.waitstatus_to_exitcode(status)
        if client.returncode != 0:
            sys.exit(f"{command} ended with {client.returncode}")
        out.seek(0)
        records = json.load(out)["exchanges"]
    return {
        "records": records,
        "cpu": used.ru_utime + used.ru_stime,
        "wall": wall,
        "peak": used.ru_maxrss / 1024,
        "busiest": max(threads.seconds.values(), default=0.0),
    }


def told(*command):
    """A program that tells its own figures."""
    begun = time.perf_counter()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return {**json.loads(done.stdout), "wall": time.perf_counter() - begun}


def peer(python, *job):
    return told(python, os.path.join(os.path.dirname(__file__), "rebuild_peers.py"), *job)


def median(runs, value):
    return statistics.median(value(run) for run in runs)


def measure(args, scratch, articles):
    folder = archive(args.khotin, articles, os.path.join(scratch, str(articles)))
    files = glob.glob(os.path.join(folder, "output/archive/*.warc.gz"))
    warc, out = max(files, key=os.path.getsize), os.path.join(scratch, "out")
    ways = {
        "FastWARC + resiliparse, 1 core": lambda: peer(args.python, "fields", warc, out),
        "khotin rebuild, 1 core": lambda: rebuild(args.khotin, folder, 1),
        "khotin rebuild, 2 cores": lambda: rebuild(args.khotin, folder, 2),
    }
    plain, by_warcio = os.path.join(scratch, "plain"), os.path.join(scratch, "warcio.warc.gz")
    os.makedirs(plain, exist_ok=True)
    # Pages without a coding of their own, so that the member is what is packed: ours and warcio's.
    told(args.warc, "write", warc, plain)
    by_us = max(glob.glob(os.path.join(plain, "*.warc.gz")), key=os.path.getsize)
    parts = {
        "warcio writes plain pages": lambda: peer(args.python, "write", warc, by_warcio),
        "khotin writes plain pages": lambda: told(args.warc, "write", warc, plain),
        "FastWARC reads plain pages": lambda: peer(args.python, "read", by_us),
        "khotin reads plain pages": lambda: told(args.warc, "read", by_us),
        "FastWARC reads pages packed by the server": lambda: peer(args.python, "read", warc),
        "khotin reads pages packed by the server": lambda: told(args.warc, "read", warc),
    }
    runs = {name: [] for name in [*ways, *parts]}
    for turn in range(args.turns + 1):
        for name, way in [*ways.items(), *parts.items()]:
            run = way()
            # The first turn only warms up.
            if turn > 0:
                runs[name].append(run)
                print(f"{turn} {name}: {1000 * run['cpu'] / run['records']:.3f} ms", file=sys.stderr)
    peers = runs["FastWARC + resiliparse, 1 core"]
    print(f"\n{articles} articles, {os.path.getsize(warc) / 1e6:.1f} MB packed\n")
    print("| way | records | CPU ms a record | peer's CPU / ours | wall s | busiest thread, share of CPU | peak MiB |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name in ways:
        found = runs[name]
        each = [run["cpu"] / run["records"] for run in found]
        ratio = statistics.median(
            (other["cpu"] / other["records"]) / own for own, other in zip(each, peers)
        )
        busiest = [run["busiest"] / run["cpu"] for run in found if "busiest" in run]
        peak = [run["peak"] for run in found if "peak" in run]
        print(
            f"| {name} | {found[0]['records']} | {1000 * statistics.median(each):.3f} | {ratio:.2f} "
            f"| {median(found, lambda run: run['wall']):.2f} "
            f"| {f'{statistics.median(busiest):.2f}' if busiest else '-'} "
            f"| {f'{statistics.median(peak):.0f}' if peak else '-'} |"
        )
    one, two = runs["khotin rebuild, 1 core"], runs["khotin rebuild, 2 cores"]
    scale = statistics.median(first["wall"] / second["wall"] for first, second in zip(one, two))
    print(f"\nwall time on 1 core / on 2 cores: {scale:.2f}")
    print("\n| part | pages/s | MB/s | ratio to the one above |\n|---|---:|---:|---:|")
    before = None
    for name in parts:
        found = runs[name]
        speed = median(found, lambda run: run["records"] / run["cpu"])
        ratio = "-"
        if name.startswith("khotin"):
            both = zip(found, before)
            ratio = f"{statistics.median(peer['cpu'] / own['cpu'] for own, peer in both):.2f}"
        before = found
        print(f"| {name} | {speed:.0f} | {median(found, lambda run: run['bytes'] / run['cpu'] / 1e6):.0f} | {ratio} |")
    sizes = os.path.getsize(by_us), os.path.getsize(by_warcio)
    print(f"\nfile of plain pages: ours {sizes[0]}, warcio's {sizes[1]} bytes, {sizes[0] / sizes[1]:.3f}")


def main():
    args = arguments()
    args.khotin, args.warc = os.path.abspath(args.khotin), os.path.abspath(args.warc)
    scratch = tempfile.mkdtemp(prefix="khotin-bench-")
    try:
        for articles in args.articles or [1000, 4000]:
            measure(args, scratch, articles)
    finally:
        shutil.rmtree(scratch)


main()
