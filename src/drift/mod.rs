//! Drift: how a run tells that a site changed. In: every capture as it was read ([`Seen::look`]), the
//! same of earlier runs ([`Past`]), the profile's limits. Out: [`Sign`]s, each naming site, layout or
//! section, key and selector, the numbers now and before, pages to look at and how to try a new
//! selector.
//!
//! Pure: no I/O, and the clock is passed in. Few articles in a night cry no wolf: a share is judged
//! only over a least number of looks, runs that saw fewer are taken together with those before, and a
//! fall must be more than chance. A run that saw nothing of a field says nothing about it. A run that
//! had the same sign is no measure of how the site was, so an alarm lasts until the profile is mended.
//! Not here: where reports are kept ([`crate::store`]), the exit code ([`crate::pipeline`]).

mod judge;
mod look;
mod seen;
mod share;
mod sign;
mod silence;
#[cfg(test)]
mod tests;

pub use judge::{Case, Past, judge};
pub use look::Looked;
pub use seen::{Example, FieldSeen, LayoutSeen, Sample, SectionSeen, Seen, SelectorSeen};
pub use sign::{Change, Figure, Sign, Subject, Weight};
pub use silence::{News, RHYTHM_DAYS, rhythm_of, silence, weight_of_silence};

/// Earlier runs that are looked at: 20 to compare with, and those that had the same sign already.
pub const PAST_RUNS: usize = 60;
