//! Foreign: anybody's WARC file in, records and troubles out. The tolerant twin of
//! [`crate::archive`], which reads khotin's own files strictly.
//!
//! In: any bytes: WARC 1.0 and 1.1, plain, gzip a record, one gzip for all, zstd with or without a
//! dictionary, files of different packing put behind each other, and whatever ten years and many
//! programs have done to them. Out: [`Found::Record`] for each record, and [`Found::Trouble`] for
//! each place where the bytes are not what ISO 28500 says; the troubles of a record come before it.
//!
//! What always holds: reading ends, whatever the bytes are; nothing is held longer than
//! [`MAX_RECORD_BYTES`] of block; nothing is dropped without a trouble that says where; no value is
//! guessed (a date that can be read in two ways is none). What a trouble means for the reader is his
//! choice: go on, or stop at the first.
//!
//! What can be mended is mended by [`mend`], into bytes for another file. Not here: which records are
//! wanted ([`crate::pipeline`]), zip files, and writing.
//!
//! ```
//! use khotin::foreign::{ForeignReader, Found};
//!
//! let file: &[u8] = b"WARC/1.0\r\nWARC-Type: warcinfo\r\nWARC-Record-ID: <urn:x:1>\r\n\
//!     WARC-Date: 2016-11-22T01:02:03Z\r\nContent-Length: 2\r\n\r\nhi\r\n\r\ngarbage";
//! let mut words = Vec::new();
//! for found in ForeignReader::new(file) {
//!     match found {
//!         Found::Record(record) => words.push(format!("{} of {} bytes", record.kind(), record.block.len())),
//!         Found::Trouble(trouble) => words.push(trouble.to_string()),
//!     }
//! }
//! assert_eq!(words, ["warcinfo of 2 bytes", "byte 118: 7 bytes belong to no record"]);
//! ```

mod chunked;
mod coding;
mod date;
mod digest;
mod ending;
mod header;
mod http;
mod inflate;
pub mod mend;
mod reader;
mod record;
mod revisit;
mod search;
mod stream;
mod trouble;
mod window;

pub use crate::archive::MAX_RECORD_BYTES;
pub use chunked::Framing;
pub use date::read_date;
pub use digest::{Algorithm, LabelledDigest};
pub use http::{ForeignRequest, ForeignResponse};
pub use reader::{ForeignReader, Found};
pub use record::{ForeignRecord, Place, Wholeness};
pub use revisit::{RevisitFacts, RevisitProfile};
pub use trouble::{Trouble, TroubleKind};

/// The longest header of a record that is read, in bytes (our choice, as in [`crate::archive`]).
const MAX_HEADER_BYTES: usize = 256 * 1024;
