//! The gate: scope, then robots.txt, then the pace. Who passes gets a [`Permit`] to send one
//! request, and there is no other way to one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::head;
use super::pace::Turn;
use super::redirect::is_plain;
use super::retry::{self, Aftermath};
use super::robots_ask::RobotsAsk;
use super::{Clock, FetchError, Fetcher, Pace, PaceRules, Permission, RobotsCopy, Verdict};
use crate::model::{Exchange, Request};

/// Says whether a request is within a site's scope; the site's profile knows.
pub trait ScopeRule: Send + Sync {
    /// Nothing if `request` is in scope.
    ///
    /// # Errors
    /// The rule that keeps it out, in words.
    fn check(&self, request: &Request) -> Result<(), String>;
}

impl<F> ScopeRule for F
where
    F: Fn(&Request) -> Result<(), String> + Send + Sync,
{
    fn check(&self, request: &Request) -> Result<(), String> {
        self(request)
    }
}

/// What a former answer said of itself, so that the server can say "not modified".
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conditional {
    /// The `ETag` field, with its quotes.
    pub etag: Option<String>,
    /// The `Last-Modified` field.
    pub last_modified: Option<String>,
}

/// A request that someone wants to send.
#[derive(Debug, Clone)]
pub struct Ask {
    /// What is asked.
    pub request: Request,
    /// Validators of a former answer; used for GET only.
    pub conditional: Conditional,
}

impl From<Request> for Ask {
    fn from(request: Request) -> Self {
        Self {
            request,
            conditional: Conditional::default(),
        }
    }
}

/// Why a request is not sent.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is no request that khotin sends.
    #[error("{url} is not asked: {why}")]
    Shape {
        /// What was asked for.
        url: Url,
        /// What is wrong with it.
        why: String,
    },
    /// The site's profile keeps it out.
    #[error("{url} is out of scope: {rule}")]
    OutOfScope {
        /// What was asked for.
        url: Url,
        /// The rule.
        rule: String,
    },
    /// The robots.txt of its origin is not known, or too old: ask for it first.
    #[error("{url} needs a fresh robots.txt of {origin} first")]
    RobotsNeeded {
        /// What was asked for.
        url: Url,
        /// Scheme, host and port.
        origin: String,
    },
    /// robots.txt disallows it.
    #[error("{url} is disallowed by robots.txt: {rule}")]
    Disallowed {
        /// What was asked for.
        url: Url,
        /// The rule.
        rule: String,
    },
    /// Nobody knows what robots.txt says, so nothing of the origin is asked.
    #[error("{url} is not asked, because the robots.txt of its origin cannot be reached: {reason}")]
    RobotsUnreachable {
        /// What was asked for.
        url: Url,
        /// Why.
        reason: String,
    },
    /// robots.txt asks for more time between requests than a run waits.
    #[error("robots.txt of {origin} asks for a crawl delay of {} s, more than the {} s that a run waits", .delay.as_secs(), .ceiling.as_secs())]
    CrawlDelay {
        /// Scheme, host and port.
        origin: String,
        /// What it asks for.
        delay: Duration,
        /// The longest wait within a run.
        ceiling: Duration,
    },
    /// The pace group gives no turn.
    #[error(transparent)]
    Pace(#[from] FetchError),
}

