//! NightReport: what a night did. It is also the journal of the night: kept at the start and after every
//! phase as `output/reports/nightly/00042-2026-11-28.json`, so that a night which was killed goes on where
//! it was. The number in front orders nights whatever the clock said.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::calendar::{KnownNight, NightState};
use crate::durable;
use crate::export::Harmless;
use crate::pipeline::RunReport;

/// So many of the newest reports are looked at for the last night that was done (our choice); after so
/// many failed nights nobody counts the missed ones.
const LOOKED_AT: usize = 60;

/// What a night did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NightReport {
    /// Version of khotin.
    pub khotin: String,
    /// Its number, from 1; 0 for a start that could not become a night.
    pub number: u32,
    /// The day of Vietnam's calendar on which it began.
    pub night: NaiveDate,
    /// When it began.
    pub started: DateTime<Utc>,
    /// When it ended; `null` while it goes on, or if it was cut off.
    pub ended: Option<DateTime<Utc>>,
    /// Seconds that it took, without what an earlier start that was cut off took; by the monotonic clock.
    pub seconds: f64,
    /// Where it is.
    pub phase: Phase,
    /// The exit code; `null` while it goes on.
    pub exit_code: Option<u8>,
    /// Why it is not 0, weightiest first.
    pub causes: Vec<String>,
    /// What is worth a look and no reason for another exit code.
    pub notes: Vec<String>,
    /// The error that ended it.
    pub error: Option<ToldError>,
    /// Nights without a dump before this one.
    pub missed: u32,
    /// What the crawl did; `null` if it did not come to its end.
    pub crawl: Option<RunReport>,
    /// The dump that stands.
    pub dump: Option<DumpReport>,
    /// Dumps that stand beside it, and those that were removed.
    pub rotation: Option<RotationReport>,
    /// In how many nights in a row a page, listing or site failed.
    pub failing: BTreeMap<String, u32>,
    /// When a night last ended with exit code 0, this one included.
    pub last_success: Option<DateTime<Utc>>,
    /// What became of the program of `on_failure`; `null` if it was not started.
    pub on_failure: Option<String>,
}

/// Where a night is. Each phase begins when the one before is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It crawls.
    Crawl,
    /// It writes the dump.
    Dump,
    /// It removes old dumps.
    Rotate,
    /// It tells: metrics, and the program of `on_failure`.
    Tell,
    /// It is over.
    Over,
}

/// An error in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldError {
    /// What happened.
    pub message: String,
    /// What to do.
    pub advice: Option<String>,
}

/// A dump.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DumpReport {
    /// Its name in output/dumps. Noted before it is written.
    pub name: String,
    /// Its articles; `null` until it stands.
    pub articles: Option<u64>,
    /// Bytes of its files without the manifest; `null` until it stands.
    pub bytes: Option<u64>,
}

/// What rotation did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RotationReport {
    /// Dumps that stand.
    pub kept: Vec<String>,
    /// Dumps that were removed; manifest and digests are in output/dumps/removed.
    pub removed: Vec<String>,
    /// What stands in output/dumps and was not made by a night, so it was left alone.
    pub not_ours: Vec<String>,
}

impl NightReport {
    /// A night that begins.
    pub(super) fn begin(number: u32, night: NaiveDate, now: DateTime<Utc>) -> Self {
        Self {
            khotin: env!("CARGO_PKG_VERSION").to_owned(),
            number,
            night,
            started: now,
            ended: None,
            seconds: 0.0,
            phase: Phase::Crawl,
            exit_code: None,
            causes: Vec::new(),
            notes: Vec::new(),
            error: None,
            missed: 0,
            crawl: None,
            dump: None,
            rotation: None,
            failing: BTreeMap::new(),
            last_success: None,
            on_failure: None,
        }
    }

    /// As indented JSON in which nothing is left that a terminal would obey.
    ///
    /// # Errors
    /// If it can not be written as JSON, which a report can.
    pub fn to_json(&self) -> serde_json::Result<Vec<u8>> {
        let mut text = Vec::new();
        let formatter = Harmless::pretty();
        self.serialize(&mut serde_json::Serializer::with_formatter(
            &mut text, formatter,
        ))?;
        text.push(b'\n');
        Ok(text)
    }
}

