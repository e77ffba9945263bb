//! Fixture: a saved page and what is known of it, as `fixtures/README.md` describes them. In: a
//! folder. Out: captures as if they had been fetched, with what must come out of them in one word.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::cli::problem::UsageError;
use crate::cli::read::{Saved, capture_of_file};
use crate::config::SiteProfile;
use crate::model::{Capture, Purpose};

const FORM: &str = "fixtures/README.md tells what a fixture consists of";

/// A saved page with its name and what it should be.
#[derive(Debug)]
pub(super) struct Fixture {
    /// Its files' name without ending, below the site's folder.
    pub(super) case: String,
    /// What it should be read as.
    pub(super) expected: Expected,
    /// The page.
    pub(super) capture: Capture,
}

/// What a fixture should be read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// Nobody has written it down: an article or a listing.
    Readable,
    /// An article, perhaps with a listing beside it.
    Article,
    /// A listing.
    Listing,
    /// The site refuses us.
    Blocked,
    /// Nothing there.
    SoftGone,
    /// Nothing of use.
    Other,
}

impl Expected {
    /// The word in tables.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Readable => "article or listing",
            Self::Article => "article",
            Self::Listing => "listing",
            Self::Blocked => "blocked",
            Self::SoftGone => "soft_gone",
            Self::Other => "other",
        }
    }
}

/// `<case>.toml`, as far as reading needs it; the rest is for people.
#[derive(Debug, Deserialize)]
struct Facts {
    url: Url,
    request_body: Option<String>,
    captured_at: DateTime<Utc>,
    content_type: String,
    file: Option<PathBuf>,
}

/// The fixtures in a site's folder and in `real/` below it, sorted by name, and the names of those
/// whose page stands outside the repository and is not there.
pub(super) fn fixtures(
    profile: &SiteProfile,
    folder: &Path,
) -> anyhow::Result<(Vec<Fixture>, Vec<String>)> {
    let mut found = Vec::new();
    let mut absent = Vec::new();
    let real = folder.join("real");
    let real_files = if real.is_dir() {
        files(&real)?
    } else {
        Vec::new()
    };
    for path in files(folder)?.into_iter().chain(real_files) {
        match ending(&path) {
            // The profile of a made-up ministry stands among its pages.
            "toml" if path.file_stem() == Some(profile.id.as_str().as_ref()) => {}
            "toml" => match fixture(profile, folder, &path)? {
                Ok(fixture) => found.push(fixture),
                Err(case) => absent.push(case),
            },
            "html" | "json" if is_without_facts(&path) => {
                let path = path.display();
                bail!(UsageError::new(
                    format!("{path} has no .toml beside it"),
                    FORM
                ));
            }
            _ => {}
        }
    }
    Ok((found, absent))
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let list = || -> std::io::Result<Vec<PathBuf>> {
        let entries = std::fs::read_dir(folder)?;
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?;
        paths.sort();
        Ok(paths)
    };
    list().with_context(|| format!("can not list {}", folder.display()))
}

fn ending(path: &Path) -> &str {
    path.extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default()
}

/// A page, not an expectation, of which nothing is known.
fn is_without_facts(path: &Path) -> bool {
    let is_expectation = path.to_string_lossy().ends_with(".expected.json");
    !is_expectation && !path.with_extension("toml").is_file()
}

/// A fixture by its `.toml`; `Err` with its name if its page is not there and need not be.
fn fixture(
    profile: &SiteProfile,
    folder: &Path,
    facts: &Path,
) -> anyhow::Result<Result<Fixture, String>> {
    let case = facts
        .strip_prefix(folder)
        .unwrap_or(facts)
        .with_extension("");
    let case = case.display().to_string();
    let text = read_text(facts)?;
    let known: Facts = toml::from_str(&text)
        .map_err(|error| UsageError::new(format!("{}: {error}", facts.display()), FORM))?;
    let page = match &known.file {
        Some(file) if !file.is_file() => return Ok(Err(case)),
        Some(file) => file.clone(),
        None => page_beside(facts)?,
    };
    let saved = Saved {
        body: known.request_body,
        time: Some(known.captured_at),
        content_type: Some(known.content_type),
        status: 200,
    };
    let mut capture = capture_of_file(&page, &known.url, profile, &saved)?;
    let expected = expected(&facts.with_extension("expected.json"))?;
    match expected {
        Expected::Readable => {}
        Expected::Listing => capture.request.purpose = Purpose::Listing,
        _ => capture.request.purpose = Purpose::Article,
    }
    Ok(Ok(Fixture {
        case,
        expected,
        capture,
    }))
}

fn read_text(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("can not read {}", path.display()))
}

fn page_beside(facts: &Path) -> anyhow::Result<PathBuf> {
    let pages = ["html", "json"].map(|ending| facts.with_extension(ending));
    match pages.into_iter().find(|page| page.is_file()) {
        Some(page) => Ok(page),
        None => {
            let message = format!("{} has no .html or .json beside it", facts.display());
            bail!(UsageError::new(message, FORM))
        }
    }
}

