//! `khotin bag DIR`: the archive with all that is needed to use it again, as a BagIt folder for keeping.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::json;

use super::counter::Counter;
use super::interrupt::Interrupts;
use super::json::write_json;
use super::wacz::{count_withheld, names_of_sites, write_left_out};
use super::{Context, Outcome};
use crate::Lang;
use crate::archive::Archive;
use crate::config::{Config, Sites};
use crate::fetch::{Clock, SystemClock};
use crate::import::ledger::Ledger;
use crate::lang::{Words, words};
use crate::package::{Bag, BagReport, Holdings, Payload, write_bag};
use crate::pipeline::{CrawlError, archive_folder};
use crate::restrict::keep;

/// Copy archive, settings, profiles and restrictions into a BagIt folder, for keeping
///
/// Every file has its digests in manifests that bagit.py and other tools check. The bag holds what
/// is withheld too, with the restrictions that say so: it is a copy to preserve, not to publish.
///
/// Example: khotin bag /mnt/backup/khotin-2026
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The folder to make; never one that is there already
    dir: PathBuf,
}

/// What is counted.
const COPIED: Words = words("WARC files copied", "tệp WARC đã sao chép");

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let config = context.config()?;
    let lang = context.lang(&config);
    let sites = Sites::load(Some(&config.paths.sites))?;
    let restrictions = keep::read(&config.paths.output)?;
    let now = SystemClock.now_utc();
    let hidden = count_withheld(&restrictions.withheld(now), None);
    let archive = Archive::new(archive_folder(&config.paths.output));
    let holdings = Holdings::of(&archive, None)?;
    // A kept copy stands in the archive's folder, and is copied with it.
    let ledger = Ledger::read(archive.dir()).map_err(CrawlError::from)?;
    let holdings = match ledger.entries().is_empty() {
        true => holdings.not_empty()?,
        false => holdings,
    };
    let foreign = ledger.files().into_values();
    let foreign = foreign.filter(|entries| entries.iter().all(|entry| entry.kept.is_none()));
    let foreign = foreign.count();
    let names = names_of_sites(&holdings, &sites, Lang::Vi);
    let files = holdings.files.len();
    let mut info = vec![
        (
            "Bag-Software-Agent",
            concat!("khotin ", env!("CARGO_PKG_VERSION")).to_owned(),
        ),
        ("Bagging-Date", now.date_naive().to_string()),
        (
            "External-Description",
            match files {
                0 => "imported web archives, with settings and profiles".to_owned(),
                1 => format!("1 WARC file of {names}, with settings and profiles"),
                files => format!("{files} WARC files of {names}, with settings and profiles"),
            },
        ),
    ];
    if !config.operator.name.is_empty() {
        info.push(("Source-Organization", config.operator.name.clone()));
    }
    if hidden > 0 {
        info.push((
            "Internal-Sender-Description",
            format!(
                "{hidden} articles in it are withheld by data/output/restrictions.toml: \
                 a copy to preserve, not to publish"
            ),
        ));
    }
    let bag = Bag {
        payload: payload(&context.config_path(), &config, &sites)?,
        holdings,
        info,
    };
    let interrupts = Interrupts::listen()?;
    let whole = bag.holdings.bytes();
    let mut counter = Counter::start(COPIED, lang, None);
    let written = write_bag(&bag, &args.dir, &mut |packed| -> anyhow::Result<()> {
        counter.show_bytes(packed.files, packed.bytes, whole);
        Ok(interrupts.check()?)
    });
    counter.end();
    let report = written?;
    if context.json {
        let mut answer = json!(report);
        if let Some(answer) = answer.as_object_mut() {
            answer.insert("withheld".to_owned(), json!(hidden));
            answer.insert("foreign_left_out".to_owned(), json!(foreign));
        }
        write_json(out, &answer)?;
    } else {
        write_report(out, lang, &report, foreign, hidden)?;
    }
    Ok(Outcome::Complete)
}

/// Settings, restrictions, and the profiles of all known sites as they are read today: those that are part
/// of the program too, so that the bag needs no other khotin to be understood.
fn payload(path: &Path, config: &Config, sites: &Sites) -> anyhow::Result<Vec<Payload>> {
    let read =
        |path: &Path| fs::read(path).with_context(|| format!("can not read {}", path.display()));
    let mut payload = vec![Payload {
        path: "config.toml".to_owned(),
        bytes: read(path)?,
    }];
    for site in sites.iter() {
        payload.push(Payload {
            path: format!("sites/{}.toml", site.profile.id),
            bytes: site.text.clone().into_bytes(),
        });
    }
    let restrictions = keep::path(&config.paths.output);
    if restrictions.is_file() {
        payload.push(Payload {
            path: format!("output/{}", keep::FILE),
            bytes: read(&restrictions)?,
        });
    }
    Ok(payload)
}

fn write_report(
    out: &mut dyn Write,
    lang: Lang,
    report: &BagReport,
    foreign: usize,
    hidden: usize,
) -> io::Result<()> {
    let BagReport {
        files,
        bytes,
        warc_files,
        ..
    } = report;
    let path = report.path.display();
    match lang {
        Lang::En => writeln!(
            out,
            "{path}: {files} files, {warc_files} of them WARC, {bytes} bytes"
        )?,
        Lang::Vi => writeln!(
            out,
            "{path}: {files} tệp, trong đó {warc_files} tệp WARC, {bytes} byte"
        )?,
    }
    write_left_out(out, lang, &report.left_open, foreign, hidden)
}
