//! Writer: exchanges in, a growing WARC file out; one writer per open file. An exchange is packed in
//! memory and appended by one write, so the file always ends behind a whole exchange or, after a
//! crash, inside the last one. When the disk is full the file is cut back to its last exchange; after
//! a failed fsync the writer refuses further use. Names of files come from the configuration, the
//! clock and a number, never from the web.

use std::fs;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::close::{ClosedFile, close, sync_dir};
use super::encode::{ToArchive, encode};
use super::exchange::{Appended, RevisitTarget};
use super::open_file::OpenFile;
use super::record::Packer;
use super::{ArchiveError, FileContext, is_full};
use crate::model::{Exchange, Sequence};

/// How far the archive is durable, after [`ArchiveWriter::sync`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Name of the file being written, without folder and without `.open`.
    pub file: String,
    /// Its length: the first byte behind its last exchange.
    pub end: u64,
    /// The last exchange, also if it stands in an earlier file; none before the first.
    pub sequence: Option<Sequence>,
}

/// Writes exchanges into one file after the other.
///
/// Dropped without [`close`](Self::close) it leaves `….warc.gz.open` behind, as a crash would;
/// [`super::recover()`] closes that.
pub struct ArchiveWriter {
    context: FileContext,
    ids: Box<dyn FnMut() -> Uuid + Send>,
    serial: u32,
    open: OpenFile,
    packer: Packer,
    last: Option<Sequence>,
    unusable: bool,
}

impl std::fmt::Debug for ArchiveWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ArchiveWriter")
            .field("file", &self.open.name)
            .field("end", &self.open.end)
            .field("last", &self.last)
            .finish_non_exhaustive()
    }
}

impl ArchiveWriter {
    /// Opens the first file, `{prefix}-{now}-{serial}.warc.gz.open`, and writes its `warcinfo` and
    /// `resource` records. `ids` gives a new random UUID at each call.
    ///
    /// # Errors
    /// [`ArchiveError::Exists`] if a file of that name is there; otherwise what the disk says.
    pub fn create(
        context: FileContext,
        mut ids: Box<dyn FnMut() -> Uuid + Send>,
        now: DateTime<Utc>,
        serial: u32,
    ) -> Result<Self, ArchiveError> {
        let open = OpenFile::create(&context, ids.as_mut(), now, serial)?;
        Ok(Self {
            context,
            ids,
            serial,
            open,
            packer: Packer::default(),
            last: None,
            unusable: false,
        })
    }

    /// The name of the file being written, without folder and without `.open`.
    pub fn file(&self) -> &str {
        &self.open.name
    }

    /// Appends one exchange, in a new file if this one is full. It is durable after the next
    /// [`sync`](Self::sync); a file that is left is fsynced and closed first.
    ///
    /// `sequence` must rise from call to call. `revisit` is the earlier record with the same
    /// payload, or, for a 304, the record whose validator was sent; it is passed over where a
    /// revisit is not allowed (a POST, an empty or truncated body).
    ///
    /// # Errors
    /// [`ArchiveError::NoSpace`] after cutting the file back to its last exchange: the writer can
    /// still be closed or used again. [`ArchiveError::TooLong`] and [`ArchiveError::OutOfOrder`]
    /// write nothing. After [`ArchiveError::SyncFailed`] the writer is unusable.
    pub fn append(
        &mut self,
        sequence: Sequence,
        exchange: &Exchange,
        profile_digest: &str,
        revisit: Option<&RevisitTarget>,
        now: DateTime<Utc>,
    ) -> Result<Appended, ArchiveError> {
        self.check_usable()?;
        if let Some(last) = self.last.filter(|last| *last >= sequence) {
            return Err(ArchiveError::OutOfOrder { sequence, last });
        }
        if self.open.exchanges > 0 && self.open.end >= self.context.max_bytes {
            self.rotate(now)?;
        }
        let wanted = ToArchive {
            sequence,
            exchange,
            profile_digest,
            target: revisit,
            warcinfo_id: &self.open.warcinfo_id,
            durable_to: self.open.durable_to,
        };
        let encoded = encode(wanted, self.ids.as_mut(), &mut self.packer)?;
        let start = self.open.end;
        self.write(&encoded.bytes, exchange)?;
        self.open.exchanges += 1;
        self.last = Some(sequence);
        let mut answer = encoded.answer;
        if let Some(answer) = &mut answer {
            answer.location.file.clone_from(&self.open.name);
            answer.location.offset += start;
        }
        Ok(Appended {
            file: self.open.name.clone(),
            start,
            end: self.open.end,
            answer,
        })
    }

