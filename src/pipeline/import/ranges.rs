//! Ranges: the records that a CDXJ index names, out of the files of a base, put behind each other into one
//! WARC file in our archive: a range can not be found again by a name, so it is always kept. The file is a
//! function of the set of ranges.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use url::Url;

use super::files::file_inside;
use crate::config::Sites;
use crate::import::ImportError;
use crate::import::cdxj::{Line, Range, in_order, read_line};
use crate::import::keep::{Copied, keep};
use crate::import::report::{ImportReport, LocatedTrouble};
use crate::model::plain;

/// The longest line of an index that is read (our choice).
const MAX_LINE_BYTES: u64 = 1024 * 1024;

/// Where the files of an index are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// In this folder.
    Folder(PathBuf),
    /// Below this address of this machine.
    Address(Url),
}

impl Base {
    /// Reads what a user wrote: an address of this machine, else a folder.
    ///
    /// # Errors
    /// [`ImportError::Base`] for an address of another machine, and for what is neither.
    pub fn read(text: &str) -> Result<Self, ImportError> {
        let wrong = || ImportError::Base {
            base: text.to_owned(),
        };
        if !text.contains("://") {
            let path = PathBuf::from(text);
            return if path.is_dir() {
                Ok(Self::Folder(path))
            } else {
                Err(wrong())
            };
        }
        let mut url = Url::parse(text).map_err(|_| wrong())?;
        let is_here = match url.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            _ => false,
        };
        if url.scheme() != "http" || !is_here || url.query().is_some() || !url.username().is_empty()
        {
            return Err(wrong());
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Ok(Self::Address(url))
    }
}

/// Gives ranges of files that are served over HTTP on this machine.
pub trait RangeSource {
    /// The bytes from `offset` on, exactly `length` of them.
    ///
    /// # Errors
    /// What happened, in words.
    fn range(&self, url: &Url, offset: u64, length: u64) -> Result<Vec<u8>, String>;
}

/// An index as it is, or unpacked: Common Crawl's and those of a WACZ are packed with gzip.
fn open_index(path: &Path) -> io::Result<Box<dyn BufRead>> {
    let mut input = BufReader::new(File::open(path)?);
    match input.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        true => Ok(Box::new(BufReader::new(MultiGzDecoder::new(input)))),
        false => Ok(Box::new(input)),
    }
}

/// The ranges of an index that hold records of these sites; the other lines are counted.
pub(super) fn wanted(
    index: &Path,
    sites: &Sites,
    strict: bool,
    report: &mut ImportReport,
) -> Result<BTreeSet<Range>, ImportError> {
    let mut input = open_index(index).map_err(ImportError::io("open", index))?;
    let mut wanted = Vec::new();
    let mut offset = 0;
    let mut is_index = false;
    loop {
        let mut line = Vec::new();
        let read = (&mut input)
            .take(MAX_LINE_BYTES)
            .read_until(b'\n', &mut line)
            .map_err(ImportError::io("read", index))?;
        if read == 0 {
            return match is_index {
                true => Ok(in_order(wanted)),
                false => Err(ImportError::NoIndex {
                    path: index.to_owned(),
                }),
            };
        }
        let text = String::from_utf8_lossy(&line);
        match read_line(sites.iter().map(|site| &site.profile), &text) {
            Ok(None) => {}
            Ok(Some(line)) => {
                is_index = true;
                match line {
                    Line::Wanted(range) => wanted.push(range),
                    Line::Passed(passed) => report.pass(passed),
                }
            }
            Err(problem) => {
                let trouble = LocatedTrouble {
                    file: index.display().to_string(),
                    offset,
                    record_id: None,
                    kind: "index".to_owned(),
                    what: plain(&problem),
                };
                note(trouble, false, strict, report)?;
            }
        }
        offset += read as u64;
    }
}

/// Counts a trouble.
///
/// # Errors
/// [`ImportError::Strict`] if it is to be the end.
fn note(
    trouble: LocatedTrouble,
    is_loss: bool,
    strict: bool,
    report: &mut ImportReport,
) -> Result<(), ImportError> {
    let error = ImportError::Strict {
        file: trouble.file.clone(),
        offset: trouble.offset,
        what: trouble.what.clone(),
    };
    report.trouble(trouble, is_loss);
    match strict {
        true => Err(error),
        false => Ok(()),
    }
}

/// Copies the ranges into the archive; `None` if there are none. One that can not be had is a loss, and the
/// others are copied.
pub(super) fn copy(
    wanted: &BTreeSet<Range>,
    base: &Base,
    served: &dyn RangeSource,
    archive: &Path,
    strict: bool,
    report: &mut ImportReport,
    going_on: &mut dyn FnMut() -> bool,
) -> Result<Option<Copied>, ImportError> {
    if wanted.is_empty() {
        return Ok(None);
    }
    let mut joined = Joined {
        ranges: wanted.iter(),
        base,
        served,
        held: io::Cursor::new(Vec::new()),
        strict,
        report,
        failed: None,
    };
    let copied = keep(archive, &mut joined, &mut |_| going_on());
    if let Some(error) = joined.failed {
        return Err(error);
    }
    let copied = copied?;
    if copied.digested.bytes > 0 {
        return Ok(Some(copied));
    }
    fs::remove_file(&copied.path).map_err(ImportError::io("remove", &copied.path))?;
    Ok(None)
}

