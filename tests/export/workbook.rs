//! How the tests read a workbook: the parts of the ZIP, and each sheet as typed cells. Nothing of the
//! library that wrote it is used.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may end a test"
)]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// What a cell is and holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// `inlineStr` for words, `b` for truth values, `n` for numbers, `f` where there is a formula.
    pub(crate) kind: String,
    /// As written, entities resolved.
    pub(crate) value: String,
    /// Its number format, and whether it is filled with a colour.
    pub(crate) format: String,
    pub(crate) filled: bool,
}

pub(crate) struct Sheet {
    pub(crate) name: String,
    pub(crate) xml: String,
    /// By address: `A1`.
    pub(crate) cells: BTreeMap<String, Found>,
    /// Where links lead, by address.
    pub(crate) links: BTreeMap<String, String>,
    /// Rows, the header included.
    pub(crate) rows: usize,
}

pub(crate) struct Book {
    pub(crate) parts: BTreeMap<String, String>,
    pub(crate) sheets: Vec<Sheet>,
}

impl Book {
    pub(crate) fn read(path: &Path) -> Self {
        let mut zip = zip::ZipArchive::new(File::open(path).unwrap()).unwrap();
        let mut parts = BTreeMap::new();
        for index in 0..zip.len() {
            let mut file = zip.by_index(index).unwrap();
            let mut text = String::new();
            file.read_to_string(&mut text).unwrap();
            parts.insert(file.name().unwrap().into_owned(), text);
        }
        let formats = formats(&parts["xl/styles.xml"]);
        let names = attributes(&parts["xl/workbook.xml"], "sheet", "name");
        let sheets = (1..).zip(names).map(|(number, name)| {
            let xml = parts[&format!("xl/worksheets/sheet{number}.xml")].clone();
            let relations = parts.get(&format!("xl/worksheets/_rels/sheet{number}.xml.rels"));
            sheet(name, xml, relations, &formats)
        });
        let sheets = sheets.collect();
        Self { parts, sheets }
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.sheets
            .iter()
            .map(|sheet| sheet.name.as_str())
            .collect()
    }

    pub(crate) fn sheet(&self, name: &str) -> &Sheet {
        let mut sheets = self.sheets.iter();
        sheets
            .find(|sheet| sheet.name == name)
            .unwrap_or_else(|| panic!("no sheet {name} in {:?}", self.names()))
    }
}

impl Sheet {
    /// The header cells.
    pub(crate) fn headers(&self) -> Vec<&str> {
        let headers = (0..).map_while(|column| self.cells.get(&address(column, 1)));
        headers.map(|cell| cell.value.as_str()).collect()
    }

    /// The address of the cell below `header` in `row` (2 is the first below the header).
    pub(crate) fn address(&self, header: &str, row: usize) -> String {
        let headers = self.headers();
        let column = headers.iter().position(|found| *found == header);
        address(
            column.unwrap_or_else(|| panic!("no {header} in {headers:?}")),
            row,
        )
    }

    pub(crate) fn cell(&self, header: &str, row: usize) -> Option<&Found> {
        self.cells.get(&self.address(header, row))
    }

    /// `kind value` of a cell; empty if there is none.
    pub(crate) fn told(&self, header: &str, row: usize) -> String {
        let told = |cell: &Found| format!("{} {}", cell.kind, cell.value);
        self.cell(header, row).map(told).unwrap_or_default()
    }

    /// All values of the sheet, row by row, in one text.
    pub(crate) fn text(&self) -> String {
        let mut cells: Vec<_> = self.cells.iter().collect();
        let place = |address: &str| {
            let letters = address.trim_end_matches(|char: char| char.is_ascii_digit());
            let row: usize = address.split_at(letters.len()).1.parse().unwrap();
            (row, letters.len(), letters.to_owned())
        };
        cells.sort_by_key(|(address, _)| place(address));
        let mut text = String::new();
        let mut row_before = 0;
        for (address, cell) in cells.into_iter().filter(|(_, cell)| !cell.value.is_empty()) {
            let (row, ..) = place(address);
            text.push(if row == row_before { '|' } else { '\n' });
            row_before = row;
            text.push_str(&cell.value);
        }
        text
    }
}

