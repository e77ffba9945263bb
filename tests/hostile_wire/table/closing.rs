//! Connections that end too early, too late, or not where an answer ends.

use std::time::Duration;

use khotin::demo::{End, Fault, Part};

use super::{From, HEADER_TIMEOUT, Row, broken, cut_short};
use crate::bytes::{chunk, chunked, head, head_of, length_of, page, sized};
use crate::hosts::{HASTY, HASTY_TITLE, REFUSES};

/// Connections that are refused, reset or closed.
pub(super) fn closed_early() -> Vec<Row> {
    let body = page("closed early");
    let half = &body[..body.len() / 2];
    let whole = sized(&[], &body);
    let raw = |bytes: &[u8]| Fault::Raw(bytes.to_vec());
    let reset = |bytes: &[u8]| Fault::Script(vec![Part::Send(bytes.to_vec())], End::Reset);
    let begun = [head(&["transfer-encoding: chunked"]), chunk("", half)].concat();
    let after = |framing: &[u8]| [&begun, framing].concat();
    let hop = |what, from| Row::new(what, Fault::Close, "").at(From::Host(from));
    vec![
        Row {
            stands: "failed connect",
            cause: Some("connect"),
            ..hop("connection refused", REFUSES)
        },
        Row {
            stands: "200",
            title: HASTY_TITLE.to_owned(),
            ..hop("answer before the request is read", HASTY)
        },
        broken("reset before a byte", Fault::Script(Vec::new(), End::Reset)),
        broken("reset in the header", reset(b"HTTP/1.1 200 OK\r\ndate: ")),
        Row {
            fault: reset(&whole[..whole.len() - half.len()]),
            ..cut_short(
                "reset in the body",
                Vec::new(),
                &body[..body.len() - half.len()],
            )
        },
        broken("closed before a byte", Fault::Close),
        broken("closed in the status line", raw(b"HTTP/1.1 20")),
        broken("closed after the status line", raw(b"HTTP/1.1 200 OK\r\n")),
        broken(
            "closed in the header",
            raw(b"HTTP/1.1 200 OK\r\ncontent-ty"),
        ),
        cut_short("closed after the header", head(&[&length_of(&body)]), b""),
        cut_short(
            "closed in the body",
            [head(&[&length_of(&body)]), half.to_vec()].concat(),
            half,
        ),
        cut_short(
            "closed before the last byte",
            whole[..whole.len() - 1].to_vec(),
            &body[..body.len() - 1],
        ),
        cut_short("closed in a chunk size", after(b"1"), half),
        cut_short("closed after a chunk size", after(b"100\r\n"), half),
        cut_short(
            "closed in a chunk",
            after(b"100\r\n<p>"),
            &[half, b"<p>"].concat(),
        ),
        cut_short(
            "closed behind a chunk",
            after(b"3\r\n<p>"),
            &[half, b"<p>"].concat(),
        ),
        cut_short("closed before the last chunk", begun.clone(), half),
        cut_short("closed after the last chunk's size", after(b"0\r\n"), half),
        cut_short("closed in the trailers", after(b"0\r\nx-sum: 1"), half),
    ]
}

/// Bytes that the next request on the connection could take for its own answer. The next article
/// must have its own title.
pub(super) fn reused() -> Vec<Row> {
    let forged = sized(&[], &page("A forged answer"));
    let open = |bytes: Vec<u8>| Fault::Script(vec![Part::Send(bytes)], End::KeepOpen);
    let late = |bytes: Vec<u8>| {
        let parts = vec![
            Part::Send(bytes),
            Part::Wait(Duration::from_millis(200)),
            Part::Send(forged.clone()),
        ];
        Fault::Script(parts, End::KeepOpen)
    };
    let coded = ["content-length: 5", "transfer-encoding: chunked"];
    let no_content = head_of("HTTP/1.1 204 No Content", &[&length_of(&forged)]);
    let twice = |page: &[u8]| [sized(&[], page), forged.clone()].concat();
    let both = |page: &[u8]| [&head(&coded), &chunk("", page)[..], b"0\r\n\r\n"].concat();
    let equal = |page: &[u8]| {
        let length = length_of(page);
        [&head(&[&length, &length]), page].concat()
    };
    let kept_open = |what, answer: &dyn Fn(&[u8]) -> Vec<u8>, fault: &dyn Fn(Vec<u8>) -> Fault| {
        let page = page(what);
        Row::new(what, fault(answer(&page)), "200").keeps(page)
    };
    vec![
        kept_open("an answer with another one behind", &twice, &open),
        kept_open("two framings, then another answer", &both, &late),
        kept_open("two equal lengths, then another answer", &equal, &late),
        Row::new(
            "204 whose body is an answer",
            open([no_content.clone(), forged.clone()].concat()),
            "204",
        )
        .because("status 204"),
        Row::new("204 whose body is a late answer", late(no_content), "204").because("status 204"),
    ]
}

/// What only patience ends.
pub(super) fn slow() -> Vec<Row> {
    let body = page("slow");
    let half = &body[..body.len() / 2];
    let started = [&head(&[&length_of(&body)]), half].concat();
    let stall = |bytes: &[u8]| Fault::Script(vec![Part::Send(bytes.to_vec())], End::Stall);
    // Far more than patience takes, and slow enough for a program without optimization.
    let flood = |bytes: &[u8]| {
        let wave = [
            Part::Send(bytes.repeat(20)),
            Part::Wait(Duration::from_millis(5)),
        ];
        Fault::Script(vec![wave; 10_000].concat(), End::Close)
    };
    let second = Duration::from_secs(1);
    let timeout = |what, fault| {
        Row::new(what, fault, "failed timeout")
            .because("timeout")
            .slow()
    };
    let cut = |what, fault, kept: &[u8]| {
        let row = Row::new(what, fault, "200 truncated time").because("truncated: time");
        row.keeps(kept.to_vec()).slow()
    };
    let forged = sized(&[], &page("An answer that came too late"));
    vec![
        timeout(
            "stall before the header",
            Fault::Script(Vec::new(), End::Stall),
        ),
        timeout("stall in the status line", stall(b"HTTP/1.1 20")),
        timeout(
            "stall in the header",
            stall(b"HTTP/1.1 200 OK\r\ncontent-ty"),
        ),
        timeout(
            "drip in the header",
            Fault::Script(vec![Part::Drip(head(&[]), second)], End::Close),
        ),
        timeout("100 without end", flood(b"HTTP/1.1 100 Continue\r\n\r\n")),
        timeout(
            "103 without end",
            flood(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"),
        ),
        timeout(
            "an answer after patience ended",
            Fault::Script(
                vec![
                    Part::Wait(HEADER_TIMEOUT + Duration::from_millis(200)),
                    Part::Send(forged),
                ],
                End::KeepOpen,
            ),
        ),
        cut(
            "stall after the header",
            stall(&head(&[&length_of(&body)])),
            b"",
        ),
        cut("stall in the body", stall(&started), half),
        cut(
            "stall in a chunk",
            stall(&chunked(&[b"fff\r\n", half].concat())),
            half,
        ),
        cut(
            "stall before the last chunk",
            stall(&chunked(&chunk("", half))),
            half,
        ),
        Row {
            kept: None,
            ..cut(
                "drip in the body",
                Fault::Script(
                    vec![
                        Part::Send(head(&[&length_of(&body)])),
                        Part::Drip(body.clone(), second),
                    ],
                    End::Close,
                ),
                b"",
            )
        },
    ]
}
