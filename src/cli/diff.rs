//! Diff: what changed from one version of an article to another, word by word. Words are those of
//! Unicode (UAX 29), so Vietnamese syllables stay whole. Removed and added words are marked by signs,
//! `[-removed-]` and `{+added+}`, and on a terminal by colour too, unless `NO_COLOR` is set.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use anyhow::bail;
use serde::Serialize;
use serde_json::json;
use similar::{ChangeTag, DiffOp, TextDiff, capture_diff_slices_deadline};

use super::json::write_json;
use super::problem::UsageError;
use super::report::one_line;
use super::say::say;
use super::terminal::Terminal;
use super::versions::VersionRead;
use crate::lang::{Lang, counted, words as in_both};
use crate::model::ArticleKey;
use crate::normalize::parts::parts;

/// From then on differences are coarser, never wrong (our choice): a page of the web may be made to be
/// compared for hours.
const PATIENCE: Duration = Duration::from_secs(5);
/// Two paragraphs that share a smaller part of their letters are not compared word by word (our
/// choice).
const LEAST_IN_COMMON: f64 = 0.3;

const RED: &str = "\u{1b}[31m";
const GREEN: &str = "\u{1b}[32m";
const PLAIN: &str = "\u{1b}[0m";

/// A part of an article that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PartDiff {
    field: &'static str,
    paragraphs: Vec<ParagraphDiff>,
}

/// A paragraph, or paragraphs that are the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ParagraphDiff {
    /// So many paragraphs in a row are the same.
    Unchanged(usize),
    /// Words in order; a paragraph that is wholly new or gone is one piece.
    Words(Vec<Words>),
}

/// Words of a paragraph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "is", content = "text", rename_all = "snake_case")]
pub(crate) enum Words {
    /// In both.
    Same(String),
    /// Only before.
    Removed(String),
    /// Only after.
    Added(String),
}

/// Which versions are compared.
///
/// # Errors
/// [`UsageError`] if there is no such version, or only one.
pub(crate) fn chosen<'a>(
    wanted: &str,
    versions: &'a [VersionRead],
) -> anyhow::Result<(&'a VersionRead, &'a VersionRead)> {
    let newest = versions.len();
    if newest < 2 {
        bail!(UsageError::new(
            "the article has one version, so nothing changed",
            "`khotin show KEY --versions` lists the versions of an article",
        ));
    }
    let (from, to) = match wanted {
        "" => (newest - 1, newest),
        wanted => {
            let numbers = wanted
                .split_once("..")
                .and_then(|(from, to)| Some((from.trim().parse().ok()?, to.trim().parse().ok()?)));
            let Some(numbers) = numbers else {
                bail!(UsageError::new(
                    format!("`{}` is no pair of versions", one_line(wanted)),
                    "write two numbers as in --diff 1..3, after the KEY",
                ));
            };
            numbers
        }
    };
    let find = |number: usize| {
        let mut all = versions.iter();
        all.find(|read| read.version.number == number)
            .ok_or_else(|| {
                UsageError::new(
                    format!("there is no version {number}"),
                    format!("the article has versions 1 to {newest}"),
                )
            })
    };
    Ok((find(from)?, find(to)?))
}

/// The parts that differ.
pub(crate) fn diff(before: &VersionRead, after: &VersionRead) -> Vec<PartDiff> {
    let deadline = Instant::now() + PATIENCE;
    let pairs = parts(&before.content)
        .into_iter()
        .zip(parts(&after.content));
    let differing = pairs.filter(|(before, after)| before != after);
    differing
        .map(|(before, after)| PartDiff {
            field: before.field,
            paragraphs: paragraphs(&before.pieces, &after.pieces, deadline),
        })
        .collect()
}

fn paragraphs(before: &[String], after: &[String], deadline: Instant) -> Vec<ParagraphDiff> {
    let ops =
        capture_diff_slices_deadline(similar::Algorithm::Patience, before, after, Some(deadline));
    let mut told = Vec::new();
    for op in ops {
        if let DiffOp::Equal { len, .. } = op {
            told.push(ParagraphDiff::Unchanged(len));
            continue;
        }
        let old = before.get(op.old_range()).unwrap_or_default();
        let new = after.get(op.new_range()).unwrap_or_default();
        for place in 0..old.len().max(new.len()) {
            told.extend(pair(old.get(place), new.get(place), deadline));
        }
    }
    told
}

