//! Durable: names in folders that survive a power cut. A file's own fsync keeps its bytes; its name,
//! a rename or a new folder stays only when the folder that holds it was fsynced too (POSIX promises
//! no more, and some file systems give no more).

use std::fs::{self, File};
use std::io;
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
}
