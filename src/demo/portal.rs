//! The portal half: the ministry's state and a JSON request in, a JSON answer out. Pure functions.
//!
//! Names and shapes are those of dossier, section 7. Unknown categories give an empty array,
//! unknown or deleted articles `{"d":null}`.

use serde_json::{Map, Value, json};

use super::article::{DemoArticle, Platform, PortalPlace};
use super::body;
use super::ministry::Ministry;
use super::places::{self, Category};
use super::text;

/// Items of a listing whose request names no `PAGE_SIZE`.
const DEFAULT_ITEMS: usize = 10;

/// Endpoint of listings, as it stands in `/bridge?url=…`.
pub const LISTING_ENDPOINT: &str = "/portal/api/lay_bai_viet_theo_danh_muc";
/// Endpoint of articles.
pub const DETAIL_ENDPOINT: &str = "/portal/api/layChiTietBaiViet";

/// Answers a listing request: one group, newest first, `PAGE_SIZE` items at most.
pub(super) fn listing(ministry: &Ministry, asked: &Value) -> Value {
    let id = number_of(asked, "MA_DANH_MUC").and_then(|id| u32::try_from(id).ok());
    let Some(category) = id.and_then(places::category) else {
        return json!([]);
    };
    let size = number_of(asked, "PAGE_SIZE").map(usize::try_from);
    let size = size.and_then(Result::ok).unwrap_or(DEFAULT_ITEMS);
    let items: Vec<Value> = ministry
        .in_category(category.id)
        .filter_map(|article| Some(item(article, article.portal.as_ref()?)))
        .take(size)
        .collect();
    json!([{ "MA": category.id, "TEN_MUC": category.name, "ITEMS": items }])
}

/// Answers a detail request.
pub(super) fn detail(ministry: &Ministry, asked: &Value) -> Value {
    let article = number_of(asked, "maBaiViet")
        .and_then(|aid| ministry.by_aid(aid))
        .filter(|article| article.gone.is_none());
    let Some((article, place)) =
        article.and_then(|article| Some((article, article.portal.as_ref()?)))
    else {
        return json!({ "d": null });
    };
    let stamp = text::portal_stamp(article.published);
    let mut content = body::html(article, Platform::Portal, ministry.noise());
    if article.number.is_multiple_of(3) {
        content = format!("<html><head><title></title></head><body>{content}</body></html>");
    }
    let names: Vec<String> = categories_of(place)
        .map(|category| format!("{} ({})", category.name, category.parent))
        .collect();
    let mut fields = Map::new();
    fields.insert("ma".to_owned(), json!(place.aid));
    fields.insert("tieuDe".to_owned(), json!(article.title));
    fields.insert("moTa".to_owned(), json!(lead_html(article)));
    fields.insert("noiDung".to_owned(), json!(content));
    fields.insert("thoiGianBatDauDang".to_owned(), json!(stamp));
    fields.insert("thoiGianXuatBan".to_owned(), json!(stamp));
    fields.insert("tenDanhMuc".to_owned(), json!(names.join("; ")));
    json!({ "d": fields })
}

/// The page that people get: an empty shell that a script would fill.
pub(super) fn shell() -> String {
    "<!DOCTYPE html>\n<html lang=\"vi\">\n<head>\n<meta charset=\"UTF-8\">\n<title>Cổng thông tin \
     giả lập</title>\n<script src=\"/static/app.js\" defer></script>\n</head>\n<body>\n\
     <div id=\"app\"></div>\n<noscript>Trang này cần JavaScript.</noscript>\n</body>\n</html>\n"
        .to_owned()
}

fn item(article: &DemoArticle, place: &PortalPlace) -> Value {
    let ids: Vec<String> = place.categories.iter().map(u32::to_string).collect();
    let day = article.published.format("%Y/%-m/%-d");
    json!({
        "MA": place.aid,
        "TIEU_DE": article.title,
        "MO_TA": article.lead.clone().unwrap_or_default(),
        "MA_DANH_MUC": ids.join(";"),
        "THOI_GIAN_XUAT_BAN": text::portal_stamp(article.published),
        "DUONG_DAN_ANH": format!("/CustomsCMS/BO_YTE/{day}/{}.jpg", place.aid),
    })
}

/// `moTa`: plain text, in every fourth article a paragraph; empty without a lead.
fn lead_html(article: &DemoArticle) -> String {
    let lead = article
        .lead
        .as_deref()
        .map(text::escape)
        .unwrap_or_default();
    if article.number.is_multiple_of(4) && !lead.is_empty() {
        format!("<p>{lead}</p>")
    } else {
        lead
    }
}

fn categories_of(place: &PortalPlace) -> impl Iterator<Item = &'static Category> {
    place
        .categories
        .iter()
        .filter_map(|id| places::category(*id))
}

/// A number, or text that is one: clients send both.
fn number_of(asked: &Value, name: &str) -> Option<u64> {
    let value = asked.get(name)?;
    value
        .as_u64()
        .or_else(|| value.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listings_are_cut_to_the_page_size_and_begin_with_the_newest() {
        let ministry = Ministry::new(1, 200);
        let ask = |size: u64| {
            let asked = json!({ "MA_DANH_MUC": 8351, "PAGE_SIZE": size });
            let answer = listing(&ministry, &asked);
            answer[0]["ITEMS"].as_array().unwrap().clone()
        };
        let (few, many) = (ask(5), ask(1000));
        assert_eq!(few.len(), 5);
        assert_eq!(few, many[..5]);
        assert_eq!(many.len(), ministry.in_category(8351).count());
        assert_eq!(
            listing(&ministry, &json!({ "MA_DANH_MUC": "1" })),
            json!([])
        );
    }

    #[test]
    fn an_article_of_two_categories_is_in_both_under_one_id() {
        let ministry = Ministry::new(1, 200);
        let asked = json!({ "MA_DANH_MUC": "8358", "PAGE_SIZE": 1 });
        let highlight = listing(&ministry, &asked)[0]["ITEMS"][0].clone();
        let ids = highlight["MA_DANH_MUC"].as_str().unwrap();
        let (home, rest) = ids.split_once(';').unwrap();
        assert_eq!(rest, "8358");
        let asked = json!({ "MA_DANH_MUC": home, "PAGE_SIZE": 1000 });
        let at_home = listing(&ministry, &asked);
        assert!(at_home[0]["ITEMS"].as_array().unwrap().contains(&highlight));
        let names = detail(
            &ministry,
            &json!({ "maBaiViet": highlight["MA"], "maDanhMuc": 8358 }),
        );
        let names = names["d"]["tenDanhMuc"].as_str().unwrap().to_owned();
        assert!(
            names.ends_with("; Tin nổi bật (Tin tức - sự kiện)"),
            "{names}"
        );
    }

    #[test]
    fn unknown_articles_are_null() {
        let ministry = Ministry::new(1, 4);
        assert_eq!(
            detail(&ministry, &json!({ "maBaiViet": 1 })),
            json!({ "d": null })
        );
        assert_eq!(detail(&ministry, &json!([])), json!({ "d": null }));
    }
}
