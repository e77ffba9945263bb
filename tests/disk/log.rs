//! The layer's log: what was done to the disk, in order.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// One operation. Paths are below the watched folder; a handle is one opening of one process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Op {
    /// The file is made if it is not there.
    Open {
        handle: usize,
        truncated: bool,
        path: String,
    },
    Write {
        handle: usize,
        offset: usize,
        bytes: Vec<u8>,
    },
    Truncate {
        handle: usize,
        length: usize,
    },
    Sync {
        handle: usize,
    },
    Rename {
        from: String,
        to: String,
    },
    Remove {
        path: String,
    },
    MakeFolder {
        path: String,
    },
    Link {
        target: String,
        path: String,
    },
    /// It was made to fail, and nothing was done.
    Failed {
        path: String,
    },
}

/// What was done, and on which path each operation was.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) ops: Vec<Op>,
    /// As many: what it was done to. For a rename where it leads.
    pub(crate) paths: Vec<String>,
}

impl Log {
    pub(crate) fn read(path: &Path) -> Self {
        let bytes = fs::read(path).unwrap();
        let mut log = Self::default();
        let mut handles: HashMap<usize, String> = HashMap::new();
        // Handles of earlier processes are not used again.
        let (mut first, mut most) = (0, 0);
        let mut at = 0;
        while at < bytes.len() {
            let end = at + bytes[at..].iter().position(|byte| *byte == b'\n').unwrap();
            let line = std::str::from_utf8(&bytes[at..end]).unwrap();
            at = end + 1;
            let (kind, rest) = line.split_at(1);
            let rest = rest.trim_start();
            let numbers: Vec<usize> = rest.split(' ').map_while(|n| n.parse().ok()).collect();
            let handle = first + numbers.first().copied().unwrap_or_default();
            most = most.max(handle);
            let of_handle = || handles[&handle].clone();
            let (op, path) = match kind {
                "P" => {
                    first = most;
                    continue;
                }
                "O" => {
                    let path = rest.splitn(4, ' ').nth(3).unwrap().to_owned();
                    handles.insert(handle, path.clone());
                    let truncated = numbers[2] == 1;
                    let op = Op::Open {
                        handle,
                        truncated,
                        path: path.clone(),
                    };
                    (op, path)
                }
                "W" => {
                    let (offset, length) = (numbers[1], numbers[2]);
                    let bytes = bytes[at..at + length].to_vec();
                    at += length;
                    let op = Op::Write {
                        handle,
                        offset,
                        bytes,
                    };
                    (op, of_handle())
                }
                "T" => {
                    let length = numbers[1];
                    (Op::Truncate { handle, length }, of_handle())
                }
                "S" => (Op::Sync { handle }, of_handle()),
                "R" => {
                    let (from, to) = rest.split_once('\t').unwrap();
                    let (from, to) = (from.to_owned(), to.to_owned());
                    let path = to.clone();
                    (Op::Rename { from, to }, path)
                }
                "U" => {
                    let path = rest.to_owned();
                    (Op::Remove { path: path.clone() }, path)
                }
                "M" => {
                    let path = rest.to_owned();
                    (Op::MakeFolder { path: path.clone() }, path)
                }
                "L" => {
                    let (target, path) = rest.split_once('\t').unwrap();
                    let (target, path) = (target.to_owned(), path.to_owned());
                    let to = path.clone();
                    (Op::Link { target, path }, to)
                }
                "F" => {
                    let path = rest.to_owned();
                    (Op::Failed { path: path.clone() }, path)
                }
                other => panic!("an unknown line of the log: {other}"),
            };
            log.ops.push(op);
            log.paths.push(path);
        }
        log
    }
}
