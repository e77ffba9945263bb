//! rustls: the set-up of a client, with the provider ring, and the verifier of certificates.
//!
//! The verifier is rustls's own (webpki). Ours stands before it, hands the configured intermediates
//! over beside those of the server, remembers the protocol, and finds words when a chain leads
//! nowhere. It never says yes by itself.

use std::sync::{Arc, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore,
    SignatureScheme,
};

use super::ALPN;
use super::certificates::Certificates;
use super::chain::BrokenChain;

/// The TLS set-up of an https origin, and the witness of the protocol that its connections speak.
///
/// # Errors
/// Why there is no TLS on this machine, in words.
pub(super) fn https_config(
    certificates: &Certificates,
) -> Result<(ClientConfig, Arc<Witness>), String> {
    let provider = Arc::new(ring::default_provider());
    let roots = certificates.roots()?;
    let verifier = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
        .build()
        .map_err(|error| format!("no certificate verifier: {error}"))?;
    let witness = Arc::new(Witness {
        verifier,
        intermediates: certificates.intermediates.clone(),
        protocol: OnceLock::new(),
    });
    let mut config = builder(provider)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&witness) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    config.alpn_protocols = vec![ALPN.as_bytes().to_vec()];
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
pub(in crate::fetch) struct Witness {
    verifier: Arc<WebPkiServerVerifier>,
    /// Of the configuration. Each still needs a root that vouches for it.
    intermediates: Vec<CertificateDer<'static>>,
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
    ) -> Result<ServerCertVerified, Error> {
        let at_hand: Vec<CertificateDer<'_>> = intermediates
            .iter()
            .chain(&self.intermediates)
            .map(|certificate| CertificateDer::from(certificate.as_ref()))
            .collect();
        self.verifier
            .verify_server_cert(end_entity, &at_hand, server_name, ocsp_response, now)
            .map_err(|error| match error {
                Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
                    BrokenChain::of(end_entity, &at_hand).map_or(error, |broken| {
                        CertificateError::Other(OtherError(Arc::new(broken))).into()
                    })
                }
                error => error,
            })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.protocol.get_or_init(|| "TLSv1.2");
        self.verifier.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.protocol.get_or_init(|| "TLSv1.3");
        self.verifier.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.verifier.supported_verify_schemes()
    }
}
