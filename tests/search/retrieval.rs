//! What is found, over the two real articles of the ministry (shared seeds: one of 2022, one of 2023),
//! a few lines written for a question of spelling, and the demo's generated articles.

use std::collections::BTreeSet;

use khotin::model::Content;
use khotin::store::{ArticleFilter, SqliteStore, Store};
use tempfile::TempDir;
use unicode_normalization::UnicodeNormalization;

use crate::library::{article, commit, demo, found, open};

const OF_2022: &str =
    "demo:liferay:tong-ket-chien-dich-truyen-thong-vi-mot-viet-nam-vung-vang-va-khoe-manh-";
const OF_2023: &str = "demo:liferay:hoi-nghi-huong-dan-cong-tac-truyen-thong-cung-cap-thong-tin-y-te-\
     va-trien-khai-quy-che-phat-ngon-cua-bo-y-te";

fn store_of(articles: &[(String, Content)]) -> (TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(folder.path());
    commit(&mut store, articles);
    (folder, store)
}

/// The seeds, and lines that tell spellings apart.
fn spellings() -> (TempDir, SqliteStore) {
    let mut articles = demo(0);
    assert_eq!(articles.len(), 2, "the two seeds");
    articles.extend([
        article(
            "boast",
            "2025-01-01",
            "Khoe thành tích",
            &["Bác sĩ trẻ khoe nụ cười."],
        ),
        article(
            "peace",
            "2025-01-02",
            "Hoà giải ở Thuỷ Nguyên",
            &["Quý III: tòa nhà mới, toàn huyện vui."],
        ),
        article(
            "knife",
            "2025-01-03",
            "Đào tạo dùng dao mổ",
            &["Không dùng thanh đao cũ."],
        ),
        article("mark", "2025-01-04", "Ấn tượng", &["Ấn tượng toàn tỉnh."]),
    ]);
    store_of(&articles)
}

#[test]
fn every_spelling_of_a_word_finds_what_it_should_and_nothing_else() {
    let (_folder, store) = spellings();
    let (a, b) = (OF_2022, OF_2023);
    let [boast, peace, knife, mark] =
        ["boast", "peace", "knife", "mark"].map(|name| format!("demo:portal:{name}"));
    let (boast, peace, knife, mark) = (&*boast, &*peace, &*knife, &*mark);
    let nfd: String = "\"khỏe mạnh\"".nfd().collect();
    let table: [(&str, &str, &[&str]); 53] = [
        // why, query, found
        (
            "words may stand apart: sức khỏe and the name Mạnh",
            "khỏe mạnh",
            &[a, b],
        ),
        ("a phrase stands together", "\"khỏe mạnh\"", &[a]),
        ("the other place of the tone", "\"khoẻ mạnh\"", &[a]),
        ("capitals", "\"KHỎE MẠNH\"", &[a]),
        ("NFD, as a Mac types", &nfd, &[a]),
        ("without marks", "\"khoe manh\"", &[a]),
        ("capitals without marks", "\"KHOE MANH\"", &[a]),
        (
            "without marks every word that looks so",
            "khoe",
            &[a, b, boast],
        ),
        (
            "with one marked word the others are as written",
            "khoe nụ",
            &[boast],
        ),
        ("as written khoe is not khỏe", "khoe trẻ", &[boast]),
        ("a phrase of the title", "\"phát ngôn\"", &[b]),
        ("as words it is in ngôn ngữ too", "phat ngon", &[a, b]),
        ("a typo of the page stays findable", "\"phát nhôn\"", &[b]),
        ("a name with đ", "\"Lê Đức Luận\"", &[b]),
        ("the same without marks: đ is d", "\"le duc luan\"", &[b]),
        (
            "half without marks is as written, so nothing",
            "\"lê đức luan\"",
            &[],
        ),
        ("a word with a dash", "COVID-19", &[a, b]),
        ("in any case", "covid", &[a, b]),
        ("but not", "covid -flashmob", &[b]),
        ("but not a phrase", "covid -\"phát ngôn\"", &[a]),
        ("but not, without marks", "covid -\"phat ngon\"", &[a]),
        ("a dash between is nothing", "flashmob - covid", &[a]),
        ("a beginning", "flash*", &[a]),
        ("without the star it is a word", "flash", &[]),
        ("a beginning with a tone", "khoẻ* mạ*", &[a, b]),
        ("a beginning in a phrase", "\"chăm sóc và nâng c*\"", &[b]),
        ("a number in parts", "270.000", &[a]),
        ("a date as the text has it", "16/6", &[b]),
        ("a beginning of a number", "1518*", &[a]),
        ("a credit of a picture", "\"K.V\"", &[b]),
        ("a caption", "\"phát biểu tại Hội nghị\"", &[b]),
        ("a sign behind is nothing", "2K+", &[a]),
        ("a tag is one word", "#vudieu2k", &[a]),
        ("letters with a dot", "TP.HCM", &[b]),
        (
            "related titles are another article's",
            "\"Chỉnh hình\"",
            &[],
        ),
        ("the source line is no text", "suckhoedoisong", &[]),
        (
            "quotes as in the text",
            "“Vì một Việt Nam vững vàng và khỏe mạnh”",
            &[a],
        ),
        (
            "no phrase goes from a block into the next",
            "\"cộng đồng xã hội thông điệp\"",
            &[],
        ),
        ("inside a block it does", "\"trong cộng đồng xã hội\"", &[a]),
        ("oa, new place in the text", "hòa", &[peace]),
        ("oa, old place in the text", "toà", &[peace]),
        ("uy", "thủy", &[peace]),
        ("a closed syllable is another word", "\"toà huyện\"", &[]),
        ("qu", "qúy", &[peace]),
        ("lan tỏa, new place", "lan toả", &[a]),
        ("đ is not d as written", "thanh đao", &[knife]),
        ("d is not đ as written", "\"dao mổ\"", &[knife]),
        ("the other way round nothing", "\"đao mổ\"", &[]),
        ("marks say an, not ấn", "an toàn", &[]),
        ("without marks it may be", "\"an tuong\" toan", &[mark]),
        (
            "i and y are two spellings, and stay two",
            "\"nghệ sĩ\"",
            &[],
        ),
        ("as the text has it", "\"nghệ sỹ\"", &[a]),
        (
            "signs of a language of databases",
            "title:flashmob OR (\"NEAR\" ^*",
            &[],
        ),
    ];
    for (what, query, expected) in table {
        let found: BTreeSet<String> = found(&store, query).into_iter().collect();
        let expected = expected.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected, "{what}: {query}");
    }
}

