//! The promise of the fold: whatever the order in which observations arrive, and however often, the
//! record is the same; versions are what somebody edited; states have dates; nothing is deleted.
#![expect(
    clippy::expect_used,
    clippy::type_complexity,
    reason = "a test may fail; a table is tuples"
)]

use std::collections::BTreeMap;

use khotin::model::{
    Article, ArticleKey, Attachment, Block, CaptureRef, CaptureUse, Content, DateFlag, DateFrom,
    DateZone, Evidence, EvidenceRef, FieldEvidence, Image, ListedItem, Observation, Precision,
    ProfileRef, Published, Related, SectionId, Sequence, Sighting, SiteId, State, Via, Warning,
};
use khotin::normalize::digest::content_digest;
use khotin::store::fold::fold;
use proptest::prelude::*;

const LINK: &str = "https://moh.gov.vn/tin/-/asset_publisher/3Yst7YhbkA5j/content/a-b";
const OTHER_LINK: &str = "https://moh.gov.vn/khac/-/asset_publisher/k206Q9qkZOqn/content/a-b";

/// Capture `n` is made at minute `n` of the day.
fn time(sequence: u64) -> String {
    format!(
        "2025-04-29T{:02}:{:02}:00.000000Z",
        sequence / 60,
        sequence % 60
    )
}

fn observation(sequence: u64, sighting: Sighting) -> Observation {
    let is_listed = matches!(sighting, Sighting::Listed(_));
    Observation {
        key: ArticleKey::new("moh:liferay:a-b"),
        site: SiteId::new("moh"),
        platform: "liferay".to_owned(),
        sequence: Sequence(sequence),
        position: usize::from(is_listed),
        public_url: LINK.to_owned(),
        seen_url: Some(LINK.to_owned()),
        capture: CaptureRef {
            sequence: Sequence(sequence),
            used_as: if is_listed {
                CaptureUse::Listing
            } else {
                CaptureUse::Article
            },
            request_url: if is_listed {
                "https://moh.gov.vn/tin"
            } else {
                LINK
            }
            .to_owned(),
            time: time(sequence),
            status: 200,
            via: Via::Direct,
            payload_sha1: "A".to_owned(),
            payload_sha256: "a".to_owned(),
            warc_file: "a.warc.gz".to_owned(),
            warc_offset: sequence * 100,
            warc_record_id: format!("urn:uuid:{sequence}"),
            foreign: None,
        },
        sighting,
        profile: ProfileRef {
            site: "moh".to_owned(),
            layout: Some(if is_listed { "listing" } else { "article" }.to_owned()),
            digest: "d".to_owned(),
        },
        synthetic: false,
    }
}

fn published(utc: &str, from: DateFrom) -> Published {
    Published {
        at: utc.replace('Z', "+00:00"),
        utc: utc.to_owned(),
        raw: utc.to_owned(),
        precision: Precision::Minute,
        zone: DateZone::Rule,
        from,
        flags: Vec::new(),
    }
}

fn content(title: &str) -> Content {
    Content {
        title: Some(title.to_owned()),
        published: Some(published("2025-04-29T09:00:00Z", DateFrom::Article)),
        blocks: vec![Block::Paragraph {
            text: "Một".to_owned(),
        }],
        images: vec![Image {
            url: Some("https://a.vn/1.jpg".to_owned()),
            ..Image::default()
        }],
        related: vec![Related {
            position: 1,
            title: "Khác".to_owned(),
            url: None,
            key: None,
        }],
        attachments: vec![Attachment {
            url: Some("https://moh.gov.vn/documents/x.pdf?t=1".to_owned()),
            label: "Tải".to_owned(),
            media_type: None,
            archived: None,
        }],
        ..Content::default()
    }
}

fn evidence(raw: &str) -> Evidence {
    Evidence {
        raw: raw.to_owned(),
        selector: "h3".to_owned(),
        alternative: 0,
    }
}

fn found(raw: &str) -> FieldEvidence {
    FieldEvidence::Found(evidence(raw))
}

