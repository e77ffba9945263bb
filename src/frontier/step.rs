//! Step: what follows from a page of a listing. Pure: the page that was read and what the store
//! knows of its items go in, the walk as it now stands and the next request come out. So a rebuild
//! from the archive arrives at the same walk as the crawl did. Why a walk is walked again stands in
//! [`super::walk`].

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::walk::{
    Floor, ListingSeen, Queued, Sightings, Trail, Trust, WALKS_PER_RUN, Walk, WalkEnd, WalkOptions,
    WalkStep,
};
use super::way::Way;
use super::{FrontierError, scope};
use crate::config::PagerKind;
use crate::model::{ArticleKey, Request, RunId, Sequence};

impl Way<'_> {
    /// What follows from a page that was read. `None` if the page does not belong to `walk` and is
    /// not the first one: a stray page tells nothing about the walk.
    ///
    /// `sightings` answers for the section, from the observations before this page.
    ///
    /// # Errors
    /// As [`Way::first_request`].
    pub fn step(
        &self,
        walk: Option<&Walk>,
        seen: &ListingSeen<'_>,
        sightings: impl Fn(&ArticleKey) -> Option<Sightings>,
        options: &WalkOptions,
    ) -> Result<Option<(Walk, WalkStep)>, FrontierError> {
        let Some(mut walk) = self.enter(walk, seen.sequence, seen.run, seen.request)? else {
            return Ok(None);
        };
        walk.pages += 1;
        let known: Vec<Option<Sightings>> = seen.keys.iter().map(sightings).collect();
        let repeated = known
            .iter()
            .flatten()
            .filter(|at| at.last >= walk.started)
            .count();
        walk.repeats |= repeated > 0 && self.pager().kind != PagerKind::Grow;
        let end = if seen.items == 0 && walk.pages + walk.skipped == 1 {
            Some(WalkEnd::EmptyFirstPage)
        } else if seen.items == 0 {
            Some(WalkEnd::NoItems)
        } else if seen.keys.is_empty() && walk.blank > 0 {
            Some(WalkEnd::NoKeys)
        } else if !seen.keys.is_empty() && repeated == seen.keys.len() {
            Some(WalkEnd::NothingNew)
        } else {
            walk.blank = u64::from(seen.keys.is_empty());
            walk.new_keys += known.iter().map(|at| u64::from(at.is_none())).sum::<u64>();
            for key in &seen.keys {
                walk.trail = extend(&walk.trail, key);
            }
            self.page_end(&walk, seen, known.last().copied().flatten(), options)
        };
        let next = self.next_page(&walk, seen)?;
        walk.next = next;
        let end = match end {
            None => self.next_problem(&walk, seen, options),
            end => end,
        };
        match (end, &walk.next) {
            (Some(end), _) => self.finish(walk, end).map(Some),
            (None, Some(next)) => {
                let request = next.request.clone();
                Ok(Some((walk, WalkStep::Next(request))))
            }
            (None, None) => self.finish(walk, WalkEnd::LastPage).map(Some),
        }
    }

    /// What follows from a page that failed for this run. Where the pager counts, one page is left
    /// out and the walk goes on; a walk that an earlier run began is begun again, so that new items
    /// on top are not missed; else it ends. `None` for a stray page.
    ///
    /// # Errors
    /// As [`Way::first_request`].
    pub fn step_failed(
        &self,
        walk: Option<&Walk>,
        sequence: Sequence,
        run: &RunId,
        request: &Request,
        cause: &str,
    ) -> Result<Option<(Walk, WalkStep)>, FrontierError> {
        let Some(mut walk) = self.enter(walk, sequence, run, request)? else {
            return Ok(None);
        };
        let counts = matches!(self.pager().kind, PagerKind::Page | PagerKind::Offset);
        walk.skipped += 1;
        if counts && walk.pages > 0 && walk.blank == 0 {
            walk.blank = 1;
            let next = self.queued(self.value_after(walk.value))?;
            walk.next = Some(next.clone());
            return Ok(Some((walk, WalkStep::Next(next.request))));
        }
        if walk.begun_by != *run && walk.round < WALKS_PER_RUN {
            return self.again(walk).map(Some);
        }
        walk.next = None;
        walk.finished = Some(WalkEnd::Failed {
            cause: cause.to_owned(),
        });
        Ok(Some((walk, WalkStep::End)))
    }

    /// The walk after a page that redirects to `target`, which then stands in for the page. `None`
    /// for a stray page.
    ///
    /// # Errors
    /// As [`Way::first_request`].
    pub fn redirected(
        &self,
        walk: Option<&Walk>,
        sequence: Sequence,
        run: &RunId,
        request: &Request,
        target: Request,
    ) -> Result<Option<Walk>, FrontierError> {
        let Some(mut walk) = self.enter(walk, sequence, run, request)? else {
            return Ok(None);
        };
        walk.next = Some(Queued {
            request: target,
            value: walk.value,
        });
        Ok(Some(walk))
    }

    /// Stop rules that look at the page and its items.
    fn page_end(
        &self,
        walk: &Walk,
        seen: &ListingSeen<'_>,
        last: Option<Sightings>,
        options: &WalkOptions,
    ) -> Option<WalkEnd> {
        let pager = self.pager();
        match pager.kind {
            PagerKind::None => return Some(WalkEnd::OnePage),
            PagerKind::Grow if (seen.items as u64) < walk.value => {
                return Some(WalkEnd::FewerThanAsked);
            }
            PagerKind::Page | PagerKind::Offset | PagerKind::NextLink if seen.is_last => {
                return Some(WalkEnd::LastPage);
            }
            _ => {}
        }
        if let (Some(trust), Some(last)) = (&walk.trust, last)
            && !options.full
            && self.usable(trust, options)
            && last.first <= trust.until
        {
            return Some(WalkEnd::Overlap { floor: trust.floor });
        }
        if let (Some(since), Some(last_date)) = (options.since, seen.last_date)
            && last_date < since
        {
            return Some(WalkEnd::Since { date: since });
        }
        if walk.pages + walk.skipped >= pager.max_pages {
            return Some(WalkEnd::MaxPages {
                pages: pager.max_pages,
            });
        }
        match pager.cap {
            Some(size) if pager.kind == PagerKind::Grow && walk.value >= size => {
                Some(WalkEnd::Cap { size })
            }
            _ => None,
        }
    }

    /// Stop rules that look at the next page's link.
    fn next_problem(
        &self,
        walk: &Walk,
        seen: &ListingSeen<'_>,
        options: &WalkOptions,
    ) -> Option<WalkEnd> {
        if self.pager().kind != PagerKind::NextLink {
            return None;
        }
        let next = walk.next.as_ref()?;
        let here = next.request.key() == seen.request.key();
        let first = self.first_request().ok()?.key();
        if here || next.request.key() == first {
            return Some(WalkEnd::LastPage);
        }
        scope::decide(self.profile, &options.resolve, &next.request.url)
            .err()
            .map(|out| WalkEnd::OutOfScope { rule: out.rule })
    }

    /// A trust whose floor is as deep as this run wants to go.
    fn usable(&self, trust: &Trust, options: &WalkOptions) -> bool {
        match trust.floor {
            Floor::End => true,
            Floor::Since(date) => options.since.is_some_and(|since| since >= date),
            Floor::Cap(size) => self.pager().cap.is_some_and(|cap| cap <= size),
            Floor::MaxPages(pages) => self.pager().max_pages <= pages,
        }
    }

    /// Ends the walk, or begins another one where a walk of several pages is not confirmed.
    fn finish(&self, mut walk: Walk, end: WalkEnd) -> Result<(Walk, WalkStep), FrontierError> {
        let end = match end.floor() {
            Some(_) if walk.skipped > 0 => WalkEnd::Skipped {
                pages: walk.skipped,
            },
            _ => end,
        };
        if let Some(floor) = end.floor() {
            let one_answer = walk.pages == 1 || self.pager().kind == PagerKind::Grow;
            if !one_answer && !is_confirmed(&walk) {
                if walk.round < WALKS_PER_RUN {
                    return self.again(walk);
                }
                let walks = walk.round;
                walk.finished = Some(WalkEnd::Moved { walks });
                return Ok((walk, WalkStep::End));
            }
            let deeper = |trust: &Trust| !matches!(trust.floor, Floor::Since(_));
            if !matches!(floor, Floor::Since(_)) || !walk.trust.as_ref().is_some_and(deeper) {
                walk.trust = Some(Trust {
                    until: walk.newest,
                    floor,
                });
            }
        }
        if walk.begun_by != walk.run && walk.round < WALKS_PER_RUN {
            return self.again(walk); // new items may stand on top since it was begun
        }
        walk.finished = Some(end);
        Ok((walk, WalkStep::End))
    }

    /// The same walk, waiting for the first page of the next one.
    fn again(&self, mut walk: Walk) -> Result<(Walk, WalkStep), FrontierError> {
        let first = self.queued(self.first_value())?;
        walk.again = true;
        walk.next = Some(first.clone());
        Ok((walk, WalkStep::Again(first.request)))
    }

    /// The walk that an exchange belongs to: a new one if it is the first page's, the walk at hand
    /// if it is the page that comes next, none for a stray page.
    fn enter(
        &self,
        walk: Option<&Walk>,
        sequence: Sequence,
        run: &RunId,
        request: &Request,
    ) -> Result<Option<Walk>, FrontierError> {
        let key = request.key();
        if key == self.first_request()?.key() {
            return Ok(Some(self.begin(walk, sequence, run)));
        }
        let Some(walk) = walk else { return Ok(None) };
        let Some(queued) = walk.next.as_ref().filter(|next| next.request.key() == key) else {
            return Ok(None);
        };
        let mut walk = walk.clone();
        walk.value = queued.value;
        walk.newest = sequence;
        walk.finished = None;
        if walk.run != *run {
            walk.run = run.clone();
            walk.round = 1;
        }
        Ok(Some(walk))
    }

    fn begin(&self, previous: Option<&Walk>, sequence: Sequence, run: &RunId) -> Walk {
        let series = previous.filter(|walk| walk.again);
        let same_run = series.filter(|walk| walk.run == *run);
        Walk {
            site: self.profile.id.clone(),
            section: self.section.id.clone(),
            begun_by: run.clone(),
            run: run.clone(),
            round: same_run.map_or(1, |walk| walk.round + 1),
            started: sequence,
            newest: sequence,
            pages: 0,
            value: self.first_value(),
            new_keys: 0,
            trail: String::new(),
            repeats: false,
            skipped: 0,
            blank: 0,
            before: series.filter(|walk| walk.skipped == 0).map(trail_so_far),
            trust: previous.and_then(|walk| walk.trust.clone()),
            next: None,
            again: false,
            finished: None,
        }
    }
}

/// Whether the walk saw the same as the one before it, and that can be believed.
fn is_confirmed(walk: &Walk) -> bool {
    let trail = trail_so_far(walk);
    trail.equal >= if trail.repeats { 3 } else { 2 }
}

/// What the walk saw, together with the walks before it that saw the same.
fn trail_so_far(walk: &Walk) -> Trail {
    let same = walk
        .before
        .as_ref()
        .filter(|before| before.digest == walk.trail);
    Trail {
        digest: walk.trail.clone(),
        equal: same.map_or(0, |before| before.equal) + 1,
        repeats: walk.repeats || same.is_some_and(|before| before.repeats),
    }
}

/// The digest after one more key.
fn extend(trail: &str, key: &ArticleKey) -> String {
    let mut hash = Sha256::new();
    hash.update(trail.as_bytes());
    hash.update(b"\n");
    hash.update(key.as_str().as_bytes());
    HEXLOWER.encode(&hash.finalize())
}
