//! Pages: a folder of saved pages in, answers of configured sites out.

use super::files::{Source, page_bytes, pages};
use super::taker::{Answer, Taker};
use crate::foreign::{Trouble, TroubleKind};
use crate::import::judge::{Asked, Passed, is_of_use};
use crate::model::{ForeignFile, Location};
use crate::pipeline::CrawlError;

impl Taker<'_> {
    /// Takes the pages of a folder, in the order of their names.
    pub(super) fn take_pages(&mut self, source: &Source) -> Result<(), CrawlError> {
        for page in pages(&source.path)? {
            if self.is_stopped() {
                return Ok(());
            }
            self.report.record("page");
            self.read_past(0);
            let method = page.body.as_ref().map(|_| "POST");
            let asked = Asked {
                method,
                uri: &page.url,
                body: page.body.as_deref().map(str::as_bytes),
            };
            let request = match self.judge(asked) {
                Err(passed) => {
                    self.report.pass(passed);
                    continue;
                }
                Ok(_) if !self.is_time(page.time) => {
                    self.report.pass(Passed::Time);
                    continue;
                }
                Ok(_) if !is_of_use(page.status) => {
                    self.report.pass(Passed::Status);
                    continue;
                }
                Ok(request) => request,
            };
            let body = match page_bytes(&source.path, &page) {
                Ok(body) => body,
                Err(error) => {
                    let trouble = Trouble {
                        offset: 0,
                        inside: None,
                        record_id: None,
                        kind: TroubleKind::Unreadable,
                        words: format!("the page can not be read: {error}"),
                    };
                    self.trouble(source, Some(&page.file), &trouble)?;
                    continue;
                }
            };
            let media_type = page.media_type().into_bytes();
            self.take(Answer {
                request,
                captured_at: page.time,
                status: page.status,
                headers: vec![("content-type".to_owned(), media_type)],
                body,
                truncated: None,
                said_digest: None,
                is_revisit: false,
                source: ForeignFile {
                    sha256: source.sha256(),
                    member: Some(page.file),
                },
                location: Location {
                    file: source.name.clone(),
                    offset: 0,
                    length: 0,
                    record_id: String::new(),
                },
            })?;
        }
        Ok(())
    }
}
