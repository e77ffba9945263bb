//! Normalize: what a page says, in one form.

pub mod date;
pub mod identity;
pub mod text;
