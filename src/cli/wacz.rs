//! `khotin wacz OUT.wacz`: the archive as one file that a browser replays.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::bail;
use serde_json::json;

use super::context::known_site;
use super::counter::Counter;
use super::interrupt::Interrupts;
use super::json::write_json;
use super::problem::UsageError;
use super::withheld::known;
use super::{Context, Outcome};
use crate::Lang;
use crate::archive::Archive;
use crate::config::{Config, Sites};
use crate::fetch::{Clock, SystemClock};
use crate::import::ledger::Ledger;
use crate::lang::{Words, words};
use crate::model::{Article, SiteId};
use crate::package::{About, Holdings, Page, WaczReport, pages_of, write_wacz};
use crate::pipeline::{CrawlError, archive_folder, database};
use crate::restrict::{RestrictError, Restrictions, Withheld, keep};
use crate::store::{ArticleFilter, SqliteStore, Store};

/// Write the archive as one WACZ file, which replays in a browser (ReplayWeb.page)
///
/// WARC files are taken whole, as they are, with an index and a list of the articles. What is
/// still being written is left out and named. While anything is withheld it refuses: a WACZ hands
/// out all of it.
///
/// Example: khotin wacz moh.wacz --site moh
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The file to write; never one that is there already
    #[arg(value_name = "OUT.wacz")]
    out: PathBuf,

    /// Only the WARC files of this site
    #[arg(long, value_parser = |text: &str| Ok::<_, String>(SiteId::new(text)))]
    site: Option<SiteId>,

    /// Write it although articles are withheld: for you, not for publication
    #[arg(long)]
    with_withheld: bool,
}

/// What is counted.
const PACKED: Words = words("WARC files packed", "tệp WARC đã đóng gói");

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let config = context.config()?;
    let sites = Sites::load(Some(&config.paths.sites))?;
    if let Some(site) = &args.site {
        known_site(&sites, site)?;
    }
    let restrictions = keep::read(&config.paths.output)?;
    let now = SystemClock.now_utc();
    let hidden = count_withheld(&restrictions.withheld(now), args.site.as_ref());
    if hidden > 0 && !args.with_withheld {
        bail!(UsageError::new(
            format!("{hidden} articles are withheld, and a WACZ holds every byte of them"),
            "docs/operating.md tells what may be handed on; --with-withheld writes it for you alone",
        ));
    }
    let path = database(&config.paths.output);
    if !path.is_file() {
        bail!(UsageError::new(
            format!("no articles yet: there is no {}", path.display()),
            "run `khotin crawl` first, or `khotin rebuild` if the archive is there",
        ));
    }
    let store = SqliteStore::open_reader(&path)?;
    let withheld = known(&config, &store, &restrictions, now)?;
    let archive = Archive::new(archive_folder(&config.paths.output));
    let holdings = Holdings::of(&archive, args.site.as_ref())?.not_empty()?;
    let foreign = Ledger::read(archive.dir()).map_err(CrawlError::from)?;
    let foreign = foreign.files().len();
    let lang = context.lang(&config);
    let report = pack(
        args,
        &config,
        &holdings,
        &store,
        (&restrictions, &withheld),
        &sites,
        lang,
    )?;
    if context.json {
        let mut answer = json!(report);
        if let Some(answer) = answer.as_object_mut() {
            answer.insert("withheld".to_owned(), json!(hidden));
            answer.insert("foreign_left_out".to_owned(), json!(foreign));
        }
        write_json(out, &answer)?;
    } else {
        write_report(out, lang, &report, foreign, hidden)?;
    }
    Ok(Outcome::Complete)
}

fn pack(
    args: &Args,
    config: &Config,
    holdings: &Holdings,
    store: &SqliteStore,
    (restrictions, withheld): (&Restrictions, &Withheld),
    sites: &Sites,
    lang: Lang,
) -> anyhow::Result<WaczReport> {
    let interrupts = Interrupts::listen()?;
    let output = &config.paths.output;
    let filter = ArticleFilter {
        site: args.site.clone(),
        ..ArticleFilter::default()
    };
    let pages = store.articles(&filter).flat_map(|article| {
        let pages = article
            .map_err(anyhow::Error::from)
            .and_then(|article| pages_to_show(store, &article, holdings, withheld));
        match pages {
            Ok(pages) => pages.into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        }
    });
    // What was restricted while this was written must not be handed on.
    let at_the_end = std::iter::once_with(|| match keep::read(output)? {
        now if now == *restrictions => Ok(()),
        _ => Err(RestrictError::Changed {
            path: keep::path(output),
        }),
    });
    let at_the_end = at_the_end.filter_map(|ended| ended.err().map(|error| Err(error.into())));
    let about = about(holdings, sites, lang);
    // Each file is read twice.
    let whole = holdings.bytes().saturating_mul(2);
    let mut counter = Counter::start(PACKED, lang, None);
    let written = write_wacz(
        holdings,
        &args.out,
        &about,
        pages.chain(at_the_end),
        &mut |packed| -> anyhow::Result<()> {
            counter.show_bytes(packed.files, packed.bytes, whole);
            Ok(interrupts.check()?)
        },
    );
    counter.end();
    written
}

