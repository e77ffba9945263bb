use serde_json::json;

use super::*;
use crate::Lang;

fn article() -> Article {
    let mut article: Article = serde_json::from_value(json!({
        "key": "moh:liferay:a", "site": "moh", "platform": "liferay", "url": "https://moh.gov.vn/a",
        "aliases": [], "sections": ["tin-tong-hop", "Sức khỏe"],
        "title": "Hội nghị về\u{1b}[2J sức khỏe", "lead": "Ngày 16/6, tại TP.HCM.",
        "published": {
            "at": "2023-06-17T21:00:00+07:00", "utc": "2023-06-17T14:00:00Z", "raw": "17/06/2023 | 21:00 PM",
            "precision": "minute", "zone": "rule", "from": "article", "flags": ["marker_redundant"],
        },
        "listed": [],
        "blocks": [
            { "type": "paragraph", "text": "Dòng một.\nDòng hai." },
            { "type": "heading", "text": "Mục", "level": 2 },
            { "type": "list", "ordered": true, "items": ["một hai ba bốn năm sáu", "hai"] },
            { "type": "list", "ordered": false, "items": ["a"] },
            { "type": "quote", "text": "Lời nói." },
            { "type": "table", "rows": [["Tỉnh", "Số"], ["Hà Nội", "1"]] },
            { "type": "image", "position": 1 },
            { "type": "embed", "position": 1 },
        ],
        "text": "…",
        "images": [{
            "position": 1, "url": "https://moh.gov.vn/thumb.jpg", "original_url": "https://moh.gov.vn/a.jpg",
            "alt": null, "caption": "Thứ trưởng phát biểu.", "credit": "K.V",
            "caption_raw": "Thứ trưởng phát biểu. Ảnh: K.V", "after_block": 0, "inferred": false,
        }],
        "related": [
            { "position": 1, "title": "Tin một", "url": null, "key": "moh:liferay:b" },
            { "position": 2, "title": "Tin hai", "url": null, "key": null },
        ],
        "attachments": [{ "url": null, "label": "Báo cáo số 1518", "media_type": null }],
        "links": [],
        "embeds": [{ "position": 1, "kind": "iframe", "url": "https://video.vn/1" }],
        "source": { "name": "SKĐS", "url": null, "raw": "Theo: SKĐS", "is_reprint": true },
        "author": null, "language": "vi", "content_digest": null, "versions": [], "state": "live",
        "states": [{ "state": "live", "since": "2026-11-22T01:00:00.000000Z", "capture": 1 }],
        "first_seen": "2026-11-22T01:00:00.000000Z", "last_seen": "2026-11-22T01:00:00.000000Z",
        "captures": [], "profile": { "site": "moh", "layout": null, "digest": "d" }, "evidence": {},
        "flags": ["listing_date_gap"],
        "warnings": [{ "code": "no_author", "detail": "nothing found" }],
        "synthetic": false,
    }))
    .unwrap();
    article.captures = serde_json::from_value(json!([{
        "sequence": 1, "used_as": "article", "request_url": "https://moh.gov.vn/a",
        "time": "2026-11-22T01:00:00.000000Z", "status": 200, "via": "direct", "payload_sha1": "A",
        "payload_sha256": "abc", "warc_file": "khotin.warc.gz", "warc_offset": 7, "warc_record_id": "urn:uuid:1",
    }]))
    .unwrap();
    article
}

