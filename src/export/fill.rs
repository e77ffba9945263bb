//! Fill: what the cells of a record's tables hold: an [`Article`] in, its rows out.
//!
//! Nothing is invented: what is unknown is [`Cell::Empty`]. Every column of times has one offset,
//! whatever the record holds. Not here: versions and changes ([`super::history`]).

use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};

use super::changes::place;
use super::columns::{
    ARTICLE_COLUMNS, ATTACHMENT_COLUMNS, IMAGE_COLUMNS, LISTING_COLUMNS, RELATED_COLUMNS,
};
use super::row::{Cell, Row};
use crate::model::{
    Archived, ArchivedFile, Article, CaptureRef, DateFrom, DateZone, Precision, ProfileRef,
    Published, Sequence,
};

/// Digits of a profile's digest in the `profile` column: enough to tell profiles apart, short
/// enough to read. Our choice.
const DIGEST_DIGITS: usize = 12;
/// Vietnam's offset from UTC, without summer time since 1975.
const VIETNAM_SECONDS_EAST: i32 = 7 * 3600;

/// The number of words in a text: runs between white space that hold at least one letter or digit.
/// Vietnamese writes a space after each syllable, so a syllable counts as one.
///
/// # Examples
/// ```
/// assert_eq!(khotin::export::word_count("Bộ Y tế – ngày 17/06/2023"), 5);
/// ```
pub fn word_count(text: &str) -> usize {
    text.split_whitespace()
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .count()
}

/// The profile as it stands in tables and in the manifest: `moh/article@0123456789ab`.
pub fn profile_name(profile: &ProfileRef) -> String {
    let digest: String = profile.digest.chars().take(DIGEST_DIGITS).collect();
    match &profile.layout {
        Some(layout) => format!("{}/{layout}@{digest}", profile.site),
        None => format!("{}@{digest}", profile.site),
    }
}

/// The day of publication in Vietnam's time.
pub(super) fn published_day(published: &Published) -> Option<chrono::NaiveDate> {
    Some(vietnam_time(&published.at)?.date_naive())
}

/// One row.
pub(super) fn article_rows(article: &Article) -> Vec<Row<'_>> {
    vec![Row::new(article_cells(article))]
}

fn article_cells(article: &Article) -> [Cell<'_>; ARTICLE_COLUMNS.len()] {
    let published = article.published.as_ref();
    let at = published.and_then(|published| vietnam_time(&published.at));
    let time_of_day = published
        .filter(|published| published.precision != Precision::Day)
        .and(at);
    let source = article.source.as_ref();
    let capture = current_capture(article);
    let is_read = !article.versions.is_empty();
    let count_if_read = |count| is_read.then(|| Cell::count(count));
    [
        article.key.as_str().into(),
        article.site.as_str().into(),
        article.state.as_str().into(),
        article.synthetic.into(),
        article.title.as_ref().into(),
        article.lead.as_ref().into(),
        at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, false))
            .into(),
        published
            .and_then(|published| utc_seconds(&published.utc))
            .into(),
        at.map(|at| at.format("%Y-%m-%d").to_string()).into(),
        time_of_day
            .map(|at| at.format("%H:%M:%S").to_string())
            .into(),
        published.map(|published| &published.raw).into(),
        published.map(|published| from_word(published.from)).into(),
        published.map(|published| zone_word(published.zone)).into(),
        Cell::joined(&article.flags),
        Cell::joined(&article.sections),
        source.map(|source| &source.name).into(),
        source.map(|source| &source.raw).into(),
        source.map(|source| source.is_reprint).into(),
        article.author.as_ref().into(),
        article.language.as_ref().into(),
        article
            .text
            .as_ref()
            .map(|text| Cell::count(word_count(text)))
            .into(),
        count_if_read(article.images.len()).into(),
        count_if_read(article.attachments.len()).into(),
        count_if_read(article.related.len()).into(),
        Cell::count(article.versions.len()),
        article.work.as_ref().map(|work| work.as_str()).into(),
        article
            .same_as
            .as_ref()
            .map(|partner| partner.strength.as_str())
            .into(),
        article.url.as_str().into(),
        utc(&article.first_seen),
        utc(&article.last_seen),
        capture.map(|capture| utc(&capture.time)).into(),
        capture.map(|capture| capture.via.as_str()).into(),
        capture.map(|capture| &capture.warc_file).into(),
        capture
            .map(|capture| Cell::Number(capture.warc_offset))
            .into(),
        capture.map(|capture| &capture.warc_record_id).into(),
        capture.map(|capture| &capture.payload_sha256).into(),
        profile_name(&article.profile).into(),
        article.text.as_ref().into(),
    ]
}

