//! What a crash or a loss of power leaves, and how the next run goes on from it.

use std::fs::{self, OpenOptions};

use crate::ministry::{Operator, plain};
use crate::raw_server::RawServer;
use khotin::model::SiteId;

/// Makes a closed file look as a loss of power leaves it: open, its last exchange torn.
fn tear(operator: &Operator, prefix: &str) {
    let folder = operator.output().join("archive");
    let names = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap());
    let file = names
        .map(|entry| entry.path())
        .find(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            name.starts_with(prefix) && name.ends_with(".warc.gz")
        })
        .unwrap();
    let open = file.with_extension("gz.open");
    fs::rename(&file, &open).unwrap();
    let open = OpenOptions::new().write(true).open(open).unwrap();
    let length = open.metadata().unwrap().len();
    open.set_len(length - 10).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_that_the_disk_lost_does_not_stop_the_ones_after_it() {
    let (one, two) = (
        RawServer::start(plain(&[1, 2])).await,
        RawServer::start(plain(&[1, 2])).await,
    );
    let operator = Operator::of(&[("one", &one), ("two", &two)], 1);
    for site in ["one", "two"] {
        let only = |options: &mut khotin::pipeline::CrawlOptions| {
            options.sites = vec![SiteId::new(site)];
        };
        operator
            .crawl_with(&format!("run-{site}"), only)
            .await
            .unwrap();
    }
    // Four exchanges each; the fourth is torn, and the store knows none.
    tear(&operator, "khotin-one");
    for name in ["khotin.db", "khotin.db-wal", "khotin.db-shm"] {
        let _ = fs::remove_file(operator.output().join(name));
    }

    let report = operator.crawl("run-3").await.unwrap();
    assert_eq!(report.exit_code, 0, "{:?}", report.causes);
    let database = operator.database();
    let text = |sql: &str| -> String { database.query_row(sql, [], |row| row.get(0)).unwrap() };
    let replayed = "SELECT group_concat(sequence, ' ') FROM exchanges WHERE run <> 'run-3'";
    assert_eq!(text(replayed), "1 2 3 5 6 7 8");
    assert_eq!(
        text("SELECT count(*) || '' FROM articles"),
        "4",
        "it was asked again"
    );
}
