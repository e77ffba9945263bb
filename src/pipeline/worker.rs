//! Worker: one connection of one site. It asks the keeper for the next request, goes through the
//! gate, sends, and hands the exchange back; nothing else. A site has one worker at a polite pace.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::keeper::{KeeperHandle, Next, Outcome};
use super::{CrawlError, Progress, Wait};
use crate::fetch::{
    Ask, Clock, Conditional, Fetcher, Gate, Permit, Refusal, RobotsAsk, RobotsCopy, RobotsStep,
};
use crate::model::{Exchange, Request, SiteId, plain};
use crate::store::Work;

/// So long an answer is waited for after an interrupt (our choice: longer than a slow page takes,
/// much shorter than the 90 s after which systemd kills). The next run asks again.
const DRAIN: Duration = Duration::from_secs(10);

/// Everything that a worker shares with the others.
#[derive(Clone)]
pub(super) struct Worker {
    pub(super) site: SiteId,
    pub(super) keeper: KeeperHandle,
    pub(super) gate: Arc<Gate>,
    pub(super) fetcher: Arc<Fetcher>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) progress: Arc<Progress>,
    /// True once nothing new may be asked.
    pub(super) stop: watch::Receiver<bool>,
    /// Why the newest request failed, if it did.
    pub(super) last_failure: Option<String>,
    /// Hosts that only files come from and that are asked nothing more in this run, and why.
    pub(super) left_alone: BTreeMap<String, String>,
}

/// Why a worker stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ended {
    /// Nothing is due.
    Done,
    /// An interrupt or a limit; something may be left.
    Stopped,
    /// The site wishes to be left alone for longer than a run waits.
    Held(String),
}

/// What is known of a robots.txt.
enum Robots {
    /// This.
    Known(RobotsCopy),
    /// It could not be asked for yet.
    Refused(Refusal),
    /// It may not be asked for any more: an interrupt or a limit.
    Stopped,
}

