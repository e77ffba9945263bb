//! Settings: config.toml, the profiles, and who crawls. Nothing is asked of the network.

use super::finding::{Check, Finding, told};
use crate::cli::contact::is_contact;
use crate::cli::say::say;
use crate::config::{Config, FileError, Sites};
use crate::lang::words;
use crate::model::SiteId;
use crate::outcome::Outcome;
use crate::pipeline::{CrawlError, CrawlOptions, own_machine, plan};

/// A file that can not be read or holds a mistake.
pub(super) fn mistake(check: Check, error: &FileError) -> Finding {
    Finding::fail(check, told(error), told(error.advice())).with_outcome(Outcome::Usage)
}

/// The settings against the profiles: names, paces, permissions.
pub(super) fn config(config: &Config, sites: &Sites, wanted: &[SiteId]) -> Vec<Finding> {
    if wanted.is_empty() {
        let nothing = say(words(
            "`sites` names none, so that `khotin crawl` has nothing to do",
            "`sites` để trống nên `khotin crawl` không có gì để làm",
        ));
        let advice = say(words(
            "set `sites` in the [crawl] part of config.toml",
            "điền `sites` ở phần [crawl] của config.toml",
        ));
        let finding = Finding::fail(Check::Config, nothing, advice);
        return vec![finding.with_outcome(Outcome::Usage)];
    }
    let mut findings = Vec::new();
    for site in wanted {
        let options = CrawlOptions {
            sites: vec![site.clone()],
            ..CrawlOptions::default()
        };
        match plan(config, sites, &options) {
            // Of the contact tells a line of its own.
            Ok(_) | Err(CrawlError::NoContact { .. }) => {}
            Err(error) => findings.push(broken_rule(&error, sites, site)),
        }
    }
    let options = CrawlOptions {
        sites: wanted.to_vec(),
        sections: config.crawl.sections.clone(),
        ..CrawlOptions::default()
    };
    if findings.is_empty()
        && let Err(error @ CrawlError::UnknownSection { .. }) = plan(config, sites, &options)
    {
        let finding = Finding::fail(Check::Config, told(&error), told(error.advice()));
        findings.push(finding.with_outcome(Outcome::Usage));
    }
    if findings.is_empty() {
        let names: Vec<&str> = wanted.iter().map(SiteId::as_str).collect();
        let good = say(words(
            "read; sites to crawl: {sites}",
            "đọc được; trang sẽ thu thập: {sites}",
        ));
        findings.push(Finding::ok(
            Check::Config,
            good.with("sites", names.join(", ")),
        ));
    }
    findings
}

fn broken_rule(error: &CrawlError, sites: &Sites, site: &SiteId) -> Finding {
    let mut message = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        message = format!("{message}: {error}");
        cause = error.source();
    }
    let advice = match (error, sites.nearest(site.as_str())) {
        (CrawlError::UnknownSite { .. }, Some(nearest)) => say(words(
            "did you mean `{nearest}`? `khotin sites list` shows all",
            "có phải ý bạn là `{nearest}`? `khotin sites list` liệt kê tất cả",
        ))
        .with("nearest", nearest),
        _ => told(error.advice()),
    };
    Finding::fail(Check::Config, told(message), advice)
        .with_outcome(Outcome::Usage)
        .of(site)
}

/// That all profiles could be read.
pub(super) fn profiles(config: &Config, sites: &Sites) -> Finding {
    let own = sites
        .iter()
        .filter(|site| !site.origin.ends_with("(part of the program)"))
        .count();
    let good = say(words(
        "{all} known, {own} of them from {folder}",
        "có {all} hồ sơ, trong đó {own} lấy từ {folder}",
    ));
    Finding::ok(
        Check::Profiles,
        good.with("all", sites.iter().count())
            .with("own", own)
            .with("folder", config.paths.sites.display()),
    )
}

/// Who crawls, and how a webmaster reaches them.
pub(super) fn operator(config: &Config, sites: &Sites, wanted: &[SiteId]) -> Finding {
    let (contact, name) = (config.operator.contact.trim(), config.operator.name.trim());
    let is_own = |site: &SiteId| {
        let site = sites.get(site);
        site.is_none_or(|site| own_machine(config, &site.profile))
    };
    if contact.is_empty() && wanted.iter().all(is_own) {
        return Finding::ok(
            Check::Operator,
            say(words(
                "no contact, and none is needed: only this machine is asked",
                "không có địa chỉ liên hệ, và không cần: chỉ hỏi chính máy này",
            )),
        );
    }
    if contact.is_empty() {
        let none = say(words(
            "no contact is set, so nothing but this machine is asked",
            "chưa có địa chỉ liên hệ nên không hỏi gì ngoài chính máy này",
        ));
        let advice = say(words(
            "set `contact` in the [operator] part of config.toml to an e-mail address or URL at which a \
             webmaster reaches you",
            "điền `contact` ở phần [operator] của config.toml bằng địa chỉ thư điện tử hoặc URL để quản trị \
             trang liên hệ được với bạn",
        ));
        return Finding::fail(Check::Operator, none, advice).with_outcome(Outcome::Usage);
    }
    if !is_contact(contact) {
        let odd = say(words(
            "`{contact}` is neither an e-mail address nor a URL",
            "`{contact}` không phải địa chỉ thư điện tử, cũng không phải URL",
        ));
        let advice = say(words(
            "correct `contact` in the [operator] part of config.toml: it is sent with every request",
            "sửa `contact` ở phần [operator] của config.toml: địa chỉ này được gửi kèm mọi yêu cầu",
        ));
        return Finding::warn(Check::Operator, odd.with("contact", contact), advice);
    }
    if name.is_empty() {
        let nameless = say(words(
            "contact {contact}, but no name: the WARC files will not say who made them",
            "liên hệ {contact}, nhưng chưa có tên: tệp WARC sẽ không ghi ai đã thu thập",
        ));
        let advice = say(words(
            "set `name` in the [operator] part of config.toml",
            "điền `name` ở phần [operator] của config.toml",
        ));
        return Finding::warn(Check::Operator, nameless.with("contact", contact), advice);
    }
    let good = say(words(
        "{name}, contact {contact}",
        "{name}, liên hệ {contact}",
    ));
    Finding::ok(
        Check::Operator,
        good.with("name", name).with("contact", contact),
    )
}
