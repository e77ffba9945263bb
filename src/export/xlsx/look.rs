//! How the workbook looks: widths, formats, colours. Nothing here changes what a cell holds.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, FormatUnderline};

use crate::export::columns::{Column, Kind};

/// Height of a header row in points.
pub(super) const HEADER_HEIGHT: f64 = 33.0;
/// Height of a row that holds wrapped text: three lines. Our choice: a table stays a table, and a cell
/// shows the rest when it is entered.
pub(super) const WRAPPED_HEIGHT: f64 = 46.0;
/// A row of the first sheet.
pub(super) const LINE_HEIGHT: f64 = 19.0;
/// Each further line of a text in it.
pub(super) const TEXT_HEIGHT: f64 = 15.0;

const DARK: Color = Color::RGB(0x1F_3A_5F);
const PALE: Color = Color::RGB(0xEE_F2_F7);
const RED: Color = Color::RGB(0xC0_00_00);
const PALE_RED: Color = Color::RGB(0xFC_E4_E4);
const LINK: Color = Color::RGB(0x05_63_C1);

/// Columns of text that is read, not looked up: wide, and wrapped.
fn reading_width(name: &str) -> Option<f64> {
    match name {
        "text" => Some(90.0),
        "title" | "caption" | "caption_raw" | "alt" | "label" => Some(48.0),
        "lead" | "abstract" => Some(60.0),
        _ => None,
    }
}

/// Whether the text of a column is wrapped.
pub(super) fn is_wrapped(column: &Column) -> bool {
    column.kind == Kind::Text && reading_width(column.name).is_some()
}

/// Width of a column in characters.
pub(super) fn width(column: &Column) -> f64 {
    match column.kind {
        Kind::Text => reading_width(column.name).unwrap_or(match column.name {
            "site" | "state" | "language" | "capture_via" => 11.0,
            "key" | "work" | "related_key" | "warc_file" | "warc_record_id" | "capture" => 36.0,
            name if is_link(name) => 42.0,
            _ => 22.0,
        }),
        Kind::Number | Kind::Boolean => 13.0,
        Kind::Date | Kind::TimeOfDay => 13.0,
        Kind::TimeUtc | Kind::TimeVietnam => 20.0,
    }
}

/// Whether a column of this name holds addresses.
pub(super) fn is_link(name: &str) -> bool {
    name == "url" || name.ends_with("_url")
}

/// The format of a column's cells; `synthetic` for rows that are not news.
///
/// Text has the number format "text": what someone types over it, or enters again, stays text too.
pub(super) fn cell(column: &Column, synthetic: bool) -> Format {
    let format = Format::new().set_align(FormatAlign::Top);
    let format = match column.kind {
        Kind::Text if is_wrapped(column) => format.set_num_format("@").set_text_wrap(),
        Kind::Text => format.set_num_format("@"),
        Kind::Number => format.set_num_format("0"),
        // A spreadsheet that takes a truth value for a number shows it by these words.
        Kind::Boolean => format
            .set_num_format("\"TRUE\";\"TRUE\";\"FALSE\"")
            .set_align(FormatAlign::Left),
        Kind::Date => format
            .set_num_format("yyyy-mm-dd")
            .set_align(FormatAlign::Left),
        Kind::TimeOfDay => format
            .set_num_format("hh:mm:ss")
            .set_align(FormatAlign::Left),
        Kind::TimeUtc | Kind::TimeVietnam => format
            .set_num_format("yyyy-mm-dd hh:mm:ss")
            .set_align(FormatAlign::Left),
    };
    match synthetic {
        true => format
            .set_background_color(PALE_RED)
            .set_font_color(RED)
            .set_border_bottom(FormatBorder::Hair),
        false => format,
    }
}

/// The format of an address that is a link.
pub(super) fn link(column: &Column, synthetic: bool) -> Format {
    underlined(cell(column, synthetic))
}

/// A cell with a link, as people know it.
pub(super) fn underlined(format: Format) -> Format {
    format
        .set_font_color(LINK)
        .set_underline(FormatUnderline::Single)
}

/// A header cell.
pub(super) fn header() -> Format {
    Format::new()
        .set_bold()
        .set_font_color(Color::White)
        .set_background_color(DARK)
        .set_align(FormatAlign::VerticalCenter)
        .set_text_wrap()
        .set_border_bottom(FormatBorder::Thin)
}

/// The title of the first sheet.
pub(super) fn title() -> Format {
    Format::new()
        .set_bold()
        .set_font_size(18)
        .set_font_color(DARK)
        .set_align(FormatAlign::VerticalCenter)
}

/// The words over made-up news.
pub(super) fn alarm() -> Format {
    Format::new()
        .set_bold()
        .set_font_size(26)
        .set_font_color(RED)
        .set_background_color(PALE_RED)
        .set_align(FormatAlign::VerticalCenter)
}

/// A heading of the first sheet.
pub(super) fn heading() -> Format {
    Format::new()
        .set_bold()
        .set_font_color(DARK)
        .set_background_color(PALE)
        .set_border_bottom(FormatBorder::Thin)
}

/// What a value is.
pub(super) fn name() -> Format {
    Format::new().set_align(FormatAlign::VerticalCenter)
}

/// Words as a value.
pub(super) fn value() -> Format {
    name().set_num_format("@")
}

/// Words over several lines.
pub(super) fn paragraph() -> Format {
    value().set_text_wrap()
}

/// A count.
pub(super) fn count() -> Format {
    name().set_num_format("#,##0").set_align(FormatAlign::Left)
}

/// A moment.
pub(super) fn moment() -> Format {
    name()
        .set_num_format("yyyy-mm-dd hh:mm:ss")
        .set_align(FormatAlign::Left)
}
