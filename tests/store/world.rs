//! A ministry in memory, and what a crawl, a replay and the tests need to ask it.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use khotin::config::{Assets, SiteProfile};
use khotin::frontier::{Asked, Follow, Frontier, FrontierOptions};
use khotin::model::{
    ArticleKey, CaptureRef, CaptureUse, Content, DateFrom, DateZone, ListedItem, Listing,
    ListingItem, Location, Observation, Page, Precision, ProfileRef, Published, Purpose, Request,
    RunId, SectionId, Sequence, Sighting, SiteId, Via,
};
use khotin::normalize::digest::content_digest;
use khotin::normalize::identity::identify;
use khotin::store::{
    Batch, Claim, CommitReport, Committed, ExchangeRow, Holder, Outcome, PageKind, Planned,
    Priority, RunRow, SqliteStore, Store, StoredAnswer, Want,
};
use url::Url;

pub(crate) const PROFILE: &str = r#"
id = "moh"
name = { vi = "Bộ Y tế", en = "Ministry of Health" }
hosts = ["moh.gov.vn", "www.moh.gov.vn"]
zone = "Asia/Ho_Chi_Minh"
language = "vi"
[[platform]]
id = "liferay"
key = "{slug}"
link = [{ path = '/(?:en/)?[a-z]+/-/asset_publisher/[A-Za-z0-9]+/content/(?<slug>[a-z0-9-]+)' }]
ask_listing = { url = "https://moh.gov.vn/{name}?cur={page}" }
pager = { kind = "page" }
[[section]]
id = "tin"
name = { vi = "Tin", en = "News" }
platform = "liferay"
vars = { name = "tin" }
[[section]]
id = "dia-phuong"
name = { vi = "Địa phương", en = "Provinces" }
platform = "liferay"
vars = { name = "dp" }
"#;

pub(crate) fn profile() -> SiteProfile {
    toml::from_str(PROFILE).unwrap()
}

pub(crate) fn site() -> SiteId {
    SiteId::new("moh")
}

pub(crate) fn holder() -> Holder {
    Holder {
        pid: 1,
        since: at(0),
    }
}

/// So many seconds after the beginning of all tests.
pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    "2026-11-22T01:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::seconds(seconds)
}

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

pub(crate) fn link(slug: &str) -> String {
    format!("https://moh.gov.vn/tin/-/asset_publisher/3Yst7YhbkA5j/content/{slug}")
}

pub(crate) fn key(slug: &str) -> ArticleKey {
    ArticleKey::new(format!("moh:liferay:{slug}"))
}

pub(crate) fn get(purpose: Purpose, text: &str) -> Request {
    Request::get(site(), url(text), purpose)
}

pub(crate) fn planned(priority: Priority, request: Request) -> Planned {
    Planned {
        request,
        article: None,
        priority,
        hops: 0,
        listed_on: None,
    }
}

/// A plan for the article `slug`, by the link `text`.
pub(crate) fn planned_article(slug: &str, text: &str) -> Planned {
    Planned {
        article: Some(key(slug)),
        ..planned(Priority::NewArticle, get(Purpose::Article, text))
    }
}

pub(crate) fn want(run: &str) -> Want {
    Want {
        run: RunId::new(run),
        site: site(),
        sections: Vec::new(),
        since: None,
        assets: Assets::None,
    }
}

pub(crate) fn run_row(run: &str, started: DateTime<Utc>) -> RunRow {
    RunRow {
        run: RunId::new(run),
        started_at: started,
        options: serde_json::json!({}),
        finished_at: None,
        report: None,
    }
}

pub(crate) fn exchange(
    sequence: u64,
    run: &str,
    request: &Request,
    asked_at: DateTime<Utc>,
    page: PageKind,
    status: u16,
) -> ExchangeRow {
    ExchangeRow {
        sequence: Sequence(sequence),
        run: RunId::new(run),
        request: request.clone(),
        asked_at,
        elapsed: Duration::from_millis(12),
        via: Via::Direct,
        outcome: Outcome::Answered(StoredAnswer {
            status,
            bytes: 5,
            truncated: None,
            location: Location {
                file: "a.warc.gz".to_owned(),
                offset: sequence * 100,
                length: 100,
                record_id: format!("urn:uuid:{sequence}"),
            },
            payload_sha1: format!("SHA1-{sequence}"),
            payload_sha256: format!("sha256-{sequence}"),
            is_revisit: false,
            etag: None,
            last_modified: None,
        }),
        profile_digest: "d".to_owned(),
        page,
        layout: None,
    }
}

