//! Kept: the database and the WARC files. Both are only read.

use std::collections::BTreeMap;
use std::path::Path;

use super::Shown;
use super::finding::{Check, Finding, told};
use crate::archive::{Archive, ArchiveError, QuickLook, quick_look};
use crate::cli::counter::Counter;
use crate::cli::say::say;
use crate::lang::{Lang, words};
use crate::outcome::Outcome;
use crate::pipeline::{archive_folder, database};
use crate::restrict::{RestrictError, keep};
use crate::store::{Position, SqliteStore, Store, StoreError};

/// What the store says of itself, with the store if it can be read.
pub(super) fn store(output: &Path, lang: Lang) -> (Finding, Option<SqliteStore>) {
    let path = database(output);
    if !path.exists() {
        return (no_store(output), None);
    }
    let shown = Shown::start(
        words(
            "reading every page of the database",
            "đang đọc từng trang của cơ sở dữ liệu",
        ),
        lang,
    );
    let looked = look(&path);
    drop(shown);
    match looked {
        Ok((store, exchanges)) => {
            let good = say(words(
                "sound, {exchanges} exchanges; {lock}",
                "lành lặn, {exchanges} lượt hỏi đáp; {vi_lock}",
            ))
            .with("exchanges", exchanges);
            let said = match crate::store::holder_of(&path) {
                Some(holder) => good
                    .with("lock", format!("process {} writes to it", holder.pid))
                    .with("vi_lock", format!("tiến trình {} đang ghi", holder.pid)),
                None => good
                    .with("lock", "nobody writes to it")
                    .with("vi_lock", "không ai đang ghi"),
            };
            (Finding::ok(Check::Store, said), Some(store))
        }
        Err(error @ StoreError::Older { .. }) => (
            Finding::warn(Check::Store, told(&error), told(error.advice())),
            None,
        ),
        Err(error) => {
            let outcome = match error.is_damage() {
                true => Outcome::Damaged,
                false => Outcome::Incomplete,
            };
            let finding = Finding::fail(Check::Store, told(&error), told(error.advice()));
            (finding.with_outcome(outcome), None)
        }
    }
}

fn look(path: &Path) -> Result<(SqliteStore, u64), StoreError> {
    let store = SqliteStore::open_reader(path)?;
    store.quick_check()?;
    let exchanges = store.last_sequence()?.map_or(0, |last| last.0);
    Ok((store, exchanges))
}

fn no_store(output: &Path) -> Finding {
    let files = Archive::new(archive_folder(output)).files();
    match files {
        Ok(files) if !files.is_empty() => Finding::warn(
            Check::Store,
            say(words(
                "there is none, and {files} WARC files are there",
                "chưa có, trong khi có {files} tệp WARC",
            ))
            .with("files", files.len()),
            say(words(
                "run `khotin rebuild`: it makes the database from the archive",
                "chạy `khotin rebuild` để tạo lại từ kho lưu trữ",
            )),
        ),
        _ => Finding::ok(
            Check::Store,
            say(words(
                "none yet; the first crawl makes it",
                "chưa có; lượt thu thập đầu tiên sẽ tạo",
            )),
        ),
    }
}

/// Whether it is known what is withheld; if not, nothing is shown.
pub(super) fn restrictions(output: &Path) -> Finding {
    match keep::read(output) {
        Ok(restrictions) => Finding::ok(
            Check::Restrictions,
            say(words("{entries} entries", "{entries} mục"))
                .with("entries", restrictions.entries().len()),
        ),
        Err(error) => {
            let finding = Finding::fail(Check::Restrictions, told(&error), told(error.advice()));
            match error {
                RestrictError::File(_) | RestrictError::Lost { .. } => {
                    finding.with_outcome(Outcome::Usage)
                }
                _ => finding,
            }
        }
    }
}

/// A quick look at the WARC files: the newest against its sum, files that were left open, and what the
/// store knows of and is not there.
pub(super) fn archive(output: &Path, store: Option<&SqliteStore>, lang: Lang) -> Vec<Finding> {
    let folder = archive_folder(output);
    if !folder.exists() {
        return vec![Finding::ok(
            Check::Archive,
            say(words(
                "none yet; the first crawl makes it",
                "chưa có; lượt thu thập đầu tiên sẽ tạo",
            )),
        )];
    }
    let archive = Archive::new(&folder);
    let what = words(
        "bytes of the newest WARC file read",
        "byte của tệp WARC mới nhất đã đọc",
    );
    let mut counter = Counter::start(what, lang, None);
    let looked = quick_look(&archive, &mut |bytes| counter.show(bytes));
    counter.end();
    let look = match looked {
        Ok(look) => look,
        Err(error) => return vec![failed(&error)],
    };
    let is_writing = crate::store::holder_of(&database(output)).is_some();
    let mut findings = of_look(&look, is_writing);
    match store.map(|store| store.positions()) {
        None => {}
        Some(Ok(positions)) => findings.extend(lost(&folder, &positions)),
        Some(Err(error)) => findings.push(
            Finding::fail(Check::Archive, told(&error), told(error.advice()))
                .with_outcome(Outcome::Damaged),
        ),
    }
    if findings.is_empty() {
        let newest = look.newest.map(|(file, _)| file).unwrap_or_default();
        findings.push(Finding::ok(
            Check::Archive,
            say(words(
                "{files} closed files; the newest is as SHA256SUMS says ({newest})",
                "{files} tệp đã đóng; tệp mới nhất khớp SHA256SUMS ({newest})",
            ))
            .with("files", look.closed)
            .with("newest", newest),
        ));
    }
    findings
}

