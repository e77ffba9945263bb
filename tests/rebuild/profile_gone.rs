//! A site whose profile was removed: its exchanges are kept and not read, at recovery and at rebuild,
//! and nothing is lost.

use std::fs;

use crate::press::{PROFILE, Press};
use crate::program::run;

/// Makes room for another site's crawl: one that has no page to ask for.
fn without_profile() -> Press {
    let press = Press::crawled(&[1, 2]);
    fs::remove_file(press.path("sites/one.toml")).unwrap();
    press
}

#[test]
fn rebuild_keeps_the_old_database_and_says_what_to_do() {
    let press = without_profile();
    let before = press.articles();
    let ran = press.run(&["rebuild"]).expect("rebuild", 1);
    for words in [
        "3 of them are of one and were not read, because it has no profile any more; \
         put one.toml back and rebuild again",
        "the old database stays: 3 of its pages are of one",
    ] {
        assert!(ran.stdout.contains(words), "no {words:?} in {}", ran.stdout);
    }
    assert!(press.articles() == before);

    press
        .run(&["rebuild", "--accept-loss"])
        .expect("accepted", 1);
    assert!(press.keys().is_empty());
    press
        .run(&["verify"])
        .expect("every exchange is in the store", 0);
    press.profile(PROFILE);
    press.run(&["rebuild"]).expect("the profile is back", 0);
    assert!(press.articles() == before);
}

#[test]
fn recovery_keeps_them_too_and_a_crawl_of_another_site_goes_on() {
    let press = without_profile();
    press.remove_database();
    let config = fs::read_to_string(press.path("config.toml")).unwrap();
    let address = config
        .split("80\" = \"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let other = PROFILE
        .replace("\"one\"", "\"two\"")
        .replace("one.test", "two.test");
    fs::write(press.path("sites/two.toml"), other).unwrap();
    let config = format!(
        "[crawl]\nsites = [\"two\"]\n[fetch]\njitter = \"0s\"\n\
         resolve = {{ \"two.test:80\" = \"{address}\" }}\n[site.two]\ngap = \"0s\"\n"
    );
    fs::write(press.path("config.toml"), config).unwrap();
    run(press.folder(), &["crawl"]).expect("crawl", 0).says(
        "recovery",
        &[
            "3 exchanges of one are kept and not read",
            "put one.toml back",
        ],
    );
    assert_eq!(press.keys(), ["two:web:1", "two:web:2"]);
    press
        .run(&["verify"])
        .expect("every exchange is in the store", 0);
}
