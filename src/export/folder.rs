//! Where an export is written: in a hidden folder beside its place, put there whole at the end.
//!
//! Always holds: a folder of exports has whole exports only, none is ever replaced, and `latest`
//! leads to one of them. One process writes at a time (a lock on the folder itself), so a hidden
//! folder that is found at the start is what a crash left, and goes. Unix only: symbolic links and
//! syncing of folders.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::ExportError;
use crate::durable;

const LATEST: &str = "latest";
/// Hidden names of ours begin so: `--out` may be a folder in which others have hidden files too.
const PARTIAL_PREFIX: &str = ".khotin-";
const PARTIAL_SUFFIX: &str = ".partial";
const LONGEST_NAME: usize = 64;

/// A hidden folder, removed when dropped, unless it was published before.
pub(super) struct PartialFolder {
    /// The folder of all exports.
    exports: PathBuf,
    /// Keeps others out while this one lives.
    _lock: File,
    name: String,
    path: PathBuf,
}

impl PartialFolder {
    /// Makes the hidden folder for export `name`, and the folder of all exports if it is missing.
    pub(super) fn create(exports: &Path, name: &str) -> Result<Self, ExportError> {
        check_name(name)?;
        durable::make_folder(exports).map_err(ExportError::io("make", exports))?;
        let lock = lock(exports)?;
        let place = exports.join(name);
        if place.symlink_metadata().is_ok() {
            return Err(ExportError::Exists { path: place });
        }
        let latest = exports.join(LATEST);
        if latest
            .symlink_metadata()
            .is_ok_and(|found| !found.is_symlink())
        {
            return Err(ExportError::LatestTaken { path: latest });
        }
        remove_leftovers(exports)?;
        let path = exports.join(hidden(name));
        fs::create_dir(&path).map_err(ExportError::io("make", &path))?;
        Ok(Self {
            exports: exports.to_owned(),
            _lock: lock,
            name: name.to_owned(),
            path,
        })
    }

    /// The hidden folder.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the folder in its place, syncs it and, if asked to, lets `latest` lead to it. Its files must be
    /// synced.
    pub(super) fn publish(self, leads_latest: bool) -> Result<PathBuf, ExportError> {
        let place = self.exports.join(&self.name);
        sync_folder(&self.path)?;
        // rename(2) would replace an empty folder; `create` saw that there is none, and nobody else
        // has the lock. A folder with something in it is never replaced.
        fs::rename(&self.path, &place).map_err(|source| match source.kind() {
            io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists => {
                ExportError::Exists {
                    path: place.clone(),
                }
            }
            _ => ExportError::io("rename", &self.path)(source),
        })?;
        match sync_folder(&self.exports) {
            Ok(()) => {}
            Err(error) => {
                // The place may not survive a power cut: take it back rather than promise it.
                let _ = fs::rename(&place, &self.path);
                return Err(error);
            }
        }
        if leads_latest {
            point_latest(&self.exports, &self.name).map_err(|source| ExportError::Latest {
                path: place.clone(),
                source,
            })?;
        }
        Ok(place)
    }
}

