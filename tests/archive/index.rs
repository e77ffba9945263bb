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
