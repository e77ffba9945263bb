//! `khotin show`: one article, as a page for people (`page`) or as its record.

use std::io::Write;

use anyhow::bail;

use super::cite::{names, write_citation};
use super::diff::{chosen, write_diff};
use super::json::write_json;
use super::page::write_page;
use super::problem::UsageError;
use super::same::compared;
use super::terminal::Terminal;
use super::versions::{versions, write_versions};
use super::withheld::{NOT_FOR_PUBLICATION, refused, withheld_now, write_tombstone};
use super::{Context, Outcome};
use chrono::{DateTime, Utc};

use crate::Lang;
use crate::config::Config;
use crate::export::Citation;
use crate::fetch::{Clock, SystemClock};
use crate::model::Article;
use crate::pipeline::database;
use crate::restrict::{Withheld, keep, shown_key};
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

    /// Show it also if it is withheld: for you, not for publication
    #[arg(long)]
    restricted: bool,
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
    let now = SystemClock.now_utc();
    let Some(article) = find(&config, &store, &args.article, now)? else {
        bail!(UsageError::new(
            format!("no article `{}`", args.article),
            "give a key as in the column `key` of articles.csv, or a URL under which it was seen",
        ));
    };
    let withheld = withheld_now(&config, &store, now)?;
    let entries = withheld.entries(&article).map(<[_]>::to_vec);
    // Whoever may see what is withheld sees its partner too.
    let hidden = if args.restricted {
        &Withheld::default()
    } else {
        &withheld
    };
    let article = compared(&store, hidden, article)?;
    let article = match (args.restricted, &entries) {
        (true, Some(_)) if !context.json => {
            let lang = context.lang(&config);
            writeln!(out, "{}\n", lang.of(NOT_FOR_PUBLICATION))?;
            article
        }
        (true, _) => article,
        (false, Some(entries)) if args.cite.is_some() || args.versions || args.diff.is_some() => {
            bail!(refused(&article.key, entries))
        }
        (false, Some(entries)) if !context.json => {
            let lang = context.lang(&config);
            write_tombstone(out, lang, &withheld.shown(article), entries)?;
            return Ok(Outcome::Complete);
        }
        (false, _) => withheld.shown(article),
    };
    if let Some(lang) = args.cite {
        let names = names(&config, &context.sites()?);
        write_citation(out, &Citation::of(&article, &names), lang, context.json)?;
    } else if let Some(wanted) = &args.diff {
        let versions = versions(&store, &article)?;
        let (pair, lang) = (chosen(wanted, &versions)?, context.lang(&config));
        write_diff(out, &article.key, pair, context.json, lang)?;
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

/// By key, by any address, or by the key under which a tombstone is shown.
fn find(
    config: &Config,
    store: &SqliteStore,
    wanted: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<Option<Article>> {
    if let Some(article) = store.article(wanted)? {
        return Ok(Some(article));
    }
    let withheld = keep::read(&config.paths.output)?.withheld(now);
    let mut keys = withheld.keys();
    match keys.find(|key| shown_key(key).as_str() == wanted) {
        Some(key) => Ok(store.article(key.as_str())?),
        None => Ok(None),
    }
}
