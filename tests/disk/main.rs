//! The disk fails: power cuts, full disks, I/O errors, and too little room, with the whole program.
//!
//! A file layer (shim.c, loaded into the real binary) writes down what reaches the disk and lets single
//! operations fail; a model of what a power cut leaves ([`model`]) makes folders of it, on which the
//! real binary goes on. Linux only: the layer needs `LD_PRELOAD` and a C compiler.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "all of this is test code: a panic is a failed test"
)]

mod faults;
mod layer;
mod log;
mod model;
mod power;
mod records;
mod room;

#[path = "../support/exported.rs"]
mod exported;
#[path = "../support/program.rs"]
mod program;
