//! The fetcher: one permit in, one [`Exchange`] out, over one HTTP client per origin.
//!
//! HTTP/1.1 alone, no decompression, no cookies, no referer, no redirects, no retries, and no proxy
//! but the configured one. Connections are kept alive, so a pace group normally has one. A failure
//! is an exchange too: it is archived and counted.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::SubsecRound;
use reqwest::header::{HeaderMap, HeaderValue};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::address::{AddressRules, OriginResolver};
use super::gate::Permit;
use super::head::{self, Identity};
use super::options::{lower_case, option};
use super::tls::{Library, Speaker, Tls};
use super::{Clock, FetchError, FetchOptions, Outcome, failure, framing, retry};
use crate::model::{
    Answer, Exchange, Failure, FailureKind, HttpVersion, Method, Purpose, Request, RunId,
    Truncation, Via,
};

/// How long an idle connection is kept (our choice): longer than any usual gap, shorter than the
/// patience of most servers.
const IDLE: Duration = Duration::from_secs(20);
/// Header fields of an answer that are read; more is not HTTP for us.
const MAX_FIELDS: usize = 200;
/// Bytes of a robots.txt that are read: 512 KiB, of which the rules use 500 KiB.
const MAX_ROBOTS_BYTES: usize = 512 * 1024;

/// Opens connections, for those who have a [`Permit`].
pub struct Fetcher {
    options: FetchOptions,
    identity: Identity,
    tls: Tls,
    addresses: Arc<AddressRules>,
    origins: Mutex<HashMap<(String, Library), Arc<Origin>>>,
    run: RunId,
    clock: Arc<dyn Clock>,
}

/// The client of one origin.
struct Origin {
    client: reqwest::Client,
    via: Via,
    /// A plain http origin behind a proxy: the request line has the whole URL.
    is_absolute_form: bool,
    speaker: Option<Speaker>,
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fetcher")
            .field("user_agent", &self.options.user_agent)
            .finish_non_exhaustive()
    }
}

impl Fetcher {
    /// A fetcher for one run. It opens no connection and reads no file yet.
    ///
    /// # Errors
    /// [`FetchError::Option`] names the option that cannot be used.
    pub fn new(
        options: FetchOptions,
        run: RunId,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, FetchError> {
        options.check()?;
        let field = |name: &'static str, text: &str| {
            HeaderValue::from_str(text.trim())
                .ok()
                .filter(|value| !value.is_empty())
                .ok_or_else(|| option(name, format!("{text:?} is no header field")))
        };
        let optional =
            |name, text: &Option<String>| text.as_deref().map(|text| field(name, text)).transpose();
        Ok(Self {
            identity: Identity {
                user_agent: field("user_agent", &options.user_agent)?,
                from: optional("from", &options.from)?,
                accept_language: optional("accept_language", &options.accept_language)?,
            },
            tls: Tls::new(&options)?,
            addresses: Arc::new(AddressRules::new(
                options.addresses,
                lower_case(&options.resolve),
                options.named_addresses.clone(),
                Arc::clone(&options.network),
            )),
            origins: Mutex::default(),
            options,
            run,
            clock,
        })
    }

    /// Names and addresses that were not connected to, in order, the first thousand.
    pub fn refused_addresses(&self) -> Vec<String> {
        self.addresses.refused()
    }

    pub(super) fn addresses(&self) -> &AddressRules {
        &self.addresses
    }

    pub(super) fn tls(&self) -> &Tls {
        &self.tls
    }

    pub(super) fn proxy(&self) -> Option<&Url> {
        self.options.proxy.as_ref()
    }

    pub(super) fn connect_timeout(&self) -> Duration {
        self.options.connect_timeout
    }

