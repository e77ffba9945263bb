//! Output: standard output whose reader may go away (`khotin show … | head -1`).

use std::io::{self, ErrorKind, Write};

/// Drops what nobody reads any more. The command goes on to its end, so that its exit code still
/// says what came of it.
#[derive(Debug)]
pub(crate) struct Output<W> {
    out: W,
    is_closed: bool,
}

impl<W: Write> Output<W> {
    pub(crate) fn new(out: W) -> Self {
        Self {
            out,
            is_closed: false,
        }
    }

    fn note(&mut self, error: io::Error) -> io::Result<()> {
        if error.kind() == ErrorKind::BrokenPipe {
            self.is_closed = true;
            return Ok(());
        }
        Err(error)
    }
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_closed {
            return Ok(bytes.len());
        }
        match self.out.write(bytes) {
            Ok(written) => Ok(written),
            Err(error) => self.note(error).map(|()| bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.is_closed {
            return Ok(());
        }
        match self.out.flush() {
            Ok(()) => Ok(()),
            Err(error) => self.note(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fails once, in the given way.
    struct Failing(Option<ErrorKind>);

    impl Write for Failing {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.0.take() {
                Some(kind) => Err(kind.into()),
                None => panic!("asked again for {bytes:?}"),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            panic!("asked again")
        }
    }

    #[test]
    fn a_reader_that_went_is_no_error_and_is_not_tried_again() {
        let mut out = Output::new(Failing(Some(ErrorKind::BrokenPipe)));
        out.write_all(b"a").unwrap();
        out.write_all(b"b").unwrap();
        out.flush().unwrap();
    }

    #[test]
    fn a_full_disk_is_an_error() {
        let mut out = Output::new(Failing(Some(ErrorKind::StorageFull)));
        let error = out.write_all(b"a").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }
}
