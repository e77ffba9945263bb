//! Plan: what a run will do, checked before it begins. Pure: settings, profiles and wishes in; one
//! [`SitePlan`] a site out.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use chrono::NaiveDate;
use serde::Serialize;

use super::CrawlError;
use crate::config::{Assets, Config, SiteProfile, Sites, TlsLibrary};
use crate::fetch::{AddressPolicy, Backoff, Lane, PaceRules, PaceSettings, Permission};
use crate::frontier::FrontierOptions;
use crate::frontier::walk::WalkOptions;
use crate::model::{SectionId, SiteId, Via};

/// What the user asked for, settings and flags joined.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CrawlOptions {
    /// Sites.
    pub sites: Vec<SiteId>,
    /// Sections; empty for every active one.
    pub sections: Vec<SectionId>,
    /// Articles that a listing dates before this day are left.
    pub since: Option<NaiveDate>,
    /// The most requests of the run.
    pub max_requests: Option<u64>,
    /// The most bytes of bodies, as sent; the exchange that reaches it is kept.
    pub max_bytes: Option<u64>,
    /// How long it asks.
    pub max_time: Option<Duration>,
    /// Every listing to its end.
    pub full: bool,
    /// Which files of articles; none leaves it to the settings, which may differ from site to site.
    pub assets: Option<Assets>,
}

/// What a run will do at one site.
#[derive(Debug, Clone)]
pub struct SitePlan {
    /// The site.
    pub profile: SiteProfile,
    /// The sections to read.
    pub sections: Vec<SectionId>,
    /// How far, and when again.
    pub frontier: FrontierOptions,
    /// How fast it may be asked.
    pub rules: PaceRules,
    /// The pace of each host that only files come from, by name.
    pub asset_lanes: BTreeMap<String, Lane>,
    /// Every origin of the site is loopback, by the settings.
    pub is_own_machine: bool,
    /// How its captures are made.
    pub via: Via,
    /// Written permissions of its owner.
    pub permissions: Vec<Permission>,
}

/// Checks what the user asked for against settings and profiles.
///
/// # Errors
/// [`CrawlError`] for an unknown site or section, and without a contact or with a pace that is too
/// fast for a site that is not on this machine.
pub fn plan(
    config: &Config,
    sites: &Sites,
    options: &CrawlOptions,
) -> Result<Vec<SitePlan>, CrawlError> {
    let mut plans = Vec::new();
    for id in &options.sites {
        let site = sites
            .get(id)
            .ok_or_else(|| CrawlError::UnknownSite { site: id.clone() })?;
        let profile = site.profile.clone();
        let is_own_machine = own_machine(config, &profile);
        if !is_own_machine && config.operator.contact.trim().is_empty() {
            return Err(CrawlError::NoContact { site: id.clone() });
        }
        let own_gap = gap_of(config, &profile);
        let pace = strictest(config, sites, &profile, is_own_machine);
        let own = PaceSettings {
            gap: own_gap,
            connections: connections_of(config, &profile) as usize,
            ..pace
        };
        let checked = PaceRules::new(own, is_own_machine);
        let rules = checked
            .and_then(|_| PaceRules::new(pace, is_own_machine))
            .map_err(|source| CrawlError::Pace {
                site: id.clone(),
                source,
            })?;
        if !is_own_machine && own_gap < profile.pace.gap {
            return Err(CrawlError::ShortGap {
                site: id.clone(),
                gap_ms: own_gap.as_millis(),
                profile_ms: profile.pace.gap.as_millis(),
            });
        }
        let asset_lanes = asset_lanes(config, sites, &profile, pace, is_own_machine)?;
        plans.push(SitePlan {
            sections: sections_of(&profile, &options.sections),
            frontier: frontier_options(config, options, id),
            rules,
            asset_lanes,
            via: if is_overridden(config, &profile) {
                Via::Override
            } else {
                Via::Direct
            },
            permissions: permissions_of(config, id),
            is_own_machine,
            profile,
        });
    }
    for section in &options.sections {
        if !plans.iter().any(|plan| plan.sections.contains(section)) {
            return Err(CrawlError::UnknownSection {
                section: section.clone(),
                sites: options.sites.clone(),
            });
        }
    }
    Ok(plans)
}