impl Refusal {
    /// The rule alone, without the URL: what a report counts by.
    pub fn rule(&self) -> String {
        match self {
            Self::Shape { why, .. } => format!("not a request of khotin: {why}"),
            Self::OutOfScope { rule, .. } => format!("out of scope: {rule}"),
            Self::RobotsNeeded { origin, .. } => format!("no fresh robots.txt of {origin}"),
            Self::Disallowed { rule, .. } => format!("disallowed by robots.txt: {rule}"),
            Self::RobotsUnreachable { reason, .. } => {
                format!("robots.txt cannot be reached: {reason}")
            }
            Self::CrawlDelay { .. } | Self::Pace(_) => self.to_string(),
        }
    }

    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Shape { .. } => "correct the request in the site's profile",
            Self::OutOfScope { .. } => {
                "add the host to the site's profile if it belongs to the site"
            }
            Self::RobotsNeeded { .. } => "the crawl asks for robots.txt by itself",
            Self::Disallowed { .. } => {
                "ask the site's owner; a written permission can be stated in config.toml"
            }
            Self::RobotsUnreachable { .. } => {
                "run the same command again later; the site decides by its robots.txt"
            }
            Self::CrawlDelay { .. } => {
                "raise the longest pause in config.toml, or ask the site's owner"
            }
            Self::Pace(error) => error.advice(),
        }
    }
}

/// How the hosts of a pace group are asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// The pace group.
    pub group: String,
    /// How it is asked.
    pub rules: PaceRules,
}

/// What the gate of one site knows.
pub struct GateSettings {
    /// The site's scope.
    pub scope: Arc<dyn ScopeRule>,
    /// Written permissions of the site's owner.
    pub permissions: Vec<Permission>,
    /// The pace group of the site's hosts, and how it is asked.
    pub own: Lane,
    /// Hosts that are not the site's, by lower-case name, each with a pace of its own. The permissions
    /// are not theirs.
    pub others: BTreeMap<String, Lane>,
    /// All pace groups.
    pub pace: Arc<Pace>,
}

/// The gate of one site. It speaks with robots.txt under the same name as the fetcher that it was
/// made for.
pub struct Gate {
    settings: GateSettings,
    user_agent: String,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate")
            .field("group", &self.settings.own.group)
            .finish_non_exhaustive()
    }
}

/// The right to send one request, once, now. It holds the turn of its pace group.
///
/// Only a gate makes one, and sending consumes it:
/// ```compile_fail,E0382
/// # async fn twice(fetcher: khotin::fetch::Fetcher, permit: khotin::fetch::Permit) {
/// fetcher.fetch(permit).await;
/// fetcher.fetch(permit).await; // the permit is gone
/// # }
/// ```
/// ```compile_fail,E0451
/// let forged = khotin::fetch::Permit { ..unreachable!() }; // the fields are private
/// ```
#[derive(Debug)]
pub struct Permit {
    pub(super) ask: Ask,
    pub(super) turn: Turn,
}

impl Permit {
    /// What may be sent.
    pub fn request(&self) -> &Request {
        &self.ask.request
    }
}

impl Gate {
    /// A gate before `fetcher`.
    pub fn new(fetcher: &Fetcher, settings: GateSettings) -> Self {
        Self {
            settings,
            user_agent: fetcher.user_agent().to_owned(),
            clock: fetcher.clock(),
        }
    }

    /// Scope and robots.txt alone, without waiting for a turn: what a dry run asks. Gives the gap
    /// that the pace would keep.
    ///
    /// # Errors
    /// [`Refusal`] says what stands against it.
    pub fn check(&self, request: &Request, robots: &RobotsCopy) -> Result<Duration, Refusal> {
        self.check_scope(request)?;
        let url = &request.url;
        let origin = url.origin().ascii_serialization();
        let now = self.clock.now_utc();
        if robots.origin != origin || !robots.is_fresh(now) {
            let url = url.clone();
            return Err(Refusal::RobotsNeeded { url, origin });
        }
        let url = url.clone();
        let permissions: &[Permission] = match self.is_own(&url) {
            true => &self.settings.permissions,
            false => &[],
        };
        let verdict = robots.verdict(&self.user_agent, &url, permissions, now);
        let crawl_delay = match verdict {
            Verdict::Allowed { crawl_delay, .. } => crawl_delay.unwrap_or(Duration::ZERO),
            Verdict::Disallowed { rule } => return Err(Refusal::Disallowed { url, rule }),
            Verdict::Nothing { reason } => {
                return Err(Refusal::RobotsUnreachable { url, reason });
            }
        };
        let settings = self.lane(&url).rules.settings();
        if crawl_delay > settings.backoff.ceiling {
            return Err(Refusal::CrawlDelay {
                origin,
                delay: crawl_delay,
                ceiling: settings.backoff.ceiling,
            });
        }
        Ok(settings.gap.max(crawl_delay))
    }

