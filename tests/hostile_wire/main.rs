//! The hostile web below the page: connections, heads, framing, codings and redirects that are wrong.
//!
//! One table ([`table::rows`]): a row is an article whose page comes with one fault, and the one outcome
//! that it must have. Between two such articles stands a sound one. The real program crawls them all
//! ([`crawl`]); nothing that it asks leaves the machine. What the crawl's own scope would never let so
//! far, the guards of addresses, is asked of the fetcher alone, over a network that writes down what
//! reaches it ([`guards`]).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "all of this is test code: a panic is a failed test, and figures are for who asks for them"
)]

mod bytes;
mod crawl;
mod guards;
mod hosts;
#[path = "../support/program.rs"]
mod program;
#[path = "../support/site.rs"]
mod site;
mod table;
