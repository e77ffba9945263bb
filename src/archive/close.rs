//! Closing a file for ever: its name, its index, its line in `SHA256SUMS`. The writer closes what
//! is full or finished, recovery closes what a crash left; both do it here, so a closed file looks
//! the same whoever closed it. Index and digest are made from the file as it stands on the disk.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::{ArchiveError, Problem, cdxj};
use crate::durable;

/// Digests of all closed WARC files, as `sha256sum` writes and checks them.
pub const SUMS_FILE: &str = "SHA256SUMS";
/// How a closed WARC file ends.
pub(super) const CLOSED: &str = ".warc.gz";
/// How a WARC file ends while it is written.
pub(super) const OPEN: &str = ".warc.gz.open";
/// How a file ends that is put in place as soon as it is whole.
pub(super) const TEMPORARY: &str = ".tmp";

/// Several writers of one process close files in one folder; each adds its line in turn.
static SUMS: Mutex<()> = Mutex::new(());

/// A WARC file that never changes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedFile {
    /// Name without folder.
    pub file: String,
    /// Length in bytes.
    pub bytes: u64,
    /// Lower-case hex, as in `SHA256SUMS`.
    pub sha256: String,
}

/// The path of a file while it is written.
pub(super) fn open_path(dir: &Path, file: &str) -> PathBuf {
    dir.join(format!("{file}.open"))
}

/// The index that stands beside a WARC file.
pub(super) fn cdxj_name(file: &str) -> String {
    format!("{}.cdxj", file.strip_suffix(CLOSED).unwrap_or(file))
}

/// Gives an open file its name, then [`complete`]s it. Its bytes must be fsynced already.
pub(super) fn close(dir: &Path, file: &str) -> Result<ClosedFile, ArchiveError> {
    let (from, to) = (open_path(dir, file), dir.join(file));
    if to.exists() {
        return Err(ArchiveError::Exists { path: to });
    }
    fs::rename(&from, &to).map_err(ArchiveError::io("rename", &from))?;
    sync_dir(dir)?;
    complete(dir, file)
}

/// Makes index and digest of a closed file, each put in place whole. Doing it again changes nothing.
pub(super) fn complete(dir: &Path, file: &str) -> Result<ClosedFile, ArchiveError> {
    let path = dir.join(file);
    let index = cdxj::index(&path, file)?;
    replace(dir, &cdxj_name(file), index.as_bytes())?;
    let (bytes, sha256) = sha256_of(&path)?;
    let _one_at_a_time = SUMS.lock().unwrap_or_else(PoisonError::into_inner);
    let mut sums = read_sums(dir)?;
    sums.insert(file.to_owned(), sha256.clone());
    let lines: String = sums
        .iter()
        .map(|(file, sha256)| format!("{sha256}  {file}\n"))
        .collect();
    replace(dir, SUMS_FILE, lines.as_bytes())?;
    Ok(ClosedFile {
        file: file.to_owned(),
        bytes,
        sha256,
    })
}

/// The lines of `SHA256SUMS`: file name to digest. Nothing if the file is not there yet.
///
/// # Errors
/// [`ArchiveError::Damaged`] with [`Problem::Sums`] at the first line that is none: it is put in place
/// whole, so no crash leaves one, and to write it anew would hide what it proves.
pub(super) fn read_sums(dir: &Path) -> Result<BTreeMap<String, String>, ArchiveError> {
    let sums = scan_sums(dir)?;
    match sums.problems.into_iter().next() {
        None => Ok(sums.digests),
        Some((offset, problem)) => Err(ArchiveError::Damaged {
            file: SUMS_FILE.to_owned(),
            offset,
            problem: Problem::Sums(problem),
        }),
    }
}

/// What stands in `SHA256SUMS`.
#[derive(Debug, Default)]
pub(super) struct Sums {
    /// Digest by file name.
    pub(super) digests: BTreeMap<String, String>,
    /// Byte and fault of each line that is none.
    pub(super) problems: Vec<(u64, String)>,
}

/// Reads `SHA256SUMS`, also where it is damaged.
pub(super) fn scan_sums(dir: &Path) -> Result<Sums, ArchiveError> {
    let path = dir.join(SUMS_FILE);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(ArchiveError::io("read", path)(error)),
    };
    let (mut sums, mut offset) = (Sums::default(), 0);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        match sum_of_line(line) {
            None => {
                let problem = "no digest, two spaces and name".to_owned();
                sums.problems.push((offset, problem));
            }
            Some((sha256, file)) => {
                let digest = sha256.to_owned();
                if sums.digests.insert(file.to_owned(), digest).is_some() {
                    let problem = format!("a second digest of {file}");
                    sums.problems.push((offset, problem));
                }
            }
        }
        offset += line.len() as u64;
    }
    Ok(sums)
}

/// Digest and file name of a line with its end, as [`complete`] writes it.
fn sum_of_line(line: &[u8]) -> Option<(&str, &str)> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (sha256, file) = line.split_once("  ")?;
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    // Without a folder: nothing outside the archive is ever read.
    let is_ours = file.ends_with(CLOSED) && !file.contains(['/', '\\', '\0']);
    let is_sum = sha256.len() == 64 && sha256.bytes().all(is_hex) && is_ours;
    is_sum.then_some((sha256, file))
}

/// Length and SHA-256 of a file.
pub(super) fn sha256_of(path: &Path) -> Result<(u64, String), ArchiveError> {
    sha256_telling(path, &mut |_| {})
}

/// As [`sha256_of`]; `told` hears how many bytes were read so far.
pub(super) fn sha256_telling(
    path: &Path,
    told: &mut dyn FnMut(u64),
) -> Result<(u64, String), ArchiveError> {
    let mut file = File::open(path).map_err(ArchiveError::io("open", path))?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 128 * 1024];
    let mut bytes = 0;
    loop {
        let read = file
            .read(&mut buffer)
            .map_err(ArchiveError::io("read", path))?;
        let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else {
            break;
        };
        digest.update(piece);
        bytes += piece.len() as u64;
        told(bytes);
    }
    Ok((bytes, HEXLOWER.encode(&digest.finalize())))
}

/// Writes a whole file under a temporary name, fsyncs and renames it: readers see the old one or
/// the new one.
fn replace(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), ArchiveError> {
    let (temporary, path) = (dir.join(format!("{name}{TEMPORARY}")), dir.join(name));
    let mut file = File::create(&temporary).map_err(ArchiveError::io("create", &temporary))?;
    file.write_all(bytes)
        .map_err(ArchiveError::io("write", &temporary))?;
    file.sync_all()
        .map_err(ArchiveError::sync_failed(&temporary))?;
    fs::rename(&temporary, &path).map_err(ArchiveError::io("rename", &temporary))?;
    sync_dir(dir)
}

/// Makes new names and renames in a folder durable.
pub(super) fn sync_dir(dir: &Path) -> Result<(), ArchiveError> {
    durable::sync_folder(dir).map_err(ArchiveError::sync_failed(dir))
}
