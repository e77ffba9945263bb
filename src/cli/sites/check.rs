//! `khotin sites check`: the saved pages of a ministry through its profile, field by field. What
//! the values are is not compared here; `cargo test` does that.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::bail;
use serde_json::{Value, json};

use super::cells::{self, ARTICLE, Cells, FieldHits, LISTING};
use super::fixture::{Expected, Fixture, fixtures};
use crate::cli::context::known_site;
use crate::cli::json::write_json;
use crate::cli::problem::UsageError;
use crate::cli::report::one_line;
use crate::cli::table::write_table;
use crate::cli::{Context, Outcome};
use crate::config::{Site, SiteProfile, Sites};
use crate::extract::trace;
use crate::model::{Page, SiteId, Warning};
use crate::normalize;
use crate::store::PageKind;

/// Read every saved page of a ministry by its profile: hit, fallback or miss, field by field
///
/// hit: the first selector found it; fallback: a later one did; miss: none did. Empty: the profile
/// has no rule for it. Exit code 1 if a page is not read as what it should be.
///
/// Example: khotin sites check moh
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Sites [default: all that have saved pages]
    #[arg(value_name = "SITE", value_parser = |text: &str| Ok::<_, String>(SiteId::new(text)))]
    sites: Vec<SiteId>,

    /// Folder with one folder of saved pages a site
    #[arg(long, value_name = "DIR", default_value = "fixtures/sites")]
    fixtures: PathBuf,
}

/// What came out of one site's fixtures.
struct Checked {
    site: SiteId,
    rows: Vec<Row>,
    absent: Vec<String>,
}

/// What came out of one fixture.
struct Row {
    case: String,
    expected: Expected,
    page: PageKind,
    /// Why the page is what it is, where it is neither article nor listing.
    why: Option<String>,
    layout: Option<String>,
    article: Option<Cells>,
    listing: Option<Listed>,
    warnings: Vec<Warning>,
}

struct Listed {
    layout: String,
    items: usize,
    cells: Cells,
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let sites = context.sites()?;
    let mut checked = Vec::new();
    for site in chosen(args, &sites)? {
        let profile = &site.profile;
        let folder = args.fixtures.join(profile.id.as_str());
        let (fixtures, absent) = fixtures(profile, &folder)?;
        if fixtures.is_empty() && absent.is_empty() {
            bail!(no_pages(
                format!("no saved page in {}", folder.display()),
                profile.id.as_str()
            ));
        }
        let rows = fixtures
            .into_iter()
            .map(|fixture| check(profile, fixture))
            .collect();
        checked.push(Checked {
            site: profile.id.clone(),
            rows,
            absent,
        });
    }
    if context.json {
        let all: Vec<Value> = checked.iter().map(as_json).collect();
        write_json(out, &all)?;
    } else {
        for one in &checked {
            write_checked(out, one)?;
        }
    }
    let is_right = checked
        .iter()
        .flat_map(|one| &one.rows)
        .all(Row::is_as_expected);
    Ok(if is_right {
        Outcome::Complete
    } else {
        Outcome::Incomplete
    })
}

/// The named sites, or all that have a folder.
fn chosen<'a>(args: &Args, sites: &'a Sites) -> anyhow::Result<Vec<&'a Site>> {
    let folder_of = |id: &SiteId| args.fixtures.join(id.as_str());
    if args.sites.is_empty() {
        let all = sites
            .iter()
            .filter(|site| folder_of(&site.profile.id).is_dir());
        let all: Vec<_> = all.collect();
        if all.is_empty() {
            let message = format!("no known site has a folder in {}", args.fixtures.display());
            bail!(no_pages(message, "SITE"));
        }
        return Ok(all);
    }
    let mut named = Vec::new();
    for id in &args.sites {
        let site = known_site(sites, id)?;
        if !folder_of(id).is_dir() {
            let message = format!("there is no {}", folder_of(id).display());
            bail!(no_pages(message, id.as_str()));
        }
        named.push(site);
    }
    Ok(named)
}

fn no_pages(message: String, site: &str) -> UsageError {
    UsageError::new(
        message,
        format!(
            "save pages of {site} with a browser into DIR/{site}/ (fixtures/README.md tells the \
             form) and name DIR with --fixtures"
        ),
    )
}

fn check(profile: &SiteProfile, fixture: Fixture) -> Row {
    let capture = &fixture.capture;
    let trace = trace(profile, capture);
    let observations = normalize::observations(profile, capture, &trace.read);
    let listing = cells::listing_of(&trace.read.page).map(|listing| Listed {
        layout: listing.layout.clone(),
        items: listing.items.len(),
        cells: cells::of_listing(profile, listing, &observations),
    });
    Row {
        expected: fixture.expected,
        page: PageKind::of(&trace.read.page),
        why: why(&trace.read.page),
        layout: trace.read.profile.layout.clone(),
        article: cells::of_article(profile, &trace, &observations),
        listing,
        warnings: cells::warnings(profile, capture, &trace, &observations),
        case: fixture.case,
    }
}

/// What decided that a page is neither article nor listing.
fn why(page: &Page) -> Option<String> {
    match page {
        Page::Blocked { rule } | Page::SoftGone { rule } => Some(format!("by `{rule}`")),
        Page::Other { reason } => Some(reason.clone()),
        _ => None,
    }
}

impl Row {
    fn is_as_expected(&self) -> bool {
        match self.expected {
            Expected::Readable => matches!(self.page, PageKind::Article | PageKind::Listing),
            Expected::Article => self.page == PageKind::Article,
            Expected::Listing => self.page == PageKind::Listing,
            Expected::Blocked => self.page == PageKind::Blocked,
            Expected::SoftGone => self.page == PageKind::SoftGone,
            Expected::Other => self.page == PageKind::Other,
        }
    }
}

