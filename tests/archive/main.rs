//! The archive keeps what it was given: what is written is read again, a crash costs no whole exchange,
//! damage is found and named, and other tools read the files too (see also `tests/interop`).
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "all of this is test code: a panic is a failed test"
)]

mod fixtures;
mod foreign;
mod index;
mod reading;
mod recovery;
mod round_trip;
mod support;
mod verifying;
mod writing;
