//! Config: the operator's settings, `config.toml`. Every key has a default that is safe; the file
//! in the repository is the tested reference of all keys.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

use super::assets::{self, Assets};
use super::log::Log;
use super::nightly::{Alert, Nightly};
use super::toml_file::{self, FileError};
use super::{Export, Import, Reading, Search};
use crate::Lang;
use crate::model::{SectionId, SiteId};

/// The largest `max_body_bytes`: with its head it must fit into one record
/// ([`crate::archive::MAX_RECORD_BYTES`]).
const MOST_BODY_BYTES: u64 = 60 * 1024 * 1024;

/// The smallest `max_file_bytes`: one article page is of this size (our choice).
const LEAST_FILE_BYTES: u64 = 64 * 1024;

/// A longer time can not be added to every clock without overflow (our choice).
const LONGEST_PERIOD: Duration = Duration::from_secs(100 * 366 * 86_400);

/// The operator's settings.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Who crawls.
    pub operator: Operator,
    /// Where things are.
    pub paths: Paths,
    /// How answers look.
    pub display: Display,
    /// What is crawled, and how often it is looked at again.
    pub crawl: Crawl,
    /// How a request is made.
    pub fetch: Fetch,
    /// WARC files.
    pub archive: Archive,
    /// How what they hold is read again.
    pub reading: Reading,
    /// How foreign archives are taken in.
    pub import: Import,
    /// What an export holds.
    pub export: Export,
    /// What the nightly job does beside the crawl.
    pub nightly: Nightly,
    /// What makes a night an alarm.
    pub alert: Alert,
    /// What a search shows.
    pub search: Search,
    /// What is logged.
    pub log: Log,
    /// Settings of one site, by its id.
    pub site: BTreeMap<SiteId, SiteSettings>,
    /// Written permissions of sites' owners (design, decision 7).
    pub permission: Vec<Permission>,
}

/// Who crawls.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Operator {
    /// Who runs this archive, for warcinfo: a person or an institution.
    pub name: String,
    /// An e-mail address or URL at which a ministry's webmaster reaches the operator.
    pub contact: String,
}

/// Where things are. Relative paths are relative to config.toml.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Paths {
    /// Archive, database, exports and reports.
    pub output: PathBuf,
    /// Profiles that override or add to those of the program.
    pub sites: PathBuf,
}

impl Default for Paths {
    fn default() -> Self {
        Self {
            output: "output".into(),
            sites: "sites".into(),
        }
    }
}

/// How answers look.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Display {
    /// The language of labels, pages and reports.
    pub lang: Lang,
}

/// What is crawled, and how often it is looked at again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Crawl {
    /// Sites of a `khotin crawl` that names none.
    pub sites: Vec<SiteId>,
    /// Sections; empty: every active one.
    pub sections: Vec<SectionId>,
    /// Articles that a listing dates before this day (local) are not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<NaiveDate>,
    /// The most requests of one run, robots.txt and redirects included; none: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_requests: Option<u64>,
    /// The most bytes of bodies that one run receives, as sent; none: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<u64>,
    /// How long one run asks; none: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_time: Option<Period>,
    /// Read every listing to its end.
    pub full: bool,
    /// Which files of articles are archived, where a site's own settings do not say it.
    pub assets: Assets,
    /// The largest file of an article that is kept, in bytes as sent.
    pub asset_max_bytes: u64,
    /// The most bytes of such files that one run receives.
    pub asset_max_bytes_per_run: u64,
    /// When an article is looked at again, counted from its first capture.
    pub revisit: Vec<Period>,
    /// Tries of one request in one run.
    pub tries: u32,
    /// Runs in which a request fails before it is given up (and then retried weekly).
    pub give_up_after: u32,
}

impl Default for Crawl {
    fn default() -> Self {
        Self {
            sites: vec![SiteId::new("moh")],
            sections: Vec::new(),
            since: None,
            max_requests: None,
            max_bytes: None,
            max_time: None,
            full: false,
            assets: Assets::None,
            asset_max_bytes: assets::MAX_BYTES,
            asset_max_bytes_per_run: assets::MAX_BYTES_PER_RUN,
            revisit: [1, 3, 7, 30]
                .map(|days| Period(Duration::from_secs(days * 86_400)))
                .to_vec(),
            tries: 3,
            give_up_after: 5,
        }
    }
}

