//! What the tests of this stage share: a capture and a profile made by hand.

use chrono::DateTime;
use url::Url;

use crate::config::SiteProfile;
use crate::model::{
    ArticleDraft, Block, Capture, Location, Page, PageRead, Purpose, Request, Sequence, SiteId, Via,
};
use crate::normalize::text::{clean, clean_lines};

/// A capture of a page, answered 200 without any header.
pub(crate) fn capture(url: &str, body: &[u8]) -> Capture {
    let url = Url::parse(url).expect("a test URL");
    Capture {
        sequence: Sequence(1),
        request: Request::get(SiteId::new("test"), url, Purpose::Article),
        captured_at: DateTime::from_timestamp(1_700_000_000, 0).expect("a test time"),
        via: Via::Direct,
        status: 200,
        headers: Vec::new(),
        body: body.to_vec(),
        truncated: None,
        payload_sha1: String::new(),
        payload_sha256: String::new(),
        location: Location {
            file: "test.warc.gz".to_owned(),
            offset: 0,
            length: 0,
            record_id: "urn:uuid:0".to_owned(),
        },
    }
}

/// A profile of one platform with these layouts.
pub(crate) fn profile(layouts: &str) -> SiteProfile {
    let text = format!(
        r#"
id = "test"
name = {{ vi = "Thử", en = "Test" }}
hosts = ["a.vn"]
zone = "Asia/Ho_Chi_Minh"
language = "vi"
[[platform]]
id = "one"
key = "{{slug}}"
url = "https://a.vn/x/{{slug}}"
{layouts}
"#
    );
    toml::from_str(&text).unwrap_or_else(|error| panic!("{error}"))
}

/// Reads a page as an article request's answer.
pub(crate) fn read_page(profile: &SiteProfile, html: &str) -> PageRead {
    let mut capture = capture("https://a.vn/p/q", html.as_bytes());
    let content_type = b"text/html; charset=utf-8".to_vec();
    capture.headers = vec![("content-type".to_owned(), content_type)];
    super::read(profile, &capture)
}

/// Reads a page that must be an article.
pub(crate) fn read_article(profile: &SiteProfile, html: &str) -> (ArticleDraft, Vec<String>) {
    let read = read_page(profile, html);
    let codes = read.warnings.iter().map(|warning| warning.code.clone());
    let codes = codes.collect();
    match read.page {
        Page::Article { draft, .. } => (*draft, codes),
        page => panic!("not an article: {page:?}"),
    }
}

/// The blocks of a draft, one line a block: `p: text`, `h2: text`, `ul: item|item`.
pub(crate) fn blocks_of(draft: &ArticleDraft) -> Vec<String> {
    let lines = |text: &str| clean_lines(text).replace('\n', "/");
    let joined = |texts: &[String]| {
        let texts: Vec<String> = texts.iter().map(|text| lines(text)).collect();
        texts.join("|")
    };
    let line = |block: &Block| match block {
        Block::Paragraph { text } => format!("p: {}", lines(text)),
        Block::Heading { text, level } => match level {
            Some(level) => format!("h{level}: {}", lines(text)),
            None => format!("h: {}", lines(text)),
        },
        Block::List { ordered, items } => {
            format!("{}: {}", if *ordered { "ol" } else { "ul" }, joined(items))
        }
        Block::Table { rows } => {
            let rows: Vec<String> = rows.iter().map(|row| joined(row)).collect();
            format!("table: {}", rows.join(" / "))
        }
        Block::Quote { text } => format!("quote: {}", lines(text)),
        Block::Image { position } => format!("image: {position}"),
        Block::Embed { position } => {
            let embed = &draft.embeds[position - 1];
            format!(
                "embed: {} {}",
                embed.kind,
                embed.url.as_deref().unwrap_or("-")
            )
        }
    };
    draft.blocks.iter().map(line).collect()
}

/// The pictures of a draft, one line a picture: `name = caption`, with ` ?` when inferred.
pub(crate) fn images_of(draft: &ArticleDraft) -> Vec<String> {
    draft
        .images
        .iter()
        .map(|image| {
            let name = image.url.as_deref().and_then(|url| url.rsplit('/').next());
            let caption = image.caption.as_deref().map_or("-".to_owned(), clean);
            let sign = if image.inferred { " ?" } else { "" };
            format!("{} = {caption}{sign}", name.unwrap_or("-"))
        })
        .collect()
}
