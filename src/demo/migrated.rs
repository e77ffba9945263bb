//! Articles that the portal took over from the Liferay half, years ago: what happens to titles, days and
//! texts on the way, one case an article. Made by hand, so that tests know what is one work and what is not.
//! Nobody in them lives; every title says "giả lập".

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use super::article::{DemoArticle, LiferayPlace, Piece, PortalPlace, Run};
use super::ministry::Ministry;

/// Where the Liferay half shows all of them.
const SECTION: &str = "tin-tong-hop";
/// The portal's category of the same name.
const CATEGORY: u32 = 8356;

/// One article on one or both halves.
struct Migrated {
    title: &'static str,
    /// Year, month, day, hour, minute.
    published: (i32, u32, u32, u32, u32),
    /// First paragraph; [`COMMON`] follows where `is_long`.
    text: &'static str,
    is_long: bool,
    slug: Option<&'static str>,
    aid: Option<u64>,
}

/// Follows the first paragraph of a long article: with it a text has more than 100 words.
const COMMON: &str = "Bản tin giả lập này do máy tạo ra để thử phần mềm lưu trữ tin tức, không phải tin thật. \
    Theo kế hoạch, các đơn vị trong tỉnh Giả Định tiếp tục rà soát cơ sở vật chất, bổ sung trang thiết bị, \
    đào tạo lại cán bộ và tổ chức truyền thông tới từng hộ gia đình ở xã Ví Dụ và huyện Thử Nghiệm. Kết quả sẽ \
    được tổng hợp vào cuối năm, gửi về cơ quan quản lý và công bố cho người dân cùng theo dõi.";

#[rustfmt::skip]
const ARTICLES: [Migrated; 13] = [
    // Taken over as it was.
    Migrated {
        title: "Giả lập: khánh thành Trạm Y tế xã Ví Dụ", published: (2012, 5, 14, 8, 30), is_long: true,
        text: "Sáng 14/5, Trạm Y tế xã Ví Dụ được khánh thành với mười hai phòng khám và một vườn thuốc nam.",
        slug: Some("khanh-thanh-tram-y-te"), aid: Some(100_001),
    },
    // The portal writes the title in capitals, without quotes, with the tone on the other vowel, and later.
    Migrated {
        title: "Trung tâm Mô Phỏng “hòa giải” vướng mắc về khám bệnh (giả lập)", published: (2013, 9, 2, 9, 5), is_long: true,
        text: "Ngày 2/9, Trung tâm Mô Phỏng họp bàn với người bệnh về thủ tục khám chữa bệnh ban đầu.",
        slug: Some("hoa-giai-vuong-mac"), aid: None,
    },
    Migrated {
        title: "TRUNG TÂM MÔ PHỎNG HOÀ GIẢI VƯỚNG MẮC VỀ KHÁM BỆNH (GIẢ LẬP)", published: (2013, 9, 2, 22, 40), is_long: true,
        text: "Ngày 2/9, Trung tâm Mô Phỏng họp bàn với người bệnh về thủ tục khám chữa bệnh ban đầu.",
        slug: None, aid: Some(100_002),
    },
    // Another title over the same text.
    Migrated {
        title: "Giả lập: huyện Thử Nghiệm tiêm chủng đủ cho trẻ em", published: (2014, 3, 20, 14, 0), is_long: true,
        text: "Huyện Thử Nghiệm cho biết toàn bộ trẻ em trong độ tuổi đã được tiêm đủ các mũi theo lịch.",
        slug: Some("tiem-chung-cho-tre-em"), aid: None,
    },
    Migrated {
        title: "Giả lập: trẻ em huyện Thử Nghiệm đã tiêm đủ các mũi", published: (2014, 3, 20, 14, 0), is_long: true,
        text: "Huyện Thử Nghiệm cho biết toàn bộ trẻ em trong độ tuổi đã được tiêm đủ các mũi theo lịch.",
        slug: None, aid: Some(100_003),
    },
    // A slip of the text was mended.
    Migrated {
        title: "Giả lập: tập huấn cấp cứu tại tỉnh Mẫu Thử", published: (2015, 7, 8, 10, 15), is_long: true,
        text: "Tám mươi cán bộ tỉnh Mẫu Thử được tập huấn cấp cứu ngoại viện trong ba ngày, tử ngày 6/7.",
        slug: Some("tap-huan-cap-cuu"), aid: None,
    },
    Migrated {
        title: "Giả lập: tập huấn cấp cứu tại tỉnh Mẫu Thử", published: (2015, 7, 8, 10, 15), is_long: true,
        text: "Tám mươi cán bộ tỉnh Mẫu Thử được tập huấn cấp cứu ngoại viện trong ba ngày, từ ngày 6/7.",
        slug: None, aid: Some(100_004),
    },
    // The same title a month later is another notice.
    Migrated {
        title: "Thông báo lịch trực cấp cứu (giả lập)", published: (2016, 1, 4, 7, 45), is_long: true,
        text: "Tháng Một, Bệnh viện Đa khoa Giả Định trực cấp cứu cả ngày và đêm tại nhà A, kể cả ngày lễ.",
        slug: Some("lich-truc-cap-cuu"), aid: None,
    },
    Migrated {
        title: "Thông báo lịch trực cấp cứu (giả lập)", published: (2016, 2, 4, 7, 45), is_long: true,
        text: "Tháng Hai, Bệnh viện Đa khoa Giả Định trực cấp cứu tại nhà B, nhà A sửa chữa đến hết tháng.",
        slug: None, aid: Some(100_005),
    },
    // Two of one title and day, and the portal has one of that title and day: nobody knows which.
    Migrated {
        title: "Mời chào giá vật tư (giả lập)", published: (2017, 6, 1, 8, 0), is_long: false,
        text: "Viện Nghiên cứu Mô Phỏng mời chào giá găng tay.",
        slug: Some("moi-chao-gia"), aid: None,
    },
    Migrated {
        title: "Mời chào giá vật tư (giả lập)", published: (2017, 6, 1, 15, 0), is_long: false,
        text: "Viện Nghiên cứu Mô Phỏng mời chào giá khẩu trang.",
        slug: Some("moi-chao-gia-1"), aid: None,
    },
    Migrated {
        title: "Mời chào giá vật tư (giả lập)", published: (2017, 6, 1, 0, 0), is_long: false,
        text: "Mời xem tệp đính kèm.",
        slug: None, aid: Some(100_006),
    },
    // A form under another title: its text is that of 100006, and so is many an other's.
    Migrated {
        title: "Giả lập: công khai dự toán năm 2018", published: (2018, 1, 15, 16, 30), is_long: false,
        text: "Mời xem tệp đính kèm.",
        slug: Some("cong-khai-du-toan"), aid: None,
    },
];

