//! No one is harmed: what the servers of a ministry see of us. Gaps are measured at the server; each bound
//! is a lower one, so a slow machine can not break it. One promise a module.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "all of this is test code: a panic is a failed test; each file uses a part of the support"
)]

mod budgets;
mod clocks;
mod files;
mod gate;
mod holds;
mod host_down;
mod measured;
#[path = "../support/program.rs"]
mod program;
#[path = "../support/raw_server.rs"]
mod raw_server;
mod robots;
#[path = "../support/site.rs"]
mod site;
#[path = "../crawl/support.rs"]
mod support;
