//! A body's HTML, as both halves print it, and the addresses of its files.
//!
//! The halves differ in two things: where files live, and how a reprint's picture is marked up.
//! [`super::expected`] says the same bodies in the words of records, without any HTML.

use std::fmt::Write as _;

use super::article::{DemoArticle, FileLine, Photo, PhotoStyle, Piece, Platform, Run};
use super::places::{BASE, PICTURE_HOSTS};
use super::text::escape;

/// `?t=` of files before any noise: 1 June 2026 in milliseconds.
const FIRST_FILE_STAMP: u64 = 1_780_272_000_000;

/// The body of an article on one half. `noise` moves `t=` and thumbnail hosts.
pub(super) fn html(article: &DemoArticle, platform: Platform, noise: u64) -> String {
    let mut out = String::new();
    for piece in &article.pieces {
        push_piece(&mut out, piece, article, platform, noise);
    }
    if let Some(source) = &article.source {
        push(
            &mut out,
            format_args!(
                "<p style=\"text-align:right\"><strong>{}</strong></p>\n",
                escape(source)
            ),
        );
    }
    out
}

fn push_piece(
    out: &mut String,
    piece: &Piece,
    article: &DemoArticle,
    platform: Platform,
    noise: u64,
) {
    match piece {
        Piece::Paragraph(runs) => {
            let words = runs_html(runs, article.number.is_multiple_of(5));
            push(
                out,
                format_args!("<p style=\"text-align:justify\">{words}</p>\n"),
            );
        }
        Piece::Heading { level, text } => {
            push(
                out,
                format_args!("<h{level}><span>{}</span></h{level}>\n", escape(text)),
            );
        }
        Piece::BoldLine(text) => {
            push(
                out,
                format_args!("<p><strong>{}</strong></p>\n", escape(text)),
            );
        }
        Piece::List { ordered, items } => {
            let tag = if *ordered { "ol" } else { "ul" };
            let items: String = items
                .iter()
                .map(|item| format!("<li>{}</li>\n", escape(item)))
                .collect();
            push(out, format_args!("<{tag}>\n{items}</{tag}>\n"));
        }
        Piece::Table(rows) => push_table(out, rows),
        Piece::Quote(text) => {
            push(
                out,
                format_args!("<blockquote><p>{}</p></blockquote>\n", escape(text)),
            );
        }
        Piece::Photo(photo) => push_photo(out, photo, article, platform, noise),
        Piece::RelatedBox(title) => push(
            out,
            format_args!(
                "<div class=\"VCSortableInPreviewMode\" type=\"RelatedOneNews\"><div>\
                 <a href=\"https://tin.khotin.test/{slug}.htm\" title=\"{title}\"><img \
                 src=\"http://anh1.khotin.test/zoom/80x50/box.jpg\" alt=\"{title}\"></a><h3>\
                 <a href=\"https://tin.khotin.test/{slug}.htm\">{title}</a></h3></div></div>\n",
                slug = super::text::slug_of(title),
                title = escape(title),
            ),
        ),
        Piece::Attachment(line) => match file_href(line, platform, noise) {
            Some(href) => push(
                out,
                format_args!("<p><a href=\"{href}\">{}</a></p>\n", escape(&line.label)),
            ),
            None => push(out, format_args!("<p>{}</p>\n", escape(&line.label))),
        },
        Piece::Frame(url) => push(
            out,
            format_args!(
                "<p><iframe width=\"560\" height=\"315\" src=\"{}\" allowfullscreen></iframe></p>\n",
                escape(url)
            ),
        ),
    }
}

/// Text with its marks. `hard_blanks` prints the blank after a comma as `&nbsp;`, as pasted texts
/// have it.
fn runs_html(runs: &[Run], hard_blanks: bool) -> String {
    let words = |text: &str| {
        let escaped = escape(text);
        if hard_blanks {
            escaped.replace(", ", ",&nbsp;")
        } else {
            escaped
        }
    };
    runs.iter()
        .map(|run| match run {
            Run::Text(text) => words(text),
            Run::Strong(text) => format!("<strong>{}</strong>", words(text)),
            Run::Link { url, text } => format!("<a href=\"{}\">{}</a>", escape(url), words(text)),
        })
        .collect()
}

fn push_table(out: &mut String, rows: &[Vec<String>]) {
    out.push_str("<table border=\"1\" style=\"width:100%\"><tbody>\n");
    for (number, row) in rows.iter().enumerate() {
        let tag = if number == 0 { "th" } else { "td" };
        let cells: String = row
            .iter()
            .map(|cell| format!("<{tag}><p>{}</p></{tag}>", escape(cell)))
            .collect();
        push(out, format_args!("<tr>{cells}</tr>\n"));
    }
    out.push_str("</tbody></table>\n");
}

