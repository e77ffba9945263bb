use super::*;
use proptest::prelude::*;

/// Both platforms of the ministry of health, cut to what identity needs, and a site whose query
/// is a bare number.
fn moh() -> SiteProfile {
    toml::from_str(
        r#"
        id = "moh"
        name = { vi = "Bộ Y tế", en = "Ministry of Health" }
        hosts = ["moh.gov.vn", "www.moh.gov.vn", "adminmoh.moh.gov.vn"]
        zone = "Asia/Ho_Chi_Minh"
        language = "vi"

        [[platform]]
        id = "liferay"
        key = "{slug}"
        url = "https://moh.gov.vn/{page}/-/asset_publisher/{instance}/content/{slug}"
        [[platform.link]]
        path = '(?:/(?:en|en_US|vi|vi_VN|vi-vn))?(?:/web/guest)?/(?<page>[a-z0-9-]+)/-/asset_publisher/(?<instance>[A-Za-z0-9]{12})/content/(?<slug>[a-z0-9-]+)'

        [[platform]]
        id = "portal"
        key = "{aid}"
        url = "https://moh.gov.vn/index.jsp?pageId=5803&aid={aid}&cid={cid}"
        [[platform.link]]
        path = '/index\.jsp'
        query = { pageId = '5803', aid = '(?<aid>\d+)', cid = '(?<cid>\d+)' }
        [platform.ask_article]
        method = "POST"
        url = "https://moh.gov.vn/bridge?url=/portal/api/layChiTietBaiViet"
        json = { maBaiViet = "{aid}", maDanhMuc = "{cid}" }
        "#,
    )
    .unwrap()
}

fn other() -> SiteProfile {
    toml::from_str(
        r#"
        id = "thanhtra"
        name = { vi = "Thanh tra Chính phủ", en = "Government Inspectorate" }
        hosts = ["thanhtra.gov.vn"]
        zone = "Asia/Ho_Chi_Minh"
        language = "vi"

        [[platform]]
        id = "liferay"
        key = "{id}"
        [[platform.link]]
        path = '/web/guest/xem-chi-tiet-tin-tuc/-/asset_publisher//Content/(?<slug>[^/]+)'
        bare_query = '(?<id>\d+)'

        [[platform]]
        id = "old"
        key = "{id}"
        url = "https://thanhtra.gov.vn/bai/{id}"

        [[platform]]
        id = "api"
        key = "{id}"
        [platform.ask_article]
        url = "https://thanhtra.gov.vn/api/PostDetail?ID={id}"
        "#,
    )
    .unwrap()
}

fn url(text: &str) -> Url {
    Url::parse(text).expect(text)
}

#[test]
fn a_link_names_its_article() {
    #[rustfmt::skip]
    let table = [
        // what differs, given, expected
        ("nothing", "https://moh.gov.vn/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/a-b", "moh:liferay:a-b"),
        ("http", "http://moh.gov.vn/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/a-b", "moh:liferay:a-b"),
        ("instance", "https://moh.gov.vn/tin-noi-bat/-/asset_publisher/k206Q9qkZOqn/content/a-b", "moh:liferay:a-b"),
        ("page", "https://moh.gov.vn/tin-tong-hop/-/asset_publisher/k206Q9qkZOqn/content/a-b", "moh:liferay:a-b"),
        ("locale en_US and :443", "https://moh.gov.vn:443/en_US/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/a-b", "moh:liferay:a-b"),
        ("http with :443", "http://moh.gov.vn:443/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/a-b", "moh:liferay:a-b"),
        ("locale en", "https://moh.gov.vn/en/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/a-b", "moh:liferay:a-b"),
        ("locale vi-vn", "https://moh.gov.vn/vi-vn/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/a-b", "moh:liferay:a-b"),
        ("www", "https://www.moh.gov.vn/web/guest/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/a-b", "moh:liferay:a-b"),
        ("adminmoh, locale, web/guest", "https://adminmoh.moh.gov.vn/vi_VN/web/guest/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/a-b", "moh:liferay:a-b"),
        ("upper case in the host", "https://MOH.gov.vn/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/a-b", "moh:liferay:a-b"),
        ("root dot", "https://moh.gov.vn./tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/a-b", "moh:liferay:a-b"),
        ("trackers", "https://moh.gov.vn/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/a-b?fbclid=x&utm_source=y&inheritRedirect=false", "moh:liferay:a-b"),
        ("fragment", "https://moh.gov.vn/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/a-b#top", "moh:liferay:a-b"),
        ("session", "https://moh.gov.vn/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/a-b;jsessionid=0A1B.node1?p=1", "moh:liferay:a-b"),
        ("session in the middle", "https://moh.gov.vn/tin-noi-bat;JSESSIONID=0A/-/asset_publisher/3Yst7YhbkA5j/content/a-b", "moh:liferay:a-b"),
        ("number is identity", "https://moh.gov.vn/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/a-b-1", "moh:liferay:a-b-1"),
        ("dash at the end is identity", "https://moh.gov.vn/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/a-b-", "moh:liferay:a-b-"),
        ("dash at the beginning is identity", "https://moh.gov.vn/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/-ieu-can-biet", "moh:liferay:-ieu-can-biet"),
        ("portal", "https://moh.gov.vn/index.jsp?pageId=5803&aid=168401&cid=7241", "moh:portal:168401"),
        ("parameter order", "https://moh.gov.vn/index.jsp?aid=168401&cid=7241&pageId=5803", "moh:portal:168401"),
        ("another category", "https://moh.gov.vn/index.jsp?pageId=5803&aid=168401&cid=8356", "moh:portal:168401"),
        ("portal with tracker", "https://moh.gov.vn/index.jsp?pageId=5803&aid=168401&cid=7241&fbclid=aid", "moh:portal:168401"),
    ];
    let profile = moh();
    for (what, given, expected) in table {
        let identity = identify(&profile, &url(given)).expect(what);
        assert_eq!(identity.key.as_str(), expected, "{what}");
    }
}

