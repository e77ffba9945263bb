//! Many nights by a clock that the test sets: rotation, missed nights, a clock that jumps, and a page that
//! fails for nights. The ministry, the crawls and the dumps are real.

use std::path::Path;
use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use khotin::demo::Fault;
use khotin::export::{ExportOptions, ExportQuery, ExportReport, export};
use khotin::fetch::Clock;
use khotin::model::RunId;
use khotin::nightly::{Cause, Ended, Failure, Job, Told, Work, night};
use khotin::pipeline::RunReport;
use khotin::store::{ArticleFilter, Store};
use tokio::runtime::Runtime;

use crate::desk::{Desk, only};

/// A clock that stands where it was set.
struct SetClock(Mutex<DateTime<Utc>>);

impl Clock for SetClock {
    fn now_utc(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

/// A ministry and the nights of whoever archives it.
struct Nights {
    runtime: Runtime,
    desk: Desk,
    clock: SetClock,
    /// Crawl in every night; otherwise only in the first.
    crawls: bool,
    known: Option<RunReport>,
    runs: u32,
}

impl Nights {
    fn new(crawls: bool) -> Self {
        let runtime = Runtime::new().unwrap();
        let mut desk = runtime.block_on(Desk::open(30));
        desk.config.alert.failed_share = 1.0;
        desk.config.crawl.tries = 1;
        Self {
            runtime,
            desk,
            clock: SetClock(Mutex::new(DateTime::UNIX_EPOCH)),
            crawls,
            known: None,
            runs: 0,
        }
    }

    /// The night of a day, at half past one in Hanoi.
    fn start(&mut self, day: &str) -> Told {
        *self.clock.0.lock().unwrap() = format!("{day}T01:30:00+07:00").parse().unwrap();
        let config = self.desk.config.clone();
        let clock = SetClock(Mutex::new(self.clock.now_utc()));
        let job = Job {
            config: &config,
            clock: &clock,
            again: false,
        };
        night(job, self)
    }

    #[track_caller]
    fn does(&mut self, day: &str) -> Ended {
        match self.start(day) {
            Told::Ended(ended) => *ended,
            done @ Told::AlreadyDone { .. } => panic!("{day}: {done:?}"),
        }
    }

    fn dumps(&self) -> Vec<String> {
        let mut names = names(&self.desk.output().join("dumps"));
        names.retain(|name| name.starts_with(['1', '2']));
        names
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

impl Work for Nights {
    fn crawl(&mut self) -> Result<RunReport, Failure> {
        self.runs += 1;
        if let Some(known) = self.known.clone().filter(|_| !self.crawls) {
            return Ok(RunReport {
                run: RunId::new(format!("run-{}", self.runs)),
                ..known
            });
        }
        let report = self
            .runtime
            .block_on(self.desk.crawl_with(only("tin-tong-hop")));
        self.known = Some(report.clone());
        Ok(report)
    }

    fn dump(&mut self, folder: &Path, name: &str) -> Result<ExportReport, Failure> {
        let store = self.desk.store();
        let articles = store.articles(&ArticleFilter::default());
        let options = ExportOptions::new(folder, name);
        let now = self.clock.now_utc();
        Ok(export(articles, ExportQuery::default(), &options, now).unwrap())
    }

    fn is_interrupted(&self) -> bool {
        false
    }
}

#[test]
fn after_fifty_nights_fourteen_and_the_first_of_each_month_stand() {
    let mut nights = Nights::new(false);
    let first: chrono::NaiveDate = "2026-10-10".parse().unwrap();
    for day in first.iter_days().take(50) {
        let ended = nights.does(&day.to_string());
        assert_eq!(ended.judgement.outcome.code(), 0, "{day}: {ended:?}");
    }
    // The 50th is 2026-11-28.
    let months = ["2026-10-10", "2026-11-01"].map(str::to_owned);
    let days = (15..=28).map(|day| format!("2026-11-{day}"));
    assert_eq!(
        nights.dumps(),
        months.into_iter().chain(days).collect::<Vec<_>>()
    );
    let output = nights.desk.output();
    let removed = names(&output.join("dumps/removed"));
    assert_eq!(removed.len(), 50 - 16);
    for name in removed {
        let kept = names(&output.join("dumps/removed").join(name));
        assert_eq!(kept, ["SHA256SUMS", "manifest.json"]);
    }
    assert_eq!(names(&output.join("reports/nightly")).len(), 50);
}

#[test]
fn missed_nights_are_told_and_one_run_does_their_work() {
    let mut nights = Nights::new(false);
    nights.does("2026-11-20");
    let ended = nights.does("2026-11-24");
    assert_eq!((ended.report.missed, nights.runs), (3, 2));
    let said = &ended.report.notes;
    assert!(
        said.contains(&"3 nights were missed; this one does their work".to_owned()),
        "{said:?}"
    );
    assert!(matches!(
        nights.start("2026-11-24"),
        Told::AlreadyDone { .. }
    ));
    assert_eq!(nights.runs, 2);
}

#[test]
fn a_clock_that_jumps_skips_no_night_and_removes_no_dump() {
    let mut nights = Nights::new(false);
    nights.desk.config.nightly.keep_daily = 6;
    let days = [
        "2026-11-27",
        "2036-05-01",
        "2026-11-28",
        "1970-01-01",
        "2026-11-29",
        "2026-11-30",
    ];
    for day in days {
        let ended = nights.does(day);
        assert_eq!(ended.judgement.outcome.code(), 0, "{day}");
    }
    let mut expected = days.map(str::to_owned);
    expected.sort();
    assert_eq!(nights.dumps(), expected);
    let back = nights.desk.output().join("reports/nightly");
    let third: serde_json::Value =
        serde_json::from_slice(&std::fs::read(back.join("00003-2026-11-28.json")).unwrap())
            .unwrap();
    let said = third["notes"][0].as_str().unwrap();
    assert!(said.contains("is dated 2036-05-01"), "{said}");
}

#[test]
fn a_page_is_an_alarm_in_the_third_night_and_none_when_it_was_given_up() {
    let mut nights = Nights::new(true);
    let broken = Fault::Status {
        code: 500,
        retry_after: None,
    };
    let key = crate::desk::an_article(&nights.desk).1;
    nights.desk.control().plan_fault(&key, 1000, broken);
    let codes: Vec<u8> = (1..=7)
        .map(|day| {
            let ended = nights.does(&format!("2026-11-{day:02}"));
            nights.desk.later(TimeDelta::days(1));
            ended.judgement.outcome.code()
        })
        .collect();
    // Given up after five runs, it is tried weekly and only counted.
    assert_eq!(codes, [0, 0, 1, 1, 1, 0, 0]);
}

/// What failed tonight is in no report: a process that goes on behind the crawl has to look it up again.
#[test]
fn the_alarm_of_three_nights_is_not_lost_when_the_third_is_cut_off_and_goes_on() {
    let mut nights = Nights::new(true);
    let broken = Fault::Status {
        code: 500,
        retry_after: None,
    };
    let key = crate::desk::an_article(&nights.desk).1;
    nights.desk.control().plan_fault(&key, 1000, broken);
    for day in ["2026-11-01", "2026-11-02", "2026-11-03"] {
        nights.does(day);
        nights.desk.later(TimeDelta::days(1));
    }
    let journal = nights.desk.output().join("reports/nightly");
    let third = journal.join("00003-2026-11-03.json");
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&third).unwrap()).unwrap();
    assert_eq!(report["exit_code"], 1, "the alarm: {report}");
    let runs = nights.runs;
    for phase in ["dump", "rotate", "tell"] {
        // As the journal was when the process was killed in this phase.
        let mut cut_off = report.clone();
        cut_off["phase"] = phase.into();
        for unknown in ["ended", "exit_code"] {
            cut_off[unknown] = serde_json::Value::Null;
        }
        cut_off["causes"] = serde_json::json!([]);
        std::fs::write(&third, cut_off.to_string()).unwrap();
        let ended = nights.does("2026-11-03");
        assert_eq!(ended.report.number, 3, "{phase}: it goes on");
        assert_eq!(nights.runs, runs, "{phase}: the crawl was done");
        assert_eq!(ended.judgement.outcome.code(), 1, "{phase}: {ended:?}");
        let causes = &ended.judgement.causes;
        let is_third = |cause: &Cause| matches!(cause, Cause::FailedNights { nights: 3, .. });
        assert!(causes.iter().any(is_third), "{phase}: {causes:?}");
    }
}
