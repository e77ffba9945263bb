//! Every error that a wrong flag, key, folder, disk, lock or name can give reads as advice: what happened,
//! and what to do. One row an error, provoked in the real program.

use std::fs;

use khotin::store::{Holder, StoreLock};

use crate::program::World;

/// How to provoke an error, and what has to be said.
struct Row {
    what: &'static str,
    /// What is wrong with the world.
    spoil: fn(&World),
    args: &'static [&'static str],
    code: i32,
    /// In the message.
    happened: &'static str,
    /// In the advice.
    to_do: &'static str,
}

fn nothing(_: &World) {}

/// Lines after the settings that lead to the demo ministry.
fn settings(world: &World, lines: &str) {
    let config = world.config("sections = [\"tin-tong-hop\"]\ntries = 1");
    fs::write(world.path("config.toml"), format!("{config}{lines}")).unwrap();
}

/// A line more in its [fetch] part.
fn fetch(world: &World, line: &str) {
    let config = world
        .config("")
        .replace("[fetch]\n", &format!("[fetch]\n{line}\n"));
    fs::write(world.path("config.toml"), config).unwrap();
}

fn crawled(world: &World) {
    settings(world, "");
    world.run(&["crawl"]).expect("a crawl before", 0);
}

const WRONG_USE: [Row; 12] = [
    Row {
        what: "an unknown flag",
        spoil: nothing,
        args: &["crawl", "--ful"],
        code: 2,
        happened: "'--ful'",
        to_do: "'--full'",
    },
    Row {
        what: "a size that is none",
        spoil: nothing,
        args: &["crawl", "--max-bytes", "5 potatoes"],
        code: 2,
        happened: "'5 potatoes'",
        to_do: "bytes, with a unit if you like: 5000000, 5MB, 500MiB, 2GB",
    },
    Row {
        what: "a time that is none",
        spoil: nothing,
        args: &["crawl", "--max-time", "soon"],
        code: 2,
        happened: "'soon'",
        to_do: "a time with its unit, such as 30m, 2h or 1day",
    },
    Row {
        what: "a format that is none",
        spoil: nothing,
        args: &["export", "--format", "pdf"],
        code: 2,
        happened: "'pdf'",
        to_do: "it is one of csv, ",
    },
    Row {
        what: "a language that is none",
        spoil: nothing,
        args: &["status", "--lang", "fr"],
        code: 2,
        happened: "'fr'",
        to_do: "it is one of en, vi",
    },
    Row {
        what: "a misspelt site",
        spoil: nothing,
        args: &["crawl", "mohh"],
        code: 2,
        happened: "no site `mohh`",
        to_do: "did you mean `moh`?",
    },
    Row {
        what: "a misspelt section",
        spoil: nothing,
        args: &["crawl", "--section", "tin-tong-hopp"],
        code: 2,
        happened: "no section `tin-tong-hopp` in demo",
        to_do: "did you mean `tin-tong-hop`?",
    },
    Row {
        what: "no contact",
        spoil: nothing,
        args: &["crawl", "moh"],
        code: 2,
        happened: "no operator contact is set",
        to_do: "set `contact` in the [operator] part of config.toml",
    },
    Row {
        what: "no settings",
        spoil: |world| fs::remove_file(world.path("config.toml")).unwrap(),
        args: &["crawl"],
        code: 2,
        happened: "no config.toml in ",
        to_do: "run `khotin init`",
    },
    Row {
        what: "a folder in place of the settings",
        spoil: |world| {
            fs::remove_file(world.path("config.toml")).unwrap();
            fs::create_dir(world.path("config.toml")).unwrap();
        },
        args: &["status"],
        code: 2,
        happened: "no config.toml in ",
        to_do: "name yours with --config FILE",
    },
    Row {
        what: "settings that are there already",
        spoil: nothing,
        args: &["init"],
        code: 2,
        happened: "config.toml is already there",
        to_do: "name another folder",
    },
    Row {
        what: "nothing was crawled yet",
        spoil: nothing,
        args: &["status"],
        code: 2,
        happened: "nothing yet",
        to_do: "run `khotin crawl` first",
    },
];

const SETTINGS: [Row; 9] = [
    Row {
        what: "a misspelt key",
        spoil: |world| settings(world, "[archive]\nmin_free_byte = 1\n"),
        args: &["crawl"],
        code: 2,
        happened: "unknown key `min_free_byte`; did you mean `min_free_bytes`?",
        to_do: "mend the named line",
    },
    Row {
        what: "a value of another kind",
        spoil: |world| settings(world, "[archive]\nmin_free_bytes = \"much\"\n"),
        args: &["crawl"],
        code: 2,
        happened: "config.toml:",
        to_do: "mend the named line",
    },
    Row {
        what: "settings that are no text",
        spoil: |world| fs::write(world.path("config.toml"), [0xff, 0xfe]).unwrap(),
        args: &["crawl"],
        code: 2,
        happened: "config.toml",
        to_do: "mend the named line",
    },
    Row {
        what: "a profile with a mistake",
        spoil: |world| {
            fs::create_dir(world.path("sites")).unwrap();
            fs::write(world.path("sites/x.toml"), "id = 1").unwrap();
        },
        args: &["crawl"],
        code: 2,
        happened: "x.toml:1",
        to_do: "mend the named line",
    },
    Row {
        what: "a certificate file that is not there",
        spoil: |world| fetch(world, "extra_ca = [\"none.pem\"]"),
        args: &["crawl"],
        code: 2,
        happened: "none.pem",
        to_do: "mend the path in `extra_ca`",
    },
    Row {
        what: "a certificate file that is none",
        spoil: |world| fetch(world, "extra_ca = [\"config.toml\"]"),
        args: &["crawl"],
        code: 2,
        happened: "`extra_ca` cannot be used: file 1 holds no certificate",
        to_do: "correct the option in config.toml",
    },
    Row {
        what: "a pace that is too fast for others",
        spoil: |world| {
            let config = "[operator]\ncontact = \"a@example.org\"\n[site.moh]\ngap = \"1ms\"\n";
            fs::write(world.path("config.toml"), config).unwrap();
        },
        args: &["crawl", "moh"],
        code: 2,
        happened: "the pace of moh can not be used",
        to_do: "set at least 200 ms",
    },
    Row {
        what: "an output folder that is a file",
        spoil: |world| settings(world, "[paths]\noutput = \"config.toml\"\n"),
        args: &["crawl"],
        code: 1,
        happened: "can not use the folder ",
        to_do: "check the path, the rights and the disk",
    },
    Row {
        what: "a disk that takes nothing",
        // Nobody makes a folder there, root neither.
        spoil: |world| {
            settings(
                world,
                "[paths]\noutput = \"/proc/khotin\"\n[archive]\nmin_free_bytes = 0\n",
            )
        },
        args: &["crawl"],
        code: 1,
        happened: "can not use the folder /proc/khotin",
        to_do: "check the path, the rights and the disk",
    },
];

