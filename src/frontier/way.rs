//! Way: the requests down a section's listing, by its pager. Pure.

use super::FrontierError;
use super::walk::{ListingSeen, Queued, Walk};
use crate::config::{Pager, PagerKind, Platform, Section, SiteProfile, Vars};
use crate::model::{Purpose, Request, SectionId};

/// A section with its site, platform and pager: where a walk goes.
#[derive(Debug, Clone, Copy)]
pub struct Way<'a> {
    pub(super) profile: &'a SiteProfile,
    pub(super) section: &'a Section,
    platform: &'a Platform,
}

impl<'a> Way<'a> {
    /// The way down a section.
    ///
    /// # Errors
    /// If the profile has no such section, or no platform for it.
    pub fn new(profile: &'a SiteProfile, section: &SectionId) -> Result<Self, FrontierError> {
        let missing = || FrontierError::UnknownSection {
            site: profile.id.clone(),
            section: section.clone(),
        };
        let section = profile
            .sections
            .iter()
            .find(|known| known.id == *section)
            .ok_or_else(missing)?;
        let platform = profile
            .platforms
            .iter()
            .find(|known| known.id == section.platform)
            .ok_or_else(missing)?;
        Ok(Self {
            profile,
            section,
            platform,
        })
    }

    /// The request for the first page.
    ///
    /// # Errors
    /// If the platform has no `ask_listing`, or it needs a variable that nothing gives.
    pub fn first_request(&self) -> Result<Request, FrontierError> {
        self.request(self.first_value())
    }

    /// The page that a page leads to, if it leads to one.
    pub(super) fn next_page(
        &self,
        walk: &Walk,
        seen: &ListingSeen<'_>,
    ) -> Result<Option<Queued>, FrontierError> {
        match self.pager().kind {
            PagerKind::None => Ok(None),
            PagerKind::Page | PagerKind::Offset | PagerKind::Grow => {
                self.queued(self.value_after(walk.value)).map(Some)
            }
            PagerKind::NextLink => {
                let Some(url) = seen
                    .next
                    .filter(|url| matches!(url.scheme(), "http" | "https"))
                else {
                    return Ok(None);
                };
                let site = self.profile.id.clone();
                let mut request = Request::get(site, url.clone(), Purpose::Listing);
                let first = self.first_request()?;
                request.headers = first.headers;
                request.section = first.section;
                Ok(Some(Queued { request, value: 0 }))
            }
        }
    }

    pub(super) fn pager(&self) -> &Pager {
        &self.platform.pager
    }

    /// Items asked for at once.
    fn size(&self) -> u64 {
        self.pager().size.unwrap_or(1).max(1)
    }

    /// The pager's value in the first request.
    pub(super) fn first_value(&self) -> u64 {
        match self.pager().kind {
            PagerKind::Page => self.pager().first,
            PagerKind::Grow => self.pager().cap.unwrap_or(u64::MAX).min(self.size()),
            PagerKind::None | PagerKind::Offset | PagerKind::NextLink => 0,
        }
    }

    /// The pager's value after `value`; `grow` doubles, so that few requests lead to the cap.
    pub(super) fn value_after(&self, value: u64) -> u64 {
        match self.pager().kind {
            PagerKind::Page => value.saturating_add(self.pager().step),
            PagerKind::Offset => value.saturating_add(self.size()),
            PagerKind::Grow => {
                let cap = self.pager().cap.unwrap_or(u64::MAX);
                value.saturating_mul(2).min(cap)
            }
            PagerKind::None | PagerKind::NextLink => 0,
        }
    }

    /// The page with this value.
    pub(super) fn queued(&self, value: u64) -> Result<Queued, FrontierError> {
        let request = self.request(value)?;
        Ok(Queued { request, value })
    }

    fn request(&self, value: u64) -> Result<Request, FrontierError> {
        let missing = || FrontierError::NoListing {
            site: self.profile.id.clone(),
            section: self.section.id.clone(),
            platform: self.platform.id.clone(),
        };
        let template = self.platform.ask_listing.as_ref().ok_or_else(missing)?;
        let mut vars: Vars = self.section.vars.clone();
        let name = match self.pager().kind {
            PagerKind::Page => Some("page"),
            PagerKind::Offset => Some("offset"),
            PagerKind::Grow => Some("size"),
            PagerKind::None | PagerKind::NextLink => None,
        };
        if let Some(name) = name {
            vars.insert(name.to_owned(), value.to_string());
        }
        if let (Some(size), PagerKind::Page | PagerKind::Offset) =
            (self.pager().size, self.pager().kind)
        {
            vars.insert("size".to_owned(), size.to_string());
        }
        let section = Some(&self.section.id);
        Ok(template.build(&self.profile.id, Purpose::Listing, section, &vars)?)
    }
}
