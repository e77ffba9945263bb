//! The last sheet: every column of every sheet, in both languages.

use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};

use super::{Voice, look, page};
use crate::Lang;
use crate::export::columns::{CUT_CELLS_COLUMN, Kind};
use crate::export::row::Table;
use crate::lang::{Words, words};

/// The name of the sheet.
pub(super) const NAME: Words = words("Dictionary", "Từ điển");
/// What it is.
pub(super) const ABOUT: Words = words(
    "what each column holds: label, code, type",
    "mỗi cột ghi gì: nhãn, mã cột, kiểu",
);

/// The columns of the dictionary itself. Two of them are in one language whatever the voice.
const HEADERS: [(Words, f64); 7] = [
    (words("Sheet", "Trang tính"), 16.0),
    (words("Label in Vietnamese", "Nhãn tiếng Việt"), 26.0),
    (words("Label in English", "Nhãn tiếng Anh"), 24.0),
    (words("Code", "Mã cột"), 18.0),
    (words("Type", "Kiểu"), 22.0),
    (
        words("Description in Vietnamese", "Giải thích bằng tiếng Việt"),
        60.0,
    ),
    (
        words("Description in English", "Giải thích bằng tiếng Anh"),
        60.0,
    ),
];
/// A row of two lines.
const ROW_HEIGHT: f64 = 32.0;

/// The whole sheet.
pub(super) fn sheet(workbook: &mut Workbook, voice: Voice) -> Result<Worksheet, XlsxError> {
    let mut sheet = workbook.new_worksheet_with_constant_memory()?;
    sheet.set_name(voice.say(NAME))?;
    sheet.set_default_row_height(ROW_HEIGHT);
    page::landscape(&mut sheet)?;
    sheet.set_print_fit_to_pages(1, 0);
    sheet.set_freeze_panes(1, 0)?;
    for (number, (header, width)) in (0_u16..).zip(HEADERS) {
        sheet.set_column_width(number, width)?;
        sheet.write_string_with_format(0, number, voice.say(header), &look::header())?;
    }
    let cell = look::paragraph();
    let mut row = 0_u32;
    for table in Table::ALL {
        for column in table.columns().iter().chain([&CUT_CELLS_COLUMN]) {
            row = row.saturating_add(1);
            let cells = [
                voice.sheet(table),
                Lang::Vi.of(column.label),
                Lang::En.of(column.label),
                column.name,
                voice.say(kind_words(column.kind)),
                Lang::Vi.of(column.about),
                Lang::En.of(column.about),
            ];
            for (number, text) in (0_u16..).zip(cells) {
                sheet.write_string_with_format(row, number, text, &cell)?;
            }
        }
    }
    let last = u16::try_from(HEADERS.len().saturating_sub(1)).unwrap_or_default();
    sheet.autofilter(0, 0, row, last)?;
    Ok(sheet)
}

/// What the cells of a column are in a sheet.
fn kind_words(kind: Kind) -> Words {
    match kind {
        Kind::Text => words("text", "chữ"),
        Kind::Number => words("number", "số"),
        Kind::Boolean => words("TRUE or FALSE", "TRUE (đúng) hoặc FALSE (sai)"),
        Kind::TimeUtc => words("date and time, UTC", "ngày giờ, UTC"),
        Kind::TimeVietnam => words("date and time, +07:00", "ngày giờ, +07:00"),
        Kind::Date => words("date, +07:00", "ngày, giờ Việt Nam"),
        Kind::TimeOfDay => words("time of day, +07:00", "giờ trong ngày, giờ Việt Nam"),
    }
}
