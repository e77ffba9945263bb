//! What the reader makes of bytes that are small enough to be written here. Whole files with all their
//! oddities: fixtures/warc/foreign.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;

/// A record with this number and block, as it should be.
fn record(number: u64, block: &[u8]) -> Vec<u8> {
    with_length(number, block, block.len())
}

fn with_length(number: u64, block: &[u8], length: usize) -> Vec<u8> {
    let head = format!(
        "WARC/1.0\r\nWARC-Type: resource\r\nWARC-Record-ID: <urn:x:{number}>\r\n\
         WARC-Date: 2016-11-22T01:02:03Z\r\nContent-Length: {length}\r\n\r\n"
    );
    [head.as_bytes(), block, b"\r\n\r\n"].concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(bytes, 3).unwrap()
}

/// One line a thing found: `1 whole 0+120 abc` or `garbage @12`.
fn lines(file: &[u8]) -> Vec<String> {
    lines_of(ForeignReader::new(file))
}

fn lines_of(reader: ForeignReader<&[u8]>) -> Vec<String> {
    reader.map(|found| line(&found)).collect()
}

/// The same, but holding blocks of 10,000 bytes at most, so that long ones need not be long.
fn limited(file: &[u8]) -> Vec<String> {
    lines_of(ForeignReader::new(file).with_max_block(10_000))
}

fn line(found: &Found) -> String {
    match found {
        Found::Trouble(trouble) => {
            let inside = trouble.inside.map(|inside| format!("/{inside}"));
            let (kind, offset) = (trouble.kind.as_str(), trouble.offset);
            format!("{kind} @{offset}{}", inside.unwrap_or_default())
        }
        Found::Record(record) => {
            let id = record.id().unwrap_or("?").trim_start_matches("urn:x:");
            let whole = match record.wholeness {
                Wholeness::Whole => "whole",
                Wholeness::Damaged => "damaged",
                Wholeness::LeftOut => "left out",
            };
            let place = match record.place {
                Place::Member { offset, length } => format!("{offset}+{length}"),
                Place::Unpacked { member, offset } => format!("{member}/{offset}"),
            };
            let block = String::from_utf8_lossy(&record.block);
            format!("{id} {whole} {place} {block}")
        }
    }
}

#[test]
fn records_have_their_places_whatever_packs_them() {
    let (one, two) = (record(1, b"abc"), record(2, b"de"));
    let (long, short) = (one.len(), two.len());
    let plain = [one.clone(), two.clone()].concat();
    assert_eq!(
        lines(&plain),
        [
            format!("1 whole 0+{long} abc"),
            format!("2 whole {long}+{short} de")
        ]
    );
    for pack in [gzip, zstd] {
        let (first, second) = (pack(&one), pack(&two));
        let (length, rest) = (first.len(), second.len());
        assert_eq!(
            lines(&[first, second].concat()),
            [
                format!("1 whole 0+{length} abc"),
                format!("2 whole {length}+{rest} de")
            ]
        );
        let together = pack(&plain);
        assert_eq!(
            lines(&together),
            [
                "1 whole 0/0 abc".to_owned(),
                format!("shared @0/{long}"),
                format!("2 whole 0/{long} de")
            ]
        );
        // One record in two members, cut in its block.
        let (head, tail) = one.split_at(long - 6);
        let (head, tail) = (pack(head), pack(tail));
        let length = head.len() + tail.len();
        assert_eq!(
            lines(&[head, tail].concat()),
            [format!("1 whole 0+{length} abc")]
        );
    }
}

#[test]
fn files_of_different_packing_can_be_put_behind_each_other() {
    let parts = [
        record(1, b"a"),
        gzip(&record(2, b"b")),
        zstd(&record(3, b"c")),
        record(4, b"d"),
        zstd(&record(5, b"e")),
        gzip(&record(6, b"f")),
        gzip(b""),
        record(7, b"g"),
    ];
    let mut offset = 0;
    let mut expected = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        let name = ["a", "b", "c", "d", "e", "f", "", "g"][number];
        let length = part.len();
        if !name.is_empty() {
            let id = expected.len() + 1;
            expected.push(format!("{id} whole {offset}+{length} {name}"));
        }
        offset += length;
    }
    assert_eq!(lines(&parts.concat()), expected);
}

