//! The promise: `khotin nightly` does a night's work unattended, for years: a dated dump every night, old
//! ones removed, an exit code for a scheduler, and a word to the operator only when something is wrong.
//! Killed at any moment it goes on by the same command; a wrong clock makes it skip and remove nothing.
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
mod killed;
mod nights;
mod process;
#[path = "../support/program.rs"]
mod program;
