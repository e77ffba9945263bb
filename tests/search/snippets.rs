//! The passage that is shown: as written, marked where a reader sees the words, whichever index found it.

use khotin::model::{Article, Content};
use khotin::search::{Field, SNIPPET_WORDS, Snippet, TextQuery};
use khotin::store::{ArticleFilter, Store};

use crate::library::{article, commit, demo, open};

fn folded((key, content): (String, Content)) -> Article {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    commit(&mut store, &[(key, content)]);
    store
        .articles(&ArticleFilter::default())
        .next()
        .unwrap()
        .unwrap()
}

fn query(typed: &str) -> TextQuery {
    TextQuery::parse(typed).unwrap()
}

/// A text with its marks in brackets.
fn marked(text: &str, marks: &[std::ops::Range<usize>]) -> String {
    let mut shown = String::new();
    let mut end = 0;
    for mark in marks {
        shown.push_str(&text[end..mark.start]);
        shown.push_str(&format!("[{}]", &text[mark.clone()]));
        end = mark.end;
    }
    shown + &text[end..]
}

fn shown(snippet: &Snippet) -> String {
    let before = if snippet.is_cut_before { "…" } else { "" };
    let behind = if snippet.is_cut_behind { "…" } else { "" };
    format!("{before}{}{behind}", marked(&snippet.text, &snippet.marks))
}

#[test]
fn marks_stand_on_the_words_as_written() {
    let table = [
        // why, query, text, marked
        (
            "without marks",
            "suc khoe",
            "Lo sức khoẻ, khỏe!",
            "Lo [sức khoẻ], [khỏe]!",
        ),
        (
            "as written",
            "sức khỏe",
            "sức khoẻ khoe suc",
            "[sức khoẻ] khoe suc",
        ),
        (
            "a phrase and nothing else of its words",
            "\"suc khoe\"",
            "khỏe, sức khỏe",
            "khỏe, [sức khỏe]",
        ),
        (
            "a phrase over signs",
            "covid-19",
            "dịch COVID-19.",
            "dịch [COVID-19].",
        ),
        ("signs between part marks", "y te", "y, tế", "[y], [tế]"),
        (
            "the whole word of a beginning",
            "truyen*",
            "Truyền thông, chuyền",
            "[Truyền] thông, chuyền",
        ),
        ("đ", "duc", "Lê Đức Luận", "Lê [Đức] Luận"),
        (
            "what is not wanted is not marked",
            "le -luan",
            "Lê Đức Luận",
            "[Lê] Đức Luận",
        ),
        (
            "decomposed text",
            "te",
            "te\u{302}\u{301}.",
            "[te\u{302}\u{301}].",
        ),
        (
            "phrases that overlap are one mark",
            "\"a b\" \"b c\"",
            "a b c d",
            "[a b c] d",
        ),
        ("nothing", "xyz", "a b", "a b"),
    ];
    for (what, typed, text, expected) in table {
        assert_eq!(marked(text, &query(typed).marks(text)), expected, "{what}");
    }
}

#[test]
fn the_passage_that_says_most_is_shown_with_its_words_in_the_middle() {
    let long = |word: &str| vec![word; 40].join(" ");
    let text = format!("{} sởi và rồi cúm, {}.", long("a"), long("b"));
    let one = folded(article(
        "1",
        "2025-01-01",
        "Tin sởi",
        &["Chỉ có sởi.", &text, "Cuối: cúm và sởi."],
    ));
    let expected = format!(
        "…{} [sởi] và rồi [cúm], {}…",
        ["a"; 14].join(" "),
        ["b"; 14].join(" ")
    );
    let snippet = query("soi cum").snippet(&one).unwrap();
    assert_eq!(shown(&snippet), expected, "the first of two that say both");
    assert_eq!(snippet.text.split_whitespace().count(), SNIPPET_WORDS);
    assert_eq!(snippet.field, Field::Text);
    let shown_for = |typed: &str| shown(&query(typed).snippet(&one).unwrap());
    assert_eq!(
        shown_for("sởi"),
        "Chỉ có [sởi].",
        "a short piece is whole, its dot too"
    );
    assert_eq!(
        shown_for("tin"),
        "Chỉ có sởi.",
        "only the title says it: the beginning"
    );
    let bs = ["b"; SNIPPET_WORDS].join(" ");
    assert_eq!(shown_for("b"), format!("…[{bs}]…"), "no more than fits");
}

#[test]
fn captions_and_leads_are_passages_too_and_an_empty_article_has_none() {
    let seeds = demo(0);
    let of_2023 = seeds
        .into_iter()
        .find(|(key, _)| key.contains("hoi-nghi"))
        .unwrap();
    let seed = folded(of_2023);
    let snippet = query("\"k.v\"").snippet(&seed).unwrap();
    assert_eq!(snippet.field, Field::Captions);
    assert_eq!(
        shown(&snippet),
        "Thứ trưởng Lê Đức Luận phát biểu tại Hội nghị. Ảnh: [K.V]"
    );
    let snippet = query("ngay 16/6").snippet(&seed).unwrap();
    assert_eq!(snippet.field, Field::Lead);
    assert!(shown(&snippet).starts_with("[Ngày 16/6], tại TP.HCM, Bộ Y tế tổ chức"));
    let nothing = folded(article("1", "2025-01-01", "Tin", &[]));
    assert_eq!(query("tin").snippet(&nothing), None);
}

#[test]
fn a_phrase_longer_than_a_passage_is_cut_and_marked() {
    let words: Vec<String> = (1..=50).map(|number| format!("t{number}")).collect();
    let text = words.join(" ");
    let one = folded(article("1", "2025-01-01", "Tin", &[&text]));
    let snippet = query(&format!("\"{}\"", words[4..45].join(" ")))
        .snippet(&one)
        .unwrap();
    assert_eq!(shown(&snippet), format!("…[{}]…", words[4..36].join(" ")));
}
