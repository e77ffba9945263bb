//! Header: the lines of a record's header, read with patience. A line that is none is told and left
//! out, a folded one is joined (both WARC versions allow folding), and what is not UTF-8 is Latin-1.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::TroubleKind;
use super::trouble::quoted;

/// The fields that a record must have (WARC 1.1, section 4).
const MANDATORY: [&str; 4] = ["WARC-Record-ID", "Content-Length", "WARC-Date", "WARC-Type"];
/// The field that may stand more than once (WARC 1.1, section 5.7).
pub(super) const REPEATABLE: &str = "WARC-Concurrent-To";

/// The fields of a header that are read (our choice; the header itself may have 256 KiB).
const MAX_FIELDS: usize = 1_000;

/// A header as read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Header {
    /// `1.0`.
    pub(super) version: String,
    /// Names as written, values without blanks around them.
    pub(super) fields: Vec<(String, String)>,
    pub(super) troubles: Vec<(TroubleKind, String)>,
    /// True if a line ends in LF alone.
    pub(super) uses_lf: bool,
    /// Fields behind [`MAX_FIELDS`], which are not kept.
    left_out: usize,
}

/// Where the header ends, behind its empty line; none if it does not.
pub(super) fn header_end(bytes: &[u8]) -> Option<usize> {
    let mut ends = memchr::memchr_iter(b'\n', bytes);
    ends.find_map(|end| match bytes.get(end + 1..)? {
        [b'\r', b'\n', ..] => Some(end + 3),
        [b'\n', ..] => Some(end + 2),
        _ => None,
    })
}

impl Header {
    /// Reads the bytes of a header with its version line and its empty line.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut header = Self::default();
        let mut is_latin1 = false;
        for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let (line, is_crlf) = match line.strip_suffix(b"\r") {
                Some(line) => (line, true),
                None => (line, false),
            };
            header.uses_lf |= !is_crlf;
            if line.is_empty() {
                continue;
            }
            let text = match std::str::from_utf8(line) {
                Ok(text) => text.to_owned(),
                Err(_) => {
                    is_latin1 = true;
                    line.iter().map(|byte| char::from(*byte)).collect()
                }
            };
            match number {
                0 => header.version = text.trim().trim_start_matches("WARC/").to_owned(),
                _ => header.line(&text),
            }
        }
        header.judge(is_latin1);
        header
    }

    fn line(&mut self, line: &str) {
        if line.starts_with([' ', '\t'])
            && let Some((_, value)) = self.fields.last_mut()
        {
            if self.left_out > 0 {
                return;
            }
            if !value.is_empty() {
                value.push(' ');
            }
            value.push_str(line.trim());
            return;
        }
        match line.split_once(':') {
            Some((name, _)) if !name.trim().is_empty() && self.fields.len() >= MAX_FIELDS => {
                self.left_out += 1;
            }
            Some((name, value)) if !name.trim().is_empty() => {
                let field = (name.trim().to_owned(), value.trim().to_owned());
                self.fields.push(field);
            }
            _ => {
                let words = format!("{} is no header line", quoted(line));
                self.troubles.push((TroubleKind::Header, words));
            }
        }
    }

    fn judge(&mut self, is_latin1: bool) {
        if !matches!(self.version.as_str(), "1.0" | "1.1") {
            let version = quoted(&self.version);
            let words = format!("the version is {version}, not 1.0 or 1.1");
            self.trouble(TroubleKind::Version, words);
        }
        if self.uses_lf {
            let words = "the header has lines that end in LF, not CR LF".to_owned();
            self.trouble(TroubleKind::LineEnds, words);
        }
        if is_latin1 {
            let words = "the header is not UTF-8 and is read as Latin-1".to_owned();
            self.trouble(TroubleKind::HeaderText, words);
        }
        if self.left_out > 0 {
            let words = format!(
                "the header has {} fields more than the {MAX_FIELDS} that are read",
                self.left_out
            );
            self.trouble(TroubleKind::Header, words);
        }
        for name in MANDATORY {
            if self.field(name).is_none() {
                let kind = match name {
                    "Content-Length" => TroubleKind::Length,
                    _ => TroubleKind::Missing,
                };
                self.trouble(kind, format!("there is no {name}"));
            }
        }
        if let Some(said) = self.field("Content-Length")
            && self.lengths().is_empty()
        {
            let words = format!("Content-Length is {}, which is no number", quoted(said));
            self.trouble(TroubleKind::Length, words);
        }
        let mut known: HashMap<String, (&str, bool)> = HashMap::new();
        for (name, value) in &self.fields {
            let (first, is_told) = match known.entry(name.to_ascii_lowercase()) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => {
                    place.insert((value, false));
                    continue;
                }
            };
            if *is_told || name.eq_ignore_ascii_case(REPEATABLE) {
                continue;
            }
            *is_told = true;
            let same = if *first == value {
                "the same"
            } else {
                "another"
            };
            let words = format!(
                "{} stands more than once, with {same} value; the first one counts",
                quoted(name)
            );
            self.troubles.push((TroubleKind::Duplicate, words));
        }
    }

    fn trouble(&mut self, kind: TroubleKind, words: String) {
        self.troubles.push((kind, words));
    }

    /// The first value of a field; case does not matter in `name`.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        field(&self.fields, name)
    }

    /// Every length that the header names, none twice, in order.
    pub(super) fn lengths(&self) -> Vec<u64> {
        let mut lengths: Vec<u64> = Vec::new();
        for (name, value) in &self.fields {
            if name.eq_ignore_ascii_case("Content-Length")
                && value.bytes().all(|byte| byte.is_ascii_digit())
                && let Ok(length) = value.parse()
                && !lengths.contains(&length)
            {
                lengths.push(length);
            }
        }
        lengths
    }
}

