//! `khotin man`: the manual pages, one a command, made from the words of `--help`. Commands that khotin
//! starts itself have none.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use serde_json::json;

use super::json::write_json;
use super::problem::UsageError;
use super::{Context, Outcome, visible};
use crate::durable;

/// Print a manual page, or write those of every command into a folder
///
/// Where `man` looks: ~/.cargo/share/man/man1 if khotin stands in ~/.cargo/bin (`cargo install` puts it
/// there), /usr/local/share/man/man1 for everybody.
///
/// Example: khotin man crawl
/// Example: khotin man --out ~/.cargo/share/man/man1
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The command whose page is printed, as in `sites check` [default: the page of khotin]
    command: Vec<String>,

    /// Write the page of every command into this folder, one file each
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let pages = pages()?;
    if let Some(folder) = &args.out {
        durable::make_folder(folder)
            .with_context(|| format!("can not make the folder {}", folder.display()))?;
        let mut made = Vec::new();
        for page in &pages {
            let path = folder.join(page.file_name());
            durable::write_file(&path, page.text.as_bytes())
                .with_context(|| format!("can not write {}", path.display()))?;
            made.push(path);
        }
        if context.json {
            write_json(out, &json!({ "made": made }))?;
        } else {
            writeln!(out, "{} pages in {}", made.len(), folder.display())?;
        }
        return Ok(Outcome::Complete);
    }
    let name = std::iter::once("khotin")
        .chain(args.command.iter().map(String::as_str))
        .collect::<Vec<_>>()
        .join("-");
    let Some(page) = pages.iter().find(|page| page.name == name) else {
        bail!(UsageError::new(
            format!("no command `{}`", args.command.join(" ")),
            "`khotin --help` names all commands",
        ));
    };
    if context.json {
        write_json(out, &json!({ "name": page.name, "page": page.text }))?;
    } else {
        out.write_all(page.text.as_bytes())?;
    }
    Ok(Outcome::Complete)
}

/// A manual page in the language of man(7).
struct Page {
    /// `khotin-sites-check`.
    name: String,
    text: String,
}

impl Page {
    fn file_name(&self) -> String {
        format!("{}.1", self.name)
    }
}

/// The pages of every command, that of khotin first.
fn pages() -> io::Result<Vec<Page>> {
    let mut root = visible().disable_help_subcommand(true);
    root.build();
    let mut pages = Vec::new();
    add_pages(&root, None, &mut pages)?;
    Ok(pages)
}

/// The page of a command, then those of the commands below it; `above` is the page that it belongs to.
fn add_pages(
    command: &clap::Command,
    above: Option<&str>,
    pages: &mut Vec<Page>,
) -> io::Result<()> {
    let name = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name());
    pages.push(Page {
        name: name.to_owned(),
        text: page(command, above)?,
    });
    for below in command.get_subcommands() {
        add_pages(below, Some(name), pages)?;
    }
    Ok(())
}

/// The sections in the order of man-pages(7).
fn page(command: &clap::Command, above: Option<&str>) -> io::Result<String> {
    let about = command.get_long_about().or(command.get_about());
    let about = about.map(ToString::to_string).unwrap_or_default();
    let (examples, description): (Vec<&str>, Vec<&str>) =
        about.lines().partition(|line| line.starts_with(EXAMPLE));
    let man = Man::new(command.clone());
    let mut page = title(command).into_bytes();
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    let mut roff = Roff::new();
    roff.control("SH", ["DESCRIPTION"]);
    paragraphs(&mut roff, &description);
    roff.to_writer(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let mut roff = Roff::new();
    match above {
        None => exit_status(&mut roff),
        Some(_) => {
            roff.control("SH", ["EXIT STATUS"]);
            roff.text([roman("That of "), bold("khotin"), roman("(1).")]);
        }
    }
    if !examples.is_empty() {
        roff.control("SH", ["EXAMPLES"]);
        let examples = examples
            .iter()
            .filter_map(|line| line.strip_prefix(EXAMPLE));
        let examples: Vec<&str> = examples.collect();
        as_written(&mut roff, &examples);
    }
    if let Some(above) = above {
        roff.control("SH", ["SEE ALSO"]);
        roff.text([bold(above), roman("(1)")]);
    }
    roff.to_writer(&mut page)?;
    String::from_utf8(page).map_err(io::Error::other)
}

/// How a line of a command's words begins that is an example.
const EXAMPLE: &str = "Example: ";

/// The first line of a page. It has no date, so that the same program gives the same bytes; what
/// stands in its place is the program's version.
fn title(command: &clap::Command) -> String {
    let name = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name());
    let version = env!("CARGO_PKG_VERSION");
    format!(
        ".TH \"{}\" 1 \"\" \"khotin {version}\" \"Manual of khotin\"\n",
        name.to_uppercase()
    )
}

