//! Space: a run stops while the disk still has room, so that what it wrote can be closed, indexed and
//! exported, and the machine goes on working.

use std::path::Path;

use super::CrawlError;
use crate::config::Config;

/// [`CrawlError::LowDisk`] if less than `min_free_bytes` is left on the disk of the output folder.
///
/// A file system that does not say how much is free counts as having room: a full disk is an error of
/// its own.
pub(super) fn low_disk(config: &Config) -> Option<CrawlError> {
    let min_free_bytes = config.archive.min_free_bytes;
    if min_free_bytes == 0 {
        return None;
    }
    let path = &config.paths.output;
    let free_bytes = free_bytes(path).filter(|free| *free < min_free_bytes)?;
    Some(CrawlError::LowDisk {
        path: path.clone(),
        free_bytes,
        min_free_bytes,
    })
}

/// The bytes that this user may still write on the disk of a folder, or of the nearest one above it
/// that is there.
pub(crate) fn free_bytes(folder: &Path) -> Option<u64> {
    let there = folder.ancestors().find(|level| level.exists());
    let there = there.unwrap_or(Path::new("."));
    let disk = rustix::fs::statvfs(there).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_too_little_room_stops_a_run() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        let table = [
            ("switched off", "there", 0, false),
            ("room for a byte", "there", 1, false),
            ("a folder that is not there yet", "a/b", 1, false),
            ("more than any disk has", "there", u64::MAX, true),
            ("and of no folder yet", "a/b", u64::MAX, true),
        ];
        std::fs::create_dir(folder.path().join("there")).unwrap();
        for (what, output, min_free_bytes, stops) in table {
            config.paths.output = folder.path().join(output);
            config.archive.min_free_bytes = min_free_bytes;
            assert_eq!(low_disk(&config).is_some(), stops, "{what}");
        }
    }
}