    /// Makes everything appended so far durable and says how far that is.
    ///
    /// # Errors
    /// [`ArchiveError::SyncFailed`]; then the writer is unusable and nothing since the last sync
    /// may be counted as archived.
    pub fn sync(&mut self) -> Result<Position, ArchiveError> {
        self.check_usable()?;
        self.open.disk.sync().map_err(|source| {
            self.unusable = true;
            ArchiveError::sync_failed(&self.open.path)(source)
        })?;
        self.open.durable_to = self.open.end;
        Ok(Position {
            file: self.open.name.clone(),
            end: self.open.end,
            sequence: self.last,
        })
    }

    /// Fsyncs and closes the file. A file without any exchange is removed instead, and nothing
    /// is returned.
    ///
    /// # Errors
    /// What the disk says; [`super::recover()`] finishes the work at the next start.
    pub fn close(mut self) -> Result<Option<ClosedFile>, ArchiveError> {
        self.sync()?;
        if self.open.exchanges == 0 {
            fs::remove_file(&self.open.path)
                .map_err(ArchiveError::io("remove", &self.open.path))?;
            sync_dir(&self.context.dir)?;
            return Ok(None);
        }
        close(&self.context.dir, &self.open.name).map(Some)
    }

    /// Closes the file and opens the next. If that fails there is no file to write to any more.
    fn rotate(&mut self, now: DateTime<Utc>) -> Result<(), ArchiveError> {
        self.sync()?;
        self.unusable = true;
        close(&self.context.dir, &self.open.name)?;
        self.serial = self.serial.saturating_add(1);
        self.open = OpenFile::create(&self.context, self.ids.as_mut(), now, self.serial)?;
        self.unusable = false;
        Ok(())
    }

    /// Appends bytes wholly or not at all.
    fn write(&mut self, bytes: &[u8], exchange: &Exchange) -> Result<(), ArchiveError> {
        let open = &mut self.open;
        let Err(source) = open.disk.append(bytes) else {
            open.end += bytes.len() as u64;
            return Ok(());
        };
        self.unusable = open.disk.cut(open.end).is_err();
        if is_full(&source) && !self.unusable {
            return Err(ArchiveError::NoSpace {
                path: open.path.clone(),
                end: open.end,
                url: exchange.request.url.clone(),
            });
        }
        Err(ArchiveError::io("write", &open.path)(source))
    }

