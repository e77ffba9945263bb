//! robots.txt: what was found there, how long it holds, and what it says of a URL.
//!
//! A [`RobotsCopy`] is what the store keeps for one origin. It is made from an answer by
//! [`RobotsAsk::conclude`](super::RobotsAsk::conclude). It holds for 24 hours. If the file cannot be
//! reached, the last good copy holds for 30 days, and after that nothing is fetched (RFC 9309,
//! sections 2.3.1.4 and 2.4). There is no switch to ignore it; the one exception is a written
//! [`Permission`] of the site's owner.

#[cfg(test)]
mod corner_cases;
mod rules;

use std::borrow::Cow;
use std::sync::OnceLock;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use rules::Rules;

/// How long a copy holds (RFC 9309, section 2.4).
const FRESH: TimeDelta = TimeDelta::hours(24);
/// How soon a file that could not be reached is asked for again (our choice).
const FRESH_UNREACHABLE: TimeDelta = TimeDelta::hours(1);
/// How long the last good copy stands in for a file that cannot be reached (our choice; RFC 9309,
/// section 2.3.1.4 speaks of 30 days as an example).
const STAND_IN: TimeDelta = TimeDelta::days(30);

/// What is known of the robots.txt of one origin.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RobotsCopy {
    /// Scheme, host and port, as in `https://moh.gov.vn`.
    pub origin: String,
    /// When it was asked for, UTC.
    pub fetched_at: DateTime<Utc>,
    /// What was found.
    pub kind: RobotsKind,
    /// The last time that the file could be reached, if it cannot now.
    pub last_good: Option<LastGood>,
    #[serde(skip)]
    read: OnceLock<Rules>,
}

/// What asking for a robots.txt gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RobotsKind {
    /// A file, at most 500 KiB of it, whole lines.
    Rules {
        /// Its text; bytes that are no UTF-8 replaced.
        text: String,
    },
    /// There is none: a status of 400 to 499, except 429. Everything may be fetched.
    NoFile {
        /// The status.
        status: u16,
    },
    /// Nobody knows: 429, 5xx, no answer, too many redirects.
    Unreachable {
        /// Why, in words.
        reason: String,
    },
}

/// A copy that stands in for a file that cannot be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastGood {
    /// When it was asked for, UTC.
    pub fetched_at: DateTime<Utc>,
    /// The text; none if there was no file.
    pub text: Option<String>,
}

/// The written permission of a site's owner to fetch paths that robots.txt disallows. The
/// configuration states it, and warcinfo repeats it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permission {
    /// Who gave it.
    pub by: String,
    /// When: `2026-11-22`.
    pub on: String,
    /// For which paths, as in a robots.txt rule: `/bridge?url=`, `/documents/*.pdf$`.
    pub paths: Vec<String>,
}

/// What robots.txt says of one URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It may be fetched.
    Allowed {
        /// The largest Crawl-delay of the groups that apply.
        crawl_delay: Option<Duration>,
        /// Who permitted it, if robots.txt disallows it.
        permitted_by: Option<String>,
    },
    /// It may not be fetched.
    Disallowed {
        /// The rule that says so.
        rule: String,
    },
    /// Nothing of this origin may be fetched: nobody knows what its robots.txt says.
    Nothing {
        /// Why, in words.
        reason: String,
    },
}

impl RobotsCopy {
    /// A copy of `kind`, asked for at `fetched_at`. If the file could not be reached, the last good
    /// one is taken over from `previous`.
    pub fn new(
        origin: &str,
        fetched_at: DateTime<Utc>,
        kind: RobotsKind,
        previous: Option<&RobotsCopy>,
    ) -> Self {
        let last_good = match kind {
            RobotsKind::Unreachable { .. } => previous.and_then(RobotsCopy::good),
            RobotsKind::Rules { .. } | RobotsKind::NoFile { .. } => None,
        };
        Self {
            origin: origin.to_owned(),
            fetched_at,
            kind,
            last_good,
            read: OnceLock::new(),
        }
    }

    /// This copy, or the one that stands in for it.
    fn good(&self) -> Option<LastGood> {
        let text = match &self.kind {
            RobotsKind::Rules { text } => Some(text.clone()),
            RobotsKind::NoFile { .. } => None,
            RobotsKind::Unreachable { .. } => return self.last_good.clone(),
        };
        Some(LastGood {
            fetched_at: self.fetched_at,
            text,
        })
    }

    /// True unless the file could not be reached.
    pub fn is_known(&self) -> bool {
        !matches!(self.kind, RobotsKind::Unreachable { .. })
    }