/// The first value of a field; case does not matter in `name`.
pub(super) fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:x:1>\r\n\
        WARC-Date: 2016-11-22T01:02:03Z\r\nContent-Length: 7\r\n";

    fn kinds(bytes: &[u8]) -> Vec<TroubleKind> {
        Header::read(bytes)
            .troubles
            .into_iter()
            .map(|(kind, _)| kind)
            .collect()
    }

    #[test]
    fn what_is_odd_in_a_header_is_told_by_its_kind() {
        use TroubleKind::*;
        let with = |line: &str| format!("{WHOLE}{line}\r\n").into_bytes();
        let table: Vec<(&str, Vec<u8>, Vec<TroubleKind>)> = vec![
            ("as it should be", with(""), vec![]),
            ("a folded line", with("X: a\r\n  b\r\n"), vec![]),
            (
                "concurrent to two",
                with("WARC-Concurrent-To: <a:1>\r\nWARC-Concurrent-To: <a:2>\r\n"),
                vec![],
            ),
            ("no colon", with("nonsense\r\n"), vec![Header]),
            ("no name", with(": nonsense\r\n"), vec![Header]),
            (
                "a date twice",
                with("warc-date: 2017-11-22T01:02:03Z\r\n"),
                vec![Duplicate],
            ),
            (
                "three types are told once",
                with("WARC-Type: a\r\nWARC-Type: b\r\n"),
                vec![Duplicate],
            ),
            (
                "LF",
                WHOLE.replace("\r\n", "\n").into_bytes(),
                vec![LineEnds],
            ),
            (
                "an old version",
                WHOLE.replace("1.0", "0.17").into_bytes(),
                vec![Version],
            ),
            (
                "no id",
                WHOLE.replace("WARC-Record-ID", "X").into_bytes(),
                vec![Missing],
            ),
            (
                "no length",
                WHOLE.replace("Content-Length", "X").into_bytes(),
                vec![Length],
            ),
            (
                "Latin-1",
                [WHOLE.as_bytes(), b"X: \xe9\r\n\r\n"].concat(),
                vec![HeaderText],
            ),
        ];
        for (what, bytes, expected) in table {
            assert_eq!(kinds(&bytes), expected, "{what}");
        }
    }

    #[test]
    fn fields_behind_the_thousandth_are_told_and_left_out() {
        let others = |count: usize| {
            let others: String = (0..count)
                .map(|number| format!("X-{number}: a\r\n"))
                .collect();
            format!("{WHOLE}{others}").into_bytes()
        };
        assert_eq!(kinds(&others(996)), []);
        // The folded line belongs to a field that is left out.
        let more = [&others(30_000)[..], b"  folded\r\n\r\n"].concat();
        let header = Header::read(&more);
        let words = "the header has 29004 fields more than the 1000 that are read".to_owned();
        assert_eq!(header.troubles, [(TroubleKind::Header, words)]);
        assert_eq!(header.fields.len(), 1000);
        assert_eq!(header.field("X-995"), Some("a"));
    }

    #[test]
    fn values_are_joined_trimmed_and_read_as_utf_8_or_latin_1() {
        let bytes = [
            WHOLE.as_bytes(),
            "a :\t x \r\n\t y\r\n z  \r\nempty:\r\n  later\r\nvi: Bộ\r\n".as_bytes(),
            b"fr: \xe9t\xe9\r\nContent-Length: 07\r\nContent-Length: 9\r\nContent-Length: +1\r\n\r\n",
        ]
        .concat();
        let header = Header::read(&bytes);
        let expected = [
            ("A", "x y z"),
            ("empty", "later"),
            ("vi", "Bộ"),
            ("fr", "été"),
        ];
        for (name, value) in expected {
            assert_eq!(header.field(name), Some(value));
        }
        assert_eq!(header.lengths(), [7, 9]);
        assert_eq!(header.version, "1.0");
    }

    #[test]
    fn a_header_ends_behind_its_first_empty_line() {
        let table: [(&[u8], Option<usize>); 5] = [
            (b"a\r\nb\r\n\r\nc\r\n\r\n", Some(8)),
            (b"a\nb\n\nc", Some(5)),
            (b"a\nb\n\r\nc", Some(6)),
            (b"a\r\nb\r\n\r", None),
            (b"", None),
        ];
        for (bytes, expected) in table {
            assert_eq!(header_end(bytes), expected, "{bytes:?}");
        }
    }
}
