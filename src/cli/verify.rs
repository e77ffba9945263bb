//! `khotin verify`: is the archive what it says, and does the store agree?

use std::io::Write;

use anyhow::bail;
use serde_json::json;

use super::json::write_json;
use super::problem::UsageError;
use super::{Context, Outcome};
use crate::archive::{self, Archive};
use crate::pipeline::{archive_folder, compare, database};
use crate::store::SqliteStore;

/// Check every digest, the sums, the indexes, and store against archive both ways
///
/// Example: khotin verify --json
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let config = context.config()?;
    let folder = archive_folder(&config.paths.output);
    if !folder.is_dir() {
        bail!(UsageError::new(
            format!("no archive: there is no {}", folder.display()),
            "run `khotin crawl` first, or mend `output` in config.toml",
        ));
    }
    let archive = Archive::new(folder);
    let report = archive::verify(&archive)?;
    let path = database(&config.paths.output);
    let compared = if path.is_file() {
        Some(compare(&SqliteStore::open_reader(&path)?, &archive)?)
    } else {
        None
    };
    let is_sound =
        report.is_sound() && compared.as_ref().is_none_or(|compared| compared.is_equal());
    if context.json {
        let answer = json!({ "sound": is_sound, "archive": report, "store": compared });
        write_json(out, &answer)?;
    } else {
        write!(out, "{report}")?;
        match &compared {
            Some(compared) => write!(out, "{compared}")?,
            None => writeln!(
                out,
                "store: nothing to check, there is no {}",
                path.display()
            )?,
        }
        writeln!(out, "{}", if is_sound { "sound" } else { "DAMAGED" })?;
    }
    Ok(if is_sound {
        Outcome::Complete
    } else {
        Outcome::Damaged
    })
}
