//! `khotin wacz` and `khotin bag`: what is handed on is the archive, whole, and nothing that must not be.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use khotin::archive::{payload_sha256, recover};
use serde_json::Value;
use zip::{CompressionMethod, ZipArchive};

use crate::program::{Ran, World, files_below};

/// A small ministry, crawled twice; the first article was edited between.
fn crawled_twice() -> World {
    let world = World::new(30);
    world.configure("revisit = [\"0s\"]");
    world.run(&["crawl"]).expect("crawl", 0);
    let control = world.control();
    let edited = control.expected().into_iter();
    let liferay = edited.filter(|expected| expected.key.starts_with("demo:liferay:"));
    let key = liferay.map(|expected| expected.key).nth(3).unwrap();
    let edit = |article: &mut khotin::demo::DemoArticle| article.title.push_str(" (cập nhật)");
    control.edit(&key, edit).unwrap();
    world.run(&["crawl"]).expect("crawl", 0);
    world
}

fn wacz(world: &World, args: &[&str]) -> Ran {
    world.run(&[&["wacz", "a.wacz", "--json"], args].concat())
}

/// Every part of a package: how it is packed, and its bytes.
fn parts(path: &Path) -> BTreeMap<String, (CompressionMethod, Vec<u8>)> {
    let mut zip = ZipArchive::new(File::open(path).unwrap()).unwrap();
    let mut parts = BTreeMap::new();
    for number in 0..zip.len() {
        let mut part = zip.by_index(number).unwrap();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        let about = (part.compression(), bytes);
        parts.insert(part.name().unwrap().into_owned(), about);
    }
    parts
}

/// Every file below a folder by its path in it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let all = files_below(folder).into_iter();
    all.map(|(path, bytes)| {
        let path = path.strip_prefix(folder).unwrap();
        (path.to_str().unwrap().to_owned(), bytes)
    })
    .collect()
}

