//! The tree of the short way is compared node by node with that of the whole page, on pages made to
//! lead the parser astray. tests/hostile_pages/cut.rs compares records, on real pages too.

use ego_tree::NodeRef;
use scraper::Node;

use super::looked_at::LookedAt;
use super::*;
use crate::extract::testing::profile;

const LAYOUTS: &str = r##"
[refusals]
blocked = ["html:has(input[type=password]) title"]
[[listing]]
id = "list"
platform = "one"
items = [".item", ".list div:has(> a > h5)"]
title = ["h3", "a"]
next = "ul.pager > li:last-child:not(.off) > a@href"
[[article]]
id = "article"
platform = "one"
root = ["#root", ".root:has(.text)"]
title = ["h1", { css = "h6", within = "page" }]
body.root = ".text"
related.items = ".more li"
"##;

/// More than enough to be left out.
const LONG: &str = "Bộ Y tế giả lập, đơn vị trực thuộc số 7, không có tin nào ở đây cả.";

fn cut(text: &str) -> Option<Cut> {
    shorter(&profile(LAYOUTS), text)
}

/// The body of a page by the short way, as HTML.
fn body(inside: &str) -> String {
    let page = format!("<!DOCTYPE html><head></head><body>{inside}</body>");
    let html = match cut(&page) {
        Some(cut) => cut.html.html(),
        None => return "whole".to_owned(),
    };
    let (_, after) = html.split_once("<body>").unwrap();
    after.strip_suffix("</body></html>").unwrap().to_owned()
}

#[test]
fn what_no_rule_looks_at_is_left_out() {
    let long = LONG;
    let table = [
        (
            "a box",
            format!("<div id=a>{long}</div><p>x</p>"),
            "<div id=\"a\"></div><p>x</p>",
        ),
        (
            "a menu, its items without end tags",
            format!("<ul><li><a href='/?a=1&amp;b'>{long}</a><li>b</ul>c"),
            "<ul></ul>c",
        ),
        (
            "all elements of the list",
            format!(
                "<nav><h2>{long}</h2><p>a<br>b<p><b><i>c</i></b><form><label>d</label><input><button>e</button>\
                 <select><option>f<option>g</select></form><hr><ol><li><p>h</ol><!-- i --><script>j</script></nav>k"
            ),
            "<nav></nav>k",
        ),
        (
            "what stands beside what is looked at",
            format!("<div><ul><li>{long}</ul><div class='x ITEM'><a>{long}</a></div></div>"),
            &format!("<div><ul></ul><div class=\"x ITEM\"><a>{long}</a></div></div>"),
        ),
        (
            "scripts and styles, wherever they stand",
            format!("<p><script>'{long}'</script><b></b><table><style>{long}</style></table>"),
            "<p><script></script><b></b></p><table><style></style></table>",
        ),
        (
            "in a cell, after a table with its own",
            format!("<table><tr><td><table><tr><td>a</table><div>{long}</div></table>"),
            "<table><tbody><tr><td><table><tbody><tr><td>a</td></tr></tbody></table><div></div></td></tr></tbody></table>",
        ),
        (
            "after what was odd and has ended",
            format!("<div><b><p>a</b>b</p></div></i></span><svg><p></svg><div>{long}</div>"),
            "<div><b></b><p><b>a</b>b</p></div><svg></svg><p></p><div></div>",
        ),
        (
            "with a form, when the one before is ended",
            format!("<form></form><div><form>{long}</form></div>"),
            "<form></form><div></div>",
        ),
    ];
    for (what, given, expected) in table {
        assert_eq!(body(&given), expected, "{what}");
    }
}

