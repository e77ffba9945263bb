//! Fetch: one allowed [`Request`](crate::model::Request) in, one [`Exchange`] out. The only module
//! that opens connections.
//!
//! Politeness is a type. The only way to a socket is [`Fetcher::fetch`], which takes a [`Permit`];
//! the only way to a permit is a [`Gate`], which asks scope, robots.txt and the pace, in that order.
//! A permit holds its pace group's turn until the exchange is over.
//!
//! ```text
//! Ask ──> Gate: scope ─> robots.txt ─> pace ──> Permit ──> Fetcher: address, TLS, HTTP ──> Exchange
//!            └─ Refusal: why it is not sent                   a failure is an exchange too ┘
//! ```
//!
//! A redirect is not followed here: [`redirect_target`] says where it leads, and the caller sends a
//! new request through the gate, hop by hop. The body stays as sent (transfer coding removed), so
//! that a page archived today can be read again with better rules in ten years. Not here: which
//! request is next (frontier), writing to disk (archive), decoding (extract).

mod address;
mod client;
mod failure;
mod framing;
mod gate;
mod handshake;
mod head;
mod network;
mod options;
mod pace;
mod ranges;
mod redirect;
mod retry;
mod robots;
mod robots_ask;
#[cfg(test)]
mod testing;
mod tls;

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::model::{Exchange, FailureKind, Truncation};

pub use address::{AddressError, AddressPolicy, forbidden};
pub use client::Fetcher;
pub use gate::{Ask, Conditional, Gate, GateSettings, Lane, Permit, Refusal, ScopeRule};
pub use handshake::{Handshake, ShownCertificate};
pub use network::{LookUp, Network, SystemNetwork};
pub use options::FetchOptions;
pub use pace::{
    LedgerError, MemoryLedger, Pace, PaceLedger, PaceNote, PaceRules, PaceSettings, Waiting,
};
pub use ranges::OwnRanges;
pub use redirect::{RedirectError, redirect_target};
pub use retry::{Backoff, MAX_RETRY_AFTER, RetryAfter, retry_after};
pub use robots::{LastGood, Permission, RobotsCopy, RobotsKind, Verdict};
pub use robots_ask::{RobotsAsk, RobotsStep};

/// The wall clock, passed in so that tests can set it. Waits use the monotonic clock instead.
pub trait Clock: Send + Sync {
    /// Now, UTC.
    fn now_utc(&self) -> DateTime<Utc>;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_utc(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// What became of an exchange, in the words of reports and WARC metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// A whole answer with this status.
    Answered(u16),
    /// An answer with this status whose body is not whole: kept, never read as an article.
    Cut(u16, Truncation),
    /// No answer.
    Failed(FailureKind),
}

impl Outcome {
    /// What became of `exchange`.
    pub fn of(exchange: &Exchange) -> Self {
        match &exchange.result {
            Ok(answer) => match answer.truncated {
                None => Self::Answered(answer.status),
                Some(truncation) => Self::Cut(answer.status, truncation),
            },
            Err(failure) => Self::Failed(failure.kind),
        }
    }

    /// True when asking again later may help (our choice of statuses and failures).
    ///
    /// A body over the length cap is not transient: it would be as long the next time.
    pub fn is_transient(self) -> bool {
        match self {
            Self::Answered(status) => retry::is_transient_status(status),
            Self::Cut(_, truncation) => truncation != Truncation::Length,
            Self::Failed(kind) => retry::is_transient_failure(kind),
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Answered(status) => write!(f, "{status}"),
            Self::Cut(status, truncation) => {
                write!(f, "{status} truncated {}", truncation.as_str())
            }
            Self::Failed(kind) => write!(f, "failed {}", kind.as_str()),
        }
    }
}

/// Why fetching cannot start, or not go on as asked. Why one request was not sent is a [`Refusal`];
/// why it was not answered is in its [`Exchange`].
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// An option cannot be used.
    #[error("fetch option `{option}` cannot be used: {why}")]
    Option {
        /// Its name.
        option: &'static str,
        /// What is wrong, with the value.
        why: String,
    },
    /// The pace is faster than the public may be asked.
    #[error("pace group with {gap_ms} ms between requests and {connections} connections")]
    TooFast {
        /// Milliseconds between two requests.
        gap_ms: u128,
        /// Connections at a time.
        connections: usize,
    },
    /// The server wishes for a longer pause than a run waits: we do not come early.
    #[error("server asks for a pause of {} s, more than the {} s that a run waits", .wish.as_secs(), .ceiling.as_secs())]
    LongPause {
        /// What the server wishes.
        wish: Duration,
        /// The longest pause within a run.
        ceiling: Duration,
    },
    /// The time of the last request cannot be stored, so nothing may be sent.
    #[error("cannot keep the pace of group {group}")]
    Ledger {
        /// The pace group.
        group: String,
        /// Why.
        source: LedgerError,
    },
    /// The pace group is held for longer than a run waits.
    #[error("pace group {group} is held for {} s, more than the {} s that a run waits", .wait.as_secs(), .ceiling.as_secs())]
    Held {
        /// The pace group.
        group: String,
        /// How long it is held from now.
        wait: Duration,
        /// The longest wait within a run.
        ceiling: Duration,
    },
    /// The host of the pace group was down for longer than a run waits.
    #[error("the site does not answer: {failures} failures in a row, next probe at {}", .next_probe.to_rfc3339_opts(chrono::SecondsFormat::Secs, true))]
    Down {
        /// Failures in a row.
        failures: u32,
        /// Nothing is asked before.
        next_probe: DateTime<Utc>,
    },
}

impl FetchError {
    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Option { .. } => "correct the option in config.toml",
            Self::TooFast { .. } => {
                "set at least 200 ms and one connection; faster only where a loopback address or a \
                 `resolve` line of config.toml says that the server is yours"
            }
            Self::LongPause { .. } | Self::Held { .. } | Self::Down { .. } => {
                "run the same command again after that time; nothing is lost"
            }
            Self::Ledger { .. } => {
                "look at the disk and the permissions of khotin.db; nothing is sent before the time \
                 of a request is stored"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_has_one_word_and_says_whether_to_ask_again() {
        let table = [
            // what, outcome, text, transient
            ("whole", Outcome::Answered(200), "200", false),
            ("not there", Outcome::Answered(404), "404", false),
            ("busy", Outcome::Answered(503), "503", true),
            (
                "too long",
                Outcome::Cut(200, Truncation::Length),
                "200 truncated length",
                false,
            ),
            (
                "broken off",
                Outcome::Cut(200, Truncation::Disconnect),
                "200 truncated disconnect",
                true,
            ),
            (
                "slow",
                Outcome::Failed(FailureKind::Timeout),
                "failed timeout",
                true,
            ),
            (
                "not ours to reach",
                Outcome::Failed(FailureKind::ForbiddenAddress),
                "failed forbidden_address",
                false,
            ),
        ];
        for (what, outcome, text, transient) in table {
            assert_eq!(outcome.to_string(), text, "{what}");
            assert_eq!(outcome.is_transient(), transient, "{what}");
        }
    }
}
