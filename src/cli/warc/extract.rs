//! `khotin warc extract`: payloads into files of a new folder, with an index of what is what.
//!
//! The folder is made under a hidden name and gets its own when it is whole, so an interruption leaves
//! none that is half.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::Serialize;
use serde_json::json;

use super::filter::Filter;
use super::line::{Line, answer_of};
use super::names::file_name;
use super::tally::Tally;
use crate::archive::payload_sha256;
use crate::cli::counter::Counter;
use crate::cli::json::write_json_line;
use crate::cli::problem::UsageError;
use crate::cli::say::{counted, say};
use crate::cli::{Context, Outcome};
use crate::durable;
use crate::foreign::{ForeignReader, ForeignRecord, ForeignResponse, Found, Wholeness};
use crate::lang::{Words, words};

/// Records whose payload is a file, if no types are named.
const WITH_PAYLOAD: [&str; 3] = ["response", "resource", "conversion"];
/// The index in the folder.
const INDEX: &str = "index.jsonl";

/// Payloads into files of a new folder, with an index
///
/// The files are numbered, and end as their media type does; nothing of the web is in their names.
/// index.jsonl says which record each is. Payloads are without chunks and content coding; one whose
/// coding is not known stays packed, and the index says so. Without --type: response, resource and
/// conversion records. OUTDIR must not be there yet.
///
/// Example: khotin warc extract --url moh.gov.vn FILE.warc.gz OUTDIR
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// A WARC file
    file: PathBuf,

    /// The folder that is made
    #[arg(value_name = "OUTDIR")]
    folder: PathBuf,

    #[command(flatten)]
    filter: Filter,
}

/// One line of the index.
#[derive(Serialize)]
struct Entry<'a> {
    /// In this folder; none if there is no file, and `why` says why.
    file: Option<String>,
    /// Of the file.
    bytes: Option<u64>,
    /// Of the file.
    sha256: Option<String>,
    /// Why there is no file, or why it is not what was shown to a reader.
    why: Option<String>,
    #[serde(flatten)]
    record: Line<'a>,
}

/// What is counted.
const READ: Words = words("records read", "bản ghi đã đọc");

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let lang = super::lang(context);
    let reader = ForeignReader::open(&args.file)?;
    let folder = NewFolder::create(&args.folder)?;
    let mut index = BufWriter::new(folder.file(INDEX)?);
    let mut tally = Tally::default();
    let (mut files, mut without) = (0_u64, 0_u64);
    let mut counter = Counter::start(READ, lang, None);
    let length = reader.file_length().unwrap_or(0);
    let mut reader = reader;
    while let Some(found) = reader.next() {
        let record = match found {
            Found::Trouble(trouble) => {
                tally.tell(out, context.json, &trouble)?;
                continue;
            }
            Found::Record(record) => record,
        };
        tally.records += 1;
        counter.show_bytes(tally.records, reader.position(), length);
        let (answer, troubles) = answer_of(&record);
        let line = Line::of(&record, answer.as_ref());
        let is_kind = args.filter.names_kinds() || WITH_PAYLOAD.contains(&record.kind());
        if !is_kind || !args.filter.takes(&line) {
            continue;
        }
        for trouble in &troubles {
            tally.tell(out, context.json, trouble)?;
        }
        let mut entry = Entry {
            file: None,
            bytes: None,
            sha256: None,
            why: None,
            record: line,
        };
        match payload(&record, answer.as_ref()) {
            Err(why) => {
                entry.why = Some(why);
                without += 1;
            }
            Ok((payload, why)) => {
                files += 1;
                let name = file_name(files, entry.record.mime.as_deref());
                let mut file = folder.file(&name)?;
                let write = file.write_all(&payload).and_then(|()| file.sync_all());
                write.with_context(|| format!("can not write {name}"))?;
                entry.bytes = Some(payload.len() as u64);
                entry.sha256 = Some(payload_sha256(&payload));
                entry.file = Some(name);
                entry.why = why;
            }
        }
        write_json_line(&mut index, &entry)?;
    }
    counter.end();
    let index = index.into_inner().context("can not write the index")?;
    index.sync_all().context("can not write the index")?;
    folder.publish()?;
    if context.json {
        let summary = json!({ "files": files, "without_file": without, "file": tally.json() });
        write_json_line(out, &json!({ "summary": summary }))?;
    } else {
        let line = say(words(
            "{files} in {folder}, {without} without a payload that can be written; {index} says what is what",
            "{số} tệp trong {folder}, {without} bản ghi không có nội dung ghi ra được; {index} cho biết tệp nào là gì",
        ));
        let line = line
            .with("files", counted(files, "file", "files"))
            .with("số", files)
            .with("folder", args.folder.display())
            .with("without", without)
            .with("index", INDEX);
        writeln!(out, "{}", line.in_lang(lang))?;
        tally.write(out, lang)?;
    }
    let missing = match without {
        0 => Outcome::Complete,
        _ => Outcome::Incomplete,
    };
    Ok(tally.outcome().and(missing))
}

