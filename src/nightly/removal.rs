//! Removal: carries the plan of [`super::rotation`] out.
//!
//! In: the folder of dumps, and which of them the reports of nights name; out: what stays and what went.
//! Always holds: only a folder that a night's report names as its dump is ever removed, and never the one
//! that `latest` leads to; before it goes, its manifest and the digests of its files stand durable in
//! `removed/<name>/`. A dump is renamed before it is deleted, so that a half deleted one is never taken
//! for a dump; what a crash left is deleted by the next rotation.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde::Deserialize;

use super::report::RotationReport;
use super::rotation::{Dump, Keep, plan};
use crate::archive::payload_sha256;
use crate::durable;

const LATEST: &str = "latest";
const REMOVED: &str = "removed";
const MANIFEST: &str = "manifest.json";
const SUMS: &str = "SHA256SUMS";
const REMOVING_SUFFIX: &str = ".removing";
const PARTIAL_SUFFIX: &str = ".partial";

/// What is asked of a manifest: a dump that is removed may be years old, of another version of khotin.
#[derive(Debug, Deserialize)]
pub(super) struct DumpManifest {
    pub(super) articles: u64,
    files: Vec<DumpFile>,
}

#[derive(Debug, Deserialize)]
struct DumpFile {
    name: String,
    bytes: u64,
    sha256: String,
}

impl DumpManifest {
    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// Why dumps could not be rotated.
#[derive(Debug, thiserror::Error)]
pub(super) enum RotationError {
    /// Another process writes a dump there.
    #[error("another export is being written in {}", path.display())]
    Busy {
        /// The folder of dumps.
        path: PathBuf,
    },
    /// The evidence of a dump can not be kept, so the dump stays.
    #[error("the manifest of {} can not be read", path.display())]
    Manifest {
        /// The dump.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The system does not let us.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl RotationError {
    fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            doing,
            path,
            source,
        }
    }
}

/// Removes what does not stay. `made` are the dumps that reports of nights name, with the number of their
/// night.
///
/// # Errors
/// [`RotationError`]; what was removed before stays removed, and the next rotation goes on.
pub(super) fn rotate(
    dumps: &Path,
    made: &BTreeMap<String, u32>,
    keep: Keep,
) -> Result<RotationReport, RotationError> {
    let _lock = lock(dumps)?;
    let found = look(dumps)?;
    let mut ours = Vec::new();
    let mut report = RotationReport::default();
    for (leftover, dump) in &found.leftovers {
        if made.contains_key(dump) {
            fs::remove_dir_all(leftover).map_err(RotationError::io("remove", leftover))?;
        } else {
            report.not_ours.push(dump.clone());
        }
    }
    for (name, night) in found.dumps {
        match made.get(&name) {
            Some(number) => ours.push(Dump {
                name,
                night,
                number: *number,
            }),
            None => report.not_ours.push(name),
        }
    }
    let latest = fs::read_link(dumps.join(LATEST)).ok();
    let latest = latest.as_ref().and_then(|target| target.to_str());
    let plan = plan(&ours, keep, latest);
    for name in &plan.remove {
        keep_evidence(dumps, name)?;
        remove(dumps, name)?;
    }
    report.kept = plan.keep;
    report.removed = plan.remove;
    Ok(report)
}

/// What stands in the folder of dumps.
struct Found {
    /// Folders with the name of a dump.
    dumps: Vec<(String, NaiveDate)>,
    /// Dumps that were being removed, and evidence that was being kept, when the process ended; with the dump.
    leftovers: Vec<(PathBuf, String)>,
}

fn look(dumps: &Path) -> Result<Found, RotationError> {
    let mut found = Found {
        dumps: Vec::new(),
        leftovers: Vec::new(),
    };
    for (path, name) in entries(dumps)? {
        if let Some(night) = night_of_dump(&name) {
            found.dumps.push((name, night));
        } else if let Some(dump) = hidden_dump(&name, REMOVING_SUFFIX) {
            found.leftovers.push((path, dump.to_owned()));
        }
    }
    for (path, name) in entries(&dumps.join(REMOVED))? {
        if let Some(dump) = hidden_dump(&name, PARTIAL_SUFFIX) {
            found.leftovers.push((path, dump.to_owned()));
        }
    }
    found.dumps.sort();
    Ok(found)
}

