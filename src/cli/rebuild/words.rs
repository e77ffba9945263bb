//! Words: what a rebuild did, for people, in both languages. Causes of damage and names of fields are those of
//! the report, which is English.

use std::io::{self, Write};

use crate::cli::report::one_line;
use crate::cli::say::{Said, say};
use crate::cli::table::write_table;
use crate::lang::{Lang, Words, counted, words};
use crate::pipeline::{
    CARRIED, Differences, ExchangesCompared, ForeignState, ImportedAgain, Keys, NOT_REBUILT, Old,
    Rebuilt,
};

/// Where lines go, and in which language.
struct Page<'a> {
    out: &'a mut dyn Write,
    lang: Lang,
}

impl Page<'_> {
    fn line(&mut self, said: Said) -> io::Result<()> {
        writeln!(self.out, "{}", said.in_lang(self.lang))
    }

    /// `1 exchange`, `2 exchanges`; in Vietnamese a number needs no plural.
    fn exchanges(&self, number: u64) -> String {
        match self.lang {
            Lang::En => counted(number, "exchange", "exchanges"),
            Lang::Vi => format!("{number} lượt hỏi đáp"),
        }
    }

    fn table(&mut self, header: [Words; 3], rows: &[Vec<String>]) -> io::Result<()> {
        let lang = self.lang;
        writeln!(self.out)?;
        write_table(self.out, &header.map(|name| lang.of(name)), rows)
    }
}

/// Prints what a rebuild did.
pub(super) fn write_rebuilt(out: &mut dyn Write, rebuilt: &Rebuilt, lang: Lang) -> io::Result<()> {
    let page = &mut Page { out, lang };
    if rebuilt.was_interrupted {
        page.line(say(words(
            "an earlier rebuild did not end and had changed nothing; this one began anew",
            "lần tạo lại trước chưa xong và chưa thay đổi gì; lần này làm lại từ đầu",
        )))?;
    }
    write_read(page, rebuilt)?;
    write_imported(page, &rebuilt.imported)?;
    match &rebuilt.old {
        Old::Missing => page.line(say(words(
            "there was no database: nothing to compare with",
            "trước đó không có cơ sở dữ liệu: không có gì để so sánh",
        )))?,
        Old::Compared => {}
        Old::Damaged { problem } => {
            let said = say(words(
                "the old database can not be read, nothing to compare with: {problem}",
                "không đọc được cơ sở dữ liệu cũ nên không có gì để so sánh: {problem}",
            ));
            page.line(said.with("problem", problem))?;
        }
        Old::Newer { schema } => {
            let said = say(words(
                "the old database has schema {schema} of a newer khotin, nothing to compare with",
                "cơ sở dữ liệu cũ có cấu trúc số {schema} của bản khotin mới hơn nên không có gì để so sánh",
            ));
            page.line(said.with("schema", schema))?;
        }
    }
    if let Some(compared) = &rebuilt.exchanges_compared {
        write_exchanges(page, compared)?;
    }
    if let Some(differences) = &rebuilt.differences {
        write_differences(page, differences)?;
    }
    write_end(page, rebuilt)
}

