//! Lines: what is decided by the words of a body line, by the patterns of the profile: the source
//! line, "Tin liên quan" as text, a promised file, an address that is text. Each line that means
//! something else is taken out of the text or noted beside it; words are never changed.

use url::Url;

use super::captions::AltLines;
use super::piece::{Line, Look, Piece, What};
use super::selectors::resolve;
use crate::config::{ArticleLayout, Pattern, RelatedRules};
use crate::model::{Attachment, Evidence, Field, Link, RelatedDraft, Warning};
use crate::normalize::text::clean;

/// How many pieces from the end a source line may stand. Our choice: after it come at most a
/// picture, a promise of files and the author; further up, `Nguồn:` is a note to a table.
const SOURCE_FROM_END: usize = 5;

/// Parts paragraphs with line breaks in which one line means something of its own.
pub(super) fn part(
    pieces: Vec<Piece>,
    layout: &ArticleLayout,
    alt_lines: &AltLines<'_>,
) -> Vec<Piece> {
    let is_special = |text: &str| {
        let words = clean(text);
        alt_lines.number_of_words(&words).is_some()
            || fits(layout.source.line.as_ref(), &words)
            || fits(layout.related.heading.as_ref(), &words)
    };
    let mut parted = Vec::new();
    for piece in pieces {
        let line = match &piece.what {
            What::Line(line) if line.text.contains('\n') && line.text.lines().any(is_special) => {
                line
            }
            _ => {
                parted.push(piece);
                continue;
            }
        };
        let mut links = piece.links.into_iter().peekable();
        for text in line.text.lines() {
            let part = Line::new(text.to_owned(), line.look, line.slanted);
            if part.words.is_empty() {
                continue;
            }
            let mut here = Vec::new();
            while let Some(link) = links.next_if(|link| part.words.contains(&clean(&link.text))) {
                here.push(link);
            }
            parted.push(Piece {
                what: What::Line(part),
                links: here,
            });
        }
    }
    parted
}

/// `words`: cleaned text.
fn fits(pattern: Option<&Pattern>, words: &str) -> bool {
    pattern.is_some_and(|pattern| pattern.regex().is_match(words))
}

/// Takes the source line out of the text: the last that fits, near the end.
pub(super) fn take_source(
    pieces: &mut Vec<Piece>,
    pattern: Option<&Pattern>,
    alternative: usize,
) -> Option<(Field, Option<Url>)> {
    let pattern = pattern?;
    let place = pieces
        .iter()
        .enumerate()
        .rev()
        .take(SOURCE_FROM_END)
        .find(|(_, piece)| {
            piece
                .line()
                .is_some_and(|line| fits(Some(pattern), &line.words))
        })
        .map(|(place, _)| place)?;
    let piece = pieces.remove(place);
    let text = piece.line()?.text.clone();
    let url = piece
        .links
        .first()
        .and_then(|link| Url::parse(&link.url).ok());
    let field = Field {
        evidence: Evidence {
            raw: text.clone(),
            selector: format!("line ~ {}", pattern.as_str()),
            alternative,
        },
        text,
    };
    Some((field, url))
}

/// Takes "Tin liên quan" out of the text: the line that says so and the lines with a bullet, or the
/// list, that follow it.
pub(super) fn take_related(pieces: &mut Vec<Piece>, rules: &RelatedRules) -> Vec<RelatedDraft> {
    let heading = pieces.iter().position(|piece| {
        piece
            .line()
            .is_some_and(|line| fits(rules.heading.as_ref(), &line.words))
    });
    let Some(heading) = heading else {
        return Vec::new();
    };
    let mut titles = Vec::new();
    let mut end = heading + 1;
    for piece in pieces.iter().skip(end) {
        let mut links = piece.links.iter();
        let mut title = |text: &str| {
            let url = links.next().and_then(|link| Url::parse(&link.url).ok());
            titles.push(RelatedDraft {
                title: text.to_owned(),
                url,
            });
        };
        match &piece.what {
            What::Line(line)
                if line
                    .text
                    .lines()
                    .all(|text| fits(rules.bullet.as_ref(), &clean(text))) =>
            {
                line.text.lines().for_each(&mut title);
            }
            What::List { items, .. } => items.iter().for_each(|item| title(item)),
            _ => break,
        }
        end += 1;
    }
    pieces.drain(heading..end);
    titles
}

