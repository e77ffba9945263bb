//! Answers: what `init` is told, by flags or on a terminal, and what may be answered. Pure.

use std::path::PathBuf;

use crate::Lang;
use crate::cli::contact::is_contact;
use crate::cli::context::known_site;
use crate::cli::problem::UsageError;
use crate::config::Sites;
use crate::export::Format;
use crate::lang::{Words, words};
use crate::model::SiteId;

/// What is known so far; what is empty has its default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Answers {
    pub(super) lang: Lang,
    pub(super) contact: Option<String>,
    pub(super) name: Option<String>,
    pub(super) sites: Vec<SiteId>,
    pub(super) output: Option<PathBuf>,
    pub(super) formats: Vec<Format>,
    pub(super) keep_daily: Option<u32>,
    pub(super) keep_monthly: Option<u32>,
}

/// What is wrong with a contact.
pub(super) const NO_CONTACT: Words = words(
    "that is neither an e-mail address nor an http URL",
    "đó không phải địa chỉ thư điện tử, cũng không phải URL http",
);

impl Answers {
    /// Checks what flags said.
    ///
    /// # Errors
    /// [`UsageError`] for a contact that is none and for an unknown site.
    pub(super) fn check(&self, sites: &Sites) -> anyhow::Result<()> {
        if let Some(contact) = self.contact.as_deref().filter(|text| !is_contact(text)) {
            anyhow::bail!(UsageError::new(
                format!("--contact {contact:?} is neither an e-mail address nor an http URL"),
                "give one at which a ministry's webmaster reaches you, such as archive@example.org",
            ));
        }
        for site in &self.sites {
            known_site(sites, site)?;
        }
        Ok(())
    }
}

/// One word a site, by blanks or commas.
///
/// # Errors
/// The words for a person if a site is not known.
pub(super) fn read_sites(text: &str, sites: &Sites) -> Result<Vec<SiteId>, Words> {
    let names = parts(text).map(SiteId::new);
    let known: Vec<SiteId> = names.filter(|site| sites.get(site).is_some()).collect();
    if known.is_empty() || known.len() != parts(text).count() {
        return Err(words(
            "one of them is not known; `khotin sites list` shows all",
            "có trang chưa biết; `khotin sites list` liệt kê tất cả",
        ));
    }
    Ok(known)
}

/// One word a format, by blanks or commas.
///
/// # Errors
/// The words for a person if a format is not known.
pub(super) fn read_formats(text: &str) -> Result<Vec<Format>, Words> {
    let formats: Result<Vec<Format>, String> = parts(text).map(str::parse).collect();
    formats
        .ok()
        .filter(|formats| !formats.is_empty())
        .ok_or(words(
            "one of them is not known; `khotin export --help` names all formats",
            "có định dạng chưa biết; `khotin export --help` kể tên tất cả",
        ))
}

/// A number of nights.
///
/// # Errors
/// The words for a person if it is none, or 0.
pub(super) fn read_nights(text: &str) -> Result<u32, Words> {
    let number = text.trim().parse().ok();
    number.filter(|number| *number > 0).ok_or(words(
        "that is no number from 1 on",
        "đó không phải số từ 1 trở lên",
    ))
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split([',', ' ']);
    parts.map(str::trim).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_formats_and_nights_are_read_or_refused() {
        let sites = Sites::load(None).unwrap();
        let read = |text| read_sites(text, &sites).ok();
        assert_eq!(
            read("moh, demo"),
            Some(vec![SiteId::new("moh"), SiteId::new("demo")])
        );
        for wrong in ["moh mohh", "", " , "] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
        assert_eq!(
            read_formats("csv jsonl").ok(),
            Some(vec![Format::Csv, Format::Jsonl])
        );
        assert!(read_formats("csv, pdf").is_err() && read_formats("").is_err());
        assert_eq!(read_nights(" 7 ").ok(), Some(7));
        assert!(read_nights("0").is_err() && read_nights("-1").is_err());
    }

    #[test]
    fn what_flags_say_is_checked_before_anything_is_made() {
        let sites = Sites::load(None).unwrap();
        let good = Answers {
            contact: Some("a@example.org".to_owned()),
            sites: vec![SiteId::new("moh")],
            ..Answers::default()
        };
        assert!(good.check(&sites).is_ok());
        assert!(
            Answers::default().check(&sites).is_ok(),
            "later is no mistake"
        );
        let contact = Answers {
            contact: Some("me".to_owned()),
            ..good.clone()
        };
        assert!(contact.check(&sites).is_err());
        let site = Answers {
            sites: vec![SiteId::new("mohh")],
            ..good
        };
        assert!(site.check(&sites).is_err());
    }
}
