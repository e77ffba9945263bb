//! The demo ministry keeps what `khotin::demo` promises.
//!
//! `#[cfg(test)]` is always on here; it tells clippy that helpers are tests too.

#[cfg(test)]
mod client;
#[cfg(test)]
mod edits;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod short_way;
#[cfg(test)]
mod wire;