fn write_checked(out: &mut dyn Write, checked: &Checked) -> io::Result<()> {
    let rows = &checked.rows;
    writeln!(out, "{}: {} saved pages", checked.site, rows.len())?;
    let articles = rows.iter().filter_map(|row| {
        let cells = row.article.as_ref()?;
        Some((
            vec![row.case.clone(), row.layout.clone().unwrap_or_default()],
            cells,
        ))
    });
    write_cells(out, &["article", "layout"], &ARTICLE, articles.collect())?;
    let listings = rows.iter().filter_map(|row| {
        let listed = row.listing.as_ref()?;
        let items = listed.items.to_string();
        Some((
            vec![row.case.clone(), listed.layout.clone(), items],
            &listed.cells,
        ))
    });
    write_cells(
        out,
        &["listing", "layout", "items"],
        &LISTING,
        listings.collect(),
    )?;
    write_others(out, rows)?;
    write_summary(out, rows)?;
    write_warnings(out, rows)?;
    if !checked.absent.is_empty() {
        let cases = one_line(&checked.absent.join(", "));
        writeln!(
            out,
            "\nnot looked at, because the page is not there: {cases}"
        )?;
    }
    let wrong: Vec<&Row> = rows.iter().filter(|row| !row.is_as_expected()).collect();
    writeln!(
        out,
        "\n{} of {} pages are read as what they are",
        rows.len() - wrong.len(),
        rows.len()
    )?;
    for row in wrong {
        let why = row
            .why
            .as_deref()
            .map(|why| format!(" ({})", one_line(why)));
        let (case, expected, page) = (
            one_line(&row.case),
            row.expected.as_str(),
            row.page.as_str(),
        );
        writeln!(
            out,
            "  {case}: {expected} expected, {page} found{}",
            why.unwrap_or_default()
        )?;
    }
    writeln!(out)
}

/// A table: what stands before the cells, then a column a field.
fn write_cells(
    out: &mut dyn Write,
    before: &[&str],
    fields: &[&str],
    rows: Vec<(Vec<String>, &Cells)>,
) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let header: Vec<&str> = before.iter().chain(fields).copied().collect();
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .map(|(mut row, cells)| {
            let cell = |field: &&str| cells.get(field).copied().map(cells::words);
            row.extend(fields.iter().map(|field| cell(field).unwrap_or_default()));
            row.iter().map(|cell| one_line(cell)).collect()
        })
        .collect();
    writeln!(out)?;
    write_table(out, &header, &rows)
}

fn write_others(out: &mut dyn Write, rows: &[Row]) -> io::Result<()> {
    let others: Vec<Vec<String>> = rows
        .iter()
        .filter(|row| row.article.is_none() && row.listing.is_none())
        .map(|row| {
            let why = row.why.as_deref().unwrap_or_default();
            [row.case.as_str(), row.page.as_str(), why]
                .map(one_line)
                .to_vec()
        })
        .collect();
    if others.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    write_table(out, &["other page", "read as", "why"], &others)
}

/// The sum of the articles' cells, and that of the listings'.
fn write_summary(out: &mut dyn Write, rows: &[Row]) -> io::Result<()> {
    let articles = sum(rows.iter().filter_map(|row| row.article.as_ref()));
    let listings = sum(rows
        .iter()
        .filter_map(|row| Some(&row.listing.as_ref()?.cells)));
    let line = |kind: &str, field: &&str, sums: &Cells| {
        let hits = *sums.get(field)?;
        let numbers = [hits.hit, hits.fallback, hits.miss].map(|number| number.to_string());
        let rate = hits
            .rate()
            .map_or_else(String::new, |rate| format!("{:.0} %", rate * 100.0));
        let name = vec![format!("{kind}.{field}")];
        Some(
            name.into_iter()
                .chain(numbers)
                .chain([rate])
                .collect::<Vec<_>>(),
        )
    };
    let lines: Vec<Vec<String>> = ARTICLE
        .iter()
        .filter_map(|field| line("article", field, &articles))
        .chain(
            LISTING
                .iter()
                .filter_map(|field| line("listing", field, &listings)),
        )
        .collect();
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    write_table(out, &["field", "hit", "fallback", "miss", "found"], &lines)
}

fn sum<'a>(all: impl Iterator<Item = &'a Cells>) -> Cells {
    let mut sums: BTreeMap<&'static str, FieldHits> = BTreeMap::new();
    for (field, hits) in all.flatten() {
        cells::add(sums.entry(field).or_default(), *hits);
    }
    sums
}

fn write_warnings(out: &mut dyn Write, rows: &[Row]) -> io::Result<()> {
    let mut lines = Vec::new();
    for row in rows {
        let of_row = row.warnings.iter().map(|warning| {
            [
                row.case.as_str(),
                warning.code.as_str(),
                warning.detail.as_str(),
            ]
            .map(one_line)
            .to_vec()
        });
        lines.extend(of_row);
    }
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    write_table(out, &["page", "warning", "about"], &lines)
}

fn as_json(checked: &Checked) -> Value {
    let rows: Vec<Value> = checked
        .rows
        .iter()
        .map(|row| {
            let listing = row.listing.as_ref().map(|listed| {
                json!({ "layout": listed.layout, "items": listed.items, "fields": listed.cells })
            });
            json!({
                "case": row.case,
                "expected": row.expected.as_str(),
                "page": row.page.as_str(),
                "as_expected": row.is_as_expected(),
                "why": row.why,
                "layout": row.layout,
                "fields": row.article,
                "listing": listing,
                "warnings": row.warnings,
            })
        })
        .collect();
    json!({ "site": checked.site, "pages": rows, "absent": checked.absent })
}
