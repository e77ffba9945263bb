//! What the records look like, byte by byte where it matters.

use khotin::archive::{Archive, ArchiveError, ArchiveWriter, Record, RecordReader, RevisitKind};
use khotin::model::{Answer, Exchange, Failure, Method, Sequence, TlsSession, Truncation};
use tempfile::tempdir;

use crate::support::*;

fn records(dir: &std::path::Path, file: &str) -> Vec<Record> {
    RecordReader::open(&dir.join(file), file, 0)
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

fn kinds(records: &[Record]) -> Vec<&str> {
    records.iter().map(Record::kind).collect()
}

#[test]
fn an_answer_is_three_linked_records() {
    let dir = tempdir().unwrap();
    let mut writer = writer(dir.path());
    let body = "<p>Bộ Y tế</p>";
    let appended = append(&mut writer, 7, &page("tin?a=1", 1, body));
    let file = writer.close().unwrap().unwrap().file;
    assert_eq!(file, "khotin-moh-20261122T010203Z-00001.warc.gz");

    let records = records(dir.path(), &file);
    assert_eq!(
        kinds(&records),
        ["warcinfo", "resource", "request", "response", "metadata"]
    );
    let [info, resource, request, response, metadata] = records.as_slice() else {
        panic!("five records");
    };
    assert_eq!(info.field("WARC-Filename"), Some(file.as_str()));
    let text = String::from_utf8(info.block.clone()).unwrap();
    assert!(text.starts_with("operator: Viện X\r\n"), "{text}");
    assert_eq!(resource.target_uri(), Some("urn:khotin:site:moh"));
    assert_eq!(resource.block, b"[site]\nid = \"moh\"\n");

    assert_eq!(
        request.block,
        b"GET /tin?a=1 HTTP/1.1\r\nhost: moh.gov.vn\r\n\r\n"
    );
    assert_eq!(
        response.block,
        format!("HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\n\r\n{body}")
            .as_bytes()
    );
    for record in [request, response, metadata] {
        assert_eq!(
            record.field("WARC-Date"),
            Some("2026-11-22T01:02:04.000456Z")
        );
        assert_eq!(record.target_uri(), Some("https://moh.gov.vn/tin?a=1"));
        assert_eq!(record.field("WARC-IP-Address"), Some("203.0.113.7"));
        assert_eq!(
            record.field("WARC-Warcinfo-ID"),
            info.field("WARC-Record-ID")
        );
    }
    let links = |record: &Record| -> Vec<String> {
        let fields = record.fields.iter();
        fields
            .filter(|(name, _)| name == "WARC-Concurrent-To")
            .map(|(_, id)| id.trim_matches(['<', '>']).to_owned())
            .collect()
    };
    assert_eq!(links(request), [response.id(), metadata.id()]);
    assert_eq!(links(response), [request.id(), metadata.id()]);
    assert_eq!(links(metadata), [request.id(), response.id()]);

    let answer = appended.answer.unwrap();
    assert_eq!(appended.start, request.offset);
    assert_eq!(appended.end, metadata.offset + metadata.length);
    assert_eq!(answer.location.offset, response.offset);
    assert_eq!(answer.location.length, response.length);
    assert_eq!(answer.location.record_id, response.id());
    // printf '<p>Bộ Y tế</p>' | openssl sha1 -binary | base32; … | sha256sum
    assert_eq!(answer.payload_sha1, SHA1);
    assert_eq!(answer.payload_sha256, SHA256);
    let said = format!("sha1:{SHA1}");
    assert_eq!(response.field("WARC-Payload-Digest"), Some(said.as_str()));
}

const SHA1: &str = "QOMSADQRXPGMUIZHRJTA5UFXFDEKOFM6";
const SHA256: &str = "0dd483c3ef3788151169034b276fc9dec6ea127f4d45c66fa859e9d7704379ae";

#[test]
fn the_metadata_record_says_what_warc_has_no_field_for() {
    let dir = tempdir().unwrap();
    let mut writer = writer(dir.path());
    let mut post = page("api", 1, "{}");
    post.request.method = Method::Post;
    post.request.headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
    post.request.body = Some("{\"n\":\r\n2}".to_owned());
    append(&mut writer, 7, &post);
    let file = writer.close().unwrap().unwrap().file;
    let records = records(dir.path(), &file);
    assert!(records[2].block.ends_with(b"\r\n\r\n{\"n\":\r\n2}"));
    // printf '{}' | sha256sum
    let expected = "sequence: 7\r\n\
        run: 20261122T010203Z-4f2a\r\n\
        site: moh\r\n\
        profile-sha256: 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\r\n\
        purpose: article\r\n\
        section: tin-noi-bat\r\n\
        method: POST\r\n\
        request-header: Content-Type: application/json\r\n\
        request-body: \"{\\\"n\\\":\\r\\n2}\"\r\n\
        via: direct\r\n\
        address: 203.0.113.7:443\r\n\
        tls: TLSv1.3 TLS13_AES_128_GCM_SHA256\r\n\
        tls-library: OpenSSL 3.0.19\r\n\
        elapsed-us: 250123\r\n\
        durable-to: 0\r\n\
        outcome: answered\r\n\
        status: 200\r\n\
        payload-length: 2\r\n\
        payload-sha256: 44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\r\n";
    assert_eq!(
        String::from_utf8(records[4].block.clone()).unwrap(),
        expected
    );
}

#[test]
fn a_failure_keeps_what_was_sent_and_why_it_failed() {
    let dir = tempdir().unwrap();
    let mut writer = writer(dir.path());
    let sent = append(&mut writer, 1, &failure("a", 1));
    let mut unsent = failure("b", 2);
    unsent.sent_head.clear();
    unsent.address = None;
    append(&mut writer, 2, &unsent);
    let file = writer.close().unwrap().unwrap().file;
    assert_eq!(sent.answer, None);
    let records = records(dir.path(), &file);
    assert_eq!(
        kinds(&records),
        ["warcinfo", "resource", "request", "metadata", "metadata"]
    );
    let text = String::from_utf8(records[4].block.clone()).unwrap();
    assert!(
        text.ends_with(
            "outcome: failed\r\nfailure-kind: timeout\r\n\
             failure-message: no answer from moh.gov.vn in 30 s\r\n"
        ),
        "{text}"
    );
    assert_eq!(records[4].field("WARC-IP-Address"), None);
}

#[test]
fn the_same_payload_again_is_a_revisit_with_headers_only() {
    let dir = tempdir().unwrap();
    let mut writer = writer(dir.path());
    let first = page("a", 1, "<p>một</p>");
    let appended = append(&mut writer, 1, &first);
    let target = target(&first, &appended);
    let again = append_revisit(&mut writer, 2, &page("b", 2, "<p>một</p>"), Some(&target));
    let file = writer.close().unwrap().unwrap().file;
    let location = again.answer.unwrap().location;
    let record = Archive::new(dir.path())
        .read_record(&file, location.offset)
        .unwrap();
    assert_eq!(record.kind(), "revisit");
    assert_eq!(
        record.field("WARC-Profile"),
        Some("http://netpreserve.org/warc/1.1/revisit/identical-payload-digest")
    );
    assert_eq!(
        record.field("WARC-Refers-To-Target-URI"),
        Some("https://moh.gov.vn/a")
    );
    assert_eq!(
        record.field("WARC-Refers-To-Date"),
        Some("2026-11-22T01:02:04.000456Z")
    );
    let id = format!("<{}>", target.record_id);
    assert_eq!(record.field("WARC-Refers-To"), Some(id.as_str()));
    assert_eq!(
        record.block,
        b"HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\n\r\n"
    );
}

#[test]
fn a_304_is_a_revisit_with_an_empty_block() {
    let dir = tempdir().unwrap();
    let mut writer = writer(dir.path());
    let first = page("a", 1, "<p>một</p>");
    let target = target(&first, &append(&mut writer, 1, &first));
    let headers: [(&str, &[u8]); 2] = [("etag", b"\"1\xff\""), ("content-length", b"900")];
    let unchanged = exchange("a", 2, Ok(answer(304, &headers, b"")));
    let appended = append_revisit(&mut writer, 2, &unchanged, Some(&target));
    let unknown = append(&mut writer, 3, &unchanged);
    let file = writer.close().unwrap().unwrap().file;
    let archive = Archive::new(dir.path());

    let answer = appended.answer.unwrap();
    assert_eq!(answer.revisit, Some(RevisitKind::NotModified));
    let record = archive.read_record(&file, answer.location.offset).unwrap();
    assert_eq!(
        record.field("WARC-Profile"),
        Some("http://netpreserve.org/warc/1.1/revisit/server-not-modified")
    );
    assert_eq!(record.block, b"");
    let stored = archive
        .read_exchange(&file, answer.location.offset)
        .unwrap();
    let capture = stored.into_capture().unwrap();
    assert_eq!(capture.status, 304);
    assert_eq!(capture.body, b"");
    assert_eq!(
        capture.headers[0],
        ("etag".to_owned(), b"\"1\xff\"".to_vec())
    );

    let offset = unknown.answer.unwrap().location.offset;
    let record = archive.read_record(&file, offset).unwrap();
    assert_eq!(
        record.kind(),
        "response",
        "without an earlier capture nothing is referred to"
    );
}

#[test]
fn some_answers_are_never_revisits() {
    let dir = tempdir().unwrap();
    let mut writer = writer(dir.path());
    let first = page("a", 1, "<p>một</p>");
    let target = target(&first, &append(&mut writer, 1, &first));
    let mut truncated = answer(200, &[], b"<p>");
    truncated.truncated = Some(Truncation::Disconnect);
    let table = [
        ("an empty payload", answer(200, &[], b""), None),
        ("a truncated payload", truncated, Some("disconnect")),
        ("a 304 with a body", answer(304, &[], b"x"), None),
        (
            "another payload than the target's",
            answer(200, &[], b"y"),
            None,
        ),
    ];
    for (sequence, (what, answer, warc_truncated)) in (2..).zip(table) {
        let exchange = exchange("b", 2, Ok(answer));
        let appended = append_revisit(&mut writer, sequence, &exchange, Some(&target));
        let appended = appended.answer.unwrap();
        assert_eq!(appended.revisit, None, "{what}");
        let offset = appended.location.offset;
        let record = Archive::new(dir.path())
            .read_record(writer.file(), offset)
            .unwrap();
        assert_eq!(record.kind(), "response", "{what}");
        assert_eq!(record.field("WARC-Truncated"), warc_truncated, "{what}");
    }
}

#[test]
fn a_full_file_is_closed_before_the_next_is_begun() {
    let dir = tempdir().unwrap();
    let mut small = context(dir.path());
    small.max_bytes = 1;
    let mut writer = ArchiveWriter::create(small, ids(0), time(0), 41).unwrap();
    for sequence in 1..=3 {
        append(&mut writer, sequence, &page("a", 1, "x"));
        assert_eq!(writer.sync().unwrap().sequence, Some(Sequence(sequence)));
        let archive = Archive::new(dir.path());
        assert_eq!(archive.files().unwrap().len() as u64, sequence - 1);
        assert_eq!(archive.open_files().unwrap(), [writer.file()]);
    }
    writer.close().unwrap();
    let names: Vec<String> = snapshot(dir.path()).into_keys().collect();
    assert_eq!(
        names,
        [
            "SHA256SUMS",
            "khotin-moh-20261122T010203Z-00041.cdxj",
            "khotin-moh-20261122T010203Z-00041.warc.gz",
            "khotin-moh-20261122T010203Z-00042.cdxj",
            "khotin-moh-20261122T010203Z-00042.warc.gz",
            "khotin-moh-20261122T010203Z-00043.cdxj",
            "khotin-moh-20261122T010203Z-00043.warc.gz",
        ]
    );
    assert_eq!(sequences(dir.path()), [1, 2, 3]);
}

#[test]
fn a_file_without_exchanges_leaves_nothing() {
    let dir = tempdir().unwrap();
    assert_eq!(writer(dir.path()).close().unwrap(), None);
    assert!(snapshot(dir.path()).is_empty());
}

#[test]
fn nothing_is_overwritten_and_numbers_rise() {
    let dir = tempdir().unwrap();
    let mut first = writer(dir.path());
    let second = || ArchiveWriter::create(context(dir.path()), ids(0), time(0), 1);
    assert!(matches!(second(), Err(ArchiveError::Exists { .. })));
    append(&mut first, 5, &page("a", 1, "x"));
    let again = first.append(Sequence(5), &page("a", 1, "x"), PROFILE, None, time(0));
    assert!(matches!(again, Err(ArchiveError::OutOfOrder { .. })));
    first.close().unwrap();
    assert!(matches!(second(), Err(ArchiveError::Exists { .. })));
}

#[test]
fn an_answer_over_the_cap_is_refused_and_nothing_is_written() {
    let dir = tempdir().unwrap();
    let mut writer = writer(dir.path());
    let body = vec![b'x'; 64 * 1024 * 1024 + 1];
    let long = exchange("a", 1, Ok(answer(200, &[], &body)));
    let error = writer
        .append(Sequence(1), &long, PROFILE, None, time(0))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the answer of https://moh.gov.vn/a has 67108865 bytes, more than the 67108864 of one record"
    );
    assert_eq!(writer.close().unwrap(), None);
}