#[test]
fn what_is_looked_at_or_not_simple_stays() {
    let long = LONG;
    let table = [
        ("an item", format!("<div class=item>{long}</div>")),
        ("above it", format!("<div>{long}<i class=item></i></div>")),
        ("below it", format!("<div id=root><div>{long}</div></div>")),
        (
            "what `:has` looks for",
            format!("<div>{long}<input TYPE=Password></div>"),
        ),
        (
            "by an entity",
            format!("<div class='ite&#109;'>{long}</div>"),
        ),
        (
            "a second attribute of a name",
            format!("<div class=a class=item>{long}</div>"),
        ),
        ("a name", format!("<div>{long}<h6>a</h6></div>")),
        (
            "asked of the page in a root",
            format!("<div>{long}<h6>a</h6></div>"),
        ),
        (
            "below what is kept for its items",
            format!("<div class=list><div>{long}</div></div>"),
        ),
        ("a paragraph", format!("<p>{long}</p>")),
        ("a line", format!("<span>{long}</span>")),
        (
            "a table",
            format!("<table><tr><td>{long}</td></tr></table>"),
        ),
        ("with a table", format!("<div>{long}<table></table></div>")),
        ("foreign", format!("<div>{long}<svg></svg></div>")),
        (
            "a template",
            format!("<template><div>{long}</div></template>"),
        ),
        (
            "in a script that may not end",
            format!("<script><!-- {long} </script>"),
        ),
        ("not ended", format!("<div>{long}")),
        (
            "ended twice inside",
            format!("<div>{long}<ul></ul></ul></div>"),
        ),
        ("wrongly nested", format!("<div><b><i>{long}</b></i></div>")),
        (
            "a link in a link",
            format!("<div><a>{long}<a></a></a></div>"),
        ),
        (
            "a heading in a heading",
            format!("<div><h2>{long}<h3></h3></h2></div>"),
        ),
        (
            "an item outside of a list",
            format!("<ul><li><div>{long}<li></li></div></ul>"),
        ),
        ("in a link", format!("<a><div>{long}</div></a>")),
        ("in a button", format!("<button><div>{long}</div></button>")),
        (
            "in a paragraph",
            format!("<p><span><ul>{long}</ul></span>")
                .replace("<ul>", "<span><label>")
                .replace("</ul>", "</label></span>"),
        ),
        (
            "after a format that is open",
            format!("<p><b></p><div>{long}</div>"),
        ),
        (
            "a script where a format is open",
            format!("<p><b><script>'{long}'</script></b>"),
        ),
        (
            "put before a table",
            format!("<table><div>{long}</div></table>"),
        ),
        (
            "a form in an open form",
            format!("<div><form></div><div><form>{long}</form></div>"),
        ),
        (
            "a tag with `>` in it",
            format!("<div title='>'>{long}</div>"),
        ),
        ("in a comment", format!("<!-- <div>{long}</div> -->")),
        (
            "in a comment that only seems to end",
            format!("<!-- a --!> <!-- <div>{long}</div> -->"),
        ),
        ("in a value", format!("<p title=\"<div>{long}</div>\">")),
        ("in raw text", format!("<xmp><div>{long}</div></xmp>")),
        ("short", "<div>a</div>".to_owned()),
    ];
    for (what, given) in table {
        let page = format!("<!DOCTYPE html><head></head><body>{given}</body>");
        let bytes = cut(&page).map_or(0, |cut| cut.bytes);
        assert_eq!(bytes, 0, "{what}");
    }
}

#[test]
fn a_page_whose_body_goes_or_changes_late_is_read_as_a_whole() {
    let table = [
        (
            "frames",
            format!("<frameset><frame></frameset><div>{LONG}</div>"),
        ),
        (
            "frames behind",
            format!("<div><!--{LONG}--></div><frameset>"),
        ),
        (
            "attributes of the body",
            format!("<div>{LONG}</div><body class=root>"),
        ),
        (
            "attributes of the page",
            format!("<div>{LONG}</div><html id=root>"),
        ),
    ];
    for (what, text) in table {
        assert!(cut(&text).is_none(), "{what}");
    }
}

#[test]
fn a_page_that_may_pass_a_cap_is_read_as_a_whole() {
    let items = |count: usize| format!("<ul>{}</ul>", "<li>a</li>".repeat(count));
    let deep = |count: usize| format!("{}{LONG}{}", "<div>".repeat(count), "</div>".repeat(count));
    let attributes: String = (0..1_100).map(|n| format!(" a{n}")).collect();
    let long_tag = format!("<div>{LONG}<p{attributes}></p></div>");
    let table = [
        ("few nodes", items(1_000), true),
        (
            "perhaps many nodes",
            format!("<div>{}</div>", "a".repeat(500_000)),
            false,
        ),
        ("not deep", deep(400), true),
        ("deep", deep(600), false),
        ("a tag with many attributes", long_tag, false),
    ];
    for (what, inside, is_cut) in table {
        let page = format!("<!DOCTYPE html><head></head><body>{inside}");
        assert_eq!(cut(&page).is_some(), is_cut, "{what}");
        let result = parse(&profile(LAYOUTS), &page).map(|_| ());
        assert_eq!(result, tree::parse(&page).map(|_| ()), "{what}");
    }
}

