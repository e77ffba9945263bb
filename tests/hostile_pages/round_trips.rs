//! What goes through a rule and back is the same: identities of the shipped profiles.
//! (CSV: src/export/csv.rs; WARC: tests/archive/round_trip.rs; fold: tests/fold.rs.)

use std::sync::LazyLock;

use khotin::config::SiteProfile;
use khotin::normalize::identity::{article_request, identify, identify_request};
use proptest::prelude::*;
use url::Url;

static PROFILES: LazyLock<Vec<SiteProfile>> = LazyLock::new(|| {
    [
        include_str!("../../sites/demo.toml"),
        include_str!("../../sites/moh.toml"),
        include_str!("../../sites/ncov.toml"),
    ]
    .map(|text| toml::from_str(text).unwrap())
    .into()
});

/// Links that an identity rule may know, with anything in their variable parts.
fn link() -> impl Strategy<Value = String> {
    let odd = "[a-z0-9.;=%&?/\\\\+'\"<>{}$`ế\u{202e}-]{0,12}";
    let slug = prop_oneof![3 => odd, 1 => prop::sample::select(vec!["..", ".", "%2e%2E", "%00", "a%2fb"]).prop_map(str::to_owned)];
    let session = prop::sample::select(vec!["", ";jsessionid=0F", ";v=2", ";jsessionid="]);
    prop_oneof![
        (odd, slug.clone(), session, odd).prop_map(|(page, slug, session, query)| format!(
            "/{page}/-/asset_publisher/3Yst7YhbkA5j/content/{slug}{session}?{query}"
        )),
        (odd, odd).prop_map(|(aid, cid)| format!("/index.jsp?pageId=5803&aid={aid}&cid={cid}")),
        (any::<u32>(), any::<u32>(), odd)
            .prop_map(|(aid, cid, more)| format!("/?pageId=5803&aid={aid}&cid={cid}&{more}")),
        (slug, odd).prop_map(|(slug, query)| format!("/web/guest/-/{slug}?{query}")),
    ]
}

#[test]
fn a_name_that_leads_elsewhere_is_none() {
    for slug in ["..;jsessionid=0F", ".;jsessionid=", "%2e%2E;jsessionid=1"] {
        let link =
            format!("http://demo.khotin.test/a/-/asset_publisher/DmTongHopTin/content/{slug}");
        let url = Url::parse(&link).unwrap();
        assert_eq!(identify(&PROFILES[0], &url), None, "{url}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_name_leads_back_to_itself(link in link()) {
        for profile in PROFILES.iter() {
            let base = format!("https://{}", profile.hosts[0]);
            let Ok(url) = Url::parse(&format!("{base}{link}")) else { continue };
            let Some(identity) = identify(profile, &url) else { continue };
            prop_assert_eq!(&identify(profile, &url), &Some(identity.clone()), "twice the same");
            let public = Url::parse(&identity.public_url).unwrap();
            let again = identify(profile, &public).map(|again| again.key);
            prop_assert_eq!(again.as_ref(), Some(&identity.key), "{}: {}", url, public);
            let request = article_request(profile, &identity, Some(&url)).unwrap();
            let asked = identify_request(profile, &request).map(|asked| asked.key);
            prop_assert_eq!(asked, Some(identity.key), "{:?}", request);
        }
    }
}
