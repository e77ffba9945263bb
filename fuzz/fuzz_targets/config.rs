//! Any text as config.toml and as a site's profile: read, or refused with words.
#![no_main]

use khotin::config::{Config, SiteProfile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Config::parse("config.toml", text) {
        Ok(config) => {
            let kept = config.without_secrets();
            Config::parse("config.toml", &kept)
                .expect("what is archived of the settings is settings");
        }
        Err(error) => assert!(!error.to_string().is_empty() && !error.advice().is_empty()),
    }
    let _ = toml::from_str::<SiteProfile>(text);
});
