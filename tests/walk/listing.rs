//! A listing on a server, and a memory that walks down it as a run does.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use khotin::config::SiteProfile;
use khotin::frontier::walk::{ListingSeen, Sightings, Walk, WalkEnd, WalkOptions, WalkStep};
use khotin::frontier::way::Way;
use khotin::model::{ArticleKey, Request, RunId, SectionId, Sequence};
use url::Url;

/// A listing on a server: articles by number, the newest on top.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) items: Vec<u32>,
    pub(crate) size: usize,
    pub(crate) past_the_end: PastTheEnd,
    /// Shown on top of every page, beside the others.
    pub(crate) pinned: Option<u32>,
    /// What the last page says of itself.
    pub(crate) last: Last,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum PastTheEnd {
    Empty,
    RepeatsTheLast,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Last {
    SaysNothing,
    SaysSo,
    /// Its link to the next page leads to another host.
    LeadsAway,
    /// Its link to the next page leads to the first.
    LeadsToTheFirst,
}

pub(crate) struct Shown {
    pub(crate) items: Vec<u32>,
    pub(crate) next: Option<Url>,
    pub(crate) is_last: bool,
}

impl Server {
    pub(crate) fn new(count: u32, size: usize) -> Self {
        Self {
            items: (1..=count).rev().collect(),
            size,
            past_the_end: PastTheEnd::Empty,
            pinned: None,
            last: Last::SaysNothing,
        }
    }

    fn answer(&self, request: &Request) -> Shown {
        let number = |name: &str| {
            let mut pairs = request.url.query_pairs();
            let found = pairs.find(|(known, _)| known == name)?;
            found.1.parse::<usize>().ok()
        };
        if let Some(size) = number("size").filter(|_| number("offset").is_none()) {
            let items = self.items.iter().take(size).copied().collect();
            return Shown {
                items,
                next: None,
                is_last: false,
            };
        }
        let pages = self.items.len().div_ceil(self.size).max(1);
        let asked = match (number("page"), number("offset")) {
            (Some(page), _) => page,
            (None, Some(offset)) => offset / self.size + 1,
            (None, None) => 1,
        };
        let page = match self.past_the_end {
            PastTheEnd::RepeatsTheLast => asked.min(pages),
            PastTheEnd::Empty => asked,
        };
        let from = page.saturating_sub(1) * self.size;
        let here = self.items.iter().skip(from).take(self.size).copied();
        let items: Vec<u32> = self.pinned.into_iter().chain(here).collect();
        let url = |text: &str| Some(Url::parse(text).unwrap());
        let next = match self.last {
            _ if page < pages => url(&format!("https://moh.gov.vn/tin?page={}", page + 1)),
            Last::LeadsAway => url("https://evil.vn/tin?page=2"),
            Last::LeadsToTheFirst => url("https://moh.gov.vn/tin"),
            Last::SaysNothing | Last::SaysSo => None,
        };
        let is_last = self.last == Last::SaysSo && page >= pages;
        Shown {
            items,
            next,
            is_last,
        }
    }
}

/// What the store would remember.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    pub(crate) sightings: BTreeMap<ArticleKey, Sightings>,
    pub(crate) sequence: u64,
    pub(crate) walk: Option<Walk>,
}

/// One run's requests, as path and query, and how it ended; `None` if it was interrupted.
pub(crate) struct Log {
    pub(crate) asked: Vec<String>,
    pub(crate) end: Option<WalkEnd>,
}

pub(crate) fn profile(pager: &str) -> SiteProfile {
    let query = match pager {
        _ if pager.contains("\"page\"") => "?page={page}",
        _ if pager.contains("\"offset\"") => "?offset={offset}&size={size}",
        _ if pager.contains("\"grow\"") => "?size={size}",
        _ => "",
    };
    toml::from_str(&format!(
        r#"
        id = "moh"
        name = {{ vi = "Bộ Y tế", en = "Ministry of Health" }}
        hosts = ["moh.gov.vn"]
        zone = "Asia/Ho_Chi_Minh"
        language = "vi"
        [[platform]]
        id = "p"
        key = "{{n}}"
        ask_listing = {{ url = "https://moh.gov.vn/tin{query}" }}
        pager = {{ {pager} }}
        [[section]]
        id = "tin"
        name = {{ vi = "Tin", en = "News" }}
        platform = "p"
        "#
    ))
    .unwrap()
}

pub(crate) fn key(number: u32) -> ArticleKey {
    ArticleKey::new(format!("moh:p:{number}"))
}

/// Article `number` was listed so many days after the last day of 2019.
pub(crate) fn day(number: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2019, 12, 31).unwrap() + Days::new(u64::from(number))
}

impl Memory {
    /// Walks as a run does: from the open walk's page or the first one, until the end or `most`
    /// requests. `between` sees the server before each request but the first.
    pub(crate) fn run(
        &mut self,
        name: &str,
        profile: &SiteProfile,
        server: &mut Server,
        options: &WalkOptions,
        most: usize,
        mut between: impl FnMut(&mut Server, usize),
    ) -> Log {
        let run = RunId::new(name);
        let way = Way::new(profile, &SectionId::new("tin")).unwrap();
        let open = self.walk.as_ref().filter(|walk| walk.finished.is_none());
        let queued = open.and_then(|walk| walk.next.clone());
        let mut request = match queued {
            Some(queued) => queued.request,
            None => way.first_request().unwrap(),
        };
        let mut asked = Vec::new();
        while asked.len() < most {
            if !asked.is_empty() {
                between(server, asked.len());
            }
            let shown = server.answer(&request);
            asked.push(request.url[url::Position::BeforePath..].to_owned());
            self.sequence += 1;
            let seen = ListingSeen {
                sequence: Sequence(self.sequence),
                run: &run,
                request: &request,
                items: shown.items.len(),
                keys: shown.items.iter().map(|number| key(*number)).collect(),
                next: shown.next.as_ref(),
                is_last: shown.is_last,
                last_date: shown.items.last().map(|number| day(*number)),
            };
            let known = |key: &ArticleKey| self.sightings.get(key).copied();
            let step = way.step(self.walk.as_ref(), &seen, known, options).unwrap();
            let (walk, step) = step.expect("the page of the walk");
            let end = walk.finished.clone();
            self.walk = Some(walk);
            for number in shown.items {
                self.note(key(number));
            }
            match step {
                WalkStep::Next(next) | WalkStep::Again(next) => request = next,
                WalkStep::End => return Log { asked, end },
            }
        }
        Log { asked, end: None }
    }

    fn note(&mut self, key: ArticleKey) {
        let now = Sequence(self.sequence);
        self.sightings
            .entry(key)
            .and_modify(|at| at.last = now)
            .or_insert(Sightings {
                first: now,
                last: now,
            });
    }

    pub(crate) fn knows(&self, number: u32) -> bool {
        self.sightings.contains_key(&key(number))
    }
}

pub(crate) fn undisturbed(_: &mut Server, _: usize) {}

pub(crate) fn crawl(
    memory: &mut Memory,
    name: &str,
    profile: &SiteProfile,
    server: &mut Server,
) -> Log {
    memory.run(
        name,
        profile,
        server,
        &WalkOptions::default(),
        100,
        undisturbed,
    )
}
