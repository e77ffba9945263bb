//! Store.

pub mod fold;
