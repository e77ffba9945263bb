//! `khotin doctor`: does all stand as a crawl needs it? One line a finding: ok, warn or fail, and what to do.
//!
//! It changes nothing that is kept. Of a site it asks its name, a TLS session and at most one robots.txt,
//! at the pace and through the gate of a crawl ([`crate::pipeline::probe`]); `--offline` asks nothing. Each
//! line is printed when it is known, so that a long check is not silence.

mod finding;
mod kept;
mod machine;
mod network;
mod settings;

use std::io::Write;
use std::sync::Arc;

use anyhow::Context as _;
use chrono::TimeDelta;
use serde_json::json;

use self::finding::{Check, Finding, Level};
use super::json::write_json;
use super::say::say;
use super::status::{Disk, WINDOW_DAYS, foretell};
use super::status_line;
use super::{Context, Outcome};
use crate::Lang;
use crate::config::{Config, Sites};
use crate::fetch::{Clock, SystemClock};
use crate::lang::{Words, words};
use crate::model::SiteId;
use crate::pipeline::{Probing, free_bytes, probe};
use crate::store::{SqliteStore, Store};

/// Look whether everything is as a crawl needs it, line by line, with what to do
///
/// Settings, profiles, contact, name, TLS, robots.txt and clock of each site, disk, rights, store,
/// archive and restrictions. A site is asked for its robots.txt at most once, at its pace, and nothing of it is kept.
/// A line is ok, warn or fail; the exit code is 0 without a fail, 2 for settings, 3 for damage, else 1.
///
/// Example: khotin doctor --offline
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// Sites [default: `sites` of config.toml]
    #[arg(value_parser = |text: &str| Ok::<_, String>(SiteId::new(text)))]
    sites: Vec<SiteId>,

    /// Ask nothing of the network
    #[arg(long)]
    offline: bool,
}

/// What is being looked at, on a terminal, until it is dropped.
struct Shown(bool);

impl Shown {
    fn start(what: Words, lang: Lang) -> Self {
        let can_draw = status_line::can_draw();
        if can_draw {
            status_line::show(lang.of(what));
        }
        Self(can_draw)
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if self.0 {
            status_line::clear();
        }
    }
}

/// Prints findings as they come, or keeps them for one JSON document.
struct Told<'a> {
    out: &'a mut dyn Write,
    lang: Lang,
    json: bool,
    findings: Vec<Finding>,
}

impl Told<'_> {
    fn tell(&mut self, findings: impl IntoIterator<Item = Finding>) -> std::io::Result<()> {
        for finding in findings {
            if !self.json {
                finding.write(&mut self.out, self.lang)?;
                self.out.flush()?;
            }
            self.findings.push(finding);
        }
        Ok(())
    }

    fn end(self) -> anyhow::Result<Outcome> {
        let count = |level| {
            self.findings
                .iter()
                .filter(|one| one.level == level)
                .count()
        };
        let outcome = self
            .findings
            .iter()
            .map(|finding| finding.outcome)
            .fold(Outcome::Complete, Outcome::and);
        let (warnings, failures) = (count(Level::Warn), count(Level::Fail));
        if self.json {
            let findings: Vec<_> = self.findings.iter().map(Finding::as_json).collect();
            let answer = json!({
                "exit_code": outcome.code(),
                "warnings": warnings,
                "failures": failures,
                "findings": findings,
            });
            write_json(self.out, &answer)?;
            return Ok(outcome);
        }
        let sum = match (warnings, failures) {
            (0, 0) => say(words("all is well", "mọi thứ đều ổn")),
            _ => say(words(
                "{failures} fail, {warnings} warn",
                "{failures} lỗi (fail), {warnings} cảnh báo (warn)",
            ))
            .with("failures", failures)
            .with("warnings", warnings),
        };
        writeln!(self.out, "\n{}", sum.in_lang(self.lang))?;
        Ok(outcome)
    }
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let mut told = Told {
        out,
        lang: context.lang_without_settings(),
        json: context.json,
        findings: Vec::new(),
    };
    let config = match context.config() {
        Ok(config) => config,
        Err(error) => {
            let problem = super::problem::Problem::from_error(&error);
            let finding = Finding::fail(
                Check::Config,
                finding::told(problem.message()),
                finding::told(problem.advice()),
            );
            told.tell([finding.with_outcome(problem.outcome)])?;
            return told.end();
        }
    };
    told.lang = context.lang(&config);
    let sites = match Sites::load(Some(&config.paths.sites)) {
        Ok(sites) => sites,
        Err(error) => {
            told.tell([settings::mistake(Check::Profiles, &error)])?;
            return told.end();
        }
    };
    let wanted = match args.sites.as_slice() {
        [] => config.crawl.sites.clone(),
        sites => sites.to_vec(),
    };
    told.tell(settings::config(&config, &sites, &wanted))?;
    told.tell([
        settings::profiles(&config, &sites),
        settings::operator(&config, &sites, &wanted),
    ])?;
    told.tell(machine::rights(&config.paths.output))?;
    let (of_store, store) = kept::store(&config.paths.output, told.lang);
    told.tell([of_store])?;
    told.tell(kept::archive(
        &config.paths.output,
        store.as_ref(),
        told.lang,
    ))?;
    told.tell([kept::restrictions(&config.paths.output)])?;
    told.tell([disk(&config, store.as_ref())])?;
    let newest = store
        .as_ref()
        .map(Store::newest_time)
        .transpose()?
        .flatten();
    told.tell(machine::stored_time(newest, SystemClock.now_utc()))?;
    drop(store);
    if args.offline {
        return told.end();
    }
    let reachable: Vec<SiteId> = wanted
        .into_iter()
        .filter(|site| sites.get(site).is_some())
        .collect();
    ask(&config, &sites, &reachable, &mut told)?;
    told.end()
}

/// Asks one site after the other.
fn ask(
    config: &Config,
    sites: &Sites,
    wanted: &[SiteId],
    told: &mut Told<'_>,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("can not start the thread that asks the sites")?;
    let probing = Probing {
        config,
        sites,
        clock: Arc::new(SystemClock),
        random: rand::random,
    };
    for site in wanted {
        let shown = Shown::start(words("asking the site", "đang hỏi trang nguồn"), told.lang);
        let probed = runtime.block_on(probe(&probing, site));
        drop(shown);
        told.tell(network::lines(site, &probed, SystemClock.now_utc()))?;
    }
    Ok(())
}

fn disk(config: &Config, store: Option<&SqliteStore>) -> Finding {
    let output = &config.paths.output;
    let now = SystemClock.now_utc();
    let disk = Disk {
        kept: super::status::kept_bytes(output),
        free: free_bytes(output),
        min_free: config.archive.min_free_bytes,
    };
    let growth = store.and_then(|store| {
        let since = now - TimeDelta::days(WINDOW_DAYS);
        // A store that can not answer has its own line.
        store.growth(since).ok().flatten()
    });
    let forecast = foretell(growth, disk, now);
    machine::disk(disk, Some(&forecast))
}
