//! `khotin init`: a folder to begin with.

use std::fs;

use khotin::config::Config;

use crate::program::run;

#[test]
fn the_folder_holds_the_reference_and_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(
        folder.path(),
        &["init", "moh", "--contact", "a\"b@example.org"],
    );
    let ran = ran.expect("first", 0);
    assert_eq!(
        ran.stdout,
        "made moh/config.toml\nthen: khotin crawl --config moh/config.toml\n"
    );
    let path = folder.path().join("moh/config.toml");
    let text = fs::read_to_string(&path).unwrap();
    let config = Config::parse("config.toml", &text).unwrap();
    assert_eq!(config.operator.contact, "a\"b@example.org");
    let reference = fs::read_to_string("config.toml").unwrap();
    assert_eq!(text.lines().count(), reference.lines().count());
    assert!(folder.path().join("moh/sites").is_dir());

    let again = run(
        folder.path(),
        &["init", "moh", "--contact", "other@example.org"],
    );
    again.expect("second", 2).says(
        "second",
        &["moh/config.toml is already there", "never overwritten"],
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn without_a_contact_the_next_step_is_told_and_crawl_waits_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), &["init"]).expect("init", 0);
    assert!(ran.stdout.contains("next: set `contact`"), "{}", ran.stdout);
    run(folder.path(), &["crawl"])
        .expect("crawl", 2)
        .says("crawl", &["no operator contact is set"]);
    assert!(!folder.path().join("output").exists());
    for (command, words) in [
        ("status", "nothing yet"),
        ("export", "no articles yet"),
        ("verify", "no archive"),
    ] {
        run(folder.path(), &[command])
            .expect(command, 2)
            .says(command, &[words, "run `khotin crawl` first"]);
    }
}

#[test]
fn json_is_one_document() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), &["init", "--json"]).expect("init", 0);
    assert_eq!(ran.json()["made"], "./config.toml");
}
