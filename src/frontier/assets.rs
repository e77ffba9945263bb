//! Assets: the files of an article as requests. Pure: what an article says and what the site's profile
//! allows go in, one request for each distinct address comes out.
//!
//! The request is the address as linked. Two addresses that differ in the time stamp `t` alone are one
//! file ([`name_of`], as in [`crate::normalize::digest`]), and the store asks for a file once. Only what
//! is in scope is planned ([`super::scope::decide_asset`]), so a host that no profile names never comes
//! into the queue. Not here: when a file is asked for (behind every page, [`crate::store::Priority`]).

use std::collections::BTreeSet;

use chrono::NaiveDate;
use url::Url;

use super::FrontierOptions;
use super::scope::decide_asset;
use crate::config::{Assets, SiteProfile};
use crate::model::{
    Article, Attachment, Image, Observation, Published, Request, SectionId, Sighting,
};
use crate::normalize::digest::without_time_stamp;
use crate::store::{Planned, Priority};

/// The most files of one article that are asked for (our choice): a page could name as many as it likes.
pub const MOST_FILES: usize = 1000;

/// The name of a file: its address without fragment and without time stamp.
pub fn name_of(url: &str) -> String {
    let address = url.split('#').next().unwrap_or_default();
    without_time_stamp(address)
}

/// The addresses of an article's files, each once by its name, pictures first, in page order. A picture
/// has two where the profile knows its original.
pub fn addresses<'a>(
    images: &'a [Image],
    attachments: &'a [Attachment],
    wanted: Assets,
) -> Vec<(&'a str, Priority)> {
    let pictures = images
        .iter()
        .flat_map(|image| [&image.url, &image.original_url])
        .flatten()
        .filter(|_| wanted >= Assets::Images)
        .map(|url| (url.as_str(), Priority::Image));
    let files = attachments
        .iter()
        .filter_map(|file| file.url.as_deref())
        .filter(|_| wanted >= Assets::All)
        .map(|url| (url, Priority::Attachment));
    let mut named = BTreeSet::new();
    pictures
        .chain(files)
        .filter(|(url, _)| named.insert(name_of(url)))
        .collect()
}

/// The size that a file's label says of itself: `Quyết định 12 (PDF, 1,5 MB)`. Units are of 1000; what is
/// printed is rounded, so it is a size for people.
pub fn size_in_words(label: &str) -> Option<u64> {
    let mut words = label
        .split(|sign: char| sign.is_whitespace() || matches!(sign, '(' | ')' | '[' | ']'))
        .filter(|word| !word.is_empty())
        .peekable();
    while let Some(word) = words.next() {
        let end = word
            .find(|sign: char| !sign.is_ascii_digit() && sign != ',' && sign != '.')
            .unwrap_or(word.len());
        let (number, unit) = word.split_at_checked(end)?;
        let unit = match unit {
            "" => words.peek().copied().unwrap_or_default(),
            unit => unit,
        };
        let factor = match unit
            .trim_end_matches([',', '.', ';'])
            .to_ascii_lowercase()
            .as_str()
        {
            "kb" => 1_000.0,
            "mb" => 1_000_000.0,
            "gb" => 1_000_000_000.0,
            _ => continue,
        };
        if let Ok(number) = number.replace(',', ".").parse::<f64>()
            && number < 1000.0 * 1000.0
        {
            return Some((number * factor) as u64);
        }
    }
    None
}

/// The files of an article that was just read; none if the observations hold no article.
pub(super) fn of_observations(
    profile: &SiteProfile,
    options: &FrontierOptions,
    section: Option<&SectionId>,
    observations: &[Observation],
) -> Vec<Planned> {
    let content = observations
        .iter()
        .find_map(|observation| match &observation.sighting {
            Sighting::Article { content, .. } if observation.position == 0 => Some(content),
            _ => None,
        });
    let Some(content) = content else {
        return Vec::new();
    };
    let addresses = addresses(&content.images, &content.attachments, options.assets);
    let day = content.published.as_ref().and_then(day_of);
    requests(profile, options, addresses, section, day)
}

/// The files of an article that the store has.
pub fn of_article(
    profile: &SiteProfile,
    options: &FrontierOptions,
    article: &Article,
) -> Vec<Planned> {
    let addresses = addresses(&article.images, &article.attachments, options.assets);
    let day = article.published.as_ref().and_then(day_of);
    let mut sections = article.sections.iter();
    let section = sections.find_map(|name| {
        let known = profile
            .sections
            .iter()
            .find(|one| one.id.as_str() == name)?;
        Some(&known.id)
    });
    requests(profile, options, addresses, section, day)
}

fn requests(
    profile: &SiteProfile,
    options: &FrontierOptions,
    addresses: Vec<(&str, Priority)>,
    section: Option<&SectionId>,
    day: Option<NaiveDate>,
) -> Vec<Planned> {
    let planned = addresses.into_iter().filter_map(|(address, priority)| {
        let url = Url::parse(address).ok()?;
        decide_asset(profile, &options.walk.resolve, &url).ok()?;
        let mut request = Request::asset(profile.id.clone(), url);
        request.section = section.cloned();
        Some(Planned {
            request,
            article: None,
            priority,
            hops: 0,
            listed_on: day,
        })
    });
    planned.take(MOST_FILES).collect()
}

