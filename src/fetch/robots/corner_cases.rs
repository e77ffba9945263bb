//! robots.txt, the corner cases: our own table after RFC 9309. Each row says why it is there.

use url::Url;

use super::rules::Rules;

fn is_allowed(text: &str, path: &str) -> bool {
    let url = Url::parse("https://moh.gov.vn")
        .and_then(|base| base.join(path))
        .expect(path);
    Rules::parse(text, "khotin").forbidding(&url).is_none()
}

/// A file, a path, and whether we may fetch it.
type Row = (&'static str, String, &'static str, bool);

#[track_caller]
fn check(table: &[Row]) {
    for (what, text, path, allowed) in table {
        assert_eq!(
            is_allowed(text, path),
            *allowed,
            "{what}: {path} by {text:?}"
        );
    }
}

fn any(rules: &str) -> String {
    format!("User-agent: *\n{rules}")
}

#[test]
fn rules_are_read_as_rfc_9309_says() {
    check(&[
        // what, file, path, allowed
        ("nothing said", String::new(), "/a", true),
        ("no rule matches", any("Disallow: /b"), "/a", true),
        ("prefix", any("Disallow: /a"), "/abc", false),
        ("empty disallow", any("Disallow:"), "/a", true),
        ("longest wins", any("Disallow: /a\nAllow: /a/b"), "/a/b/c", true),
        ("longest wins, whatever the order", any("Allow: /a/b\nDisallow: /a"), "/a/c", false),
        ("equal length: allow", any("Disallow: /a\nAllow: /a"), "/a", true),
        ("star", any("Disallow: /*.pdf"), "/x/y.pdf?z", false),
        ("end", any("Disallow: /*.pdf$"), "/x/y.pdf?z", true),
        ("end reached", any("Disallow: /*.pdf$"), "/x/y.pdf", false),
        ("query", any("Disallow: /bridge?url="), "/bridge?url=/portal", false),
        ("percent code", any("Disallow: /t%C3%A1"), "/tá", false),
        ("case of paths counts", any("Disallow: /A"), "/a", true),
        ("robots.txt itself", any("Disallow: /"), "/robots.txt", true),
        ("case of keys does not", "USER-AGENT: *\ndisALLOW: /a".into(), "/a", false),
        ("byte order mark", "\u{feff}User-agent: *\nDisallow: /a".into(), "/a", false),
        ("CR alone", "User-agent: *\rDisallow: /a\r".into(), "/a", false),
        ("CR LF", "User-agent: *\r\nDisallow: /a\r\n".into(), "/a", false),
        ("comment", any("Disallow: /a # not this\n"), "/a", false),
        ("a page in its place", "<html>Disallow: /</html>".into(), "/a", true),
        ("ours, not everyone's", "User-agent: *\nDisallow: /\nUser-agent: khotin\nDisallow: /b".into(), "/a", true),
        ("ours in any case", "User-agent: KhoTin\nDisallow: /a".into(), "/a", false),
        ("ours with a version", "User-agent: khotin/1.0\nDisallow: /a".into(), "/a", false),
        ("ours with words", "User-agent: khotin bot # x\nDisallow: /a".into(), "/a", false),
        ("a longer name", "User-agent: khotinx\nDisallow: /a".into(), "/a", true),
        ("groups merged", "User-agent: khotin\nDisallow: /a\n\nUser-agent: x\nDisallow: /c\n\nUser-agent: khotin\nDisallow: /b".into(), "/b", false),
        ("agents share a group", "User-agent: x\nUser-agent: khotin\nDisallow: /a".into(), "/a", false),
        ("a delay does not part them", "User-agent: khotin\nCrawl-delay: 1\nUser-agent: x\nDisallow: /a".into(), "/a", false),
        ("a rule before any group", "Disallow: /a\nUser-agent: *\nDisallow: /b".into(), "/a", true),
    ]);
}

