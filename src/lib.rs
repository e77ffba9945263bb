//! khotin (Vietnamese *kho tin*, "news store") archives the news of Vietnamese ministries: it crawls
//! politely, keeps every answer in WARC files, reads articles into records whose every field can be
//! defended, and writes CSV and JSON.
//!
//! ```text
//! sites/*.toml ─┐                       ┌─> WARC files (output/archive)        the truth
//! config.toml ──┴> frontier ─> gate ─> fetch ─> archive ─> read ─> normalize ─> store (fold) ─> export
//!                     ^   scope, robots, pace             │ page     │ observations  SQLite
//!                     └────────── links of a listing ─────┘          └─ recovery and rebuild enter here
//! ```
//!
//! The archive is the truth, and everything else can be made again from it. The modules stand in
//! the order in which an article comes to be; ARCHITECTURE.md tells why they are cut like this.
#![forbid(unsafe_code)]

pub mod model;

pub mod config;

pub mod frontier;

pub mod fetch;

pub mod archive;

pub mod foreign;

pub mod import;

pub mod extract;

pub mod normalize;

pub mod same;

pub mod search;

pub mod store;

pub mod drift;

pub mod restrict;

pub mod export;

pub mod package;

pub mod pipeline;

pub mod nightly;

pub mod cli;

pub mod demo;

pub mod telemetry;

pub mod lang;

mod durable;

mod outcome;

pub use lang::Lang;
pub use outcome::Outcome;
