//! Readers: threads that read captures side by side. In: things that may hold a capture, one after the
//! other; out: the same things in the same order, each with what was read in it.
//!
//! The way of a capture through several cores is this, with one thread for each arrow:
//!
//! ```text
//! archive ─ahead()─> windows ─> mark, give ─Readers─> next ─> follow, commit
//!          unpacks              (the store's thread)  read    (the store's thread)
//! ```
//!
//! Always holds: what follows from a capture is found in one thread and in order, so the result does not
//! depend on how many readers there are. Memory is bounded by the windows that are underway: one is
//! unpacked, one is read, one is committed. Reading itself is [`super::reading::read`] and nothing else.
//!
//! **Marks.** Reading may end the process, so who gives a capture to readers marks it first
//! ([`crate::store::Store::attempting`]), all of a window at once. When a process ends, every capture of
//! its one or two windows is a suspect, though at most one was at fault; each is tried alone at the next
//! start, which clears the others. A reader that panics takes the whole process with it, marks in place,
//! as it would if there were one thread.

use std::collections::VecDeque;
use std::io;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, Builder, Scope};

use super::reading::{self, Reading};
use crate::config::SiteProfile;
use crate::model::Capture;

/// A reader's stack, in bytes: that of a process' first thread, where a suspect is tried alone.
const STACK: usize = 8 * 1024 * 1024;

/// A thing that may hold a capture which is to be read.
pub(super) trait Unread: Send {
    /// The profile that reads it and the capture; `None` if there is nothing to read.
    fn unread(&self) -> Option<(&SiteProfile, &Capture)>;
}

/// How much is underway together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WindowSize {
    /// So many things at most.
    pub(super) things: NonZeroUsize,
    /// It ends behind the thing with which it reaches so many bytes.
    pub(super) bytes: usize,
}

/// How many captures are read at the same time: as many as are wished for, else as the machine has cores.
pub(super) fn jobs(wished: Option<NonZeroUsize>) -> NonZeroUsize {
    wished.unwrap_or_else(|| thread::available_parallelism().unwrap_or(NonZeroUsize::MIN))
}

/// Runs `source` in a thread of its own and hands on what it gives in windows, of which it makes one
/// ahead. `weigh` says how many bytes a thing holds. It ends when the windows are dropped.
///
/// # Errors
/// If the system gives no thread.
pub(super) fn ahead<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    source: impl Iterator<Item = T> + Send + 'scope,
    size: WindowSize,
    weigh: fn(&T) -> usize,
) -> io::Result<impl Iterator<Item = Vec<T>>> {
    // Without room in between: the window that waits is the one ahead.
    let (windows, handed) = sync_channel(0);
    Builder::new()
        .name("unpack".to_owned())
        .spawn_scoped(scope, move || make_windows(source, size, weigh, &windows))?;
    Ok(handed.into_iter())
}

fn make_windows<T>(
    source: impl Iterator<Item = T>,
    size: WindowSize,
    weigh: fn(&T) -> usize,
    windows: &SyncSender<Vec<T>>,
) {
    let (mut window, mut bytes) = (Vec::new(), 0_usize);
    for thing in source {
        bytes = bytes.saturating_add(weigh(&thing));
        window.push(thing);
        if window.len() >= size.things.get() || bytes >= size.bytes {
            bytes = 0;
            // Nobody wants it any more.
            if windows.send(std::mem::take(&mut window)).is_err() {
                return;
            }
        }
    }
    if !window.is_empty() {
        // As above, and there is nothing more to do either way.
        let _ = windows.send(window);
    }
}

/// Threads that read. Things that were given and not taken again when this is dropped are not read,
/// but for those that a thread is reading just then.
pub(super) struct Readers<T> {
    work: Sender<Job<T>>,
    /// Where the result of each thing that was given will come, the oldest first.
    results: VecDeque<Receiver<(T, Option<Reading>)>>,
    is_left: Arc<AtomicBool>,
}

/// A thing to read, and where it goes then.
type Job<T> = (T, SyncSender<(T, Option<Reading>)>);

impl<T: Unread> Readers<T> {
    /// Starts `jobs` readers.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(super) fn start<'scope>(
        scope: &'scope Scope<'scope, '_>,
        jobs: NonZeroUsize,
    ) -> io::Result<Self>
    where
        T: 'scope,
    {
        let (work, inbox) = channel();
        let inbox = Arc::new(Mutex::new(inbox));
        let is_left = Arc::new(AtomicBool::new(false));
        for number in 1..=jobs.get() {
            let (inbox, is_left) = (Arc::clone(&inbox), Arc::clone(&is_left));
            Builder::new()
                .name(format!("reader {number}"))
                .stack_size(STACK)
                .spawn_scoped(scope, move || serve(&inbox, &is_left))?;
        }
        Ok(Self {
            work,
            results: VecDeque::new(),
            is_left,
        })
    }

    /// Gives a thing to be read. It must be marked already.
    pub(super) fn give(&mut self, thing: T) {
        let (result, coming) = sync_channel(1);
        // That no reader is left is told by `next`: the result never comes.
        let _ = self.work.send((thing, result));
        self.results.push_back(coming);
    }

    /// The oldest thing that was given, when it is read; `None` if all were taken.
    ///
    /// Goes on with the panic if a reader panicked: the marks of what is underway stay, as they must.
    pub(super) fn next(&mut self) -> Option<(T, Option<Reading>)> {
        let coming = self.results.pop_front()?;
        match coming.recv() {
            Ok(result) => Some(result),
            Err(_) => std::panic::resume_unwind(Box::new("a reader panicked")),
        }
    }
}

