use std::collections::BTreeSet;

use super::*;
use crate::model::{ArticleKey, RunId};
use crate::nightly::{DumpReport, RotationReport};
use crate::pipeline::RunReport;

const NOW: &str = "2026-11-27T19:00:00Z"; // two o'clock of the 28th in Hanoi

fn night() -> NightReport {
    let started = "2026-11-27T18:30:00Z".parse().unwrap();
    let mut report = NightReport::begin(7, "2026-11-28".parse().unwrap(), started);
    report.khotin = "0.1.0".to_owned();
    report.seconds = 1800.5;
    report.exit_code = Some(4);
    report.missed = 2;
    report.last_success = Some("2026-11-24T19:00:00Z".parse().unwrap());
    report.failing = [
        ("a".to_owned(), 3),
        ("b".to_owned(), 1),
        ("c".to_owned(), 1),
    ]
    .into();
    report.dump = Some(DumpReport {
        name: "2026-11-28".to_owned(),
        articles: Some(1234),
        bytes: Some(98_765),
    });
    report.rotation = Some(RotationReport {
        kept: vec!["2026-11-27".to_owned(), "2026-11-28".to_owned()],
        ..RotationReport::default()
    });
    let site = SiteReport {
        requests: 120,
        bytes: 4_000_000,
        new: vec![
            ArticleKey::new("moh:portal:1"),
            ArticleKey::new("moh:portal:2"),
        ],
        unchanged: 80,
        failed: [("status 500".to_owned(), 3)].into(),
        left: 9,
        ..SiteReport::default()
    };
    report.crawl = Some(RunReport {
        khotin: "0.1.0".to_owned(),
        run: RunId::new("20261127T183000Z-0001"),
        started: String::new(),
        ended: String::new(),
        seconds: 1800.0,
        peak_memory_bytes: None,
        exit_code: 4,
        causes: Vec::new(),
        stopped: None,
        error: None,
        sites: [(SiteId::new("moh"), site)].into(),
    });
    report
}

fn facts() -> Facts {
    let section = |section: &str, newest: Option<&str>, last_new: Option<&str>| SectionAge {
        site: SiteId::new("moh"),
        section: SectionId::new(section),
        newest: newest.map(|day| day.parse().unwrap()),
        last_new: last_new.map(|at| at.parse().unwrap()),
    };
    Facts {
        sections: vec![
            section("tin", Some("2026-11-28"), Some("2026-11-27T18:31:00Z")),
            section("dated \"ahead\"\\\n", Some("2027-01-01"), None),
            section("without dates", None, None),
        ],
        archive_bytes: Some(5_000_000_000),
        free_bytes: Some(70_000_000_000),
    }
}

#[test]
fn the_file_says_what_the_night_did() {
    let text = render(&night(), &facts(), NOW.parse().unwrap());
    for line in [
        "khotin_build_info{version=\"0.1.0\"} 1",
        "khotin_nightly_last_run_timestamp_seconds 1795806000",
        "khotin_nightly_last_success_timestamp_seconds 1795546800",
        "khotin_nightly_exit_code 4",
        "khotin_nightly_duration_seconds 1800.5",
        "khotin_nightly_missed_nights 2",
        "khotin_nightly_failing_requests{nights=\"1\"} 2",
        "khotin_nightly_failing_requests{nights=\"3\"} 1",
        "khotin_nightly_dump_bytes 98765",
        "khotin_nightly_dump_articles 1234",
        "khotin_nightly_dumps 2",
        "khotin_nightly_requests{site=\"moh\"} 120",
        "khotin_nightly_received_bytes{site=\"moh\"} 4000000",
        "khotin_nightly_new_articles{site=\"moh\"} 2",
        "khotin_nightly_left_requests{site=\"moh\"} 9",
        "khotin_nightly_pages{site=\"moh\",outcome=\"unchanged\"} 80",
        "khotin_nightly_pages{site=\"moh\",outcome=\"failed\"} 3",
        "khotin_nightly_pages{site=\"moh\",outcome=\"gone\"} 0",
        "khotin_nightly_drift_signs{site=\"moh\",weight=\"drift\"} 0",
        "khotin_section_newest_age_seconds{site=\"moh\",section=\"tin\"} 7200",
        "khotin_section_newest_age_seconds{site=\"moh\",section=\"dated \\\"ahead\\\"\\\\\\n\"} 0",
        "khotin_section_last_new_timestamp_seconds{site=\"moh\",section=\"tin\"} 1795804260",
        "khotin_archive_bytes 5000000000",
        "khotin_disk_free_bytes 70000000000",
    ] {
        assert!(
            text.lines().any(|found| found == line),
            "no {line} in\n{text}"
        );
    }
    assert!(
        !text.contains("without dates"),
        "what is not known is left out"
    );
    check(&text);
}

