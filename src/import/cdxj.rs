//! CDXJ: the index of a web archive, as Common Crawl serves it: a line a record, `surt timestamp {json}`,
//! whose JSON names address, file, offset and length. In: the index's text. Out: the ranges of files that
//! hold records of configured sites, each once, in the order of file and offset. Pure.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use serde::Deserialize;
use serde_json::Value;

use super::judge::{Asked, Passed, judge};
use crate::config::SiteProfile;

/// The longest range that is taken: a record of [`crate::archive::MAX_RECORD_BYTES`], packed.
const MAX_RANGE_BYTES: u64 = crate::archive::MAX_RECORD_BYTES;

/// One gzip member of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Range {
    /// The file, relative to the base.
    pub file: String,
    /// Its first byte.
    pub offset: u64,
    /// Its number of bytes.
    pub length: u64,
}

/// What a line of an index says.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// A record of a configured site.
    Wanted(Range),
    /// Another record.
    Passed(Passed),
}

#[derive(Deserialize)]
struct Fields {
    url: String,
    filename: String,
    offset: Value,
    length: Value,
}

/// Reads one line; `None` for an empty one or a header (`!meta`).
///
/// # Errors
/// What is wrong, in words.
pub fn read_line<'a>(
    sites: impl IntoIterator<Item = &'a SiteProfile>,
    line: &str,
) -> Result<Option<Line>, String> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('!') {
        return Ok(None);
    }
    let start = line.find('{').ok_or("there is no JSON in it")?;
    let json = line.get(start..).unwrap_or_default();
    let fields: Fields = serde_json::from_str(json).map_err(|error| error.to_string())?;
    let asked = Asked {
        method: None,
        uri: &fields.url,
        body: None,
    };
    if let Err(passed) = judge(sites, asked) {
        return Ok(Some(Line::Passed(passed)));
    }
    let range = Range {
        offset: number(&fields.offset).ok_or("its offset is no number")?,
        length: number(&fields.length).ok_or("its length is no number")?,
        file: fields.filename,
    };
    if range.length == 0 || range.length > MAX_RANGE_BYTES {
        return Err(format!("a record of {} bytes is not taken", range.length));
    }
    if !stays_below(&range.file) {
        return Err(format!("`{}` is no file below the base", range.file));
    }
    Ok(Some(Line::Wanted(range)))
}

/// Common Crawl and pywb write numbers as text.
fn number(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64(),
    }
}

/// True for a path that leads below its base and nowhere else, as a file and as an address.
fn stays_below(file: &str) -> bool {
    let is_plain =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '+' | '=' | '@');
    let mut parts = Path::new(file).components().peekable();
    file.chars().all(is_plain)
        && parts.peek().is_some()
        && parts.all(|part| matches!(part, Component::Normal(_)))
}

/// The ranges, each once, in the order of file and offset.
pub fn in_order(ranges: impl IntoIterator<Item = Range>) -> BTreeSet<Range> {
    ranges.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::config::Sites;

    static SITES: LazyLock<Sites> = LazyLock::new(|| Sites::load(None).unwrap());

    fn read(line: &str) -> Result<Option<Line>, String> {
        read_line(SITES.iter().map(|site| &site.profile), line)
    }

    const ARTICLE: &str = "https://moh.gov.vn/tin/-/asset_publisher/3Yst7YhbkA5j/content/a-b";

    fn line(file: &str, offset: &str, length: &str) -> String {
        format!(
            r#"vn,gov,moh)/tin 20200102030405 {{"url": "{ARTICLE}", "mime": "text/html", "status": "200", "digest": "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ", "length": {length}, "offset": {offset}, "filename": "{file}"}}"#
        )
    }

    #[test]
    fn a_line_of_common_crawl_names_a_range() {
        let file = "crawl-data/CC-MAIN-2020-05/segments/1/warc/CC-MAIN-2.warc.gz";
        let range = Range {
            file: file.to_owned(),
            offset: 5_678,
            length: 1_234,
        };
        let expected = Ok(Some(Line::Wanted(range.clone())));
        assert_eq!(read(&line(file, "\"5678\"", "\"1234\"")), expected);
        assert_eq!(read(&line(file, "5678", "1234")), expected, "as numbers");
        assert_eq!(read("!meta 0 {\"format\": \"x\"}"), Ok(None));
        assert_eq!(read("  "), Ok(None));
        let other = line(file, "1", "2").replace(ARTICLE, "https://vnexpress.net/");
        assert_eq!(read(&other), Ok(Some(Line::Passed(Passed::OtherHost))));
        let earlier = Range {
            offset: 1,
            ..range.clone()
        };
        let sorted = in_order([range.clone(), earlier.clone(), range.clone()]);
        assert_eq!(Vec::from_iter(sorted), [earlier, range]);
    }

    #[test]
    fn a_line_that_is_wrong_or_leads_elsewhere_is_told() {
        let table = [
            (
                "no JSON",
                "vn,gov,moh)/ 20200102030405 x".to_owned(),
                "no JSON",
            ),
            (
                "no number",
                line("a.gz", "\"x\"", "1"),
                "its offset is no number",
            ),
            ("nothing", line("a.gz", "1", "0"), "a record of 0 bytes"),
            (
                "everything",
                line("a.gz", "1", "999999999999"),
                "is not taken",
            ),
            (
                "above",
                line("../a.gz", "1", "2"),
                "is no file below the base",
            ),
            (
                "the root",
                line("/etc/passwd", "1", "2"),
                "is no file below the base",
            ),
            (
                "another host",
                line("//evil.vn/a", "1", "2"),
                "is no file below the base",
            ),
            (
                "a query",
                line("a?b", "1", "2"),
                "is no file below the base",
            ),
        ];
        for (what, line, expected) in table {
            let error = read(&line).unwrap_err();
            assert!(error.contains(expected), "{what}: {error}");
        }
    }
}