pub(super) fn image_rows(article: &Article) -> Vec<Row<'_>> {
    let rows = article.images.iter().map(|image| {
        let archived = image.archived.as_ref().and_then(Archived::file);
        let cells: [Cell<'_>; IMAGE_COLUMNS.len()] = [
            article.key.as_str().into(),
            Cell::count(image.position),
            image.url.as_ref().into(),
            image.original_url.as_ref().into(),
            image.alt.as_ref().into(),
            image.caption.as_ref().into(),
            image.credit.as_ref().into(),
            image.caption_raw.as_ref().into(),
            Cell::count(image.after_block),
            image.inferred.into(),
            place_cell(archived),
            archived.and_then(|file| file.content_type.as_ref()).into(),
            bytes_cell(archived),
            archived.map(|file| &file.payload_sha256).into(),
            why_not(image.archived.as_ref()),
            place_cell(image.original_archived.as_ref().and_then(Archived::file)),
            why_not(image.original_archived.as_ref()),
        ];
        Row::new(cells)
    });
    rows.collect()
}

pub(super) fn related_rows(article: &Article) -> Vec<Row<'_>> {
    let rows = article.related.iter().map(|related| {
        let cells: [Cell<'_>; RELATED_COLUMNS.len()] = [
            article.key.as_str().into(),
            Cell::count(related.position),
            related.title.as_str().into(),
            related.url.as_ref().into(),
            related.key.as_ref().into(),
        ];
        Row::new(cells)
    });
    rows.collect()
}

pub(super) fn attachment_rows(article: &Article) -> Vec<Row<'_>> {
    let rows = (1_usize..)
        .zip(&article.attachments)
        .map(|(position, file)| {
            let archived = file.archived.as_ref().and_then(Archived::file);
            let cells: [Cell<'_>; ATTACHMENT_COLUMNS.len()] = [
                article.key.as_str().into(),
                Cell::count(position),
                file.label.as_str().into(),
                file.url.as_ref().into(),
                file.media_type.as_ref().into(),
                place_cell(archived),
                archived.and_then(|file| file.content_type.as_ref()).into(),
                bytes_cell(archived),
                archived.map(|file| &file.payload_sha256).into(),
                why_not(file.archived.as_ref()),
            ];
            Row::new(cells)
        });
    rows.collect()
}

/// Where a file of an article stands: WARC file, `#`, offset.
fn place_cell(file: Option<&ArchivedFile>) -> Cell<'_> {
    file.map(|file| format!("{}#{}", file.warc_file, file.warc_offset))
        .into()
}

fn bytes_cell(file: Option<&ArchivedFile>) -> Cell<'_> {
    file.map(|file| Cell::Number(file.bytes)).into()
}

fn why_not(archived: Option<&Archived>) -> Cell<'_> {
    archived.and_then(Archived::why_missing).into()
}

pub(super) fn listing_rows(article: &Article) -> Vec<Row<'_>> {
    let rows = article.listed.iter().map(|listed| {
        let item = &listed.item;
        let published = item.published.as_ref();
        let at = published.and_then(|published| vietnam_time(&published.at));
        let capture = capture_of(article, listed.capture);
        let cells: [Cell<'_>; LISTING_COLUMNS.len()] = [
            article.key.as_str().into(),
            item.section.as_ref().map(|section| section.as_str()).into(),
            Cell::count(item.position),
            item.title.as_ref().into(),
            item.stamp_raw.as_ref().into(),
            published
                .and_then(|published| utc_seconds(&published.utc))
                .into(),
            at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, false))
                .into(),
            item.summary.as_ref().into(),
            item.summary.as_ref().map(|_| item.summary_cut).into(),
            capture
                .map(|capture| format!("{}#{}", capture.warc_file, capture.warc_offset))
                .into(),
        ];
        Row::new(cells)
    });
    rows.collect()
}

/// The capture that the current fields were read from: that of the newest version, or of the newest
/// listing while no version is known.
pub(super) fn current_capture(article: &Article) -> Option<&CaptureRef> {
    let of_version = article.versions.last().map(|version| version.capture);
    let of_listing = article.listed.iter().map(|listed| listed.capture);
    let of_listing = of_listing.max_by_key(|capture| place(article, *capture));
    capture_of(article, of_version.or(of_listing)?)
}

pub(super) fn capture_of(article: &Article, sequence: Sequence) -> Option<&CaptureRef> {
    let mut captures = article.captures.iter();
    captures.find(|capture| capture.sequence == sequence)
}

pub(super) fn vietnam_time(text: &str) -> Option<DateTime<FixedOffset>> {
    let zone = FixedOffset::east_opt(VIETNAM_SECONDS_EAST)?;
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    Some(time.with_timezone(&zone))
}

fn utc_seconds(text: &str) -> Option<String> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    let time = time.with_timezone(&Utc);
    Some(time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// A time of ours, as it stands in the record; put to UTC should it say another offset.
pub(super) fn utc(text: &str) -> Cell<'_> {
    match DateTime::parse_from_rfc3339(text) {
        Err(_) => Cell::Empty,
        Ok(_) if text.ends_with('Z') => text.into(),
        Ok(time) => time
            .with_timezone(&Utc)
            .to_rfc3339_opts(SecondsFormat::AutoSi, true)
            .into(),
    }
}

fn from_word(from: DateFrom) -> &'static str {
    match from {
        DateFrom::Article => "article",
        DateFrom::Api => "api",
        DateFrom::Listing => "listing",
    }
}

fn zone_word(zone: DateZone) -> &'static str {
    match zone {
        DateZone::Stated => "stated",
        DateZone::Rule => "rule",
        DateZone::Assumed => "assumed",
    }
}
