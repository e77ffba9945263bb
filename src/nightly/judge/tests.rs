use super::*;
use crate::drift::{Change, Figure, Sign, Subject};
use crate::model::{RunId, SectionId, SiteId};
use crate::pipeline::{SectionReport, SiteReport};

fn sign(weight: Weight) -> Sign {
    Sign {
        site: SiteId::new("moh"),
        weight,
        subject: Subject {
            change: Change::Found,
            layout: None,
            section: None,
            field: "title".to_owned(),
        },
        selector: None,
        now: Figure { value: 0.0, of: 8 },
        before: None,
        words: "`title` finds nothing".to_owned(),
        examples: Vec::new(),
        try_it: String::new(),
    }
}

fn run(site: SiteReport) -> RunReport {
    RunReport {
        khotin: "0.1.0".to_owned(),
        run: RunId::new("20261127T183000Z-0001"),
        started: String::new(),
        ended: String::new(),
        seconds: 1.0,
        peak_memory_bytes: None,
        exit_code: 0,
        causes: Vec::new(),
        stopped: None,
        error: None,
        sites: [(SiteId::new("moh"), site)].into(),
    }
}

fn site(requests: u64, failed: u64) -> SiteReport {
    let failed = (failed > 0).then(|| ("status 500".to_owned(), failed));
    SiteReport {
        requests,
        failed: failed.into_iter().collect(),
        ..SiteReport::default()
    }
}

fn failure(outcome: Outcome) -> Failure {
    Failure {
        message: "it broke".to_owned(),
        advice: None,
        outcome,
    }
}

/// `what` failed in so many nights in a row, in this one too.
fn nights(what: &[(&str, u32)]) -> Counted {
    let owned = |(what, nights): &(&str, u32)| ((*what).to_owned(), *nights);
    Counted {
        nights: what.iter().map(owned).collect(),
        tonight: what.iter().map(|(what, _)| (*what).to_owned()).collect(),
    }
}

fn judged(run: Option<&RunReport>, failing: &Counted, failure: Option<&Failure>) -> Judgement {
    judge(Case {
        alert: &Alert::default(),
        run,
        failing,
        failure,
    })
}

#[test]
fn the_exit_code_is_made_for_a_scheduler() {
    let none = nights(&[]);
    let blocked = SiteReport {
        blocked: [("challenge".to_owned(), 2)].into(),
        ..site(100, 0)
    };
    let held = SiteReport {
        held: Some("the site did not answer for 10 min".to_owned()),
        left: 40,
        ..site(5, 0)
    };
    let refused = SiteReport {
        refused: [("robots.txt: Disallow: /x".to_owned(), 4)].into(),
        ..site(100, 0)
    };
    let not_whole = SiteReport {
        sections: [(
            SectionId::new("tin"),
            SectionReport {
                complete: false,
                end: Some("it moved three times".to_owned()),
                ..SectionReport::default()
            },
        )]
        .into(),
        ..site(100, 0)
    };
    let drift = SiteReport {
        drift: vec![sign(Weight::Drift)],
        ..site(100, 50)
    };
    let warning = SiteReport {
        drift: vec![sign(Weight::Warning)],
        ..site(100, 0)
    };
    let twice = nights(&[("GET https://moh.gov.vn/a", 2)]);
    let thrice = nights(&[("GET https://moh.gov.vn/a", 3)]);
    let not_asked = Counted {
        tonight: BTreeSet::new(),
        ..thrice.clone()
    };
    #[rustfmt::skip]
    let table = [
        // what, the site's report, things that fail for nights, exit code
        ("all is well", site(100, 0), &none, 0),
        ("nothing was to be asked", site(0, 0), &none, 0),
        ("two of a hundred: not more than the limit", site(100, 2), &none, 0),
        ("three of a hundred", site(100, 3), &none, 1),
        ("all", site(1, 1), &none, 1),
        ("a page for the second night", site(100, 1), &twice, 0),
        ("a page for the third night", site(100, 1), &thrice, 1),
        ("one that was not asked tonight", site(100, 0), &not_asked, 0),
        ("a site that was down", held, &none, 0),
        ("robots.txt forbids pages", refused, &none, 0),
        ("a listing that was not read whole", not_whole, &none, 0),
        ("the site changed, and more failed than may", drift, &none, 4),
        ("it may have changed", warning, &none, 0),
        ("it refuses us", blocked, &none, 5),
    ];
    for (what, site, failing, expected) in table {
        let judgement = judged(Some(&run(site)), failing, None);
        assert_eq!(judgement.outcome.code(), expected, "{what}");
        assert_eq!(judgement.causes.is_empty(), expected == 0, "{what}");
    }
}

