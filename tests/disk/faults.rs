//! One operation on the disk fails: no room (ENOSPC) or an error (EIO), at every kind of write. The run
//! says what happened and ends with the code that fits; the next one goes on and ends like a crawl that was
//! left alone.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::exported::{Record, assert_equal};
use crate::layer::{logged, scratch, settings};
use crate::log::{Log, Op};
use crate::model::Disk;
use crate::program::{self, Ran, Running, World};
use crate::records::{check_archive, check_export, records};

/// What fails (as shim.c reads it), and how the command ends.
struct Fault {
    what: &'static str,
    fails: &'static str,
    code: i32,
    words: &'static [&'static str],
}

const fn fault(
    what: &'static str,
    fails: &'static str,
    code: i32,
    words: &'static [&'static str],
) -> Fault {
    Fault {
        what,
        fails,
        code,
        words,
    }
}

/// A ministry, and what a crawl of it gives that nothing disturbs.
struct Ministry {
    world: World,
    undisturbed: BTreeMap<String, Record>,
}

impl Ministry {
    fn new() -> Self {
        let world = World::new(30);
        fs::write(world.path("config.toml"), settings(&world)).unwrap();
        world.run(&["crawl"]).expect("undisturbed", 0);
        let undisturbed = records(world.folder());
        Self { world, undisturbed }
    }

    /// A folder with the settings alone.
    fn folder(&self) -> TempDir {
        let folder = scratch();
        self.configure(folder.path());
        folder
    }

    fn configure(&self, folder: &Path) {
        fs::copy(self.world.path("config.toml"), folder.join("config.toml")).unwrap();
    }

    /// The next run after a failure ends like one that was left alone.
    fn goes_on(&self, what: &str, folder: &Path) {
        program::run(folder, &["crawl"]).expect(what, 0);
        check_archive(what, folder);
        assert_equal(what, &records(folder), &self.undisturbed);
    }
}

/// Runs a command that one fault strikes; gives the log.
fn strike(folder: &Path, args: &[&str], fault: &Fault) -> (Ran, Log) {
    let place = scratch();
    let file = place.path().join("log");
    let mut command = logged(folder, args, &file);
    command.env("KHOTIN_DISK_FAIL", fault.fails);
    let ran = Running::start(command).end();
    let log = Log::read(&file);
    let struck = log.ops.iter().any(|op| matches!(op, Op::Failed { .. }));
    assert!(struck, "{}: nothing failed: {ran:#?}", fault.what);
    let ran = ran
        .expect(fault.what, fault.code)
        .says(fault.what, fault.words);
    (ran, log)
}

fn crawls_go_on_after(faults: &[Fault]) {
    let ministry = Ministry::new();
    each(faults, |fault| {
        let folder = ministry.folder();
        strike(folder.path(), &["crawl"], fault);
        ministry.goes_on(fault.what, folder.path());
    });
}

/// Every row is tried, whatever became of the one before.
fn each(faults: &[Fault], check: impl Fn(&Fault)) {
    let is_right = |fault: &&Fault| catch_unwind(AssertUnwindSafe(|| check(fault))).is_ok();
    let (_, wrong): (Vec<&Fault>, Vec<&Fault>) = faults.iter().partition(is_right);
    let wrong: Vec<&str> = wrong.iter().map(|fault| fault.what).collect();
    assert!(wrong.is_empty(), "see above: {wrong:?}");
}

/// From the fault on nothing can grow. Code 1, incomplete: nothing that was kept is in doubt.
#[test]
fn a_full_disk_ends_a_run_with_what_is_kept_and_the_next_goes_on() {
    const ROOM: &str = "make room on the disk, then run the same command again";
    crawls_go_on_after(&[
        fault(
            "a record",
            "write *.warc.gz.open 12 ENOSPC short-full",
            1,
            &[
                "no space left on the disk of",
                "is not kept and will be asked for again; what was kept before stays, up to byte",
                ROOM,
            ],
        ),
        fault(
            "a new WARC file",
            "create *.warc.gz.open 1 ENOSPC full",
            1,
            &["cannot create", "No space left", ROOM],
        ),
        fault(
            "the next WARC file",
            "create *-00002.warc.gz.open 1 ENOSPC full",
            1,
            &["cannot create", "No space left", ROOM],
        ),
        fault(
            "the head of a WARC file",
            "write *-00002.warc.gz.open 1 ENOSPC short-full",
            1,
            &["cannot write", "No space left", ROOM],
        ),
        fault(
            "rotation",
            "rename *-00001.warc.gz 1 ENOSPC full",
            1,
            &["cannot rename", "No space left", ROOM],
        ),
        fault(
            "CDXJ",
            "write *.cdxj.tmp 1 ENOSPC short-full",
            1,
            &["cannot write", ".cdxj.tmp", "No space left", ROOM],
        ),
        fault(
            "SHA256SUMS",
            "create *SHA256SUMS.tmp 1 ENOSPC full",
            1,
            &["cannot create", "SHA256SUMS.tmp", ROOM],
        ),
        fault(
            "the output folder",
            "mkdir output 1 ENOSPC full",
            1,
            &["can not use the folder output", "No space left"],
        ),
        fault(
            "the lock",
            "write output/khotin.lock 1 ENOSPC full",
            1,
            &["cannot use lock file", "No space left"],
        ),
        fault(
            "a new store",
            "write output/khotin.db 1 ENOSPC full",
            1,
            &["the store's database failed", "look at the disk"],
        ),
        fault(
            "the store's journal",
            "write output/khotin.db-journal 1 ENOSPC full",
            1,
            &["no space left on the disk of the store", "make room"],
        ),
        fault(
            "the store's log",
            "write output/khotin.db-wal 700 ENOSPC short-full",
            1,
            &[
                "no space left on the disk of the store: what was archived and not stored yet is read from the archive at the next start",
                "make room",
            ],
        ),
        fault(
            "the log written back",
            "write output/khotin.db 30 ENOSPC short-full",
            1,
            &["no space left on the disk of the store", "make room"],
        ),
        fault(
            "the report",
            "write output/reports/* 1 ENOSPC short-full",
            1,
            &["can not use the folder output/reports", "No space left"],
        ),
    ]);
}

