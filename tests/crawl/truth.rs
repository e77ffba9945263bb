//! After one crawl every record is the ministry's truth, field by field, and there is no other record.

use std::collections::BTreeSet;

use chrono::{NaiveDateTime, Timelike};
use khotin::archive::Outcome;
use khotin::demo::{BASE, CATEGORIES, Expected, ExpectedImage, Piece, Platform, SECTIONS, Section};
use khotin::model::{
    Article, Block, DateFlag, DateFrom, DateZone, EvidenceRef, Image, Precision, Published, State,
};

use crate::support::{Desk, demo, keys};

/// Where a record differs from the truth: what, expected, found.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn compare<T: std::fmt::Debug + PartialEq>(&mut self, what: &str, expected: T, found: T) {
        if expected != found {
            let text = format!("{what}\n  expected {expected:?}\n  found    {found:?}");
            self.0.push(text);
        }
    }

    fn assert_none(&self) {
        assert!(
            self.0.is_empty(),
            "{} differences\n{}",
            self.0.len(),
            self.0.join("\n")
        );
    }
}

#[tokio::test]
async fn every_record_is_the_truth() {
    let desk = Desk::open(120).await;
    let report = desk.crawl().await;
    assert_eq!((report.exit_code, &report.causes), (0, &Vec::new()));

    let articles = desk.articles();
    let expected = desk.control().expected();
    assert_eq!(expected.len(), 126, "120, two seeds, four on both halves");
    let expected_keys: BTreeSet<String> = expected
        .iter()
        .map(|expected| expected.key.clone())
        .collect();
    let found_keys: BTreeSet<String> = articles.keys().cloned().collect();
    assert_eq!(
        expected_keys, found_keys,
        "no record too many, none too few"
    );
    assert_eq!(keys(&demo(&report).new), expected_keys);

    let mut differences = Differences::default();
    for expected in &expected {
        let article = &articles[&expected.key];
        compare_texts(&mut differences, expected, article);
        compare_dates(&mut differences, expected, article);
        compare_places(&mut differences, &desk, expected, article);
        compare_rest(&mut differences, expected, article);
        compare_media(&mut differences, &desk, expected, article);
    }
    differences.assert_none();
}

#[tokio::test]
async fn the_report_counts_every_field_that_was_found() {
    let desk = Desk::open(40).await;
    let report = desk.crawl().await;
    let expected = desk.control().expected();
    let layouts = &demo(&report).seen.articles;
    let looks = |layout: &str, key: &str| layouts[layout].fields[key].looks();
    let found = |key: &str| {
        let fields = layouts.values().map(|layout| &layout.fields[key]);
        fields.map(|field| field.finds()).sum::<u64>()
    };
    for key in ["root", "title", "published.select", "body.root"] {
        assert_eq!(found(key), expected.len() as u64, "{key}");
    }
    let leads = expected.iter().filter(|expected| expected.lead.is_some());
    assert_eq!(found("lead"), leads.count() as u64);
    let portal = expected
        .iter()
        .filter(|expected| expected.platform == Platform::Portal);
    assert_eq!(looks("portal-article", "lead"), portal.count() as u64);
    let selectors = &layouts["portal-article"].fields["root"].selectors;
    let taken: Vec<(&str, bool)> = selectors
        .iter()
        .map(|rule| (rule.selector.as_str(), rule.taken > 0))
        .collect();
    let expected = [
        ("$.d[0]", false),
        ("$.data[0]", false),
        ("$.d", true),
        ("$.data", false),
    ];
    assert_eq!(taken, expected);
    assert_eq!(demo(&report).drift, []);
}

