//! The columns of the tables that hold the parts of articles.

use super::{Column, Kind, column};
use crate::lang::words;

/// `images.csv`: one row a picture, or a caption whose picture is missing.
#[rustfmt::skip]
pub const IMAGE_COLUMNS: [Column; 10] = [
    column("key", Kind::Text, words("Key", "Mã bài"),
        words("the article's `key`",
              "`key` của bài")),
    column("position", Kind::Number, words("Number", "Số thứ tự"),
        words("place in the article, from 1",
              "vị trí trong bài, từ 1")),
    column("url", Kind::Text, words("Address", "Đường dẫn"),
        words("address in the page; empty when only a caption is there",
              "địa chỉ trong trang; để trống nếu chỉ có chú thích")),
    column("original_url", Kind::Text, words("Address of the original", "Đường dẫn ảnh gốc"),
        words("address of the original where the profile knows how to get from a thumbnail to it",
              "địa chỉ ảnh gốc, khi biết cách suy ra từ ảnh thu nhỏ")),
    column("alt", Kind::Text, words("Alternative text", "Văn bản thay thế"),
        words("alternative text",
              "văn bản thay thế")),
    column("caption", Kind::Text, words("Caption", "Chú thích ảnh"),
        words("caption without credit",
              "chú thích, không kèm tên người chụp")),
    column("credit", Kind::Text, words("Credit", "Nguồn ảnh"),
        words("credit without the word before it: `K.V`",
              "người chụp, bỏ chữ đứng trước: `K.V`")),
    column("caption_raw", Kind::Text, words("Caption as printed", "Chú thích như in"),
        words("caption line as the page prints it",
              "dòng chú thích đúng như trang in")),
    column("after_block", Kind::Number, words("After block", "Sau khối"),
        words("number of blocks other than pictures before it, 0 at the very beginning",
              "số khối (không kể ảnh) đứng trước, 0 là ngay đầu bài")),
    column("inferred", Kind::Boolean, words("Inferred", "Suy đoán"),
        words("true when no markup ties this caption to a picture, or no picture to the caption",
              "true nếu không có mã nào nối chú thích với ảnh")),
];

/// `related.csv`: one row a title under "Tin liên quan".
#[rustfmt::skip]
pub const RELATED_COLUMNS: [Column; 5] = [
    column("key", Kind::Text, words("Key", "Mã bài"),
        words("`key` of the article that prints the list",
              "`key` của bài có danh sách này")),
    column("position", Kind::Number, words("Number", "Số thứ tự"),
        words("place in the list, from 1",
              "vị trí trong danh sách, từ 1")),
    column("title", Kind::Text, words("Related title", "Tin liên quan"),
        words("title as listed, leading dash dropped",
              "tiêu đề trong danh sách, bỏ gạch đầu dòng")),
    column("url", Kind::Text, words("Address", "Đường dẫn"),
        words("its link; empty when the page has none",
              "liên kết; để trống nếu trang không có")),
    column("related_key", Kind::Text, words("Key of the related article", "Mã bài liên quan"),
        words("`key` of the article that it leads to, where the link tells",
              "`key` của bài được dẫn tới, khi liên kết cho biết")),
];

/// `attachments.csv`: one row a file that an article offers.
#[rustfmt::skip]
pub const ATTACHMENT_COLUMNS: [Column; 5] = [
    column("key", Kind::Text, words("Key", "Mã bài"),
        words("the article's `key`",
              "`key` của bài")),
    column("position", Kind::Number, words("Number", "Số thứ tự"),
        words("place in the article, from 1",
              "vị trí trong bài, từ 1")),
    column("label", Kind::Text, words("Attachment", "Tệp đính kèm"),
        words("words of the link, or the line that promises the file",
              "chữ của liên kết, hoặc dòng hứa có tệp")),
    column("url", Kind::Text, words("Address", "Đường dẫn"),
        words("its address; empty when the page promises a file but the link is lost",
              "địa chỉ; để trống nếu trang hứa có tệp nhưng liên kết đã mất")),
    column("media_type", Kind::Text, words("Media type", "Loại tệp"),
        words("media type guessed from the ending of the file name",
              "loại tệp đoán theo đuôi tên")),
];

/// `listings.csv`: one row an article and section that listed it, as its newest listing said.
#[rustfmt::skip]
pub const LISTING_COLUMNS: [Column; 10] = [
    column("key", Kind::Text, words("Key", "Mã bài"),
        words("the article's `key`",
              "`key` của bài")),
    column("section", Kind::Text, words("Section", "Chuyên mục"),
        words("section of the listing; empty for a listing that stands beside another article",
              "mục của danh sách; để trống nếu danh sách đứng cạnh một bài khác")),
    column("position", Kind::Number, words("Number", "Số thứ tự"),
        words("place in the listing page, from 1",
              "vị trí trong trang danh sách, từ 1")),
    column("title", Kind::Text, words("Title", "Tiêu đề"),
        words("title as listed",
              "tiêu đề trong danh sách")),
    column("stamp_raw", Kind::Text, words("Date as printed", "Ngày giờ như in"),
        words("date stamp as listed",
              "ngày giờ đúng như danh sách in")),
    column("published_utc", Kind::TimeUtc, words("Published (UTC)", "Thời điểm đăng (UTC)"),
        words("moment of the stamp in UTC",
              "thời điểm ấy theo giờ UTC")),
    column("published_at", Kind::TimeVietnam, words("Published (+07:00)", "Thời điểm đăng (+07:00)"),
        words("the same moment in Vietnam's time",
              "cùng thời điểm ấy theo giờ Việt Nam")),
    column("abstract", Kind::Text, words("Abstract", "Tóm tắt"),
        words("abstract as listed, without a stamp glued to it",
              "tóm tắt trong danh sách, bỏ ngày giờ dính vào")),
    column("abstract_cut", Kind::Boolean, words("Abstract cut", "Tóm tắt bị cắt"),
        words("true when the site itself cut the abstract (it ends in three dots); empty without abstract",
              "true nếu chính trang đã cắt tóm tắt (kết bằng ba chấm); để trống nếu không có tóm tắt")),
    column("capture", Kind::Text, words("Archive file", "Bản lưu"),
        words("capture of the listing: WARC file, `#`, first byte of the record in that file",
              "lần thu danh sách: tệp WARC, `#`, byte đầu tiên của bản ghi trong tệp ấy")),
];