fn push_photo(
    out: &mut String,
    photo: &Photo,
    article: &DemoArticle,
    platform: Platform,
    noise: u64,
) {
    let src = photo_src(photo, platform, noise);
    let line = photo.line().map(|line| escape(&line));
    let alt = alt_of(photo, &article.title).map(|alt| escape(&alt));
    match (photo.style, platform) {
        (PhotoStyle::Own, _) => {
            push(
                out,
                format_args!(
                    "<p style=\"text-align:center\"><img alt=\"\" src=\"{src}\" style=\"width:600px\"></p>\n"
                ),
            );
            if let Some(line) = line {
                push(
                    out,
                    format_args!("<p style=\"text-align:center\"><em>{line}</em></p>\n"),
                );
            }
        }
        (PhotoStyle::Editor(_), Platform::Liferay) => {
            let titles = alt
                .map(|alt| format!(" alt=\"{alt}\" title=\"{alt}\""))
                .unwrap_or_default();
            push(
                out,
                format_args!(
                    "<div class=\"VCSortableInPreviewMode active\" type=\"Photo\"><div><img \
                 src=\"{src}\" id=\"img_{name}\" w=\"800\" h=\"533\"{titles} type=\"photo\"></div>",
                    name = photo.name,
                ),
            );
            if let Some(line) = line {
                push(
                    out,
                    format_args!(
                        "<div class=\"PhotoCMS_Caption\"><p data-placeholder=\"[nhập chú thích]\">{line}</p></div>"
                    ),
                );
            }
            out.push_str("</div>\n");
        }
        (PhotoStyle::Editor(_), Platform::Portal) => {
            let alt = alt.map(|alt| format!(" alt=\"{alt}\"")).unwrap_or_default();
            push(
                out,
                format_args!("<figure class=\"image\"><img src=\"{src}\"{alt}>"),
            );
            if let Some(line) = line {
                push(out, format_args!("<figcaption>{line}</figcaption>"));
            }
            out.push_str("</figure>\n");
        }
    }
}

/// The alternative text of a picture; none for a reprint's picture without a number.
pub(super) fn alt_of(photo: &Photo, title: &str) -> Option<String> {
    match photo.style {
        PhotoStyle::Own => Some(String::new()),
        PhotoStyle::Editor(number) => number.map(|number| format!("{title} - Ảnh {number}.")),
    }
}

/// The `src` of a picture as printed: relative for own files, absolute for a reprint's.
pub(super) fn photo_src(photo: &Photo, platform: Platform, noise: u64) -> String {
    let Photo { name, uuid, .. } = photo;
    match (photo.style, platform) {
        (_, Platform::Portal) => format!("/resource/CustomsCMS/ckeditor/{uuid}.jpg"),
        (PhotoStyle::Own, Platform::Liferay) => {
            format!(
                "/documents/174521/0/{name}.jpg/{uuid}?t={}",
                file_stamp(noise)
            )
        }
        (PhotoStyle::Editor(_), Platform::Liferay) => {
            let host = thumbnail_host(noise);
            format!("http://{host}/thumb_w/640/123456789012345678/2026/6/16/{name}-{uuid}.jpg")
        }
    }
}

/// The link of a line that offers a file, as printed.
pub(super) fn file_href(line: &FileLine, platform: Platform, noise: u64) -> Option<String> {
    let (name, uuid) = line.file.as_ref()?;
    Some(match platform {
        Platform::Liferay => {
            format!("/documents/20182/0/{name}/{uuid}?t={}", file_stamp(noise))
        }
        Platform::Portal => format!("/resource/CustomsCMS/ckeditor/files/{uuid}/{name}"),
    })
}

/// The small picture beside a listing item.
pub(super) fn thumbnail(article: &DemoArticle, noise: u64) -> String {
    format!(
        "http://{}/thumb_w/160/{}.jpg",
        thumbnail_host(noise),
        article.number
    )
}

/// A printed address made absolute.
pub(super) fn absolute(href: &str) -> String {
    if href.starts_with('/') {
        format!("{BASE}{href}")
    } else {
        href.to_owned()
    }
}

fn file_stamp(noise: u64) -> u64 {
    FIRST_FILE_STAMP + noise * 1000
}

fn thumbnail_host(noise: u64) -> &'static str {
    let [first, ..] = PICTURE_HOSTS;
    let turn = usize::try_from(noise).unwrap_or(0) % PICTURE_HOSTS.len();
    PICTURE_HOSTS.get(turn).copied().unwrap_or(first)
}

/// Appends; writing to a `String` can not fail.
pub(super) fn push(out: &mut String, words: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(words);
}
