//! guarded: the one door to the library that writes workbooks.

use std::cell::Cell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use rust_xlsxwriter::XlsxError;

use crate::export::ExportError;

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic of this thread comes back as an error, so that nothing need be printed of it.
pub(crate) fn panic_is_caught() -> bool {
    INSIDE.get()
}

/// Runs a step of writing the workbook at `path`; whatever goes wrong is an error of that file.
///
/// The library panics where the disk refuses the rows that wait in its nameless files (it expects
/// those writes to succeed), so a full disk comes here as a panic. Nothing that it left half done is
/// used again: the first error ends the export.
pub(super) fn guarded<T>(
    path: &Path,
    step: impl FnOnce() -> Result<T, XlsxError>,
) -> Result<T, ExportError> {
    INSIDE.set(true);
    let ended = catch_unwind(AssertUnwindSafe(step));
    INSIDE.set(false);
    let source = match ended {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(XlsxError::IoError(error))) => error,
        Ok(Err(error)) => io::Error::other(error),
        Err(panic) => io::Error::other(words_of(panic.as_ref())),
    };
    Err(ExportError::io("write", path)(source))
}

fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("the writer of workbooks gave up").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_panics_is_an_error_of_the_file() {
        let path = Path::new("exports/articles.xlsx");
        let full = || -> Result<(), _> { panic!("Couldn't write to xml file: {}", 28) };
        let error = guarded(path, full).unwrap_err();
        assert_eq!(error.to_string(), "cannot write exports/articles.xlsx");
        let ExportError::Io { source, .. } = error else {
            panic!("another kind");
        };
        assert_eq!(source.to_string(), "Couldn't write to xml file: 28");
        let inside = guarded(path, || Ok(panic_is_caught()));
        assert!(inside.unwrap() && !panic_is_caught());
    }
}
