//! Reading a TOML file into a type, with errors that name file, line, key and the nearest known
//! name. Used for config.toml and for the profiles in `sites/`.

use std::fmt;
use std::path::Path;

use serde::de::DeserializeOwned;

/// What is wrong in a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct FileError {
    /// The file as the user knows it.
    pub file: String,
    /// Line from 1, if the error has a place.
    pub line: Option<usize>,
    /// The line's text, for the eye.
    pub excerpt: Option<String>,
    /// What is wrong, with the nearest known name where a name is unknown.
    pub message: String,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.message)?,
            None => write!(f, "{}: {}", self.file, self.message)?,
        }
        match (self.line, &self.excerpt) {
            (Some(line), Some(excerpt)) => write!(f, "\n  {line} | {excerpt}"),
            _ => Ok(()),
        }
    }
}

impl FileError {
    /// An error about `needle` (a piece of the file's text, such as `id = "portal"`): its line is
    /// where the needle first stands.
    pub fn at(file: &str, text: &str, needle: &str, message: impl Into<String>) -> Self {
        let found = text
            .lines()
            .enumerate()
            .find(|(_, line)| line.contains(needle));
        Self {
            file: file.to_owned(),
            line: found.map(|(index, _)| index + 1),
            excerpt: found.map(|(_, line)| line.trim_end().to_owned()),
            message: message.into(),
        }
    }

    /// What to do.
    pub fn advice(&self) -> &'static str {
        "mend the named line; docs/new-site.md explains every key of a profile, config.toml in the \
         repository every key of the configuration"
    }
}

/// Reads a file's text.
///
/// # Errors
/// [`FileError`] naming the file, if it can not be read or is not UTF-8.
pub(super) fn read_text(path: &Path) -> Result<String, FileError> {
    std::fs::read_to_string(path).map_err(|error| FileError {
        file: path.display().to_string(),
        line: None,
        excerpt: None,
        message: format!("can not be read: {error}"),
    })
}

/// Reads TOML text. `file` is only for messages.
///
/// # Errors
/// [`FileError`] with line, key and, for an unknown key, the nearest known name.
pub(crate) fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, FileError> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| line_of(text, span.start));
        let excerpt = line.and_then(|line| text.lines().nth(line - 1));
        FileError {
            file: file.to_owned(),
            line,
            excerpt: excerpt.map(|line| line.trim_end().to_owned()),
            message: with_nearest_name(error.message()),
        }
    })
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

/// Turns serde's "unknown field `titel`, expected one of `title`, `lead`" into advice.
fn with_nearest_name(message: &str) -> String {
    let message = message.trim_end();
    let Some((kind, rest)) = ["unknown field `", "unknown variant `"]
        .iter()
        .find_map(|start| message.strip_prefix(start).map(|rest| (*start, rest)))
    else {
        return message.to_owned();
    };
    let Some((unknown, expected)) = rest.split_once('`') else {
        return message.to_owned();
    };
    let what = if kind.contains("field") {
        "key"
    } else {
        "value"
    };
    let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    match nearest(unknown, &known) {
        Some(name) => format!("unknown {what} `{unknown}`; did you mean `{name}`?"),
        None => format!(
            "unknown {what} `{unknown}`; known here: {}",
            known.join(", ")
        ),
    }
}

/// The known name most like `name`, if any is like it at all (normalized Damerau-Levenshtein
/// above 0.6, our choice).
pub(crate) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| {
            (
                strsim::normalized_damerau_levenshtein(name, candidate),
                *candidate,
            )
        })
        .filter(|(likeness, _)| *likeness > 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its errors are looked at")]
    struct Sample {
        title: String,
        lead: Option<String>,
    }

    #[test]
    fn an_error_names_file_line_key_and_the_nearest_name() {
        let table = [
            (
                "misspelt",
                "lead = 'x'\ntitel = 'y'\n",
                "a.toml:2: unknown key `titel`; did you mean `title`?\n  2 | titel = 'y'",
            ),
            (
                "unlike anything",
                "title = 'x'\nqqq = 1\n",
                "a.toml:2: unknown key `qqq`; known here: title, lead\n  2 | qqq = 1",
            ),
            (
                "wrong type",
                "title = 1\n",
                "a.toml:1: invalid type: integer `1`, expected a string\n  1 | title = 1",
            ),
        ];
        for (what, text, expected) in table {
            let error = parse::<Sample>("a.toml", text).unwrap_err();
            assert_eq!(error.to_string(), expected, "{what}");
        }
    }
}
