//! Why a run can not begin or go on.

use std::path::PathBuf;

use crate::archive::ArchiveError;
use crate::fetch::FetchError;
use crate::frontier::FrontierError;
use crate::import::ImportError;
use crate::model::{SectionId, SiteId, Via};
use crate::outcome::Outcome;
use crate::store::StoreError;

/// The message says what happened, [`advice`](Self::advice) what to do.
#[derive(Debug, thiserror::Error)]
pub enum CrawlError {
    /// No profile of that name.
    #[error("no site `{site}`")]
    UnknownSite {
        /// The name.
        site: SiteId,
    },
    /// None of the sites has that section.
    #[error("no section `{section}` in {}", sites.iter().map(SiteId::as_str).collect::<Vec<_>>().join(", "))]
    UnknownSection {
        /// The name.
        section: SectionId,
        /// The sites looked at.
        sites: Vec<SiteId>,
    },
    /// The operator can not be reached.
    #[error("no operator contact is set, and {site} is not on this machine")]
    NoContact {
        /// The site.
        site: SiteId,
    },
    /// The settings ask for more than a site of others may be asked.
    #[error("the pace of {site} can not be used")]
    Pace {
        /// The site.
        site: SiteId,
        /// Why.
        source: FetchError,
    },
    /// The settings ask for more than the site's profile allows.
    #[error(
        "a gap of {gap_ms} ms is set for {site}, and its profile allows no less than {profile_ms} ms"
    )]
    ShortGap {
        /// The site.
        site: SiteId,
        /// As set.
        gap_ms: u128,
        /// As in the profile.
        profile_ms: u128,
    },
    /// The archive holds captures of the other kind.
    #[error("this archive holds {} captures, and {site} would be captured {}", known.as_str(), wanted.as_str())]
    MixedCaptures {
        /// The site.
        site: SiteId,
        /// What the archive holds.
        known: Via,
        /// What was asked for.
        wanted: Via,
    },
    /// A file of certificates can not be read.
    #[error("can not read the certificate file {}", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The output folder can not be used.
    #[error("can not use the folder {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The disk will soon be full.
    #[error(
        "{} MB are free on the disk of {}, and `min_free_bytes` keeps {} MB free",
        free_bytes / 1_000_000, path.display(), min_free_bytes / 1_000_000
    )]
    LowDisk {
        /// The output folder.
        path: PathBuf,
        /// What is free.
        free_bytes: u64,
        /// As set.
        min_free_bytes: u64,
    },
    /// The report can not be written as JSON.
    #[error("can not write the report")]
    Report(#[source] serde_json::Error),
    /// A rebuild did not come to its end.
    #[error("the rebuild did not end, and the database is as it was before")]
    Rebuild {
        /// Why.
        source: Box<CrawlError>,
    },
    /// It was interrupted before anything was asked.
    #[error("interrupted after {taken} exchanges of the archive were read")]
    Interrupted {
        /// Exchanges that were taken into the store before.
        taken: u64,
    },
    /// The system gives no thread.
    #[error("can not start a thread")]
    NoThread(#[from] std::io::Error),
    /// The archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Foreign files.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The frontier.
    #[error(transparent)]
    Frontier(#[from] FrontierError),
    /// Fetching can not begin.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The keeper does nothing any more after an error of its own, which is what the run ends by.
    #[error("the run was stopped, because something could not be kept")]
    KeeperGone,
    /// A worker's task was lost.
    #[error("a worker was lost")]
    WorkerGone,
}

impl CrawlError {
    /// How a command ends by this error.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::UnknownSite { .. }
            | Self::UnknownSection { .. }
            | Self::NoContact { .. }
            | Self::Pace { .. }
            | Self::ShortGap { .. }
            | Self::MixedCaptures { .. }
            | Self::CaFile { .. }
            | Self::Fetch(_) => Outcome::Usage,
            Self::Interrupted { .. } => Outcome::Interrupted,
            Self::Archive(error) if error.is_damage() => Outcome::Damaged,
            Self::Import(error) if error.is_damage() => Outcome::Damaged,
            Self::Import(error) if error.is_usage() => Outcome::Usage,
            Self::Store(error) | Self::Frontier(FrontierError::Store(error)) => {
                if error.is_locked() {
                    Outcome::Busy
                } else if error.is_damage() {
                    Outcome::Damaged
                } else {
                    Outcome::Incomplete
                }
            }
            Self::Frontier(_) => Outcome::Usage,
            Self::Rebuild { source } => source.outcome(),
            Self::Archive(_)
            | Self::Import(_)
            | Self::Folder { .. }
            | Self::LowDisk { .. }
            | Self::Report(_)
            | Self::NoThread(_)
            | Self::KeeperGone
            | Self::WorkerGone => Outcome::Incomplete,
        }
    }

    /// What to do.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::UnknownSite { .. } => "`khotin sites list` shows all sites",
            Self::UnknownSection { .. } => "`khotin sites list` shows the sections of every site",
            Self::NoContact { .. } => {
                "set `contact` in the [operator] part of config.toml to an e-mail address or URL at \
                 which the site's webmaster reaches you"
            }
            Self::Pace { source, .. } => source.advice(),
            Self::ShortGap { .. } => {
                "set a longer `gap` in config.toml: a site of others is never asked faster than its profile says"
            }
            Self::MixedCaptures { .. } => {
                "use another output folder for the mirror, or take its `resolve` line out of config.toml"
            }
            Self::CaFile { .. } => {
                "mend the path in `extra_ca` or `extra_intermediates` of config.toml"
            }
            Self::Folder { .. } => "check the path, the rights and the disk",
            Self::LowDisk { .. } => {
                "make room, then run the same command again: it goes on where it was; a lower \
                 `min_free_bytes` in the [archive] part of config.toml lets it use more of the disk"
            }
            Self::NoThread(_) => {
                "check how many threads the system allows (`ulimit -u`), then run the same command again"
            }
            Self::Report(_) | Self::WorkerGone => "this is a defect of khotin: please report it",
            Self::Rebuild { source } => match &**source {
                Self::Interrupted { .. } => "run the same command again: it begins anew",
                source => source.advice(),
            },
            Self::Archive(error) => error.advice(),
            Self::Import(error) => error.advice(),
            Self::Store(error) => error.advice(),
            Self::Frontier(error) => error.advice(),
            Self::Fetch(error) => error.advice(),
            Self::Interrupted { .. } | Self::KeeperGone => {
                "run the same command again: it goes on where it was"
            }
        }
    }
}
