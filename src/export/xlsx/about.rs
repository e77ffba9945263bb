//! The first sheet: what this file is, from which query, how much is in it, and what may be done with
//! it. Everything comes from the manifest, so it says the same.

use std::collections::BTreeSet;

use rust_xlsxwriter::{Format, Url, Workbook, Worksheet, XlsxError};
use serde_json::Value;

use super::cells::{local_time, moment_number};
use super::sheets::TableSheets;
use super::{FILE, Voice, dictionary, look, page};
use crate::export::columns::ARTICLE_COLUMNS;
use crate::export::guard::{EXCEL_CELL_LIMIT, clean, cut};
use crate::export::manifest::Manifest;
use crate::export::names::Names;
use crate::export::sink::Tally;
use crate::lang::{Words, words};

const NAME: Words = words("About", "Giới thiệu");
/// The words over made-up news, in both languages whatever the voice.
const ALARM: &str = "DỮ LIỆU GIẢ LẬP / SYNTHETIC";
const WIDTHS: [f64; 3] = [34.0, 20.0, 88.0];
/// Letters that fit into a line of the second and third column together; rather fewer.
const LINE: usize = 110;
const VIETNAM_SECONDS_EAST: i32 = 7 * 3600;

/// What the first sheet tells.
pub(super) struct About<'a> {
    pub(super) voice: Voice,
    pub(super) manifest: &'a Manifest,
    /// What people call the sites.
    pub(super) names: &'a Names,
    /// Site and host of the articles.
    pub(super) sources: &'a BTreeSet<(String, String)>,
    /// Of this file.
    pub(super) tally: Tally,
}

