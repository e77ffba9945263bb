//! `khotin verify`: is the archive what it says, and does the store agree?

mod vietnamese;

use std::io::Write;
use std::path::Path;

use anyhow::bail;
use serde::Serialize;
use serde_json::json;

use super::counter::Counter;
use super::json::write_json;
use super::problem::UsageError;
use super::rebuild::known_exchanges;
use super::report::one_line;
use super::{Context, Outcome};
use crate::Lang;
use crate::archive::{self, Answer, Archive, Counts, Report};
use crate::lang::{Words, words};
use crate::pipeline::{
    Comparison, CrawlError, ForeignCheck, ForeignState, StoreCheck, archive_folder, check_foreign,
    compare_telling, database,
};
use crate::store::SqliteStore;

/// Check every digest, the sums, the indexes, and store against archive both ways
///
/// Foreign files that were imported are read too: each is there, another file, or not there.
/// Each check passes, fails, or has nothing to check. Nothing is changed, and a crawl may run beside
/// it. A failure names file, byte and record, and the exit code is 3.
///
/// Example: khotin verify --json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {}

/// What the store gave.
enum Store {
    /// There is none.
    Missing,
    /// It can not be read.
    Damaged(String),
    Compared(Comparison),
}

impl Store {
    fn answer(&self) -> Answer {
        match self {
            Self::Missing => Answer::NothingToCheck,
            Self::Damaged(_) => Answer::Fail,
            Self::Compared(compared) => compared.answer(),
        }
    }
}

/// One check with its answer, for machines.
#[derive(Serialize)]
struct Line {
    answer: Answer,
    #[serde(flatten)]
    counts: Counts,
}

impl From<Counts> for Line {
    fn from(counts: Counts) -> Self {
        let answer = counts.answer();
        Self { answer, counts }
    }
}

pub(crate) fn run(_: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let config = context.config()?;
    let folder = archive_folder(&config.paths.output);
    if !folder.is_dir() {
        bail!(UsageError::new(
            format!("no archive: there is no {}", folder.display()),
            "run `khotin crawl` first, or mend `output` in config.toml",
        ));
    }
    let archive = Archive::new(folder);
    let lang = context.lang(&config);
    let whole = archive_bytes(&archive)?;
    let mut counter = Counter::start(CHECKED, lang, None);
    let report = archive::verify_telling(&archive, &mut |checked| {
        counter.show_bytes(checked.records, checked.bytes, whole);
    });
    counter.end();
    let report = report?;
    let path = database(&config.paths.output);
    let store = ask_store(&path, &archive, lang)?;
    let foreign = look_at_foreign(archive.dir(), lang)?;
    let is_sound = report.is_sound()
        && store.answer() != Answer::Fail
        && foreign.iter().all(|file| file.state == ForeignState::Sound);
    if context.json {
        write_answers(out, is_sound, &report, &store, &foreign)?;
    } else {
        write_lines(out, &report, &store, &path, lang)?;
        write_foreign(out, &foreign, lang)?;
        if !is_sound {
            let advice = words(
                "what to do: put each file named above back from a copy, then verify again; if only the store \
                 fails, or no copy is left, `khotin rebuild` makes it from what is sound",
                "cần làm: khôi phục từng tệp nêu trên từ bản sao rồi chạy lại verify; nếu chỉ cơ sở dữ liệu \
                 hỏng, hoặc không còn bản sao, `khotin rebuild` tạo lại từ phần lành lặn",
            );
            writeln!(out, "{}", lang.of(advice))?;
            if foreign.iter().any(|file| file.state != ForeignState::Sound) {
                let advice = words(
                    "a foreign file that was moved: `khotin import NEW-PLACE`",
                    "tệp bên ngoài đã chuyển chỗ: `khotin import CHỖ-MỚI`",
                );
                writeln!(out, "{}", lang.of(advice))?;
            }
        }
        let end = match is_sound {
            true => words("sound", "toàn vẹn"),
            false => words("DAMAGED", "HƯ HỎNG"),
        };
        writeln!(out, "{}", lang.of(end))?;
    }
    Ok(if is_sound {
        Outcome::Complete
    } else {
        Outcome::Damaged
    })
}