/// What was read, and what could not be.
fn write_read(page: &mut Page<'_>, rebuilt: &Rebuilt) -> io::Result<()> {
    let replayed = &rebuilt.replayed;
    let read = page.exchanges(replayed.exchanges);
    let said = say(words("{exchanges} read again", "đã đọc lại {exchanges}"));
    page.line(said.with("exchanges", read))?;
    if replayed.unreadable > 0 {
        let said = say(words(
            "{number} of them {are} kept and not read, because reading did not come to an end; \
             `khotin rebuild --retry` tries again",
            "{number} lượt trong đó được giữ mà không đọc, vì việc đọc không kết thúc được; \
             `khotin rebuild --retry` thử lại",
        ));
        let are = plural(replayed.unreadable, "is", "are");
        page.line(said.with("number", replayed.unreadable).with("are", are))?;
    }
    for (site, number) in &replayed.without_profile {
        let said = say(words(
            "{number} of them {are} of {site} and {were} not read, because it has no profile any more; \
             put {site}.toml back and rebuild again",
            "{number} lượt trong đó của {site} và không được đọc, vì trang này không còn hồ sơ; \
             đặt lại {site}.toml rồi chạy lại",
        ));
        let said = said
            .with("number", number)
            .with("site", site)
            .with("are", plural(*number, "is", "are"))
            .with("were", plural(*number, "was", "were"));
        page.line(said)?;
    }
    if replayed.missing > 0 {
        let missing = page.exchanges(replayed.missing);
        let said = say(words(
            "{exchanges} between them {are} not in the archive: lost before being durable, \
             damaged, or in a file that is not there",
            "{exchanges} ở giữa không có trong kho lưu trữ: mất trước khi kịp ghi chắc, \
             bị hỏng, hoặc nằm trong tệp không còn",
        ));
        let are = plural(replayed.missing, "is", "are");
        page.line(said.with("exchanges", missing).with("are", are))?;
    }
    for place in &rebuilt.damage {
        let unknown = page.lang.of(words("record unknown", "không rõ bản ghi"));
        let said = say(words(
            "DAMAGED {file} byte {offset}, {record}: {problem}",
            "HƯ HỎNG {file} byte {offset}, {record}: {problem}",
        ))
        .with("file", &place.file)
        .with("offset", place.offset)
        .with("record", place.record_id.as_deref().unwrap_or(unknown))
        .with("problem", &place.problem);
        page.line(said)?;
    }
    if rebuilt.damaged > 0 {
        let places = match page.lang {
            Lang::En => counted(rebuilt.damaged, "damaged place", "damaged places"),
            Lang::Vi => format!("{} chỗ hỏng", rebuilt.damaged),
        };
        let said = say(words(
            "{places}; every whole exchange of the closed files was read",
            "{places}; mọi lượt hỏi đáp còn nguyên trong các tệp đã đóng đều đã được đọc",
        ));
        page.line(said.with("places", places))?;
    }
    Ok(())
}

/// What the foreign files of the ledger gave.
fn write_imported(page: &mut Page<'_>, imported: &ImportedAgain) -> io::Result<()> {
    if imported.files > 0 {
        let (captures, files) = match page.lang {
            Lang::En => (
                counted(imported.captures, "capture", "captures"),
                counted(imported.files, "foreign file", "foreign files"),
            ),
            Lang::Vi => (
                format!("{} lần thu", imported.captures),
                format!("{} tệp bên ngoài", imported.files),
            ),
        };
        let said = say(words(
            "{captures} imported again from {files}",
            "đã nhập lại {captures} từ {files}",
        ));
        page.line(said.with("captures", captures).with("files", files))?;
    }
    for missing in &imported.missing {
        let how = match missing.state {
            ForeignState::Changed => words("is another file now", "nay là tệp khác"),
            ForeignState::Missing | ForeignState::Sound => {
                words("is not where it was", "không còn ở chỗ cũ")
            }
        };
        let said = say(words(
            "MISSING foreign file {name} {how} (SHA-256 {sha256})",
            "THIẾU tệp bên ngoài {name} {how} (SHA-256 {sha256})",
        ))
        .with("name", &missing.name)
        .with("how", page.lang.of(how))
        .with("sha256", &missing.sha256);
        page.line(said)?;
    }
    Ok(())
}

fn write_exchanges(page: &mut Page<'_>, compared: &ExchangesCompared) -> io::Result<()> {
    for lost in &compared.lost_examples {
        let place = match (&lost.file, lost.offset) {
            (Some(file), Some(offset)) => format!("{file} byte {offset}"),
            _ => page
                .lang
                .of(words("no answer", "không có trả lời"))
                .to_owned(),
        };
        let said = say(words(
            "LOST exchange {sequence}, {place}: {url}",
            "MẤT lượt hỏi đáp {sequence}, {place}: {url}",
        ))
        .with("sequence", lost.sequence)
        .with("place", place)
        .with("url", &lost.url);
        page.line(said)?;
    }
    if compared.lost > 0 {
        let lost = page.exchanges(compared.lost);
        let said = say(words(
            "{exchanges} of the old database {are} not given by the archive any more",
            "{exchanges} của cơ sở dữ liệu cũ không còn trong kho lưu trữ",
        ));
        let are = plural(compared.lost, "is", "are");
        page.line(said.with("exchanges", lost).with("are", are))?;
    }
    for (change, number) in &compared.pages {
        let pages = match page.lang {
            Lang::En => counted(*number, "page is", "pages are"),
            Lang::Vi => format!("{number} trang"),
        };
        let said = say(words(
            "{pages} read otherwise: {change}",
            "{pages} được đọc khác trước: {change}",
        ));
        page.line(said.with("pages", pages).with("change", change))?;
    }
    Ok(())
}

