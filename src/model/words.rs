//! Words: text of the web as part of a message, short and plain.

/// The longest message kept, in characters (our choice).
const MOST_CHARACTERS: usize = 400;

/// `text` without control characters and marks of writing direction, which could pass for terminal
/// codes or turn a line around, and of bounded length.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .filter(|char| !char.is_control() && !is_direction(*char))
        .take(MOST_CHARACTERS)
        .collect()
}

/// The marks of the Unicode bidirectional algorithm (UAX 9, section 2).
fn is_direction(char: char) -> bool {
    matches!(
        char,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_short_and_plain() {
        let long = format!("a\u{1b}[31m\r\n\u{9b}\u{202e}\u{2066}é{}", "x".repeat(1000));
        let words = plain(&long);
        assert_eq!(words.chars().count(), MOST_CHARACTERS);
        assert!(words.starts_with("a[31méx"), "{words}");
    }
}
