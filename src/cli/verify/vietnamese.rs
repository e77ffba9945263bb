//! The lines of a verification in Vietnamese; in English the reports say themselves. What is wrong with a
//! record stands as it is: causes are English.

use std::io::{self, Write};

use crate::archive::{Answer, Check, Counts, Report};
use crate::cli::report::one_line;
use crate::pipeline::{Comparison, StoreCheck};

/// A line a failure, a line an open file, a line a check, and one for the whole.
pub(super) fn write_archive(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    for finding in report.findings() {
        writeln!(out, "{}", one_line(&finding.to_string()))?;
    }
    for file in &report.open_files {
        writeln!(out, "{}: chưa kiểm tra vì tệp chưa đóng", one_line(file))?;
    }
    let totals = report.totals();
    for (check, counts) in &totals {
        writeln!(out, "{}: {}", check_words(*check), counts_words(*counts))?;
    }
    let failed: u64 = totals.values().map(|counts| counts.failed).sum();
    let named = u64::try_from(report.findings().count()).unwrap_or(u64::MAX);
    if failed > named {
        let more = failed - named;
        writeln!(out, "còn {more} lỗi nữa chỉ được đếm, không nêu từng lỗi")?;
    }
    let records: u64 = report.files.iter().map(|file| file.records).sum();
    let files = report.files.len();
    match report.answer() {
        Answer::NothingToCheck => {
            writeln!(out, "không có gì để kiểm tra: chưa có tệp nào đã đóng")
        }
        Answer::Pass => writeln!(out, "toàn vẹn: {records} bản ghi trong {files} tệp"),
        Answer::Fail => writeln!(out, "HƯ HỎNG: {records} bản ghi trong {files} tệp"),
    }
}

/// A line a difference, a line a check, and how much is the same.
pub(super) fn write_store(out: &mut dyn Write, compared: &Comparison) -> io::Result<()> {
    for finding in &compared.findings {
        writeln!(out, "{}", one_line(&finding.to_string()))?;
    }
    for check in StoreCheck::ALL {
        let counts = compared.checks.get(&check).copied().unwrap_or_default();
        writeln!(out, "{}: {}", store_words(check), counts_words(counts))?;
    }
    if compared.waiting > 0 {
        let waiting = compared.waiting;
        writeln!(
            out,
            "{waiting} lượt hỏi đáp trong các tệp chưa đóng chưa có trong cơ sở dữ liệu"
        )?;
    }
    let equal = compared.equal;
    writeln!(
        out,
        "cơ sở dữ liệu so với kho lưu trữ: {equal} lượt hỏi đáp giống nhau"
    )
}

fn check_words(check: Check) -> &'static str {
    match check {
        Check::Record => "bản ghi",
        Check::BlockDigest => "mã băm của khối",
        Check::PayloadDigest => "mã băm của nội dung",
        Check::Exchange => "lượt hỏi đáp",
        Check::Sequence => "số thứ tự",
        Check::Sha256Sums => "SHA256SUMS",
        Check::Cdxj => "chỉ mục cdxj",
    }
}

fn store_words(check: StoreCheck) -> &'static str {
    match check {
        StoreCheck::StoreInArchive => "cơ sở dữ liệu có trong kho lưu trữ",
        StoreCheck::ArchiveInStore => "kho lưu trữ có trong cơ sở dữ liệu",
        StoreCheck::Positions => "điểm cuối đã biết của các tệp",
    }
}

/// `đạt (10 đạt, 8 không có gì để kiểm tra)`.
fn counts_words(counts: Counts) -> String {
    let parts = [
        (counts.passed, "đạt"),
        (counts.failed, "hỏng"),
        (counts.nothing_to_check, "không có gì để kiểm tra"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    match counts.answer() {
        Answer::NothingToCheck => "không có gì để kiểm tra".to_owned(),
        Answer::Pass => format!("đạt ({})", parts.join(", ")),
        Answer::Fail => format!("HỎNG ({})", parts.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_says_how_often_it_had_which_result() {
        let counts = |passed, failed, nothing_to_check| Counts {
            passed,
            failed,
            nothing_to_check,
        };
        let table = [
            (counts(0, 0, 0), "không có gì để kiểm tra"),
            (counts(0, 0, 3), "không có gì để kiểm tra"),
            (counts(10, 0, 8), "đạt (10 đạt, 8 không có gì để kiểm tra)"),
            (counts(2, 1, 0), "HỎNG (2 đạt, 1 hỏng)"),
        ];
        for (counts, expected) in table {
            assert_eq!(counts_words(counts), expected);
        }
    }
}
