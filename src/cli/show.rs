//! `khotin show`: one article, as a page for people (`page`) or as its record.

use std::io::Write;

use anyhow::bail;

use super::cite::{names, write_citation};
use super::diff::{chosen, write_diff};
use super::json::write_json;
use super::page::write_page;
use super::problem::UsageError;
use super::terminal::Terminal;
use super::versions::{versions, write_versions};
use super::{Context, Outcome};
use crate::Lang;
use crate::export::Citation;
use crate::pipeline::database;
use crate::store::{SqliteStore, Store};

/// Print one article with what proves it; --json prints the whole record
///
/// Example: khotin show moh:portal:167411 --diff 1..2
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The article's key, or any URL under which it was seen
    #[arg(value_name = "KEY|URL")]
    article: String,

    /// List its versions: when each was seen, and what changed
    #[arg(long, conflicts_with = "diff")]
    versions: bool,

    /// What changed from one version to another, word by word [default: the last two]
    #[arg(long, value_name = "A..B", num_args = 0..=1, default_missing_value = "")]
    diff: Option<String>,

    /// One line for a footnote, in English or Vietnamese; with --json the item of a reference manager (CSL)
    #[arg(long, value_name = "en|vi", conflicts_with_all = ["versions", "diff"])]
    cite: Option<Lang>,
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let config = context.config()?;
    let path = database(&config.paths.output);
    if !path.is_file() {
        bail!(UsageError::new(
            format!("no articles yet: there is no {}", path.display()),
            "run `khotin crawl` first, or `khotin rebuild` if the archive is there",
        ));
    }
    let store = SqliteStore::open_reader(&path)?;
    let Some(article) = store.article(&args.article)? else {
        bail!(UsageError::new(
            format!("no article `{}`", args.article),
            "give a key as in the column `key` of articles.csv, or a URL under which it was seen",
        ));
    };
    if let Some(lang) = args.cite {
        let names = names(&config, &context.sites()?);
        write_citation(out, &Citation::of(&article, &names), lang, context.json)?;
    } else if let Some(wanted) = &args.diff {
        let versions = versions(&store, &article)?;
        write_diff(out, &article.key, chosen(wanted, &versions)?, context.json)?;
    } else if args.versions {
        let versions = versions(&store, &article)?;
        write_versions(out, &article, &versions, context.json)?;
    } else if context.json {
        write_json(out, &article)?;
    } else {
        write_page(out, &article, context.lang(&config), Terminal::of_stdout())?;
    }
    Ok(Outcome::Complete)
}
