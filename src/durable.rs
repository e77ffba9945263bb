//! Durable: names in folders that survive a power cut. A file's own fsync keeps its bytes; its name,
//! a rename or a new folder stays only when the folder that holds it was fsynced too (POSIX promises
//! no more, and some file systems give no more).

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
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
    write_file_with(path, bytes, None)
}

/// As [`write_file`]. `mode` are the file's rights, whatever the umask says; without it the umask decides.
///
/// # Errors
/// As [`write_file`].
pub(crate) fn write_file_with(path: &Path, bytes: &[u8], mode: Option<u32>) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // Without the file's ending: programs that read every file of an ending pass it over.
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let temporary = folder.join(format!(".{stem}.new"));
    // One that a crash left, or a link that leads elsewhere.
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let written = write_new(&temporary, bytes, mode).and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = written {
        // If it can not be removed, the next try begins with it.
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    sync_folder(folder)
}

fn write_new(path: &Path, bytes: &[u8], mode: Option<u32>) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    if let Some(mode) = mode {
        file.set_permissions(Permissions::from_mode(mode))?;
    }
    file.sync_all()
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

    #[test]
    fn a_file_is_written_whole_and_no_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("khotin.prom");
        let other = folder.path().join("other");
        fs::write(&other, "not ours").unwrap();
        std::os::unix::fs::symlink(&other, folder.path().join(".khotin.new")).unwrap();
        for text in ["one", "two"] {
            write_file_with(&path, text.as_bytes(), Some(0o644)).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o644);
        }
        assert_eq!(fs::read_to_string(&other).unwrap(), "not ours");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        assert!(write_file_with(&folder.path().join("none/x"), b"", None).is_err());
    }
}
