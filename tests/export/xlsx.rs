//! articles.xlsx: what an analyst opens. Expected values are written by hand; what other programs make
//! of the file is told by tests/interop/spreadsheets.sh.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests: a failure is a failed test"
)]

use std::collections::BTreeSet;
use std::fs;

use khotin::Lang;
use khotin::export::*;
use khotin::model::*;

use super::support::*;
use super::workbook::{Book, Found};

const FILE: &str = "articles.xlsx";

/// The workbook of these articles, and what the manifest says of it.
fn book_of<const N: usize>(
    articles: [Article; N],
    change: impl FnOnce(&mut ExportOptions),
) -> (Book, ExportedFile) {
    let exports = tempfile::tempdir().unwrap();
    let mut options = ExportOptions::new(exports.path(), "one");
    options.formats = BTreeSet::from([Format::Jsonl, Format::Xlsx]);
    change(&mut options);
    let report = export_of(articles, ExportQuery::default(), &options).unwrap();
    let mut files = report.manifest.files.iter();
    let file = files.find(|file| file.name == FILE).unwrap().clone();
    (Book::read(&report.folder.join(FILE)), file)
}

fn vietnamese(options: &mut ExportOptions) {
    options.lang = Lang::Vi;
}

#[test]
fn there_is_a_first_sheet_one_a_table_and_a_dictionary() {
    let (book, _) = book_of([article()], vietnamese);
    let names = book.names();
    assert_eq!(
        names[..6],
        [
            "Giới thiệu",
            "Bài viết",
            "Ảnh",
            "Tin liên quan",
            "Tệp đính kèm",
            "Danh sách"
        ]
    );
    assert_eq!(names.last(), Some(&"Từ điển"));
    assert_eq!(names.len(), Table::ALL.len() + 2);

    let (book, _) = book_of([article()], |_| {});
    assert_eq!(book.names()[..3], ["About", "Articles", "Images"]);
    let (book, _) = book_of([article()], |options| {
        options.lang = Lang::Vi;
        options.headers = Headers::Code;
    });
    assert_eq!(book.names()[..3], ["Giới thiệu", "articles", "images"]);
    let headers = book.sheet("articles").headers();
    let codes = ARTICLE_COLUMNS.iter().map(|column| column.name);
    let expected: Vec<_> = codes.chain(["cut_cells"]).collect();
    assert_eq!(headers, expected);
}

/// What analysts in Viet Nam call the columns.
#[test]
fn the_labels_are_those_that_were_agreed() {
    let (book, _) = book_of([article()], vietnamese);
    let table: [(&str, &[&str]); 4] = [
        (
            "Bài viết",
            &[
                "Mã bài",
                "Tiêu đề",
                "Sapo",
                "Ngày đăng",
                "Giờ đăng",
                "Chuyên mục",
                "Nguồn tin",
                "Bài đăng lại",
                "Nội dung",
                "Đường dẫn",
                "Bản lưu",
                "Trạng thái",
                "Cảnh báo",
            ],
        ),
        ("Ảnh", &["Mã bài", "Chú thích ảnh", "Nguồn ảnh"]),
        ("Tin liên quan", &["Mã bài", "Tin liên quan", "Đường dẫn"]),
        ("Tệp đính kèm", &["Mã bài", "Tệp đính kèm", "Đường dẫn"]),
    ];
    for (sheet, labels) in table {
        let headers = book.sheet(sheet).headers();
        for label in labels {
            assert!(headers.contains(label), "{sheet}: {label}");
        }
    }
    for table in Table::ALL {
        for lang in Lang::ALL {
            let labels: BTreeSet<_> = table
                .columns()
                .iter()
                .map(|column| lang.of(column.label))
                .collect();
            assert_eq!(
                labels.len(),
                table.columns().len(),
                "a label twice in {table:?}, {lang}"
            );
        }
    }
}

