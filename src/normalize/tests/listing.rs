//! The lines of a listing.

use super::*;
use crate::model::{FieldEvidence, ListedItem};

fn line(item: ListingItem) -> ListedItem {
    let page = Page::Listing(listing(vec![item]));
    let mut found = observations(&profile(), &capture("https://moh.gov.vn/tin"), &read(page));
    match found.remove(0).sighting {
        Sighting::Listed(item) => *item,
        other => panic!("{other:?}"),
    }
}

fn is_found(line: &ListedItem, name: &str) -> bool {
    matches!(line.evidence[name], FieldEvidence::Found(_))
}

#[test]
fn a_listing_line_is_stamp_and_abstract() {
    let stamp = "Thứ Ba, ngày 29/04/2025 09:07";
    let glued = format!("{stamp}Sáng nay (29/4), tại...");
    #[rustfmt::skip]
    let table = [
        // what, stamp's text, summary's text, stamp, published, summary, cut
        ("glued", glued.as_str(), None, stamp, Some("2025-04-29T16:07:00+07:00"), Some("Sáng nay (29/4), tại..."), true),
        ("glued, the same element twice", &glued, Some(glued.as_str()), stamp, Some("2025-04-29T16:07:00+07:00"), Some("Sáng nay (29/4), tại..."), true),
        ("apart", stamp, Some("Sáng  nay…"), stamp, Some("2025-04-29T16:07:00+07:00"), Some("Sáng nay…"), true),
        ("the title again", stamp, Some("Tin Sáng nay."), stamp, Some("2025-04-29T16:07:00+07:00"), Some("Tin Sáng nay."), false),
        ("no abstract", stamp, None, stamp, Some("2025-04-29T16:07:00+07:00"), None, false),
        ("nothing but the stamp", stamp, Some(stamp), stamp, Some("2025-04-29T16:07:00+07:00"), None, false),
        ("no date", "hôm nay", None, "hôm nay", None, None, false),
    ];
    for (what, text, summary, raw, at, expected, cut) in table {
        let mut given = item(4, LINK, text);
        given.summary = summary.and_then(|summary| field(summary, "p"));
        let line = line(given);
        assert_eq!(line.stamp_raw.as_deref(), Some(raw), "{what}");
        assert_eq!(
            line.published
                .as_ref()
                .map(|published| published.at.as_str()),
            at,
            "{what}"
        );
        assert_eq!(
            (line.summary.as_deref(), line.summary_cut),
            (expected, cut),
            "{what}"
        );
        assert_eq!(is_found(&line, "summary"), expected.is_some(), "{what}");
        assert_eq!(is_found(&line, "published"), at.is_some(), "{what}");
        assert_eq!(line.warnings.len(), usize::from(at.is_none()), "{what}");
        assert_eq!(
            (line.position, line.section.as_ref().map(SectionId::as_str)),
            (4, Some("tin"))
        );
    }
}

#[test]
fn a_line_without_link_is_named_by_its_variables() {
    let mut given = item(1, "https://moh.gov.vn/tin", "");
    given.url = None;
    given.vars = vars(&[("aid", "5"), ("cid", "6")]);
    let mut portal = listing(vec![given.clone()]);
    portal.platform = "portal".to_owned();
    let capture = capture("https://moh.gov.vn/tin");
    let found = observations(&profile(), &capture, &read(Page::Listing(portal)));
    assert_eq!(found[0].key.as_str(), "moh:portal:5");
    assert_eq!(
        found[0].public_url,
        "https://moh.gov.vn/index.jsp?pageId=5803&aid=5&cid=6"
    );
    assert_eq!(found[0].seen_url, None);
    let nameless = read(Page::Listing(listing(vec![given])));
    assert_eq!(observations(&profile(), &capture, &nameless), []);
    let warning = warnings(&profile(), &capture.request, &nameless)
        .pop()
        .unwrap();
    assert_eq!(
        warning.detail,
        "item 1: no identity rule names an item without link"
    );
}
