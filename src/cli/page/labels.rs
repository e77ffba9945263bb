//! The words of a page, in both languages.

use crate::lang::{Words, words};
use crate::model::{State, Strength};

/// The first line over an article that nobody ever published.
pub(crate) const SYNTHETIC: Words = words(
    "SYNTHETIC / DỮ LIỆU GIẢ LẬP: made up by the demo ministry, never news",
    "DỮ LIỆU GIẢ LẬP / SYNTHETIC: do bộ giả lập tạo ra, không phải tin thật",
);

pub(super) const NO_TITLE: Words = words("(no title)", "(không có tiêu đề)");
pub(super) const NO_DATE: Words = words("date unknown", "không rõ ngày đăng");
pub(super) const NO_BODY: Words = words(
    "(only a listing is known; the article itself was not read yet)",
    "(mới thấy trong danh sách, chưa đọc được bài)",
);
pub(super) const NO_LINK: Words = words("(the link is lost)", "(mất đường dẫn)");
pub(super) const IMAGE: Words = words("Image", "Ảnh");
pub(super) const CREDIT: Words = words("Photo:", "Ảnh:");
pub(super) const EMBED: Words = words("Embedded", "Nội dung nhúng");
pub(super) const SOURCE: Words = words("Source", "Nguồn tin");
pub(super) const REPRINT: Words = words("(reprint)", "(bài đăng lại)");
pub(super) const AUTHOR: Words = words("Author", "Tác giả");
pub(super) const PUBLISHED: Words = words("Published", "Ngày đăng");
pub(super) const ON_PAGE: Words = words("on the page:", "trên trang:");
pub(super) const STATE: Words = words("State", "Trạng thái");
pub(super) const SINCE: Words = words("since", "từ");
pub(super) const VERSIONS: Words = words("versions", "số phiên bản");
pub(super) const SECTIONS: Words = words("Sections", "Chuyên mục");
pub(super) const SAME_AS: Words = words("Same work", "Trùng với bài");
pub(super) const PROPOSAL: Words = words("a proposal:", "đề xuất:");
pub(super) const TITLE_AND_DAY: Words = words("title and day", "tiêu đề và ngày đăng");
pub(super) const TEXT: Words = words("text", "nội dung");
pub(super) const IN_WORDS: Words = words("words", "từ");
pub(super) const KEY: Words = words("Key", "Mã bài");
pub(super) const URL: Words = words("Address", "Đường dẫn");
pub(super) const FLAGS: Words = words("Flags", "Dấu hiệu");
pub(super) const RELATED: Words = words("Related", "Tin liên quan");
pub(super) const FILES: Words = words("Attachments", "Tệp đính kèm");
pub(super) const WARNINGS: Words = words("Warnings", "Cảnh báo");
pub(super) const CAPTURES: Words = words("Captures that prove it", "Bản lưu làm bằng chứng");
pub(super) const IMPORTED: Words = words(
    "imported out of a foreign file,",
    "nhập từ tệp của người khác,",
);
pub(super) const AT_BYTE: Words = words("at byte", "từ byte");

/// A state, for people.
pub(crate) fn state_words(state: State) -> Words {
    match state {
        State::Listed => words("known from a listing only", "mới thấy trong danh sách"),
        State::Live => words("on the site", "đang có trên trang"),
        State::Gone => words("gone (404 or 410)", "đã bị gỡ (404 hoặc 410)"),
        State::SoftGone => words(
            "gone (the site answers, nothing is there)",
            "không còn (trang trả lời nhưng không có bài)",
        ),
        State::Back => words("back after it was gone", "đã có lại sau khi bị gỡ"),
        State::Withheld => words("withheld", "đang bị hạn chế"),
    }
}

/// Why two articles seem to be one work, for people.
pub(super) fn strength_words(strength: Strength) -> Words {
    match strength {
        Strength::Both => words(
            "title, day and text are equal",
            "trùng tiêu đề, ngày đăng và nội dung",
        ),
        Strength::Text => words(
            "the text is equal, title or day is not",
            "trùng nội dung, khác tiêu đề hoặc ngày đăng",
        ),
        Strength::TitleDate => words(
            "title and day are equal, the text is not or was not compared",
            "trùng tiêu đề và ngày đăng; nội dung khác hoặc không so được",
        ),
    }
}
