//! `khotin search`: articles by what they say.

mod answer;

use std::io::{self, Write};

use anyhow::bail;
use chrono::NaiveDate;

use self::answer::Answer;
use super::export::{check, state};
use super::json::write_json;
use super::page::{SYNTHETIC, day_and_time, state_words};
use super::problem::UsageError;
use super::say::say;
use super::terminal::{Style, Terminal};
use super::withheld::withheld_now;
use super::wrap::{Printed, write_text, write_words};
use super::{Context, Outcome};
use crate::Lang;
use crate::export::ExportQuery;
use crate::fetch::{Clock, SystemClock};
use crate::lang::{Words, words};
use crate::model::{Article, SectionId, SiteId, State};
use crate::pipeline::database;
use crate::restrict::Withheld;
use crate::search::{Snippet, TextQuery};
use crate::store::{ArticleFilter, Found, SqliteStore, Store};

/// Find articles by what they say: title, lead, text and captions
///
/// All words must be there, in any order; "a phrase" stands together; begin* is the beginning of a
/// word; -word must not be there. What holds quotes, * or - stands in single quotes for the shell:
/// khotin search '"sức khỏe" -covid'. With marks (sức khỏe) the text is taken as written, khỏe and
/// khoẻ being the same; without any (suc khoe) marks are ignored.
///
/// Example: khotin search suc khoe --since 2023-01-01
/// Example: khotin search phòng bệnh --site moh --limit 5
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// What to look for
    #[arg(required = true)]
    text: Vec<String>,

    /// Only this site
    #[arg(long, value_parser = |text: &str| Ok::<_, String>(SiteId::new(text)))]
    site: Option<SiteId>,

    /// Only this section
    #[arg(long, value_name = "ID", value_parser = |text: &str| Ok::<_, String>(SectionId::new(text)))]
    section: Option<SectionId>,

    /// Only published on this local day or later
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<NaiveDate>,

    /// Only published on this local day or earlier
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<NaiveDate>,

    /// Only in this state: listed, live, gone, soft_gone, back
    #[arg(long, value_parser = state)]
    state: Option<State>,

    /// Show at most so many articles, the best first [default: `limit` of config.toml, 20]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

