//! Rebuilt: what a rebuild did, counted, and how it judges that. Printed by `khotin rebuild` and kept
//! as JSON in `output/reports/`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::differences::Differences;
use super::import::ImportedAgain;
use super::lost::ExchangesCompared;
use super::replay::Replayed;
use super::{CrawlError, RebuildOptions, report};
use crate::archive::{self, ArchiveError};
use crate::lang::{Words, words};
use crate::model::plain;
use crate::outcome::Outcome;

/// Damaged places that are named one by one (our choice); all are counted.
const NAMED_PLACES: usize = 1000;

/// What a rebuild does not make again, in words.
pub const NOT_REBUILT: [Words; 4] = [
    words(
        "due times as they stood: they are counted anew from the archive by the schedule of today, and \
         back-off within a run is forgotten",
        "thời điểm hỏi lại như đã ghi: tính lại từ kho lưu trữ theo lịch hiện nay, thời gian chờ trong một \
         lượt thì bỏ",
    ),
    words(
        "which requests scope or robots.txt refused: the next crawl asks the rules again",
        "những yêu cầu bị phạm vi hoặc robots.txt từ chối: lượt thu sau xét lại theo quy tắc",
    ),
    words(
        "which failures were tried again within their run: each counts as a failure now",
        "những lỗi đã được thử lại trong lượt của chúng: nay mỗi lỗi tính là một lỗi",
    ),
    words(
        "locks, and how much of a run's budget was used",
        "khóa, và phần hạn mức mà một lượt đã dùng",
    ),
];

/// What is taken over from the old database, because no archive tells it.
pub const CARRIED: [Words; 4] = [
    words("runs and their reports", "các lượt chạy và báo cáo"),
    words(
        "how long each pace group rests",
        "thời gian nghỉ của từng nhóm nhịp",
    ),
    words("copies of robots.txt", "các bản robots.txt"),
    words(
        "which captures can not be read",
        "những lần thu không đọc được",
    ),
];

/// What a rebuild did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Rebuilt {
    /// Version of khotin.
    pub khotin: String,
    /// When it began, RFC 3339, UTC.
    pub at: String,
    /// True if nothing was to be replaced.
    pub dry_run: bool,
    /// An earlier rebuild was cut off; what it had made was thrown away.
    pub was_interrupted: bool,
    /// What was read.
    #[serde(flatten)]
    pub replayed: Replayed,
    /// Places of the archive that can not be read.
    pub damaged: u64,
    /// The first of them.
    pub damage: Vec<Damage>,
    /// The files that they are in.
    pub damaged_files: BTreeSet<String>,
    /// What was taken out of foreign files again.
    pub imported: ImportedAgain,
    /// Imported captures of the old database that no foreign file gives any more.
    pub imports_lost: u64,
    /// The database that was there before.
    pub old: Old,
    /// How the exchanges of both differ; `null` if the old one could not be read.
    pub exchanges_compared: Option<ExchangesCompared>,
    /// How the records of both differ; `null` likewise.
    pub differences: Option<Differences>,
    /// True if the new database is in the old one's place.
    pub replaces: bool,
    /// Why it is not.
    pub kept_because: Vec<String>,
    /// Where an old database that can not be read is kept.
    pub put_aside: Option<PathBuf>,
    /// Taken over from the old database.
    pub carried: Vec<&'static str>,
    /// Neither in the archive nor taken over.
    pub not_rebuilt: Vec<&'static str>,
    /// The exit code.
    pub exit_code: u8,
}

/// A place of the archive that can not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Damage {
    /// File name without folder.
    pub file: String,
    /// First byte of the record.
    pub offset: u64,
    /// `WARC-Record-ID`, if the old database knows what stood there.
    pub record_id: Option<String>,
    /// What is wrong.
    pub problem: String,
}