#[test]
fn cells_are_typed_and_times_stand_in_the_columns_own_offset() {
    let (book, file) = book_of([article()], |_| {});
    let sheet = book.sheet("Articles");
    // 2023-06-17 is day 45094 of a spreadsheet; 21:00 is 0.875 of a day; 14:00 UTC is 7/12.
    let table = [
        ("Key", "inlineStr moh:liferay:dau-mua-khi", "@"),
        ("Title", "inlineStr Đậu mùa khỉ, bệnh \"mới\"", "@"),
        ("Synthetic", "b 0", "\"TRUE\";\"TRUE\";\"FALSE\""),
        ("Reprint", "b 1", "\"TRUE\";\"TRUE\";\"FALSE\""),
        ("Published on", "n 45094", "yyyy-mm-dd"),
        ("Published at", "n 0.875", "hh:mm:ss"),
        ("Published (+07:00)", "n 45094.875", "yyyy-mm-dd hh:mm:ss"),
        (
            "Published (UTC)",
            "n 45094.583333333336",
            "yyyy-mm-dd hh:mm:ss",
        ),
        // 2026-11-20T01:00:00.000001Z: whole seconds; day 46346, 1/24 of it.
        (
            "First seen (UTC)",
            "n 46346.041666666664",
            "yyyy-mm-dd hh:mm:ss",
        ),
        ("Words", "n 10", "0"),
        ("Images", "n 2", "0"),
        ("Date as printed", "inlineStr 17/06/2023 | 21:00 PM", "@"),
        (
            "Text",
            "inlineStr Đậu mùa khỉ lây qua tiếp xúc.\n\nPhòng bệnh – ngay!",
            "@",
        ),
        ("Author", "", ""),
        ("Cut cells", "", ""),
    ];
    for (header, told, format) in table {
        assert_eq!(sheet.told(header, 2), told, "{header}");
        let found = sheet.cell(header, 2).map(|cell| cell.format.as_str());
        assert_eq!(found.unwrap_or_default(), format, "{header}");
    }
    let day_only = Article {
        published: Some(Published {
            precision: Precision::Day,
            at: "2023-06-17T00:00:00+07:00".to_owned(),
            utc: "2023-06-16T17:00:00Z".to_owned(),
            ..published()
        }),
        ..article()
    };
    let (book, _) = book_of([day_only], |_| {});
    let sheet = book.sheet("Articles");
    assert_eq!(sheet.told("Published on", 2), "n 45094");
    assert_eq!(sheet.told("Published at", 2), "", "the page prints no time");
    assert_eq!(file.rows, 1 + 2 + 1 + 1 + 2 + rows_beyond_parts());
}

/// Rows that one `article()` has in tables that are not parts of it.
fn rows_beyond_parts() -> u64 {
    let exports = tempfile::tempdir().unwrap();
    let report = export_all(exports.path(), "one", [article()]);
    let parts = ["articles", "images", "related", "attachments", "listings"];
    let others = report.manifest.tables.iter();
    others
        .filter(|(table, _)| !parts.contains(&table.as_str()))
        .map(|(_, rows)| rows)
        .sum()
}

#[test]
fn text_is_never_a_formula_and_reads_back_as_it_was() {
    let hostile = [
        "=1+1",
        "+84 24 6273 2273",
        "-1",
        "@SUM(1)",
        "=HYPERLINK(\"https://a.vn\";\"a\")",
        "{=1}",
        "\t=1",
        "'=1",
        "007",
        "12345678901234567890",
        "1/2",
        "TRUE",
        "<r><t>x</t></r>",
        "a & b < c > d \"e\" 'f'",
        "https://moh.gov.vn/",
        "internal:Sheet!A1",
        " hai  dấu cách ",
        "dòng một\ndòng hai",
        "😷👨\u{200d}👩\u{200d}👧",
        "ye\u{302}\u{301}n",
        "yến",
        "\u{202e}abc",
        "]]>",
        "#REF!",
        "1E5",
    ];
    let given = hostile.map(|text| {
        let mut given = article();
        given.title = Some(text.to_owned());
        given.sections = vec![text.to_owned()];
        given.images = vec![Image {
            caption: Some(text.to_owned()),
            ..Image::default()
        }];
        given.related[0].title = text.to_owned();
        given.attachments[0].label = text.to_owned();
        given
    });
    let (book, _) = book_of(given, |_| {});
    for (row, text) in (2..).zip(hostile) {
        for (sheet, header) in [
            ("Articles", "Title"),
            ("Articles", "Sections"),
            ("Images", "Caption"),
            ("Related", "Related title"),
            ("Attachments", "Attachment"),
        ] {
            let told = book.sheet(sheet).told(header, row);
            assert_eq!(told, format!("inlineStr {text}"), "{sheet}");
        }
    }
    for sheet in &book.sheets {
        let has_formula = sheet.xml.contains("<f>") || sheet.xml.contains("<f ");
        assert!(!has_formula, "{}", sheet.name);
        let kinds: BTreeSet<_> = sheet
            .cells
            .values()
            .map(|cell| cell.kind.as_str())
            .collect();
        let known = BTreeSet::from(["inlineStr", "n", "b"]);
        assert!(kinds.is_subset(&known), "{}: {kinds:?}", sheet.name);
    }
    assert!(!book.parts.contains_key("xl/sharedStrings.xml"));
    assert!(!book.parts.keys().any(|part| part.contains("externalLink")));
}

