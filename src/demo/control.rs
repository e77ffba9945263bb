//! The hand on a running demo ministry: edits, faults, clock, robots.txt, log.
//!
//! Every call takes effect at once, for the next request that comes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::answer::{Answer, Asked};
use super::article::{DemoArticle, Gone, Platform};
use super::edit::{EditError, NewArticle};
use super::expected::Expected;
use super::fault::{self, Fault, Planned};
use super::log::{AccessEntry, Log};
use super::ministry::Ministry;
use super::site::{self, Dress};

/// An edit that waits for a request.
type Edit = Box<dyn FnOnce(&mut Ministry, DateTime<Utc>) + Send>;

/// Other markup for the same content.
type Style = Box<dyn Fn(&str) -> String + Send>;

/// The hand on a running demo ministry. Clones hold the same ministry.
#[derive(Clone)]
pub struct Control {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    log: Mutex<Log>,
    open_connections: AtomicUsize,
    dress: Dress,
}

struct State {
    ministry: Ministry,
    robots: String,
    /// Of hosts of pictures; the others have none.
    robots_of: BTreeMap<String, String>,
    now: Option<DateTime<Utc>>,
    plans: Vec<Planned>,
    edits: Vec<(String, Edit)>,
    styles: Vec<(String, Style)>,
}

impl std::fmt::Debug for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Control")
            .field("dress", &self.shared.dress)
            .finish_non_exhaustive()
    }
}

