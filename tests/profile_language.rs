//! Promise: the profile language says what the ministries of the dossier's part 2 need, without a
//! line of Rust: links in href, onclick or built from an id, queries kept or dropped, pages counted in
//! query, path or body, listings as HTML or JSON, dates in several shapes. Every case is a small
//! profile with a small made-up answer; docs/new-site.md shows the same shapes in a table.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests: a failure is a failed test"
)]

use chrono::DateTime;
use khotin::config::SiteProfile;
use khotin::extract::read;
use khotin::frontier::discover::discover;
use khotin::frontier::walk::{ListingSeen, WalkOptions, WalkStep};
use khotin::frontier::way::Way;
use khotin::model::{
    ArticleKey, Capture, Listing, Location, Observation, Page, Request, RunId, SectionId, Sequence,
    Sighting, Via,
};
use khotin::normalize::identity::identify;
use khotin::normalize::observations;
use url::Url;

/// A shape that some ministry has.
struct Shape {
    what: &'static str,
    host: &'static str,
    /// The rest of the profile: one platform `p` and one listing layout.
    profile: &'static str,
    /// The section's variables.
    vars: &'static str,
    /// The answer to the first request: JSON if it begins with `{`.
    answer: &'static str,
    /// The articles that the listing shows.
    keys: &'static [&'static str],
    /// When they were published, as the listing says.
    published: &'static [&'static str],
    /// The requests for the first and the second page.
    pages: [&'static str; 2],
    /// The request for the first article.
    article: &'static str,
    /// Other spellings of the first article's link.
    spellings: [&'static str; 2],
}

#[rustfmt::skip]
const SHAPES: [Shape; 10] = [
    Shape {
        what: "JSON over GET, take and skip (home affairs)",
        host: "moha.test",
        profile: r#"
            [[platform]]
            id = "p"
            link = [{ path = '/tin-tuc/.*---id(?<id>\d+)' }]
            key = "{id}"
            url = "https://moha.test/tin-tuc/tin---id{id}"
            ask_listing = { url = "https://moha.test/api/PostsByCategory?ID={cat}&skip={offset}&take={size}" }
            ask_article = { url = "https://moha.test/api/PostDetail?ID={id}" }
            pager = { kind = "offset", size = 2 }
            [[listing]]
            id = "api"
            platform = "p"
            items = "$.data[*]"
            vars = { id = "$.ID" }
            title = "$.TieuDe"
            stamp = { select = "$.Ngay", formats = ["YYYY-MM-DDTHH:mm:ss"] }
        "#,
        vars: r#"{ cat = "12" }"#,
        answer: r#"{"data": [{"ID": 77, "TieuDe": "Bài mẫu một", "Ngay": "2026-11-19T08:30:15"},
                             {"ID": 76, "TieuDe": "Bài mẫu hai", "Ngay": "2026-11-18T16:05:00"}]}"#,
        keys: &["s:p:77", "s:p:76"],
        published: &["2026-11-19T08:30:15+07:00", "2026-11-18T16:05:00+07:00"],
        pages: [
            "GET https://moha.test/api/PostsByCategory?ID=12&skip=0&take=2",
            "GET https://moha.test/api/PostsByCategory?ID=12&skip=2&take=2",
        ],
        article: "GET https://moha.test/api/PostDetail?ID=77",
        spellings: ["https://moha.test/tin-tuc/bai-mau-mot---id77", "http://moha.test/tin-tuc/ten-khac---id77?fbclid=x"],
    },
    Shape {
        what: "JSON over POST, the offset in the body, articles by slug (finance)",
        host: "mof.test",
        profile: r#"
            [[platform]]
            id = "p"
            link = [{ path = '/(?:[^/]+/)+(?<slug>[^/]+)' }]
            key = "{slug}"
            url = "https://mof.test/bo/tin/{slug}"
            pager = { kind = "offset", size = 20 }
            [platform.ask_listing]
            method = "POST"
            url = "https://mof.test/api/article/reads"
            headers = { accept = "application/json" }
            json = { rootSlug = "bo-tai-chinh", offset = "{offset:number}", limit = "{size:number}" }
            [platform.ask_article]
            method = "POST"
            url = "https://mof.test/api/article/getbyslug"
            json = { slug = "{slug}" }
            [[listing]]
            id = "api"
            platform = "p"
            items = "$.items[*]"
            vars = { slug = "$.slug" }
            title = "$.title"
            stamp = { select = "$.date", formats = ["DD/MM/YYYY"] }
        "#,
        vars: "{}",
        answer: r#"{"items": [{"slug": "bai-mau-mot", "title": "Bài mẫu một", "date": "19/11/2026"}]}"#,
        keys: &["s:p:bai-mau-mot"],
        published: &["2026-11-19T00:00:00+07:00"],
        pages: [
            r#"POST https://mof.test/api/article/reads {"limit":20,"offset":0,"rootSlug":"bo-tai-chinh"}"#,
            r#"POST https://mof.test/api/article/reads {"limit":20,"offset":20,"rootSlug":"bo-tai-chinh"}"#,
        ],
        article: r#"POST https://mof.test/api/article/getbyslug {"slug":"bai-mau-mot"}"#,
        spellings: ["https://mof.test/bo/thong-bao/bai-mau-mot", "https://mof.test/bo/tin/bai-mau-mot?utm_source=x"],
    },
    Shape {
        what: "the page number inside the path (information)",
        host: "mic.test",
        profile: r#"
            [[platform]]
            id = "p"
            link = [{ path = '/.+/(?<id>\d+)/[^/]+\.html' }]
            key = "{id}"
            ask_listing = { url = "https://mic.test/PhanTrang/{cat}/{page}/x.html" }
            pager = { kind = "page" }
            [[listing]]
            id = "html"
            platform = "p"
            items = "li"
            link = "a@href"
            title = "a"
            stamp = { select = "i", formats = ["HH:mm DD/MM/YYYY"] }
        "#,
        vars: r#"{ cat = "1029" }"#,
        answer: "<ul><li><a href='/tin/4321/bai-mau.html'>Bài mẫu</a> <i>8:05 9/1/2026</i></ul>",
        keys: &["s:p:4321"],
        published: &["2026-01-09T08:05:00+07:00"],
        pages: ["GET https://mic.test/PhanTrang/1029/1/x.html", "GET https://mic.test/PhanTrang/1029/2/x.html"],
        article: "GET https://mic.test/tin/4321/bai-mau.html",
        spellings: ["https://mic.test/tin/4321/ten-moi.html", "https://MIC.test:443/noi-bat/4321/bai-mau.html#top"],
    },
    Shape {
        what: "a bare number for a query, a double slash in the path (inspectorate)",
        host: "thanhtra.test",
        profile: r#"
            [[platform]]
            id = "p"
            link = [{ path = '/web/guest/xem-chi-tiet-tin-tuc/-/asset_publisher//Content/[^/]+', bare_query = '(?<id>\d+)' }]
            key = "{id}"
            ask_listing = { url = "https://thanhtra.test/web/guest/tin?cur={page}" }
            pager = { kind = "page" }
            [[listing]]
            id = "html"
            platform = "p"
            items = "li"
            link = "a@href"
            title = "a"
            stamp = { select = "i", formats = ["WEEKDAY, DD/MM/YYYY, HH:mm"] }
        "#,
        vars: "{}",
        answer: "<ul><li><a href='/web/guest/xem-chi-tiet-tin-tuc/-/asset_publisher//Content/bai-mau?6886'>Bài mẫu</a>
                 <i>Thứ Năm, 19/11/2026, 10:30</i></ul>",
        keys: &["s:p:6886"],
        published: &["2026-11-19T10:30:00+07:00"],
        pages: ["GET https://thanhtra.test/web/guest/tin?cur=1", "GET https://thanhtra.test/web/guest/tin?cur=2"],
        article: "GET https://thanhtra.test/web/guest/xem-chi-tiet-tin-tuc/-/asset_publisher//Content/bai-mau?6886",
        spellings: [
            "https://thanhtra.test/web/guest/xem-chi-tiet-tin-tuc/-/asset_publisher//Content/ten-khac?6886",
            "https://thanhtra.test/web/guest/xem-chi-tiet-tin-tuc/-/asset_publisher//Content/bai-mau?6886&fbclid=x",
        ],
    },
    Shape {
        what: "a path for a query value (defence)",
        host: "mod.test",
        profile: r#"
            [[platform]]
            id = "p"
            link = [{ path = '/home/detail', query = { urile = 'wcm:path:/mod/(?<name>.+)' } }]
            key = "{name}"
            ask_listing = { url = "https://mod.test/home/news?urile=wcm:path:/mod/{folder}&page={page}" }
            pager = { kind = "page", first = 0 }
            [[listing]]
            id = "html"
            platform = "p"
            items = "li"
            link = "a@href"
            title = "a"
            stamp = { select = { css = "i", match = '\|(.*)' }, formats = ["DD/MM/YYYY"] }
        "#,
        vars: r#"{ folder = "tin-tuc" }"#,
        answer: "<ul><li><a href='/home/detail?current=true&amp;urile=wcm:path:/mod/tin-tuc/bai-mau'>Bài mẫu</a>
                 <i>Tin tức | 19/11/2026</i></ul>",
        keys: &["s:p:tin-tuc/bai-mau"],
        published: &["2026-11-19T00:00:00+07:00"],
        pages: [
            "GET https://mod.test/home/news?urile=wcm:path:/mod/tin-tuc&page=0",
            "GET https://mod.test/home/news?urile=wcm:path:/mod/tin-tuc&page=1",
        ],
        article: "GET https://mod.test/home/detail?current=true&urile=wcm:path:/mod/tin-tuc/bai-mau",
        spellings: [
            "https://mod.test/home/detail?urile=wcm:path:/mod/tin-tuc/bai-mau",
            "https://mod.test/home/detail?urile=wcm:path:/mod/tin-tuc/bai-mau&current=true&utm_source=x",
        ],
    },
    Shape {
        what: "no link at all, the id in data-id",
        host: "data.test",
        profile: r#"
            [[platform]]
            id = "p"
            link = [{ path = '/bai-viet/(?<id>[^/]+)' }]
            key = "{id}"
            url = "https://data.test/bai-viet/{id}"
            ask_listing = { url = "https://data.test/tin?trang={page}" }
            pager = { kind = "page", step = 10 }
            [[listing]]
            id = "html"
            platform = "p"
            items = "div.item"
            vars = { id = ":scope@data-id" }
            title = "b"
            stamp = { select = "i", formats = ["DD/MM/YYYY HH:mm AM"], marker = "twelve_hour" }
        "#,
        vars: "{}",
        answer: "<div class=item data-id=a7><b>Bài mẫu</b><i>19/11/2026 01:30 PM</i></div>",
        keys: &["s:p:a7"],
        published: &["2026-11-19T13:30:00+07:00"],
        pages: ["GET https://data.test/tin?trang=1", "GET https://data.test/tin?trang=11"],
        article: "GET https://data.test/bai-viet/a7",
        spellings: ["https://data.test/bai-viet/a7#binh-luan", "http://data.test/bai-viet/a7?fbclid=x"],
    },
    Shape {
        what: "the link in onclick",
        host: "onclick.test",
        profile: r#"
            [[platform]]
            id = "p"
            link = [{ path = '/Pages/tin\.aspx', query = { ItemID = '(?<id>\d+)' } }]
            key = "{id}"
            url = "https://onclick.test/Pages/tin.aspx?ItemID={id}"
            ask_listing = { url = "https://onclick.test/Pages/ds.aspx?CateID={cate}&Page={page}" }
            pager = { kind = "page" }
            [[listing]]
            id = "html"
            platform = "p"
            items = "tr"
            link = ["a@href", { css = "td", attr = "onclick", match = "'([^']+)'" }]
            title = "td"
            stamp = { select = "i", formats = ["DD-MM-YYYY, HH:mm (ZONE)"] }
        "#,
        vars: r#"{ cate = "3" }"#,
        answer: "<table><tr><td onclick=\"Mo('/Pages/tin.aspx?ItemID=12&amp;Source=%2F'); return false\">Bài mẫu</td>
                 <td><i>19-11-2026, 08:30 (GMT+7)</i></td></tr></table>",
        keys: &["s:p:12"],
        published: &["2026-11-19T08:30:00+07:00"],
        pages: ["GET https://onclick.test/Pages/ds.aspx?CateID=3&Page=1", "GET https://onclick.test/Pages/ds.aspx?CateID=3&Page=2"],
        article: "GET https://onclick.test/Pages/tin.aspx?ItemID=12&Source=%2F",
        spellings: ["https://onclick.test/Pages/tin.aspx?Source=%2Fa&ItemID=12&IsDlg=1", "https://onclick.test/Pages/tin.aspx?ItemID=12"],
    },
    Shape {
        what: ".htm with a time in digits at its end; a topic page is no article (culture)",
        host: "bvhttdl.test",
        profile: r#"
            [[platform]]
            id = "p"
            link = [{ path = '/(?:[^/]+/)*[^/]+-(?<id>\d{14,17})\.htm' }]
            key = "{id}"
            ask_listing = { url = "https://bvhttdl.test/tin/trang-{page}.htm" }
            pager = { kind = "page" }
            [[listing]]
            id = "html"
            platform = "p"
            items = "li"
            link = "a@href"
            title = "a"
            stamp = { select = "i", formats = ["DD/MM/YYYY | HH:mm"] }
        "#,
        vars: "{}",
        answer: "<ul><li><a href='/bai-mau-20261119083000123.htm'>Bài mẫu</a> <i>19/11/2026 | 08:30</i>
                 <li><a href='/chu-de-mau-t12.htm'>Chủ đề mẫu</a></ul>",
        keys: &["s:p:20261119083000123"],
        published: &["2026-11-19T08:30:00+07:00"],
        pages: ["GET https://bvhttdl.test/tin/trang-1.htm", "GET https://bvhttdl.test/tin/trang-2.htm"],
        article: "GET https://bvhttdl.test/bai-mau-20261119083000123.htm",
        spellings: ["https://bvhttdl.test/ten-khac-20261119083000123.htm", "https://bvhttdl.test/tin/bai-mau-20261119083000123.htm?gclid=x"],
    },
    Shape {
        what: "the page's own link to the next page",
        host: "next.test",
        profile: r#"
            [[platform]]
            id = "p"
            link = [{ path = '/tin-chi-tiet/chi-tiet/.*-(?<id>\d{5,})(?:-\d{1,4})?\.html' }]
            key = "{id}"
            ask_listing = { url = "https://next.test/tin-tuc" }
            pager = { kind = "next_link" }
            [[listing]]
            id = "html"
            platform = "p"
            items = "li"
            link = "a@href"
            title = "a"
            stamp = { select = "i", formats = ["DD/MM/YYYY HH:mm"] }
            next = "a[rel=next]@href"
        "#,
        vars: "{}",
        answer: "<ul><li><a href='/tin-chi-tiet/chi-tiet/bai-mau-60001-55.html'>Bài mẫu</a> <i>19/11/2026 08:30</i></ul>
                 <a rel=next href='/tin-tuc?token=AbC'>Tiếp</a>",
        keys: &["s:p:60001"],
        published: &["2026-11-19T08:30:00+07:00"],
        pages: ["GET https://next.test/tin-tuc", "GET https://next.test/tin-tuc?token=AbC"],
        article: "GET https://next.test/tin-chi-tiet/chi-tiet/bai-mau-60001-55.html",
        spellings: ["https://next.test/tin-chi-tiet/chi-tiet/bai-mau-60001.html", "https://next.test/tin-chi-tiet/chi-tiet/nam-2026-60001-7.html"],
    },
    Shape {
        what: "a day in the middle of a text",
        host: "giua.test",
        profile: r#"
            [[platform]]
            id = "p"
            link = [{ path = '/chuyen-muc/tin/.*-(?<id>\d+)\.htm' }]
            key = "{id}"
            ask_listing = { url = "https://giua.test/chuyen-muc/tin.htm?p={page}" }
            pager = { kind = "page" }
            [[listing]]
            id = "html"
            platform = "p"
            items = "li"
            link = "a@href"
            title = "a"
            stamp = { select = { css = "i", match = '\d{1,2}/\d{1,2}/\d{4}' }, formats = ["DD/MM/YYYY"] }
        "#,
        vars: "{}",
        answer: "<ul><li><a href='/chuyen-muc/tin/bai-mau-31.htm'>Bài mẫu</a> <i>Đăng bởi Tổ biên tập ngày 9/11/2026 (57 lượt xem)</i></ul>",
        keys: &["s:p:31"],
        published: &["2026-11-09T00:00:00+07:00"],
        pages: ["GET https://giua.test/chuyen-muc/tin.htm?p=1", "GET https://giua.test/chuyen-muc/tin.htm?p=2"],
        article: "GET https://giua.test/chuyen-muc/tin/bai-mau-31.htm",
        spellings: ["http://giua.test/chuyen-muc/tin/bai-mau-31.htm", "https://giua.test/chuyen-muc/tin/sua-ten-31.htm?utm_medium=x"],
    },
];