pub(crate) fn observation(
    sequence: u64,
    position: usize,
    link: &str,
    sighting: Sighting,
) -> Observation {
    let identity = identify(&profile(), &url(link)).unwrap();
    Observation {
        key: identity.key,
        site: site(),
        platform: identity.platform,
        sequence: Sequence(sequence),
        position,
        public_url: identity.public_url,
        seen_url: Some(link.to_owned()),
        capture: CaptureRef {
            sequence: Sequence(sequence),
            used_as: if position == 0 {
                CaptureUse::Article
            } else {
                CaptureUse::Listing
            },
            request_url: link.to_owned(),
            time: "2026-11-22T01:00:00.000000Z".to_owned(),
            status: 200,
            via: Via::Direct,
            payload_sha1: "A".to_owned(),
            payload_sha256: "a".to_owned(),
            warc_file: "a.warc.gz".to_owned(),
            warc_offset: 0,
            warc_record_id: "urn:uuid:1".to_owned(),
            foreign: None,
        },
        sighting,
        profile: ProfileRef {
            site: "moh".to_owned(),
            layout: None,
            digest: "d".to_owned(),
        },
        synthetic: false,
    }
}

pub(crate) fn published(day: NaiveDate, from: DateFrom) -> Published {
    Published {
        at: format!("{day}T08:00:00+07:00"),
        utc: format!("{day}T01:00:00Z"),
        raw: day.to_string(),
        precision: Precision::Minute,
        zone: DateZone::Rule,
        from,
        flags: Vec::new(),
    }
}

pub(crate) fn listed(section: &str, position: usize, day: NaiveDate) -> Sighting {
    Sighting::Listed(Box::new(ListedItem {
        section: Some(SectionId::new(section)),
        position,
        title: Some("Tin".to_owned()),
        published: Some(published(day, DateFrom::Listing)),
        stamp_raw: None,
        summary: None,
        summary_cut: false,
        evidence: BTreeMap::new(),
        warnings: Vec::new(),
    }))
}

pub(crate) fn article(title: &str, day: NaiveDate) -> Sighting {
    let content = Content {
        title: Some(title.to_owned()),
        published: Some(published(day, DateFrom::Article)),
        ..Content::default()
    };
    Sighting::Article {
        content_digest: content_digest(&content),
        content: Box::new(content),
        categories: Vec::new(),
        evidence: BTreeMap::new(),
        warnings: Vec::new(),
    }
}

/// A ministry: sections with links, the newest first, and the titles of its articles by slug.
#[derive(Debug, Clone, Default)]
pub(crate) struct World {
    pub(crate) sections: BTreeMap<String, Vec<String>>,
    pub(crate) titles: BTreeMap<String, String>,
    /// Redirects by URL.
    pub(crate) redirects: BTreeMap<String, String>,
    /// URLs that answer 500.
    pub(crate) broken: Vec<String>,
    /// Exchanges so far: the archive.
    pub(crate) archive: Vec<Archived>,
    pub(crate) now: i64,
}

/// What the archive keeps of an exchange, so that it can be replayed.
#[derive(Debug, Clone)]
pub(crate) struct Archived {
    pub(crate) run: String,
    pub(crate) request: Request,
    pub(crate) asked_at: DateTime<Utc>,
    pub(crate) page: Page,
    pub(crate) observations: Vec<Observation>,
}

/// What one run did.
#[derive(Debug, Default)]
pub(crate) struct Ran {
    pub(crate) asked: Vec<String>,
    pub(crate) changes: CommitReport,
}

const PAGE: usize = 3;

impl World {
    /// A section `tin` with `count` articles `a-1`, `a-2`, …, the highest number on top.
    pub(crate) fn new(count: usize) -> Self {
        let mut world = Self::default();
        world.sections.insert("tin".to_owned(), Vec::new());
        world.sections.insert("dp".to_owned(), Vec::new());
        for number in 1..=count {
            world.add("tin", &format!("a-{number}"));
        }
        world
    }

    pub(crate) fn add(&mut self, section: &str, slug: &str) {
        let links = self.sections.get_mut(section).unwrap();
        links.insert(0, link(slug));
        self.titles.insert(slug.to_owned(), format!("Tin {slug}"));
    }

    fn answer(&self, sequence: u64, request: &Request) -> (Page, Vec<Observation>) {
        let text = request.url.as_str();
        if let Some(target) = self.redirects.get(text) {
            return (
                Page::Redirect {
                    target: url(target),
                    keeps_method: false,
                },
                Vec::new(),
            );
        }
        if self.broken.iter().any(|broken| broken == text) {
            let reason = "HTTP 500".to_owned();
            return (Page::Other { reason }, Vec::new());
        }
        if text.contains("?cur=") {
            self.listing(sequence, request)
        } else {
            self.page(sequence, request)
        }
    }

