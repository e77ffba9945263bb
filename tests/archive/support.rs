//! Exchanges and writers for these tests. Ids and times are counted, so files are the same at each run.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use khotin::archive::{
    Appended, Archive, ArchiveWriter, FileContext, Resource, RevisitTarget, StoredExchange,
};
use khotin::model::{
    Answer, Exchange, Failure, FailureKind, HttpVersion, Purpose, Request, RunId, SectionId,
    Sequence, SiteId, TlsSession, Via,
};
use url::Url;
use uuid::Uuid;

pub const PROFILE: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// 2026-11-22 01:02:03.000456 and as many seconds later.
pub fn time(seconds: i64) -> DateTime<Utc> {
    let start: DateTime<Utc> = "2026-11-22T01:02:03.000456Z".parse().unwrap();
    start + TimeDelta::seconds(seconds)
}

pub fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

pub fn ids(start: u128) -> Box<dyn FnMut() -> Uuid + Send> {
    let mut next = start;
    Box::new(move || {
        next += 1;
        Uuid::from_u128(0x4000_8000_0000_0000_0000 | next)
    })
}

pub fn context(dir: &Path) -> FileContext {
    FileContext {
        dir: dir.to_owned(),
        prefix: "khotin-moh".to_owned(),
        max_bytes: 1 << 30,
        warcinfo: vec![("operator".to_owned(), "Viện\nX".to_owned())],
        resources: vec![Resource {
            uri: "urn:khotin:site:moh".to_owned(),
            content_type: "application/toml".to_owned(),
            body: b"[site]\nid = \"moh\"\n".to_vec(),
        }],
    }
}

pub fn writer(dir: &Path) -> ArchiveWriter {
    ArchiveWriter::create(context(dir), ids(0), time(0), 1).unwrap()
}

pub fn answer(status: u16, headers: &[(&str, &[u8])], body: &[u8]) -> Answer {
    Answer {
        status,
        reason: if status == 200 { "OK" } else { "" }.to_owned(),
        version: HttpVersion::Http11,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.to_vec()))
            .collect(),
        body: body.to_vec(),
        truncated: None,
    }
}

/// A GET of `https://moh.gov.vn/{path}`, asked `seconds` after the start.
pub fn exchange(path: &str, seconds: i64, result: Result<Answer, Failure>) -> Exchange {
    let url = url(&format!("https://moh.gov.vn/{path}"));
    let mut request = Request::get(SiteId::new("moh"), url, Purpose::Article);
    request.section = Some(SectionId::new("tin-noi-bat"));
    Exchange {
        run: RunId::new("20261122T010203Z-4f2a"),
        sent_head: format!("GET /{path} HTTP/1.1\r\nhost: moh.gov.vn\r\n\r\n").into_bytes(),
        request,
        asked_at: time(seconds),
        elapsed: Duration::from_micros(250_123),
        address: Some("203.0.113.7:443".parse().unwrap()),
        via: Via::Direct,
        tls: Some(TlsSession {
            protocol: Some("TLSv1.3 TLS13_AES_128_GCM_SHA256".to_owned()),
            library: Some("OpenSSL 3.0.19".to_owned()),
            not_known: None,
        }),
        result,
    }
}

pub fn page(path: &str, seconds: i64, body: &str) -> Exchange {
    let headers: [(&str, &[u8]); 1] = [("content-type", b"text/html; charset=utf-8")];
    exchange(path, seconds, Ok(answer(200, &headers, body.as_bytes())))
}

pub fn failure(path: &str, seconds: i64) -> Exchange {
    let failure = Failure {
        kind: FailureKind::Timeout,
        message: "no answer from moh.gov.vn in 30 s".to_owned(),
    };
    exchange(path, seconds, Err(failure))
}

pub fn append(writer: &mut ArchiveWriter, sequence: u64, exchange: &Exchange) -> Appended {
    append_revisit(writer, sequence, exchange, None)
}

pub fn append_revisit(
    writer: &mut ArchiveWriter,
    sequence: u64,
    exchange: &Exchange,
    target: Option<&RevisitTarget>,
) -> Appended {
    writer
        .append(Sequence(sequence), exchange, PROFILE, target, time(0))
        .unwrap()
}

/// The target that an appended answer makes.
pub fn target(exchange: &Exchange, appended: &Appended) -> RevisitTarget {
    let answer = appended.answer.clone().unwrap();
    RevisitTarget {
        uri: exchange.request.url.clone(),
        date: exchange.asked_at,
        record_id: answer.location.record_id,
        payload_sha256: answer.payload_sha256,
    }
}

/// All exchanges; a damaged place fails the test.
pub fn stored(dir: &Path) -> Vec<StoredExchange> {
    Archive::new(dir)
        .exchanges(&BTreeMap::new())
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

pub fn sequences(dir: &Path) -> Vec<u64> {
    stored(dir).iter().map(|stored| stored.sequence.0).collect()
}

/// A folder in memory where there is one: thousands of small archives need no disk that keeps them.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

/// Every file of a folder with its bytes.
pub fn snapshot(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

/// Archive of three exchanges: a page, the same page again, a failure.
pub fn small_archive(dir: &Path) -> String {
    let mut writer = writer(dir);
    let first = page("a", 1, "<p>một</p>");
    let appended = append(&mut writer, 1, &first);
    let again = page("a", 2, "<p>một</p>");
    append_revisit(&mut writer, 2, &again, Some(&target(&first, &appended)));
    append(&mut writer, 3, &failure("b", 3));
    writer.close().unwrap().unwrap().file
}
