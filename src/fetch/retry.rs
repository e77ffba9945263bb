//! Which failures are tried again, and after how long.
//!
//! In: a status, a failure, a `Retry-After` field. Out: a pause. The server's own wish wins; without
//! one the pause doubles. Pure: the time comes in as a value. Not here: the waiting itself
//! ([`super::pace`]) and how many times one request is tried (frontier).

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};

use super::FetchError;
use crate::model::{Answer, Exchange, FailureKind};

/// The longest `Retry-After` that we believe: one day (our choice). More is cut to it, and said.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a host is left alone after failures in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// After the first failure; each further one doubles it.
    pub first: Duration,
    /// The longest pause within a run.
    pub ceiling: Duration,
}

impl Default for Backoff {
    /// 5 s, at most 10 minutes (our choice).
    fn default() -> Self {
        Self {
            first: Duration::from_secs(5),
            ceiling: Duration::from_secs(600),
        }
    }
}

impl Backoff {
    /// How long to leave a host alone after its `failures`-th failure in a row (1 for the first).
    ///
    /// The server's own wish wins: `wish` (RFC 9110, section 10.2.3, already read). Without one the
    /// pause doubles from [`first`](Self::first) up to [`ceiling`](Self::ceiling).
    ///
    /// # Errors
    /// [`FetchError::LongPause`] if the server wishes for more than the ceiling: we do not come early.
    ///
    /// # Examples
    /// ```
    /// # use khotin::fetch::Backoff;
    /// let pause = Backoff::default().pause_after(3, None).map(|pause| pause.as_secs());
    /// assert_eq!(pause.ok(), Some(20));
    /// ```
    pub fn pause_after(
        &self,
        failures: u32,
        wish: Option<Duration>,
    ) -> Result<Duration, FetchError> {
        if let Some(wish) = wish {
            return if wish > self.ceiling {
                Err(FetchError::LongPause {
                    wish,
                    ceiling: self.ceiling,
                })
            } else {
                Ok(wish)
            };
        }
        Ok(self.pause(failures))
    }

    /// The pause without a wish of the server.
    pub(super) fn pause(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let pause = self.first.saturating_mul(1_u32 << doublings);
        pause.min(self.ceiling)
    }
}

/// A `Retry-After` field as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryAfter {
    /// How long the server wants to be left alone; none if the field cannot be read.
    pub wait: Option<Duration>,
    /// What was odd, for the log.
    pub note: Option<String>,
}

/// Reads a `Retry-After` field: whole seconds or an HTTP date (RFC 9110, section 10.2.3).
///
/// A date is counted from the server's own `date` field, because clocks lie; without a readable one
/// from `now`. A date in the past is no wait, and more than [`MAX_RETRY_AFTER`] is cut to it.
///
/// # Examples
/// ```
/// # use khotin::fetch::retry_after;
/// let read = retry_after("120", None, chrono::DateTime::UNIX_EPOCH);
/// assert_eq!(read.wait.map(|wait| wait.as_secs()), Some(120));
/// ```
pub fn retry_after(field: &str, date: Option<&str>, now: DateTime<Utc>) -> RetryAfter {
    let text = field.trim();
    let wait = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are still a very long wait.
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else if let Some(at) = http_date(text) {
        let from = date.and_then(http_date).unwrap_or(now);
        (at - from).to_std().unwrap_or(Duration::ZERO)
    } else {
        let shown: String = text.chars().take(40).collect();
        return RetryAfter {
            wait: None,
            note: Some(format!(
                "retry-after {shown:?} is neither seconds nor a date"
            )),
        };
    };
    if wait > MAX_RETRY_AFTER {
        let note = format!(
            "retry-after of {} s is cut to {} s",
            wait.as_secs(),
            MAX_RETRY_AFTER.as_secs()
        );
        return RetryAfter {
            wait: Some(MAX_RETRY_AFTER),
            note: Some(note),
        };
    }
    RetryAfter {
        wait: Some(wait),
        note: None,
    }
}

/// Reads the three date forms of RFC 9110, section 5.6.7.
fn http_date(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(date) = DateTime::parse_from_rfc2822(text) {
        return Some(date.with_timezone(&Utc));
    }
    ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .map(|date| date.and_utc())
}

/// True for statuses that may be different later (RFC 9110; 425 is RFC 8470, 429 RFC 6585).
pub(super) fn is_transient_status(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

/// True for failures that may be different later. A wrong certificate or a forbidden address will
/// be the same in a minute, and what is not HTTP today will hardly be.
pub(super) fn is_transient_failure(kind: FailureKind) -> bool {
    match kind {
        FailureKind::Dns
        | FailureKind::Connect
        | FailureKind::Timeout
        | FailureKind::Disconnect => true,
        FailureKind::ForbiddenAddress | FailureKind::Tls | FailureKind::Protocol => false,
    }
}

/// What an exchange means for its whole pace group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Aftermath {
    /// The server is there and works.
    Fine,
    /// The server cannot or does not want to serve us now: the group pauses.
    Trouble {
        /// The server's own wish.
        wish: Option<Duration>,
    },
}

