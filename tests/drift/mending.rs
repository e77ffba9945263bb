//! The hole that a new layout left is filled by `khotin rebuild` with a mended profile.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use khotin::demo::Platform;
use khotin::model::{Article, Block};
use khotin::store::{ArticleFilter, SqliteStore, Store};

use crate::program::World;
use crate::restyling;

/// Writes `demo.toml` with a second layout, beside the old one, for the pages as they are now.
pub(crate) fn mend(folder: &Path) {
    let old = include_str!("../../sites/demo.toml");
    let begin = old.find("[[article]]\nid = \"liferay-article\"").unwrap();
    let end = old.find("[[article]]\nid = \"portal-article\"").unwrap();
    let layout = old[begin..end]
        .replace("id = \"liferay-article\"", "id = \"liferay-article-2\"")
        .replace("[\"div.contentDetail\", ", "[\"div.bai-viet\", ")
        .replace(
            "root = [\".journal-content-article\", ",
            "root = [\".noi-dung\", ",
        );
    assert!(layout.contains("div.bai-viet") && layout.contains("\".noi-dung\""));
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("demo.toml"), format!("{old}\n{layout}")).unwrap();
}

fn records(world: &World) -> BTreeMap<String, Article> {
    let store = SqliteStore::open_reader(&world.path("output/khotin.db")).unwrap();
    let articles = store.articles(&ArticleFilter::default());
    let articles = articles.map(|article| article.unwrap());
    articles
        .map(|article| (article.key.as_str().to_owned(), article))
        .collect()
}

fn without_pictures(article: &Article) -> Vec<Block> {
    let is_text = |block: &&Block| !matches!(block, Block::Image { .. });
    article.blocks.iter().filter(is_text).cloned().collect()
}

#[test]
fn a_mended_profile_fills_the_hole_from_the_archive_alone() {
    let world = World::new(30);
    world.run(&["crawl"]).expect("the first night", 0);
    let control = world.control();
    let new = control.shift(Platform::Liferay, "tin-tong-hop", 8).unwrap();
    restyling::other_classes(control);
    let second = world.run(&["crawl"]).expect("the second night", 4);
    for words in [
        "drift: layout liferay-article: `root` finds 0 of 8",
        "div.contentDetail",
        "try: khotin sites try urn:uuid:",
    ] {
        assert!(
            second.stdout.contains(words),
            "no {words:?} in {}",
            second.stdout
        );
    }
    let status = world.run(&["status"]).expect("status", 0).stdout;
    assert!(status.contains("drift: layout liferay-article"), "{status}");

    // The command of the report shows which selectors find nothing.
    let line = second
        .stdout
        .lines()
        .find_map(|line| line.trim().strip_prefix("try: khotin "));
    let args: Vec<&str> = line.unwrap().split(' ').collect();
    let tried = world
        .run(&args)
        .expect("the command of the report", 1)
        .stdout;
    assert!(
        tried.contains("does not fit: its `root` finds nothing"),
        "{tried}"
    );

    let before = records(&world);
    for key in &new {
        assert_eq!(before[key].text, None, "{key} could not be read");
    }
    let asked = world.log().len();
    mend(&world.path("sites"));
    let rebuilt = world.run(&["rebuild"]);
    assert!(matches!(rebuilt.code, Some(0 | 4)), "{rebuilt:?}");
    assert_eq!(world.log().len(), asked, "nothing is asked again");

    let after = records(&world);
    let expected = control.expected();
    assert_eq!(after.len(), expected.len());
    for expected in expected {
        let article = &after[&expected.key];
        let key = &expected.key;
        assert_eq!(article.title.as_ref(), Some(&expected.title), "{key}");
        assert_eq!(article.lead, expected.lead, "{key}");
        let published = article.published.as_ref().unwrap();
        assert_eq!(published.raw, expected.published_raw, "{key}");
        assert!(
            published
                .at
                .starts_with(&expected.published.format("%Y-%m-%dT%H:%M").to_string())
        );
        assert_eq!(without_pictures(article), expected.blocks, "{key}");
        assert_eq!(article.images.len(), expected.images.len(), "{key}");
        assert_eq!(article.versions.len(), 1, "{key}");
    }
}