/// The real folders in a folder, with names that are text; none if it is not there.
fn entries(folder: &Path) -> Result<Vec<(PathBuf, String)>, RotationError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(RotationError::io("read", folder))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(RotationError::io("read", folder))?;
        // The type of the entry itself: a link to a folder is none.
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if let (true, Some(name)) = (is_folder, entry.file_name().to_str()) {
            found.push((entry.path(), name.to_owned()));
        }
    }
    Ok(found)
}

/// `2026-11-28`, and `2026-11-28-2` for the second of its night.
pub(super) fn night_of_dump(name: &str) -> Option<NaiveDate> {
    let (day, rest) = name.split_at_checked(10)?;
    let is_number = |rest: &str| {
        let number: Option<u32> = rest.strip_prefix('-').and_then(|rest| rest.parse().ok());
        number.is_some_and(|number| number >= 2 && rest == format!("-{number}"))
    };
    let night: NaiveDate = day.parse().ok()?;
    (night.to_string() == day && (rest.is_empty() || is_number(rest))).then_some(night)
}

/// The first name for a dump of a night that neither stands nor stood.
pub(super) fn free_name(dumps: &Path, night: NaiveDate) -> String {
    let is_free = |name: &String| {
        let places = [dumps.join(name), dumps.join(REMOVED).join(name)];
        places.iter().all(|place| place.symlink_metadata().is_err())
    };
    let numbered = (2_u32..).map(|number| format!("{night}-{number}"));
    std::iter::once(night.to_string())
        .chain(numbered)
        .find(is_free)
        .unwrap_or_default()
}

/// The dump that a hidden folder is of.
fn hidden_dump<'a>(name: &'a str, suffix: &str) -> Option<&'a str> {
    let dump = name.strip_prefix('.')?.strip_suffix(suffix)?;
    night_of_dump(dump).map(|_| dump)
}

