//! TLS for one origin: which certificates are believed, and which protocol was spoken.
//!
//! The roots are the machine's own (`SSL_CERT_FILE` and `SSL_CERT_DIR` count) and those of the
//! configuration. They are read when the first https origin is asked and not before, so that a
//! crawl of a plain http server works on a machine without any. The provider is ring, given
//! explicitly. Certificates are always checked; there is no switch.

use std::sync::{Arc, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

/// The certificates of the configuration, and the machine's once they are needed.
#[derive(Debug)]
pub(super) struct TlsRoots {
    extra: Vec<CertificateDer<'static>>,
    all: OnceLock<Result<Arc<RootCertStore>, String>>,
}

impl TlsRoots {
    /// Reads PEM files of the configuration, each with one certificate or more.
    ///
    /// # Errors
    /// What is wrong with which file (counted from 1).
    pub(super) fn new(extra_ca_pem: &[Vec<u8>]) -> Result<Self, String> {
        let mut extra = Vec::new();
        for (index, pem) in extra_ca_pem.iter().enumerate() {
            let number = index.saturating_add(1);
            let before = extra.len();
            for certificate in CertificateDer::pem_slice_iter(pem) {
                extra.push(certificate.map_err(|error| format!("file {number}: {error}"))?);
            }
            if extra.len() == before {
                return Err(format!("file {number} holds no certificate"));
            }
        }
        Ok(Self {
            extra,
            all: OnceLock::new(),
        })
    }

    /// All roots, read once.
    fn all(&self) -> Result<Arc<RootCertStore>, String> {
        self.all.get_or_init(|| self.load()).clone()
    }

    fn load(&self) -> Result<Arc<RootCertStore>, String> {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        // A machine's store often holds a certificate that cannot be used; the others still count.
        roots.add_parsable_certificates(found.certs);
        for certificate in &self.extra {
            roots
                .add(certificate.clone())
                .map_err(|error| format!("a certificate of `extra_ca` cannot be used: {error}"))?;
        }
        if roots.is_empty() {
            let why = found
                .errors
                .first()
                .map(|error| format!(" ({error})"))
                .unwrap_or_default();
            return Err(format!(
                "this machine has no CA certificates{why}; install the ca-certificates package or \
                 set SSL_CERT_FILE"
            ));
        }
        Ok(Arc::new(roots))
    }
}

/// The TLS set-up of an https origin, and the witness of the protocol that its connections speak.
///
/// # Errors
/// Why there is no TLS on this machine, in words.
pub(super) fn https_config(roots: &TlsRoots) -> Result<(ClientConfig, Arc<Witness>), String> {
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(roots.all()?, Arc::clone(&provider))
        .build()
        .map_err(|error| format!("no certificate verifier: {error}"))?;
    let witness = Arc::new(Witness {
        verifier,
        protocol: OnceLock::new(),
    });
    let mut config = builder(provider)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&witness) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((config, witness))
}

/// A TLS set-up that believes nobody, for clients of plain http origins: they never use it, and
/// building it reads no files.
///
/// # Errors
/// Why there is no TLS on this machine, in words.
pub(super) fn http_config() -> Result<ClientConfig, String> {
    Ok(builder(Arc::new(ring::default_provider()))?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth())
}

fn builder(
    provider: Arc<CryptoProvider>,
) -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, String> {
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("no TLS protocol: {error}"))
}

/// Checks certificates as usual and remembers which protocol the origin speaks: TLS 1.2 and 1.3
/// have their signatures checked by different calls. The cipher suite is not shown to a verifier.
#[derive(Debug)]
pub(super) struct Witness {
    verifier: Arc<WebPkiServerVerifier>,
    protocol: OnceLock<&'static str>,
}

impl Witness {
    /// The protocol of the origin's first TLS session, in the word of OpenSSL.
    pub(super) fn protocol(&self) -> Option<&'static str> {
        self.protocol.get().copied()
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.verifier
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.protocol.get_or_init(|| "TLSv1.2");
        self.verifier.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.protocol.get_or_init(|| "TLSv1.3");
        self.verifier.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_certificate_is_named() {
        let table = [
            ("empty", Vec::new(), "file 1 holds no certificate"),
            ("no PEM", b"hello".to_vec(), "file 1 holds no certificate"),
        ];
        for (what, pem, expected) in table {
            assert_eq!(
                TlsRoots::new(&[pem]).err().as_deref(),
                Some(expected),
                "{what}"
            );
        }
    }
}