/// The day of publication, at the site's zone.
fn day_of(published: &Published) -> Option<NaiveDate> {
    published.at.get(..10)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(url: &str, original: Option<&str>) -> Image {
        Image {
            url: Some(url.to_owned()),
            original_url: original.map(str::to_owned),
            ..Image::default()
        }
    }

    fn file(url: Option<&str>) -> Attachment {
        Attachment {
            url: url.map(str::to_owned),
            label: "Tệp".to_owned(),
            media_type: None,
            archived: None,
        }
    }

    #[test]
    fn a_file_is_named_by_its_address_without_time_stamp() {
        let table = [
            ("as linked", "https://a.vn/x.jpg", "https://a.vn/x.jpg"),
            (
                "a time stamp",
                "https://a.vn/x.jpg?t=17",
                "https://a.vn/x.jpg",
            ),
            (
                "another parameter counts",
                "https://a.vn/x?id=1&t=17",
                "https://a.vn/x?id=1",
            ),
            (
                "a fragment is not sent",
                "https://a.vn/x.pdf?t=17#page=2",
                "https://a.vn/x.pdf",
            ),
        ];
        for (what, url, name) in table {
            assert_eq!(name_of(url), name, "{what}");
        }
    }

    #[test]
    fn a_label_may_say_a_size() {
        let table = [
            ("Quyết định 12 (PDF, 1,5 MB)", Some(1_500_000)),
            ("Tải về 350KB", Some(350_000)),
            ("Phụ lục [2.25 MB]", Some(2_250_000)),
            ("Báo cáo 2 GB.", Some(2_000_000_000)),
            ("Quyết định 12/QĐ-BYT", None),
            ("MB", None),
            ("năm 2026 MBA", None),
            ("1.2.3 MB", None),
            ("", None),
        ];
        for (label, size) in table {
            assert_eq!(size_in_words(label), size, "{label}");
        }
    }

    #[test]
    fn one_address_for_each_file_pictures_first() {
        let images = [
            image("https://a.vn/1.jpg?t=1", None),
            image("https://c.vn/thumb_w/640/2.jpg", Some("https://c.vn/2.jpg")),
            image("https://a.vn/1.jpg?t=2", None),
            Image::default(),
        ];
        let files = [
            file(Some("https://a.vn/x.pdf")),
            file(None),
            file(Some("https://a.vn/1.jpg")),
        ];
        let of = |wanted| -> Vec<&str> {
            addresses(&images, &files, wanted)
                .into_iter()
                .map(|(url, _)| url)
                .collect()
        };
        assert_eq!(of(Assets::None), [""; 0]);
        let pictures = [
            "https://a.vn/1.jpg?t=1",
            "https://c.vn/thumb_w/640/2.jpg",
            "https://c.vn/2.jpg",
        ];
        assert_eq!(of(Assets::Images), pictures);
        let all: Vec<&str> = pictures.into_iter().chain(["https://a.vn/x.pdf"]).collect();
        assert_eq!(of(Assets::All), all);
        let last = addresses(&images, &files, Assets::All).pop().unwrap();
        assert_eq!(last.1, Priority::Attachment);
    }

    #[test]
    fn only_hosts_that_the_profile_names_are_asked_and_not_without_end() {
        let profile: SiteProfile = toml::from_str(
            r#"
            id = "a"
            name = { vi = "A", en = "A" }
            hosts = ["a.vn"]
            asset_hosts = ["c.vn"]
            zone = "Asia/Ho_Chi_Minh"
            language = "vi"
            platform = []
            "#,
        )
        .unwrap();
        let options = FrontierOptions {
            assets: Assets::All,
            ..FrontierOptions::default()
        };
        let planned = |urls: Vec<String>| -> Vec<String> {
            let images: Vec<Image> = urls.iter().map(|url| image(url, None)).collect();
            let addresses = addresses(&images, &[], Assets::All);
            let planned = requests(&profile, &options, addresses, None, None);
            planned
                .iter()
                .map(|one| one.request.url.to_string())
                .collect()
        };
        let table = [
            ("own host", "https://a.vn/1.jpg?t=5", true),
            ("named host", "http://c.vn/1.jpg", true),
            ("a host that ends alike", "https://xc.vn/1.jpg", false),
            ("another port", "https://c.vn:8443/1.jpg", false),
            ("no address of the web", "data:image/png;base64,AAAA", false),
            ("a private address", "http://10.0.0.1/1.jpg", false),
            ("a user name", "https://a.vn@d.vn/1.jpg", false),
        ];
        for (what, url, is_planned) in table {
            let found = planned(vec![url.to_owned()]);
            let expected: Vec<String> = is_planned.then(|| url.to_owned()).into_iter().collect();
            assert_eq!(found, expected, "{what}");
        }
        let many = (0..1500)
            .map(|number| format!("https://a.vn/{number}.jpg"))
            .collect();
        assert_eq!(planned(many).len(), MOST_FILES);
    }
}
