//! Import: somebody else's web archive in, captures of our own kind out. What is pure about it: which
//! records become captures of which site ([`judge`]), which request belongs to which answer ([`pair`]), what
//! a capture is called whatever file it stands in ([`identity`]), which number it has ([`number`]). And what
//! stands beside the archive for it: the ledger of the files that were imported ([`ledger`]), and copies of
//! them ([`keep`]).
//!
//! What always holds: the store is a function of the set of foreign captures, never of the order in
//! which files came, nor of how captures are spread over them; nothing follows from an imported capture
//! but its observations: it asks for nothing and belongs to no run. Not here: how a foreign file is read
//! ([`crate::foreign`]), and the road from file to store (`crate::pipeline`).

pub mod cdxj;
mod error;
pub mod find;
pub mod identity;
pub mod judge;
pub mod keep;
pub mod ledger;
pub mod number;
pub mod pages;
pub mod pair;
pub mod report;

pub use error::ImportError;
