//! Text in any dress: as declared, as marked, as guessed; and flagged where it may be wrong.

use khotin::demo::{Answer, Platform};
use khotin::model::{Article, Block};

use crate::support::{Outcome, Row, crawl_rows, html, page, row};

const TITLE: &str = "Bộ Y tế họp về dịch sởi";

/// "Bộ Y tế họp về dịch sởi" in windows-1258: letters with their first mark, then the second mark.
const TITLE_1258: &[u8] = b"B\xf4\xf2 Y t\xea\xec ho\xf2p v\xea\xcc di\xf2ch s\xf5\xd2i";

fn in_1258() -> Vec<u8> {
    let ascii = page("@", "<p>@</p>")
        .replace("UTF-8", "x")
        .replace("Tóm tắt.", "")
        .replace("Bộ", "");
    let mut bytes = Vec::new();
    for (index, part) in ascii.split('@').enumerate() {
        if index > 0 {
            bytes.extend_from_slice(TITLE_1258);
        }
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

fn wide(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(to_bytes).collect()
}

fn codes(article: &Article) -> Vec<&str> {
    article
        .warnings
        .iter()
        .map(|warning| warning.code.as_str())
        .collect()
}

fn is_right(article: &Article) {
    assert_eq!(article.title.as_deref(), Some(TITLE));
    assert_eq!(article.text.as_deref(), Some(TITLE));
    assert_eq!(codes(article), [""; 0]);
}

fn is_guessed(article: &Article) {
    assert_eq!(article.title.as_deref(), Some(TITLE));
    assert_eq!(codes(article), ["charset_guessed"]);
}

fn is_of_unknown_charset(article: &Article) {
    assert_eq!(codes(article), ["charset_unknown"]);
    assert_eq!(
        article.warnings[0].detail,
        "content-type names the charset `x-tcvn5712`, which is not known"
    );
}

fn is_doubtful(article: &Article) {
    assert_eq!(
        article.title.as_deref(),
        Some("Bá»™ Y táº¿ há»p vá» dá»‹ch sá»Ÿi"),
        "as declared"
    );
    assert_eq!(codes(article), ["charset_doubtful"]);
}

#[test]
fn every_charset_has_one_outcome() {
    let right = page(TITLE, &format!("<p>{TITLE}</p>"));
    let bare = right.replace("<meta charset=\"UTF-8\">", "");
    let typed =
        |charset: &str, body: Vec<u8>| Answer::new(200, &format!("text/html{charset}"), body);
    let rows = vec![
        row(
            "as declared",
            html(right.clone()),
            Outcome::Article(is_right),
        ),
        row(
            "no charset in the header",
            typed("", right.clone().into_bytes()),
            Outcome::Article(is_right),
        ),
        row(
            "no charset anywhere",
            typed("", bare.clone().into_bytes()),
            Outcome::Article(is_guessed),
        ),
        row(
            "UTF-8 said to be windows-1252",
            typed(";charset=windows-1252", right.clone().into_bytes()),
            Outcome::Article(is_doubtful),
        ),
        row(
            "windows-1258",
            typed(";charset=windows-1258", in_1258()),
            Outcome::Article(is_right),
        ),
        row(
            "windows-1258 without label",
            typed("", in_1258()),
            Outcome::Article(is_guessed),
        ),
        row(
            "an unknown label",
            typed(";charset=x-tcvn5712", right.clone().into_bytes()),
            Outcome::Article(is_of_unknown_charset),
        ),
        row(
            "UTF-16 LE with mark",
            typed("", wide(&format!("\u{feff}{bare}"), u16::to_le_bytes)),
            Outcome::Article(is_right),
        ),
        row(
            "UTF-16 BE with mark",
            typed("", wide(&format!("\u{feff}{bare}"), u16::to_be_bytes)),
            Outcome::Article(is_right),
        ),
        row(
            "UTF-16 LE by label",
            typed(";charset=utf-16le", wide(&bare, u16::to_le_bytes)),
            Outcome::Article(is_right),
        ),
        row(
            "UTF-16 BE by label",
            typed(";charset=utf-16be", wide(&bare, u16::to_be_bytes)),
            Outcome::Article(is_right),
        ),
        row(
            "UTF-16 without mark and label",
            typed("", wide(&bare, u16::to_le_bytes)),
            Outcome::Unread("no layout of `demo` fits this page"),
        ),
        row(
            "UTF-8 mark against the label",
            typed(
                ";charset=windows-1252",
                format!("\u{feff}{right}").into_bytes(),
            ),
            Outcome::Article(is_right),
        ),
        row(
            "NUL in title and text",
            html(right.replace("họp", "h\0ọp")),
            Outcome::Article(|article| {
                // WHATWG HTML, section 13.2.6: dropped in a body, as browsers do.
                is_right(article);
            }),
        ),
        row(
            "bytes that are no UTF-8",
            html([right.as_bytes(), b"\xc3\x28\xff\xed\xa0\x80\xf8\x88"].concat()),
            Outcome::Article(|article| {
                assert_eq!(article.title.as_deref(), Some(TITLE));
                assert_eq!(codes(article), ["charset_replaced"]);
            }),
        ),
        row(
            "half a letter amid the text",
            html(page(TITLE, "<p>Bộ @ tế</p>").replace('@', "\u{fffd}")),
            Outcome::Article(|article| {
                let text = "Bộ \u{fffd} tế".to_owned();
                assert_eq!(article.blocks, [Block::Paragraph { text }]);
            }),
        ),
    ];
    let rows: Vec<Row> = rows;
    crawl_rows(Platform::Liferay, rows, 1);
}
