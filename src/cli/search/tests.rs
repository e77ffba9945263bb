use super::*;
use crate::search::Field;

const STYLED: Terminal = Terminal {
    width: Some(30),
    is_styled: true,
};

fn snippet() -> Snippet {
    let text = "lo \u{9b}2J sức khỏe, 1 hai ba bốn năm sáu".to_owned();
    Snippet {
        field: Field::Text,
        marks: TextQuery::parse("suc khoe").unwrap().marks(&text),
        text,
        is_cut_before: true,
        is_cut_behind: true,
    }
}

fn written(terminal: Terminal) -> String {
    let mut out = Vec::new();
    write_snippet(&mut out, &snippet(), terminal).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_snippet_is_marked_and_wrapped_and_obeyed_by_no_terminal() {
    assert_eq!(
        written(Terminal::PIPE),
        "    …lo 2J «sức khỏe», 1 hai ba bốn năm sáu…\n"
    );
    assert_eq!(
        written(STYLED),
        "    …lo 2J \u{1b}[1msức\u{1b}[0m \u{1b}[1mkhỏe\u{1b}[0m, 1 hai ba\n    bốn năm sáu…\n"
    );
}

#[test]
fn nothing_found_is_told_in_both_languages_with_what_to_try() {
    let found = |number| FoundArticles {
        query: TextQuery::parse("sức khoẻ").unwrap(),
        number: 0,
        articles: Vec::new(),
        without_marks: Some((TextQuery::parse("suc khoe").unwrap(), number)),
    };
    let told = |number, lang| {
        let mut out = Vec::new();
        write_found(&mut out, &found(number), lang, Terminal::PIPE).unwrap();
        String::from_utf8(out).unwrap()
    };
    assert_eq!(
        told(3, Lang::En),
        "no article says: sức khoẻ\n  without marks 3 do: khotin search 'suc khoe'\n"
    );
    assert_eq!(
        told(3, Lang::Vi),
        "không có bài nào chứa: sức khoẻ\n  nếu không xét dấu thì có 3 bài: khotin search 'suc khoe'\n"
    );
    assert!(told(0, Lang::En).contains("try fewer words"));
    assert!(told(0, Lang::Vi).contains("hãy thử ít từ hơn"));
}