#[test]
fn rules_that_may_look_anywhere_take_the_short_way_from_a_profile() {
    let table = [
        (
            "everything in the page",
            "[[article]]\nid = 'a'\nplatform = 'one'\nroot = '*'\ntitle = 'p'\nbody.root = 'div'",
            false,
        ),
        (
            "everything in an article",
            "[[article]]\nid = 'a'\nplatform = 'one'\nroot = '.a'\ntitle = '*'\nbody.root = '*'",
            true,
        ),
        (
            "what is empty",
            "[[article]]\nid = 'a'\nplatform = 'one'\nroot = '.a'\ntitle = '*'\nbody.root = '*'\nbody.drop = ['p:empty']",
            false,
        ),
        (
            "JSON only",
            "[[article]]\nid = 'a'\nplatform = 'one'\nroot = '$.d'\ntitle = '$.t'\nbody.root = '$.h'",
            true,
        ),
    ];
    for (what, layouts, has_marks) in table {
        assert_eq!(
            LookedAt::of(&profile(layouts)).is_some(),
            has_marks,
            "{what}"
        );
    }
}

/// Compares two nodes and all below them; the second may lack what is not looked at.
fn compare(
    whole: NodeRef<'_, Node>,
    short: NodeRef<'_, Node>,
    looked_at: &LookedAt<'_>,
) -> Result<(), String> {
    if whole.value() != short.value() {
        return Err(format!("{:?} is {:?}", whole.value(), short.value()));
    }
    if !short.has_children() && whole.has_children() {
        let all = whole.ancestors().chain(whole.descendants());
        let marked = all
            .filter_map(|node| node.value().as_element())
            .find(|element| {
                looked_at.has_name(element.name().as_bytes())
                    || element.attrs().any(|(name, value)| {
                        looked_at.has_attribute(name.as_bytes(), value.as_bytes())
                    })
            });
        return marked.map_or(Ok(()), |marked| Err(format!("lost: {marked:?}")));
    }
    if whole.children().count() != short.children().count() {
        return Err(format!("other children below {:?}", whole.value()));
    }
    for (whole, short) in whole.children().zip(short.children()) {
        compare(whole, short, looked_at)?;
    }
    Ok(())
}

/// Makes pages by chance, the same for the same seed (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % count as u64).unwrap()
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from[self.below(from.len())]
    }
}

const BLOCKS: [&str; 12] = [
    "div", "div", "div", "ul", "ul", "p", "span", "a", "nav", "form", "h2", "select",
];
const LINES: [&str; 6] = ["span", "a", "b", "i", "font", "button"];
const OTHER: [&str; 40] = [
    "table",
    "tr",
    "td",
    "tbody",
    "th",
    "caption",
    "colgroup",
    "template",
    "svg",
    "math",
    "desc",
    "foreignObject",
    "mi",
    "object",
    "pre",
    "textarea",
    "title",
    "dl",
    "dt",
    "dd",
    "noscript",
    "iframe",
    "xmp",
    "nobr",
    "optgroup",
    "ruby",
    "rt",
    "h5",
    "h6",
    "body",
    "html",
    "head",
    "frameset",
    "marquee",
    "image",
    "listing",
    "plaintext",
    "em",
    "x-y",
    "details",
];
const PLAIN: [&str; 10] = [
    "",
    "",
    "",
    " class=a",
    " class='b c'",
    " id=x",
    " title=\"a > b < c\"",
    " title='<div>'",
    " href=\"/?a=1&b=2\"",
    " a b='c'/",
];
const ATTRIBUTES: [&str; 13] = [
    " class=item",
    " class=\"x root\"",
    " id='root'",
    " class=list",
    " class=text",
    " type=password",
    " class=pager",
    " class=more",
    " a\"b",
    " =x",
    " x=a\"b'",
    " class=&#105;tem",
    " class=b class=item",
];
const WORDS: [&str; 12] = [
    LONG, LONG, LONG, "a", " ", "\n", "&amp;", "&lt", "a < b", "\0", "<", "&#x3c;p>",
];
const COMMENTS: [&str; 10] = [
    "<!-- a -->",
    "<!-->",
    "<!--->",
    "<!-- a --!>",
    "<!-- <div> -->",
    "<!-- -- > -->",
    "<!doctype html>",
    "<!x>",
    "<?x?>",
    "</ >",
];
const SCRIPTS: [&str; 8] = [
    "var a = '<div>';",
    "<!-- a",
    "<!-- <script> </script> -->",
    "</div>",
    "</scripty>",
    "a &amp; b",
    "<",
    "",
];

fn tag(random: &mut Random, name: &str, page: &mut String) {
    let name = if random.one_in(12) {
        name.to_uppercase()
    } else {
        name.to_owned()
    };
    let one = random.pick(&PLAIN);
    let other = if random.one_in(40) {
        random.pick(&ATTRIBUTES)
    } else {
        ""
    };
    let end = if random.one_in(20) { "/>" } else { ">" };
    page.push_str(&format!("<{name}{one}{other}{end}"));
}

/// An element that may well stand in another.
fn child_of(random: &mut Random, parent: &str) -> &'static str {
    match parent {
        "ul" => "li",
        "select" => "option",
        "p" | "a" | "b" | "i" | "font" | "span" | "h2" | "button" => random.pick(&LINES),
        _ => random.pick(&BLOCKS),
    }
}