impl Drop for PartialFolder {
    fn drop(&mut self) {
        // After `publish` there is nothing of this name. A failure leaves what the next export removes.
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn check_name(name: &str) -> Result<(), ExportError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_sound = !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name.bytes().all(is_plain)
        && name != LATEST;
    match is_sound {
        true => Ok(()),
        false => Err(ExportError::Name {
            name: name.escape_default().to_string(),
        }),
    }
}

fn hidden(name: &str) -> String {
    format!("{PARTIAL_PREFIX}{name}{PARTIAL_SUFFIX}")
}

fn lock(exports: &Path) -> Result<File, ExportError> {
    let folder = File::open(exports).map_err(ExportError::io("open", exports))?;
    match folder.try_lock() {
        Ok(()) => Ok(folder),
        Err(TryLockError::WouldBlock) => Err(ExportError::Busy {
            path: exports.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(ExportError::io("lock", exports)(source)),
    }
}

/// Removes hidden folders and links that a crash left.
fn remove_leftovers(exports: &Path) -> Result<(), ExportError> {
    let entries = fs::read_dir(exports).map_err(ExportError::io("read", exports))?;
    for entry in entries {
        let entry = entry.map_err(ExportError::io("read", exports))?;
        let name = entry.file_name();
        let is_leftover = name
            .to_str()
            .is_some_and(|name| name.starts_with(PARTIAL_PREFIX) && name.ends_with(PARTIAL_SUFFIX));
        if !is_leftover {
            continue;
        }
        let path = entry.path();
        let removed = match entry.file_type() {
            Ok(kind) if kind.is_dir() => fs::remove_dir_all(&path),
            Ok(_) => fs::remove_file(&path),
            Err(error) => Err(error),
        };
        removed.map_err(ExportError::io("remove", &path))?;
    }
    Ok(())
}

/// Lets `latest` lead to an export that stands, as [`PartialFolder::publish`] does; for one whose process
/// ended between the two.
pub(crate) fn lead_latest_to(exports: &Path, name: &str) -> io::Result<()> {
    let partial = exports.join(hidden(LATEST));
    match fs::remove_file(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => point_latest(exports, name),
    }
}

/// Lets `latest` lead to `name`: at every moment it leads to the old or to the new one.
fn point_latest(exports: &Path, name: &str) -> io::Result<()> {
    let partial = exports.join(hidden(LATEST));
    std::os::unix::fs::symlink(name, &partial)?;
    let renamed = fs::rename(&partial, exports.join(LATEST));
    if renamed.is_err() {
        let _ = fs::remove_file(&partial);
    }
    renamed?;
    durable::sync_folder(exports)
}

fn sync_folder(path: &Path) -> Result<(), ExportError> {
    durable::sync_folder(path).map_err(ExportError::io("sync", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_taken() {
        let long = "1".repeat(65);
        let table = [
            ("a time", "20261122T010203Z", true),
            ("words", "nightly_dump-2", true),
            ("empty", "", false),
            ("the link's own", "latest", false),
            ("leads up", "..", false),
            ("leads elsewhere", "a/b", false),
            ("hidden", ".a", false),
            ("a terminal code", "\u{1b}[2J", false),
            ("too long", &long, false),
        ];
        for (what, name, expected) in table {
            assert_eq!(check_name(name).is_ok(), expected, "{what}");
        }
    }

    #[test]
    fn what_a_crash_left_is_removed_and_nothing_else() {
        let exports = tempfile::tempdir().unwrap();
        let old = PartialFolder::create(exports.path(), "old").unwrap();
        fs::write(old.path().join("articles.csv"), "key").unwrap();
        let old = old.publish(true).unwrap();
        fs::create_dir(exports.path().join(".khotin-crashed.partial")).unwrap();
        fs::write(
            exports.path().join(".khotin-crashed.partial/articles.csv"),
            "key",
        )
        .unwrap();
        std::os::unix::fs::symlink("old", exports.path().join(".khotin-latest.partial")).unwrap();
        fs::write(exports.path().join(".mine"), "").unwrap();
        fs::create_dir(exports.path().join(".download.partial")).unwrap();

        drop(PartialFolder::create(exports.path(), "new").unwrap());

        let mut names: Vec<_> = fs::read_dir(exports.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, [".download.partial", ".mine", "latest", "old"]);
        assert_eq!(fs::read(old.join("articles.csv")).unwrap(), b"key");
    }

    #[test]
    fn two_exports_at_a_time_are_refused() {
        let exports = tempfile::tempdir().unwrap();
        let first = PartialFolder::create(exports.path(), "first").unwrap();
        let second = PartialFolder::create(exports.path(), "second");
        assert!(matches!(second, Err(ExportError::Busy { .. })));
        drop(first);
        assert!(PartialFolder::create(exports.path(), "second").is_ok());
    }
}
