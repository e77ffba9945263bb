//! Promise: anybody's web archive becomes captures and records, the same whatever the order in which files
//! come and however captures are spread over them; nothing of it is taken for a crawl of ours.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::foreign::{Record, all_in_one, by_record, link, page, plain, posted};
use crate::program::{Ran, World, khotin, run, wait_until};

/// An archive of one's own, and files beside it.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("config.toml"), "").unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn run(&self, args: &[&str]) -> Ran {
        run(self.folder.path(), args)
    }

    #[track_caller]
    fn import(&self, names: &[&str]) -> Value {
        let args = [&["import", "--json"], names].concat();
        self.run(&args).expect("import", 0).json()
    }

    /// Every record, as it is exported.
    fn records(&self) -> Vec<u8> {
        let _ = fs::remove_dir_all(self.path("output/exports"));
        self.run(&["export", "--format", "jsonl"])
            .expect("export", 0);
        fs::read(self.path("output/exports/latest/articles.jsonl")).unwrap()
    }

    fn article(&self, key: &str) -> Value {
        self.run(&["show", key, "--json"]).expect("show", 0).json()
    }
}

/// Records without what tells in which file a capture stands.
fn without_places(records: &[u8]) -> Vec<Value> {
    let lines = records
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    let without = |line: &[u8]| {
        let mut record: Value = serde_json::from_slice(line).unwrap();
        for capture in record["captures"].as_array_mut().unwrap() {
            for field in ["warc_file", "warc_offset", "foreign"] {
                assert!(capture.as_object_mut().unwrap().remove(field).is_some());
            }
        }
        record
    };
    lines.map(without).collect()
}

const QUESTION: &str = r#"{"maBaiViet":"167411","maDanhMuc":"8358"}"#;

fn detail() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sites/moh/portal-detail.json");
    fs::read_to_string(path).unwrap()
}

/// Ten years of two articles: versions, a revisit before its original, an end, an interface, and noise.
fn history() -> Vec<Record> {
    let (a, b) = (link("bai-mau-a"), link("bai-mau-b"));
    let second = page("Bài mẫu A", "Đã sửa.");
    let again = Record::new("revisit", "5", &a, "2021-05-05T00:00:00Z")
        .field(
            "WARC-Profile",
            "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest",
        )
        .field("WARC-Refers-To-Target-URI", &a)
        .field("WARC-Refers-To-Date", "2018-01-01T00:00:00Z")
        .block(
            "application/http;msgtype=response",
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n",
        );
    let [answer, request] = posted("7", "2026-05-01T00:00:00Z", QUESTION, &detail());
    vec![
        again,
        Record::answer(
            "1",
            &a,
            "2016-01-01T00:00:00Z",
            200,
            &page("Bài mẫu A", "Lần đầu."),
        ),
        Record::answer("2", &format!("<{a}>"), "2018-01-01T00:00:00Z", 200, &second),
        Record::answer(
            "3",
            &b,
            "2018-01-01T00:00:00Z",
            200,
            &page("Bài mẫu B", "Một đoạn."),
        ),
        Record::answer("4", &b, "2020-01-01T00:00:00Z", 404, "Không có"),
        request,
        answer,
        Record::answer(
            "8",
            "https://vnexpress.net/a",
            "2018-01-01T00:00:00Z",
            200,
            "x",
        ),
        Record::answer(
            "9",
            "https://moh.gov.vn/robots.txt",
            "2018-01-01T00:00:00Z",
            200,
            "x",
        ),
        Record::answer(
            "10",
            "https://moh.gov.vn/a.png",
            "2018-01-01T00:00:00Z",
            200,
            "x",
        ),
        Record::answer("11", &a, "2018-02-01T00:00:00Z", 503, "x"),
        Record::new("response", "12", "dns:moh.gov.vn", "2018-01-01T00:00:00Z")
            .block("text/dns", b"x"),
    ]
}