#[test]
fn what_xml_can_not_hold_is_replaced_and_counted() {
    let mut given = article();
    given.title = Some("a\0b\u{1b}[31m\u{FFFE}\r\nc".to_owned());
    // A spreadsheet reads _x0041_ as A, so the underscore is written as _x005F_.
    given.lead = Some("_x0041_".to_owned());
    let (book, file) = book_of([given], |_| {});
    let sheet = book.sheet("Articles");
    assert_eq!(
        sheet.told("Title", 2),
        "inlineStr a\u{FFFD}b\u{FFFD}[31m\u{FFFD}\nc"
    );
    assert_eq!(sheet.told("Lead", 2), "inlineStr _x005F_x0041_");
    assert_eq!((file.cells_cleaned, file.cells_cut), (1, 0));
    assert!(
        book.sheet("About")
            .text()
            .contains("Cells with characters made harmless|1\n")
    );
}

#[test]
fn a_long_cell_is_cut_between_letters_named_and_counted() {
    let mut given = article();
    given.text = Some("ế".repeat(40_000));
    given.lead = Some(format!("{}e\u{302}", "y".repeat(32_766)));
    given.title = Some("y".repeat(32_767));
    let (book, file) = book_of([given], vietnamese);
    let sheet = book.sheet("Bài viết");
    let length = |header| sheet.cell(header, 2).unwrap().value.chars().count();
    assert_eq!(length("Nội dung"), 32_767);
    assert_eq!(
        length("Sapo"),
        32_766,
        "the last letter would lose its mark"
    );
    assert_eq!(length("Tiêu đề"), 32_767);
    assert_eq!(sheet.told("Ô bị cắt", 2), "inlineStr Sapo; Nội dung");
    assert_eq!((file.cells_cut, file.cells_cleaned), (2, 0));
    assert!(
        book.sheet("Giới thiệu")
            .text()
            .contains("Ô bị cắt còn 32.767 ký tự|2\n")
    );
}

#[test]
fn addresses_of_the_web_are_links_until_a_sheet_is_full_and_the_rest_is_counted() {
    let with_url = |url: &str| Article {
        url: url.to_owned(),
        images: Vec::new(),
        related: Vec::new(),
        ..article()
    };
    let articles = [
        with_url("https://a.vn/1"),
        with_url("javascript:alert(1)"),
        with_url("https://a.vn/%C4%91%E1%BB%81-%C3%A1n?b=1&c=2#d"),
        with_url("https://a.vn/3"),
    ];
    let (book, file) = book_of(articles, |options| options.sheet_limits.links = 2);
    let sheet = book.sheet("Articles");
    let links: Vec<_> = sheet.links.iter().collect();
    let address = |row| sheet.address("Address", row);
    assert_eq!(
        links,
        [
            (&address(2), &"https://a.vn/1".to_owned()),
            (&address(4), &"https://a.vn/đề-án?b=1&c=2#d".to_owned()),
        ]
    );
    assert_eq!(sheet.told("Address", 3), "inlineStr javascript:alert(1)");
    assert_eq!(
        sheet.told("Address", 4),
        "inlineStr https://a.vn/%C4%91%E1%BB%81-%C3%A1n?b=1&c=2#d",
        "the text is the record's"
    );
    assert_eq!(sheet.told("Address", 5), "inlineStr https://a.vn/3");
    assert_eq!(file.links_left_out, 2);
    assert!(
        book.sheet("About")
            .text()
            .contains("Addresses without a link|2\n")
    );
}