/// How a request is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fetch {
    /// Until there is a connection.
    pub connect_timeout: Period,
    /// From sending to the end of the answer's header.
    pub header_timeout: Period,
    /// From sending to the last byte.
    pub total_timeout: Period,
    /// The largest body kept, as sent, in bytes.
    pub max_body_bytes: u64,
    /// The most that is added to a gap at random.
    pub jitter: Period,
    /// The longest wish of a Retry-After that is waited for, and how long a site that does not answer is
    /// probed; what takes longer ends the site's run.
    pub longest_pause: Period,
    /// Origins that are sent elsewhere: `"moh.gov.vn:443" = "127.0.0.1:8443"`.
    pub resolve: BTreeMap<String, SocketAddr>,
    /// PEM files of certificate authorities trusted beside the system's.
    pub extra_ca: Vec<PathBuf>,
    /// PEM files of intermediate certificates that servers should send and do not.
    pub extra_intermediates: Vec<PathBuf>,
    /// An HTTP proxy for everything; without it the environment's proxies are ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Url>,
}

impl Default for Fetch {
    fn default() -> Self {
        Self {
            connect_timeout: Period(Duration::from_secs(20)),
            header_timeout: Period(Duration::from_secs(60)),
            total_timeout: Period(Duration::from_secs(180)),
            max_body_bytes: 16 * 1024 * 1024,
            jitter: Period(Duration::from_millis(500)),
            longest_pause: Period(Duration::from_secs(600)),
            resolve: BTreeMap::new(),
            extra_ca: Vec::new(),
            extra_intermediates: Vec::new(),
            proxy: None,
        }
    }
}

/// WARC files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Archive {
    /// A file is closed when it is larger than this, in bytes.
    pub max_file_bytes: u64,
    /// A run stops when less than this is free on the disk of the output folder, in bytes; 0: never.
    pub min_free_bytes: u64,
}

impl Default for Archive {
    fn default() -> Self {
        Self {
            max_file_bytes: 1_000_000_000,
            min_free_bytes: 500_000_000,
        }
    }
}

/// Settings of one site.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SiteSettings {
    /// A gap longer than the profile's; shorter only for a site on loopback.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap: Option<Period>,
    /// Connections at once; above 1 only for a site on loopback.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections: Option<u32>,
    /// Which files of its articles are archived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assets: Option<Assets>,
    /// Who speaks TLS with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsLibrary>,
}

/// Who speaks TLS (docs/old-tls.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsLibrary {
    /// rustls, which is part of the program: TLS 1.3, and 1.2 with ECDHE.
    Rustls,
    /// The system's OpenSSL, in a build with the feature `system-tls`.
    System,
}

/// A written permission of a site's owner to ask for paths that its robots.txt forbids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permission {
    /// The site.
    pub site: SiteId,
    /// Who gave it: name and office.
    pub by: String,
    /// When.
    pub on: NaiveDate,
    /// Beginnings of the paths that it opens.
    pub paths: Vec<String>,
}

/// A span of time with its unit: `2s`, `500ms`, `24h`, `30days`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period(pub Duration);

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&humantime::format_duration(self.0))
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let period = humantime::parse_duration(&text).map_err(|error| {
            serde::de::Error::custom(format!("`{text}` is not a time such as \"2s\": {error}"))
        })?;
        if period > LONGEST_PERIOD {
            let message = format!("`{text}` is longer than 100 years");
            return Err(serde::de::Error::custom(message));
        }
        Ok(Self(period))
    }
}