#[tokio::test]
async fn every_capture_of_a_record_is_found_in_the_archive() {
    let desk = Desk::open(20).await;
    desk.crawl().await;
    let archive = desk.archive();
    for article in desk.articles().values() {
        assert!(
            article.captures.len() >= 2,
            "{}: listing and article",
            article.key
        );
        for capture in &article.captures {
            let (file, offset) = (&capture.warc_file, capture.warc_offset);
            let record = archive.read_record(file, offset).unwrap();
            let id = record.field("WARC-Record-ID").unwrap();
            assert_eq!(id.trim_matches(['<', '>']), capture.warc_record_id);
            assert_eq!(
                record.field("WARC-Target-URI"),
                Some(capture.request_url.as_str())
            );
            let exchange = archive.read_exchange(file, offset).unwrap();
            assert_eq!(exchange.sequence, capture.sequence);
            let Outcome::Answered(answer) = exchange.outcome else {
                panic!("{} has no answer", article.key);
            };
            assert_eq!(answer.payload_sha256, capture.payload_sha256);
        }
    }
}

fn compare_texts(differences: &mut Differences, expected: &Expected, article: &Article) {
    let key = &expected.key;
    let mut field = |name: &str, expected: String, found: String| {
        differences.compare(&format!("{key} {name}"), expected, found);
    };
    let option = |text: &Option<String>| format!("{text:?}");
    field(
        "title",
        expected.title.clone(),
        article.title.clone().unwrap_or_default(),
    );
    field("lead", option(&expected.lead), option(&article.lead));
    let found: Vec<&Block> = article
        .blocks
        .iter()
        .filter(|block| !matches!(block, Block::Image { .. }))
        .collect();
    for (number, pair) in expected.blocks.iter().zip(&found).enumerate() {
        let (expected, found) = pair;
        let name = format!("block {number}");
        field(&name, format!("{expected:?}"), format!("{found:?}"));
    }
    let count = |blocks: usize| format!("{blocks} blocks");
    field("blocks", count(expected.blocks.len()), count(found.len()));
    let related: Vec<&str> = article
        .related
        .iter()
        .map(|related| related.title.as_str())
        .collect();
    let (truth, found) = (format!("{:?}", expected.related), format!("{related:?}"));
    field("related", truth, found);
    let source = article.source.as_ref().map(|source| source.raw.clone());
    field("source", option(&expected.source), option(&source));
    let text = article.text.clone().unwrap_or_default();
    let paragraphs = expected.paragraphs();
    let missing = paragraphs
        .iter()
        .find(|paragraph| !text.contains(**paragraph));
    field("text", "None".to_owned(), format!("{missing:?}"));
    for image in &expected.images {
        let caption = image
            .caption_raw
            .as_ref()
            .filter(|line| text.contains(*line));
        field("caption in text", "None".to_owned(), format!("{caption:?}"));
    }
}

/// The same minute at +07:00, by the wall clock.
fn at(local: NaiveDateTime) -> String {
    local.format("%Y-%m-%dT%H:%M:%S+07:00").to_string()
}

fn compare_dates(differences: &mut Differences, expected: &Expected, article: &Article) {
    let utc = expected.published - chrono::TimeDelta::hours(7);
    let truth = |raw: &str, from: DateFrom| {
        let is_article = from == DateFrom::Article;
        let redundant = is_article && expected.published.hour() > 12;
        Published {
            at: at(expected.published),
            utc: utc.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            raw: raw.to_owned(),
            precision: Precision::Minute,
            zone: match expected.platform {
                Platform::Liferay => DateZone::Rule,
                Platform::Portal => DateZone::Assumed,
            },
            from,
            flags: Vec::from_iter(redundant.then_some(DateFlag::MarkerRedundant)),
        }
    };
    let from = match expected.platform {
        Platform::Liferay => DateFrom::Article,
        Platform::Portal => DateFrom::Api,
    };
    let what = format!("{} published", expected.key);
    let published = Some(truth(&expected.published_raw, from));
    differences.compare(&what, published, article.published.clone());
    for line in &article.listed {
        let what = format!("{} listed by {:?}", expected.key, line.item.section);
        let published = Some(truth(&expected.listing_raw, DateFrom::Listing));
        differences.compare(&what, published, line.item.published.clone());
    }
}

