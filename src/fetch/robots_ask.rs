//! Asking for the robots.txt of an origin, over at most five redirects.
//!
//! The caller sends each [`RobotsAsk`] through the gate, archives the exchange, and hands it to
//! [`RobotsAsk::conclude`], which says what comes next. Only this type makes requests that
//! robots.txt itself cannot forbid.

use std::io::Read;

use chrono::{DateTime, Utc};
use url::Url;

use super::redirect_target;
use super::robots::{RobotsCopy, RobotsKind};
use crate::model::{Answer, Exchange, Purpose, Request, SiteId, Truncation};

/// Redirects that are followed (RFC 9309, section 2.3.1.2).
const MAX_HOPS: usize = 5;
/// Bytes of a file that are read (RFC 9309, section 2.5): 500 KiB.
const MAX_TEXT: usize = 500 * 1024;

/// One request on the way to the robots.txt of an origin.
#[derive(Debug, Clone)]
pub struct RobotsAsk {
    origin: String,
    request: Request,
    hops: usize,
}

/// What comes after an exchange.
#[derive(Debug)]
pub enum RobotsStep {
    /// The next request, after a redirect. If the gate refuses it: [`RobotsAsk::give_up`].
    Follow(RobotsAsk),
    /// What is known now: to be kept.
    Done(RobotsCopy),
}

impl RobotsAsk {
    /// The first request for the robots.txt of the origin of `url`.
    pub fn new(site: SiteId, url: &Url) -> Self {
        let mut target = url.clone();
        target.set_path("/robots.txt");
        target.set_query(None);
        Self {
            origin: url.origin().ascii_serialization(),
            request: Request::get(site, target, Purpose::Robots),
            hops: 0,
        }
    }

    /// What is asked.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The origin whose rules are asked for. After a redirect the request may go to another one.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What `exchange`, the answer to this request, means. `previous` is the copy kept so far.
    ///
    /// 2xx: rules. 4xx except 429: no file. Everything else, a file that broke off and a sixth
    /// redirect: unreachable (for the redirects RFC 9309 would allow more; we do not).
    pub fn conclude(&self, exchange: &Exchange, previous: Option<&RobotsCopy>) -> RobotsStep {
        let kind = match &exchange.result {
            Err(failure) => unreachable(failure.message.clone()),
            Ok(answer) => match answer.status {
                200..=299 => read(answer),
                429 => unreachable("status 429".to_owned()),
                status @ 400..=499 => RobotsKind::NoFile { status },
                status => match redirect_target(exchange) {
                    Ok(Some(target)) if self.hops < MAX_HOPS => {
                        return RobotsStep::Follow(self.hop(target));
                    }
                    Ok(Some(_)) => unreachable(format!("more than {MAX_HOPS} redirects")),
                    Ok(None) => unreachable(format!("status {status}")),
                    Err(error) => unreachable(error.to_string()),
                },
            },
        };
        let at = exchange.asked_at;
        RobotsStep::Done(RobotsCopy::new(&self.origin, at, kind, previous))
    }

    /// What is known when this request cannot be sent: out of scope, for example.
    pub fn give_up(
        &self,
        reason: &str,
        now: DateTime<Utc>,
        previous: Option<&RobotsCopy>,
    ) -> RobotsCopy {
        let kind = unreachable(format!("{} was not asked: {reason}", self.request.url));
        RobotsCopy::new(&self.origin, now, kind, previous)
    }

    fn hop(&self, target: Url) -> Self {
        Self {
            origin: self.origin.clone(),
            request: Request::get(self.request.site.clone(), target, Purpose::Robots),
            hops: self.hops.saturating_add(1),
        }
    }
}

fn unreachable(reason: String) -> RobotsKind {
    RobotsKind::Unreachable { reason }
}

