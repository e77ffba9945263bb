//! The promises of store and frontier: every request has one place and one fate, nothing is lost
//! when the process dies, an article is asked for once, and the archive alone gives it all again.

mod crawl;
mod queue;
mod records;
mod world;
