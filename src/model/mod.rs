//! The words of khotin as types. Data only: no I/O, no clock, no selectors.
//!
//! The order is the order in which a thing comes to be: a [`Request`] is asked, its [`Exchange`] is
//! archived and, if it was answered, is a [`Capture`]; reading a capture gives a [`Page`];
//! normalizing a page gives [`Observation`]s; the fold of all observations of one [`ArticleKey`] is
//! an [`Article`].

mod archived;
mod article;
mod capture;
mod content;
mod id;
mod observation;
mod page;
mod request;
mod same;
mod words;

pub use archived::{Archived, ArchivedFile};
pub use article::{
    Article, CaptureRef, CaptureUse, EvidenceRef, ForeignFile, Listed, State, StateSpan, Version,
};
pub use capture::{
    Answer, Capture, Exchange, Failure, FailureKind, HttpVersion, Location, TlsSession, Truncation,
    Via,
};
pub use content::{
    Attachment, Block, Content, DateFlag, DateFrom, DateZone, Embed, Image, Link, Precision,
    Published, Related, Source,
};
pub use id::{ArticleKey, RunId, SectionId, Sequence, SiteId};
pub use observation::{FieldEvidence, ListedItem, Observation, Sighting};
pub use page::{
    ArticleDraft, Evidence, Field, Listing, ListingItem, Page, PageRead, ProfileRef, RelatedDraft,
    Warning,
};
pub use request::{Method, Purpose, Request, RequestKey};
pub use same::{SameAs, SameEvidence, Strength, TextDigest, TitleDate};
pub(crate) use words::plain;