fn read(sequence: u64, content: Content) -> Observation {
    let evidence = BTreeMap::from([
        ("title".to_owned(), found("title")),
        (
            "lead".to_owned(),
            FieldEvidence::Missing {
                missing: "its selector found nothing".to_owned(),
            },
        ),
    ]);
    observation(
        sequence,
        Sighting::Article {
            content_digest: content_digest(&content),
            content: Box::new(content),
            categories: vec!["Tin nổi bật".to_owned()],
            evidence,
            warnings: vec![Warning::new("odd", sequence.to_string())],
        },
    )
}

fn article(sequence: u64, title: &str) -> Observation {
    read(sequence, content(title))
}

fn article_at(sequence: u64, title: &str, url: &str) -> Observation {
    let mut observation = article(sequence, title);
    observation.capture.request_url = url.to_owned();
    observation.seen_url = Some(url.to_owned());
    observation
}

fn unchanged(sequence: u64) -> Observation {
    observation(sequence, Sighting::Unchanged)
}

fn gone(sequence: u64) -> Observation {
    observation(sequence, Sighting::Gone { status: 404 })
}

fn soft_gone(sequence: u64) -> Observation {
    observation(
        sequence,
        Sighting::SoftGone {
            rule: "title".to_owned(),
        },
    )
}

fn line(sequence: u64, section: Option<&str>, title: &str) -> Observation {
    let item = ListedItem {
        section: section.map(SectionId::new),
        position: 1,
        title: Some(title.to_owned()),
        published: Some(published("2025-04-29T08:00:00Z", DateFrom::Listing)),
        stamp_raw: Some("Thứ Ba, ngày 29/04/2025 08:00".to_owned()),
        summary: Some("Sáng nay...".to_owned()),
        summary_cut: true,
        evidence: BTreeMap::from([
            ("title".to_owned(), found("listed title")),
            ("published".to_owned(), found("listed stamp")),
        ]),
        warnings: vec![Warning::new("listed", sequence.to_string())],
    };
    observation(sequence, Sighting::Listed(Box::new(item)))
}

fn listed(sequence: u64) -> Observation {
    line(sequence, Some("tin"), "Tên")
}

fn folded(observations: &[Observation]) -> Article {
    fold(observations).expect("an article")
}

#[test]
fn nothing_observed_is_no_article() {
    assert_eq!(fold(&[]), None);
}

#[test]
fn states_have_dates() {
    use State::{Back, Gone, Listed, Live, SoftGone};
    #[rustfmt::skip]
    let table: &[(&str, Vec<Observation>, &[(State, u64)], u64)] = &[
        // what, observations, states with their captures, capture of last_seen
        ("listing only", vec![listed(1), listed(3)], &[(Listed, 1)], 3),
        ("read at once", vec![article(1, "A")], &[(Live, 1)], 1),
        ("listed, then read", vec![listed(1), article(2, "A"), listed(3)], &[(Listed, 1), (Live, 2)], 3),
        ("not modified", vec![article(1, "A"), unchanged(4)], &[(Live, 1)], 4),
        ("gone, twice", vec![article(1, "A"), gone(2), gone(3)], &[(Live, 1), (Gone, 2)], 1),
        ("gone, still listed", vec![article(1, "A"), gone(2), listed(3)], &[(Live, 1), (Gone, 2)], 3),
        ("back", vec![article(1, "A"), gone(2), article(3, "A")], &[(Live, 1), (Gone, 2), (Back, 3)], 3),
        ("back and gone", vec![ article(1, "A"), gone(2), unchanged(3), article(4, "B"), gone(5), ], &[(Live, 1), (Gone, 2), (Back, 3), (Gone, 5)], 4),
        ("soft gone, then gone", vec![article(1, "A"), soft_gone(2), gone(3)], &[(Live, 1), (SoftGone, 2), (Gone, 3)], 1),
        ("back from soft gone", vec![article(1, "A"), soft_gone(2), article(3, "A")], &[(Live, 1), (SoftGone, 2), (Back, 3)], 3),
        ("listed, never there", vec![listed(1), gone(2)], &[(Listed, 1), (Gone, 2)], 1),
        ("never seen at all", vec![gone(2), gone(5)], &[(Gone, 2)], 5),
    ];
    for (what, observations, expected, last_seen) in table {
        let article = folded(observations);
        let states: Vec<_> = article
            .states
            .iter()
            .map(|span| (span.state, span.capture.unwrap().0))
            .collect();
        assert_eq!(states, *expected, "{what}");
        assert_eq!(article.state, expected[expected.len() - 1].0, "{what}");
        for (span, (_, capture)) in article.states.iter().zip(*expected) {
            assert_eq!(span.since, time(*capture), "{what}");
        }
        assert_eq!(
            article.first_seen,
            time(observations[0].sequence.0),
            "{what}"
        );
        assert_eq!(article.last_seen, time(*last_seen), "{what}");
    }
}