#[test]
fn a_planned_end_is_complete_and_says_what_is_left() {
    let mut report = run(SiteReport {
        left: 40,
        ..site(500, 0)
    });
    report.stopped = Some("500 requests as --max-requests says".to_owned());
    report.exit_code = 1; // as a crawl by hand ends
    let judgement = judged(Some(&report), &nights(&[]), None);
    assert_eq!(judgement.outcome, Outcome::Complete);
    let note = Note::GoesOn {
        stopped: report.stopped,
        left: 40,
    };
    assert_eq!(judgement.notes, [note]);
}

#[test]
fn an_error_keeps_its_code_and_the_weightiest_cause_comes_first() {
    let well = run(site(100, 0));
    let mut low_disk = run(site(100, 0));
    low_disk.error = Some("less than 500 MB are free".to_owned());
    let drift = run(SiteReport {
        drift: vec![sign(Weight::Drift)],
        ..site(100, 50)
    });
    #[rustfmt::skip]
    let table = [
        // what, the run, the error, exit code, causes
        ("the last night still runs", None, Some(Outcome::Busy), 75, 1),
        ("a damaged archive", None, Some(Outcome::Damaged), 3, 1),
        ("wrong settings", None, Some(Outcome::Usage), 2, 1),
        ("no room for the dump", Some(&well), Some(Outcome::Incomplete), 1, 1),
        ("the disk was nearly full", Some(&low_disk), None, 1, 1),
        ("drift, and no room for the dump", Some(&drift), Some(Outcome::Incomplete), 4, 3),
    ];
    for (what, run, outcome, expected, causes) in table {
        let error = outcome.map(failure);
        let judgement = judged(run, &nights(&[]), error.as_ref());
        assert_eq!(judgement.outcome.code(), expected, "{what}");
        assert_eq!(judgement.causes.len(), causes, "{what}");
        assert_eq!(judgement.causes[0].outcome().code(), expected, "{what}");
    }
}

#[test]
fn many_things_that_fail_are_counted_and_ten_are_named() {
    let names: Vec<String> = (0..25)
        .map(|number| format!("GET https://moh.gov.vn/{number}"))
        .collect();
    let long: Vec<(&str, u32)> = names.iter().map(|name| (name.as_str(), 3)).collect();
    let judgement = judged(Some(&run(site(10_000, 25))), &nights(&long), None);
    assert_eq!(judgement.causes.len(), 10);
    assert!(judgement.notes.contains(&Note::MoreFail { number: 15 }));
}

fn failing(tonight: &[&str], not_asked: &[&str]) -> Failing {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Failing {
        tonight: owned(tonight),
        not_asked: owned(not_asked),
    }
}

#[test]
fn nights_in_a_row_are_counted_for_each_thing() {
    let well = run(site(10, 1));
    let held = run(SiteReport {
        held: Some("it is down".to_owned()),
        ..site(10, 0)
    });
    let mut spent = well.clone();
    spent.stopped = Some("10 requests".to_owned());
    let listing = "listing tin of moh";
    type Nights<'a> = &'a [(&'a str, u32)];
    #[rustfmt::skip]
    let table: [(&str, Nights<'_>, bool, &RunReport, Failing, Nights<'_>); 8] = [
        // what, before, same night, the run, fails, after
        ("the first night", &[], false, &well, failing(&["a"], &[]), &[("a", 1)]),
        ("the next", &[("a", 1)], false, &well, failing(&["a"], &[]), &[("a", 2)]),
        ("the same night again", &[("a", 1)], true, &well, failing(&["a", "b"], &[]), &[("a", 1), ("b", 1)]),
        ("it works again", &[("a", 2), ("b", 1)], false, &well, failing(&["b"], &[]), &[("b", 2)]),
        ("it was not asked", &[("a", 2)], false, &spent, failing(&[], &["a"]), &[("a", 2)]),
        ("it failed in a crawl by hand, and was not asked tonight", &[], false, &well, failing(&[], &["a"]), &[]),
        ("a site that is down", &[("site moh", 2)], false, &held, failing(&[], &[]), &[("site moh", 3)]),
        ("a listing that the budget left out", &[(listing, 2)], false, &spent, failing(&[], &[]), &[(listing, 2)]),
    ];
    for (what, before, same_night, run, fails, expected) in table {
        let owned = |all: &[(&str, u32)]| -> BTreeMap<String, u32> {
            all.iter()
                .map(|(name, nights)| ((*name).to_owned(), *nights))
                .collect()
        };
        let counted = count_nights(&owned(before), same_night, run, fails);
        assert_eq!(counted.nights, owned(expected), "{what}");
    }
}
