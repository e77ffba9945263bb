//! Look: one capture as it was read -> the counts of its site and run.

use chrono::{DateTime, NaiveDate};
use url::Url;

use super::seen::{Example, FieldSeen, LayoutSeen, Seen, SelectorSeen, keep};
use crate::config::{ArticleLayout, ListingLayout, Rule, Rules, SiteProfile};
use crate::frontier::way::Way;
use crate::model::{
    Article, ArticleDraft, Block, DateFrom, FieldEvidence, Listing, ListingItem, Observation, Page,
    PageRead, Precision, Published, Purpose, Request, Sighting,
};
use crate::normalize::identity::{identify_item, identify_request};

/// One capture and what was made of it.
#[derive(Debug, Clone, Copy)]
pub struct Looked<'a> {
    /// Its site.
    pub profile: &'a SiteProfile,
    /// What was asked.
    pub request: &'a Request,
    /// Day of the capture, UTC.
    pub day: NaiveDate,
    /// The status is a whole success (200 to 203), and the body is whole.
    pub is_whole: bool,
    /// `WARC-Record-ID` of the answer.
    pub record_id: &'a str,
    /// What reading gave.
    pub read: &'a PageRead,
    /// What it says of articles.
    pub observations: &'a [Observation],
}

impl Seen {
    /// Counts one capture. A refusal, a redirect, a 304 and what is gone say nothing of selectors.
    pub fn look(&mut self, looked: Looked<'_>) {
        match (&looked.read.page, looked.request.purpose) {
            (Page::Listing(listing), Purpose::Listing) => self.listing(looked, Some(listing)),
            (Page::Other { .. }, Purpose::Listing) if looked.is_whole => self.listing(looked, None),
            (Page::Article { draft, .. }, Purpose::Article) => self.article(looked, draft),
            (Page::Other { .. } | Page::Listing(_), Purpose::Article) if looked.is_whole => {
                self.no_article(looked);
            }
            _ => {}
        }
    }

    /// Notes how far an article's own date lies from its listing's. A day without time of day says
    /// nothing about hours.
    pub fn look_at_dates(&mut self, article: &Article) {
        let is_exact = |stamp: &&Published| stamp.precision != Precision::Day;
        let Some(own) = article.published.as_ref().filter(is_exact) else {
            return;
        };
        let mut lines = article.listed.iter();
        let stamp = lines.find_map(|line| line.item.published.as_ref().filter(is_exact));
        let minutes = |stamp: &Published| {
            let time = DateTime::parse_from_rfc3339(&stamp.utc).ok()?;
            Some(time.timestamp() / 60)
        };
        let (Some(own_minutes), Some(listed), Some(layout)) = (
            minutes(own),
            stamp.and_then(minutes),
            &article.profile.layout,
        ) else {
            return;
        };
        if own.from != DateFrom::Listing {
            let seen = self.articles.entry(layout.clone()).or_default();
            seen.lag_minutes.take(own_minutes - listed);
        }
    }

    fn listing(&mut self, looked: Looked<'_>, listing: Option<&Listing>) {
        let example = example(looked);
        let (profile, request) = (looked.profile, looked.request);
        let layout = match listing {
            Some(listing) => profile.listings.iter().find(|one| one.id == listing.layout),
            None => layout_of_section(looked),
        };
        let Some(layout) = layout else { return };
        let items = listing.map_or(0, |listing| listing.items.len() as u64);
        if let Some(section) = request.section.as_ref().filter(|_| is_first_page(looked)) {
            let newest = looked.observations.iter().filter_map(listed_at).max();
            let seen = self.sections.entry(section.clone()).or_default();
            seen.layout.clone_from(&layout.id);
            seen.selector = joined(&layout.items);
            seen.items = items;
            seen.newest = newest.map(str::to_owned);
            seen.example = Some(example.clone());
        }
        let seen = self.listings.entry(layout.id.clone()).or_default();
        keep(&mut seen.examples, &example);
        for item in listing.iter().flat_map(|listing| &listing.items) {
            count_item(seen, profile, layout, item, &example);
        }
        for observation in looked.observations {
            let Sighting::Listed(item) = &observation.sighting else {
                continue;
            };
            for (name, key) in [
                ("title", "title"),
                ("published", "stamp.select"),
                ("summary", "summary"),
            ] {
                let (Some(rules), Some(found)) = (layout.rules(key), item.evidence.get(name))
                else {
                    continue;
                };
                count(seen, key, rules, alternative(found), &example);
            }
        }
    }

    fn article(&mut self, looked: Looked<'_>, draft: &ArticleDraft) {
        let id = looked.read.profile.layout.as_deref();
        let mut layouts = looked.profile.articles.iter();
        let Some(layout) = layouts.find(|layout| Some(layout.id.as_str()) == id) else {
            return;
        };
        let example = example(looked);
        let seen = self.articles.entry(layout.id.clone()).or_default();
        keep(&mut seen.examples, &example);
        count(
            seen,
            "root",
            &layout.root,
            Some(draft.root_alternative),
            &example,
        );
        let text = (!draft.blocks.is_empty()).then_some(draft.body_alternative);
        count(
            seen,
            "body.root",
            &layout.body.root,
            text.flatten(),
            &example,
        );
        let own = looked.observations.iter().find(|one| one.position == 0);
        let Some(Sighting::Article {
            content, evidence, ..
        }) = own.map(|own| &own.sighting)
        else {
            return;
        };
        for (name, key) in [
            ("title", "title"),
            ("published", "published.select"),
            ("lead", "lead"),
            ("author", "author"),
            ("categories", "categories"),
            ("source", "source.select"),
        ] {
            let (Some(rules), Some(found)) = (layout.rules(key), evidence.get(name)) else {
                continue;
            };
            if !rules.is_empty() {
                count(seen, key, rules, alternative(found), &example);
            }
        }
        if !content.blocks.is_empty() {
            seen.characters.take(characters(&content.blocks));
            seen.paragraphs.take(content.blocks.len() as i64);
        }
    }