#[test]
fn versions_are_runs_of_equal_digests() {
    #[rustfmt::skip]
    let table: &[(&str, Vec<Observation>, &[(&str, u64, u64, u64)])] = &[
        // what, observations, versions: title, first seen, last seen, capture
        ("none", vec![listed(1)], &[]),
        ("one", vec![article(1, "A"), article(5, "A")], &[("A", 1, 5, 1)]),
        ("edited", vec![article(1, "A"), article(5, "B")], &[("A", 1, 1, 1), ("B", 5, 5, 5)]),
        ("and edited back", vec![article(1, "A"), article(2, "B"), article(3, "A")], &[("A", 1, 1, 1), ("B", 2, 2, 2), ("A", 3, 3, 3)]),
        ("not modified extends", vec![article(1, "A"), unchanged(6)], &[("A", 1, 6, 1)]),
        ("not modified extends the newest", vec![article(1, "A"), article(2, "B"), unchanged(6)], &[("A", 1, 1, 1), ("B", 2, 6, 2)]),
        ("not modified brings its own URL's text back", vec![ article(1, "A"), article_at(2, "B", OTHER_LINK), unchanged(6), ], &[("A", 1, 1, 1), ("B", 2, 2, 2), ("A", 6, 6, 1)]),
        ("not modified without anything", vec![unchanged(6)], &[]),
        ("gone in between ends no run", vec![article(1, "A"), gone(2), article(3, "A")], &[("A", 1, 3, 1)]),
        ("a listing changes nothing", vec![article(1, "A"), line(2, None, "B"), article(3, "A")], &[("A", 1, 3, 1)]),
    ];
    for (what, observations, expected) in table {
        let article = folded(observations);
        let versions: Vec<_> = article
            .versions
            .iter()
            .map(|v| {
                (
                    v.title.as_deref().unwrap(),
                    v.first_seen.clone(),
                    v.last_seen.clone(),
                    v.capture.0,
                )
            })
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(title, first, last, capture)| (*title, time(*first), time(*last), *capture))
            .collect();
        assert_eq!(versions, expected, "{what}");
        let numbers: Vec<_> = article
            .versions
            .iter()
            .map(|version| version.number)
            .collect();
        assert_eq!(numbers, (1..=expected.len()).collect::<Vec<_>>(), "{what}");
        let newest = article.versions.last();
        assert_eq!(
            article.content_digest,
            newest.map(|version| version.content_digest.clone()),
            "{what}"
        );
        assert_eq!(article.text.is_some(), newest.is_some(), "{what}");
    }
}

/// The same, taken out of a foreign archive: made at this minute, whatever its number.
fn imported(mut observation: Observation) -> Observation {
    // Numbers of one second are digests: the later capture may have the smaller one.
    let number = Sequence(Sequence::FIRST_IMPORTED.0 + 1_000 - observation.sequence.0);
    observation.sequence = number;
    observation.capture.sequence = number;
    observation.capture.via = Via::Import;
    observation
}

