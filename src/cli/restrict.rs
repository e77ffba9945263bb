//! `khotin restrict`: the operator withholds an article, shows it again, or sees what is withheld.

use std::io::Write;
use std::path::Path;

use anyhow::bail;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde_json::json;

use super::context::known_site;
use super::json::write_json;
use super::problem::UsageError;
use super::report::one_line;
use super::same::compared;
use super::table::write_table;
use super::withheld::refresh_access_list;
use super::{Context, Outcome};
use crate::Lang;
use crate::config::{Config, Sites};
use crate::fetch::{Clock, SystemClock};
use crate::lang::{Words, words};
use crate::model::{Article, ArticleKey, SameAs, SiteId};
use crate::nightly::dumps_folder;
use crate::normalize::identity::identify;
use crate::pipeline::database;
use crate::restrict::{Action, Entry, Restrictions, Standing, Withheld, keep, shown_key};
use crate::store::{SqliteStore, Store};
use url::Url;

/// Withhold an article from exports, search and pages, and from a replay of the archive
///
/// Its row stays as a tombstone that tells nothing of it. Nothing is deleted, and a rebuild changes
/// nothing of it: restrictions.toml in the output folder keeps it. An article that was never captured
/// can be withheld too. docs/operating.md tells what else a takedown needs.
///
/// Example: khotin restrict moh:portal:167411 --reason privacy --authority letter-12/2026
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The article's key, or any of its addresses
    #[arg(value_name = "KEY|URL", required_unless_present = "list")]
    article: Option<String>,

    /// Why; kept for you, in no export
    #[arg(long, value_name = "TEXT", required_unless_present = "list")]
    reason: Option<String>,

    /// Who decided or demanded it: an office, a court, a letter; kept for you, in no export
    #[arg(long, value_name = "TEXT", required_unless_present = "list")]
    authority: Option<String>,

    /// The last local day on which it is withheld [default: until it is lifted]
    #[arg(long, value_name = "YYYY-MM-DD", conflicts_with = "lift")]
    until: Option<NaiveDate>,

    /// Show the article again
    #[arg(long)]
    lift: bool,

    /// List all that is and was withheld
    #[arg(long, conflicts_with_all = ["article", "reason", "authority", "until", "lift"])]
    list: bool,
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let config = context.config()?;
    let now = SystemClock.now_utc();
    let output = &config.paths.output;
    let restrictions = keep::read(output)?;
    let path = database(output);
    let store = path.is_file().then(|| SqliteStore::open_reader(&path));
    let store = store.transpose()?;
    if args.list {
        refresh_access_list(&config, store.as_ref(), now)?;
        return list(&restrictions, now, context, &config, out);
    }
    let sites = context.sites()?;
    let wanted = args.article.as_deref().unwrap_or_default();
    let meant = find(wanted, &restrictions, &sites, store.as_ref())?;
    let entry = entry(args, &meant, &config, now)?;
    if args.lift
        && restrictions
            .withheld(now)
            .entries_of_key(&meant.key)
            .is_none()
    {
        bail!(UsageError::new(
            format!("`{}` is not withheld", meant.key),
            "`khotin restrict --list` tells what is",
        ));
    }
    let in_force = restrictions.withheld(now);
    let said_before = in_force.entries_of_key(&meant.key).unwrap_or_default();
    let said_before = said_before
        .iter()
        .find(|known| says_the_same(known, &entry));
    if said_before.is_none() {
        keep::append(output, &entry)?;
    }
    refresh_access_list(&config, store.as_ref(), now)?;
    let done = Done {
        entry: said_before.unwrap_or(&entry),
        is_repeated: said_before.is_some(),
        partner: partner(store.as_ref(), &meant.key)?,
        is_known: meant.is_known,
        earlier_exports: exports_in(&output.join("exports")),
        earlier_dumps: exports_in(&dumps_folder(output)),
    };
    if context.json {
        write_json(out, &done.json(output))?;
    } else {
        done.write(context.lang(&config), output, out)?;
    }
    Ok(Outcome::Complete)
}

/// The article that a word names.
struct Meant {
    key: ArticleKey,
    /// Every known spelling of its address.
    urls: Vec<String>,
    /// Whether the store has it.
    is_known: bool,
}

/// By the store; else by the file itself, so that a site without profile can be lifted; else by the
/// sites' identity rules, because a takedown can come before the first capture.
fn find(
    wanted: &str,
    restrictions: &Restrictions,
    sites: &Sites,
    store: Option<&SqliteStore>,
) -> anyhow::Result<Meant> {
    let article = |name: &str| match store {
        Some(store) => store.article(name),
        None => Ok(None),
    };
    if let Some(article) = article(wanted)? {
        return Ok(known(&article, None));
    }
    let key = ArticleKey::new(wanted);
    if restrictions.entries().iter().any(|entry| entry.key == key) {
        return Ok(unknown(key, Vec::new()));
    }
    let url = Url::parse(wanted).ok();
    if let Some(url) = url.filter(|url| matches!(url.scheme(), "http" | "https")) {
        let mut identities = sites
            .iter()
            .filter_map(|site| identify(&site.profile, &url));
        let Some(identity) = identities.next() else {
            bail!(UsageError::new(
                format!(
                    "no site knows `{}` as the address of an article",
                    one_line(wanted)
                ),
                "give the address of the article itself, or its key; `khotin sites list` names the sites",
            ));
        };
        let plain = plain(url);
        return Ok(match article(identity.key.as_str())? {
            Some(article) => known(&article, Some(plain)),
            None => unknown(identity.key, vec![plain, identity.public_url]),
        });
    }
    check_key(wanted, sites)?;
    Ok(unknown(key, Vec::new()))
}

