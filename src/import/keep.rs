//! Keep: copies of foreign files in our own archive, `output/archive/imports/`. A copy is named by the
//! SHA-256 of its bytes and by what it is; no name of somebody else becomes a name of ours. It is reckoned
//! while the bytes pass, so a copy under a name is what the name says. Whole and durable, or not there.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::ImportError;
use super::ledger::ForeignKind;
use crate::durable;

/// The folder of the copies, in the archive's folder.
pub const KEPT: &str = "imports";

/// Bytes read at once.
const PIECE: usize = 256 * 1024;

/// So many first bytes say what a file is.
pub const FIRST: usize = 512;

/// The digest of a file, and how long it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digested {
    /// SHA-256, lower-case hex.
    pub sha256: String,
    /// Its length in bytes.
    pub bytes: u64,
}

/// Reads a file to its end. `told` hears how many bytes were read, after each piece; it says whether to go
/// on.
///
/// # Errors
/// What the system says; [`io::ErrorKind::Interrupted`] if `told` says so.
pub fn digest(input: impl Read, told: &mut dyn FnMut(u64) -> bool) -> io::Result<Digested> {
    copy(input, &mut io::sink(), told).map(|(digested, _)| digested)
}

/// Copies to `output`; gives the first [`FIRST`] bytes too, however few came at once.
fn copy(
    mut input: impl Read,
    output: &mut impl Write,
    told: &mut dyn FnMut(u64) -> bool,
) -> io::Result<(Digested, Vec<u8>)> {
    let mut digest = Sha256::new();
    let mut piece = vec![0; PIECE];
    let (mut bytes, mut first) = (0, Vec::new());
    loop {
        let read = match input.read(&mut piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        let part = piece.get(..read).unwrap_or_default();
        if part.is_empty() {
            let sha256 = HEXLOWER.encode(&digest.finalize());
            return Ok((Digested { sha256, bytes }, first));
        }
        digest.update(part);
        output.write_all(part)?;
        first.extend(part.iter().take(FIRST.saturating_sub(first.len())));
        bytes += read as u64;
        if !told(bytes) {
            return Err(io::ErrorKind::Interrupted.into());
        }
    }
}

/// A copy of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Its digest and length.
    pub digested: Digested,
    /// What it is, by its first bytes.
    pub kind: ForeignKind,
    /// Its name relative to the archive's folder.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
}

/// Copies `input` into the archive in `folder`.
///
/// # Errors
/// [`ImportError::Io`]; then no copy is there.
pub fn keep(
    folder: &Path,
    input: impl Read,
    told: &mut dyn FnMut(u64) -> bool,
) -> Result<Copied, ImportError> {
    let kept = folder.join(KEPT);
    durable::make_folder(&kept).map_err(ImportError::io("make", &kept))?;
    let new = kept.join(".import.new");
    let written = File::create(&new).and_then(|mut file| {
        let copied = copy(input, &mut file, told)?;
        file.sync_all()?;
        Ok(copied)
    });
    let named = written.and_then(|(digested, first)| {
        let (kind, ending) = what_it_is(&first);
        let name = format!("{}{ending}", digested.sha256);
        let path = kept.join(&name);
        fs::rename(&new, &path)?;
        durable::sync_folder(&kept)?;
        Ok(Copied {
            digested,
            kind,
            name: format!("{KEPT}/{name}"),
            path,
        })
    });
    named.map_err(|error| {
        // If it can not be removed, the next copy is written over it.
        let _ = fs::remove_file(&new);
        ImportError::io("copy to", &kept)(error)
    })
}

/// What a file is by its first bytes, and the ending of its copy's name.
pub fn what_it_is(first: &[u8]) -> (ForeignKind, &'static str) {
    match first {
        [b'P', b'K', 3, 4, ..] => (ForeignKind::Wacz, ".wacz"),
        [0x1f, 0x8b, ..] => (ForeignKind::Warc, ".warc.gz"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => {
            (ForeignKind::Warc, ".warc.zst")
        }
        _ => (ForeignKind::Warc, ".warc"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 of `abc` (FIPS 180-2, appendix B.1).
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn a_copy_is_named_by_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let mut heard = Vec::new();
        for _ in 0..2 {
            let copied = keep(folder.path(), &b"abc"[..], &mut |bytes| {
                heard.push(bytes);
                true
            })
            .unwrap();
            assert_eq!(copied.name, format!("imports/{ABC}.warc"));
            assert_eq!(copied.digested.bytes, 3);
            assert_eq!(fs::read(&copied.path).unwrap(), b"abc");
        }
        assert_eq!(heard, [3, 3]);
        let left = fs::read_dir(folder.path().join(KEPT)).unwrap().count();
        assert_eq!(left, 1, "nothing half is left");
        assert_eq!(digest(&b"abc"[..], &mut |_| true).unwrap().sha256, ABC);
    }

    #[test]
    fn what_comes_in_drops_is_known_by_its_first_bytes_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let drops = b"P"
            .chain(&b"K"[..])
            .chain(&b"\x03"[..])
            .chain(&b"\x04.."[..]);
        let copied = keep(folder.path(), drops, &mut |_| true).unwrap();
        assert_eq!(copied.kind, ForeignKind::Wacz);
        assert!(copied.name.ends_with(".wacz"), "{}", copied.name);
    }

    #[test]
    fn an_interrupted_copy_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        keep(folder.path(), &b"abc"[..], &mut |_| false).unwrap_err();
        let left = fs::read_dir(folder.path().join(KEPT)).unwrap().count();
        assert_eq!(left, 0);
    }

    #[test]
    fn a_file_is_known_by_its_first_bytes() {
        let table: [(&[u8], &str); 6] = [
            (b"PK\x03\x04..", ".wacz"),
            (b"\x1f\x8b\x08", ".warc.gz"),
            (b"\x28\xb5\x2f\xfd", ".warc.zst"),
            (b"\x5d\x2a\x4d\x18", ".warc.zst"),
            (b"WARC/1.0", ".warc"),
            (b"", ".warc"),
        ];
        for (first, expected) in table {
            assert_eq!(what_it_is(first).1, expected);
        }
    }
}