    /// True while it need not be asked for again: 24 hours, or one hour if it could not be reached.
    /// A copy from the future is not fresh: clocks lie.
    pub fn is_fresh(&self, now: DateTime<Utc>) -> bool {
        let limit = match self.kind {
            RobotsKind::Unreachable { .. } => FRESH_UNREACHABLE,
            RobotsKind::Rules { .. } | RobotsKind::NoFile { .. } => FRESH,
        };
        let age = now - self.fetched_at;
        age >= TimeDelta::zero() && age < limit
    }

    /// What it says of `url`, which must be of this origin, to the crawler `user_agent`.
    ///
    /// A permission opens what a rule disallows; it says nothing about a file that cannot be
    /// reached, and the Crawl-delay stays.
    pub fn verdict(
        &self,
        user_agent: &str,
        url: &Url,
        permissions: &[Permission],
        now: DateTime<Utc>,
    ) -> Verdict {
        match self.text(now) {
            Err(reason) => Verdict::Nothing {
                reason: reason.to_owned(),
            },
            Ok(None) => Verdict::Allowed {
                crawl_delay: None,
                permitted_by: None,
            },
            Ok(Some(text)) => judge(&self.rules(text, user_agent), url, permissions),
        }
    }

    /// The largest Crawl-delay for the crawler `user_agent`, whatever the URL; none if nothing says so.
    pub fn crawl_delay(&self, user_agent: &str, now: DateTime<Utc>) -> Option<Duration> {
        let text = self.text(now).ok()??;
        self.rules(text, user_agent).crawl_delay()
    }

    /// The text that holds at `now`; none where there is no file.
    ///
    /// # Errors
    /// Why nobody knows, in words.
    fn text(&self, now: DateTime<Utc>) -> Result<Option<&str>, &str> {
        match (&self.kind, &self.last_good) {
            (RobotsKind::Rules { text }, _) => Ok(Some(text)),
            (RobotsKind::NoFile { .. }, _) => Ok(None),
            (RobotsKind::Unreachable { .. }, Some(good)) if now - good.fetched_at <= STAND_IN => {
                Ok(good.text.as_deref())
            }
            (RobotsKind::Unreachable { reason }, _) => Err(reason),
        }
    }

    /// The rules of `text` for a crawler; those for the first one that asked are kept.
    fn rules(&self, text: &str, user_agent: &str) -> Cow<'_, Rules> {
        let product = rules::product_token(user_agent);
        let read = self.read.get_or_init(|| Rules::parse(text, product));
        if read.is_for(product) {
            Cow::Borrowed(read)
        } else {
            Cow::Owned(Rules::parse(text, product))
        }
    }
}

fn judge(rules: &Rules, url: &Url, permissions: &[Permission]) -> Verdict {
    let permitted_by = match rules.forbidding(url) {
        None => None,
        Some(rule) => match permissions.iter().find(|given| covers(given, url)) {
            Some(given) => Some(given.by.clone()),
            None => return Verdict::Disallowed { rule },
        },
    };
    Verdict::Allowed {
        crawl_delay: rules.crawl_delay(),
        permitted_by,
    }
}

