//! Page: one article as a person reads it: what it says, then what is known of it, then what proves it.
//! In: an article, a language for the labels, how the terminal is. Out: lines. Pure but for the writing;
//! all text of the web goes through [`super::wrap`], which makes it harmless.
//!
//! Not here: versions and what changed (`versions.rs`, `diff.rs`), a footnote (`cite.rs`).

mod body;
mod day;
mod labels;

use std::io::{self, Write};

use self::body::write_body;
use self::day::published_line;
use super::terminal::{Style, Terminal};
use super::wrap::write_text;
use crate::Lang;
use crate::lang::Words;
use crate::model::{Archived, Article, SameAs, TextDigest, TitleDate};

pub(super) use self::day::day_and_time;
pub(super) use self::labels::{SYNTHETIC, state_words};

/// Columns of the labels beside what is known of an article.
const LABEL: usize = 14;

/// Writes an article as a page.
pub(crate) fn write_page(
    out: &mut dyn Write,
    article: &Article,
    lang: Lang,
    terminal: Terminal,
) -> io::Result<()> {
    let mut page = Page {
        out,
        article,
        lang,
        terminal,
    };
    page.head()?;
    write_body(&mut page)?;
    page.known()?;
    page.related()?;
    page.files()?;
    page.warnings()?;
    page.proof()
}

/// What is being written, of what, how.
struct Page<'a> {
    out: &'a mut dyn Write,
    article: &'a Article,
    lang: Lang,
    terminal: Terminal,
}