fn known(article: &Article, seen: Option<String>) -> Meant {
    let urls = std::iter::once(&article.url).chain(&article.aliases);
    let urls = urls.cloned().chain(seen).collect();
    Meant {
        is_known: true,
        ..unknown(article.key.clone(), urls)
    }
}

fn unknown(key: ArticleKey, mut urls: Vec<String>) -> Meant {
    urls.sort();
    urls.dedup();
    Meant {
        key,
        urls,
        is_known: false,
    }
}

fn plain(mut url: Url) -> String {
    url.set_fragment(None);
    url.into()
}

/// A key that no rule could ever give is a slip of the pen, and would hide nothing.
fn check_key(wanted: &str, sites: &Sites) -> anyhow::Result<()> {
    let mut parts = wanted.splitn(3, ':');
    let (site, platform, name) = (parts.next(), parts.next(), parts.next());
    let (Some(site), Some(platform), Some(name)) = (site, platform, name) else {
        bail!(UsageError::new(
            format!("`{}` is neither a key nor a URL", one_line(wanted)),
            "give a key as in the column `key` of articles.csv, or the address of the article",
        ));
    };
    let profile = &known_site(sites, &SiteId::new(site))?.profile;
    if profile.platform(platform).is_none() || name.is_empty() {
        let known = profile.platforms.iter().map(|one| one.id.as_str());
        bail!(UsageError::new(
            format!("`{}` is no key of {site}", one_line(wanted)),
            format!(
                "a key is {site}:PLATFORM:NAME, and its platforms are {}",
                known.collect::<Vec<_>>().join(", ")
            ),
        ));
    }
    Ok(())
}

fn entry(args: &Args, meant: &Meant, config: &Config, now: DateTime<Utc>) -> anyhow::Result<Entry> {
    let said = |name: &str, text: &Option<String>| {
        let text = text.as_deref().unwrap_or_default().trim().to_owned();
        if text.is_empty() || text.chars().any(char::is_control) {
            bail!(UsageError::new(
                format!("--{name} is empty or has a line break or another control character"),
                "say it in one line",
            ));
        }
        Ok(text)
    };
    let action = if args.lift {
        Action::Lift
    } else {
        Action::Restrict
    };
    let reason = said("reason", &args.reason)?;
    let authority = said("authority", &args.authority)?;
    let mut entry = Entry::new(action, meant.key.clone(), &reason, &authority, now);
    entry.until = args.until;
    if !args.lift {
        entry.urls.clone_from(&meant.urls);
        if !entry.hides_at(now) {
            bail!(UsageError::new(
                "the day of --until is over",
                "name today or a later day, or leave it out",
            ));
        }
    }
    let login = || std::env::var("USER").ok();
    let name = Some(config.operator.name.trim()).filter(|name| !name.is_empty());
    entry.who = name.map(str::to_owned).or_else(login);
    Ok(entry)
}

/// True if a restriction in force says what a new one would say: then nothing is added to the file.
fn says_the_same(known: &Entry, new: &Entry) -> bool {
    new.action == Action::Restrict
        && (&known.reason, &known.authority, known.until)
            == (&new.reason, &new.authority, new.until)
}

/// The article of another platform that seems to be the same work: a takedown may mean it too.
fn partner(store: Option<&SqliteStore>, key: &ArticleKey) -> anyhow::Result<Option<SameAs>> {
    let Some(store) = store else {
        return Ok(None);
    };
    let Some(article) = store.article(key.as_str())? else {
        return Ok(None);
    };
    Ok(compared(store, &Withheld::default(), article)?.same_as)
}

/// The number of whole exports in a folder. Hidden ones are being written; of removed dumps only the
/// evidence is left, in a folder without a manifest of its own.
fn exports_in(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_export = |entry: &std::fs::DirEntry| {
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        !is_hidden && is_folder && entry.path().join("manifest.json").is_file()
    };
    entries.filter(is_export).count()
}

/// What came of it.
struct Done<'a> {
    entry: &'a Entry,
    /// The file said so before, so nothing was added to it.
    is_repeated: bool,
    partner: Option<SameAs>,
    is_known: bool,
    earlier_exports: usize,
    earlier_dumps: usize,
}

