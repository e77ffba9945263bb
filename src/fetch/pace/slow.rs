//! A host that answers slowly is asked less often.

use std::time::Duration;

/// A rest is so many times as long as an answer takes (our choice): such a host works at most a third
/// of the time for us.
const REST: u32 = 2;
/// The longest gap for slowness alone (our choice).
const LONGEST: Duration = Duration::from_secs(30);
/// The weight of all earlier answers against the newest one, 7 to 1: as TCP smooths its round trips
/// (RFC 6298, section 2).
const WEIGHT: u32 = 7;

/// How long a host takes to answer, smoothed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Slowness(Option<Duration>);

impl Slowness {
    /// An answer's first byte, or the failure, came after `took`.
    pub(super) fn note(&mut self, took: Duration) {
        self.0 = Some(match self.0 {
            None => took,
            Some(smoothed) => smoothed.saturating_mul(WEIGHT).saturating_add(took) / (WEIGHT + 1),
        });
    }

    /// The gap to keep where `gap` would do for a quick host. A pace that is lifted, which only the
    /// operator's own machine may have, stays lifted.
    pub(super) fn gap(self, gap: Duration) -> Duration {
        match self.0 {
            Some(smoothed) if !gap.is_zero() => gap.max(smoothed.saturating_mul(REST).min(LONGEST)),
            _ => gap,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_grows_with_the_time_that_answers_take() {
        let ms = Duration::from_millis;
        let table: [(&str, u64, &[u64], u64); 8] = [
            // what, gap, answers after, gap kept (milliseconds)
            ("nothing known", 2000, &[], 2000),
            ("quick", 2000, &[100, 100], 2000),
            ("half the gap is quick enough", 2000, &[1000], 2000),
            ("slow", 2000, &[1500], 3000),
            ("one slow page among quick ones", 2000, &[100, 8100], 2200),
            ("quick again, little by little", 2000, &[8000, 0], 14_000),
            ("very slow is bounded", 2000, &[120_000], 30_000),
            ("a longer gap stands", 60_000, &[120_000], 60_000),
        ];
        for (what, gap, answers, expected) in table {
            let mut slowness = Slowness::default();
            for took in answers {
                slowness.note(ms(*took));
            }
            assert_eq!(slowness.gap(ms(gap)), ms(expected), "{what}");
        }
        let mut slowness = Slowness::default();
        slowness.note(ms(5000));
        assert_eq!(slowness.gap(Duration::ZERO), Duration::ZERO, "lifted");
    }
}
