//! The demo ministry's pictures and documents: an address in, the bytes of a small valid PNG or PDF out.
//!
//! Pure: the same address always gives the same bytes, and a file has the same bytes wherever it stands
//! (its UUID decides), so that an archive meets equal payloads under several addresses, as with real
//! ministries. Two addresses that differ in the time stamp `t` alone are one file.

use flate2::Crc;
use sha1::{Digest, Sha1};

/// Letters of a UUID.
const UUID_CHARS: usize = 36;
/// Width and height of a picture, in dots.
const PICTURE: (u32, u32) = (32, 24);
/// Width and height of a thumbnail.
const THUMBNAIL: (u32, u32) = (16, 12);
/// Dots of one colour in a row or column.
const PATCH: u32 = 4;

/// The media type and the bytes of the file at a path.
pub(super) fn file(path: &str) -> (&'static str, Vec<u8>) {
    let name = uuid_in(path).unwrap_or(path);
    if path.contains(".pdf") {
        return ("application/pdf", pdf(name));
    }
    let is_thumbnail = path.contains("/thumb_w/") || path.contains("/zoom/");
    let size = if is_thumbnail { THUMBNAIL } else { PICTURE };
    ("image/png", png(name, size))
}

/// The last part of a path that has the form of a UUID.
fn uuid_in(path: &str) -> Option<&str> {
    let last = path.len().checked_sub(UUID_CHARS)?;
    (0..=last).rev().find_map(|start| {
        let part = path.get(start..start + UUID_CHARS)?;
        let is_uuid = part.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
        is_uuid.then_some(part)
    })
}

/// A picture of patches whose colours the name decides (PNG, third edition; 8 bits, RGB).
fn png(name: &str, (width, height): (u32, u32)) -> Vec<u8> {
    let colours = Sha1::digest(name.as_bytes());
    let mut rows = Vec::new();
    for y in 0..height {
        // No filter.
        rows.push(0);
        for x in 0..width {
            let patch = (x / PATCH + y / PATCH * 7) as usize;
            let colour = colours.iter().cycle().skip(patch % colours.len()).take(3);
            rows.extend(colour);
        }
    }
    let mut head = Vec::new();
    head.extend(width.to_be_bytes());
    head.extend(height.to_be_bytes());
    head.extend([8, 2, 0, 0, 0]);
    let mut picture = b"\x89PNG\r\n\x1a\n".to_vec();
    push_chunk(&mut picture, b"IHDR", &head);
    push_chunk(&mut picture, b"IDAT", &stored(&rows));
    push_chunk(&mut picture, b"IEND", b"");
    picture
}

/// Length, type, data and check sum.
fn push_chunk(picture: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let mut sum = Crc::new();
    sum.update(kind);
    sum.update(data);
    picture.extend(length.to_be_bytes());
    picture.extend(kind);
    picture.extend(data);
    picture.extend(sum.sum().to_be_bytes());
}

/// A zlib stream of one stored block (RFC 1950, RFC 1951): nothing is packed, so that the bytes are the
/// same whatever library packs elsewhere. Up to 65,535 bytes.
fn stored(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
    let mut stream = vec![0x78, 0x01, 0x01];
    stream.extend(length.to_le_bytes());
    stream.extend((!length).to_le_bytes());
    stream.extend(data);
    stream.extend(adler(data).to_be_bytes());
    stream
}

/// The check sum of a zlib stream (RFC 1950, section 8.2).
fn adler(data: &[u8]) -> u32 {
    let (low, high) = data.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    (high << 16) | low
}

/// A document of one page that says what it is.
fn pdf(name: &str) -> Vec<u8> {
    let shown: String = name
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-')
        .collect();
    let words = format!("BT /F1 8 Tf 8 40 Td (khotin demo, generated: {shown}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 320 80] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{words}\nendstream", words.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut document = "%PDF-1.4\n".to_owned();
    let mut places = "0000000000 65535 f \n".to_owned();
    for (number, object) in (1..).zip(&objects) {
        places.push_str(&format!("{:010} 00000 n \n", document.len()));
        document.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let (count, start) = (objects.len() + 1, document.len());
    document.push_str(&format!(
        "xref\n0 {count}\n{places}trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    ));
    document.into_bytes()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    const UUID: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";

    #[test]
    fn a_file_is_known_by_its_uuid_whatever_leads_to_it() {
        let at = |path: &str| file(path);
        let own = at(&format!("/documents/174521/0/a.jpg/{UUID}"));
        assert_eq!(
            own,
            at(&format!("/resource/CustomsCMS/ckeditor/{UUID}.jpg"))
        );
        assert_eq!(own.0, "image/png");
        let thumbnail = at(&format!("/thumb_w/640/1/2026/6/16/a-{UUID}.jpg"));
        assert_ne!(own.1, thumbnail.1, "a thumbnail is another picture");
        let other = at("/documents/174521/0/a.jpg/1f8fad5b-d9cb-469f-a165-70867728950e");
        assert_ne!(own.1, other.1);
        let document = at(&format!("/documents/20182/0/x.pdf/{UUID}"));
        assert_eq!(document.0, "application/pdf");
        assert_eq!(uuid_in("/thumb_w/160/12.jpg"), None);
    }

    #[test]
    fn a_picture_unpacks_to_its_rows_and_its_sums_are_right() {
        let (_, picture) = file(&format!("/documents/1/0/a.jpg/{UUID}"));
        assert_eq!(picture[..8], *b"\x89PNG\r\n\x1a\n");
        assert_eq!(picture[12..16], *b"IHDR");
        assert_eq!(picture[16..24], [0, 0, 0, 32, 0, 0, 0, 24]);
        // 8 of the signature, 12 + 13 of the head, 8 before the data of IDAT, 4 + 12 behind.
        let packed = &picture[41..picture.len() - 16];
        let mut rows = Vec::new();
        // The decoder compares the check sum.
        let mut decoder = flate2::read::ZlibDecoder::new(packed);
        decoder.read_to_end(&mut rows).unwrap();
        assert_eq!(rows.len(), 24 * (1 + 32 * 3));
        // The check sum of the last chunk is the same in every PNG.
        assert_eq!(picture[picture.len() - 4..], [0xae, 0x42, 0x60, 0x82]);
        assert_eq!(adler(b"Wikipedia"), 0x11e6_0398, "a published example");
    }

    #[test]
    fn the_table_of_a_document_leads_to_its_objects() {
        let (_, document) = file(&format!("/documents/20182/0/x.pdf/{UUID}"));
        let text = String::from_utf8(document).unwrap();
        let table = text.find("xref\n").unwrap();
        assert!(
            text.ends_with(&format!("startxref\n{table}\n%%EOF\n")),
            "{text}"
        );
        let behind = |place: usize| text.get(place..).unwrap();
        let lines: Vec<&str> = behind(table).lines().skip(3).take(5).collect();
        for (number, line) in (1..).zip(lines) {
            let place: usize = line.get(..10).unwrap().parse().unwrap();
            assert!(
                behind(place).starts_with(&format!("{number} 0 obj\n")),
                "{line}"
            );
        }
    }
}