    pub(super) fn user_agent(&self) -> &str {
        &self.options.user_agent
    }

    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// Sends the permitted request and waits for the answer or the failure. Afterwards, and not
    /// before, the pace group may have its next turn.
    pub async fn fetch(&self, permit: Permit) -> Exchange {
        let Permit { ask, mut turn } = permit;
        let asked_at = self.clock.now_utc().trunc_subsecs(6);
        let start = Instant::now();
        let fields = head::fields(&self.identity, &ask.request, &ask.conditional);
        let mut exchange = Exchange {
            run: self.run.clone(),
            sent_head: Vec::new(),
            asked_at,
            elapsed: Duration::ZERO,
            address: None,
            via: Via::Direct,
            tls: None,
            result: Err(failure::failure(FailureKind::Protocol, "not sent")),
            request: ask.request,
        };
        exchange.result = match self.origin(&exchange.request) {
            Err(failure) => Err(failure),
            Ok(origin) => {
                exchange.via = origin.via;
                let sent = self
                    .send(&origin, &exchange.request, fields.clone(), start)
                    .await;
                turn.answered();
                if !matches!(sent, Err((_, false))) {
                    exchange.sent_head =
                        head::render(&exchange.request, &fields, origin.is_absolute_form);
                    exchange.tls = origin.speaker.as_ref().map(Speaker::session);
                }
                match sent {
                    Err((failure, _)) => Err(failure),
                    Ok(response) => {
                        exchange.address = response.remote_addr();
                        let received = self
                            .receive(response, exchange.request.purpose, start)
                            .await
                            .map(|answer| origin.judged(answer));
                        let is_last =
                            |answer: &Answer| framing::is_ambiguous(answer.status, &answer.headers);
                        if received.as_ref().is_ok_and(is_last) {
                            self.forget(&exchange.request);
                        }
                        received
                    }
                }
            }
        };
        exchange.elapsed = start.elapsed();
        turn.finish(&retry::aftermath(&exchange, self.clock.now_utc()));
        log(&exchange);
        exchange
    }

