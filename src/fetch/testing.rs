//! Exchanges for the tests of this folder.

use std::time::Duration;

use chrono::DateTime;
use url::Url;

use super::failure;
use crate::model::{
    Answer, Exchange, Failure, FailureKind, HttpVersion, Purpose, Request, RunId, SiteId, Via,
};

/// An exchange as a test needs it: asked at the epoch, answered at once.
pub(super) fn exchange(url: &str, status: u16, headers: &[(&str, &str)], body: &[u8]) -> Exchange {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
    let answer = Answer {
        status,
        reason: String::new(),
        version: HttpVersion::Http11,
        headers: headers.collect(),
        body: body.to_vec(),
        truncated: None,
    };
    of_result(url, Ok(answer))
}

/// An exchange without an answer.
pub(super) fn failed(url: &str, kind: FailureKind, message: &str) -> Exchange {
    of_result(url, Err(failure::failure(kind, message)))
}

fn of_result(url: &str, result: Result<Answer, Failure>) -> Exchange {
    let url = Url::parse(url).expect("a test URL");
    Exchange {
        run: RunId::new("test"),
        request: Request::get(SiteId::new("moh"), url, Purpose::Article),
        sent_head: Vec::new(),
        asked_at: DateTime::UNIX_EPOCH,
        elapsed: Duration::ZERO,
        address: None,
        via: Via::Direct,
        tls: None,
        result,
    }
}
