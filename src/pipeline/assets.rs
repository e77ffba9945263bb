//! Files of articles: those of articles that the store has are planned when a run begins, so that a setting
//! switched on later finds the old ones too. In: the store and what the run wants; out: requests in the
//! queue. Articles are read in pieces, and only those that were not planned before with the same wish and
//! profile; planning twice changes nothing.

use std::collections::BTreeSet;

use tokio::sync::watch;

use super::{CrawlError, SitePlan};
use crate::config::Assets;
use crate::frontier::assets::of_article;
use crate::model::{ArticleKey, Capture, Page, Sequence};
use crate::store::{AssetFound, AssetsPlanned, Store};

/// Articles that are read between two transactions.
const PIECE: usize = 256;

/// Plans the files of stored articles, if the run wants files. An interrupt ends it; the next run goes on
/// there.
///
/// # Errors
/// If the store fails.
pub(super) fn plan_known<S: Store>(
    store: &mut S,
    plan: &SitePlan,
    cap: u64,
    stop: &watch::Receiver<bool>,
) -> Result<(), CrawlError> {
    let wanted = plan.frontier.assets;
    if wanted == Assets::None {
        return Ok(());
    }
    let site = &plan.profile.id;
    store.reopen_assets(site, cap)?;
    let mut progress = AssetsPlanned {
        wanted: wanted.as_str().to_owned(),
        profile_digest: plan.profile.digest.clone(),
        through: Sequence(0),
    };
    if let Some(known) = store.assets_planned(site)?
        && known.wanted == progress.wanted
        && known.profile_digest == progress.profile_digest
    {
        progress.through = known.through;
    }
    loop {
        let read = store.keys_read(site, progress.through, PIECE)?;
        let Some((last, _)) = read.last() else { break };
        progress.through = *last;
        let keys: BTreeSet<&ArticleKey> = read.iter().map(|(_, key)| key).collect();
        let mut planned = Vec::new();
        for key in keys {
            if let Some(article) = store.article(key.as_str())? {
                planned.extend(of_article(&plan.profile, &plan.frontier, &article));
            }
        }
        store.plan(&planned)?;
        store.set_assets_planned(site, &progress)?;
        if *stop.borrow() {
            break;
        }
    }
    Ok(())
}

/// What an answer says of a file.
pub(super) fn found(capture: &Capture, page: &Page) -> AssetFound {
    let missing = |why: String| AssetFound::Missing { why, size: None };
    match page {
        Page::Asset => AssetFound::Whole {
            content_type: capture.header("content-type").map(crate::model::plain),
        },
        Page::Redirect { target, .. } => AssetFound::Led {
            target: target.clone(),
        },
        Page::Other { reason } => AssetFound::Missing {
            why: crate::model::plain(reason),
            size: capture.truncated.and_then(|_| said_length(capture)),
        },
        Page::Blocked { rule } | Page::SoftGone { rule } => missing(rule.clone()),
        Page::Gone | Page::NotModified | Page::Listing(_) | Page::Article { .. } => {
            missing(format!("status {}", capture.status))
        }
    }
}

/// The length that the server said, where what was kept is shorter.
fn said_length(capture: &Capture) -> Option<u64> {
    let said = capture.header("x-archive-orig-content-length");
    said.or_else(|| capture.header("content-length"))?
        .trim()
        .parse()
        .ok()
        .filter(|said| *said > capture.body.len() as u64)
}
