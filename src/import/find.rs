//! Find: which foreign files a name on the command line means. In: a file or folder. Out: web archives and
//! folders of saved pages, in the order of their paths.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::ImportError;
use super::keep::what_it_is;
use super::ledger::ForeignKind;
use super::pages::INDEX;

/// Folders below folders are looked into so far (our choice). Links to folders are not followed.
const MOST_DEEP: usize = 32;
/// How the files of web archives end.
const ENDINGS: [&str; 4] = [".warc", ".warc.gz", ".warc.zst", ".wacz"];

/// A foreign file: what it is and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ForeignPath {
    /// Where; of a folder of pages the folder.
    pub path: PathBuf,
    /// What.
    pub kind: ForeignKind,
}

/// What a path means.
///
/// # Errors
/// [`ImportError::NothingThere`] if a folder holds nothing of use, [`ImportError::NoFile`] and
/// [`ImportError::Io`] if it can not be looked at.
pub fn find(path: &Path) -> Result<Vec<ForeignPath>, ImportError> {
    let about = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(ImportError::NoFile {
                path: path.to_owned(),
            });
        }
        about => about.map_err(ImportError::io("look at", path))?,
    };
    if about.is_file() {
        return one_file(path).map(|file| vec![file]);
    }
    if !about.is_dir() {
        return Err(ImportError::NoFile {
            path: path.to_owned(),
        });
    }
    if path.join(INDEX).is_file() {
        return Ok(vec![ForeignPath {
            path: path.to_owned(),
            kind: ForeignKind::Pages,
        }]);
    }
    let mut found = Vec::new();
    look_into(path, MOST_DEEP, &mut found)?;
    found.sort();
    // A file that has several names is read once, by the first.
    let mut seen = BTreeSet::new();
    found.retain(|file: &ForeignPath| {
        let whole = file.path.canonicalize();
        seen.insert(whole.unwrap_or_else(|_| file.path.clone()))
    });
    match found.is_empty() {
        true => Err(ImportError::NothingThere {
            path: path.to_owned(),
        }),
        false => Ok(found),
    }
}

/// A file that was named: its bytes say what it is, but a saved page alone tells neither address nor time.
fn one_file(path: &Path) -> Result<ForeignPath, ImportError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if name == INDEX {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        return Ok(ForeignPath {
            path: folder.unwrap_or(Path::new(".")).to_owned(),
            kind: ForeignKind::Pages,
        });
    }
    let mut first = Vec::new();
    File::open(path)
        .and_then(|file| file.take(512).read_to_end(&mut first))
        .map_err(ImportError::io("read", path))?;
    let start = first.trim_ascii_start();
    let looks_like_a_page = start.first() == Some(&b'<') && !is_archive(&name);
    if looks_like_a_page {
        return Err(ImportError::NothingThere {
            path: path.to_owned(),
        });
    }
    Ok(ForeignPath {
        path: path.to_owned(),
        kind: what_it_is(&first).0,
    })
}

fn is_archive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

fn look_into(
    folder: &Path,
    deeper: usize,
    found: &mut Vec<ForeignPath>,
) -> Result<(), ImportError> {
    let entries = fs::read_dir(folder).map_err(ImportError::io("list", folder))?;
    for entry in entries {
        let entry = entry.map_err(ImportError::io("list", folder))?;
        let path = entry.path();
        let kind = entry
            .file_type()
            .map_err(ImportError::io("look at", &path))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if kind.is_dir() {
            if deeper > 0 {
                look_into(&path, deeper - 1, found)?;
            }
        } else if is_archive(&name) {
            // A link may lead to a file; what is no regular file could be read for ever.
            let about = fs::metadata(&path).map_err(ImportError::io("look at", &path))?;
            if about.is_file() {
                found.push(one_file(&path)?);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_ring_of_links_is_not_followed_and_each_file_is_read_once() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("b")).unwrap();
        fs::write(at("b/z.warc"), "WARC/1.0").unwrap();
        symlink(folder.path(), at("b/ring")).unwrap();
        symlink(folder.path(), at("ring.warc")).unwrap();
        symlink(at("b/z.warc"), at("a.warc")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at("s.warc")).unwrap();
        let found = find(folder.path()).unwrap();
        let paths: Vec<_> = found.into_iter().map(|file| file.path).collect();
        assert_eq!(paths, [at("a.warc")]);
    }

    #[test]
    fn a_folder_gives_its_archives_in_order_and_a_page_alone_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("b/c")).unwrap();
        fs::write(at("b/c/z.warc"), "WARC/1.0").unwrap();
        fs::write(at("b/a.WACZ"), b"PK\x03\x04").unwrap();
        fs::write(at("a.warc.gz"), b"\x1f\x8b").unwrap();
        fs::write(at("page.html"), " <html>").unwrap();
        let found = find(folder.path()).unwrap();
        let names: Vec<_> = found
            .iter()
            .map(|file| {
                (
                    file.path.strip_prefix(folder.path()).unwrap().to_owned(),
                    file.kind,
                )
            })
            .collect();
        let expected = [
            ("a.warc.gz", ForeignKind::Warc),
            ("b/a.WACZ", ForeignKind::Wacz),
            ("b/c/z.warc", ForeignKind::Warc),
        ];
        assert_eq!(
            names,
            expected.map(|(name, kind)| (PathBuf::from(name), kind))
        );
        assert_eq!(find(&at("b/c/z.warc")).unwrap().len(), 1);
        let refused = find(&at("page.html")).unwrap_err();
        assert!(refused.advice().contains("index.jsonl"), "{refused}");
        fs::create_dir(at("wget")).unwrap();
        fs::write(at("wget/index.html"), "<html>").unwrap();
        let refused = find(&at("wget")).unwrap_err();
        assert!(refused.is_usage() && refused.advice().contains("index.jsonl"));
        fs::write(at("wget/index.jsonl"), "").unwrap();
        for name in ["wget", "wget/index.jsonl"] {
            let pages = ForeignPath {
                path: at("wget"),
                kind: ForeignKind::Pages,
            };
            assert_eq!(find(&at(name)).unwrap(), [pages]);
        }
        assert!(find(&at("none")).is_err());
    }
}