impl<T> Drop for Readers<T> {
    fn drop(&mut self) {
        self.is_left.store(true, Ordering::Relaxed);
    }
}

/// One reader: reads what comes until nothing more can come.
fn serve<T: Unread>(inbox: &Mutex<Receiver<Job<T>>>, is_left: &AtomicBool) {
    loop {
        // It is held while waiting: then another one waits here instead of there.
        let job = inbox.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((thing, result)) = job else { return };
        if is_left.load(Ordering::Relaxed) {
            continue;
        }
        let read = thing
            .unread()
            .map(|(profile, capture)| reading::read(profile, capture));
        // Nobody wants it any more.
        let _ = result.send((thing, read));
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    /// A number that is read slowly, or by a panic.
    struct Number(usize);

    const PANICS: usize = usize::MAX;

    impl Unread for Number {
        fn unread(&self) -> Option<(&SiteProfile, &Capture)> {
            assert!(self.0 != PANICS, "told to");
            // Later ones are done sooner, so that they overtake.
            (self.0..40).for_each(|_| thread::yield_now());
            None
        }
    }

    fn size(things: usize, bytes: usize) -> WindowSize {
        let things = NonZeroUsize::new(things).unwrap();
        WindowSize { things, bytes }
    }

    #[test]
    fn things_come_back_in_the_order_in_which_they_were_given() {
        for jobs in [1, 4] {
            let taken: Vec<usize> = thread::scope(|scope| {
                let jobs = NonZeroUsize::new(jobs).unwrap();
                let mut readers = Readers::start(scope, jobs).unwrap();
                (0..40).for_each(|number| readers.give(Number(number)));
                std::iter::from_fn(|| readers.next())
                    .map(|(number, read)| {
                        assert!(read.is_none(), "there is no capture");
                        number.0
                    })
                    .collect()
            });
            assert_eq!(taken, (0..40).collect::<Vec<_>>(), "{jobs} readers");
        }
    }

    #[test]
    fn a_reader_that_panics_takes_everything_with_it() {
        let mut taken = Vec::new();
        let done = catch_unwind(AssertUnwindSafe(|| {
            thread::scope(|scope| {
                let jobs = NonZeroUsize::new(2).unwrap();
                let mut readers = Readers::start(scope, jobs).unwrap();
                for number in [1, PANICS, 2, 3] {
                    readers.give(Number(number));
                }
                while let Some((number, _)) = readers.next() {
                    taken.push(number.0);
                }
            });
        }));
        assert!(done.is_err());
        assert_eq!(
            taken,
            [1],
            "what came before it was taken, nothing behind it"
        );
    }

    #[test]
    fn a_window_ends_with_a_number_of_things_or_of_bytes() {
        type Row<'a> = (&'a str, WindowSize, &'a [usize], &'a [&'a [usize]]);
        let table: [Row<'_>; 4] = [
            ("nothing", size(2, 100), &[], &[]),
            ("things", size(2, 100), &[1, 1, 1], &[&[1, 1], &[1]]),
            ("bytes", size(9, 10), &[4, 7, 9, 1], &[&[4, 7], &[9, 1]]),
            (
                "a thing larger than a window",
                size(9, 10),
                &[50, 1],
                &[&[50], &[1]],
            ),
        ];
        for (what, size, things, expected) in table {
            let windows: Vec<Vec<usize>> = thread::scope(|scope| {
                let windows = ahead(scope, things.iter().copied(), size, |thing| *thing);
                windows.unwrap().collect()
            });
            assert_eq!(windows, expected, "{what}");
        }
    }

    #[test]
    fn nothing_is_made_for_windows_that_nobody_wants() {
        let made = std::sync::atomic::AtomicUsize::new(0);
        thread::scope(|scope| {
            let source = (0..1_000_000).inspect(|_| {
                made.fetch_add(1, Ordering::Relaxed);
            });
            let mut windows = ahead(scope, source, size(3, 100), |_| 0).unwrap();
            assert_eq!(windows.next(), Some(vec![0, 1, 2]));
        });
        let made = made.into_inner();
        assert!(
            made <= 6,
            "{made}: the window that was wanted, and one ahead"
        );
    }
}