    /// Lets `ask` through when scope and robots.txt allow it and its turn has come. `robots` must be
    /// a fresh copy for the URL's origin. Dropping the future gives up the place in the queue.
    ///
    /// # Errors
    /// [`Refusal`] says what stands against it.
    pub async fn admit(&self, ask: Ask, robots: &RobotsCopy) -> Result<Permit, Refusal> {
        let gap = self.check(&ask.request, robots)?;
        self.wait(ask, gap).await
    }

    /// Lets a request for a robots.txt through when its scope allows it and its turn has come.
    ///
    /// # Errors
    /// [`Refusal`] says what stands against it.
    pub async fn admit_robots(&self, ask: &RobotsAsk) -> Result<Permit, Refusal> {
        self.check_scope(ask.request())?;
        let gap = self.lane(&ask.request().url).rules.settings().gap;
        self.wait(ask.request().clone().into(), gap).await
    }

    /// True if `exchange` failed because its host is down, so that the request is not to blame: the
    /// pace waits for a probe, and this was one or came just before.
    pub fn is_down_by(&self, exchange: &Exchange) -> bool {
        let aftermath = retry::aftermath(exchange, self.clock.now_utc());
        let group = &self.lane(&exchange.request.url).group;
        aftermath != Aftermath::Fine && self.settings.pace.is_down(group)
    }

    /// True for a URL of the site's own pace group; false for a host that only files come from.
    pub fn is_own(&self, url: &Url) -> bool {
        self.other(url).is_none()
    }

    fn other(&self, url: &Url) -> Option<&Lane> {
        // Host names of URLs are in lower case.
        self.settings.others.get(url.host_str()?)
    }

    fn lane(&self, url: &Url) -> &Lane {
        self.other(url).unwrap_or(&self.settings.own)
    }

    /// Holds the pace group for the Crawl-delay of a robots.txt that was just read, so that a crash
    /// before the next request is no excuse. A delay that no run waits for holds nothing: all that it
    /// is for is refused by [`Self::check`].
    ///
    /// # Errors
    /// [`FetchError::Ledger`] if that cannot be stored; the hold stands in this process all the same.
    pub fn heed(&self, robots: &RobotsCopy) -> Result<(), FetchError> {
        let origin = Url::parse(&robots.origin).ok();
        let lane = origin
            .as_ref()
            .map_or(&self.settings.own, |url| self.lane(url));
        let settings = lane.rules.settings();
        match robots.crawl_delay(&self.user_agent, self.clock.now_utc()) {
            Some(delay) if delay > settings.gap && delay <= settings.backoff.ceiling => {
                let pace = &self.settings.pace;
                pace.hold(&lane.group, &lane.rules, delay)
            }
            _ => Ok(()),
        }
    }

    fn check_scope(&self, request: &Request) -> Result<(), Refusal> {
        let shape = |why: String| Refusal::Shape {
            url: request.url.clone(),
            why,
        };
        if !is_plain(&request.url) {
            return Err(shape("not a plain http or https URL".to_owned()));
        }
        head::check_own(request).map_err(shape)?;
        self.settings
            .scope
            .check(request)
            .map_err(|rule| Refusal::OutOfScope {
                url: request.url.clone(),
                rule,
            })
    }

    async fn wait(&self, ask: Ask, gap: Duration) -> Result<Permit, Refusal> {
        let Lane { group, rules } = self.lane(&ask.request.url);
        let turn = self.settings.pace.turn(group, rules, gap).await?;
        Ok(Permit { ask, turn })
    }
}
