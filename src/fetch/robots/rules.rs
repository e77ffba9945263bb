//! The rules of one robots.txt file for one crawler (RFC 9309), and their largest Crawl-delay.
//!
//! `robotxt` matches: longest pattern, Allow over Disallow at equal length, wildcards, percent
//! encoding, groups of one name merged, byte order mark, lines ended by CR alone, and no half line
//! at 500 KiB. What it sees otherwise than we do is put right before it reads: it compares the whole
//! value of a `User-agent` line (`khotin/1.0` is not `khotin` to it), it takes the smallest
//! Crawl-delay, and a Crawl-delay ends its list of agents (RFC 9309, section 2.2.4: other records
//! must not interfere with the groups).

use std::time::Duration;

use robotxt::{ANY_AGENT, Robots};
use url::Url;

use crate::fetch::head::path_and_query;

/// The keys that robotxt takes for `User-agent`, in lower case.
const AGENT_KEYS: [&str; 3] = ["user-agent", "user agent", "useragent"];
/// The keys that robotxt takes for `Crawl-delay`.
const DELAY_KEYS: [&str; 3] = ["crawl-delay", "crawl delay", "crawldelay"];
/// The keys that robotxt takes for `Allow` and `Disallow`: the lines that end a list of agents.
const RULE_KEYS: [&str; 9] = [
    "allow",
    "alow",
    "allaw",
    "disallow",
    "dissallow",
    "dissalow",
    "disalow",
    "diasllow",
    "disallaw",
];

/// What a file says to one crawler.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    /// The product token that the rules are for.
    product: String,
    robots: Robots,
    crawl_delay: Option<Duration>,
}

impl Rules {
    /// Reads `text` for the crawler whose product token is `product`.
    pub(super) fn parse(text: &str, product: &str) -> Self {
        let (prepared, crawl_delay) = prepare(text, product);
        Self {
            product: product.to_owned(),
            robots: Robots::parse(prepared.as_bytes(), product),
            crawl_delay,
        }
    }

    pub(super) fn is_for(&self, product: &str) -> bool {
        self.product == product
    }

    /// The largest Crawl-delay of the groups that apply.
    pub(super) fn crawl_delay(&self) -> Option<Duration> {
        self.crawl_delay
    }

    /// The rule that forbids `url`, as robotxt writes it; none if it may be fetched.
    pub(super) fn forbidding(&self, url: &Url) -> Option<String> {
        let path = path_and_query(url);
        if self.robots.is_allowed(&path) {
            return None;
        }
        let rule = self.robots.matching_rule(&path);
        let pattern = rule.map_or("/", |rule| rule.pattern());
        Some(format!("disallow: {pattern}"))
    }
}

/// True if `url` is matched by `pattern`, in the language of robots.txt rules.
pub(super) fn matches(pattern: &str, url: &Url) -> bool {
    let pattern: String = pattern.chars().filter(|char| !char.is_control()).collect();
    let text = format!("user-agent: *\nallow: {pattern}\n");
    Robots::parse(text.as_bytes(), ANY_AGENT)
        .matching_rule(&path_and_query(url))
        .is_some()
}

/// The product token of a user agent: what stands before the first `/`, blank or bracket
/// (RFC 9110, section 10.1.5).
pub(super) fn product_token(user_agent: &str) -> &str {
    let end = |char: char| char.is_whitespace() || matches!(char, '/' | '(' | ';' | ',' | '*');
    user_agent.trim().split(end).next().unwrap_or_default()
}

/// The text with plain agent names and without Crawl-delay lines, and the largest of those that
/// are for `product`.
fn prepare(text: &str, product: &str) -> (String, Option<Duration>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut prepared = String::with_capacity(text.len());
    let mut delays = Delays::default();
    for line in text.split(['\n', '\r', '\0']) {
        if let Some(value) = value_of(line, &AGENT_KEYS) {
            let agent = if value.starts_with(ANY_AGENT) {
                ANY_AGENT
            } else {
                product_token(value)
            };
            delays.agent(agent, product);
            // The shortest spelling, so that the text never grows over the limit.
            prepared.push_str("useragent:");
            prepared.push_str(agent);
        } else if let Some(value) = value_of(line, &DELAY_KEYS) {
            delays.delay(value);
        } else {
            if value_of(line, &RULE_KEYS).is_some() {
                delays.in_agents = false;
            }
            prepared.push_str(line);
        }
        prepared.push('\n');
    }
    (prepared, delays.largest())
}