/// What later nights ask of an earlier one: it can be read whatever else a report of an older or newer
/// khotin holds.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct PastNight {
    /// When it began.
    pub started: DateTime<Utc>,
    /// How far it came.
    pub phase: Phase,
    /// The error that ended it.
    #[serde(default)]
    error: Option<IgnoredAny>,
    /// Its dump.
    #[serde(default)]
    pub dump: Option<PastDump>,
    /// As in [`NightReport::failing`].
    #[serde(default)]
    pub failing: BTreeMap<String, u32>,
    /// As in [`NightReport::last_success`].
    #[serde(default)]
    pub last_success: Option<DateTime<Utc>>,
}

/// The dump of an earlier night.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PastDump {
    /// Its name in output/dumps.
    pub name: String,
}

impl PastNight {
    /// How far it came.
    pub fn state(&self) -> NightState {
        match (self.phase, &self.error) {
            (Phase::Over, None) => NightState::Done,
            // Its error is known; whether it was told is not. The next start begins it anew.
            (Phase::Tell | Phase::Over, Some(_)) => NightState::Failed,
            _ => NightState::CutOff,
        }
    }
}

/// The folder of these reports.
#[derive(Debug, Clone)]
pub struct Journal {
    folder: PathBuf,
}

impl Journal {
    /// That of an output folder. Nothing is made yet.
    pub fn of(output: &Path) -> Self {
        Self {
            folder: output.join("reports").join("nightly"),
        }
    }

    /// The file of a night.
    pub fn path(&self, number: u32, night: NaiveDate) -> PathBuf {
        self.folder.join(format!("{number:05}-{night}.json"))
    }

