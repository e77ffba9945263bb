//! Foreign web archives, made here byte by byte: records of a made-up crawler, put into files as the tests
//! like it.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

/// The address of article `slug`, by host.
pub(crate) fn link(slug: &str) -> String {
    format!("https://moh.gov.vn/tin-noi-bat/-/asset_publisher/3Yst7YhbkA5j/content/{slug}")
}

/// A page of the portal of 2020 with a title and one paragraph.
pub(crate) fn page(title: &str, text: &str) -> String {
    format!(
        "<!DOCTYPE html><html lang=\"vi-VN\"><head><meta charset=\"UTF-8\"><title>Bộ Y tế</title></head><body>
<div class=\"contentDetail\"><div class=\"title-detail\"><h3>{title}</h3></div>
<div class=\"info-detail\"><div class=\"date-detail\"><p>12/01/2024 | 08:30 AM</p></div></div>
<div class=\"sapo\"><strong>Bài này được viết để thử, không phải là tin.</strong></div>
<div class=\"asset-content\" id=\"main-content-detail\"><div class=\"journal-content-article\">
<p>{text}</p></div></div></div></body></html>"
    )
}

/// One record.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    kind: String,
    fields: Vec<(String, String)>,
    content_type: String,
    block: Vec<u8>,
}

impl Record {
    pub(crate) fn new(kind: &str, id: &str, uri: &str, date: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            fields: vec![
                ("WARC-Record-ID".to_owned(), format!("<urn:uuid:{id}>")),
                ("WARC-Target-URI".to_owned(), uri.to_owned()),
                ("WARC-Date".to_owned(), date.to_owned()),
            ],
            content_type: "application/http;msgtype=response".to_owned(),
            block: Vec::new(),
        }
    }

    /// An answer with this status and body.
    pub(crate) fn answer(id: &str, uri: &str, date: &str, status: u16, body: &str) -> Self {
        Self::new("response", id, uri, date).http(status, "text/html; charset=utf-8", body)
    }

    pub(crate) fn http(mut self, status: u16, content_type: &str, body: &str) -> Self {
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n"
        );
        self.block = [head.as_bytes(), body.as_bytes()].concat();
        self
    }

    pub(crate) fn block(mut self, content_type: &str, block: &[u8]) -> Self {
        self.content_type = content_type.to_owned();
        self.block = block.to_vec();
        self
    }

    pub(crate) fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// As it stands in a plain file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut head = format!("WARC/1.0\r\nWARC-Type: {}\r\n", self.kind);
        for (name, value) in &self.fields {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        let length = self.block.len();
        let kind = &self.content_type;
        head.push_str(&format!(
            "Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
        ));
        [head.as_bytes(), &self.block, b"\r\n\r\n"].concat()
    }
}

/// A POST to the JSON interface: the answer, and the request that it answers.
pub(crate) fn posted(id: &str, date: &str, question: &str, answer: &str) -> [Record; 2] {
    let uri = "https://moh.gov.vn/bridge?url=/portal/api/layChiTietBaiViet";
    let length = question.len();
    let request = format!(
        "POST /bridge?url=/portal/api/layChiTietBaiViet HTTP/1.1\r\nHost: moh.gov.vn\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{question}"
    );
    let response = Record::new("response", id, uri, date).http(200, "application/json", answer);
    let request = Record::new("request", &format!("{id}-q"), uri, date)
        .field("WARC-Concurrent-To", &format!("<urn:uuid:{id}>"))
        .block("application/http;msgtype=request", request.as_bytes());
    [response, request]
}

/// A plain file.
pub(crate) fn plain(records: &[Record]) -> Vec<u8> {
    records.iter().flat_map(Record::bytes).collect()
}

/// One gzip member a record.
pub(crate) fn by_record(records: &[Record]) -> Vec<u8> {
    records
        .iter()
        .flat_map(|record| gzip(&record.bytes()))
        .collect()
}

/// One gzip member for all.
pub(crate) fn all_in_one(records: &[Record]) -> Vec<u8> {
    gzip(&plain(records))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}