impl Worker {
    /// Works until nothing is due or the run is stopped.
    pub(super) async fn run(mut self) -> Result<Ended, CrawlError> {
        let mut robots = BTreeMap::new();
        loop {
            if *self.stop.borrow() {
                return Ok(Ended::Stopped);
            }
            let mut commits = self.keeper.commits();
            commits.mark_unchanged();
            match self.keeper.claim(&self.site).await? {
                Next::Finished => return Ok(Ended::Done),
                Next::Limit => return Ok(Ended::Stopped),
                // Only a settled claim can make something due; without a keeper the next claim says so.
                Next::Busy => drop(commits.changed().await),
                Next::Wait(wait) => {
                    self.progress.waits_for(Some(Wait::Retry));
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        () = stopped(&mut self.stop) => {}
                    }
                    self.progress.waits_for(None);
                }
                Next::Work(work) => {
                    if let Some(ended) = self.ask(*work, &mut robots).await? {
                        return Ok(ended);
                    }
                }
            }
        }
    }

    /// Sends one request, if the gate lets it, and hands over what came of it.
    async fn ask(
        &mut self,
        work: Work,
        robots: &mut BTreeMap<String, RobotsCopy>,
    ) -> Result<Option<Ended>, CrawlError> {
        let request = work.request.clone();
        if let Some(why) = self.left_alone.get(host(&request)) {
            let rule = why.clone();
            self.keeper.refuse(work, rule).await?;
            return Ok(None);
        }
        let copy = match self.robots_of(&request, robots).await? {
            Robots::Known(copy) => copy,
            Robots::Refused(refusal) => return self.refused(work, refusal).await,
            Robots::Stopped => return self.put_back(work).await,
        };
        let conditional = work
            .validators
            .as_ref()
            .map_or_else(Conditional::default, |known| Conditional {
                etag: known.etag.clone(),
                last_modified: known.last_modified.clone(),
            });
        let permit = tokio::select! {
            biased;
            () = stopped(&mut self.stop) => return self.put_back(work).await,
            permit = self.gate.admit(Ask { request, conditional }, &copy) => permit,
        };
        match permit {
            Err(refusal) => self.refused(work, refusal).await,
            Ok(_) if !self.keeper.may_send().await? => self.put_back(work).await,
            Ok(permit) => {
                let Some(exchange) = self.fetch(permit).await else {
                    return self.put_back(work).await;
                };
                let host_is_down = self.gate.is_down_by(&exchange);
                if host_is_down && !self.gate.is_own(&exchange.request.url) {
                    let host = host(&exchange.request).to_owned();
                    let last = self.last_failure.as_deref().unwrap_or_default();
                    let why = format!("{host} does not answer, the last failure: {last}");
                    self.left_alone.insert(host, plain(&why));
                }
                self.keeper
                    .keep(Outcome {
                        host_is_down,
                        exchange,
                        work: Some(work),
                        robots: None,
                    })
                    .await?;
                Ok(None)
            }
        }
    }

    /// Sends a request; `None` if an interrupt came and the answer did not, within [`DRAIN`].
    async fn fetch(&mut self, permit: Permit) -> Option<Exchange> {
        let drained = async {
            stopped(&mut self.stop).await;
            tokio::time::sleep(DRAIN).await;
        };
        let exchange = tokio::select! {
            exchange = self.fetcher.fetch(permit) => exchange,
            () = drained => return None,
        };
        self.last_failure = match &exchange.result {
            Err(failure) => Some(failure.message.clone()),
            Ok(answer) if answer.status == 429 || answer.status >= 500 => {
                Some(format!("status {}", answer.status))
            }
            Ok(_) => None,
        };
        Some(exchange)
    }

    /// A claim that is not sent any more waits for the next run.
    async fn put_back(&self, work: Work) -> Result<Option<Ended>, CrawlError> {
        self.keeper.put_back(work).await?;
        Ok(Some(Ended::Stopped))
    }

    /// What the gate refused is settled in the store, so that it is not asked for ever.
    async fn refused(&mut self, work: Work, refusal: Refusal) -> Result<Option<Ended>, CrawlError> {
        match refusal {
            // A host of files that wishes to be left alone holds up no page.
            refusal @ (Refusal::Pace(_) | Refusal::CrawlDelay { .. })
                if !self.gate.is_own(&work.request.url) =>
            {
                let host = host(&work.request).to_owned();
                let why = plain(&format!("{host} is left alone: {refusal}"));
                self.left_alone.insert(host, why.clone());
                self.keeper.refuse(work, why).await?;
                Ok(None)
            }
            Refusal::Pace(error) => {
                self.keeper.put_back(work).await?;
                let why = match &self.last_failure {
                    Some(last) => format!("{error}; the last failure: {last}"),
                    None => error.to_string(),
                };
                Ok(Some(Ended::Held(why)))
            }
            refusal @ Refusal::CrawlDelay { .. } => {
                self.keeper.put_back(work).await?;
                Ok(Some(Ended::Held(refusal.to_string())))
            }
            // Its copy became too old while it waited: the next look asks for a new one.
            Refusal::RobotsNeeded { .. } => {
                self.keeper.put_back(work).await?;
                Ok(None)
            }
            refusal => {
                self.keeper.refuse(work, plain(&refusal.rule())).await?;
                Ok(None)
            }
        }
    }

    /// The robots.txt of the request's origin: this run's, else the store's if it is fresh, else
    /// asked for, over redirects, each hop through the gate and into the archive.
    async fn robots_of(
        &mut self,
        request: &Request,
        robots: &mut BTreeMap<String, RobotsCopy>,
    ) -> Result<Robots, CrawlError> {
        let origin = request.url.origin().ascii_serialization();
        let now = self.clock.now_utc();
        if let Some(copy) = robots.get(&origin).filter(|copy| copy.is_fresh(now)) {
            return Ok(Robots::Known(copy.clone()));
        }
        let previous = self.keeper.robots(&origin).await?;
        // One that could not be reached is this run's knowledge alone: the operator may have mended why.
        let serves = |copy: &&RobotsCopy| copy.is_fresh(now) && copy.is_known();
        if let Some(copy) = previous.as_ref().filter(serves) {
            robots.insert(origin, copy.clone());
            return Ok(Robots::Known(copy.clone()));
        }
        let mut ask = RobotsAsk::new(self.site.clone(), &request.url);
        loop {
            let permit = tokio::select! {
                biased;
                () = stopped(&mut self.stop) => return Ok(Robots::Stopped),
                permit = self.gate.admit_robots(&ask) => permit,
            };
            let permit = match permit {
                Ok(permit) => permit,
                Err(refusal @ (Refusal::Pace(_) | Refusal::CrawlDelay { .. })) => {
                    return Ok(Robots::Refused(refusal));
                }
                Err(refusal) => {
                    let copy = ask.give_up(&refusal.to_string(), now, previous.as_ref());
                    robots.insert(origin, copy.clone());
                    return Ok(Robots::Known(copy));
                }
            };
            if !self.keeper.may_send().await? {
                return Ok(Robots::Stopped);
            }
            let Some(exchange) = self.fetch(permit).await else {
                return Ok(Robots::Stopped);
            };
            match ask.conclude(&exchange, previous.as_ref()) {
                RobotsStep::Follow(next) => {
                    self.keeper
                        .keep(Outcome {
                            exchange,
                            work: None,
                            robots: None,
                            host_is_down: false,
                        })
                        .await?;
                    ask = next;
                }
                RobotsStep::Done(copy) => {
                    if let Err(error) = self.gate.heed(&copy) {
                        tracing::warn!(
                            event = "pace_not_stored",
                            "{error}: a crash now would forget the crawl delay"
                        );
                    }
                    let robots_copy = Some(copy.clone());
                    self.keeper
                        .keep(Outcome {
                            exchange,
                            work: None,
                            robots: robots_copy,
                            host_is_down: false,
                        })
                        .await?;
                    robots.insert(origin, copy.clone());
                    return Ok(Robots::Known(copy));
                }
            }
        }
    }
}

/// The host of a request, in lower case.
fn host(request: &Request) -> &str {
    request.url.host_str().unwrap_or_default()
}

/// Ends when nothing new may be asked; never, when nobody is there any more to say so.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending().await
    }
}
