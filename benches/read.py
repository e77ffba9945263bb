"""Lets the ways of benches/read.rs and selectolax (lexbor's parser) take turns over the same pages.

Both run on one and the same core. In each round every way reads every page TURNS times; of all turns
the fastest counts, and the median is printed beside it. The ratios are of the fastest.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

from selectolax.lexbor import LexborHTMLParser

PAGES = ["demo-article", "demo-article-foreign", "seed-2022", "seed-2023"]
WAYS = ["read", "cut", "read_whole", "scraper", "parse", "tokens"]
TURNS = 15


def text_of(node):
    return None if node is None else node.text(separator=" ", strip=True)


def selectolax(html):
    """All fields of an article that khotin reads, by selectors that fit these pages."""
    tree = LexborHTMLParser(html)
    root = tree.css_first(".contentDetail")
    if root is None:
        raise SystemExit("no article in the page")
    stamp = next((p for p in root.css("p") if "|" in p.text()), None)
    body = root.css_first(".journal-content-article")
    return {
        "title": text_of(root.css_first("h3")),
        "published": text_of(stamp),
        "lead": text_of(root.css_first(".sapo")),
        "text": [text_of(p) for p in body.css("p, h2, h3, h4, li, td, blockquote")],
        "images": [(i.attributes.get("src"), i.attributes.get("alt")) for i in body.css("img")],
        "captions": [text_of(c) for c in body.css(".PhotoCMS_Caption, figcaption")],
        "links": [(a.attributes.get("href"), text_of(a)) for a in body.css("a")],
        "related": [text_of(li) for li in tree.css(".tin-lien-quan li, ul.asset-links-list > li")],
        "listed": [
            (text_of(item.css_first("h3")), item.css_first("a").attributes.get("href"), text_of(item.css_first("p")))
            for item in tree.css("div.page-list-news, div.asset-abstract")
            if item.css_first("a") is not None
        ],
        "refused": [text_of(title) for title in tree.css("title")] + tree.css("#challenge-form, #px-captcha"),
    }


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--bench", required=True)
    arguments.add_argument("--rounds", type=int, default=40)
    options = arguments.parse_args()
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    times = {}
    with tempfile.TemporaryDirectory() as folder:
        rust = subprocess.Popen(
            [options.bench, "--pages", folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        if rust.stdout.readline() != "ready\n":
            raise SystemExit("the bench does not begin")
        pages = {name: pathlib.Path(folder, f"{name}.html").read_text(encoding="utf-8") for name in PAGES}
        for html in pages.values():
            if not selectolax(html)["title"]:
                raise SystemExit("selectolax finds no title")
        for _ in range(options.rounds):
            for name, html in pages.items():
                for way in WAYS:
                    rust.stdin.write(f"{way} {name} {TURNS}\n")
                    rust.stdin.flush()
                    taken = [int(ns) for ns in rust.stdout.readline().split()]
                    times.setdefault((name, way), []).extend(taken)
                for _ in range(TURNS):
                    start = time.perf_counter_ns()
                    selectolax(html)
                    times.setdefault((name, "selectolax"), []).append(time.perf_counter_ns() - start)
        rust.stdin.close()
        rust.wait()
    print(f"{options.rounds * TURNS} turns each, microseconds: fastest (median)")
    for name, html in pages.items():
        fastest = {way: min(times[name, way]) for way in [*WAYS, "selectolax"]}
        print(f"\n{name}, {len(html.encode()):,} bytes")
        for way, best in fastest.items():
            median = statistics.median(times[name, way])
            ratio = best / fastest["read"]
            print(f"  {way:<11} {best / 1000:8.0f} ({median / 1000:.0f})   {ratio:.2f} x read")


main()
