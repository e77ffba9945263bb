//! The repository's config.toml is the reference of all settings: every key, with its default.

#![expect(clippy::unwrap_used, reason = "a test helper may fail as a test does")]

use std::collections::BTreeSet;

use khotin::config::{Config, Period};

const REFERENCE: &str = include_str!("../config.toml");

/// `section.key` of every line that sets a key, in comments too.
fn keys_written(text: &str) -> BTreeSet<String> {
    let mut section = String::new();
    let mut keys = BTreeSet::new();
    for line in text.lines() {
        let line = line.trim_start_matches("# ").trim();
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_matches(['[', ']']).to_owned();
        } else if let Some((key, _)) = line.split_once(" = ")
            && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        {
            keys.insert(format!("{section}.{key}"));
        }
    }
    keys
}

/// The same of a configuration in which every optional key is set.
fn keys_known() -> BTreeSet<String> {
    let full = r#"
        [crawl]
        since = "2020-01-01"
        max_requests = 1
        max_bytes = 1
        max_time = "1s"
        [fetch]
        proxy = "http://127.0.0.1:1"
        [reading]
        jobs = 1
        [export]
        site = "moh"
        section = "tin"
        state = "live"
        query = "a"
        since = "2020-01-01"
        until = "2020-01-01"
        out = "x"
        [nightly]
        keep_monthly = 24
        metrics = "/x.prom"
        [log]
        level = "info"
        [site.moh]
        gap = "5s"
        assets = "all"
        connections = 1
        tls = "system"
        [[permission]]
        site = "moh"
        by = "x"
        on = "2026-01-31"
        paths = ["/x"]
    "#;
    let config = Config::parse("full", full).unwrap();
    let mut keys = keys_written(&toml::to_string(&config).unwrap());
    keys.insert("fetch.resolve".to_owned()); // an empty table is written as a heading alone
    keys
}

#[test]
fn the_reference_names_every_key_and_no_other() {
    assert_eq!(keys_written(REFERENCE), keys_known());
}

#[test]
fn the_reference_holds_the_defaults() {
    assert_eq!(
        Config::parse("config.toml", REFERENCE).unwrap(),
        Config::default()
    );
}

#[test]
fn the_reference_leaves_the_contact_to_the_operator() {
    let config = Config::parse("config.toml", REFERENCE).unwrap();
    assert_eq!(config.operator.contact, "");
    assert_eq!(
        config.crawl.revisit[0],
        Period(std::time::Duration::from_secs(86_400))
    );
}