impl Page<'_> {
    fn text(&mut self, style: Style, text: &str) -> io::Result<()> {
        self.indented(style, text, "", "")
    }

    fn indented(&mut self, style: Style, text: &str, first: &str, rest: &str) -> io::Result<()> {
        write_text(&mut self.out, text, style, self.terminal, first, rest)
    }

    fn empty_line(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    fn heading(&mut self, words: Words) -> io::Result<()> {
        self.empty_line()?;
        self.text(Style::Bold, self.lang.of(words))
    }

    /// `label         text`, the text's other lines below its first.
    fn row(&mut self, label: Words, text: &str) -> io::Result<()> {
        let label = self.lang.of(label);
        let gap = LABEL.saturating_sub(label.chars().count()).max(1);
        let first = format!("{label}{}", " ".repeat(gap));
        self.indented(Style::Plain, text, &first, &" ".repeat(LABEL))
    }

    fn head(&mut self) -> io::Result<()> {
        let (article, lang) = (self.article, self.lang);
        if article.synthetic {
            self.text(Style::Bold, lang.of(SYNTHETIC))?;
            self.empty_line()?;
        }
        let title = article
            .title
            .as_deref()
            .unwrap_or(lang.of(labels::NO_TITLE));
        self.text(Style::Bold, title)?;
        let date = match &article.published {
            Some(published) => day_and_time(published, lang),
            None => lang.of(labels::NO_DATE).to_owned(),
        };
        self.text(Style::Dim, &date)?;
        if let Some(lead) = &article.lead {
            self.empty_line()?;
            self.text(Style::Bold, lead)?;
        }
        self.empty_line()
    }

    /// What is known of it, a row each.
    fn known(&mut self) -> io::Result<()> {
        let (article, lang) = (self.article, self.lang);
        self.text(Style::Dim, &"─".repeat(LABEL))?;
        if let Some(source) = &article.source {
            let reprint = source.is_reprint.then(|| lang.of(labels::REPRINT));
            let words: Vec<&str> = std::iter::once(source.raw.as_str())
                .chain(reprint)
                .collect();
            self.row(labels::SOURCE, &words.join(" "))?;
        }
        if let Some(author) = &article.author {
            self.row(labels::AUTHOR, author)?;
        }
        self.row(
            labels::PUBLISHED,
            &published_line(article.published.as_ref(), lang),
        )?;
        self.row(labels::STATE, &state_line(article, lang))?;
        self.row(labels::SECTIONS, &article.sections.join("; "))?;
        self.row(labels::KEY, article.key.as_str())?;
        self.row(labels::URL, &article.url)?;
        if let Some(partner) = &article.same_as {
            self.same_as(partner)?;
        }
        if !article.flags.is_empty() {
            self.row(labels::FLAGS, &article.flags.join(" "))?;
        }
        Ok(())
    }

    /// The article that seems to be the same work, why, and what was compared.
    fn same_as(&mut self, partner: &SameAs) -> io::Result<()> {
        let lang = self.lang;
        let below = " ".repeat(LABEL);
        self.row(labels::SAME_AS, partner.key.as_str())?;
        let why = lang.of(labels::strength_words(partner.strength));
        let why = format!("({} {why})", lang.of(labels::PROPOSAL));
        self.indented(Style::Plain, &why, &below, &below)?;
        if let Some(TitleDate { title, date }) = &partner.evidence.title_date {
            let line = format!("{}: {date}, {title}", lang.of(labels::TITLE_AND_DAY));
            self.indented(Style::Dim, &line, &below, &below)?;
        }
        if let Some(TextDigest { sha256, words }) = &partner.evidence.text {
            let (text, counted) = (lang.of(labels::TEXT), lang.of(labels::IN_WORDS));
            let line = format!("{text}: {words} {counted}, sha256:{sha256}");
            self.indented(Style::Dim, &line, &below, &below)?;
        }
        Ok(())
    }

    fn related(&mut self) -> io::Result<()> {
        if self.article.related.is_empty() {
            return Ok(());
        }
        self.heading(labels::RELATED)?;
        for related in &self.article.related {
            self.indented(Style::Plain, &related.title, "  - ", "    ")?;
            if let Some(place) = related.key.as_deref().or(related.url.as_deref()) {
                self.indented(Style::Dim, place, "    ", "    ")?;
            }
        }
        Ok(())
    }

    fn files(&mut self) -> io::Result<()> {
        if self.article.attachments.is_empty() {
            return Ok(());
        }
        self.heading(labels::FILES)?;
        for file in &self.article.attachments {
            self.indented(Style::Plain, &file.label, "  - ", "    ")?;
            let url = file.url.as_deref().unwrap_or(self.lang.of(labels::NO_LINK));
            self.indented(Style::Dim, url, "    ", "    ")?;
            self.archived(file.archived.as_ref())?;
        }
        Ok(())
    }

    /// Where the archive keeps a file; nothing where it has none.
    fn archived(&mut self, archived: Option<&Archived>) -> io::Result<()> {
        let Some(file) = archived.and_then(Archived::file) else {
            return Ok(());
        };
        let place = format!(
            "{} {} {} {}",
            file.warc_file,
            self.lang.of(labels::AT_BYTE),
            file.warc_offset,
            file.warc_record_id,
        );
        self.indented(Style::Dim, &place, "    ", "    ")
    }

    fn warnings(&mut self) -> io::Result<()> {
        if self.article.warnings.is_empty() {
            return Ok(());
        }
        self.heading(labels::WARNINGS)?;
        for warning in &self.article.warnings {
            let text = format!("{}: {}", warning.code, warning.detail);
            self.indented(Style::Plain, &text, "  - ", "    ")?;
        }
        Ok(())
    }

    /// The captures, so that every word can be looked up in the archive.
    fn proof(&mut self) -> io::Result<()> {
        self.heading(labels::CAPTURES)?;
        for capture in &self.article.captures {
            let place = format!(
                "{} {} {} {}",
                capture.warc_file,
                self.lang.of(labels::AT_BYTE),
                capture.warc_offset,
                capture.warc_record_id,
            );
            let what = format!("{}  HTTP {}", capture.time, capture.status);
            self.indented(Style::Plain, &what, "  - ", "    ")?;
            self.indented(Style::Dim, &place, "    ", "    ")?;
            let digest = format!("sha256:{}", capture.payload_sha256);
            self.indented(Style::Dim, &digest, "    ", "    ")?;
            if let Some(foreign) = &capture.foreign {
                let member = foreign.member.as_deref().unwrap_or_default();
                let from = self.lang.of(labels::IMPORTED);
                let from = format!("{from} sha256:{} {member}", foreign.sha256);
                self.indented(Style::Dim, from.trim_end(), "    ", "    ")?;
            }
        }
        Ok(())
    }
}

fn state_line(article: &Article, lang: Lang) -> String {
    let state = lang.of(state_words(article.state));
    let since = article.states.last().map(|span| span.since.as_str());
    let since = since.and_then(|time| time.get(..10)).unwrap_or_default();
    let versions = article.versions.len();
    let (from, number) = (lang.of(labels::SINCE), lang.of(labels::VERSIONS));
    format!("{state}, {from} {since}; {number}: {versions}")
}

#[cfg(test)]
mod tests;
