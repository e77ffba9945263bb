//! Promise: what the operator withholds is told nowhere, whatever happens to the database, the file and
//! the process; and what is lifted or expired is shown again, the same as before.
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "all of this is test code: a panic is a failed test"
)]

mod archive;
mod file;
#[path = "../support/program.rs"]
mod program;
mod takedown;
mod together;
mod told;
