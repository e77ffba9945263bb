use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Noon of a day in November 2026, UTC.
fn noon(day: u32) -> DateTime<Utc> {
    at(&format!("2026-11-{day:02}T12:00:00Z"))
}

fn entry(action: Action, key: &str) -> Entry {
    Entry::new(action, ArticleKey::new(key), "r", "a", noon(1))
}

fn file(entries: &[Entry]) -> String {
    let mut text = String::new();
    for entry in entries {
        text = Restrictions::append("r.toml", &text, entry).unwrap();
    }
    text
}

fn words(entries: &[Entry], now: DateTime<Utc>) -> Vec<&'static str> {
    let read = Restrictions::parse("r.toml", &file(entries)).unwrap();
    let standing = read.standing(now).into_iter();
    standing.map(|(_, standing)| standing.as_str()).collect()
}

#[test]
fn the_last_word_on_a_key_in_the_order_of_the_file_holds() {
    use Action::{Lift, Restrict};
    type Words = &'static [(Action, &'static str)];
    let table: [(&str, Words, &[&str]); 6] = [
        ("nothing was said", &[], &[]),
        ("restricted", &[(Restrict, "m:p:1")], &["in_force"]),
        (
            "lifted",
            &[(Restrict, "m:p:1"), (Lift, "m:p:1")],
            &["lifted", "lift"],
        ),
        (
            "again",
            &[(Restrict, "m:p:1"), (Lift, "m:p:1"), (Restrict, "m:p:1")],
            &["lifted", "lift", "in_force"],
        ),
        (
            "two authorities, one lift ends both",
            &[(Restrict, "m:p:1"), (Restrict, "m:p:1"), (Lift, "m:p:1")],
            &["lifted", "lifted", "lift"],
        ),
        (
            "of another article",
            &[(Restrict, "m:p:1"), (Lift, "m:p:11")],
            &["in_force", "lift"],
        ),
    ];
    for (what, said, expected) in table {
        let entries: Vec<Entry> = said
            .iter()
            .map(|(action, key)| entry(*action, key))
            .collect();
        assert_eq!(words(&entries, noon(2)), expected, "{what}");
    }
}

#[test]
fn a_last_day_is_included_and_ends_at_midnight_in_vietnam() {
    let mut one = entry(Action::Restrict, "m:p:1");
    one.until = "2026-11-20".parse().ok();
    let table = [
        ("long before", noon(1), "in_force"),
        (
            "its last second in Vietnam",
            at("2026-11-20T16:59:59Z"),
            "in_force",
        ),
        (
            "the next day in Vietnam, not yet in UTC",
            at("2026-11-20T17:00:00Z"),
            "expired",
        ),
    ];
    for (what, now, expected) in table {
        assert_eq!(words(std::slice::from_ref(&one), now), [expected], "{what}");
    }
}

#[test]
fn an_entry_is_added_and_every_byte_before_it_stays() {
    let by_hand = "# chị Lan gọi ngày 3/11\n[[entry]] # the first\naction = 'restrict'\nkey = 'moh:portal:7'\n\
                   reason = 'r'\nauthority = \"Tòa án\"\nsince = \"2026-11-03T01:02:03Z\"";
    let mut more = entry(Action::Lift, "moh:portal:7");
    more.reason = "a \"quote\", \\ and a\nline".to_owned();
    let after = Restrictions::append("r.toml", by_hand, &more).unwrap();
    assert!(after.starts_with(by_hand), "{after}");
    let read = Restrictions::parse("r.toml", &after).unwrap();
    assert_eq!(read.entries().len(), 2);
    assert_eq!(read.entries()[1], more);
    assert!(read.withheld(noon(4)).is_empty());
}

#[test]
fn a_new_file_says_what_it_is() {
    let text = file(&[entry(Action::Restrict, "m:p:1")]);
    assert!(text.starts_with("# What this archive withholds"), "{text}");
    assert!(
        text.contains("\n[[entry]]\naction = \"restrict\"\n"),
        "{text}"
    );
}

#[test]
fn a_form_to_which_nothing_can_be_added_is_refused_and_not_spoilt() {
    let inline = "entry = [{ action = 'restrict', key = 'm:p:1', reason = 'r', authority = 'a', \
                  since = '2026-11-03T01:02:03Z' }]\n";
    assert_eq!(
        Restrictions::parse("r.toml", inline)
            .unwrap()
            .entries()
            .len(),
        1
    );
    let more = entry(Action::Lift, "m:p:1");
    let error = Restrictions::append("r.toml", inline, &more).unwrap_err();
    assert!(error.message.contains("[[entry]]"), "{error}");
}

#[test]
fn what_is_wrong_in_the_file_is_an_error_with_its_line() {
    let good = "[[entry]]\naction = \"restrict\"\nkey = \"moh:portal:7\"\nreason = \"r\"\nauthority = \"a\"\n\
                since = \"2026-11-03T01:02:03Z\"\nuntil = \"2026-12-31\"\nurls = [\"https://moh.gov.vn/x\"]\n";
    assert!(Restrictions::parse("r.toml", good).is_ok());
    #[rustfmt::skip]
    let table = [
        ("half of a file", "since = \"2026-11-03T01:02:03Z\"", "since = \"2026-1", "r.toml:6: "),
        ("a key misspelt", "until =", "untill =", "r.toml:7: unknown key `untill`; did you mean `until`?"),
        ("an action misspelt", "\"restrict\"", "\"restict\"", "unknown value `restict`; did you mean `restrict`?"),
        ("no reason", "reason = \"r\"\n", "", "missing field `reason`"),
        ("an empty authority", "\"a\"", "\" \"", "r.toml:3: entry 1: `authority` of `moh:portal:7` is empty"),
        ("no key", "moh:portal:7", "moh:portal:", "r.toml:3: entry 1: `moh:portal:` is no key"),
        ("no day", "2026-12-31", "2026-12-32", "r.toml:7: "),
        ("no URL", "https://moh.gov.vn/x", "moh.gov.vn/x", "r.toml:8: entry 1: `moh.gov.vn/x` is no http(s) URL"),
        ("a lift with a last day", "\"restrict\"", "\"lift\"", "a lift has no `until`"),
        ("another table", "[[entry]]", "[[entries]]", "r.toml:1: unknown key `entries`; known here: entry"),
    ];
    for (what, given, instead, expected) in table {
        let text = good.replacen(given, instead, 1);
        let error = Restrictions::parse("r.toml", &text)
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{what}: {error}");
    }
}

#[test]
fn an_address_is_compared_as_the_parser_writes_it() {
    let mut one = entry(Action::Restrict, "m:p:1");
    one.urls = vec!["HTTPS://MOH.gov.vn:443/Tin#x".to_owned()];
    let text = toml::to_string(&Restrictions { entry: vec![one] }).unwrap();
    let read = Restrictions::parse("r.toml", &text).unwrap();
    assert_eq!(read.entries()[0].urls, ["https://moh.gov.vn/Tin"]);
}
