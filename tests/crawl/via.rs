//! An archive says how its origins were reached, everywhere, and never mixes two ways.

use std::time::Duration;

use khotin::archive::{ArchiveWriter, FileContext, RecordReader};
use khotin::model::{
    Answer, Exchange, HttpVersion, Purpose, Request, RunId, Sequence, SiteId, Via,
};
use khotin::pipeline::{CrawlError, CrawlOptions};
use url::Url;

use crate::support::Desk;

#[tokio::test]
async fn an_override_stands_in_every_place() {
    let desk = Desk::open(24).await;
    desk.crawl().await;
    let address = desk.ministry.address();
    let archive = desk.archive();
    let file = &archive.files().unwrap()[0];
    let records = RecordReader::open(&archive.dir().join(file), file, 0).unwrap();
    let (mut infos, mut metadata) = (0, 0);
    for record in records {
        let record = record.unwrap();
        let block = String::from_utf8_lossy(&record.block).into_owned();
        match record.kind() {
            "warcinfo" => {
                infos += 1;
                assert!(block.contains("via: override\r\n"), "{block}");
                let line = format!("override: demo.khotin.test:80 = {address}\r\n");
                assert!(block.contains(&line), "{block}");
            }
            "metadata" => {
                metadata += 1;
                assert!(block.contains("via: override\r\n"), "{block}");
                assert!(block.contains(&address.to_string()), "{block}");
            }
            "request" => {
                let uri = record.field("WARC-Target-URI").unwrap();
                assert!(uri.starts_with("http://demo.khotin.test/"), "{uri}");
            }
            _ => {}
        }
    }
    assert_eq!((infos, metadata), (1, desk.exchanges().len()));
    for article in desk.articles().values() {
        assert!(
            article
                .captures
                .iter()
                .all(|capture| capture.via == Via::Override)
        );
    }
    let exported = desk.export("one");
    let rows = String::from_utf8(exported["articles.jsonl"].clone()).unwrap();
    assert!(rows.contains("\"via\":\"override\"") && !rows.contains("\"via\":\"direct\""));
    let table = String::from_utf8(exported["articles.csv"].clone()).unwrap();
    assert_eq!(table.matches(",override,").count(), desk.articles().len());
}

#[tokio::test]
async fn an_archive_of_overrides_takes_no_direct_capture() {
    let mut desk = Desk::open(8).await;
    desk.crawl().await;
    let before = desk.exchanges().len();
    desk.config.fetch.resolve.clear();
    // Without the line the site is no longer on this machine: its own gap, and somebody to write to.
    desk.config.site.clear();
    desk.config.operator.contact = "archive@example.org".to_owned();
    let error = desk.try_crawl(CrawlOptions::default()).await.unwrap_err();
    assert!(matches!(error, CrawlError::MixedCaptures { .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "this archive holds override captures, and demo would be captured direct"
    );
    assert!(desk.asked().is_empty());
    assert_eq!(desk.exchanges().len(), before);
}

#[tokio::test]
async fn an_archive_of_direct_captures_takes_no_override() {
    let desk = Desk::open(8).await;
    let now = "2026-11-22T01:02:03Z".parse().unwrap();
    let dir = desk.output().join("archive");
    std::fs::create_dir_all(&dir).unwrap();
    let context = FileContext {
        dir,
        prefix: "khotin-demo".to_owned(),
        max_bytes: 1 << 30,
        warcinfo: Vec::new(),
        resources: Vec::new(),
    };
    let mut writer = ArchiveWriter::create(context, Box::new(uuid::Uuid::new_v4), now, 1).unwrap();
    let url = Url::parse("http://demo.khotin.test/robots.txt").unwrap();
    let exchange = Exchange {
        run: RunId::new("old"),
        request: Request::get(SiteId::new("demo"), url, Purpose::Robots),
        sent_head: b"GET /robots.txt HTTP/1.1\r\nhost: demo.khotin.test\r\n\r\n".to_vec(),
        asked_at: now,
        elapsed: Duration::from_millis(3),
        address: None,
        tls: None,
        via: Via::Direct,
        result: Ok(Answer {
            status: 404,
            reason: "Not Found".to_owned(),
            version: HttpVersion::Http11,
            headers: Vec::new(),
            body: b"no".to_vec(),
            truncated: None,
        }),
    };
    writer
        .append(Sequence(1), &exchange, "00", None, now)
        .unwrap();
    writer.close().unwrap();
    let error = desk.try_crawl(CrawlOptions::default()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "this archive holds direct captures, and demo would be captured override"
    );
    assert!(desk.asked().is_empty());
}
