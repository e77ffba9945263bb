//! Open file: a new WARC file with its `warcinfo` and `resource` records, locked while it is written.
//! What comes behind them is [`super::writer`]'s.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::close::{CLOSED, open_path, sync_dir};
use super::locked::Locked;
use super::metadata::{Fields, WARC_FIELDS};
use super::record::{Draft, Packer, Packing};
use super::{ArchiveError, MAX_RECORD_BYTES, payload_sha1};
use crate::durable;

/// What every file of a writer has in common.
#[derive(Debug, Clone)]
pub struct FileContext {
    /// The archive folder; it is made if it is not there.
    pub dir: PathBuf,
    /// First part of the file name: `khotin-moh`.
    pub prefix: String,
    /// A file with this many bytes or more gets no further exchange.
    pub max_bytes: u64,
    /// Lines of the `warcinfo` record: software, operator, robots policy, …. `format` and
    /// `conformsTo` are added.
    pub warcinfo: Vec<(String, String)>,
    /// What the exchanges were made with: profiles and effective configuration, without secrets.
    pub resources: Vec<Resource>,
}

/// A `resource` record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its `WARC-Target-URI`: `urn:khotin:site:moh`.
    pub uri: String,
    /// Its media type.
    pub content_type: String,
    /// Its bytes.
    pub body: Vec<u8>,
}

/// Where the bytes go: a file, or in tests a disk that fails.
pub(super) trait Disk: Send {
    /// Writes at the end, perhaps only a part if it fails.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Makes the file this long.
    fn cut(&mut self, length: u64) -> io::Result<()>;
    /// Makes all that was written durable.
    fn sync(&mut self) -> io::Result<()>;
}

/// The file being written.
pub(super) struct OpenFile {
    /// Its name once it is closed, without folder.
    pub(super) name: String,
    /// Its path now.
    pub(super) path: PathBuf,
    /// Its bytes.
    pub(super) disk: Box<dyn Disk>,
    /// Its length: behind its last whole exchange.
    pub(super) end: u64,
    /// How far it was fsynced.
    pub(super) durable_to: u64,
    /// Exchanges in it.
    pub(super) exchanges: u64,
    /// Of its first record.
    pub(super) warcinfo_id: String,
}

impl OpenFile {
    /// Makes the file, marks it as being written and writes its first records.
    pub(super) fn create(
        context: &FileContext,
        ids: &mut dyn FnMut() -> Uuid,
        now: DateTime<Utc>,
        serial: u32,
    ) -> Result<Self, ArchiveError> {
        let dir = &context.dir;
        let stamp = now.format("%Y%m%dT%H%M%SZ");
        let name = format!("{}-{stamp}-{serial:05}{CLOSED}", context.prefix);
        let warcinfo_id = ids().urn().to_string();
        let head = first_records(context, ids, now, &name, &warcinfo_id)?;

        durable::make_folder(dir).map_err(ArchiveError::io("create", dir))?;
        let path = open_path(dir, &name);
        if dir.join(&name).exists() {
            return Err(ArchiveError::Exists {
                path: dir.join(name),
            });
        }
        // Append mode: after a cut, writing goes on at the new end.
        let opened = OpenOptions::new().append(true).create_new(true).open(&path);
        let file = opened.map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => ArchiveError::Exists { path: path.clone() },
            _ => ArchiveError::io("create", &path)(source),
        })?;
        let mut file = Locked::take(file, &path)?;
        if let Err(source) = file.append(&head) {
            // Nothing of worth is in it. Recovery removes it if this does not.
            let _ = fs::remove_file(&path);
            return Err(ArchiveError::io("write", &path)(source));
        }
        sync_dir(dir)?;
        Ok(Self {
            name,
            path,
            disk: Box::new(file),
            end: head.len() as u64,
            durable_to: 0,
            exchanges: 0,
            warcinfo_id,
        })
    }
}

/// The `warcinfo` record and the `resource` records of a new file.
fn first_records(
    context: &FileContext,
    ids: &mut dyn FnMut() -> Uuid,
    now: DateTime<Utc>,
    name: &str,
    warcinfo_id: &str,
) -> Result<Vec<u8>, ArchiveError> {
    let mut packer = Packer::default();
    let mut pack = |draft: &Draft<'_>, out: &mut Vec<u8>| {
        packer
            .write_member(draft, out)
            .map_err(ArchiveError::io("pack a record for", name))
    };
    let mut info = Fields::default();
    for (name, value) in &context.warcinfo {
        info.add(name, value);
    }
    info.add("format", "WARC File Format 1.1");
    info.add(
        "conformsTo",
        "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
    );
    let block = info.to_block();
    let mut out = Vec::new();
    let warcinfo = Draft {
        kind: "warcinfo",
        id: warcinfo_id.to_owned(),
        date: now,
        content_type: WARC_FIELDS.to_owned(),
        fields: vec![("WARC-Filename", name.to_owned())],
        block: (&block, b""),
        packing: Packing::Full,
    };
    pack(&warcinfo, &mut out)?;
    for resource in &context.resources {
        let bytes = resource.body.len() as u64;
        if bytes > MAX_RECORD_BYTES {
            let too_long = io::Error::other(format!("{} has {bytes} bytes", resource.uri));
            return Err(ArchiveError::io("pack a record for", name)(too_long));
        }
        // The payload is the block, so this says nothing new; but cdxj-indexer gives a record without it
        // the digest of nothing.
        let payload_digest = format!("sha1:{}", payload_sha1(&resource.body));
        let draft = Draft {
            kind: "resource",
            id: ids().urn().to_string(),
            date: now,
            content_type: resource.content_type.clone(),
            fields: vec![
                ("WARC-Target-URI", resource.uri.clone()),
                ("WARC-Warcinfo-ID", format!("<{warcinfo_id}>")),
                ("WARC-Payload-Digest", payload_digest),
            ],
            block: (&resource.body, b""),
            packing: Packing::Full,
        };
        pack(&draft, &mut out)?;
    }
    Ok(out)
}
