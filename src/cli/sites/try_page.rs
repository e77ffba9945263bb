//! `khotin sites try`: what each alternative of each rule found in one page.

use std::io::{self, Write};
use std::path::Path;

use anyhow::bail;
use serde_json::json;
use url::Url;

use super::archived::{newest_capture, recorded_capture};
use super::{cells, summary};
use crate::cli::context::known_site;
use crate::cli::json::write_json;
use crate::cli::problem::UsageError;
use crate::cli::read::{Saved, capture_of_file, outcome_of};
use crate::cli::report::one_line;
use crate::cli::table::write_table;
use crate::cli::{Context, Outcome};
use crate::extract::{Misfit, Trace, TriedField, TriedLayout, TriedRule, trace};
use crate::model::{Capture, SiteId};
use crate::normalize;

/// Show what each selector of a profile finds in one page
///
/// finds: what a selector found; taken: how much of it the record is made of. A URL or a record id is
/// looked up in the archive of config.toml and never fetched.
///
/// Example: khotin sites try page.html --url https://abc.gov.vn/tin/su-kien.aspx?ItemID=7 --site abc
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A saved page or JSON answer, a URL that was crawled, or a WARC record id (urn:uuid:…)
    #[arg(value_name = "FILE|URL|ID")]
    page: String,

    /// The URL from which the file was saved
    #[arg(long)]
    url: Option<Url>,

    /// The site whose profile is tried
    #[arg(long, value_parser = |text: &str| Ok::<_, String>(SiteId::new(text)))]
    site: SiteId,

    #[command(flatten)]
    saved: Saved,
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let sites = context.sites()?;
    let profile = &known_site(&sites, &args.site)?.profile;
    let file = Path::new(&args.page);
    let capture = match (&args.url, as_url(&args.page)) {
        (Some(_), _) if !file.is_file() => bail!(UsageError::new(
            format!("there is no file `{}`", one_line(&args.page)),
            "save the page with a browser as \"HTML only\" and name that file",
        )),
        (Some(url), _) => capture_of_file(file, url, profile, &args.saved)?,
        (None, Some(url)) => newest_capture(context, &args.site, &url)?,
        (None, None) if args.page.starts_with("urn:uuid:") => {
            recorded_capture(context, &args.site, &args.page)?
        }
        (None, None) => bail!(UsageError::new(
            format!("the URL of `{}` is not known", one_line(&args.page)),
            "add --url with the address from which the page was saved: rules of the profile look at it",
        )),
    };
    let trace = trace(profile, &capture);
    let observations = normalize::observations(profile, &capture, &trace.read);
    let warnings = cells::warnings(profile, &capture, &trace, &observations);
    if context.json {
        let answer = json!({
            "trace": trace,
            "observations": observations,
            "warnings": warnings,
        });
        write_json(out, &answer)?;
    } else {
        write_capture(out, &capture)?;
        write_trace(out, &trace)?;
        summary::write_summary(out, &trace, &observations, &warnings)?;
    }
    Ok(outcome_of(&trace.read))
}

/// Only what begins like a web address is one; anything else is a file's name.
fn as_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

fn write_capture(out: &mut dyn Write, capture: &Capture) -> io::Result<()> {
    let request = &capture.request;
    writeln!(
        out,
        "{} {}\nasked for as {}, status {}, {} bytes, {}\n",
        request.method,
        request.url,
        request.purpose,
        capture.status,
        capture.body.len(),
        capture.captured_at.format("%Y-%m-%d %H:%M:%S UTC"),
    )
}

fn write_trace(out: &mut dyn Write, trace: &Trace) -> io::Result<()> {
    if !trace.refusals.is_empty() {
        writeln!(out, "refusals: what says that the page is none")?;
        write_fields(out, &trace.refusals)?;
    }
    for layout in &trace.layouts {
        let (kind, id, platform) = (layout.kind, &layout.id, &layout.platform);
        writeln!(
            out,
            "{kind} layout {id} (platform {platform}): {}",
            verdict(layout)
        )?;
        write_fields(out, &layout.fields)?;
    }
    Ok(())
}

fn verdict(layout: &TriedLayout) -> String {
    match (&layout.misfit, layout.is_used) {
        (None, true) => "fits, the page is read with it".to_owned(),
        (None, false) => "fits, but an earlier layout read the page".to_owned(),
        (Some(misfit), true) => format!("the page is read with it, but {misfit}"),
        (Some(Misfit::ListingRequest), false) => {
            "not tried: the request is for a listing. Is this \
             page an article? Then no `link` of a platform names its URL"
                .to_owned()
        }
        (Some(misfit), false) => format!("does not fit: {misfit}"),
    }
}

fn write_fields(out: &mut dyn Write, fields: &[TriedField]) -> io::Result<()> {
    let mut rows = Vec::new();
    for field in fields {
        for (index, rule) in field.alternatives.iter().enumerate() {
            let key = if index == 0 { field.key.as_str() } else { "" };
            rows.push(rule_as_row(key, index + 1, rule));
        }
    }
    if !rows.is_empty() {
        let header = ["  key", "nr", "finds", "taken", "first find", "selector"];
        write_table(out, &header, &rows)?;
    }
    writeln!(out)
}

fn rule_as_row(key: &str, number: usize, rule: &TriedRule) -> Vec<String> {
    let first = match &rule.first {
        Some(first) => one_line(first),
        None if rule.places > 0 => format!("({} places, none with a value)", rule.places),
        None => String::new(),
    };
    let taken = if rule.taken > 0 {
        rule.taken.to_string()
    } else {
        String::new()
    };
    vec![
        format!("  {key}"),
        number.to_string(),
        rule.finds.to_string(),
        taken,
        first,
        one_line(&rule.selector),
    ]
}