    fn listing(&self, sequence: u64, request: &Request) -> (Page, Vec<Observation>) {
        let name = request.url.path().trim_start_matches('/');
        let cur = request.url.query_pairs().next().unwrap().1;
        let from = (cur.parse::<usize>().unwrap() - 1) * PAGE;
        let section = request.section.clone().unwrap();
        let mut observations = Vec::new();
        let mut items = Vec::new();
        for (place, link) in self.sections[name].iter().skip(from).take(PAGE).enumerate() {
            let sighting = listed(section.as_str(), place + 1, day("2026-11-20"));
            observations.push(observation(sequence, place + 1, link, sighting));
            items.push(ListingItem {
                position: place + 1,
                url: Some(url(link)),
                link_alternative: Some(0),
                vars: BTreeMap::new(),
                title: None,
                stamp: None,
                summary: None,
            });
        }
        let listing = Listing {
            layout: "l".to_owned(),
            platform: "liferay".to_owned(),
            section: Some(section),
            items,
            next: None,
            is_last: false,
        };
        (Page::Listing(listing), observations)
    }

    fn page(&self, sequence: u64, request: &Request) -> (Page, Vec<Observation>) {
        let link = request.url.as_str();
        let slug = link.rsplit('/').next().unwrap();
        let (page, sighting) = match self.titles.get(slug) {
            None => (Page::Gone, Sighting::Gone { status: 404 }),
            Some(title) => (
                Page::Article {
                    draft: Box::default(),
                    listing: None,
                },
                article(title, day("2026-11-20")),
            ),
        };
        (page, vec![observation(sequence, 0, link, sighting)])
    }

    /// Runs as the pipeline does: seeds, then claim, ask, commit until the queue is empty, or until
    /// `most` requests were asked, the last of which is then claimed and lost.
    pub(crate) fn crawl(&mut self, store: &mut SqliteStore, run: &str, most: usize) -> Ran {
        let (profile, options) = (profile(), options());
        let frontier = Frontier {
            profile: &profile,
            options: &options,
        };
        self.now += 1;
        store.start_run(&run_row(run, at(self.now))).unwrap();
        let sections = [SectionId::new("tin"), SectionId::new("dia-phuong")];
        let seeds = frontier.seeds(store, &sections, at(self.now)).unwrap();
        store.plan(&seeds).unwrap();
        let mut ran = Ran::default();
        loop {
            self.now += 1;
            match store.claim(&want(run), at(self.now)).unwrap() {
                Claim::Work(work) => {
                    if ran.asked.len() == most {
                        return ran;
                    }
                    ran.asked.push(work.request.url.to_string());
                    let sequence = self.archive.len() as u64 + 1;
                    let (page, observations) = self.answer(sequence, &work.request);
                    let archived = Archived {
                        run: run.to_owned(),
                        request: work.request,
                        asked_at: at(self.now),
                        page,
                        observations,
                    };
                    merge(
                        &mut ran.changes,
                        take(store, &frontier, sequence, &archived),
                    );
                    self.archive.push(archived);
                }
                Claim::Finished => return ran,
                other => panic!("{other:?}"),
            }
        }
    }

    /// Replays the archive into a store, as a rebuild does.
    pub(crate) fn replay(&self, store: &mut SqliteStore) {
        let (profile, options) = (profile(), options());
        let frontier = Frontier {
            profile: &profile,
            options: &options,
        };
        for (sequence, archived) in (1..).zip(&self.archive) {
            take(store, &frontier, sequence, archived);
        }
    }
}

pub(crate) fn options() -> FrontierOptions {
    FrontierOptions {
        revisit: vec![Duration::from_secs(86_400), Duration::from_secs(3 * 86_400)],
        ..FrontierOptions::default()
    }
}

/// The one road from an archived exchange into the store.
fn take(
    store: &mut SqliteStore,
    frontier: &Frontier<'_>,
    sequence: u64,
    archived: &Archived,
) -> CommitReport {
    let run = RunId::new(archived.run.clone());
    let asked = Asked {
        sequence: Sequence(sequence),
        run: &run,
        request: &archived.request,
    };
    let follow = frontier
        .follow(store, asked, &archived.page, &archived.observations)
        .unwrap();
    let kind = PageKind::of(&archived.page);
    let status = match kind {
        PageKind::Gone => 404,
        PageKind::Redirect => 301,
        PageKind::Other => 500,
        _ => 200,
    };
    let row = exchange(
        sequence,
        &archived.run,
        &archived.request,
        archived.asked_at,
        kind,
        status,
    );
    let entry = entry(row, follow, archived.observations.clone());
    store.commit(&batch(vec![entry])).unwrap()
}

pub(crate) fn entry(
    exchange: ExchangeRow,
    follow: Follow,
    observations: Vec<Observation>,
) -> Committed {
    Committed {
        exchange,
        article: follow.article,
        observations,
        plan: follow.plan,
        settle: follow.settle,
        walk: follow.walk,
        asset: None,
        robots: None,
    }
}

pub(crate) fn batch(entries: Vec<Committed>) -> Batch {
    Batch {
        entries,
        positions: Vec::new(),
    }
}

fn merge(into: &mut CommitReport, from: CommitReport) {
    into.new.extend(from.new);
    into.changed.extend(from.changed);
    into.unchanged.extend(from.unchanged);
    into.gone.extend(from.gone);
    into.back.extend(from.back);
    into.listed.extend(from.listed);
}