/// The gap of a site by settings and profile.
fn gap_of(config: &Config, profile: &SiteProfile) -> Duration {
    let settings = config.site.get(&profile.id);
    settings
        .and_then(|settings| settings.gap)
        .map_or(profile.pace.gap, |gap| gap.0)
}

fn connections_of(config: &Config, profile: &SiteProfile) -> u32 {
    let settings = config.site.get(&profile.id);
    settings
        .and_then(|settings| settings.connections)
        .unwrap_or(1)
}

/// The pace of a site: the longest gap and the fewest connections of all known sites of its pace
/// group, crawled or not. They share a server.
fn strictest(
    config: &Config,
    sites: &Sites,
    profile: &SiteProfile,
    is_own_machine: bool,
) -> PaceSettings {
    let own = (gap_of(config, profile), connections_of(config, profile));
    let others = sites
        .iter()
        .map(|site| &site.profile)
        .filter(|other| other.pace_group() == profile.pace_group());
    let (gap, connections) = others.fold(own, |(gap, connections), other| {
        (
            gap.max(gap_of(config, other)),
            connections.min(connections_of(config, other)),
        )
    });
    let jitter = config.fetch.jitter.0;
    PaceSettings {
        gap,
        jitter: if is_own_machine {
            gap.min(jitter)
        } else {
            jitter
        },
        connections: connections as usize,
        backoff: backoff(config),
    }
}

/// The pace of each host that files come from: that of a known site whose host it is, else one of the host's
/// own, over one connection and with the longest gap of all sites that name it.
fn asset_lanes(
    config: &Config,
    sites: &Sites,
    profile: &SiteProfile,
    pace: PaceSettings,
    is_own_machine: bool,
) -> Result<BTreeMap<String, Lane>, CrawlError> {
    let mut lanes = BTreeMap::new();
    for host in &profile.asset_hosts {
        let known = |of: fn(&SiteProfile) -> &Vec<String>| {
            let profiles = sites.iter().map(|site| &site.profile);
            profiles.filter(move |other| of(other).contains(host))
        };
        let (group, settings) = match known(|other| &other.hosts).next() {
            Some(owner) => {
                let settings = strictest(config, sites, owner, is_own_machine);
                (owner.pace_group().to_owned(), settings)
            }
            None => {
                let namers = known(|other| &other.asset_hosts);
                let gap = namers.map(|other| gap_of(config, other)).max();
                let settings = PaceSettings {
                    gap: gap.map_or(pace.gap, |gap| gap.max(pace.gap)),
                    connections: 1,
                    ..pace
                };
                (host.clone(), settings)
            }
        };
        let rules =
            PaceRules::new(settings, is_own_machine).map_err(|source| CrawlError::Pace {
                site: profile.id.clone(),
                source,
            })?;
        lanes.insert(host.clone(), Lane { group, rules });
    }
    Ok(lanes)
}

/// Pauses after failures.
pub(super) fn backoff(config: &Config) -> Backoff {
    Backoff {
        ceiling: config.fetch.longest_pause.0,
        ..Backoff::default()
    }
}

/// How the frontier of a site is told what the user wants; for `rebuild` too.
pub(super) fn frontier_options(
    config: &Config,
    options: &CrawlOptions,
    site: &SiteId,
) -> FrontierOptions {
    let of_site = config.site.get(site).and_then(|settings| settings.assets);
    FrontierOptions {
        assets: options.assets.or(of_site).unwrap_or(config.crawl.assets),
        walk: WalkOptions {
            full: options.full,
            since: options.since,
            resolve: config
                .fetch
                .resolve
                .keys()
                .cloned()
                .collect::<BTreeSet<_>>(),
        },
        give_up_after: config.crawl.give_up_after,
        revisit: config.crawl.revisit.iter().map(|period| period.0).collect(),
    }
}