#[test]
fn a_wrong_length_is_told_and_the_block_ends_where_the_next_record_begins() {
    let next = record(2, b"next");
    // In a plain file the end of the last record shows nothing: another one follows.
    for length in [0, 1, 4, 8, 30, 300, 5_000_000] {
        let wrong = with_length(1, b"abcdef\r\n\r\nxyz", length);
        let (at, all) = (wrong.len(), next.len());
        let expected = [
            "length @0".to_owned(),
            format!("1 whole 0+{at} abcdef\r\n\r\nxyz"),
            format!("2 whole {at}+{all} next"),
        ];
        assert_eq!(lines(&[wrong, next.clone()].concat()), expected, "{length}");
        let wrong = gzip(&with_length(1, b"abcdef\r\n\r\nxyz", length));
        let at = wrong.len();
        let expected = [
            "length @0".to_owned(),
            format!("1 whole 0+{at} abcdef\r\n\r\nxyz"),
        ];
        assert_eq!(lines(&wrong), expected, "{length}");
    }
}

#[test]
fn what_is_damaged_costs_no_other_record() {
    let (one, two, three) = (
        gzip(&record(1, b"one")),
        gzip(&record(2, &[b'x'; 300])),
        gzip(&record(3, b"three")),
    );
    let behind = one.len() + two.len();
    for place in 0..two.len() {
        let mut damaged = two.clone();
        damaged[place] ^= 0x55;
        let found = lines(&[one.as_slice(), &damaged, &three].concat());
        assert_eq!(found[0], format!("1 whole 0+{} one", one.len()), "{place}");
        let last = format!("3 whole {behind}+{} three", three.len());
        assert_eq!(found.last(), Some(&last), "{place}: {found:?}");
        // Times and names in the header of a member are under no check sum.
        let is_told = found[1].ends_with(&format!(" @{}", one.len()));
        assert!(is_told || (4..10).contains(&place), "{place}: {found:?}");
    }
    for length in 1..two.len() {
        let torn = &two[..length];
        let found = lines(&[one.as_slice(), torn, &three].concat());
        let behind = one.len() + length;
        let last = format!("3 whole {behind}+{} three", three.len());
        assert_eq!(found.last(), Some(&last), "{length}: {found:?}");
        assert!(found.len() > 2, "{length}: {found:?}");
    }
}

#[test]
fn a_file_torn_anywhere_gives_what_is_before_the_tear() {
    for pack in [|bytes: &[u8]| bytes.to_vec(), gzip, zstd] {
        let (one, two) = (pack(&record(1, b"one")), pack(&record(2, b"two\r\n\r\n")));
        let first = format!("1 whole 0+{} one", one.len());
        for length in 1..two.len() {
            let found = lines(&[one.as_slice(), &two[..length]].concat());
            assert_eq!(found[0], first);
            assert!(found.len() > 1, "{length}: {found:?}");
            let is_whole = found.iter().any(|line| line.starts_with("2 whole"));
            // The empty lines at the end may be missing.
            let may_be = length + 4 >= two.len() || pack(b"x") != b"x" && length + 8 >= two.len();
            assert!(!is_whole || may_be, "{length}: {found:?}");
        }
    }
}

#[test]
fn a_block_that_is_too_long_is_passed_over_without_being_held() {
    // Not so plain that it would be taken for a bomb.
    let long: Vec<u8> = (0..90_000_u32)
        .map(|n| (n.wrapping_mul(n) / 4096) as u8)
        .collect();
    let (one, two) = (record(1, &long), record(2, b"two"));
    let places = |first: usize, second: usize| {
        [
            "too_long @0".to_owned(),
            format!("1 left out 0+{first} "),
            format!("2 whole {first}+{second} two"),
        ]
    };
    assert_eq!(
        limited(&[one.clone(), two.clone()].concat()),
        places(one.len(), two.len())
    );
    for pack in [gzip, zstd] {
        let (one, next) = (pack(&one), pack(&two));
        let expected = places(one.len(), next.len());
        assert_eq!(limited(&[one, next].concat()), expected);
    }
    // A length that is only said to be so long, in members of their own: the next one shows its end.
    let said = gzip(&with_length(1, b"abc", 1 << 40));
    let at = said.len();
    let next = gzip(&two);
    let expected = [
        "too_long @0".to_owned(),
        "1 left out 0/0 ".to_owned(),
        format!("2 whole {at}+{} two", next.len()),
    ];
    assert_eq!(limited(&[said, next].concat()), expected);
}

#[test]
fn a_bomb_is_left_after_what_may_be_held() {
    let bomb = gzip(&vec![0; 1_000_000]);
    let end = bomb.len();
    let next = gzip(&record(2, b"two"));
    let expected = [
        "garbage @0".to_owned(),
        format!("2 whole {end}+{} two", next.len()),
    ];
    assert_eq!(limited(&[bomb, next].concat()), expected);
}

