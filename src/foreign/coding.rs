//! Content codings (RFC 9110, section 8.4.1), taken off under a cap: gzip, deflate, zstd. Brotli is not
//! known here.

use std::borrow::Cow;
use std::io::{BufReader, Read};

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::MAX_RECORD_BYTES;
use super::trouble::quoted;

/// Codings on top of each other that are taken off (our choice; one is what servers send).
const MOST: usize = 4;

/// Takes the codings off, the last one named first.
pub(super) fn decode<'a>(payload: &'a [u8], codings: &str) -> Result<Cow<'a, [u8]>, String> {
    let names = codings
        .split(',')
        .map(|name| name.trim().to_ascii_lowercase());
    let names: Vec<String> = names
        .filter(|name| !matches!(name.as_str(), "" | "identity"))
        .collect();
    if names.len() > MOST {
        return Err(format!("{} content codings, more than {MOST}", names.len()));
    }
    let mut payload = Cow::Borrowed(payload);
    for name in names.iter().rev() {
        if payload.is_empty() {
            break;
        }
        payload = Cow::Owned(unpack(&payload, name)?);
    }
    Ok(payload)
}

fn unpack(packed: &[u8], name: &str) -> Result<Vec<u8>, String> {
    let read: Box<dyn Read + '_> = match name {
        "gzip" | "x-gzip" => Box::new(MultiGzDecoder::new(packed)),
        // The standard means zlib; some servers send the bare stream.
        "deflate" if packed.first().is_some_and(|first| first & 0x0f == 8) => {
            Box::new(ZlibDecoder::new(packed))
        }
        "deflate" => Box::new(DeflateDecoder::new(packed)),
        "zstd" => {
            let decoder = zstd::stream::read::Decoder::with_buffer(BufReader::new(packed));
            Box::new(decoder.map_err(|error| error.to_string())?)
        }
        _ => return Err(format!("the content coding {} is not known", quoted(name))),
    };
    let mut unpacked = Vec::new();
    read.take(MAX_RECORD_BYTES + 1)
        .read_to_end(&mut unpacked)
        .map_err(|error| format!("the payload is no {name} ({error})"))?;
    if unpacked.len() as u64 > MAX_RECORD_BYTES {
        return Err(format!(
            "the payload unpacks to more than {MAX_RECORD_BYTES} bytes"
        ));
    }
    Ok(unpacked)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    #[test]
    fn codings_are_taken_off_in_the_order_in_which_they_were_put_on() {
        let text = "Bộ Y tế".as_bytes();
        let level = Compression::fast();
        let mut gzip = GzEncoder::new(Vec::new(), level);
        gzip.write_all(text).unwrap();
        let gzip = gzip.finish().unwrap();
        let mut zlib = ZlibEncoder::new(Vec::new(), level);
        zlib.write_all(text).unwrap();
        let zlib = zlib.finish().unwrap();
        let mut bare = DeflateEncoder::new(Vec::new(), level);
        bare.write_all(text).unwrap();
        let bare = bare.finish().unwrap();
        let zstd = zstd::bulk::compress(&gzip, 1).unwrap();
        let table: [(&str, &[u8]); 8] = [
            ("", text),
            ("Identity", text),
            ("GZIP", &gzip),
            ("x-gzip", &gzip),
            ("deflate", &zlib),
            ("deflate", &bare),
            ("gzip, zstd", &zstd),
            ("gzip,,identity", &gzip),
        ];
        for (codings, payload) in table {
            assert_eq!(decode(payload, codings).unwrap(), text, "{codings}");
        }
        for (codings, payload) in [
            ("br", text),
            ("gzip", text),
            ("gzip,gzip,gzip,gzip,gzip", text),
        ] {
            assert!(decode(payload, codings).is_err(), "{codings}");
        }
        assert_eq!(
            decode(b"", "gzip").unwrap(),
            b"" as &[u8],
            "no payload has no coding"
        );
    }
}
