//! A command's answer as JSON on standard output, which may be a terminal.

use std::io::Write;

use serde::Serialize;

/// Prints one indented JSON document. Control characters that JSON allows as they are (U+007F to
/// U+009F, which terminals obey) are escaped too; they can stand only inside of strings.
pub(crate) fn write_json(out: &mut dyn Write, answer: &impl Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(answer)?;
    let is_control = |c: char| matches!(c, '\u{7f}'..='\u{9f}');
    let mut rest = text.as_str();
    while let Some((before, c, after)) = split_at(rest, is_control) {
        write!(out, "{before}\\u{:04x}", u32::from(c))?;
        rest = after;
    }
    writeln!(out, "{rest}")?;
    Ok(())
}

/// The text before the first such character, the character, and the text behind it.
fn split_at(text: &str, is_such: impl Fn(char) -> bool) -> Option<(&str, char, &str)> {
    let (start, c) = text.char_indices().find(|(_, c)| is_such(*c))?;
    Some((text.get(..start)?, c, text.get(start + c.len_utf8()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_character_is_left_and_the_value_is_the_same() {
        let value = "a\u{1b}[2J\u{9b}2J\u{7f}đ\u{9c}";
        let mut out = Vec::new();
        write_json(&mut out, &value).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, "\"a\\u001b[2J\\u009b2J\\u007fđ\\u009c\"\n");
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), value);
    }
}