fn failed(error: &ArchiveError) -> Finding {
    let outcome = match error.is_damage() {
        true => Outcome::Damaged,
        false => Outcome::Incomplete,
    };
    Finding::fail(Check::Archive, told(error), told(error.advice())).with_outcome(outcome)
}

fn of_look(look: &QuickLook, is_writing: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let verify = || {
        say(words(
            "run `khotin verify`, then put the file back from a copy",
            "chạy `khotin verify`, rồi khôi phục tệp từ bản sao",
        ))
    };
    let mut damage = |said| {
        let finding = Finding::fail(Check::Archive, said, verify());
        findings.push(finding.with_outcome(Outcome::Damaged));
    };
    if let Some((file, false)) = &look.newest {
        damage(
            say(words(
                "{file} is not as SHA256SUMS says",
                "{file} không khớp SHA256SUMS",
            ))
            .with("file", file),
        );
    }
    for file in &look.missing {
        damage(
            say(words(
                "SHA256SUMS names {file}, and it is not there",
                "SHA256SUMS có ghi {file} nhưng không thấy tệp",
            ))
            .with("file", file),
        );
    }
    if look.broken_lines > 0 {
        damage(
            say(words(
                "{lines} of SHA256SUMS can not be read",
                "{lines} của SHA256SUMS không đọc được",
            ))
            .with("lines", format!("{} ×", look.broken_lines)),
        );
    }
    let next_crawl = || {
        say(words(
            "run `khotin crawl`: it keeps what is whole, cuts what is torn, and closes it",
            "chạy `khotin crawl`: phần nguyên vẹn được giữ, phần đứt được cắt bỏ, rồi tệp được đóng",
        ))
    };
    if !is_writing {
        for file in &look.open {
            let said = say(words(
                "{file} was left open: a run was killed or lost its power",
                "{file} còn mở: một lượt chạy đã bị ngắt hoặc mất điện",
            ));
            findings.push(Finding::warn(
                Check::Archive,
                said.with("file", file),
                next_crawl(),
            ));
        }
        for file in &look.without_sum {
            let said = say(words(
                "{file} has no line in SHA256SUMS",
                "{file} chưa có dòng trong SHA256SUMS",
            ));
            findings.push(Finding::warn(
                Check::Archive,
                said.with("file", file),
                next_crawl(),
            ));
        }
    }
    findings
}

/// What the store knows of the archive's files and is not there any more.
fn lost(folder: &Path, positions: &[Position]) -> Vec<Finding> {
    let known: BTreeMap<&str, u64> = positions
        .iter()
        .map(|position| (position.file.as_str(), position.end_offset))
        .collect();
    let length = |file: &str| {
        let closed = std::fs::metadata(folder.join(file));
        let there = closed.or_else(|_| std::fs::metadata(folder.join(format!("{file}.open"))));
        there.map(|file| file.len()).ok()
    };
    known
        .into_iter()
        .filter_map(|(file, end)| {
            let said = match length(file) {
                None => say(words(
                    "{file} is not there, and the store knows {end} bytes of it",
                    "không thấy {file}, trong khi cơ sở dữ liệu biết {end} byte của tệp này",
                )),
                Some(bytes) if bytes < end => say(words(
                    "{file} has {bytes} bytes, and the store knows {end}",
                    "{file} có {bytes} byte, trong khi cơ sở dữ liệu biết {end}",
                ))
                .with("bytes", bytes),
                Some(_) => return None,
            };
            let finding = Finding::fail(
                Check::Archive,
                said.with("file", file).with("end", end),
                say(words(
                    "put the file back from a copy; without one, `khotin rebuild --accept-loss` goes on with \
                     what is left",
                    "khôi phục tệp từ bản sao; nếu không có, `khotin rebuild --accept-loss` tiếp tục với phần \
                     còn lại",
                )),
            );
            Some(finding.with_outcome(Outcome::Damaged))
        })
        .collect()
}