impl About<'_> {
    /// The whole sheet.
    pub(super) fn sheet(
        &self,
        workbook: &mut Workbook,
        tables: &[TableSheets],
    ) -> Result<Worksheet, XlsxError> {
        let mut worksheet = workbook.new_worksheet_with_constant_memory()?;
        worksheet.set_name(self.voice.say(NAME))?;
        worksheet.set_screen_gridlines(false);
        worksheet.set_active(true);
        worksheet.set_default_row_height(look::LINE_HEIGHT);
        page::portrait(&mut worksheet);
        for (number, width) in (0_u16..).zip(WIDTHS) {
            worksheet.set_column_width(number, width)?;
        }
        let mut lines = Lines {
            sheet: &mut worksheet,
            voice: self.voice,
            row: 0,
        };
        self.head(&mut lines)?;
        self.query(&mut lines)?;
        self.counts(&mut lines)?;
        self.contents(&mut lines, tables)?;
        self.reading(&mut lines)?;
        self.rights(&mut lines)?;
        self.files(&mut lines)?;
        Ok(worksheet)
    }

    fn head(&self, lines: &mut Lines<'_>) -> Result<(), XlsxError> {
        if self.manifest.synthetic_articles > 0 {
            lines.wide(ALARM, &look::alarm(), 45.0)?;
        }
        let title = words(
            "News of Vietnamese ministries, archived by khotin",
            "Tin của các bộ, do khotin lưu trữ",
        );
        lines.wide(self.voice.say(title), &look::title(), 33.0)?;
        if self.manifest.synthetic_articles > 0 {
            let share = words(
                "articles here were made up by the demo ministry for trying the program out: they are never news, and their rows are red",
                "bài ở đây do bộ giả lập tạo ra để thử chương trình: không bao giờ là tin thật, các dòng ấy có màu đỏ",
            );
            let (made_up, all) = (self.manifest.synthetic_articles, self.manifest.articles);
            let text = format!("{made_up} / {all} {}", self.voice.say(share));
            lines.paragraph(words("Synthetic", "Giả lập"), &text)?;
        }
        let created = &self.manifest.created;
        lines.moment(words("Exported (UTC)", "Lúc xuất (UTC)"), created, 0)?;
        lines.moment(
            words("Exported (+07:00)", "Lúc xuất (+07:00)"),
            created,
            VIETNAM_SECONDS_EAST,
        )?;
        lines.text(
            words("Written by", "Chương trình"),
            &format!("khotin {}", self.manifest.khotin),
        )
    }

    fn query(&self, lines: &mut Lines<'_>) -> Result<(), XlsxError> {
        lines.heading(words("What was asked for", "Điều kiện lọc"))?;
        let query = serde_json::to_value(&self.manifest.query).unwrap_or_default();
        let conditions = query.as_object().into_iter().flatten();
        let conditions: Vec<_> = conditions.filter(|(_, value)| !value.is_null()).collect();
        if conditions.is_empty() {
            let all = words("none: all articles", "không lọc: mọi bài");
            lines.text(words("Conditions", "Điều kiện"), self.voice.say(all))?;
        }
        for (name, value) in conditions {
            let text = match value {
                Value::String(text) => text.clone(),
                // A run, a day or a time, as it was asked for.
                Value::Object(parts) if parts.contains_key("asked") => parts
                    .get("asked")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned(),
                other => other.to_string(),
            };
            match condition_words(name) {
                Some(label) => lines.text(label, &text)?,
                None => lines.named(name, &text)?,
            }
        }
        Ok(())
    }

    fn counts(&self, lines: &mut Lines<'_>) -> Result<(), XlsxError> {
        let manifest = self.manifest;
        lines.heading(words("How much is in it", "Số lượng"))?;
        lines.count(words("Articles", "Số bài"), manifest.articles)?;
        for (site, number) in &manifest.sites {
            lines.share(site, *number, &self.site(site))?;
        }
        for (state, number) in &manifest.states {
            let meaning = state_words(state).map_or("", |words| self.voice.say(words));
            lines.share(state, *number, meaning)?;
        }
        lines.count(
            words("Made up by the demo ministry", "Do bộ giả lập tạo ra"),
            manifest.synthetic_articles,
        )?;
        lines.count(
            words(
                "Left out, as they have no date",
                "Bỏ ra vì bài không có ngày",
            ),
            manifest.undated_left_out,
        )?;
        lines.count(
            words(
                "Cells cut to 32,767 characters",
                "Ô bị cắt còn 32.767 ký tự",
            ),
            self.tally.cells_cut,
        )?;
        lines.count(
            words(
                "Cells with characters made harmless",
                "Ô có ký tự điều khiển đã thay",
            ),
            self.tally.cells_cleaned,
        )?;
        lines.count(
            words("Addresses without a link", "Địa chỉ không có liên kết"),
            self.tally.links_left_out,
        )
    }

    fn contents(&self, lines: &mut Lines<'_>, tables: &[TableSheets]) -> Result<(), XlsxError> {
        lines.heading(words("The sheets", "Các trang tính"))?;
        for table in tables {
            let about = self.voice.say(table.table().about());
            for (name, rows) in table.names() {
                lines.sheet_line(&name, Some(rows), about)?;
            }
        }
        let about = self.voice.say(dictionary::ABOUT);
        lines.sheet_line(self.voice.say(dictionary::NAME), None, about)
    }

    fn reading(&self, lines: &mut Lines<'_>) -> Result<(), XlsxError> {
        lines.heading(words("How to read it", "Cách đọc"))?;
        lines.say(
            words("Empty cell", "Ô trống"),
            words(
                "Unknown, or not there. Nothing is ever filled in by guess.",
                "Không biết, hoặc không có. Không bao giờ điền phỏng đoán.",
            ),
        )?;
        lines.say(
            words("Dates and times", "Ngày và giờ"),
            words(
                "Each column has one clock: UTC where its name says so, else Viet Nam's (+07:00). Fractions of a second are left out here; articles.csv and articles.jsonl have them.",
                "Mỗi cột dùng một đồng hồ: UTC nếu tên cột ghi UTC, còn lại là giờ Việt Nam (+07:00). Ở đây bỏ phần lẻ của giây; articles.csv và articles.jsonl có đủ.",
            ),
        )?;
        lines.say(
            words("Long text", "Văn bản dài"),
            words(
                "A row shows the beginning; enter the cell to read on. A cell holds at most 32,767 characters: what is cut is named in the last column, and articles.csv and articles.jsonl have it whole.",
                "Mỗi dòng chỉ hiện phần đầu; vào ô để đọc tiếp. Một ô chứa nhiều nhất 32.767 ký tự: ô bị cắt được ghi ở cột cuối, bản đầy đủ ở articles.csv và articles.jsonl.",
            ),
        )
    }

    fn rights(&self, lines: &mut Lines<'_>) -> Result<(), XlsxError> {
        lines.heading(words(
            "Source, rights, citing",
            "Nguồn, bản quyền, trích dẫn",
        ))?;
        let sites = self.manifest.sites.keys();
        let sites: Vec<String> = sites.map(|site| self.site(site)).collect();
        let source = words(
            "Read from public pages. Each row names its capture in the archive (WARC file, place, record), which proves it. Sites:",
            "Đọc từ các trang công khai. Mỗi dòng ghi rõ bản lưu (tệp WARC, vị trí, bản ghi) làm bằng chứng. Các trang:",
        );
        let sites = match sites.is_empty() {
            true => "–".to_owned(),
            false => sites.join(", "),
        };
        lines.paragraph(
            words("Source", "Nguồn"),
            &format!("{} {sites}", self.voice.say(source)),
        )?;
        lines.say(
            words("Rights", "Bản quyền"),
            words(
                "News of the day that only reports facts and administrative documents are outside copyright (article 15 of Viet Nam's Law on Intellectual Property). Photographs, commentary and articles reprinted from elsewhere may be protected: ask whoever holds the rights. The source states no licence, so none is named.",
                "Tin tức thời sự thuần túy đưa tin và văn bản hành chính không thuộc phạm vi bảo hộ quyền tác giả (Điều 15 Luật Sở hữu trí tuệ). Ảnh, bài bình luận và bài đăng lại từ nơi khác có thể được bảo hộ: hãy hỏi người giữ quyền. Nguồn không công bố giấy phép nào nên ở đây không ghi giấy phép.",
            ),
        )?;
        let cite = words(
            "Name the ministry that published it (or, for a reprint, its source) and give these columns of the row:",
            "Ghi tên bộ đã đăng (nếu là bài đăng lại thì ghi nguồn tin) và các cột sau của dòng ấy:",
        );
        let access = words(
            "The day of access is the time of capture, not the time of this export.",
            "Ngày truy cập là lúc thu, không phải lúc xuất tệp này.",
        );
        const CITED: [&str; 5] = [
            "title",
            "published_date",
            "url",
            "captured_utc",
            "warc_record_id",
        ];
        let columns = ARTICLE_COLUMNS
            .iter()
            .filter(|column| CITED.contains(&column.name));
        let columns: Vec<_> = columns.map(|column| self.voice.header(column)).collect();
        let text = format!(
            "{} {}. {}",
            self.voice.say(cite),
            columns.join(", "),
            self.voice.say(access)
        );
        lines.paragraph(words("Citing", "Trích dẫn"), &text)
    }

    fn files(&self, lines: &mut Lines<'_>) -> Result<(), XlsxError> {
        if self.manifest.files.is_empty() {
            return Ok(());
        }
        lines.heading(words(
            "The other files of this export",
            "Các tệp khác của lần xuất này",
        ))?;
        lines.cells([
            self.voice.say(words("File", "Tệp")),
            self.voice.say(words("Bytes", "Số byte")),
            "SHA-256",
        ])?;
        for file in &self.manifest.files {
            lines.counted(&file.name, file.bytes, &file.sha256)?;
        }
        let own = words(
            "The digest of this file stands in manifest.json.",
            "Mã băm của chính tệp này nằm trong manifest.json.",
        );
        lines.note(FILE, self.voice.say(own))
    }

    /// A site as people know it, with its id and the hosts of its articles in brackets.
    fn site(&self, site: &str) -> String {
        let mut known = self
            .names
            .sites
            .iter()
            .filter(|(id, _)| id.as_str() == site);
        let name = known
            .next()
            .map(|(_, names)| names.in_lang(self.voice.lang));
        let of_site = self.sources.iter().filter(|(id, _)| id == site);
        let mut inside: Vec<&str> = of_site.map(|(_, host)| host.as_str()).collect();
        if name.is_some() {
            inside.insert(0, site);
        }
        let name = name.unwrap_or(site);
        match inside.is_empty() {
            true => name.to_owned(),
            false => format!("{name} ({})", inside.join(", ")),
        }
    }
}

