//! The feed of the newest articles, read back with an XML parser.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may end a test"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use khotin::Lang;
use khotin::export::*;
use khotin::model::*;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::support::*;

/// One element: its name with attributes as `name a=b`, its text, its children.
#[derive(Debug, Default)]
struct Element {
    name: String,
    text: String,
    children: Vec<Element>,
}

impl Element {
    fn of(start: &BytesStart<'_>) -> Self {
        let attributes = start.attributes().map(|attribute| {
            let attribute = attribute.unwrap();
            let value = attribute
                .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                .unwrap();
            format!(" {}={value}", attribute.key.as_ref())
        });
        Self {
            name: start.name().as_ref().to_owned() + &attributes.collect::<String>(),
            ..Self::default()
        }
    }

    fn all(&self, name: &str) -> Vec<&Element> {
        let children = self.children.iter();
        children
            .filter(|child| child.name.split(' ').next() == Some(name))
            .collect()
    }

    fn text_of(&self, name: &str) -> &str {
        &self.all(name)[0].text
    }

    /// Children as lines `name: text`.
    fn lines(&self) -> Vec<String> {
        let line = |child: &Element| match child.children.as_slice() {
            [] => format!("{}: {}", child.name, child.text),
            [only] => format!("{}/{}: {}", child.name, only.name, only.text),
            more => panic!("{more:?}"),
        };
        self.children.iter().map(line).collect()
    }
}

/// The root of a document; what is no XML ends the test.
fn read(path: &Path) -> Element {
    let text = fs::read_to_string(path).unwrap();
    let mut reader = Reader::from_str(&text);
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => open.push(Element::of(&start)),
            Event::Empty(start) => open.last_mut().unwrap().children.push(Element::of(&start)),
            Event::End(_) => {
                let mut done = open.pop().unwrap();
                if !done.children.is_empty() {
                    done.text.clear(); // white space between children
                }
                open.last_mut().unwrap().children.push(done);
            }
            Event::Text(text) => {
                let text = text.xml10_content();
                open.last_mut().unwrap().text.push_str(&text);
            }
            Event::GeneralRef(reference) => {
                let char = match reference.resolve_char_ref().unwrap() {
                    Some(char) => char.to_string(),
                    None => {
                        let name = reference.xml10_content();
                        let known = quick_xml::escape::resolve_predefined_entity(&name);
                        known.unwrap().to_owned()
                    }
                };
                open.last_mut().unwrap().text.push_str(&char);
            }
            Event::Decl(_) => {}
            Event::Eof => break,
            other => panic!("{other:?}"),
        }
    }
    let [root] = open.as_mut_slice() else {
        panic!("not closed: {open:?}");
    };
    root.children.remove(0)
}

fn options(dir: &Path) -> ExportOptions {
    let moh = SiteNames {
        vi: "Bộ Y tế".to_owned(),
        en: "Ministry of Health".to_owned(),
        host: "moh.gov.vn".to_owned(),
    };
    let mut options = ExportOptions::new(dir, "one");
    options.formats = [Format::Atom].into();
    options.names.sites = BTreeMap::from([(SiteId::new("moh"), moh)]);
    options
}

fn feed<const N: usize>(articles: [Article; N]) -> (Element, Manifest) {
    let exports = tempfile::tempdir().unwrap();
    let options = options(exports.path());
    let report = export_of(articles, ExportQuery::default(), &options).unwrap();
    (read(&report.folder.join("articles.atom")), report.manifest)
}

fn published_at(key: &str, at: &str) -> Article {
    Article {
        key: ArticleKey::new(key),
        published: Some(Published {
            at: at.to_owned(),
            ..published()
        }),
        ..article()
    }
}

#[test]
fn an_entry_says_what_the_article_is() {
    let own = Article {
        source: None,
        ..article()
    };
    let (feed, manifest) = feed([own]);
    assert_eq!(
        feed.name,
        "feed xmlns=http://www.w3.org/2005/Atom xml:lang=en"
    );
    let [entry] = feed.all("entry")[..] else {
        panic!("{feed:?}");
    };
    assert_eq!(entry.name, "entry xml:lang=vi");
    let expected = [
        // Python: uuid.uuid5(uuid.NAMESPACE_URL, "khotin:moh:liferay:dau-mua-khi")
        "id: urn:uuid:d0de8259-c395-526f-948a-a20a79354ec5",
        "title: Đậu mùa khỉ, bệnh \"mới\"",
        "published: 2023-06-17T21:00:00+07:00",
        "updated: 2026-11-22T03:00:00.000003Z", // the second version
        "author/name: Bộ Y tế",
        "link rel=alternate \
         href=https://moh.gov.vn/tin-tong-hop/-/asset_publisher/k206Q9qkZOqn/content/dau-mua-khi: ",
        "category term=hoat-dong-cua-lanh-dao-bo: ",
        "category term=tin-tong-hop: ",
        "summary type=text: SKĐS - Bộ Y tế ra thông báo.",
        "content type=text: Đậu mùa khỉ lây qua tiếp xúc.\n\nPhòng bệnh – ngay!",
    ];
    assert_eq!(entry.lines(), expected);
    assert_eq!(feed.text_of("title"), "Newest articles: Ministry of Health");
    assert_eq!(feed.text_of("updated"), "2026-11-22T03:00:00.000003Z");
    assert!(
        feed.text_of("rights")
            .starts_with("The source states no licence.")
    );
    assert!(feed.text_of("id").starts_with("urn:uuid:"));
    assert!(feed.all("subtitle").is_empty());
    assert_eq!(manifest.files[0].rows, 1);
}

#[test]
fn the_source_of_a_reprint_is_its_author() {
    let (feed, _) = feed([article()]);
    assert_eq!(
        feed.all("entry")[0].all("author")[0].text_of("name"),
        "Suckhoedoisong.vn"
    );
}

