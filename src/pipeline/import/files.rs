//! Files: a foreign file with all that is known of it before it is read, and what stands inside a package
//! or a folder of saved pages.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::ForeignPath;
use crate::archive::MAX_RECORD_BYTES;
use crate::import::ImportError;
use crate::import::keep::{Copied, Digested, FIRST, what_it_is};
use crate::import::ledger::ForeignKind;
use crate::import::pages::{INDEX, SavedPage, read_index};

/// The longest index of saved pages, in bytes: it is held in memory (our choice; some 100,000 pages).
const MAX_INDEX_BYTES: u64 = 32 * 1024 * 1024;

/// So much of a file is looked at before it is taken for a web archive (our choice).
const LOOKED_AT: u64 = 64 * 1024;

/// A foreign file that is to be read.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// Where it is read.
    pub(super) path: PathBuf,
    /// Where it was, for the ledger; `None` if it came on standard input.
    pub(super) told: Option<PathBuf>,
    /// Its name, for people and provenance.
    pub(super) name: String,
    /// What it is.
    pub(super) kind: ForeignKind,
    /// Its length in bytes, as far as known.
    pub(super) bytes: u64,
    /// Its digest, once it is known.
    pub(super) digested: Option<Digested>,
    /// Our copy.
    pub(super) kept: Option<String>,
    /// When the ledger first told of these bytes; `None` if it does not tell of them.
    pub(super) imported_at: Option<DateTime<Utc>>,
}

/// What a file is by its own first bytes, whatever was said of it; a folder of pages is what it is.
pub(super) fn kind_of(path: &Path, said: ForeignKind) -> Result<ForeignKind, ImportError> {
    if said == ForeignKind::Pages {
        return Ok(said);
    }
    let mut first = Vec::new();
    File::open(path)
        .and_then(|file| file.take(FIRST as u64).read_to_end(&mut first))
        .map_err(ImportError::io("read", path))?;
    Ok(what_it_is(&first).0)
}

/// The regular file that a name leads to in a folder or below it, links followed.
///
/// # Errors
/// What the system says; [`io::ErrorKind::InvalidInput`] if it leads out of the folder, or to what is no
/// regular file: that could be read for ever.
pub(super) fn file_inside(folder: &Path, name: &str) -> io::Result<PathBuf> {
    let wrong = |words: &str| {
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            words.to_owned(),
        ))
    };
    let folder = folder.canonicalize()?;
    let path = folder.join(name).canonicalize()?;
    if !path.starts_with(&folder) {
        return wrong("it leads out of the folder");
    }
    match path.is_file() {
        true => Ok(path),
        false => wrong("it is no regular file"),
    }
}

impl Source {
    /// A file or folder that somebody named.
    pub(super) fn of_path(found: ForeignPath) -> Result<Self, ImportError> {
        let whole = found
            .path
            .canonicalize()
            .map_err(ImportError::io("look at", &found.path))?;
        let name = whole.file_name().unwrap_or_default().to_string_lossy();
        let about = fs::metadata(&whole).map_err(ImportError::io("look at", &whole))?;
        Ok(Self {
            name: name.into_owned(),
            bytes: if about.is_file() { about.len() } else { 0 },
            kind: found.kind,
            told: Some(whole.clone()),
            path: whole,
            digested: None,
            kept: None,
            imported_at: None,
        })
    }

    /// Looks whether a WARC file may be one: whether a record or a packed stream begins somewhere in its
    /// first [`LOOKED_AT`] bytes. What is no archive at all must not come into the ledger.
    ///
    /// # Errors
    /// [`ImportError::NoArchive`] if not, [`ImportError::Io`] if it can not be read.
    pub(super) fn check_is_archive(&self) -> Result<(), ImportError> {
        if self.kind != ForeignKind::Warc {
            return Ok(());
        }
        let mut first = Vec::new();
        File::open(&self.path)
            .and_then(|file| file.take(LOOKED_AT).read_to_end(&mut first))
            .map_err(ImportError::io("read", &self.path))?;
        let begins = |mark: &[u8]| first.windows(mark.len()).any(|window| window == mark);
        let marks: [&[u8]; 4] = [
            b"WARC/",
            &[0x1f, 0x8b, 8],
            &[0x28, 0xb5, 0x2f, 0xfd],
            // The low half of a skippable frame's first byte is free.
            &[0x2a, 0x4d, 0x18],
        ];
        match marks.into_iter().any(begins) {
            true => Ok(()),
            false => Err(ImportError::NoArchive {
                name: self.name.clone(),
            }),
        }
    }

