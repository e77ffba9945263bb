//! The columns of every table, defined once: writers, tests and `docs/exports.md` all take them
//! from here. What a cell holds is [`super::row`]'s work.

/// What the cells of a column are. An empty cell is always allowed and means "unknown".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words.
    Text,
    /// A whole number from 0.
    Number,
    /// `true` or `false`.
    Boolean,
    /// RFC 3339 in UTC, ended by `Z`.
    TimeUtc,
    /// RFC 3339 in Vietnam's time, ended by `+07:00`.
    TimeVietnam,
    /// `YYYY-MM-DD` in Vietnam's time.
    Date,
    /// `HH:MM:SS` in Vietnam's time.
    TimeOfDay,
}

impl Kind {
    /// The word in the data dictionary.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Boolean => "true or false",
            Self::TimeUtc => "time UTC",
            Self::TimeVietnam => "time +07:00",
            Self::Date => "date",
            Self::TimeOfDay => "time of day",
        }
    }
}

/// One column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name in the header row.
    pub name: &'static str,
    /// What its cells are.
    pub kind: Kind,
    /// What its cells hold, for the data dictionary.
    pub about: &'static str,
}

const fn column(name: &'static str, kind: Kind, about: &'static str) -> Column {
    Column { name, kind, about }
}

/// `articles.csv`: one row an article.
#[rustfmt::skip]
pub const ARTICLE_COLUMNS: [Column; 36] = [
    column("key", Kind::Text, "name of the article in this archive, the same for ever: site, platform, id"),
    column("site", Kind::Text, "short name of the ministry: `moh`; `demo` is never news"),
    column("state", Kind::Text, "`listed` (known from a listing only), `live`, `gone` (404 or 410), `soft_gone` (answered, but nothing there), `back` (seen again after it was gone)"),
    column("synthetic", Kind::Boolean, "true for an article made up by the demo ministry: never news"),
    column("title", Kind::Text, "headline"),
    column("lead", Kind::Text, "lead paragraph (sapo)"),
    column("published_at", Kind::TimeVietnam, "when it was published; where the page prints only a day, the first second of it, and `published_time` is empty"),
    column("published_utc", Kind::TimeUtc, "the same moment in UTC"),
    column("published_date", Kind::Date, "the day of `published_at`"),
    column("published_time", Kind::TimeOfDay, "the time of day of `published_at`; empty where the page prints only a day"),
    column("published_raw", Kind::Text, "the date as the page prints it"),
    column("published_from", Kind::Text, "which text the date was read from: `article`, `api`, `listing`"),
    column("published_zone", Kind::Text, "where the time zone comes from: `stated` by the text, `rule` of the site's profile, `assumed`"),
    column("flags", Kind::Text, "what is odd, as stable words joined by `; `"),
    column("sections", Kind::Text, "sections and categories that showed it, joined by `; `"),
    column("source_name", Kind::Text, "name in the source line: `Suckhoedoisong.vn`"),
    column("source_raw", Kind::Text, "the source line as the page prints it"),
    column("is_reprint", Kind::Boolean, "true when the source is not the site itself; empty when there is no source line"),
    column("author", Kind::Text, "author line"),
    column("language", Kind::Text, "BCP 47 language of the text"),
    column("words", Kind::Number, "words of `text`: runs between white space with at least one letter or digit; a Vietnamese syllable is one"),
    column("images", Kind::Number, "number of rows in images.csv; empty while only a listing is known"),
    column("attachments", Kind::Number, "number of rows in attachments.csv; empty while only a listing is known"),
    column("related", Kind::Number, "number of rows in related.csv; empty while only a listing is known"),
    column("versions", Kind::Number, "how many different contents were seen one after the other; 0 while only a listing is known"),
    column("url", Kind::Text, "public address"),
    column("first_seen_utc", Kind::TimeUtc, "first capture that showed it"),
    column("last_seen_utc", Kind::TimeUtc, "last capture that showed it, not the one that found it gone"),
    column("captured_utc", Kind::TimeUtc, "when the capture was asked that this row's content was read from; this and the next five columns are of that one capture"),
    column("capture_via", Kind::Text, "`direct`, or `override` for a mirror or test server named in the configuration"),
    column("warc_file", Kind::Text, "WARC file that holds the capture"),
    column("warc_offset", Kind::Number, "first byte of the record in that file"),
    column("warc_record_id", Kind::Text, "`WARC-Record-ID` without angle brackets"),
    column("payload_sha256", Kind::Text, "SHA-256 of the stored payload, hex"),
    column("profile", Kind::Text, "the rules that read it: site, `/`, layout, `@`, first 12 digits of the profile's SHA-256; without `/` when no layout fitted"),
    column("text", Kind::Text, "body, blocks joined by an empty line; no lead, captions or source line in it; empty while only a listing is known"),
];

