use super::*;

fn vars(pairs: &[(&str, &str)]) -> Vars {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[derive(Deserialize)]
struct Holder {
    request: RequestTemplate,
}

fn request_template(text: &str) -> Result<RequestTemplate, String> {
    toml::from_str::<Holder>(text)
        .map(|holder| holder.request)
        .map_err(|error| error.message().to_owned())
}

#[test]
fn what_a_template_builds_it_takes_apart() {
    let template = request_template(
        r#"request = { method = "POST", url = "https://moh.gov.vn/bridge?url=/portal/{call}", json = { maBaiViet = "{aid}", n = "{size:number}", x = ["y"] } }"#,
    )
    .unwrap();
    let given = vars(&[("aid", "167411"), ("call", "api/a"), ("size", "20")]);
    let request = template
        .build(&SiteId::new("moh"), Purpose::Article, None, &given)
        .unwrap();
    assert_eq!(
        request.body.as_deref(),
        Some(r#"{"maBaiViet":"167411","n":20,"x":["y"]}"#)
    );
    assert_eq!(
        request.headers,
        [("content-type".to_owned(), "application/json".to_owned())]
    );
    assert_eq!(template.take(&request), Some(given));
    let mut other = request;
    other.body = Some(r#"{"maBaiViet":"1","n":20,"x":["z"]}"#.to_owned());
    assert_eq!(
        template.take(&other),
        None,
        "another fixed value is another request"
    );
}

#[test]
fn a_value_can_not_leave_its_place() {
    let template = request_template(r#"request = { url = "https://a.vn/x?id={id}" }"#).unwrap();
    let given = vars(&[("id", "1&admin=1#x y")]);
    let url = template.url.fill(&given).unwrap();
    assert_eq!(url.as_str(), "https://a.vn/x?id=1%26admin=1%23x%20y");
    assert_eq!(
        template
            .url
            .take(&Url::parse("https://a.vn/x?id=1&b=2").unwrap()),
        None
    );
}

#[test]
fn a_wrong_template_is_an_error_that_names_it() {
    let table = [
        (
            "open brace",
            r#"request = { url = "https://a.vn/{id" }"#,
            "without `}`",
        ),
        (
            "bad name",
            r#"request = { url = "https://a.vn/{Id}" }"#,
            "`{Id}` is not a name",
        ),
        (
            "no URL",
            r#"request = { url = "/x/{id}" }"#,
            "relative URL without a base",
        ),
        (
            "other scheme",
            r#"request = { url = "ftp://a.vn/x" }"#,
            "not an http(s) URL",
        ),
    ];
    for (what, text, expected) in table {
        let error = request_template(text).unwrap_err();
        assert!(error.contains(expected), "{what}: {error}");
    }
    let template = Template::parse("{a}-{b}").unwrap();
    assert_eq!(
        template.fill(&vars(&[("a", "1")])).unwrap_err().to_string(),
        "template `{a}-{b}` needs a value for `{b}`"
    );
}
