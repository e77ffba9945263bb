//! Newest: the quick look at an archive, for `khotin doctor`. Of all closed files only the newest is read
//! and compared with its line of `SHA256SUMS`; [`super::verify()`] reads all. Nothing is changed.

use super::close::{scan_sums, sha256_telling};
use super::{Archive, ArchiveError};

/// What a quick look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuickLook {
    /// Closed files.
    pub closed: usize,
    /// Files that are being written, or that a crash left.
    pub open: Vec<String>,
    /// Closed files that have no line in `SHA256SUMS`.
    pub without_sum: Vec<String>,
    /// Lines of `SHA256SUMS` whose file is not there.
    pub missing: Vec<String>,
    /// Lines of `SHA256SUMS` that can not be read.
    pub broken_lines: usize,
    /// The newest closed file that has a line, and whether its bytes are those of the line.
    pub newest: Option<(String, bool)>,
}

impl QuickLook {
    /// True if nothing contradicts the archive's own sums.
    pub fn is_sound(&self) -> bool {
        let fits = self.newest.as_ref().is_none_or(|(_, fits)| *fits);
        fits && self.missing.is_empty() && self.broken_lines == 0
    }
}

/// Looks; `read` hears how many bytes of the newest file were read so far.
///
/// # Errors
/// [`ArchiveError::Io`] if the folder, `SHA256SUMS` or that file can not be read.
pub fn quick_look(archive: &Archive, read: &mut dyn FnMut(u64)) -> Result<QuickLook, ArchiveError> {
    let sums = scan_sums(archive.dir())?;
    let files = archive.files()?;
    let open = archive.open_files()?;
    let has_sum = |file: &&String| sums.digests.contains_key(*file);
    // A name begins with its site and ends with a time: by the time the newest of all sites is found.
    let newest = files
        .iter()
        .filter(has_sum)
        .max_by_key(|file| time_in(file));
    let newest = match newest {
        Some(file) => {
            let (_, found) = sha256_telling(&archive.dir().join(file), read)?;
            Some((file.clone(), sums.digests.get(file) == Some(&found)))
        }
        None => None,
    };
    Ok(QuickLook {
        closed: files.len(),
        open,
        without_sum: files
            .iter()
            .filter(|file| !has_sum(file))
            .cloned()
            .collect(),
        missing: sums
            .digests
            .keys()
            .filter(|file| !files.contains(file))
            .cloned()
            .collect(),
        broken_lines: sums.problems.len(),
        newest,
    })
}

/// `20261122T010203Z-00001.warc.gz` of `khotin-moh-20261122T010203Z-00001.warc.gz`; a site's name may
/// hold a `-`.
fn time_in(file: &str) -> &str {
    let mut ends = file.rmatch_indices('-').map(|(place, _)| place);
    let start = ends.nth(1);
    start.and_then(|place| file.get(place..)).unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// `printf a | sha256sum`, `printf b | sha256sum`.
    const A: &str = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
    const B: &str = "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d";

    #[test]
    fn the_newest_file_is_compared_with_its_line_and_nothing_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let archive = Archive::new(folder.path());
        let look = || quick_look(&archive, &mut |_| {}).unwrap();
        assert!(look().is_sound(), "nothing is no damage");
        let (old, new) = (
            "khotin-z-20261121T000000Z-00001.warc.gz",
            "khotin-a-20261122T000000Z-00001.warc.gz",
        );
        fs::write(folder.path().join(old), "a").unwrap();
        fs::write(folder.path().join(new), "b").unwrap();
        let sums = |text: String| fs::write(folder.path().join("SHA256SUMS"), text).unwrap();
        sums(format!("{A}  {old}\n{B}  {new}\n"));
        let found = look();
        assert!(found.is_sound());
        assert_eq!(
            found.newest,
            Some((new.to_owned(), true)),
            "by time, not by site"
        );
        assert_eq!(found.closed, 2);

        sums(format!("{A}  {old}\n{A}  {new}\n"));
        assert_eq!(look().newest, Some((new.to_owned(), false)));
        assert!(!look().is_sound());

        sums(format!("{A}  {old}\n"));
        assert_eq!(look().newest, Some((old.to_owned(), true)));
        assert_eq!(look().without_sum, [new]);
        assert!(look().is_sound(), "a file may be closed and not yet listed");

        fs::rename(
            folder.path().join(old),
            folder.path().join("x.warc.gz.open"),
        )
        .unwrap();
        let found = look();
        assert_eq!(found.missing, [old]);
        assert_eq!(found.open, ["x.warc.gz"]);
        assert!(!found.is_sound());

        sums(format!("{A}  {new}\nhello\n"));
        assert_eq!(look().broken_lines, 1);
        assert!(!look().is_sound());
    }
}
