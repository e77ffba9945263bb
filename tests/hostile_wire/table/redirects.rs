//! Redirects. What these lead to is never asked for.

use khotin::demo::Fault;

use super::{From, Row, astray, protocol, status};
use crate::bytes::head_of;

/// Redirects. What they lead to is never asked for.
pub(super) fn redirects(trap: u16) -> Vec<Row> {
    let out = "redirect to ";
    let nowhere = "status 302 leads to no http(s) URL";
    let trapped = |host: &str| format!("http://{host}:{trap}/");
    let found = "HTTP/1.1 302 Found";
    let long = format!(
        "location: http://demo.khotin.test/{}",
        "a".repeat(300 * 1024)
    );
    vec![
        Row::new("redirect to itself", Fault::Close, "302")
            .at(From::Circle(1))
            .because("redirect to "),
        Row::new("redirect there and back", Fault::Close, "302")
            .at(From::Circle(2))
            .because("redirect to "),
        Row::new("30 redirects", Fault::Close, "302")
            .at(From::Circle(30))
            .because("more than "),
        astray(
            "redirect to a cloud's metadata",
            "http://169.254.169.254/latest/meta-data/",
            out,
        ),
        astray("redirect to the loopback", "http://127.0.0.1:22/", out),
        astray("redirect to a trap", &trapped("127.0.0.1"), out),
        astray("redirect to a decimal address", &trapped("2130706433"), out),
        astray("redirect to an octal address", &trapped("0177.0.0.1"), out),
        astray("redirect to a hex address", &trapped("0x7f.0x1"), out),
        astray("redirect to a short address", &trapped("127.1"), out),
        astray(
            "redirect to a mapped address",
            &trapped("[::ffff:127.0.0.1]"),
            out,
        ),
        astray("redirect to the loopback of IPv6", &trapped("[::1]"), out),
        astray(
            "redirect to a NAT64 address",
            &trapped("[64:ff9b::7f00:1]"),
            out,
        ),
        astray("redirect to localhost", &trapped("localhost"), out),
        astray(
            "redirect to another port of the host",
            &trapped("demo.khotin.test"),
            out,
        ),
        astray(
            "redirect to another host",
            "http://elsewhere.khotin.test/",
            out,
        ),
        astray(
            "redirect to a host below",
            "http://a.demo.khotin.test/",
            out,
        ),
        astray(
            "redirect to a host that ends alike",
            "http://evil-demo.khotin.test/",
            out,
        ),
        astray(
            "redirect to https",
            "https://demo.khotin.test/elsewhere",
            out,
        ),
        astray(
            "redirect with a user name",
            "http://user:secret@demo.khotin.test/",
            out,
        ),
        astray(
            "redirect to a host before an at sign",
            "http://demo.khotin.test@elsewhere.test/",
            out,
        ),
        astray("redirect to a file", "file:///etc/passwd", nowhere),
        astray("redirect to ftp", "ftp://demo.khotin.test/a", nowhere),
        astray("redirect to a script", "javascript:alert(1)", nowhere),
        astray("redirect to data", "data:text/html,<p>a", nowhere),
        astray("redirect to no URL", "http://[::", nowhere),
        astray(
            "redirect to no port",
            "http://demo.khotin.test:99999/",
            nowhere,
        ),
        astray("redirect to an empty address", "", nowhere),
        astray("redirect to a fragment", "#top", nowhere),
        status(
            "redirect without location",
            head_of(found, &["content-length: 0"]),
            "302",
            "status 302 without location",
        ),
        status(
            "redirect with two locations, the first counts",
            {
                head_of(
                    found,
                    &[
                        "content-length: 0",
                        "location: http://elsewhere.test/",
                        "location: http://demo.khotin.test/",
                    ],
                )
            },
            "302",
            "redirect to http://elsewhere.test/ is out of scope",
        ),
        status(
            "300 without location",
            head_of("HTTP/1.1 300 Many", &["content-length: 0"]),
            "300",
            "status 300 without location",
        ),
        protocol(
            "redirect of 300 KiB",
            head_of(found, &["content-length: 0", &long]),
        ),
    ]
}
