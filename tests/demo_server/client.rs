//! A raw TCP client, so that nothing between the test and the wire can repair an answer.

use std::io::Read as _;
use std::net::SocketAddr;

use khotin::demo::{BASE, Control, DemoMinistry, DemoOptions, Expected, Platform};
use scraper::{Html, Selector};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Links of listing items.
pub(crate) const ITEM_LINKS: &str = "div.page-list-news > div:nth-child(2) > h3 > a";
/// A section with more than two pages, for tests that walk.
pub(crate) const WALKED: &str = "/tin-tong-hop";

/// An answer with its framing removed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// After transfer and content coding.
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

pub(crate) async fn start(articles: usize) -> DemoMinistry {
    DemoMinistry::start(DemoOptions {
        articles,
        ..DemoOptions::default()
    })
    .await
    .unwrap()
}

/// The truth about one half.
pub(crate) fn of(control: &Control, platform: Platform) -> Vec<Expected> {
    let all = control.expected().into_iter();
    all.filter(|expected| expected.platform == platform)
        .collect()
}

/// Sends these bytes and reads until the server closes.
pub(crate) async fn send(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    answer
}

/// `headers` are whole lines with their CRLF.
pub(crate) async fn get(address: SocketAddr, target: &str, headers: &str) -> Reply {
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: demo.khotin.test\r\n{headers}Connection: close\r\n\r\n"
    );
    parse(&send(address, request.as_bytes()).await)
}

pub(crate) async fn post(address: SocketAddr, endpoint: &str, asked: &Value) -> Reply {
    let body = asked.to_string();
    let request = format!(
        "POST /bridge?url={endpoint} HTTP/1.1\r\nHost: demo.khotin.test\r\nContent-Type: \
         application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    parse(&send(address, request.as_bytes()).await)
}

/// A page that must be there.
pub(crate) async fn page(address: SocketAddr, target: &str) -> Html {
    let reply = get(address, target, "").await;
    assert_eq!(reply.status, 200, "{target}");
    Html::parse_document(&reply.text())
}

/// The target to ask for to get an absolute address of the ministry.
pub(crate) fn target_of(url: &str) -> &str {
    url.strip_prefix(BASE).unwrap()
}

/// The text of every element that fits, with single blanks.
pub(crate) fn texts(html: &Html, selector: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    html.select(&selector)
        .map(|element| {
            let text: String = element.text().collect();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        })
        .collect()
}

/// The link of every element that fits.
pub(crate) fn hrefs(html: &Html, selector: &str) -> Vec<String> {
    let selector = Selector::parse(selector).unwrap();
    html.select(&selector)
        .filter_map(|a| a.attr("href"))
        .map(str::to_owned)
        .collect()
}

fn parse(bytes: &[u8]) -> Reply {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let length = response.parse(bytes).unwrap().unwrap();
    let status = response.code.unwrap();
    let headers = response.headers.iter().map(|header| {
        let value = String::from_utf8(header.value.to_vec()).unwrap();
        (header.name.to_ascii_lowercase(), value)
    });
    let mut reply = Reply {
        status,
        headers: headers.collect(),
        body: bytes[length..].to_vec(),
    };
    if reply.header("transfer-encoding") == Some("chunked") {
        assert_eq!(reply.header("content-length"), None);
        reply.body = unchunked(&reply.body);
    } else if let Some(promised) = reply.header("content-length") {
        assert_eq!(promised.parse(), Ok(reply.body.len()));
    }
    if reply.header("content-encoding") == Some("gzip") {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&reply.body[..])
            .read_to_end(&mut plain)
            .unwrap();
        reply.body = plain;
    }
    reply
}

fn unchunked(mut wire: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(httparse::Status::Complete((start, length))) = httparse::parse_chunk_size(wire) {
        let end = start + usize::try_from(length).unwrap();
        body.extend_from_slice(&wire[start..end]);
        wire = &wire[end + 2..];
    }
    assert_eq!(wire, b"");
    body
}
