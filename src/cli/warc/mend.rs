//! `khotin warc mend`: what can be mended of a file, as another file with a gzip member a record.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use flate2::bufread::GzDecoder;
use flate2::{Compression, GzBuilder};
use serde_json::json;

use super::line::place_text;
use super::tally::{Tally, kinds_text};
use crate::cli::counter::Counter;
use crate::cli::json::write_json_line;
use crate::cli::problem::UsageError;
use crate::cli::report::one_line;
use crate::cli::say::{counted, say};
use crate::cli::{Context, Outcome};
use crate::durable;
use crate::foreign::mend::{Change, Mended, mend};
use crate::foreign::{ForeignReader, ForeignRecord, Found, Place, Wholeness};
use crate::lang::{Words, words};

/// A sound copy of a file: a gzip member a record, right lengths and lines
///
/// Blocks, ids and moments stay. Missing digests are reckoned; wrong ones stay unless --digests is
/// given. What can not be mended without inventing something is left out. Every change and everything
/// left out is told. FILE is only read, and OUT must not be there yet. Mending OUT again gives the same
/// bytes. Exit code 1 if a record is left out, 3 if bytes of FILE are lost.
///
/// Example: khotin warc mend FILE.warc.gz OUT.warc.gz
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// A WARC file
    file: PathBuf,

    /// The file that is made; its name ends in .warc.gz
    #[arg(value_name = "OUT")]
    mended: PathBuf,

    /// Reckon wrong digests anew
    #[arg(long)]
    digests: bool,
}

/// What is counted.
const READ: Words = words("records read", "bản ghi đã đọc");

/// What was done.
#[derive(Default)]
struct Done {
    copied: u64,
    rewritten: u64,
    left_out: u64,
    changes: BTreeMap<Change, u64>,
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let lang = super::lang(context);
    let mut reader = ForeignReader::open(&args.file)?;
    let mut original =
        File::open(&args.file).with_context(|| format!("can not open {}", args.file.display()))?;
    let target = NewFile::create(&args.mended)?;
    let mut mended = BufWriter::with_capacity(1024 * 1024, &target.file);
    let mut tally = Tally::default();
    let mut done = Done::default();
    let mut counter = Counter::start(READ, lang, None);
    let length = reader.file_length().unwrap_or(0);
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
        match mend(&record, args.digests) {
            Mended::Copy => match copy(&mut original, &record, &mut mended)? {
                Copied::AsItIs => done.copied += 1,
                Copied::Packed => {
                    done.rewritten += 1;
                    *done.changes.entry(Change::Packed).or_default() += 1;
                    tell(out, context.json, &record, &[Change::Packed], None)?;
                }
                Copied::Not => {
                    done.left_out += 1;
                    let why = "it is too long to be packed anew";
                    tell(out, context.json, &record, &[], Some(why))?;
                }
            },
            Mended::Rewritten { member, changes } => {
                mended.write_all(&member).context("can not write")?;
                done.rewritten += 1;
                for change in &changes {
                    *done.changes.entry(*change).or_default() += 1;
                }
                tell(out, context.json, &record, &changes, None)?;
            }
            Mended::LeftOut(why) => {
                done.left_out += 1;
                tell(out, context.json, &record, &[], Some(&why))?;
            }
        }
    }
    counter.end();
    if done.copied + done.rewritten == 0 {
        tally.write(out, lang)?;
        bail!(
            "no record of {} can be mended, and no file is made",
            args.file.display()
        );
    }
    mended.flush().context("can not write")?;
    drop(mended);
    target.publish()?;
    if context.json {
        let changes: serde_json::Map<String, serde_json::Value> = done
            .changes
            .iter()
            .map(|(change, number)| (change.as_str().to_owned(), json!(number)))
            .collect();
        let summary = json!({
            "copied": done.copied,
            "mended": done.rewritten,
            "left_out": done.left_out,
            "changes": changes,
            "file": tally.json(),
        });
        write_json_line(out, &json!({ "summary": summary }))?;
    } else {
        let line = say(words(
            "{records} in {out}: {copied} as they were, {mended} mended; {left} left out",
            "{số} bản ghi trong {out}: {copied} giữ nguyên, {mended} được sửa; {left} bị bỏ lại",
        ));
        let written = done.copied + done.rewritten;
        let line = line
            .with("records", counted(written, "record", "records"))
            .with("số", written)
            .with("out", args.mended.display())
            .with("copied", done.copied)
            .with("mended", done.rewritten)
            .with("left", done.left_out);
        writeln!(out, "{}", line.in_lang(lang))?;
        if !done.changes.is_empty() {
            let line = say(words("changes: {kinds}", "thay đổi: {kinds}"));
            let kinds = done.changes.iter();
            let kinds = kinds_text(kinds.map(|(change, number)| (change.as_str(), *number)));
            writeln!(out, "{}", line.with("kinds", kinds).in_lang(lang))?;
        }
        tally.write(out, lang)?;
    }
    let missing = match done.left_out {
        0 => Outcome::Complete,
        _ => Outcome::Incomplete,
    };
    Ok(tally.outcome().and(missing))
}

