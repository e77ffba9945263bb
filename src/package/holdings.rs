//! Holdings: which WARC files a package takes. In: the archive folder. Out: every closed file with the
//! digest that it must have, and the names of those that are still written.

use std::collections::BTreeSet;

use crate::archive::Archive;
use crate::model::SiteId;

use super::PackageError;

/// A closed WARC file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldFile {
    /// Name without folder.
    pub name: String,
    /// Length in bytes.
    pub bytes: u64,
    /// What `SHA256SUMS` says, lower-case hex.
    pub sha256: String,
}

/// What is handed on.
#[derive(Debug, Clone)]
pub struct Holdings {
    /// Where the files are.
    pub archive: Archive,
    /// In the order of their names.
    pub files: Vec<HeldFile>,
    /// Names of files that are not closed; they are not taken.
    pub open: Vec<String>,
}

impl Holdings {
    /// All closed files, or those of one site. A file holds one site, and a revisit refers to a record of
    /// its own site, so the files of a site replay without the others.
    ///
    /// # Errors
    /// [`PackageError::NoSum`] for one that was not closed to the end.
    pub fn of(archive: &Archive, site: Option<&SiteId>) -> Result<Self, PackageError> {
        let wanted = |name: &String| site.is_none_or(|site| site_of(name) == Some(site.as_str()));
        let sums = archive.sums()?;
        let mut files = Vec::new();
        for name in archive.files()?.into_iter().filter(wanted) {
            let Some(sha256) = sums.get(&name).cloned() else {
                return Err(PackageError::NoSum { file: name });
            };
            let bytes = archive.length(&name).unwrap_or(0);
            files.push(HeldFile {
                name,
                bytes,
                sha256,
            });
        }
        let open = archive.open_files()?.into_iter().filter(wanted).collect();
        Ok(Self {
            archive: archive.clone(),
            files,
            open,
        })
    }

    /// The same, if there is a file at all.
    ///
    /// # Errors
    /// [`PackageError::Nothing`] if there is none.
    pub fn not_empty(self) -> Result<Self, PackageError> {
        match self.files.is_empty() {
            true => Err(PackageError::Nothing {
                folder: self.archive.dir().to_owned(),
            }),
            false => Ok(self),
        }
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    /// True if a file of this name is taken.
    pub fn holds(&self, name: &str) -> bool {
        // They are in the order of their names.
        let found = self
            .files
            .binary_search_by(|file| file.name.as_str().cmp(name));
        found.is_ok()
    }

    /// The sites whose files these are, sorted.
    pub fn sites(&self) -> Vec<&str> {
        let names = self.files.iter().map(|file| file.name.as_str());
        let sites: BTreeSet<&str> = names.filter_map(site_of).collect();
        sites.into_iter().collect()
    }
}

/// `moh` of `khotin-moh-20261122T010203Z-00001.warc.gz`.
fn site_of(file: &str) -> Option<&str> {
    let mut parts = file.rsplitn(3, '-');
    parts.nth(2)?.strip_prefix("khotin-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_its_site_whatever_the_sites_name_holds() {
        let table = [
            ("khotin-moh-20261122T010203Z-00001.warc.gz", Some("moh")),
            (
                "khotin-moh-cu-20261122T010203Z-00001.warc.gz",
                Some("moh-cu"),
            ),
            ("a.warc.gz", None),
        ];
        for (file, expected) in table {
            assert_eq!(site_of(file), expected, "{file}");
        }
    }
}