const KEPT: [Row; 8] = [
    Row {
        what: "a disk with too little room",
        spoil: |world| settings(world, "[archive]\nmin_free_bytes = 9000000000000000000\n"),
        args: &["crawl"],
        code: 1,
        happened: "MB are free on the disk of ",
        to_do: "make room, then run the same command again",
    },
    Row {
        what: "a damaged database",
        spoil: |world| {
            crawled(world);
            fs::write(world.path("output/khotin.db"), [b'x'; 8192]).unwrap();
        },
        args: &["status"],
        code: 3,
        happened: "the store is damaged",
        to_do: "`khotin rebuild`",
    },
    Row {
        what: "a database of a newer khotin",
        spoil: |world| {
            crawled(world);
            let database = rusqlite::Connection::open(world.path("output/khotin.db")).unwrap();
            database.pragma_update(None, "user_version", 99).unwrap();
        },
        args: &["status"],
        code: 1,
        happened: "has schema 99, this khotin knows up to ",
        to_do: "use a newer khotin",
    },
    Row {
        what: "a database of an older khotin",
        spoil: |world| {
            crawled(world);
            let database = rusqlite::Connection::open(world.path("output/khotin.db")).unwrap();
            database.pragma_update(None, "user_version", 1).unwrap();
        },
        args: &["status"],
        code: 1,
        happened: "has schema 1, this khotin needs ",
        to_do: "run `khotin crawl`",
    },
    Row {
        what: "an article that is not known",
        spoil: crawled,
        args: &["show", "demo:portal:1"],
        code: 2,
        happened: "no article `demo:portal:1`",
        to_do: "give a key as in the column `key`",
    },
    Row {
        what: "no archive",
        spoil: nothing,
        args: &["verify"],
        code: 2,
        happened: "no archive: there is no ",
        to_do: "run `khotin crawl` first",
    },
    Row {
        what: "no articles",
        spoil: nothing,
        args: &["export"],
        code: 2,
        happened: "no articles yet",
        to_do: "run `khotin crawl` first",
    },
    Row {
        what: "days the wrong way round",
        spoil: crawled,
        args: &["export", "--since", "2026-05-01", "--until", "2026-01-01"],
        code: 2,
        happened: "--until 2026-01-01 is before --since 2026-05-01",
        to_do: "give the earlier day to --since",
    },
];

/// Runs each row in a world of its own.
fn check(rows: &[Row]) {
    for row in rows {
        let world = World::new(40);
        (row.spoil)(&world);
        world.control().clear_log();
        let ran = world.run(row.args).expect(row.what, row.code);
        let ran = ran.says(row.what, &[row.happened, row.to_do]);
        let error = &ran.stderr;
        assert!(error.starts_with("error: "), "{}: {error}", row.what);
        // What a flag may be is told by the flag's own words.
        let of_flag = error.contains("For more information, try '--help'");
        assert!(
            of_flag || error.contains("\n  what to do: "),
            "{}: {error}",
            row.what
        );
        // Words of a developer help nobody.
        for word in ["Os {", "Error(", "src/", "invalid digit", "unwrap"] {
            assert!(!error.contains(word), "{}: {word} in {error}", row.what);
        }
        assert_eq!(world.log().len(), 0, "{}: something was asked", row.what);
    }
}

#[test]
fn wrong_use_reads_as_advice() {
    check(&WRONG_USE);
}

#[test]
fn a_mistake_in_settings_and_folders_reads_as_advice() {
    check(&SETTINGS);
}

#[test]
fn what_is_kept_and_can_not_be_used_reads_as_advice() {
    check(&KEPT);
}

#[test]
fn a_busy_lock_names_its_holder_and_says_to_wait() {
    let world = World::new(40);
    settings(&world, "");
    // A rebuild of nothing is refused before it asks for the lock.
    fs::create_dir_all(world.path("output/archive")).unwrap();
    fs::write(world.path("output/archive/SHA256SUMS"), "").unwrap();
    let holder = Holder {
        pid: 4711,
        since: "2026-11-22T01:02:03Z".parse().unwrap(),
    };
    let _lock = StoreLock::take(&world.path("output/khotin.lock"), holder).unwrap();
    for command in ["crawl", "rebuild"] {
        world.run(&[command]).expect(command, 75).says(
            command,
            &[
                "khotin.lock is in use by process 4711 since 2026-11-22 01:02:03 UTC",
                "what to do: wait until it is done, or stop it",
            ],
        );
    }
    assert_eq!(world.log().len(), 0);
}
