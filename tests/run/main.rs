//! What a run keeps to, seen from a server on 127.0.0.1 and from the output folder.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod crash;
mod errors;
mod ministry;
#[path = "../support/raw_server.rs"]
mod raw_server;
mod words;
mod workers;
