//! The body of a page: paragraphs, headings, lists, tables, quotations, pictures with what is said of them.

use std::io;

use unicode_width::UnicodeWidthStr;

use super::super::report::one_line;
use super::super::terminal::Style;
use super::{Page, labels};
use crate::model::{Block, Image};

pub(super) fn write_body(page: &mut Page<'_>) -> io::Result<()> {
    if page.article.text.is_none() {
        page.text(Style::Dim, page.lang.of(labels::NO_BODY))?;
        return page.empty_line();
    }
    for block in &page.article.blocks {
        write_block(page, block)?;
        page.empty_line()?;
    }
    Ok(())
}

fn write_block(page: &mut Page<'_>, block: &Block) -> io::Result<()> {
    match block {
        Block::Paragraph { text } => {
            for line in text.lines() {
                page.text(Style::Plain, line)?;
            }
            Ok(())
        }
        Block::Heading { text, .. } => page.indented(Style::Bold, text, "## ", "   "),
        Block::Quote { text } => {
            for line in text.lines() {
                page.indented(Style::Plain, line, "  │ ", "  │ ")?;
            }
            Ok(())
        }
        Block::List { ordered, items } => {
            for (item, number) in items.iter().zip(1..) {
                let bullet = if *ordered {
                    format!("{number:>3}. ")
                } else {
                    "  - ".to_owned()
                };
                let rest = " ".repeat(bullet.width());
                page.indented(Style::Plain, item, &bullet, &rest)?;
            }
            Ok(())
        }
        Block::Table { rows } => write_rows(page, rows),
        Block::Image { position } => {
            let mut images = page.article.images.iter();
            match images.find(|image| image.position == *position) {
                Some(image) => write_image(page, image),
                None => Ok(()),
            }
        }
        Block::Embed { position } => {
            let mut embeds = page.article.embeds.iter();
            let url = embeds
                .find(|embed| embed.position == *position)
                .and_then(|embed| embed.url.as_deref());
            let label = page.lang.of(labels::EMBED);
            let url = url.unwrap_or(page.lang.of(labels::NO_LINK));
            page.text(Style::Dim, &format!("[{label} {position}] {url}"))
        }
    }
}

/// `[Ảnh 1] Caption Ảnh: K.V`, and where the picture is.
fn write_image(page: &mut Page<'_>, image: &Image) -> io::Result<()> {
    let label = format!("[{} {}]", page.lang.of(labels::IMAGE), image.position);
    let caption = image.caption.as_deref().or(image.caption_raw.as_deref());
    let credit = image
        .credit
        .as_deref()
        .map(|credit| format!("{} {credit}", page.lang.of(labels::CREDIT)));
    let words = [Some(label.as_str()), caption, credit.as_deref()];
    let line: Vec<&str> = words.into_iter().flatten().collect();
    page.text(Style::Plain, &line.join(" "))?;
    if let Some(url) = image.original_url.as_deref().or(image.url.as_deref()) {
        page.indented(Style::Dim, url, "    ", "    ")?;
    }
    let original = image.original_archived.as_ref();
    page.archived(original.filter(|place| place.file().is_some()))?;
    page.archived(image.archived.as_ref())
}

/// Columns below each other where the lines are wide enough, else a cell a line.
fn write_rows(page: &mut Page<'_>, rows: &[Vec<String>]) -> io::Result<()> {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| one_line(cell)).collect())
        .collect();
    let mut widths: Vec<usize> = Vec::new();
    for row in &rows {
        widths.resize(widths.len().max(row.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    // `| a | b |`: a bar and two blanks a column, and the last bar.
    let whole = widths.iter().sum::<usize>() + 3 * widths.len() + 1;
    if page.terminal.width.is_some_and(|most| whole > most) {
        for row in &rows {
            for (number, cell) in row.iter().enumerate() {
                let first = if number == 0 { "| " } else { "  | " };
                page.indented(Style::Plain, cell, first, "    ")?;
            }
        }
        return Ok(());
    }
    for row in &rows {
        let mut line = "|".to_owned();
        let cells = row.iter().map(String::as_str).chain(std::iter::repeat(""));
        for (cell, width) in cells.zip(&widths) {
            let gap = " ".repeat(width.saturating_sub(cell.width()));
            line.push_str(&format!(" {cell}{gap} |"));
        }
        writeln!(page.out, "{line}")?;
    }
    Ok(())
}
