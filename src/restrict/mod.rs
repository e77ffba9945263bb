//! Restrict: what the operator withholds. In: restrictions.toml, a clock, articles. Out: what may be
//! shown of them ([`Withheld::shown`]): the article, or its tombstone.
//!
//! Always holds: nothing is deleted. restrictions.toml only grows ([`Entry`]), the archive and the store
//! keep every byte, and a file that can not be read stops whoever would show something
//! ([`RestrictError`]). There is one way out: exports, `show` and search pass every article through
//! [`Withheld::shown`]. Everything but [`keep`] is pure. Not here: which commands ask ([`crate::cli`]),
//! and what replay tools make of the access list ([`access_list`] writes it).

mod access;
mod entry;
mod error;
pub mod keep;
mod tombstone;
mod withheld;

pub use access::access_list;
pub use entry::{Action, Entry, Restrictions, Standing};
pub use error::RestrictError;
pub use tombstone::{REASON, shown_key};
pub use withheld::Withheld;
