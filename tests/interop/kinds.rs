//! `kinds DIR`: an archive with one of every kind of capture, for programs that replay it
//! (tests/interop/pywb.sh): pages, the same again at the same and at another address, answers that say
//! "not modified", redirects, and one address that answers POSTs by their body.
#![expect(
    clippy::unwrap_used,
    reason = "a program of the tests: it ends when something is wrong"
)]

use std::path::Path;

use khotin::archive::{ArchiveWriter, RevisitTarget};
use khotin::model::{Answer, Exchange, Method};
use support::{
    answer, append, append_revisit, context, exchange, failure, ids, page, target, time,
};

#[expect(
    dead_code,
    unreachable_pub,
    reason = "made for tests; a part of it is needed here"
)]
#[path = "../archive/support.rs"]
mod support;

const HTML: (&str, &[u8]) = ("content-type", b"text/html; charset=utf-8");

/// Appends exchanges one after the other, and names what they may be revisits of.
struct Kinds {
    writer: ArchiveWriter,
    sequence: u64,
}

impl Kinds {
    fn add(&mut self, exchange: Exchange) -> RevisitTarget {
        self.sequence += 1;
        let appended = append(&mut self.writer, self.sequence, &exchange);
        target(&exchange, &appended)
    }

    fn again(&mut self, exchange: &Exchange, of: &RevisitTarget) {
        self.sequence += 1;
        let appended = append_revisit(&mut self.writer, self.sequence, exchange, Some(of));
        assert!(appended.answer.unwrap().revisit.is_some());
    }

    /// Goes on in another file.
    fn next_file(self, dir: &Path) -> Self {
        self.writer.close().unwrap();
        let writer = ArchiveWriter::create(context(dir), ids(1000), time(60), 2).unwrap();
        Self { writer, ..self }
    }
}

fn main() {
    let dir = std::env::args().nth(1).unwrap();
    let dir = Path::new(&dir);
    let writer = ArchiveWriter::create(context(dir), ids(0), time(0), 1).unwrap();
    let mut kinds = Kinds {
        writer,
        sequence: 0,
    };

    // A page, the same again, and the same at another address.
    let first = kinds.add(page("a", 1, "<p>một</p>"));
    kinds.again(&page("a", 2, "<p>một</p>"), &first);
    kinds.again(&page("b", 3, "<p>một</p>"), &first);

    // Two versions of a page, each of them said to be unchanged once.
    let unchanged = |seconds| exchange("c", seconds, Ok(answer(304, &[("etag", b"\"1\"")], b"")));
    let one = kinds.add(page("c", 4, "<p>bản 1</p>"));
    kinds.again(&unchanged(5), &one);
    let two = kinds.add(page("c", 6, "<p>bản 2</p>"));
    kinds.again(&unchanged(7), &two);

    // Redirects with and without a body.
    let redirect =
        |status, to: &'static [u8], body: &[u8]| answer(status, &[("location", to), HTML], body);
    kinds.add(exchange(
        "old",
        8,
        Ok(redirect(301, b"https://moh.gov.vn/a", b"")),
    ));
    kinds.add(exchange(
        "older",
        9,
        Ok(redirect(302, b"/b?x=1", b"<a href=\"/b?x=1\">b</a>")),
    ));

    // What else a server answers.
    kinds.add(exchange(
        "gone",
        10,
        Ok(answer(404, &[HTML], b"<p>404</p>")),
    ));
    kinds.add(exchange("empty", 11, Ok(answer(200, &[HTML], b""))));
    kinds.sequence += 1;
    append(&mut kinds.writer, kinds.sequence, &failure("late", 12));
    let chunked: [(&str, &[u8]); 2] = [("transfer-encoding", b"chunked"), HTML];
    kinds.add(exchange(
        "chunked",
        13,
        Ok(answer(
            200,
            &chunked,
            b"<p>nhi\xe1\xbb\x81u kh\xc3\xbac</p>",
        )),
    ));
    let latin: [(&str, &[u8]); 1] = [("content-type", b"text/html; charset=windows-1258")];
    kinds.add(exchange(
        "latin",
        14,
        Ok(answer(200, &latin, b"<p>\xe2\xd0\xff</p>")),
    ));
    kinds.add(page(
        "t%C3%ACm?q=b%E1%BB%87nh%20vi%E1%BB%87n&B=2&a=1",
        15,
        "<p>tìm</p>",
    ));
    let packed = gzip(b"<p>g\xc3\xb3i</p>");
    let headers: [(&str, &[u8]); 2] = [("content-encoding", b"gzip"), HTML];
    let gzipped = |seconds| exchange("packed", seconds, Ok(answer(200, &headers, &packed)));
    let of_packed = kinds.add(gzipped(16));

    // One address, four answers: body 7, body 8, body 7 changed, body 7 as it was first.
    kinds.add(post(20, r#"{"maBaiViet":"7"}"#, r#"{"d":"bảy"}"#));
    kinds.add(post(21, r#"{"maBaiViet":"8"}"#, r#"{"d":"tám"}"#));
    kinds.add(post(22, r#"{"maBaiViet":"7"}"#, r#"{"d":"bảy, sửa"}"#));
    kinds.add(post(23, r#"{"maBaiViet":"7"}"#, r#"{"d":"bảy"}"#));
    kinds.add(post(
        24,
        r#"{"t":["a b","é&"],"n":100,"m":{"k":1.5}}"#,
        "[]",
    ));

    // Revisits of records in the file before.
    let mut kinds = kinds.next_file(dir);
    kinds.again(&gzipped(61), &of_packed);
    kinds.again(&unchanged(62), &two);
    kinds.writer.close().unwrap();
}

fn post(seconds: i64, body: &str, answered: &str) -> Exchange {
    let headers: [(&str, &[u8]); 1] = [("content-type", b"application/json; charset=utf-8")];
    let answer: Answer = answer(200, &headers, answered.as_bytes());
    let path = "bridge?url=/portal/api/layChiTietBaiViet";
    let mut exchange = exchange(path, seconds, Ok(answer));
    let length = body.len();
    exchange.sent_head = format!(
        "POST /{path} HTTP/1.1\r\nhost: moh.gov.vn\r\ncontent-length: {length}\r\n\
         content-type: application/json; charset=utf-8\r\n\r\n"
    )
    .into_bytes();
    exchange.request.method = Method::Post;
    exchange.request.body = Some(body.to_owned());
    exchange
}

fn gzip(text: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    packer.write_all(text).unwrap();
    packer.finish().unwrap()
}