fn profile(shape: &Shape) -> SiteProfile {
    let (host, rest, vars) = (shape.host, shape.profile, shape.vars);
    let text = format!(
        r#"
        id = "s"
        name = {{ vi = "Bộ Mẫu", en = "Sample" }}
        hosts = ["{host}"]
        zone = "Asia/Ho_Chi_Minh"
        language = "vi"
        {rest}
        [[section]]
        id = "tin"
        name = {{ vi = "Tin", en = "News" }}
        platform = "p"
        vars = {vars}
        "#
    );
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", shape.what))
}

/// A request as the table writes it: method, URL and body.
fn line(request: &Request) -> String {
    let body = request.body.as_deref().unwrap_or_default();
    let line = format!("{} {} {body}", request.method.as_str(), request.url);
    line.trim_end().to_owned()
}

fn capture(request: Request, answer: &str) -> Capture {
    let content_type = if answer.starts_with('{') {
        "application/json"
    } else {
        "text/html; charset=utf-8"
    };
    Capture {
        sequence: Sequence(1),
        request,
        captured_at: DateTime::from_timestamp(1_795_000_000, 0).unwrap(),
        via: Via::Direct,
        status: 200,
        headers: vec![("content-type".to_owned(), content_type.into())],
        body: answer.into(),
        truncated: None,
        payload_sha1: String::new(),
        payload_sha256: String::new(),
        location: Location {
            file: "shape.warc.gz".to_owned(),
            offset: 0,
            length: 0,
            record_id: "urn:uuid:0".to_owned(),
        },
    }
}

