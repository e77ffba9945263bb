//! An article as found in a page -> its normalized content, with evidence and warnings.

use url::Url;

use super::digest::content_digest;
use super::evidence::{EvidenceMap, note_missing, take_date, take_text};
use super::identity::identify;
use super::text::{clean, clean_lines};
use crate::config::{ArticleLayout, SiteProfile, SourceRules};
use crate::model::{
    ArticleDraft, Attachment, Block, Content, DateFrom, Field, Image, Link, PageRead, Related,
    Sighting, Source,
};

/// Media types by a file name's ending (IANA's registry): what ministries attach.
const MEDIA_TYPES: [(&str, &str); 18] = [
    ("pdf", "application/pdf"),
    ("doc", "application/msword"),
    (
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    ("xls", "application/vnd.ms-excel"),
    (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    ("ppt", "application/vnd.ms-powerpoint"),
    (
        "pptx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
    ("rtf", "application/rtf"),
    ("txt", "text/plain"),
    ("csv", "text/csv"),
    ("zip", "application/zip"),
    ("rar", "application/vnd.rar"),
    ("7z", "application/x-7z-compressed"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
];

/// Normalizes an article. The layout that read it tells the date's rules and the source's.
pub(super) fn sighting(profile: &SiteProfile, read: &PageRead, draft: &ArticleDraft) -> Sighting {
    let layout = layout_of(profile, read, draft);
    let mut evidence = EvidenceMap::new();
    let mut warnings = read.warnings.clone();
    let mut text = |name: &str, rules, field: &Option<Field>| {
        take_text(&mut evidence, name, rules, field.as_ref())
    };
    let title = text("title", layout.map(|layout| &layout.title), &draft.title);
    let lead = text("lead", layout.map(|layout| &layout.lead), &draft.lead);
    let author = text("author", layout.map(|layout| &layout.author), &draft.author);
    let categories = text(
        "categories",
        layout.map(|layout| &layout.categories),
        &draft.categories,
    );
    let source_rules = layout.map(|layout| &layout.source);
    let source = text(
        "source",
        source_rules.map(|rules| &rules.select),
        &draft.source,
    );
    if source.is_none() && source_rules.is_some_and(|rules| rules.line.is_some()) {
        note_missing(
            &mut evidence,
            "source",
            "no line of the text is a source line",
        );
    }
    let stamp = take_date(
        &mut evidence,
        &mut warnings,
        layout.map(|layout| &layout.published),
        profile.zone,
        draft.published.as_ref(),
        date_from(draft),
    );
    if draft.blocks.is_empty() {
        note_missing(&mut evidence, "blocks", "the page has no text");
    }
    let content = Content {
        title,
        lead,
        published: stamp.published,
        blocks: draft.blocks.iter().map(clean_block).collect(),
        images: draft.images.iter().map(clean_image).collect(),
        related: related(profile, layout, draft),
        attachments: draft.attachments.iter().map(clean_attachment).collect(),
        links: draft.links.iter().map(clean_link).collect(),
        embeds: draft.embeds.clone(),
        source: source.map(|name| read_source(source_rules, draft, name)),
        author,
        language: Some(profile.language.clone()),
    };
    Sighting::Article {
        content_digest: content_digest(&content),
        content: Box::new(content),
        categories: split_categories(layout, categories),
        evidence,
        warnings,
    }
}

/// The layout that read the page: by its id, else the platform's first.
fn layout_of<'a>(
    profile: &'a SiteProfile,
    read: &PageRead,
    draft: &ArticleDraft,
) -> Option<&'a ArticleLayout> {
    let id = read.profile.layout.as_deref();
    let by_id = profile
        .articles
        .iter()
        .find(|layout| Some(layout.id.as_str()) == id);
    by_id.or_else(|| {
        profile
            .articles
            .iter()
            .find(|layout| layout.platform == draft.platform)
    })
}

/// A JSONPath begins with `$`: then the date is an interface's.
fn date_from(draft: &ArticleDraft) -> DateFrom {
    match &draft.published {
        Some(field) if field.evidence.selector.starts_with('$') => DateFrom::Api,
        _ => DateFrom::Article,
    }
}

fn clean_block(block: &Block) -> Block {
    let clean_all = |texts: &[String]| texts.iter().map(|text| clean(text)).collect::<Vec<_>>();
    match block {
        Block::Paragraph { text } => Block::Paragraph {
            text: clean_lines(text),
        },
        Block::Heading { text, level } => Block::Heading {
            text: clean(text),
            level: *level,
        },
        Block::List { ordered, items } => Block::List {
            ordered: *ordered,
            items: clean_all(items),
        },
        Block::Table { rows } => Block::Table {
            rows: rows.iter().map(|row| clean_all(row)).collect(),
        },
        Block::Quote { text } => Block::Quote {
            text: clean_lines(text),
        },
        Block::Image { .. } | Block::Embed { .. } => block.clone(),
    }
}

/// An empty text is no text: an `alt=""` says that there is none.
fn clean_optional(text: Option<&String>) -> Option<String> {
    text.map(|text| clean(text)).filter(|text| !text.is_empty())
}

fn clean_image(image: &Image) -> Image {
    Image {
        alt: clean_optional(image.alt.as_ref()),
        caption: clean_optional(image.caption.as_ref()),
        credit: clean_optional(image.credit.as_ref()),
        caption_raw: clean_optional(image.caption_raw.as_ref()),
        ..image.clone()
    }
}

fn clean_link(link: &Link) -> Link {
    Link {
        url: link.url.clone(),
        text: clean(&link.text),
    }
}

fn clean_attachment(attachment: &Attachment) -> Attachment {
    let guessed = || media_type(attachment.url.as_deref()?);
    Attachment {
        url: attachment.url.clone(),
        label: clean(&attachment.label),
        media_type: attachment.media_type.clone().or_else(guessed),
        archived: None,
    }
}

/// The media type by a file's ending. Liferay puts an id behind the name (`…/x.pdf/0e1f…?t=1`), so
/// every segment of the path is looked at, the last first.
fn media_type(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let endings = url
        .path()
        .rsplit('/')
        .filter_map(|segment| segment.rsplit_once('.'));
    let mut known = endings.filter_map(|(_, ending)| {
        let ending = ending.to_ascii_lowercase();
        let ending = if ending == "jpeg" {
            "jpg"
        } else {
            ending.as_str()
        };
        MEDIA_TYPES.iter().find(|(known, _)| *known == ending)
    });
    known.next().map(|(_, media_type)| (*media_type).to_owned())
}

fn related(
    profile: &SiteProfile,
    layout: Option<&ArticleLayout>,
    draft: &ArticleDraft,
) -> Vec<Related> {
    let bullet = layout.and_then(|layout| layout.related.bullet.as_ref());
    let titles = draft.related.iter().filter_map(|line| {
        let title = clean(&line.title);
        let found = bullet.and_then(|bullet| bullet.regex().find(&title));
        let title = match found {
            Some(found) if found.start() == 0 => {
                clean(title.get(found.end()..).unwrap_or_default())
            }
            _ => title,
        };
        (!title.is_empty()).then_some((title, line.url.as_ref()))
    });
    let related = titles.zip(1..).map(|((title, url), position)| Related {
        position,
        title,
        url: url.map(ToString::to_string),
        key: url
            .and_then(|url| identify(profile, url))
            .map(|found| found.key.to_string()),
    });
    related.collect()
}

/// The source: the line as in the page, and the name that the profile's `line` takes out of it.
fn read_source(rules: Option<&SourceRules>, draft: &ArticleDraft, text: String) -> Source {
    let line = draft
        .source
        .as_ref()
        .map(|field| clean(&field.evidence.raw));
    let raw = line
        .filter(|line| !line.is_empty())
        .unwrap_or_else(|| text.clone());
    let pattern = rules.and_then(|rules| rules.line.as_ref());
    let named = pattern.and_then(|pattern| pattern.regex().captures(&text)?.name("name"));
    let name = named
        .map(|name| clean(name.as_str()))
        .filter(|name| !name.is_empty());
    let name = name.unwrap_or(text);
    let own = rules.and_then(|rules| rules.own.as_ref());
    Source {
        is_reprint: !own.is_some_and(|own| own.regex().is_match(&name)),
        url: draft.source_url.as_ref().map(ToString::to_string),
        name,
        raw,
    }
}

/// Category names, each once, in page order.
fn split_categories(layout: Option<&ArticleLayout>, text: Option<String>) -> Vec<String> {
    let Some(text) = text else {
        return Vec::new();
    };
    let split = layout.and_then(|layout| layout.categories_split.as_ref());
    let names: Vec<String> = match split {
        Some(split) => split.regex().split(&text).map(clean).collect(),
        None => vec![text],
    };
    let mut categories = Vec::new();
    for name in names {
        if !name.is_empty() && !categories.contains(&name) {
            categories.push(name);
        }
    }
    categories
}
