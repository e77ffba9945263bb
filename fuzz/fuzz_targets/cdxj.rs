//! Any bytes as the index beside a sound WARC file: `verify` says whether it fits, and does not fall.
#![no_main]

use std::fs;
use std::sync::LazyLock;

use khotin::archive::{Archive, recover, verify};
use khotin_fuzz::{files, folder};
use libfuzzer_sys::fuzz_target;

/// A sound archive in a folder of its own.
static SOUND: LazyLock<(tempfile::TempDir, std::path::PathBuf)> = LazyLock::new(|| {
    let folder = folder();
    let sound = files("fixtures/warc/sound", ".warc.gz").remove(0);
    fs::copy(&sound, folder.path().join("khotin-fuzz-00001.warc.gz")).expect("memory");
    recover(folder.path()).expect("a sound file");
    let index = files_of(folder.path(), "cdxj");
    (folder, index)
});

fn files_of(folder: &std::path::Path, end: &str) -> std::path::PathBuf {
    let mut entries = fs::read_dir(folder).expect("a folder");
    let found = entries.find_map(|entry| {
        let path = entry.expect("an entry").path();
        (path.extension()? == end).then_some(path)
    });
    found.expect("an index")
}

fuzz_target!(|data: &[u8]| {
    let (folder, index) = &*SOUND;
    fs::write(index, data).expect("memory");
    let report = verify(&Archive::new(folder.path())).expect("files that can be read");
    let _ = format!("{report}");
});