/// One line a record that is another now, or is left out.
fn tell(
    out: &mut dyn Write,
    is_json: bool,
    record: &ForeignRecord,
    changes: &[Change],
    left_out: Option<&str>,
) -> anyhow::Result<()> {
    let (offset, inside) = match record.place {
        Place::Member { offset, .. } => (offset, None),
        Place::Unpacked { member, offset } => (member, Some(offset)),
    };
    if is_json {
        let line = json!({
            "offset": offset,
            "inside": inside,
            "id": record.id(),
            "changes": changes,
            "left_out": left_out,
        });
        return write_json_line(out, &line);
    }
    let words: Vec<&str> = changes.iter().map(|change| change.as_str()).collect();
    let what = match left_out {
        Some(why) => format!("left out: {why}"),
        None => format!("mended: {}", words.join(", ")),
    };
    let place = place_text(offset, inside);
    let id = record.id().unwrap_or("-");
    writeln!(out, "{}", one_line(&format!("{place} {what} ({id})")))?;
    Ok(())
}

/// How a record was copied.
enum Copied {
    /// Byte by byte: it is one gzip member.
    AsItIs,
    /// It is too long to be held and was not packed: packed on the way.
    Packed,
    /// It is too long to be held, and packed otherwise.
    Not,
}

/// Copies a sound record from the file.
fn copy(
    original: &mut File,
    record: &ForeignRecord,
    mended: &mut impl Write,
) -> anyhow::Result<Copied> {
    let doing = "can not copy a record";
    let Place::Member { offset, length } = record.place else {
        return Ok(Copied::Not);
    };
    let mut bytes = || -> io::Result<io::Take<BufReader<File>>> {
        original.seek(SeekFrom::Start(offset))?;
        Ok(BufReader::new(original.try_clone()?).take(length))
    };
    let is_long = record.wholeness == Wholeness::LeftOut;
    if record.is_gzip_member || is_long && is_one_member(bytes()?).context(doing)? {
        io::copy(&mut bytes()?, mended).context(doing)?;
        return Ok(Copied::AsItIs);
    }
    let mut plain = bytes()?;
    if !plain.fill_buf().context(doing)?.starts_with(b"WARC/") {
        return Ok(Copied::Not);
    }
    let mut member = GzBuilder::new().write(mended, Compression::new(6));
    io::copy(&mut plain, &mut member).context(doing)?;
    member.finish().context(doing)?;
    Ok(Copied::Packed)
}