/// A line a finding and a line a check. English reports say themselves.
fn write_lines(
    out: &mut dyn Write,
    report: &Report,
    store: &Store,
    path: &Path,
    lang: Lang,
) -> std::io::Result<()> {
    match lang {
        Lang::En => write!(out, "{report}")?,
        Lang::Vi => vietnamese::write_archive(out, report)?,
    }
    match (store, lang) {
        (Store::Missing, _) => {
            let missing = words(
                "store: nothing to check, there is no",
                "cơ sở dữ liệu: không có gì để kiểm tra, không có",
            );
            writeln!(out, "{} {}", lang.of(missing), path.display())
        }
        (Store::Damaged(problem), _) => {
            let fail = words("store: FAIL", "cơ sở dữ liệu: HỎNG");
            writeln!(out, "{} ({})", lang.of(fail), one_line(problem))
        }
        (Store::Compared(compared), Lang::En) => write!(out, "{compared}"),
        (Store::Compared(compared), Lang::Vi) => vietnamese::write_store(out, compared),
    }
}

/// What is counted.
const CHECKED: Words = words("records checked", "bản ghi đã được kiểm tra");
/// What is counted afterwards.
const COMPARED: Words = words(
    "exchanges compared with the store",
    "lượt hỏi đáp đã được đối chiếu với kho",
);

/// What is counted of foreign files.
const FOREIGN: Words = words(
    "bytes of foreign files read",
    "byte của tệp bên ngoài đã được đọc",
);

/// How the foreign files are that were imported.
fn look_at_foreign(archive: &Path, lang: Lang) -> anyhow::Result<Vec<ForeignCheck>> {
    let mut counter = Counter::start(FOREIGN, lang, None);
    let checks = check_foreign(archive, &mut |bytes| {
        counter.show(bytes);
        true
    });
    counter.end();
    Ok(checks.map_err(CrawlError::from)?)
}

fn write_foreign(out: &mut dyn Write, foreign: &[ForeignCheck], lang: Lang) -> std::io::Result<()> {
    for file in foreign {
        let (name, places) = (one_line(&file.name), one_line(&file.places.join(", ")));
        let label = lang.of(words("foreign file", "tệp bên ngoài"));
        let answer = lang.of(match file.state {
            ForeignState::Sound => words("pass", "đạt"),
            ForeignState::Changed => words("FAIL (another file now)", "HỎNG (nay là tệp khác)"),
            ForeignState::Missing => words("FAIL (not there)", "HỎNG (không còn ở đó)"),
        });
        let sha256 = one_line(&file.sha256);
        writeln!(out, "{label} {name}: {answer}, SHA-256 {sha256}, {places}")?;
    }
    Ok(())
}

/// The bytes of all closed files.
fn archive_bytes(archive: &Archive) -> anyhow::Result<u64> {
    let files = archive.files()?;
    Ok(files.iter().filter_map(|file| archive.length(file)).sum())
}

/// A damaged store is an answer; that it can not be asked for another reason is an error.
fn ask_store(path: &Path, archive: &Archive, lang: Lang) -> anyhow::Result<Store> {
    if !path.is_file() {
        return Ok(Store::Missing);
    }
    let mut counter = Counter::start(COMPARED, lang, known_exchanges(path));
    let compared = SqliteStore::open_reader(path)
        .map_err(CrawlError::from)
        .and_then(|store| compare_telling(&store, archive, &mut |number| counter.show(number)));
    counter.end();
    match compared {
        Ok(compared) => Ok(Store::Compared(compared)),
        Err(CrawlError::Store(error)) if error.is_damage() => {
            Ok(Store::Damaged(format!("{error}; {}", error.advice())))
        }
        Err(error) => Err(error.into()),
    }
}

/// The answer of every check first, then all that stands behind it.
fn write_answers(
    out: &mut dyn Write,
    is_sound: bool,
    report: &Report,
    store: &Store,
    foreign: &[ForeignCheck],
) -> anyhow::Result<()> {
    let mut checks = serde_json::Map::new();
    for (check, counts) in report.totals() {
        checks.insert(name(&check)?, serde_json::to_value(Line::from(counts))?);
    }
    let compared = match store {
        Store::Compared(compared) => Some(compared),
        Store::Missing | Store::Damaged(_) => None,
    };
    for check in StoreCheck::ALL {
        let counts = compared.and_then(|compared| compared.checks.get(&check));
        let line = Line::from(counts.copied().unwrap_or_default());
        checks.insert(name(&check)?, serde_json::to_value(line)?);
    }
    let problem = match store {
        Store::Damaged(problem) => Some(problem),
        Store::Missing | Store::Compared(_) => None,
    };
    let answer = json!({
        "sound": is_sound,
        "checks": checks,
        "archive": report,
        "foreign": foreign,
        "store": compared,
        "store_answer": store.answer(),
        "store_problem": problem,
    });
    write_json(out, &answer)
}

/// The word by which a check stands in JSON.
fn name(check: &impl Serialize) -> anyhow::Result<String> {
    let value = serde_json::to_value(check)?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}
