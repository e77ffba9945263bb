//! JSON: text of an interface's answer in, a value out, or why it can not be read. Bounded in memory
//! whatever the answer is (design, decision 9): a value takes some 70 bytes and a digit one, so the
//! values are counted before the first is built. Depth has serde_json's own cap, 128.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// The most values of one answer: numbers, texts, lists and objects, keys not counted. Our choice:
/// as many as a page may have nodes; an answer of 16 MiB of real items has about 300,000.
pub(super) const MAX_VALUES: usize = 500_000;

/// Why an answer is not built into a value.
#[derive(Debug, thiserror::Error)]
pub(super) enum JsonError {
    /// Too many values.
    #[error("JSON has more than {MAX_VALUES} values")]
    TooManyValues,
    /// No JSON, or nested deeper than 128.
    #[error("body is not JSON: {0}")]
    Broken(#[from] serde_json::Error),
}

/// Reads an answer. The second value is true if it held halves of characters (`\ud83d` alone, what
/// is left of a text that was cut inside of a character); each became U+FFFD, as browsers show it.
///
/// # Errors
/// [`JsonError`].
pub(super) fn parse(text: &str) -> Result<(Value, bool), JsonError> {
    let whole = with_whole_characters(text);
    let values = Cell::new(0);
    let mut counting = serde_json::Deserializer::from_str(&whole);
    let counted = Count(&values).deserialize(&mut counting);
    if values.get() > MAX_VALUES {
        return Err(JsonError::TooManyValues);
    }
    counted?;
    let value = serde_json::from_str(&whole)?;
    Ok((value, matches!(whole, Cow::Owned(_))))
}

/// Puts `\ufffd` for each escaped half of a surrogate pair that stands alone (RFC 8259, section 8.2).
fn with_whole_characters(text: &str) -> Cow<'_, str> {
    let mut whole = String::new();
    let mut copied = 0;
    let mut from = 0;
    while let Some(at) = find_from(text, from, "\\") {
        from = at + 2; // behind the sign that the backslash is for
        let Some(unit) = unit_at(text, at) else {
            continue;
        };
        let is_pair = matches!(unit, 0xd800..=0xdbff)
            && matches!(unit_at(text, at + 6), Some(0xdc00..=0xdfff));
        if is_pair {
            from = at + 12;
        } else if matches!(unit, 0xd800..=0xdfff) {
            whole.push_str(text.get(copied..at).unwrap_or_default());
            whole.push_str("\\ufffd");
            copied = at + 6;
            from = copied;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    whole.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(whole)
}

fn find_from(text: &str, from: usize, sign: &str) -> Option<usize> {
    let from = text.ceil_char_boundary(from);
    Some(text.get(from..)?.find(sign)? + from)
}

/// The number of a `\u0000` escape at this place.
fn unit_at(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_hex.then(|| u16::from_str_radix(digits, 16).ok())?
}

/// Counts values and keeps none.
struct Count<'a>(&'a Cell<usize>);

impl<'de> DeserializeSeed<'de> for Count<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.set(self.0.get() + 1);
        if self.0.get() > MAX_VALUES {
            return Err(D::Error::custom("too many values"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Count<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Count(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while fields.next_key::<IgnoredAny>()?.is_some() {
            fields.next_value_seed(Count(self.0))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_browsers_read_is_read() {
        let table = [
            (
                "plain",
                r#"{"a": [1, -2, 0.5, true, null, "x"]}"#,
                json!({"a": [1, -2, 0.5, true, null, "x"]}),
                false,
            ),
            (
                "the last of equal keys",
                r#"{"a": 1, "a": 2}"#,
                json!({"a": 2}),
                false,
            ),
            ("a pair", r#""😷 \ud83d\ude37""#, json!("😷 😷"), false),
            (
                "the first half alone",
                r#""a\ud83d""#,
                json!("a\u{fffd}"),
                true,
            ),
            (
                "the second half alone",
                r#""\uDE37a""#,
                json!("\u{fffd}a"),
                true,
            ),
            (
                "two first halves",
                r#""\ud83d\ud83d\ude37""#,
                json!("\u{fffd}😷"),
                true,
            ),
            (
                "a backslash, then letters",
                r#""\\ud83d""#,
                json!("\\ud83d"),
                false,
            ),
            (
                "behind a letter of several bytes",
                r#""ế\ud83dế""#,
                json!("ế\u{fffd}ế"),
                true,
            ),
        ];
        for (what, text, expected, is_mended) in table {
            assert_eq!(parse(text).unwrap(), (expected, is_mended), "{what}");
        }
    }

    #[test]
    fn what_is_no_json_or_too_much_is_said() {
        let many = format!("[{}1]", "1,".repeat(MAX_VALUES));
        let within = format!("[{}1]", "1,".repeat(MAX_VALUES - 2));
        assert!(parse(&within).is_ok());
        let table = [
            ("many", many.as_str(), "JSON has more than 500000 values"),
            (
                "deep",
                &"[".repeat(100_000),
                "body is not JSON: recursion limit exceeded at line 1 column 128",
            ),
            (
                "no number",
                "[NaN]",
                "body is not JSON: expected value at line 1 column 2",
            ),
            (
                "cut",
                "{\"a\":",
                "body is not JSON: EOF while parsing a value at line 1 column 5",
            ),
            (
                "an escape that ends the text",
                "\"\\",
                "body is not JSON: EOF while parsing a string at line 1 column 2",
            ),
            (
                "half an escape",
                "\"\\ud8",
                "body is not JSON: EOF while parsing a string at line 1 column 5",
            ),
        ];
        for (what, text, expected) in table {
            assert_eq!(parse(text).unwrap_err().to_string(), expected, "{what}");
        }
    }
}