fn sections_of(profile: &SiteProfile, wanted: &[SectionId]) -> Vec<SectionId> {
    profile
        .sections
        .iter()
        .filter(|section| match wanted {
            [] => section.active,
            wanted => wanted.contains(&section.id),
        })
        .map(|section| section.id.clone())
        .collect()
}

fn permissions_of(config: &Config, site: &SiteId) -> Vec<Permission> {
    let given = config
        .permission
        .iter()
        .filter(|permission| permission.site == *site);
    given
        .map(|permission| Permission {
            by: permission.by.clone(),
            on: permission.on.to_string(),
            paths: permission.paths.clone(),
        })
        .collect()
}

/// True if every host of the site is a loopback literal, or sent to loopback by a `resolve` line on
/// every port that has one. A host that only files come from may have no line where the site has: then it
/// is out of scope.
pub fn own_machine(config: &Config, profile: &SiteProfile) -> bool {
    let is_own = |host: &String| {
        if let Ok(address) = host.parse::<IpAddr>() {
            return address.is_loopback();
        }
        let mut lines = resolve_lines(config, host).peekable();
        lines.peek().is_some() && lines.all(|address| address.is_loopback())
    };
    let is_site_overridden = is_overridden(config, profile);
    let is_out_of_scope =
        |host: &String| is_site_overridden && resolve_lines(config, host).next().is_none();
    profile.hosts.iter().all(is_own)
        && profile
            .asset_hosts
            .iter()
            .all(|host| is_own(host) || is_out_of_scope(host))
}

fn is_overridden(config: &Config, profile: &SiteProfile) -> bool {
    profile
        .hosts
        .iter()
        .any(|host| resolve_lines(config, host).next().is_some())
}

fn resolve_lines<'a>(config: &'a Config, host: &'a str) -> impl Iterator<Item = IpAddr> + 'a {
    config
        .fetch
        .resolve
        .iter()
        .filter_map(move |(origin, address)| {
            let (name, _) = origin.rsplit_once(':')?;
            name.eq_ignore_ascii_case(host).then(|| address.ip())
        })
}

/// The sites of a run that are asked through the system's TLS library.
pub(super) fn system_tls(config: &Config, plans: &[SitePlan]) -> BTreeSet<SiteId> {
    let sites = plans.iter().map(|plan| &plan.profile.id);
    let by_system = |id: &&SiteId| {
        let settings = config.site.get(*id);
        settings.and_then(|settings| settings.tls) == Some(TlsLibrary::System)
    };
    sites.filter(by_system).cloned().collect()
}

/// Where a run may connect to: nowhere but loopback if all its sites are on this machine.
pub(super) fn addresses(plans: &[SitePlan]) -> AddressPolicy {
    if plans.iter().all(|plan| plan.is_own_machine) {
        AddressPolicy::LoopbackOnly
    } else {
        AddressPolicy::Public
    }
}