/// The pages of an article that may be named: what is withheld is in the files, and in no list.
fn pages_to_show(
    store: &SqliteStore,
    article: &Article,
    holdings: &Holdings,
    withheld: &Withheld,
) -> anyhow::Result<Vec<Page>> {
    if withheld.hides(article) {
        return Ok(Vec::new());
    }
    let exchanges = store.captures(&article.key)?.into_iter();
    let requests: BTreeMap<_, _> = exchanges.map(|one| (one.sequence, one.request)).collect();
    Ok(pages_of(article, &requests, holdings))
}

/// How many articles are withheld, of one site or of all.
pub(super) fn count_withheld(withheld: &Withheld, site: Option<&SiteId>) -> usize {
    let is_wanted = |of: &SiteId| site.is_none_or(|site| site == of);
    withheld.keys().filter(|key| is_wanted(&key.site())).count()
}

/// The names of the sites whose files are taken.
pub(super) fn names_of_sites(holdings: &Holdings, sites: &Sites, lang: Lang) -> String {
    let names = holdings.sites().into_iter().map(|id| {
        let Some(site) = sites.get(&SiteId::new(id)) else {
            return id.to_owned();
        };
        let name = &site.profile.name;
        match lang {
            Lang::En => name.en.clone(),
            Lang::Vi => name.vi.clone(),
        }
    });
    names.collect::<Vec<_>>().join(", ")
}

fn about(holdings: &Holdings, sites: &Sites, lang: Lang) -> About {
    let description = words(
        "Answers of the site as khotin archived them; a page is an article, by its headline of that time",
        "Các câu trả lời của trang do khotin lưu trữ; mỗi mục là một bài, theo tiêu đề lúc đó",
    );
    About {
        title: names_of_sites(holdings, sites, lang),
        description: lang.of(description).to_owned(),
        software: concat!("khotin ", env!("CARGO_PKG_VERSION")).to_owned(),
    }
}

fn write_report(
    out: &mut dyn Write,
    lang: Lang,
    report: &WaczReport,
    foreign: usize,
    hidden: usize,
) -> io::Result<()> {
    let WaczReport {
        bytes,
        warc_files,
        index_lines,
        pages,
        ..
    } = report;
    let path = report.path.display();
    match lang {
        Lang::En => {
            writeln!(out, "{path}: {bytes} bytes")?;
            writeln!(
                out,
                "  {warc_files} WARC files, {index_lines} lines of index, {pages} pages of articles"
            )?;
        }
        Lang::Vi => {
            writeln!(out, "{path}: {bytes} byte")?;
            writeln!(
                out,
                "  {warc_files} tệp WARC, {index_lines} dòng chỉ mục, {pages} trang bài"
            )?;
        }
    }
    write_left_out(out, lang, &report.left_open, foreign, hidden)
}

/// What is not in a package, and what is in it and must not get about.
pub(super) fn write_left_out(
    out: &mut dyn Write,
    lang: Lang,
    open: &[String],
    foreign: usize,
    hidden: usize,
) -> io::Result<()> {
    let not_closed = words(
        "not in it, because it is still open",
        "không có trong đó vì tệp còn mở",
    );
    for file in open {
        writeln!(out, "  {}: {file}", lang.of(not_closed))?;
    }
    match (foreign, lang) {
        (0, _) => {}
        (_, Lang::En) => writeln!(
            out,
            "  not in it: {foreign} imported files of others; hand on the originals with it"
        )?,
        (_, Lang::Vi) => writeln!(
            out,
            "  không có trong đó: {foreign} tệp nhập từ nơi khác; hãy gửi kèm bản gốc"
        )?,
    }
    match (hidden, lang) {
        (0, _) => Ok(()),
        (_, Lang::En) => writeln!(
            out,
            "  WITHHELD: it holds {hidden} articles that are restricted; it is not for publication"
        ),
        (_, Lang::Vi) => writeln!(
            out,
            "  BỊ HẠN CHẾ: trong đó có {hidden} bài đang bị hạn chế; không được công bố"
        ),
    }
}
