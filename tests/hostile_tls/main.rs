//! A server that does wrong in TLS: whole crawls against the demo ministry, one of whose articles has
//! moved to an https address that a hostile server on 127.0.0.1 answers. Each fault has one named
//! outcome with words that say what to do, one exchange in a sound archive, and the other articles of
//! the same run are read.
#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "all of this is test code: a panic is a failed test"
)]

mod bodies;
mod certificates;
mod doctor;
mod handshakes;
mod moved;
#[path = "../support/program.rs"]
mod program;
mod server;
#[cfg(feature = "system-tls")]
#[path = "../support/site.rs"]
mod site;
#[path = "../crawl/support.rs"]
mod support;
mod system;