#[test]
fn the_best_comes_first() {
    let filler = "Một câu dài về những việc khác hẳn, không nói gì đến điều đang tìm ở đây cả.";
    let scattered = "Sức người có hạn; ai cũng muốn khỏe.";
    let (_folder, store) = store_of(&[
        article(
            "1",
            "2025-01-01",
            "Tin một",
            &[filler, "Chăm lo sức khỏe.", filler],
        ),
        article("2", "2025-01-02", "Sức khỏe là vàng", &[filler]),
        article("3", "2025-01-03", "Tin ba", &[filler, scattered, filler]),
        article("6", "2025-01-05", "Tin", &["Tai nạn."]),
        article("5", "2025-01-06", "Tin", &["Tai nạn."]),
        article("4", "2025-01-06", "Tin", &["Tai nạn."]),
    ]);
    let table = [
        // why, query, order
        (
            "the title counts most, then a phrase, then words apart",
            "sức khỏe",
            vec!["2", "1", "3"],
        ),
        ("the same without marks", "suc khoe", vec!["2", "1", "3"]),
        (
            "equals: the newest day first, then by key",
            "tai nạn",
            vec!["4", "5", "6"],
        ),
    ];
    for (what, query, expected) in table {
        let expected: Vec<String> = expected
            .iter()
            .map(|id| format!("demo:portal:{id}"))
            .collect();
        assert_eq!(found(&store, query), expected, "{what}");
    }
}

/// Every way to ask, over words that the generated articles hold.
fn queries() -> Vec<String> {
    let mut queries = Vec::new();
    for words in [
        "sức khỏe",
        "suc khoe",
        "khoẻ",
        "nguoi cao tuoi",
        "y te",
        "đào tạo",
        "R&D",
        "1.000 ngày",
    ] {
        let first = words.split(' ').next().unwrap();
        queries.extend([
            words.to_owned(),
            format!("\"{words}\""),
            format!("{words}*"),
            format!("\"{words}\"*"),
            format!("{words} -{first}"),
            format!("giả -\"{words}\""),
            format!("gia {words} -tiem"),
            format!("-{first} bệnh* viện"),
            words.to_uppercase(),
            words.nfd().collect(),
        ]);
    }
    queries
}

#[test]
fn the_index_and_the_rule_for_one_article_agree() {
    let (_folder, store) = store_of(&demo(25));
    let all: Vec<_> = store
        .articles(&ArticleFilter::default())
        .map(Result::unwrap)
        .collect();
    assert!(all.len() > 25);
    let mut some = 0;
    for typed in queries() {
        let query = khotin::search::TextQuery::parse(&typed).unwrap();
        let meant = all.iter().filter(|article| query.matches(article));
        let expected: Vec<String> = meant.map(|article| article.key.to_string()).collect();
        let mut found = found(&store, &typed);
        found.sort();
        assert_eq!(found, expected, "{typed}");
        some += usize::from(!found.is_empty() && found.len() < all.len());
    }
    assert!(some > 40, "only {some} queries tell articles apart");
}

#[test]
fn nothing_that_can_be_typed_breaks_the_database() {
    let (_folder, store) = spellings();
    let words = ["khỏe", "khoe", "COVID-19", "a*", "-a", "\"b c\""];
    let signs = [
        "\"",
        "'",
        "(",
        ")",
        "*",
        ":",
        "^",
        "-",
        "+",
        "{",
        "}",
        ",",
        ";",
        "\\",
        "%",
        "_",
        "NEAR(",
        " OR ",
        " AND ",
        " NOT ",
        "\u{0}",
        "\u{1b}[2J",
        "\u{ff02}",
        "¶",
        "\u{2029}",
        "title:",
        "--",
        "*\"",
    ];
    for word in words {
        for sign in signs {
            for typed in [
                format!("{sign}{word}"),
                format!("{word}{sign}"),
                format!("{word}{sign}{word}"),
                format!("khỏe {sign}{word}{sign}"),
            ] {
                if let Ok(query) = khotin::search::TextQuery::parse(&typed) {
                    let filter = ArticleFilter {
                        query: Some(query),
                        ..ArticleFilter::default()
                    };
                    let found = store.search(&filter, 5);
                    assert!(found.is_ok(), "{typed:?}: {found:?}");
                    assert!(
                        store.articles(&filter).all(|article| article.is_ok()),
                        "{typed:?}"
                    );
                }
            }
        }
    }
}