#[test]
fn what_only_a_listing_shows_has_a_link_and_no_content() {
    let (feed, _) = feed([listed_article()]);
    let expected = [
        "id: urn:uuid:d0de8259-c395-526f-948a-a20a79354ec5",
        "title: Đậu mùa khỉ",
        "published: 2023-06-17T21:00:00+07:00",
        "updated: 2026-11-20T01:00:00.000001Z", // seen first
        "author/name: Bộ Y tế",
        "link rel=alternate \
         href=https://moh.gov.vn/tin-tong-hop/-/asset_publisher/k206Q9qkZOqn/content/dau-mua-khi: ",
        "category term=hoat-dong-cua-lanh-dao-bo: ",
        "category term=tin-tong-hop: ",
        "category term=listed scheme=urn:x-khotin:state: ",
    ];
    assert_eq!(feed.all("entry")[0].lines(), expected);
}

#[test]
fn what_is_made_up_says_so_in_title_category_and_feed() {
    let made_up = Article {
        synthetic: true,
        ..article()
    };
    let (feed, _) = feed([made_up]);
    let entry = feed.all("entry")[0];
    assert_eq!(
        entry.text_of("title"),
        "[DỮ LIỆU GIẢ LẬP / SYNTHETIC] Đậu mùa khỉ, bệnh \"mới\""
    );
    let last = entry.all("category").pop().unwrap();
    assert_eq!(
        last.name,
        "category term=synthetic scheme=urn:x-khotin:synthetic \
         label=[DỮ LIỆU GIẢ LẬP / SYNTHETIC]"
    );
    assert_eq!(feed.text_of("subtitle"), "[DỮ LIỆU GIẢ LẬP / SYNTHETIC]");
}

#[test]
fn the_newest_are_kept_newest_first_in_whatever_order_they_come() {
    let undated = Article {
        key: ArticleKey::new("moh:a:undated"),
        published: None,
        ..article()
    };
    let articles = [
        published_at("moh:a:c", "2024-01-02T00:00:00+07:00"),
        published_at("moh:a:oldest", "2023-01-01T00:00:00+07:00"),
        published_at("moh:a:b", "2024-01-02T00:00:00+07:00"), // as old as c, the key is smaller
        undated,
        published_at("moh:a:newest", "2024-01-01T20:00:00Z"), // 3:00 of the 2nd in Vietnam
    ];
    let mut backwards = articles.clone();
    backwards.reverse();
    for articles in [articles, backwards] {
        let exports = tempfile::tempdir().unwrap();
        let mut options = options(exports.path());
        options.feed_entries = 3;
        let report = export_of(articles, ExportQuery::default(), &options).unwrap();
        let feed = read(&report.folder.join("articles.atom"));
        let found: Vec<_> = feed
            .all("entry")
            .iter()
            .map(|entry| entry.text_of("id").to_owned())
            .collect();
        // Python: uuid.uuid5(uuid.NAMESPACE_URL, "khotin:moh:a:newest") and so on
        let expected = [
            "urn:uuid:30306668-c5a0-58e4-a3b5-41a391015663",
            "urn:uuid:b3bd8b7d-5cbe-54c7-9132-3ec9926c9a64",
            "urn:uuid:c1db696e-725d-5707-988d-d8a6d24f5655",
        ];
        assert_eq!(found, expected);
        assert_eq!(report.manifest.files[0].rows, 3);
    }
}

#[test]
fn markup_and_control_characters_of_the_web_stay_text() {
    let sly = Article {
        title: Some("</title><script>alert(1)</script> & \u{1b}[2J ]]>".to_owned()),
        lead: Some("&amp; stays as written".to_owned()),
        text: Some("a\0b\u{ffff}".to_owned()),
        url: "https://moh.gov.vn/?a=1&b=\"2\"".to_owned(),
        ..article()
    };
    let (feed, manifest) = feed([sly]);
    let entry = feed.all("entry")[0];
    assert_eq!(
        entry.text_of("title"),
        "</title><script>alert(1)</script> & \u{fffd}[2J ]]>"
    );
    assert_eq!(entry.text_of("summary"), "&amp; stays as written");
    assert_eq!(entry.text_of("content"), "a\u{fffd}b\u{fffd}");
    assert_eq!(
        entry.all("link")[0].name,
        "link rel=alternate href=https://moh.gov.vn/?a=1&b=\"2\""
    );
    assert_eq!(manifest.files[0].cells_cleaned, 2);
}

#[test]
fn a_feed_of_nothing_is_a_feed() {
    let exports = tempfile::tempdir().unwrap();
    let mut options = options(exports.path());
    options.lang = Lang::Vi;
    let report = export_of([], ExportQuery::default(), &options).unwrap();
    let feed = read(&report.folder.join("articles.atom"));
    assert!(feed.all("entry").is_empty());
    assert_eq!(feed.text_of("title"), "Tin mới nhất");
    assert_eq!(feed.text_of("updated"), "2026-11-22T01:02:03Z");
    assert!(
        feed.text_of("rights")
            .starts_with("Trang nguồn không nêu giấy phép.")
    );
}

#[test]
fn a_number_of_entries_that_can_not_be_is_refused() {
    let exports = tempfile::tempdir().unwrap();
    for entries in [0, MOST_FEED_ENTRIES + 1] {
        let mut options = options(exports.path());
        options.feed_entries = entries;
        let error = export_of([], ExportQuery::default(), &options).unwrap_err();
        let words = format!("a feed of {entries} entries is not within 1 to 10000");
        assert_eq!(error.to_string(), words);
    }
    assert!(names_in(exports.path()).is_empty());
}
