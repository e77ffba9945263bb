use std::convert::Infallible;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::model::{Strength::*, TextDigest, TitleDate};

/// Articles in any order, each with the features that it has.
struct Set(Vec<Article>);

impl Known for Set {
    type Error = Infallible;

    fn features(&self, key: &ArticleKey) -> Result<Features, Infallible> {
        let mut all = self.0.iter();
        let found = all.find(|article| article.key == *key);
        Ok(found.map(Features::of).unwrap_or_default())
    }

    fn having(&self, feature: &Feature) -> Result<Vec<ArticleKey>, Infallible> {
        let has = |article: &&Article| {
            let features = Features::of(article);
            [features.title_date, features.text].contains(&Some(*feature))
        };
        let having = self.0.iter().filter(has).take(3);
        Ok(having.map(|article| article.key.clone()).collect())
    }
}

impl Set {
    fn partner(&self, key: &str) -> Option<SameAs> {
        let mut all = self.0.iter();
        let article = all.find(|article| article.key.as_str() == key).unwrap();
        same_as(article, self).unwrap()
    }

    /// Every pair that is proposed, smaller key first, as `a + b: strength`.
    fn pairs(&self) -> Vec<String> {
        let mut pairs = Vec::new();
        for article in &self.0 {
            if let Some(same) = same_as(article, self).unwrap()
                && article.key < same.key
            {
                let short = |key: &ArticleKey| key.as_str().replace("moh:", "");
                let (one, other) = (short(&article.key), short(&same.key));
                pairs.push(format!("{one} + {other}: {}", same.strength.as_str()));
            }
        }
        pairs.sort();
        pairs
    }
}

const TITLE: &str = "Bộ Y tế họp về phòng dịch";
const DAY: &str = "2019-03-04T10:00:00+07:00";

/// So many different words.
fn text(word: &str, number: usize) -> String {
    let words: Vec<String> = (0..number).map(|n| format!("{word}{n}")).collect();
    words.join(" ")
}

/// `liferay:a`, a title, a time and a text; an empty one is none.
fn article(key: &str, title: &str, at: &str, text: &str) -> Article {
    let platform = key.split(':').next().unwrap();
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let published = some(at).map(|at| {
        json!({
            "at": at, "utc": at, "raw": at, "precision": "minute", "zone": "rule", "from": "article", "flags": [],
        })
    });
    serde_json::from_value(json!({
        "key": format!("moh:{key}"), "site": "moh", "platform": platform, "url": "https://moh.gov.vn/a",
        "aliases": [], "sections": [], "title": some(title), "lead": null, "published": published,
        "listed": [], "blocks": [], "text": some(text), "images": [], "related": [], "attachments": [],
        "links": [], "embeds": [], "source": null, "author": null, "language": null,
        "content_digest": null, "versions": [], "state": "live", "states": [], "first_seen": "",
        "last_seen": "", "captures": [], "profile": { "site": "moh", "layout": null, "digest": "" },
        "evidence": {}, "flags": [], "warnings": [], "synthetic": false,
    }))
    .unwrap()
}

fn flagged(mut article: Article, flag: &str) -> Article {
    let flags = serde_json::from_value(json!([flag])).unwrap();
    article.published.as_mut().unwrap().flags = flags;
    article
}