#[test]
fn imported_captures_stand_among_our_own_by_their_time() {
    let own_at = |sequence: u64, minute: u64, title: &str| {
        let mut observation = article(sequence, title);
        observation.capture.time = time(minute);
        observation
    };
    #[rustfmt::skip]
    let table: &[(&str, Vec<Observation>, &[&str])] = &[
        // what, observations, titles of the versions
        ("before all of ours", vec![article(5, "B"), imported(article(1, "A"))], &["A", "B"]),
        ("between two of ours", vec![article(1, "A"), article(5, "C"), imported(article(3, "B"))], &["A", "B", "C"]),
        ("behind all of ours", vec![article(1, "A"), imported(article(3, "B"))], &["A", "B"]),
        ("at the same time ours is first", vec![article(3, "A"), imported(article(3, "B"))], &["A", "B"]),
        ("among each other by time", vec![imported(article(9, "B")), imported(article(2, "A"))], &["A", "B"]),
        ("our clock was set back: what came before stands before", vec![own_at(1, 50, "A"), own_at(2, 10, "B"), imported(article(20, "C"))], &["C", "A", "B"]),
        ("and is right again", vec![own_at(1, 10, "A"), own_at(2, 5, "B"), own_at(3, 40, "D"), imported(article(20, "C"))], &["A", "B", "C", "D"]),
        ("the same text is one version", vec![article(5, "A"), imported(article(1, "A"))], &["A"]),
    ];
    for (what, observations, expected) in table {
        let article = folded(observations);
        let titles: Vec<_> = article
            .versions
            .iter()
            .map(|version| version.title.as_deref().unwrap())
            .collect();
        assert_eq!(titles, *expected, "{what}");
        let mut other = observations.clone();
        other.reverse();
        assert_eq!(folded(&other), article, "{what}: the order of arrival");
    }
    let article = folded(&[article(5, "A"), imported(line(2, Some("tin"), "Tên cũ"))]);
    assert_eq!(article.first_seen, time(2));
    assert_eq!(article.states[0].state, State::Listed);
    assert_eq!(article.listed[0].item.title.as_deref(), Some("Tên cũ"));
}

#[test]
fn the_newest_line_of_a_section_is_the_newest_in_time() {
    let article = folded(&[
        line(5, Some("tin"), "ours"),
        imported(line(1, Some("tin"), "older")),
        imported(line(9, Some("dia-phuong"), "newer, elsewhere")),
    ]);
    let titles: Vec<_> = article
        .listed
        .iter()
        .map(|listed| listed.item.title.as_deref().unwrap())
        .collect();
    assert_eq!(titles, ["newer, elsewhere", "ours"]);
    assert_eq!(article.title.as_deref(), Some("newer, elsewhere"));
}

#[test]
fn noise_makes_no_version() {
    type Change = fn(&mut Content);
    #[rustfmt::skip]
    let table: [(&str, Change); 4] = [
        ("related links", |c| c.related.clear()),
        ("a file's t=", |c| {
            c.attachments[0].url = Some("https://moh.gov.vn/documents/x.pdf?t=2".to_owned())
        }),
        ("thumbnail host", |c| {
            c.images[0].url = Some("https://b.vn/thumb_w/640/1.jpg".to_owned())
        }),
        ("picture's original", |c| {
            c.images[0].original_url = Some("https://b.vn/1.jpg".to_owned())
        }),
    ];
    for (what, change) in table {
        let mut changed = content("A");
        change(&mut changed);
        let article = folded(&[article(1, "A"), read(2, changed)]);
        assert_eq!(article.versions.len(), 1, "{what}");
        assert_eq!(
            article.related.len(),
            1,
            "{what}: the fields are those of the version's capture"
        );
    }
}