    /// A page that should be an article and is none: the `root` of its layout finds nothing.
    fn no_article(&mut self, looked: Looked<'_>) {
        let Some(layout) = layout_of_article(looked) else {
            return;
        };
        let seen = self.articles.entry(layout.id.clone()).or_default();
        count(seen, "root", &layout.root, None, &example(looked));
    }
}

fn count_item(
    seen: &mut LayoutSeen,
    profile: &SiteProfile,
    layout: &ListingLayout,
    item: &ListingItem,
    example: &Example,
) {
    if !layout.link.is_empty() {
        let is_named = identify_item(profile, &layout.platform, item.url.as_ref(), &item.vars);
        let found = is_named.and(item.link_alternative);
        count(seen, "link", &layout.link, found, example);
    }
    // Which alternative gave a variable is not known, so they are counted as one.
    for (name, rules) in &layout.vars {
        let found = item.vars.contains_key(name).then_some(0);
        count_as(
            seen,
            &format!("vars.{name}"),
            &[&joined(rules)],
            found,
            example,
        );
    }
}

fn joined(rules: &Rules) -> String {
    let all: Vec<&str> = rules.iter().map(Rule::source).collect();
    all.join(" | ")
}

/// Counts one look: by which alternative the value was found, or that it was not.
fn count(
    seen: &mut LayoutSeen,
    key: &str,
    rules: &Rules,
    alternative: Option<usize>,
    example: &Example,
) {
    let selectors: Vec<&str> = rules.iter().map(Rule::source).collect();
    count_as(seen, key, &selectors, alternative, example);
}

/// A find by something else than the rule's alternatives (a source line in the text) is neither.
fn count_as(
    seen: &mut LayoutSeen,
    key: &str,
    selectors: &[&str],
    alternative: Option<usize>,
    example: &Example,
) {
    let field = seen.fields.entry(key.to_owned()).or_insert_with(|| {
        let selectors = selectors.iter().map(|selector| SelectorSeen {
            selector: (*selector).to_owned(),
            taken: 0,
        });
        FieldSeen {
            selectors: selectors.collect(),
            ..FieldSeen::default()
        }
    });
    let Some(place) = alternative else {
        field.misses += 1;
        keep(&mut field.missed_in, example);
        return;
    };
    if let Some(selector) = field.selectors.get_mut(place) {
        selector.taken += 1;
        if place > 0 {
            keep(&mut field.fallback_in, example);
        }
    }
}

fn alternative(found: &FieldEvidence) -> Option<usize> {
    match found {
        FieldEvidence::Found(evidence) => Some(evidence.alternative),
        FieldEvidence::Missing { .. } => None,
    }
}

fn listed_at(observation: &Observation) -> Option<&str> {
    match &observation.sighting {
        Sighting::Listed(item) => Some(item.published.as_ref()?.utc.as_str()),
        _ => None,
    }
}

fn characters(blocks: &[Block]) -> i64 {
    let length = |block: &Block| match block {
        Block::Paragraph { text } | Block::Heading { text, .. } | Block::Quote { text } => {
            text.chars().count()
        }
        Block::List { items, .. } => items.iter().map(|item| item.chars().count()).sum(),
        Block::Table { rows } => {
            let cells = rows.iter().flatten();
            cells.map(|cell| cell.chars().count()).sum()
        }
        Block::Image { .. } | Block::Embed { .. } => 0,
    };
    let all: usize = blocks.iter().map(length).sum();
    i64::try_from(all).unwrap_or(i64::MAX)
}

/// The page's address for people: an interface has the same URL for every article.
fn example(looked: Looked<'_>) -> Example {
    let identity = (looked.request.purpose == Purpose::Article)
        .then(|| identify_request(looked.profile, looked.request))
        .flatten();
    let is_interface = looked.request.body.is_some();
    Example {
        url: match identity {
            Some(identity) if is_interface => identity.public_url,
            _ => Url::to_string(&looked.request.url),
        },
        record_id: looked.record_id.to_owned(),
    }
}

/// A run that goes on in the middle of a listing does not see its first page.
fn is_first_page(looked: Looked<'_>) -> bool {
    let Some(section) = &looked.request.section else {
        return false;
    };
    let way = Way::new(looked.profile, section).ok();
    let first = way.and_then(|way| way.first_request().ok());
    first.is_some_and(|first| first.key() == looked.request.key())
}

/// The first layout that is for this listing.
fn layout_of_section<'a>(looked: Looked<'a>) -> Option<&'a ListingLayout> {
    let id = looked.request.section.as_ref()?;
    let section = looked.profile.sections.iter().find(|one| one.id == *id)?;
    let url = looked.request.url.as_str();
    looked
        .profile
        .listings
        .iter()
        .find(|layout| layout.platform == section.platform && layout.valid.admits(url, looked.day))
}

/// The first layout that is for this article.
fn layout_of_article<'a>(looked: Looked<'a>) -> Option<&'a ArticleLayout> {
    let platform = identify_request(looked.profile, looked.request)?.platform;
    let url = looked.request.url.as_str();
    looked
        .profile
        .articles
        .iter()
        .find(|layout| layout.platform == platform && layout.valid.admits(url, looked.day))
}