#[test]
fn the_page_of_the_archive_names_every_field_that_is_written() {
    let page = include_str!("../../docs/archive.md");
    let dir = tempdir().unwrap();
    let mut writer = writer(dir.path());
    let mut first = of_a(1, Ok(answer(200, &[("etag", b"\"1\"")], b"x")));
    first.request.headers = vec![("accept".to_owned(), "text/html".to_owned())];
    first.request.body = Some("{}".to_owned());
    let appended = append(&mut writer, 1, &first);
    let target = target(&first, &appended);
    let unchanged = of_a(2, Ok(answer(304, &[("etag", b"\"1\"")], b"")));
    append_revisit(&mut writer, 2, &unchanged, Some(&target));
    append(&mut writer, 3, &failure("b", 3));
    let mut broken = answer(200, &[], b"half");
    broken.truncated = Some(Truncation::Disconnect);
    let mut broken = of_a(4, Ok(broken));
    broken.tls = Some(TlsSession {
        protocol: None,
        library: None,
        not_known: Some("no".to_owned()),
    });
    append(&mut writer, 4, &broken);
    let file = writer.close().unwrap().unwrap().file;
    let mut named = std::collections::BTreeSet::new();
    for record in records(dir.path(), &file) {
        named.extend(record.fields.iter().map(|(name, _)| name.clone()));
        if record.kind() == "metadata" {
            let block = String::from_utf8(record.block.clone()).unwrap();
            let names = block
                .lines()
                .map(|line| line.split(':').next().unwrap().to_owned());
            named.extend(names);
        }
    }
    assert!(named.len() > 35, "{named:?}");
    let missing: Vec<&String> = named
        .iter()
        .filter(|name| !page.contains(&format!("`{name}`")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// An exchange of one page.
fn of_a(seconds: i64, result: Result<Answer, Failure>) -> Exchange {
    exchange("a", seconds, result)
}