#[test]
fn fields_come_from_the_current_version_and_say_so() {
    let mut newer = content("B");
    newer.blocks = vec![
        Block::Heading {
            text: "Mục".to_owned(),
            level: None,
        },
        Block::Paragraph {
            text: "Một\nhai".to_owned(),
        },
        Block::Image { position: 1 },
        Block::List {
            ordered: false,
            items: vec!["a".to_owned(), "b".to_owned()],
        },
        Block::Table {
            rows: vec![
                vec!["1".to_owned(), "2".to_owned()],
                vec!["3".to_owned(), String::new()],
            ],
        },
        Block::Quote {
            text: "Lời".to_owned(),
        },
        Block::Embed { position: 1 },
    ];
    newer.images[0].caption = Some("Chú thích".to_owned());
    let article = folded(&[
        listed(1),
        article(2, "A"),
        read(3, newer.clone()),
        read(4, newer),
        line(5, None, "Tên mới"),
    ]);
    assert_eq!(article.title.as_deref(), Some("B"));
    assert_eq!(
        article.text.as_deref(),
        Some("Mục\n\nMột\nhai\n\na\nb\n\n1\t2\n3\t\n\nLời")
    );
    assert_eq!(article.warnings, [Warning::new("odd", "3")]);
    assert_eq!(article.profile.layout.as_deref(), Some("article"));
    let title = EvidenceRef::Found {
        evidence: evidence("title"),
        capture: Sequence(3),
    };
    let lead = EvidenceRef::Missing {
        missing: "its selector found nothing".to_owned(),
        capture: Sequence(3),
    };
    assert_eq!(
        (&article.evidence["title"], &article.evidence["lead"]),
        (&title, &lead)
    );
    assert_eq!(article.sections, ["tin", "Tin nổi bật"]);
    let listed: Vec<_> = article
        .listed
        .iter()
        .map(|l| (l.item.section.as_ref().map(SectionId::as_str), l.capture.0))
        .collect();
    assert_eq!(listed, [(None, 5), (Some("tin"), 1)]);
    let captures: Vec<_> = article
        .captures
        .iter()
        .map(|c| (c.sequence.0, c.used_as))
        .collect();
    let (listing, page) = (CaptureUse::Listing, CaptureUse::Article);
    assert_eq!(
        captures,
        [(1, listing), (2, page), (3, page), (4, page), (5, listing)]
    );
}

#[test]
fn a_listing_alone_is_a_record_too() {
    let mut other = line(4, Some("a-khac"), "Tên mới");
    other.position = 3;
    let mut upper = line(4, Some("b"), "Tên trên");
    upper.position = 2;
    let article = folded(&[listed(1), listed(3), other, upper]);
    assert_eq!(article.state, State::Listed);
    assert_eq!(
        article.title.as_deref(),
        Some("Tên trên"),
        "the upper line of the newest capture"
    );
    assert_eq!(
        article.published.as_ref().map(|published| published.from),
        Some(DateFrom::Listing)
    );
    assert_eq!(
        (article.text, article.lead, article.content_digest),
        (None, None, None)
    );
    assert_eq!(article.sections, ["a-khac", "b", "tin"]);
    let captures: Vec<_> = article.listed.iter().map(|line| line.capture.0).collect();
    assert_eq!(captures, [4, 4, 3], "the newest of each section");
    assert_eq!(
        article.captures.len(),
        3,
        "one capture, though it shows two lines"
    );
    assert_eq!(article.warnings, [Warning::new("listed", "4")]);
    assert_eq!(article.profile.layout.as_deref(), Some("listing"));
    let stamp = EvidenceRef::Found {
        evidence: evidence("listed stamp"),
        capture: Sequence(4),
    };
    let lead = EvidenceRef::Missing {
        missing: "the article itself was never read".to_owned(),
        capture: Sequence(4),
    };
    assert_eq!(
        (&article.evidence["published"], &article.evidence["lead"]),
        (&stamp, &lead)
    );
}

#[test]
fn the_articles_own_date_is_better_than_the_listings() {
    let undated = || Content {
        published: None,
        ..content("A")
    };
    let with = |from| Content {
        published: Some(published("2025-04-29T09:00:00Z", from)),
        ..content("A")
    };
    #[rustfmt::skip]
    let table = [
        ("article", with(DateFrom::Article), DateFrom::Article, "2025-04-29T09:00:00Z"),
        ("interface", with(DateFrom::Api), DateFrom::Api, "2025-04-29T09:00:00Z"),
        ("neither", undated(), DateFrom::Listing, "2025-04-29T08:00:00Z"),
    ];
    for (what, content, from, utc) in table {
        let article = folded(&[read(2, content), listed(3)]);
        let published = article.published.expect(what);
        assert_eq!(
            (published.from, published.utc.as_str()),
            (from, utc),
            "{what}"
        );
    }
    assert_eq!(folded(&[read(2, undated())]).published, None);
}

