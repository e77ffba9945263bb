//! The columns of the tables that hold what happened to articles.

use super::{Column, Kind, column};
use crate::lang::words;

/// `versions.csv`: one row a version of an article.
#[rustfmt::skip]
pub const VERSION_COLUMNS: [Column; 11] = [
    column("key", Kind::Text, words("Key", "Mã bài"),
        words("the article's `key`",
              "`key` của bài")),
    column("number", Kind::Number, words("Version", "Phiên bản"),
        words("number of the version, from 1, oldest first",
              "số thứ tự phiên bản, từ 1, cũ nhất trước")),
    column("title", Kind::Text, words("Title", "Tiêu đề"),
        words("headline of this version",
              "tiêu đề của phiên bản này")),
    column("first_seen_utc", Kind::TimeUtc, words("First seen (UTC)", "Thấy lần đầu (UTC)"),
        words("first capture that showed this version",
              "lần thu đầu tiên có phiên bản này")),
    column("last_seen_utc", Kind::TimeUtc, words("Last seen (UTC)", "Thấy lần cuối (UTC)"),
        words("last capture that showed it before another version came",
              "lần thu cuối cùng còn phiên bản này, trước khi có phiên bản khác")),
    column("content_digest", Kind::Text, words("Content digest", "Mã băm nội dung"),
        words("SHA-256, hex, over what makes a version (docs/fields.md); equal digests are equal contents",
              "SHA-256, hệ mười sáu, của những gì tạo nên một phiên bản (docs/fields.md); mã bằng nhau là nội dung như nhau")),
    column("fields", Kind::Text, words("Changed fields", "Phần thay đổi"),
        words("what differs from the version before, joined by `; `: `title`, `lead`, `published`, `text`, `captions`, `source`, `attachments`; empty for the first version",
              "phần khác với phiên bản trước, cách nhau bởi `; `: `title`, `lead`, `published`, `text`, `captions`, `source`, `attachments`; để trống ở phiên bản đầu")),
    column("sequence", Kind::Number, words("Capture number", "Số thứ tự lần thu"),
        words("number of the capture that this version was read from; it orders captures, whatever the clock said",
              "số thứ tự của lần thu mà phiên bản này được đọc từ đó; dùng để xếp thứ tự các lần thu, bất kể đồng hồ")),
    column("warc_file", Kind::Text, words("Archive file", "Bản lưu"),
        words("WARC file that holds this capture",
              "tệp WARC chứa lần thu ấy")),
    column("warc_offset", Kind::Number, words("Place in archive file", "Vị trí trong bản lưu"),
        words("first byte of the record in that file",
              "byte đầu tiên của bản ghi trong tệp ấy")),
    column("warc_record_id", Kind::Text, words("Archive record", "Bản ghi lưu"),
        words("`WARC-Record-ID` without angle brackets",
              "`WARC-Record-ID`, không có ngoặc nhọn")),
];

/// `changes.csv`: one row a thing that happened to an article.
#[rustfmt::skip]
pub const CHANGE_COLUMNS: [Column; 9] = [
    column("key", Kind::Text, words("Key", "Mã bài"),
        words("the article's `key`",
              "`key` của bài")),
    column("change", Kind::Text, words("Change", "Thay đổi"),
        words("`new` (first read, or first listed while it was never read), `changed` (a new version), `gone` (404, 410, or answered with nothing there), `back` (seen again after it was gone)",
              "`new` (đọc được lần đầu, hoặc mới thấy trong danh sách mà chưa đọc được), `changed` (có phiên bản mới), `gone` (404, 410, hoặc có trả lời nhưng không còn gì), `back` (mất rồi lại có)")),
    column("fields", Kind::Text, words("Changed fields", "Phần thay đổi"),
        words("of `changed`: what differs from the version before, as in versions.csv",
              "với `changed`: phần khác với phiên bản trước, như trong versions.csv")),
    column("version", Kind::Number, words("Version", "Phiên bản"),
        words("`number` in versions.csv of the version that began; empty for `gone`, `back`, and what was only listed",
              "`number` trong versions.csv của phiên bản bắt đầu từ đây; để trống với `gone`, `back` và bài mới thấy trong danh sách")),
    column("seen_utc", Kind::TimeUtc, words("Seen (UTC)", "Lúc thấy (UTC)"),
        words("when the capture was asked that showed it; the ministry did it at some time before",
              "thời điểm hỏi của lần thu cho thấy thay đổi; bộ đã làm việc đó trước thời điểm này")),
    column("sequence", Kind::Number, words("Capture number", "Số thứ tự lần thu"),
        words("number of that capture; sort by it to have changes in the order in which they were seen, whatever the clock said",
              "số thứ tự của lần thu ấy; xếp theo cột này để có đúng thứ tự đã thấy, bất kể đồng hồ")),
    column("warc_file", Kind::Text, words("Archive file", "Bản lưu"),
        words("WARC file that holds this capture",
              "tệp WARC chứa lần thu ấy")),
    column("warc_offset", Kind::Number, words("Place in archive file", "Vị trí trong bản lưu"),
        words("first byte of the record in that file",
              "byte đầu tiên của bản ghi trong tệp ấy")),
    column("warc_record_id", Kind::Text, words("Archive record", "Bản ghi lưu"),
        words("`WARC-Record-ID` without angle brackets",
              "`WARC-Record-ID`, không có ngoặc nhọn")),
];
