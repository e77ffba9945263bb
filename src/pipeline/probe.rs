//! Probe: the one look at a site that `khotin doctor` takes: its name, a TLS handshake, its robots.txt.
//!
//! In: settings, profiles, one site. Out: what came of each step. It is no crawl: nothing is archived, so
//! nothing of it is read into a record or kept as a copy of robots.txt. Always holds: it goes through the
//! same gate as a crawl and keeps the same pace, noted in the same store before it is sent; at most one
//! robots.txt is asked, redirects are not followed; while a crawl holds the store, or the site rests
//! for longer than [`LONGEST_REST`], nothing is asked. Only where there is no database yet, so that
//! nothing was ever asked from this folder, the pace is kept in memory: a doctor makes no files.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use url::Url;

use super::open::{database, holder};
use super::{CrawlError, CrawlOptions, SitePlan, fetcher, gate, plan, run_name};
use crate::config::{Config, Sites};
use crate::fetch::{
    AddressError, Clock, Fetcher, Gate, Handshake, LedgerError, MemoryLedger, Pace, PaceLedger,
    PaceNote, Refusal, RobotsAsk, RobotsCopy, RobotsStep,
};
use crate::frontier::way::Way;
use crate::model::{Exchange, Failure, Request, SiteId};
use crate::store::{SqliteStore, Store, StoreError};

/// A site that rests for longer is not waited for (our choice: a person waits for the answer).
const LONGEST_REST: Duration = Duration::from_secs(30);

/// What a probe needs from outside.
pub struct Probing<'a> {
    /// The operator's settings.
    pub config: &'a Config,
    /// All known sites.
    pub sites: &'a Sites,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Numbers from 0 up to 1, for the jitter.
    pub random: fn() -> f64,
}

/// Why a site was not asked, though it could be.
#[derive(Debug, thiserror::Error)]
pub enum NotAsked {
    /// A crawl or another writer holds the store; it asks by itself.
    #[error(transparent)]
    Busy(StoreError),
    /// The store, in which the last request stands, can not be used.
    #[error(transparent)]
    Store(StoreError),
    /// The site rests.
    #[error("the pace group rests until {}", until.format("%Y-%m-%d %H:%M:%S UTC"))]
    Rests {
        /// Nothing is asked before.
        until: DateTime<Utc>,
    },
    /// The profile gives no request to begin with.
    #[error("no active section gives a first request")]
    NoRequest,
    /// The gate refused.
    #[error(transparent)]
    Refused(Box<Refusal>),
}

/// What a TLS session was like.
#[derive(Debug)]
pub enum Session {
    /// The origin speaks plain http.
    PlainHttp,
    /// It can not be shown: a proxy or the system's TLS library stands between.
    NotShown,
    /// It was tried.
    Tried(Box<Result<Handshake, Failure>>),
}

/// What came of a probe.
#[derive(Debug)]
pub struct Probe {
    /// The first request of the site's first active section: whose origin was asked.
    pub first: Request,
    /// Where the origin's name leads; none behind a proxy, which looks names up itself.
    pub addresses: Option<Result<Vec<SocketAddr>, AddressError>>,
    /// The handshake; none if the name leads nowhere.
    pub session: Option<Session>,
    /// The answer to the request for robots.txt, none if it was not sent because an earlier step failed.
    pub exchange: Option<Exchange>,
    /// What that answer means; none if it is a redirect.
    pub robots: Option<RobotsCopy>,
    /// What robots.txt says of the first request: the gap that is kept, or why it may not be asked.
    pub verdict: Option<Result<Duration, Refusal>>,
    /// Why nothing more was asked.
    pub not_asked: Option<NotAsked>,
}

/// Looks at one site.
///
/// # Errors
/// [`CrawlError`] as a crawl of that site would have it before it asks: no contact, a pace that is too
/// fast, a certificate file that can not be read.
pub async fn probe(probing: &Probing<'_>, site: &SiteId) -> Result<Probe, CrawlError> {
    let Probing {
        config,
        sites,
        clock,
        random,
    } = probing;
    let options = CrawlOptions {
        sites: vec![site.clone()],
        ..CrawlOptions::default()
    };
    let plans = plan(config, sites, &options)?;
    let plan = plans
        .first()
        .ok_or_else(|| CrawlError::UnknownSite { site: site.clone() })?;
    let run = run_name(clock.now_utc(), 0);
    let fetcher = fetcher(config, &plans, &run, Arc::clone(clock))?;
    let first = plan
        .sections
        .iter()
        .find_map(|section| Way::new(&plan.profile, section).ok()?.first_request().ok());
    let Some(first) = first else {
        let url = Url::parse("about:blank").map_err(|_| CrawlError::WorkerGone)?;
        let nothing = Request::get(site.clone(), url, crate::model::Purpose::Robots);
        return Ok(Probe::begun(nothing).stopped(NotAsked::NoRequest));
    };
    let mut probe = Probe::begun(first);
    if config.fetch.proxy.is_none() || plan.is_own_machine {
        let found = fetcher.look_up(&probe.first.url).await;
        let leads_nowhere = found.is_err();
        probe.addresses = Some(found);
        if leads_nowhere {
            return Ok(probe);
        }
    }
    let ledger = match ledger(&config.paths.output, plan, &**clock) {
        Ok(ledger) => ledger,
        Err(why) => return Ok(probe.stopped(why)),
    };
    let pace = Arc::new(Pace::new(ledger, Arc::clone(clock), *random));
    let gate = gate(plan, &fetcher, &pace);
    ask(&mut probe, &fetcher, &gate).await;
    Ok(probe)
}