#[test]
fn a_night_that_could_not_begin_says_so_and_invents_no_number() {
    let mut report = NightReport::begin(0, "2026-11-28".parse().unwrap(), NOW.parse().unwrap());
    report.exit_code = Some(75);
    let text = render(&report, &Facts::default(), NOW.parse().unwrap());
    check(&text);
    assert!(text.contains("\nkhotin_nightly_exit_code 75\n"), "{text}");
    for family in [
        "last_success",
        "nightly_pages",
        "nightly_dump",
        "missed",
        "archive_bytes",
        "section",
    ] {
        assert!(!text.contains(family), "{family} in\n{text}");
    }
}

/// What the exposition format (version 0.0.4) and the practices for names ask of a textfile, written from
/// their text: each family once, HELP and TYPE before its samples; names, labels and values of the right
/// shape; no sample twice; no times; a line feed at the end.
fn check(text: &str) {
    assert!(text.ends_with('\n') && !text.contains('\r'));
    let mut families = BTreeSet::new();
    let mut samples = BTreeSet::new();
    let (mut helped, mut family) = (String::new(), String::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(!help.is_empty() && !help.contains('\\'), "{line}");
            assert!(families.insert(name.to_owned()), "twice: {line}");
            helped = name.to_owned();
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert_eq!(name, helped, "TYPE follows HELP: {line}");
            assert_eq!(kind, "gauge", "{line}");
            check_name(name);
            family = name.to_owned();
        } else {
            let end = line.find(['{', ' ']).unwrap();
            let (name, rest) = line.split_at(end);
            assert_eq!(name, family, "samples stand below their family: {line}");
            let value = check_labels(rest, line);
            let number = value.strip_prefix(' ').unwrap_or_else(|| panic!("{line}"));
            assert!(!number.contains(' '), "a time behind the value: {line}");
            assert!(number.parse::<f64>().is_ok_and(f64::is_finite), "{line}");
            let series = line.strip_suffix(value).unwrap();
            assert!(samples.insert(series.to_owned()), "twice: {line}");
        }
    }
}

fn check_name(name: &str) {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    assert!(
        name.starts_with("khotin_") && name.chars().all(is_plain),
        "{name}"
    );
    assert!(
        !name.ends_with("_total") && !name.ends_with("_count"),
        "a gauge: {name}"
    );
    for unit in [
        "_ms", "_minutes", "_hours", "_days", "_kb", "_mb", "_percent",
    ] {
        assert!(!name.ends_with(unit), "not a base unit: {name}");
    }
}

/// Reads `{name="value",...}`; gives what is behind.
fn check_labels<'a>(rest: &'a str, line: &str) -> &'a str {
    let Some(mut rest) = rest.strip_prefix('{') else {
        return rest;
    };
    let mut names = BTreeSet::new();
    loop {
        let (name, after) = rest.split_once("=\"").unwrap();
        let is_plain = |c: char| c.is_ascii_lowercase() || c == '_';
        assert!(!name.is_empty() && name.chars().all(is_plain), "{line}");
        assert!(names.insert(name), "a label twice: {line}");
        let mut chars = after.char_indices();
        let end = loop {
            match chars.next() {
                Some((_, '\\')) => {
                    let escaped = chars.next().map(|(_, char)| char);
                    assert!(matches!(escaped, Some('\\' | '"' | 'n')), "{line}");
                }
                Some((at, '"')) => break at,
                Some((_, char)) => assert!(!char.is_control(), "{line}"),
                None => panic!("no end of a label: {line}"),
            }
        };
        rest = after.split_at(end + 1).1;
        match rest.split_at(1) {
            (",", more) => rest = more,
            ("}", behind) => return behind,
            _ => panic!("{line}"),
        }
    }
}
