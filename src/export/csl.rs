//! CSL-JSON: articles.csl.json, one array with an item an article, for reference managers (Zotero,
//! pandoc, citeproc). The schema is that of the Citation Style Language 1.0.2.
//!
//! What an item says is [`Citation`]'s work; the file says the same in all languages but for the words
//! of `note`. Every article has an item. Memory holds one of them.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use chrono::{Datelike, NaiveDate};
use serde::Serialize;
use serde_json::Serializer;

use super::cite::Citation;
use super::fill::published_day;
use super::format::{ArticleRows, FormatWriter};
use super::json::Harmless;
use super::manifest::{ExportedFile, Manifest};
use super::names::{Names, SYNTHETIC, marked_title};
use super::sink::{Sink, Tally};
use super::{ExportError, ExportOptions};
use crate::lang::{Lang, words};
use crate::model::Article;

const FILE: &str = "articles.csl.json";

/// One item of CSL-JSON. What is unknown is left out, as the schema has no null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct CslItem<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    author: Vec<CslName<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    container_title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    publisher: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued: Option<CslDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accessed: Option<CslDate>,
    #[serde(rename = "URL")]
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    archive: Option<&'a str>,
    #[serde(rename = "archive_location", skip_serializing_if = "Option::is_none")]
    archive_location: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
}

/// An institution: a name that is not taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct CslName<'a> {
    literal: &'a str,
}

/// A day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
struct CslDate {
    date_parts: [[i64; 3]; 1],
}

impl From<NaiveDate> for CslDate {
    fn from(day: NaiveDate) -> Self {
        Self {
            date_parts: [[day.year().into(), day.month().into(), day.day().into()]],
        }
    }
}

impl<'a> Citation<'a> {
    /// The item of a reference manager; `lang` is the language of the words in `note`.
    pub fn csl(&self, lang: Lang) -> CslItem<'a> {
        let article = self.article;
        let site = self.site();
        let name = site.map(|site| site.as_written_in(article));
        let is_own = self.reprinted_from().is_none();
        let accessed = self.captured().filter(|_| self.is_read());
        CslItem {
            id: article.key.as_str(),
            kind: "webpage",
            title: marked_title(article),
            author: name
                .filter(|_| is_own)
                .map(|literal| CslName { literal })
                .into_iter()
                .collect(),
            container_title: site.map(|site| site.host.as_str()),
            // As the author it is named already, and styles would print it twice.
            publisher: name.filter(|_| !is_own),
            issued: article
                .published
                .as_ref()
                .and_then(published_day)
                .map(CslDate::from),
            accessed: accessed.map(|time| CslDate::from(time.date_naive())),
            url: self.address(),
            archive: self.names.operator.as_deref(),
            archive_location: self.capture.map(|capture| capture.warc_record_id.as_str()),
            language: article.language.as_deref(),
            note: self.note(lang),
        }
    }

    /// What a style has no place for, a line each.
    fn note(&self, lang: Lang) -> String {
        let article = self.article;
        let mut lines = Vec::new();
        if article.synthetic {
            let made_up = words(
                "made up by the demo ministry, never news",
                "bài do bộ giả lập tạo ra, không phải tin thật",
            );
            lines.push(format!("{SYNTHETIC} {}", lang.of(made_up)));
        }
        if let Some(source) = self.reprinted_from() {
            lines.push(format!("Theo: {source}"));
        }
        if let Some(author) = &article.author {
            lines.push(format!(
                "{}: {author}",
                lang.of(words("Author line", "Tác giả"))
            ));
        }
        if !self.is_read() {
            lines.push(format!(
                "{}: {}",
                lang.of(words("Note", "Lưu ý")),
                self.unread(lang)
            ));
        }
        if let Some(asked) = self.interface() {
            lines.push(format!(
                "{}: {asked}",
                lang.of(words("Address asked", "Địa chỉ đã hỏi"))
            ));
        }
        if let Some(capture) = self.capture {
            lines.push(format!(
                "{}: {}",
                lang.of(words("Captured", "Lúc thu")),
                capture.time
            ));
            lines.push(format!("WARC-Record-ID: {}", capture.warc_record_id));
            lines.push(format!(
                "WARC: {}, offset {}",
                capture.warc_file, capture.warc_offset
            ));
            lines.push(format!("SHA-256: {}", capture.payload_sha256));
        }
        lines.join("\n")
    }
}

/// Articles as one array of items, an item a line.
pub(super) struct CslJson {
    path: PathBuf,
    out: BufWriter<Sink>,
    names: Names,
    lang: Lang,
    items: u64,
}

impl CslJson {
    pub(super) fn create(folder: &Path, options: &ExportOptions) -> Result<Self, ExportError> {
        let path = folder.join(FILE);
        Ok(Self {
            out: BufWriter::new(Sink::create(&path)?),
            path,
            names: options.names.clone(),
            lang: options.lang,
            items: 0,
        })
    }

    fn write(&mut self, article: &Article) -> io::Result<()> {
        let before = if self.items == 0 { "[\n" } else { ",\n" };
        self.out.write_all(before.as_bytes())?;
        let item = Citation::of(article, &self.names).csl(self.lang);
        item.serialize(&mut Serializer::with_formatter(
            &mut self.out,
            Harmless::compact(),
        ))?;
        self.items = self.items.saturating_add(1);
        Ok(())
    }

    fn write_end(&mut self) -> io::Result<()> {
        let end = if self.items == 0 { "[]\n" } else { "\n]\n" };
        self.out.write_all(end.as_bytes())
    }
}

impl FormatWriter for CslJson {
    fn article(&mut self, article: &Article, _: &ArticleRows<'_>) -> Result<(), ExportError> {
        let written = self.write(article);
        written.map_err(ExportError::io("write", &self.path))
    }

    fn finish(mut self: Box<Self>, _: &Manifest) -> Result<Vec<ExportedFile>, ExportError> {
        let ended = self.write_end();
        ended.map_err(ExportError::io("write", &self.path))?;
        let sink = self
            .out
            .into_inner()
            .map_err(io::IntoInnerError::into_error);
        let sink = sink.map_err(ExportError::io("write", &self.path))?;
        Ok(vec![sink.seal(Tally::of_rows(self.items))?])
    }
}
