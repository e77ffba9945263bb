//! Part: one Parquet file being written, row group by row group.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::metadata::KeyValue;
use parquet::file::writer::SerializedFileWriter;

use super::super::ExportError;
use super::super::manifest::ExportedFile;
use super::super::sink::{Sink, Tally};
use super::batch::Batch;
use super::schema::Schema;
use crate::durable;

/// A file being written. Between row groups memory holds only their statistics.
pub(super) struct Part {
    name: String,
    path: PathBuf,
    writer: SerializedFileWriter<Sink>,
    rows: u64,
    synthetic: u64,
    /// The number of the row group that was written last, counted over all parts.
    pub(super) last_written: u64,
}

impl Part {
    /// Makes the file `name`, a path relative to `folder`.
    pub(super) fn create(
        folder: &Path,
        name: String,
        schema: Arc<Schema>,
    ) -> Result<Self, ExportError> {
        let path = folder.join(&name);
        let above = path.parent().unwrap_or(folder);
        durable::make_folder(above).map_err(ExportError::io("make", above))?;
        let sink = Sink::create(&path)?;
        let message = Arc::clone(&schema.message);
        let properties = Arc::clone(&schema.properties);
        let writer = SerializedFileWriter::new(sink, message, properties);
        Ok(Self {
            writer: writer.map_err(cannot_write(&path))?,
            name,
            path,
            rows: 0,
            synthetic: 0,
            last_written: 0,
        })
    }

    /// Writes a batch as one row group.
    pub(super) fn write(&mut self, batch: Batch, number: u64) -> Result<(), ExportError> {
        let rows = u64::try_from(batch.rows()).unwrap_or(u64::MAX);
        self.rows = self.rows.saturating_add(rows);
        self.synthetic = self.synthetic.saturating_add(batch.synthetic());
        self.last_written = number;
        let written = self.write_group(batch);
        written.map_err(cannot_write(&self.path))
    }

    fn write_group(&mut self, batch: Batch) -> ParquetResult<()> {
        let mut group = self.writer.next_row_group()?;
        batch.write(&mut group)?;
        group.close()?;
        self.writer.flush()?;
        Ok(())
    }

    /// Ends the file, waits until the disk has it, and tells of it. The folder is not yet synced.
    pub(super) fn close(mut self) -> Result<ExportedFile, ExportError> {
        let synthetic = KeyValue::new(
            "khotin.synthetic_articles".to_owned(),
            self.synthetic.to_string(),
        );
        self.writer.append_key_value_metadata(synthetic);
        let sink = self.writer.into_inner().map_err(cannot_write(&self.path))?;
        let sealed = sink.seal(Tally::of_rows(self.rows))?;
        Ok(ExportedFile {
            name: self.name,
            ..sealed
        })
    }
}

/// The error of the system where there is one below that of the format.
fn cannot_write(path: &Path) -> impl FnOnce(ParquetError) -> ExportError {
    let path = path.to_owned();
    move |error| {
        let error = match error {
            ParquetError::External(below) => match below.downcast::<std::io::Error>() {
                Ok(system) => *system,
                Err(other) => std::io::Error::other(other),
            },
            other => std::io::Error::other(other),
        };
        ExportError::io("write", &path)(error)
    }
}
