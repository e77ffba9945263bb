//! Words: why a night ended as it did, in both languages. What a profile, a page or the system said stays
//! as it was said.

use chrono::NaiveDate;

use super::Failure;
use crate::Lang;
use crate::model::{SectionId, SiteId};
use crate::outcome::Outcome;

/// Why a night has another exit code than 0.
#[derive(Debug, Clone, PartialEq)]
pub enum Cause {
    /// An error ended the night.
    Error(Failure),
    /// The crawl ended before its time, and what it had is kept.
    RunEnded {
        /// What happened.
        message: String,
    },
    /// A site refuses us.
    Blocked {
        /// The site.
        site: SiteId,
        /// On so many pages.
        pages: u64,
    },
    /// A site changed.
    Drift {
        /// The site.
        site: SiteId,
        /// What says so.
        sign: String,
    },
    /// More failed than `alert.failed_share`.
    FailedShare {
        /// Requests that failed.
        failed: u64,
        /// Requests sent.
        requests: u64,
        /// The limit.
        limit: f64,
    },
    /// The same thing failed in `alert.failed_nights` nights in a row.
    FailedNights {
        /// The request, listing or site.
        what: String,
        /// Nights.
        nights: u32,
    },
    /// Old dumps could not be removed; the next night tries again.
    NotRotated {
        /// Why.
        why: String,
    },
    /// The metrics could not be written.
    NoMetrics {
        /// Why.
        why: String,
    },
}

/// What is worth a look and changes no exit code.
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// Nights without a dump before this one.
    Missed {
        /// So many.
        nights: u32,
    },
    /// The last night that was done is dated later: a clock was set.
    DatedLater {
        /// Its day.
        night: NaiveDate,
    },
    /// This night went on where an earlier start of it was cut off.
    WentOn,
    /// A planned end of the crawl, or something that waits.
    GoesOn {
        /// The budget that was spent.
        stopped: Option<String>,
        /// Requests left.
        left: u64,
    },
    /// Requests failed, not more than the limit.
    Failed {
        /// Requests that failed.
        failed: u64,
        /// Requests sent.
        requests: u64,
    },
    /// More things fail for nights than are named.
    MoreFail {
        /// So many more.
        number: usize,
    },
    /// Scope or robots.txt did not allow requests.
    Refused {
        /// The site.
        site: SiteId,
        /// So many.
        requests: u64,
    },
    /// A site's crawl ended early.
    Held {
        /// The site.
        site: SiteId,
        /// Why.
        why: String,
    },
    /// A listing was not read whole.
    NotWhole {
        /// The site.
        site: SiteId,
        /// The section.
        section: SectionId,
        /// Why.
        end: String,
    },
    /// A site may have changed.
    Warning {
        /// The site.
        site: SiteId,
        /// What says so.
        sign: String,
    },
    /// Something stands among the dumps that no night made.
    NotOurs {
        /// Its name.
        name: String,
    },
}

impl Cause {
    /// The exit code that it has.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Error(failure) => failure.outcome,
            Self::Blocked { .. } => Outcome::Blocked,
            Self::Drift { .. } => Outcome::Drift,
            Self::RunEnded { .. }
            | Self::FailedShare { .. }
            | Self::FailedNights { .. }
            | Self::NotRotated { .. }
            | Self::NoMetrics { .. } => Outcome::Incomplete,
        }
    }

    /// It in words.
    pub fn words(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Error(failure), _) => failure.message.clone(),
            (Self::RunEnded { message }, Lang::En) => {
                format!("the crawl ended before its time: {message}")
            }
            (Self::RunEnded { message }, Lang::Vi) => {
                format!("việc thu thập dừng trước hạn: {message}")
            }
            (Self::Blocked { site, pages }, Lang::En) => {
                format!("{site}: the site refuses us on {pages} pages")
            }
            (Self::Blocked { site, pages }, Lang::Vi) => {
                format!("{site}: máy chủ từ chối chúng ta ở {pages} trang")
            }
            (Self::Drift { site, sign }, Lang::En) => format!("{site}: the site changed: {sign}"),
            (Self::Drift { site, sign }, Lang::Vi) => format!("{site}: trang đã thay đổi: {sign}"),
            (
                Self::FailedShare {
                    failed,
                    requests,
                    limit,
                },
                Lang::En,
            ) => format!(
                "{failed} of {requests} requests failed, {} %; more than {} % is an alarm",
                percent(*failed as f64 / (*requests).max(1) as f64),
                percent(*limit)
            ),
            (
                Self::FailedShare {
                    failed,
                    requests,
                    limit,
                },
                Lang::Vi,
            ) => format!(
                "{failed} trên {requests} yêu cầu bị lỗi, {} %; trên {} % là phải báo động",
                percent(*failed as f64 / (*requests).max(1) as f64),
                percent(*limit)
            ),
            (Self::FailedNights { what, nights }, Lang::En) => {
                format!("failed in {nights} nights in a row: {what}")
            }
            (Self::FailedNights { what, nights }, Lang::Vi) => {
                format!("lỗi {nights} đêm liền: {what}")
            }
            (Self::NotRotated { why }, Lang::En) => format!("old dumps were not removed: {why}"),
            (Self::NotRotated { why }, Lang::Vi) => {
                format!("chưa xóa được các bản kết xuất cũ: {why}")
            }
            (Self::NoMetrics { why }, Lang::En) => format!("the metrics were not written: {why}"),
            (Self::NoMetrics { why }, Lang::Vi) => format!("chưa ghi được số đo: {why}"),
        }
    }
}

