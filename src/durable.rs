//! Durable: names in folders that survive a power cut. A file's own fsync keeps its bytes; its name,
//! a rename or a new folder stays only when the folder that holds it was fsynced too (POSIX promises
//! no more, and some file systems give no more).

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Makes new names, renames and removals in a folder durable.
///
/// # Errors
/// What the system says; a failed fsync must not be tried again.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Makes a folder and what is missing above it, durable. The name of one that is there already is
/// made durable too: whoever made it may have been killed before that.
///
/// # Errors
/// What the system says. A folder above ours that may be used but not read is none: its entries are
/// not ours.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let levels: Vec<&Path> = folder.ancestors().collect();
    let missing = levels.iter().take_while(|level| !level.exists()).count();
    fs::create_dir_all(folder)?;
    // The last of these is the folder that was there before.
    for above in levels.into_iter().skip(1).take(missing.max(1)) {
        let above = if above.as_os_str().is_empty() {
            Path::new(".")
        } else {
            above
        };
        match sync_folder(above) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            synced => synced?,
        }
    }
    Ok(())
}

/// Writes a file whole: whoever looks sees the old bytes or the new ones, also after a power cut. Not
/// for two writers of one file at a time.
///
/// # Errors
/// What the system says; the old file then stands untouched.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = folder.join(format!(".{name}.new"));
    let written = File::create(&temporary).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)
    });
    if let Err(error) = written {
        // If it can not be removed, the next try begins with it.
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    sync_folder(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_is_made_and_making_it_again_is_no_error() {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("a/b/c");
        make_folder(&folder).unwrap();
        make_folder(&folder).unwrap();
        assert!(folder.is_dir());
        fs::write(above.path().join("file"), "").unwrap();
        assert!(make_folder(&above.path().join("file/a")).is_err());
    }

    #[test]
    fn a_file_is_written_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        write_file(&path, b"old").unwrap();
        write_file(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        fs::create_dir(folder.path().join("b")).unwrap();
        assert!(write_file(&folder.path().join("b"), b"x").is_err());
        let mut names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["a", "b"], "nothing half is left");
    }
}