/// `khotin/0.1.0 (+archive@example.org)`: who we are and how to reach the operator.
pub(crate) fn user_agent(contact: &str) -> String {
    let name = concat!("khotin/", env!("CARGO_PKG_VERSION"));
    if contact.is_empty() {
        name.to_owned()
    } else {
        format!("{name} (+{contact})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(config: &str, sections: &[&str]) -> Result<Vec<SitePlan>, CrawlError> {
        let config = Config::parse("config.toml", config).unwrap();
        let options = CrawlOptions {
            sites: vec![SiteId::new("demo")],
            sections: sections.iter().map(|id| SectionId::new(*id)).collect(),
            ..CrawlOptions::default()
        };
        plan(&config, &Sites::load(None).unwrap(), &options)
    }

    #[test]
    fn only_a_site_on_this_machine_needs_no_contact() {
        let contact = "[operator]\ncontact = \"a@example.org\"\n";
        let loopback = "[fetch]\nresolve = { \"demo.khotin.test:80\" = \"127.0.0.1:8080\" }\n";
        let mirror = "[fetch]\nresolve = { \"demo.khotin.test:80\" = \"192.0.2.1:80\" }\n";
        assert!(matches!(
            planned("", &[]),
            Err(CrawlError::NoContact { .. })
        ));
        assert!(matches!(
            planned(mirror, &[]),
            Err(CrawlError::NoContact { .. })
        ));
        let direct = planned(contact, &[]).unwrap();
        assert_eq!(
            (direct[0].via, direct[0].is_own_machine),
            (Via::Direct, false)
        );
        assert_eq!(addresses(&direct), AddressPolicy::Public);
        let demo = planned(loopback, &[]).unwrap();
        assert_eq!((demo[0].via, demo[0].is_own_machine), (Via::Override, true));
        assert_eq!(addresses(&demo), AddressPolicy::LoopbackOnly);
    }

    #[test]
    fn only_a_site_on_this_machine_may_be_asked_fast() {
        let loopback = "[fetch]\nresolve = { \"demo.khotin.test:80\" = \"127.0.0.1:8080\" }\n";
        let contact = "[operator]\ncontact = \"a@example.org\"\n";
        let table = [
            ("199 ms", "gap = \"199ms\"", true),
            ("less than the profile", "gap = \"1999ms\"", true),
            ("as the profile", "gap = \"2s\"", false),
            ("two connections", "connections = 2", true),
        ];
        for (what, setting, is_too_fast) in table {
            let site = format!("[site.demo]\n{setting}\n");
            let public = planned(&format!("{contact}{site}"), &[]);
            assert_eq!(
                matches!(
                    public,
                    Err(CrawlError::Pace { .. } | CrawlError::ShortGap { .. })
                ),
                is_too_fast,
                "{what}"
            );
            assert!(planned(&format!("{loopback}{site}"), &[]).is_ok(), "{what}");
        }
    }

    #[test]
    fn sites_of_one_pace_group_keep_the_strictest_pace_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let demo = include_str!("../../sites/demo.toml");
        let neighbour = demo
            .replacen("id = \"demo\"", "id = \"neighbour\"", 1)
            .replace("demo.khotin.test", "neighbour.khotin.test")
            .replace("gap = \"2s\"", "gap = \"7s\"\ngroup = \"demo\"");
        std::fs::write(folder.path().join("neighbour.toml"), neighbour).unwrap();
        let sites = Sites::load(Some(folder.path())).unwrap();
        let loopback = "[fetch]\nresolve = { \"demo.khotin.test:80\" = \"127.0.0.1:8080\", \
                        \"neighbour.khotin.test:80\" = \"127.0.0.1:8081\" }\n";
        let table = [
            // what, settings, gap in seconds, connections
            ("the longer gap of the profiles", "", 7, 1),
            (
                "the fewer connections",
                "[site.demo]\nconnections = 4\n[site.neighbour]\nconnections = 2\n",
                7,
                2,
            ),
            (
                "one that says nothing has one",
                "[site.demo]\nconnections = 4\ngap = \"9s\"\n",
                9,
                1,
            ),
        ];
        for (what, settings, gap, connections) in table {
            let config = Config::parse("config.toml", &format!("{loopback}{settings}")).unwrap();
            // Alone or together, in any order: the pace is the same.
            for ids in [vec!["demo"], vec!["demo", "neighbour"], vec!["neighbour"]] {
                let options = CrawlOptions {
                    sites: ids.iter().map(|id| SiteId::new(*id)).collect(),
                    ..CrawlOptions::default()
                };
                for plan in plan(&config, &sites, &options).unwrap() {
                    let pace = plan.rules.settings();
                    assert_eq!(pace.gap, Duration::from_secs(gap), "{what}");
                    assert_eq!(pace.connections, connections, "{what}");
                }
            }
        }
    }

    #[test]
    fn a_section_that_no_site_has_is_an_error() {
        let loopback = "[fetch]\nresolve = { \"demo.khotin.test:80\" = \"127.0.0.1:8080\" }\n";
        assert_eq!(
            planned(loopback, &["tin-tong-hop"]).unwrap()[0]
                .sections
                .len(),
            1
        );
        let error = planned(loopback, &["tin-tong-hopp"]).unwrap_err();
        assert_eq!(error.to_string(), "no section `tin-tong-hopp` in demo");
    }
}