/// The text of a file. One that broke off may lack the rule that matters, so it counts as not
/// reached; one over the cap is read up to its last whole line.
fn read(answer: &Answer) -> RobotsKind {
    if let Some(why @ (Truncation::Time | Truncation::Disconnect | Truncation::Unspecified)) =
        answer.truncated
    {
        return unreachable(format!(
            "status {}, truncated {}",
            answer.status,
            why.as_str()
        ));
    }
    let is_gzip = answer
        .header("content-encoding")
        .is_some_and(|coding| coding.trim().eq_ignore_ascii_case("gzip"));
    // One byte more than is read shows that there is more.
    let limit = MAX_TEXT as u64 + 1;
    let mut text = Vec::new();
    let result = if is_gzip {
        flate2::read::MultiGzDecoder::new(answer.body.as_slice())
            .take(limit)
            .read_to_end(&mut text)
    } else {
        answer.body.as_slice().take(limit).read_to_end(&mut text)
    };
    let is_cut = answer.truncated == Some(Truncation::Length) || text.len() > MAX_TEXT;
    if let Err(error) = result
        && !is_cut
    {
        return unreachable(format!("its gzip coding is broken: {error}"));
    }
    if is_cut {
        text.truncate(MAX_TEXT);
        let whole = text.iter().rposition(|byte| matches!(byte, b'\n' | b'\r'));
        text.truncate(whole.unwrap_or(0));
    }
    RobotsKind::Rules {
        text: String::from_utf8_lossy(&text).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::fetch::testing::{exchange, failed};
    use crate::model::FailureKind;

    fn first() -> RobotsAsk {
        let url = Url::parse("https://moh.gov.vn:8443/a/b?c#d").expect("a test URL");
        RobotsAsk::new(SiteId::new("moh"), &url)
    }

    fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Exchange {
        exchange("https://moh.gov.vn:8443/robots.txt", status, headers, body)
    }

    fn conclusion(exchange: &Exchange) -> RobotsCopy {
        match first().conclude(exchange, None) {
            RobotsStep::Done(copy) => copy,
            RobotsStep::Follow(next) => panic!("another request: {next:?}"),
        }
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed
            .write_all(text)
            .and_then(|()| packed.finish())
            .expect("memory is enough")
    }

    #[test]
    fn the_file_of_an_origin_lies_at_its_root() {
        let ask = first();
        assert_eq!(
            ask.request().url.as_str(),
            "https://moh.gov.vn:8443/robots.txt"
        );
        assert_eq!(ask.origin(), "https://moh.gov.vn:8443");
    }

    #[test]
    fn an_answer_is_rules_no_file_or_unreachable() {
        let rules = |text: &str| RobotsKind::Rules {
            text: text.to_owned(),
        };
        let reason = |text: &str| unreachable(text.to_owned());
        let gzipped = [("content-encoding", "GZIP")];
        let mut broken = answer(200, &[], b"User-agent: *\n");
        if let Ok(answer) = &mut broken.result {
            answer.truncated = Some(Truncation::Disconnect);
        }
        let table = [
            // what, exchange, kind
            (
                "file",
                answer(200, &[], b"User-agent: *\n"),
                rules("User-agent: *\n"),
            ),
            ("empty", answer(204, &[], b""), rules("")),
            (
                "packed",
                answer(200, &gzipped, &gzip(b"Allow: /")),
                rules("Allow: /"),
            ),
            ("not UTF-8", answer(200, &[], b"a\xff"), rules("a\u{fffd}")),
            (
                "none",
                answer(404, &[], b""),
                RobotsKind::NoFile { status: 404 },
            ),
            (
                "not for us to see",
                answer(403, &[], b""),
                RobotsKind::NoFile { status: 403 },
            ),
            ("too many", answer(429, &[], b""), reason("status 429")),
            ("broken server", answer(503, &[], b""), reason("status 503")),
            ("nothing new", answer(304, &[], b""), reason("status 304")),
            (
                "redirect to nowhere",
                answer(301, &[], b""),
                reason("status 301 without a location that is text"),
            ),
            (
                "broke off",
                broken,
                reason("status 200, truncated disconnect"),
            ),
            (
                "no answer",
                failed(
                    "https://moh.gov.vn/robots.txt",
                    FailureKind::Timeout,
                    "no answer",
                ),
                reason("no answer"),
            ),
        ];
        for (what, exchange, kind) in table {
            let copy = conclusion(&exchange);
            assert_eq!(copy.kind, kind, "{what}");
            assert_eq!(copy.origin, "https://moh.gov.vn:8443", "{what}");
            assert_eq!(copy.fetched_at, exchange.asked_at, "{what}");
        }
        let broken_gzip = conclusion(&answer(200, &gzipped, b"Allow: /")).kind;
        assert!(
            matches!(broken_gzip, RobotsKind::Unreachable { .. }),
            "{broken_gzip:?}"
        );
    }

    #[test]
    fn of_a_long_file_whole_lines_are_read() {
        let line = b"Disallow: /private/abc\n";
        let body = line.repeat(MAX_TEXT / line.len() + 1);
        let mut cut = answer(200, &[], &body[..1000]);
        if let Ok(answer) = &mut cut.result {
            answer.truncated = Some(Truncation::Length);
        }
        let gzipped = [("content-encoding", "gzip")];
        let table = [
            ("plain", answer(200, &[], &body)),
            ("packed", answer(200, &gzipped, &gzip(&body))),
            ("cut by the cap on bodies", cut),
        ];
        for (what, exchange) in table {
            let RobotsKind::Rules { text } = conclusion(&exchange).kind else {
                panic!("{what}: no rules");
            };
            assert!(
                text.len() > 900 && text.len() <= MAX_TEXT,
                "{what}: {}",
                text.len()
            );
            assert!(text.ends_with("/private/abc"), "{what}");
        }
    }

    #[test]
    fn five_redirects_are_followed_and_the_rules_are_for_the_first_origin() {
        let mut ask = first();
        for hop in 1..=5 {
            let target = format!("https://h{hop}.vn/robots.txt");
            let step = ask.conclude(&answer(301, &[("location", &target)], b""), None);
            ask = match step {
                RobotsStep::Follow(next) => next,
                RobotsStep::Done(copy) => panic!("hop {hop}: {:?}", copy.kind),
            };
            assert_eq!(ask.request().url.as_str(), target);
            assert_eq!(ask.request().purpose, Purpose::Robots);
        }
        let RobotsStep::Done(copy) = ask.conclude(&answer(404, &[], b""), None) else {
            panic!("another request");
        };
        assert_eq!(copy.origin, "https://moh.gov.vn:8443");
        let sixth = ask.conclude(&answer(301, &[("location", "/x")], b""), None);
        let RobotsStep::Done(copy) = sixth else {
            panic!("a sixth redirect");
        };
        assert_eq!(copy.kind, unreachable("more than 5 redirects".to_owned()));
    }

    #[test]
    fn a_request_that_may_not_be_sent_keeps_the_last_good_copy() {
        let good = conclusion(&answer(200, &[], b"User-agent: *\nDisallow: /a"));
        let copy = first().give_up("host is out of scope", good.fetched_at, Some(&good));
        let reason = "https://moh.gov.vn:8443/robots.txt was not asked: host is out of scope";
        assert_eq!(copy.kind, unreachable(reason.to_owned()));
        assert!(copy.last_good.is_some());
    }
}