    /// A copy that was made of what comes only once.
    pub(super) fn of_copy(copied: Copied, name: String) -> Self {
        Self {
            path: copied.path,
            told: None,
            name,
            kind: copied.kind,
            bytes: copied.digested.bytes,
            digested: Some(copied.digested),
            kept: Some(copied.name),
            imported_at: None,
        }
    }
}

/// The WARC files in a package, sorted by name.
pub(super) fn members(path: &Path) -> Result<(zip::ZipArchive<File>, Vec<String>), ImportError> {
    let wrong = |problem: String| ImportError::Package {
        path: path.to_owned(),
        problem,
    };
    let file = File::open(path).map_err(ImportError::io("open", path))?;
    let package = zip::ZipArchive::new(file).map_err(|error| wrong(error.to_string()))?;
    let is_warc = |name: &str| {
        let lower = name.to_ascii_lowercase();
        let endings = [".warc", ".warc.gz", ".warc.zst"];
        lower.starts_with("archive/") && endings.iter().any(|ending| lower.ends_with(ending))
    };
    let mut names: Vec<String> = Vec::new();
    for name in package.file_names() {
        let name = name.map_err(|error| wrong(error.to_string()))?;
        if is_warc(&name) {
            names.push(name.into_owned());
        }
    }
    names.sort();
    names.dedup();
    if names.is_empty() {
        return Err(wrong("there is no WARC file in its archive/".to_owned()));
    }
    Ok((package, names))
}

/// The pages of a folder.
pub(super) fn pages(folder: &Path) -> Result<Vec<SavedPage>, ImportError> {
    let path = folder.join(INDEX);
    let about = fs::metadata(&path).map_err(ImportError::io("look at", &path))?;
    if about.len() > MAX_INDEX_BYTES {
        let problem =
            format!("an index has no more than {MAX_INDEX_BYTES} bytes: split the folder");
        return Err(ImportError::Index {
            path,
            line: 1,
            problem,
        });
    }
    let text = fs::read_to_string(&path).map_err(ImportError::io("read", &path))?;
    read_index(&text).map_err(|(line, problem)| ImportError::Index {
        path,
        line,
        problem,
    })
}

/// The bytes of a saved page.
pub(super) fn page_bytes(folder: &Path, page: &SavedPage) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file_inside(folder, &page.file)?)?
        .take(MAX_RECORD_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_RECORD_BYTES {
        let words = format!("it has more than {MAX_RECORD_BYTES} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, words));
    }
    Ok(bytes)
}

/// The digest of a folder of pages: that of its list ([`crate::import::pages`]). A page that can not be
/// read stands in it without a digest, so that the list is another one once it can.
pub(super) fn pages_digest(folder: &Path) -> Result<Digested, ImportError> {
    let (mut list, mut bytes) = (Sha256::new(), 0);
    for page in pages(folder)? {
        let sha256 = match page_bytes(folder, &page) {
            Ok(body) => {
                bytes += body.len() as u64;
                HEXLOWER.encode(&Sha256::digest(&body))
            }
            Err(_) => "-".to_owned(),
        };
        list.update(page.line(&sha256));
    }
    let sha256 = HEXLOWER.encode(&list.finalize());
    Ok(Digested { sha256, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_bytes_say() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.warc");
        fs::write(&path, b"PK\x03\x04").unwrap();
        let kind = |said| kind_of(&path, said).unwrap();
        assert_eq!(kind(ForeignKind::Warc), ForeignKind::Wacz);
        assert_eq!(kind(ForeignKind::Pages), ForeignKind::Pages);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_does_not_lead_out_of_the_folder() {
        use std::os::unix::fs::symlink;
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("pages");
        fs::create_dir_all(folder.join("below")).unwrap();
        fs::write(above.path().join("secret"), "s").unwrap();
        fs::write(folder.join("below/a"), "a").unwrap();
        symlink("below/a", folder.join("b")).unwrap();
        symlink("../secret", folder.join("out")).unwrap();
        symlink("..", folder.join("up")).unwrap();
        for (name, is_inside) in [
            ("below/a", true),
            ("b", true),
            ("out", false),
            ("up/secret", false),
            ("below", false),
            ("none", false),
        ] {
            assert_eq!(file_inside(&folder, name).is_ok(), is_inside, "{name}");
        }
    }
}
