//! The promise: whatever stands in a page, it has one named outcome, its bytes are in the archive,
//! it takes little memory, the crawl goes on, and nothing of it reaches a file name, a query, a
//! terminal or a formula unescaped.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail"
)]

#[path = "../support/program.rs"]
mod program;
#[path = "../support/raw_server.rs"]
mod raw_server;
mod support;

mod attacks;
mod bridge;
mod charsets;
mod fields;
mod giants;
mod listings;
mod refusals;
mod round_trips;
