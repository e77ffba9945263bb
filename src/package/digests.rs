//! Digests: bytes on their way into a package, counted and digested as they pass.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256, Sha512};

use super::{HeldFile, PackageError};

/// So much of a file is in memory at a time.
const PIECE_BYTES: usize = 128 * 1024;

/// What passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Passed {
    /// How many bytes.
    pub(super) bytes: u64,
    /// Lower-case hex.
    pub(super) sha256: String,
    /// Lower-case hex; none if nobody asked for it.
    pub(super) sha512: Option<String>,
}

/// A writer that digests what it hands on.
#[derive(Debug)]
pub(super) struct Digesting<W> {
    inner: W,
    bytes: u64,
    sha256: Sha256,
    sha512: Option<Sha512>,
}

impl<W: Write> Digesting<W> {
    /// SHA-256 alone.
    pub(super) fn new(inner: W) -> Self {
        Self {
            inner,
            bytes: 0,
            sha256: Sha256::new(),
            sha512: None,
        }
    }

    /// SHA-256 and SHA-512.
    pub(super) fn with_sha512(inner: W) -> Self {
        Self {
            sha512: Some(Sha512::new()),
            ..Self::new(inner)
        }
    }

    /// Bytes so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The writer behind it, and what passed.
    pub(super) fn finish(self) -> (W, Passed) {
        let passed = Passed {
            bytes: self.bytes,
            sha256: HEXLOWER.encode(&self.sha256.finalize()),
            sha512: self
                .sha512
                .map(|sha512| HEXLOWER.encode(&sha512.finalize())),
        };
        (self.inner, passed)
    }
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        let taken = bytes.get(..written).unwrap_or_default();
        self.bytes += written as u64;
        self.sha256.update(taken);
        if let Some(sha512) = &mut self.sha512 {
            sha512.update(taken);
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Copies a file; `told` hears of each piece and may end it.
pub(super) fn copy<E: From<PackageError>>(
    from: &Path,
    to: &mut impl Write,
    told: &mut dyn FnMut(u64) -> Result<(), E>,
) -> Result<(), E> {
    let mut file = File::open(from).map_err(PackageError::io("open", from))?;
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let read = file
            .read(&mut piece)
            .map_err(PackageError::io("read", from))?;
        let Some(bytes) = piece.get(..read).filter(|bytes| !bytes.is_empty()) else {
            return Ok(());
        };
        to.write_all(bytes)
            .map_err(PackageError::io("pack", from))?;
        told(read as u64)?;
    }
}

/// A file must be what it was when it was closed.
pub(super) fn check(file: &HeldFile, found: &str) -> Result<(), PackageError> {
    if file.sha256 == found {
        return Ok(());
    }
    Err(PackageError::Damaged {
        file: file.name.clone(),
        said: file.sha256.clone(),
        found: found.to_owned(),
    })
}
