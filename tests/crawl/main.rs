//! Whole crawls against the demo ministry: what a run asks, archives, reads and reports, from robots.txt
//! to the exported file. One promise a module; [`support::Desk`] is the ministry with a folder beside it.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "all of this is test code: a panic is a failed test"
)]

mod again;
mod edits;
mod failures;
mod files;
mod limits;
mod moving;
mod redirects;
mod robots;
mod spellings;
mod support;
mod truth;
mod via;
mod wire;