/// `images.csv`: one row a picture, or a caption whose picture is missing.
#[rustfmt::skip]
pub const IMAGE_COLUMNS: [Column; 10] = [
    column("key", Kind::Text, "the article's `key`"),
    column("position", Kind::Number, "place in the article, from 1"),
    column("url", Kind::Text, "address in the page; empty when only a caption is there"),
    column("original_url", Kind::Text, "address of the original where the profile knows how to get from a thumbnail to it"),
    column("alt", Kind::Text, "alternative text"),
    column("caption", Kind::Text, "caption without credit"),
    column("credit", Kind::Text, "credit without the word before it: `K.V`"),
    column("caption_raw", Kind::Text, "caption line as the page prints it"),
    column("after_block", Kind::Number, "number of blocks other than pictures before it, 0 at the very beginning"),
    column("inferred", Kind::Boolean, "true when no markup ties this caption to a picture, or no picture to the caption"),
];

/// `related.csv`: one row a title under "Tin liên quan".
#[rustfmt::skip]
pub const RELATED_COLUMNS: [Column; 5] = [
    column("key", Kind::Text, "`key` of the article that prints the list"),
    column("position", Kind::Number, "place in the list, from 1"),
    column("title", Kind::Text, "title as listed, leading dash dropped"),
    column("url", Kind::Text, "its link; empty when the page has none"),
    column("related_key", Kind::Text, "`key` of the article that it leads to, where the link tells"),
];

/// `attachments.csv`: one row a file that an article offers.
#[rustfmt::skip]
pub const ATTACHMENT_COLUMNS: [Column; 5] = [
    column("key", Kind::Text, "the article's `key`"),
    column("position", Kind::Number, "place in the article, from 1"),
    column("label", Kind::Text, "words of the link, or the line that promises the file"),
    column("url", Kind::Text, "its address; empty when the page promises a file but the link is lost"),
    column("media_type", Kind::Text, "media type guessed from the ending of the file name"),
];

/// `listings.csv`: one row an article and section that listed it, as its newest listing said.
#[rustfmt::skip]
pub const LISTING_COLUMNS: [Column; 10] = [
    column("key", Kind::Text, "the article's `key`"),
    column("section", Kind::Text, "section of the listing; empty for a listing that stands beside another article"),
    column("position", Kind::Number, "place in the listing page, from 1"),
    column("title", Kind::Text, "title as listed"),
    column("stamp_raw", Kind::Text, "date stamp as listed"),
    column("published_utc", Kind::TimeUtc, "moment of the stamp in UTC"),
    column("published_at", Kind::TimeVietnam, "the same moment in Vietnam's time"),
    column("abstract", Kind::Text, "abstract as listed, without a stamp glued to it"),
    column("abstract_cut", Kind::Boolean, "true when the site itself cut the abstract (it ends in three dots); empty without abstract"),
    column("capture", Kind::Text, "capture of the listing: WARC file, `#`, first byte of the record in that file"),
];

/// The column that only `articles-excel.csv` has, after all of [`ARTICLE_COLUMNS`].
pub const CUT_CELLS_COLUMN: Column = column(
    "cut_cells",
    Kind::Text,
    "names of the columns whose cell of this row was cut to what a spreadsheet holds, joined by `; `; only in articles-excel.csv",
);