fn page(article: &Article, lang: Lang, terminal: Terminal) -> String {
    let mut out = Vec::new();
    write_page(&mut out, article, lang, terminal).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_pipe_gets_a_page_in_vietnamese_a_line_a_paragraph() {
    let expected = "\
Hội nghị về [2J sức khỏe
Thứ Bảy, 17/06/2023, 21:00

Ngày 16/6, tại TP.HCM.

Dòng một.
Dòng hai.

## Mục

  1. một hai ba bốn năm sáu
  2. hai

  - a

  │ Lời nói.

| Tỉnh   | Số |
| Hà Nội | 1  |

[Ảnh 1] Thứ trưởng phát biểu. Ảnh: K.V
    https://moh.gov.vn/a.jpg

[Nội dung nhúng 1] https://video.vn/1

──────────────
Nguồn tin     Theo: SKĐS (bài đăng lại)
Ngày đăng     Thứ Bảy, 17/06/2023, 21:00 (+07:00); trên trang: 17/06/2023 | 21:00 PM marker_redundant
Trạng thái    đang có trên trang, từ 2026-11-22; số phiên bản: 0
Chuyên mục    tin-tong-hop; Sức khỏe
Mã bài        moh:liferay:a
Đường dẫn     https://moh.gov.vn/a
Dấu hiệu      listing_date_gap

Tin liên quan
  - Tin một
    moh:liferay:b
  - Tin hai

Tệp đính kèm
  - Báo cáo số 1518
    (mất đường dẫn)

Cảnh báo
  - no_author: nothing found

Bản lưu làm bằng chứng
  - 2026-11-22T01:00:00.000000Z HTTP 200
    khotin.warc.gz từ byte 7 urn:uuid:1
    sha256:abc
";
    assert_eq!(page(&article(), Lang::Vi, Terminal::PIPE), expected);
}

#[test]
fn labels_are_english_too_and_what_is_not_known_is_said() {
    let article = Article {
        title: None,
        published: None,
        text: None,
        source: None,
        related: Vec::new(),
        attachments: Vec::new(),
        warnings: Vec::new(),
        flags: Vec::new(),
        lead: None,
        state: crate::model::State::Listed,
        synthetic: true,
        ..article()
    };
    let expected = "\
SYNTHETIC / DỮ LIỆU GIẢ LẬP: made up by the demo ministry, never news

(no title)
date unknown

(only a listing is known; the article itself was not read yet)

──────────────
Published     date unknown
State         known from a listing only, since 2026-11-22; versions: 0
Sections      tin-tong-hop; Sức khỏe
Key           moh:liferay:a
Address       https://moh.gov.vn/a

Captures that prove it
  - 2026-11-22T01:00:00.000000Z HTTP 200
    khotin.warc.gz at byte 7 urn:uuid:1
    sha256:abc
";
    assert_eq!(page(&article, Lang::En, Terminal::PIPE), expected);
}

#[test]
fn a_partner_is_told_with_what_was_compared() {
    let mut article = article();
    let of = |evidence: serde_json::Value, strength: &str| {
        let partner = json!({ "key": "moh:portal:1", "strength": strength, "evidence": evidence });
        serde_json::from_value(partner).unwrap()
    };
    let title_date = json!({ "title": "hội nghị về sức khỏe", "date": "2023-06-17" });
    let text = json!({ "sha256": "ab", "words": 212 });
    article.same_as = of(json!({ "title_date": title_date, "text": text }), "both");
    let page_of = |article: &Article, lang| page(article, lang, Terminal::PIPE);
    assert!(
        page_of(&article, Lang::Vi).contains(
            "\
Trùng với bài moh:portal:1
              (đề xuất: trùng tiêu đề, ngày đăng và nội dung)
              tiêu đề và ngày đăng: 2023-06-17, hội nghị về sức khỏe
              nội dung: 212 từ, sha256:ab
"
        ),
        "{}",
        page_of(&article, Lang::Vi)
    );
    article.same_as = of(json!({ "title_date": null, "text": text }), "text");
    assert!(
        page_of(&article, Lang::En).contains(
            "\
Address       https://moh.gov.vn/a
Same work     moh:portal:1
              (a proposal: the text is equal, title or day is not)
              text: 212 words, sha256:ab
Flags "
        ),
        "{}",
        page_of(&article, Lang::En)
    );
}

#[test]
fn a_terminal_gets_lines_of_its_width_and_what_stands_out_is_bold() {
    let terminal = Terminal {
        width: Some(23),
        is_styled: true,
    };
    let page = page(&article(), Lang::En, terminal);
    let bold = |word: &str| format!("\u{1b}[1m{word}\u{1b}[0m");
    let title = ["Hội", "nghị", "về", "[2J", "sức"].map(bold).join(" ");
    assert!(
        page.starts_with(&format!("{title}\n{}\n", bold("khỏe"))),
        "{page}"
    );
    assert!(
        page.contains("\u{1b}[2mSaturday\u{1b}[0m \u{1b}[2m17\u{1b}[0m"),
        "{page}"
    );
    assert!(
        page.contains("  1. một hai ba bốn năm\n     sáu\n"),
        "{page}"
    );
    assert!(page.contains("| Tỉnh   | Số |\n"), "it fits: {page}");
    assert!(
        page.contains("Sections      tin-tong-hop;\n              Sức khỏe\n"),
        "{page}"
    );
    assert!(!page.contains("\u{1b}[2J"), "a code of the web: {page}");
    let narrow = Terminal {
        width: Some(14),
        is_styled: false,
    };
    let page = super::tests::page(&article(), Lang::En, narrow);
    assert!(page.contains("| Tỉnh\n  | Số\n| Hà Nội\n  | 1\n"), "{page}");
    assert!(!page.contains('\u{1b}'), "{page}");
}

#[test]
fn a_day_is_written_as_people_of_its_language_do() {
    let article = article();
    let published = article.published.unwrap();
    let day = crate::model::Published {
        at: "2026-01-05T00:00:00+07:00".to_owned(),
        precision: crate::model::Precision::Day,
        flags: Vec::new(),
        raw: "05/01/2026".to_owned(),
        ..published
    };
    assert_eq!(day_and_time(&day, Lang::Vi), "Thứ Hai, 05/01/2026");
    assert_eq!(day_and_time(&day, Lang::En), "Monday 5 January 2026");
    let line = day::published_line(Some(&day), Lang::En);
    assert_eq!(
        line, "Monday 5 January 2026; on the page: 05/01/2026",
        "no zone where there is no time"
    );
}
