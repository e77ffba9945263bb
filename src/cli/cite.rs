//! Citing: the names that a citation needs, and one citation printed.

use std::io::Write;

use super::json::write_json;
use super::report::one_line;
use crate::Lang;
use crate::config::{Config, Sites};
use crate::export::{Citation, Names, SiteNames};

/// Who runs the archive by the settings, and what the sites are called by their profiles.
pub(super) fn names(config: &Config, sites: &Sites) -> Names {
    let operator = config.operator.name.trim();
    let sites = sites.iter().map(|site| {
        let profile = &site.profile;
        let names = SiteNames {
            vi: profile.name.vi.clone(),
            en: profile.name.en.clone(),
            host: profile.hosts.first().cloned().unwrap_or_default(),
        };
        (profile.id.clone(), names)
    });
    Names {
        operator: (!operator.is_empty()).then(|| operator.to_owned()),
        sites: sites.collect(),
    }
}

/// Prints one line for a footnote, or the item of a reference manager.
pub(super) fn write_citation(
    out: &mut dyn Write,
    citation: &Citation<'_>,
    lang: Lang,
    json: bool,
) -> anyhow::Result<()> {
    match json {
        true => write_json(out, &citation.csl(lang))?,
        false => writeln!(out, "{}", one_line(&citation.line(lang)))?,
    }
    Ok(())
}
