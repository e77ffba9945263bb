//! Records: the records of one foreign file in, answers of configured sites out. Each `response` and
//! `revisit` is brought together with its request, judged by the profiles, and handed on.

use std::io::Read;

use chrono::{DateTime, Utc};

use super::files::{Source, members};
use super::taker::{Answer, Taker};
use crate::foreign::{
    ForeignReader, ForeignRecord, Found, Place, RevisitProfile, Trouble, TroubleKind,
};
use crate::import::ImportError;
use crate::import::judge::{Asked, Passed, is_of_use};
use crate::import::ledger::ForeignKind;
use crate::import::pair::{Names, Pairs, Question};
use crate::import::report::ReadFile;
use crate::model::{ForeignFile, Location, Request};
use crate::pipeline::CrawlError;
use crate::store::WaitingRevisit;

/// The longest body of a POST that is taken: what asks a JSON interface is short (our choice).
const MAX_QUESTION_BYTES: usize = 1024 * 1024;

impl Taker<'_> {
    /// Reads one foreign file to its end, or to an interrupt.
    ///
    /// # Errors
    /// [`CrawlError`] if the store fails, the file can not be opened, or strictness finds trouble.
    pub(super) fn take_source(&mut self, source: &Source) -> Result<(), CrawlError> {
        self.begin_file(source.imported_at);
        self.report.files.push(ReadFile {
            name: source.name.clone(),
            kind: source.kind,
            sha256: source.digested.as_ref().map(|known| known.sha256.clone()),
            bytes: source
                .digested
                .as_ref()
                .map_or(source.bytes, |known| known.bytes),
            kept: source.kept.clone(),
        });
        match source.kind {
            ForeignKind::Warc => {
                let reader = ForeignReader::open(&source.path)?;
                self.take_records(reader, source, None)?;
            }
            ForeignKind::Wacz => {
                let (mut package, names) = match members(&source.path) {
                    Err(ImportError::Package { problem, .. }) => {
                        return self.trouble(source, None, &packing(problem));
                    }
                    opened => opened?,
                };
                for name in names {
                    match package.by_name(&name) {
                        Ok(member) => {
                            self.take_records(ForeignReader::new(member), source, Some(&name))?;
                        }
                        Err(error) => {
                            self.trouble(source, Some(&name), &packing(error.to_string()))?;
                        }
                    }
                    if self.report.interrupted {
                        break;
                    }
                }
            }
            ForeignKind::Pages => self.take_pages(source)?,
        }
        self.file_done(source.bytes);
        self.flush()
    }

    fn take_records<R: Read>(
        &mut self,
        reader: ForeignReader<R>,
        source: &Source,
        member: Option<&str>,
    ) -> Result<(), CrawlError> {
        let mut reader = reader.without_digests();
        let mut pairs = Pairs::default();
        while let Some(found) = reader.next() {
            if self.is_stopped() {
                return Ok(());
            }
            let record = match found {
                Found::Trouble(trouble) => {
                    self.trouble(source, member, &trouble)?;
                    continue;
                }
                Found::Record(record) => record,
            };
            let kind = record.kind().to_ascii_lowercase();
            self.report.record(&kind);
            let mut ready = Vec::new();
            match kind.as_str() {
                "request" => {
                    self.report.pass(Passed::NoAnswer);
                    ready.extend(question(&record).and_then(|question| pairs.question(question)));
                }
                "response" | "revisit" => ready = pairs.answer(names(&record), record),
                _ => self.report.pass(Passed::NoAnswer),
            }
            for (record, question) in ready {
                self.take_record(record, question, source, member)?;
            }
            // How far a member of a package is says nothing of the package.
            self.read_past(if member.is_none() {
                reader.position()
            } else {
                0
            });
        }
        if let Some((record, question)) = pairs.end() {
            self.take_record(record, question, source, member)?;
        }
        Ok(())
    }

    /// One `response` or `revisit` record.
    fn take_record(
        &mut self,
        record: ForeignRecord,
        question: Option<Question>,
        source: &Source,
        member: Option<&str>,
    ) -> Result<(), CrawlError> {
        let asked = Asked {
            method: question.as_ref().map(|question| question.method.as_str()),
            uri: record.target_uri().unwrap_or_default(),
            body: question
                .as_ref()
                .and_then(|question| question.body.as_deref()),
        };
        let request = match self.judge(asked) {
            Ok(request) => request,
            Err(passed) => {
                self.report.pass(passed);
                return Ok(());
            }
        };
        let Some(captured_at) = record.date().filter(|date| self.is_time(*date)) else {
            self.report.pass(Passed::Time);
            return Ok(());
        };
        let file = ForeignFile {
            sha256: source.sha256(),
            member: member.map(str::to_owned),
        };
        let location = Location {
            file: source.name.clone(),
            offset: record.place.offset(),
            length: match record.place {
                Place::Member { length, .. } => length,
                Place::Unpacked { .. } => 0,
            },
            record_id: record.id().unwrap_or_default().to_owned(),
        };
        if record.kind().eq_ignore_ascii_case("revisit") {
            return self.take_revisit(&record, request, captured_at, file, location);
        }
        if !record.is_http() {
            self.report.pass(Passed::NotHttp);
            return Ok(());
        }
        let mut troubles = record.digest_troubles();
        let response = match record.response() {
            Ok(response) => response,
            Err(trouble) => return self.trouble(source, member, &trouble),
        };
        troubles.extend(response.troubles.iter().cloned());
        for trouble in &troubles {
            self.trouble(source, member, trouble)?;
        }
        if !is_of_use(response.status) {
            self.report.pass(Passed::Status);
            return Ok(());
        }
        let is_true = troubles
            .iter()
            .all(|trouble| trouble.kind != TroubleKind::PayloadDigest);
        let said_digest = record.payload_digest().filter(|_| is_true);
        let body = response.payload.into_owned();
        self.take(Answer {
            request,
            captured_at,
            status: response.status,
            headers: response.headers,
            truncated: response.truncated,
            said_digest: said_digest.map(|digest| digest.to_string()),
            is_revisit: false,
            source: file,
            location,
            body,
        })
    }

    /// A `revisit` record: what it says of its original, and what it holds itself.
    fn take_revisit(
        &mut self,
        record: &ForeignRecord,
        request: Request,
        captured_at: DateTime<Utc>,
        source: ForeignFile,
        location: Location,
    ) -> Result<(), CrawlError> {
        let response = record.response().ok();
        let head = response.map(|response| {
            let headers = response.headers.into_iter();
            let headers = headers.map(|(name, value)| (name, latin1(&value)));
            (response.status, headers.collect())
        });
        let status = head.as_ref().map(|(status, _): &(u16, Vec<_>)| *status);
        let facts = record.revisit();
        let said_so = facts
            .as_ref()
            .is_some_and(|facts| facts.profile == RevisitProfile::NotModified);
        let is_not_modified = said_so || status == Some(304);
        if !is_not_modified && status.is_some_and(|status| !is_of_use(status)) {
            self.report.pass(Passed::Status);
            return Ok(());
        }
        self.wait(WaitingRevisit {
            source,
            location,
            request,
            captured_at,
            head,
            digest: facts
                .as_ref()
                .and_then(|facts| Some(facts.payload_digest.as_ref()?.to_string())),
            record_id: facts.as_ref().and_then(|facts| facts.refers_to.clone()),
            uri: facts.as_ref().and_then(|facts| facts.target_uri.clone()),
            date: facts.as_ref().and_then(|facts| facts.target_date),
            is_not_modified,
        })
    }
}

/// A package, or a member of one, that can not be opened.
fn packing(words: String) -> Trouble {
    Trouble {
        offset: 0,
        inside: None,
        record_id: None,
        kind: TroubleKind::Packing,
        words,
    }
}

fn bare(text: &str) -> &str {
    text.trim().trim_start_matches('<').trim_end_matches('>')
}

fn names(record: &ForeignRecord) -> Names {
    let concurrent = record.fields.iter();
    let concurrent = concurrent.filter(|(name, _)| name.eq_ignore_ascii_case("WARC-Concurrent-To"));
    Names {
        id: record.id().map(str::to_owned),
        concurrent_to: concurrent
            .map(|(_, value)| bare(value).to_owned())
            .collect(),
        uri: record.target_uri().unwrap_or_default().to_owned(),
    }
}

/// What a request record asks; `None` if it is no HTTP request.
fn question(record: &ForeignRecord) -> Option<Question> {
    let request = record.request().ok()?;
    let is_body =
        request.is_whole && !request.body.is_empty() && request.body.len() <= MAX_QUESTION_BYTES;
    Some(Question {
        names: names(record),
        body: is_body.then(|| request.body.to_vec()),
        method: request.method,
    })
}

/// Every byte as the character of its number: bytes that come back as they were.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}