/// The value of a line whose key is one of `keys`: after a colon, or after a blank as robotxt reads.
fn value_of<'a>(line: &'a str, keys: &[&str]) -> Option<&'a str> {
    let line = line.trim_start_matches([' ', '\t']);
    let rest = keys.iter().find_map(|key| {
        let (start, rest) = line.split_at_checked(key.len())?;
        start.eq_ignore_ascii_case(key).then_some(rest)
    })?;
    let after_blanks = rest.trim_start_matches([' ', '\t']);
    let value = match after_blanks.strip_prefix(':') {
        Some(value) => value,
        None if after_blanks.len() < rest.len() => after_blanks,
        None => return None,
    };
    Some(value.split('#').next().unwrap_or_default().trim())
}

/// Collects Crawl-delays: of groups with our name, and of groups for everyone.
#[derive(Default)]
struct Delays {
    in_agents: bool,
    is_ours: bool,
    is_any: bool,
    /// A group with our name exists, so those for everyone do not apply.
    has_ours: bool,
    ours: Option<Duration>,
    any: Option<Duration>,
}

impl Delays {
    fn agent(&mut self, agent: &str, product: &str) {
        if !self.in_agents {
            (self.in_agents, self.is_ours, self.is_any) = (true, false, false);
        }
        self.is_any |= agent == ANY_AGENT;
        self.is_ours |= agent.eq_ignore_ascii_case(product);
        self.has_ours |= self.is_ours;
    }

    fn delay(&mut self, value: &str) {
        let seconds = value.parse::<f64>().ok();
        let delay = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        if self.is_ours {
            self.ours = self.ours.max(delay);
        }
        if self.is_any {
            self.any = self.any.max(delay);
        }
    }

    fn largest(&self) -> Option<Duration> {
        if self.has_ours { self.ours } else { self.any }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_allowed(text: &str, path: &str) -> bool {
        let url = Url::parse("https://moh.gov.vn")
            .and_then(|base| base.join(path))
            .expect(path);
        Rules::parse(text, "khotin").forbidding(&url).is_none()
    }

    #[test]
    fn a_line_cut_at_500_kib_is_no_rule() {
        let head = "User-agent: *\nDisallow: /first\n";
        let tail = "Disallow: /private/a\n";
        for missing in 1..tail.len() {
            // `missing` bytes of the last line lie behind the limit.
            let filler = robotxt::BYTE_LIMIT - head.len() - tail.len() + missing;
            let text = format!("{head}{}\n{tail}", "#".repeat(filler - 1));
            assert!(is_allowed(&text, "/private/b"), "{missing}");
            assert!(!is_allowed(&text, "/first"), "{missing}");
        }
    }

    #[test]
    fn the_largest_crawl_delay_of_our_groups_counts() {
        let table = [
            // what, file, seconds
            ("none", "User-agent: *\nDisallow:", None),
            ("everyone's", "User-agent: *\nCrawl-delay: 10", Some(10.0)),
            ("fraction", "User-agent: *\nCrawl-delay: 0.5", Some(0.5)),
            (
                "largest",
                "User-agent: *\nCrawl-delay: 3\nCrawl-delay: 7\nCrawl-delay: 5",
                Some(7.0),
            ),
            (
                "ours",
                "User-agent: *\nCrawl-delay: 30\nUser-agent: khotin/2\nDisallow: /x\nCrawl-delay: 4",
                Some(4.0),
            ),
            (
                "ours has none",
                "User-agent: khotin\nDisallow: /x\nUser-agent: *\nCrawl-delay: 30",
                None,
            ),
            (
                "of merged groups",
                "User-agent: khotin\nCrawl-delay: 2\nDisallow: /\nUser-agent: khotin\nCrawl-delay: 9",
                Some(9.0),
            ),
            (
                "of shared groups",
                "User-agent: khotin\nUser-agent: x\nCrawl-delay: 6",
                Some(6.0),
            ),
            (
                "not another's",
                "User-agent: x\nDisallow: /a\nCrawl-delay: 6",
                None,
            ),
            (
                "words, negative, not a number",
                "User-agent: *\nCrawl-delay: slow\nCrawl-delay: -1\nCrawl-delay: nan",
                None,
            ),
            (
                "absurd",
                "User-agent: *\nCrawl-delay: 1e300\nCrawl-delay: 2",
                Some(2.0),
            ),
        ];
        for (what, text, seconds) in table {
            let rules = Rules::parse(text, "khotin");
            assert_eq!(
                rules.crawl_delay().map(|delay| delay.as_secs_f64()),
                seconds,
                "{what}"
            );
        }
    }

    #[test]
    fn the_product_token_is_the_name_alone() {
        let table = [
            ("khotin/0.1 (+https://example.org)", "khotin"),
            ("khotin", "khotin"),
            (" my-crawler 2", "my-crawler"),
            ("", ""),
        ];
        for (user_agent, token) in table {
            assert_eq!(product_token(user_agent), token, "{user_agent:?}");
        }
    }
}
