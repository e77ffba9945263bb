//! The Liferay half: the ministry's state in, HTML pages out. Pure functions.
//!
//! The markup is that of dossier, sections 2, 4 and 5; [`crate::demo`] lists every class and id
//! that a profile needs.

use super::article::{DemoArticle, LiferayPlace, Platform};
use super::body::{self, push};
use super::expected::summary_of;
use super::ministry::Ministry;
use super::places::{self, BASE, SECTIONS, Section};
use super::text::{self, escape};

/// Items of a full listing page.
pub const PAGE_ITEMS: usize = 20;

/// How a page is asked for: `/{locale}`, and the size that it is filled up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct View<'a> {
    /// Empty, or a locale with its slash: `/en`.
    pub(super) prefix: &'a str,
    /// Least length of an article page in bytes; reached with menu entries.
    pub(super) fill_to: usize,
}

impl View<'_> {
    fn is_english(self) -> bool {
        self.prefix.starts_with("/en")
    }
}

/// Page `number` (from 1) of a section's listing. Beyond the end it has no items.
pub(super) fn listing_page(
    ministry: &Ministry,
    section: &Section,
    number: usize,
    view: View<'_>,
) -> String {
    let mut content = String::new();
    push_listing(&mut content, ministry, section, number, view);
    page(section.name, &content, ministry, view)
}

/// An article's page. With the section's own instance it holds the article alone; with any other
/// it prints the section's listing first and then the article in a portlet of its own.
pub(super) fn article_page(
    ministry: &Ministry,
    article: &DemoArticle,
    place: &LiferayPlace,
    section: &Section,
    instance: &str,
    view: View<'_>,
) -> String {
    let mut content = String::new();
    let portlet_title = if instance == section.instance {
        section.name
    } else {
        push_listing(&mut content, ministry, section, 1, view);
        if view.is_english() {
            "Asset Publisher"
        } else {
            "Xuất bản thông tin"
        }
    };
    push_portlet_start(&mut content, instance, portlet_title);
    push_article(&mut content, ministry, article);
    content.push_str(PORTLET_END);
    let shell = page(&article.title, &content, ministry, view);
    let canonical = places::liferay_url("", section.page, section.instance, &place.slug);
    shell.replacen(
        "</title>",
        &format!("</title>\n<link rel=\"canonical\" href=\"{canonical}\">"),
        1,
    )
}

/// A page that says that there is nothing; its title ends in `/404`.
pub(super) fn missing_page(ministry: &Ministry) -> String {
    let content = "<div class=\"portlet-msg-error\"><h3>Không tìm thấy</h3><p>Trang bạn yêu cầu \
                   không tồn tại.</p></div>";
    let view = View {
        prefix: "",
        fill_to: 0,
    };
    page(&format!("{BASE}/404"), content, ministry, view)
}

/// The front page: links to all sections.
pub(super) fn front_page(ministry: &Ministry) -> String {
    let view = View {
        prefix: "",
        fill_to: 0,
    };
    page("Trang chủ", "<h1>Bộ Y tế giả lập</h1>", ministry, view)
}

/// `DD/MM/YYYY | HH:MM AM`, lead, body, and what stands below.
fn push_article(out: &mut String, ministry: &Ministry, article: &DemoArticle) {
    push(
        out,
        format_args!(
            "<div class=\"contentDetail\">\n<div><h3>{title}</h3></div>\n\
             <div><div><p>{stamp}</p></div><span> | </span></div>\n",
            title = escape(&article.title),
            stamp = text::article_stamp(article.published),
        ),
    );
    if let Some(lead) = &article.lead {
        push(
            out,
            format_args!(
                "<div class=\"sapo\"><strong>{}</strong></div>\n",
                escape(lead)
            ),
        );
    }
    push(
        out,
        format_args!(
            "<div class=\"journal-content-article\">\n{}</div>\n",
            body::html(article, Platform::Liferay, ministry.noise())
        ),
    );
    out.push_str(SHARE_BAR);
    push_related(out, ministry, article);
    out.push_str("</div>\n");
}

/// "Tin liên quan": titles with a dash; links go through a foreign instance.
fn push_related(out: &mut String, ministry: &Ministry, article: &DemoArticle) {
    let mut items = String::new();
    for title in &article.related {
        push(
            &mut items,
            format_args!(
                "<li class=\"asset-links-list-item\">- {}</li>\n",
                escape(title)
            ),
        );
    }
    if article.related.is_empty() {
        for other in ministry.related(article) {
            let Some(place) = &other.liferay else {
                continue;
            };
            let Some(section) = place.pages.first().and_then(|page| places::section(page)) else {
                continue;
            };
            let instance = places::foreign_instance(section);
            let url = places::liferay_url("", section.page, instance, &place.slug);
            push(
                &mut items,
                format_args!(
                    "<li class=\"asset-links-list-item\">- <a href=\"{}\">{}</a></li>\n",
                    escape(&url),
                    escape(&other.title)
                ),
            );
        }
    }
    if !items.is_empty() {
        push(
            out,
            format_args!(
                "<div class=\"taglib-asset-links\"><h2 class=\"asset-links-title\">Tin liên \
             quan</h2>\n<ul class=\"asset-links-list\">\n{items}</ul></div>\n"
            ),
        );
    }
}

fn push_listing(
    out: &mut String,
    ministry: &Ministry,
    section: &Section,
    number: usize,
    view: View<'_>,
) {
    push_portlet_start(out, section.instance, section.name);
    let start = number.saturating_sub(1).saturating_mul(PAGE_ITEMS);
    for article in ministry
        .in_section(section.page)
        .skip(start)
        .take(PAGE_ITEMS)
    {
        push_item(out, ministry, article, section, view);
    }
    push_pager(out, ministry, section, number, view);
    out.push_str(PORTLET_END);
}