#[test]
fn flags_say_what_is_not_to_be_trusted() {
    let dated = |utc: &str, flags: &[DateFlag], precision| {
        let stamp = Published {
            flags: flags.to_vec(),
            precision,
            ..published(utc, DateFrom::Article)
        };
        read(
            2,
            Content {
                published: Some(stamp),
                ..content("A")
            },
        )
    };
    let mut synthetic = article(2, "A");
    synthetic.synthetic = true;
    let turns = |url: &str| {
        vec![
            article(1, "A"),
            article_at(2, "B", url),
            article(3, "A"),
            article_at(4, "B", url),
        ]
    };
    #[rustfmt::skip]
    let table: Vec<(&str, Vec<Observation>, &[&str])> = vec![
        ("nothing", vec![article(2, "A")], &[]),
        ("date flags, sorted", vec![dated( "2025-04-29T08:00:00Z", &[DateFlag::WeekdayConflict, DateFlag::MarkerRedundant], Precision::Minute, )], &["marker_redundant", "weekday_conflict"]),
        ("12 hours are no gap", vec![ listed(1), dated("2025-04-29T20:00:00Z", &[], Precision::Minute), ], &[]),
        ("a minute more is", vec![ listed(1), dated("2025-04-29T20:01:00Z", &[], Precision::Minute), ], &["listing_date_gap"]),
        ("before the listing too", vec![ listed(1), dated("2025-04-28T19:59:00Z", &[], Precision::Minute), ], &["listing_date_gap"]),
        ("a day's first minute is no gap", vec![ listed(1), dated("2025-04-28T17:00:00Z", &[], Precision::Day), ], &[]),
        ("another day is", vec![ listed(1), dated("2025-04-27T17:00:00Z", &[], Precision::Day), ], &["listing_date_gap"]),
        ("two pages take turns", turns(OTHER_LINK), &["key_collision"]),
        ("one page takes turns", turns(LINK), &[]),
        ("edited once and back", turns(OTHER_LINK)[..3].to_vec(), &[]),
        ("one title, two texts", in_turns(&[("A", "Một"), ("A", "Hai"), ("A", "Một")], OTHER_LINK), &["key_collision"]),
        ("one title, two texts, once", in_turns(&[("A", "Một"), ("A", "Hai")], OTHER_LINK), &[]),
        ("one title, two texts, at one URL", in_turns(&[("A", "Một"), ("A", "Hai"), ("A", "Một"), ("A", "Hai")], LINK), &[]),
        ("two titles, two texts, at one URL", in_turns(&[("A", "Một"), ("B", "Hai"), ("A", "Một"), ("B", "Hai")], LINK), &["key_collision"]),
        ("the same, but back once only", in_turns(&[("A", "Một"), ("B", "Hai"), ("A", "Một")], LINK), &[]),
        ("two lines of one page", vec![listed(1), second_line(1, "Khác", "2025-04-01T08:00:00Z")], &["key_collision"]),
        ("an item twice in one page", vec![listed(1), second_line(1, "Tên", "2025-04-29T08:00:00Z")], &[]),
        ("an edited title, half of the page old", vec![listed(1), second_line(1, "Khác", "2025-04-29T08:00:00Z")], &[]),
        ("two pages, two lines", vec![listed(1), second_line(2, "Khác", "2025-04-01T08:00:00Z")], &[]),
        ("synthetic", vec![synthetic], &["synthetic"]),
    ];
    for (what, observations, expected) in table {
        let article = folded(&observations);
        assert_eq!(article.flags, expected, "{what}");
        assert_eq!(article.synthetic, expected.contains(&"synthetic"), "{what}");
    }
}

