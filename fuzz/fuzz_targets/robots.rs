//! Any text as robots.txt, and any path: a verdict, the same twice.
#![no_main]

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use khotin::fetch::{RobotsCopy, RobotsKind};
use libfuzzer_sys::fuzz_target;
use url::Url;

static NOW: LazyLock<DateTime<Utc>> =
    LazyLock::new(|| DateTime::from_timestamp(1_795_000_000, 0).expect("a time"));

fuzz_target!(|given: (&str, &str)| {
    let (text, path) = given;
    let mut url = Url::parse("https://moh.gov.vn/").expect("a URL");
    url.set_path(path);
    let kind = RobotsKind::Rules {
        text: text.to_owned(),
    };
    let copy = RobotsCopy::new("https://moh.gov.vn", *NOW, kind, None);
    let verdict = copy.verdict("khotin/0.1 (+https://example.org)", &url, &[], *NOW);
    assert_eq!(
        verdict,
        copy.verdict("khotin/0.1 (+https://example.org)", &url, &[], *NOW)
    );
    let stored = serde_json::to_string(&copy).expect("JSON");
    let read: RobotsCopy = serde_json::from_str(&stored).expect("our own JSON");
    assert_eq!(
        verdict,
        read.verdict("khotin/0.1 (+https://example.org)", &url, &[], *NOW)
    );
});
