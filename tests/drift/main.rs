//! The promise: when a ministry changes its pages overnight, the very next run says so, names the
//! selector and the pages, and loses nothing; and a mended profile fills the hole from the archive.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "all of this is test code: a panic is a failed test"
)]

#[path = "../crawl/support.rs"]
mod desk;
mod mending;
mod nights;
#[path = "../support/program.rs"]
mod program;
mod quiet;
mod restyling;
mod show;
