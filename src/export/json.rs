//! JSON: articles.jsonl, one whole [`Article`] a line, as it is in the store; manifest.json.

use std::io::{self, BufWriter, Write};

use serde::Serialize;

use super::sink::Sink;
use crate::model::Article;

/// Articles as lines of JSON. Nothing is cleaned, guarded or cut: JSON escapes control characters.
pub(super) struct JsonLines {
    out: BufWriter<Sink>,
    lines: u64,
}

impl JsonLines {
    pub(super) fn new(sink: Sink) -> Self {
        Self {
            out: BufWriter::new(sink),
            lines: 0,
        }
    }

    pub(super) fn article(&mut self, article: &Article) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, article)?;
        self.out.write_all(b"\n")?;
        self.lines = self.lines.saturating_add(1);
        Ok(())
    }

    /// Writes what is still in memory; gives the file and the number of lines back.
    pub(super) fn finish(self) -> io::Result<(Sink, u64)> {
        let sink = self.out.into_inner();
        Ok((sink.map_err(io::IntoInnerError::into_error)?, self.lines))
    }
}

/// Writes one value for people to read, ended by a line feed.
pub(super) fn write_pretty(sink: &mut Sink, value: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    sink.write_all(&text)
}