/// What looks show in turns: title and text, every second one by `url`.
fn in_turns(looks: &[(&str, &str)], url: &str) -> Vec<Observation> {
    let looks = looks.iter().zip(1..).map(|((title, text), sequence)| {
        let blocks = vec![Block::Paragraph {
            text: (*text).to_owned(),
        }];
        let content = Content {
            blocks,
            ..content(title)
        };
        let mut look = read(sequence, content);
        if sequence % 2 == 0 {
            look.capture.request_url = url.to_owned();
        }
        look
    });
    looks.collect()
}

/// A line further down in a listing.
fn second_line(sequence: u64, title: &str, utc: &str) -> Observation {
    let mut second = line(sequence, Some("tin"), title);
    second.position = 2;
    if let Sighting::Listed(item) = &mut second.sighting {
        item.published = Some(published(utc, DateFrom::Listing));
    }
    second
}

#[test]
fn two_texts_that_take_turns_are_a_version_each() {
    let mut looks = Vec::new();
    for _ in 0..5 {
        looks.extend([("A", "Một"), ("B", "Hai")]);
    }
    let article = folded(&in_turns(&looks, OTHER_LINK));
    let versions = article.versions.iter();
    let found: Vec<_> = versions
        .map(|version| {
            (
                version.title.as_deref(),
                version.capture.0,
                version.last_seen.clone(),
            )
        })
        .collect();
    assert_eq!(found, [(Some("A"), 1, time(9)), (Some("B"), 2, time(10))]);
    // One more look changes nothing but the times.
    looks.push(("A", "Một"));
    let again = folded(&in_turns(&looks, OTHER_LINK));
    assert_eq!(
        (again.title, again.content_digest),
        (article.title, article.content_digest)
    );
}

#[test]
fn every_other_url_is_an_alias() {
    let mut other = article_at(2, "A", "https://www.moh.gov.vn/tin?fbclid=x");
    other.public_url = OTHER_LINK.to_owned();
    let article = folded(&[other, listed(1)]);
    assert_eq!(article.url, LINK, "the first one seen");
    assert_eq!(
        article.aliases,
        [OTHER_LINK, "https://www.moh.gov.vn/tin?fbclid=x"]
    );
}

/// Anything that can be seen of an article at capture `sequence`.
fn any_observation() -> impl Strategy<Value = Observation> {
    let title = prop::sample::select(vec!["A", "B", "C"]);
    let url = prop::sample::select(vec![LINK, OTHER_LINK]);
    let section = prop::option::of(prop::sample::select(vec!["tin", "khac"]));
    (1_u64..30, 0_u8..8, title, url, section).prop_map(|(sequence, kind, title, url, section)| {
        let mut observation = match kind {
            0 => gone(sequence),
            1 => soft_gone(sequence),
            2 => unchanged(sequence),
            3 | 4 => line(sequence, section, title),
            _ => article_at(sequence, title, url),
        };
        if url == OTHER_LINK {
            observation.public_url = OTHER_LINK.to_owned();
        }
        observation
    })
}

proptest! {
    #[test]
    fn order_and_duplicates_never_matter(
        (sorted, shuffled) in prop::collection::vec(any_observation(), 1..24).prop_flat_map(|some| {
            let twice = some.iter().chain(some.iter().step_by(2)).cloned().collect::<Vec<_>>();
            (Just(some), Just(twice).prop_shuffle())
        })
    ) {
        let article = folded(&sorted);
        prop_assert_eq!(&folded(&shuffled), &article);

        prop_assert_eq!(article.states.last().map(|span| span.state), Some(article.state));
        prop_assert!(article.states.windows(2).all(|pair| pair[0].state != pair[1].state));
        prop_assert!(article.versions.windows(2).all(|pair| pair[0].content_digest != pair[1].content_digest));
        prop_assert!(article.captures.is_sorted_by_key(|capture| capture.sequence));
        prop_assert!(article.aliases.is_sorted() && !article.aliases.contains(&article.url));
        let json = serde_json::to_string(&article).unwrap();
        prop_assert_eq!(serde_json::from_str::<Article>(&json).unwrap(), article);
    }
}
