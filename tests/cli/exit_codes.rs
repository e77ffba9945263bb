//! Every exit code once, and the weightiest cause of several.

use std::fs;

use khotin::Outcome;
use khotin::demo::{Answer, Fault, Platform};

use crate::program::{World, run};

/// One section of the Liferay half, and one try: a run of a few requests.
const ONE_SECTION: &str = "sections = [\"tin-tong-hop\"]\ntries = 1";
const LISTING: &str = "/tin-tong-hop?";
const ARTICLE: &str = "/content/";

fn page(body: &str) -> Fault {
    Fault::Instead(Answer::new(200, "text/html;charset=UTF-8", body))
}

/// The right place for a listing, and nothing in it.
fn empty_listing() -> Fault {
    page(
        "<html><head><title>Tin</title></head><body><div class=\"portlet-body\"></div></body></html>",
    )
}

fn refusal() -> Fault {
    page("<html><head><title>Access Denied</title></head><body>Access Denied</body></html>")
}

/// A section that was crawled, and two new articles in it.
fn crawled(sections: &str) -> World {
    let world = World::new(40);
    world.configure(sections);
    world.run(&["crawl"]).expect("the first crawl", 0);
    let section = "tin-tong-hop";
    world
        .control()
        .shift(Platform::Liferay, section, 2)
        .unwrap();
    world
}

#[test]
fn the_weightiest_cause_is_the_exit_code() {
    let failed = || (ARTICLE, Fault::Close);
    let drift = || (LISTING, empty_listing());
    let blocked = || (ARTICLE, refusal());
    let table = [
        ("nothing wrong", vec![], 0, "complete"),
        ("a page failed", vec![failed()], 1, "1 request failed"),
        ("an empty listing", vec![drift()], 4, "shows no items"),
        ("a refusal", vec![blocked()], 5, "the site refuses us"),
        (
            "failed and blocked",
            vec![failed(), blocked()],
            5,
            "the site refuses us",
        ),
    ];
    for (what, faults, code, words) in table {
        let world = crawled(ONE_SECTION);
        for (target, fault) in faults {
            world.control().plan_fault(target, 1, fault);
        }
        let ran = world.run(&["crawl"]).expect(what, code);
        assert!(ran.stdout.contains(words), "{what}: {}", ran.stdout);
        let report = world.run(&["status", "--json"]).expect(what, 0).json();
        assert_eq!(report["last_run"]["report"]["exit_code"], code, "{what}");
    }
}

#[test]
fn drift_and_refusals_outweigh_a_page_that_failed() {
    let world = crawled("sections = [\"tin-tong-hop\", \"tin-noi-bat\"]\ntries = 1");
    world
        .control()
        .plan_fault("/tin-noi-bat?", 1, empty_listing());
    world.control().plan_fault(ARTICLE, 1, Fault::Close);
    let ran = world.run(&["crawl"]).expect("failed and drift", 4);
    for words in ["1 request failed", "shows no items"] {
        assert!(ran.stdout.contains(words), "{}", ran.stdout);
    }
}

#[test]
fn a_listing_that_never_had_an_item_is_incomplete() {
    let world = World::new(40);
    world.configure(ONE_SECTION);
    world.control().plan_fault(LISTING, 1, empty_listing());
    let ran = world.run(&["crawl"]).expect("the first crawl", 1);
    assert!(ran.stdout.contains("was not read whole"), "{}", ran.stdout);
}

