//! From the HTTP client's errors to our kinds of failure.
//!
//! The client wraps causes in causes; we look through the whole chain for the one that says most.

use std::error::Error;
use std::io;
use std::time::Duration;

use url::Url;

use super::address::AddressError;
use super::tls;
use crate::model::{Failure, FailureKind, Truncation, plain};

/// A failure with a message of bounded length and without control characters: part of it may come
/// from the server.
pub(super) fn failure(kind: FailureKind, message: &str) -> Failure {
    Failure {
        kind,
        message: plain(message),
    }
}

/// Nothing came in time.
pub(super) fn header_timeout(url: &Url, limit: Duration) -> Failure {
    let message = format!("no answer for {url} within {} ms", limit.as_millis());
    failure(FailureKind::Timeout, &message)
}

/// Why there is no answer.
pub(super) fn of_request(url: &Url, error: &reqwest::Error) -> Failure {
    let kind = kind_of(url, error);
    let chain = Chain(Some(error));
    let cause = chain.last().map(ToString::to_string).unwrap_or_default();
    let what = match kind {
        FailureKind::Dns | FailureKind::ForbiddenAddress => cause,
        FailureKind::Connect => format!("no connection for {url}: {cause}"),
        FailureKind::Tls if error.is_connect() => no_tls(url, &why_no_tls(error).unwrap_or(cause)),
        FailureKind::Tls => format!("the TLS session for {url} broke: {cause}"),
        FailureKind::Timeout => {
            format!("no connection for {url} in time (`connect_timeout`: name, TCP and TLS)")
        }
        FailureKind::Disconnect => format!("connection for {url} broke before an answer: {cause}"),
        FailureKind::Protocol => format!("no HTTP answer for {url}: {cause}"),
    };
    failure(kind, &what)
}

/// Of a URL only the origin is said: the words about TLS need the room.
pub(super) fn no_tls(url: &Url, why: &str) -> String {
    let origin = url.origin().ascii_serialization();
    format!("no TLS session with {origin}: {why}")
}

/// What the TLS library says, else how the connection ended.
fn why_no_tls(error: &reqwest::Error) -> Option<String> {
    let said = Chain(Some(error)).find_map(tls::of_cause);
    said.or_else(|| io_kinds(error).last().map(tls::of_end))
}

/// Why a body is not whole.
pub(super) fn of_body(error: &reqwest::Error) -> Truncation {
    if error.is_timeout() {
        Truncation::Time
    } else if is_broken_off(error) {
        Truncation::Disconnect
    } else {
        Truncation::Unspecified
    }
}

/// True if nothing of the request can have reached the server.
pub(super) fn is_before_sending(error: &reqwest::Error) -> bool {
    error.is_connect() || error.is_builder()
}

fn kind_of(url: &Url, error: &reqwest::Error) -> FailureKind {
    for cause in Chain(Some(error)) {
        match cause.downcast_ref::<AddressError>() {
            Some(AddressError::Unresolved { .. }) => return FailureKind::Dns,
            Some(AddressError::Forbidden { .. } | AddressError::NotLookedUp { .. }) => {
                return FailureKind::ForbiddenAddress;
            }
            None => {}
        }
        if tls::of_cause(cause).is_some() {
            return FailureKind::Tls;
        }
    }
    if error.is_timeout() {
        FailureKind::Timeout
    } else if error.is_connect() {
        // A TCP connection that ends or is reset while connecting was there: TLS broke it off.
        let in_handshake = io_kinds(error).any(|kind| {
            matches!(
                kind,
                io::ErrorKind::UnexpectedEof
                    | io::ErrorKind::InvalidData
                    | io::ErrorKind::ConnectionReset
            )
        });
        if url.scheme() == "https" && in_handshake {
            FailureKind::Tls
        } else {
            FailureKind::Connect
        }
    } else if is_broken_off(error) {
        FailureKind::Disconnect
    } else {
        FailureKind::Protocol
    }
}

/// True if the connection ended or broke, as opposed to bytes that are not HTTP.
fn is_broken_off(error: &reqwest::Error) -> bool {
    let by_hyper = Chain(Some(error))
        .filter_map(|cause| cause.downcast_ref::<hyper::Error>())
        .any(|cause| cause.is_incomplete_message() || cause.is_canceled() || cause.is_closed());
    by_hyper
        || io_kinds(error).any(|kind| {
            matches!(
                kind,
                io::ErrorKind::UnexpectedEof
                    | io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::BrokenPipe
                    | io::ErrorKind::NotConnected
                    | io::ErrorKind::TimedOut
            )
        })
}

fn io_kinds(error: &reqwest::Error) -> impl Iterator<Item = io::ErrorKind> {
    Chain(Some(error))
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .map(io::Error::kind)
}

/// An error, its cause, the cause's cause and so on. An [`io::Error`] hides the error inside it
/// from `source`, so it is asked by name.
struct Chain<'a>(Option<&'a (dyn Error + 'static)>);

impl<'a> Iterator for Chain<'a> {
    type Item = &'a (dyn Error + 'static);

    fn next(&mut self) -> Option<Self::Item> {
        let error = self.0.take()?;
        let inner = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
            .map(|inner| inner as &(dyn Error + 'static));
        self.0 = inner.or_else(|| error.source());
        Some(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_inside_an_io_error_is_found() {
        let inner = AddressError::NotLookedUp {
            host: "a.vn".to_owned(),
        };
        let outer = io::Error::other(io::Error::other(inner));
        assert!(Chain(Some(&outer)).any(|cause| cause.is::<AddressError>()));
    }
}
