//! The certificates of the configuration, and the machine's once they are needed.
//!
//! The machine's own (`SSL_CERT_FILE` and `SSL_CERT_DIR` count) are read when the first https origin
//! is asked and not before, so that a crawl of a plain http server works on a machine without any.
//! Roots are believed; intermediates are only offered to the verifier beside those that a server
//! sent, so a root among them is an error.

use std::sync::{Arc, OnceLock};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::super::FetchError;
use super::super::options::option;
use super::chain;

/// Roots and intermediates.
#[derive(Debug)]
pub(super) struct Certificates {
    /// Believed, beside the machine's.
    pub(super) extra_roots: Vec<CertificateDer<'static>>,
    /// Believed only when a root vouches for them.
    pub(super) intermediates: Vec<CertificateDer<'static>>,
    roots: OnceLock<Result<Arc<RootCertStore>, String>>,
}

impl Certificates {
    /// Reads PEM files of the configuration, each with one certificate or more.
    ///
    /// # Errors
    /// [`FetchError::Option`] says what is wrong with which file (counted from 1).
    pub(super) fn new(
        extra_ca_pem: &[Vec<u8>],
        intermediates_pem: &[Vec<u8>],
    ) -> Result<Self, FetchError> {
        let intermediates =
            read(intermediates_pem).map_err(|why| option("extra_intermediates", why))?;
        if let Some(root) = intermediates
            .iter()
            .find_map(|certificate| chain::names(certificate).filter(|names| names.is_root()))
        {
            let why = format!(
                "{} signed itself, so it is a root; if you believe it, name its file in `extra_ca`",
                root.subject()
            );
            return Err(option("extra_intermediates", why));
        }
        Ok(Self {
            extra_roots: read(extra_ca_pem).map_err(|why| option("extra_ca", why))?,
            intermediates,
            roots: OnceLock::new(),
        })
    }

    /// All roots, read once.
    pub(super) fn roots(&self) -> Result<Arc<RootCertStore>, String> {
        self.roots.get_or_init(|| self.load()).clone()
    }

    fn load(&self) -> Result<Arc<RootCertStore>, String> {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        // A machine's store often holds a certificate that cannot be used; the others still count.
        roots.add_parsable_certificates(found.certs);
        for certificate in &self.extra_roots {
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

fn read(files: &[Vec<u8>]) -> Result<Vec<CertificateDer<'static>>, String> {
    let mut found = Vec::new();
    for (index, pem) in files.iter().enumerate() {
        let number = index.saturating_add(1);
        let before = found.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            found.push(certificate.map_err(|error| format!("file {number}: {error}"))?);
        }
        if found.len() == before {
            return Err(format!("file {number} holds no certificate"));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_can_not_be_used_is_named() {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut root = rcgen::CertificateParams::new(Vec::new()).unwrap();
        root.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let name = &mut root.distinguished_name;
        name.push(rcgen::DnType::CommonName, "Khotin Test Root");
        let root = root.self_signed(&key).unwrap().pem().into_bytes();
        let table = [
            (
                "empty",
                (vec![Vec::new()], vec![]),
                "fetch option `extra_ca` cannot be used: file 1 holds no certificate",
            ),
            (
                "no PEM",
                (vec![], vec![root.clone(), b"hello".to_vec()]),
                "fetch option `extra_intermediates` cannot be used: file 2 holds no certificate",
            ),
            (
                "a root that would be believed by the back door",
                (vec![], vec![root]),
                "fetch option `extra_intermediates` cannot be used: \"Khotin Test Root\" signed \
                 itself, so it is a root; if you believe it, name its file in `extra_ca`",
            ),
        ];
        for (what, (roots, intermediates), expected) in table {
            let error = Certificates::new(&roots, &intermediates).unwrap_err();
            assert_eq!(error.to_string(), expected, "{what}");
        }
    }
}
