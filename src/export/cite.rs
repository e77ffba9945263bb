//! Citation: one article and the names in; what proves it out, as one line for a footnote
//! ([`Citation::line`]) or as an item of a reference manager ([`super::csl`]). Pure.
//!
//! Always holds:
//! - The day on which a page was accessed is that of the capture, never that of the export or of today.
//!   It is told by Vietnam's clock, as the day of publication is: else a page of this morning could have
//!   been read the day before.
//! - The site is the author only where no source line says that the text was taken over from elsewhere.
//! - The address is the one that was asked. Where that is an interface that answers for all articles, it
//!   is the public one, and a note says which was asked.
//! - What is known from a listing only was never accessed: the citation says so, and the record that it
//!   names is the listing's.

use chrono::{DateTime, FixedOffset};

use super::fill::{current_capture, published_day, vietnam_time};
use super::names::{Names, SiteNames, marked_title};
use crate::lang::{Lang, words};
use crate::model::{Article, CaptureRef};

/// What is needed to cite an article.
#[derive(Debug, Clone, Copy)]
pub struct Citation<'a> {
    pub(super) article: &'a Article,
    pub(super) names: &'a Names,
    /// The capture that the current fields were read from.
    pub(super) capture: Option<&'a CaptureRef>,
}

impl<'a> Citation<'a> {
    /// The citation of an article as its newest version says it.
    pub fn of(article: &'a Article, names: &'a Names) -> Self {
        Self {
            article,
            names,
            capture: current_capture(article),
        }
    }

    /// Whether the page itself was ever read.
    pub(super) fn is_read(&self) -> bool {
        !self.article.versions.is_empty()
    }

    /// The name in the source line of an article that was taken over from elsewhere.
    pub(super) fn reprinted_from(&self) -> Option<&'a str> {
        let source = self.article.source.as_ref()?;
        source.is_reprint.then_some(source.name.as_str())
    }

    pub(super) fn site(&self) -> Option<&'a SiteNames> {
        self.names.of(self.article)
    }

    /// The address that was asked, if it leads to this article alone; else the public one.
    pub(super) fn address(&self) -> &'a str {
        self.asked()
            .filter(|asked| self.is_its_own(asked))
            .unwrap_or(&self.article.url)
    }

    /// The address that was asked, where it answers for other articles too.
    pub(super) fn interface(&self) -> Option<&'a str> {
        self.asked().filter(|asked| !self.is_its_own(asked))
    }

    fn asked(&self) -> Option<&'a str> {
        let capture = self.capture.filter(|_| self.is_read())?;
        Some(&capture.request_url)
    }

    fn is_its_own(&self, address: &str) -> bool {
        let aliases = self.article.aliases.iter().map(String::as_str);
        std::iter::once(self.article.url.as_str())
            .chain(aliases)
            .any(|known| known == address)
    }

    /// When the capture was asked, by Vietnam's clock.
    pub(super) fn captured(&self) -> Option<DateTime<FixedOffset>> {
        vietnam_time(&self.capture?.time)
    }

    /// One line for a footnote: author or source, title, place and day of publication, address, and in
    /// brackets what proves it. Our own form: no style sheet has a place for the digest.
    pub fn line(&self, lang: Lang) -> String {
        let title = marked_title(self.article);
        let title =
            title.unwrap_or_else(|| lang.of(words("(no title)", "(không có tiêu đề)")).into());
        let mut line = match self.reprinted_from() {
            Some(source) => {
                let source_is = lang.of(words("Source", "Theo"));
                format!(
                    "“{title}”. {source_is}: {source}; {}",
                    self.reprinted_by(lang)
                )
            }
            None => {
                let author = self.site().map(|site| format!("{}. ", named(site, lang)));
                format!("{}“{title}”. ", author.unwrap_or_default())
            }
        };
        if let Some(site) = self.site() {
            line.push_str(&format!("{}, ", site.host));
        }
        line.push_str(&self.day(lang));
        line.push_str(&format!(". {} ({}).", self.address(), self.proof(lang)));
        line
    }

    fn reprinted_by(&self, lang: Lang) -> String {
        match (self.site(), lang) {
            (Some(site), Lang::En) => format!("reprinted by {}, ", named(site, lang)),
            (Some(site), Lang::Vi) => format!("{} đăng lại, ", named(site, lang)),
            (None, Lang::En) => "reprinted, ".to_owned(),
            (None, Lang::Vi) => "đăng lại, ".to_owned(),
        }
    }

    fn day(&self, lang: Lang) -> String {
        let day = self.article.published.as_ref().and_then(published_day);
        match (day, lang) {
            (Some(day), Lang::En) => day.format("%-d %B %Y").to_string(),
            (Some(day), Lang::Vi) => day.format("ngày %d/%m/%Y").to_string(),
            (None, Lang::En) => "day of publication unknown".to_owned(),
            (None, Lang::Vi) => "không rõ ngày đăng".to_owned(),
        }
    }

    fn proof(&self, lang: Lang) -> String {
        let Some(capture) = self.capture else {
            return self.unread(lang).to_owned();
        };
        let mut parts = Vec::new();
        if !self.is_read() {
            parts.push(self.unread(lang).to_owned());
        }
        if let Some(time) = self.captured() {
            parts.push(match lang {
                Lang::En => format!("captured {}", time.format("%-d %B %Y, %H:%M:%S %:z")),
                Lang::Vi => format!(
                    "lưu lúc {}",
                    time.format("%H:%M:%S ngày %d/%m/%Y, giờ Việt Nam")
                ),
            });
        }
        if let Some(operator) = &self.names.operator {
            let archive_of = lang.of(words("archive of", "kho lưu của"));
            parts.push(format!("{archive_of} {operator}"));
        }
        parts.push(format!("WARC-Record-ID {}", capture.warc_record_id));
        parts.push(format!("SHA-256 {}", capture.payload_sha256));
        parts.join("; ")
    }

    /// Why nothing was accessed.
    pub(super) fn unread(&self, lang: Lang) -> &'static str {
        lang.of(match self.capture {
            Some(_) => words(
                "the page itself was not read, only a listing that shows it",
                "chưa đọc chính trang này, chỉ thấy trong danh sách",
            ),
            None => words(
                "no capture shows its contents",
                "không có lần thu nào có nội dung của bài",
            ),
        })
    }
}

/// A site's name; for English readers the ministry's own name first, as a library would look for it.
fn named(site: &SiteNames, lang: Lang) -> String {
    match lang {
        Lang::Vi => site.vi.clone(),
        Lang::En => format!("{} [{}]", site.vi, site.en),
    }
}