/// What `<case>.expected.json` says the page is; the values in it are compared by `cargo test`.
fn expected(path: &Path) -> anyhow::Result<Expected> {
    if !path.is_file() {
        return Ok(Expected::Readable);
    }
    let wrong = |problem: String| UsageError::new(format!("{}: {problem}", path.display()), FORM);
    let text = read_text(path)?;
    let value: Value = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    let has = |name: &str| value.get(name).is_some();
    match value.get("page").and_then(Value::as_str) {
        Some("blocked") => Ok(Expected::Blocked),
        Some("soft_gone") => Ok(Expected::SoftGone),
        Some("other") => Ok(Expected::Other),
        Some(word) => bail!(wrong(format!(
            "`page` is `{word}`, not blocked, soft_gone or other"
        ))),
        None if has("article") => Ok(Expected::Article),
        None if has("listing") => Ok(Expected::Listing),
        None => bail!(wrong(
            "there is no `article`, `listing` or `page` in it".to_owned()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sites;
    use crate::model::SiteId;

    const FACTS: &str = "url = 'https://ncov.moh.gov.vn/web/guest/tin-tuc'\nmethod = 'GET'\n\
                         captured_at = '2021-05-24T16:00:00Z'\ncontent_type = 'text/html'\n";

    fn read(files: &[(&str, &str)]) -> Result<(Vec<Fixture>, Vec<String>), String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("real")).unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let sites = Sites::load(None).unwrap();
        let profile = &sites.get(&SiteId::new("ncov")).unwrap().profile;
        fixtures(profile, folder.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_expectation_decides_what_the_page_was_asked_for() {
        let table = [
            (
                "nothing written down",
                None,
                Expected::Readable,
                Purpose::Listing,
            ),
            (
                "listing",
                Some(r#"{"listing": {}}"#),
                Expected::Listing,
                Purpose::Listing,
            ),
            (
                "article",
                Some(r#"{"article": {}}"#),
                Expected::Article,
                Purpose::Article,
            ),
            (
                "both",
                Some(r#"{"listing": {}, "article": {}}"#),
                Expected::Article,
                Purpose::Article,
            ),
            (
                "block page",
                Some(r#"{"page": "blocked"}"#),
                Expected::Blocked,
                Purpose::Article,
            ),
            (
                "gone",
                Some(r#"{"page": "soft_gone"}"#),
                Expected::SoftGone,
                Purpose::Article,
            ),
            (
                "no use",
                Some(r#"{"page": "other"}"#),
                Expected::Other,
                Purpose::Article,
            ),
        ];
        for (what, expectation, expected, purpose) in table {
            let mut files = vec![("a.toml", FACTS), ("a.html", "<p>x")];
            files.extend(expectation.map(|text| ("a.expected.json", text)));
            let (found, absent) = read(&files).unwrap();
            assert_eq!((found.len(), absent.len()), (1, 0), "{what}");
            assert_eq!(found[0].case, "a", "{what}");
            assert_eq!(found[0].expected, expected, "{what}");
            assert_eq!(found[0].capture.request.purpose, purpose, "{what}");
            assert_eq!(
                found[0].capture.header("content-type"),
                Some("text/html"),
                "{what}"
            );
        }
    }

    #[test]
    fn a_page_outside_the_repository_may_be_absent() {
        let facts = format!("{FACTS}file = '../no/such/page.html'\n");
        let (found, absent) = read(&[("real/b.toml", &facts)]).unwrap();
        assert!(found.is_empty());
        assert_eq!(absent, ["real/b"]);
    }

    #[test]
    fn a_profile_among_its_pages_is_no_fixture() {
        let files = [
            ("ncov.toml", "id = 'ncov'"),
            ("a.toml", FACTS),
            ("a.html", ""),
        ];
        let (found, absent) = read(&files).unwrap();
        assert_eq!((found.len(), absent.len()), (1, 0));
    }

    #[test]
    fn an_incomplete_fixture_is_named() {
        let table = [
            (
                "no page",
                vec![("a.toml", FACTS)],
                "has no .html or .json beside it",
            ),
            (
                "no facts",
                vec![("a.html", "x")],
                "a.html has no .toml beside it",
            ),
            (
                "no time",
                vec![
                    ("a.toml", "url = 'https://a.vn/'\ncontent_type = 'x'"),
                    ("a.html", ""),
                ],
                "missing field `captured_at`",
            ),
            (
                "another word",
                vec![
                    ("a.toml", FACTS),
                    ("a.html", ""),
                    ("a.expected.json", r#"{"page": "gone"}"#),
                ],
                "`page` is `gone`, not blocked, soft_gone or other",
            ),
            (
                "nothing expected",
                vec![("a.toml", FACTS), ("a.html", ""), ("a.expected.json", "{}")],
                "there is no `article`, `listing` or `page` in it",
            ),
        ];
        for (what, files, expected) in table {
            let error = read(&files).unwrap_err();
            assert!(error.contains(expected), "{what}: {error}");
        }
    }
}