/// The folder's own lock, which exports take too.
fn lock(dumps: &Path) -> Result<File, RotationError> {
    let folder = File::open(dumps).map_err(RotationError::io("open", dumps))?;
    match folder.try_lock() {
        Ok(()) => Ok(folder),
        Err(TryLockError::WouldBlock) => Err(RotationError::Busy {
            path: dumps.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(RotationError::io("lock", dumps)(source)),
    }
}

/// Lets the manifest and the digests of a dump stand in `removed/<name>/`.
fn keep_evidence(dumps: &Path, name: &str) -> Result<(), RotationError> {
    let removed = dumps.join(REMOVED);
    let place = removed.join(name);
    if place.is_dir() {
        return Ok(()); // the process ended before the dump was renamed
    }
    let source = dumps.join(name).join(MANIFEST);
    let text = fs::read(&source).map_err(RotationError::io("read", &source))?;
    let manifest: DumpManifest =
        serde_json::from_slice(&text).map_err(|error| RotationError::Manifest {
            path: dumps.join(name),
            source: error,
        })?;
    let mut sums: String = manifest
        .files
        .iter()
        .map(|file| format!("{}  {}\n", file.sha256, file.name))
        .collect();
    sums.push_str(&format!("{}  {MANIFEST}\n", payload_sha256(&text)));
    durable::make_folder(&removed).map_err(RotationError::io("make", &removed))?;
    let partial = removed.join(format!(".{name}{PARTIAL_SUFFIX}"));
    fs::create_dir(&partial).map_err(RotationError::io("make", &partial))?;
    for (file, bytes) in [(MANIFEST, text.as_slice()), (SUMS, sums.as_bytes())] {
        let path = partial.join(file);
        durable::write_file(&path, bytes).map_err(RotationError::io("write", &path))?;
    }
    fs::rename(&partial, &place).map_err(RotationError::io("rename", &partial))?;
    durable::sync_folder(&removed).map_err(RotationError::io("sync", &removed))
}

fn remove(dumps: &Path, name: &str) -> Result<(), RotationError> {
    let path = dumps.join(name);
    let going = dumps.join(format!(".{name}{REMOVING_SUFFIX}"));
    fs::rename(&path, &going).map_err(RotationError::io("rename", &path))?;
    durable::sync_folder(dumps).map_err(RotationError::io("sync", dumps))?;
    fs::remove_dir_all(&going).map_err(RotationError::io("remove", &going))?;
    durable::sync_folder(dumps).map_err(RotationError::io("sync", dumps))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEEP: Keep = Keep {
        daily: 1,
        monthly: Some(0),
    };

    /// A dump as an export leaves it, with one table.
    fn dump(dumps: &Path, name: &str) {
        let folder = dumps.join(name);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("articles.csv"), "key\n").unwrap();
        let manifest = serde_json::json!({
            "khotin": "0.1.0", "created": "2026-11-01T18:00:00Z",
            "query": { "site": null, "section": null, "since": null, "until": null, "state": null },
            "articles": 0, "undated_left_out": 0, "synthetic_articles": 0, "states": {}, "sites": {},
            "profiles": {}, "tables": {},
            "files": [{ "name": "articles.csv", "rows": 0, "bytes": 4,
                        "sha256": "aa", "cells_cleaned": 0, "cells_cut": 0 }],
        });
        fs::write(folder.join(MANIFEST), manifest.to_string()).unwrap();
    }

    fn made(names: &[&str]) -> BTreeMap<String, u32> {
        let made = names.iter().map(|name| (*name).to_owned());
        made.zip(1..).collect()
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn of_a_dump_that_goes_the_manifest_and_the_digests_stay() {
        let dumps = tempfile::tempdir().unwrap();
        for name in ["2026-11-01", "2026-11-02"] {
            dump(dumps.path(), name);
        }
        let manifest = fs::read(dumps.path().join("2026-11-01/manifest.json")).unwrap();
        let made = made(&["2026-11-01", "2026-11-02"]);
        let report = rotate(dumps.path(), &made, KEEP).unwrap();
        assert_eq!(report.removed, ["2026-11-01"]);
        assert_eq!(names(dumps.path()), ["2026-11-02", "removed"]);
        let evidence = dumps.path().join("removed/2026-11-01");
        assert_eq!(fs::read(evidence.join(MANIFEST)).unwrap(), manifest);
        let sums = fs::read_to_string(evidence.join(SUMS)).unwrap();
        let sum = payload_sha256(&manifest);
        assert_eq!(sums, format!("aa  articles.csv\n{sum}  manifest.json\n"));
    }

    #[test]
    fn what_no_night_made_and_where_latest_leads_stays() {
        let dumps = tempfile::tempdir().unwrap();
        let all = [
            "2026-11-01",
            "2026-11-02",
            "2026-11-03",
            "2026-11-04",
            "20261101T010203Z",
            "2026-11-02 copy",
        ];
        for name in all {
            dump(dumps.path(), name);
        }
        std::os::unix::fs::symlink("2026-11-02", dumps.path().join(LATEST)).unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        dump(elsewhere.path(), "precious");
        let link = dumps.path().join("2026-10-01");
        std::os::unix::fs::symlink(elsewhere.path().join("precious"), &link).unwrap();
        // Of the first there is no report.
        let made = made(&["2026-10-01", "2026-11-02", "2026-11-03", "2026-11-04"]);
        let report = rotate(dumps.path(), &made, KEEP).unwrap();
        assert_eq!(report.not_ours, ["2026-11-01"]);
        assert_eq!(report.kept, ["2026-11-02", "2026-11-04"]);
        assert_eq!(report.removed, ["2026-11-03"]);
        let left = [
            "2026-10-01",
            "2026-11-01",
            "2026-11-02",
            "2026-11-02 copy",
            "2026-11-04",
            "20261101T010203Z",
            LATEST,
            REMOVED,
        ];
        assert_eq!(names(dumps.path()), left);
        assert!(elsewhere.path().join("precious/articles.csv").is_file());
    }

    #[test]
    fn what_a_crash_left_goes_with_the_next_rotation() {
        let dumps = tempfile::tempdir().unwrap();
        let nights = ["2026-11-01", "2026-11-02", "2026-11-03"];
        for name in nights {
            dump(dumps.path(), name);
        }
        // Killed while the first was being deleted, and while the evidence of the second was written.
        keep_evidence(dumps.path(), "2026-11-01").unwrap();
        let going = dumps.path().join(".2026-11-01.removing");
        fs::rename(dumps.path().join("2026-11-01"), &going).unwrap();
        fs::remove_file(going.join("articles.csv")).unwrap();
        fs::create_dir(dumps.path().join("removed/.2026-11-02.partial")).unwrap();
        // And after the evidence of the second, before it was renamed, in another night.
        let report = rotate(dumps.path(), &made(&nights), KEEP).unwrap();
        assert_eq!(report.removed, ["2026-11-02"]);
        assert_eq!(names(dumps.path()), ["2026-11-03", "removed"]);
        let removed = dumps.path().join(REMOVED);
        assert_eq!(names(&removed), ["2026-11-01", "2026-11-02"]);

        dump(dumps.path(), "2026-11-04");
        keep_evidence(dumps.path(), "2026-11-03").unwrap();
        let made = made(&["2026-11-03", "2026-11-04"]);
        assert_eq!(
            rotate(dumps.path(), &made, KEEP).unwrap().removed,
            ["2026-11-03"]
        );
        assert_eq!(names(&removed), ["2026-11-01", "2026-11-02", "2026-11-03"]);
    }

    #[test]
    fn what_looks_like_a_leftover_of_a_dump_that_no_night_made_stays() {
        let dumps = tempfile::tempdir().unwrap();
        dump(dumps.path(), "2026-11-02");
        let foreign = dumps.path().join(".2026-05-05.removing");
        fs::create_dir(&foreign).unwrap();
        fs::write(foreign.join("f"), "").unwrap();
        let report = rotate(dumps.path(), &made(&["2026-11-02"]), KEEP).unwrap();
        assert_eq!(report.not_ours, ["2026-05-05"]);
        assert!(foreign.join("f").is_file());
    }

    #[test]
    fn a_dump_whose_manifest_can_not_be_read_stays() {
        let dumps = tempfile::tempdir().unwrap();
        for name in ["2026-11-01", "2026-11-02"] {
            dump(dumps.path(), name);
        }
        fs::write(dumps.path().join("2026-11-01/manifest.json"), "{").unwrap();
        let made = made(&["2026-11-01", "2026-11-02"]);
        let error = rotate(dumps.path(), &made, KEEP).unwrap_err();
        assert!(
            error.to_string().ends_with("2026-11-01 can not be read"),
            "{error}"
        );
        assert!(dumps.path().join("2026-11-01/articles.csv").is_file());
    }

    #[test]
    fn names_of_dumps_are_days_with_a_number_from_two() {
        let table = [
            ("2026-11-28", true),
            ("2026-11-28-2", true),
            ("2026-11-28-12", true),
            ("2026-11-28-1", false),
            ("2026-11-28-02", false),
            ("2026-11-28-", false),
            ("2026-11-28x", false),
            ("2026-1-28", false),
            ("2026-13-01", false),
            ("20261128T010203Z", false),
            ("latest", false),
            ("", false),
        ];
        for (name, expected) in table {
            assert_eq!(night_of_dump(name).is_some(), expected, "{name}");
        }
        let dumps = tempfile::tempdir().unwrap();
        let night = "2026-11-28".parse().unwrap();
        for expected in ["2026-11-28", "2026-11-28-2"] {
            assert_eq!(free_name(dumps.path(), night), expected);
            fs::create_dir_all(dumps.path().join(expected)).unwrap();
        }
        // One that was removed had its name for ever.
        fs::create_dir_all(dumps.path().join("removed/2026-11-28-3")).unwrap();
        assert_eq!(free_name(dumps.path(), night), "2026-11-28-4");
    }
}
