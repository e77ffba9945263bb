//! Framing, faults, limits and the access log: what happens at the wire.

use std::collections::BTreeSet;
use std::time::Duration;

use khotin::demo::{Answer, BASE, DemoMinistry, DemoOptions, End, Fault, Part, Platform};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{WALKED, get, of, send, start, target_of};

#[tokio::test]
async fn every_coding_carries_the_same_bytes() {
    let ministry = start(60).await;
    let mut codings = BTreeSet::new();
    for expected in of(ministry.control(), Platform::Liferay) {
        let target = target_of(&expected.url);
        let plain = get(ministry.address(), target, "").await;
        let packed = get(ministry.address(), target, "Accept-Encoding: gzip\r\n").await;
        assert_eq!(plain.body, packed.body, "{target}");
        assert_eq!(plain.header("content-encoding"), None);
        assert_eq!(packed.header("content-encoding"), Some("gzip"));
        codings.insert(packed.header("transfer-encoding").map(str::to_owned));
    }
    assert_eq!(
        codings.len(),
        2,
        "some in chunks, some with a length: {codings:?}"
    );
}

#[tokio::test]
async fn faults_are_played_and_used_up() {
    let ministry = start(20).await;
    let (address, control) = (ministry.address(), ministry.control());

    let busy = Fault::Status {
        code: 429,
        retry_after: Some("7".to_owned()),
    };
    control.plan_fault("/robots.txt", 2, busy);
    for _ in 0..2 {
        let reply = get(address, "/robots.txt", "").await;
        assert_eq!(
            (reply.status, reply.header("retry-after")),
            (429, Some("7"))
        );
        assert_eq!(
            get(address, WALKED, "").await.status,
            200,
            "another path is spared"
        );
    }
    assert_eq!(get(address, "/robots.txt", "").await.status, 200);

    let moved = Answer::new(302, "text/html", "").with("Location", format!("{BASE}/tin-noi-bat"));
    control.plan_fault(WALKED, 1, Fault::Instead(moved));
    let reply = get(address, WALKED, "").await;
    assert_eq!(
        reply.header("location"),
        Some("http://demo.khotin.test/tin-noi-bat")
    );

    let request = format!("GET {WALKED} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    control.plan_fault(WALKED, 1, Fault::Close);
    assert_eq!(send(address, request.as_bytes()).await, b"");

    control.plan_fault(WALKED, 1, Fault::Raw(b"HTTP/1.1 200 OK\r\nbroken".to_vec()));
    assert_eq!(
        send(address, request.as_bytes()).await,
        b"HTTP/1.1 200 OK\r\nbroken"
    );

    control.plan_fault(WALKED, 1, Fault::CutShort { bytes: 100 });
    let cut = send(address, request.as_bytes()).await;
    let head_end = cut.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    assert_eq!(cut.len() - head_end, 100);
    let head = String::from_utf8(cut[..head_end].to_vec()).unwrap();
    let promised = head
        .split("Content-Length: ")
        .nth(1)
        .unwrap()
        .split("\r\n")
        .next();
    assert!(promised.unwrap().parse::<usize>().unwrap() > 100);

    let delay = Duration::from_millis(30);
    control.plan_fault(WALKED, 1, Fault::Slow { delay });
    assert_eq!(get(address, WALKED, "").await.status, 200);
    let last = ministry.log().pop().unwrap();
    assert!(last.answered_at.unwrap() - last.at >= delay);

    let log = ministry.log();
    let statuses: Vec<_> = log.iter().rev().take(5).map(|entry| entry.status).collect();
    assert_eq!(statuses, [Some(200), Some(200), Some(200), None, Some(302)]);
}

#[tokio::test]
async fn a_script_is_played_part_by_part_to_its_end() {
    let ministry = start(10).await;
    let tick = Duration::from_millis(1);
    let parts = vec![
        Part::Send(b"HTTP/1.1 599 a".to_vec()),
        Part::Wait(tick),
        Part::Drip(b"bc".to_vec(), tick),
    ];
    let request = format!("GET {WALKED} HTTP/1.1\r\nHost: h\r\n\r\n");
    for end in [End::Close, End::Reset, End::Stall, End::KeepOpen] {
        let script = Fault::Script(parts.clone(), end);
        ministry.control().plan_fault(WALKED, 1, script);
        let mut stream = TcpStream::connect(ministry.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = [0; 16];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 599 abc", "{end:?}");
        assert_eq!(ministry.log().pop().unwrap().status, Some(599), "{end:?}");
        match end {
            End::Close => assert_eq!(stream.read(&mut answer).await.unwrap(), 0),
            End::Reset => {
                let error = stream.read(&mut answer).await.unwrap_err();
                assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
            }
            End::Stall => {
                stream.write_all(request.as_bytes()).await.unwrap();
                stream.shutdown().await.unwrap();
                assert_eq!(
                    stream.read(&mut answer).await.unwrap(),
                    0,
                    "no second answer"
                );
            }
            End::KeepOpen => {
                stream.write_all(request.as_bytes()).await.unwrap();
                stream.read_exact(&mut answer).await.unwrap();
                assert_eq!(&answer, b"HTTP/1.1 200 OK\r");
            }
        }
    }
    let endless = Fault::Script(vec![Part::Endless(b"ab".to_vec())], End::Close);
    ministry.control().plan_fault(WALKED, 1, endless);
    let mut stream = TcpStream::connect(ministry.address()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut many = vec![0; 100_000];
    stream.read_exact(&mut many).await.unwrap();
    assert_eq!(many, b"ab".repeat(50_000));
}

#[tokio::test]
async fn a_stalled_answer_ends_with_the_server() {
    let ministry = start(10).await;
    ministry.control().plan_fault(WALKED, 1, Fault::Stall);
    let mut stream = TcpStream::connect(ministry.address()).await.unwrap();
    stream
        .write_all(b"GET /tin-tong-hop HTTP/1.1\r\nHost: h\r\n\r\n")
        .await
        .unwrap();
    let mut start = [0_u8; 15];
    stream.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 200 OK");
    let address = ministry.address();
    ministry.stop().await;
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert!(!rest.ends_with(b"</html>\n"), "only half of the page came");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn the_log_keeps_every_byte_of_every_request() {
    let ministry = start(10).await;
    let one = b"GET /robots.txt?A=%20b HTTP/1.1\r\nhOsT:  demo.khotin.test \r\nX-Odd: \xe9\r\n\r\n";
    let two = b"POST /bridge?url=/x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}";
    let three = b"HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    let answer = send(ministry.address(), &[&one[..], two, three].concat()).await;
    assert!(
        answer.ends_with(b"\r\n\r\n"),
        "the answer to HEAD has no body"
    );
    send(ministry.address(), three).await;

    let log = ministry.log();
    let seen: Vec<_> = log
        .iter()
        .map(|entry| {
            (
                entry.connection,
                &*entry.method,
                &*entry.target,
                entry.status,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (1, "GET", "/robots.txt?A=%20b", Some(200)),
            (1, "POST", "/bridge?url=/x", Some(404)),
            (1, "HEAD", "/", Some(200)),
            (2, "HEAD", "/", Some(200)),
        ]
    );
    assert_eq!(log[0].raw_request, one);
    assert_eq!(log[1].raw_request, two);
    assert_eq!(log[2].raw_request, three);
    assert!(log.iter().all(|entry| entry.in_flight == 1));
    assert!(
        log.iter()
            .all(|entry| entry.answered_at.is_some_and(|at| at >= entry.at))
    );
}

#[tokio::test]
async fn hostile_requests_are_refused() {
    let ministry = start(10).await;
    let long = format!("GET / HTTP/1.1\r\nX: {}", "a".repeat(70_000));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "X: a\r\n".repeat(101));
    let table: [(&str, &str, u16); 6] = [
        ("long head", &long, 431),
        ("many headers", &many, 431),
        ("no HTTP", "\u{1}\u{2}\r\n\r\n", 400),
        (
            "long body",
            "POST /bridge HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n",
            413,
        ),
        (
            "bad length",
            "POST /bridge HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
            400,
        ),
        (
            "chunked",
            "POST /bridge HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            411,
        ),
    ];
    for (what, request, status) in table {
        let mut stream = TcpStream::connect(ministry.address()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut line = [0_u8; 12];
        stream.read_exact(&mut line).await.unwrap();
        assert_eq!(line, *format!("HTTP/1.1 {status}").as_bytes(), "{what}");
    }
    assert_eq!(get(ministry.address(), "/robots.txt", "").await.status, 200);
}

#[tokio::test]
async fn options_are_kept() {
    let options = DemoOptions {
        articles: 20,
        page_bytes: Some(60_000..120_000),
        robots: "User-agent: *\nDisallow: /bridge\n".to_owned(),
        etag: false,
        ..DemoOptions::default()
    };
    let ministry = DemoMinistry::start(options).await.unwrap();
    assert!(ministry.address().ip().is_loopback());
    let robots = get(ministry.address(), "/robots.txt", "").await;
    assert_eq!(robots.text(), "User-agent: *\nDisallow: /bridge\n");
    ministry.control().set_robots("");
    assert_eq!(get(ministry.address(), "/robots.txt", "").await.text(), "");
    for expected in of(ministry.control(), Platform::Liferay) {
        let reply = get(ministry.address(), target_of(&expected.url), "").await;
        assert!(
            (60_000..122_000).contains(&reply.body.len()),
            "{}",
            reply.body.len()
        );
        assert_eq!(reply.header("etag"), None);
    }
    let taken = DemoOptions {
        port: Some(ministry.address().port()),
        ..DemoOptions::default()
    };
    let error = DemoMinistry::start(taken).await.unwrap_err().to_string();
    let expected = format!("the demo ministry can not listen on {}", ministry.address());
    assert_eq!(error, expected);
}