/// One paragraph for another, or one alone.
fn pair(old: Option<&String>, new: Option<&String>, deadline: Instant) -> Vec<ParagraphDiff> {
    let removed = |text: &String| ParagraphDiff::Words(vec![Words::Removed(text.clone())]);
    let added = |text: &String| ParagraphDiff::Words(vec![Words::Added(text.clone())]);
    let (Some(old), Some(new)) = (old, new) else {
        return old.map(removed).into_iter().chain(new.map(added)).collect();
    };
    let diff = TextDiff::configure()
        .deadline(deadline)
        .diff_unicode_words(old, new);
    let letters = |text: &str| text.split_whitespace().map(str::len).sum::<usize>();
    let same = diff
        .iter_all_changes()
        .filter(|change| change.tag() == ChangeTag::Equal);
    let common: usize = same.map(|change| letters(change.value())).sum();
    if (common as f64) < LEAST_IN_COMMON * letters(old).max(letters(new)) as f64 {
        return vec![removed(old), added(new)];
    }
    let mut groups: Vec<Group> = Vec::new();
    for change in diff.iter_all_changes() {
        let text = change.value();
        match (change.tag(), groups.last_mut()) {
            (ChangeTag::Equal, Some(Group::Same(same))) => same.push_str(text),
            (ChangeTag::Equal, _) => groups.push(Group::Same(text.to_owned())),
            (tag, Some(Group::Changed { removed, added })) => {
                let side = if tag == ChangeTag::Delete {
                    removed
                } else {
                    added
                };
                side.push_str(text);
            }
            (ChangeTag::Delete, _) => groups.push(Group::Changed {
                removed: text.to_owned(),
                added: String::new(),
            }),
            (ChangeTag::Insert, _) => groups.push(Group::Changed {
                removed: String::new(),
                added: text.to_owned(),
            }),
        }
    }
    vec![ParagraphDiff::Words(words(groups))]
}

/// What is the same, or one wording for another.
#[derive(Debug)]
enum Group {
    Same(String),
    Changed { removed: String, added: String },
}

/// A blank between two changes is a part of both: `[-hội nghị-]`, not `[-hội-] [-nghị-]`.
fn words(groups: Vec<Group>) -> Vec<Words> {
    let mut joined: Vec<Group> = Vec::new();
    let mut groups = groups.into_iter().peekable();
    while let Some(group) = groups.next() {
        match (group, joined.last_mut()) {
            (Group::Same(blank), Some(Group::Changed { removed, added }))
                if blank.trim().is_empty() && groups.peek().is_some() =>
            {
                removed.push_str(&blank);
                added.push_str(&blank);
            }
            (
                Group::Changed {
                    removed: more_removed,
                    added: more_added,
                },
                Some(Group::Changed { removed, added }),
            ) => {
                removed.push_str(&more_removed);
                added.push_str(&more_added);
            }
            (group, _) => joined.push(group),
        }
    }
    let mut words = Vec::new();
    for group in joined {
        match group {
            Group::Same(same) => words.push(Words::Same(same)),
            Group::Changed { removed, added } => {
                words.extend((!removed.is_empty()).then_some(Words::Removed(removed)));
                words.extend((!added.is_empty()).then_some(Words::Added(added)));
            }
        }
    }
    words
}

/// Prints what changed between two versions.
pub(crate) fn write_diff(
    out: &mut dyn Write,
    key: &ArticleKey,
    (before, after): (&VersionRead, &VersionRead),
    as_json: bool,
    lang: Lang,
) -> anyhow::Result<()> {
    let parts = diff(before, after);
    if as_json {
        let answer = json!({
            "key": key,
            "from": before.version,
            "to": after.version,
            "fields": parts,
        });
        return write_json(out, &answer);
    }
    let head = say(in_both(
        "version {from} (seen {from_seen}) to version {to} (seen {to_seen}); [-removed-] {+added+}",
        "phiên bản {from} (thấy {from_seen}) đến phiên bản {to} (thấy {to_seen}); [-bỏ đi-] {+thêm vào+}",
    ))
    .with("from", before.version.number)
    .with("from_seen", &before.version.first_seen)
    .with("to", after.version.number)
    .with("to_seen", &after.version.first_seen);
    writeln!(out, "{}\n{}", one_line(key.as_str()), head.in_lang(lang))?;
    if parts.is_empty() {
        let same = in_both("both say the same", "hai phiên bản như nhau");
        writeln!(out, "\n{}", lang.of(same))?;
    }
    Ok(write_parts(
        out,
        &parts,
        Terminal::of_stdout().is_styled,
        lang,
    )?)
}

fn write_parts(
    out: &mut dyn Write,
    parts: &[PartDiff],
    is_coloured: bool,
    lang: Lang,
) -> io::Result<()> {
    for part in parts {
        match lang {
            Lang::En => writeln!(out, "\n{}", part.field)?,
            // The word for machines stands beside it: it is that of versions.csv.
            Lang::Vi => writeln!(
                out,
                "\n{} ({})",
                field_in_vietnamese(part.field),
                part.field
            )?,
        }
        for paragraph in &part.paragraphs {
            match paragraph {
                ParagraphDiff::Unchanged(number) => {
                    let number = u64::try_from(*number).unwrap_or(u64::MAX);
                    match lang {
                        Lang::En => {
                            let number = counted(number, "paragraph", "paragraphs");
                            writeln!(out, "  … {number} unchanged")?;
                        }
                        Lang::Vi => writeln!(out, "  … {number} đoạn không đổi")?,
                    }
                }
                ParagraphDiff::Words(words) => {
                    let line: String = words
                        .iter()
                        .map(|words| marked(words, is_coloured))
                        .collect();
                    writeln!(out, "  {line}")?;
                }
            }
        }
    }
    Ok(())
}

