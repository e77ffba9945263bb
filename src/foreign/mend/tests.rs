//! What mending does with records that are small enough to be written here, and that doing it again
//! does nothing. Whole files: tests/cli/warc.rs.

use super::*;
use crate::foreign::{ForeignReader, Found};

/// The only record of a file.
fn record(file: &[u8]) -> ForeignRecord {
    let records: Vec<ForeignRecord> = ForeignReader::new(file)
        .filter_map(|found| match found {
            Found::Record(record) => Some(record),
            Found::Trouble(_) => None,
        })
        .collect();
    let [record] = records.try_into().unwrap();
    record
}

fn text(member: &[u8]) -> String {
    let record = record(member);
    assert!(record.is_gzip_member);
    String::from_utf8([record.header, record.block].concat()).unwrap()
}

/// Of `abc`, by sha1sum and base32.
const SHA1: &str = "sha1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5";

#[test]
fn what_is_odd_is_mended_and_named() {
    use Change::*;
    let digest = format!("WARC-Block-Digest: {SHA1}\r\n");
    let sound = format!(
        "WARC/1.0\r\nWARC-Type: resource\r\nWARC-Record-ID: <urn:x:1>\r\n\
         WARC-Date: 2016-11-22T01:02:03Z\r\n{digest}Content-Length: 3\r\n\r\nabc\r\n\r\n"
    );
    let table: [(&str, String, &[Change]); 10] = [
        ("nothing but packing", sound.clone(), &[Packed]),
        ("LF", sound.replace("\r\n", "\n"), &[Packed, Lines]),
        (
            "an old version",
            sound.replace("/1.0", "/0.18"),
            &[Packed, Version],
        ),
        (
            "no header line",
            sound.replace("\r\nabc", "nonsense\r\n\r\nabc"),
            &[Packed, Dropped],
        ),
        (
            "a date again",
            sound.replace("Content-L", "WARC-Date: 2017-01-01T00:00:00Z\r\nContent-L"),
            &[Packed, Dropped],
        ),
        (
            "a zone",
            sound.replace("T01:02:03Z", "T08:02:03+07:00"),
            &[Packed, Date],
        ),
        (
            "no empty lines",
            sound.trim_end().to_owned(),
            &[Packed, Ending],
        ),
        (
            "too short, and more follows",
            sound.replace("Length: 3", "Length: 1"),
            &[Packed, Length],
        ),
        (
            "no digest",
            sound.replace(&digest, ""),
            &[Packed, DigestAdded],
        ),
        ("no length", sound.replace("Content-Length: 3\r\n", ""), &[]),
    ];
    for (what, given, expected) in table {
        match mend(&record(given.as_bytes()), false) {
            Mended::Rewritten { member, changes } => {
                assert_eq!(changes, expected, "{what}");
                let mended = text(&member);
                let lines = |text: &str| {
                    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
                    lines.sort();
                    lines
                };
                assert_eq!(lines(&mended), lines(sound.trim_end()), "{what}");
                assert_eq!(mend(&record(&member), false), Mended::Copy, "{what}");
                assert_eq!(mend(&record(&member), true), Mended::Copy, "{what}");
            }
            // At the end of a plain file nothing shows where its block ends.
            other => assert_eq!(
                (what, other),
                (
                    "no length",
                    Mended::LeftOut("its block is not whole".to_owned())
                )
            ),
        }
    }
}

#[test]
fn nothing_is_invented() {
    let sound = "WARC/1.0\r\nWARC-Type: resource\r\nWARC-Record-ID: <urn:x:1>\r\n\
        WARC-Date: 2016-11-22T01:02:03Z\r\nContent-Length: 3\r\n\r\nabc\r\n\r\n";
    for name in ["WARC-Type", "WARC-Record-ID", "WARC-Date"] {
        let without = sound.replace(name, "X");
        let why = format!("there is no {name}, and none is invented");
        assert_eq!(
            mend(&record(without.as_bytes()), true),
            Mended::LeftOut(why)
        );
    }
    // A month is no moment: it stays what it is.
    let month = sound.replace("2016-11-22T01:02:03Z", "2016-11");
    let Mended::Rewritten { member, .. } = mend(&record(month.as_bytes()), true) else {
        panic!("not mended");
    };
    assert!(text(&member).contains("WARC-Date: 2016-11\r\n"));
    assert_eq!(mend(&record(&member), true), Mended::Copy);
}

#[test]
fn a_wrong_digest_stays_unless_it_is_told() {
    let block = "HTTP/1.1 200 OK\r\n\r\nabc";
    let wrong = "sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let given = format!(
        "WARC/1.1\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:x:1>\r\nWARC-Date: 2016-11-22T01:02:03Z\r\n\
         Content-Type: application/http\r\nWARC-Payload-Digest: {wrong}\r\nContent-Length: {}\r\n\r\n{block}\r\n\r\n",
        block.len()
    );
    for (told, expected) in [(false, wrong), (true, SHA1)] {
        let Mended::Rewritten { member, changes } = mend(&record(given.as_bytes()), told) else {
            panic!("not mended");
        };
        let line = format!("WARC-Payload-Digest: {expected}\r\n");
        assert!(text(&member).contains(&line), "{}", text(&member));
        assert_eq!(changes.contains(&Change::DigestReplaced), told);
        assert!(changes.contains(&Change::DigestAdded), "that of the block");
    }
}

#[test]
fn the_word_of_a_change_is_the_word_in_json() {
    for change in Change::ALL {
        assert_eq!(serde_json::to_value(change).unwrap(), change.as_str());
    }
}
