//! Redirects: what follows from an answer that leads elsewhere. Each hop is a request of its own,
//! checked, asked and archived like any other; a chain that is too long or leads in a circle is a
//! failure of its first request, with the chain in words.

use url::Url;

use super::assets::name_of;
use super::{Asked, Follow, Frontier, FrontierError, scope};
use crate::model::{ArticleKey, Purpose, Request};
use crate::store::{Planned, Priority, Settle, Store};

/// The most redirects one after another (our choice; RFC 9110 section 15.4 leaves it to the client).
pub const MOST_HOPS: u8 = 5;

/// The most characters of one URL in the words for a chain.
const MOST_SHOWN: usize = 200;

impl Frontier<'_> {
    /// What follows from a redirect to `target`.
    pub(super) fn redirect<S: Store + ?Sized>(
        &self,
        store: &S,
        asked: Asked<'_>,
        target: &Url,
        keeps_method: bool,
    ) -> Result<Follow, FrontierError> {
        let decide = match asked.request.purpose {
            Purpose::Asset => scope::decide_asset,
            Purpose::Robots | Purpose::Listing | Purpose::Article => scope::decide,
        };
        if let Err(out) = decide(self.profile, &self.options.walk.resolve, target) {
            let cause = format!("redirect to {target} is out of scope: {}", out.rule);
            return self.fail(store, asked, &cause);
        }
        let request = self.hop(asked, target, keeps_method);
        let mut chain = store.chain(asked.request)?;
        chain.push(asked.request.clone());
        let mut follow = self.begin(store, asked, &[])?;
        if is_circle(store, asked, &chain, &request, follow.article.as_ref())? {
            let cause = format!("redirect to {target} leads in a circle: {}", words(&chain));
            return self.fail(store, asked, &cause);
        }
        let hops = u8::try_from(chain.len()).unwrap_or(u8::MAX);
        if hops > MOST_HOPS {
            let cause = format!(
                "more than {MOST_HOPS} redirects one after another: {}",
                words(&chain)
            );
            return self.fail(store, asked, &cause);
        }
        if asked.request.purpose != Purpose::Article {
            follow.settle = Settle::Done;
        }
        if let Some((way, walk)) = self.way(store, asked.request)? {
            if way.first_request()?.key() == request.key() && self.is_deep(store, asked)? {
                self.walk_on(store, asked, None, &[], &mut follow)?;
                return Ok(follow);
            }
            let (sequence, run) = (asked.sequence, asked.run);
            let target = request.clone();
            follow.walk = way.redirected(walk.as_ref(), sequence, run, asked.request, target)?;
        }
        follow.plan.push(Planned {
            request,
            article: follow.article.clone(),
            priority: match asked.request.purpose {
                // It waits among the files, so that a wish for pages alone leaves it.
                Purpose::Asset => Priority::Image,
                Purpose::Robots | Purpose::Listing | Purpose::Article => Priority::Hop,
            },
            hops,
            listed_on: None,
        });
        Ok(follow)
    }

    /// The request for `target`. 307 and 308 keep method and body, any other redirect makes a GET of
    /// it (RFC 9110, section 15.4).
    fn hop(&self, asked: Asked<'_>, target: &Url, keeps_method: bool) -> Request {
        let site = self.profile.id.clone();
        let mut request = Request::get(site, target.clone(), asked.request.purpose);
        request.section = asked.request.section.clone();
        if keeps_method {
            request.method = asked.request.method;
            request.headers = asked.request.headers.clone();
            request.body = asked.request.body.clone();
        }
        request
    }
}

/// True if a redirect leads to itself, back into the chain that led to it, or to a request for the same
/// article that was answered in this run already: that answer was a redirect too.
fn is_circle<S: Store + ?Sized>(
    store: &S,
    asked: Asked<'_>,
    chain: &[Request],
    target: &Request,
    article: Option<&ArticleKey>,
) -> Result<bool, FrontierError> {
    let is_same = |known: &Request| match target.purpose {
        Purpose::Asset => name_of(known.url.as_str()) == name_of(target.url.as_str()),
        Purpose::Robots | Purpose::Listing | Purpose::Article => known.key() == target.key(),
    };
    if chain.iter().any(is_same) {
        return Ok(true);
    }
    let known = store.request(target)?;
    Ok(known.is_some_and(|known| {
        article.is_some()
            && known.article.as_ref() == article
            && known.run.as_ref() == Some(asked.run)
    }))
}

/// The URLs of a chain in order, each cut.
fn words(chain: &[Request]) -> String {
    let shown =
        |request: &Request| -> String { request.url.as_str().chars().take(MOST_SHOWN).collect() };
    chain.iter().map(shown).collect::<Vec<_>>().join(", ")
}
