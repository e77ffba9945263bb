//! What no archive tells is taken over from the old database.

use khotin::fetch::PaceNote;
use khotin::model::{Purpose, Sequence};
use khotin::store::{PageKind, SqliteStore, Store};

use crate::press::Press;

/// Marks an article's capture as one at whose reading a process ended, in this database.
fn poison(press: &Press, target: &str, store: &mut SqliteStore) -> Sequence {
    let exchange = press.exchange(target);
    let (request, sequence) = (exchange.request.key(), exchange.sequence);
    let capture = exchange.into_capture().unwrap();
    let cause = "reading it ended the process by signal 6";
    store
        .set_unreadable(&request, &capture.payload_sha256, cause)
        .unwrap();
    sequence
}

#[test]
fn runs_pace_and_robots_are_kept() {
    let press = Press::crawled(&[1, 2]);
    let run = press.last_run();
    assert!(run.is_some());
    let rests: Option<PaceNote> = press.store().pace("one").unwrap();
    let robots = press.store().robots("http://one.test").unwrap();
    assert!(rests.is_some() && robots.is_some());
    let ran = press.run(&["rebuild"]).expect("rebuild", 0);
    let words = "taken over from the old database: runs and their reports; how long each pace group \
                 rests; copies of robots.txt; which captures can not be read";
    assert!(ran.stdout.contains(words), "{}", ran.stdout);
    assert_eq!(press.last_run(), run);
    assert_eq!(press.store().pace("one").unwrap(), rests);
    assert_eq!(press.store().robots("http://one.test").unwrap(), robots);
    let status = press.run(&["status", "--json"]).expect("status", 0).json();
    assert_eq!(status["last_run"]["run"], run.unwrap().as_str());
}

#[test]
fn a_capture_that_killed_the_process_stays_unread_until_it_is_retried() {
    let press = Press::crawled(&[1, 2, 3]);
    let before = press.articles();
    let mut old = SqliteStore::open_held(&press.path("output/khotin.db")).unwrap();
    let sequence = poison(&press, "/a/2", &mut old);
    drop(old);
    for time in ["first", "second"] {
        let ran = press.run(&["rebuild"]).expect(time, 1);
        let words = "1 of them is kept and not read, because reading did not come to an end";
        assert!(ran.stdout.contains(words), "{}", ran.stdout);
        let exchanges = press.store().exchanges(None, 100).unwrap();
        let unread: Vec<_> = exchanges
            .iter()
            .filter(|row| row.page == PageKind::Unreadable)
            .map(|row| row.sequence)
            .collect();
        assert_eq!(unread, [sequence]);
        let purposes = exchanges.iter().map(|row| row.request.purpose);
        assert_eq!(purposes.filter(|one| *one == Purpose::Article).count(), 3);
    }
    let retried = press
        .run(&["rebuild", "--retry", "--json"])
        .expect("retry", 0)
        .json();
    assert_eq!(
        retried["exchanges_compared"]["pages"]["unreadable -> article"],
        1
    );
    assert_eq!(
        retried["differences"]["changed"]["examples"][0],
        "one:web:2"
    );
    assert!(press.articles() == before);
}

/// It had begun its own database beside the one whose marks it was to take.
#[test]
fn a_rebuild_that_died_before_it_took_the_marks_spoils_nothing() {
    let press = Press::crawled(&[1, 2]);
    let exchanges = press.exchanges().len();
    let mut left = SqliteStore::open_held(&press.path("output/khotin.db.new.left")).unwrap();
    poison(&press, "/a/2", &mut left);
    drop(left);
    std::fs::copy(
        press.path("output/khotin.db"),
        press.path("output/khotin.db.new"),
    )
    .unwrap();
    let rebuilt = press
        .run(&["rebuild", "--json"])
        .expect("rebuild", 1)
        .json();
    assert_eq!(rebuilt["was_interrupted"], true);
    assert_eq!(rebuilt["exchanges"], exchanges, "all of it was read again");
    assert_eq!(rebuilt["unreadable"], 1);
    assert!(!press.path("output/khotin.db.new.left").exists());
}

#[test]
fn a_capture_that_ended_a_rebuild_is_not_read_by_the_next() {
    let press = Press::crawled(&[1, 2]);
    // What a rebuild leaves that was killed after it had put the capture aside.
    let mut left = SqliteStore::create(&press.path("output/khotin.db.new")).unwrap();
    poison(&press, "/a/2", &mut left);
    drop(left);
    let rebuilt = press
        .run(&["rebuild", "--json"])
        .expect("rebuild", 1)
        .json();
    assert_eq!(rebuilt["was_interrupted"], true);
    assert_eq!(rebuilt["unreadable"], 1);
    let rebuilt = press.run(&["rebuild", "--json"]).expect("again", 1).json();
    assert_eq!(rebuilt["was_interrupted"], false);
    assert_eq!(rebuilt["unreadable"], 1, "the mark is in the new database");
    press.run(&["rebuild", "--retry"]).expect("retry", 0);
}