/// Every address under which the ministry's own pages link to an article.
fn addresses(desk: &Desk, expected: &Expected) -> BTreeSet<String> {
    let (_, name) = expected.key.rsplit_once(':').unwrap();
    let article = desk
        .control()
        .read(|ministry| ministry.article(&expected.key).cloned());
    let article = article.unwrap();
    match expected.platform {
        Platform::Liferay => {
            let place = article.liferay.unwrap();
            let sections = SECTIONS
                .iter()
                .filter(|section| place.pages.contains(&section.page.to_owned()));
            let is_ours = |section: &&Section, instance: &Section| {
                (section.page == instance.page) != place.foreign_links
            };
            sections
                .flat_map(|section| SECTIONS.iter().map(move |instance| (section, instance)))
                .filter(|(section, instance)| is_ours(section, instance))
                .map(|(section, instance)| {
                    let (page, instance) = (section.page, instance.instance);
                    format!("{BASE}/{page}/-/asset_publisher/{instance}/content/{name}")
                })
                .collect()
        }
        Platform::Portal => BTreeSet::from([expected.url.clone()]),
    }
}

fn compare_places(
    differences: &mut Differences,
    desk: &Desk,
    expected: &Expected,
    article: &Article,
) {
    let key = &expected.key;
    let sections: Vec<String> = match expected.platform {
        Platform::Liferay => expected.sections.clone(),
        Platform::Portal => {
            let ids = expected.sections.iter().map(|id| format!("danh-muc-{id}"));
            let names = CATEGORIES.iter().filter_map(|category| {
                let is_in = expected.sections.contains(&category.id.to_string());
                is_in.then(|| format!("{} ({})", category.name, category.parent))
            });
            // Ids first, sorted; then the names in the order of the page, which here is compared sorted.
            let mut all: Vec<String> = ids.collect();
            all.extend(names);
            all
        }
    };
    let truth: BTreeSet<&String> = sections.iter().collect();
    let found: BTreeSet<&String> = article.sections.iter().collect();
    differences.compare(&format!("{key} sections"), truth, found);
    differences.compare(
        &format!("{key} sections, each once"),
        sections.len(),
        article.sections.len(),
    );
    let addresses = addresses(desk, expected);
    differences.compare(
        &format!("{key} url"),
        true,
        addresses.contains(&article.url),
    );
    let aliases = article
        .aliases
        .iter()
        .filter(|url| !addresses.contains(*url));
    differences.compare(
        &format!("{key} aliases"),
        Vec::new(),
        aliases.collect::<Vec<_>>(),
    );
    let listing_sections: BTreeSet<String> = article
        .listed
        .iter()
        .filter_map(|line| line.item.section.as_ref())
        .map(|section| section.as_str().trim_start_matches("danh-muc-").to_owned())
        .collect();
    let truth: BTreeSet<String> = expected.sections.iter().cloned().collect();
    differences.compare(&format!("{key} listed"), truth, listing_sections);
    for line in &article.listed {
        let item = &line.item;
        let what = format!("{key} line of {:?}", item.section);
        let stamp = expected.listing_raw.as_str();
        let summary = Some(expected.summary.as_str()).filter(|summary| !summary.is_empty());
        let truth = (Some(expected.title.as_str()), Some(stamp), summary);
        let found = (
            item.title.as_deref(),
            item.stamp_raw.as_deref(),
            item.summary.as_deref(),
        );
        differences.compare(&what, truth, found);
        let what = format!("{what}, cut");
        differences.compare(&what, expected.summary_cut, item.summary_cut);
    }
}

