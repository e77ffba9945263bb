//! Nothing is deleted: the archive is the same to the byte, and the program still proves it.

use crate::program::{World, files_below};
use crate::told::{export, records};

#[test]
fn a_takedown_changes_no_byte_of_the_archive() {
    let world = World::new(30);
    world.run(&["crawl"]).expect("crawl", 0);
    let before = files_below(&world.path("output/archive"));
    let records = records(&export(&world));
    let key = records[0]["key"].as_str().unwrap();
    let said = ["--reason", "r", "--authority", "a"];
    world
        .run(&[&["restrict", key], &said[..]].concat())
        .expect("restrict", 0);
    export(&world);
    assert!(files_below(&world.path("output/archive")) == before);
    world.run(&["verify"]).expect("verify", 0);
    world.run(&["crawl"]).expect("the archive goes on", 0);
}