/// True if the bytes are a gzip member and nothing else.
fn is_one_member(bytes: io::Take<BufReader<File>>) -> io::Result<bool> {
    let mut decoder = GzDecoder::new(bytes);
    match io::copy(&mut decoder, &mut io::sink()) {
        Ok(_) => Ok(decoder.into_inner().bytes().next().is_none()),
        Err(error) if is_data(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

fn is_data(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
    )
}

/// A file that is not there yet. It is written under a hidden name and gets its own when it is whole.
struct NewFile {
    place: PathBuf,
    hidden: PathBuf,
    file: File,
}

impl NewFile {
    fn create(place: &Path) -> anyhow::Result<Self> {
        let name = place
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        let Some(name) = name.filter(|name| name.ends_with(".warc.gz")) else {
            bail!(UsageError::new(
                format!("{} does not end in .warc.gz", place.display()),
                "name the mended file so: a gzip member a record is what readers of .warc.gz expect",
            ));
        };
        if place.symlink_metadata().is_ok() {
            bail!(UsageError::new(
                format!("{} is there already", place.display()),
                "name a file that is not there yet; nothing is ever written over",
            ));
        }
        let hidden = folder_of(place).join(format!(".khotin-{name}.partial"));
        match fs::remove_file(&hidden) {
            // What an interruption left.
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("can not remove {}", hidden.display()));
            }
            _ => {}
        }
        let file = File::create_new(&hidden)
            .with_context(|| format!("can not make {}", hidden.display()))?;
        Ok(Self {
            place: place.to_owned(),
            hidden,
            file,
        })
    }

    fn publish(self) -> anyhow::Result<()> {
        let doing = || format!("can not give {} its name", self.place.display());
        self.file.sync_all().with_context(doing)?;
        // A link, unlike a rename, never replaces what came there meanwhile.
        match fs::hard_link(&self.hidden, &self.place) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                fs::rename(&self.hidden, &self.place).with_context(doing)?;
            }
            linked => {
                linked.with_context(doing)?;
                fs::remove_file(&self.hidden).with_context(doing)?;
            }
        }
        durable::sync_folder(folder_of(&self.place)).with_context(doing)
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        // After `publish` there is nothing of this name. A failure leaves what the next call removes.
        let _ = fs::remove_file(&self.hidden);
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut member = GzBuilder::new().write(Vec::new(), Compression::fast());
        member.write_all(bytes).unwrap();
        member.finish().unwrap()
    }

    #[test]
    fn a_record_too_long_to_be_held_is_copied_or_packed_on_the_way() {
        let plain = b"WARC/1.0\r\nA: b\r\n\r\nblock\r\n\r\n";
        let member = gzip(plain);
        let (head, tail) = plain.split_at(20);
        let two = [gzip(head), gzip(tail)].concat();
        let zstd = zstd::bulk::compress(plain, 1).unwrap();
        let folder = tempfile::tempdir().unwrap();
        for (what, bytes, expected) in [
            (
                "a gzip member stays as it is",
                &member,
                Some(member.clone()),
            ),
            (
                "what is not packed is packed",
                &plain.to_vec(),
                Some(plain.to_vec()),
            ),
            ("two members", &two, None),
            ("zstd", &zstd, None),
        ] {
            let path = folder.path().join("a.warc");
            fs::write(&path, [b"before", bytes.as_slice(), b"behind"].concat()).unwrap();
            let record = ForeignRecord {
                place: Place::Member {
                    offset: 6,
                    length: bytes.len() as u64,
                },
                version: "1.0".to_owned(),
                fields: Vec::new(),
                header: Vec::new(),
                block: Vec::new(),
                wholeness: Wholeness::LeftOut,
                is_gzip_member: false,
                troubles: Vec::new(),
            };
            let mut mended = Vec::new();
            let mut original = File::open(&path).unwrap();
            let found = match copy(&mut original, &record, &mut mended).unwrap() {
                Copied::AsItIs => Some(mended),
                Copied::Packed => {
                    let mut unpacked = Vec::new();
                    GzDecoder::new(mended.as_slice())
                        .read_to_end(&mut unpacked)
                        .unwrap();
                    Some(unpacked)
                }
                Copied::Not => {
                    assert_eq!(mended, b"", "{what}");
                    None
                }
            };
            assert_eq!(found, expected, "{what}");
        }
    }
}