impl Done<'_> {
    fn json(&self, output: &Path) -> serde_json::Value {
        json!({
            "entry": self.entry,
            "already_withheld": self.is_repeated,
            "same_as": self.partner,
            "shown_key": shown_key(&self.entry.key),
            "in_store": self.is_known,
            "restrictions": keep::path(output),
            "access_list": output.join(keep::ACCESS_FILE),
            "earlier_exports": self.earlier_exports,
            "earlier_dumps": self.earlier_dumps,
        })
    }

    fn write(&self, lang: Lang, output: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
        let key = one_line(self.entry.key.as_str());
        if self.entry.action == Action::Lift {
            let shown = lang.of(words("is shown again", "được hiển thị trở lại"));
            writeln!(out, "{key} {shown}")?;
        } else {
            let withheld = match self.is_repeated {
                true => words(
                    "is withheld already, for the same reason: nothing was added",
                    "đã bị hạn chế từ trước với cùng lý do: không ghi thêm gì",
                ),
                false => words("is withheld", "đã bị hạn chế"),
            };
            writeln!(out, "{key} {}", lang.of(withheld))?;
            let row = lang.of(words("its row in exports:", "dòng còn lại trong bản xuất:"));
            writeln!(
                out,
                "  {row} {}",
                one_line(shown_key(&self.entry.key).as_str())
            )?;
            for url in &self.entry.urls {
                writeln!(out, "  {}", one_line(url))?;
            }
        }
        if let Some(partner) = &self.partner {
            let too = match self.entry.action {
                Action::Restrict => words(
                    "it seems to be the same work as this one, which is to be withheld by its own key:",
                    "có vẻ trùng với bài sau, bài ấy phải được hạn chế riêng theo mã của nó:",
                ),
                Action::Lift => words(
                    "it seems to be the same work as this one:",
                    "có vẻ trùng với bài sau:",
                ),
            };
            let strength = partner.strength.as_str();
            let key = one_line(partner.key.as_str());
            writeln!(out, "  {} {key} ({strength})", lang.of(too))?;
        }
        if !self.is_known {
            writeln!(
                out,
                "  {}",
                lang.of(words(
                    "the archive does not know this article yet: see that the key is right",
                    "kho lưu trữ chưa có bài này: hãy kiểm tra lại mã bài",
                ))
            )?;
        }
        writeln!(out, "  {}", keep::path(output).display())?;
        writeln!(out, "  {}", output.join(keep::ACCESS_FILE).display())?;
        if self.earlier_exports + self.earlier_dumps > 0 {
            let still = match self.entry.action {
                Action::Restrict => words(
                    "earlier ones are as they were: run `khotin export`, then remove those that hold it",
                    "bản trước đây vẫn giữ nguyên: hãy chạy `khotin export`, rồi xóa các bản có bài này",
                ),
                Action::Lift => words(
                    "earlier ones are as they were: run `khotin export` for one that shows it",
                    "bản trước đây vẫn giữ nguyên: hãy chạy `khotin export` để có bản hiển thị bài này",
                ),
            };
            writeln!(
                out,
                "exports/ {}, dumps/ {}: {}",
                self.earlier_exports,
                self.earlier_dumps,
                lang.of(still)
            )?;
        }
        Ok(())
    }
}

fn list(
    restrictions: &Restrictions,
    now: DateTime<Utc>,
    context: &Context,
    config: &Config,
    out: &mut dyn Write,
) -> anyhow::Result<Outcome> {
    let standing = restrictions.standing(now);
    if context.json {
        let entries = standing.iter().map(|(entry, standing)| {
            json!({ "entry": entry, "standing": standing, "shown_key": shown_key(&entry.key) })
        });
        let entries: Vec<_> = entries.collect();
        write_json(out, &json!({ "entries": entries }))?;
        return Ok(Outcome::Complete);
    }
    let lang = context.lang(config);
    let rows: Vec<Vec<String>> = standing
        .iter()
        .map(|(entry, standing)| row(entry, *standing, lang))
        .collect();
    let header = [
        words("key", "mã bài"),
        words("standing", "hiệu lực"),
        words("since", "từ"),
        words("until", "đến"),
        words("authority", "căn cứ"),
        words("reason", "lý do"),
        words("who", "người ghi"),
        words("row in exports", "dòng trong bản xuất"),
    ];
    write_table(out, &header.map(|name| lang.of(name)), &rows)?;
    Ok(Outcome::Complete)
}

/// The word of a standing for people; English is the word for machines.
fn standing_words(standing: Standing) -> Words {
    let vi = match standing {
        Standing::InForce => "đang hiệu lực",
        Standing::Expired => "đã hết hạn",
        Standing::Lifted => "đã được gỡ bỏ",
        Standing::Lift => "gỡ bỏ",
    };
    words(standing.as_str(), vi)
}

fn row(entry: &Entry, standing: Standing, lang: Lang) -> Vec<String> {
    vec![
        one_line(entry.key.as_str()),
        lang.of(standing_words(standing)).to_owned(),
        entry.since.to_rfc3339_opts(SecondsFormat::Secs, true),
        entry.until.map(|day| day.to_string()).unwrap_or_default(),
        one_line(&entry.authority),
        one_line(&entry.reason),
        one_line(entry.who.as_deref().unwrap_or_default()),
        one_line(shown_key(&entry.key).as_str()),
    ]
}