#[test]
fn a_pair_is_proposed_for_a_reason_and_left_alone_for_a_reason() {
    let (t1, t2) = (text("a", 100), text("b", 100));
    let (t1, t2) = (t1.as_str(), t2.as_str());
    let old = |title, at, text| article("liferay:a", title, at, text);
    let new = |title, at, text| article("portal:1", title, at, text);
    let night = "2019-03-04T23:59:00+07:00";
    #[rustfmt::skip]
    let table: Vec<(&str, Vec<Article>, &[&str])> = vec![
        ("everything is equal", vec![old(TITLE, DAY, t1), new(TITLE, DAY, t1)], &["liferay:a + portal:1: both"]),
        ("another time of the day", vec![old(TITLE, DAY, t1), new(TITLE, night, t1)], &["liferay:a + portal:1: both"]),
        ("the text was mended", vec![old(TITLE, DAY, t1), new(TITLE, DAY, t2)], &["liferay:a + portal:1: title_date"]),
        ("one is known from a listing only", vec![old(TITLE, DAY, ""), new(TITLE, DAY, t1)], &["liferay:a + portal:1: title_date"]),
        ("the title was mended", vec![old(TITLE, DAY, t1), new("Họp về phòng dịch bệnh", DAY, t1)], &["liferay:a + portal:1: text"]),
        ("put on the portal on another day", vec![old(TITLE, DAY, t1), new(TITLE, "2019-03-05T00:00:00+07:00", t1)], &["liferay:a + portal:1: text"]),
        ("one has no date", vec![old(TITLE, "", t1), new(TITLE, DAY, t1)], &["liferay:a + portal:1: text"]),
        ("an equal title of another day and text", vec![old(TITLE, DAY, t1), new(TITLE, "2019-03-05T10:00:00+07:00", t2)], &[]),
        ("an equal day alone", vec![old(TITLE, DAY, t1), new("Khai mạc hội thao ngành y", DAY, t2)], &[]),
        ("no date on either", vec![old(TITLE, "", ""), new(TITLE, "", "")], &[]),
        ("a mark tells words apart", vec![old("Ấn phẩm mới của Bộ", DAY, ""), new("Án phẩm mới của Bộ", DAY, "")], &[]),
        ("nothing is known", vec![old("", "", ""), new("", "", "")], &[]),
        ("one platform", vec![old(TITLE, DAY, t1), article("liferay:a-1", TITLE, DAY, t1)], &[]),
        ("two on one side", vec![old(TITLE, DAY, t1), article("liferay:a-1", TITLE, DAY, t1), new(TITLE, DAY, t1)], &[]),
        ("two on the other side", vec![old(TITLE, DAY, t1), new(TITLE, DAY, t1), article("portal:2", TITLE, DAY, t1)], &[]),
        ("four, two and two", vec![old(TITLE, DAY, t1), article("liferay:a-1", TITLE, DAY, t1), new(TITLE, DAY, t1), article("portal:2", TITLE, DAY, t1)], &[]),
        ("a third platform", vec![old(TITLE, DAY, t1), new(TITLE, DAY, t1), article("mirror:1", TITLE, DAY, t1)], &[]),
        ("two titles of a day, the text tells which", vec![old(TITLE, DAY, t1), article("liferay:a-1", TITLE, DAY, t2), new(TITLE, DAY, t1)], &["liferay:a + portal:1: text"]),
        ("two equal texts, the title tells which", vec![old(TITLE, DAY, t1), article("liferay:b", "Một bài khác hẳn về y tế", DAY, t1), new(TITLE, DAY, t1)], &["liferay:a + portal:1: title_date"]),
        ("title says one and text another", vec![old(TITLE, DAY, t1), new(TITLE, DAY, t2), article("portal:2", "Một bài khác hẳn về y tế", DAY, t1)], &[]),
        ("the other side's text says another", vec![old(TITLE, DAY, ""), new(TITLE, DAY, t1), article("liferay:b", "Một bài khác hẳn về y tế", DAY, t1)], &[]),
        ("two works", vec![old(TITLE, DAY, t1), new(TITLE, DAY, t1), article("liferay:b", "Một bài khác hẳn về y tế", DAY, t2), article("portal:2", "Một bài khác hẳn về y tế", DAY, t2)],
            &["liferay:a + portal:1: both", "liferay:b + portal:2: both"]),
        ("a form is no text", vec![old(TITLE, DAY, &text("a", 99)), new("Khai mạc hội thao ngành y", DAY, &text("a", 99))], &[]),
        ("a word more is one", vec![old(TITLE, DAY, &text("a", 100)), new("Khai mạc hội thao ngành y", DAY, &text("a", 100))], &["liferay:a + portal:1: text"]),
        ("three words name a kind", vec![old("Lịch tiếp dân", DAY, ""), new("Lịch tiếp dân", DAY, "")], &[]),
        ("four words are a title", vec![old("Lịch tiếp công dân", DAY, ""), new("Lịch tiếp công dân", DAY, "")], &["liferay:a + portal:1: title_date"]),
        ("a title of signs is none", vec![old("– … “” – !", DAY, ""), new("– … “” – !", DAY, "")], &[]),
    ];
    for (why, articles, expected) in table {
        let mut set = Set(articles);
        assert_eq!(set.pairs(), expected, "{why}");
        set.0.reverse();
        assert_eq!(set.pairs(), expected, "{why}, in another order");
    }
}