impl Config {
    /// Reads `path` and makes its relative paths relative to its folder.
    ///
    /// # Errors
    /// [`FileError`] with line and key.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let file = path.display().to_string();
        let text = toml_file::read_text(path)?;
        let mut config = Self::parse(&file, &text)?;
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        config.paths.output = folder.join(&config.paths.output);
        config.paths.sites = folder.join(&config.paths.sites);
        let pem = [
            &mut config.fetch.extra_ca,
            &mut config.fetch.extra_intermediates,
        ];
        for path in pem.into_iter().flatten().chain(&mut config.export.out) {
            *path = folder.join(&*path);
        }
        if let Some(path) = &mut config.nightly.metrics {
            *path = folder.join(&*path);
        }
        Ok(config)
    }

    /// Reads the text of a config.toml and checks its ranges. Paths stay as written.
    ///
    /// # Errors
    /// [`FileError`] with line and key.
    pub fn parse(file: &str, text: &str) -> Result<Self, FileError> {
        let config: Self = toml_file::parse(file, text)?;
        let at = |key: &str, message: String| Err(FileError::at(file, text, key, message));
        if config.crawl.tries == 0 {
            return at("tries", "`tries` must be at least 1".to_owned());
        }
        if config.crawl.give_up_after == 0 {
            return at(
                "give_up_after",
                "`give_up_after` must be at least 1".to_owned(),
            );
        }
        if !(1024..=MOST_BODY_BYTES).contains(&config.fetch.max_body_bytes) {
            return at(
                "max_body_bytes",
                format!("`max_body_bytes` must be from 1024 to {MOST_BODY_BYTES} (60 MiB)"),
            );
        }
        if !(1024..=MOST_BODY_BYTES).contains(&config.crawl.asset_max_bytes) {
            return at(
                "asset_max_bytes",
                format!("`asset_max_bytes` must be from 1024 to {MOST_BODY_BYTES} (60 MiB)"),
            );
        }
        if config.archive.max_file_bytes < LEAST_FILE_BYTES {
            return at(
                "max_file_bytes",
                format!("`max_file_bytes` must be at least {LEAST_FILE_BYTES} (64 KiB)"),
            );
        }
        if let Some(key) = config
            .fetch
            .resolve
            .keys()
            .find(|key| !is_host_and_port(key))
        {
            return at(
                key,
                format!("`{key}` is not HOST:PORT, such as \"moh.gov.vn:443\""),
            );
        }
        if let Some((key, message)) = config.export.fault() {
            return at(key, message);
        }
        if let Some(settings) = config
            .site
            .iter()
            .find(|(_, one)| one.connections == Some(0))
        {
            return at(
                "connections",
                format!("site `{}`: `connections` must be at least 1", settings.0),
            );
        }
        Ok(config)
    }

    /// The settings as TOML without secrets, for the archive: a proxy's user and password are left
    /// out.
    pub fn without_secrets(&self) -> String {
        let mut config = self.clone();
        if let Some(proxy) = &mut config.fetch.proxy {
            // Both fail only for a URL without host, which a proxy has.
            let _ = proxy.set_username("");
            let _ = proxy.set_password(None);
        }
        toml::to_string(&config).unwrap_or_else(|error| format!("# not representable: {error}\n"))
    }
}

fn is_host_and_port(text: &str) -> bool {
    text.rsplit_once(':')
        .is_some_and(|(host, port)| url::Host::parse(host).is_ok() && port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_gives_the_defaults() {
        assert_eq!(Config::parse("config.toml", "").unwrap(), Config::default());
    }

    #[test]
    fn a_value_out_of_range_is_an_error_with_its_line() {
        let table = [
            (
                "no try",
                "[crawl]\ntries = 0\n",
                "config.toml:2: `tries` must be at least 1",
            ),
            (
                "tiny file",
                "[archive]\nmax_file_bytes = 1\n",
                "config.toml:2: `max_file_bytes`",
            ),
            (
                "a body that fits into no record",
                "[fetch]\nmax_body_bytes = 67108864\n",
                "config.toml:2: `max_body_bytes` must be from 1024 to 62914560",
            ),
            (
                "a file that fits into no record",
                "[crawl]\nasset_max_bytes = 67108864\n",
                "config.toml:2: `asset_max_bytes` must be from 1024 to 62914560",
            ),
            (
                "files that there are not",
                "[site.moh]\nassets = \"videos\"\n",
                "config.toml:2: unknown value `videos`; known here: none, images, all",
            ),
            (
                "a time that no clock can count",
                "[site.moh]\ngap = \"500000000000years\"\n",
                "config.toml:2: `500000000000years` is longer than 100 years",
            ),
            (
                "no port",
                "[fetch]\nresolve = { \"a.vn\" = \"127.0.0.1:1\" }\n",
                "config.toml:2: `a.vn` is not HOST:PORT",
            ),
            (
                "no unit",
                "[fetch]\njitter = \"5\"\n",
                "config.toml:2: `5` is not a time",
            ),
            (
                "a TLS library that there is not",
                "[site.moh]\ntls = \"openssl\"\n",
                "config.toml:2: unknown value `openssl`; known here: rustls, system",
            ),
            (
                "misspelt",
                "[crawl]\nrevisits = []\n",
                "unknown key `revisits`; did you mean `revisit`?",
            ),
            (
                "no connection",
                "[site.moh]\nconnections = 0\n",
                "site `moh`: `connections`",
            ),
        ];
        for (what, text, expected) in table {
            let error = Config::parse("config.toml", text).unwrap_err().to_string();
            assert!(error.contains(expected), "{what}: {error}");
        }
    }

    #[test]
    fn secrets_do_not_reach_the_archive() {
        let text = "[fetch]\nproxy = \"http://user:secret@proxy.vn:3128\"\n";
        let kept = Config::parse("config.toml", text)
            .unwrap()
            .without_secrets();
        assert!(kept.contains("http://proxy.vn:3128"), "{kept}");
        assert!(
            !kept.contains("secret") && !kept.contains("user:"),
            "{kept}"
        );
    }
}