#[test]
fn rows_beyond_a_sheet_go_into_another_with_its_own_header_filter_and_links() {
    let options_of = |rows| {
        move |options: &mut ExportOptions| {
            options.sheet_limits = SheetLimits { rows, links: 1 };
        }
    };
    let (book, file) = book_of([article(), article(), article()], options_of(2));
    assert_eq!(book.names()[..3], ["About", "Articles", "Articles (2)"]);
    let (first, second) = (book.sheet("Articles"), book.sheet("Articles (2)"));
    assert_eq!((first.rows, second.rows), (3, 2), "with the header");
    assert_eq!(first.headers(), second.headers());
    assert_eq!((first.links.len(), second.links.len()), (1, 1));
    let names = book.names();
    assert!(names.contains(&"Images (3)"), "6 rows: {names:?}");
    assert!(first.xml.contains("<autoFilter ref=\"A1:AM3\"/>"));
    assert!(second.xml.contains("<autoFilter ref=\"A1:AM2\"/>"));
    assert!(
        book.sheet("About")
            .text()
            .contains("\nArticles (2)|1|one row an article\n")
    );
    // Sheets that are not full have no second.
    let (book, _) = book_of([article(), article()], options_of(4));
    assert!(!book.names().contains(&"Articles (2)"));
    assert!(file.rows > 0);
}

#[test]
fn a_sheet_is_ready_to_read() {
    let (book, _) = book_of([article()], vietnamese);
    for sheet in &book.sheets[1..] {
        let xml = &sheet.xml;
        assert!(
            xml.contains(
                "<pane ySplit=\"1\" topLeftCell=\"A2\" activePane=\"bottomLeft\" state=\"frozen\"/>"
            ),
            "{}",
            sheet.name
        );
        let last = "<autoFilter ref=\"A1:";
        assert!(xml.contains(last), "{}", sheet.name);
        assert!(
            xml.contains("<cols><col min=\"1\" max=\"1\" width="),
            "{}",
            sheet.name
        );
    }
    assert!(
        book.sheets[0].xml.contains("tabSelected=\"1\""),
        "the first sheet opens"
    );
}