    /// Sends, and waits for the header. A failure says whether the request may have been sent.
    async fn send(
        &self,
        origin: &Origin,
        request: &Request,
        fields: HeaderMap,
        start: Instant,
    ) -> Result<reqwest::Response, (Failure, bool)> {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
        };
        let mut outgoing = reqwest::Request::new(method, origin.url_to_ask(&request.url));
        *outgoing.headers_mut() = fields;
        if let Some(body) = &request.body {
            *outgoing.body_mut() = Some(body.clone().into());
        }
        let limit = self.options.header_timeout;
        let answer = timeout_at(start + limit, origin.client.execute(outgoing)).await;
        match answer {
            Err(_) => Err((failure::header_timeout(&request.url, limit), true)),
            Ok(Err(error)) => {
                let sent = !failure::is_before_sending(&error);
                Err((failure::of_request(&request.url, &error), sent))
            }
            Ok(Ok(response)) => Ok(response),
        }
    }

    /// Reads the header and the body.
    async fn receive(
        &self,
        mut response: reqwest::Response,
        purpose: Purpose,
        start: Instant,
    ) -> Result<Answer, Failure> {
        let headers: Vec<(String, Vec<u8>)> = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
            .collect();
        let header_bytes: usize = headers
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        if header_bytes > self.options.max_header_bytes {
            let message = format!(
                "header of {header_bytes} bytes is over the cap of {} bytes",
                self.options.max_header_bytes
            );
            return Err(failure::failure(FailureKind::Protocol, &message));
        }
        if let Some(coding) = framing::unknown_coding(&headers) {
            let message = format!("transfer-encoding {coding} was not asked for");
            return Err(failure::failure(FailureKind::Protocol, &message));
        }
        let cap = match purpose {
            Purpose::Robots => self.options.max_body_bytes.min(MAX_ROBOTS_BYTES),
            Purpose::Listing | Purpose::Article => self.options.max_body_bytes,
            Purpose::Asset => self.options.max_asset_bytes,
        };
        let status = response.status();
        let reason = response
            .extensions()
            .get::<hyper::ext::ReasonPhrase>()
            .map(|reason| String::from_utf8_lossy(reason.as_bytes()).into_owned())
            .or_else(|| status.canonical_reason().map(str::to_owned))
            .unwrap_or_default();
        let version = match response.version() {
            reqwest::Version::HTTP_10 => HttpVersion::Http10,
            _ => HttpVersion::Http11,
        };
        let deadline = start + self.options.total_timeout;
        let is_said_too_long =
            purpose == Purpose::Asset && said_length(&headers) > Some(cap as u64);
        let (body, truncated) = if is_said_too_long {
            // Its header is kept and tells the length; the body is left to the server.
            (Vec::new(), Some(Truncation::Length))
        } else {
            read_body(&mut response, cap, deadline).await
        };
        Ok(Answer {
            status: status.as_u16(),
            reason,
            version,
            headers,
            body,
            truncated,
        })
    }

    /// The client for the origin of a request, made at first use.
    fn origin(&self, request: &Request) -> Result<Arc<Origin>, Failure> {
        let url = &request.url;
        let forbid = |error: super::AddressError| {
            failure::failure(FailureKind::ForbiddenAddress, &error.to_string())
        };
        let target = self.addresses.target(url);
        let literal = self.addresses.check_literal(url).map_err(forbid)?;
        if let (None, Some(address)) = (target, literal) {
            let address = SocketAddr::new(address, url.port_or_known_default().unwrap_or(0));
            self.addresses.way_to(address).map_err(|error| {
                let message = format!("no connection for {url}: {error}");
                failure::failure(FailureKind::Connect, &message)
            })?;
        }
        let name = self.origin_name(request);
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(origin) = origins.get(&name) {
            return Ok(Arc::clone(origin));
        }
        let address = target.map(|target| target.ip()).or(literal);
        let origin = Arc::new(self.make_origin(url, name.1, target, address)?);
        origins.insert(name, Arc::clone(&origin));
        Ok(origin)
    }

    /// Under which its client is kept: a site may choose another TLS library.
    fn origin_name(&self, request: &Request) -> (String, Library) {
        let name = request.url.origin().ascii_serialization();
        (name, self.tls.library(&request.site))
    }

    /// Lets go of the client of an origin, and so of its connections.
    fn forget(&self, request: &Request) {
        let name = self.origin_name(request);
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        origins.remove(&name);
    }

    fn make_origin(
        &self,
        url: &Url,
        library: Library,
        target: Option<SocketAddr>,
        address: Option<IpAddr>,
    ) -> Result<Origin, Failure> {
        let no_tls = |why: String| failure::failure(FailureKind::Tls, &failure::no_tls(url, &why));
        let proxy = self.options.proxy.as_ref().filter(|_| target.is_none());
        let is_tls = [Some(url), proxy]
            .iter()
            .flatten()
            .any(|url| url.scheme() == "https");
        let builder = reqwest::Client::builder();
        let (builder, speaker) = self.tls.set_up(builder, library, is_tls).map_err(no_tls)?;
        let mut builder = builder
            .http1_only()
            .http1_max_headers(MAX_FIELDS)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .connect_timeout(self.options.connect_timeout)
            .pool_idle_timeout(IDLE)
            .dns_resolver(OriginResolver {
                rules: Arc::clone(&self.addresses),
                target,
                proxy_host: proxy.and_then(|proxy| proxy.host_str().map(str::to_owned)),
            });
        if self.addresses.is_bound_to_loopback() {
            let local = match address {
                Some(IpAddr::V6(_)) => IpAddr::V6(Ipv6Addr::LOCALHOST),
                Some(IpAddr::V4(_)) | None => IpAddr::V4(Ipv4Addr::LOCALHOST),
            };
            builder = builder.local_address(local);
        }
        if let Some(proxy) = proxy {
            let proxy =
                reqwest::Proxy::all(proxy.clone()).map_err(|error| no_tls(error.to_string()))?;
            builder = builder.proxy(proxy);
        }
        let client = builder.build().map_err(|error| no_tls(error.to_string()))?;
        Ok(Origin {
            client,
            via: if target.is_some() {
                Via::Override
            } else {
                Via::Direct
            },
            is_absolute_form: proxy.is_some() && url.scheme() == "http",
            speaker: speaker.filter(|_| url.scheme() == "https"),
        })
    }
}

