//! Share: so many of so many, now against earlier runs, so that few articles in a night cry no wolf.

/// Earlier runs that are compared with (the number).
pub(super) const RUNS: usize = 20;
/// A fall that chance would bring more often than this is no sign. Our choice: one night in a thousand.
const CHANCE: f64 = 0.001;

/// So many of so many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Share {
    pub(super) good: u64,
    pub(super) all: u64,
}

impl Share {
    pub(super) fn rate(self) -> f64 {
        if self.all == 0 {
            return 0.0;
        }
        self.good as f64 / self.all as f64
    }

    fn and(self, other: Self) -> Self {
        Self {
            good: self.good + other.good,
            all: self.all + other.all,
        }
    }

    /// True if chance hardly brings so few, where the share is that of `before`: the lower tail of the
    /// binomial distribution. The share before is taken by Laplace's rule of succession, so that
    /// "always" in few looks is not taken for certain.
    pub(super) fn is_below(self, before: Self) -> bool {
        let rate = (before.good + 1) as f64 / (before.all + 2) as f64;
        let all = self.all as f64;
        // In logarithms: the probability of none among thousands is no number any more.
        let mut log_of_exactly = all * (1.0 - rate).ln();
        let mut tail = log_of_exactly.exp();
        for good in 0..self.good {
            let good = good as f64;
            log_of_exactly += ((all - good) / (good + 1.0)).ln() + (rate / (1.0 - rate)).ln();
            tail += log_of_exactly.exp();
        }
        self.rate() < before.rate() && tail < CHANCE
    }
}

/// What one earlier run says of a subject.
#[derive(Debug, Clone, Copy)]
pub(super) struct Earlier<T> {
    pub(super) value: T,
    /// The run had a sign of this very subject: it is no measure of how the site was.
    pub(super) was_signed: bool,
    /// The run read with the same profile: a mended profile is not blamed for nights before.
    pub(super) is_same_profile: bool,
}

/// This run, together with as many runs of the same profile before it as it takes to see `fewest`; and the runs before
/// those, without the ones that had the same sign. `earlier` is newest first.
///
/// None if this run saw nothing (a night without new articles says nothing about them), or if all
/// together saw too little.
pub(super) fn compare(
    now: Share,
    earlier: impl Iterator<Item = Earlier<Share>>,
    fewest: u64,
) -> Option<(Share, Option<Share>)> {
    if now.all == 0 {
        return None;
    }
    let mut earlier = earlier.filter(|run| run.value.all > 0);
    let mut recent = now;
    while recent.all < fewest {
        let run = earlier.next().filter(|run| run.is_same_profile)?;
        recent = recent.and(run.value);
    }
    let measures = earlier.filter(|run| !run.was_signed).take(RUNS);
    let before = measures.fold(Share::default(), |sum, run| sum.and(run.value));
    Some((recent, (before.all >= fewest).then_some(before)))
}

/// The same for values of which the middle counts.
pub(super) fn compare_medians<'a>(
    now: &[i64],
    earlier: impl Iterator<Item = Earlier<&'a [i64]>>,
    fewest: u64,
) -> Option<(Vec<i64>, Vec<i64>)> {
    if now.is_empty() {
        return None;
    }
    let is_enough = |values: &[i64]| values.len() as u64 >= fewest;
    let mut earlier = earlier.filter(|run| !run.value.is_empty());
    let mut recent = now.to_vec();
    while !is_enough(&recent) {
        let run = earlier.next().filter(|run| run.is_same_profile)?;
        recent.extend_from_slice(run.value);
    }
    let measures = earlier.filter(|run| !run.was_signed).take(RUNS);
    let before: Vec<i64> = measures.flat_map(|run| run.value.iter().copied()).collect();
    is_enough(&before).then_some((recent, before))
}

/// The middle value; of two the lower.
pub(super) fn median(values: &[i64]) -> Option<i64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(good: u64, all: u64) -> Share {
        Share { good, all }
    }

    #[test]
    fn the_middle_is_the_middle() {
        let table: [(&[i64], Option<i64>); 4] = [
            (&[], None),
            (&[7], Some(7)),
            (&[9, 1], Some(1)),
            (&[5, 100, 1], Some(5)),
        ];
        for (values, expected) in table {
            assert_eq!(median(values), expected, "{values:?}");
        }
    }

    #[test]
    fn chance_is_not_taken_for_a_fall() {
        let table = [
            // what, now, before, is below
            (
                "never missed before, none now",
                share(0, 5),
                share(200, 200),
                true,
            ),
            ("one of five missed", share(4, 5), share(200, 200), false),
            ("two of five missed", share(3, 5), share(200, 200), true),
            (
                "nine of ten had it, two of five have",
                share(2, 5),
                share(180, 200),
                false,
            ),
            (
                "a tenth of thousands less",
                share(8_000, 10_000),
                share(90_000, 100_000),
                true,
            ),
            (
                "thousands as before",
                share(8_990, 10_000),
                share(90_000, 100_000),
                false,
            ),
            (
                "more than before",
                share(10_000, 10_000),
                share(90_000, 100_000),
                false,
            ),
            (
                "every second had it, one of five has",
                share(1, 5),
                share(100, 200),
                false,
            ),
            (
                "every second had it, one of forty has",
                share(1, 40),
                share(100, 200),
                true,
            ),
            ("little is known of before", share(2, 5), share(5, 5), false),
            ("none of five, of five all", share(0, 5), share(5, 5), true),
            ("the same", share(10, 10), share(10, 10), false),
        ];
        for (what, now, before, expected) in table {
            assert_eq!(now.is_below(before), expected, "{what}");
        }
    }

    #[test]
    fn few_looks_are_taken_together_with_the_runs_before() {
        let run = |good, all, was_signed| Earlier {
            value: share(good, all),
            was_signed,
            is_same_profile: true,
        };
        let earlier = [
            run(2, 2, false),
            run(0, 0, false),
            run(3, 4, true),
            run(0, 9, true),
            run(9, 9, false),
        ];
        let compared = |now| compare(now, earlier.into_iter(), 5);
        let table = [
            ("nothing seen now", share(0, 0), None),
            (
                "enough",
                share(1, 5),
                Some((share(1, 5), Some(share(11, 11)))),
            ),
            (
                "one run more",
                share(0, 3),
                Some((share(2, 5), Some(share(9, 9)))),
            ),
            (
                "two runs more",
                share(0, 1),
                Some((share(5, 7), Some(share(9, 9)))),
            ),
        ];
        for (what, now, expected) in table {
            assert_eq!(compared(now), expected, "{what}");
        }
        let other_profile = |run| Earlier {
            is_same_profile: false,
            ..run
        };
        let mended = earlier.map(other_profile).into_iter();
        assert_eq!(compare(share(2, 2), mended, 5), None, "another profile");
        assert_eq!(
            compare(share(4, 4), std::iter::empty(), 5),
            None,
            "too little"
        );
        assert_eq!(
            compare(share(5, 5), std::iter::empty(), 5),
            Some((share(5, 5), None)),
            "nothing to compare with"
        );
    }
}
