//! A search's answer for machines. Marks are pairs of places in the text beside them: the first letter and
//! the one behind the last, counted in Unicode code points as Python, jq and SQL count them, from 0.

use std::ops::Range;

use serde::Serialize;

use super::FoundArticles;
use crate::model::{Article, ArticleKey, SiteId, State};
use crate::search::{Field, Reading, Snippet, TextQuery};

/// The whole answer.
#[derive(Serialize)]
pub(super) struct Answer<'a> {
    query: &'a str,
    /// How words were compared.
    reading: Reading,
    /// How many articles there are; `articles` holds the best of them.
    found: u64,
    /// Only if nothing was found as written.
    without_marks: Option<WithoutMarks<'a>>,
    articles: Vec<OneArticle<'a>>,
}

#[derive(Serialize)]
struct WithoutMarks<'a> {
    query: &'a str,
    found: u64,
}

#[derive(Serialize)]
struct OneArticle<'a> {
    key: &'a ArticleKey,
    site: &'a SiteId,
    title: Option<&'a str>,
    title_marks: Vec<[usize; 2]>,
    url: &'a str,
    published_at: Option<&'a str>,
    state: State,
    sections: &'a [String],
    synthetic: bool,
    snippet: Option<Passage>,
}

#[derive(Serialize)]
struct Passage {
    field: Field,
    text: String,
    marks: Vec<[usize; 2]>,
    cut_before: bool,
    cut_behind: bool,
}

impl<'a> Answer<'a> {
    pub(super) fn of(found: &'a FoundArticles) -> Self {
        let query = &found.query;
        let articles = found.articles.iter();
        Self {
            query: query.typed(),
            reading: query.reading(),
            found: found.number,
            without_marks: found
                .without_marks
                .as_ref()
                .map(|(bare, found)| WithoutMarks {
                    query: bare.typed(),
                    found: *found,
                }),
            articles: articles
                .map(|article| OneArticle::of(query, article))
                .collect(),
        }
    }
}

impl<'a> OneArticle<'a> {
    fn of(query: &TextQuery, article: &'a Article) -> Self {
        let title = article.title.as_deref();
        Self {
            key: &article.key,
            site: &article.site,
            title,
            title_marks: title
                .map_or_else(Vec::new, |title| in_letters(title, &query.marks(title))),
            url: &article.url,
            published_at: article
                .published
                .as_ref()
                .map(|published| published.at.as_str()),
            state: article.state,
            sections: &article.sections,
            synthetic: article.synthetic,
            snippet: query.snippet(article).map(Passage::of),
        }
    }
}

impl Passage {
    fn of(snippet: Snippet) -> Self {
        Self {
            field: snippet.field,
            marks: in_letters(&snippet.text, &snippet.marks),
            text: snippet.text,
            cut_before: snippet.is_cut_before,
            cut_behind: snippet.is_cut_behind,
        }
    }
}

/// Places in bytes as places in code points.
fn in_letters(text: &str, marks: &[Range<usize>]) -> Vec<[usize; 2]> {
    let place = |bytes: usize| {
        text.char_indices()
            .take_while(|(start, _)| *start < bytes)
            .count()
    };
    marks
        .iter()
        .map(|mark| [place(mark.start), place(mark.end)])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_letters() {
        let table = [
            // why, text, bytes, words there, letters
            (
                "letters of two and three bytes",
                "Lo sức khỏe!",
                3..15,
                "sức khỏe",
                [3, 11],
            ),
            (
                "marks count too",
                "te\u{302}\u{301}",
                0..6,
                "te\u{302}\u{301}",
                [0, 4],
            ),
        ];
        for (what, text, bytes, words, expected) in table {
            assert_eq!(text.get(bytes.clone()), Some(words), "{what}");
            assert_eq!(in_letters(text, &[bytes]), [expected], "{what}");
        }
    }
}
