"""A peer of benches/peers.sh: the demo ministry's Liferay half with aiohttp and selectolax.

    aiohttp_peer.py 127.0.0.1:PORT OUT [WARC]

16 connections; title, date, lead and text as JSON lines; with WARC also request and response records, gzip per
record, by warcio. Prints the number of pages. The name is resolved here: no DNS is asked.
"""

import asyncio
import io
import json
import socket
import sys

import aiohttp
from selectolax.lexbor import LexborHTMLParser
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

BASE = "http://demo.khotin.test"
SECTIONS = {
    "hoat-dong-cua-lanh-dao-bo": "DmLanhDaoBo1",
    "tin-tong-hop": "DmTongHopTin",
    "tin-noi-bat": "DmNoiBatTin1",
    "hoat-dong-cua-dia-phuong": "DmDiaPhuong1",
}


class OneAddress(aiohttp.abc.AbstractResolver):
    """Every name is the server on this machine."""

    def __init__(self, port):
        self.port = port

    async def resolve(self, host, port=0, family=socket.AF_INET):
        return [{"hostname": host, "host": "127.0.0.1", "port": self.port, "family": socket.AF_INET,
                 "proto": 0, "flags": 0}]

    async def close(self):
        pass


class Peer:
    def __init__(self, session, out, warc):
        self.session, self.out, self.warc = session, out, warc

    async def get(self, url):
        async with self.session.get(url) as answer:
            body = await answer.read()
            assert answer.status == 200, url
            if self.warc:
                self.keep(url, answer, body)
                return decoded(body, answer)
            return body

    def keep(self, url, answer, body):
        """The body as it was sent."""
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.raw_headers]
        record = self.warc.create_warc_record(
            url, "response", payload=io.BytesIO(body),
            http_headers=StatusAndHeaders("200 OK", headers, protocol="HTTP/1.1"))
        request = self.warc.create_warc_record(
            url, "request",
            http_headers=StatusAndHeaders("GET / HTTP/1.1", list(answer.request_info.headers.items()), is_http_request=True))
        self.warc.write_request_response_pair(request, record)

    async def links_of(self, page, instance):
        links, number = {}, 0
        while True:
            number += 1
            html = LexborHTMLParser(await self.get(
                f"{BASE}/{page}?p_p_id=101_INSTANCE_{instance}&_101_INSTANCE_{instance}_cur={number}"))
            before = len(links)
            for link in html.css("div.page-list-news h3 > a"):
                links[link.attributes["href"]] = None
            if len(links) == before:
                return number, links

    async def work(self, queue):
        while queue:
            url = queue.pop()
            html = LexborHTMLParser(await self.get(url))
            record = {"url": url}
            for name, css in (("title", ".contentDetail h3"), ("date", ".contentDetail > div:nth-child(2) p"),
                              ("lead", ".contentDetail .sapo"), ("text", ".contentDetail .journal-content-article")):
                found = html.css_first(css)
                record[name] = found.text().strip() if found else None
            self.out.write(json.dumps(record, ensure_ascii=False) + "\n")


def decoded(body, answer):
    if answer.headers.get("Content-Encoding") == "gzip":
        import gzip
        return gzip.decompress(body)
    return body


async def main(address, out, warc=None):
    port = int(address.removeprefix("127.0.0.1:"))
    connector = aiohttp.TCPConnector(limit=16, resolver=OneAddress(port))
    file = open(warc, "wb") if warc else None
    headers = {"Accept-Encoding": "gzip"} if warc else {"Accept-Encoding": "identity"}
    async with aiohttp.ClientSession(connector=connector, headers=headers, auto_decompress=not warc) as session:
        with open(out, "w", encoding="utf-8") as lines:
            peer = Peer(session, lines, WARCWriter(file, gzip=True) if file else None)
            found = await asyncio.gather(*(peer.links_of(*section) for section in SECTIONS.items()))
            links = {link: None for _, links in found for link in links}
            pages = sum(number for number, _ in found) + len(links)
            queue = list(links)
            await asyncio.gather(*(peer.work(queue) for _ in range(16)))
    if file:
        file.close()
    print(pages)


asyncio.run(main(*sys.argv[1:]))
