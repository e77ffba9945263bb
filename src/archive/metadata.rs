//! The `metadata` record of an exchange: what WARC itself has no field for, one `name: value` line
//! each (`application/warc-fields`). With it and the header fields an exchange can be made again
//! from the archive alone. It is the last record of its exchange: when it is whole, the exchange is.

use std::time::Duration;

use serde::de::value::{Error as WordError, StrDeserializer};
use serde::de::{Deserialize, IntoDeserializer};

use super::http::{self, Headers};
use crate::model::{Exchange, Sequence, TlsSession};

/// `Content-Type` of `warcinfo` and `metadata` blocks.
pub(super) const WARC_FIELDS: &str = "application/warc-fields";

/// The line that says up to which byte the file was fsynced when its exchange was appended. What a
/// power cut spoiled lies behind that byte; damage before it has another cause ([`super::recover()`]).
pub(super) const DURABLE_TO: &str = "durable-to";

/// Lines of a `metadata` or `warcinfo` block.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fields(Headers);

impl Fields {
    /// Adds a line. A line end in the value becomes a space.
    pub(super) fn add(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.0
            .push((name.to_owned(), http::one_line(value.as_ref())));
    }

    /// Adds a line if there is a value.
    pub(super) fn add_some(&mut self, name: &str, value: Option<impl AsRef<[u8]>>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    /// The block.
    pub(super) fn to_block(&self) -> Vec<u8> {
        self.0
            .iter()
            .flat_map(|(name, value)| http::header_line(name, value))
            .collect()
    }

    /// Reads a block; lines without a colon are passed over.
    pub(super) fn of_block(block: &[u8]) -> Self {
        Self(
            http::lines(block)
                .filter_map(http::parse_header_line)
                .collect(),
        )
    }

    /// The first value of a name.
    pub(super) fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_slice())
    }

    /// The first value of a name as text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.bytes(name)
            .and_then(|value| std::str::from_utf8(value).ok())
    }

    /// Every value of a name.
    pub(super) fn all(&self, name: &'static str) -> impl Iterator<Item = &[u8]> {
        self.0
            .iter()
            .filter(move |(known, _)| known == name)
            .map(|(_, value)| value.as_slice())
    }

    /// A value that parses: a number, a URL, an address.
    pub(super) fn parsed<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.text(name).and_then(|text| text.parse().ok())
    }

    /// A value that is a word of an enum of the model.
    pub(super) fn word<'de, T: Deserialize<'de>>(&'de self, name: &str) -> Option<T> {
        self.text(name).and_then(word)
    }

    /// The number of the exchange. Only the metadata records of exchanges have one.
    pub(super) fn sequence(&self) -> Option<Sequence> {
        self.parsed("sequence").map(Sequence)
    }

    /// The TLS session; none if the exchange had none, or nothing is known of it.
    pub(super) fn tls(&self) -> Option<TlsSession> {
        let text = |name| self.text(name).map(str::to_owned);
        let tls = TlsSession {
            protocol: text("tls"),
            library: text("tls-library"),
            not_known: text("tls-not-known"),
        };
        (tls != TlsSession::default()).then_some(tls)
    }

    /// A time span in microseconds.
    pub(super) fn micros(&self, name: &str) -> Option<Duration> {
        self.parsed(name).map(Duration::from_micros)
    }
}

/// A word of an enum of the model, as its serde names say.
pub(super) fn word<'de, T: Deserialize<'de>>(text: &'de str) -> Option<T> {
    let deserializer: StrDeserializer<'de, WordError> = text.into_deserializer();
    T::deserialize(deserializer).ok()
}

/// The lines that every exchange has, answered or not. `elapsed-us` is in whole microseconds.
pub(super) fn of_exchange(sequence: Sequence, exchange: &Exchange, profile_digest: &str) -> Fields {
    let request = &exchange.request;
    let mut fields = Fields::default();
    fields.add("sequence", sequence.to_string());
    fields.add("run", exchange.run.as_str());
    fields.add("site", request.site.as_str());
    fields.add("profile-sha256", profile_digest);
    fields.add("purpose", request.purpose.as_str());
    fields.add_some("section", request.section.as_ref().map(|id| id.as_str()));
    fields.add("method", request.method.as_str());
    for (name, value) in &request.headers {
        fields.add("request-header", format!("{name}: {value}"));
    }
    // As a JSON string, because a body may have line ends.
    fields.add_some(
        "request-body",
        request
            .body
            .as_deref()
            .map(|body| serde_json::Value::from(body).to_string()),
    );
    fields.add("via", exchange.via.as_str());
    fields.add_some(
        "address",
        exchange.address.map(|address| address.to_string()),
    );
    if let Some(tls) = &exchange.tls {
        fields.add_some("tls", tls.protocol.as_deref());
        fields.add_some("tls-library", tls.library.as_deref());
        fields.add_some("tls-not-known", tls.not_known.as_deref());
    }
    fields.add("elapsed-us", exchange.elapsed.as_micros().to_string());
    fields
}
