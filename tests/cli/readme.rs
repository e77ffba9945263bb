//! Promise: both READMEs say the same, and what they show is what the program prints now. The blocks below
//! `<!-- capture: … -->` are made by docs/captures.py.

use std::collections::BTreeSet;

use regex::Regex;

use crate::program::run;

const ENGLISH: &str = include_str!("../../README.md");
const VIETNAMESE: &str = include_str!("../../README.vi.md");

/// A part of a README that must stand in both.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    /// A heading, by its level.
    Heading(usize),
    /// A row of a table: its first cell where it has no language, and the number of its cells.
    Row(String, usize),
    /// A line of a block, without its comment; of a captured block only the first line.
    Block(String),
    /// A captured command, without its language.
    Capture(String),
}

fn parts(text: &str) -> Vec<Part> {
    let cell_ends = Regex::new(r"[^\\]\|").unwrap();
    let mut parts = Vec::new();
    let mut is_in_block = false;
    let mut is_text = false;
    for line in text.lines() {
        if let Some(language) = line.strip_prefix("```") {
            is_in_block = !is_in_block;
            if is_in_block {
                is_text = language == "text";
                parts.push(Part::Block(language.to_owned()));
            }
        } else if is_in_block {
            let command = line.split('#').next().unwrap_or_default().trim();
            if !is_text && !command.is_empty() {
                parts.push(Part::Block(command.to_owned()));
            }
        } else if let Some(capture) = line.strip_prefix("<!-- capture: ") {
            parts.push(Part::Capture(capture.replace("--lang vi ", "")));
        } else if line.starts_with('#') {
            parts.push(Part::Heading(line.split(' ').next().unwrap().len()));
        } else if line.starts_with('|') {
            let cells: Vec<&str> = cell_ends.split(line).collect();
            let first = cells[0].trim_start_matches('|').trim();
            let has_no_language = first.starts_with('`') || first.parse::<u8>().is_ok();
            let first = if has_no_language { first } else { "" };
            parts.push(Part::Row(first.to_owned(), cells.len()));
        }
    }
    parts
}

#[test]
fn both_readmes_have_the_same_headings_tables_commands_and_blocks() {
    let (english, vietnamese) = (parts(ENGLISH), parts(VIETNAMESE));
    for (place, (one, other)) in english.iter().zip(&vietnamese).enumerate() {
        assert_eq!(one, other, "part {place}");
    }
    assert_eq!(english.len(), vietnamese.len());
    assert!(english.len() > 45, "{}", english.len());
}

#[test]
fn both_readmes_lead_to_the_same_pages_and_all_of_them_are_there() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = |text: &str| -> BTreeSet<String> {
        let links = Regex::new(r"\]\(([^)#]+)").unwrap();
        links
            .captures_iter(text)
            .map(|link| link[1].to_owned())
            .filter(|page| !page.starts_with("README"))
            .collect()
    };
    let in_vietnamese = |page: &String| {
        let twin = page.replace(".md", ".vi.md");
        let is_there = root.join(&twin).is_file();
        if is_there { twin } else { page.clone() }
    };
    let expected: BTreeSet<String> = pages(ENGLISH).iter().map(in_vietnamese).collect();
    assert_eq!(
        pages(VIETNAMESE),
        expected,
        "a page in Vietnamese where there is one"
    );
    assert!(ENGLISH.contains("(README.vi.md)") && VIETNAMESE.contains("(README.md)"));
    for page in pages(ENGLISH) {
        assert!(root.join(&page).is_file(), "no {page}");
    }
}

/// First words of the code in the first cells of a table that begins with this heading.
fn first_cells(heading: &str) -> BTreeSet<String> {
    let rows = ENGLISH.lines().skip_while(|line| *line != heading).skip(2);
    rows.take_while(|line| line.starts_with('|'))
        .map(|row| {
            let cell = row.trim_start_matches(['|', ' ', '`']);
            cell.split([' ', '`', '|']).next().unwrap().to_owned()
        })
        .collect()
}

#[test]
fn every_command_and_every_exit_code_stands_in_the_readme() {
    let folder = tempfile::tempdir().unwrap();
    let help = run(folder.path(), &["--help"]).expect("help", 0).stdout;
    let names = |heading: &str, indent: &str| -> BTreeSet<String> {
        let lines = help
            .lines()
            .skip_while(|line| !line.starts_with(heading))
            .skip(1);
        lines
            .take_while(|line| line.starts_with(' '))
            .filter_map(|line| line.strip_prefix(indent)?.split(' ').next())
            .filter(|name| !name.is_empty() && *name != "help")
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(
        first_cells("| command | what it does |"),
        names("Commands:", "  ")
    );
    let codes: BTreeSet<String> = help
        .lines()
        .skip_while(|line| !line.starts_with("Exit codes"))
        .skip(1)
        .filter_map(|line| line.split_whitespace().next())
        .filter(|word| word.parse::<u8>().is_ok())
        .map(str::to_owned)
        .collect();
    assert_eq!(first_cells("| code | meaning |"), codes);
}

/// What stays of a line from run to run: no number, no name of a run, and one space for many.
fn shape(line: &str) -> String {
    let line = Regex::new(r"\d{8}T\d{6}Z(-[0-9a-f]{4})?")
        .unwrap()
        .replace_all(line, "RUN");
    let line = Regex::new(r"\d+([.,:]\d+)*")
        .unwrap()
        .replace_all(&line, "0");
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_the_readmes_show_has_the_shape_of_what_the_program_prints() {
    let block = Regex::new(r"(?s)<!-- capture: (.*?) -->\n```text\n(.*?)```\n").unwrap();
    for readme in [ENGLISH, VIETNAMESE] {
        let folder = tempfile::tempdir().unwrap();
        let demo = folder.path().join("khotin-demo");
        let mut captured = 0;
        for found in block.captures_iter(readme) {
            let mut words: Vec<&str> = found[1].split(' ').skip(1).collect();
            let here = if words.contains(&"demo") {
                words.extend(["--articles", "60"]);
                folder.path()
            } else {
                &demo
            };
            let printed = run(here, &words).expect(&found[1], 0).stdout;
            // A reader calls it by its name, this test by its path.
            let printed = printed.replace(env!("CARGO_BIN_EXE_khotin"), "khotin");
            let shapes = |text: &str| -> Vec<String> { text.lines().map(shape).collect() };
            assert_eq!(shapes(&found[2]), shapes(&printed), "{}", &found[1]);
            captured += 1;
        }
        assert!(captured > 0, "nothing is shown");
    }
}
