//! How a body's pieces come out of its markup: nesting, line breaks, pictures, addresses.

use crate::extract::testing::{blocks_of, profile, read_article};

const LAYOUT: &str = r##"
[[article]]
id = "a"
platform = "one"
root = "#a"
title = "h1"
body.root = ".t"
body.drop = [".ad"]
body.bold_is_heading = true
"##;

/// The blocks of a body, one line a block, as `kind: text`.
fn blocks(body: &str) -> Vec<String> {
    let page = format!("<div id=a><h1>T</h1><div class=t>{body}</div></div>");
    blocks_of(&read_article(&profile(LAYOUT), &page).0)
}

#[test]
fn a_body_is_read_in_page_order_from_any_nesting() {
    let table: &[(&str, &str, &[&str])] = &[
        ("paragraphs", "<p>a</p><p>b</p>", &["p: a", "p: b"]),
        (
            "div soup",
            "<div><div>a<div>b</div>c</div></div>d",
            &["p: a", "p: b", "p: c", "p: d"],
        ),
        (
            "p in strong in p",
            "<p><strong><p>a</p></strong></p><p>b",
            &["h: a", "p: b"],
        ),
        (
            "text without an element",
            "a<p>b</p>c",
            &["p: a", "p: b", "p: c"],
        ),
        (
            "inline elements",
            "<p>a <b>b</b><i>c</i> <u>d</u></p>",
            &["p: a bc d"],
        ),
        (
            "a line end in the source is a space",
            "<p>a\nb</p>",
            &["p: a b"],
        ),
        ("but not in pre", "<pre>a\nb</pre>", &["p: a/b"]),
        ("one br", "<p>a<br>b</p>", &["p: a/b"]),
        ("two br", "<p>a<br>&nbsp;<br>b</p>", &["p: a", "p: b"]),
        (
            "many br",
            "<br><br><br>a<br><br><br><br>b<br><br>",
            &["p: a", "p: b"],
        ),
        (
            "empty paragraphs",
            "<p>&nbsp;</p><p> </p><p>\u{200b}</p><p>a</p>",
            &["p: a"],
        ),
        ("a lone bar", "<p>a</p> | <p>b</p>", &["p: a", "p: b"]),
        (
            "headings",
            "<h2>a</h2><h6><span>b</span></h6>",
            &["h2: a", "h6: b"],
        ),
        (
            "bold as a whole",
            "<p><b>a</b> <strong>b</strong></p>",
            &["h: a b"],
        ),
        (
            "bold by style",
            "<p style='font-weight: bold'>a</p>",
            &["h: a"],
        ),
        ("bold in part", "<p><b>a</b> b</p>", &["p: a b"]),
        ("dropped", "<div class=ad><p>x</p></div><p>a</p>", &["p: a"]),
        (
            "never text",
            "<script>x</script><style>x</style><!--x--><noscript>x</noscript><template>x</template><p>a</p>",
            &["p: a"],
        ),
        (
            "unclosed",
            "<p>a<p>b<div>c<p><b>d",
            &["p: a", "p: b", "p: c", "h: d"],
        ),
        (
            "a player",
            "<p>a</p><iframe src='//y.vn/1'></iframe><p>b",
            &["p: a", "embed: iframe https://y.vn/1", "p: b"],
        ),
        (
            "a player by its source",
            "<video><source src=/v.mp4></video><audio></audio><oembed url='https://y.vn/2'></oembed>",
            &[
                "embed: video https://a.vn/v.mp4",
                "embed: audio -",
                "embed: embed https://y.vn/2",
            ],
        ),
        (
            "a table in a figure is no picture",
            "<figure class=table><table><tr><td>1<td>2</table></figure>",
            &["table: 1|2"],
        ),
        (
            "a quotation",
            "<blockquote><p>a</p><p>b</p></blockquote>",
            &["quote: a/b"],
        ),
    ];
    for (what, body, expected) in table {
        assert_eq!(blocks(body), *expected, "{what}");
    }
}

#[test]
fn a_picture_stands_where_it_is_seen() {
    let table: &[(&str, &str, &[&str])] = &[
        (
            "alone",
            "<p>a.</p><p><img src=1.jpg></p><p>b.</p>",
            &["p: a.", "image: 1", "p: b."],
        ),
        (
            "before the words",
            "<p><img src=1.jpg>a.</p>",
            &["image: 1", "p: a."],
        ),
        (
            "after the words",
            "<p>a.<img src=1.jpg></p>",
            &["p: a.", "image: 1"],
        ),
        (
            "amid a line: after it",
            "<p>a <img src=1.jpg> b.</p>",
            &["p: a b.", "image: 1"],
        ),
        (
            "between br",
            "<p>a.<br><img src=1.jpg><br>b.</p>",
            &["p: a.", "image: 1", "p: b."],
        ),
        (
            "in a heading",
            "<h2>a<img src=1.jpg></h2>",
            &["h2: a", "image: 1"],
        ),
        (
            "without address, alt and caption it is nothing",
            "<p><img></p><p>a.",
            &["p: a."],
        ),
    ];
    for (what, body, expected) in table {
        assert_eq!(blocks(body), *expected, "{what}");
    }
}

#[test]
fn addresses_are_resolved_and_only_http_counts() {
    let page = |head: &str, body: &str| {
        format!("<head>{head}</head><div id=a><h1>T</h1><div class=t><p>{body} a.</p></div></div>")
    };
    let table: &[(&str, &str, &str, &[&str])] = &[
        ("relative", "", "<a href=x>l</a>", &["https://a.vn/p/x"]),
        (
            "without scheme",
            "",
            "<a href=//b.vn/x>l</a>",
            &["https://b.vn/x"],
        ),
        (
            "base",
            "<base href='https://c.vn/d/'>",
            "<a href=x>l</a>",
            &["https://c.vn/d/x"],
        ),
        (
            "base of another scheme",
            "<base href='ftp://c.vn/'>",
            "<a href=x>l</a>",
            &["https://a.vn/p/x"],
        ),
        (
            "base in the body",
            "",
            "<base href='https://c.vn/'><a href=x>l</a>",
            &["https://a.vn/p/x"],
        ),
        (
            "no address",
            "",
            "<a href='javascript:;'>l</a><a href=mailto:a@b.vn>l</a><a href='data:text/html,x'>l</a><a href=#x>l</a><a href='http://'>l</a><a>l</a>",
            &[],
        ),
        (
            "white space around it",
            "",
            "<a href=' /x\n'>l</a>",
            &["https://a.vn/x"],
        ),
    ];
    for (what, head, body, expected) in table {
        let draft = read_article(&profile(LAYOUT), &page(head, body)).0;
        let urls: Vec<_> = draft.links.iter().map(|link| &link.url).collect();
        assert_eq!(urls, *expected, "{what}");
    }
}
