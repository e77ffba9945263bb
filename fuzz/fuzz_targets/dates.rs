//! Any text as a date stamp, by the date rules of every layout: no panic, and what is read lies inside
//! the text and between sane years.
#![no_main]

use std::sync::LazyLock;

use khotin::config::{DateField, SiteProfile};
use khotin::model::DateFrom;
use khotin::normalize::date::read_date;
use khotin_fuzz::profile;
use libfuzzer_sys::fuzz_target;

static PROFILES: LazyLock<Vec<SiteProfile>> =
    LazyLock::new(|| ["moh", "ncov", "demo"].map(profile).into());

fn fields(profile: &SiteProfile) -> impl Iterator<Item = &DateField> {
    let listings = profile.listings.iter().map(|layout| &layout.stamp);
    listings.chain(profile.articles.iter().map(|layout| &layout.published))
}

fuzz_target!(|text: &str| {
    let text = khotin::normalize::text::clean(text);
    for profile in PROFILES.iter() {
        for field in fields(profile) {
            if let Ok((_, rest)) = read_date(field, profile.zone, &text, DateFrom::Article) {
                assert!(
                    text.is_char_boundary(rest),
                    "the rest begins inside the text"
                );
            }
        }
    }
});
