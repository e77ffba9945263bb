//! What people call the tables, and what a row of each is: for sheets and their first page.

use super::row::Table;
use crate::lang::{Words, words};

impl Table {
    /// What people call it.
    pub fn label(self) -> Words {
        match self {
            Self::Articles => words("Articles", "Bài viết"),
            Self::Images => words("Images", "Ảnh"),
            Self::Related => words("Related", "Tin liên quan"),
            Self::Attachments => words("Attachments", "Tệp đính kèm"),
            Self::Listings => words("Listings", "Danh sách"),
            Self::Versions => words("Versions", "Phiên bản"),
            Self::Changes => words("Changes", "Thay đổi"),
        }
    }

    /// What a row is.
    pub fn about(self) -> Words {
        match self {
            Self::Articles => words("one row an article", "mỗi dòng một bài"),
            Self::Images => words(
                "one row a picture, or a caption whose picture is missing",
                "mỗi dòng một ảnh, hoặc một chú thích thiếu ảnh",
            ),
            Self::Related => words(
                "one row a title under \"Tin liên quan\"",
                "mỗi dòng một tiêu đề dưới \"Tin liên quan\"",
            ),
            Self::Attachments => words(
                "one row a file that an article offers",
                "mỗi dòng một tệp đính kèm",
            ),
            Self::Listings => words(
                "one row an article and section that listed it",
                "mỗi dòng một bài trong một mục",
            ),
            Self::Versions => words("one row a version", "mỗi dòng một phiên bản"),
            Self::Changes => words(
                "one row a thing that happened to an article",
                "mỗi dòng một việc xảy ra với bài",
            ),
        }
    }
}