#[test]
fn a_foreign_archive_becomes_captures_and_records_with_their_own_times() {
    let desk = Desk::new();
    desk.write("old.warc.gz", by_record(&history()));
    let report = desk.import(&["old.warc.gz"]);
    assert_eq!((&report["new"], &report["known"]), (&json!(6), &json!(0)));
    assert_eq!(
        (&report["resolved"], &report["waiting"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(
        report["passed"],
        json!({ "no_answer": 1, "not_http": 1, "other_host": 1, "robots": 1, "no_rule": 1, "status": 1 })
    );
    assert_eq!(
        report["records"],
        json!({ "request": 1, "response": 10, "revisit": 1 })
    );
    assert_eq!(report["trouble_examples"], json!([]));

    let article = desk.article("moh:liferay:bai-mau-a");
    let versions: Vec<_> = article["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|version| {
            (
                version["first_seen"].as_str().unwrap(),
                version["last_seen"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        versions,
        [
            ("2016-01-01T00:00:00.000000Z", "2016-01-01T00:00:00.000000Z"),
            ("2018-01-01T00:00:00.000000Z", "2021-05-05T00:00:00.000000Z"),
        ],
        "the revisit says that the second version was still there"
    );
    assert_eq!(article["text"], "Đã sửa.");
    let capture = &article["captures"][1];
    assert_eq!(
        (
            &capture["via"],
            &capture["warc_file"],
            &capture["warc_record_id"]
        ),
        (
            &json!("import"),
            &json!("old.warc.gz"),
            &json!("urn:uuid:2")
        )
    );
    // 2018-01-01T00:00:00Z is second 1514764800.
    assert_eq!(
        capture["sequence"].as_u64().unwrap() / 100_000,
        1_514_764_800
    );
    let sha256 = khotin::archive::payload_sha256(&fs::read(desk.path("old.warc.gz")).unwrap());
    assert_eq!(
        capture["foreign"],
        json!({ "sha256": sha256, "member": null })
    );
    let gone = desk.article("moh:liferay:bai-mau-b");
    assert_eq!(
        (&gone["state"], &gone["title"]),
        (&json!("gone"), &json!("Bài mẫu B"))
    );
    assert_eq!(desk.article("moh:portal:167411")["state"], "live");

    let diff = desk
        .run(&["show", "moh:liferay:bai-mau-a", "--diff", "--json"])
        .expect("diff", 0);
    assert!(diff.stdout.contains("text"), "{diff:?}");
    let tried = desk.run(&["sites", "try", "urn:uuid:1", "--site", "moh", "--json"]);
    assert!(
        tried.expect("try", 0).stdout.contains("Lần đầu."),
        "read from the foreign file"
    );
    let tried = desk.run(&[
        "sites",
        "try",
        &link("bai-mau-a"),
        "--site",
        "moh",
        "--json",
    ]);
    assert!(
        tried.expect("try", 0).stdout.contains("Đã sửa."),
        "the newest"
    );
    desk.run(&["verify"]).expect("verify", 0);
}

#[test]
fn the_order_of_files_and_how_captures_are_spread_over_them_never_matters() {
    let records = history();
    let (first, second) = records.split_at(2);
    let desks: Vec<Desk> = [
        &[&["a.warc.gz", "b.warc"] as &[&str]] as &[&[&str]],
        &[&["b.warc", "a.warc.gz"]],
        &[&["b.warc"], &["a.warc.gz", "b.warc"]],
    ]
    .iter()
    .map(|imports| {
        let desk = Desk::new();
        desk.write("a.warc.gz", by_record(first));
        desk.write("b.warc", plain(second));
        for names in *imports {
            desk.import(names);
        }
        desk
    })
    .collect();
    let expected = desks[0].records();
    assert!(!expected.is_empty());
    for desk in &desks[1..] {
        assert_eq!(desk.records(), expected, "byte for byte");
    }
    let together = Desk::new();
    together.write("files/x/all.warc.gz", all_in_one(&records));
    together.import(&["files"]);
    assert_eq!(
        without_places(&together.records()),
        without_places(&expected)
    );

    // All of it once more, spread otherwise: nothing is new, and the smaller place of each is kept.
    let before = without_places(&together.records());
    together.write("more/a.warc.gz", by_record(first));
    let report = together.import(&["more"]);
    assert_eq!((&report["new"], &report["known"]), (&json!(0), &json!(2)));
    assert_eq!(without_places(&together.records()), before);
}

/// A crawl of the section in which both seeds stand.
fn crawled() -> World {
    let world = World::new(12);
    world.configure("sections = [\"hoat-dong-cua-lanh-dao-bo\"]");
    world.run(&["crawl"]).expect("crawl", 0);
    world
}

#[test]
fn our_own_archive_is_known_to_itself_and_foreign_to_another() {
    let world = crawled();

    let status = |world: &World| world.run(&["status", "--json"]).expect("status", 0).json();
    world
        .run(&["export", "--format", "jsonl"])
        .expect("export", 0);
    let latest =
        |folder: &Path| fs::read(folder.join("output/exports/latest/articles.jsonl")).unwrap();
    let before = (status(&world)["sites"].clone(), latest(&world.path("")));
    let report = world
        .run(&["import", "output/archive", "--json"])
        .expect("import", 0)
        .json();
    assert_eq!((&report["new"], &report["waiting"]), (&json!(0), &json!(0)));
    assert!(report["passed"]["own"].as_u64().unwrap() > 4, "{report}");
    world
        .run(&["export", "--format", "jsonl"])
        .expect("export", 0);
    assert_eq!(
        (status(&world)["sites"].clone(), latest(&world.path(""))),
        before
    );

    // Another archive: what was ours is foreign there, and says the same.
    let desk = Desk::new();
    let archive = world.path("output/archive");
    let report = desk.import(&[archive.to_str().unwrap()]);
    assert_eq!(report["trouble_examples"], json!([]));
    let said = |records: &[u8]| -> Vec<Value> {
        let told = |record: Value| {
            let fields = [
                "key",
                "title",
                "text",
                "published",
                "content_digest",
                "state",
                "first_seen",
                "last_seen",
            ];
            Value::from_iter(fields.map(|field| (field.to_owned(), record[field].clone())))
        };
        without_places(records).into_iter().map(told).collect()
    };
    assert_eq!(said(&desk.records()), said(&before.1));
}

#[test]
fn an_import_stands_beside_a_crawl_and_changes_nothing_of_it() {
    let world = crawled();

    let older = world.path("older.warc");
    let key = first_liferay(&world);
    let link = world
        .run(&["show", &key, "--json"])
        .expect("show", 0)
        .json();
    let link = link["url"].as_str().unwrap().to_owned();
    fs::write(
        &older,
        plain(&[Record::answer(
            "1",
            &link,
            "2019-01-01T00:00:00Z",
            200,
            &page("Tên cũ", "Cũ."),
        )]),
    )
    .unwrap();
    let report = world
        .run(&["import", "older.warc", "--json"])
        .expect("import", 0)
        .json();
    assert_eq!(report["new"], 1);
    let known = world
        .run(&["show", &key, "--json"])
        .expect("show", 0)
        .json();
    assert_eq!(known["first_seen"], "2019-01-01T00:00:00.000000Z");
    assert_eq!(known["versions"].as_array().unwrap().len(), 2);
    assert_eq!(known["versions"][0]["title"], "Tên cũ");
    assert_ne!(
        known["title"], "Tên cũ",
        "the newest version is what the crawl saw"
    );
    world.run(&["crawl"]).expect("again", 0);
    let known = world
        .run(&["show", &key, "--json"])
        .expect("show", 0)
        .json();
    assert_eq!(
        known["versions"].as_array().unwrap().len(),
        2,
        "a crawl behind it keeps it"
    );

    world.run(&["verify"]).expect("verify", 0);
    let before = exported(&world);
    world.run(&["rebuild"]).expect("rebuild", 0);
    assert_eq!(exported(&world), before, "own and imported captures alike");

    // What an export tells as changed since then is told by the imported capture's own time.
    let export = |since: &str| {
        let ran = world.run(&[
            "export",
            "--format",
            "csv",
            "--changed-since",
            since,
            "--json",
        ]);
        let folder = ran.expect("export", 0).json()["folder"]
            .as_str()
            .unwrap()
            .to_owned();
        fs::read_to_string(world.path(&folder).join("changes.csv")).unwrap()
    };
    assert!(export("2018-01-01").contains("2019-01-01T00:00:00"));
    assert!(!export("2020-01-01").contains("2019-01-01T00:00:00"));
}

/// Every record, as it is exported.
fn exported(world: &World) -> Vec<u8> {
    let _ = fs::remove_dir_all(world.path("output/exports"));
    world
        .run(&["export", "--format", "jsonl"])
        .expect("export", 0);
    fs::read(world.path("output/exports/latest/articles.jsonl")).unwrap()
}

/// A key of the demo's older platform.
fn first_liferay(world: &World) -> String {
    let text = String::from_utf8(exported(world)).unwrap();
    let mut keys = text.lines().map(|line| {
        let record: Value = serde_json::from_str(line).unwrap();
        record["key"].as_str().unwrap().to_owned()
    });
    keys.find(|key| key.contains(":liferay:")).unwrap()
}

#[test]
fn a_rebuild_reads_foreign_files_again_and_what_is_gone_is_loss() {
    let desk = Desk::new();
    desk.write("old.warc.gz", by_record(&history()));
    desk.write(
        "kept.warc",
        plain(&[Record::answer(
            "k",
            &link("bai-mau-k"),
            "2017-01-01T00:00:00Z",
            200,
            &page("Bài mẫu K", "Giữ."),
        )]),
    );
    desk.import(&["old.warc.gz"]);
    let report = desk.import(&["kept.warc", "--keep"]);
    let copy = report["files"][0]["kept"].as_str().unwrap().to_owned();
    let before = desk.records();
    fs::remove_file(desk.path("kept.warc")).unwrap();
    let rebuilt = desk.run(&["rebuild", "--json"]).expect("rebuild", 0).json();
    assert_eq!(
        (
            &rebuilt["imported"]["files"],
            &rebuilt["imported"]["captures"]
        ),
        (&json!(2), &json!(7))
    );
    assert_eq!(desk.records(), before);
    let verified = desk.run(&["verify"]).expect("verify", 0);
    assert!(
        verified.stdout.contains("foreign file kept.warc: pass"),
        "{verified:?}"
    );

    let whole = fs::read(desk.path("old.warc.gz")).unwrap();
    desk.write("old.warc.gz", &whole[1..]);
    let verified = desk.run(&["verify", "--json"]).expect("verify", 3).json();
    let states: Vec<_> = verified["foreign"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["state"].as_str().unwrap())
        .collect();
    assert!(
        states.contains(&"changed") && states.contains(&"sound"),
        "{states:?}"
    );
    fs::remove_file(desk.path("old.warc.gz")).unwrap();
    let refused = desk.run(&["rebuild"]).expect("loss", 3);
    assert!(
        refused
            .stdout
            .contains("MISSING foreign file old.warc.gz is not where it was"),
        "{refused:?}"
    );
    assert!(
        refused
            .stdout
            .contains("6 imported captures that no foreign file gives any more"),
        "{refused:?}"
    );
    assert_eq!(desk.records(), before, "the old database stays");
    desk.write("moved/old.warc.gz", &whole);
    let report = desk.import(&["moved"]);
    assert_eq!(report["new"], 0, "the ledger knows the new place");
    desk.run(&["rebuild"]).expect("rebuild", 0);
    assert_eq!(desk.records(), before);
    fs::remove_file(desk.path("output/archive").join(copy)).unwrap();
    desk.run(&["rebuild", "--accept-loss"])
        .expect("accepted", 3);
    assert!(
        !String::from_utf8(desk.records())
            .unwrap()
            .contains("bai-mau-k")
    );
}

#[test]
fn standard_input_is_copied_and_read_again_from_the_copy() {
    let desk = Desk::new();
    let mut command = khotin(desk.folder.path(), &["import", "-", "--json"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(&by_record(&history()))
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["new"], 6);
    let kept = report["files"][0]["kept"].as_str().unwrap();
    assert!(
        kept.starts_with("imports/") && kept.ends_with(".warc.gz"),
        "{kept}"
    );
    assert!(desk.path("output/archive").join(kept).is_file());
    let before = desk.records();
    desk.run(&["rebuild"]).expect("rebuild", 0);
    assert_eq!(desk.records(), before);
    desk.run(&["import", "-", "--dry-run"])
        .expect("dry", 2)
        .says("dry", &["standard input can be read once"]);
}

#[test]
fn a_package_and_a_folder_of_pages_say_the_same_as_a_file() {
    let file = Desk::new();
    let records = [
        Record::answer(
            "1",
            &link("bai-mau-a"),
            "2016-01-01T00:00:00Z",
            200,
            &page("Bài mẫu A", "Lần đầu."),
        ),
        Record::answer(
            "2",
            &link("bai-mau-a"),
            "2018-01-01T00:00:00Z",
            200,
            &page("Bài mẫu A", "Đã sửa."),
        ),
    ];
    file.write("a.warc.gz", by_record(&records));
    file.import(&["a.warc.gz"]);
    let expected = without_places(&file.records());

    let package = Desk::new();
    let mut zip = zip::ZipWriter::new(fs::File::create(package.path("a.wacz")).unwrap());
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let deflated = stored.compression_method(zip::CompressionMethod::Deflated);
    for (name, options, record) in [
        ("archive/one.warc.gz", stored, &records[..1]),
        ("archive/two.warc.gz", deflated, &records[1..]),
        ("pages/not.warc.gz", stored, &records[..1]),
    ] {
        zip.start_file(name, options).unwrap();
        zip.write_all(&by_record(record)).unwrap();
    }
    zip.finish().unwrap();
    let report = package.import(&["a.wacz"]);
    assert_eq!(
        (&report["new"], &report["records"]["response"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(without_places(&package.records()), expected);
    let article = package.article("moh:liferay:bai-mau-a");
    assert_eq!(
        article["captures"][1]["foreign"]["member"],
        "archive/two.warc.gz"
    );
    assert_eq!(article["captures"][1]["warc_file"], "a.wacz");
    let tried = package.run(&["sites", "try", "urn:uuid:2", "--site", "moh", "--json"]);
    assert!(tried.expect("try", 0).stdout.contains("Đã sửa."));

    let pages = Desk::new();
    pages.write("saved/one.html", page("Bài mẫu A", "Lần đầu."));
    pages.write("saved/sub/two.html", page("Bài mẫu A", "Đã sửa."));
    let line = |file: &str, time: &str| {
        json!({ "file": file, "url": link("bai-mau-a"), "time": time }).to_string()
    };
    let index = [
        line("sub/two.html", "2018-01-01T07:00:00+07:00"),
        line("one.html", "2016-01-01T00:00:00Z"),
        line("lost.html", "2017-01-01T00:00:00Z"),
    ];
    pages.write("saved/index.jsonl", index.join("\n"));
    let report = pages
        .run(&["import", "saved", "--json"])
        .expect("a page is lost", 1)
        .json();
    assert_eq!((&report["new"], &report["losses"]), (&json!(2), &json!(1)));
    assert_eq!(report["trouble_examples"][0]["file"], "saved lost.html");
    let said = |record: &Value| {
        (
            record["versions"].as_array().unwrap().len(),
            record["text"].clone(),
            record["first_seen"].clone(),
        )
    };
    let found = without_places(&pages.records());
    assert_eq!(said(&found[0]), said(&expected[0]));
    assert_eq!(
        found[0]["captures"][0]["warc_record_id"], "",
        "a saved page is no record"
    );
    let before = pages.records();
    pages.run(&["rebuild"]).expect("rebuild", 0);
    assert_eq!(pages.records(), before);
    pages.write("saved/one.html", page("Bài mẫu A", "Ai đó đã sửa tệp."));
    pages.run(&["verify"]).expect("verify", 3);
}

#[test]
fn ranges_of_an_index_are_taken_from_a_folder_or_from_this_machine_and_copied() {
    let records = history();
    let mut offset = 0;
    let mut lines = Vec::new();
    let mut whole = Vec::new();
    for record in &records {
        let member = by_record(std::slice::from_ref(record));
        let text = String::from_utf8_lossy(&record.bytes()).into_owned();
        let uri = text
            .split("WARC-Target-URI: ")
            .nth(1)
            .unwrap()
            .lines()
            .next()
            .unwrap();
        let (uri, length) = (uri.trim_matches(['<', '>']), member.len());
        lines.push(format!(
            "x 20180101000000 {{\"url\": \"{uri}\", \"length\": \"{length}\", \"offset\": \"{offset}\", \"filename\": \"cc/one.warc.gz\"}}"
        ));
        offset += length;
        whole.extend(member);
    }
    let desk = Desk::new();
    desk.write("base/cc/one.warc.gz", &whole);
    desk.write("index.cdxj", lines.join("\n"));
    let report = desk.import(&["--cdxj", "index.cdxj", "--base", "base"]);
    assert_eq!(
        (&report["new"], &report["resolved"]),
        (&json!(5), &json!(1)),
        "a POST has no line"
    );
    assert_eq!(
        report["records"],
        json!({ "response": 5, "revisit": 1 }),
        "nothing else was taken"
    );
    let before = desk.records();
    fs::remove_dir_all(desk.path("base")).unwrap();
    desk.run(&["rebuild"]).expect("rebuild", 0);
    assert_eq!(desk.records(), before);

    let served = Desk::new();
    served.write("index.cdxj", lines.join("\n"));
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    let thread = std::thread::spawn(move || serve_ranges(&server, &whole, 6));
    let base = format!("http://{address}/archive");
    let report = served.import(&["--cdxj", "index.cdxj", "--base", &base]);
    assert_eq!(report["new"], 5);
    assert_eq!(served.records(), before);
    let asked = thread.join().unwrap();
    assert_eq!(asked.len(), 6);
    assert!(
        asked
            .iter()
            .all(|line| line == "GET /archive/cc/one.warc.gz HTTP/1.1"),
        "{asked:?}"
    );

    for (what, base) in [
        ("another machine", "https://data.commoncrawl.org/"),
        ("no folder", "none"),
    ] {
        desk.run(&["import", "--cdxj", "index.cdxj", "--base", base])
            .expect(what, 2)
            .says(
                what,
                &["is not a folder and not an http address of this machine"],
            );
    }
}

/// Answers so many range requests; gives their request lines.
fn serve_ranges(server: &std::net::TcpListener, file: &[u8], requests: usize) -> Vec<String> {
    use std::io::{BufRead, BufReader};
    let mut asked = Vec::new();
    while asked.len() < requests {
        let (mut stream, _) = server.accept().unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        while asked.len() < requests {
            let head: Vec<String> = lines
                .by_ref()
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty())
                .collect();
            let Some(first) = head.first() else { break };
            asked.push(first.clone());
            let range = head
                .iter()
                .find_map(|line| {
                    line.to_ascii_lowercase()
                        .strip_prefix("range: bytes=")
                        .map(str::to_owned)
                })
                .unwrap();
            let (from, to) = range.split_once('-').unwrap();
            let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
            let part = &file[from..=to];
            write!(stream, "HTTP/1.1 206 X\r\nContent-Length: {}\r\nContent-Range: bytes {from}-{to}/{}\r\n\r\n", part.len(), file.len()).unwrap();
            stream.write_all(part).unwrap();
        }
    }
    asked
}

#[test]
fn trouble_is_counted_and_located_and_the_rest_is_read() {
    let desk = Desk::new();
    let records = history();
    let mut bytes = plain(&records[1..3]);
    let torn_at = bytes.len();
    bytes.extend(b"rubbish that is no record\r\n");
    bytes.extend(plain(&records[3..5]));
    desk.write("bad.warc", &bytes);
    let report = desk
        .run(&["import", "bad.warc", "--json"])
        .expect("lost bytes", 1)
        .json();
    assert_eq!(report["new"], 4);
    assert_eq!(report["troubles"], json!({ "garbage": 1 }));
    let example = &report["trouble_examples"][0];
    assert_eq!(
        (&example["file"], &example["offset"]),
        (&json!("bad.warc"), &json!(torn_at))
    );
    let text = desk
        .run(&["import", "bad.warc", "--lang", "vi"])
        .expect("again", 1)
        .stdout;
    for expected in [
        "4  lần thu đã có",
        "1 chỗ không đúng quy cách",
        &format!("bad.warc byte {torn_at}"),
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    desk.run(&["import", "bad.warc", "--strict"])
        .expect("strict", 1)
        .says(
            "strict",
            &[&format!("bad.warc byte {torn_at}"), "leave `--strict` away"],
        );
    fs::write(desk.path("config.toml"), "[import]\nstrict = true\n").unwrap();
    desk.run(&["import", "bad.warc"])
        .expect("strict by settings", 1);
    let cut = Record::answer(
        "t",
        &link("bai-mau-t"),
        "2016-01-01T00:00:00Z",
        200,
        &page("Bài mẫu T", "Cụt."),
    )
    .field("WARC-Truncated", "length");
    desk.write("cut.warc", plain(&[cut]));
    let report = desk.import(&["cut.warc"]);
    assert_eq!(
        report["pages"],
        json!({ "other": 1 }),
        "a body that is cut is never read as an article"
    );
}

#[test]
fn a_dry_run_counts_and_keeps_nothing_and_a_revisit_may_wait_for_long() {
    let desk = Desk::new();
    let records = history();
    desk.write("first.warc", plain(&records[..1]));
    desk.write("second.warc", plain(&records[1..]));
    let dry = desk.import(&["first.warc", "second.warc", "--dry-run"]);
    assert_eq!((&dry["new"], &dry["waiting"]), (&json!(5), &json!(1)));
    assert!(!desk.path("output").exists(), "nothing was made");
    let report = desk.import(&["first.warc"]);
    assert_eq!((&report["new"], &report["waiting"]), (&json!(0), &json!(1)));
    let report = desk.import(&["second.warc"]);
    assert_eq!(
        (&report["new"], &report["resolved"], &report["waiting"]),
        (&json!(6), &json!(1), &json!(0))
    );
    let dry = desk.import(&["second.warc", "--dry-run"]);
    assert_eq!((&dry["new"], &dry["known"]), (&json!(0), &json!(5)));
}

#[test]
fn what_is_no_archive_is_refused_with_advice() {
    let desk = Desk::new();
    desk.write("wget/moh.gov.vn/index.html", "<html>");
    desk.write("pages/index.jsonl", "{\"file\":\"a.html\"}");
    let table: [(&str, &[&str], &[&str]); 5] = [
        (
            "a folder of wget -r",
            &["wget"],
            &["there is no web archive in wget", "docs/import.md"],
        ),
        (
            "a page alone",
            &["wget/moh.gov.vn/index.html"],
            &["index.jsonl that says which address"],
        ),
        (
            "no such file",
            &["none.warc"],
            &["none.warc is neither a file nor a folder"],
        ),
        (
            "a wrong index",
            &["pages"],
            &["line 1 of", "missing field `url`"],
        ),
        ("nothing named", &[], &["required"]),
    ];
    for (what, names, expected) in table {
        let args = [&["import"], names].concat();
        desk.run(&args).expect(what, 2).says(what, expected);
    }
    desk.write("broken.wacz", b"PK\x03\x04 and no more");
    let report = desk
        .run(&["import", "broken.wacz", "--json"])
        .expect("no package", 1);
    assert_eq!(report.json()["troubles"], json!({ "packing": 1 }));
}

#[test]
fn a_page_that_ends_its_reader_is_put_aside_and_the_rest_is_imported() {
    let desk = Desk::new();
    let many: Vec<Record> = ["a", "poison", "b"]
        .iter()
        .map(|slug| {
            let body = page("Bài mẫu", slug);
            Record::answer(slug, &link(slug), "2016-01-01T00:00:00Z", 200, &body)
        })
        .collect();
    desk.write("many.warc", plain(&many));
    let import = || {
        let mut command = khotin(desk.folder.path(), &["import", "many.warc", "--json"]);
        command.env("KHOTIN_TEST_READING", "abort /poison");
        command.output().unwrap()
    };
    for what in ["with the others", "alone"] {
        assert_eq!(import().status.code(), None, "it dies {what}");
    }
    let last = import();
    assert!(last.status.success(), "{last:?}");
    let report: Value = serde_json::from_slice(&last.stdout).unwrap();
    let (new, known) = (&report["new"], &report["known"]);
    assert_eq!(
        new.as_u64().unwrap() + known.as_u64().unwrap(),
        3,
        "{report}"
    );
    assert_eq!(report["pages"]["unreadable"], 1);
    desk.article("moh:liferay:a");
    desk.article("moh:liferay:b");
    desk.run(&["show", "moh:liferay:poison"])
        .expect("not read", 2);
}

#[test]
fn an_interrupted_import_leaves_whole_batches_and_goes_on() {
    let desk = Desk::new();
    let many: Vec<Record> = (0..300)
        .map(|number| {
            let slug = format!("bai-mau-{number}");
            let title = format!("Bài mẫu {number}");
            Record::answer(
                &format!("{number}"),
                &link(&slug),
                "2016-01-01T00:00:00Z",
                200,
                &page(&title, "x"),
            )
        })
        .collect();
    desk.write("many.warc", plain(&many));
    let command = khotin(desk.folder.path(), &["import", "many.warc", "--json"]);
    let running = crate::program::Running::start(command);
    wait_until("a ledger", || {
        desk.path("output/archive/imports.jsonl").is_file()
    });
    running.interrupt();
    let ran = running.end();
    let interrupted = ran.code == Some(130);
    assert!(interrupted || ran.code == Some(0), "{ran:?}");
    let first = ran.json();
    assert_eq!(first["interrupted"], interrupted);
    let report = desk.import(&["many.warc"]);
    let sum = first["new"].as_u64().unwrap() + report["new"].as_u64().unwrap();
    assert_eq!(sum, 300);
    assert_eq!(report["known"], first["new"]);
    let whole = Desk::new();
    whole.write("many.warc", plain(&many));
    whole.import(&["many.warc"]);
    assert_eq!(whole.records(), desk.records());
}

#[test]
fn a_capture_of_the_future_is_passed_over_however_often_it_is_read() {
    let desk = Desk::new();
    let a = link("bai-mau-a");
    let at = |id, time| Record::answer(id, &a, time, 200, &page("Bài mẫu A", id));
    let records = [
        at("1", "2016-01-01T00:00:00Z"),
        at("2", "2200-01-01T00:00:00Z"),
    ];
    desk.write("a.warc", plain(&records));
    for args in [&["a.warc", "--dry-run"][..], &["a.warc"], &["a.warc"]] {
        let report = desk.import(args);
        assert_eq!(report["passed"]["time"], 1, "{report}");
    }
    let before = desk.records();
    desk.run(&["rebuild"]).expect("rebuild", 0);
    assert!(desk.records() == before, "a rebuild judges the same");
}
