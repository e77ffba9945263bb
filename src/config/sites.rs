//! Sites: the profiles that khotin knows. Those of the repository are part of the program; a file
//! of the same name in the operator's `sites/` folder overrides one or adds another.

use std::collections::BTreeMap;
use std::path::Path;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::toml_file::{self, FileError};
use super::{PagerKind, SiteProfile};
use crate::model::SiteId;

/// The profiles that are part of the program: name and text.
const EMBEDDED: [(&str, &str); 3] = [
    ("demo", include_str!("../../sites/demo.toml")),
    ("moh", include_str!("../../sites/moh.toml")),
    ("ncov", include_str!("../../sites/ncov.toml")),
];

/// A profile with the text that it was read from, for the archive.
#[derive(Debug, Clone)]
pub struct Site {
    /// The profile.
    pub profile: SiteProfile,
    /// The file's text.
    pub text: String,
    /// Where it comes from: a path, or `sites/moh.toml (part of the program)`.
    pub origin: String,
}

/// All known sites, by id.
#[derive(Debug, Clone, Default)]
pub struct Sites(BTreeMap<SiteId, Site>);

impl Sites {
    /// The embedded profiles, overridden by `*.toml` in `folder` if it exists.
    ///
    /// # Errors
    /// [`FileError`] for the first file that is wrong.
    pub fn load(folder: Option<&Path>) -> Result<Self, FileError> {
        let mut sites = BTreeMap::new();
        for (name, text) in EMBEDDED {
            let origin = format!("sites/{name}.toml (part of the program)");
            let site = read_site(&format!("sites/{name}.toml"), text.to_owned(), name, origin)?;
            sites.insert(site.profile.id.clone(), site);
        }
        for path in folder.map(toml_files).transpose()?.unwrap_or_default() {
            let file = path.display().to_string();
            let stem = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .unwrap_or_default();
            let site = read_site(&file, toml_file::read_text(&path)?, stem, file.clone())?;
            sites.insert(site.profile.id.clone(), site);
        }
        Ok(Self(sites))
    }

    /// A site by its id.
    pub fn get(&self, id: &SiteId) -> Option<&Site> {
        self.0.get(id)
    }

    /// All sites in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Site> {
        self.0.values()
    }

    /// The known id most like `id`.
    pub fn nearest(&self, id: &str) -> Option<&str> {
        let known: Vec<&str> = self.0.keys().map(SiteId::as_str).collect();
        toml_file::nearest(id, &known)
    }
}

/// Reads one profile file from disk, whatever its name.
///
/// # Errors
/// [`FileError`] if it can not be read or is wrong.
pub fn read_site_file(path: &Path) -> Result<Site, FileError> {
    let file = path.display().to_string();
    let stem = path
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    read_site(&file, toml_file::read_text(path)?, stem, file.clone())
}

fn toml_files(folder: &Path) -> Result<Vec<std::path::PathBuf>, FileError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(FileError {
                file: folder.display().to_string(),
                line: None,
                excerpt: None,
                message: format!("can not be listed: {error}"),
            });
        }
    };
    let mut files: Vec<_> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    files.sort();
    Ok(files)
}

fn read_site(file: &str, text: String, stem: &str, origin: String) -> Result<Site, FileError> {
    let mut profile: SiteProfile = toml_file::parse(file, &text)?;
    profile.digest = HEXLOWER.encode(&Sha256::digest(text.as_bytes()));
    if profile.id.as_str() != stem {
        let message = format!("id `{}` is not the file's name `{stem}`", profile.id);
        return Err(FileError::at(file, &text, "id =", message));
    }
    check(file, &text, &profile)?;
    Ok(Site {
        profile,
        text,
        origin,
    })
}