#[test]
fn one_title_in_two_spellings_is_one_title() {
    let table = [
        ("capitals", "BỘ Y TẾ HỌP về hòa giải"),
        ("decomposed", "Bộ Y te\u{302}\u{301} họp về ho\u{300}a giải"),
        ("tone on the other vowel", "Bộ Y tế họp về hoà giải"),
        ("spaces", " Bộ\u{a0} Y  tế họp về hòa giải "),
        ("quotes", "Bộ Y tế họp về “hòa giải”"),
        ("a dash for another", "Bộ Y tế – họp về hòa giải"),
        ("dots at the end", "Bộ Y tế họp về hòa giải..."),
    ];
    let of = |title: &str| Features::title_date(&article("liferay:a", title, DAY, ""));
    let expected = of("Bộ Y tế họp về hòa giải");
    assert!(expected.is_some());
    for (why, title) in table {
        assert_eq!(of(title), expected, "{why}");
    }
    for other in ["Bộ Y tế họp về hóa giải", "Bộ Y tế họp về hoa giải"] {
        assert_ne!(of(other), expected, "another tone is another word");
    }
    let shown = title_date(&article(
        "liferay:a",
        "Bộ Y tế – họp về “HOÀ giải”…",
        DAY,
        "",
    ));
    let shown = shown.map(|shown| (shown.title, shown.date));
    let (title, date) = ("bộ y tế họp về hoà giải", "2019-03-04");
    assert_eq!(shown, Some((title.to_owned(), date.to_owned())));
}

#[test]
fn how_a_text_is_set_does_not_matter_and_its_words_do() {
    let words = text("Chữ", 120);
    let of = |text: &str| text_digest(&article("liferay:a", "", "", text));
    let plain = of(&words).unwrap();
    // printf of the words in lower case with single blanks, through sha256sum.
    let lower: Vec<String> = (0..120).map(|n| format!("chữ{n}")).collect();
    assert_eq!(plain.sha256, hex_of(&lower.join(" ")));
    assert_eq!(plain.words, 120);
    let table = [
        ("paragraphs", words.replace(" Chữ60", "\n\nChữ60"), true),
        ("a table", words.replace(" Chữ60", "\tChữ60"), true),
        ("capitals", words.to_uppercase(), true),
        ("quotes and dots", words.replace("Chữ60", "“Chữ60” …"), true),
        ("a word more", format!("{words} nữa"), false),
        ("a word less", words.replace(" Chữ60", ""), false),
        ("another mark", words.replace("Chữ60", "Chứ60"), false),
        (
            "two words change places",
            words.replace("Chữ60 Chữ61", "Chữ61 Chữ60"),
            false,
        ),
    ];
    for (why, text, is_equal) in table {
        assert_eq!(of(&text).as_ref() == Some(&plain), is_equal, "{why}");
    }
}

fn hex_of(text: &str) -> String {
    use sha2::{Digest, Sha256};
    data_encoding::HEXLOWER.encode(&Sha256::digest(text.as_bytes()))
}

#[test]
fn a_date_in_doubt_is_none_and_an_assumed_zone_is_taken() {
    let old = || article("liferay:a", TITLE, DAY, "");
    let table = [
        ("a redundant PM", "marker_redundant", true),
        ("AM or PM against the hour", "marker_conflict", false),
        ("the weekday is another's", "weekday_conflict", false),
    ];
    for (why, flag, is_taken) in table {
        let set = Set(vec![
            old(),
            flagged(article("portal:1", TITLE, DAY, ""), flag),
        ]);
        assert_eq!(!set.pairs().is_empty(), is_taken, "{why}");
    }
    let mut assumed = article("portal:1", TITLE, DAY, "");
    assumed.published.as_mut().unwrap().zone = crate::model::DateZone::Assumed;
    assert_eq!(
        Set(vec![old(), assumed]).pairs(),
        ["liferay:a + portal:1: title_date"]
    );
    let mut two = article("portal:1", TITLE, DAY, "");
    two.flags.push("key_collision".to_owned());
    assert!(
        Set(vec![old(), two]).pairs().is_empty(),
        "two under one key"
    );
}

