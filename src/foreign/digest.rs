//! Digests of WARC fields, in every spelling that is about: `sha1`, `sha256` or `md5`, base32 or hex,
//! any case, with or without padding.

use std::fmt;

use data_encoding::{BASE32, BASE32_NOPAD, HEXLOWER, HEXLOWER_PERMISSIVE};
use md5::Md5;
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

use super::trouble::quoted;

/// What a digest is reckoned with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// `md5:`
    Md5,
    /// `sha1:`
    Sha1,
    /// `sha256:`
    Sha256,
}

impl Algorithm {
    /// The label.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        }
    }

    fn bytes(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// A digest with its label. Equal whatever the spelling was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LabelledDigest {
    algorithm: Algorithm,
    bytes: Vec<u8>,
}

impl LabelledDigest {
    /// Reads the value of a digest field; none for an algorithm that is not reckoned here.
    ///
    /// # Errors
    /// What is wrong, in words.
    ///
    /// # Examples
    /// ```
    /// use khotin::foreign::LabelledDigest;
    /// let hex = LabelledDigest::read("SHA-1:da39a3ee5e6b4b0d3255bfef95601890afd80709")?.unwrap();
    /// assert_eq!(hex.to_string(), "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ");
    /// # Ok::<(), String>(())
    /// ```
    pub fn read(text: &str) -> Result<Option<Self>, String> {
        let (label, value) = text
            .split_once([':', '='])
            .filter(|(label, _)| !label.is_empty())
            .ok_or_else(|| format!("{} has no label such as sha1:", quoted(text)))?;
        let label = label.trim().to_ascii_lowercase().replace(['-', '_'], "");
        let algorithm = match label.as_str() {
            "md5" => Algorithm::Md5,
            "sha1" => Algorithm::Sha1,
            "sha256" => Algorithm::Sha256,
            _ => return Ok(None),
        };
        let value = value.trim().trim_end_matches('=');
        let bytes = if value.len() == 2 * algorithm.bytes() {
            HEXLOWER_PERMISSIVE.decode(value.as_bytes()).ok()
        } else {
            let upper = value.to_ascii_uppercase();
            BASE32_NOPAD.decode(upper.as_bytes()).ok()
        };
        match bytes.filter(|bytes| bytes.len() == algorithm.bytes()) {
            Some(bytes) => Ok(Some(Self { algorithm, bytes })),
            None => Err(format!(
                "{} is neither hex nor base32 of {} bytes",
                quoted(text),
                algorithm.bytes()
            )),
        }
    }

    /// That of these bytes.
    pub fn of(algorithm: Algorithm, bytes: &[u8]) -> Self {
        let bytes = match algorithm {
            Algorithm::Md5 => Md5::digest(bytes).to_vec(),
            Algorithm::Sha1 => Sha1::digest(bytes).to_vec(),
            Algorithm::Sha256 => Sha256::digest(bytes).to_vec(),
        };
        Self { algorithm, bytes }
    }

    /// What it was reckoned with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// True if it is that of these bytes.
    pub fn matches(&self, bytes: &[u8]) -> bool {
        *self == Self::of(self.algorithm, bytes)
    }
}

/// As most programs write it: SHA-1 in base32, the others in lower-case hex.
impl fmt::Display for LabelledDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = match self.algorithm {
            Algorithm::Sha1 => BASE32.encode(&self.bytes),
            Algorithm::Md5 | Algorithm::Sha256 => HEXLOWER.encode(&self.bytes),
        };
        write!(f, "{}:{value}", self.algorithm.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of no bytes, from RFC 1321, RFC 3174 and FIPS 180-4 and by coreutils' base32.
    const MD5: &str = "md5:d41d8cd98f00b204e9800998ecf8427e";
    const SHA1: &str = "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ";
    const SHA256: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn every_spelling_of_a_digest_is_read() {
        let table = [
            (SHA1, SHA1),
            ("sha1:3i42h3s6nnfq2msvx7xzkyayscx5qbyj", SHA1),
            ("SHA1:da39a3ee5e6b4b0d3255bfef95601890afd80709", SHA1),
            ("sha-1=DA39A3EE5E6B4B0D3255BFEF95601890AFD80709", SHA1),
            (" sha1 : 3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ ", SHA1),
            (SHA256, SHA256),
            (
                "sha256:4OYMIQUY7QOBJGX36TEJS35ZEQT24QPEMSNZGTFESWMRW6CSXBKQ====",
                SHA256,
            ),
            (
                "sha_256:4OYMIQUY7QOBJGX36TEJS35ZEQT24QPEMSNZGTFESWMRW6CSXBKQ",
                SHA256,
            ),
            (MD5, MD5),
            ("md5:2QOYZWMPACZAJ2MABGMOZ6CCPY======", MD5),
        ];
        for (given, expected) in table {
            let digest = LabelledDigest::read(given).unwrap().unwrap();
            assert_eq!(digest.to_string(), expected, "{given}");
            assert!(digest.matches(b"") && !digest.matches(b"x"), "{given}");
        }
        assert_eq!(LabelledDigest::read("sha512:00"), Ok(None));
        for wrong in [
            "",
            "3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ",
            "sha1:",
            "sha1:xyz",
            ":ab",
            "md5:ố",
        ] {
            assert!(LabelledDigest::read(wrong).is_err(), "{wrong}");
        }
    }
}
