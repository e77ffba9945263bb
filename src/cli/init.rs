//! `khotin init`: a folder with a commented config.toml.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use serde_json::json;

use super::json::write_json;
use super::problem::UsageError;
use super::{Context, Outcome};

/// The reference of all settings, as in the repository.
const REFERENCE: &str = include_str!("../../config.toml");

/// Make a folder for an archive: a commented config.toml and sites/
///
/// Example: khotin init /srv/moh --contact archive@example.org
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder
    #[arg(default_value = ".")]
    dir: PathBuf,

    /// An e-mail address or URL at which a ministry's webmaster reaches you
    #[arg(long, value_name = "ADDRESS")]
    contact: Option<String>,

    /// Who runs this archive
    #[arg(long)]
    name: Option<String>,
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let path = args.dir.join("config.toml");
    if path.exists() {
        bail!(UsageError::new(
            format!("{} is already there", path.display()),
            "edit it, or name another folder: it is never overwritten",
        ));
    }
    let folder = || args.dir.display();
    std::fs::create_dir_all(args.dir.join("sites"))
        .with_context(|| format!("can not make the folder {}", folder()))?;
    let text = filled(args.contact.as_deref(), args.name.as_deref());
    std::fs::write(&path, text).with_context(|| format!("can not write {}", path.display()))?;
    if context.json {
        write_json(out, &json!({ "made": path }))?;
        return Ok(Outcome::Complete);
    }
    writeln!(out, "made {}", path.display())?;
    if args.contact.is_none() {
        writeln!(
            out,
            "next: set `contact` in it, so that a webmaster can reach you"
        )?;
    }
    writeln!(out, "then: khotin crawl --config {}", path.display())?;
    Ok(Outcome::Complete)
}

/// The reference with contact and name filled in, as TOML strings.
fn filled(contact: Option<&str>, name: Option<&str>) -> String {
    let mut text = REFERENCE.to_owned();
    for (key, value) in [("contact", contact), ("name", name)] {
        if let Some(value) = value {
            let value = toml::Value::from(value).to_string();
            text = text.replacen(&format!("\n{key} = \"\""), &format!("\n{key} = {value}"), 1);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn what_is_filled_in_is_read_back_whatever_it_holds() {
        let text = filled(Some("a\"b@example.org"), Some("Viện\nX"));
        let config = Config::parse("config.toml", &text).unwrap();
        assert_eq!(config.operator.contact, "a\"b@example.org");
        assert_eq!(config.operator.name, "Viện\nX");
    }
}