fn write_differences(page: &mut Page<'_>, differences: &Differences) -> io::Result<()> {
    let said = say(words(
        "records: {old} before, {new} now, {same} the same",
        "bản ghi: trước {old}, nay {new}, giống nhau {same}",
    ))
    .with("old", differences.old_articles)
    .with("new", differences.new_articles)
    .with("same", differences.same);
    page.line(said)?;
    if differences.is_empty() {
        return Ok(());
    }
    let example = words("for example", "ví dụ");
    let kinds = [
        (words("appeared", "mới có"), &differences.appeared),
        (words("vanished", "không còn"), &differences.vanished),
        (words("changed", "thay đổi"), &differences.changed),
    ];
    let lang = page.lang;
    let rows = kinds.map(|(kind, keys)| row(lang.of(kind), keys));
    let header = [
        words("records", "bản ghi"),
        words("number", "số lượng"),
        example,
    ];
    page.table(header, &rows)?;
    let fields = differences.fields.iter();
    let rows: Vec<_> = fields.map(|(field, keys)| row(field, keys)).collect();
    let header = [
        words("field", "trường"),
        words("differs in", "khác ở"),
        example,
    ];
    if !rows.is_empty() {
        page.table(header, &rows)?;
    }
    writeln!(page.out)
}

fn row(name: &str, keys: &Keys) -> Vec<String> {
    let examples: Vec<String> = keys
        .examples
        .iter()
        .map(|key| one_line(key.as_str()))
        .collect();
    vec![one_line(name), keys.number.to_string(), examples.join(" ")]
}

/// Which database is in place now, and why.
fn write_end(page: &mut Page<'_>, rebuilt: &Rebuilt) -> io::Result<()> {
    if !rebuilt.carried.is_empty() {
        let said = say(words(
            "taken over from the old database: {what}",
            "lấy lại từ cơ sở dữ liệu cũ: {what}",
        ));
        page.line(said.with("what", told(&rebuilt.carried, &CARRIED, page.lang)))?;
    }
    let said = say(words("not rebuilt: {what}", "không tạo lại được: {what}"));
    page.line(said.with("what", told(&rebuilt.not_rebuilt, &NOT_REBUILT, page.lang)))?;
    if let Some(aside) = &rebuilt.put_aside {
        let said = say(words(
            "the old database is kept as {aside}",
            "cơ sở dữ liệu cũ được giữ lại với tên {aside}",
        ));
        page.line(said.with("aside", aside.display()))?;
    }
    if rebuilt.replaces {
        return page.line(say(words(
            "the new database is in place",
            "cơ sở dữ liệu mới đã được đưa vào dùng",
        )));
    }
    for reason in &rebuilt.kept_because {
        let said = say(words(
            "the old database stays: {reason}",
            "cơ sở dữ liệu cũ vẫn được dùng: {reason}",
        ));
        page.line(said.with("reason", reason))?;
    }
    let end = if rebuilt.dry_run {
        words(
            "nothing was replaced: this was a dry run",
            "không thay thế gì: đây chỉ là chạy thử",
        )
    } else {
        words(
            "nothing was replaced: put back what is missing (a copy of the file, the profile; a foreign file that was moved: \
             `khotin import NEW-PLACE`), or accept the loss with `khotin rebuild --accept-loss`",
            "không thay thế gì: hãy đặt lại phần bị thiếu (bản sao của tệp, hồ sơ trang; tệp bên ngoài đã chuyển chỗ: \
             `khotin import CHỖ-MỚI`), hoặc chấp nhận mất bằng `khotin rebuild --accept-loss`",
        )
    };
    page.line(say(end))
}

/// The word for one, or for any other number.
fn plural(number: u64, one: &'static str, many: &'static str) -> &'static str {
    if number == 1 { one } else { many }
}

/// Words of the report, which is English, in a language.
fn told(parts: &[&str], known: &[Words], lang: Lang) -> String {
    let in_lang = |part: &&str| {
        let known = known.iter().find(|known| known.en == *part);
        known.map_or_else(|| (*part).to_owned(), |known| lang.of(*known).to_owned())
    };
    parts.iter().map(in_lang).collect::<Vec<_>>().join("; ")
}