#[test]
fn what_is_no_article_has_no_key() {
    #[rustfmt::skip]
    let table = [
        ("a section", "https://moh.gov.vn/tin-noi-bat"),
        ("another host", "https://moh.gov.vn.example.org/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/a-b"),
        ("another port", "https://moh.gov.vn:8443/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/a-b"),
        ("another scheme", "ftp://moh.gov.vn/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/a-b"),
        ("no host", "data:text/html,/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/a-b"),
        ("encoded slug", "https://moh.gov.vn/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/a%2Db"),
        ("portal list", "https://moh.gov.vn/index.jsp?pageId=5801&cid=7241"),
        ("no article number", "https://moh.gov.vn/index.jsp?pageId=5803&aid=&cid=7241"),
        ("no number", "https://moh.gov.vn/index.jsp?pageId=5803&aid=1%200&cid=7241"),
    ];
    let profile = moh();
    for (what, given) in table {
        assert_eq!(identify(&profile, &url(given)), None, "{what}");
    }
}

#[test]
fn the_public_url_names_the_same_article_whatever_stands_in_the_slug() {
    let sites = crate::config::Sites::load(None).expect("the program's profiles");
    let site = sites
        .get(&crate::model::SiteId::new("moh"))
        .expect("a site");
    for slug in ["a&b", "a%26b", "a:b@c", "a%20b", "a=b+c", "a'b"] {
        let link = format!("https://moh.gov.vn/tin/-/asset_publisher/3Yst7YhbkA5j/content/{slug}");
        let identity = identify(&site.profile, &url(&link)).expect("an article");
        assert_eq!(identity.key.as_str(), format!("moh:liferay:{slug}"));
        let public = url(&identity.public_url);
        assert_eq!(identify(&site.profile, &public), Some(identity), "{slug}");
    }
}

#[test]
fn the_public_url_is_the_templates_or_the_link() {
    let public = |profile: &SiteProfile, link: &str| {
        identify(profile, &url(link)).map(|identity| identity.public_url)
    };
    assert_eq!(
        public(&moh(), "http://adminmoh.moh.gov.vn/en/web/guest/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/a-b?x=1").as_deref(),
        Some("https://moh.gov.vn/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/a-b")
    );
    let bare =
        "https://thanhtra.gov.vn/web/guest/xem-chi-tiet-tin-tuc/-/asset_publisher//Content/a-b?123";
    assert_eq!(
        public(&other(), &format!("{bare}#x")).as_deref(),
        Some(bare)
    );
    let tracked = identify(&other(), &url(&format!("{bare}&fbclid=x"))).unwrap();
    assert_eq!(tracked.key.as_str(), "thanhtra:liferay:123");
}