/// The payload for a file, and what has to be said of it; or why there is none.
fn payload(
    record: &ForeignRecord,
    answer: Option<&ForeignResponse<'_>>,
) -> Result<(Vec<u8>, Option<String>), String> {
    if record.wholeness == Wholeness::LeftOut {
        return Err("the block is longer than is read".to_owned());
    }
    let Some(answer) = answer else {
        return match record.is_http() {
            true => Err("the block is no answer of HTTP".to_owned()),
            false => Ok((record.block.clone(), None)),
        };
    };
    let cut = answer
        .truncated
        .map(|why| format!("the payload is not whole ({})", why.as_str()));
    match answer.decoded() {
        Ok(decoded) => Ok((decoded.into_owned(), cut)),
        Err(words) => Ok((
            answer.payload.to_vec(),
            Some(format!("{words}; it is as it was sent")),
        )),
    }
}

/// A folder that is not there yet.
struct NewFolder {
    place: PathBuf,
    hidden: PathBuf,
}

impl NewFolder {
    fn create(place: &Path) -> anyhow::Result<Self> {
        if place.symlink_metadata().is_ok() {
            bail!(UsageError::new(
                format!("{} is there already", place.display()),
                "name a folder that is not there yet; nothing is ever written over",
            ));
        }
        let Some(name) = place.file_name() else {
            bail!(UsageError::new(
                "OUTDIR has no name",
                "name a folder that is not there yet"
            ));
        };
        let above = match place.parent() {
            Some(above) if !above.as_os_str().is_empty() => above,
            _ => Path::new("."),
        };
        durable::make_folder(above).with_context(|| format!("can not make {}", above.display()))?;
        let hidden = above.join(format!(".khotin-{}.partial", name.to_string_lossy()));
        if hidden.is_dir() {
            // What an interruption left.
            fs::remove_dir_all(&hidden)
                .with_context(|| format!("can not remove {}", hidden.display()))?;
        }
        fs::create_dir(&hidden).with_context(|| format!("can not make {}", hidden.display()))?;
        Ok(Self {
            place: place.to_owned(),
            hidden,
        })
    }

    fn file(&self, name: &str) -> anyhow::Result<File> {
        let path = self.hidden.join(name);
        File::create_new(&path).with_context(|| format!("can not make {}", path.display()))
    }

    fn publish(self) -> anyhow::Result<()> {
        let doing = || format!("can not give {} its name", self.place.display());
        durable::sync_folder(&self.hidden).with_context(doing)?;
        // rename(2) replaces an empty folder at most.
        fs::rename(&self.hidden, &self.place).with_context(doing)?;
        let above = match self.place.parent() {
            Some(above) if !above.as_os_str().is_empty() => above,
            _ => Path::new("."),
        };
        durable::sync_folder(above).with_context(doing)
    }
}

impl Drop for NewFolder {
    fn drop(&mut self) {
        // After `publish` there is nothing of this name. A failure leaves what the next call removes.
        let _ = fs::remove_dir_all(&self.hidden);
    }
}
