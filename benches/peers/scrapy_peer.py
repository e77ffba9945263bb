"""A peer of benches/peers.sh: the demo ministry's Liferay half with Scrapy.

    scrapy_peer.py 127.0.0.1:PORT OUT

16 requests at once, no delay; title, date, lead and text by CSS, written by Scrapy's own JSON lines feed. The
server is asked as an HTTP proxy, so that no name is looked up. Prints the number of pages.
"""

import sys

import scrapy
from scrapy.crawler import CrawlerProcess

BASE = "http://demo.khotin.test"
SECTIONS = {
    "hoat-dong-cua-lanh-dao-bo": "DmLanhDaoBo1",
    "tin-tong-hop": "DmTongHopTin",
    "tin-noi-bat": "DmNoiBatTin1",
    "hoat-dong-cua-dia-phuong": "DmDiaPhuong1",
}


class News(scrapy.Spider):
    name = "news"

    def ask(self, url, callback, **values):
        return scrapy.Request(url, callback=callback, meta={"proxy": f"http://{self.address}"}, cb_kwargs=values)

    def listing(self, page, instance, number, known):
        url = f"{BASE}/{page}?p_p_id=101_INSTANCE_{instance}&_101_INSTANCE_{instance}_cur={number}"
        return self.ask(url, self.parse_listing, page=page, instance=instance, number=number, known=known)

    async def start(self):
        for page, instance in SECTIONS.items():
            yield self.listing(page, instance, 1, set())

    def parse_listing(self, response, page, instance, number, known):
        links = set(response.css("div.page-list-news h3 > a::attr(href)").getall())
        new = links - known
        if new:
            yield self.listing(page, instance, number + 1, known | new)
        for link in new:
            yield self.ask(link, self.parse_article)

    def parse_article(self, response):
        def text(css):
            found = response.css(css)
            return "".join(found[0].css("::text").getall()).strip() if found else None

        yield {
            "url": response.url,
            "title": text(".contentDetail h3"),
            "date": text(".contentDetail > div:nth-child(2) p"),
            "lead": text(".contentDetail .sapo"),
            "text": text(".contentDetail .journal-content-article"),
        }


address, out = sys.argv[1:]
assert address.startswith("127.0.0.1:")
process = CrawlerProcess({
    "CONCURRENT_REQUESTS": 16,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "CONCURRENT_REQUESTS_PER_IP": 0,
    "DOWNLOAD_DELAY": 0,
    "ROBOTSTXT_OBEY": False,
    "TELNETCONSOLE_ENABLED": False,
    "LOG_LEVEL": "ERROR",
    "FEEDS": {out: {"format": "jsonlines", "encoding": "utf-8"}},
})
crawler = process.create_crawler(News)
process.crawl(crawler, address=address)
process.start()
print(crawler.stats.get_value("response_received_count"))