impl Origin {
    /// An answer that lasts until the connection ends is whole only if TLS says that it was ended
    /// on purpose (RFC 9112, section 9.8). Where that is not shown, it counts as not whole.
    fn judged(&self, mut answer: Answer) -> Answer {
        let shows_end = self.speaker.as_ref().is_none_or(Speaker::shows_end);
        if !shows_end && answer.truncated.is_none() && lasts_until_the_end(&answer) {
            answer.truncated = Some(Truncation::Unspecified);
        }
        answer
    }

    /// The URL as given to the client. For an overridden origin without its port: the client would
    /// use that instead of the one in the override. The `Host` field is ours and keeps it.
    fn url_to_ask(&self, url: &Url) -> Url {
        let mut url = url.clone();
        if self.via == Via::Override {
            // An http URL with a host can always lose its port.
            let _ = url.set_port(None);
        }
        url
    }
}

/// True for a body without a length and without chunks (RFC 9112, section 6.3).
fn lasts_until_the_end(answer: &Answer) -> bool {
    let is_chunked = answer
        .header("transfer-encoding")
        .is_some_and(|codings| codings.to_ascii_lowercase().ends_with("chunked"));
    let has_body = !matches!(answer.status, 100..=199 | 204 | 304);
    has_body && !is_chunked && answer.header("content-length").is_none()
}

/// What `Content-Length` says, if it is a number.
fn said_length(headers: &[(String, Vec<u8>)]) -> Option<u64> {
    let (_, value) = headers.iter().find(|(name, _)| name == "content-length")?;
    std::str::from_utf8(value).ok()?.trim().parse().ok()
}

/// Reads up to `cap` bytes until `deadline`. A body of exactly `cap` bytes is whole.
async fn read_body(
    response: &mut reqwest::Response,
    cap: usize,
    deadline: Instant,
) -> (Vec<u8>, Option<Truncation>) {
    let mut body = Vec::new();
    loop {
        match timeout_at(deadline, response.chunk()).await {
            Err(_) => return (body, Some(Truncation::Time)),
            Ok(Err(error)) => return (body, Some(failure::of_body(&error))),
            Ok(Ok(None)) => return (body, None),
            Ok(Ok(Some(chunk))) => {
                let room = cap.saturating_sub(body.len());
                match chunk.get(..room) {
                    Some(fits) if fits.len() < chunk.len() => {
                        body.extend_from_slice(fits);
                        return (body, Some(Truncation::Length));
                    }
                    _ => body.extend_from_slice(&chunk),
                }
            }
        }
    }
}

/// One line per exchange.
fn log(exchange: &Exchange) {
    let url = &exchange.request.url;
    let outcome = Outcome::of(exchange);
    let elapsed_ms = u64::try_from(exchange.elapsed.as_millis()).unwrap_or(u64::MAX);
    let purpose = exchange.request.purpose.as_str();
    match &exchange.result {
        Ok(answer) => {
            let body_bytes = answer.body.len();
            tracing::debug!(
                event = "fetched",
                status = answer.status,
                body_bytes,
                elapsed_ms,
                purpose,
                "fetched {url}: {outcome}, {body_bytes} bytes"
            );
        }
        Err(failure) => tracing::debug!(
            event = "fetched",
            elapsed_ms,
            purpose,
            "fetched {url}: {outcome}, {}",
            failure.message
        ),
    }
}
