//! Withheld: how every command that shows articles learns what it must not show.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::problem::UsageError;
use super::report::one_line;
use crate::Lang;
use crate::config::{Assets, Config, Sites};
use crate::frontier::assets::{addresses, name_of};
use crate::lang::{Words, words};
use crate::model::{Article, ArticleKey, CaptureUse, Request, Sighting};
use crate::restrict::{Entry, Restrictions, Withheld, access_list, keep};
use crate::store::{ArticleFilter, Imports, SqliteStore, Store};
use chrono::{DateTime, SecondsFormat, Utc};
use url::Url;

/// What is withheld now, by the file in the output folder. A file that can not be read is an error: then
/// nothing may be shown.
pub(crate) fn withheld_now(
    config: &Config,
    store: &SqliteStore,
    now: DateTime<Utc>,
) -> anyhow::Result<Withheld> {
    let restrictions = keep::read(&config.paths.output)?;
    known(config, store, &restrictions, now)
}

/// The same of restrictions that were read before.
pub(crate) fn known(
    config: &Config,
    store: &SqliteStore,
    restrictions: &Restrictions,
    now: DateTime<Utc>,
) -> anyhow::Result<Withheld> {
    let mut withheld = restrictions.withheld(now);
    if withheld.is_empty() {
        return Ok(withheld);
    }
    withheld.know_sites(&Sites::load(Some(&config.paths.sites))?);
    let keys = withheld.keys().map(ToString::to_string);
    let names: Vec<String> = keys.chain(withheld.urls().map(str::to_owned)).collect();
    for name in names {
        if let Some(article) = store.article(&name)? {
            withheld.learn(&article);
        }
    }
    Ok(withheld)
}

/// Writes pywb's access list for what is withheld at `now`, if there is a restrictions.toml.
pub(crate) fn refresh_access_list(
    config: &Config,
    store: Option<&SqliteStore>,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let output = &config.paths.output;
    if keep::read(output)?.entries().is_empty() {
        return Ok(());
    }
    keep::write_access_list(output, || -> anyhow::Result<String> {
        // Read under the lock: the last one to write knows all.
        let restrictions = keep::read(output)?;
        let Some(store) = store else {
            let withheld = restrictions.withheld(now);
            return Ok(access_list(withheld.urls(), []));
        };
        let withheld = known(config, store, &restrictions, now)?;
        let mut requests: Vec<Request> = Vec::new();
        for key in withheld.keys() {
            requests.extend(requests_of(store, key)?);
        }
        requests.extend(files_of(store, &withheld)?);
        Ok(access_list(withheld.urls(), &requests))
    })?;
    Ok(())
}

/// What was asked to get the article itself, with the requests that redirects led on from.
fn requests_of(store: &SqliteStore, key: &ArticleKey) -> anyhow::Result<Vec<Request>> {
    let Some(article) = store.article(key.as_str())? else {
        return Ok(Vec::new());
    };
    let itself: Vec<_> = article
        .captures
        .iter()
        .filter(|capture| capture.used_as == CaptureUse::Article)
        .map(|capture| capture.sequence)
        .collect();
    let mut requests = Vec::new();
    for exchange in store.captures(key)? {
        if itself.contains(&exchange.sequence) {
            requests.extend(store.chain(&exchange.request)?);
            requests.push(exchange.request);
        }
    }
    // Copies of foreign files may be replayed too.
    for sequence in itself.iter().filter(|sequence| sequence.is_imported()) {
        requests.extend(store.imported(*sequence)?.map(|row| row.request));
    }
    Ok(requests)
}

/// What was asked to get the files of withheld articles, of all their versions, but for files that another
/// article's record names too: hiding those would take a picture from who is shown.
fn files_of(store: &SqliteStore, withheld: &Withheld) -> anyhow::Result<Vec<Request>> {
    let mut own: BTreeMap<String, Vec<Request>> = BTreeMap::new();
    for key in withheld.keys() {
        for observation in store.observations(key)? {
            let Sighting::Article { content, .. } = &observation.sighting else {
                continue;
            };
            let files = addresses(&content.images, &content.attachments, Assets::All);
            for (address, _) in files {
                let Ok(url) = Url::parse(address) else {
                    continue;
                };
                let asked = own.entry(name_of(address)).or_default();
                let request = Request::asset(observation.site.clone(), url);
                // As it was asked, perhaps with another time stamp; and where its redirects led.
                let known = store.request(&request)?.map(|row| row.request);
                asked.extend(known);
                asked.push(request);
            }
        }
    }
    if own.is_empty() {
        return Ok(Vec::new());
    }
    for key in withheld.keys() {
        let Some(article) = store.article(key.as_str())? else {
            continue;
        };
        let places = article
            .images
            .iter()
            .flat_map(|image| [&image.archived, &image.original_archived])
            .chain(article.attachments.iter().map(|file| &file.archived));
        for file in places.flatten().filter_map(|place| place.file()) {
            let url = Url::parse(&file.request_url)?;
            let asked = own.entry(name_of(&file.request_url)).or_default();
            asked.push(Request::asset(article.site.clone(), url));
        }
    }
    for article in store.articles(&ArticleFilter::default()) {
        let article = article?;
        if withheld.keys().any(|key| *key == article.key) {
            continue;
        }
        for (address, _) in addresses(&article.images, &article.attachments, Assets::All) {
            own.remove(&name_of(address));
        }
    }
    Ok(own.into_values().flatten().collect())
}

/// The error of a command that would have to tell what is withheld.
pub(crate) fn refused(key: &ArticleKey, entries: &[Entry]) -> UsageError {
    let by = entries.first().map(|entry| entry.authority.as_str());
    UsageError::new(
        format!("`{key}` is withheld ({})", by.unwrap_or_default()),
        "`khotin show KEY` tells why; `--restricted` shows it to you, `khotin restrict KEY --lift` to all",
    )
}

/// Stands above what is withheld when the operator wishes to see it.
pub(crate) const NOT_FOR_PUBLICATION: Words = words(
    "WITHHELD: this article is restricted and not for publication",
    "BỊ HẠN CHẾ: bài này đang bị hạn chế, không được công bố",
);

/// A tombstone as a page for the operator: what is left of the article, and why.
pub(crate) fn write_tombstone(
    out: &mut dyn Write,
    lang: Lang,
    tombstone: &Article,
    entries: &[Entry],
) -> io::Result<()> {
    let line = |label: Words, text: &str| format!("  {:<12} {}", lang.of(label), one_line(text));
    writeln!(out, "{}", lang.of(words("(withheld)", "(đang bị hạn chế)")))?;
    writeln!(out, "{}", one_line(tombstone.key.as_str()))?;
    for entry in entries {
        let since = entry.since.to_rfc3339_opts(SecondsFormat::Secs, true);
        let until = match entry.until {
            Some(day) => day.to_string(),
            None => lang.of(words("lifted", "khi được gỡ bỏ")).to_owned(),
        };
        writeln!(out)?;
        writeln!(out, "{}", line(words("reason", "lý do"), &entry.reason))?;
        let authority = words("authority", "căn cứ");
        writeln!(out, "{}", line(authority, &entry.authority))?;
        writeln!(out, "{}", line(words("since", "từ"), &since))?;
        writeln!(out, "{}", line(words("until", "đến"), &until))?;
    }
    Ok(())
}
