//! Any URL: its article, if it names one, is the article of that article's public URL too.
#![no_main]

use std::sync::LazyLock;

use khotin::config::SiteProfile;
use khotin::normalize::identity::identify;
use khotin_fuzz::profile;
use libfuzzer_sys::fuzz_target;
use url::Url;

static PROFILES: LazyLock<Vec<SiteProfile>> =
    LazyLock::new(|| ["moh", "ncov", "demo"].map(profile).into());

fuzz_target!(|text: &str| {
    let Ok(url) = Url::parse(text) else { return };
    for profile in PROFILES.iter() {
        let Some(identity) = identify(profile, &url) else {
            continue;
        };
        let public = Url::parse(&identity.public_url).expect("a public URL is a URL");
        let again = identify(profile, &public).expect("a public URL names its article");
        assert_eq!(again.key, identity.key);
        assert_eq!(again.public_url, identity.public_url);
    }
});
