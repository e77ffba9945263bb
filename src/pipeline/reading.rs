//! Reading: what a process does with one capture, and the trial of a capture during whose reading a
//! process ended: it is read in a process of its own first.
//!
//! A capture may take its reader with it: an abort, an overflow of the stack, all of the memory, or a
//! loop without end. None of these can be caught, so a capture is marked before it is read. A mark
//! that is found at the next start is a suspicion and no more, because a `kill -9` at that moment
//! leaves the same mark: the trial tells the two apart. This module reads no command line; who makes
//! the other process is said by [`Trial`].

use crate::archive::{Archive, ArchiveError};
use crate::config::SiteProfile;
use crate::model::{Capture, Observation, PageRead, SiteId};
use crate::{extract, normalize};

/// A capture at whose reading a process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspect {
    /// Its site.
    pub site: SiteId,
    /// Its file in the archive.
    pub file: String,
    /// First byte of its exchange.
    pub offset: u64,
}

/// What came of a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Reading came to its end: the process before was ended by something else.
    Innocent,
    /// Reading did not come to its end, or could not be tried; how, in words: `reading it ...`.
    Unreadable(String),
    /// The trial itself was interrupted.
    Interrupted,
}

/// Reads a suspect where nothing is lost by it.
pub trait Trial: Send + Sync {
    /// Whether reading it comes to an end, within a time that the trial sets.
    fn read_alone(&self, suspect: &Suspect) -> Verdict;
}

impl<F: Fn(&Suspect) -> Verdict + Send + Sync> Trial for F {
    fn read_alone(&self, suspect: &Suspect) -> Verdict {
        self(suspect)
    }
}

/// What reading a capture gave.
#[derive(Debug)]
pub(super) struct Reading {
    /// Its page.
    pub(super) read: PageRead,
    /// What was observed in it.
    pub(super) observations: Vec<Observation>,
}

/// Reads a capture: its page and what was observed. The only place of the pipeline that does.
pub(super) fn read(profile: &SiteProfile, capture: &Capture) -> Reading {
    #[cfg(debug_assertions)]
    switch::pull(capture);
    let read = extract::read(profile, capture);
    let observations = normalize::observations(profile, capture, &read);
    Reading { read, observations }
}

/// What the process of a trial does: reads one capture, as [`crate::pipeline`] would, and keeps
/// nothing of it. `offset` is the first byte of its exchange.
///
/// # Errors
/// [`ArchiveError`] if no whole exchange begins there.
pub fn read_alone(
    archive: &Archive,
    profile: &SiteProfile,
    file: &str,
    offset: u64,
) -> Result<(), ArchiveError> {
    let exchange = archive.read_exchange(file, offset)?;
    if let Some(capture) = exchange.into_capture() {
        read(profile, &capture);
    }
    Ok(())
}

/// For tests, in debug builds only: `KHOTIN_TEST_READING="abort TEXT"` makes reading fail in that way
/// at every capture of a request with that text in its URL or body. Whoever may set it may end the
/// process anyway.
#[cfg(debug_assertions)]
mod switch {
    use crate::model::Capture;

    const VARIABLE: &str = "KHOTIN_TEST_READING";

    pub(super) fn pull(capture: &Capture) {
        let Ok(wish) = std::env::var(VARIABLE) else {
            return;
        };
        let Some((how, text)) = wish.split_once(' ') else {
            return;
        };
        let request = &capture.request;
        let in_body = request
            .body
            .as_ref()
            .is_some_and(|body| body.contains(text));
        let is_meant = in_body || request.url.as_str().contains(text);
        match how {
            "abort" if is_meant => std::process::abort(),
            "hang" if is_meant => loop {
                std::thread::park();
            },
            "overflow" if is_meant => drop(overflow(std::hint::black_box(u64::MAX))),
            _ => {}
        }
    }

    /// Calls itself until the stack is full.
    fn overflow(left: u64) -> u64 {
        let frame = std::hint::black_box([left; 512]);
        let below = match left {
            0 => 0,
            left => overflow(left - 1),
        };
        below.wrapping_add(frame.iter().sum::<u64>())
    }
}
