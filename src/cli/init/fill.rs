//! Fill: the answers put into the reference of all settings. Pure: text in, text out.
//!
//! The reference is the repository's config.toml, whose comments explain every key; only the lines of
//! what was answered change. In Vietnamese each of these has a comment in Vietnamese above it.

use anyhow::Context as _;
use toml::Value;

use super::answers::Answers;
use crate::Lang;

/// The reference of all settings, as in the repository.
const REFERENCE: &str = include_str!("../../../config.toml");

/// A line to fill in.
struct Filled {
    section: &'static str,
    key: &'static str,
    value: Value,
    /// What the key means, in Vietnamese.
    vi: &'static str,
}

/// config.toml with these answers.
///
/// # Errors
/// If the reference lacks a key, which a test would have told.
pub(super) fn filled(answers: &Answers) -> anyhow::Result<String> {
    let mut text = REFERENCE.to_owned();
    for line in lines(answers) {
        text = set(&text, &line, answers.lang).with_context(|| {
            format!("config.toml has no line for {}.{}", line.section, line.key)
        })?;
    }
    if answers.lang == Lang::Vi {
        text = format!(
            "# Cấu hình của khotin, tạo bằng `khotin init --lang vi`. Mọi khóa đều có ở đây kèm đơn vị và giá trị\n\
             # mặc định; khóa bị bỏ đi sẽ lấy giá trị mặc định. Hướng dẫn: README.vi.md.\n#\n{text}"
        );
    }
    Ok(text)
}

fn lines(answers: &Answers) -> Vec<Filled> {
    let list = |words: Vec<&str>| Value::Array(words.into_iter().map(Value::from).collect());
    let mut lines = Vec::new();
    let mut add = |section, key, value: Option<Value>, vi| {
        lines.extend(value.map(|value| Filled {
            section,
            key,
            value,
            vi,
        }));
    };
    let text = |text: &Option<String>| text.clone().map(Value::from);
    add(
        "operator",
        "name",
        text(&answers.name),
        "Ai vận hành kho này; được ghi vào mọi tệp WARC.",
    );
    add(
        "operator",
        "contact",
        text(&answers.contact),
        "Địa chỉ để quản trị trang liên hệ; được gửi kèm mọi yêu cầu (From, User-Agent).",
    );
    let output = answers.output.as_ref();
    add(
        "paths",
        "output",
        output.map(|path| Value::from(path.display().to_string())),
        "Thư mục của kho lưu trữ, cơ sở dữ liệu, tệp xuất và báo cáo.",
    );
    add(
        "display",
        "lang",
        (answers.lang != Lang::default()).then(|| Value::from(answers.lang.as_str())),
        "Ngôn ngữ của nhãn, trang và báo cáo: \"en\" hoặc \"vi\".",
    );
    let sites = answers.sites.iter().map(|site| site.as_str()).collect();
    add(
        "crawl",
        "sites",
        (!answers.sites.is_empty()).then(|| list(sites)),
        "Các trang sẽ thu thập khi lệnh `khotin crawl` không nêu tên trang.",
    );
    let formats = answers.formats.iter().map(|one| one.as_str()).collect();
    add(
        "export",
        "formats",
        (!answers.formats.is_empty()).then(|| list(formats)),
        "Định dạng của tệp xuất và bản kết xuất hằng đêm.",
    );
    let number = |number: Option<u32>| number.map(|number| Value::from(i64::from(number)));
    add(
        "nightly",
        "keep_daily",
        number(answers.keep_daily),
        "Giữ bản kết xuất của bao nhiêu đêm gần nhất.",
    );
    add(
        "nightly",
        "keep_monthly",
        number(answers.keep_monthly),
        "Giữ bản kết xuất đầu tiên của bao nhiêu tháng gần nhất.",
    );
    lines
}

/// A value on one line. A string is written as JSON's, whose escapes TOML has too (TOML 1.0, "String"), but for
/// U+007F, which only TOML wants escaped; toml itself would write one with a line break over several lines.
fn on_one_line(value: &Value) -> String {
    match value {
        Value::String(text) => serde_json::Value::from(text.as_str())
            .to_string()
            .replace('\u{7f}', "\\u007f"),
        value => value.to_string(),
    }
}

/// The text with one value in place of the key's; none if the section has no such line. A key that is
/// commented out is set.
fn set(text: &str, filled: &Filled, lang: Lang) -> Option<String> {
    let heading = format!("[{}]", filled.section);
    let (plain, commented) = (format!("{} = ", filled.key), format!("# {} = ", filled.key));
    let mut is_inside = false;
    let mut is_set = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        if line.starts_with('[') {
            is_inside = line == heading;
        }
        let is_it = line.starts_with(&plain) || line.starts_with(&commented);
        if is_inside && is_it && !is_set {
            is_set = true;
            if lang == Lang::Vi {
                lines.push(format!("# {}", filled.vi));
            }
            lines.push(format!("{plain}{}", on_one_line(&filled.value)));
        } else {
            lines.push(line.to_owned());
        }
    }
    is_set.then(|| lines.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::export::Format;
    use crate::model::SiteId;

    fn everything(lang: Lang) -> Answers {
        Answers {
            lang,
            contact: Some("a@example.org".to_owned()),
            name: Some("Viện \"X\"\n[crawl]\u{7f}".to_owned()),
            sites: vec![SiteId::new("moh"), SiteId::new("demo")],
            output: Some("kho tin".into()),
            formats: vec![Format::Csv, Format::Jsonl],
            keep_daily: Some(7),
            keep_monthly: Some(24),
        }
    }

    #[test]
    fn what_is_filled_in_is_read_back_whatever_it_holds_and_nothing_else_changes() {
        for lang in Lang::ALL {
            let text = filled(&everything(lang)).unwrap();
            let config = Config::parse("config.toml", &text).unwrap();
            let mut expected = Config::default();
            expected.operator.contact = "a@example.org".to_owned();
            expected.operator.name = "Viện \"X\"\n[crawl]\u{7f}".to_owned();
            expected.crawl.sites = vec![SiteId::new("moh"), SiteId::new("demo")];
            expected.paths.output = "kho tin".into();
            expected.export.formats = vec![Format::Csv, Format::Jsonl];
            expected.nightly.keep_daily = 7;
            expected.nightly.keep_monthly = Some(24);
            expected.display.lang = lang;
            assert_eq!(config, expected, "{lang}");
        }
    }

    #[test]
    fn without_answers_it_is_the_reference_and_every_comment_stays() {
        assert_eq!(filled(&Answers::default()).unwrap(), REFERENCE);
        let comments = |text: &str| {
            let lines = text.lines().filter(|line| line.starts_with("# "));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        let text = filled(&everything(Lang::Vi)).unwrap();
        for comment in comments(REFERENCE) {
            let is_set = comment.starts_with("# keep_monthly = ");
            assert!(is_set || text.contains(&comment), "{comment}");
        }
        let vietnamese = text.lines().filter(|line| line.contains("Ai vận hành"));
        assert_eq!(vietnamese.count(), 1);
    }
}
