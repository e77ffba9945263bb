//! `khotin rebuild` and `khotin verify`: the database is made again from the WARC files alone, nothing
//! is lost by that, and what differs or is damaged is said.
#![allow(
    unreachable_pub,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "all of this is test code: a panic is a failed test"
)]

mod carried;
mod changed;
mod damage;
mod equal;
mod interrupted;
mod press;
mod profile_gone;
#[path = "../support/program.rs"]
mod program;
#[path = "../support/raw_server.rs"]
mod raw_server;
#[path = "../crawl/support.rs"]
mod support;
mod verifying;