/// One operation fails and later ones do not.
#[test]
fn an_io_error_ends_a_run_and_the_next_goes_on() {
    const IO: &str = "Input/output error";
    crawls_go_on_after(&[
        fault(
            "a record",
            "write *.warc.gz.open 12 EIO short-once",
            1,
            &["cannot write", IO],
        ),
        fault(
            "a new WARC file",
            "create *-00002.warc.gz.open 1 EIO once",
            1,
            &["cannot create", IO],
        ),
        fault(
            "rotation",
            "rename *-00001.warc.gz 1 EIO once",
            1,
            &["cannot rename", IO],
        ),
        fault(
            "CDXJ",
            "write *.cdxj.tmp 1 EIO short-once",
            1,
            &["cannot write", IO],
        ),
        fault(
            "CDXJ in place",
            "rename *.cdxj 1 EIO once",
            1,
            &["cannot rename", IO],
        ),
        fault(
            "SHA256SUMS",
            "write *SHA256SUMS.tmp 1 EIO once",
            1,
            &["cannot write", IO],
        ),
        fault(
            "SHA256SUMS in place",
            "rename *SHA256SUMS 2 EIO once",
            1,
            &["cannot rename", IO],
        ),
        fault(
            "the archive folder",
            "mkdir output/archive 1 EIO once",
            1,
            &["can not use the folder", IO],
        ),
        // SQLite does without its log until the next start: slower, and as safe.
        fault("a new store", "write output/khotin.db 1 EIO once", 0, &[]),
        fault(
            "the store's log",
            "write output/khotin.db-wal 700 EIO once",
            1,
            &["the store's database failed"],
        ),
        fault(
            "the log written back",
            "write output/khotin.db 30 EIO once",
            1,
            &["the store's database failed"],
        ),
        fault(
            "the report",
            "rename output/reports/* 1 EIO once",
            1,
            &["can not use the folder output/reports", IO],
        ),
    ]);
}

/// Code 3: what was written before may not be on the disk. The fsync is never tried again; the next start
/// does not trust the file, whether the disk has its bytes or not.
#[test]
fn a_failed_fsync_is_damage_is_never_tried_again_and_the_next_start_looks_at_the_file() {
    let ministry = Ministry::new();
    let archive: &[&str] = &[
        "fsync of ",
        "Input/output error",
        "check the disk and the system log",
    ];
    let store: &[&str] = &[
        "an fsync of the store failed",
        "check the disk and the system log",
    ];
    let table = [
        fault(
            "a WARC file",
            "sync *-00001.warc.gz.open 5 EIO once",
            3,
            archive,
        ),
        fault(
            "a later WARC file",
            "sync *-00003.warc.gz.open 2 EIO once",
            3,
            archive,
        ),
        fault(
            "the archive folder",
            "sync output/archive 4 EIO once",
            3,
            archive,
        ),
        fault("CDXJ", "sync *.cdxj.tmp 1 EIO once", 3, archive),
        fault("SHA256SUMS", "sync *SHA256SUMS.tmp 2 EIO once", 3, archive),
        fault(
            "the store's first log",
            "sync output/khotin.db-wal 1 EIO once",
            3,
            store,
        ),
        fault(
            "the store's log when it is written back",
            "sync output/khotin.db-wal 2 EIO once",
            3,
            store,
        ),
        fault(
            "the store when its log is written back",
            "sync output/khotin.db 2 EIO once",
            3,
            store,
        ),
        fault(
            "the store at the end",
            "sync output/khotin.db 3 EIO once",
            3,
            store,
        ),
    ];
    each(&table, |fault| {
        let what = fault.what;
        let folder = ministry.folder();
        let (_, log) = strike(folder.path(), &["crawl"], fault);
        let is_failed = |op: &Op| matches!(op, Op::Failed { .. });
        let failed = log.ops.iter().position(is_failed).unwrap();
        let again = (failed + 1..log.ops.len()).find(|at| {
            matches!(log.ops[*at], Op::Sync { .. }) && log.paths[*at] == log.paths[failed]
        });
        assert_eq!(again, None, "{what}: tried again");

        // The disk has nothing of what the fsync was for.
        let mut disk = Disk::new();
        log.ops.iter().for_each(|op| disk.apply(op));
        let lost = scratch();
        disk.cut(lost.path(), None);
        ministry.configure(lost.path());
        ministry.goes_on(&format!("{what}, and its bytes are lost"), lost.path());
        // It has all.
        ministry.goes_on(what, folder.path());
    });
}

