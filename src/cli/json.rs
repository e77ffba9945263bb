//! A command's answer as JSON on standard output, which may be a terminal.

use std::io::Write;

use serde::Serialize;
use serde_json::Serializer;

use crate::export::Harmless;

/// Prints one indented JSON document, in which nothing is left that a terminal would obey.
pub(crate) fn write_json(out: &mut dyn Write, answer: &impl Serialize) -> anyhow::Result<()> {
    let mut text = Vec::new();
    answer.serialize(&mut Serializer::with_formatter(
        &mut text,
        Harmless::pretty(),
    ))?;
    text.push(b'\n');
    out.write_all(&text)?;
    Ok(())
}

/// Prints one JSON document on one line, for answers that come one after the other. As harmless.
pub(crate) fn write_json_line(out: &mut dyn Write, answer: &impl Serialize) -> anyhow::Result<()> {
    let mut text = Vec::new();
    answer.serialize(&mut Serializer::with_formatter(
        &mut text,
        Harmless::compact(),
    ))?;
    text.push(b'\n');
    out.write_all(&text)?;
    Ok(())
}
