//! The file layer as the tests use it: compiled once, set up by environment variables (shim.c says which).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::program::{World, khotin};

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
            .unwrap_or_else(|error| panic!("no C compiler called cc: {error}"));
        assert!(status.success(), "shim.c does not compile");
        let shim = folder.join("shim.so");
        std::fs::rename(own, &shim).unwrap();
        shim
    })
}

/// A folder in memory where there is one: the layer says what a disk would keep, so none is waited for.
pub(crate) fn scratch() -> TempDir {
    TempDir::new_in("/dev/shm").unwrap_or_else(|_| TempDir::new().unwrap())
}

/// The text of a config.toml for a ministry: no pause, small files so that a crawl fills several, and no
/// thought of how much room this machine has.
pub(crate) fn settings(world: &World) -> String {
    let config = world.config("") + "[archive]\nmax_file_bytes = 65536\nmin_free_bytes = 0\n";
    config.replace("[fetch]\n", "[fetch]\njitter = \"0s\"\n")
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
