//! Words for what goes wrong in TLS: what happened and what to do, short enough for one message.

use std::error::Error;
use std::io;

use chrono::DateTime;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError};

/// What a site with `tls = "system"` needs. Without the feature it says how to build it.
#[cfg(not(feature = "system-tls"))]
pub(super) const NOT_BUILT: &str = "this khotin has no OpenSSL; build it with `cargo build \
    --release --features system-tls` and start it with OPENSSL_CONF=contrib/openssl-legacy.cnf \
    (docs/old-tls.md)";

/// What to do about a server that speaks no TLS of today.
#[cfg(not(feature = "system-tls"))]
const OLD_TLS: &str = "build khotin with `--features system-tls`, set `tls = \"system\"` for the \
    site in config.toml and OPENSSL_CONF=contrib/openssl-legacy.cnf (docs/old-tls.md)";
#[cfg(feature = "system-tls")]
const OLD_TLS: &str = "set `tls = \"system\"` for the site in config.toml and \
    OPENSSL_CONF=contrib/openssl-legacy.cnf (docs/old-tls.md)";

/// What a TLS library says, in our words; none for an error that is not of one.
pub(in crate::fetch) fn of_cause(cause: &(dyn Error + 'static)) -> Option<String> {
    if let Some(error) = cause.downcast_ref::<rustls::Error>() {
        return Some(of_rustls(error));
    }
    #[cfg(feature = "system-tls")]
    if let Some(error) = cause.downcast_ref::<native_tls::Error>() {
        return Some(super::system::words(error));
    }
    None
}

/// How a connection ended that was there and had no TLS session yet.
pub(in crate::fetch) fn of_end(kind: io::ErrorKind) -> String {
    let how = match kind {
        io::ErrorKind::ConnectionReset => "reset the connection",
        io::ErrorKind::UnexpectedEof => "hung up",
        _ => "broke off",
    };
    format!("the server {how} in the TLS handshake; if it always does, see docs/old-tls.md")
}

fn of_rustls(error: &rustls::Error) -> String {
    use rustls::Error::{AlertReceived, InvalidCertificate, InvalidMessage, PeerIncompatible};
    match error {
        InvalidCertificate(why) => of_certificate(why),
        AlertReceived(
            alert @ (AlertDescription::HandshakeFailure
            | AlertDescription::ProtocolVersion
            | AlertDescription::InsufficientSecurity),
        ) => format!(
            "the server refused what rustls offers ({alert:?}): it knows neither TLS 1.3 nor TLS \
             1.2 with ECDHE; {OLD_TLS}"
        ),
        AlertReceived(AlertDescription::UnrecognisedName) => {
            "the server does not know this name (UnrecognisedName): check the host in the URL or \
             in `resolve`"
                .to_owned()
        }
        AlertReceived(AlertDescription::NoApplicationProtocol) => {
            "the server speaks no HTTP/1.1 (NoApplicationProtocol), and khotin speaks nothing else"
                .to_owned()
        }
        AlertReceived(AlertDescription::CertificateRequired) => {
            "the server wants a certificate of ours (CertificateRequired), and khotin has none: it \
             is not for the public"
                .to_owned()
        }
        AlertReceived(alert) => format!("the server refused with the alert {alert:?}"),
        PeerIncompatible(what) => {
            format!("the server speaks a TLS that rustls does not ({what:?}); {OLD_TLS}")
        }
        InvalidMessage(what) => format!(
            "the server's answer is no TLS ({what:?}): perhaps it speaks plain http on this port"
        ),
        other => other.to_string(),
    }
}

fn of_certificate(why: &CertificateError) -> String {
    match why {
        CertificateError::ExpiredContext { time, not_after } => format!(
            "a certificate of the server ended {}, and this machine's clock says {}: only the \
             site's owner can renew it",
            day(*not_after),
            day(*time)
        ),
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "a certificate of the server begins {}, and this machine's clock says {}: check the \
             clock, then tell the site's owner",
            day(*not_before),
            day(*time)
        ),
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => format!(
            "the server's certificate is for {} and not for {}: check the host in the URL or in \
             `resolve`, then tell the site's owner",
            names(presented),
            expected.to_str()
        ),
        // A chain that leads nowhere brings its own words.
        CertificateError::Other(other) => other.to_string(),
        other => format!("the server's certificate can not be believed: {other}"),
    }
}

/// `a.vn, b.vn`, from what the verifier writes: `DnsName("a.vn")`.
fn names(presented: &[String]) -> String {
    let bare = |name: &String| {
        let quoted = name.split('"').nth(1);
        quoted.unwrap_or(name).to_owned()
    };
    let names: Vec<String> = presented.iter().map(bare).collect();
    if names.is_empty() {
        return "no name".to_owned();
    }
    names.join(", ")
}

fn day(time: UnixTime) -> String {
    i64::try_from(time.as_secs())
        .ok()
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
        .map_or_else(
            || "beyond all calendars".to_owned(),
            |time| time.format("%Y-%m-%d %H:%M UTC").to_string(),
        )
}
