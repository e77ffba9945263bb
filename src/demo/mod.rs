//! The demo ministry: a server inside the crate that speaks both of moh.gov.vn's platforms.
//!
//! [`DemoOptions`] in, a running [`DemoMinistry`] on 127.0.0.1 out: of any size (articles are held
//! in memory), the same bytes for the same seed number, editable while it runs and misbehaving on
//! demand through its [`Control`], with a log of every request and the truth of every record
//! ([`Expected`]). Always holds: it listens on loopback only; nothing generated can be taken for
//! news (every title says "giả lập"); the truth comes from the generator, never from HTML. The two
//! seed pages live on the Liferay half. It has an HTTP loop of its own, because a server that must
//! misbehave at the wire can not be a framework (`wire.rs`, `fault.rs`). The crawler does not live
//! here and shares no code with it.
//!
//! # What a profile of it must know
//! Site `demo`, origin `http://demo.khotin.test` (port 80; a `resolve` line
//! `"demo.khotin.test:80" = "127.0.0.1:PORT"` leads to the server; such a line for each host of
//! pictures, `anh1.khotin.test:80` to `anh3.khotin.test:80`, leads to their files). All addresses in listings and
//! related links are absolute.
//!
//! ## Liferay half
//! | page | own instance | title |
//! |---|---|---|
//! | `/hoat-dong-cua-lanh-dao-bo` | `DmLanhDaoBo1` | HOẠT ĐỘNG CỦA LÃNH ĐẠO BỘ |
//! | `/tin-tong-hop` | `DmTongHopTin` | TIN TỔNG HỢP |
//! | `/tin-noi-bat` | `DmNoiBatTin1` | TIN NỔI BẬT (highlights of the others) |
//! | `/hoat-dong-cua-dia-phuong` | `DmDiaPhuong1` | HOẠT ĐỘNG CỦA ĐỊA PHƯƠNG |
//!
//! * Paths: `[/en|/en_US|/vi|/vi_VN][/web/guest]/PAGE`, articles
//!   `…/PAGE/-/asset_publisher/INSTANCE/content/SLUG`; key `demo:liferay:{slug}`. Any section's page
//!   shows any slug. Unknown slugs and pages are 404; a softly deleted article is a 200 page with
//!   `<title>http://demo.khotin.test/404 - …` and `div.portlet-msg-error > h3` "Không tìm thấy".
//! * Portlet: `div#p_p_id_101_INSTANCE_{instance}_`, title `h1.portlet-title >
//!   span.portlet-title-text`.
//! * Listing item: `div.page-list-news`; `div:first-child > a > img` (thumbnail), `div:nth-child(2) >
//!   h3 > a` (title, link), `div:nth-child(2) > p` (stamp and abstract without a blank between them).
//!   Stamp `Thứ Ba, ngày DD/MM/YYYY HH:MM`, under `/en…` `Friday YYYY-MM-DD HH:MM`: both UTC with
//!   Vietnam's weekday. Abstract: lead, else first paragraph; over 200 characters cut with `...`.
//! * Pager: 20 items a page, `_101_INSTANCE_{instance}_cur=N` (other parameters as in the real one
//!   and not needed); `div.clearfix.lfr-pagination > ul.lfr-pagination-buttons.pager > li` previous
//!   and next with one `a` each; at the ends `li.disabled` with href `javascript:;`. Beyond the end
//!   there are no items and next is disabled.
//! * Some listing links go through a foreign instance (both seeds, one article in 12), so that the
//!   article's page prints the section's first 20 items before it, in a portlet of the section's
//!   own; the article's portlet is then titled "Xuất bản thông tin" (`/en…`: "Asset Publisher").
//! * Article: `div.contentDetail`; title `div:first-child > h3`; stamp `div:nth-child(2) > div > p`
//!   (`DD/MM/YYYY | HH:MM AM|PM`, local, 24 hours) beside a lone `|` in a span; lead `.sapo > strong`
//!   (some have none); body `.journal-content-article`.
//! * Body: `p`, `h2`-`h3 > span`, bold-only `p > strong`, `ul|ol > li`, `table` with `th|td > p`,
//!   `blockquote > p`, `p > iframe`, `p > a[href^="/documents/20182/"]` (file with `?t=`). Own
//!   pictures: `p > img[alt=""]` with src `/documents/174521/…?t=`, then perhaps `p > em` (caption,
//!   perhaps `… Ảnh: NAME`). In reprints: `div.VCSortableInPreviewMode[type=Photo] > div > img`
//!   (`alt` `TITLE - Ảnh N.`, src `http://anhN.khotin.test/thumb_w/640/…`) and
//!   `div.PhotoCMS_Caption > p`; `div.VCSortableInPreviewMode[type=RelatedOneNews]` is a box to drop.
//!   The source line is the last `p > strong` of a reprint: `Theo: …`, `Nguồn: …`, `Nguồn:…`
//!   (generated ones name `Baogialap.test`).
//! * Below the body: `div.share-bar`; `div.taglib-asset-links > h2.asset-links-title` "Tin liên quan"
//!   and `ul.asset-links-list > li.asset-links-list-item` with a dash before the title, linked
//!   (through a foreign instance) except in the seed of 2022.
//! * Around: `nav.main-menu`, `div.portlet-polls` "Thăm dò ý kiến", `footer > p.counter`.
//! * `ETag` and `Last-Modified` on listings and articles, with 304.
//!
//! ## Portal half
//! `POST /bridge?url=/portal/api/lay_bai_viet_theo_danh_muc` and
//! `POST /bridge?url=/portal/api/layChiTietBaiViet`, requests and answers as in dossier, section 7;
//! ids are numbers in answers and numbers or text in requests. Categories 8358 (highlights), 8351,
//! 8356, 8355; `PAGE_SIZE` (default 10) is honoured, newest first, there is no page number. Key
//! `demo:portal:{aid}`; public page `/index.jsp?pageId=5803&aid=…&cid=…` (an empty shell). Stamps
//! `DD/MM/YYYY hh:mm AM|PM`, local, 12 hours. `TIEU_DE`, `tieuDe` and `MO_TA` are text; `moTa` and
//! `noiDung` are HTML (`moTa` empty without a lead, in places one `p`; `noiDung` in places a whole
//! document). Pictures `/resource/CustomsCMS/ckeditor/…`: `p > img` and `p > em` as above, in
//! reprints `figure.image > img` and `figcaption`. Unknown and deleted articles are `{"d":null}`,
//! unknown categories `[]`. No `ETag`, no related list.
//!
//! ## Both halves
//! One generated article in 25 is on both. [`Control::take_over`] adds old ones that the portal took over, by
//! hand: as they were, with the title or the text mended, and such as only look alike. `khotin demo` has them.
//!
//! ## Files
//! Every picture is a small PNG and every attachment a PDF of one page, whatever its address ends in; the
//! UUID in the address decides the bytes, so a picture is the same on both halves, and a thumbnail is a
//! smaller one. The hosts of pictures answer to nothing else, each with a robots.txt of its own
//! ([`Control::set_robots_of`]). [`Control::expected`] tells the addresses.
//!
//! # Examples
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! use khotin::demo::{DemoMinistry, DemoOptions, Fault};
//!
//! let ministry = DemoMinistry::start(DemoOptions::default()).await?;
//! ministry.control().plan_fault("/robots.txt", 1, Fault::status(503));
//! assert!(ministry.address().ip().is_loopback());
//! ministry.stop().await;
//! # Ok::<(), khotin::demo::DemoError>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answer;
mod article;
mod body;
mod control;
mod edit;
mod expected;
mod fault;
mod files;
mod generate;
mod liferay;
mod log;
mod migrated;
mod ministry;
mod places;
mod portal;
mod random;
mod seeds;
mod server;
mod site;
mod text;
mod wire;
mod words;

pub use answer::Answer;
pub use article::{
    DemoArticle, FileLine, Gone, LiferayPlace, Photo, PhotoStyle, Piece, Platform, PortalPlace, Run,
};
pub use control::Control;
pub use edit::{EditError, NewArticle};
pub use expected::{Expected, ExpectedImage};
pub use fault::{End, Fault, Part};
pub use liferay::PAGE_ITEMS;
pub use log::AccessEntry;
pub use ministry::Ministry;
pub use places::{BASE, CATEGORIES, Category, HOST, PICTURE_HOSTS, SECTIONS, Section};
pub use portal::{DETAIL_ENDPOINT, LISTING_ENDPOINT};
pub use server::{DemoError, DemoMinistry, DemoOptions};
