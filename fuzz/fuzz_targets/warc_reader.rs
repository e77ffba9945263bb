//! Any bytes as a WARC file: records until the first error, which names a place inside the file.
#![no_main]

use khotin::archive::RecordReader;
use khotin_fuzz::packed;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let file = packed(data);
    let mut reader = RecordReader::new(file.as_slice(), "fuzz.warc.gz", 0);
    let mut end = 0;
    while let Some(record) = reader.next() {
        let Ok(record) = record else {
            assert!(reader.next().is_none(), "no record after an error");
            return;
        };
        assert_eq!(record.offset, end, "records lie side by side");
        end = reader.position();
    }
    assert_eq!(end, file.len() as u64, "the whole file was read");
});