/// What no single key can promise: names that refer to each other, variables that exist.
fn check(file: &str, text: &str, profile: &SiteProfile) -> Result<(), FileError> {
    let at = |needle: &str, message: String| Err(FileError::at(file, text, needle, message));
    if let Some(host) = profile.hosts.iter().find(|host| !is_host_name(host)) {
        return at(
            host,
            format!("host `{host}` is not a lower-case host name without scheme and port"),
        );
    }
    if profile.hosts.is_empty() {
        return at("hosts", "a site needs at least one host".to_owned());
    }
    let mut asset_hosts = profile.asset_hosts.iter();
    if let Some(host) = asset_hosts.clone().find(|host| !is_host_name(host)) {
        return at(
            host,
            format!("asset host `{host}` is not a lower-case host name without scheme and port"),
        );
    }
    if let Some(host) = asset_hosts.find(|host| profile.hosts.contains(host)) {
        return at(
            "asset_hosts",
            format!(
                "`{host}` stands in `hosts` already: files of the site's own hosts need no line"
            ),
        );
    }
    let platforms: Vec<&str> = profile
        .platforms
        .iter()
        .map(|platform| platform.id.as_str())
        .collect();
    let references = profile
        .sections
        .iter()
        .map(|section| (section.id.as_str(), section.platform.as_str()))
        .chain(
            profile
                .listings
                .iter()
                .map(|layout| (layout.id.as_str(), layout.platform.as_str())),
        )
        .chain(
            profile
                .articles
                .iter()
                .map(|layout| (layout.id.as_str(), layout.platform.as_str())),
        );
    for (id, platform) in references {
        if !platforms.contains(&platform) {
            let nearest = toml_file::nearest(platform, &platforms)
                .map(|name| format!("; did you mean `{name}`?"))
                .unwrap_or_default();
            let message =
                format!("`{id}` names platform `{platform}`, which is not there{nearest}");
            return at(&format!("\"{platform}\""), message);
        }
    }
    for ids in [
        profile
            .platforms
            .iter()
            .map(|platform| platform.id.as_str())
            .collect::<Vec<_>>(),
        profile
            .sections
            .iter()
            .map(|section| section.id.as_str())
            .collect(),
        profile
            .listings
            .iter()
            .map(|layout| layout.id.as_str())
            .collect(),
        profile
            .articles
            .iter()
            .map(|layout| layout.id.as_str())
            .collect(),
    ] {
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        if let Some(twice) = sorted.windows(2).find_map(|pair| match pair {
            [one, other] if one == other => Some(*one),
            _ => None,
        }) {
            return at(
                &format!("\"{twice}\""),
                format!("id `{twice}` stands twice"),
            );
        }
    }
    check_listing_requests(file, text, profile)
}

/// Every section can be asked for with its own variables and its pager's.
fn check_listing_requests(file: &str, text: &str, profile: &SiteProfile) -> Result<(), FileError> {
    for section in &profile.sections {
        let at = |message: String| {
            Err(FileError::at(
                file,
                text,
                &format!("id = \"{}\"", section.id),
                message,
            ))
        };
        let Some(platform) = profile.platform(&section.platform) else {
            continue;
        };
        let Some(template) = &platform.ask_listing else {
            return at(format!(
                "platform `{}` has no `ask_listing`, but a section",
                platform.id
            ));
        };
        let pager = &platform.pager;
        let (variable, needs_size) = match pager.kind {
            PagerKind::None | PagerKind::NextLink => (None, false),
            PagerKind::Page => (Some("page"), false),
            PagerKind::Offset => (Some("offset"), true),
            PagerKind::Grow => (Some("size"), true),
        };
        if needs_size && pager.size.is_none_or(|size| size == 0) {
            return at(format!(
                "the pager of platform `{}` needs a `size` above 0",
                platform.id
            ));
        }
        if pager.kind == PagerKind::Grow && pager.cap.is_none() {
            return at(format!(
                "the pager of platform `{}` needs a `cap`",
                platform.id
            ));
        }
        let mut vars = section.vars.clone();
        for name in ["page", "offset", "size"] {
            vars.insert(name.to_owned(), "1".to_owned());
        }
        match template.build(&profile.id, crate::model::Purpose::Listing, None, &vars) {
            Err(error) => return at(error.to_string()),
            Ok(request) => {
                let known = template.take(&request).unwrap_or_default();
                if let Some(name) = variable.filter(|name| !known.contains_key(*name)) {
                    return at(format!(
                        "`ask_listing` has no place for the pager's `{{{name}}}`"
                    ));
                }
            }
        }
    }
    Ok(())
}

