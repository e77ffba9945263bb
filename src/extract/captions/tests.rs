//! Which lines become captions, and which do not.

use crate::extract::testing::{blocks_of, images_of, profile, read_article};
use crate::model::ArticleDraft;

fn read(body: &str) -> (ArticleDraft, Vec<String>) {
    let profile = profile(
        r##"
[[article]]
id = "a"
platform = "one"
root = "#a"
title = "h1"
body.root = ".t"
body.bold_is_heading = true
[article.captions]
boxes = [".box"]
caption = [".cap"]
alt_line = '^(?<title>.+) - Ảnh (?<number>\d+)\.$'
credit = '(?:^|[\s(]+)Ảnh\s*:\s*(?<credit>[^()]+?)\)?$'
suspect = true
title_is_caption = true
address = ["data-original", "data-src"]
original = [{ find = '/thumb/', put = "/" }]
"##,
    );
    let page = format!("<div id=a><h1>T “x”</h1><div class=t>{body}</div></div>");
    read_article(&profile, &page)
}

#[test]
fn a_caption_is_where_markup_or_place_says() {
    let long = "một hai ba bốn ".repeat(25);
    let slanted = format!("<img src=1.jpg><p><em>{long}</em></p>");
    // `picture = caption`, `?` behind it when inferred; then the blocks without pictures.
    type Row<'a> = (&'a str, &'a str, &'a [&'a str], &'a [&'a str]);
    let table: &[Row<'_>] = &[
        (
            "figcaption",
            "<figure><img src=1.jpg><figcaption>a.</figcaption></figure><p>b.",
            &["1.jpg = a."],
            &["p: b."],
        ),
        (
            "caption before the picture",
            "<figure><figcaption>a</figcaption><img src=1.jpg></figure>",
            &["1.jpg = a"],
            &[],
        ),
        (
            "box",
            "<div class=box><div><img src=1.jpg></div><div class=cap><p>a</p></div></div>",
            &["1.jpg = a"],
            &[],
        ),
        (
            "box without picture",
            "<div class=box><div class=cap>a</div></div><p>b.",
            &["- = a ?"],
            &["p: b."],
        ),
        (
            "box without caption",
            "<div class=box><img src=1.jpg><p></p></div><p>b.",
            &["1.jpg = -"],
            &["p: b."],
        ),
        (
            "two in a box",
            "<div class=box><img src=1.jpg><p>a</p><img src=2.jpg><p>b</p></div>",
            &["1.jpg = a", "2.jpg = b"],
            &[],
        ),
        (
            "a box in a box",
            "<div class=box><figure><img src=1.jpg><figcaption>a</figcaption></figure></div>",
            &["1.jpg = a"],
            &[],
        ),
        (
            "caption element after",
            "<img src=1.jpg><p class=cap>a.</p>",
            &["1.jpg = a."],
            &[],
        ),
        (
            "caption element alone",
            "<p>b.</p><p class=cap>a.</p>",
            &["- = a. ?"],
            &["p: b."],
        ),
        (
            "italics after",
            "<p><img src=1.jpg></p><p><em>a.</em></p>",
            &["1.jpg = a."],
            &[],
        ),
        (
            "italics in the same p",
            "<p><img src=1.jpg><br><i>a.</i></p>",
            &["1.jpg = a."],
            &[],
        ),
        (
            "italics in part",
            "<p><img src=1.jpg></p><p><em>a</em> b.</p>",
            &["1.jpg = -"],
            &["p: a b."],
        ),
        (
            "italics too long",
            &slanted,
            &["1.jpg = -"],
            &[&format!("p: {}", long.trim())],
        ),
        (
            "suspected",
            "<p><img src=1.jpg></p><p>a b</p>",
            &["1.jpg = a b ?"],
            &[],
        ),
        (
            "suspected by its credit",
            "<p><img src=1.jpg></p><p>a. Ảnh: K</p>",
            &["1.jpg = a. ?"],
            &[],
        ),
        (
            "a sentence",
            "<p><img src=1.jpg></p><p>a b.</p>",
            &["1.jpg = -"],
            &["p: a b."],
        ),
        (
            "a heading",
            "<p><img src=1.jpg></p><p><b>a b</b></p>",
            &["1.jpg = -"],
            &["h: a b"],
        ),
        (
            "a line with a link",
            "<p><img src=1.jpg></p><p><a href=/x>a b</a></p>",
            &["1.jpg = -"],
            &["p: a b"],
        ),
        (
            "not after a text",
            "<p><img src=1.jpg></p><p>a.</p><p>b</p>",
            &["1.jpg = -"],
            &["p: a.", "p: b"],
        ),
        (
            "the second line is text",
            "<p><img src=1.jpg></p><p>a</p><p>b</p>",
            &["1.jpg = a ?"],
            &["p: b"],
        ),
        (
            "by title",
            "<p><img src=1.jpg title='a'></p><p>b.",
            &["1.jpg = a"],
            &["p: b."],
        ),
        (
            "a title that is an alt line",
            "<p><img src=1.jpg title='Y - Ảnh 1.'></p><p>b.",
            &["1.jpg = -"],
            &["p: b."],
        ),
        (
            "a player's words stay text",
            "<figure><iframe src=/v></iframe><figcaption>a</figcaption></figure>",
            &[],
            &["embed: iframe https://a.vn/v", "p: a"],
        ),
    ];
    for (what, body, images, blocks) in table {
        let (draft, _) = read(body);
        assert_eq!(images_of(&draft), *images, "{what}");
        let mut texts = blocks_of(&draft);
        texts.retain(|block| !block.starts_with("image"));
        assert_eq!(texts, *blocks, "{what}");
    }
}

#[test]
fn alternative_texts_count_the_pictures() {
    type Row<'a> = (
        &'a str,
        &'a str,
        &'a [&'a str],
        &'a [&'a str],
        &'a [&'a str],
    );
    let table: &[Row<'_>] = &[
        (
            "a flat page",
            "<p>T “x” - Ảnh 1.</p><p>a. Ảnh: K</p><p>b.</p>",
            &["- = a. ?"],
            &["p: b."],
            &[],
        ),
        (
            "in one paragraph",
            "<p>T “x” - Ảnh 1.<br>a.</p><p>b.</p>",
            &["- = a. ?"],
            &["p: b."],
            &[],
        ),
        (
            "of another title",
            "<p>Y - Ảnh 1.</p><p>a.</p>",
            &[],
            &["p: Y - Ảnh 1.", "p: a."],
            &[],
        ),
        (
            "beside its picture",
            "<p><img src=1.jpg alt='T “x” - Ảnh 1.'></p><p>T “x” - Ảnh 1.</p><p>a.</p><p>b.</p>",
            &["1.jpg = a. ?"],
            &["p: b."],
            &[],
        ),
        (
            "a number is missing",
            "<p>b.</p><p>a</p><p>T “x” - Ảnh 2.</p><p>c.</p>",
            &["- = a ?", "- = c. ?"],
            &["p: b."],
            &["caption_suspected"],
        ),
        (
            "a number is missing, by alt",
            "<img src=1.jpg alt='Y - Ảnh 1.'><p>b.</p><p>a</p><img src=3.jpg alt='Y - Ảnh 3.'><p>c.</p>",
            &["1.jpg = -", "- = a ?", "3.jpg = -"],
            &["p: b.", "p: c."],
            &["caption_suspected"],
        ),
        (
            "no number is missing",
            "<p>b.</p><p>a</p><p>T “x” - Ảnh 1.</p><p>c.</p>",
            &["- = c. ?"],
            &["p: b.", "p: a"],
            &[],
        ),
        (
            "the missing one has a box",
            "<p>b</p><div class=box>a</div><p>T “x” - Ảnh 2.</p><p>c.</p>",
            &["- = a ?", "- = c. ?"],
            &["p: b"],
            &[],
        ),
        (
            "a sentence is no caption of the missing one",
            "<p>a.</p><p>T “x” - Ảnh 2.</p><p>c.</p>",
            &["- = c. ?"],
            &["p: a."],
            &[],
        ),
    ];
    for (what, body, images, blocks, warnings) in table {
        let (draft, codes) = read(body);
        assert_eq!(images_of(&draft), *images, "{what}");
        let mut texts = blocks_of(&draft);
        texts.retain(|block| !block.starts_with("image"));
        assert_eq!(texts, *blocks, "{what}");
        assert_eq!(codes, *warnings, "{what}");
    }
}

#[test]
fn credit_original_and_place_are_worked_out() {
    let (draft, _) = read(
        "<p>a.</p><figure><img src=data:x data-src=/thumb/1.jpg alt=' '><figcaption>b (Ảnh: K.V)</figcaption></figure>\
         <figure><img src=/2.jpg><figcaption>Ảnh: VGP/A</figcaption></figure>",
    );
    let [first, second] = draft.images.as_slice() else {
        panic!("{:?}", draft.images);
    };
    assert_eq!(first.url.as_deref(), Some("https://a.vn/thumb/1.jpg"));
    assert_eq!(first.original_url.as_deref(), Some("https://a.vn/1.jpg"));
    assert_eq!(first.alt, None);
    assert_eq!(first.caption.as_deref(), Some("b"));
    assert_eq!(first.credit.as_deref(), Some("K.V"));
    assert_eq!(first.caption_raw.as_deref(), Some("b (Ảnh: K.V)"));
    assert_eq!((first.position, first.after_block), (1, 1));
    assert_eq!(
        (second.caption.as_deref(), second.credit.as_deref()),
        (None, Some("VGP/A"))
    );
    assert_eq!((second.original_url.as_deref(), second.position), (None, 2));
}