/// The database that was there before.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Old {
    /// There was none: nothing to compare with.
    #[default]
    Missing,
    /// It could be read.
    Compared,
    /// It can not be read.
    Damaged {
        /// Why.
        problem: String,
    },
    /// A newer khotin made it.
    Newer {
        /// Its schema.
        schema: u32,
    },
}

impl Rebuilt {
    /// Notes a damaged place; any other error ends the rebuild.
    pub(super) fn note_damage(&mut self, error: ArchiveError) -> Result<(), CrawlError> {
        let (file, offset, problem) = match error {
            ArchiveError::Damaged {
                file,
                offset,
                problem,
            } => (file, offset, problem.to_string()),
            ArchiveError::DamagedInside {
                file,
                offset,
                problem,
                ..
            } => {
                let problem = format!("{problem}; the file is not closed, and was not read");
                (file, offset, problem)
            }
            other => return Err(other.into()),
        };
        let is_same = |place: &Damage| place.file == file && place.offset == offset;
        if self.damage.iter().any(is_same) {
            // Recovery may have met it before.
            return Ok(());
        }
        self.damaged += 1;
        if file != archive::SUMS_FILE {
            self.damaged_files.insert(file.clone());
        }
        if self.damage.len() < NAMED_PLACES {
            self.damage.push(Damage {
                file,
                offset,
                record_id: None,
                problem: plain(&problem),
            });
        }
        Ok(())
    }

    /// Takes the comparison with the old database, which knows the names of records that can not be
    /// read any more.
    pub(super) fn compared_with(&mut self, exchanges: ExchangesCompared, differences: Differences) {
        for place in &mut self.damage {
            let lost = exchanges.lost_examples.iter().find(|lost| {
                lost.file.as_ref() == Some(&place.file) && lost.offset == Some(place.offset)
            });
            place.record_id = lost.and_then(|lost| lost.record_id.clone());
        }
        self.exchanges_compared = Some(exchanges);
        self.differences = Some(differences);
    }

    /// Decides whether the new database takes the old one's place, and the exit code.
    pub(super) fn decide(&mut self, options: RebuildOptions) {
        if self.old == Old::Compared {
            self.carried = CARRIED.map(|told| told.en).to_vec();
            if options.retry {
                self.carried.pop();
            }
        }
        self.not_rebuilt = NOT_REBUILT.map(|told| told.en).to_vec();
        if let Some(compared) = self
            .exchanges_compared
            .as_ref()
            .filter(|_| !options.accept_loss)
        {
            if compared.lost > 0 {
                self.kept_because.push(format!(
                    "it knows {} exchanges that the archive does not give any more",
                    compared.lost
                ));
            }
            for (site, number) in &compared.unread {
                self.kept_because.push(format!(
                    "{number} of its pages are of {site}, which has no profile any more"
                ));
            }
        }
        if self.imports_lost > 0 && !options.accept_loss {
            self.kept_because.push(format!(
                "it knows {} imported captures that no foreign file gives any more",
                self.imports_lost
            ));
        }
        self.replaces = self.kept_because.is_empty() && !options.dry_run;
        self.exit_code = self.outcome().code();
    }

    /// How the command ends.
    pub fn outcome(&self) -> Outcome {
        let lost = self.exchanges_compared.as_ref().map_or(0, |both| both.lost);
        let replayed = &self.replayed;
        if self.damaged > 0 || lost > 0 || self.imports_lost > 0 {
            Outcome::Damaged
        } else if replayed.unreadable > 0
            || replayed.missing > 0
            || !replayed.without_profile.is_empty()
            || !self.imported.missing.is_empty()
        {
            Outcome::Incomplete
        } else {
            Outcome::Complete
        }
    }

    /// Keeps it as `rebuild-20261122T010203Z.json`.
    pub(super) fn keep(&self, folder: &Path) -> Result<(), CrawlError> {
        let at: String = self
            .at
            .chars()
            .filter(|c| !matches!(c, '-' | ':'))
            .collect();
        report::write(folder, &format!("rebuild-{at}"), self)
    }
}
