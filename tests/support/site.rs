//! A site as the fetch tests need it: everything in scope, no robots.txt, no gap.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use khotin::fetch::{
    AddressPolicy, Ask, Backoff, Clock, FetchOptions, Fetcher, Gate, GateSettings, Lane,
    MemoryLedger, Pace, PaceRules, PaceSettings, Permission, RobotsCopy, RobotsKind, ScopeRule,
    SystemClock,
};
use khotin::model::{Exchange, Purpose, Request, RunId, SiteId};
use url::Url;

pub(crate) fn options() -> FetchOptions {
    FetchOptions {
        user_agent: "khotin/0.1 (+https://example.org)".to_owned(),
        from: Some("operator@example.org".to_owned()),
        addresses: AddressPolicy::LoopbackOnly,
        ..FetchOptions::default()
    }
}

pub(crate) fn fetcher(options: FetchOptions) -> Fetcher {
    Fetcher::new(options, RunId::new("run-1"), Arc::new(SystemClock)).expect("good options")
}

pub(crate) fn settings(gap_ms: u64) -> PaceSettings {
    PaceSettings {
        gap: Duration::from_millis(gap_ms),
        jitter: Duration::ZERO,
        connections: 1,
        backoff: Backoff {
            first: Duration::from_millis(1),
            ceiling: Duration::from_secs(5),
        },
    }
}

pub(crate) fn pace(ledger: &Arc<MemoryLedger>) -> Arc<Pace> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Arc::new(Pace::new(Arc::clone(ledger) as _, clock, || 0.0))
}

pub(crate) fn gate(fetcher: &Fetcher, pace: &Arc<Pace>, settings: PaceSettings) -> Gate {
    gate_with(
        fetcher,
        pace,
        settings,
        Arc::new(|_: &Request| Ok(())),
        Vec::new(),
    )
}

pub(crate) fn gate_with(
    fetcher: &Fetcher,
    pace: &Arc<Pace>,
    settings: PaceSettings,
    scope: Arc<dyn ScopeRule>,
    permissions: Vec<Permission>,
) -> Gate {
    let settings = GateSettings {
        scope,
        permissions,
        own: lane("test", settings),
        others: BTreeMap::new(),
        pace: Arc::clone(pace),
    };
    Gate::new(fetcher, settings)
}

pub(crate) fn lane(group: &str, settings: PaceSettings) -> Lane {
    Lane {
        group: group.to_owned(),
        rules: PaceRules::new(settings, true).expect("one's own machine"),
    }
}

pub(crate) fn request(url: &str) -> Request {
    let url = Url::parse(url).expect("a test URL");
    Request::get(SiteId::new("test"), url, Purpose::Article)
}

/// A fresh copy for the origin of `url`.
pub(crate) fn robots(url: &str, kind: RobotsKind) -> RobotsCopy {
    let origin = Url::parse(url)
        .expect("a test URL")
        .origin()
        .ascii_serialization();
    RobotsCopy::new(&origin, SystemClock.now_utc(), kind, None)
}

pub(crate) fn no_file(url: &str) -> RobotsCopy {
    robots(url, RobotsKind::NoFile { status: 404 })
}

/// Asks, with everything allowed.
pub(crate) async fn fetch(fetcher: &Fetcher, ask: impl Into<Ask>) -> Exchange {
    let ask = ask.into();
    let robots = no_file(ask.request.url.as_str());
    let gate = gate(fetcher, &pace(&Arc::default()), settings(0));
    let permit = gate
        .admit(ask, &robots)
        .await
        .expect("everything is allowed");
    fetcher.fetch(permit).await
}
