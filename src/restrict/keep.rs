//! Keep: restrictions.toml and the access list on the disk, in the output folder beside the archive.
//!
//! Always holds: both are written whole or not at all, one process at a time, restrictions.toml first. An
//! access list without restrictions.toml means that the file was lost, and nothing is shown.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::{Entry, RestrictError, Restrictions};
use crate::durable;

/// The file of the operator's words.
pub const FILE: &str = "restrictions.toml";

/// The access list for pywb.
pub const ACCESS_FILE: &str = "pywb-access.aclj";

/// Where the operator's words are.
pub fn path(output: &Path) -> PathBuf {
    output.join(FILE)
}

/// Reads what is withheld. No file: nothing ever was.
///
/// # Errors
/// [`RestrictError`] if the file is wrong, can not be read, or is gone although there was one. Whoever
/// meets it must show nothing.
pub fn read(output: &Path) -> Result<Restrictions, RestrictError> {
    let path = path(output);
    let text = read_text(output, &path)?;
    Ok(Restrictions::parse(&path.display().to_string(), &text)?)
}

/// Adds an entry at the end of the file, durable when this returns.
///
/// # Errors
/// [`RestrictError`] as of [`read`], or if the file can not be written; then the old one stands.
pub fn append(output: &Path, entry: &Entry) -> Result<Restrictions, RestrictError> {
    durable::make_folder(output).map_err(RestrictError::io("make", output))?;
    let _lock = lock(output)?;
    let path = path(output);
    let file = path.display().to_string();
    let text = Restrictions::append(&file, &read_text(output, &path)?, entry)?;
    durable::write_file(&path, text.as_bytes()).map_err(RestrictError::io("write", &path))?;
    Ok(Restrictions::parse(&file, &text)?)
}

/// Writes the access list if it is not there already as it should be. `make` is called while no other
/// process can change it.
///
/// # Errors
/// [`RestrictError::Io`] if it can not be written, and what `make` gives.
pub fn write_access_list<E: From<RestrictError>>(
    output: &Path,
    make: impl FnOnce() -> Result<String, E>,
) -> Result<PathBuf, E> {
    let _lock = lock(output)?;
    let path = output.join(ACCESS_FILE);
    let text = make()?;
    if fs::read(&path).is_ok_and(|old| old == text.as_bytes()) {
        return Ok(path);
    }
    durable::write_file(&path, text.as_bytes()).map_err(RestrictError::io("write", &path))?;
    Ok(path)
}

fn read_text(output: &Path, path: &Path) -> Result<String, RestrictError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let beside = output.join(ACCESS_FILE);
            return match beside.symlink_metadata() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
                _ => Err(RestrictError::Lost {
                    path: path.to_owned(),
                    beside,
                }),
            };
        }
        Err(source) => {
            return Err(RestrictError::Read {
                path: path.to_owned(),
                source,
            });
        }
    };
    String::from_utf8(bytes).map_err(|error| RestrictError::Read {
        path: path.to_owned(),
        source: io::Error::new(io::ErrorKind::InvalidData, error),
    })
}

/// The output folder itself is locked, so that no file of locks is needed; whoever waits, waits for the
/// writing of two small files.
fn lock(output: &Path) -> Result<File, RestrictError> {
    let folder = File::open(output).map_err(RestrictError::io("open", output))?;
    folder.lock().map_err(RestrictError::io("lock", output))?;
    Ok(folder)
}
