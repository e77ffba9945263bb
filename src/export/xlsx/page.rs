//! How a sheet is printed: A4, as wide as the paper, the header on each page.

use rust_xlsxwriter::{Worksheet, XlsxError};

/// ISO A4, by its number in the file format.
const A4: u8 = 9;

/// For tables.
pub(super) fn landscape(worksheet: &mut Worksheet) -> Result<(), XlsxError> {
    worksheet.set_paper_size(A4);
    worksheet.set_landscape();
    worksheet.set_repeat_rows(0, 0)?;
    Ok(())
}

/// For text.
pub(super) fn portrait(worksheet: &mut Worksheet) {
    worksheet.set_paper_size(A4);
    worksheet.set_print_fit_to_pages(1, 0);
}
