//! Pages: a folder of saved pages with its index, `index.jsonl`: one JSON object a line that says which
//! file a page is saved in, which address it had and when. In: the index's text. Out: the pages in the
//! order of their file names. The SHA-256 of the folder is that of its list: a line a page with the digest
//! of its bytes and all that the index says, so that neither can change without being seen.
//!
//! A page without an address or a time is none: what `wget -r` leaves tells neither.

use std::path::{Component, Path};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The index's name in the folder.
pub const INDEX: &str = "index.jsonl";

/// One saved page, as the index says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedPage {
    /// The file, relative to the folder.
    pub file: String,
    /// The address that it was saved from.
    pub url: String,
    /// When, RFC 3339 with an offset.
    pub time: DateTime<Utc>,
    /// The status of the answer. Without it 200: what people save is what they saw (our choice).
    #[serde(default = "ok")]
    pub status: u16,
    /// `Content-Type` of the answer. Without it by the file's ending: JSON for `.json`, else HTML, its
    /// charset as the page itself says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// The body of a POST whose answer this is; without it the page was asked for by GET.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

fn ok() -> u16 {
    200
}

impl SavedPage {
    /// The line of the folder's list: the page's own digest and what the index says of it.
    pub fn line(&self, sha256: &str) -> String {
        let said = serde_json::to_string(self).unwrap_or_default();
        format!("{sha256} {said}\n")
    }

    /// The media type of the answer.
    pub fn media_type(&self) -> String {
        let is_json = Path::new(&self.file)
            .extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
        match (&self.content_type, is_json) {
            (Some(said), _) => said.clone(),
            (None, true) => "application/json".to_owned(),
            (None, false) => "text/html".to_owned(),
        }
    }
}

/// Reads an index. The pages come in the order of their file names, then of what is said of them; lines
/// that say the same are one.
///
/// # Errors
/// The number of the first line that is wrong, from 1, and what is wrong with it.
pub fn read_index(text: &str) -> Result<Vec<SavedPage>, (u64, String)> {
    let mut pages = Vec::new();
    // Some editors of Windows begin a file with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (line, number) in text.lines().zip(1..) {
        if line.trim().is_empty() {
            continue;
        }
        let page: SavedPage =
            serde_json::from_str(line).map_err(|error| (number, error.to_string()))?;
        if !stays_inside(&page.file) {
            let file = &page.file;
            return Err((number, format!("`{file}` is no file of this folder")));
        }
        pages.push(page);
    }
    pages.sort_by_cached_key(|page| page.line(""));
    pages.sort_by(|one, other| one.file.cmp(&other.file));
    pages.dedup();
    Ok(pages)
}

/// True for a name that leads to a file in the folder or below it and nowhere else.
fn stays_inside(file: &str) -> bool {
    let mut parts = Path::new(file).components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_a_line_a_page_in_any_order() {
        let first = r#"{"file":"b/2.html","url":"https://moh.gov.vn/b","time":"2020-01-02T10:00:00+07:00"}"#;
        let second = r#"{"file":"a.json","url":"https://moh.gov.vn/a","time":"2020-01-02T03:00:00Z","status":404,"body":"{}"}"#;
        let pages = read_index(&format!("{first}\n\n{second}\n{first}\n")).unwrap();
        assert_eq!(pages, read_index(&format!("{second}\n{first}")).unwrap());
        let marked = read_index(&format!("\u{feff}{second}\n{first}"));
        assert_eq!(marked.unwrap(), pages, "a byte order mark says nothing");
        let [a, b] = &pages[..] else {
            panic!("{pages:?}")
        };
        assert_eq!(
            (a.status, a.media_type().as_str()),
            (404, "application/json")
        );
        assert_eq!((b.status, b.media_type().as_str()), (200, "text/html"));
        assert_eq!(b.time.to_rfc3339(), "2020-01-02T03:00:00+00:00");
        assert_eq!(
            b.line("ff"),
            "ff {\"file\":\"b/2.html\",\"url\":\"https://moh.gov.vn/b\",\"time\":\"2020-01-02T03:00:00Z\",\"status\":200}\n"
        );
    }

    #[test]
    fn a_line_that_is_wrong_is_named() {
        let good =
            r#"{"file":"a.html","url":"https://moh.gov.vn/a","time":"2020-01-02T03:00:00Z"}"#;
        let table = [
            ("no JSON", "a.html https://moh.gov.vn/a", "expected value"),
            (
                "no time",
                r#"{"file":"a.html","url":"https://moh.gov.vn/a"}"#,
                "missing field `time`",
            ),
            (
                "no offset",
                r#"{"file":"a.html","url":"u","time":"2020-01-02T03:00:00"}"#,
                "premature end",
            ),
            (
                "another key",
                r#"{"file":"a","url":"u","time":"2020-01-02T03:00:00Z","date":"x"}"#,
                "unknown field `date`",
            ),
            (
                "a file elsewhere",
                r#"{"file":"../a","url":"u","time":"2020-01-02T03:00:00Z"}"#,
                "`../a` is no file of this folder",
            ),
            (
                "a whole path",
                r#"{"file":"/etc/passwd","url":"u","time":"2020-01-02T03:00:00Z"}"#,
                "is no file of this folder",
            ),
            (
                "no file",
                r#"{"file":"","url":"u","time":"2020-01-02T03:00:00Z"}"#,
                "is no file of this folder",
            ),
        ];
        for (what, line, expected) in table {
            let (number, problem) = read_index(&format!("{good}\n{line}\n")).unwrap_err();
            assert_eq!(number, 2, "{what}");
            assert!(problem.contains(expected), "{what}: {problem}");
        }
    }
}
