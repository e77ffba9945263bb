//! The promises of store and frontier: every request has one place and one fate, nothing is lost
//! when the process dies, an article is asked for once, and the archive alone gives it all again.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests: a failure is a failed test"
)]

mod assets;
mod crawl;
mod imports;
mod past;
mod queue;
mod records;
mod world;
