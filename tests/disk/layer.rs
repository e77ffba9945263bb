//! The file layer as the tests use it: compiled once, set up by environment variables (shim.c says which).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::program::khotin;

/// The compiled layer.
fn shim() -> &'static Path {
    static SHIM: OnceLock<PathBuf> = OnceLock::new();
    SHIM.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/disk/shim.c");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        // Two test programs may compile at once: each renames its own into place.
        let own = folder.join(format!("shim-{}.so", std::process::id()));
        let status = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-o"])
            .args([&own, &source])
            .args(["-ldl", "-lpthread"])
            .status()
            .expect("a C compiler called cc");
        assert!(status.success(), "shim.c does not compile");
        let shim = folder.join("shim.so");
        std::fs::rename(own, &shim).unwrap();
        shim
    })
}

/// The program in a folder, over the layer.
pub(crate) fn layered(folder: &Path, args: &[&str]) -> Command {
    let mut command = khotin(folder, args);
    command
        .env("LD_PRELOAD", shim())
        .env("KHOTIN_DISK_ROOT", folder.canonicalize().unwrap());
    command
}

/// As [`layered`], and every operation is written to this file.
pub(crate) fn logged(folder: &Path, args: &[&str], log: &Path) -> Command {
    let mut command = layered(folder, args);
    command.env("KHOTIN_DISK_LOG", log);
    command
}