/// The bytes of all ranges, one range in memory.
struct Joined<'a> {
    ranges: std::collections::btree_set::Iter<'a, Range>,
    base: &'a Base,
    served: &'a dyn RangeSource,
    held: io::Cursor<Vec<u8>>,
    strict: bool,
    report: &'a mut ImportReport,
    failed: Option<ImportError>,
}

impl Read for Joined<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.held.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let Some(range) = self.ranges.next() else {
                return Ok(0);
            };
            match get(self.base, self.served, range) {
                Ok(bytes) => self.held = io::Cursor::new(bytes),
                Err(problem) => {
                    let end = range.offset.saturating_add(range.length);
                    let what = format!("the bytes up to {end} can not be had: {problem}");
                    let trouble = LocatedTrouble {
                        file: plain(&range.file),
                        offset: range.offset,
                        record_id: None,
                        kind: "range".to_owned(),
                        what: plain(&what),
                    };
                    let Err(error) = note(trouble, true, self.strict, self.report) else {
                        continue;
                    };
                    self.failed = Some(error);
                    return Err(io::ErrorKind::Other.into());
                }
            }
        }
    }
}

fn get(base: &Base, served: &dyn RangeSource, range: &Range) -> Result<Vec<u8>, String> {
    let bytes = match base {
        Base::Folder(folder) => {
            let mut bytes = Vec::new();
            let mut file = file_inside(folder, &range.file)
                .and_then(File::open)
                .map_err(|error| error.to_string())?;
            file.seek(SeekFrom::Start(range.offset))
                .and_then(|_| file.take(range.length).read_to_end(&mut bytes))
                .map_err(|error| error.to_string())?;
            bytes
        }
        Base::Address(base) => {
            let url = base.join(&range.file).map_err(|error| error.to_string())?;
            if url.host() != base.host() || url.port() != base.port() {
                return Err("it leads to another machine".to_owned());
            }
            served.range(&url, range.offset, range.length)?
        }
    };
    if bytes.len() as u64 != range.length {
        return Err(format!(
            "{} of {} bytes are there",
            bytes.len(),
            range.length
        ));
    }
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Err("no gzip member begins there".to_owned());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_a_folder_or_this_machine() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap();
        assert_eq!(Base::read(path).unwrap(), Base::Folder(path.into()));
        for here in ["http://127.0.0.1:8080/cc", "http://[::1]:1/cc/"] {
            let Base::Address(url) = Base::read(here).unwrap() else {
                panic!("an address");
            };
            assert!(url.path() == "/cc/", "{url}");
        }
        for elsewhere in [
            "https://data.commoncrawl.org/",
            "http://10.0.0.1/",
            "http://localhost/",
            "http://127.0.0.1.evil.vn/",
            "http://x@127.0.0.1/",
            "ftp://127.0.0.1/",
            "no/such/folder",
        ] {
            let error = Base::read(elsewhere).unwrap_err();
            assert!(error.is_usage(), "{elsewhere}: {error}");
        }
    }
    /// Nothing is served.
    struct Nobody;

    impl RangeSource for Nobody {
        fn range(&self, _: &Url, _: u64, _: u64) -> Result<Vec<u8>, String> {
            Err("nobody is there".to_owned())
        }
    }

    #[test]
    fn a_range_that_can_not_be_had_is_a_loss_and_strictness_stops() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), b"\x1f\x8b..\x1f\x8b..").unwrap();
        let base = Base::Folder(folder.path().to_owned());
        let range = |file: &str, offset| Range {
            file: file.to_owned(),
            offset,
            length: 4,
        };
        let wanted = BTreeSet::from([range("a", 0), range("a", 1), range("a", 4), range("b", 0)]);
        let copied = |wanted: &BTreeSet<Range>, strict| {
            let mut report = ImportReport::default();
            let archive = folder.path();
            let copied = copy(
                wanted,
                &base,
                &Nobody,
                archive,
                strict,
                &mut report,
                &mut || true,
            );
            (copied, report.losses)
        };
        let (some, losses) = copied(&wanted, false);
        assert_eq!((some.unwrap().unwrap().digested.bytes, losses), (8, 2));
        let (none, losses) = copied(&BTreeSet::from([range("b", 0)]), false);
        assert_eq!((none.unwrap(), losses), (None, 1));
        let (stopped, _) = copied(&wanted, true);
        assert!(matches!(stopped, Err(ImportError::Strict { .. })));
    }

    #[test]
    fn a_bad_line_of_an_index_is_counted_and_stops_strictness() {
        let folder = tempfile::tempdir().unwrap();
        let index = folder.path().join("index.cdxj");
        let other =
            r#"vn,other)/ 2016 {"url":"https://other.vn/","filename":"a","offset":0,"length":4}"#;
        std::fs::write(&index, format!("{other}\nno index\n")).unwrap();
        let sites = Sites::load(None).unwrap();
        let mut report = ImportReport::default();
        assert!(wanted(&index, &sites, false, &mut report).is_ok());
        assert_eq!(report.trouble_count(), 1);
        let stopped = wanted(&index, &sites, true, &mut report);
        assert!(matches!(stopped, Err(ImportError::Strict { .. })));
    }
}