/// The request for the page after this one.
fn next_request(way: &Way<'_>, request: &Request, listing: &Listing, keys: &[&str]) -> Request {
    let seen = ListingSeen {
        sequence: Sequence(1),
        run: &RunId::new("run-1"),
        request,
        items: listing.items.len(),
        keys: keys.iter().map(|key| ArticleKey::new(*key)).collect(),
        next: listing.next.as_ref(),
        is_last: listing.is_last,
        last_date: None,
    };
    let step = way.step(None, &seen, |_| None, &WalkOptions::default());
    match step.unwrap().unwrap() {
        (_, WalkStep::Next(next)) => next,
        (walk, other) => panic!("{other:?}: {:?}", walk.finished),
    }
}

fn published_at(observation: &Observation) -> &str {
    match &observation.sighting {
        Sighting::Listed(item) => item.published.as_ref().map_or("", |known| &known.at),
        other => panic!("not a listing's line: {other:?}"),
    }
}

#[test]
fn every_shape_of_a_ministry_is_a_profile() {
    for shape in &SHAPES {
        let what = shape.what;
        let profile = profile(shape);
        let way = Way::new(&profile, &SectionId::new("tin")).unwrap();
        let first = way.first_request().unwrap();
        let [first_page, second_page] = shape.pages;
        assert_eq!(line(&first), first_page, "{what}: first page");

        let capture = capture(first.clone(), shape.answer);
        let page = read(&profile, &capture);
        let Page::Listing(listing) = &page.page else {
            panic!("{what}: not a listing: {:?}", page.page);
        };
        let seen = observations(&profile, &capture, &page);
        let keys: Vec<&str> = seen.iter().map(|one| one.key.as_str()).collect();
        assert_eq!(keys, shape.keys, "{what}: keys");
        let published: Vec<&str> = seen.iter().map(published_at).collect();
        assert_eq!(published, shape.published, "{what}: dates");

        let next = next_request(&way, &first, listing, shape.keys);
        assert_eq!(line(&next), second_page, "{what}: second page");
        let asked = discover(&profile, &seen);
        let article = asked.first().map(|planned| line(&planned.request));
        assert_eq!(article.as_deref(), Some(shape.article), "{what}: article");
        for spelling in shape.spellings {
            let url = Url::parse(spelling).unwrap();
            let key = identify(&profile, &url).map(|known| known.key);
            let expected = shape.keys.first().copied();
            assert_eq!(
                key.as_ref().map(ArticleKey::as_str),
                expected,
                "{what}: {spelling}"
            );
        }
    }
}

