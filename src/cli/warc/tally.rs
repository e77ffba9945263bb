//! What was told of a file, counted: records, and troubles by kind.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::line::place_text;
use crate::Lang;
use crate::cli::Outcome;
use crate::cli::json::write_json_line;
use crate::cli::report::one_line;
use crate::cli::say::{counted, say};
use crate::foreign::{Trouble, TroubleKind};
use crate::lang::words;

/// Counts of one file.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Records in the file, wanted or not.
    pub(super) records: u64,
    troubles: BTreeMap<TroubleKind, u64>,
}

impl Tally {
    /// Counts a trouble and tells it: a line that begins with `!`, or a JSON line with `trouble`.
    pub(super) fn tell(
        &mut self,
        out: &mut dyn Write,
        is_json: bool,
        trouble: &Trouble,
    ) -> anyhow::Result<()> {
        *self.troubles.entry(trouble.kind).or_default() += 1;
        if is_json {
            let line = json!({
                "trouble": trouble.kind,
                "offset": trouble.offset,
                "inside": trouble.inside,
                "record_id": trouble.record_id,
                "words": trouble.words,
            });
            return write_json_line(out, &line);
        }
        writeln!(out, "{}", trouble_text(trouble))?;
        Ok(())
    }

    /// All troubles.
    pub(super) fn all(&self) -> u64 {
        self.troubles.values().sum()
    }

    /// Damaged if bytes are lost or not to be trusted. What is only odd could be read: complete.
    pub(super) fn outcome(&self) -> Outcome {
        match self.troubles.keys().any(|kind| kind.is_loss()) {
            true => Outcome::Damaged,
            false => Outcome::Complete,
        }
    }

    /// For the last JSON line.
    pub(super) fn json(&self) -> Value {
        let kinds = self.troubles.iter();
        let troubles: serde_json::Map<String, Value> = kinds
            .map(|(kind, number)| (kind.as_str().to_owned(), json!(number)))
            .collect();
        json!({ "records": self.records, "troubles": troubles })
    }

    /// `12 records, 3 troubles: 2 length, 1 torn`.
    pub(super) fn write(&self, out: &mut dyn Write, lang: Lang) -> io::Result<()> {
        let line = say(match self.all() {
            0 => words("{records}, no trouble", "{số} bản ghi, không có trục trặc"),
            _ => words(
                "{records}, {troubles}: {kinds}",
                "{số} bản ghi, {lỗi} trục trặc: {kinds}",
            ),
        });
        let line = line
            .with("records", counted(self.records, "record", "records"))
            .with("troubles", counted(self.all(), "trouble", "troubles"))
            .with("số", self.records)
            .with("lỗi", self.all())
            .with(
                "kinds",
                kinds_text(
                    self.troubles
                        .iter()
                        .map(|(kind, number)| (kind.as_str(), *number)),
                ),
            );
        writeln!(out, "{}", line.in_lang(lang))
    }
}

/// `2 length, 1 torn`.
pub(super) fn kinds_text<'a>(kinds: impl Iterator<Item = (&'a str, u64)>) -> String {
    let kinds: Vec<String> = kinds
        .map(|(kind, number)| format!("{number} {kind}"))
        .collect();
    kinds.join(", ")
}

/// `! 553 length: Content-Length is 5, but the block has 7 bytes (urn:uuid:…)`.
pub(super) fn trouble_text(trouble: &Trouble) -> String {
    let place = place_text(trouble.offset, trouble.inside);
    let mut text = format!("! {place} {}: {}", trouble.kind.as_str(), trouble.words);
    if let Some(id) = &trouble.record_id {
        text.push_str(&format!(" ({id})"));
    }
    one_line(&text)
}
