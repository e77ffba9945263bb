//! A run that ends by an error says which, keeps nothing twice and is known as ended.

use crate::ministry::{Operator, plain};
use crate::raw_server::RawServer;

/// Lets the store refuse every exchange whose URL ends so.
fn refuse(operator: &Operator, end: &str) {
    let trigger = format!(
        "CREATE TRIGGER trouble BEFORE INSERT ON exchanges WHEN NEW.request LIKE '%{end}\"%'
         BEGIN SELECT RAISE(ABORT, 'the disk is on fire'); END"
    );
    operator.database().execute_batch(&trigger).unwrap();
}

fn count(operator: &Operator, what: &str) -> u64 {
    let sql = format!("SELECT count(*) FROM {what}");
    let database = operator.database();
    database.query_row(&sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_kept_is_told_in_its_own_words_and_nothing_is_lost_by_it() {
    static ARTICLES: [u32; 6] = [1, 2, 3, 4, 5, 6];
    let (one, two) = (
        RawServer::start(plain(&ARTICLES)).await,
        RawServer::start(plain(&ARTICLES)).await,
    );
    let operator = Operator::of(&[("one", &one), ("two", &two)], 4);
    let nothing = |options: &mut khotin::pipeline::CrawlOptions| options.max_requests = Some(0);
    operator.crawl_with("run-0", nothing).await.unwrap();
    refuse(&operator, "/a/3");

    let error = operator.crawl("run-1").await.unwrap_err();
    assert_eq!(error.to_string(), "the store's database failed");

    let asked = one.seen().len() + two.seen().len();
    let kept = count(&operator, "exchanges");
    assert!(kept < asked as u64);
    assert_eq!(
        count(&operator, "runs WHERE finished_at IS NOT NULL"),
        2,
        "the run is known as ended"
    );
    let report: String = std::fs::read_to_string(operator.output().join("reports/run-1.json"))
        .expect("a report of the run");
    assert!(report.contains("the store's database failed"), "{report}");

    let again = operator.crawl("run-2").await.unwrap_err();
    assert_eq!(again.to_string(), error.to_string(), "replay says so too");
    operator
        .database()
        .execute_batch("DROP TRIGGER trouble")
        .unwrap();
    let report = operator.crawl("run-3").await.unwrap();
    assert_eq!(report.exit_code, 0, "{:?}", report.causes);
    assert_eq!(count(&operator, "articles WHERE state = 'live'"), 12);
    assert_eq!(count(&operator, "exchanges WHERE page = 'unreadable'"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_can_not_begin_leaves_nothing_behind() {
    let server = RawServer::start(plain(&[])).await;
    let mut operator = Operator::of(&[("one", &server)], 1);
    operator.set_fetch("extra_ca = [\"none.pem\"]");
    let error = operator.crawl("run-1").await.unwrap_err();
    let expected = "can not read the certificate file";
    assert!(error.to_string().starts_with(expected), "{error}");
    assert!(!operator.output().exists());
}
