//! Finding: one line of `khotin doctor`: what was looked at, how it is, and what to do.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::cli::say::{Said, say};
use crate::lang::{Lang, Words, words};
use crate::model::SiteId;
use crate::outcome::Outcome;

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// config.toml.
    Config,
    /// The sites' profiles.
    Profiles,
    /// Who crawls.
    Operator,
    /// The name of a site's host.
    Dns,
    /// The TLS session with it.
    Tls,
    /// Its robots.txt.
    Robots,
    /// This machine's clock.
    Clock,
    /// Room on the disk.
    Disk,
    /// Who may write what.
    Rights,
    /// The database.
    Store,
    /// The WARC files.
    Archive,
    /// What is withheld.
    Restrictions,
}

impl Check {
    /// The word for machines.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Profiles => "profiles",
            Self::Operator => "operator",
            Self::Dns => "dns",
            Self::Tls => "tls",
            Self::Robots => "robots",
            Self::Clock => "clock",
            Self::Disk => "disk",
            Self::Rights => "rights",
            Self::Store => "store",
            Self::Archive => "archive",
            Self::Restrictions => "restrictions",
        }
    }

    fn label(self) -> Words {
        match self {
            Self::Config => words("config", "cấu hình"),
            Self::Profiles => words("profiles", "hồ sơ trang"),
            Self::Operator => words("operator", "người vận hành"),
            Self::Dns => words("DNS", "DNS"),
            Self::Tls => words("TLS", "TLS"),
            Self::Robots => words("robots.txt", "robots.txt"),
            Self::Clock => words("clock", "đồng hồ"),
            Self::Disk => words("disk", "đĩa"),
            Self::Rights => words("rights", "quyền ghi"),
            Self::Store => words("store", "cơ sở dữ liệu"),
            Self::Archive => words("archive", "kho lưu trữ"),
            Self::Restrictions => words("restrictions", "bài bị hạn chế"),
        }
    }
}

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// As it should be.
    Ok,
    /// A crawl works, but a person should know.
    Warn,
    /// A crawl does not work, or something is lost.
    Fail,
}

impl Level {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// One line.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub(super) check: Check,
    pub(super) site: Option<SiteId>,
    pub(super) level: Level,
    said: Said,
    advice: Option<Said>,
    /// What it means for the exit code.
    pub(super) outcome: Outcome,
}

/// Words that are the same in both languages: messages and advice of errors, which are English.
pub(super) fn told(text: impl std::fmt::Display) -> Said {
    say(words("{text}", "{text}")).with("text", text)
}

impl Finding {
    pub(super) fn ok(check: Check, said: Said) -> Self {
        Self {
            check,
            site: None,
            level: Level::Ok,
            said,
            advice: None,
            outcome: Outcome::Complete,
        }
    }

    pub(super) fn warn(check: Check, said: Said, advice: Said) -> Self {
        Self {
            level: Level::Warn,
            advice: Some(advice),
            ..Self::ok(check, said)
        }
    }

    /// A failure whose cause is none of usage or damage.
    pub(super) fn fail(check: Check, said: Said, advice: Said) -> Self {
        Self {
            level: Level::Fail,
            advice: Some(advice),
            outcome: Outcome::Incomplete,
            ..Self::ok(check, said)
        }
    }

    /// With another exit code.
    pub(super) fn with_outcome(self, outcome: Outcome) -> Self {
        Self { outcome, ..self }
    }

    /// About one site.
    pub(super) fn of(self, site: &SiteId) -> Self {
        Self {
            site: Some(site.clone()),
            ..self
        }
    }

    /// `ok    DNS moh: …`, and what to do on a line of its own.
    pub(super) fn write(&self, out: &mut dyn Write, lang: Lang) -> io::Result<()> {
        let level = self.level.as_str();
        let site = self.site.as_ref();
        let site = site.map_or_else(String::new, |site| format!(" {site}"));
        let label = lang.of(self.check.label());
        writeln!(
            out,
            "{level:<4}  {label}{site}: {}",
            self.said.in_lang(lang)
        )?;
        match &self.advice {
            Some(advice) => writeln!(out, "      -> {}", advice.in_lang(lang)),
            None => Ok(()),
        }
    }

    /// For machines: in English, whatever the language.
    pub(super) fn as_json(&self) -> Value {
        json!({
            "check": self.check.as_str(),
            "site": self.site,
            "level": self.level.as_str(),
            "message": self.said.in_lang(Lang::En),
            "advice": self.advice.as_ref().map(|advice| advice.in_lang(Lang::En)),
        })
    }
}
