//! The promise: whatever stands in a page, it has one named outcome, its bytes are in the archive,
//! it takes little memory, the crawl goes on, and nothing of it reaches a file name, a query, a
//! terminal or a formula unescaped.

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
