//! What the disk and the other end of a pipe may do.

use std::fs;

use khotin::demo::Fault;

use crate::program::{World, khotin};

#[test]
fn an_output_folder_that_can_not_be_one_is_named() {
    let world = World::new(40);
    world.configure("sections = [\"tin-tong-hop\"]");
    fs::write(world.path("a-file"), "mine").unwrap();
    for output in ["a-file", "a-file/output"] {
        let config = format!("{}\n[paths]\noutput = \"{output}\"\n", world.config(""));
        fs::write(world.path("config.toml"), config).unwrap();
        let ran = world.run(&["crawl"]).expect(output, 1);
        ran.says(
            output,
            &["can not use the folder", output, "check the path"],
        );
        for command in ["status", "export", "verify"] {
            world.run(&[command]).expect(command, 2);
        }
    }
    assert_eq!(
        world.log().len(),
        0,
        "nothing is asked that could not be kept"
    );
    assert_eq!(fs::read(world.path("a-file")).unwrap(), b"mine");
}

#[test]
fn a_report_or_export_that_can_not_be_kept_is_told_and_costs_no_record() {
    let world = World::new(40);
    world.configure("sections = [\"tin-tong-hop\"]");
    fs::create_dir(world.path("output")).unwrap();
    for name in ["reports", "exports"] {
        fs::write(world.path("output").join(name), "mine").unwrap();
    }
    let ran = world.run(&["crawl"]).expect("crawl", 1);
    ran.says("crawl", &["output/reports", "check the path"]);
    let ran = world.run(&["export"]).expect("export", 1);
    ran.says("export", &["output/exports"]);
    fs::remove_file(world.path("output/exports")).unwrap();
    let export = world.run(&["export", "--json"]).expect("now", 0).json();
    assert!(export["manifest"]["articles"].as_u64().unwrap() >= 5);
    world.run(&["verify"]).expect("verify", 0);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let world = World::new(40);
    world.configure("sections = [\"tin-tong-hop\"]");
    world.run(&["crawl"]).expect("crawl", 0);
    let report = fs::read(newest_report(&world)).unwrap();
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    let key = report["sites"]["demo"]["new"][0].as_str().unwrap();
    for args in [
        vec!["show", key],
        vec!["show", key, "--json"],
        vec!["status"],
        vec!["verify"],
        vec!["export", "--json"],
        vec!["--help"],
    ] {
        // `khotin … | head -0`: the reader is gone before the first byte.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = khotin(world.folder(), &args)
            .stdout(writer)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    }
    // What came of the command is still said by the exit code.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    world.configure("sections = [\"tin-tong-hop\"]\ntries = 1");
    world
        .control()
        .plan_fault("/tin-tong-hop?", 1, Fault::Close);
    let output = khotin(world.folder(), &["crawl"])
        .stdout(writer)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

fn newest_report(world: &World) -> std::path::PathBuf {
    let reports = fs::read_dir(world.path("output/reports")).unwrap();
    reports.map(|entry| entry.unwrap().path()).max().unwrap()
}
