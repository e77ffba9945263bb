//! Import: somebody else's web archive in, captures of our own kind out. What is pure about it: which
//! records become captures of which site (`judge`), what a capture is called whatever file it stands in
//! ([`identity`]), which number it has ([`number`]); and the ledger of the files that were imported.
//!
//! What always holds: the store is a function of the set of foreign captures, never of the order in
//! which files came, nor of how captures are spread over them; nothing follows from an imported capture
//! but its observations: it asks for nothing and belongs to no run. Not here: how a foreign file is read
//! ([`crate::foreign`]), and the road from file to store (`crate::pipeline`).

mod error;
pub mod identity;
pub mod judge;
pub mod ledger;
pub mod number;
pub mod pages;

pub use error::ImportError;
