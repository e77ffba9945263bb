//! `khotin sites list`: the known ministries, or the sections of one.

use std::io::Write;

use serde_json::{Value, json};

use crate::cli::context::known_site;
use crate::cli::json::write_json;
use crate::cli::report::one_line;
use crate::cli::say::say;
use crate::cli::table::write_table;
use crate::cli::{Context, Outcome};
use crate::config::{Section, Site};
use crate::lang::{Lang, words};
use crate::model::SiteId;

/// List the known ministries, or the sections of one
///
/// Example: khotin sites list moh
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Show the sections of this site
    #[arg(value_parser = |text: &str| Ok::<_, String>(SiteId::new(text)))]
    site: Option<SiteId>,
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    let sites = context.sites()?;
    let (json, lang) = (context.json, context.lang_if_settings());
    match &args.site {
        Some(id) => write_sections(out, known_site(&sites, id)?, json, lang)?,
        None => write_sites(out, &sites.iter().collect::<Vec<_>>(), json, lang)?,
    }
    Ok(Outcome::Complete)
}

fn write_sites(out: &mut dyn Write, sites: &[&Site], json: bool, lang: Lang) -> anyhow::Result<()> {
    if json {
        let sites: Vec<Value> = sites.iter().map(|site| site_as_json(site)).collect();
        write_json(out, &sites)?;
        return Ok(());
    }
    let header = [
        words("site", "trang"),
        words("name", "tên"),
        words("in English", "tên tiếng Anh"),
        words("hosts", "tên miền"),
        words("platforms", "nền tảng"),
        words("sections", "chuyên mục"),
        words("gap", "khoảng nghỉ"),
        words("origin", "hồ sơ từ"),
    ];
    let rows: Vec<Vec<String>> = sites.iter().map(|site| site_as_row(site, lang)).collect();
    write_table(out, &header.map(|name| lang.of(name)), &rows)?;
    let told = words(
        "sections: active of all; `khotin sites list SITE` names them",
        "chuyên mục: số mục đang dùng trên tổng số; `khotin sites list TRANG` liệt kê từng mục",
    );
    writeln!(out, "\n{}", lang.of(told))?;
    Ok(())
}

fn site_as_row(site: &Site, lang: Lang) -> Vec<String> {
    let profile = &site.profile;
    let active = profile
        .sections
        .iter()
        .filter(|section| section.active)
        .count();
    let row = [
        profile.id.to_string(),
        profile.name.vi.clone(),
        profile.name.en.clone(),
        profile.hosts.join(" "),
        platforms(site).join(" "),
        format!(
            "{active} {} {}",
            lang.of(words("of", "trên")),
            profile.sections.len()
        ),
        humantime::format_duration(profile.pace.gap).to_string(),
        site.origin.clone(),
    ];
    row.map(|cell| one_line(&cell)).to_vec()
}

fn platforms(site: &Site) -> Vec<&str> {
    site.profile
        .platforms
        .iter()
        .map(|platform| platform.id.as_str())
        .collect()
}

fn site_as_json(site: &Site) -> Value {
    let profile = &site.profile;
    json!({
        "site": profile.id,
        "name": { "vi": profile.name.vi, "en": profile.name.en },
        "hosts": profile.hosts,
        "platforms": platforms(site),
        "sections": profile.sections.len(),
        "sections_active": profile.sections.iter().filter(|section| section.active).count(),
        "gap_seconds": profile.pace.gap.as_secs_f64(),
        "synthetic": profile.synthetic,
        "digest": profile.digest,
        "origin": site.origin,
    })
}

fn write_sections(out: &mut dyn Write, site: &Site, json: bool, lang: Lang) -> anyhow::Result<()> {
    let sections = &site.profile.sections;
    if json {
        let sections: Vec<Value> = sections.iter().map(section_as_json).collect();
        write_json(out, &sections)?;
        return Ok(());
    }
    let header = [
        words("section", "mã mục"),
        words("name", "tên"),
        words("in English", "tên tiếng Anh"),
        words("platform", "nền tảng"),
        words("active", "đang dùng"),
    ];
    let rows: Vec<Vec<String>> = sections
        .iter()
        .map(|section| section_as_row(section, lang))
        .collect();
    write_table(out, &header.map(|name| lang.of(name)), &rows)?;
    if sections.iter().any(|section| !section.active) {
        let id = &site.profile.id;
        let told = say(words(
            "not active: read only when named: `khotin crawl {id} --section ID`",
            "không dùng thường xuyên: chỉ đọc khi nêu rõ: `khotin crawl {id} --section MÃ`",
        ));
        writeln!(out, "\n{}", told.with("id", id).in_lang(lang))?;
    }
    Ok(())
}

fn section_as_row(section: &Section, lang: Lang) -> Vec<String> {
    let row = [
        section.id.as_str(),
        section.name.vi.as_str(),
        section.name.en.as_str(),
        section.platform.as_str(),
        lang.of(if section.active {
            words("yes", "có")
        } else {
            words("no", "không")
        }),
    ];
    row.map(one_line).to_vec()
}

fn section_as_json(section: &Section) -> Value {
    json!({
        "section": section.id,
        "name": { "vi": section.name.vi, "en": section.name.en },
        "platform": section.platform,
        "vars": section.vars,
        "active": section.active,
    })
}
