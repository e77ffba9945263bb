//! Judge: the exit code of a night, made for a scheduler, and why. Pure: what the crawl reported and what
//! failed in earlier nights come in.
//!
//! A crawl by hand ends with 1 as soon as something is missing. A night does not: a budget that was spent,
//! a page that failed once, a ministry that was down for a night are the usual course, and the next night
//! goes on there. A night ends with 1 when more failed than `alert.failed_share`, or when the same page,
//! listing or site failed in `alert.failed_nights` nights in a row. Drift, a refusing site and errors keep
//! their codes.

use std::collections::{BTreeMap, BTreeSet};

use super::Failure;
use super::words::{Cause, Note};
use crate::config::Alert;
use crate::drift::Weight;
use crate::outcome::Outcome;
use crate::pipeline::RunReport;

/// Pages, listings and sites that are counted over nights at most (our choice): with more, the share has
/// given the alarm already.
const MOST_FAILING: usize = 1000;

/// Of the things that fail for nights, so many are named.
const NAMED: usize = 10;

/// How a night ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// Its exit code.
    pub outcome: Outcome,
    /// Why, weightiest first; empty when complete.
    pub causes: Vec<Cause>,
    /// What is worth a look and changes no exit code.
    pub notes: Vec<Note>,
}

/// What the store knows of requests that fail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Failing {
    /// They failed in this run: pages, and listings that were refused.
    pub tonight: BTreeSet<String>,
    /// They failed before and were not asked in this run.
    pub not_asked: BTreeSet<String>,
}

/// What fails, over nights.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counted {
    /// In how many nights in a row each thing failed.
    pub nights: BTreeMap<String, u32>,
    /// The things that failed in this night; the others of `nights` were not asked.
    pub tonight: BTreeSet<String>,
}

/// In how many nights in a row each thing failed, with this night. `before` are the counts of the night
/// before; if that was the `same_night`, it counts once.
///
/// A page is named by its request; what was not asked this time keeps its count. A site whose run ended
/// early, and a listing that was not read whole, are named too: of a site that is down no page is blamed.
pub fn count_nights(
    before: &BTreeMap<String, u32>,
    same_night: bool,
    run: &RunReport,
    failing: Failing,
) -> Counted {
    let Failing {
        mut tonight,
        mut not_asked,
    } = failing;
    for (id, site) in &run.sites {
        if site.held.is_some() {
            tonight.insert(format!("site {id}"));
        }
        for (section, read) in &site.sections {
            if !read.complete && read.end.is_some() {
                tonight.insert(format!("listing {section} of {id}"));
            }
        }
        if run.stopped.is_some() || site.held.is_some() {
            let prefix = format!(" of {id}");
            let of_site = before.keys().filter(|what| what.ends_with(&prefix));
            not_asked.extend(of_site.cloned());
        }
    }
    let nights = |what: &String| before.get(what).copied().unwrap_or(0);
    let mut counts: Vec<(String, u32)> = Vec::new();
    for what in &tonight {
        let more = u32::from(!same_night || nights(what) == 0);
        counts.push((what.clone(), nights(what).saturating_add(more)));
        not_asked.remove(what);
    }
    counts.extend(
        not_asked
            .into_iter()
            .map(|what| (what.clone(), nights(&what)))
            .filter(|(_, nights)| *nights > 0),
    );
    counts.sort_by_key(|(_, nights)| std::cmp::Reverse(*nights));
    Counted {
        nights: counts.into_iter().take(MOST_FAILING).collect(),
        tonight,
    }
}

/// What a night is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// From when on it is an alarm.
    pub alert: &'a Alert,
    /// What the crawl reported, if it came to its end.
    pub run: Option<&'a RunReport>,
    /// From [`count_nights`].
    pub failing: &'a Counted,
    /// The error that ended the night.
    pub failure: Option<&'a Failure>,
}

/// Judges a night.
pub fn judge(case: Case<'_>) -> Judgement {
    let mut causes = Vec::new();
    let mut notes = Vec::new();
    if let Some(failure) = case.failure {
        causes.push(Cause::Error(failure.clone()));
    }
    if let Some(run) = case.run {
        judge_run(run, case.alert, &mut causes, &mut notes);
    }
    let limit = case.alert.failed_nights;
    let is_alarm = |(what, nights): &(&String, &u32)| {
        **nights >= limit && case.failing.tonight.contains(*what)
    };
    let long: Vec<_> = case.failing.nights.iter().filter(is_alarm).collect();
    causes.extend(
        long.iter()
            .take(NAMED)
            .map(|(what, nights)| Cause::FailedNights {
                what: (*what).clone(),
                nights: **nights,
            }),
    );
    if long.len() > NAMED {
        notes.push(Note::MoreFail {
            number: long.len() - NAMED,
        });
    }
    let mut judgement = Judgement {
        outcome: Outcome::Complete,
        causes,
        notes,
    };
    judgement.settle();
    judgement
}

impl Judgement {
    /// Puts the weightiest cause first, and takes its exit code.
    pub(super) fn settle(&mut self) {
        self.causes.sort_by_key(|cause| cause.outcome().rank());
        let outcomes = self.causes.iter().map(Cause::outcome);
        self.outcome = outcomes.fold(Outcome::Complete, Outcome::and);
    }
}

fn judge_run(run: &RunReport, alert: &Alert, causes: &mut Vec<Cause>, notes: &mut Vec<Note>) {
    if let Some(error) = &run.error {
        causes.push(Cause::RunEnded {
            message: error.clone(),
        });
    }
    let mut failed = 0;
    let mut requests = 0;
    for (id, site) in &run.sites {
        failed += site.failures();
        // Files of articles have counts of their own.
        requests += site.requests - site.assets.requests.min(site.requests);
        let blocked: u64 = site.blocked.values().sum();
        if blocked > 0 {
            causes.push(Cause::Blocked {
                site: id.clone(),
                pages: blocked,
            });
        }
        for sign in &site.drift {
            match sign.weight {
                Weight::Drift => causes.push(Cause::Drift {
                    site: id.clone(),
                    sign: sign.to_string(),
                }),
                Weight::Warning => notes.push(Note::Warning {
                    site: id.clone(),
                    sign: sign.to_string(),
                }),
            }
        }
        if let Some(why) = &site.held {
            notes.push(Note::Held {
                site: id.clone(),
                why: why.clone(),
            });
        }
        let refused: u64 = site.refused.values().sum();
        if refused > 0 {
            notes.push(Note::Refused {
                site: id.clone(),
                requests: refused,
            });
        }
        for (section, read) in &site.sections {
            if let (false, Some(end)) = (read.complete, &read.end) {
                notes.push(Note::NotWhole {
                    site: id.clone(),
                    section: section.clone(),
                    end: end.clone(),
                });
            }
        }
    }
    if failed > 0 {
        // A request that failed was sent, so that there is at least one.
        match failed as f64 / requests.max(1) as f64 > alert.failed_share {
            true => causes.push(Cause::FailedShare {
                failed,
                requests,
                limit: alert.failed_share,
            }),
            false => notes.push(Note::Failed { failed, requests }),
        }
    }
    let left: u64 = run.sites.values().map(|site| site.left).sum();
    if left > 0 {
        notes.push(Note::GoesOn {
            stopped: run.stopped.clone(),
            left,
        });
    }
}

#[cfg(test)]
mod tests;