fn compare_rest(differences: &mut Differences, expected: &Expected, article: &Article) {
    let key = &expected.key;
    differences.compare(
        &format!("{key} synthetic"),
        (true, true),
        (
            article.synthetic,
            article.flags.contains(&"synthetic".to_owned()),
        ),
    );
    differences.compare(&format!("{key} state"), State::Live, article.state);
    differences.compare(&format!("{key} versions"), 1, article.versions.len());
    differences.compare(
        &format!("{key} language"),
        Some("vi"),
        article.language.as_deref(),
    );
    differences.compare(&format!("{key} author"), &None, &article.author);
    if let Some(source) = &article.source {
        let name = expected.source.as_deref().unwrap_or_default();
        let name = name.split_once(':').map_or("", |(_, name)| name.trim());
        let found = (source.name.as_str(), source.is_reprint);
        differences.compare(&format!("{key} source name"), (name, true), found);
    }
    let found = |name: &str| matches!(article.evidence.get(name), Some(EvidenceRef::Found { .. }));
    for name in ["title", "published"] {
        differences.compare(&format!("{key} evidence of {name}"), true, found(name));
    }
    let lead = expected.lead.is_some();
    differences.compare(&format!("{key} evidence of lead"), lead, found("lead"));
}

fn compare_media(
    differences: &mut Differences,
    desk: &Desk,
    expected: &Expected,
    article: &Article,
) {
    let key = &expected.key;
    let found: Vec<ExpectedImage> = article.images.iter().map(image).collect();
    for (number, (expected, found)) in expected.images.iter().zip(&found).enumerate() {
        differences.compare(&format!("{key} image {number}"), expected, found);
    }
    for image in &article.images {
        let url = image.url.as_deref().unwrap_or_default();
        let is_thumbnail = url.contains("/thumb_w/640/");
        let original = is_thumbnail.then(|| url.replace("/thumb_w/640/", "/"));
        let what = format!("{key} original of image {}", image.position);
        differences.compare(&what, &original, &image.original_url);
        let what = format!("{key} image {} inferred", image.position);
        differences.compare(&what, false, image.inferred);
    }
    let count = (expected.images.len(), found.len());
    differences.compare(&format!("{key} images"), count.0, count.1);
    let attachments: Vec<(Option<String>, String)> = article
        .attachments
        .iter()
        .map(|file| (file.url.clone(), file.label.clone()))
        .collect();
    differences.compare(
        &format!("{key} attachments"),
        &expected.attachments,
        &attachments,
    );
    for file in &article.attachments {
        let truth = file.url.as_ref().map(|_| "application/pdf");
        let what = format!("{key} attachment {}", file.label);
        differences.compare(&what, truth, file.media_type.as_deref());
    }
    let links: Vec<(String, String)> = article
        .links
        .iter()
        .map(|link| (link.url.clone(), link.text.clone()))
        .collect();
    differences.compare(&format!("{key} links"), &expected.links, &links);
    let embeds: Vec<Option<String>> = article
        .embeds
        .iter()
        .map(|embed| embed.url.clone())
        .collect();
    let frames = desk.control().read(|ministry| {
        let pieces = ministry.article(key).unwrap().pieces.iter();
        let frames = pieces.filter_map(|piece| match piece {
            Piece::Frame(url) => Some(Some(url.clone())),
            _ => None,
        });
        frames.collect::<Vec<_>>()
    });
    differences.compare(&format!("{key} embeds"), frames, embeds);
    for related in article
        .related
        .iter()
        .filter(|related| related.url.is_some())
    {
        let other = desk
            .control()
            .expected_of(related.key.as_deref().unwrap_or_default());
        let title = other.map(|other| other.title);
        let what = format!("{key} related {}", related.position);
        differences.compare(&what, Some(related.title.clone()), title);
    }
}

fn image(image: &Image) -> ExpectedImage {
    ExpectedImage {
        url: image.url.clone().unwrap_or_default(),
        alt: image.alt.clone(),
        caption: image.caption.clone(),
        credit: image.credit.clone(),
        caption_raw: image.caption_raw.clone(),
        after_block: image.after_block,
    }
}
