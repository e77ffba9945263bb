//! Any bytes as somebody's WARC file: read to their end, every message in a record read too, and what
//! can be mended is not changed by mending it again.
#![no_main]

use khotin::foreign::mend::{Mended, mend};
use khotin::foreign::{ForeignReader, ForeignRecord, Found};
use libfuzzer_sys::fuzz_target;

/// Small, so that records that are too long are found by chance.
const MAX_BLOCK: u64 = 64 * 1024;

fn records(file: &[u8]) -> Vec<ForeignRecord> {
    let reader = ForeignReader::new(file).with_max_block(MAX_BLOCK);
    let records = reader.filter_map(|found| match found {
        Found::Record(record) => Some(record),
        Found::Trouble(_) => None,
    });
    records.collect()
}

fuzz_target!(|data: &[u8]| {
    let mut reader = ForeignReader::new(data).with_max_block(MAX_BLOCK);
    for found in reader.by_ref() {
        let record = match found {
            Found::Record(record) => record,
            Found::Trouble(trouble) => {
                assert!(trouble.offset <= data.len() as u64, "a place in the file");
                continue;
            }
        };
        if let Ok(answer) = record.response() {
            let _ = answer.decoded();
        }
        let _ = (record.request(), record.revisit());
        if let Mended::Rewritten { member, .. } = mend(&record, true) {
            let again = records(&member);
            assert_eq!(again.len(), 1, "a record is one when it is mended");
            assert_eq!(again[0].block, record.block, "a block stays");
            assert_eq!(mend(&again[0], true), Mended::Copy, "once is enough");
        }
    }
    assert_eq!(
        reader.position(),
        data.len() as u64,
        "the whole file was read"
    );
});
