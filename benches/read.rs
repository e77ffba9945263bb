//! Reading, on one core: pages of the demo ministry, at the size of real ones, and the seed fixtures.
//!
//! `cargo bench --bench read` prints the time of one page, of each kind, for these ways:
//! - `whole_way`: all that khotin does with a page, from its bytes to its observations;
//! - `only_read`: the same without [`khotin::normalize`];
//! - `read_whole`: the same by the plain way, with the tree of the whole page;
//! - `cut`: from the bytes to the tree of what the profile can look at, and nothing more;
//! - `bare_parse`: scraper's (html5ever's) tree of the same bytes and nothing else;
//! - `tokens`: html5ever's tokens of the same bytes and nothing else;
//! - `naive`: title, date and body's text by three selectors, as a quick script takes them.
//!
//! `benches/read.sh` lets the same ways take turns with selectolax over the same pages: then this
//! program writes its pages to a folder (`--pages FOLDER`), and answers each line `WAY PAGE TURNS` of
//! standard input with the nanoseconds of each turn.
//!
//! docs/performance.md tells what the figures mean. Bodies are plain here: unpacking is measured by
//! benches/whole.sh.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a bench stops at the first thing that is wrong"
)]

use std::fs;
use std::hint::black_box;
use std::io::BufRead as _;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Instant;

use chrono::DateTime;
use divan::Bencher;
use divan::counter::BytesCount;
use html5ever::TokenizerResult;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use khotin::config::SiteProfile;
use khotin::demo::{BASE, Control, DemoMinistry, DemoOptions, Platform};
use khotin::extract;
use khotin::model::{Capture, Location, Method, Purpose, Request, Sequence, SiteId, Via};
use khotin::normalize;
use scraper::{Html, Selector};
use url::Url;

/// Articles of the demo ministry; its pages are picked among them.
const ARTICLES: usize = 200;
/// Bytes of a large page, before packing.
const LARGE: usize = 94_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [flag, folder, ..] if flag == "--pages" => take_turns(Path::new(folder)),
        _ => divan::main(),
    }
}

/// Writes the HTML of the pages, then does what each line of standard input asks for.
fn take_turns(folder: &Path) {
    for page in PAGES.iter() {
        fs::write(folder.join(format!("{}.html", page.name)), html(page)).expect("a folder");
    }
    println!("ready");
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        let [way, name, turns] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("not WAY PAGE TURNS: {line}");
        };
        let run = way_of(way, page(name));
        let turns: usize = turns.parse().expect("a number");
        let times: Vec<String> = (0..turns)
            .map(|_| {
                let start = Instant::now();
                run();
                start.elapsed().as_nanos().to_string()
            })
            .collect();
        println!("{}", times.join(" "));
    }
}

/// One way over one page, ready to run.
fn way_of(way: &str, page: &'static Page) -> Box<dyn Fn()> {
    let text = html(page);
    match way {
        "read" => Box::new(|| drop(black_box(extract::read(page.profile, &page.capture)))),
        "read_whole" => Box::new(|| {
            drop(black_box(extract::read_whole(page.profile, &page.capture)));
        }),
        "cut" => Box::new(|| {
            black_box(extract::bytes_passed_over(page.profile, &page.capture));
        }),
        "scraper" => {
            let selectors = naive_selectors();
            Box::new(move || drop(black_box(naive_fields(&text, &selectors))))
        }
        "parse" => Box::new(move || drop(black_box(Html::parse_document(&text)))),
        "tokens" => Box::new(move || count_tokens(&text)),
        other => panic!("no way is called {other}"),
    }
}

/// Takes every token and does nothing with it, apart from what the tokenizer needs to know.
struct Forget;

impl TokenSink for Forget {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        use html5ever::tokenizer::TagKind::StartTag;
        use html5ever::tokenizer::states::{Rawtext, ScriptData};
        if let Token::TagToken(tag) = &token
            && tag.kind == StartTag
        {
            match &*tag.name {
                "script" => return TokenSinkResult::RawData(ScriptData),
                "style" | "noscript" | "iframe" => return TokenSinkResult::RawData(Rawtext),
                _ => {}
            }
        }
        black_box(token);
        TokenSinkResult::Continue
    }
}

fn count_tokens(html: &str) {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(Forget, TokenizerOpts::default());
    while let TokenizerResult::Script(()) = tokenizer.feed(&input) {}
    tokenizer.end();
}

