//! Candidates: what a run may ask now, best first, and how much there is.
//!
//! The queue has four parts, and each is one walk down an index, from its beginning: the price of the next
//! request does not depend on how many are known. Only a wish for some sections, or for articles since a
//! day, looks at rows that do not fit it on the way.

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use rusqlite::types::ToSql;

use super::claims::Claims;
use super::queue::last_rank;
use super::sqlite::{json_text, time_text};
use super::{StoreError, Want};
use crate::config::Assets;

/// A part of the queue.
struct Part {
    /// Its rank among the parts: a column, or the number of [`super::Priority::Revisit`].
    rank: &'static str,
    /// When its rows became due.
    due: &'static str,
    /// Which rows it has.
    rows: &'static str,
    /// Their order, which is that of an index.
    order: &'static str,
}

/// Files of articles have the ranks behind all pages, so a wish for fewer of them ends the walk earlier. What
/// is due again is never a file.
const PARTS: [Part; 4] = [
    Part {
        rank: "priority",
        due: "''",
        rows: "state = 'pending' AND priority <= :last",
        order: "priority, id",
    },
    Part {
        rank: "priority",
        due: "due_at",
        rows: "state = 'retry' AND due_at <= :now AND +priority <= :last",
        order: "priority, due_at, id",
    },
    Part {
        rank: "4",
        due: "due_at",
        rows: "state = 'done' AND due_at <= :now AND run IS NOT :run",
        order: "due_at, id",
    },
    Part {
        rank: "4",
        due: "due_at",
        rows: "state = 'given_up' AND due_at <= :now AND run IS NOT :run AND purpose = 'article'",
        order: "due_at, id",
    },
];

/// Files that were given up, for whoever wants files.
const GIVEN_UP_FILES: Part = Part {
    rank: "priority",
    due: "due_at",
    rows: "state = 'given_up' AND due_at <= :now AND run IS NOT :run AND purpose = 'asset'
        AND +priority <= :last",
    order: "due_at, id",
};

/// The parts that have something for a wish.
fn parts(want: &Want) -> impl Iterator<Item = &'static Part> {
    let files = (want.assets != Assets::None).then_some(&GIVEN_UP_FILES);
    PARTS.iter().chain(files)
}

/// What waits for a later try of this run.
const LATER: &str = "state = 'retry' AND due_at > :now AND +priority <= :last";

/// Of these sections; robots.txt is for every section.
const SECTIONS: &str =
    " AND (purpose = 'robots' OR section IN (SELECT value FROM json_each(:sections)))";

/// Articles whose listing says an older day are left for another run, and files of older articles.
const SINCE: &str =
    " AND (purpose NOT IN ('article', 'asset') OR listed_on IS NULL OR listed_on >= :since)";

/// Rows and ranks of at most `most` requests, best first; claimed ones are left out.
pub(super) fn candidates(
    db: &Connection,
    claims: &Claims,
    want: &Want,
    now: DateTime<Utc>,
    most: usize,
) -> Result<Vec<i64>, StoreError> {
    // As many more as may be claimed.
    let with_claimed = most.saturating_add(claims.len());
    let limit = i64::try_from(with_claimed).unwrap_or(i64::MAX);
    let values = Values::of(want, now)?;
    let mut statement = db.prepare_cached(&in_order(want))?;
    let mut named = values.named(want);
    named.push((":most", &limit));
    let rows = statement.query_map(named.as_slice(), |row| row.get::<_, i64>(0))?;
    let mut found = Vec::new();
    for id in rows {
        let id = id?;
        if !claims.has(id) && found.len() < most {
            found.push(id);
        }
    }
    Ok(found)
}

/// How many requests there are for a run, those that wait for a later try included and claimed ones not.
pub(super) fn count(
    db: &Connection,
    claims: &Claims,
    want: &Want,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let values = Values::of(want, now)?;
    let mut statement = db.prepare_cached(&counted(want))?;
    let named = values.named(want);
    let all: u64 = statement.query_row(named.as_slice(), |row| row.get(0))?;
    Ok(all.saturating_sub(claims.of(&want.site) as u64))
}

/// The question for the best requests.
fn in_order(want: &Want) -> String {
    let parts: Vec<String> = parts(want).map(|part| best_of(part, want)).collect();
    format!(
        "SELECT id FROM ({}) ORDER BY rank, due, id LIMIT :most",
        parts.join(" UNION ALL ")
    )
}

fn best_of(part: &Part, want: &Want) -> String {
    let Part {
        rank,
        due,
        rows,
        order,
    } = part;
    format!(
        "SELECT * FROM (SELECT id, {rank} AS rank, {due} AS due FROM requests
             WHERE site = :site AND {rows}{} ORDER BY {order} LIMIT :most)",
        wish(want)
    )
}

