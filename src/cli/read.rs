//! `khotin read`: a saved page in, what khotin makes of it out. Nothing is stored.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::bail;
use chrono::{DateTime, Utc};
use data_encoding::{BASE32, HEXLOWER};
use serde_json::json;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use url::Url;

use super::context::known_site;
use super::json::write_json;
use super::problem::UsageError;
use super::report::one_line;
use super::{Context, Outcome};
use crate::config::SiteProfile;
use crate::model::{
    Capture, Location, Method, Page, PageRead, Purpose, Request, Sequence, SiteId, Via,
};
use crate::store::fold::fold;
use crate::{extract, normalize};

/// Read a saved page or JSON answer and print its page and record
///
/// Example: khotin read page.html --url https://moh.gov.vn/tin-tong-hop --site moh
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The saved page
    file: PathBuf,

    /// The URL that it was saved from
    #[arg(long)]
    url: Url,

    /// The site whose profile reads it
    #[arg(long, value_parser = |text: &str| Ok::<_, String>(SiteId::new(text)))]
    site: SiteId,

    #[command(flatten)]
    saved: Saved,
}

/// What a file alone does not tell about the answer that was saved in it.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Saved {
    /// The body of the POST that it answers
    #[arg(long, value_name = "JSON")]
    pub(super) body: Option<String>,

    /// When it was saved, RFC 3339 [default: the file's own time]
    #[arg(long)]
    pub(super) time: Option<DateTime<Utc>>,

    /// Its media type [default: by the file's ending]
    #[arg(long, value_name = "TYPE")]
    pub(super) content_type: Option<String>,

    /// Its status code
    #[arg(long, default_value_t = 200)]
    pub(super) status: u16,
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let sites = context.sites()?;
    let profile = &known_site(&sites, &args.site)?.profile;
    let capture = capture_of_file(&args.file, &args.url, profile, &args.saved)?;
    if capture.status == 200 && is_plain_text(&capture.body) && !is_json(&args.file, &args.saved) {
        bail!(UsageError::new(
            format!(
                "{} is plain text: there is no markup in it to read",
                args.file.display()
            ),
            "save the page itself, in a browser as \"HTML only\" or with `curl -o`, not the text that it shows",
        ));
    }
    let read = extract::read(profile, &capture);
    let observations = normalize::observations(profile, &capture, &read);
    let article = match &read.page {
        Page::Article { .. } => {
            let own: Vec<_> = observations
                .iter()
                .filter(|one| one.position == 0)
                .cloned()
                .collect();
            fold(&own)
        }
        _ => None,
    };
    let listed: Vec<_> = observations.iter().filter(|one| one.position > 0).collect();
    let answer = json!({ "page": read, "record": article, "listed": listed });
    write_json(out, &answer)?;
    if let Some(why) = nothing_read(&read.page) {
        // The exit code tells it too.
        let _ = writeln!(
            std::io::stderr(),
            "no article and no listing in {}: {}\n  what to do: `khotin sites try {}` shows what each selector finds",
            args.file.display(),
            one_line(why),
            args.file.display(),
        );
    }
    Ok(outcome_of(&read))
}

/// Why a page gave nothing.
fn nothing_read(page: &Page) -> Option<&str> {
    match page {
        Page::Blocked { rule } => Some(rule),
        Page::Other { reason } => Some(reason),
        _ => None,
    }
}

/// A page that says nothing is incomplete, a refusal is blocked.
pub(super) fn outcome_of(read: &PageRead) -> Outcome {
    match read.page {
        Page::Blocked { .. } => Outcome::Blocked,
        Page::Other { .. } => Outcome::Incomplete,
        _ => Outcome::Complete,
    }
}

/// A capture made of a saved file, as if it had been fetched. It stands in no archive: its location
/// names the file, with offset 0 and no record id.
pub(crate) fn capture_of_file(
    path: &Path,
    url: &Url,
    profile: &SiteProfile,
    saved: &Saved,
) -> anyhow::Result<Capture> {
    let body = std::fs::read(path).map_err(|error| {
        UsageError::new(
            format!("can not read {}: {error}", path.display()),
            "name a file that was saved from a browser, or with `curl -o`",
        )
    })?;
    let captured_at = match saved.time {
        Some(time) => time,
        None => std::fs::metadata(path)?.modified()?.into(),
    };
    if !matches!(url.scheme(), "http" | "https") {
        bail!(UsageError::new(
            format!("`{url}` is not an http(s) URL"),
            "give the address from which the page was saved",
        ));
    }
    let purpose = if is_article(profile, url) || saved.body.is_some() {
        Purpose::Article
    } else {
        Purpose::Listing
    };
    let mut request = Request::get(profile.id.clone(), url.clone(), purpose);
    if let Some(body) = &saved.body {
        request.method = Method::Post;
        request.body = Some(body.clone());
        if normalize::identity::identify_request(profile, &request).is_none() {
            request.purpose = Purpose::Listing;
        }
    }
    let content_type = saved.content_type.clone().unwrap_or_else(|| {
        let kind = if is_json(path, saved) {
            "application/json"
        } else {
            "text/html"
        };
        format!("{kind}; charset=utf-8")
    });
    Ok(Capture {
        sequence: Sequence(1),
        request,
        captured_at,
        via: Via::Direct,
        status: saved.status,
        headers: vec![("content-type".to_owned(), content_type.into_bytes())],
        payload_sha1: BASE32.encode(&Sha1::digest(&body)),
        payload_sha256: HEXLOWER.encode(&Sha256::digest(&body)),
        body,
        truncated: None,
        location: Location {
            file: path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            offset: 0,
            length: 0,
            record_id: String::new(),
        },
    })
}

/// By its media type, else by its ending.
fn is_json(path: &Path, saved: &Saved) -> bool {
    match &saved.content_type {
        Some(kind) => kind.contains("json"),
        None => path.extension().is_some_and(|ending| ending == "json"),
    }
}

/// True of what is neither HTML nor JSON, by the rule that reading goes by: no tag is anywhere, and no
/// object or list begins it.
fn is_plain_text(body: &[u8]) -> bool {
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let first = text.trim_ascii_start().first();
    !body.contains(&b'<') && !matches!(first, Some(b'{' | b'['))
}

fn is_article(profile: &SiteProfile, url: &Url) -> bool {
    normalize::identity::identify(profile, url).is_some()
}
