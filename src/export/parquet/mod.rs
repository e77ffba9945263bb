//! Parquet: articles.parquet, a row an article, typed, with lists inside; on demand a folder of files by
//! site and year, named as Hive, DuckDB, pandas and Spark understand it.
//!
//! ```text
//! articles.parquet                                    one file, or
//! articles.parquet/site=moh/year=2023/part-0.parquet  by site and year of publication (Vietnam's clock);
//! articles.parquet/site=moh/year=__HIVE_DEFAULT_PARTITION__/part-0.parquet  without a date
//! ```
//!
//! Always holds: texts are as in articles.jsonl, nothing is cleaned or cut; null is null. Memory is flat:
//! rows wait in batches of bounded size, and however many partitions there are, all batches together and
//! the number of open files are bounded; a partition that had to be closed goes on in a further part.
//! The same articles in the same order give the same bytes.
//!
//! In [`schema`]: the columns; in [`batch`]: rows as columns; in [`part`]: one file.

mod batch;
mod part;
mod partition;
mod schema;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::batch::Batch;
use self::part::Part;
pub use self::partition::Partition;
use self::partition::Place;
use self::schema::Schema;
use super::format::{ArticleRows, FormatWriter};
use super::manifest::{ExportedFile, Manifest};
use super::{ExportError, ExportOptions, ExportQuery};
use crate::durable;
use crate::model::Article;

const NAME: &str = "articles.parquet";

/// What may wait in memory. Our choice: row groups are large enough to pack and to skip well, and small
/// enough for the smallest server.
#[derive(Debug, Clone, Copy)]
struct Limits {
    /// Rows of one batch.
    rows: usize,
    /// Bytes of one batch, as counted by [`Batch::bytes`].
    batch_bytes: usize,
    /// Bytes of all batches.
    all_bytes: usize,
    /// Files that are open at a time.
    open_files: usize,
}

const LIMITS: Limits = Limits {
    rows: 50_000,
    batch_bytes: 16 << 20,
    all_bytes: 32 << 20,
    open_files: 128,
};

/// Articles as Parquet.
pub(super) struct ParquetFiles {
    folder: PathBuf,
    partition: Partition,
    schema: Arc<Schema>,
    limits: Limits,
    batches: BTreeMap<Place, Batch>,
    /// Bytes of all batches.
    waiting_bytes: usize,
    open: BTreeMap<Place, Part>,
    /// How many parts each place has had.
    parts: BTreeMap<Place, u32>,
    /// Row groups written, to know which part was written to longest ago.
    written: u64,
    done: Vec<ExportedFile>,
}

impl ParquetFiles {
    pub(super) fn create(
        folder: &Path,
        options: &ExportOptions,
        query: &ExportQuery,
    ) -> Result<Self, ExportError> {
        let place = folder.join(NAME);
        let schema = Schema::new(options.partition, query);
        let schema = schema.map_err(ExportError::io("begin", &place))?;
        let mut files = Self {
            folder: folder.to_owned(),
            partition: options.partition,
            schema: Arc::new(schema),
            limits: LIMITS,
            batches: BTreeMap::new(),
            waiting_bytes: 0,
            open: BTreeMap::new(),
            parts: BTreeMap::new(),
            written: 0,
            done: Vec::new(),
        };
        match options.partition {
            // So that an export of no article has a file too.
            Partition::None => files.open_part(&Place::Whole)?,
            Partition::SiteYear => {
                durable::make_folder(&place).map_err(ExportError::io("make", &place))?;
            }
        }
        Ok(files)
    }

    fn open_part(&mut self, place: &Place) -> Result<(), ExportError> {
        if self.open.contains_key(place) {
            return Ok(());
        }
        if self.open.len() >= self.limits.open_files {
            let mut parts = self.open.iter();
            let first = parts.next();
            let idle = parts.fold(first, |idle, next| match idle {
                Some(idle) if idle.1.last_written <= next.1.last_written => Some(idle),
                _ => Some(next),
            });
            if let Some(place) = idle.map(|(place, _)| place.clone()) {
                self.close_part(&place)?;
            }
        }
        let number = self.parts.entry(place.clone()).or_insert(0);
        let name = place.file_name(NAME, *number);
        *number = number.saturating_add(1);
        let part = Part::create(&self.folder, name, Arc::clone(&self.schema))?;
        self.open.insert(place.clone(), part);
        Ok(())
    }

    fn close_part(&mut self, place: &Place) -> Result<(), ExportError> {
        if let Some(part) = self.open.remove(place) {
            self.done.push(part.close()?);
        }
        Ok(())
    }

    /// Writes what waits for a place as one row group.
    fn flush(&mut self, place: &Place) -> Result<(), ExportError> {
        let Some(batch) = self.batches.remove(place) else {
            return Ok(());
        };
        self.waiting_bytes = self.waiting_bytes.saturating_sub(batch.bytes());
        self.open_part(place)?;
        self.written = self.written.saturating_add(1);
        match self.open.get_mut(place) {
            Some(part) => part.write(batch, self.written),
            None => Ok(()), // `open_part` has put it there
        }
    }

    fn flush_largest(&mut self) -> Result<(), ExportError> {
        let largest = self.batches.iter().max_by_key(|(_, batch)| batch.bytes());
        match largest.map(|(place, _)| place.clone()) {
            Some(place) => self.flush(&place),
            None => Ok(()),
        }
    }
}

