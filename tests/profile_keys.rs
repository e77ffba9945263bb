//! docs/profile.md names every key of a profile and no other. The known keys are asked of the reader of
//! profiles itself: its error about a key that no table has lists all that the table has.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test helper may fail as a test does"
)]

use std::collections::BTreeSet;
use std::path::Path;

use khotin::config::read_site_file;

const DOCS: &str = include_str!("../docs/profile.md");

/// The keys in the table below a heading of the docs.
fn written(heading: &str) -> BTreeSet<String> {
    let lines = DOCS
        .lines()
        .skip_while(|line| *line != format!("## {heading}"));
    let table = lines.skip(1).take_while(|line| !line.starts_with("## "));
    let keys = table.filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    keys.map(str::to_owned).collect()
}

/// The keys that the reader knows in the table that ends a profile's text.
fn known(folder: &Path, text: &str) -> BTreeSet<String> {
    let path = folder.join("a.toml");
    std::fs::write(&path, format!("{text}zzzz = 1\n")).unwrap();
    let message = read_site_file(&path).unwrap_err().message;
    let (_, keys) = message.split_once("known here: ").expect(&message);
    keys.split(", ").map(str::to_owned).collect()
}

#[test]
fn every_key_of_a_profile_is_in_the_docs_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let table = [
        // heading in the docs, a profile that ends in that table
        ("The file", ""),
        ("`name`", "[name]\n"),
        ("`pace`", "[pace]\n"),
        ("`refusals`", "[refusals]\n"),
        ("`[[platform]]`", "[[platform]]\n"),
        ("`[[platform.link]]`", "[[platform]]\n[[platform.link]]\n"),
        (
            "`ask_article`, `ask_listing`",
            "[[platform]]\n[platform.ask_listing]\n",
        ),
        ("`pager`", "[[platform]]\n[platform.pager]\n"),
        ("`[[section]]`", "[[section]]\n"),
        ("`valid` of a layout", "[[listing]]\n[listing.valid]\n"),
        ("`[[listing]]`", "[[listing]]\n"),
        (
            "Dates: `stamp`, `published`",
            "[[listing]]\n[listing.stamp]\n",
        ),
        ("`[[article]]`", "[[article]]\n"),
        ("`body`", "[[article]]\n[article.body]\n"),
        ("`captions`", "[[article]]\n[article.captions]\n"),
        (
            "`original` of `captions`",
            "[[article]]\n[[article.captions.original]]\n",
        ),
        ("`source`", "[[article]]\n[article.source]\n"),
        ("`related`", "[[article]]\n[article.related]\n"),
        ("`attachments`", "[[article]]\n[article.attachments]\n"),
        ("A rule as a table", "[[listing]]\n[listing.items]\n"),
    ];
    for (heading, text) in table {
        assert_eq!(written(heading), known(folder.path(), text), "{heading}");
    }
    let headings = DOCS.lines().filter(|line| line.starts_with("## ")).count();
    assert_eq!(headings, table.len(), "a table of the docs is not compared");
}