/// Section 2.2.2: the most specific match, in octets, counts; at equal length Allow.
#[test]
fn the_longest_match_wins() {
    check(&[
        ("all but one", any("Disallow: /\nAllow: /p"), "/page", true),
        (
            "all but one, another",
            any("Disallow: /\nAllow: /p"),
            "/q",
            false,
        ),
        (
            "the same folder",
            any("Allow: /folder\nDisallow: /folder"),
            "/folder/page",
            true,
        ),
        (
            "wildcards count as octets",
            any("Allow: /page\nDisallow: /*.ph"),
            "/page.php5",
            true,
        ),
        (
            "a longer wildcard",
            any("Allow: /page\nDisallow: /*.html"),
            "/page.html",
            false,
        ),
        ("the root alone", any("Allow: /$\nDisallow: /"), "/", true),
        (
            "the root alone, a page",
            any("Allow: /$\nDisallow: /"),
            "/page.htm",
            false,
        ),
        (
            "an empty rule is no rule",
            any("Disallow: /a\nDisallow:"),
            "/a",
            false,
        ),
        (
            "an empty allow is no rule",
            any("Disallow: /a\nAllow:"),
            "/a",
            false,
        ),
        (
            "the same rule twice",
            any("Disallow: /a\nDisallow: /a\nAllow: /a"),
            "/a",
            true,
        ),
        (
            "length after normalization",
            any("Allow: /%C3%A1\nDisallow: /á"),
            "/á",
            true,
        ),
        (
            "length after normalization, turned",
            any("Disallow: /%C3%A1\nAllow: /á"),
            "/á",
            true,
        ),
        (
            "octets, not letters",
            any("Disallow: /áá\nAllow: /*áá"),
            "/áá",
            true,
        ),
    ]);
}

/// Section 2.2.2: octets outside of ASCII and reserved ones are compared in percent encoding.
#[test]
fn percent_encoding_is_normalized() {
    check(&[
        (
            "letters in the file",
            any("Disallow: /tá"),
            "/t%C3%A1",
            false,
        ),
        (
            "small hex in the URL",
            any("Disallow: /t%C3%A1"),
            "/t%c3%a1",
            false,
        ),
        (
            "small hex in the file",
            any("Disallow: /t%c3%a1"),
            "/tá",
            false,
        ),
        (
            "an encoded letter in the file",
            any("Disallow: /a%62c"),
            "/abc",
            false,
        ),
        (
            "an encoded letter in the URL",
            any("Disallow: /abc"),
            "/a%62c",
            false,
        ),
        ("a slash is reserved", any("Disallow: /a%2Fb"), "/a/b", true),
        ("an encoded slash", any("Disallow: /a%2Fb"), "/a%2fb", false),
        ("a blank", any("Disallow: /a b"), "/a%20b", false),
        ("not a percent code", any("Disallow: /a%zz"), "/b", true),
        (
            "a whole address in the query",
            any("Disallow: /bridge?url=http:"),
            "/bridge?url=http://x/",
            false,
        ),
    ]);
}

/// Section 2.2.3: `*` is any octets, `$` at the end is the end.
#[test]
fn wildcards_are_any_octets_and_the_end() {
    check(&[
        (
            "a star at the end changes nothing",
            any("Disallow: /a*"),
            "/abc",
            false,
        ),
        ("a star is nothing too", any("Disallow: /a*b"), "/ab", false),
        ("stars in a row", any("Disallow: /a**b"), "/axxb", false),
        ("a query of any page", any("Disallow: /*?"), "/a?x", false),
        ("a page without query", any("Disallow: /*?"), "/a", true),
        ("star and end", any("Disallow: /*$"), "/a", false),
        (
            "two stars and end",
            any("Disallow: /a*c*e$"),
            "/abcde",
            false,
        ),
        (
            "two stars, another end",
            any("Disallow: /a*c*e$"),
            "/abcdef",
            true,
        ),
        ("the end of a folder", any("Disallow: /a/$"), "/a/b", true),
        (
            "many stars are no trap",
            any(&format!("Disallow: /{}b", "*a".repeat(200))),
            "/aaaa",
            true,
        ),
    ]);
}