/// What a part of an article is called; a part that has no Vietnamese name keeps its own.
fn field_in_vietnamese(field: &'static str) -> &'static str {
    match field {
        "title" => "tiêu đề",
        "lead" => "sapo",
        "published" => "ngày đăng",
        "text" => "nội dung",
        "captions" => "chú thích ảnh",
        "source" => "nguồn",
        "attachments" => "tệp đính kèm",
        other => other,
    }
}

fn marked(words: &Words, is_coloured: bool) -> String {
    let dress = |colour, text: String| {
        if is_coloured {
            format!("{colour}{text}{PLAIN}")
        } else {
            text
        }
    };
    match words {
        Words::Same(text) => shown(text),
        Words::Removed(text) => dress(RED, format!("[-{}-]", shown(text))),
        Words::Added(text) => dress(GREEN, format!("{{+{}+}}", shown(text))),
    }
}

/// Text of the web without terminal codes; a line break inside a paragraph is seen.
fn shown(text: &str) -> String {
    one_line(&text.replace('\n', "↵"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(before: &[&str], after: &[&str], is_coloured: bool) -> String {
        let owned = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>()
        };
        let deadline = Instant::now() + PATIENCE;
        let part = PartDiff {
            field: "text",
            paragraphs: paragraphs(&owned(before), &owned(after), deadline),
        };
        let mut out = Vec::new();
        write_parts(&mut out, &[part], is_coloured, Lang::En).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn words_are_marked_and_what_is_the_same_is_folded() {
        #[rustfmt::skip]
        let table: [(&str, &[&str], &[&str], &str); 7] = [
            ("a word", &["Hội nghị toàn quốc về y tế"], &["Hội nghị toàn cầu về y tế"],
             "Hội nghị toàn [-quốc-]{+cầu+} về y tế"),
            ("two words are one change", &["ngày mười bảy tháng sáu tại Hà Nội"], &["ngày ba mốt tháng sáu tại Hà Nội"],
             "ngày [-mười bảy-]{+ba mốt+} tháng"),
            ("a number", &["có 1.200 ca mắc mới trong tuần"], &["có 1.300 ca mắc mới trong tuần"],
             "có [-1.200-]{+1.300+} ca"),
            ("a paragraph is new", &["a", "b", "d"], &["a", "b", "c", "d"],
             "  … 2 paragraphs unchanged\n  {+c+}\n  … 1 paragraph unchanged\n"),
            ("a paragraph is gone", &["a", "b"], &["b"], "  [-a-]\n  … 1 paragraph unchanged\n"),
            ("nothing in common", &["một hai ba"], &["khác hẳn rồi"], "  [-một hai ba-]\n  {+khác hẳn rồi+}\n"),
            ("terminal codes and breaks", &["a\u{1b}[2J b c d\ne"], &["a\u{1b}[2J b c d e"], "a [2J b c d[-↵-]{+ +}e"),
        ];
        for (what, before, after, expected) in table {
            let told = told(before, after, false);
            assert!(told.contains(expected), "{what}: {told:?}");
        }
    }

    #[test]
    fn a_part_has_its_name_in_vietnamese_beside_the_word_of_the_tables() {
        let part = PartDiff {
            field: "lead",
            paragraphs: vec![
                ParagraphDiff::Unchanged(1),
                ParagraphDiff::Words(vec![Words::Added("mới".to_owned())]),
            ],
        };
        let mut out = Vec::new();
        write_parts(&mut out, &[part], false, Lang::Vi).unwrap();
        let expected = "\nsapo (lead)\n  … 1 đoạn không đổi\n  {+mới+}\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        let of_nothing = |part: &crate::normalize::parts::Part| part.field;
        let fields = parts(&crate::model::Content::default());
        for field in fields.iter().map(of_nothing) {
            assert_ne!(
                field_in_vietnamese(field),
                field,
                "it has no Vietnamese name"
            );
        }
    }

    #[test]
    fn colour_is_added_and_the_marks_stay() {
        let told = told(&["a b c d"], &["a b x d"], true);
        assert_eq!(
            told,
            "\ntext\n  a b \u{1b}[31m[-c-]\u{1b}[0m\u{1b}[32m{+x+}\u{1b}[0m d\n"
        );
    }

    #[test]
    fn the_words_of_both_sides_are_whole() {
        let before = "Sáng 16/6, Bộ Y tế tổ chức hội nghị trực tuyến với 63 điểm cầu";
        let after = "Chiều 16/6, Bộ Y tế đã tổ chức hội nghị với 64 điểm cầu cả nước";
        let (old, new) = (before.to_owned(), after.to_owned());
        let told = pair(Some(&old), Some(&new), Instant::now() + PATIENCE);
        let [ParagraphDiff::Words(words)] = told.as_slice() else {
            panic!("{told:?}");
        };
        let side = |is_before: bool| -> String {
            let texts = words.iter().filter_map(|words| match words {
                Words::Same(text) => Some(text.as_str()),
                Words::Removed(text) => is_before.then_some(text.as_str()),
                Words::Added(text) => (!is_before).then_some(text.as_str()),
            });
            texts.collect()
        };
        assert_eq!((side(true).as_str(), side(false).as_str()), (before, after));
    }
}
