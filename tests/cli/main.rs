//! The program as a user meets it: the real binary, its words, its files and its exit codes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "all of this is test code: a panic is a failed test"
)]

mod advice;
mod completions;
mod demo;
mod doctor;
mod dry_run;
mod errors;
mod exit_codes;
mod export;
mod foreign;
mod help;
mod hostile;
mod import;
mod init;
mod interrupt;
mod package;
#[path = "../support/program.rs"]
mod program;
mod read;
mod readme;
mod same;
mod search;
mod status;
mod two_at_once;
mod warc;
