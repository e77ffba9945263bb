//! `khotin show`: one article, as a page for people or as its record.

use std::io::{self, Write};

use anyhow::bail;

use super::cite::{names, write_citation};
use super::diff::{chosen, write_diff};
use super::json::write_json;
use super::problem::UsageError;
use super::report::one_line;
use super::versions::{versions, write_versions};
use super::{Context, Outcome};
use crate::Lang;
use crate::export::Citation;
use crate::model::{Article, Block};
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
        write_page(out, &article)?;
    }
    Ok(Outcome::Complete)
}

fn write_page(out: &mut dyn Write, article: &Article) -> io::Result<()> {
    let line = |text: &Option<String>| text.as_deref().map(one_line);
    if article.synthetic {
        writeln!(
            out,
            "SYNTHETIC / DỮ LIỆU GIẢ LẬP: made up by the demo ministry\n"
        )?;
    }
    writeln!(
        out,
        "{}",
        line(&article.title).unwrap_or_else(|| "(no title)".to_owned())
    )?;
    writeln!(out, "{}", one_line(article.key.as_str()))?;
    writeln!(out, "{}", one_line(&article.url))?;
    match &article.published {
        Some(published) => {
            let flags: Vec<&str> = published.flags.iter().map(|flag| flag.as_str()).collect();
            writeln!(
                out,
                "published {} (in the page: {}) {}",
                published.at,
                one_line(&published.raw),
                flags.join(" ")
            )?;
        }
        None => writeln!(out, "published: unknown")?,
    }
    writeln!(
        out,
        "state {}, {} versions, sections: {}",
        article.state.as_str(),
        article.versions.len(),
        one_line(&article.sections.join("; "))
    )?;
    if let Some(lead) = line(&article.lead) {
        writeln!(out, "\n{lead}")?;
    }
    writeln!(out)?;
    for block in &article.blocks {
        write_block(out, article, block)?;
    }
    if let Some(source) = &article.source {
        writeln!(out, "{}", one_line(&source.raw))?;
    }
    write_lists(out, article)?;
    write_proof(out, article)
}

fn write_block(out: &mut dyn Write, article: &Article, block: &Block) -> io::Result<()> {
    match block {
        Block::Paragraph { text } => {
            for text in text.lines() {
                writeln!(out, "{}", one_line(text))?;
            }
            writeln!(out)
        }
        Block::Heading { text, .. } => writeln!(out, "## {}\n", one_line(text)),
        Block::Quote { text } => writeln!(out, "> {}\n", one_line(text)),
        Block::List { ordered, items } => {
            for (index, item) in items.iter().enumerate() {
                let bullet = if *ordered {
                    format!("{}.", index + 1)
                } else {
                    "-".to_owned()
                };
                writeln!(out, "{bullet} {}", one_line(item))?;
            }
            writeln!(out)
        }
        Block::Table { rows } => {
            for row in rows {
                writeln!(out, "| {} |", one_line(&row.join(" | ")))?;
            }
            writeln!(out)
        }
        Block::Image { position } => {
            let image = article
                .images
                .iter()
                .find(|image| image.position == *position);
            let caption = image
                .and_then(|image| image.caption_raw.as_deref())
                .unwrap_or_default();
            writeln!(out, "[image {position}] {}\n", one_line(caption))
        }
        Block::Embed { position } => writeln!(out, "[embed {position}]\n"),
    }
}

fn write_lists(out: &mut dyn Write, article: &Article) -> io::Result<()> {
    if !article.related.is_empty() {
        writeln!(out, "\nTin liên quan")?;
        for related in &article.related {
            writeln!(out, "  {}", one_line(&related.title))?;
        }
    }
    for attachment in &article.attachments {
        let url = attachment.url.as_deref().unwrap_or("(the link is lost)");
        writeln!(
            out,
            "file: {}  {}",
            one_line(&attachment.label),
            one_line(url)
        )?;
    }
    for warning in &article.warnings {
        writeln!(
            out,
            "warning: {}: {}",
            warning.code,
            one_line(&warning.detail)
        )?;
    }
    Ok(())
}

/// The captures, so that every word can be looked up in the archive.
fn write_proof(out: &mut dyn Write, article: &Article) -> io::Result<()> {
    writeln!(out, "\ncaptures")?;
    for capture in &article.captures {
        writeln!(
            out,
            "  {}  {}  {} at {}  sha256:{}",
            capture.time,
            capture.status,
            capture.warc_file,
            capture.warc_offset,
            capture.payload_sha256
        )?;
    }
    Ok(())
}
