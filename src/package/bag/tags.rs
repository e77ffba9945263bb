//! Tags: the files of a bag that tell of the others: `bagit.txt`, `bag-info.txt`, a manifest for each
//! digest, and manifests of these (RFC 8493, section 2.2).

use std::io::Write;
use std::path::{Path, PathBuf};

use super::super::PackageError;
use super::super::digests::{Digesting, Passed};
use super::create;

const DECLARATION: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";

/// The files of a payload with their digests.
#[derive(Debug)]
pub(super) struct Tags {
    folder: PathBuf,
    files: Vec<(String, Passed)>,
}

impl Tags {
    /// Of a bag that is written in `folder`.
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            files: Vec::new(),
        }
    }

    /// Takes a file of the payload.
    pub(super) fn add(&mut self, path: String, passed: Passed) {
        self.files.push((path, passed));
    }

    /// How many files there are, and their bytes.
    pub(super) fn payload(&self) -> (u64, u64) {
        let bytes = self.files.iter().map(|(_, passed)| passed.bytes).sum();
        (self.files.len() as u64, bytes)
    }

    /// Writes them; `info` are the lines of `bag-info.txt`.
    pub(super) fn write(mut self, info: &[(&'static str, String)]) -> Result<(), PackageError> {
        self.files.sort_by(|(one, _), (other, _)| one.cmp(other));
        let (files, bytes) = self.payload();
        let mut lines: String = info
            .iter()
            .map(|(label, value)| format!("{label}: {}\n", one_line(value)))
            .collect();
        lines.push_str(&format!("Payload-Oxum: {bytes}.{files}\n"));
        let mut tags = Vec::new();
        for (name, text) in [
            ("bagit.txt", DECLARATION.to_owned()),
            ("bag-info.txt", lines),
            ("manifest-sha256.txt", manifest(&self.files, sha256)),
            ("manifest-sha512.txt", manifest(&self.files, sha512)),
        ] {
            let passed = write_file(&self.folder, name, text.as_bytes())?;
            tags.push((name.to_owned(), passed));
        }
        tags.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (name, digest) in [
            ("tagmanifest-sha256.txt", sha256 as fn(&Passed) -> &str),
            ("tagmanifest-sha512.txt", sha512),
        ] {
            write_file(&self.folder, name, manifest(&tags, digest).as_bytes())?;
        }
        Ok(())
    }
}

fn sha256(passed: &Passed) -> &str {
    &passed.sha256
}

fn sha512(passed: &Passed) -> &str {
    passed.sha512.as_deref().unwrap_or_default()
}

/// `digest  path`, one line a file.
fn manifest(files: &[(String, Passed)], digest: fn(&Passed) -> &str) -> String {
    let line =
        |(path, passed): &(String, Passed)| format!("{}  {}\n", digest(passed), escaped(path));
    files.iter().map(line).collect()
}

/// A path in a manifest: what would end its line, and the sign of the escape itself (section 2.1.3).
fn escaped(path: &str) -> String {
    path.replace('%', "%25")
        .replace('\n', "%0A")
        .replace('\r', "%0D")
}

/// A value of `bag-info.txt` on one line.
fn one_line(value: &str) -> String {
    value.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Writes a small file into the bag, durable but for its name.
pub(super) fn write_file(folder: &Path, path: &str, bytes: &[u8]) -> Result<Passed, PackageError> {
    let path = folder.join(path);
    let mut digesting = Digesting::with_sha512(create(&path)?);
    let written = digesting.write_all(bytes);
    let (file, passed) = digesting.finish();
    written
        .and_then(|()| file.sync_all())
        .map_err(PackageError::io("write", &path))?;
    Ok(passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_on_its_line() {
        assert_eq!(escaped("data/100%\r\nb"), "data/100%25%0D%0Ab");
        assert_eq!(one_line("a\n  b: c\r\n"), "a b: c");
    }
}