/// One item: the stamp is glued to the abstract.
fn push_item(
    out: &mut String,
    ministry: &Ministry,
    article: &DemoArticle,
    section: &Section,
    view: View<'_>,
) {
    let Some(place) = &article.liferay else {
        return;
    };
    let instance = if place.foreign_links {
        places::foreign_instance(section)
    } else {
        section.instance
    };
    let stamp = if view.is_english() {
        text::english_stamp(article.published)
    } else {
        text::listing_stamp(article.published)
    };
    let (summary, _) = summary_of(article, Platform::Liferay);
    push(
        out,
        format_args!(
            "<div class=\"page-list-news\">\n<div><a href=\"{url}\"><img src=\"{thumbnail}\" \
             alt=\"\"></a></div>\n<div><h3><a href=\"{url}\">{title}</a></h3><p>{stamp}{summary}</p>\
             </div>\n</div>\n",
            url = places::liferay_url(view.prefix, section.page, instance, &place.slug),
            thumbnail = body::thumbnail(article, ministry.noise()),
            title = escape(&article.title),
            summary = escape(&summary),
        ),
    );
}

fn push_pager(
    out: &mut String,
    ministry: &Ministry,
    section: &Section,
    number: usize,
    view: View<'_>,
) {
    let pages = ministry.section_len(section.page).div_ceil(PAGE_ITEMS);
    let (before, after) = if view.is_english() {
        ("Previous", "Next")
    } else {
        ("Trước", "Tiếp theo")
    };
    let entry = |is_open: bool, target: usize, words: &str| {
        let (class, href, tab) = if is_open {
            (
                "",
                escape(&places::listing_url(view.prefix, section, target)),
                "0",
            )
        } else {
            ("disabled", "javascript:;".to_owned(), "-1")
        };
        format!(
            "<li class=\"{class}\">\n<a href=\"{href}\" onclick=\"\" tabIndex=\"{tab}\" \
             target=\"_self\">\n{words}\n</a>\n</li>\n"
        )
    };
    push(
        out,
        format_args!(
            "<div class=\"clearfix lfr-pagination\">\n<ul class=\"lfr-pagination-buttons pager\">\n\
             {}{}</ul>\n</div>\n",
            entry(number > 1, number.saturating_sub(1), before),
            entry(number < pages, number.saturating_add(1), after),
        ),
    );
}

/// Five elements around the content: with the item itself the six of the real path.
fn push_portlet_start(out: &mut String, instance: &str, title: &str) {
    push(
        out,
        format_args!(
            "<div class=\"portlet-boundary portlet-asset-publisher\" \
             id=\"p_p_id_101_INSTANCE_{instance}_\">\n<div class=\"portlet\">\
             <h1 class=\"portlet-title\"><span class=\"portlet-title-text\">{}</span></h1>\
             <div class=\"portlet-content\"><div class=\"portlet-content-container\">\
             <div class=\"portlet-body\"><div>\n",
            escape(title)
        ),
    );
}

const PORTLET_END: &str = "</div></div></div></div></div></div>\n";

const SHARE_BAR: &str = "<div class=\"share-bar\"><a href=\"https://mang.khotin.test/share\">Chia \
                         sẻ</a> <a href=\"javascript:window.print();\">In trang</a></div>\n";

const POLL: &str = "<div class=\"portlet-boundary portlet-polls\"><h1 class=\"portlet-title\">Thăm \
                    dò ý kiến</h1><form><p>Bạn thấy trang giả lập này thế nào?</p><ul><li>Tốt</li>\
                    <li>Bình thường</li></ul></form></div>\n";

/// The whole page around its content: head, menu, poll, footer with the visitor counter.
fn page(title: &str, content: &str, ministry: &Ministry, view: View<'_>) -> String {
    let lang = if view.is_english() { "en-US" } else { "vi-VN" };
    let mut menu = String::new();
    for section in &SECTIONS {
        push(
            &mut menu,
            format_args!(
                "<li><a href=\"{BASE}{}/{}\">{}</a></li>\n",
                view.prefix,
                section.page,
                escape(section.name)
            ),
        );
    }
    let mut entry = 0;
    while menu.len() + content.len() < view.fill_to {
        entry += 1;
        push(
            &mut menu,
            format_args!(
                "<li class=\"lvl-{level}\"><a href=\"{BASE}/gioi-thieu/muc-{entry}\" \
             title=\"Mục {entry}\"><span class=\"icon icon-{level}\"></span>Đơn vị trực thuộc số \
             {entry}</a></li>\n",
                level = entry % 4
            ),
        );
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"{lang}\" dir=\"ltr\">\n<head>\n<meta charset=\"UTF-8\">\n\
         <title>{title} - Cổng thông tin giả lập</title>\n</head>\n<body>\n\
         <header><div class=\"banner\">BỘ Y TẾ GIẢ LẬP</div>\n<nav class=\"main-menu\"><ul>\n\
         {menu}</ul></nav></header>\n{POLL}<div id=\"content\">\n{content}</div>\n<footer>\
         <p>Trang thử nghiệm do khotin tạo ra, không phải tin thật.</p><p class=\"counter\">Lượt \
         truy cập: {visits}</p></footer>\n</body>\n</html>\n",
        title = escape(title),
        visits = 1_000_000 + ministry.noise(),
    )
}