fn address(column: usize, row: usize) -> String {
    let letter = |number: usize| char::from(b'A' + u8::try_from(number).unwrap());
    match column {
        0..26 => format!("{}{row}", letter(column)),
        _ => format!("{}{}{row}", letter(column / 26 - 1), letter(column % 26)),
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.try_get_attribute(name).unwrap()?;
    Some(
        quick_xml::escape::unescape(&found.value)
            .unwrap()
            .into_owned(),
    )
}

/// The attribute `name` of all elements `element`.
fn attributes(xml: &str, element: &str, name: &str) -> Vec<String> {
    let mut found = Vec::new();
    each_element(xml, |start| {
        if start.name().as_ref() == element {
            found.extend(attribute(start, name));
        }
    });
    found
}

fn each_element(xml: &str, mut look: impl FnMut(&BytesStart<'_>)) {
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) | Event::Empty(start) => look(&start),
            Event::Eof => return,
            _ => {}
        }
    }
}

/// Number format and fill of each cell format (`cellXfs`).
fn formats(styles: &str) -> Vec<(String, bool)> {
    let mut codes = BTreeMap::new();
    each_element(styles, |start| {
        if start.name().as_ref() == "numFmt" {
            let id = attribute(start, "numFmtId").unwrap();
            codes.insert(id, attribute(start, "formatCode").unwrap());
        }
    });
    let (_, rest) = styles.split_once("<cellXfs").unwrap();
    let (formats, _) = rest.split_once("</cellXfs>").unwrap();
    let mut found = Vec::new();
    each_element(&format!("<cellXfs{formats}</cellXfs>"), |start| {
        if start.name().as_ref() == "xf" {
            let id = attribute(start, "numFmtId").unwrap();
            // 1 and 49 are built in (ECMA-376, part 1, section 18.8.30).
            let code = match id.as_str() {
                "0" => "General",
                "1" => "0",
                "49" => "@",
                other => codes.get(other).map_or(other, String::as_str),
            };
            let is_filled = attribute(start, "fillId").unwrap() != "0";
            found.push((code.to_owned(), is_filled));
        }
    });
    found
}

fn sheet(
    name: String,
    xml: String,
    relations: Option<&String>,
    formats: &[(String, bool)],
) -> Sheet {
    let targets: BTreeMap<String, String> = relations.map_or_else(BTreeMap::new, |relations| {
        let ids = attributes(relations, "Relationship", "Id");
        let targets = attributes(relations, "Relationship", "Target");
        ids.into_iter().zip(targets).collect()
    });
    let (mut cells, mut links, mut rows) = (BTreeMap::new(), BTreeMap::new(), 0);
    let mut reader = Reader::from_str(&xml);
    let mut current: Option<(String, Found)> = None;
    loop {
        let event = reader.read_event().unwrap();
        match &event {
            Event::Start(start) | Event::Empty(start) => match start.name().as_ref() {
                "row" => rows += 1,
                "c" => {
                    let style = attribute(start, "s").map_or(0, |style| style.parse().unwrap());
                    let (format, filled) = formats[style].clone();
                    let found = Found {
                        kind: attribute(start, "t").unwrap_or_else(|| "n".to_owned()),
                        value: String::new(),
                        format,
                        filled,
                    };
                    current = Some((attribute(start, "r").unwrap(), found));
                }
                "f" => current.as_mut().unwrap().1.kind = "f".to_owned(),
                "hyperlink" => {
                    let place = attribute(start, "location");
                    let target = attribute(start, "r:id").map(|id| targets[&id].clone());
                    let link = match (target, place) {
                        (Some(target), Some(place)) => format!("{target}#{place}"),
                        (target, place) => target.or(place).unwrap(),
                    };
                    links.insert(attribute(start, "ref").unwrap(), link);
                }
                _ => {}
            },
            Event::Text(text) => {
                if let Some((_, found)) = &mut current {
                    found.value.push_str(text);
                }
            }
            Event::GeneralRef(entity) => {
                let entity = format!("&{};", &**entity);
                let (_, found) = current.as_mut().unwrap();
                found
                    .value
                    .push_str(&quick_xml::escape::unescape(&entity).unwrap());
            }
            Event::End(end) if end.name().as_ref() == "c" => {
                let (address, found) = current.take().unwrap();
                cells.insert(address, found);
            }
            Event::Eof => break,
            _ => {}
        }
        if matches!(&event, Event::Empty(start) if start.name().as_ref() == "c") {
            let (address, found) = current.take().unwrap();
            cells.insert(address, found);
        }
    }
    Sheet {
        name,
        xml,
        cells,
        links,
        rows,
    }
}
