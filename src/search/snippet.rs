//! Snippet: where an article says what is looked for, in its text as written. Words are compared in
//! their forms, and each form knows the place of its word, so what is marked is what a reader sees.

use std::ops::Range;

use super::{Field, Term, TextQuery};
use crate::model::Article;
use crate::normalize::fold::words;

/// The most words of a snippet: two lines of a terminal (our choice).
pub const SNIPPET_WORDS: usize = 32;

/// Places in a text, in bytes, in order, none touching another.
pub type Marks = Vec<Range<usize>>;

/// A passage of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// Where it stands.
    pub field: Field,
    /// The passage as written, nothing added.
    pub text: String,
    /// What is looked for, in `text`.
    pub marks: Marks,
    /// More stands before it, in the same piece.
    pub is_cut_before: bool,
    /// More stands behind it, likewise.
    pub is_cut_behind: bool,
}

impl TextQuery {
    /// What is looked for, in any text. Words side by side are one mark.
    ///
    /// # Examples
    /// ```
    /// # use khotin::search::TextQuery;
    /// let query = TextQuery::parse("suc khoe").unwrap();
    /// assert_eq!(query.marks("Sức khoẻ!"), [0..12]);
    /// ```
    pub fn marks(&self, text: &str) -> Marks {
        let piece = Piece::of(self, text);
        let all = 0..piece.words.len();
        piece.marks(&all)
    }

    /// The passage that says the most of what is looked for, at most [`SNIPPET_WORDS`] words of lead, text
    /// or a caption; the beginning of lead or text if only the title says it, or nothing.
    pub fn snippet(&self, article: &Article) -> Option<Snippet> {
        let fields = [Field::Lead, Field::Text, Field::Captions].into_iter();
        let pieces: Vec<(Field, &str)> = fields
            .flat_map(|field| {
                field
                    .pieces(article)
                    .into_iter()
                    .map(move |piece| (field, piece))
            })
            .collect();
        let mut best: Option<(Worth, Field, Piece<'_>, usize)> = None;
        for (field, text) in &pieces {
            let piece = Piece::of(self, text);
            if let Some((worth, start)) = piece.best_window()
                && best.as_ref().is_none_or(|(known, ..)| worth > *known)
            {
                best = Some((worth, *field, piece, start));
            }
        }
        match best {
            Some((_, field, piece, start)) => Some(piece.snippet(field, start)),
            None => {
                let (field, text) = pieces.first()?;
                Some(Piece::of(self, text).snippet(*field, 0))
            }
        }
    }
}

/// How much of a query a passage says: different terms, then all finds.
type Worth = (usize, usize);

/// A piece of text with what was found in it.
struct Piece<'a> {
    text: &'a str,
    /// The places of its words.
    words: Vec<Range<usize>>,
    /// The number of a term, and the numbers of its words here; in order.
    finds: Vec<(usize, Range<usize>)>,
}

impl<'a> Piece<'a> {
    fn of(query: &TextQuery, text: &'a str) -> Self {
        let mut places = Vec::new();
        let mut forms = Vec::new();
        for word in words(text) {
            forms.push(query.reading().form(word.text));
            places.push(word.place);
        }
        let of_term = |(number, term): (usize, &Term)| {
            let length = term.words.len();
            let starts: Vec<usize> = term.finds(&forms).collect();
            starts
                .into_iter()
                .map(move |start| (number, start..start + length))
        };
        let mut finds: Vec<_> = query
            .wanted()
            .iter()
            .enumerate()
            .flat_map(of_term)
            .collect();
        finds.sort_by_key(|(number, words)| (words.start, words.end, *number));
        Self {
            text,
            words: places,
            finds,
        }
    }

    /// The first of the windows that say the most; it begins with a find.
    fn best_window(&self) -> Option<(Worth, usize)> {
        let mut best: Option<(Worth, usize)> = None;
        for (_, words) in &self.finds {
            let window = words.start..words.start + SNIPPET_WORDS;
            let inside = self
                .finds
                .iter()
                .filter(|(_, words)| window.contains(&words.start));
            let mut terms: Vec<usize> = inside.map(|(number, _)| *number).collect();
            let finds = terms.len();
            terms.sort_unstable();
            terms.dedup();
            let worth = (terms.len(), finds);
            if best.is_none_or(|(known, _)| worth > known) {
                best = Some((worth, words.start));
            }
        }
        best
    }

    /// The passage whose first find is word `first`, with what was found in its middle.
    fn snippet(&self, field: Field, first: usize) -> Snippet {
        let number = self.words.len();
        let inside = self.finds.iter().map(|(_, words)| words);
        let inside = inside.filter(|words| (first..first + SNIPPET_WORDS).contains(&words.start));
        let last = inside.map(|words| words.end).max().unwrap_or(first);
        let room = SNIPPET_WORDS.saturating_sub(last - first);
        let latest = number.saturating_sub(SNIPPET_WORDS);
        let start = first.saturating_sub(room / 2).min(latest);
        let end = (start + SNIPPET_WORDS).min(number);
        let at = |word: usize| self.words.get(word);
        let (is_cut_before, is_cut_behind) = (start > 0, end < number);
        let from = at(start)
            .filter(|_| is_cut_before)
            .map_or(0, |word| word.start);
        let to = at(end.saturating_sub(1)).filter(|_| is_cut_behind);
        let to = to.map_or(self.text.len(), |word| word.end);
        let marks = self.marks(&(start..end)).into_iter();
        Snippet {
            field,
            text: self.text.get(from..to).unwrap_or_default().to_owned(),
            marks: marks
                .map(|mark| mark.start - from..mark.end - from)
                .collect(),
            is_cut_before,
            is_cut_behind,
        }
    }

    /// What was found among these words, in bytes of the text. Only white space between two makes them one.
    fn marks(&self, within: &Range<usize>) -> Marks {
        let mut marks: Marks = Vec::new();
        for (_, words) in &self.finds {
            let (first, last) = (words.start.max(within.start), words.end.min(within.end));
            let place = |word: usize| self.words.get(word);
            if first >= last {
                continue;
            }
            let (Some(start), Some(end)) = (place(first), place(last - 1)) else {
                continue;
            };
            match marks.last_mut() {
                Some(known) if self.is_joined(known.end, start.start) => {
                    known.end = known.end.max(end.end);
                }
                _ => marks.push(start.start..end.end),
            }
        }
        marks
    }

    fn is_joined(&self, end: usize, start: usize) -> bool {
        let between = self.text.get(end..start);
        start <= end || between.is_some_and(|text| text.chars().all(char::is_whitespace))
    }
}
