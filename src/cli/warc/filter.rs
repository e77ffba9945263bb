//! Which records of a file are wanted.

use super::line::Line;

/// Options that choose records. All that are given have to agree.
#[derive(Debug, Default, clap::Args)]
pub(super) struct Filter {
    /// Only records of this type: response, request, revisit, …
    #[arg(long = "type", value_name = "TYPE")]
    kinds: Vec<String>,

    /// Only records whose URL holds this text
    #[arg(long, value_name = "TEXT")]
    url: Option<String>,

    /// Only answers with this status: 200, or 4xx for all of a kind
    #[arg(long, value_name = "STATUS", value_parser = read_status)]
    status: Vec<Status>,
}

impl Filter {
    /// True if types were named.
    pub(super) fn names_kinds(&self) -> bool {
        !self.kinds.is_empty()
    }

    /// True if this record is wanted.
    pub(super) fn takes(&self, line: &Line<'_>) -> bool {
        let is_kind = |kind: &String| kind.eq_ignore_ascii_case(line.kind);
        let is_url = |text: &String| line.url.is_some_and(|url| url.contains(text));
        let is_status = |status: &Status| line.status.is_some_and(|found| status.is(found));
        (self.kinds.is_empty() || self.kinds.iter().any(is_kind))
            && self.url.as_ref().is_none_or(is_url)
            && (self.status.is_empty() || self.status.iter().any(is_status))
    }
}

/// One status, or all with this first digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    One(u16),
    Hundred(u16),
}

impl Status {
    fn is(self, found: u16) -> bool {
        match self {
            Self::One(status) => status == found,
            Self::Hundred(digit) => digit == found / 100,
        }
    }
}

fn read_status(text: &str) -> Result<Status, String> {
    let read = match text.strip_suffix("xx") {
        Some(digit) => digit
            .parse()
            .ok()
            .filter(|digit| (1..=9).contains(digit))
            .map(Status::Hundred),
        None => text
            .parse()
            .ok()
            .filter(|status| (100..=999).contains(status))
            .map(Status::One),
    };
    read.ok_or_else(|| "a status such as 200, or 4xx".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_a_number_or_a_kind() {
        let table = [
            ("200", Some(Status::One(200))),
            ("4xx", Some(Status::Hundred(4))),
            ("99", None),
            ("1000", None),
            ("0xx", None),
            ("xx", None),
            ("ok", None),
        ];
        for (text, expected) in table {
            assert_eq!(read_status(text).ok(), expected, "{text}");
        }
        assert!(Status::Hundred(4).is(404) && !Status::Hundred(4).is(504));
        assert!(Status::One(404).is(404) && !Status::One(404).is(400));
    }
}
