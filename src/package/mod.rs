//! Package: the archive handed on whole. In: closed WARC files, records, facts. Out: one WACZ file that a
//! browser replays ([`write_wacz`]), or a BagIt folder for keeping ([`write_bag`]).
//!
//! Always holds: a WARC file is taken as it is, byte by byte, and only if it has the digest that
//! `SHA256SUMS` says; a file that is still written is not taken, and that is told. What stands at the place
//! already is never touched, and what is written stands there whole or not at all. Memory does not grow
//! with the archive. Not here: what may be handed on (`cli` asks [`crate::restrict`]), the archive's own
//! form ([`crate::archive`]).

mod bag;
mod digests;
mod error;
mod holdings;
mod sorter;
mod wacz;

use std::path::{Path, PathBuf};

pub use bag::{Bag, BagReport, Payload, write_bag};
pub use error::PackageError;
pub use holdings::{HeldFile, Holdings};
pub use wacz::{About, Page, WACZ_VERSION, WaczReport, pages_of, write_wacz};

/// How far a package is, for whoever waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Packed {
    /// WARC files of which nothing is left to do.
    pub files: u64,
    /// Bytes of them read so far; a WACZ reads each file twice.
    pub bytes: u64,
}

/// Where something is written before it is whole: beside its place, hidden.
///
/// # Errors
/// [`PackageError::Exists`] if the place is taken, [`PackageError::NoName`] if it is none.
fn beside(out: &Path) -> Result<PathBuf, PackageError> {
    if out.symlink_metadata().is_ok() {
        return Err(PackageError::Exists {
            path: out.to_owned(),
        });
    }
    let Some(name) = out.file_name() else {
        return Err(PackageError::NoName {
            path: out.to_owned(),
        });
    };
    Ok(out.with_file_name(format!(".{}.new", name.to_string_lossy())))
}

/// The folder that something stands in.
fn folder_of(out: &Path) -> &Path {
    match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}
