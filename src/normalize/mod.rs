//! Normalize: what a page says, in one form.

mod text;

pub use text::{clean, clean_lines, words};
