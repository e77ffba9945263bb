//! The promise: whatever stands in a listing while it is read is found, however the listing moves,
//! and a listing that is known is asked for once.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests: a failure is a failed test"
)]

mod listing;
mod moving;
mod rules;