#[test]
fn a_request_names_its_article_and_comes_back() {
    let profile = moh();
    let portal = identify(
        &profile,
        &url("https://moh.gov.vn/index.jsp?pageId=5803&aid=1&cid=2"),
    )
    .unwrap();
    let request = article_request(&profile, &portal, None).unwrap();
    assert_eq!(
        request.body.as_deref(),
        Some(r#"{"maBaiViet":"1","maDanhMuc":"2"}"#)
    );
    assert_eq!(identify_request(&profile, &request), Some(portal.clone()));

    let link =
        url("https://moh.gov.vn/en/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/a-b#x");
    let liferay = identify(&profile, &link).unwrap();
    let request = article_request(&profile, &liferay, Some(&link)).unwrap();
    assert_eq!(
        request.url.as_str(),
        "https://moh.gov.vn/en/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/a-b"
    );
    assert_eq!(identify_request(&profile, &request), Some(liferay.clone()));
    let request = article_request(&profile, &liferay, None).unwrap();
    assert_eq!(request.url.as_str(), liferay.public_url);

    let mut listing = request;
    listing.method = Method::Post;
    listing.url = url("https://moh.gov.vn/bridge?url=/portal/api/lay_bai_viet_theo_danh_muc");
    listing.body = Some(r#"{"MA_DANH_MUC":"8358"}"#.to_owned());
    assert_eq!(
        identify_request(&profile, &listing),
        None,
        "a listing's request"
    );
}

#[test]
fn variables_name_an_article() {
    let vars = |pairs: &[(&str, &str)]| -> Vars {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    #[rustfmt::skip]
    let table = [
        ("both", "portal", vars(&[("aid", "1"), ("cid", "2")]), Some(( "moh:portal:1", "https://moh.gov.vn/index.jsp?pageId=5803&aid=1&cid=2", ))),
        ("no category, so no URL", "portal", vars(&[("aid", "1")]), None),
        ("no article", "portal", vars(&[("cid", "2")]), None),
        ("no such platform", "x", vars(&[("aid", "1"), ("cid", "2")]), None),
    ];
    for (what, platform, given, expected) in table {
        let identity = identify_vars(&moh(), platform, &given);
        let found = identity
            .as_ref()
            .map(|identity| (identity.key.as_str(), identity.public_url.as_str()));
        assert_eq!(found, expected, "{what}");
    }
    let by_url = identify(&other(), &url("https://thanhtra.gov.vn/bai/9")).unwrap();
    assert_eq!(
        by_url.key.as_str(),
        "thanhtra:old:9",
        "no link form, so its URL template"
    );
    let by_get = identify_vars(&other(), "api", &vars(&[("id", "7")])).unwrap();
    assert_eq!(
        by_get.public_url,
        "https://thanhtra.gov.vn/api/PostDetail?ID=7"
    );
    let request = article_request(&other(), &by_get, None).unwrap();
    assert_eq!(identify_request(&other(), &request), Some(by_get));
}

proptest! {
    #[test]
    fn the_public_url_leads_back(
        host in prop::sample::select(vec!["moh.gov.vn", "www.moh.gov.vn:443", "ADMINMOH.moh.gov.vn"]),
        locale in prop::sample::select(vec!["", "/en", "/vi_VN", "/vi-vn", "/web/guest", "/en_US/web/guest"]),
        page in "[a-z0-9-]{1,20}",
        instance in "[A-Za-z0-9]{12}",
        slug in "[a-z0-9-]{1,150}",
        query in "(\\?[a-z]{1,5}=[a-z0-9%&=;]{0,9})?",
    ) {
        let link = format!("https://{host}{locale}/{page}/-/asset_publisher/{instance}/content/{slug}{query}");
        let identity = identify(&moh(), &url(&link)).expect("an article");
        prop_assert_eq!(identity.key.as_str(), format!("moh:liferay:{slug}"));
        let again = identify(&moh(), &url(&identity.public_url)).expect("its public URL");
        prop_assert_eq!(again, identity);
    }

    #[test]
    fn the_public_url_of_the_portal_leads_back(aid in 1_u64.., cid in 1_u64.., order in any::<bool>()) {
        let pair = if order { format!("aid={aid}&cid={cid}") } else { format!("cid={cid}&aid={aid}") };
        let identity = identify(&moh(), &url(&format!("https://moh.gov.vn/index.jsp?{pair}&pageId=5803"))).expect("an article");
        prop_assert_eq!(identity.key.as_str(), format!("moh:portal:{aid}"));
        let again = identify(&moh(), &url(&identity.public_url)).expect("its public URL");
        prop_assert_eq!(again, identity);
    }

    #[test]
    fn any_url_is_safe(text in "https?://moh\\.gov\\.vn/\\PC*") {
        if let Ok(url) = Url::parse(&text) {
            let _ = identify(&moh(), &url);
        }
    }
}
