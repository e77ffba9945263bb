//! Certificates for servers of tests: a root, an intermediate, and leaves good and bad.

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The host of the demo ministry, which every good certificate is for.
pub const HOST: &str = khotin::demo::HOST;

/// A CA that can sign.
pub struct Authority {
    pub pem: Vec<u8>,
    pub der: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

/// What a server shows, with its key.
pub struct Shown {
    pub chain: Vec<CertificateDer<'static>>,
    pub key: PrivateKeyDer<'static>,
}

fn ca_params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

impl Authority {
    pub fn root(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = ca_params(name).self_signed(&key).unwrap();
        Self {
            pem: certificate.pem().into_bytes(),
            der: certificate.der().clone(),
            issuer: Issuer::new(ca_params(name), key),
        }
    }

    /// A CA for which this one vouches.
    pub fn intermediate(&self, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate = ca_params(name).signed_by(&key, &self.issuer).unwrap();
        Self {
            pem: certificate.pem().into_bytes(),
            der: certificate.der().clone(),
            issuer: Issuer::new(ca_params(name), key),
        }
    }

    /// A server's certificate, alone.
    pub fn leaf(&self, host: &str) -> Shown {
        self.leaf_between(host, (2020, 2099))
    }

    /// As [`Self::leaf`], valid from the second day of one year to that of another.
    pub fn leaf_between(&self, host: &str, years: (i32, i32)) -> Shown {
        self.sign(leaf_params(host, years))
    }

    /// As [`Self::leaf`], valid until that day.
    pub fn leaf_until(&self, host: &str, (year, month, day): (i32, u8, u8)) -> Shown {
        let mut params = leaf_params(host, (2020, 2099));
        params.not_after = date_time_ymd(year, month, day);
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> Shown {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Shown {
            chain: vec![certificate.der().clone()],
            key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        }
    }
}

impl Shown {
    /// With another certificate behind.
    pub fn and(mut self, authority: &Authority) -> Self {
        self.chain.push(authority.der.clone());
        self
    }

    /// A certificate that nobody but itself vouches for.
    pub fn self_signed(host: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = leaf_params(host, (2020, 2099));
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, host);
        let certificate = params.self_signed(&key).unwrap();
        Self {
            chain: vec![certificate.der().clone()],
            key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        }
    }
}

fn leaf_params(host: &str, (begin, end): (i32, i32)) -> CertificateParams {
    let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    params.not_before = date_time_ymd(begin, 1, 2);
    params.not_after = date_time_ymd(end, 1, 2);
    params
}
