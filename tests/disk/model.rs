//! The disk as a power cut leaves it. What is certain: the bytes of a file at its last fsync, and the
//! entries of a folder at its last fsync. What came after is lost, or kept in parts: blocks of a file in any
//! order, its new length without its new bytes (zeros), the first so many changes of a folder.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use rand::RngExt;
use rand::rngs::StdRng;

use crate::log::Op;

/// What is written at once; SQLite's pages and the system's are longer.
const BLOCK: usize = 512;

type Id = usize;

#[derive(Debug, Clone)]
enum Object {
    File {
        now: Vec<u8>,
        certain: Vec<u8>,
    },
    Folder {
        now: BTreeMap<String, Id>,
        certain: BTreeMap<String, Id>,
        /// What was done since the last fsync, in order.
        since: Vec<Change>,
    },
    Link(String),
}

/// A change of a folder's entries, whole or not at all.
#[derive(Debug, Clone)]
enum Change {
    Set(String, Id),
    Remove(String),
    Rename(String, String, Id),
}

impl Change {
    fn apply(&self, entries: &mut BTreeMap<String, Id>) {
        match self {
            Self::Set(name, id) => {
                entries.insert(name.clone(), *id);
            }
            Self::Remove(name) => {
                entries.remove(name);
            }
            Self::Rename(from, to, id) => {
                entries.remove(from);
                entries.insert(to.clone(), *id);
            }
        }
    }
}

/// How the layer calls a file that never had a name (`O_TMPFILE`): no power cut leaves it.
const NAMELESS: &str = "/nameless";
const ROOT: Id = 0;

/// A disk in the middle of its work.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    objects: Vec<Object>,
    handles: HashMap<usize, Id>,
}

fn folder() -> Object {
    Object::Folder {
        now: BTreeMap::new(),
        certain: BTreeMap::new(),
        since: Vec::new(),
    }
}

impl Disk {
    pub(crate) fn new() -> Self {
        Self {
            objects: vec![folder()],
            handles: HashMap::new(),
        }
    }

    fn entries(&self, id: Id) -> &BTreeMap<String, Id> {
        match &self.objects[id] {
            Object::Folder { now, .. } => now,
            other => panic!("no folder: {other:?}"),
        }
    }

    fn find(&self, path: &str) -> Option<Id> {
        let parts = path.split('/').filter(|part| *part != ".");
        parts.into_iter().try_fold(ROOT, |id, part| {
            let id = *self.entries(id).get(part)?;
            Some(id)
        })
    }

    /// The folder of a path, and the name in it.
    fn place<'a>(&self, path: &'a str) -> (Id, &'a str) {
        match path.rsplit_once('/') {
            None => (ROOT, path),
            Some((folder, name)) => (self.find(folder).unwrap(), name),
        }
    }

    fn change(&mut self, folder: Id, change: Change) {
        match &mut self.objects[folder] {
            Object::Folder { now, since, .. } => {
                change.apply(now);
                since.push(change);
            }
            other => panic!("no folder: {other:?}"),
        }
    }

    fn make(&mut self, path: &str, object: Object) -> Id {
        let id = self.objects.len();
        self.objects.push(object);
        let (folder, name) = self.place(path);
        self.change(folder, Change::Set(name.to_owned(), id));
        id
    }

    fn bytes(&mut self, handle: usize) -> &mut Vec<u8> {
        match &mut self.objects[self.handles[&handle]] {
            Object::File { now, .. } => now,
            other => panic!("no file: {other:?}"),
        }
    }

    /// Does one operation.
    pub(crate) fn apply(&mut self, op: &Op) {
        match op {
            Op::Open {
                handle,
                truncated,
                path,
            } => {
                let (now, certain) = (Vec::new(), Vec::new());
                let new = Object::File { now, certain };
                let id = if path.ends_with(NAMELESS) {
                    self.objects.push(new);
                    self.objects.len() - 1
                } else {
                    self.find(path).unwrap_or_else(|| self.make(path, new))
                };
                self.handles.insert(*handle, id);
                if *truncated {
                    self.bytes(*handle).clear();
                }
            }
            Op::Write {
                handle,
                offset,
                bytes,
            } => {
                let now = self.bytes(*handle);
                let end = offset + bytes.len();
                if now.len() < end {
                    now.resize(end, 0);
                }
                now[*offset..end].copy_from_slice(bytes);
            }
            Op::Truncate { handle, length } => self.bytes(*handle).resize(*length, 0),
            Op::Sync { handle } => match &mut self.objects[self.handles[handle]] {
                Object::File { now, certain } => certain.clone_from(now),
                Object::Folder {
                    now,
                    certain,
                    since,
                } => {
                    certain.clone_from(now);
                    since.clear();
                }
                Object::Link(_) => {}
            },
            Op::Rename { from, to } => {
                let id = self.find(from).unwrap();
                let ((from_folder, from), (to_folder, to)) = (self.place(from), self.place(to));
                assert_eq!(from_folder, to_folder, "no rename leads elsewhere");
                let change = Change::Rename(from.to_owned(), to.to_owned(), id);
                self.change(from_folder, change);
            }
            Op::Remove { path } => {
                let (folder, name) = self.place(path);
                self.change(folder, Change::Remove(name.to_owned()));
            }
            Op::MakeFolder { path } => {
                self.make(path, folder());
            }
            Op::Link { target, path } => {
                self.make(path, Object::Link(target.clone()));
            }
            Op::Failed { .. } => {}
        }
    }

    /// Writes below `place` what is left when the power goes now. Without `luck` only what is certain.
    pub(crate) fn cut(&self, place: &Path, luck: Option<&mut StdRng>) {
        let mut luck = luck;
        self.write(ROOT, place, &mut luck);
    }

    fn write(&self, id: Id, place: &Path, luck: &mut Option<&mut StdRng>) {
        match &self.objects[id] {
            Object::File { now, certain } => {
                let bytes = match luck {
                    None => certain.clone(),
                    Some(luck) => partly(certain, now, luck),
                };
                fs::write(place, bytes).unwrap();
            }
            Object::Link(target) => std::os::unix::fs::symlink(target, place).unwrap(),
            Object::Folder { certain, since, .. } => {
                if !place.exists() {
                    fs::create_dir(place).unwrap();
                }
                let mut entries = certain.clone();
                if let Some(luck) = luck {
                    let kept = luck.random_range(0..=since.len());
                    for change in &since[..kept] {
                        change.apply(&mut entries);
                    }
                }
                for (name, id) in &entries {
                    self.write(*id, &place.join(name), luck);
                }
            }
        }
    }

    /// The bytes of every WARC file that an fsync promised, by the name of the closed file. Files that
    /// were removed on purpose are not among them.
    pub(crate) fn promised_warcs(&self) -> BTreeMap<String, Vec<u8>> {
        let Some(archive) = self.find("output/archive") else {
            return BTreeMap::new();
        };
        let entries = self.entries(archive).iter();
        let warcs = entries.filter_map(|(name, id)| {
            let name = name.strip_suffix(".open").unwrap_or(name);
            let Object::File { certain, .. } = &self.objects[*id] else {
                return None;
            };
            let is_warc = name.ends_with(".warc.gz") && !certain.is_empty();
            is_warc.then(|| (name.to_owned(), certain.clone()))
        });
        warcs.collect()
    }
}