/// Handshake and robots.txt, each in its turn. What fails ends it: the next would fail as well.
async fn ask(probe: &mut Probe, fetcher: &Fetcher, gate: &Gate) {
    let robots = RobotsAsk::new(probe.first.site.clone(), &probe.first.url);
    probe.session = Some(if probe.first.url.scheme() != "https" {
        Session::PlainHttp
    } else if !fetcher.shows_handshake(&probe.first) {
        Session::NotShown
    } else {
        let permit = match gate.admit_robots(&robots).await {
            Ok(permit) => permit,
            Err(refusal) => {
                probe.not_asked = Some(NotAsked::Refused(Box::new(refusal)));
                return;
            }
        };
        let shaken = fetcher.shake_hands(permit).await;
        let failed = shaken.is_err();
        let session = Session::Tried(Box::new(shaken));
        if failed {
            probe.session = Some(session);
            return;
        }
        session
    });
    let permit = match gate.admit_robots(&robots).await {
        Ok(permit) => permit,
        Err(refusal) => {
            probe.not_asked = Some(NotAsked::Refused(Box::new(refusal)));
            return;
        }
    };
    let exchange = fetcher.fetch(permit).await;
    if let RobotsStep::Done(copy) = robots.conclude(&exchange, None) {
        if let Err(error) = gate.heed(&copy) {
            tracing::warn!(
                event = "pace_not_stored",
                "{error}: the next crawl would forget the crawl delay"
            );
        }
        probe.verdict = Some(gate.check(&probe.first, &copy));
        probe.robots = Some(copy);
    }
    probe.exchange = Some(exchange);
}

impl Probe {
    fn begun(first: Request) -> Self {
        Self {
            first,
            addresses: None,
            session: None,
            exchange: None,
            robots: None,
            verdict: None,
            not_asked: None,
        }
    }

    fn stopped(mut self, why: NotAsked) -> Self {
        self.not_asked = Some(why);
        self
    }
}

/// Where the pace is noted: the store if there is one, which is locked until the probe is over.
fn ledger(
    output: &Path,
    plan: &SitePlan,
    clock: &dyn Clock,
) -> Result<Arc<dyn PaceLedger>, NotAsked> {
    let path = database(output);
    if !path.exists() {
        return Ok(Arc::new(MemoryLedger::default()));
    }
    // A doctor brings no schema up to date; a reader refuses an old one.
    SqliteStore::open_reader(&path).map_err(NotAsked::Store)?;
    let store = SqliteStore::open(&path, holder(clock)).map_err(|error| {
        if error.is_locked() {
            NotAsked::Busy(error)
        } else {
            NotAsked::Store(error)
        }
    })?;
    let note = store
        .pace(plan.profile.pace_group())
        .map_err(NotAsked::Store)?;
    if let Some(rest) = note.map(|note| rest(note, clock.now_utc()))
        && rest > LONGEST_REST
    {
        let until = clock.now_utc() + rest;
        return Err(NotAsked::Rests { until });
    }
    Ok(Arc::new(StoreLedger(Mutex::new(store))))
}

/// How long a group still rests; a note from the future counts as written now.
fn rest(note: PaceNote, now: DateTime<Utc>) -> Duration {
    let passed = (now - note.noted_at).to_std().unwrap_or(Duration::ZERO);
    note.wait.saturating_sub(passed)
}

/// The pace in the store, while it is ours.
struct StoreLedger(Mutex<SqliteStore>);

impl PaceLedger for StoreLedger {
    fn note_of(&self, group: &str) -> Result<Option<PaceNote>, LedgerError> {
        let store = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(store.pace(group)?)
    }

    fn keep_note(&self, group: &str, note: PaceNote) -> Result<(), LedgerError> {
        let mut store = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(store.set_pace(group, note)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_ends_by_the_clock_and_one_noted_in_the_future_begins_now() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let note = PaceNote {
            noted_at: at("2026-11-28T00:00:00Z"),
            wait: Duration::from_secs(60),
            failures: 0,
        };
        let table = [
            ("just noted", "2026-11-28T00:00:00Z", 60),
            ("half over", "2026-11-28T00:00:45Z", 15),
            ("over", "2026-11-28T01:00:00Z", 0),
            ("a clock that was set back", "2026-11-27T00:00:00Z", 60),
        ];
        for (what, now, seconds) in table {
            assert_eq!(rest(note, at(now)), Duration::from_secs(seconds), "{what}");
        }
    }
}
