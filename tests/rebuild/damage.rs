//! Damage in the middle of the archive: every whole exchange is taken, the place is named, and the old
//! database stays as long as it knows more.

use std::fs;

use crate::press::Press;

#[test]
fn a_damaged_exchange_is_located_and_the_old_database_stays_until_the_loss_is_accepted() {
    let press = Press::crawled(&[1, 2, 3]);
    let before = press.articles();
    let record = press
        .exchange("/a/2")
        .into_capture()
        .unwrap()
        .location
        .record_id;
    let (file, offset) = press.damage("/a/2");

    let ran = press.run(&["rebuild"]).expect("rebuild", 3);
    let place = format!("DAMAGED {file} byte {offset}, {record}: ");
    for words in [
        place.as_str(),
        "http://one.test/a/2",
        "the old database stays: it knows 1 exchanges that the archive does not give any more",
        "khotin rebuild --accept-loss",
    ] {
        assert!(ran.stdout.contains(words), "no {words:?} in {}", ran.stdout);
    }
    assert!(press.articles() == before, "the old database stays");
    assert!(!press.path("output/khotin.db.new").exists());

    let accepted = press
        .run(&["rebuild", "--accept-loss", "--json"])
        .expect("accepted", 3)
        .json();
    assert_eq!(accepted["replaces"], true);
    assert_eq!(accepted["exchanges_compared"]["lost"], 1);
    assert_eq!(accepted["damage"][0]["file"], file);
    assert_eq!(accepted["damage"][0]["offset"], offset);
    let after = press.articles();
    // Article 2 is still known from the listing.
    let titles: Vec<_> = after
        .iter()
        .map(|article| article.title.as_deref())
        .collect();
    assert_eq!(titles, [Some("No 1"), Some("/a/2"), Some("No 3")]);
    assert!(after[0] == before[0] && after[2] == before[2]);
    let again = press
        .run(&["rebuild", "--json"])
        .expect("nothing more is lost", 3)
        .json();
    assert_eq!(again["replaces"], true);
}

#[test]
fn the_next_crawl_goes_on_behind_accepted_damage_and_no_number_is_given_twice() {
    let press = Press::crawled(&[1, 2, 3]);
    let newest = press.exchanges().last().unwrap().sequence;
    let last = press
        .exchanges()
        .last()
        .unwrap()
        .request
        .url
        .path()
        .to_owned();
    press.damage(&last);
    press
        .run(&["rebuild", "--accept-loss"])
        .expect("accepted", 3);
    press.run(&["crawl"]).expect("the crawl goes on", 0);
    let archive = press.archive();
    let whole = archive
        .exchanges(&Default::default())
        .unwrap()
        .filter_map(Result::ok);
    let numbers: Vec<_> = whole.map(|exchange| exchange.sequence).collect();
    assert!(!numbers.contains(&newest), "{numbers:?}");
    assert!(numbers.iter().any(|number| *number > newest), "{numbers:?}");
    assert_eq!(press.keys(), ["one:web:1", "one:web:2", "one:web:3"]);
    let titles = press
        .articles()
        .into_iter()
        .map(|article| article.title.unwrap());
    assert_eq!(
        titles.collect::<Vec<_>>(),
        ["No 1", "No 2", "No 3"],
        "asked again"
    );
}

#[test]
fn a_file_that_is_not_there_keeps_the_old_database() {
    let press = Press::crawled(&[1, 2]);
    press.article(3, "No 3", "");
    press.list(&[1, 2, 3]);
    press.run(&["crawl"]).expect("second", 0);
    let before = press.articles();
    let files = press.archive().files().unwrap();
    let away = press.path("away.warc.gz");
    let file = press.path("output/archive").join(files.last().unwrap());
    fs::rename(&file, &away).unwrap();
    let rebuilt = press
        .run(&["rebuild", "--json"])
        .expect("rebuild", 3)
        .json();
    assert_eq!(rebuilt["damaged"], 0);
    assert!(rebuilt["exchanges_compared"]["lost"].as_u64().unwrap() >= 2);
    assert_eq!(rebuilt["replaces"], false);
    assert!(press.articles() == before);
    fs::rename(&away, &file).unwrap();
    let rebuilt = press
        .run(&["rebuild", "--json"])
        .expect("put back", 0)
        .json();
    assert_eq!(rebuilt["differences"]["same"], 3);
    assert_eq!(rebuilt["replaces"], true);
}

#[test]
fn without_an_old_database_everything_whole_is_taken() {
    let press = Press::crawled(&[1, 2, 3]);
    press.damage("/a/2");
    press.remove_database();
    let ran = press.run(&["rebuild"]).expect("rebuild", 3);
    assert!(ran.stdout.contains("nothing to compare with"), "{ran:?}");
    assert!(
        ran.stdout.ends_with("the new database is in place\n"),
        "{ran:?}"
    );
    let titles = press
        .articles()
        .into_iter()
        .map(|article| article.title.unwrap());
    assert_eq!(titles.collect::<Vec<_>>(), ["No 1", "/a/2", "No 3"]);
}