/// Some nodes; of `odd` steps, one does what it should not.
fn nodes(random: &mut Random, parent: &str, depth: usize, odd: usize, page: &mut String) {
    for _ in 0..=random.below(5) {
        match random.below(12) {
            0..=2 => page.push_str(random.pick(&WORDS)),
            3 if parent != "select" => {
                let name = random.pick(&["script", "style", "noscript", "iframe"]);
                tag(random, name, page);
                page.push_str(random.pick(&SCRIPTS));
                page.push_str(random.pick(&WORDS));
                page.push_str(&format!("</{name}>"));
            }
            4 if parent != "select" => {
                let name = random.pick(&["br", "img", "input", "hr", "wbr"]);
                tag(random, name, page);
            }
            5 if random.one_in(odd) => page.push_str(random.pick(&COMMENTS)),
            6 if random.one_in(odd) => page.push_str(&format!("</{}>", random.pick(&BLOCKS))),
            7 if random.one_in(odd) => page.push_str(&format!("</{}>", random.pick(&OTHER))),
            _ if depth == 0 => page.push_str(random.pick(&WORDS)),
            _ => {
                let name = if random.one_in(odd) {
                    random.pick(&OTHER)
                } else {
                    child_of(random, parent)
                };
                tag(random, name, page);
                nodes(random, name, depth - 1, odd, page);
                if !random.one_in(odd) {
                    page.push_str(&format!("</{name}>"));
                }
            }
        }
    }
}

fn random_page(random: &mut Random) -> String {
    let mut page = String::new();
    page.push_str(random.pick(&["<!DOCTYPE html>", "<!DOCTYPE html>", ""]));
    page.push_str(random.pick(&[
        "<html><head><title>a</title></head><body>",
        "<head></head>",
        "",
        "<body>",
    ]));
    let odd = [6, 20, 60, 300][random.below(4)];
    for _ in 0..3 {
        nodes(random, "body", 5, odd, &mut page);
    }
    page
}

/// How many random pages are compared; `KHOTIN_CUT_PAGES` for more.
fn count() -> usize {
    let wished = std::env::var("KHOTIN_CUT_PAGES").ok();
    wished.map_or(400, |count| count.parse().unwrap())
}

#[test]
fn the_tree_is_that_of_the_whole_page_without_what_is_not_looked_at() {
    let profile = profile(LAYOUTS);
    let looked_at = LookedAt::of(&profile).unwrap();
    let (mut pages, mut bytes, mut all) = (0, 0, 0);
    for seed in 0..count() {
        let page = random_page(&mut Random(seed as u64));
        all += page.len();
        let Some(cut) = shorter(&profile, &page) else {
            continue;
        };
        pages += 1;
        bytes += cut.bytes;
        let whole = tree::parse(&page).unwrap();
        if let Err(difference) = compare(whole.tree.root(), cut.html.tree.root(), &looked_at) {
            panic!("seed {seed}: {difference}\n{page}");
        }
    }
    assert!(pages * 2 > count(), "{pages} pages of {} are cut", count());
    assert!(bytes * 50 > all, "{bytes} bytes of {all} are left out");
}

#[test]
fn what_is_left_out_costs_no_more_than_is_thought() {
    let profile = profile(LAYOUTS);
    for seed in 0..count() / 8 {
        let page = random_page(&mut Random(seed as u64));
        let looked_at = LookedAt::of(&profile).unwrap();
        let costs = |parts: &[Part<'_>]| {
            let mut stand = Stand::new(&looked_at);
            let mut left_out = LeftOut::default();
            let mut building = Building::new(&page);
            let mut at = 0;
            for part in parts {
                building
                    .feed(page.get(at..part.tag_start).unwrap())
                    .unwrap();
                let before = building.sink().last_element();
                let tag = page.get(part.tag_start..part.start).unwrap();
                building.feed(tag).unwrap();
                at = part.start;
                if let Some(open) = stand.allows(&building, part, before) {
                    building.skip(part.end - part.start).unwrap();
                    left_out.add(part, open);
                    at = part.end;
                }
            }
            building.feed(page.get(at..).unwrap()).unwrap();
            let sink = building.sink();
            (
                sink.nodes() + left_out.bytes,
                sink.steps() + left_out.steps,
                sink.depth(),
            )
        };
        let (nodes, steps, _) = costs(&[]);
        let (most_nodes, most_steps, _) = costs(&scan::parts(&page, &looked_at));
        assert!(
            nodes <= most_nodes && steps <= most_steps,
            "seed {seed}: {nodes} {most_nodes}, {steps} {most_steps}"
        );
    }
}