impl FormatWriter for ParquetFiles {
    fn article(&mut self, article: &Article, rows: &ArticleRows<'_>) -> Result<(), ExportError> {
        let place = self.partition.place(article);
        let schema = &self.schema;
        let batch = self
            .batches
            .entry(place.clone())
            .or_insert_with(|| Batch::new(schema));
        let before = batch.bytes();
        let appended = batch.append(schema, article, rows);
        appended.map_err(ExportError::io("write", &self.folder.join(NAME)))?;
        let more = batch.bytes().saturating_sub(before);
        self.waiting_bytes = self.waiting_bytes.saturating_add(more);
        if batch.rows() >= self.limits.rows || batch.bytes() >= self.limits.batch_bytes {
            return self.flush(&place);
        }
        if self.waiting_bytes >= self.limits.all_bytes {
            self.flush_largest()?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, _: &Manifest) -> Result<Vec<ExportedFile>, ExportError> {
        let waiting: Vec<Place> = self.batches.keys().cloned().collect();
        for place in waiting {
            self.flush(&place)?;
        }
        let open: Vec<Place> = self.open.keys().cloned().collect();
        for place in open {
            self.close_part(&place)?;
        }
        for place in self.parts.keys() {
            let path = self.folder.join(place.file_name(NAME, 0));
            let folder = path.parent().unwrap_or(&self.folder);
            durable::sync_folder(folder).map_err(ExportError::io("sync", folder))?;
        }
        self.done.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(self.done)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs::File;

    use parquet::file::reader::{FileReader, SerializedFileReader};

    use super::*;

    fn article(number: i32, year: i32) -> Article {
        let record = serde_json::json!({
            "key": format!("moh:a:{number}"), "site": "moh", "platform": "a", "url": "https://moh.gov.vn/",
            "aliases": [], "sections": [], "title": null, "lead": null, "listed": [], "blocks": [],
            "text": "words", "images": [], "related": [], "attachments": [], "links": [], "embeds": [],
            "source": null, "author": null, "language": null, "content_digest": null, "versions": [],
            "state": "live", "states": [], "first_seen": "2026-11-22T01:02:03Z",
            "last_seen": "2026-11-22T01:02:03Z", "captures": [], "evidence": {}, "flags": [],
            "warnings": [], "synthetic": false,
            "profile": { "site": "moh", "layout": null, "digest": "" },
            "published": {
                "at": format!("{year}-06-01T00:00:00+07:00"), "utc": format!("{year}-05-31T17:00:00Z"),
                "raw": "", "precision": "day", "zone": "rule", "from": "article", "flags": [],
            },
        });
        serde_json::from_value(record).unwrap()
    }

    /// Exports 40 articles of 4 years in turns, and gives the files' names and the keys in them.
    fn parted(limits: Limits) -> (Vec<String>, BTreeSet<String>, usize) {
        let folder = tempfile::tempdir().unwrap();
        let mut options = ExportOptions::new(folder.path(), "one");
        options.partition = Partition::SiteYear;
        let query = ExportQuery::default();
        let mut files = ParquetFiles::create(folder.path(), &options, &query).unwrap();
        files.limits = limits;
        for number in 0..40 {
            let article = article(number, 2020 + number % 4);
            let known = article.clone().into();
            files
                .article(&article, &ArticleRows::of(&known, None))
                .unwrap();
            assert!(files.open.len() <= limits.open_files);
            assert!(files.waiting_bytes < limits.all_bytes);
            let waiting: usize = files.batches.values().map(Batch::bytes).sum();
            assert_eq!(files.waiting_bytes, waiting);
        }
        let manifest = Manifest::new(query, String::new());
        let written = Box::new(files).finish(&manifest).unwrap();
        let (mut keys, mut rows) = (BTreeSet::new(), 0);
        for file in &written {
            let path = folder.path().join(&file.name);
            let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
            for row in reader.get_row_iter(None).unwrap() {
                let row = row.unwrap();
                let (_, key) = row.get_column_iter().next().unwrap();
                keys.insert(key.to_string());
                rows += 1;
            }
        }
        (
            written.into_iter().map(|file| file.name).collect(),
            keys,
            rows,
        )
    }

    #[test]
    fn bounded_memory_and_files_lose_no_row_and_write_none_twice() {
        let all: BTreeSet<String> = (0..40).map(|n| format!("\"moh:a:{n}\"")).collect();
        let year = |year: i32, part: u32| {
            format!("articles.parquet/site=moh/year={year}/part-{part}.parquet")
        };
        let whole = Vec::from([2020, 2021, 2022, 2023].map(|of| year(of, 0)));
        let wide = Limits {
            rows: 50_000,
            batch_bytes: 1 << 20,
            all_bytes: 1 << 20,
            open_files: 128,
        };
        let table = [
            ("all of it fits", wide, Some(&whole)),
            (
                "a row group of every two rows",
                Limits { rows: 2, ..wide },
                Some(&whole),
            ),
            (
                "a row group of every row",
                Limits {
                    batch_bytes: 1,
                    ..wide
                },
                Some(&whole),
            ),
            (
                "room for two years",
                Limits {
                    all_bytes: 25_000,
                    ..wide
                },
                Some(&whole),
            ),
            (
                "two files at a time: further parts",
                Limits {
                    rows: 2,
                    open_files: 2,
                    ..wide
                },
                None,
            ),
        ];
        for (what, limits, names) in table {
            let (found, keys, rows) = parted(limits);
            assert_eq!((keys, rows), (all.clone(), 40), "{what}");
            match names {
                Some(names) => assert_eq!(&found, names, "{what}"),
                None => assert!(found.contains(&year(2021, 1)), "{what}: {found:?}"),
            }
        }
    }
}