/// A sheet written line by line.
struct Lines<'a> {
    sheet: &'a mut Worksheet,
    voice: Voice,
    row: u32,
}

impl Lines<'_> {
    /// One text over all columns.
    fn wide(&mut self, text: &str, format: &Format, height: f64) -> Result<(), XlsxError> {
        self.sheet.set_row_height(self.row, height)?;
        self.sheet
            .merge_range(self.row, 0, self.row, 2, text, format)?;
        self.next();
        Ok(())
    }

    fn heading(&mut self, label: Words) -> Result<(), XlsxError> {
        self.next();
        let text = self.voice.say(label);
        self.wide(text, &look::heading(), 21.0)
    }

    fn text(&mut self, label: Words, text: &str) -> Result<(), XlsxError> {
        self.named(self.voice.say(label), text)
    }

    fn named(&mut self, name: &str, text: &str) -> Result<(), XlsxError> {
        self.name(name)?;
        let text = harmless(text);
        self.sheet
            .write_string_with_format(self.row, 1, text, &look::value())?;
        self.next();
        Ok(())
    }

    fn count(&mut self, label: Words, number: u64) -> Result<(), XlsxError> {
        self.counted(self.voice.say(label), number, "")
    }

    /// A part of the count above it.
    fn share(&mut self, name: &str, number: u64, meaning: &str) -> Result<(), XlsxError> {
        self.counted(&format!("    {name}"), number, meaning)
    }

    fn counted(&mut self, name: &str, number: u64, meaning: &str) -> Result<(), XlsxError> {
        self.name(name)?;
        self.number(number)?;
        let meaning = harmless(meaning);
        self.sheet
            .write_string_with_format(self.row, 2, meaning, &look::value())?;
        self.next();
        Ok(())
    }

    fn moment(&mut self, label: Words, time: &str, seconds_east: i32) -> Result<(), XlsxError> {
        match local_time(time, seconds_east).and_then(moment_number) {
            None => self.text(label, time),
            Some(number) => {
                self.name(self.voice.say(label))?;
                let format = look::moment();
                self.sheet
                    .write_number_with_format(self.row, 1, number, &format)?;
                self.next();
                Ok(())
            }
        }
    }

    fn say(&mut self, label: Words, text: Words) -> Result<(), XlsxError> {
        self.paragraph(label, self.voice.say(text))
    }

    /// A text that takes several lines. No program fits the height of merged cells by itself.
    fn paragraph(&mut self, label: Words, text: &str) -> Result<(), XlsxError> {
        let text = harmless(text);
        let lines = u32::try_from(text.chars().count().div_ceil(LINE)).unwrap_or(1);
        let height = f64::from(lines) * look::TEXT_HEIGHT + look::LINE_HEIGHT - look::TEXT_HEIGHT;
        self.sheet.set_row_height(self.row, height)?;
        self.name(self.voice.say(label))?;
        let format = look::paragraph();
        self.sheet
            .merge_range(self.row, 1, self.row, 2, &text, &format)?;
        self.next();
        Ok(())
    }

    fn sheet_line(&mut self, name: &str, rows: Option<u32>, about: &str) -> Result<(), XlsxError> {
        let link = Url::new(format!("internal:'{name}'!A1")).set_text(name);
        let format = look::underlined(look::name());
        self.sheet
            .write_url_with_format(self.row, 0, link, &format)?;
        if let Some(rows) = rows {
            self.number(u64::from(rows))?;
        }
        self.sheet
            .write_string_with_format(self.row, 2, about, &look::value())?;
        self.next();
        Ok(())
    }

    fn cells(&mut self, texts: [&str; 3]) -> Result<(), XlsxError> {
        for (number, text) in (0_u16..).zip(texts) {
            self.sheet
                .write_string_with_format(self.row, number, text, &look::heading())?;
        }
        self.next();
        Ok(())
    }

    fn note(&mut self, name: &str, note: &str) -> Result<(), XlsxError> {
        self.name(name)?;
        self.sheet
            .write_string_with_format(self.row, 2, note, &look::value())?;
        self.next();
        Ok(())
    }

    fn name(&mut self, name: &str) -> Result<(), XlsxError> {
        self.sheet
            .write_string_with_format(self.row, 0, harmless(name), &look::name())?;
        Ok(())
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "no count has more than 15 digits"
    )]
    fn number(&mut self, number: u64) -> Result<(), XlsxError> {
        self.sheet
            .write_number_with_format(self.row, 1, number as f64, &look::count())?;
        Ok(())
    }

    fn next(&mut self) {
        self.row = self.row.saturating_add(1);
    }
}

fn harmless(text: &str) -> String {
    cut(&clean(text), EXCEL_CELL_LIMIT).to_owned()
}

fn condition_words(name: &str) -> Option<Words> {
    Some(match name {
        "site" => words("Site", "Trang"),
        "section" => words("Section", "Chuyên mục"),
        "since" => words("Published since", "Đăng từ ngày"),
        "until" => words("Published until", "Đăng đến hết ngày"),
        "state" => words("State", "Trạng thái"),
        "query" => words("With the words", "Có các chữ"),
        "changed_since" => words("Changed since", "Thay đổi từ"),
        _ => return None,
    })
}

fn state_words(state: &str) -> Option<Words> {
    Some(match state {
        "listed" => words("known from a listing only", "mới thấy trong danh sách"),
        "live" => words("there", "đang có"),
        "gone" => words("gone (404 or 410)", "đã mất (404 hoặc 410)"),
        "soft_gone" => words("answered, but empty", "có trả lời nhưng không còn gì"),
        "back" => words("gone, then back", "mất rồi lại có"),
        _ => return None,
    })
}
