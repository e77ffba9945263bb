//! Plain tables for a terminal: columns as wide as their widest cell, counted in characters.

use std::io::{self, Write};

/// Writes rows below a header; the first column is left-aligned, numbers right-aligned.
pub(crate) fn write_table(
    out: &mut dyn Write,
    header: &[&str],
    rows: &[Vec<String>],
) -> io::Result<()> {
    let mut widths: Vec<usize> = header.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let header: Vec<String> = header.iter().map(|cell| (*cell).to_owned()).collect();
    for row in std::iter::once(&header).chain(rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let padding = " ".repeat(width.saturating_sub(cell.chars().count()));
            let is_number = cell.chars().next().is_some_and(|c| c.is_ascii_digit())
                && cell
                    .chars()
                    .all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '%' | ' '));
            if is_number {
                line.push_str(&format!("{padding}{cell}  "));
            } else {
                line.push_str(&format!("{cell}{padding}  "));
            }
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other_in_vietnamese_too() {
        let mut out = Vec::new();
        let rows = [
            vec!["tiêu đề".to_owned(), "7".to_owned()],
            vec!["x".to_owned(), "12".to_owned()],
        ];
        write_table(&mut out, &["field", "hits"], &rows).unwrap();
        let expected = "field    hits\ntiêu đề     7\nx          12\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
