//! Articles that the demo ministry does not have: `cargo run --example odd_export -- FOLDER`.
//!
//! Writes FOLDER/whole (JSON lines, Parquet) and FOLDER/parted (Parquet by site and year) of the same
//! articles, for programs that we did not write to read (tests/interop/formats.sh): without a date, with a
//! day only, known from a listing only, with empty lists, with control characters, of many years, and of a
//! site whose name a path can not hold as it is.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a helper of tests may end a test"
)]

use khotin::export::{ExportOptions, ExportQuery, Format, Partition, export};
use khotin::model::{Article, ArticleKey, Precision, Published, SiteId};
use support::{article, listed_article, now, published};

#[expect(
    dead_code,
    reason = "made for tests; only articles and the clock are needed here"
)]
#[path = "../tests/export/support.rs"]
mod support;

fn main() {
    let folder = std::env::args().nth(1).unwrap();
    for (name, formats, partition) in [
        (
            "whole",
            vec![Format::Jsonl, Format::Parquet],
            Partition::None,
        ),
        ("parted", vec![Format::Parquet], Partition::SiteYear),
    ] {
        let mut options = ExportOptions::new(&folder, name);
        options.formats = formats.into_iter().collect();
        options.partition = partition;
        let articles = odd_articles().into_iter().map(Ok::<_, String>);
        let report = export(articles, ExportQuery::default(), &options, now());
        println!("{}", report.unwrap().folder.display());
    }
}

fn odd_articles() -> Vec<Article> {
    let mut articles = vec![
        Article {
            published: None,
            ..keyed("undated", article())
        },
        Article {
            published: Some(Published {
                precision: Precision::Day,
                ..of_year(2024, "-02-29T00:00:00+07:00")
            }),
            ..keyed("day-only", article())
        },
        keyed("listed", listed_article()),
        Article {
            images: Vec::new(),
            related: Vec::new(),
            attachments: Vec::new(),
            flags: Vec::new(),
            sections: Vec::new(),
            listed: Vec::new(),
            lead: Some(String::new()),
            ..keyed("empty-lists", article())
        },
        Article {
            title: Some("a\0b\r\n=1+1 \u{1b}[2J\u{feff}\u{202e}".to_owned()),
            text: Some("ế".repeat(40_000)),
            ..keyed("control-characters", article())
        },
        Article {
            site: SiteId::new("a.b/c d"),
            ..keyed("other-site", article())
        },
    ];
    articles.extend((1950..2030).map(|year| Article {
        published: Some(of_year(year, "-01-01T00:30:00+07:00")), // the year before in UTC
        ..keyed(&format!("of-{year}"), article())
    }));
    articles
}

fn keyed(key: &str, article: Article) -> Article {
    Article {
        key: ArticleKey::new(format!("moh:liferay:{key}")),
        ..article
    }
}

fn of_year(year: i32, rest: &str) -> Published {
    let at = format!("{year}{rest}");
    let utc = chrono::DateTime::parse_from_rfc3339(&at).unwrap().to_utc();
    Published {
        utc: utc.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        at,
        ..published()
    }
}