/// Bytes that look like parts of WARC files, so that chance finds the odd places.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        (0..9_u64, prop::collection::vec(any::<u8>(), 0..40))
            .prop_map(|(number, block)| record(number, &block)),
        (0..9_u64, 0..200_usize).prop_map(|(number, length)| with_length(number, b"block", length)),
        prop::collection::vec(any::<u8>(), 0..60),
        Just(b"WARC/1.0\r\n".to_vec()),
        Just(b"\r\n\r\n".to_vec()),
        Just(vec![0; 20]),
        Just(vec![0x1f, 0x8b, 8, 0]),
        Just(vec![0x28, 0xb5, 0x2f, 0xfd]),
        Just(vec![0x5d, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]),
    ];
    let packed = (piece, 0..3).prop_map(|(bytes, packing)| match packing {
        0 => bytes,
        1 => gzip(&bytes),
        _ => zstd(&bytes),
    });
    let cut = (packed, any::<prop::sample::Index>(), 0..4).prop_map(|(mut bytes, at, how)| {
        if how == 0 && !bytes.is_empty() {
            bytes.truncate(at.index(bytes.len()));
        }
        if how == 1 && !bytes.is_empty() {
            let at = at.index(bytes.len());
            bytes[at] ^= 0x40;
        }
        bytes
    });
    prop::collection::vec(cut, 0..6).prop_map(|parts| parts.concat())
}

/// Whatever the bytes are: reading ends at their end, and what has a place of its own is read from there
/// alone as it was read here.
fn check_any(file: &[u8]) {
    let mut reader = ForeignReader::new(file);
    let mut found = Vec::new();
    for one in reader.by_ref() {
        found.push(one);
        // Each thing found takes a byte of the file or names a trouble of one that does.
        assert!(found.len() <= 20 * (file.len() + 1));
    }
    assert_eq!(reader.position(), file.len() as u64);
    for one in &found {
        let Found::Record(record) = one else {
            continue;
        };
        let _ = (record.response(), record.request(), record.revisit());
        if let Place::Member { offset, length } = record.place
            && record.wholeness == Wholeness::Whole
        {
            let (start, end) = (offset as usize, (offset + length) as usize);
            let alone = ForeignReader::new_at(&file[start..end], offset);
            let mut again = alone.filter_map(|found| match found {
                Found::Record(again) => Some(again.block),
                Found::Trouble(_) => None,
            });
            // Alone, nothing shows that the empty lines at its end are no part of it.
            let is_same = again.any(|block| block.starts_with(&record.block));
            assert!(is_same, "{:?} of {:?}", record.place, lines(file));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_to_their_end(file in pieces()) {
        check_any(&file);
    }
}

#[test]
fn a_wrong_length_reaches_up_to_the_next_member_even_if_that_is_damaged() {
    let wrong = with_length(1, b"block", 10);
    let torn = b"\x1f\x8b\x08\0\0\0\0\0\x04\xff\x0bw\x0cr\xd67\xd43\xe0\xe5\x02\xb1";
    let last = record(2, b"");
    let (first, length) = (wrong.len(), last.len());
    let behind = first + torn.len();
    let file = [wrong.as_slice(), torn, &last].concat();
    check_any(&file);
    assert_eq!(
        lines(&file),
        [
            "length @0".to_owned(),
            format!("1 whole 0+{first} block"),
            format!("packing @{first}"),
            format!("2 whole {behind}+{length} ")
        ]
    );
}

#[test]
fn what_was_unpacked_before_the_damage_is_read() {
    // A stored block of two records, then a block of a kind that there is not.
    let text = [record(1, b"one"), record(2, b"two")].concat();
    let length = (text.len() as u16).to_le_bytes();
    let not = (!(text.len() as u16)).to_le_bytes();
    let head = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 0];
    let file = [&head[..], &length, &not, &text, &[7; 20]].concat();
    let second = record(1, b"one").len();
    assert_eq!(
        lines(&file),
        [
            "packing @0".to_owned(),
            "1 damaged 0/0 one".to_owned(),
            format!("shared @0/{second}"),
            format!("2 damaged 0/{second} two")
        ]
    );
}

#[test]
fn records_of_a_damaged_member_are_not_found_a_second_time_in_its_bytes() {
    let mut stored = GzEncoder::new(Vec::new(), Compression::none());
    stored
        .write_all(&[record(1, b"one"), record(2, b"two")].concat())
        .unwrap();
    let mut stored = stored.finish().unwrap();
    let end = stored.len();
    stored[end - 1] ^= 1;
    let plain = record(3, b"three");
    let length = plain.len();
    let first = record(1, b"one").len();
    assert_eq!(
        lines(&[stored, plain].concat()),
        [
            "packing @0".to_owned(),
            "1 damaged 0/0 one".to_owned(),
            format!("shared @0/{first}"),
            format!("2 damaged 0/{first} two"),
            format!("3 whole {end}+{length} three")
        ]
    );
}