fn json_lines(bytes: &[u8]) -> Vec<Value> {
    let lines = std::str::from_utf8(bytes).unwrap().lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn records(world: &World) -> Vec<Value> {
    let answer = world.run(&["export", "--json", "--format", "jsonl"]);
    let answer = answer.expect("export", 0).json();
    let folder = world.path(answer["folder"].as_str().unwrap());
    json_lines(&fs::read(folder.join("articles.jsonl")).unwrap())
}

#[test]
fn a_wacz_holds_the_files_as_they_are_with_index_pages_and_digests() {
    let world = crawled_twice();
    let answer = wacz(&world, &[]).expect("wacz", 0).json();
    let parts = parts(&world.path("a.wacz"));
    let archive = files(&world.path("output/archive"));
    let closed: Vec<&String> = archive
        .keys()
        .filter(|name| name.ends_with(".warc.gz"))
        .collect();
    assert_eq!(closed.len(), 2);
    assert_eq!(answer["warc_files"], 2);
    for name in &closed {
        let (packing, bytes) = &parts[&format!("archive/{name}")];
        assert_eq!(
            *packing,
            CompressionMethod::Stored,
            "readers ask for ranges of {name}"
        );
        assert!(*bytes == archive[*name], "{name} is another file");
    }

    // The index is that of all files, in one order.
    let mut index = String::new();
    let (packing, packed) = &parts["indexes/index.cdx.gz"];
    assert_eq!(*packing, CompressionMethod::Stored);
    MultiGzDecoder::new(packed.as_slice())
        .read_to_string(&mut index)
        .unwrap();
    let beside = archive.iter().filter(|(name, _)| name.ends_with(".cdxj"));
    let mut lines: Vec<&str> = beside
        .flat_map(|(_, bytes)| std::str::from_utf8(bytes).unwrap().lines())
        .collect();
    lines.sort_unstable();
    assert_eq!(index.lines().collect::<Vec<_>>(), lines);
    assert_eq!(answer["index_lines"], lines.len());
    let places = String::from_utf8(parts["indexes/index.idx"].1.clone()).unwrap();
    let first = lines[0].split(" {").next().unwrap();
    let digest = payload_sha256(packed);
    let length = packed.len();
    assert_eq!(
        places,
        format!(
            "!meta 0 {{\"format\": \"cdxj-gzip-1.0\", \"filename\": \"index.cdx.gz\"}}\n\
             {first} {{\"offset\": 0, \"length\": {length}, \"digest\": \"sha256:{digest}\"}}\n"
        )
    );

    // Every part but the last two is described, with the digest that it has.
    let description: Value = serde_json::from_slice(&parts["datapackage.json"].1).unwrap();
    assert_eq!(description["profile"], "data-package");
    assert_eq!(description["wacz_version"], "1.1.1");
    let mut described = 0;
    for resource in description["resources"].as_array().unwrap() {
        let (_, bytes) = &parts[resource["path"].as_str().unwrap()];
        let digest = format!("sha256:{}", payload_sha256(bytes));
        assert_eq!(resource["hash"], digest.as_str());
        assert_eq!(resource["bytes"], bytes.len());
        described += 1;
    }
    assert_eq!(described, parts.len() - 2);
    let of_description: Value =
        serde_json::from_slice(&parts["datapackage-digest.json"].1).unwrap();
    let digest = payload_sha256(&parts["datapackage.json"].1);
    assert_eq!(of_description["path"], "datapackage.json");
    assert_eq!(of_description["hash"], format!("sha256:{digest}"));

    // Again: the same bytes, whatever the time is.
    world.run(&["wacz", "b.wacz"]).expect("again", 0);
    let read = |name| fs::read(world.path(name)).unwrap();
    assert!(read("a.wacz") == read("b.wacz"));
    wacz(&world, &[])
        .expect("never over a file", 2)
        .says("never over a file", &["is there already"]);
}

#[test]
fn a_page_is_a_capture_of_an_article_by_its_headline_of_that_time() {
    let world = crawled_twice();
    wacz(&world, &[]).expect("wacz", 0);
    let pages = json_lines(&parts(&world.path("a.wacz"))["pages/pages.jsonl"].1);
    let (header, pages) = pages.split_first().unwrap();
    assert_eq!(header["format"], "json-pages-1.0");
    let mut seen = 0;
    let mut edited = 0;
    for record in records(&world) {
        let of_it: Vec<&Value> = pages
            .iter()
            .filter(|page| page["key"] == record["key"])
            .collect();
        let captures = record["captures"].as_array().unwrap().iter();
        let captures: Vec<&Value> = captures.filter(|one| one["used_as"] == "article").collect();
        assert_eq!(of_it.len(), captures.len(), "{}", record["key"]);
        for (page, capture) in of_it.iter().zip(captures) {
            let id = capture["warc_record_id"].as_str().unwrap();
            assert_eq!(page["id"], id.strip_prefix("urn:uuid:").unwrap());
            assert_eq!(page["ts"], capture["time"]);
            assert_eq!(page["capture"], capture["sequence"]);
            let url = page["url"].as_str().unwrap();
            let asked = capture["request_url"].as_str().unwrap();
            match record["platform"].as_str().unwrap() {
                "portal" => {
                    let aid = record["key"].as_str().unwrap().rsplit(':').next().unwrap();
                    let start = format!("{asked}&__wb_method=POST&maBaiViet={aid}&maDanhMuc=");
                    assert!(url.starts_with(&start), "{url}");
                }
                _ => assert_eq!(url, asked),
            }
            seen += 1;
        }
        let versions = record["versions"].as_array().unwrap();
        assert_eq!(of_it[0]["title"], versions[0]["title"]);
        assert_eq!(of_it[of_it.len() - 1]["title"], record["title"]);
        if versions.len() == 2 {
            edited += 1;
            assert_ne!(of_it[0]["title"], of_it[1]["title"]);
        }
    }
    assert_eq!((seen, edited), (pages.len(), 1));
}

#[test]
fn what_is_withheld_is_handed_on_only_when_the_operator_says_so_and_is_in_no_list() {
    let world = World::new(30);
    world.run(&["crawl"]).expect("crawl", 0);
    let key = records(&world)[0]["key"].as_str().unwrap().to_owned();
    let said = ["--reason", "r", "--authority", "a"];
    world
        .run(&[&["restrict", &key], &said[..]].concat())
        .expect("restrict", 0);

    let refused = wacz(&world, &[]).expect("refused", 2);
    refused.says("refused", &["1 articles are withheld", "--with-withheld"]);
    assert!(!world.path("a.wacz").exists());
    wacz(&world, &["--site", "moh"]).expect("another site has no files", 1);
    assert_eq!(
        wacz(&world, &["--with-withheld"])
            .expect("told to", 0)
            .json()["withheld"],
        1
    );
    let pages = json_lines(&parts(&world.path("a.wacz"))["pages/pages.jsonl"].1);
    assert!(pages.len() > 30);
    assert!(pages.iter().all(|page| page["key"] != key.as_str()));

    // A bag keeps the restriction with what it restricts, and says so.
    let ran = world.run(&["bag", "kept"]).expect("bag", 0);
    assert!(
        ran.stdout.contains("WITHHELD: it holds 1 articles"),
        "{}",
        ran.stdout
    );
    let read = |path: &str| fs::read_to_string(world.path(path)).unwrap();
    let info = read("kept/bag-info.txt");
    let told = "1 articles in it are withheld by data/output/restrictions.toml";
    assert!(info.contains(told), "{info}");
    assert_eq!(
        read("kept/data/output/restrictions.toml"),
        read("output/restrictions.toml")
    );

    // A file that can not be read says nothing of what is withheld: nothing is handed on.
    fs::write(world.path("output/restrictions.toml"), "garbage").unwrap();
    world
        .run(&["wacz", "b.wacz", "--with-withheld"])
        .expect("not known", 2);
    world.run(&["bag", "kept-2"]).expect("not known", 2);
    assert!(!world.path("b.wacz").exists() && !world.path("kept-2").exists());
}

#[test]
fn a_damaged_file_makes_no_package_and_leaves_nothing() {
    let world = World::new(30);
    world.run(&["crawl"]).expect("crawl", 0);
    let archive = world.path("output/archive");
    let name = files(&archive)
        .into_keys()
        .find(|name| name.ends_with(".warc.gz"));
    let path = archive.join(name.unwrap());
    let mut bytes = fs::read(&path).unwrap();
    // The gzip header's system byte: every record can still be read.
    bytes[9] ^= 1;
    fs::write(&path, bytes).unwrap();
    // Reading the database leaves SQLite's own files beside it.
    let names = || -> Vec<String> {
        let all = files(&world.path(".")).into_keys();
        all.filter(|name| !name.contains("khotin.db-")).collect()
    };
    let before = names();
    for args in [["wacz", "a.wacz"], ["bag", "kept"]] {
        let ran = world.run(&args).expect("damaged", 3);
        ran.says(
            "damaged",
            &["is damaged: SHA256SUMS says ", "khotin verify"],
        );
    }
    assert_eq!(names(), before);
}

#[test]
fn a_file_that_is_still_written_is_left_out_and_named() {
    let world = World::new(30);
    world.run(&["crawl"]).expect("crawl", 0);
    let open = world.path("output/archive/khotin-demo-20990101T000000Z-00001.warc.gz.open");
    fs::write(&open, "half").unwrap();
    let left = "khotin-demo-20990101T000000Z-00001.warc.gz";
    let answer = wacz(&world, &[]).expect("wacz", 0).json();
    assert_eq!(answer["left_open"], serde_json::json!([left]));
    let ran = world.run(&["bag", "kept", "--lang", "vi"]).expect("bag", 0);
    assert!(
        ran.stdout
            .contains(&format!("không có trong đó vì tệp còn mở: {left}")),
        "{}",
        ran.stdout
    );
    let names = files(&world.path("kept"));
    assert!(
        names.keys().all(|name| !name.contains("20990101")),
        "{:?}",
        names.keys()
    );
}

#[test]
fn what_was_imported_is_in_no_wacz_and_in_a_bag_only_if_it_was_kept() {
    let world = World::new(30);
    world.run(&["crawl"]).expect("crawl", 0);
    wacz(&world, &[]).expect("before", 0);
    // Under the same name as a file of ours, and with the same captures.
    let archive = files(&world.path("output/archive"));
    let (name, bytes) = archive
        .iter()
        .find(|(name, _)| name.ends_with(".warc.gz"))
        .unwrap();
    fs::create_dir(world.path("others")).unwrap();
    fs::write(world.path("others").join(name), bytes).unwrap();
    world.run(&["import", "others"]).expect("import", 0);
    let answer = world
        .run(&["wacz", "b.wacz", "--json"])
        .expect("after", 0)
        .json();
    assert_eq!(answer["foreign_left_out"], 1);
    let read = |name| fs::read(world.path(name)).unwrap();
    assert!(read("a.wacz") == read("b.wacz"));

    let answer = world.run(&["bag", "one", "--json"]).expect("bag", 0).json();
    assert_eq!(answer["foreign_left_out"], 1);
    assert!(files(&world.path("one")).contains_key("data/output/archive/imports.jsonl"));
    world.run(&["import", "others", "--keep"]).expect("keep", 0);
    let answer = world.run(&["bag", "two", "--json"]).expect("bag", 0).json();
    assert_eq!(answer["foreign_left_out"], 0);
    let kept = files(&world.path("two/data/output/archive/imports"));
    assert!(kept.values().any(|copy| copy == bytes), "{:?}", kept.keys());
}

#[test]
fn a_bag_has_a_digest_of_every_file_and_gives_the_same_records_again() {
    let world = World::new(30);
    world.run(&["crawl"]).expect("crawl", 0);
    let answer = world
        .run(&["bag", "kept", "--json"])
        .expect("bag", 0)
        .json();
    let files = files(&world.path("kept"));
    let text = |name: &str| String::from_utf8(files[name].clone()).unwrap();
    assert_eq!(
        text("bagit.txt"),
        "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    );
    let payload: Vec<&String> = files
        .keys()
        .filter(|name| name.starts_with("data/"))
        .collect();
    let manifest = |name: &str| -> BTreeMap<String, String> {
        let text = text(name);
        let lines = text.lines().map(|line| line.split_once("  ").unwrap());
        lines
            .map(|(digest, path)| (path.to_owned(), digest.to_owned()))
            .collect()
    };
    for name in ["manifest-sha256.txt", "manifest-sha512.txt"] {
        let listed = manifest(name);
        assert!(
            listed.keys().eq(payload.iter().copied()),
            "{name}: {:?}",
            listed.keys()
        );
    }
    for name in ["manifest-sha256.txt", "tagmanifest-sha256.txt"] {
        for (path, digest) in manifest(name) {
            assert_eq!(digest, payload_sha256(&files[&path]), "{path}");
        }
    }
    assert_eq!(manifest("tagmanifest-sha512.txt").len(), 4);
    let bytes: usize = payload.iter().map(|name| files[*name].len()).sum();
    assert_eq!(answer["files"], payload.len());
    assert!(text("bag-info.txt").contains(&format!("Payload-Oxum: {bytes}.{}\n", payload.len())));
    for name in [
        "data/config.toml",
        "data/sites/demo.toml",
        "data/output/archive/SHA256SUMS",
    ] {
        assert!(
            payload.iter().any(|one| *one == name),
            "{name} is not in {payload:?}"
        );
    }
    assert!(
        recover(&world.path("kept/data/output/archive"))
            .unwrap()
            .is_empty()
    );

    // What is in the bag is enough.
    let kept = world.path("kept/data");
    crate::program::run(&kept, &["rebuild"]).expect("rebuild", 0);
    let again = crate::program::run(&kept, &["export", "--json", "--format", "jsonl"]);
    let again = again.expect("export", 0).json();
    let folder = kept.join(again["folder"].as_str().unwrap());
    let again = json_lines(&fs::read(folder.join("articles.jsonl")).unwrap());
    assert_eq!(again, records(&world));
    world.run(&["bag", "kept"]).expect("never over a folder", 2);
}
