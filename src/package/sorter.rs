//! Sorter: any number of lines in, the same lines in bytewise order out, with a bounded part of them in
//! memory. What does not fit waits in nameless files in a folder.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

/// So many bytes of lines are in memory (our choice).
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// Takes lines.
#[derive(Debug)]
pub(super) struct Sorter {
    folder: PathBuf,
    most_bytes: usize,
    lines: Vec<String>,
    bytes: usize,
    runs: Vec<File>,
    total: u64,
}

impl Sorter {
    /// One that keeps what does not fit in `folder`.
    pub(super) fn new(folder: &Path) -> Self {
        Self::with_room(folder, MOST_BYTES)
    }

    fn with_room(folder: &Path, most_bytes: usize) -> Self {
        Self {
            folder: folder.to_owned(),
            most_bytes,
            lines: Vec::new(),
            bytes: 0,
            runs: Vec::new(),
            total: 0,
        }
    }

    /// Takes a line with its line end.
    pub(super) fn push(&mut self, line: String) -> io::Result<()> {
        self.bytes += line.len();
        self.total += line.len() as u64;
        self.lines.push(line);
        if self.bytes >= self.most_bytes {
            self.spill()?;
        }
        Ok(())
    }

    /// Bytes of all lines.
    pub(super) fn total_bytes(&self) -> u64 {
        self.total
    }

    /// The lines in order.
    pub(super) fn into_sorted(mut self) -> io::Result<Sorted> {
        let mut runs: Vec<Box<dyn BufRead>> = Vec::new();
        for mut file in std::mem::take(&mut self.runs) {
            file.rewind()?;
            runs.push(Box::new(BufReader::new(file)));
        }
        self.lines.sort_unstable();
        runs.push(Box::new(io::Cursor::new(self.lines.concat())));
        let mut sorted = Sorted {
            next: BinaryHeap::new(),
            runs,
        };
        for run in 0..sorted.runs.len() {
            sorted.read(run)?;
        }
        Ok(sorted)
    }

    fn spill(&mut self) -> io::Result<()> {
        self.lines.sort_unstable();
        let mut out = BufWriter::new(nameless(&self.folder, self.runs.len())?);
        for line in self.lines.drain(..) {
            out.write_all(line.as_bytes())?;
        }
        self.runs
            .push(out.into_inner().map_err(io::IntoInnerError::into_error)?);
        self.bytes = 0;
        Ok(())
    }
}

/// A file without a name, so that nothing is left of it whatever happens.
fn nameless(folder: &Path, number: usize) -> io::Result<File> {
    let path = folder.join(format!(".khotin-index-{}-{number}", std::process::id()));
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}

/// Gives lines in order.
pub(super) struct Sorted {
    next: BinaryHeap<Reverse<(String, usize)>>,
    runs: Vec<Box<dyn BufRead>>,
}

impl Sorted {
    fn read(&mut self, run: usize) -> io::Result<()> {
        let mut line = String::new();
        if let Some(reader) = self.runs.get_mut(run)
            && reader.read_line(&mut line)? > 0
        {
            self.next.push(Reverse((line, run)));
        }
        Ok(())
    }
}

impl Iterator for Sorted {
    type Item = io::Result<String>;

    fn next(&mut self) -> Option<Self::Item> {
        let Reverse((line, run)) = self.next.pop()?;
        Some(self.read(run).map(|()| line))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_in_bytewise_order_whatever_fits_into_memory() {
        let folder = tempfile::tempdir().unwrap();
        let given = ["b 2\n", "a\n", "Z\n", "b 10\n", "é\n", "a\n", "~\n"];
        let expected = ["Z\n", "a\n", "a\n", "b 10\n", "b 2\n", "~\n", "é\n"];
        // All of it; two lines or so; each line by itself.
        for room in [1000, 6, 1] {
            let mut sorter = Sorter::with_room(folder.path(), room);
            for line in given {
                sorter.push(line.to_owned()).unwrap();
            }
            assert_eq!(sorter.total_bytes(), 20);
            let sorted: io::Result<Vec<String>> = sorter.into_sorted().unwrap().collect();
            assert_eq!(sorted.unwrap(), expected, "room for {room}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