impl Control {
    pub(super) fn new(ministry: Ministry, robots: String, dress: Dress) -> Self {
        let state = State {
            ministry,
            robots,
            robots_of: BTreeMap::new(),
            now: None,
            plans: Vec::new(),
            edits: Vec::new(),
            styles: Vec::new(),
        };
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                log: Mutex::new(Log::default()),
                open_connections: AtomicUsize::new(0),
                dress,
            }),
        }
    }

    /// Adds an article on top of its section; see [`Ministry::add`]. Returns its key.
    ///
    /// # Errors
    /// [`EditError::UnknownSection`].
    pub fn add(&self, new: NewArticle) -> Result<String, EditError> {
        let now = self.now();
        self.state().ministry.add(new, now)
    }

    /// Adds old articles that the portal took over from the Liferay half: some are one work on both, some
    /// only look alike. To be called once.
    pub fn take_over(&self) {
        self.state().ministry.take_over();
    }

    /// Changes an article in any way; its `Last-Modified` becomes now.
    ///
    /// # Errors
    /// [`EditError::UnknownKey`].
    pub fn edit(&self, key: &str, change: impl FnOnce(&mut DemoArticle)) -> Result<(), EditError> {
        let now = self.now();
        self.state().ministry.edit(key, now, change)
    }

    /// Takes an article off all listings; its page answers 404.
    ///
    /// # Errors
    /// [`EditError::UnknownKey`].
    pub fn delete(&self, key: &str) -> Result<(), EditError> {
        self.delete_as(key, Gone::NotFound)
    }

    /// Takes an article off all listings; its page is missing in the way of `gone`.
    ///
    /// # Errors
    /// [`EditError::UnknownKey`].
    pub fn delete_as(&self, key: &str, gone: Gone) -> Result<(), EditError> {
        let now = self.now();
        self.state().ministry.delete(key, gone, now)
    }

    /// Brings a deleted article back.
    ///
    /// # Errors
    /// [`EditError::UnknownKey`].
    pub fn restore(&self, key: &str) -> Result<(), EditError> {
        let now = self.now();
        self.state().ministry.restore(key, now)
    }

    /// New title and, on the Liferay half, new slug; see [`Ministry::rename`]. Returns the new key.
    /// For a new title under the old slug use [`Self::edit`].
    ///
    /// # Errors
    /// [`EditError::UnknownKey`].
    pub fn rename(&self, key: &str, title: &str) -> Result<String, EditError> {
        let now = self.now();
        self.state().ministry.rename(key, title, now)
    }

    /// Puts `count` generated articles on top of a section; see [`Ministry::shift`]. Returns their
    /// keys, oldest first.
    ///
    /// # Errors
    /// [`EditError::UnknownSection`].
    pub fn shift(
        &self,
        platform: Platform,
        section: &str,
        count: usize,
    ) -> Result<Vec<String>, EditError> {
        let now = self.now();
        self.state().ministry.shift(platform, section, count, now)
    }

    /// Changes what is no content; see [`Ministry::touch_noise`].
    pub fn touch_noise(&self) {
        self.state().ministry.touch_noise();
    }

    /// Does an edit just before the next request whose target contains the text is answered: the
    /// way to change a listing between two of its pages. Done once.
    pub fn before_request(
        &self,
        target_contains: &str,
        edit: impl FnOnce(&mut Ministry, DateTime<Utc>) + Send + 'static,
    ) {
        self.state()
            .edits
            .push((target_contains.to_owned(), Box::new(edit)));
    }

    /// Plays a fault on the next `count` requests whose target (path and query) contains the text.
    /// Of several plans that fit, the one made first is used up first.
    pub fn plan_fault(&self, target_contains: &str, count: usize, fault: Fault) {
        if count > 0 {
            self.state().plans.push(Planned {
                target_contains: target_contains.to_owned(),
                count,
                fault,
            });
        }
    }

    /// Changes the markup of every page and JSON answer whose target contains the text, from now on: a
    /// ministry that gets a new layout overnight. The content, and so the truth, stays. Several are done
    /// one after the other.
    pub fn restyle(&self, target_contains: &str, style: impl Fn(&str) -> String + Send + 'static) {
        self.state()
            .styles
            .push((target_contains.to_owned(), Box::new(style)));
    }

    /// Forgets all planned faults.
    pub fn clear_faults(&self) {
        self.state().plans.clear();
    }

    /// The text of robots.txt from now on. For a missing or broken one plan a fault.
    pub fn set_robots(&self, robots: &str) {
        robots.clone_into(&mut self.state().robots);
    }

    /// The text of a picture host's robots.txt from now on; until then it allows everything.
    pub fn set_robots_of(&self, host: &str, robots: &str) {
        let texts = &mut self.state().robots_of;
        texts.insert(host.to_owned(), robots.to_owned());
    }

    /// The ministry's clock, for `Date`, `Last-Modified` and new articles; none for the real one.
    pub fn set_now(&self, now: Option<DateTime<Utc>>) {
        self.state().now = now;
    }

    /// What the ministry's clock says.
    pub fn now(&self) -> DateTime<Utc> {
        self.state().now.unwrap_or_else(Utc::now)
    }

    /// What records should say; see [`Ministry::expected`].
    pub fn expected(&self) -> Vec<Expected> {
        self.state().ministry.expected()
    }

    /// What the record of one key should say; see [`Ministry::expected_of`].
    pub fn expected_of(&self, key: &str) -> Option<Expected> {
        self.state().ministry.expected_of(key)
    }

    /// Reads the state in any other way.
    pub fn read<T>(&self, look: impl FnOnce(&Ministry) -> T) -> T {
        look(&self.state().ministry)
    }

    /// Every request so far (the last 100,000), in the order in which they came.
    pub fn requests(&self) -> Vec<AccessEntry> {
        self.log().entries()
    }

    /// Forgets the requests so far; their numbers go on.
    pub fn clear_log(&self) {
        self.log().clear();
    }

    /// Does the edits that wait for this request; then the right answer, and the fault to play
    /// instead, if one is due.
    pub(super) fn answer(&self, asked: &Asked) -> (Answer, Option<Fault>) {
        let now = self.now();
        let mut state = self.state();
        let State {
            ministry,
            robots,
            robots_of,
            plans,
            edits,
            styles,
            ..
        } = &mut *state;
        for (_, edit) in edits.extract_if(.., |(text, _)| asked.target.contains(text.as_str())) {
            edit(ministry, now);
        }
        let restyled = |page: String| {
            let due = styles
                .iter()
                .filter(|(text, _)| asked.target.contains(text.as_str()));
            due.fold(page, |page, (_, style)| style(&page))
        };
        let robots = match asked.is_for_a_picture_host() {
            true => robots_of.get(asked.host()).map_or("", String::as_str),
            false => robots,
        };
        let right = site::answer(ministry, robots, &self.shared.dress, &restyled, asked);
        (right, fault::take_due(plans, &asked.target))
    }

    /// Counts a connection as open until the guard is dropped.
    pub(super) fn open_connection(&self) -> OpenConnection {
        self.shared.open_connections.fetch_add(1, Ordering::Relaxed);
        OpenConnection {
            shared: Arc::clone(&self.shared),
        }
    }

    pub(super) fn open_connections(&self) -> usize {
        self.shared.open_connections.load(Ordering::Relaxed)
    }

    pub(super) fn log(&self) -> MutexGuard<'_, Log> {
        self.shared
            .log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts one open connection.
pub(super) struct OpenConnection {
    shared: Arc<Shared>,
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.shared.open_connections.fetch_sub(1, Ordering::Relaxed);
    }
}
