//! Window: the bytes of the file as they are, looked at before they are consumed, with the place of
//! each. Keeps the last megabyte that was consumed, because what follows a damaged member may have
//! been taken for a part of it. An error of the disk is noted and ends the file.

use std::io::{self, Read};

/// Bytes read at once.
const READ_BYTES: usize = 1024 * 1024;
/// Consumed bytes that can be gone back over.
const KEPT_BYTES: usize = 1024 * 1024;

#[derive(Debug)]
pub(super) struct Window<R> {
    inner: R,
    buffer: Vec<u8>,
    /// `buffer[start..end]` was read and not consumed.
    start: usize,
    end: usize,
    /// Place in the file of `buffer[start]`.
    position: u64,
    at_end: bool,
    failure: Option<io::Error>,
}

impl<R: Read> Window<R> {
    /// The first byte of `inner` is byte `position` of the file.
    pub(super) fn new(inner: R, position: u64) -> Self {
        Self {
            inner,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            position,
            at_end: false,
            failure: None,
        }
    }

    /// Place in the file of the next byte.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// What was read already, perhaps nothing.
    pub(super) fn held(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// True if nothing follows what is held.
    pub(super) fn is_last(&self) -> bool {
        self.at_end
    }

    /// At least `wanted` bytes, and fewer only at the end of the file.
    pub(super) fn look(&mut self, wanted: usize) -> &[u8] {
        while self.end - self.start < wanted && !self.at_end {
            self.read(wanted);
        }
        self.held()
    }

    /// Goes on by `bytes`, or to the end of what is held.
    pub(super) fn consume(&mut self, bytes: usize) {
        let bytes = bytes.min(self.end - self.start);
        self.start += bytes;
        self.position += bytes as u64;
    }

    /// Goes back to byte `position` of the file, or as far as bytes are kept.
    pub(super) fn go_back_to(&mut self, position: u64) {
        let wish = usize::try_from(self.position.saturating_sub(position)).unwrap_or(usize::MAX);
        let bytes = wish.min(self.start);
        self.start -= bytes;
        self.position -= bytes as u64;
    }

    /// Why the file could not be read on, once.
    pub(super) fn take_failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    fn read(&mut self, wanted: usize) {
        let surplus = self.start.saturating_sub(KEPT_BYTES);
        let needed = self.start + wanted.max(READ_BYTES);
        if needed > self.buffer.len() {
            if surplus > 0 {
                self.buffer.copy_within(surplus..self.end, 0);
                self.start -= surplus;
                self.end -= surplus;
            }
            // Room for several reads, so that what is kept is seldom moved.
            let room = self.start + wanted.max(READ_BYTES) + 2 * READ_BYTES;
            if self.buffer.is_empty() {
                // Fresh memory of zeros costs nothing until it is written.
                self.buffer = vec![0; room];
            } else if room > self.buffer.len() {
                self.buffer.resize(room, 0);
            }
        }
        let space = self.buffer.get_mut(self.end..).unwrap_or_default();
        match self.inner.read(space) {
            Ok(0) => self.at_end = true,
            Ok(read) => self.end += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                self.failure = Some(error);
                self.at_end = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives three bytes a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let most = buffer.len().min(3);
            self.0.read(&mut buffer[..most])
        }
    }

    #[test]
    fn bytes_are_looked_at_consumed_and_gone_back_over() {
        let mut window = Window::new(Slow(b"0123456789"), 100);
        assert_eq!(window.look(4), b"012345");
        window.consume(5);
        assert_eq!((window.position(), window.look(1)), (105, &b"5"[..]));
        window.go_back_to(102);
        assert_eq!((window.position(), window.look(1)), (102, &b"2345"[..]));
        assert_eq!(window.look(1000), b"23456789");
        assert!(window.is_last());
        window.consume(1000);
        assert_eq!((window.position(), window.look(1)), (110, &b""[..]));
    }

    #[test]
    fn the_last_megabyte_is_kept_however_long_the_file_is() {
        let bytes: Vec<u8> = (0..16_000_000_u32).map(|n| (n / 1000) as u8).collect();
        let mut window = Window::new(bytes.as_slice(), 0);
        while !window.look(1).is_empty() {
            window.consume(9_999);
        }
        window.go_back_to(15_000_000);
        assert_eq!(window.position(), 15_000_000);
        assert_eq!(window.look(1), &bytes[15_000_000..]);
        assert!(window.buffer.len() < 6 * 1024 * 1024);
    }

    /// A disk that fails.
    struct Failing;

    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("bad sector"))
        }
    }

    #[test]
    fn an_error_of_the_disk_ends_the_file_and_is_told_once() {
        let mut window = Window::new(b"ab".chain(Failing), 0);
        assert_eq!(window.look(10), b"ab");
        assert_eq!(window.take_failure().unwrap().to_string(), "bad sector");
        assert!(window.take_failure().is_none());
        assert_eq!(window.look(10), b"ab");
    }
}