fn is_host_name(host: &str) -> bool {
    match url::Host::parse(host) {
        // A URL's host may hold more signs, such as `*`; a name has none of them.
        Ok(url::Host::Domain(name)) => {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            name == host && name.bytes().all(is_plain)
        }
        Ok(url::Host::Ipv4(address)) => address.to_string() == host,
        _ => false,
    }
}

impl SiteProfile {
    /// A platform by its id.
    pub fn platform(&self, id: &str) -> Option<&super::Platform> {
        self.platforms.iter().find(|platform| platform.id == id)
    }

    /// A section by its id.
    pub fn section(&self, id: &crate::model::SectionId) -> Option<&super::Section> {
        self.sections.iter().find(|section| section.id == *id)
    }

    /// The name under which the site shares its pace.
    pub fn pace_group(&self) -> &str {
        self.pace.group.as_deref().unwrap_or(self.id.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
id = "a"
name = { vi = "A", en = "A" }
hosts = ["a.gov.vn"]
zone = "Asia/Ho_Chi_Minh"
language = "vi"
[[platform]]
id = "web"
key = "{id}"
pager = { kind = "page" }
[platform.ask_listing]
url = "https://a.gov.vn/{path}?p={page}"
[[section]]
id = "news"
name = { vi = "Tin", en = "News" }
platform = "web"
vars = { path = "news" }
"#;

    fn error_of(from: &str, to: &str) -> String {
        let text = SMALL.replacen(from, to, 1);
        assert_ne!(text, SMALL, "the test must change something");
        read_site("a.toml", text, "a", String::new())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn the_profiles_of_the_program_are_sound() {
        let sites = Sites::load(None).unwrap();
        let ids: Vec<&str> = sites.iter().map(|site| site.profile.id.as_str()).collect();
        assert_eq!(ids, ["demo", "moh", "ncov"]);
        assert_eq!(sites.nearest("mho"), Some("moh"));
    }

    #[test]
    fn a_wrong_profile_is_an_error_with_its_line() {
        assert!(read_site("a.toml", SMALL.to_owned(), "a", String::new()).is_ok());
        let table = [
            (
                "other name",
                "id = \"a\"",
                "id = \"b\"",
                "a.toml:2: id `b` is not the file's name `a`",
            ),
            (
                "scheme in host",
                "\"a.gov.vn\"]",
                "\"https://a.gov.vn\"]",
                "a.toml:4: host `https://a.gov.vn`",
            ),
            (
                "no such platform",
                "platform = \"web\"",
                "platform = \"wep\"",
                "did you mean `web`?",
            ),
            (
                "no variable",
                "{ path = \"news\" }",
                "{ pat = \"news\" }",
                "a.toml:14: template `https://a.gov.vn/{path}?p={page}` needs a value for `{path}`",
            ),
            (
                "no place for the page",
                "?p={page}",
                "",
                "has no place for the pager's `{page}`",
            ),
            (
                "no size",
                "kind = \"page\"",
                "kind = \"grow\"",
                "needs a `size` above 0",
            ),
            ("zone", "Asia/Ho_Chi_Minh", "Asia/Hanoi", "a.toml:5:"),
        ];
        for (what, from, to, expected) in table {
            let error = error_of(from, to);
            assert!(error.contains(expected), "{what}: {error}");
        }
    }
}