impl Ministry {
    /// Puts the articles that the portal took over from the Liferay half into a ministry that has none of
    /// them yet: eight keys on the one, `demo:liferay:…`, and six on the other, `demo:portal:100001` and on,
    /// each below everything generated.
    pub(super) fn take_over(&mut self) {
        for one in &ARTICLES {
            let number = self.next_number();
            self.insert(article(number, one));
        }
        self.reorder();
    }
}

fn article(number: u64, one: &Migrated) -> DemoArticle {
    let published = time(one.published);
    let paragraph = |text: &str| Piece::Paragraph(vec![Run::Text(text.to_owned())]);
    let paragraphs = std::iter::once(one.text).chain(one.is_long.then_some(COMMON));
    DemoArticle {
        number,
        title: one.title.to_owned(),
        lead: None,
        published,
        pieces: paragraphs.map(paragraph).collect(),
        source: None,
        related: Vec::new(),
        liferay: one.slug.map(|slug| LiferayPlace {
            slug: slug.to_owned(),
            pages: vec![SECTION.to_owned()],
            foreign_links: false,
        }),
        portal: one.aid.map(|aid| PortalPlace {
            aid,
            categories: vec![CATEGORY],
        }),
        changed: DateTime::<Utc>::from_naive_utc_and_offset(super::text::to_utc(published), Utc),
        gone: None,
    }
}

fn time((year, month, day, hour, minute): (i32, u32, u32, u32, u32)) -> NaiveDateTime {
    let day = NaiveDate::from_ymd_opt(year, month, day);
    day.and_then(|day| day.and_hms_opt(hour, minute, 0))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_is_there_under_its_own_name_and_can_not_be_taken_for_news() {
        let mut ministry = Ministry::new(1, 40);
        let before = ministry.expected();
        ministry.take_over();
        let after = ministry.expected();
        let new: Vec<&str> = after
            .iter()
            .map(|expected| expected.key.as_str())
            .filter(|key| before.iter().all(|known| known.key != **key))
            .collect();
        assert_eq!(
            new,
            [
                "demo:liferay:cong-khai-du-toan",
                "demo:liferay:hoa-giai-vuong-mac",
                "demo:liferay:khanh-thanh-tram-y-te",
                "demo:liferay:lich-truc-cap-cuu",
                "demo:liferay:moi-chao-gia",
                "demo:liferay:moi-chao-gia-1",
                "demo:liferay:tap-huan-cap-cuu",
                "demo:liferay:tiem-chung-cho-tre-em",
                "demo:portal:100001",
                "demo:portal:100002",
                "demo:portal:100003",
                "demo:portal:100004",
                "demo:portal:100005",
                "demo:portal:100006",
            ]
        );
        for one in &ARTICLES {
            assert!(
                one.title.to_lowercase().contains("giả lập"),
                "{}",
                one.title
            );
        }
        let words = |one: &Migrated| one.text.split(' ').count();
        let common = COMMON.split(' ').count();
        let long = ARTICLES.iter().filter(|one| one.is_long);
        assert!(
            long.clone().all(|one| words(one) + common > 100),
            "{common}"
        );
    }
}