impl Note {
    /// It in words.
    pub fn words(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.english(),
            Lang::Vi => self.vietnamese(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::Missed { nights: 1 } => "one night was missed; this one does its work".to_owned(),
            Self::Missed { nights } => {
                format!("{nights} nights were missed; this one does their work")
            }
            Self::DatedLater { night } => format!(
                "the last night is dated {night}, later than this one: see that the clock is right"
            ),
            Self::WentOn => "this night was cut off and went on where it was".to_owned(),
            Self::GoesOn {
                stopped: Some(spent),
                left,
            } => format!("stopped after {spent}; goes on tomorrow, {left} left"),
            Self::GoesOn {
                stopped: None,
                left,
            } => format!("goes on tomorrow, {left} left"),
            Self::Failed { failed, requests } => {
                format!("{failed} of {requests} requests failed, and are asked again tomorrow")
            }
            Self::MoreFail { number } => {
                format!("{number} more fail for so many nights, see the report's file")
            }
            Self::Refused { site, requests } => {
                format!("{site}: {requests} requests were not allowed by scope or robots.txt")
            }
            Self::Held { site, why } => format!("{site}: {why}"),
            Self::NotWhole { site, section, end } => {
                format!("{site}: the listing of {section} was not read whole: {end}")
            }
            Self::Warning { site, sign } => format!("{site}: the site may have changed: {sign}"),
            Self::NotOurs { name } => {
                format!("{name} among the dumps was made by no night, so it stays")
            }
        }
    }

    fn vietnamese(&self) -> String {
        match self {
            Self::Missed { nights } => format!("đã lỡ {nights} đêm; đêm nay làm bù"),
            Self::DatedLater { night } => format!(
                "đêm gần nhất ghi ngày {night}, muộn hơn đêm nay: hãy kiểm tra đồng hồ của máy"
            ),
            Self::WentOn => "đêm nay từng bị ngắt và đã làm tiếp từ chỗ dở".to_owned(),
            Self::GoesOn {
                stopped: Some(_),
                left,
            } => format!("dừng vì hết hạn mức đã định; đêm mai làm tiếp, còn {left} yêu cầu"),
            Self::GoesOn {
                stopped: None,
                left,
            } => format!("đêm mai làm tiếp, còn {left} yêu cầu"),
            Self::Failed { failed, requests } => {
                format!("{failed} trên {requests} yêu cầu bị lỗi, đêm mai sẽ hỏi lại")
            }
            Self::MoreFail { number } => {
                format!("còn {number} mục khác lỗi nhiều đêm như vậy, xem tệp báo cáo")
            }
            Self::Refused { site, requests } => format!(
                "{site}: {requests} yêu cầu không được phép theo phạm vi thu thập hoặc robots.txt"
            ),
            Self::Held { site, why } => format!("{site}: dừng sớm: {why}"),
            Self::NotWhole { site, section, end } => {
                format!("{site}: danh sách của {section} chưa đọc hết: {end}")
            }
            Self::Warning { site, sign } => format!("{site}: trang có thể đã thay đổi: {sign}"),
            Self::NotOurs { name } => {
                format!(
                    "{name} nằm giữa các bản kết xuất nhưng không do đêm nào tạo ra, nên được giữ nguyên"
                )
            }
        }
    }
}

/// Two decimals at most: `2`, `0.5`, `3.33`.
fn percent(share: f64) -> String {
    let text = format!("{:.2}", share * 100.0);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_read_as_percents() {
        let table = [
            (0.02, "2"),
            (1.0 / 30.0, "3.33"),
            (0.005, "0.5"),
            (1.0, "100"),
            (0.0, "0"),
        ];
        for (share, expected) in table {
            assert_eq!(percent(share), expected);
        }
    }

    #[test]
    fn a_planned_end_says_how_much_is_left_in_both_languages() {
        let note = Note::GoesOn {
            stopped: Some("500 requests as --max-requests says".to_owned()),
            left: 12,
        };
        assert_eq!(
            note.words(Lang::En),
            "stopped after 500 requests as --max-requests says; goes on tomorrow, 12 left"
        );
        assert_eq!(
            note.words(Lang::Vi),
            "dừng vì hết hạn mức đã định; đêm mai làm tiếp, còn 12 yêu cầu"
        );
    }
}