/// Takes out of the text what only repeats the lead: one of the first three lines.
pub(super) fn take_repeated_lead(pieces: &mut Vec<Piece>, lead: &str) {
    let lead = clean(lead);
    let repeated = pieces
        .iter()
        .take(3)
        .position(|piece| piece.line().is_some_and(|line| line.words == lead));
    if let Some(place) = repeated {
        pieces.remove(place);
    }
}

/// Gives a line that is an address and nothing else its link.
pub(super) fn link_bare_addresses(pieces: &mut [Piece], base: &Url) {
    for piece in pieces {
        let What::Line(line) = &piece.what else {
            continue;
        };
        let words = &line.words;
        let is_address = words.starts_with("http://") || words.starts_with("https://");
        if piece.links.is_empty() && is_address && !words.contains(' ') {
            piece.links.extend(resolve(base, words).map(|url| Link {
                url: url.into(),
                text: words.clone(),
            }));
        }
    }
}

/// Links and files of a body, in page order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Targets {
    /// Links that are no files.
    pub(super) links: Vec<Link>,
    /// Files.
    pub(super) attachments: Vec<Attachment>,
}

/// Parts the links of a body into links and files. A line that promises a file makes the link in it,
/// or alone in the next line, a file; without one the file's url is null, with a warning.
pub(super) fn targets(
    pieces: &[Piece],
    layout: &ArticleLayout,
    warnings: &mut Vec<Warning>,
) -> Targets {
    let rules = &layout.attachments;
    let is_file = |link: &Link| {
        rules
            .link
            .as_ref()
            .is_some_and(|pattern| pattern.regex().is_match(&link.url))
    };
    let mut targets = Targets::default();
    let mut promised = None;
    for (place, piece) in pieces.iter().enumerate() {
        let is_kept = promised.take() == Some(place);
        let promises = piece.line().is_some_and(|line| {
            line.look != Look::Heading(1) && fits(rules.line.as_ref(), &line.words)
        });
        for link in &piece.links {
            if promises || is_kept || is_file(link) {
                targets.attachments.push(attachment(link));
            } else if !clean(&link.text).is_empty() {
                targets.links.push(link.clone());
            }
        }
        if !promises || !piece.links.is_empty() {
            continue;
        }
        let next = place + 1;
        if pieces.get(next).is_some_and(is_only_link) {
            promised = Some(next);
        } else if let Some(line) = piece.line() {
            let label = &line.words;
            warnings.push(Warning::new(
                "attachment_without_link",
                format!("`{label}` promises a file, but there is no link"),
            ));
            targets.attachments.push(Attachment {
                url: None,
                label: line.text.clone(),
                media_type: None,
                archived: None,
            });
        }
    }
    targets
}

fn is_only_link(piece: &Piece) -> bool {
    match (piece.line(), piece.links.as_slice()) {
        (Some(line), [link]) => line.words == clean(&link.text),
        _ => false,
    }
}

/// A link as a file. Without words its label is the file's name.
pub(super) fn attachment(link: &Link) -> Attachment {
    let label = if clean(&link.text).is_empty() {
        let path = link.url.split(['?', '#']).next().unwrap_or_default();
        path.rsplit('/')
            .find(|part| !part.is_empty())
            .unwrap_or_default()
            .to_owned()
    } else {
        link.text.clone()
    };
    Attachment {
        url: Some(link.url.clone()),
        label,
        media_type: None,
        archived: None,
    }
}

#[cfg(test)]
mod tests;