#[test]
fn a_flipped_byte_of_a_closed_file_is_found_by_verify() {
    let world = crawled(ONE_SECTION);
    world.run(&["verify"]).expect("before", 0);
    let file = world.warc_files().remove(0);
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    let name = file.file_name().unwrap().to_str().unwrap();
    let ran = world.run(&["verify"]).expect("after", 3);
    assert!(
        ran.stdout
            .contains("\nwhat to do: put each file named above back"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains(name), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("DAMAGED\n"), "{}", ran.stdout);
    let answer = world.run(&["verify", "--json"]).expect("as JSON", 3).json();
    assert_eq!(answer["sound"], false);
}

#[test]
fn a_damaged_database_is_named_and_rebuild_makes_it_again() {
    let world = crawled(ONE_SECTION);
    let before = world.run(&["status", "--json"]).json();
    for file in ["output/khotin.db-wal", "output/khotin.db-shm"] {
        // There is none when the last connection was closed in order.
        let _ = fs::remove_file(world.path(file));
    }
    fs::write(world.path("output/khotin.db"), [b'x'; 8192]).unwrap();
    for command in ["status", "crawl", "export"] {
        world
            .run(&[command])
            .expect(command, 3)
            .says(command, &["the store is damaged", "khotin rebuild"]);
    }
    world.run(&["rebuild"]).expect("rebuild", 0);
    let after = world.run(&["status", "--json"]).expect("after", 0).json();
    assert_eq!(
        after["sites"]["demo"]["articles"],
        before["sites"]["demo"]["articles"]
    );
    assert_eq!(
        after["sites"]["demo"]["exchanges"],
        before["sites"]["demo"]["exchanges"]
    );
}

#[test]
fn a_second_crawl_is_told_who_was_first_and_since_when() {
    let world = World::new(40);
    world.configure(ONE_SECTION);
    world.control().plan_fault(ARTICLE, 1, Fault::Stall);
    let first = world.start(&["crawl"]);
    crate::program::wait_until("a request that gets no whole answer", || {
        world
            .log()
            .iter()
            .any(|entry| entry.target.contains(ARTICLE))
    });
    let pid = format!("in use by process {} since 2", first.pid());
    let second = world.run(&["crawl"]).expect("second", 75);
    second.says("second", &[&pid, "UTC", "wait until it is done"]);
    world.run(&["rebuild"]).expect("rebuild", 75);
    world.run(&["status"]).expect("reading goes on", 0);
    assert!(first.kill(), "the first had ended by itself");
    world
        .run(&["crawl"])
        .expect("the lock went with the process", 0);
}

#[test]
fn wrong_usage_is_told_before_anything_is_done() {
    let world = World::new(5);
    let table: [(&str, &[&str], &[&str]); 12] = [
        ("no command", &[], &["Usage: khotin"]),
        ("unknown command", &["crawll"], &["'crawll'", "'crawl'"]),
        (
            "unknown flag",
            &["crawl", "--ful"],
            &["'--ful'", "'--full'"],
        ),
        (
            "no date",
            &["crawl", "--since", "soon"],
            &["'soon'", "--since"],
        ),
        (
            "misspelt site",
            &["crawl", "demoo"],
            &["no site `demoo`", "did you mean `demo`?"],
        ),
        (
            "unlike any site",
            &["export", "--site", "qqqqqqqq"],
            &["no site `qqqqqqqq`", "khotin sites list"],
        ),
        (
            "misspelt section",
            &["crawl", "--section", "tin-tong-hopp"],
            &[
                "no section `tin-tong-hopp` in demo",
                "did you mean `tin-tong-hop`?",
            ],
        ),
        (
            "no contact",
            &["crawl", "moh"],
            &[
                "no operator contact is set",
                "set `contact` in the [operator] part of config.toml",
            ],
        ),
        (
            "no such file of settings",
            &["crawl", "--config", "other.toml"],
            &["no other.toml in ", "run `khotin init`"],
        ),
        (
            "unknown state",
            &["export", "--state", "dead"],
            &["soft_gone"],
        ),
        (
            "misspelt section of an export",
            &["export", "--section", "tin-tong-hopp"],
            &["no section `tin-tong-hopp`", "did you mean `tin-tong-hop`?"],
        ),
        (
            "days the wrong way round",
            &["export", "--since", "2026-05-01", "--until", "2026-01-01"],
            &["--until 2026-01-01 is before --since 2026-05-01"],
        ),
    ];
    for (what, args, words) in table {
        world.run(args).expect(what, 2).says(what, words);
    }
    assert_eq!(world.log().len(), 0, "something was asked");
    assert!(!world.path("output").exists(), "something was made");
}

#[test]
fn without_settings_the_commands_say_how_to_get_some() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().canonicalize().unwrap();
    let words = format!("no config.toml in {}", place.display());
    for args in [
        vec!["crawl"],
        vec!["crawl", "--dry-run"],
        vec!["export"],
        vec!["rebuild"],
        vec!["verify"],
        vec!["status"],
        vec!["show", "moh:portal:1"],
    ] {
        crate::program::run(folder.path(), &args)
            .expect(args[0], 2)
            .says(args[0], &[&words, "run `khotin init`"]);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_mistake_in_the_settings_is_shown_with_its_line() {
    let world = World::new(1);
    let table = [
        (
            "misspelt key",
            "[crawl]\nrevisits = []\n",
            vec![
                "config.toml:2: unknown key `revisits`; did you mean `revisit`?",
                "2 | revisits = []",
            ],
        ),
        ("no TOML", "[crawl\n", vec!["config.toml:1: "]),
        (
            "no unit",
            "[fetch]\n\njitter = \"5\"\n",
            vec!["config.toml:3: `5` is not a time"],
        ),
        (
            "too fast for a site of others",
            "[operator]\ncontact = \"a@example.org\"\n[site.moh]\ngap = \"1ms\"\n",
            vec![
                "the pace of moh can not be used: pace group with 1 ms",
                "set at least 200 ms",
            ],
        ),
    ];
    for (what, config, words) in table {
        fs::write(world.path("config.toml"), config).unwrap();
        world.run(&["crawl"]).expect(what, 2).says(what, &words);
    }
}

#[test]
fn an_archive_of_the_demo_takes_no_direct_captures() {
    let world = crawled(ONE_SECTION);
    let config = "[operator]\ncontact = \"a@example.org\"\n[crawl]\nsites = [\"demo\"]\n";
    fs::write(world.path("config.toml"), config).unwrap();
    world.control().clear_log();
    world.run(&["crawl"]).expect("mixed", 2).says(
        "mixed",
        &[
            "this archive holds override captures",
            "another output folder",
        ],
    );
    assert_eq!(world.log().len(), 0);
}

#[test]
fn help_and_readme_say_what_the_code_says() {
    let folder = tempfile::tempdir().unwrap();
    let help = crate::program::run(folder.path(), &["--help"])
        .expect("help", 0)
        .stdout;
    let readme = fs::read_to_string("README.md").unwrap();
    let vietnamese = fs::read_to_string("README.vi.md").unwrap();
    for outcome in Outcome::ALL {
        let code = outcome.code();
        let line = format!("{code:>3}  {}\n", outcome.meaning());
        assert!(help.contains(&line), "{line} is not in {help}");
        let row = format!("| {code} | ");
        let cell = readme
            .lines()
            .find_map(|line| line.strip_prefix(&row))
            .unwrap();
        let words = cell.trim_end_matches([' ', '|']);
        assert!(
            !words.is_empty() && outcome.meaning().starts_with(words),
            "README.md: {words}"
        );
        assert!(vietnamese.contains(&row), "README.vi.md has no code {code}");
    }
}

#[test]
fn a_crawl_of_no_site_is_refused_and_one_that_is_named_goes_on() {
    let world = World::new(30);
    let config = world.config("").replace("sites = [\"demo\"]", "sites = []");
    fs::write(world.path("config.toml"), config).unwrap();
    for args in [vec!["crawl"], vec!["crawl", "--dry-run"]] {
        world
            .run(&args)
            .expect("no site", 2)
            .says("no site", &["no site is named", "`sites` of [crawl]"]);
    }
    assert_eq!(world.log().len(), 0);
    let args = ["crawl", "demo", "--section", "tin-tong-hop"];
    world.run(&args).expect("named", 0);
}

#[test]
fn the_sites_are_listed_in_vietnamese_too() {
    let folder = tempfile::tempdir().unwrap();
    let of = |args: &[&str]| run(folder.path(), args).expect("sites", 0).stdout;
    let list = of(&["sites", "list", "--lang", "vi"]);
    for words in [
        "tên miền",
        "khoảng nghỉ",
        " trên ",
        "chuyên mục: số mục đang dùng",
    ] {
        assert!(list.contains(words), "{words}: {list}");
    }
    let sections = of(&["sites", "list", "moh", "--lang", "vi"]);
    assert!(
        sections.contains("mã mục") && sections.contains("  có\n"),
        "{sections}"
    );
    assert!(of(&["sites", "list"]).contains("active of all"));
}