/// The pages, in the order of the table that is printed.
const NAMES: [&str; 6] = [
    "demo-article",
    "demo-article-foreign",
    "demo-listing",
    "demo-portal-detail",
    "seed-2022",
    "seed-2023",
];

/// One page with the profile that reads it.
struct Page {
    name: &'static str,
    profile: &'static SiteProfile,
    capture: Capture,
}

static PAGES: LazyLock<Vec<Page>> = LazyLock::new(|| {
    let demo: &'static SiteProfile = Box::leak(Box::new(profile("demo")));
    let moh: &'static SiteProfile = Box::leak(Box::new(profile("moh")));
    let mut pages: Vec<Page> = demo_pages()
        .into_iter()
        .map(|(name, request, body)| Page {
            name,
            profile: demo,
            capture: capture(request, body),
        })
        .collect();
    for (name, case) in [
        ("seed-2022", "seed-2022-11-18"),
        ("seed-2023", "seed-2023-06-17"),
    ] {
        let path = root().join(format!("fixtures/sites/moh/{case}.html"));
        let url =
            "https://moh.gov.vn/hoat-dong-cua-lanh-dao-bo/-/asset_publisher/k206Q9qkZOqn/content/a";
        let url = Url::parse(url).expect("a URL");
        pages.push(Page {
            name,
            profile: moh,
            capture: capture(
                Request::get(SiteId::new("moh"), url, Purpose::Article),
                fs::read(path).expect("a fixture"),
            ),
        });
    }
    pages
});

fn page(name: &str) -> &'static Page {
    let found = PAGES.iter().find(|page| page.name == name);
    found.expect("a page of that name")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn profile(site: &str) -> SiteProfile {
    let path = root().join(format!("sites/{site}.toml"));
    toml::from_str(&fs::read_to_string(path).expect("a profile")).expect("a sound profile")
}

fn capture(request: Request, body: Vec<u8>) -> Capture {
    let media_type = match request.method {
        Method::Get => "text/html;charset=UTF-8",
        Method::Post => "application/json;charset=UTF-8",
    };
    Capture {
        sequence: Sequence(1),
        request,
        captured_at: DateTime::from_timestamp(1_795_000_000, 0).expect("a time"),
        via: Via::Direct,
        status: 200,
        headers: vec![("content-type".to_owned(), media_type.into())],
        body,
        truncated: None,
        payload_sha1: String::new(),
        payload_sha256: String::new(),
        location: Location {
            file: "bench.warc.gz".to_owned(),
            offset: 0,
            length: 0,
            record_id: "urn:uuid:0".to_owned(),
        },
    }
}

/// Pages as the demo ministry sends them, without packing.
fn demo_pages() -> Vec<(&'static str, Request, Vec<u8>)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let ministry = DemoMinistry::start(DemoOptions {
            articles: ARTICLES,
            page_bytes: Some(LARGE..LARGE + 1),
            ..DemoOptions::default()
        })
        .await
        .expect("a free port");
        let mut pages = Vec::new();
        for (name, request) in demo_requests(ministry.control()) {
            let body = fetch(&ministry, &request).await;
            pages.push((name, request, body));
        }
        ministry.stop().await;
        pages
    })
}