/// Some blocks of what was written since the last fsync, up to some length.
fn partly(certain: &[u8], now: &[u8], luck: &mut StdRng) -> Vec<u8> {
    let (shorter, longer) = (certain.len().min(now.len()), certain.len().max(now.len()));
    let length = match luck.random_range(0..3) {
        0 => certain.len(),
        1 => now.len(),
        _ => luck.random_range(shorter..=longer),
    };
    let mut bytes = vec![0; length];
    // Usually the system writes in order; then an end is missing. Otherwise there are holes.
    let has_holes = luck.random_bool(0.5);
    let written_to = luck.random_range(0..=length);
    for start in (0..length).step_by(BLOCK) {
        let is_written = if has_holes {
            luck.random_bool(0.5)
        } else {
            start < written_to
        };
        let source = if is_written { now } else { certain };
        let end = (start + BLOCK).min(length).min(source.len());
        if start < end {
            bytes[start..end].copy_from_slice(&source[start..end]);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(ops: &[Op]) -> Disk {
        let mut disk = Disk::new();
        for op in ops {
            disk.apply(op);
        }
        disk
    }

    fn open(handle: usize, path: &str) -> Op {
        Op::Open {
            handle,
            truncated: false,
            path: path.to_owned(),
        }
    }

    fn write(handle: usize, offset: usize, bytes: &str) -> Op {
        Op::Write {
            handle,
            offset,
            bytes: bytes.as_bytes().to_vec(),
        }
    }

    fn sync(handle: usize) -> Op {
        Op::Sync { handle }
    }

    fn rename(from: &str, to: &str) -> Op {
        Op::Rename {
            from: from.to_owned(),
            to: to.to_owned(),
        }
    }

    #[test]
    fn only_what_was_fsynced_is_certain() {
        type Files = &'static [(&'static str, &'static str)];
        let table: [(&str, Vec<Op>, Files); 6] = [
            ("nothing synced", vec![open(1, "a"), write(1, 0, "x")], &[]),
            (
                "bytes without a name",
                vec![open(1, "a"), write(1, 0, "x"), sync(1)],
                &[],
            ),
            (
                "a name without bytes",
                vec![open(1, "a"), write(1, 0, "x"), open(2, "."), sync(2)],
                &[("a", "")],
            ),
            (
                "both, and an end behind them",
                vec![
                    open(1, "a"),
                    write(1, 0, "x"),
                    open(2, "."),
                    sync(2),
                    sync(1),
                    write(1, 1, "y"),
                ],
                &[("a", "x")],
            ),
            (
                "a rename that was not synced",
                vec![
                    open(1, "a"),
                    write(1, 0, "x"),
                    open(2, "."),
                    sync(2),
                    sync(1),
                    rename("a", "b"),
                ],
                &[("a", "x")],
            ),
            (
                "a rename over another file that was",
                vec![
                    open(1, "a"),
                    write(1, 0, "x"),
                    open(3, "b"),
                    open(2, "."),
                    sync(1),
                    rename("a", "b"),
                    sync(2),
                    write(1, 0, "z"),
                ],
                &[("b", "x")],
            ),
        ];
        for (what, ops, expected) in table {
            let place = tempfile::tempdir().unwrap();
            disk(&ops).cut(place.path(), None);
            let mut found: Vec<(String, String)> = fs::read_dir(place.path())
                .unwrap()
                .map(|entry| entry.unwrap())
                .map(|entry| {
                    let bytes = fs::read_to_string(entry.path()).unwrap();
                    (entry.file_name().into_string().unwrap(), bytes)
                })
                .collect();
            found.sort();
            let expected: Vec<_> = expected
                .iter()
                .map(|(name, bytes)| ((*name).to_owned(), (*bytes).to_owned()))
                .collect();
            assert_eq!(found, expected, "{what}");
        }
    }
}
