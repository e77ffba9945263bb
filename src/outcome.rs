//! Outcome: how a command ended, as its exit code (design, decision 8).

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// 0: everything that was asked for is done.
    Complete,
    /// 1: done, but something is missing: a page failed, a limit was reached.
    Incomplete,
    /// 2: wrong usage or configuration; nothing was done.
    Usage,
    /// 3: the archive or the store is damaged.
    Damaged,
    /// 4: the site changed: hit rates, listing sizes or dates say so.
    Drift,
    /// 5: the site refuses us.
    Blocked,
    /// 75: another crawl holds the store; try again later.
    Busy,
    /// 130: ended by a second interrupt, or by the first where nothing is asked: a crawl that asks drains first.
    Interrupted,
}

/// Highest cause first.
const BY_WEIGHT: [Outcome; 8] = [
    Outcome::Interrupted,
    Outcome::Usage,
    Outcome::Busy,
    Outcome::Damaged,
    Outcome::Blocked,
    Outcome::Drift,
    Outcome::Incomplete,
    Outcome::Complete,
];

impl Outcome {
    /// Every outcome, in the order of the exit codes.
    pub const ALL: [Self; 8] = [
        Self::Complete,
        Self::Incomplete,
        Self::Usage,
        Self::Damaged,
        Self::Drift,
        Self::Blocked,
        Self::Busy,
        Self::Interrupted,
    ];

    /// What it means, in the words of `khotin --help`.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Incomplete => {
                "incomplete: a page failed, a limit was reached, or the disk is full"
            }
            Self::Usage => "wrong usage or configuration; nothing was done",
            Self::Damaged => "archive or store damaged",
            Self::Drift => "drift: the site changed (hit rates, listing sizes or dates say so)",
            Self::Blocked => "blocked: the site refuses us",
            Self::Busy => "another crawl holds the store",
            Self::Interrupted => {
                "ended by a second interrupt, or by the first while nothing is asked"
            }
        }
    }

    /// The exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Complete => 0,
            Self::Incomplete => 1,
            Self::Usage => 2,
            Self::Damaged => 3,
            Self::Drift => 4,
            Self::Blocked => 5,
            Self::Busy => 75,
            Self::Interrupted => 130,
        }
    }

    /// The outcome that has this exit code; incomplete for a code that is not ours.
    pub fn of_code(code: u8) -> Self {
        BY_WEIGHT
            .into_iter()
            .find(|outcome| outcome.code() == code)
            .unwrap_or(Self::Incomplete)
    }

    /// Its place among the outcomes: the weightiest has 0.
    pub(crate) fn rank(self) -> usize {
        let mut places = BY_WEIGHT.into_iter();
        places.position(|outcome| outcome == self).unwrap_or(0)
    }

    /// The weightier of two causes.
    ///
    /// # Examples
    /// ```
    /// # use khotin::Outcome;
    /// assert_eq!(Outcome::Incomplete.and(Outcome::Blocked), Outcome::Blocked);
    /// assert_eq!(Outcome::Drift.and(Outcome::Complete), Outcome::Drift);
    /// ```
    pub fn and(self, other: Self) -> Self {
        BY_WEIGHT
            .into_iter()
            .find(|outcome| *outcome == self || *outcome == other)
            .unwrap_or(self)
    }
}