fn demo_requests(control: &Control) -> Vec<(&'static str, Request)> {
    let site = SiteId::new("demo");
    let get = |url: &str, purpose| {
        let url = Url::parse(url).expect("a URL");
        Request::get(site.clone(), url, purpose)
    };
    let expected = control.expected();
    let article = expected
        .iter()
        .filter(|one| one.platform == Platform::Liferay && one.blocks.len() > 8)
        .find(|one| one.sections == ["tin-tong-hop"])
        .expect("an article of usual length");
    let detail = expected
        .iter()
        .find(|one| one.platform == Platform::Portal && one.blocks.len() > 8)
        .expect("an article of the portal half");
    let foreign = article.url.replace("DmTongHopTin", "DmNoiBatTin1");
    let aid = detail.key.trim_start_matches("demo:portal:");
    let mut ask = get(
        &format!("{BASE}/bridge?url=/portal/api/layChiTietBaiViet"),
        Purpose::Article,
    );
    ask.method = Method::Post;
    ask.body = Some(format!(r#"{{"maBaiViet":"{aid}","maDanhMuc":"8351"}}"#));
    vec![
        ("demo-article", get(&article.url, Purpose::Article)),
        ("demo-article-foreign", get(&foreign, Purpose::Article)),
        (
            "demo-listing",
            get(&format!("{BASE}/tin-tong-hop"), Purpose::Listing),
        ),
        ("demo-portal-detail", ask),
    ]
}

async fn fetch(ministry: &DemoMinistry, request: &Request) -> Vec<u8> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(ministry.address())
        .await
        .expect("a connection");
    let body = request.body.as_deref().unwrap_or_default();
    // HTTP/1.0: the answer is neither packed nor cut into chunks, and ends with the connection.
    let target = request
        .url
        .as_str()
        .strip_prefix(BASE)
        .expect("its own URL");
    let head = format!(
        "{} {target} HTTP/1.0\r\nHost: demo.khotin.test\r\nContent-Length: {}\r\n\r\n{body}",
        request.method.as_str(),
        body.len()
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("received");
    let answer = String::from_utf8(answer).expect("UTF-8");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(
        head.starts_with("HTTP/1.1 200"),
        "{target} gives a page: {head}"
    );
    body.as_bytes().to_vec()
}

#[divan::bench(args = NAMES)]
fn whole_way(bencher: Bencher<'_, '_>, name: &str) {
    let page = page(name);
    bencher
        .counter(BytesCount::new(page.capture.body.len()))
        .bench(|| {
            let read = extract::read(page.profile, &page.capture);
            let found = normalize::observations(page.profile, &page.capture, &read);
            assert!(!found.is_empty(), "{name} is read");
            found
        });
}

#[divan::bench(args = NAMES)]
fn only_read(bencher: Bencher<'_, '_>, name: &str) {
    let page = page(name);
    bencher
        .counter(BytesCount::new(page.capture.body.len()))
        .bench(|| extract::read(page.profile, &page.capture));
}

/// The HTML of a page: the body, or what stands in a portal answer as text.
fn html(page: &Page) -> String {
    let text = String::from_utf8_lossy(&page.capture.body).into_owned();
    if page.capture.request.method == Method::Get {
        return text;
    }
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let html = value
        .pointer("/d/0/noiDung")
        .or_else(|| value.pointer("/d/noiDung"))
        .and_then(serde_json::Value::as_str);
    html.expect("HTML in the answer").to_owned()
}

#[divan::bench(args = NAMES)]
fn bare_parse(bencher: Bencher<'_, '_>, name: &str) {
    let html = html(page(name));
    bencher
        .counter(BytesCount::new(html.len()))
        .bench_local(|| Html::parse_document(&html));
}

#[divan::bench(args = NAMES)]
fn read_whole(bencher: Bencher<'_, '_>, name: &str) {
    let page = page(name);
    bencher
        .counter(BytesCount::new(page.capture.body.len()))
        .bench(|| extract::read_whole(page.profile, &page.capture));
}

#[divan::bench(args = NAMES)]
fn cut(bencher: Bencher<'_, '_>, name: &str) {
    let page = page(name);
    bencher
        .counter(BytesCount::new(page.capture.body.len()))
        .bench(|| extract::bytes_passed_over(page.profile, &page.capture));
}

#[divan::bench(args = NAMES)]
fn tokens(bencher: Bencher<'_, '_>, name: &str) {
    let html = html(page(name));
    bencher
        .counter(BytesCount::new(html.len()))
        .bench_local(|| count_tokens(&html));
}

fn naive_selectors() -> [Selector; 3] {
    [
        ".contentDetail h3",
        ".contentDetail > div:nth-child(2) p",
        ".journal-content-article",
    ]
    .map(|css| Selector::parse(css).expect("a selector"))
}

/// Title, date and text, as a quick script takes them.
fn naive_fields(html: &str, selectors: &[Selector; 3]) -> [Option<String>; 3] {
    let tree = Html::parse_document(html);
    [0, 1, 2].map(|field| {
        let found = tree.select(selectors.get(field)?).next();
        found.map(|element| element.text().collect::<String>())
    })
}

#[divan::bench(args = ["demo-article", "demo-article-foreign", "seed-2022", "seed-2023"])]
fn naive(bencher: Bencher<'_, '_>, name: &str) {
    let html = html(page(name));
    let selectors = naive_selectors();
    bencher
        .counter(BytesCount::new(html.len()))
        .bench_local(|| naive_fields(&html, &selectors));
}
