//! JSON: articles.jsonl, one whole [`Article`] a line, as it is in the store; articles.json, the same as
//! one array; manifest.json.
//!
//! JSON itself escapes U+0000 to U+001F only. Here everything is escaped that a terminal, a pager or
//! an editor would obey instead of showing ([`Harmless`]); whoever parses it gets the same text.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, PrettyFormatter};

use super::ExportError;
use super::format::{ArticleRows, FormatWriter};
use super::manifest::{ExportedFile, Manifest};
use super::sink::{Sink, Tally};
use crate::model::Article;

/// A way of writing JSON, with more escapes: controls of terminals (U+007F to U+009F), line and
/// paragraph separators, and marks of writing direction (UAX 9, section 2).
pub(crate) struct Harmless<F>(F);

impl Harmless<PrettyFormatter<'_>> {
    /// Indented, for people.
    pub(crate) fn pretty() -> Self {
        Self(PrettyFormatter::new())
    }
}

impl Harmless<CompactFormatter> {
    /// On one line.
    pub(crate) fn compact() -> Self {
        Self(CompactFormatter)
    }
}

fn is_harmful(char: char) -> bool {
    matches!(
        char,
        '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}'
    ) || matches!(char, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl<F: Formatter> Formatter for Harmless<F> {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((start, char)) = rest.char_indices().find(|(_, char)| is_harmful(*char)) {
            let (before, after) = rest.split_at(start);
            self.0.write_string_fragment(out, before)?;
            write!(out, "\\u{:04x}", u32::from(char))?;
            rest = after.get(char.len_utf8()..).unwrap_or_default();
        }
        self.0.write_string_fragment(out, rest)
    }

    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        self.0.write_char_escape(out, escape)
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

const FILE: &str = "articles.jsonl";

/// Articles as lines of JSON. Nothing is cleaned, guarded or cut: what is harmful is escaped.
pub(super) struct JsonLines {
    path: PathBuf,
    out: BufWriter<Sink>,
    lines: u64,
}

impl JsonLines {
    pub(super) fn create(folder: &Path) -> Result<Self, ExportError> {
        let path = folder.join(FILE);
        Ok(Self {
            out: BufWriter::new(Sink::create(&path)?),
            path,
            lines: 0,
        })
    }

    fn write(&mut self, article: &Article) -> io::Result<()> {
        let mut line = Serializer::with_formatter(&mut self.out, Harmless::compact());
        article.serialize(&mut line)?;
        self.out.write_all(b"\n")?;
        self.lines = self.lines.saturating_add(1);
        Ok(())
    }
}

impl FormatWriter for JsonLines {
    fn article(&mut self, article: &Article, _: &ArticleRows<'_>) -> Result<(), ExportError> {
        let written = self.write(article);
        written.map_err(ExportError::io("write", &self.path))
    }

    fn finish(self: Box<Self>, _: &Manifest) -> Result<Vec<ExportedFile>, ExportError> {
        let sink = self
            .out
            .into_inner()
            .map_err(io::IntoInnerError::into_error);
        let sink = sink.map_err(ExportError::io("write", &self.path))?;
        Ok(vec![sink.seal(Tally::of_rows(self.lines))?])
    }
}

const ARRAY_FILE: &str = "articles.json";

/// Articles as one array, each on a line of its own, written as [`JsonLines`] writes them.
pub(super) struct JsonArray {
    path: PathBuf,
    out: BufWriter<Sink>,
    articles: u64,
}

impl JsonArray {
    pub(super) fn create(folder: &Path) -> Result<Self, ExportError> {
        let path = folder.join(ARRAY_FILE);
        Ok(Self {
            out: BufWriter::new(Sink::create(&path)?),
            path,
            articles: 0,
        })
    }

    fn write(&mut self, article: &Article) -> io::Result<()> {
        let before: &[u8] = if self.articles == 0 { b"[\n" } else { b",\n" };
        self.out.write_all(before)?;
        let mut element = Serializer::with_formatter(&mut self.out, Harmless::compact());
        article.serialize(&mut element)?;
        self.articles = self.articles.saturating_add(1);
        Ok(())
    }

    fn close(mut self) -> io::Result<Sink> {
        let end: &[u8] = if self.articles == 0 {
            b"[]\n"
        } else {
            b"\n]\n"
        };
        self.out.write_all(end)?;
        self.out
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
    }
}

impl FormatWriter for JsonArray {
    fn article(&mut self, article: &Article, _: &ArticleRows<'_>) -> Result<(), ExportError> {
        let written = self.write(article);
        written.map_err(ExportError::io("write", &self.path))
    }

    fn finish(self: Box<Self>, _: &Manifest) -> Result<Vec<ExportedFile>, ExportError> {
        let (path, articles) = (self.path.clone(), self.articles);
        let sink = self.close().map_err(ExportError::io("write", &path))?;
        Ok(vec![sink.seal(Tally::of_rows(articles))?])
    }
}

/// Writes one value for people to read, ended by a line feed.
pub(super) fn write_pretty(sink: &mut Sink, value: &impl Serialize) -> io::Result<()> {
    let mut text = Vec::new();
    value.serialize(&mut Serializer::with_formatter(
        &mut text,
        Harmless::pretty(),
    ))?;
    text.push(b'\n');
    sink.write_all(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_obeyed_is_escaped_and_the_text_is_the_same() {
        let given = serde_json::json!({
            "a\u{9b}2J": ["đ\u{1b}[2J", "\u{7f}\u{85}x\u{9f}", "a\u{2028}b\u{202e}c\u{2066}\u{200f}\u{61c}"],
            "plain": ["Bộ Y tế – “a” ©\u{a0}\u{200b}", 1, null, true, {}],
        });
        let mut line = Vec::new();
        given
            .serialize(&mut Serializer::with_formatter(
                &mut line,
                Harmless::compact(),
            ))
            .unwrap();
        let mut lines = Vec::new();
        given
            .serialize(&mut Serializer::with_formatter(
                &mut lines,
                Harmless::pretty(),
            ))
            .unwrap();
        for text in [line, lines] {
            let text = String::from_utf8(text).unwrap();
            let found = text
                .chars()
                .find(|c| is_harmful(*c) || (c.is_control() && *c != '\n'));
            assert_eq!(found, None, "{text}");
            assert!(
                text.contains("\\u202ec\\u2066") && text.contains("a\\u009b2J"),
                "{text}"
            );
            let read: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(read, given);
        }
    }
}