    /// Numbers and nights of all reports, oldest first.
    ///
    /// # Errors
    /// If the folder is there and can not be read.
    pub fn list(&self) -> io::Result<Vec<(u32, NaiveDate)>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut found = Vec::new();
        for entry in entries {
            found.extend(entry?.file_name().to_str().and_then(number_and_night));
        }
        found.sort_unstable();
        Ok(found)
    }

    /// The newest nights, for [`super::calendar::start`]. A report that can not be read is a night that
    /// failed: it has a number and nothing to go on with.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn known(&self) -> io::Result<Vec<KnownNight>> {
        let mut known = Vec::new();
        for (number, night) in self.list()?.into_iter().rev().take(LOOKED_AT) {
            let report = self.past(number, night);
            known.push(KnownNight {
                number,
                night,
                started: report
                    .as_ref()
                    .map_or(DateTime::UNIX_EPOCH, |report| report.started),
                state: report.as_ref().map_or(NightState::Failed, PastNight::state),
            });
            if report.is_some_and(|report| report.state() == NightState::Done) {
                break;
            }
        }
        Ok(known)
    }

    /// What is asked of an earlier night; `None` if its report is not there or can not be read.
    pub fn past(&self, number: u32, night: NaiveDate) -> Option<PastNight> {
        let text = fs::read(self.path(number, night)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// A whole report; `None` if it is not there or can not be read.
    pub fn read(&self, number: u32, night: NaiveDate) -> Option<NightReport> {
        let text = fs::read(self.path(number, night)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// The newest report that can be read, whatever became of its night.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub fn last(&self) -> io::Result<Option<PastNight>> {
        let mut all = self.list()?.into_iter().rev().take(LOOKED_AT);
        Ok(all.find_map(|(number, night)| self.past(number, night)))
    }

    /// Keeps a report: whole or not at all.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn keep(&self, report: &NightReport) -> io::Result<()> {
        durable::make_folder(&self.folder)?;
        let text = report.to_json().map_err(io::Error::other)?;
        durable::write_file(&self.path(report.number, report.night), &text)
    }
}

/// `00042-2026-11-28.json`.
fn number_and_night(name: &str) -> Option<(u32, NaiveDate)> {
    let (number, night) = name.strip_suffix(".json")?.split_once('-')?;
    let is_number = number.len() >= 5 && number.bytes().all(|byte| byte.is_ascii_digit());
    let night = (is_number && night.len() == 10).then_some(night)?;
    Some((number.parse().ok()?, night.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(number: u32, day: &str, phase: Phase) -> NightReport {
        let now = format!("{day}T01:00:00+07:00").parse().unwrap();
        NightReport {
            phase,
            ..NightReport::begin(number, day.parse().unwrap(), now)
        }
    }

    #[test]
    fn the_newest_nights_are_known_back_to_the_last_that_was_done() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::of(folder.path());
        assert_eq!(journal.known().unwrap(), []);
        for (number, day, phase) in [
            (1, "2026-11-25", Phase::Over),
            (2, "2026-11-26", Phase::Over),
            (3, "2036-01-01", Phase::Dump),
            (4, "2026-11-28", Phase::Crawl),
        ] {
            journal.keep(&report(number, day, phase)).unwrap();
        }
        let night: NaiveDate = "2026-11-28".parse().unwrap();
        let reports = folder.path().join("reports/nightly");
        assert!(reports.join("00004-2026-11-28.json").is_file());
        for foreign in [
            "notes.txt",
            "4-2026-11-28.json",
            ".00009-2026-11-28.new",
            "x-2026-11-28.json",
        ] {
            fs::write(reports.join(foreign), "x").unwrap();
        }
        let states: Vec<_> = journal.known().unwrap();
        let states: Vec<_> = states
            .iter()
            .map(|known| (known.number, known.state))
            .collect();
        let expected = [
            (4, NightState::CutOff),
            (3, NightState::CutOff),
            (2, NightState::Done),
        ];
        assert_eq!(states, expected);

        fs::write(journal.path(4, night), "{").unwrap();
        assert_eq!(journal.known().unwrap()[0].state, NightState::Failed);
        let last = journal.last().unwrap().unwrap();
        assert_eq!(last.phase, Phase::Dump);
    }

    /// A night is asked years later, by another version.
    #[test]
    fn a_report_of_another_version_still_names_its_dump() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::of(folder.path());
        let night: NaiveDate = "2026-11-28".parse().unwrap();
        fs::create_dir_all(folder.path().join("reports/nightly")).unwrap();
        let text = r#"{ "khotin": "9.0.0", "started": "2026-11-27T18:00:00Z", "phase": "over", "error": null,
            "crawl": { "of another shape": true }, "dump": { "name": "2026-11-28", "rows": 7 } }"#;
        fs::write(journal.path(3, night), text).unwrap();
        assert_eq!(journal.read(3, night), None);
        let past = journal.past(3, night).unwrap();
        assert_eq!(past.dump.as_ref().unwrap().name, "2026-11-28");
        assert_eq!(past.state(), NightState::Done);
        assert_eq!(journal.known().unwrap()[0].state, NightState::Done);
    }

    #[test]
    fn a_night_that_failed_is_begun_anew_also_when_it_was_cut_off_while_it_told_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::of(folder.path());
        let night: NaiveDate = "2026-11-28".parse().unwrap();
        let table = [
            (
                "telling of a good night",
                Phase::Tell,
                false,
                NightState::CutOff,
            ),
            ("telling of an error", Phase::Tell, true, NightState::Failed),
            ("told of an error", Phase::Over, true, NightState::Failed),
            ("told", Phase::Over, false, NightState::Done),
        ];
        for (what, phase, has_error, expected) in table {
            let mut report = report(1, "2026-11-28", phase);
            report.error = has_error.then(|| ToldError {
                message: "the disk is full".to_owned(),
                advice: None,
            });
            journal.keep(&report).unwrap();
            assert_eq!(journal.past(1, night).unwrap().state(), expected, "{what}");
        }
    }

    #[test]
    fn a_report_holds_no_control_character_of_the_web() {
        let mut report = report(1, "2026-11-28", Phase::Over);
        report
            .causes
            .push("a\u{1b}[31mb\u{9b}2J\u{202e}".to_owned());
        let text = String::from_utf8(report.to_json().unwrap()).unwrap();
        let is_harmful = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!text.contains(is_harmful), "{text:?}");
        let read: NightReport = serde_json::from_str(&text).unwrap();
        assert_eq!(read, report);
    }
}
