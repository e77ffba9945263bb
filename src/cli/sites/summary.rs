//! Summary: what a page is and what its record says, a line a field, each cut to fit a terminal.

use std::io::{self, Write};

use crate::cli::report::one_line;
use crate::cli::table::write_table;
use crate::extract::Trace;
use crate::model::{
    Block, Content, FieldEvidence, ListedItem, Observation, Page, Sighting, Warning,
};

/// The most characters of a value. Our choice, as for a find.
const VALUE_CHARS: usize = 80;
/// Items of a listing that are shown.
const ITEMS: usize = 3;

/// Prints the page's kind and the main fields of its record.
pub(super) fn write_summary(
    out: &mut dyn Write,
    trace: &Trace,
    observations: &[Observation],
    warnings: &[Warning],
) -> io::Result<()> {
    let mut rows = vec![row("page", page_in_words(trace), "")];
    for observation in observations.iter().filter(|one| one.position == 0) {
        // Whole, so that they can be copied.
        let (key, url) = (observation.key.as_str(), observation.public_url.as_str());
        writeln!(out, "key  {}\nurl  {}\n", one_line(key), one_line(url))?;
        if let Sighting::Article {
            content, evidence, ..
        } = &observation.sighting
        {
            let proof = |name: &str| match evidence.get(name) {
                Some(FieldEvidence::Found(found)) => format!("by {}", found.selector),
                Some(FieldEvidence::Missing { missing }) => missing.clone(),
                None => String::new(),
            };
            rows.extend(article_rows(content, &proof));
        }
    }
    let listed = observations.iter().filter(|one| one.position > 0);
    let listed: Vec<&Observation> = listed.collect();
    for one in listed.iter().take(ITEMS) {
        if let Sighting::Listed(item) = &one.sighting {
            let name = format!("item {}", one.position);
            rows.push(row(&name, item_in_words(item), one.key.as_str()));
        }
    }
    if listed.len() > ITEMS {
        rows.push(row("items", format!("{} more", listed.len() - ITEMS), ""));
    }
    for warning in warnings {
        rows.push(row("warning", &warning.code, &warning.detail));
    }
    write_table(out, &["record", "value", "from"], &rows)
}

fn row(name: &str, value: impl AsRef<str>, from: impl AsRef<str>) -> Vec<String> {
    vec![
        name.to_owned(),
        cut(value.as_ref()),
        one_line(from.as_ref()),
    ]
}

fn cut(text: &str) -> String {
    let line = one_line(text);
    match line.char_indices().nth(VALUE_CHARS) {
        None => line,
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
    }
}

fn page_in_words(trace: &Trace) -> String {
    let layout = trace.read.profile.layout.as_deref().unwrap_or_default();
    match &trace.read.page {
        Page::Listing(listing) => format!("listing of {} items, by {layout}", listing.items.len()),
        Page::Article {
            listing: Some(listing),
            ..
        } => {
            let items = listing.items.len();
            format!(
                "article, by {layout}, and a listing of {items} items, by {}",
                listing.layout
            )
        }
        Page::Article { listing: None, .. } => format!("article, by {layout}"),
        Page::Blocked { rule } => format!("blocked: the site refuses us, by `{rule}`"),
        Page::Asset => "a file of an article: kept and not read".to_owned(),
        Page::Gone => "gone".to_owned(),
        Page::SoftGone { rule } => format!("gone, though the status is 200, by `{rule}`"),
        Page::NotModified => "not modified".to_owned(),
        Page::Redirect { target, .. } => format!("redirect to {target}"),
        Page::Other { reason } => format!("nothing of use: {reason}"),
    }
}

fn article_rows(content: &Content, proof: &dyn Fn(&str) -> String) -> Vec<Vec<String>> {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let published = content
        .published
        .as_ref()
        .map(|published| published.at.clone());
    let source = content.source.as_ref().map(|source| source.name.clone());
    let captions = content
        .images
        .iter()
        .filter(|image| image.caption.is_some())
        .count();
    let first = |titles: Vec<&str>| match titles.first() {
        Some(title) => format!("{}: {title}", titles.len()),
        None => "none".to_owned(),
    };
    vec![
        row("title", text(&content.title), proof("title")),
        row("published", text(&published), proof("published")),
        row("lead", text(&content.lead), proof("lead")),
        row("author", text(&content.author), proof("author")),
        row("source", text(&source), proof("source")),
        row("text", blocks_in_words(&content.blocks), proof("blocks")),
        row(
            "images",
            format!("{}, {captions} with caption", content.images.len()),
            "",
        ),
        row(
            "related",
            first(
                content
                    .related
                    .iter()
                    .map(|one| one.title.as_str())
                    .collect(),
            ),
            "",
        ),
        row(
            "attachments",
            first(
                content
                    .attachments
                    .iter()
                    .map(|one| one.label.as_str())
                    .collect(),
            ),
            "",
        ),
        row(
            "links",
            first(content.links.iter().map(|one| one.url.as_str()).collect()),
            "",
        ),
    ]
}

/// `14 blocks: ` and how the first that is a text begins.
fn blocks_in_words(blocks: &[Block]) -> String {
    let first = blocks.iter().find_map(|block| match block {
        Block::Paragraph { text } | Block::Heading { text, .. } | Block::Quote { text } => {
            Some(text.as_str())
        }
        _ => None,
    });
    format!("{} blocks: {}", blocks.len(), first.unwrap_or("no text"))
}

fn item_in_words(item: &ListedItem) -> String {
    let stamp = match (&item.published, &item.stamp_raw) {
        (Some(published), _) => published.at.as_str(),
        (None, Some(raw)) => raw.as_str(),
        (None, None) => "no date",
    };
    format!("{stamp} {}", item.title.as_deref().unwrap_or("(no title)"))
}