fn covers(permission: &Permission, url: &Url) -> bool {
    permission
        .paths
        .iter()
        .any(|path| !path.is_empty() && rules::matches(path, url))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UA: &str = "khotin/0.1 (+https://example.org)";

    fn day(number: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(number)
    }

    fn copy(day_number: i64, kind: RobotsKind, previous: Option<&RobotsCopy>) -> RobotsCopy {
        RobotsCopy::new("https://moh.gov.vn", day(day_number), kind, previous)
    }

    fn file(text: &str) -> RobotsKind {
        RobotsKind::Rules {
            text: text.to_owned(),
        }
    }

    fn unreachable() -> RobotsKind {
        RobotsKind::Unreachable {
            reason: "status 503".to_owned(),
        }
    }

    fn verdict(copy: &RobotsCopy, path: &str, day_number: i64) -> Verdict {
        let url = Url::parse(&format!("https://moh.gov.vn{path}")).expect(path);
        let given = Permission {
            by: "the ministry's office".to_owned(),
            on: "2026-11-01".to_owned(),
            paths: vec![String::new(), "/bridge?url=".to_owned()],
        };
        copy.verdict(UA, &url, &[given], day(day_number))
    }

    fn allowed(crawl_delay: Option<u64>, permitted_by: Option<&str>) -> Verdict {
        Verdict::Allowed {
            crawl_delay: crawl_delay.map(Duration::from_secs),
            permitted_by: permitted_by.map(str::to_owned),
        }
    }

    #[test]
    fn a_file_that_cannot_be_reached_is_replaced_by_the_last_good_one_for_30_days() {
        let rules = copy(0, file("User-agent: *\nDisallow: /a"), None);
        let none = copy(0, RobotsKind::NoFile { status: 404 }, None);
        let disallowed = Verdict::Disallowed {
            rule: "disallow: /a".to_owned(),
        };
        let nothing = Verdict::Nothing {
            reason: "status 503".to_owned(),
        };
        let first = copy(0, unreachable(), None);
        let after_rules = copy(1, unreachable(), Some(&rules));
        let twice = copy(2, unreachable(), Some(&after_rules));
        let after_none = copy(1, unreachable(), Some(&none));
        let back = copy(3, RobotsKind::NoFile { status: 404 }, Some(&twice));
        let table = [
            // what, copy, day of asking, verdict on /a
            ("rules", &rules, 0, disallowed.clone()),
            ("no file", &none, 0, allowed(None, None)),
            ("never reached", &first, 0, nothing.clone()),
            ("reached before", &after_rules, 30, disallowed.clone()),
            ("reached too long ago", &after_rules, 31, nothing.clone()),
            ("failed twice", &twice, 2, disallowed),
            ("failed twice, too long ago", &twice, 31, nothing.clone()),
            ("there was no file", &after_none, 30, allowed(None, None)),
            ("there was no file, too long ago", &after_none, 31, nothing),
            ("reached again", &back, 3, allowed(None, None)),
        ];
        for (what, copy, day_number, expected) in table {
            assert_eq!(verdict(copy, "/a", day_number), expected, "{what}");
        }
    }

    #[test]
    fn a_written_permission_opens_its_paths_and_nothing_else() {
        let text = "User-agent: *\nDisallow: /bridge\nDisallow: /b\nCrawl-delay: 3";
        let rules = copy(0, file(text), None);
        let table = [
            // what, path, verdict
            (
                "permitted",
                "/bridge?url=/portal/api",
                allowed(Some(3), Some("the ministry's office")),
            ),
            (
                "another path",
                "/bridge?x=1",
                Verdict::Disallowed {
                    rule: "disallow: /bridge".to_owned(),
                },
            ),
            ("allowed anyway", "/a", allowed(Some(3), None)),
        ];
        for (what, path, expected) in table {
            assert_eq!(verdict(&rules, path, 0), expected, "{what}");
        }
        let silent = copy(0, unreachable(), None);
        let expected = Verdict::Nothing {
            reason: "status 503".to_owned(),
        };
        assert_eq!(
            verdict(&silent, "/bridge?url=x", 0),
            expected,
            "file not reached"
        );
    }

    #[test]
    fn a_copy_is_fresh_for_a_day_or_an_hour_when_it_could_not_be_reached() {
        let table = [
            // what, kind, age in minutes, fresh
            ("new", file(""), 0, true),
            ("a day less a minute", file(""), 24 * 60 - 1, true),
            ("a day", file(""), 24 * 60, false),
            ("no file", RobotsKind::NoFile { status: 404 }, 23 * 60, true),
            ("not reached", unreachable(), 59, true),
            ("not reached, an hour", unreachable(), 60, false),
            ("from the future", file(""), -1, false),
        ];
        for (what, kind, minutes, fresh) in table {
            let now = day(0) + TimeDelta::minutes(minutes);
            assert_eq!(copy(0, kind, None).is_fresh(now), fresh, "{what}");
        }
    }

    #[test]
    fn a_copy_survives_the_store() {
        let before = copy(
            1,
            unreachable(),
            Some(&copy(0, file("User-agent: *\nDisallow: /a"), None)),
        );
        let text = serde_json::to_string(&before).expect("plain data");
        let after: RobotsCopy = serde_json::from_str(&text).expect("what was written");
        assert_eq!(verdict(&after, "/a", 1), verdict(&before, "/a", 1));
        assert_eq!(
            (after.kind, after.last_good),
            (before.kind, before.last_good)
        );
    }

    #[test]
    fn another_crawler_gets_its_own_rules_from_the_same_copy() {
        let rules = copy(
            0,
            file("User-agent: khotin\nDisallow: /a\nUser-agent: other\nDisallow: /b"),
            None,
        );
        let url = Url::parse("https://moh.gov.vn/b").expect("a test URL");
        assert_eq!(verdict(&rules, "/b", 0), allowed(None, None));
        let other = rules.verdict("other/1", &url, &[], day(0));
        assert!(matches!(other, Verdict::Disallowed { .. }));
    }
}
