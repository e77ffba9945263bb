//! Network: a site's name, the TLS session with it, its robots.txt, and its clock against ours. What is
//! asked is asked by [`probe`]; here its answers become lines.

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;

use super::finding::{Check, Finding, told};
use crate::cli::say::{minute, say, span};
use crate::fetch::{Handshake, Refusal, RobotsKind};
use crate::lang::{Lang, words};
use crate::model::{Answer, Failure, SiteId};
use crate::outcome::Outcome;
use crate::pipeline::{CrawlError, NotAsked, Probe, Session};

/// A certificate that ends within so many days is worth a word (our choice).
const ENDS_SOON: TimeDelta = TimeDelta::days(14);
/// Clocks that differ by less say nothing: an answer travels, and `Date` has whole seconds (our choice).
const CLOCK_WARN: TimeDelta = TimeDelta::minutes(2);
/// With such a difference certificates and times of capture can not be believed (our choice).
const CLOCK_FAIL: TimeDelta = TimeDelta::hours(1);

/// Says what a probe of a site found.
pub(super) fn lines(
    site: &SiteId,
    probed: &Result<Probe, CrawlError>,
    now: DateTime<Utc>,
) -> Vec<Finding> {
    let probe = match probed {
        Ok(probe) => probe,
        // The line of the operator tells it.
        Err(CrawlError::NoContact { .. }) => return Vec::new(),
        Err(error) => {
            let finding = Finding::fail(Check::Robots, told(error), told(error.advice()));
            return vec![finding.with_outcome(error.outcome()).of(site)];
        }
    };
    let mut findings = Vec::new();
    findings.extend(dns(probe));
    findings.extend(tls(probe, now));
    findings.extend(robots(probe));
    findings.extend(clock(probe));
    findings.into_iter().map(|one| one.of(site)).collect()
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

fn dns(probe: &Probe) -> Option<Finding> {
    let host = host(&probe.first.url);
    Some(match probe.addresses.as_ref() {
        None if matches!(probe.not_asked, Some(NotAsked::NoRequest)) => return None,
        None => Finding::ok(
            Check::Dns,
            say(words(
                "{host} is looked up by the proxy",
                "{host} do máy chủ trung gian (proxy) tra",
            ))
            .with("host", host),
        ),
        Some(Ok(addresses)) => {
            let addresses: Vec<String> = addresses
                .iter()
                .map(|address| match address.port() {
                    0 => address.ip().to_string(),
                    _ => address.to_string(),
                })
                .collect();
            let found = say(words("{host} is at {addresses}", "{host} ở {addresses}"));
            Finding::ok(
                Check::Dns,
                found
                    .with("host", host)
                    .with("addresses", addresses.join(", ")),
            )
        }
        Some(Err(error)) => Finding::fail(
            Check::Dns,
            told(error),
            say(words(
                "check this machine's network and resolver; if the site moved, correct its profile, and a \
                 private address needs a `resolve` line in config.toml",
                "kiểm tra mạng và máy chủ tên miền của máy này; nếu trang đã chuyển tên miền thì sửa hồ sơ; \
                 địa chỉ nội bộ cần một dòng `resolve` trong config.toml",
            )),
        ),
    })
}

fn tls(probe: &Probe, now: DateTime<Utc>) -> Option<Finding> {
    Some(match probe.session.as_ref()? {
        Session::PlainHttp => Finding::ok(
            Check::Tls,
            say(words("plain http, no TLS", "http thường, không có TLS")),
        ),
        Session::NotShown => {
            let tls = probe.exchange.as_ref()?.tls.as_ref();
            let library = tls.and_then(|tls| tls.library.clone());
            Finding::ok(
                Check::Tls,
                say(words(
                    "spoken by {library}, which shows neither protocol nor suite",
                    "do {library} đảm nhận, không cho biết giao thức và bộ mã",
                ))
                .with("library", library.unwrap_or_else(|| "a proxy".to_owned())),
            )
        }
        Session::Tried(tried) => match &**tried {
            Ok(shaken) => session(shaken, now),
            Err(failure) => no_answer(Check::Tls, failure),
        },
    })
}

fn session(shaken: &Handshake, now: DateTime<Utc>) -> Finding {
    let subjects: Vec<&str> = shaken
        .chain
        .iter()
        .map(|certificate| certificate.subject.as_str())
        .collect();
    let last = shaken.chain.last();
    let issuer = last.map_or_else(String::new, |last| last.issuer.clone());
    let ends = shaken.chain.iter().filter_map(|one| one.ends).min();
    let said = say(words(
        "{protocol}, {suite}; chain {chain}, signed by {issuer}; valid until {ends}",
        "{protocol}, {suite}; chuỗi chứng thư {chain}, do {issuer} ký; có hiệu lực đến {ends}",
    ))
    .with("protocol", &shaken.protocol)
    .with("suite", &shaken.suite)
    .with("chain", subjects.join(" < "))
    .with("issuer", issuer)
    .with(
        "ends",
        ends.map_or_else(|| "?".to_owned(), |ends| minute(ends) + " UTC"),
    );
    if ends.is_some_and(|ends| ends - now < ENDS_SOON) {
        return Finding::warn(
            Check::Tls,
            said,
            say(words(
                "the certificate ends soon: if the site's owner does not renew it, crawls will fail",
                "chứng thư sắp hết hạn: nếu chủ trang không gia hạn, các lượt thu thập sẽ lỗi",
            )),
        );
    }
    Finding::ok(Check::Tls, said)
}

/// A failure brings its own words about what to do.
fn no_answer(check: Check, failure: &Failure) -> Finding {
    Finding::fail(
        check,
        told(&failure.message),
        say(words(
            "if the words above name no remedy: try again later, and look whether a browser on this \
             machine reaches the site",
            "nếu thông báo trên chưa nói cách xử lý: thử lại sau, và xem trình duyệt trên máy này có vào \
             được trang không",
        )),
    )
}

fn robots(probe: &Probe) -> Option<Finding> {
    if let Some(why) = &probe.not_asked {
        return Some(not_asked(why));
    }
    let exchange = probe.exchange.as_ref()?;
    let answer = match &exchange.result {
        Ok(answer) => answer,
        Err(failure) => return Some(no_answer(Check::Robots, failure)),
    };
    let Some(copy) = &probe.robots else {
        return Some(redirected(answer));
    };
    let what = match &copy.kind {
        RobotsKind::Rules { text } => {
            say(words("{bytes} bytes of rules", "có {bytes} byte quy tắc"))
                .with("bytes", text.len())
        }
        RobotsKind::NoFile { status } => say(words(
            "status {status}: there is none, so nothing is disallowed",
            "mã {status}: không có tệp này nên không cấm gì",
        ))
        .with("status", status),
        RobotsKind::Unreachable { reason } => {
            return Some(Finding::fail(
                Check::Robots,
                say(words(
                    "can not be reached ({reason}), so nothing of the site is asked",
                    "không lấy được ({reason}) nên không hỏi gì của trang này",
                ))
                .with("reason", reason),
                say(words(
                    "try again later; the site decides by its robots.txt",
                    "thử lại sau; trang này quyết định qua robots.txt của nó",
                )),
            ));
        }
    };
    Some(match probe.verdict.as_ref()? {
        Ok(gap) => {
            let en = format!(
                "{}; the first listing may be asked, one request every {}",
                what.in_lang(Lang::En),
                humantime::format_duration(*gap)
            );
            let vi = format!(
                "{}; được phép hỏi trang danh sách đầu tiên, mỗi {} một yêu cầu",
                what.in_lang(Lang::Vi),
                humantime::format_duration(*gap)
            );
            Finding::ok(
                Check::Robots,
                say(words("{en}", "{vi}")).with("en", en).with("vi", vi),
            )
        }
        Err(refusal) => Finding::fail(Check::Robots, told(refusal), told(refusal.advice())),
    })
}

fn redirected(answer: &Answer) -> Finding {
    let target = answer.header("location").unwrap_or_default();
    Finding::warn(
        Check::Robots,
        say(words(
            "status {status}: it leads on to {target}, which was not asked",
            "mã {status}: dẫn tiếp tới {target}, chưa hỏi địa chỉ này",
        ))
        .with("status", answer.status)
        .with("target", target),
        say(words(
            "nothing; a crawl follows it as far as the profile's hosts go",
            "không cần làm gì; lượt thu thập sẽ đi theo trong phạm vi các máy chủ của hồ sơ",
        )),
    )
}

fn not_asked(why: &NotAsked) -> Finding {
    let said = say(words("not asked: {why}", "chưa hỏi: {why}")).with("why", why);
    match why {
        NotAsked::Busy(_) => Finding::warn(
            Check::Robots,
            said,
            say(words(
                "nothing, if that is a crawl: it asks by itself; else run this again when it is done",
                "không cần làm gì nếu đó là một lượt thu thập: nó tự hỏi; nếu không, chạy lại khi nó xong",
            )),
        ),
        NotAsked::Rests { .. } => Finding::warn(
            Check::Robots,
            said,
            say(words(
                "run this again after that time: the site asked for a pause, or did not answer",
                "chạy lại sau thời điểm đó: trang yêu cầu tạm dừng, hoặc không trả lời",
            )),
        ),
        NotAsked::Store(error) => Finding::warn(Check::Robots, said, told(error.advice())),
        NotAsked::NoRequest => Finding::fail(
            Check::Robots,
            said,
            say(words(
                "give a section of the profile `active = true` and its platform an `ask_listing`",
                "đặt `active = true` cho một chuyên mục của hồ sơ và khai `ask_listing` cho nền tảng của nó",
            )),
        )
        .with_outcome(Outcome::Usage),
        NotAsked::Refused(refusal) if matches!(**refusal, Refusal::Pace(_)) => {
            Finding::warn(Check::Robots, said, told(refusal.advice()))
        }
        NotAsked::Refused(refusal) => Finding::fail(Check::Robots, said, told(refusal.advice())),
    }
}

/// Our clock against the `Date` of the answer (RFC 9110, section 6.6.1).
fn clock(probe: &Probe) -> Option<Finding> {
    let exchange = probe.exchange.as_ref()?;
    let answer = exchange.result.as_ref().ok()?;
    let Some(date) = answer.header("date") else {
        return Some(Finding::ok(
            Check::Clock,
            say(words(
                "the answer has no Date to compare with",
                "câu trả lời không có Date để so",
            )),
        ));
    };
    let Ok(theirs) = DateTime::parse_from_rfc2822(date) else {
        return Some(Finding::ok(
            Check::Clock,
            say(words(
                "the answer's Date is none ({date})",
                "Date của câu trả lời không hợp lệ ({date})",
            ))
            .with("date", date),
        ));
    };
    Some(compared(exchange.asked_at, theirs.to_utc()))
}

fn compared(ours: DateTime<Utc>, theirs: DateTime<Utc>) -> Finding {
    let off = ours - theirs;
    let size = off.abs();
    if size < CLOCK_WARN {
        return Finding::ok(
            Check::Clock,
            say(words(
                "{ours} UTC, as the site's within 2 minutes",
                "{ours} UTC, lệch so với trang nguồn dưới 2 phút",
            ))
            .with("ours", minute(ours)),
        );
    }
    let (en, vi) = match off > TimeDelta::zero() {
        true => ("ahead of", "nhanh hơn"),
        false => ("behind", "chậm hơn"),
    };
    let said = say(words(
        "{ours} UTC, {en_size} {en} the site's",
        "{ours} UTC, {vi} trang nguồn {vi_size}",
    ))
    .with("ours", minute(ours))
    .with("en_size", span(size, Lang::En))
    .with("vi_size", span(size, Lang::Vi))
    .with("en", en)
    .with("vi", vi);
    let advice = say(words(
        "let this machine's clock be set by NTP (`timedatectl set-ntp true`); if it is right, the site's is \
         wrong",
        "để máy này chỉnh giờ qua NTP (`timedatectl set-ntp true`); nếu giờ máy đúng thì trang nguồn sai",
    ));
    if size < CLOCK_FAIL {
        Finding::warn(Check::Clock, said, advice)
    } else {
        Finding::fail(Check::Clock, said, advice)
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;
    use crate::fetch::ShownCertificate;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn said(finding: &Finding, lang: Lang) -> String {
        let mut text = Vec::new();
        finding.write(&mut text, lang).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn a_clock_is_compared_with_the_sites_both_ways() {
        let ours = at("2026-11-28T12:00:00Z");
        let table = [
            ("the same", 0, Level::Ok, "as the site's"),
            ("an answer that travelled", -119, Level::Ok, "as the site's"),
            (
                "two minutes ahead",
                120,
                Level::Warn,
                "2 min ahead of the site's",
            ),
            ("behind", -1800, Level::Warn, "30 min behind the site's"),
            ("an hour", 3600, Level::Fail, "1 h ahead of the site's"),
            (
                "another year",
                -400 * 86_400,
                Level::Fail,
                "400 days behind",
            ),
        ];
        for (what, seconds, level, words) in table {
            let finding = compared(ours, ours - TimeDelta::seconds(seconds));
            assert_eq!(finding.level, level, "{what}");
            let text = said(&finding, Lang::En);
            assert!(text.contains(words), "{what}: {text}");
            let text = said(&finding, Lang::Vi);
            assert!(!text.contains('{'), "{what}: {text}");
        }
    }

    #[test]
    fn a_certificate_that_ends_soon_is_worth_a_word() {
        let now = at("2026-11-28T12:00:00Z");
        let shown = |ends: &str| Handshake {
            protocol: "TLSv1_3".to_owned(),
            suite: "TLS13_AES_256_GCM_SHA384".to_owned(),
            chain: vec![
                ShownCertificate {
                    subject: "\"moh.gov.vn\"".to_owned(),
                    issuer: "\"Giữa\"".to_owned(),
                    ends: Some(at(ends)),
                },
                ShownCertificate {
                    subject: "\"Giữa\"".to_owned(),
                    issuer: "\"Gốc\"".to_owned(),
                    ends: None,
                },
            ],
            address: "127.0.0.1:443".parse().unwrap(),
        };
        let good = session(&shown("2026-12-13T00:00:00Z"), now);
        assert_eq!(good.level, Level::Ok);
        assert_eq!(
            said(&good, Lang::En),
            "ok    TLS: TLSv1_3, TLS13_AES_256_GCM_SHA384; chain \"moh.gov.vn\" < \"Giữa\", signed by \
             \"Gốc\"; valid until 2026-12-13 00:00 UTC\n"
        );
        let soon = session(&shown("2026-12-12T00:00:00Z"), now);
        assert_eq!(soon.level, Level::Warn);
        assert!(said(&soon, Lang::Vi).contains("sắp hết hạn"));
    }
}
