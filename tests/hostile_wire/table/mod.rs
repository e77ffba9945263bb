//! The table: what is wrong, how it is played, and the one outcome that it must have.

mod closing;
mod codings;
mod framing;
mod heads;
mod redirects;

use std::time::Duration;

use khotin::demo::Fault;

use crate::bytes::{chunked, moved, page};

/// The largest body that is kept: less than the default, because tests run without optimization.
pub(crate) const MOST_BODY_BYTES: usize = 2 * 1024 * 1024;
/// Patience for a header in the crawl of [`Pace::Slow`] rows.
pub(crate) const HEADER_TIMEOUT: Duration = Duration::from_secs(2);
/// Patience for an answer in the crawl of [`Pace::Slow`] rows.
pub(crate) const TOTAL_TIMEOUT: Duration = Duration::from_secs(3);

/// In which crawl a row is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// The outcome comes at once; patience is long, so that a slow machine changes nothing.
    Quick,
    /// The outcome comes when patience ends; patience is short.
    Slow,
}

/// Where the answer to look at comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// The article's own address.
    Itself,
    /// The same path of this host, where the article's own address redirects to.
    Host(&'static str),
    /// So many addresses, each of which redirects to the next and the last one to the first.
    Circle(usize),
}

/// One fault and its outcome.
pub(crate) struct Row {
    pub(crate) what: &'static str,
    pub(crate) pace: Pace,
    pub(crate) fault: Fault,
    pub(crate) from: From,
    /// How the exchange stands in the archive: `200`, `200 truncated length`, `failed timeout`.
    pub(crate) stands: &'static str,
    /// Begins the cause that the store keeps; none for a sound answer, which is read as an article.
    pub(crate) cause: Option<&'static str>,
    /// The body as it stands in the archive, where that says something.
    pub(crate) kept: Option<Vec<u8>>,
    /// The title of the record of a sound answer.
    pub(crate) title: String,
}

impl Row {
    fn new(what: &'static str, fault: Fault, stands: &'static str) -> Self {
        Self {
            what,
            pace: Pace::Quick,
            fault,
            from: From::Itself,
            stands,
            cause: None,
            kept: None,
            title: what.to_owned(),
        }
    }

    /// It is kept, and not read.
    fn because(mut self, cause: &'static str) -> Self {
        self.cause = Some(cause);
        self
    }

    fn keeps(mut self, body: Vec<u8>) -> Self {
        self.kept = Some(body);
        self
    }

    fn slow(mut self) -> Self {
        self.pace = Pace::Slow;
        self
    }

    fn at(mut self, from: From) -> Self {
        self.from = from;
        self
    }
}

/// Odd, and allowed: the page called `what` is read as an article.
fn sound(what: &'static str, answer: impl FnOnce(&[u8]) -> Vec<u8>) -> Row {
    let page = page(what);
    Row::new(what, Fault::Raw(answer(&page)), "200").keeps(page)
}

/// No answer: what came is not HTTP, or too much.
fn protocol(what: &'static str, answer: impl Into<Vec<u8>>) -> Row {
    let row = Row::new(what, Fault::Raw(answer.into()), "failed protocol");
    row.because("protocol")
}

/// No answer: the connection broke.
fn broken(what: &'static str, fault: Fault) -> Row {
    Row::new(what, fault, "failed disconnect").because("disconnect")
}

/// A beginning of an answer, which is kept.
fn cut_short(what: &'static str, answer: Vec<u8>, kept: &[u8]) -> Row {
    let row = Row::new(what, Fault::Raw(answer), "200 truncated disconnect");
    row.because("truncated: disconnect").keeps(kept.to_vec())
}

/// A body whose framing is wrong; what came before is kept.
fn unframed(what: &'static str, framing: &[u8], kept: &[u8]) -> Row {
    let fault = Fault::Raw(chunked(framing));
    let row = Row::new(what, fault, "200 truncated unspecified");
    row.because("truncated: unspecified").keeps(kept.to_vec())
}

/// A whole answer that can not be read.
fn unread(what: &'static str, answer: Vec<u8>, cause: &'static str) -> Row {
    Row::new(what, Fault::Raw(answer), "200").because(cause)
}

/// A whole answer with a status that is no page.
fn status(what: &'static str, answer: Vec<u8>, stands: &'static str, cause: &'static str) -> Row {
    Row::new(what, Fault::Raw(answer), stands).because(cause)
}

/// A redirect that is not followed.
fn astray(what: &'static str, location: &str, cause: &'static str) -> Row {
    status(what, moved(location), "302", cause)
}

/// All rows. `trap` is a port of 127.0.0.1 that no configuration names and nobody may connect to.
pub(crate) fn rows(trap: u16) -> Vec<Row> {
    let mut rows = closing::closed_early();
    rows.extend(framing::lengths());
    rows.extend(framing::chunks());
    rows.extend(heads::heads());
    rows.extend(heads::statuses());
    rows.extend(codings::codings());
    rows.extend(redirects::redirects(trap));
    rows.extend(closing::reused());
    rows.extend(closing::slow());
    rows
}