#[test]
fn a_database_that_can_not_be_read_is_kept_beside_the_new_one() {
    let press = Press::crawled(&[1, 2]);
    let before = press.articles();
    press.remove_database();
    fs::write(press.path("output/khotin.db"), [b'x'; 8192]).unwrap();
    let ran = press.run(&["rebuild"]).expect("rebuild", 0);
    for words in [
        "can not be read, nothing to compare with",
        "khotin.db.damaged",
    ] {
        assert!(ran.stdout.contains(words), "no {words:?} in {}", ran.stdout);
    }
    assert!(press.articles() == before);
    assert_eq!(
        fs::read(press.path("output/khotin.db.damaged")).unwrap(),
        [b'x'; 8192]
    );
}

#[test]
fn a_database_that_is_damaged_inside_is_kept_beside_the_new_one() {
    let press = Press::crawled(&[1, 2]);
    let before = press.articles();
    let path = press.path("output/khotin.db");
    {
        let database = rusqlite::Connection::open(&path).unwrap();
        database
            .execute("UPDATE articles SET body = '{' WHERE key = 'one:web:2'", [])
            .unwrap();
    }
    let rebuilt = press
        .run(&["rebuild", "--json"])
        .expect("rebuild", 0)
        .json();
    assert_eq!(rebuilt["old"]["state"], "damaged");
    assert!(press.articles() == before);
    assert!(press.path("output/khotin.db.damaged").exists());
}

#[test]
fn a_database_of_a_newer_khotin_is_kept_beside_the_new_one() {
    let press = Press::crawled(&[1, 2]);
    let before = press.articles();
    {
        let database = rusqlite::Connection::open(press.path("output/khotin.db")).unwrap();
        database.pragma_update(None, "user_version", 4000).unwrap();
    }
    let rebuilt = press
        .run(&["rebuild", "--json"])
        .expect("rebuild", 0)
        .json();
    assert_eq!(
        rebuilt["old"],
        serde_json::json!({ "state": "newer", "schema": 4000 })
    );
    assert!(press.articles() == before);
    assert!(press.path("output/khotin.db.schema-4000").exists());
}

#[test]
fn a_file_that_is_open_and_damaged_inside_keeps_the_old_database() {
    let press = Press::crawled(&[1, 2, 3]);
    let before = press.articles();
    let (file, offset) = press.damage("/a/1");
    let path = press.path("output/archive").join(&file);
    fs::rename(&path, path.with_extension("gz.open")).unwrap();
    fs::remove_file(press.path("output/archive/SHA256SUMS")).unwrap();
    let rebuilt = press
        .run(&["rebuild", "--json"])
        .expect("rebuild", 3)
        .json();
    assert_eq!(rebuilt["damage"][0]["file"], file);
    assert_eq!(rebuilt["damage"][0]["offset"], offset);
    assert_eq!(rebuilt["exchanges_compared"]["lost"], 5);
    assert_eq!(rebuilt["replaces"], false);
    assert!(press.articles() == before);
}

#[test]
fn the_log_of_a_removed_database_is_not_taken_for_the_new_ones() {
    let press = Press::crawled(&[1, 2]);
    let before = press.articles();
    let path = press.path("output/khotin.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    database.execute("DELETE FROM articles", []).unwrap();
    assert!(press.path("output/khotin.db-wal").metadata().unwrap().len() > 0);
    fs::remove_file(&path).unwrap();
    press.run(&["rebuild"]).expect("rebuild", 0);
    drop(database);
    assert!(press.articles() == before);
    press.run(&["verify"]).expect("verify", 0);
}

#[test]
fn an_exchange_that_stands_in_the_archive_twice_is_taken_once_and_told() {
    let press = Press::crawled(&[1, 2]);
    let before = press.articles();
    let archive = press.path("output/archive");
    let file = press.archive().files().unwrap().remove(0);
    let copy = file.replace("-00001.", "-00099.");
    fs::copy(archive.join(&file), archive.join(&copy)).unwrap();
    let rebuilt = press
        .run(&["rebuild", "--json"])
        .expect("rebuild", 3)
        .json();
    assert_eq!(rebuilt["damaged"], 4, "robots.txt, listing, two articles");
    assert_eq!(rebuilt["damage"][0]["file"], copy);
    let problem = "sequence 1 stands in the archive twice";
    assert_eq!(rebuilt["damage"][0]["problem"], problem);
    assert_eq!(rebuilt["replaces"], true);
    assert!(press.articles() == before);
}
