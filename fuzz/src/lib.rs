//! What the fuzz targets share: the saved pages as requests and seeds, and a folder for files.
//!
//! A page target takes the bytes of an answer and one byte more, which says whose answer it is: one
//! of the site's saved requests. So a saved page is a seed as it is, and mutation may give it to
//! another layout.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use khotin::config::{SiteProfile, Sites};
use khotin::model::{Capture, Location, Method, Purpose, Request, Sequence, SiteId, Via};
use khotin::{extract, normalize};
use serde::Deserialize;
use url::Url;

/// The fields of `fixtures/sites/<site>/<case>.toml` that a request needs.
#[derive(Deserialize)]
struct Case {
    url: Url,
    method: Method,
    request_body: Option<String>,
    captured_at: DateTime<Utc>,
    content_type: String,
}

/// One saved page.
pub struct Saved {
    /// Its request and answer.
    pub capture: Capture,
}

/// A profile of the program.
pub fn profile(site: &str) -> SiteProfile {
    let sites = Sites::load(None).expect("the program's profiles");
    sites
        .get(&SiteId::new(site))
        .expect("a site")
        .profile
        .clone()
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

/// The files of a folder that end so, sorted.
pub fn files(folder: &str, end: &str) -> Vec<PathBuf> {
    let folder = fixtures().join("..").join(folder);
    let entries = fs::read_dir(&folder).expect("a folder of the tree");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.retain(|file| file.to_string_lossy().ends_with(end));
    files.sort();
    files
}

/// The saved pages of a site that were asked for like this. The demo ministry speaks as moh.gov.vn
/// does, so it has that site's pages under its own name.
pub fn saved(site: &str, method: Method) -> Vec<Saved> {
    let folder = if site == "demo" { "moh" } else { site };
    let mut saved = Vec::new();
    for case in files(&format!("fixtures/sites/{folder}"), ".toml") {
        let text = fs::read_to_string(&case).expect("a case");
        let Ok(read) = toml::from_str::<Case>(&text) else {
            continue;
        };
        let body = ["html", "json"].map(|end| fs::read(case.with_extension(end)));
        let Some(body) = body.into_iter().find_map(Result::ok) else {
            continue;
        };
        if read.method == method {
            saved.push(Saved {
                capture: capture(site, read, &case, body),
            });
        }
    }
    saved
}

fn capture(site: &str, case: Case, file: &Path, body: Vec<u8>) -> Capture {
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    let purpose = if name.contains("listing") {
        Purpose::Listing
    } else {
        Purpose::Article
    };
    let mut url = case.url;
    if site == "demo" {
        let base = Url::parse(khotin::demo::BASE).expect("a URL");
        let _ = url.set_scheme(base.scheme());
        url.set_host(base.host_str()).expect("a host");
    }
    let mut request = Request::get(SiteId::new(site), url, purpose);
    request.method = case.method;
    request.body = case.request_body;
    Capture {
        sequence: Sequence(1),
        request,
        captured_at: case.captured_at,
        via: Via::Direct,
        status: 200,
        headers: vec![("content-type".to_owned(), case.content_type.into())],
        body,
        truncated: None,
        payload_sha1: String::new(),
        payload_sha256: String::new(),
        location: Location {
            file: "fuzz.warc.gz".to_owned(),
            offset: 0,
            length: 0,
            record_id: "urn:uuid:0".to_owned(),
        },
    }
}

/// Pages of one site, ready to be given other bodies.
pub struct Pages {
    profile: SiteProfile,
    saved: Vec<Saved>,
}

impl Pages {
    /// Of a site, asked for like this.
    pub fn of(site: &str, method: Method) -> Self {
        Self {
            profile: profile(site),
            saved: saved(site, method),
        }
    }

    /// Reads `data` but its last byte as the answer to one of the requests. The tree of the whole page
    /// gives the same, what comes of it can be written as JSON, and an observation names an article.
    pub fn read(&self, data: &[u8]) {
        let Some((which, body)) = data.split_last() else {
            return;
        };
        let saved = &self.saved[usize::from(*which) % self.saved.len()];
        let mut capture = saved.capture.clone();
        capture.body = body.to_vec();
        let read = extract::read(&self.profile, &capture);
        let whole = extract::read_whole(&self.profile, &capture);
        assert_eq!(read, whole, "read as its whole tree is");
        for observation in normalize::observations(&self.profile, &capture, &read) {
            serde_json::to_string(&observation).expect("an observation is JSON");
            assert!(!observation.key.as_str().is_empty());
        }
        let _ = normalize::warnings(&self.profile, &capture.request, &read);
    }
}

/// What stands around an article and is read by no rule; so the short way has something to pass over.
const BEFORE: &str = "<header><ul><li><a href=\"/a?b&amp;c\">một</a><li><b>hai</b> <i>ba</i></ul><script>if (a < b) { document.write('<div>') }</script></header>";
const AFTER: &str =
    "<footer><div><p>bốn<p>năm<form><input><button>sáu</button></form></div><!-- bảy --></footer>";

/// Reads `data` between the parts of a page that are passed over, and alone, by all profiles of the
/// program.
pub fn read_cut(all: &[Pages], data: &[u8]) {
    for pages in all {
        let dressed = [
            BEFORE.as_bytes(),
            data,
            AFTER.as_bytes(),
            BEFORE.as_bytes(),
            &[0],
        ]
        .concat();
        pages.read(&dressed);
    }
}

/// A folder that is in memory where the system has such.
pub fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).expect("a folder")
    } else {
        tempfile::tempdir().expect("a folder")
    }
}

/// Plain records as gzip members, cut where the next record begins; bytes that are gzip already stay
/// as they are. So the fuzzer may change what is inside a member, and the members.
pub fn packed(data: &[u8]) -> Vec<u8> {
    use std::io::Write;
    if data.starts_with(&[0x1f, 0x8b]) {
        return data.to_vec();
    }
    let mut packed = Vec::new();
    let mut rest = data;
    while !rest.is_empty() {
        let next = rest
            .windows(12)
            .skip(1)
            .position(|bytes| bytes == b"\r\n\r\nWARC/1.1");
        let (record, behind) = rest.split_at(next.map_or(rest.len(), |at| at + 5));
        let fast = flate2::Compression::fast();
        let mut encoder = flate2::write::GzEncoder::new(&mut packed, fast);
        encoder.write_all(record).expect("memory");
        encoder.finish().expect("memory");
        rest = behind;
    }
    packed
}
