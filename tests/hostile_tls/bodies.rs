//! How an answer over TLS ends. Only `close_notify` says that a connection was ended on purpose, so a
//! body that lasts until the connection ends is whole with it and cut without; a body whose own
//! framing says where it ends needs none (RFC 9112, section 9.8).

use std::sync::Arc;

use khotin::archive::Outcome;
use khotin::config::TlsLibrary;
use khotin::model::State;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::certificates::{Authority, HOST};
use crate::moved::{Moved, outcome};
use crate::server::{self, Server};

/// How a connection ends behind the answer.
#[derive(Clone, Copy)]
enum End {
    /// `close_notify`, then the end of the TCP connection.
    Said,
    /// The end of the TCP connection alone.
    Unsaid,
}

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/html;charset=UTF-8\r\n";

fn with_length(page: &[u8], length: usize) -> Vec<u8> {
    let head = format!("{HEAD}content-length: {length}\r\n\r\n");
    [head.as_bytes(), page].concat()
}

fn until_the_end(page: &[u8]) -> Vec<u8> {
    [format!("{HEAD}connection: close\r\n\r\n").as_bytes(), page].concat()
}

fn chunked(page: &[u8], end: &str) -> Vec<u8> {
    let head = format!(
        "{HEAD}transfer-encoding: chunked\r\n\r\n{:x}\r\n",
        page.len()
    );
    [head.as_bytes(), page, b"\r\n", end.as_bytes()].concat()
}

/// Answers robots.txt and then the page, each over one connection.
async fn serve(mut session: TlsStream<TcpStream>, page: Arc<Vec<u8>>, end: End) {
    let mut line = String::new();
    let mut reader = BufReader::new(&mut session);
    // The client may go at any time.
    let _ = reader.read_line(&mut line).await;
    if line.contains("/robots.txt") {
        let none = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let _ = session.write_all(none).await;
        let _ = session.shutdown().await;
        return;
    }
    let _ = session.write_all(&page).await;
    let _ = session.flush().await;
    match end {
        End::Said => drop(session.shutdown().await),
        End::Unsaid => drop(session.get_mut().0.shutdown().await),
    }
    // What the client still sends must not become a reset.
    let (mut stream, _) = session.into_inner();
    let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
}

#[tokio::test]
async fn an_answer_is_whole_when_its_framing_or_close_notify_says_so() {
    check(TlsLibrary::Rustls).await;
}

#[cfg(feature = "system-tls")]
#[tokio::test]
async fn and_so_it_is_through_the_systems_library() {
    check(TlsLibrary::System).await;
}

async fn check(library: TlsLibrary) {
    let page = Moved::open(library).await.page;
    let (length, half) = (page.len(), &page[..page.len() / 2]);
    // The system's library does not show `close_notify`: what can not be proved whole is not.
    let (until_the_end_said, until_the_end_unsaid) = match library {
        TlsLibrary::Rustls => ("200", "200 disconnect"),
        TlsLibrary::System => ("200 unspecified", "200 unspecified"),
    };
    let table = [
        // what, answer, end, outcome (a bare 200 is read), bytes kept
        (
            "a length",
            with_length(&page, length),
            End::Said,
            "200",
            length,
        ),
        (
            "a length, no close_notify",
            with_length(&page, length),
            End::Unsaid,
            "200",
            length,
        ),
        (
            "chunks, no close_notify",
            chunked(&page, "0\r\n\r\n"),
            End::Unsaid,
            "200",
            length,
        ),
        (
            "until the end",
            until_the_end(&page),
            End::Said,
            until_the_end_said,
            length,
        ),
        (
            "until the end, no close_notify",
            until_the_end(&page),
            End::Unsaid,
            until_the_end_unsaid,
            length,
        ),
        (
            "half of it, no close_notify",
            until_the_end(half),
            End::Unsaid,
            until_the_end_unsaid,
            half.len(),
        ),
        (
            "too few bytes, close_notify",
            with_length(half, length),
            End::Said,
            "200 disconnect",
            half.len(),
        ),
        (
            "too few bytes, no close_notify",
            with_length(half, length),
            End::Unsaid,
            "200 disconnect",
            half.len(),
        ),
        (
            "no last chunk, close_notify",
            chunked(half, ""),
            End::Said,
            "200 disconnect",
            half.len(),
        ),
    ];
    let root = Authority::root("Khotin Test Root");
    for (what, answer, end, stands, kept_bytes) in table {
        let mut moved = Moved::open(library).await;
        moved.desk.config.fetch.extra_ca = vec![moved.pem("root.pem", &root.pem)];
        moved.desk.config.crawl.tries = 1;
        let answer = Arc::new(answer);
        let server = Server::tls(server::config(root.leaf(HOST)), move |session| {
            serve(session, Arc::clone(&answer), end)
        })
        .await;
        let ran = moved.crawl(what, server.address).await;
        let outcomes: Vec<String> = ran.asked.iter().map(outcome).collect();
        assert_eq!(outcomes, ["404", stands], "{what}");
        let expected = match stands {
            "200" => (0, State::Live),
            _ => (1, State::Listed),
        };
        let found = (ran.report.exit_code, moved.state());
        assert_eq!(found, expected, "{what}: {:?}", ran.report.causes);
        let Outcome::Answered(kept) = &ran.asked[1].outcome else {
            panic!("{what}: no answer");
        };
        assert_eq!(kept.body, page[..kept_bytes], "{what}");
    }
}