#[test]
fn files_may_come_from_hosts_that_the_profile_names_beside_its_own() {
    let text = |line: &str| {
        format!(
            r#"
            id = "s"
            name = {{ vi = "Bộ Mẫu", en = "Sample" }}
            hosts = ["mau.test"]
            {line}
            zone = "Asia/Ho_Chi_Minh"
            language = "vi"
            platform = []
            "#
        )
    };
    let read = |line: &str| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.toml");
        std::fs::write(&path, text(line)).unwrap();
        let site = khotin::config::read_site_file(&path);
        site.map(|site| site.profile.asset_hosts)
            .map_err(|error| error.message)
    };
    let table = [
        // what, line, expected
        ("none", "", Ok(vec![])),
        (
            "two",
            "asset_hosts = [\"anh.test\", \"cdn.anh.test\"]",
            Ok(vec!["anh.test", "cdn.anh.test"]),
        ),
        (
            "a URL",
            "asset_hosts = [\"https://anh.test\"]",
            Err(
                "asset host `https://anh.test` is not a lower-case host name without scheme and port",
            ),
        ),
        (
            "every host below one",
            "asset_hosts = [\"*.anh.test\"]",
            Err("asset host `*.anh.test` is not a lower-case host name without scheme and port"),
        ),
        (
            "one's own",
            "asset_hosts = [\"mau.test\"]",
            Err("`mau.test` stands in `hosts` already: files of the site's own hosts need no line"),
        ),
    ];
    for (what, line, expected) in table {
        let expected = expected
            .map(|hosts: Vec<&str>| {
                hosts
                    .into_iter()
                    .map(str::to_owned)
                    .collect::<Vec<String>>()
            })
            .map_err(str::to_owned);
        assert_eq!(read(line), expected, "{what}");
    }
}