    fn check_usable(&self) -> Result<(), ArchiveError> {
        if self.unusable {
            let path = self.open.path.clone();
            return Err(ArchiveError::Unusable { path });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs::{File, OpenOptions};
    use std::io::{self, Write};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tempfile::{TempDir, tempdir};
    use url::Url;

    use super::*;
    use crate::archive::open_file::Disk;
    use crate::archive::{Archive, recover};
    use crate::model::{Failure, FailureKind, Purpose, Request, RunId, SiteId, Via};

    /// A disk that fails when it is told to, after doing half of the work.
    struct Failing {
        file: File,
        append: Option<io::ErrorKind>,
        cut: bool,
        sync: bool,
        syncs: Arc<AtomicUsize>,
    }

    impl Disk for Failing {
        fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
            match self.append.take() {
                None => self.file.write_all(bytes),
                Some(kind) => {
                    self.file.write_all(&bytes[..bytes.len() / 2])?;
                    Err(kind.into())
                }
            }
        }

        fn cut(&mut self, length: u64) -> io::Result<()> {
            if self.cut {
                return Err(io::Error::other("no cut"));
            }
            self.file.set_len(length)
        }

        fn sync(&mut self) -> io::Result<()> {
            self.syncs.fetch_add(1, Ordering::Relaxed);
            if self.sync {
                return Err(io::Error::other("no sync"));
            }
            Ok(())
        }
    }

    fn exchange() -> Exchange {
        let url = Url::parse("https://moh.gov.vn/a").unwrap();
        Exchange {
            run: RunId::new("run"),
            request: Request::get(SiteId::new("moh"), url, Purpose::Article),
            sent_head: b"GET /a HTTP/1.1\r\n\r\n".to_vec(),
            asked_at: DateTime::UNIX_EPOCH,
            elapsed: Duration::from_secs(1),
            address: None,
            via: Via::Direct,
            tls: None,
            result: Err(Failure {
                kind: FailureKind::Timeout,
                message: "no answer".to_owned(),
            }),
        }
    }

    fn append(writer: &mut ArchiveWriter, sequence: u64) -> Result<Appended, ArchiveError> {
        let now = DateTime::UNIX_EPOCH;
        writer.append(Sequence(sequence), &exchange(), "", None, now)
    }

    /// A writer with one exchange on a disk that then fails as told; counts its fsyncs.
    fn writer(
        append_fails: Option<io::ErrorKind>,
        cut: bool,
        sync: bool,
    ) -> (TempDir, ArchiveWriter, Arc<AtomicUsize>) {
        let dir = tempdir().unwrap();
        let context = FileContext {
            dir: dir.path().to_owned(),
            prefix: "khotin-moh".to_owned(),
            max_bytes: 1 << 30,
            warcinfo: Vec::new(),
            resources: Vec::new(),
        };
        let ids = Box::new(Uuid::new_v4);
        let mut writer = ArchiveWriter::create(context, ids, DateTime::UNIX_EPOCH, 1).unwrap();
        append(&mut writer, 1).unwrap();
        let syncs = Arc::new(AtomicUsize::new(0));
        writer.open.disk = Box::new(Failing {
            file: OpenOptions::new()
                .append(true)
                .open(&writer.open.path)
                .unwrap(),
            append: append_fails,
            cut,
            sync,
            syncs: Arc::clone(&syncs),
        });
        (dir, writer, syncs)
    }

    fn sequences(dir: &TempDir) -> Vec<u64> {
        let exchanges = Archive::new(dir.path())
            .exchanges(&BTreeMap::new())
            .unwrap();
        exchanges
            .map(|exchange| exchange.unwrap().sequence.0)
            .collect()
    }

    #[test]
    fn a_full_disk_costs_only_the_exchange_that_did_not_fit() {
        let (dir, mut writer, _) = writer(Some(io::ErrorKind::StorageFull), false, false);
        let end = writer.open.end;
        let error = append(&mut writer, 2).unwrap_err();
        let path = writer.open.path.clone();
        assert_eq!(
            error.to_string(),
            format!(
                "no space left on the disk of {}: the answer of https://moh.gov.vn/a is not kept \
                 and will be asked for again; what was kept before stays, up to byte {end}",
                path.display()
            )
        );
        assert!(!error.is_damage());
        assert_eq!(fs::metadata(&path).unwrap().len(), end);
        append(&mut writer, 2).unwrap();
        writer.close().unwrap();
        assert_eq!(sequences(&dir), [1, 2]);
    }

    #[test]
    fn any_other_failed_write_is_cut_back_too() {
        let (dir, mut writer, _) = writer(Some(io::ErrorKind::Other), false, false);
        assert!(matches!(
            append(&mut writer, 2),
            Err(ArchiveError::Io { .. })
        ));
        append(&mut writer, 3).unwrap();
        writer.close().unwrap();
        assert_eq!(sequences(&dir), [1, 3]);
    }

    #[test]
    fn without_a_cut_the_writer_stops_and_recovery_cuts() {
        let (dir, mut writer, _) = writer(Some(io::ErrorKind::StorageFull), true, false);
        assert!(matches!(
            append(&mut writer, 2),
            Err(ArchiveError::Io { .. })
        ));
        assert!(matches!(
            append(&mut writer, 2),
            Err(ArchiveError::Unusable { .. })
        ));
        drop(writer);
        assert!(recover(dir.path()).unwrap()[0].cut_bytes > 0);
        assert_eq!(sequences(&dir), [1]);
    }

    #[test]
    fn a_failed_fsync_is_never_tried_again() {
        let (_dir, mut writer, syncs) = writer(None, false, true);
        append(&mut writer, 2).unwrap();
        let error = writer.sync().unwrap_err();
        assert!(matches!(error, ArchiveError::SyncFailed { .. }));
        assert!(error.is_damage());
        assert!(matches!(
            append(&mut writer, 3),
            Err(ArchiveError::Unusable { .. })
        ));
        assert!(matches!(writer.sync(), Err(ArchiveError::Unusable { .. })));
        assert!(matches!(writer.close(), Err(ArchiveError::Unusable { .. })));
        assert_eq!(syncs.load(Ordering::Relaxed), 1);
    }
}