#[test]
fn the_first_sheet_says_what_the_file_is() {
    let exports = tempfile::tempdir().unwrap();
    let mut options = ExportOptions::new(exports.path(), "one");
    options.lang = Lang::Vi;
    let undated = Article {
        published: None,
        ..article()
    };
    let query = ExportQuery {
        site: Some(SiteId::new("moh")),
        since: "2023-01-01".parse().ok(),
        ..ExportQuery::default()
    };
    let report = export_of([article(), listed_article(), undated], query, &options).unwrap();
    let book = Book::read(&report.folder.join(FILE));
    let about = book.sheet("Giới thiệu");
    let text = about.text();
    for words in [
        "Tin của các bộ, do khotin lưu trữ",
        // 2026-11-22T01:02:03Z: day 46348 and 3723 seconds; seven hours later 28923.
        "Lúc xuất (UTC)|46348.04309027778",
        "Lúc xuất (+07:00)|46348.334756944",
        concat!("khotin ", env!("CARGO_PKG_VERSION")),
        "Trang|moh\n",
        "Đăng từ ngày|2023-01-01\n",
        "Số bài|2\n    moh|2|moh (moh.gov.vn)\n    listed|1|mới thấy trong danh sách\n    live|1|đang có\n",
        "Do bộ giả lập tạo ra|0\n",
        "Bỏ ra vì bài không có ngày|1\n",
        "Ảnh|2|mỗi dòng một ảnh",
        "Điều 15 Luật Sở hữu trí tuệ",
        "không ghi giấy phép",
        "Tiêu đề, Ngày đăng, Đường dẫn, Lúc thu (UTC), Bản ghi lưu",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
    for file in report
        .manifest
        .files
        .iter()
        .filter(|file| file.name != FILE)
    {
        let line = format!("{}|{}|{}", file.name, file.bytes, file.sha256);
        assert!(text.contains(&line), "{line}");
    }
    assert!(!text.contains("GIẢ LẬP") && !text.contains("SYNTHETIC"));
    let to_images = about.links.values().any(|place| place == "'Ảnh'!A1");
    assert!(to_images, "{:?}", about.links);

    let (book, _) = book_of([article()], |_| {});
    let text = book.sheet("About").text();
    for words in [
        "Conditions|none: all articles\n",
        "article 15 of Viet Nam's Law on Intellectual Property",
        "The source states no licence, so none is named.",
        "Title, Published on, Address, Captured (UTC), Archive record",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
}

#[test]
fn made_up_articles_can_not_be_taken_for_news() {
    let made_up = Article {
        synthetic: true,
        site: SiteId::new("demo"),
        ..article()
    };
    let (book, _) = book_of([article(), made_up], |_| {});
    let about = book.sheet("About");
    let first = &about.cells["A1"];
    assert_eq!(first.value, "DỮ LIỆU GIẢ LẬP / SYNTHETIC");
    assert!(first.filled);
    assert!(about.text().contains("1 / 2 articles here were made up"));
    // News first, then the demo's; each has two images.
    for (sheet, header, news, made_up) in [("Articles", "Title", 2, 3), ("Images", "Caption", 2, 4)]
    {
        let sheet = book.sheet(sheet);
        let is_filled = |cell: &Found| cell.filled;
        assert_eq!(sheet.cell(header, news).map(is_filled), Some(false));
        let row = sheet
            .headers()
            .into_iter()
            .map(|header| sheet.cell(header, made_up));
        assert!(
            row.into_iter().all(|cell| cell.is_some_and(is_filled)),
            "every cell, empty ones too"
        );
    }
}

#[test]
fn the_dictionary_leads_from_each_label_to_its_code() {
    let (book, _) = book_of([article()], vietnamese);
    let text = book.sheet("Từ điển").text();
    let columns: usize = Table::ALL
        .iter()
        .map(|table| table.columns().len() + 1)
        .sum();
    assert_eq!(book.sheet("Từ điển").rows, columns + 1);
    for line in [
        "Trang tính|Nhãn tiếng Việt|Nhãn tiếng Anh|Mã cột|Kiểu|Giải thích bằng tiếng Việt|Giải thích bằng tiếng Anh\n",
        "\nBài viết|Tiêu đề|Title|title|chữ|tiêu đề|headline\n",
        "\nBài viết|Ngày đăng|Published on|published_date|ngày, giờ Việt Nam|",
        "\nẢnh|Số thứ tự|Number|position|số|",
        "|Ô bị cắt|Cut cells|cut_cells|chữ|",
    ] {
        assert!(text.contains(line), "{line}");
    }
}

#[test]
fn the_same_articles_and_time_give_the_same_bytes() {
    let exports = tempfile::tempdir().unwrap();
    let digests = ["one", "two"].map(|name| {
        let report = export_all(exports.path(), name, [article(), listed_article()]);
        sha256(&fs::read(report.folder.join(FILE)).unwrap())
    });
    assert_eq!(digests[0], digests[1]);
    let (book, _) = book_of([article()], |_| {});
    let core = &book.parts["docProps/core.xml"];
    assert!(
        core.contains("2026-11-22T01:02:03Z</dcterms:created>"),
        "{core}"
    );
}

#[test]
fn rows_wait_in_nameless_files_beside_the_workbook() {
    let exports = tempfile::tempdir().unwrap();
    let options = ExportOptions::new(exports.path(), "one");
    let mut seen = Vec::new();
    let articles = (0..4).map(|_| {
        let names = names_in(&exports.path().join(".khotin-one.partial"));
        let waiting = fs::read_dir("/proc/self/fd").unwrap();
        let waiting = waiting.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
        let partial = exports.path().join(".khotin-one.partial");
        let nameless = waiting.filter(|path| {
            path.starts_with(&partial) && path.to_string_lossy().ends_with("(deleted)")
        });
        seen.push((
            names.iter().any(|name| name.contains("xlsx")),
            nameless.count(),
        ));
        Ok::<_, String>(article())
    });
    let report = export(articles, ExportQuery::default(), &options, now()).unwrap();
    assert_eq!(
        seen,
        [(false, Table::ALL.len()); 4],
        "one a table, and nothing that a crash would leave"
    );
    assert!(names_in(&report.folder).contains(&FILE.to_owned()));
}

#[test]
fn limits_that_no_spreadsheet_has_are_refused() {
    let exports = tempfile::tempdir().unwrap();
    for (rows, links) in [(0, 1), (1_048_576, 1), (1, 65_531)] {
        let mut options = ExportOptions::new(exports.path(), "one");
        options.sheet_limits = SheetLimits { rows, links };
        let error = export_of([article()], ExportQuery::default(), &options).unwrap_err();
        let expected = format!(
            "{rows} rows and {links} links a sheet are not within 1 to 1048575 and 0 to 65530"
        );
        assert_eq!(error.to_string(), expected);
    }
}
