//! The system's OpenSSL, through native-tls, for servers that rustls can not speak with: a small DH
//! key without ECDHE, TLS 1.0 and 1.1.
//!
//! What is too weak is OpenSSL's decision, by the file that OPENSSL_CONF names
//! (contrib/openssl-legacy.cnf); nothing is lowered here. Certificates are checked as on the other
//! road. A missing `close_notify` is not seen on this one ([`super::Speaker::shows_end`]).

use std::error::Error;

use native_tls::{Certificate, Protocol, TlsConnector};
use openssl::error::ErrorStack;

use super::ALPN;
use super::certificates::Certificates;

/// What to do when OpenSSL finds something too weak.
const TOO_WEAK: &str =
    "start khotin with OPENSSL_CONF=contrib/openssl-legacy.cnf (docs/old-tls.md)";

/// Name and version of the library, and the settings that were given to it.
pub(super) fn library() -> String {
    let version = openssl::version::version();
    match std::env::var_os("OPENSSL_CONF") {
        Some(file) => format!("{version} (OPENSSL_CONF={})", file.display()),
        None => version.to_owned(),
    }
}

/// The TLS set-up of an https origin.
///
/// An intermediate in OpenSSL's store is believed only when a root vouches for it, because native-tls
/// does not set `X509_V_FLAG_PARTIAL_CHAIN` and [`Certificates`] holds no root among them.
///
/// # Errors
/// Why there is no TLS on this machine, in words.
pub(super) fn connector(certificates: &Certificates) -> Result<TlsConnector, String> {
    let mut builder = TlsConnector::builder();
    // OpenSSL 3 speaks TLS 1.0 and 1.1 only at security level 0.
    builder
        .min_protocol_version(Some(Protocol::Tlsv10))
        .request_alpns(&[ALPN]);
    let extra = &certificates.extra_roots;
    for certificate in extra.iter().chain(&certificates.intermediates) {
        let certificate = Certificate::from_der(certificate)
            .map_err(|error| format!("a certificate of config.toml cannot be used: {error}"))?;
        builder.add_root_certificate(certificate);
    }
    let built = builder.build();
    built.map_err(|error| format!("OpenSSL can not be set up: {error}"))
}

/// What OpenSSL says, without its file names and numbers, and what to do.
pub(super) fn words(error: &native_tls::Error) -> String {
    let whole = error.to_string();
    let reasons = reasons(error);
    let Some(reason) = reasons.first() else {
        return super::of_end(end_of(error));
    };
    // The reason why a certificate is not believed stands behind, in brackets.
    let detail = whole
        .rsplit_once(": (")
        .and_then(|(_, detail)| detail.strip_suffix(')'));
    match (reason.as_str(), detail) {
        ("certificate verify failed", Some(detail)) => format!(
            "the server's certificate is not believed ({detail}){}",
            certificate_advice(detail)
        ),
        ("wrong version number" | "packet length too long", _) => format!(
            "the server's answer is no TLS ({reason}): perhaps it speaks plain http on this port"
        ),
        _ => format!("OpenSSL can not speak with the server ({reason}); {TOO_WEAK}"),
    }
}

fn certificate_advice(detail: &str) -> &'static str {
    match detail {
        "unable to get local issuer certificate" => {
            ": its chain is not complete, or its CA is not believed on this machine; name the file \
             of the missing certificate in `extra_intermediates` of config.toml (a root that you \
             believe: in `extra_ca`)"
        }
        "self-signed certificate in certificate chain" => {
            ": if you believe the CA at its end, name its file in `extra_ca` of config.toml"
        }
        "self-signed certificate" => ": no CA vouches for it; tell the site's owner",
        "certificate is not yet valid" => {
            ": check this machine's clock, then tell the site's owner"
        }
        "hostname mismatch" | "IP address mismatch" => {
            ": check the host in the URL or in `resolve`, then tell the site's owner"
        }
        _ => ": tell the site's owner",
    }
}

/// The reasons that OpenSSL gives, the first one first.
fn reasons(error: &native_tls::Error) -> Vec<String> {
    let stack = causes(error).find_map(|cause| cause.downcast_ref::<ErrorStack>());
    let errors = stack.map(ErrorStack::errors).unwrap_or_default();
    errors
        .iter()
        .filter_map(|one| one.reason().map(str::to_owned))
        .collect()
}

fn end_of(error: &native_tls::Error) -> std::io::ErrorKind {
    causes(error)
        .find_map(|cause| cause.downcast_ref::<std::io::Error>())
        .map_or(std::io::ErrorKind::UnexpectedEof, std::io::Error::kind)
}

fn causes<'a>(error: &'a native_tls::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(error.source(), |cause: &&'a (dyn Error + 'static)| {
        (**cause).source()
    })
}
