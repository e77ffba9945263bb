//! The index beside a file. `tests/interop` compares it with the tool's own.

use khotin::archive::surt;
use tempfile::tempdir;

use crate::support::*;

#[test]
fn a_url_has_the_key_that_other_tools_give_it() {
    let table = include_str!("../../fixtures/warc/surt.tsv");
    let rows = table.lines().filter(|line| !line.starts_with('#'));
    for (url, expected) in rows.map(|row| row.split_once('\t').unwrap()) {
        assert_eq!(surt(url), expected, "{url}");
    }
}

#[test]
fn the_index_has_a_line_for_each_capture_and_resource() {
    let dir = tempdir().unwrap();
    let mut writer = writer(dir.path());
    let headers: [(&str, &[u8]); 1] = [("content-type", b"text/\xe1 \"html\"; charset=utf-8")];
    append(
        &mut writer,
        1,
        &exchange("b", 1, Ok(answer(200, &headers, b"x"))),
    );
    let page = exchange("a", 2, Ok(answer(404, &[], b"x")));
    let appended = append(&mut writer, 2, &page);
    let target = target(&page, &appended);
    let unchanged = exchange("a", 3, Ok(answer(304, &[], b"")));
    append_revisit(&mut writer, 3, &unchanged, Some(&target));
    append(&mut writer, 4, &failure("c", 4));
    let file = writer.close().unwrap().unwrap().file;
    let index =
        std::fs::read_to_string(dir.path().join(file.replace(".warc.gz", ".cdxj"))).unwrap();
    // Lengths and offsets are compared with the tool's in tests/interop; here they are left out.
    let length = regex::Regex::new(r#""length": "\d+", "offset": "\d+""#).unwrap();
    let index = length.replace_all(&index, "…");
    let resource = "sha1:WP5BI2ALSVLJIZBYIDCLHSZHHNIV4PBU";
    let x = "sha1:CH3K3DWFFIUYJK5K7V6DWULFAN4FYIDS";
    let name = format!("\"filename\": \"{file}\"");
    assert_eq!(
        index.lines().collect::<Vec<_>>(),
        [
            format!(
                r#"urn:khotin:site:moh 20261122010203 {{"url": "urn:khotin:site:moh", "mime": "application/toml", "digest": "{resource}", …, {name}}}"#
            ),
            format!(
                r#"vn,gov,moh)/a 20261122010205 {{"url": "https://moh.gov.vn/a", "status": "404", "digest": "{x}", …, {name}}}"#
            ),
            format!(
                r#"vn,gov,moh)/a 20261122010206 {{"url": "https://moh.gov.vn/a", "mime": "warc/revisit", …, {name}}}"#
            ),
            format!(
                r#"vn,gov,moh)/b 20261122010204 {{"url": "https://moh.gov.vn/b", "mime": "text/\u00e1", "status": "200", "digest": "{x}", …, {name}}}"#
            ),
        ]
    );
}

/// A POST of this body to the JSON bridge, answered with `answered`, `seconds` after the start.
fn post(seconds: i64, body: &str, answered: &str) -> khotin::model::Exchange {
    let headers: [(&str, &[u8]); 1] = [("content-type", b"application/json")];
    let answer = Ok(answer(200, &headers, answered.as_bytes()));
    let mut exchange = exchange("bridge?url=/portal/api/x", seconds, answer);
    exchange.sent_head = format!(
        "POST /bridge?url=/portal/api/x HTTP/1.1\r\nhost: moh.gov.vn\r\ncontent-length: {}\r\n\
         content-type: application/json; charset=utf-8\r\n\r\n",
        body.len()
    )
    .into_bytes();
    exchange.request.method = khotin::model::Method::Post;
    exchange.request.body = Some(body.to_owned());
    exchange
}

/// An archive of two answers to one address, and the first of them again: no revisit, whatever it is told.
fn archive_of_posts(dir: &std::path::Path) -> String {
    let mut writer = writer(dir);
    let first = post(1, r#"{"maBaiViet":"7","CID":"Tin tức"}"#, "{}");
    let appended = append(&mut writer, 1, &first);
    append(&mut writer, 2, &post(2, r#"{"maBaiViet":"8"}"#, "[]"));
    let again = post(3, r#"{"maBaiViet":"7","CID":"Tin tức"}"#, "{}");
    let target = target(&first, &appended);
    append_revisit(&mut writer, 3, &again, Some(&target));
    writer
        .close()
        .unwrap()
        .unwrap()
        .file
        .replace(".warc.gz", ".cdxj")
}

#[test]
fn an_answer_to_a_post_stands_under_address_and_body_and_is_whole_each_time() {
    let dir = tempdir().unwrap();
    let index = archive_of_posts(dir.path());
    let index = std::fs::read_to_string(dir.path().join(index)).unwrap();
    let mut lines = index.lines().filter(|line| line.contains("/bridge"));
    let key = "vn,gov,moh)/bridge?__wb_method=post";
    let seven = format!("{key}&cid=tin+t%e1%bb%a9c&mabaiviet=7&url=/portal/api/x");
    let table = [
        (
            format!("{seven} 20261122010204 "),
            "maBaiViet=7&CID=Tin+t%E1%BB%A9c",
        ),
        (
            format!("{seven} 20261122010206 "),
            "maBaiViet=7&CID=Tin+t%E1%BB%A9c",
        ),
        (
            format!("{key}&mabaiviet=8&url=/portal/api/x 20261122010205 "),
            "maBaiViet=8",
        ),
    ];
    for (start, body) in table {
        let line = lines.next().unwrap();
        assert!(line.starts_with(&start), "{line}\n{start}");
        assert!(!line.contains("warc/revisit"), "{line}");
        let end = format!(r#""requestBody": "{body}", "method": "POST"}}"#);
        assert!(line.ends_with(&end), "{line}\n{end}");
        assert!(
            line.contains(r#"{"url": "https://moh.gov.vn/bridge?url=/portal/api/x", "#),
            "{line}"
        );
    }
    assert_eq!(lines.next(), None);
}

#[test]
fn an_index_of_before_is_sound_and_is_told_and_made_again_when_it_is_gone() {
    let dir = tempdir().unwrap();
    let name = archive_of_posts(dir.path());
    let path = dir.path().join(&name);
    let today = std::fs::read_to_string(&path).unwrap();
    let key = regex::Regex::new(r"\?__wb_method=post\S*(url=/portal/api/x) ").unwrap();
    let body = regex::Regex::new(r#", "requestBody": .*, "method": "POST""#).unwrap();
    let before = key.replace_all(&today, "?$1 ");
    let before = body.replace_all(&before, "");
    let mut lines: Vec<&str> = before.split_inclusive('\n').collect();
    lines.sort_unstable();
    std::fs::write(&path, lines.concat()).unwrap();

    let archive = khotin::archive::Archive::new(dir.path());
    let report = khotin::archive::verify(&archive).unwrap();
    assert!(report.is_sound(), "{report}");
    let told = "3 answers to a POST stand in their index without the body that asked for them";
    assert!(report.to_string().contains(told), "{report}");

    std::fs::remove_file(&path).unwrap();
    khotin::archive::recover(dir.path()).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), today);
    let report = khotin::archive::verify(&archive).unwrap();
    assert!(!report.to_string().contains("without the body"), "{report}");
}
