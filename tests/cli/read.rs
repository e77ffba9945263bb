//! `khotin read`: a saved page in, page and record out, without settings or archive.

use std::fs;
use std::path::Path;

use crate::program::{Ran, run};

const ARTICLE: &str =
    "https://moh.gov.vn/hoat-dong-cua-lanh-dao-bo/-/asset_publisher/k206Q9qkZOqn/content/a-b-c";

fn read(folder: &Path, file: &str, more: &[&str]) -> Ran {
    run(folder, &[&["read", file], more].concat())
}

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/sites/moh");
    path.join(name).to_str().unwrap().to_owned()
}

#[test]
fn both_seed_pages_are_printed_as_records() {
    let folder = tempfile::tempdir().unwrap();
    let table = [
        ("seed-2022-11-18.html", "2022-11-18T10:30:00+07:00"),
        ("seed-2023-06-17.html", "2023-06-17T21:00:00+07:00"),
    ];
    for (name, published) in table {
        let ran = read(
            folder.path(),
            &fixture(name),
            &["--url", ARTICLE, "--site", "moh"],
        );
        let answer = ran.expect(name, 0).json();
        assert_eq!(answer["record"]["key"], "moh:liferay:a-b-c", "{name}");
        assert_eq!(answer["record"]["published"]["at"], published, "{name}");
        assert_eq!(answer["listed"].as_array().unwrap().len(), 20, "{name}");
        assert_eq!(answer["record"]["synthetic"], false, "{name}");
    }
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        0,
        "nothing is stored"
    );
}

#[test]
fn a_json_answer_is_read_with_the_request_that_it_answers() {
    let folder = tempfile::tempdir().unwrap();
    let url = "https://moh.gov.vn/bridge?url=/portal/api/layChiTietBaiViet";
    let body = "{\"maBaiViet\":\"167411\",\"maDanhMuc\":\"8358\"}";
    let file = fixture("portal-detail.json");
    let ran = read(
        folder.path(),
        &file,
        &["--url", url, "--site", "moh", "--body", body],
    );
    let answer = ran.expect("portal", 0).json();
    assert_eq!(answer["record"]["key"], "moh:portal:167411");
}

#[test]
fn what_is_no_page_is_said_in_words() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("note.html"), "<p>Dear diary").unwrap();
    let table: [(&str, &str, &[&str], i32, &str); 6] = [
        (
            "no page",
            "note.html",
            &["--url", ARTICLE, "--site", "moh"],
            1,
            "no article and no listing in note.html: no layout of `moh` fits",
        ),
        (
            "no file",
            "none.html",
            &["--url", ARTICLE, "--site", "moh"],
            2,
            "can not read none.html",
        ),
        (
            "a folder",
            ".",
            &["--url", ARTICLE, "--site", "moh"],
            2,
            "can not read .",
        ),
        (
            "no site",
            "note.html",
            &["--url", ARTICLE, "--site", "mohh"],
            2,
            "did you mean `moh`?",
        ),
        (
            "no URL",
            "note.html",
            &["--url", "moh", "--site", "moh"],
            2,
            "relative URL",
        ),
        (
            "no web",
            "note.html",
            &["--url", "ftp://moh.gov.vn/a", "--site", "moh"],
            2,
            "is not an http(s) URL",
        ),
    ];
    for (what, file, more, code, words) in table {
        read(folder.path(), file, more)
            .expect(what, code)
            .says(what, &[words]);
    }
    let refusal = fixture("block-page.html");
    read(
        folder.path(),
        &refusal,
        &["--url", ARTICLE, "--site", "moh"],
    )
    .expect("refusal", 5);
}

#[test]
fn the_text_of_a_page_is_no_page() {
    let folder = tempfile::tempdir().unwrap();
    let listing = "https://moh.gov.vn/tin-tong-hop";
    let table = [
        ("a text", "page.txt", "TIN TỔNG HỢP\nBộ Y tế họp\n", 2),
        ("a text that is called HTML", "page.html", "Bộ Y tế họp", 2),
        ("nothing", "page.html", "", 2),
        ("a page", "page.txt", "<html><body>x</body></html>", 0),
        ("JSON, whatever it is called", "page.txt", "\u{feff} [1]", 0),
    ];
    for (what, name, text, code) in table {
        fs::write(folder.path().join(name), text).unwrap();
        let ran = read(folder.path(), name, &["--url", listing, "--site", "moh"]);
        let ran = ran.expect(what, code);
        if code == 2 {
            ran.says(what, &["is plain text", "save the page itself"]);
        }
    }
}