/// Paragraphs between empty lines; one with a line that is further in stays as it was laid out.
fn paragraphs(roff: &mut Roff, lines: &[&str]) {
    let whole = lines.split(|line| line.trim().is_empty());
    for (index, lines) in whole.filter(|lines| !lines.is_empty()).enumerate() {
        if index > 0 {
            roff.control("PP", []);
        }
        if lines.iter().any(|line| line.starts_with(' ')) {
            as_written(roff, lines);
        } else {
            for line in lines {
                roff.text([roman(*line)]);
            }
        }
    }
}

/// Lines that were laid out by hand.
fn as_written(roff: &mut Roff, lines: &[&str]) {
    roff.control("nf", []);
    for line in lines {
        roff.text([roman(*line)]);
    }
    roff.control("fi", []);
}

/// What every exit code means.
fn exit_status(roff: &mut Roff) {
    roff.control("SH", ["EXIT STATUS"]);
    roff.text([roman("The weightiest cause wins.")]);
    for outcome in Outcome::ALL {
        roff.control("TP", []);
        roff.text([bold(outcome.code().to_string())]);
        roff.text([roman(outcome.meaning())]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_of(name: &str) -> String {
        let mut pages = pages().unwrap().into_iter();
        pages.find(|page| page.name == name).unwrap().text
    }

    #[test]
    fn every_command_that_help_names_has_a_page_and_no_other() {
        fn names(command: &clap::Command, all: &mut Vec<String>) {
            let name = command.get_display_name();
            all.push(name.unwrap_or(command.get_name()).to_owned());
            for below in command.get_subcommands() {
                if !below.is_hide_set() && below.get_name() != "help" {
                    names(below, all);
                }
            }
        }
        let mut root = <super::super::Cli as clap::CommandFactory>::command();
        root.build();
        let mut expected = Vec::new();
        names(&root, &mut expected);
        let made: Vec<String> = pages().unwrap().into_iter().map(|page| page.name).collect();
        assert_eq!(made, expected);
        assert!(made.contains(&"khotin-sites-check".to_owned()));
        assert!(!made.contains(&"khotin-read-alone".to_owned()));
        assert!(!page_of("khotin").contains("read\\-alone"));
    }

    #[test]
    fn a_page_has_its_sections_in_the_usual_order() {
        let sections = |name: &str| -> Vec<String> {
            let page = page_of(name);
            let headings = page.lines().filter_map(|line| line.strip_prefix(".SH "));
            headings
                .map(|heading| heading.trim_matches('"').to_owned())
                .collect()
        };
        assert_eq!(
            sections("khotin-sites-check"),
            [
                "NAME",
                "SYNOPSIS",
                "DESCRIPTION",
                "OPTIONS",
                "OPTIONS OF EVERY COMMAND",
                "EXIT STATUS",
                "EXAMPLES",
                "SEE ALSO"
            ]
        );
        let khotin = sections("khotin");
        assert!(khotin.contains(&"SUBCOMMANDS".to_owned()), "{khotin:?}");
        assert!(!khotin.contains(&"SEE ALSO".to_owned()), "{khotin:?}");
    }

    #[test]
    fn the_page_of_khotin_tells_every_exit_code() {
        let page = page_of("khotin");
        for outcome in Outcome::ALL {
            let code = format!("\\fB{}\\fR", outcome.code());
            assert!(page.lines().any(|line| line == code), "{code}: {page}");
        }
    }

    #[test]
    fn a_paragraph_is_filled_unless_it_was_laid_out_by_hand() {
        let mut roff = Roff::new();
        paragraphs(&mut roff, &["One", "two.", "", "  a   b", "  c   d", ""]);
        let expected = "\nOne\ntwo.\n.PP\n.nf\n  a   b\n  c   d\n.fi\n";
        let text = roff.render();
        assert!(text.ends_with(expected), "{text}");
    }

    #[test]
    fn no_word_of_a_command_is_a_request_to_roff() {
        let mut roff = Roff::new();
        paragraphs(&mut roff, &[".SH", "'x \\fB"]);
        let text = roff.render();
        let expected = "\n\\&.SH\n\\*(Aqx \\\\fB\n";
        assert!(text.ends_with(expected), "{text}");
    }
}
