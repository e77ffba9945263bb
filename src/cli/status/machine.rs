//! All that `status` knows, as JSON. Names and states are English in every language.

use serde_json::{Map, Value, json};

use super::facts::{Facts, KnownRun, KnownSite};
use crate::store::PastRun;

/// The whole answer.
pub(super) fn as_json(facts: &Facts<'_>) -> Value {
    let sites: Map<String, Value> = facts
        .sites
        .iter()
        .map(|site| (site.profile.id.to_string(), site_json(site)))
        .collect();
    let last = facts.runs.iter().find_map(|run| match &run.past {
        PastRun::Noted(row) => Some(row),
        PastRun::Seen { .. } => None,
    });
    json!({
        "now": facts.now,
        "last_run": last.map(|run| json!({
            "run": run.run,
            "started_at": run.started_at,
            "finished_at": run.finished_at,
            "report": run.report,
        })),
        "runs": facts.runs.iter().map(run_json).collect::<Vec<_>>(),
        "archive": {
            "files": facts.files.warcs,
            "bytes": facts.files.archive,
            "database_bytes": facts.files.database,
        },
        "disk": {
            "free_bytes": facts.disk.free,
            "min_free_bytes": facts.disk.min_free,
            "bytes_a_day": facts.forecast.bytes_a_day,
            "days_left": facts.forecast.days_left,
            "unknown": facts.forecast.unknown,
        },
        "sites": sites,
    })
}

fn run_json(run: &KnownRun) -> Value {
    let exchanges = match &run.past {
        PastRun::Noted(_) => None,
        PastRun::Seen { exchanges, .. } => Some(exchanges),
    };
    json!({
        "run": run.past.run(),
        "known_from": match run.past { PastRun::Noted(_) => "store", PastRun::Seen { .. } => "archive" },
        "started_at": run.past.started_at(),
        "ended_at": run.ended_at(),
        "seconds": run.took().map(|time| time.as_seconds_f64()),
        "exit_code": run.report.as_ref().map(|report| report.exit_code),
        "causes": run.report.as_ref().map(|report| &report.causes),
        "requests": run.sum(|site| site.requests),
        "new": run.sum(|site| site.new.len() as u64),
        "changed": run.sum(|site| site.changed.len() as u64),
        "gone": run.sum(|site| site.gone.len() as u64),
        "failed": run.sum(|site| site.failures()),
        "left": run.sum(|site| site.left),
        "exchanges": exchanges,
    })
}

fn site_json(site: &KnownSite<'_>) -> Value {
    let counts = &site.counts;
    let articles: Map<String, Value> = counts
        .articles
        .iter()
        .map(|(state, number)| (state.as_str().to_owned(), json!(number)))
        .collect();
    let requests: Map<String, Value> = counts
        .requests
        .iter()
        .map(|(state, number)| (state.as_str().to_owned(), json!(number)))
        .collect();
    let sections: Map<String, Value> = counts
        .sections
        .iter()
        .map(|(section, counts)| {
            let rhythm = site.rhythm(section, counts);
            let value = json!({
                "articles": counts.articles,
                "newest": counts.newest,
                "last_new": counts.last_new,
                "rhythm_hours": rhythm.map(|rhythm| rhythm.num_hours()),
                "last_read": counts.listed_at,
                "walk": counts.walk,
            });
            (section.to_string(), value)
        })
        .collect();
    let failures: Vec<Value> = site
        .failures
        .iter()
        .map(|row| {
            json!({
                "state": row.state.as_str(),
                "url": row.request.url,
                "purpose": row.request.purpose,
                "article": row.article,
                "cause": row.cause,
                "runs": row.failed_runs,
                "due": row.due,
            })
        })
        .collect();
    json!({
        "exchanges": counts.exchanges,
        "bytes": counts.bytes,
        "unreadable": counts.unreadable,
        "articles": articles,
        "files": {
            "kept": counts.assets.kept,
            "bytes": counts.assets.bytes,
            "missing": counts.assets.missing,
            "waiting": counts.assets.waiting,
        },
        "requests": requests,
        "due": site.due,
        "next_due": site.next_due,
        "blocked": site.blocked,
        "sections": sections,
        "drift": site.signs,
        "failures": failures,
    })
}