/// A query that a user typed.
///
/// # Errors
/// [`UsageError`] if it is none.
pub(super) fn text_query(typed: &str) -> anyhow::Result<TextQuery> {
    TextQuery::parse(typed)
        .map_err(|error| UsageError::new(error.to_string(), error.advice()).into())
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let config = context.config()?;
    let query = text_query(&args.text.join(" "))?;
    let asked = ExportQuery {
        site: args.site.clone(),
        section: args.section.clone(),
        since: args.since,
        until: args.until,
        state: args.state,
        ..ExportQuery::default()
    };
    check(&asked, &context.sites()?)?;
    let limit = args.limit.unwrap_or(config.search.limit);
    if limit == 0 {
        bail!(UsageError::new(
            "--limit 0 shows nothing",
            "give at least 1"
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
    let filter = ArticleFilter {
        site: asked.site,
        section: asked.section,
        since: asked.since,
        until: asked.until,
        state: asked.state,
        query: Some(query.clone()),
        ..ArticleFilter::default()
    };
    let withheld = withheld_now(&config, &store, SystemClock.now_utc())?;
    let found = find(&store, &withheld, query, &filter, limit)?;
    if context.json {
        write_json(out, &Answer::of(&found))?;
    } else {
        write_found(out, &found, context.lang(&config), Terminal::of_stdout())?;
    }
    Ok(Outcome::Complete)
}

/// What a search found, with what is shown of it.
struct FoundArticles {
    query: TextQuery,
    /// How many articles there are.
    number: u64,
    /// The best of them.
    articles: Vec<Article>,
    /// Where nothing was found as written: the query without marks, and how many articles it finds.
    without_marks: Option<(TextQuery, u64)>,
}

/// More than any archive has: every article that is found.
const ALL: usize = u32::MAX as usize;

/// What the store finds, without what is withheld: it is not counted either.
fn shown(
    store: &SqliteStore,
    withheld: &Withheld,
    filter: &ArticleFilter,
    limit: usize,
) -> anyhow::Result<Found> {
    if withheld.is_empty() {
        return Ok(store.search(filter, limit)?);
    }
    let mut found = store.search(filter, ALL)?;
    found
        .keys
        .retain(|key| withheld.entries_of_key(key).is_none());
    found.number = u64::try_from(found.keys.len())?;
    found.keys.truncate(limit);
    Ok(found)
}

fn find(
    store: &SqliteStore,
    withheld: &Withheld,
    query: TextQuery,
    filter: &ArticleFilter,
    limit: usize,
) -> anyhow::Result<FoundArticles> {
    let found = shown(store, withheld, filter, limit)?;
    let mut articles = Vec::new();
    for key in &found.keys {
        let article = store.article(key.as_str())?;
        articles.extend(article.map(|article| withheld.shown(article)));
    }
    let without_marks = match query.without_marks().filter(|_| found.number == 0) {
        Some(bare) => {
            let filter = ArticleFilter {
                query: Some(bare.clone()),
                ..filter.clone()
            };
            Some((bare, shown(store, withheld, &filter, 0)?.number))
        }
        None => None,
    };
    Ok(FoundArticles {
        query,
        number: found.number,
        articles,
        without_marks,
    })
}

const NOTHING: Words = words("no article says: {query}", "không có bài nào chứa: {query}");
const WITHOUT_MARKS: Words = words(
    "without marks {number} do: khotin search '{query}'",
    "nếu không xét dấu thì có {number} bài: khotin search '{query}'",
);
const TRY_LESS: Words = words(
    "try fewer words, begin* for the beginning of a word, or a wider --since, --until, --section",
    "hãy thử ít từ hơn, đầu* cho phần đầu của từ, hoặc nới rộng --since, --until, --section",
);
const FOUND: Words = words("articles found: {number}", "số bài tìm thấy: {number}");
const BEST: Words = words(
    "articles found: {number}; the best {shown} are shown, --limit N shows more",
    "số bài tìm thấy: {number}; đang hiện {shown} bài phù hợp nhất, --limit N để xem thêm",
);
const NO_TITLE: Words = words("(no title)", "(không có tiêu đề)");
const NO_DATE: Words = words("date unknown", "không rõ ngày đăng");

/// Columns before everything but the number of an article.
const INDENT: &str = "    ";

fn write_found(
    out: &mut dyn Write,
    found: &FoundArticles,
    lang: Lang,
    terminal: Terminal,
) -> io::Result<()> {
    if found.number == 0 {
        let nothing = say(NOTHING).with("query", &found.query).in_lang(lang);
        write_text(out, &nothing, Style::Plain, terminal, "", "")?;
        let advice = match &found.without_marks {
            Some((bare, number)) if *number > 0 => say(WITHOUT_MARKS)
                .with("number", number)
                .with("query", bare)
                .in_lang(lang),
            _ => lang.of(TRY_LESS).to_owned(),
        };
        return write_text(out, &advice, Style::Plain, terminal, "  ", "  ");
    }
    for (article, number) in found.articles.iter().zip(1..) {
        write_article(out, &found.query, article, number, lang, terminal)?;
        writeln!(out)?;
    }
    let shown = found.articles.len();
    let is_all = u64::try_from(shown).is_ok_and(|shown| shown == found.number);
    let line = say(if is_all { FOUND } else { BEST })
        .with("number", found.number)
        .with("shown", shown)
        .in_lang(lang);
    write_text(out, &line, Style::Plain, terminal, "", "")
}

fn write_article(
    out: &mut dyn Write,
    query: &TextQuery,
    article: &Article,
    number: usize,
    lang: Lang,
    terminal: Terminal,
) -> io::Result<()> {
    let first = format!("{number:>2}. ");
    match &article.title {
        Some(title) => {
            let words = Printed::marked(title, &query.marks(title), terminal);
            write_words(out, &words, terminal, &first, INDENT)?;
        }
        None => write_text(
            out,
            lang.of(NO_TITLE),
            Style::Plain,
            terminal,
            &first,
            INDENT,
        )?,
    }
    let day = match &article.published {
        Some(published) => day_and_time(published, lang),
        None => lang.of(NO_DATE).to_owned(),
    };
    let state = lang.of(state_words(article.state));
    let mut about = vec![day, state.to_owned()];
    if article.synthetic {
        about.push(lang.of(SYNTHETIC).to_owned());
    }
    for line in [&about.join(" · "), article.key.as_str(), &article.url] {
        write_text(out, line, Style::Dim, terminal, INDENT, INDENT)?;
    }
    match query.snippet(article) {
        Some(snippet) => write_snippet(out, &snippet, terminal),
        None => Ok(()),
    }
}

fn write_snippet(out: &mut dyn Write, snippet: &Snippet, terminal: Terminal) -> io::Result<()> {
    let before = if snippet.is_cut_before { "…" } else { "" };
    let behind = if snippet.is_cut_behind { "…" } else { "" };
    let text = format!("{before}{}{behind}", snippet.text);
    let move_by = before.len();
    let marks: Vec<_> = snippet
        .marks
        .iter()
        .map(|mark| mark.start + move_by..mark.end + move_by)
        .collect();
    let words = Printed::marked(&text, &marks, terminal);
    write_words(out, &words, terminal, INDENT, INDENT)
}

#[cfg(test)]
mod tests;
