//! Line: one event as text. Pure.

use std::fmt::{Debug, Write};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::{Map, Serializer, Value};
use tracing::Level;
use tracing::field::{Field, Visit};

use crate::export::Harmless;

/// Name of the field that holds an event's words.
const MESSAGE: &str = "message";

/// The fields of an event, in the order in which they were given.
#[derive(Debug, Default)]
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    fn set(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn message(&self) -> &str {
        self.0.get(MESSAGE).and_then(Value::as_str).unwrap_or("")
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.set(field, format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, value);
    }
}

/// `2026-11-28T01:02:03.004Z`, the level, the event's name, the message, then its other fields. What another
/// crate logs has its `target` too.
pub(super) fn json(now: DateTime<Utc>, level: Level, target: &str, fields: Fields) -> String {
    let mut fields = fields.0;
    let mut line = Map::new();
    line.insert(
        "time".to_owned(),
        now.to_rfc3339_opts(SecondsFormat::Millis, true).into(),
    );
    line.insert("level".to_owned(), word(level).into());
    for first in ["event", MESSAGE] {
        line.extend(fields.remove(first).map(|value| (first.to_owned(), value)));
    }
    if !target.starts_with("khotin") {
        line.insert("target".to_owned(), target.into());
    }
    line.extend(fields);
    let mut text = Vec::new();
    let written = line.serialize(&mut Serializer::with_formatter(
        &mut text,
        Harmless::compact(),
    ));
    // A map of texts and numbers can be written.
    debug_assert!(written.is_ok());
    text.push(b'\n');
    String::from_utf8_lossy(&text).into_owned()
}

/// `01:02:03Z warn: the message`. It reads alone; its fields are for machines.
pub(super) fn for_people(
    now: DateTime<Utc>,
    level: Level,
    fields: &Fields,
    has_colours: bool,
) -> String {
    let mut text = String::new();
    // Writing into a String does not fail.
    let _ = write!(text, "{} ", now.format("%H:%M:%SZ"));
    let _ = match (has_colours, colour(level)) {
        (true, Some(colour)) => write!(text, "\x1b[{colour}m{}\x1b[0m: ", word(level)),
        _ => write!(text, "{}: ", word(level)),
    };
    let is_obeyed = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}')
            || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let message = fields.message().chars();
    text.extend(message.map(|c| if is_obeyed(c) { ' ' } else { c }));
    text.push('\n');
    text
}

/// Red and yellow, for what wants to be seen (ECMA-48, section 8.3.117).
fn colour(level: Level) -> Option<u8> {
    match level {
        Level::ERROR => Some(31),
        Level::WARN => Some(33),
        _ => None,
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a\u{1b}[31mb\r\n\u{9b}2Jc\u{202e}d\u{2028}đ";

    fn fields() -> Fields {
        let mut fields = Map::new();
        fields.insert("sequence".to_owned(), 7.into());
        fields.insert("event".to_owned(), "page".into());
        fields.insert(MESSAGE.to_owned(), HOSTILE.into());
        fields.insert("url".to_owned(), HOSTILE.into());
        Fields(fields)
    }

    fn now() -> DateTime<Utc> {
        "2026-11-28T01:02:03.004Z".parse().unwrap()
    }

    #[test]
    fn a_line_of_json_begins_with_time_level_event_and_message() {
        let line = json(now(), Level::INFO, "khotin::pipeline", fields());
        let begin = r#"{"time":"2026-11-28T01:02:03.004Z","level":"info","event":"page","message":"a\u001b[31mb"#;
        assert!(line.starts_with(begin), "{line}");
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            (&read["url"], &read["sequence"]),
            (&HOSTILE.into(), &7.into())
        );
        assert_eq!(read.get("target"), None);
        let foreign = json(now(), Level::WARN, "hyper::proto", fields());
        assert!(foreign.contains(r#""target":"hyper::proto""#), "{foreign}");
    }

    #[test]
    fn no_line_holds_a_control_character_of_the_web() {
        let lines = [
            json(now(), Level::INFO, "khotin", fields()),
            for_people(now(), Level::WARN, &fields(), false),
        ];
        for line in lines {
            let line = line.strip_suffix('\n').unwrap();
            let is_harmful = |c: char| c.is_control() || matches!(c, '\u{202e}' | '\u{2028}');
            assert!(!line.contains(is_harmful), "{line:?}");
        }
        let expected = "01:02:03Z warn: a [31mb   2Jc d đ\n";
        assert_eq!(for_people(now(), Level::WARN, &fields(), false), expected);
        let coloured = for_people(now(), Level::WARN, &fields(), true);
        assert_eq!(
            coloured,
            expected.replace("warn", "\u{1b}[33mwarn\u{1b}[0m")
        );
    }
}