/// An export that fails leaves nothing half, and `latest` leads where it led.
#[test]
fn a_failed_export_leaves_the_one_before() {
    let ministry = Ministry::new();
    let exports = ministry.world.path("output/exports");
    let before = names(&exports);
    let latest = fs::read_link(exports.join("latest")).unwrap();
    let row = |what, fails| fault(what, fails, 1, &["cannot ", "see that the disk has room"]);
    let table = [
        (
            row(
                "its folder",
                "mkdir output/exports/.*.partial 1 ENOSPC full",
            ),
            true,
        ),
        (
            row("a table", "create *.partial/images.csv 1 ENOSPC full"),
            true,
        ),
        (
            row("rows", "write *.partial/articles.csv 2 ENOSPC short-full"),
            true,
        ),
        (
            row(
                "rows for Excel",
                "write *.partial/articles-excel-semicolon.csv 1 EIO once",
            ),
            true,
        ),
        (
            row(
                "lines of JSON",
                "write *.partial/articles.jsonl 9 ENOSPC full",
            ),
            true,
        ),
        (
            row(
                "a place for the rows of the workbook",
                "create *.partial/nameless 1 ENOSPC full",
            ),
            true,
        ),
        (
            row(
                "rows that wait for the workbook",
                "write *.partial/nameless 1 ENOSPC full",
            ),
            true,
        ),
        (
            row("the workbook", "write *.partial/articles.xlsx 1 EIO once"),
            true,
        ),
        (
            row("fsync of a table", "sync *.partial/related.csv 1 EIO once"),
            true,
        ),
        (
            row(
                "the manifest",
                "create *.partial/manifest.json 1 ENOSPC full",
            ),
            true,
        ),
        (
            row(
                "text of the manifest",
                "write *.partial/manifest.json 1 EIO once",
            ),
            true,
        ),
        (
            row(
                "fsync of the manifest",
                "sync *.partial/manifest.json 1 EIO once",
            ),
            true,
        ),
        (
            row(
                "fsync of its folder",
                "sync output/exports/.*.partial 1 EIO once",
            ),
            true,
        ),
        (
            row("its place", "rename output/exports/2* 1 EIO once"),
            true,
        ),
        (
            row("fsync of its place", "sync output/exports 1 EIO once"),
            true,
        ),
        (
            fault(
                "the link",
                "symlink output/exports/* 1 ENOSPC full",
                1,
                &["is whole, but 'latest' does not lead to it"],
            ),
            false,
        ),
        (
            fault(
                "the link in place",
                "rename output/exports/latest 1 EIO once",
                1,
                &["is whole, but 'latest' does not lead to it"],
            ),
            false,
        ),
    ];
    for (fault, leaves_nothing) in table {
        let what = fault.what;
        let folder = ministry.folder();
        let copied = Command::new("cp")
            .arg("-a")
            .args([ministry.world.path("output").as_path(), folder.path()])
            .status();
        assert!(copied.unwrap().success());
        let (ran, _) = strike(folder.path(), &["export"], &fault);
        assert!(!ran.stderr.contains("panicked"), "{what}: {}", ran.stderr);
        let exports = folder.path().join("output/exports");
        if leaves_nothing {
            assert_eq!(names(&exports), before, "{what}");
        }
        assert_eq!(
            fs::read_link(exports.join("latest")).unwrap(),
            latest,
            "{what}"
        );
        for name in names(&exports) {
            assert!(!name.starts_with('.'), "{what}: {name} is left");
            check_export(what, &exports.join(name));
        }
    }
}

fn names(folder: &Path) -> Vec<String> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let names = paths.map(|entry| entry.path()).map(|path: PathBuf| {
        let name = path.file_name().unwrap();
        name.to_string_lossy().into_owned()
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}
