//! Promise: what a reader looks for is found, as written or without marks, by every spelling of
//! Vietnamese, and nothing else is; the index keeps up with the articles and can be made again.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "all of this is test code: a panic is a failed test"
)]

mod index;
mod library;
mod retrieval;
mod snippets;
