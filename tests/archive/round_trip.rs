//! Whatever is written is read again, for any exchange.

use std::collections::BTreeMap;
use std::time::Duration;

use khotin::archive::{Archive, Outcome, verify};
use khotin::model::{
    Answer, Exchange, Failure, FailureKind, HttpVersion, Method, Purpose, Request, RunId,
    SectionId, Sequence, SiteId, TlsSession, Truncation, Via,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use tempfile::tempdir;

use crate::support::*;

/// Header values as a parser gives them: any bytes but line ends and NUL, no blanks around.
fn header_value() -> impl Strategy<Value = Vec<u8>> {
    vec(
        any::<u8>().prop_filter("no line end", |byte| !b"\r\n\0".contains(byte)),
        0..20,
    )
    .prop_map(|bytes| bytes.trim_ascii().to_vec())
}

fn answer_strategy() -> impl Strategy<Value = Answer> {
    (
        100..1000u16,
        "[a-zA-Z]{0,8}( [a-z]{1,5})?",
        any::<bool>(),
        vec(("x-[a-z]{1,8}", header_value()), 0..5),
        prop_oneof![
            vec(any::<u8>(), 0..300),
            Just(Vec::new()),
            Just(b"\r\n\r\n".to_vec()),
            Just(b"WARC/1.1\r\n\r\n\x1f\x8b\x08".to_vec()),
        ],
        option::of(select(vec![
            Truncation::Length,
            Truncation::Time,
            Truncation::Disconnect,
            Truncation::Unspecified,
        ])),
    )
        .prop_map(
            |(status, reason, is_old, headers, body, truncated)| Answer {
                status,
                reason: reason.trim().to_owned(),
                version: if is_old {
                    HttpVersion::Http10
                } else {
                    HttpVersion::Http11
                },
                headers,
                body,
                truncated,
            },
        )
}

fn failure_strategy() -> impl Strategy<Value = Failure> {
    let kinds = vec![
        FailureKind::Dns,
        FailureKind::ForbiddenAddress,
        FailureKind::Connect,
        FailureKind::Tls,
        FailureKind::Timeout,
        FailureKind::Disconnect,
        FailureKind::Protocol,
    ];
    (select(kinds), "\\PC{0,40}").prop_map(|(kind, message)| Failure {
        kind,
        message: message.trim_matches([' ', '\t']).to_owned(),
    })
}

fn request_strategy() -> impl Strategy<Value = Request> {
    (
        "https?://[a-z]{1,9}\\.vn(:[1-9][0-9]{2})?/[a-zA-Z0-9%._~/-]{0,20}(\\?[ -~]{0,20})?",
        vec(("[a-zA-Z-]{1,8}", "[!-~]([ -~]{0,8}[!-~])?"), 0..3),
        option::of("\\PC{0,20}|\\{\"a\":\r\n1\\}"),
        select(vec![Purpose::Robots, Purpose::Listing, Purpose::Article]),
        option::of("[a-z-]{1,9}"),
    )
        .prop_map(|(address, headers, body, purpose, section)| {
            let mut request = Request::get(SiteId::new("moh"), url(&address), purpose);
            request.method = if body.is_some() {
                Method::Post
            } else {
                Method::Get
            };
            request.headers = headers;
            request.body = body;
            request.section = section.map(SectionId::new);
            request
        })
}

/// A session of which at least one thing is known, or none.
fn tls_strategy() -> impl Strategy<Value = Option<TlsSession>> {
    let word = || option::of("[A-Z0-9_][A-Z0-9_ ]{0,18}[A-Z0-9_]");
    (word(), word(), word()).prop_map(|(protocol, library, not_known)| {
        let tls = TlsSession {
            protocol,
            library,
            not_known,
        };
        (tls != TlsSession::default()).then_some(tls)
    })
}

fn exchange_strategy() -> impl Strategy<Value = Exchange> {
    (
        request_strategy(),
        prop_oneof![
            3 => answer_strategy().prop_map(Ok),
            1 => failure_strategy().prop_map(Err),
        ],
        any::<bool>(),
        0..10_000_000u64,
        option::of(select(vec!["203.0.113.7:443", "[2001:db8::1]:80"])),
        tls_strategy(),
        0..100_000i64,
    )
        .prop_map(
            |(request, result, sent, elapsed, address, tls, seconds)| Exchange {
                run: RunId::new("20261122T010203Z-4f2a"),
                sent_head: if sent || result.is_ok() {
                    b"GET / HTTP/1.1\r\nhost: a.vn\r\n\r\n".to_vec()
                } else {
                    Vec::new()
                },
                request,
                asked_at: time(seconds),
                elapsed: Duration::from_micros(elapsed),
                address: address.map(|address| address.parse().unwrap()),
                via: if sent { Via::Direct } else { Via::Override },
                tls,
                result,
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_exchange_is_read_as_it_was_written(exchanges in vec(exchange_strategy(), 1..5)) {
        let dir = tempdir().unwrap();
        let mut writer = writer(dir.path());
        let mut captures = Vec::new();
        for (sequence, exchange) in (1..).zip(&exchanges) {
            let appended = append(&mut writer, sequence, exchange);
            captures.push(appended.into_capture(Sequence(sequence), exchange.clone()));
        }
        writer.close().unwrap();
        let archive = Archive::new(dir.path());
        let report = verify(&archive).unwrap();
        prop_assert!(report.is_sound(), "{report}");

        let stored = archive.exchanges(&BTreeMap::new()).unwrap();
        let mut count = 0;
        for (stored, (sequence, (given, capture))) in stored.zip((1..).zip(exchanges.iter().zip(captures))) {
            let stored = stored.unwrap();
            count += 1;
            prop_assert_eq!(stored.sequence, Sequence(sequence));
            prop_assert_eq!(&stored.run, &given.run);
            prop_assert_eq!(&stored.request, &given.request);
            prop_assert_eq!(&stored.sent_head, &given.sent_head);
            prop_assert_eq!(stored.asked_at, given.asked_at);
            prop_assert_eq!(stored.elapsed, given.elapsed);
            prop_assert_eq!(stored.via, given.via);
            prop_assert_eq!(stored.address, given.address);
            prop_assert_eq!(&stored.tls, &given.tls);
            prop_assert_eq!(&stored.profile_digest, PROFILE);
            match (&stored.outcome, &given.result) {
                (Outcome::Failed(stored), Err(given)) => prop_assert_eq!(stored, given),
                (Outcome::Answered(stored), Ok(given)) => {
                    prop_assert_eq!(stored.status, given.status);
                    prop_assert_eq!(&stored.reason, &given.reason);
                    prop_assert_eq!(stored.version, given.version);
                    prop_assert_eq!(&stored.headers, &given.headers);
                    prop_assert_eq!(&stored.body, &given.body);
                    prop_assert_eq!(stored.truncated, given.truncated);
                    prop_assert!(stored.revisit.is_none());
                }
                (stored, given) => prop_assert!(false, "{stored:?} is not {given:?}"),
            }
            // What the pipeline reads at once is what a rebuild reads.
            prop_assert_eq!(
                format!("{:?}", stored.into_capture()),
                format!("{capture:?}")
            );
        }
        prop_assert_eq!(count, exchanges.len());
    }

    #[test]
    fn bytes_from_anywhere_are_an_error_and_never_a_panic(bytes in vec(any::<u8>(), 0..200)) {
        let dir = tempdir().unwrap();
        std::fs::write(dir.path().join("x.warc.gz"), [b"\x1f\x8b\x08".as_slice(), &bytes].concat()).unwrap();
        let archive = Archive::new(dir.path());
        prop_assert!(!verify(&archive).unwrap().is_sound());
        prop_assert!(archive.exchanges(&BTreeMap::new()).unwrap().all(|exchange| exchange.is_err()));
    }
}