/// The question for their number.
fn counted(want: &Want) -> String {
    let rows = parts(want).map(|part| part.rows).chain([LATER]);
    let parts: Vec<String> = rows
        .map(|rows| {
            let wish = wish(want);
            format!("(SELECT count(*) FROM requests WHERE site = :site AND {rows}{wish})")
        })
        .collect();
    format!("SELECT {}", parts.join(" + "))
}

/// What is not said is not asked: then the indexes alone answer.
fn wish(want: &Want) -> String {
    let mut wish = String::new();
    if !want.sections.is_empty() {
        wish.push_str(SECTIONS);
    }
    if want.since.is_some() {
        wish.push_str(SINCE);
    }
    wish
}

/// The values of a question.
struct Values {
    site: String,
    run: String,
    now: String,
    /// The last rank that is wanted.
    last: i64,
    sections: String,
    since: Option<String>,
}

impl Values {
    fn of(want: &Want, now: DateTime<Utc>) -> Result<Self, StoreError> {
        Ok(Self {
            site: want.site.to_string(),
            run: want.run.to_string(),
            now: time_text(now),
            last: last_rank(want.assets),
            sections: json_text(&want.sections)?,
            since: want.since.map(|day| day.to_string()),
        })
    }

    /// Those that the question names.
    fn named(&self, want: &Want) -> Vec<(&'static str, &dyn ToSql)> {
        let mut named: Vec<(&'static str, &dyn ToSql)> = vec![
            (":site", &self.site),
            (":run", &self.run),
            (":now", &self.now),
            (":last", &self.last),
        ];
        if !want.sections.is_empty() {
            named.push((":sections", &self.sections));
        }
        if want.since.is_some() {
            named.push((":since", &self.since));
        }
        named
    }
}

#[cfg(test)]
mod tests {
    use super::super::{past, queue, schema};
    use super::*;
    use crate::model::{RunId, SectionId, SiteId};

    #[test]
    fn no_question_to_the_queue_reads_the_whole_table() {
        let mut db = Connection::open_in_memory().unwrap();
        schema::migrate(&mut db, std::path::Path::new("x.db")).unwrap();
        let plain = Want {
            run: RunId::new("r1"),
            site: SiteId::new("moh"),
            sections: Vec::new(),
            since: None,
            assets: Assets::None,
        };
        let with_files = Want {
            assets: Assets::All,
            ..plain.clone()
        };
        let narrow = Want {
            sections: vec![SectionId::new("tin")],
            since: "2026-11-01".parse().ok(),
            ..plain.clone()
        };
        let table = [
            ("the next request", in_order(&plain)),
            ("the next request or file", in_order(&with_files)),
            ("the next request of a section", in_order(&narrow)),
            ("how many are left", counted(&plain)),
            ("how many are left with files", counted(&with_files)),
            ("how many of a section are left", counted(&narrow)),
            ("when the next is due", past::NEXT_DUE.to_owned()),
            ("what failed", queue::failing()),
            ("which sites there are", queue::SITES.to_owned()),
            ("what waits for another try", queue::WAKE_RETRIES.to_owned()),
            ("what failed last night", queue::WAKE_FAILED.to_owned()),
        ];
        for (what, sql) in table {
            let steps = steps(&db, &sql);
            let walks: Vec<&String> = steps
                .iter()
                .filter(|step| step.contains(" requests"))
                .collect();
            assert!(!walks.is_empty(), "{what}: {steps:?}");
            for walk in walks {
                // All of a site would be nearly all there is; of what fails, all is wanted.
                let is_whole = walk.contains("SCAN requests")
                    || walk.ends_with("(site=?)") && !walk.contains("requests_failing");
                assert!(!is_whole, "{what}: {walk}");
            }
        }
        // What such a table would show: this one has no index to go by.
        let all = steps(&db, "SELECT id FROM requests WHERE cause = 'timeout'");
        assert_eq!(all, ["SCAN requests"]);
    }

    /// How SQLite would answer.
    fn steps(db: &Connection, sql: &str) -> Vec<String> {
        let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let mut rows = statement.raw_query();
        let mut steps = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            steps.push(row.get(3).unwrap());
        }
        steps
    }

    #[test]
    fn the_next_request_needs_no_sorting_of_a_part() {
        let mut db = Connection::open_in_memory().unwrap();
        schema::migrate(&mut db, std::path::Path::new("x.db")).unwrap();
        let want = Want {
            run: RunId::new("r1"),
            site: SiteId::new("moh"),
            sections: Vec::new(),
            since: None,
            assets: Assets::All,
        };
        let sorted = |part: &Part| {
            let steps = steps(&db, &best_of(part, &want));
            steps.iter().any(|step| step.contains("TEMP B-TREE"))
        };
        let parts: Vec<bool> = parts(&want).map(sorted).collect();
        // What is tried again is sorted: there are never more of it than failed for a moment in one run.
        assert_eq!(parts, [false, true, false, false, false]);
    }
}
