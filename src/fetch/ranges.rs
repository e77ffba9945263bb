//! Ranges: bytes of a file that is served over HTTP on this machine, for `khotin import --cdxj`. No site is
//! asked: the address is a loopback literal, checked here again, so that nothing of khotin reaches another
//! host by this road; no proxy is used, no redirect followed, no name resolved.

use std::time::Duration;

use reqwest::header::{CONTENT_RANGE, RANGE};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use tokio::runtime::{Builder, Runtime};
use url::{Host, Url};

use super::tls;

/// No answer takes longer (our choice; the server is this machine).
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks this machine for ranges.
#[derive(Debug)]
pub struct OwnRanges {
    runtime: Runtime,
    client: Client,
}

impl OwnRanges {
    /// Makes ready; opens nothing.
    ///
    /// # Errors
    /// In words, if the system gives no thread or the client can not be made.
    pub fn new() -> Result<Self, String> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?;
        let client = Client::builder()
            .tls_backend_preconfigured(tls::http_config()?)
            .http1_only()
            .no_proxy()
            .redirect(Policy::none())
            .timeout(PATIENCE)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { runtime, client })
    }

    /// The bytes of `url` from `offset` on, `length` of them.
    ///
    /// # Errors
    /// In words: the address is of another machine, the server does not answer, or with something else
    /// than this range.
    pub fn range(&self, url: &Url, offset: u64, length: u64) -> Result<Vec<u8>, String> {
        let is_here = match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            _ => false,
        };
        if url.scheme() != "http" || !is_here {
            return Err(format!("{url} is not on this machine"));
        }
        self.runtime.block_on(self.ask(url, offset, length))
    }

    async fn ask(&self, url: &Url, offset: u64, length: u64) -> Result<Vec<u8>, String> {
        let last = offset.saturating_add(length).saturating_sub(1);
        let request = self
            .client
            .get(url.clone())
            .header(RANGE, format!("bytes={offset}-{last}"));
        let mut answer = request.send().await.map_err(|error| error.to_string())?;
        if answer.status() != StatusCode::PARTIAL_CONTENT {
            let status = answer.status().as_u16();
            return Err(format!("the server answers {status}, not with a range"));
        }
        let given = answer.headers().get(CONTENT_RANGE);
        let given = given
            .and_then(|given| given.to_str().ok())
            .unwrap_or_default();
        let expected = format!("bytes {offset}-{last}/");
        if !given.starts_with(&expected) {
            return Err(format!("the server gives `{given}`, not `{expected}…`"));
        }
        let mut bytes = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| error.to_string())? {
            bytes.extend_from_slice(&piece);
            if bytes.len() as u64 > length {
                return Err(format!("the server gives more than {length} bytes"));
            }
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_machine_is_never_asked() {
        let ranges = OwnRanges::new().unwrap();
        for elsewhere in [
            "http://10.0.0.1/a",
            "https://127.0.0.1/a",
            "http://localhost/a",
            "http://example.org/a",
        ] {
            let error = ranges
                .range(&Url::parse(elsewhere).unwrap(), 0, 1)
                .unwrap_err();
            assert!(error.ends_with("is not on this machine"), "{error}");
        }
    }
}