#[test]
fn sites_and_kinds_are_never_mixed() {
    let mut other = article("portal:1", TITLE, DAY, &text("a", 100));
    other.site = crate::model::SiteId::new("ncov");
    let one = article("liferay:a", TITLE, DAY, &text("a", 100));
    let (one, other) = (Features::of(&one), Features::of(&other));
    assert_ne!(one.title_date, other.title_date);
    assert_ne!(one.text, other.text);
    assert_ne!(one.title_date, one.text);
    let bytes = one.text.unwrap();
    assert_eq!(Feature::of_bytes(bytes.bytes()), Some(bytes));
    assert_eq!(Feature::of_bytes(b"short"), None);
}

#[test]
fn the_evidence_is_what_anybody_can_compare_again_and_the_same_from_both_sides() {
    let long = text("a", 100);
    let set = Set(vec![
        article("portal:1", "BỘ Y TẾ họp về phòng dịch.", DAY, &long),
        article("liferay:a", TITLE, DAY, &long),
    ]);
    let of_old = set.partner("moh:liferay:a").unwrap();
    let expected = SameAs {
        key: ArticleKey::new("moh:portal:1"),
        strength: Both,
        evidence: SameEvidence {
            title_date: Some(TitleDate {
                title: "bộ y tế họp về phòng dịch".to_owned(),
                date: "2019-03-04".to_owned(),
            }),
            text: Some(TextDigest {
                sha256: hex_of(&long),
                words: 100,
            }),
        },
    };
    assert_eq!(of_old, expected);
    let of_new = set.partner("moh:portal:1").unwrap();
    assert_eq!(of_new.evidence, expected.evidence);
    assert_eq!(of_new.key.as_str(), "moh:liferay:a");

    let [new, old] = [0, 1].map(|place: usize| set.0[place].clone());
    let work = |article, partner| with_partner(article, partner).work.unwrap().to_string();
    assert_eq!(work(old.clone(), Some(of_old)), "moh:liferay:a");
    assert_eq!(work(new, Some(of_new)), "moh:liferay:a");
    let alone = with_partner(old, None);
    assert_eq!(alone.work.as_ref(), Some(&alone.key));
    assert_eq!(alone.same_as, None);
}

/// Few values, so that many articles are alike.
fn any_articles() -> impl Strategy<Value = Vec<Article>> {
    let one = (0..3_usize, 0..3_usize, 0..3_usize, 0..4_usize);
    prop::collection::vec(one, 0..9).prop_map(|drawn| {
        let texts = [String::new(), text("a", 100), text("b", 100), text("c", 20)];
        let of = |(number, (platform, title, day, body)): (usize, (usize, usize, usize, usize))| {
            let platform = ["liferay", "portal", "mirror"][platform];
            let title = ["", TITLE, "Khai mạc hội thao ngành y"][title];
            let day = ["", DAY, "2019-03-05T10:00:00+07:00"][day];
            article(&format!("{platform}:{number}"), title, day, &texts[body])
        };
        drawn.into_iter().enumerate().map(of).collect()
    })
}

proptest! {
    #[test]
    fn partners_are_mutual_of_two_platforms_and_know_no_order(
        (articles, shuffled) in any_articles()
            .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle()))
    ) {
        let (set, other) = (Set(articles), Set(shuffled));
        for article in &set.0 {
            let key = article.key.as_str();
            let partner = set.partner(key);
            prop_assert_eq!(&partner, &other.partner(key), "order");
            if let Some(partner) = partner {
                prop_assert_ne!(partner.key.platform(), article.key.platform());
                let back = set.partner(partner.key.as_str());
                prop_assert_eq!(back.as_ref().map(|back| &back.key), Some(&article.key));
                prop_assert_eq!(back.map(|back| back.strength), Some(partner.strength));
            }
        }
    }
}
