//! Context: what every command needs before it begins, the settings and the sites.

use std::path::{Path, PathBuf};

use anyhow::bail;

use super::problem::UsageError;
use crate::Lang;
use crate::config::{Config, Site, Sites};
use crate::model::SiteId;

/// The global arguments.
#[derive(Debug)]
pub(crate) struct Context {
    config: Option<PathBuf>,
    lang: Option<Lang>,
    /// Print JSON.
    pub(crate) json: bool,
}

impl Context {
    pub(crate) fn new(config: Option<PathBuf>, lang: Option<Lang>, json: bool) -> Self {
        Self { config, lang, json }
    }

    /// Where the settings are looked for.
    pub(super) fn config_path(&self) -> PathBuf {
        self.config
            .clone()
            .unwrap_or_else(|| PathBuf::from("config.toml"))
    }

    /// The settings; a command that needs them can not go on without a file.
    pub(crate) fn config(&self) -> anyhow::Result<Config> {
        let path = self.config_path();
        if !path.is_file() {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            let folder = folder.unwrap_or_else(|| Path::new("."));
            let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            bail!(UsageError::new(
                format!("no {name} in {}", folder.display()),
                "run `khotin init` to make one here, or name yours with --config FILE",
            ));
        }
        Ok(Config::read(&path)?)
    }

    /// The language of answers: that of `--lang`, else of the settings.
    pub(crate) fn lang(&self, config: &Config) -> Lang {
        self.lang.unwrap_or(config.display.lang)
    }

    /// The language of answers of a command that needs no settings: that of `--lang`, else of the settings if
    /// there are some that can be read. What is wrong with them is told by the commands that need them.
    pub(crate) fn lang_if_settings(&self) -> Lang {
        let of_settings = || Some(Config::read(&self.config_path()).ok()?.display.lang);
        self.lang.or_else(of_settings).unwrap_or_default()
    }

    /// True if `--lang` was given.
    pub(crate) fn names_lang(&self) -> bool {
        self.lang.is_some()
    }

    /// The language of answers where there are no settings.
    pub(crate) fn lang_without_settings(&self) -> Lang {
        self.lang.unwrap_or_default()
    }

    /// The sites: those of the program, and those of the settings' folder if there are settings,
    /// else of ./sites.
    pub(crate) fn sites(&self) -> anyhow::Result<Sites> {
        let path = self.config_path();
        let folder = if path.is_file() {
            Config::read(&path)?.paths.sites
        } else {
            PathBuf::from("sites")
        };
        Ok(Sites::load(Some(&folder))?)
    }
}

/// A site by the name that the user typed.
pub(crate) fn known_site<'a>(sites: &'a Sites, name: &SiteId) -> anyhow::Result<&'a Site> {
    if let Some(site) = sites.get(name) {
        return Ok(site);
    }
    let advice = match sites.nearest(name.as_str()) {
        Some(nearest) => format!("did you mean `{nearest}`? `khotin sites list` shows all"),
        None => "`khotin sites list` shows all; docs/new-site.md tells how to add one".to_owned(),
    };
    bail!(UsageError::new(format!("no site `{name}`"), advice))
}
