//! Entry: what a feed says of one article, and nothing more, because a feed holds many in memory.

use chrono::{DateTime, FixedOffset, SecondsFormat};

use super::super::fill::vietnam_time;
use super::super::names::{Names, marked_title};
use super::ids;
use crate::model::{Article, State};

/// One article in a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// `urn:uuid:…`, from the article's key alone.
    pub(super) id: String,
    /// Marked where it is made up; empty where the article has none (RFC 4287 asks for the element).
    pub(super) title: String,
    /// RFC 3339, +07:00.
    pub(super) published: String,
    /// When the newest version was seen first, UTC; while only a listing is known, when that was.
    pub(super) updated: String,
    /// The source of a reprint, else the site.
    pub(super) author: String,
    /// The public address.
    pub(super) url: String,
    /// Sections and categories.
    pub(super) sections: Vec<String>,
    /// The state's word; none for what is simply there.
    pub(super) state: Option<&'static str>,
    /// Made up by the demo ministry.
    pub(super) synthetic: bool,
    /// BCP 47.
    pub(super) language: Option<String>,
    pub(super) lead: Option<String>,
    pub(super) text: Option<String>,
}

/// When an article was published, at +07:00.
pub(super) fn published(article: &Article) -> Option<DateTime<FixedOffset>> {
    vietnam_time(&article.published.as_ref()?.at)
}

impl Entry {
    pub(super) fn of(article: &Article, published: DateTime<FixedOffset>, names: &Names) -> Self {
        let newest = article.versions.last();
        let updated = newest.map_or(&article.first_seen, |version| &version.first_seen);
        let reprinted_from = article.source.as_ref().filter(|source| source.is_reprint);
        let author = match (reprinted_from, names.of(article)) {
            (Some(source), _) => source.name.as_str(),
            (None, Some(site)) => site.as_written_in(article),
            // RFC 4287 asks for a name; without a profile the site has only its id.
            (None, None) => article.site.as_str(),
        };
        Self {
            id: ids::article(&article.key),
            title: marked_title(article).unwrap_or_default(),
            published: published.to_rfc3339_opts(SecondsFormat::Secs, false),
            updated: updated.clone(),
            author: author.to_owned(),
            url: article.url.clone(),
            sections: article.sections.clone(),
            state: (article.state != State::Live).then(|| article.state.as_str()),
            synthetic: article.synthetic,
            language: article.language.clone(),
            lead: article.lead.clone(),
            text: article.text.clone(),
        }
    }
}
