//! Versions: what an article said before, read from the store's observations: the content of a version
//! is that of the capture which the version names.

use std::collections::BTreeSet;
use std::io::{self, Write};

use anyhow::bail;
use serde_json::json;

use super::json::write_json;
use super::problem::UsageError;
use super::report::one_line;
use super::table::write_table;
use crate::model::{Article, Content, Sighting, Version};
use crate::normalize::parts::changed;
use crate::store::{SqliteStore, Store};

/// Characters of a digest in a table: enough to tell versions of one article apart.
const DIGEST_CHARS: usize = 12;

/// A version with what it says.
#[derive(Debug, Clone)]
pub(crate) struct VersionRead {
    pub(crate) version: Version,
    pub(crate) content: Content,
}

/// All versions of an article, oldest first.
///
/// # Errors
/// [`UsageError`] if the article itself was never read; the store's error if it is damaged.
pub(crate) fn versions(store: &SqliteStore, article: &Article) -> anyhow::Result<Vec<VersionRead>> {
    if article.versions.is_empty() {
        bail!(UsageError::new(
            format!("`{}` has no version: only listings showed it", article.key),
            "`khotin status` tells which requests failed; `khotin crawl` tries them again",
        ));
    }
    let observations = store.observations(&article.key)?;
    let read = |version: &Version| {
        let mut of_capture = observations
            .iter()
            .filter(|one| one.sequence == version.capture);
        let content = of_capture.find_map(|one| match &one.sighting {
            Sighting::Article { content, .. } => Some(content.as_ref().clone()),
            _ => None,
        });
        let Some(content) = content else {
            bail!(
                "the store has no content of version {} of {}",
                version.number,
                article.key
            );
        };
        Ok(VersionRead {
            version: version.clone(),
            content,
        })
    };
    article.versions.iter().map(read).collect()
}

/// One row a version.
pub(crate) fn write_versions(
    out: &mut dyn Write,
    article: &Article,
    versions: &[VersionRead],
    as_json: bool,
) -> anyhow::Result<()> {
    let earlier = std::iter::once(None).chain(versions.iter().map(Some));
    let rows: Vec<(&VersionRead, Vec<&str>)> = versions
        .iter()
        .zip(earlier)
        .map(|(version, earlier)| {
            let fields = earlier.map(|earlier| changed(&earlier.content, &version.content));
            (version, fields.unwrap_or_default())
        })
        .collect();
    if as_json {
        let rows: Vec<_> = rows
            .iter()
            .map(|(read, fields)| json!({ "version": read.version, "changed": fields }))
            .collect();
        return write_json(out, &json!({ "key": article.key, "versions": rows }));
    }
    writeln!(out, "{}\n", one_line(article.key.as_str()))?;
    Ok(write_rows(out, &rows)?)
}

fn write_rows(out: &mut dyn Write, rows: &[(&VersionRead, Vec<&str>)]) -> io::Result<()> {
    let mut known = BTreeSet::new();
    let row = |(read, fields): &(&VersionRead, Vec<&str>)| {
        let version = &read.version;
        let digest: String = version.content_digest.chars().take(DIGEST_CHARS).collect();
        let what = match (version.number, known.insert(version.content_digest.clone())) {
            (1, _) => "first seen so".to_owned(),
            (_, true) => fields.join(", "),
            (_, false) => format!("{} (as it was before)", fields.join(", ")),
        };
        vec![
            version.number.to_string(),
            second(&version.first_seen),
            second(&version.last_seen),
            digest,
            what,
        ]
    };
    let rows: Vec<Vec<String>> = rows.iter().map(row).collect();
    write_table(
        out,
        &["version", "first seen", "last seen", "digest", "changed"],
        &rows,
    )
}

/// A time without what is below a second.
fn second(time: &str) -> String {
    match time.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => time.to_owned(),
    }
}
