//! Any bytes as the open file that a crash left: recovery keeps its whole exchanges or says that a
//! person has to look; what it closed is read without an error, and a second recovery does nothing.
#![no_main]

use std::collections::BTreeMap;
use std::fs;

use khotin::archive::{Archive, recover};
use khotin_fuzz::{folder, packed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let folder = folder();
    let bytes = packed(data);
    let open = folder.path().join("khotin-fuzz-00001.warc.gz.open");
    fs::write(&open, &bytes).expect("memory");
    let Ok(done) = recover(folder.path()) else {
        assert_eq!(fs::read(&open).expect("still there"), bytes, "not touched");
        return;
    };
    for file in &done {
        assert_eq!(file.kept_bytes + file.cut_bytes, bytes.len() as u64);
    }
    let archive = Archive::new(folder.path());
    let kept = archive.files().expect("a folder");
    if let Ok(exchanges) = archive.exchanges(&BTreeMap::new()) {
        for _ in exchanges {}
    }
    let again = recover(folder.path()).expect("a recovered archive");
    assert!(again.is_empty(), "nothing to do any more: {again:?}");
    assert_eq!(archive.files().expect("a folder"), kept);
});