/// Says whether `exchange` is trouble for the whole group: 429, 503, any refusal with a readable
/// `Retry-After` (design, decision 7), no contact at all, or a certificate that is not good: it is the
/// host's, not the page's. A 500 or 502 may be one broken page; only its own request is tried later.
pub(super) fn aftermath(exchange: &Exchange, now: DateTime<Utc>) -> Aftermath {
    match &exchange.result {
        Err(failure) if is_transient_failure(failure.kind) || failure.kind == FailureKind::Tls => {
            Aftermath::Trouble { wish: None }
        }
        Err(_) => Aftermath::Fine,
        Ok(answer) => {
            let wish = server_wish(answer, now);
            if matches!(answer.status, 429 | 503) || (answer.status >= 400 && wish.is_some()) {
                Aftermath::Trouble { wish }
            } else {
                Aftermath::Fine
            }
        }
    }
}

/// The wait that the answer's `Retry-After` asks for. What is odd in it goes to the log.
fn server_wish(answer: &Answer, now: DateTime<Utc>) -> Option<Duration> {
    let read = retry_after(answer.header("retry-after")?, answer.header("date"), now);
    if let Some(note) = read.note {
        tracing::warn!(event = "odd_retry_after", status = answer.status, "{note}");
    }
    read.wait
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text)
            .expect("a test time")
            .to_utc()
    }

    #[test]
    fn the_pause_doubles_up_to_the_ceiling_and_the_server_may_wish_for_another() {
        let backoff = Backoff {
            first: Duration::from_secs(5),
            ceiling: Duration::from_secs(60),
        };
        let table = [
            // what, failures, wish in seconds, pause in seconds (none: too long)
            ("first", 1, None, Some(5)),
            ("second", 2, None, Some(10)),
            ("third", 3, None, Some(20)),
            ("fifth is cut", 5, None, Some(60)),
            ("very many do not overflow", u32::MAX, None, Some(60)),
            ("none yet counts as the first", 0, None, Some(5)),
            ("a short wish", 4, Some(1), Some(1)),
            ("no wait wished", 4, Some(0), Some(0)),
            ("the ceiling itself", 1, Some(60), Some(60)),
            ("more than the ceiling", 1, Some(61), None),
        ];
        for (what, failures, wish, seconds) in table {
            let pause = backoff.pause_after(failures, wish.map(Duration::from_secs));
            assert_eq!(pause.ok().map(|pause| pause.as_secs()), seconds, "{what}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_anything_else_is_said() {
        let now = at("2026-11-22T08:00:00Z");
        let day = 24 * 60 * 60;
        let table = [
            // what, field, date field, seconds, has a note
            ("seconds", "120", None, Some(120), false),
            ("none", "0", None, Some(0), false),
            ("spaces around", " 7 ", None, Some(7), false),
            (
                "date",
                "Sun, 22 Nov 2026 08:01:00 GMT",
                None,
                Some(60),
                false,
            ),
            (
                "date in the past",
                "Sun, 22 Nov 2026 07:00:00 GMT",
                None,
                Some(0),
                false,
            ),
            (
                "date of RFC 850",
                "Sunday, 22-Nov-26 08:01:30 GMT",
                None,
                Some(90),
                false,
            ),
            (
                "date of asctime",
                "Sun Nov 22 08:00:05 2026",
                None,
                Some(5),
                false,
            ),
            (
                "counted by the server's clock, an hour slow",
                "Sun, 22 Nov 2026 07:01:00 GMT",
                Some("Sun, 22 Nov 2026 07:00:00 GMT"),
                Some(60),
                false,
            ),
            (
                "garbage as the server's clock",
                "Sun, 22 Nov 2026 08:01:00 GMT",
                Some("yesterday"),
                Some(60),
                false,
            ),
            ("a week", "604800", None, Some(day), true),
            (
                "more digits than fit",
                "99999999999999999999999",
                None,
                Some(day),
                true,
            ),
            (
                "the year 9999",
                "Fri, 31 Dec 9999 23:59:59 GMT",
                None,
                Some(day),
                true,
            ),
            ("negative", "-5", None, None, true),
            ("fraction", "1.5", None, None, true),
            ("words", "soon", None, None, true),
            ("empty", "", None, None, true),
        ];
        for (what, field, date, seconds, noted) in table {
            let read = retry_after(field, date, now);
            assert_eq!(read.wait.map(|wait| wait.as_secs()), seconds, "{what}");
            assert_eq!(read.note.is_some(), noted, "{what}");
        }
    }

    #[test]
    fn transient_is_what_may_be_different_later() {
        for status in [408, 425, 429, 500, 502, 503, 504] {
            assert!(is_transient_status(status), "{status}");
        }
        for status in [200, 301, 304, 400, 401, 403, 404, 410, 501, 505] {
            assert!(!is_transient_status(status), "{status}");
        }
    }
}
