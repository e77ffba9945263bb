//! Pages: which captures a reader of the package may open by their headline. In: an article and what was
//! asked for it. Out: a page for each capture that shows the article, with the headline of its version of
//! that time. Pure.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use super::super::Holdings;
use crate::archive::replay_url;
use crate::model::{Article, ArticleKey, CaptureUse, Request, Sequence, State};

/// One line of `pages.jsonl`. The first four fields are the format's, the others ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Page {
    /// The `WARC-Record-ID` of the capture, a UUID.
    pub id: String,
    /// What a replay is asked for; of a POST with its body in the query ([`replay_url`]).
    pub url: String,
    /// When it was captured, UTC.
    pub ts: String,
    /// The headline at that time; left out if none was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The article.
    pub key: ArticleKey,
    /// The capture's number, as in the tables of an export.
    pub capture: Sequence,
}

impl Page {
    /// As JSON, without a line end.
    pub(super) fn to_line(&self) -> String {
        json!(self).to_string()
    }
}

/// The first line.
pub(super) fn header() -> String {
    json!({ "format": "json-pages-1.0", "id": "pages", "title": "Articles", "hasText": false })
        .to_string()
}

/// A page for each capture of an article that shows it and stands in one of the files. Answers that say it
/// is gone, listings and redirects are none. `requests` are what its captures asked for.
pub fn pages_of(
    article: &Article,
    requests: &BTreeMap<Sequence, Request>,
    holdings: &Holdings,
) -> Vec<Page> {
    let (mut title, mut is_shown) = (&None, false);
    let mut pages = Vec::new();
    for capture in &article.captures {
        let at = capture.sequence;
        let begins = |of: &Option<Sequence>| *of == Some(at);
        if let Some(version) = article.versions.iter().find(|one| one.capture == at) {
            title = &version.title;
        }
        if let Some(span) = article.states.iter().rfind(|one| begins(&one.capture)) {
            is_shown = matches!(span.state, State::Live | State::Back);
        }
        // An imported capture stands in a foreign file, whatever that one's name is.
        let is_page = capture.used_as == CaptureUse::Article
            && !at.is_imported()
            && is_shown
            && matches!(capture.status, 200 | 304)
            && holdings.holds(&capture.warc_file);
        let Some(request) = requests.get(&at).filter(|_| is_page) else {
            continue;
        };
        let id = capture.warc_record_id.as_str();
        pages.push(Page {
            id: id.strip_prefix("urn:uuid:").unwrap_or(id).to_owned(),
            url: replay_url(request),
            ts: capture.time.clone(),
            title: title.clone(),
            key: article.key.clone(),
            capture: at,
        });
    }
    pages
}