/// Section 2.2.1: groups begin with agents; other records do not end them.
#[test]
fn groups_are_found_by_our_name() {
    let is_ours = |agent: &str| format!("User-agent: {agent}\nDisallow: /a");
    check(&[
        ("our name", is_ours("khotin"), "/a", false),
        ("with a version", is_ours("khotin/1.0"), "/a", false),
        (
            "with a version and words",
            is_ours("khotin/1.0 (+https://example.org)"),
            "/a",
            false,
        ),
        (
            "in capitals, with a version",
            is_ours("KHOTIN/2"),
            "/a",
            false,
        ),
        (
            "without a blank after the colon",
            "User-agent:khotin\nDisallow:/a".into(),
            "/a",
            false,
        ),
        (
            "with a tab",
            "User-agent:\tkhotin\t\nDisallow:\t/a".into(),
            "/a",
            false,
        ),
        ("a shorter name", is_ours("khot"), "/a", true),
        (
            "a longer name with a dash",
            is_ours("khotin-news"),
            "/a",
            true,
        ),
        ("nobody", "User-agent:\nDisallow: /a".into(), "/a", true),
        (
            "a blank line does not part agents",
            "User-agent: khotin\n\nUser-agent: *\nDisallow: /".into(),
            "/a",
            false,
        ),
        (
            "an empty rule does",
            "User-agent: khotin\nDisallow:\nUser-agent: *\nDisallow: /".into(),
            "/a",
            true,
        ),
        (
            "a sitemap does not",
            "User-agent: khotin\nSitemap: /s\nUser-agent: x\nDisallow: /a".into(),
            "/a",
            false,
        ),
        (
            "an unknown line does not",
            "User-agent: khotin\nHost: x\nNoindex: /b\nDisallow: /a".into(),
            "/a",
            false,
        ),
        (
            "a comment does not",
            "User-agent: khotin\n# ours\nDisallow: /a".into(),
            "/a",
            false,
        ),
        (
            "ours stands before everyone's",
            "User-agent: khotin\nDisallow: /b\nUser-agent: *\nDisallow: /".into(),
            "/a",
            true,
        ),
        (
            "everyone's groups are merged",
            "User-agent: *\nDisallow: /a\nUser-agent: x\nDisallow: /\nUser-agent: *\nDisallow: /b"
                .into(),
            "/b",
            false,
        ),
        (
            "everyone's, where we have none",
            "User-agent: x\nDisallow: /b\nUser-agent: *\nDisallow: /a".into(),
            "/a",
            false,
        ),
        (
            "another's alone",
            "User-agent: x\nDisallow: /".into(),
            "/a",
            true,
        ),
        (
            "our name and everyone's share a group",
            "User-agent: *\nUser-agent: khotin\nDisallow: /a".into(),
            "/a",
            false,
        ),
    ]);
}

/// Section 2.2 and 2.5: what is no robots.txt does no harm, and what may be read is read.
#[test]
fn odd_bytes_end_lines_or_mean_nothing() {
    check(&[
        ("nothing but a mark", "\u{feff}".into(), "/a", true),
        (
            "no end of line at the end",
            any("Disallow: /a"),
            "/a",
            false,
        ),
        (
            "empty lines of all kinds",
            "\r\n\r\rUser-agent: *\r\r\n\nDisallow: /a\r".into(),
            "/a",
            false,
        ),
        (
            "NUL ends a line",
            "User-agent: *\0Disallow: /a\0".into(),
            "/a",
            false,
        ),
        (
            "NUL in a rule cuts it",
            any("Disallow: /a\0b"),
            "/ac",
            false,
        ),
        (
            "a page in its place",
            "<!DOCTYPE html>\n<html><title>404</title>\nDisallow: /\n</html>".into(),
            "/a",
            true,
        ),
        (
            "only comments",
            "# User-agent: *\n# Disallow: /".into(),
            "/a",
            true,
        ),
        (
            "blanks before a line",
            "  User-agent: *\n\t Disallow: /a".into(),
            "/a",
            false,
        ),
        (
            "a very long line",
            any(&format!("Disallow: /{}\nDisallow: /b", "x".repeat(100_000))),
            "/b",
            false,
        ),
        (
            "bytes that were no text",
            any("Disallow: /a\u{fffd}\nDisallow: /b"),
            "/b",
            false,
        ),
        ("a rule without a slash", any("Disallow: a"), "/b", true),
    ]);
}
