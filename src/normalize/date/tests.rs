use super::*;

/// Article stamps of moh.gov.vn's Liferay (dossier, section 5).
const MOH_ARTICLE: &str = r#"
    formats = ["DD/MM/YYYY | HH:mm AM"]
    zone_is = "rule"
"#;
/// Stamps of the portal of 2026.
const PORTAL: &str = r#"
    formats = ["DD/MM/YYYY HH:mm AM"]
    marker = "twelve_hour"
"#;
/// Listing stamps of moh.gov.vn's Liferay.
const MOH_LISTING: &str = r#"
    formats = ["WEEKDAY, ngày DD/MM/YYYY HH:mm", "WEEKDAY YYYY-MM-DD HH:mm"]
    zone = "UTC"
    weekday_zone = "Asia/Ho_Chi_Minh"
    zone_is = "rule"
"#;
/// ncov.moh.gov.vn, articles and listings.
const NCOV: &str = r#"
    formats = ["(WEEKDAY, DD/MM/YYYY HH:mm)", "WEEKDAY, DD/MM/YYYY, HH:mm", "HH:mm DD/MM/YYYY"]
    zone_is = "rule"
"#;
/// A site that prints its zone, down to the second.
const STATED: &str = r#"
    formats = ["DD-MM-YYYY, HH:mm (ZONE)", "YYYY-MM-DD HH:mm:ss ZONE", "DD/MM/YYYY"]
"#;

fn read(rules: &str, text: &str) -> Result<(Published, usize), DateProblem> {
    let field: DateField = toml::from_str(rules).unwrap();
    read_date(
        &field,
        chrono_tz::Asia::Ho_Chi_Minh,
        text,
        DateFrom::Article,
    )
}

#[test]
fn a_stamp_becomes_a_point_in_time() {
    type Row<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str, &'a [DateFlag]);
    use DateFlag::{MarkerConflict, MarkerRedundant, WeekdayConflict};
    #[rustfmt::skip]
    let table: &[Row] = &[
        // what, rules, text, at, utc, flags
        ("S0", MOH_ARTICLE, "17/06/2023 | 21:00 PM", "2023-06-17T21:00:00+07:00", "2023-06-17T14:00:00Z", &[MarkerRedundant]),
        ("P3", MOH_ARTICLE, "25/03/2025 | 19:36 PM", "2025-03-25T19:36:00+07:00", "2025-03-25T12:36:00Z", &[MarkerRedundant]),
        ("S2", MOH_ARTICLE, "18/11/2022 | 10:30 AM", "2022-11-18T10:30:00+07:00", "2022-11-18T03:30:00Z", &[]),
        ("after midnight", MOH_ARTICLE, "18/11/2022 | 00:10 AM", "2022-11-18T00:10:00+07:00", "2022-11-17T17:10:00Z", &[]),
        ("noon", MOH_ARTICLE, "18/11/2022 | 12:05 PM", "2022-11-18T12:05:00+07:00", "2022-11-18T05:05:00Z", &[]),
        ("noon with AM", MOH_ARTICLE, "18/11/2022 | 12:05 AM", "2022-11-18T12:05:00+07:00", "2022-11-18T05:05:00Z", &[MarkerConflict]),
        ("evening with AM", MOH_ARTICLE, "18/11/2022 | 21:00 AM", "2022-11-18T21:00:00+07:00", "2022-11-18T14:00:00Z", &[MarkerConflict]),
        ("morning with PM", MOH_ARTICLE, "18/11/2022 | 09:00 PM", "2022-11-18T09:00:00+07:00", "2022-11-18T02:00:00Z", &[MarkerConflict]),
        ("one digit", MOH_ARTICLE, "8/1/2022 | 9:05 AM", "2022-01-08T09:05:00+07:00", "2022-01-08T02:05:00Z", &[]),
        ("twelve hours: midnight", PORTAL, "05/06/2026 12:05 AM", "2026-06-05T00:05:00+07:00", "2026-06-04T17:05:00Z", &[]),
        ("twelve hours: noon", PORTAL, "05/06/2026 12:05 PM", "2026-06-05T12:05:00+07:00", "2026-06-05T05:05:00Z", &[]),
        ("twelve hours: afternoon", PORTAL, "05/06/2026 01:30 PM", "2026-06-05T13:30:00+07:00", "2026-06-05T06:30:00Z", &[]),
        ("twelve hours: morning", PORTAL, "05/06/2026 01:30 AM", "2026-06-05T01:30:00+07:00", "2026-06-04T18:30:00Z", &[]),
        ("twelve hours: 21 PM", PORTAL, "05/06/2026 21:00 PM", "2026-06-05T21:00:00+07:00", "2026-06-05T14:00:00Z", &[MarkerConflict]),
        ("twelve hours: 0 AM", PORTAL, "05/06/2026 00:10 AM", "2026-06-05T00:10:00+07:00", "2026-06-04T17:10:00Z", &[MarkerConflict]),
        ("listing", MOH_LISTING, "Thứ Ba, ngày 29/04/2025 09:07", "2025-04-29T16:07:00+07:00", "2025-04-29T09:07:00Z", &[]),
        ("weekday of the next day", MOH_LISTING, "Thứ Ba, ngày 16/02/2026 18:11", "2026-02-17T01:11:00+07:00", "2026-02-16T18:11:00Z", &[]),
        ("the other deciding stamp", MOH_LISTING, "Thứ Tư, ngày 28/01/2025 18:32", "2025-01-29T01:32:00+07:00", "2025-01-28T18:32:00Z", &[]),
        ("other Saturday", MOH_LISTING, "Thứ Bẩy, ngày 26/04/2025 03:05", "2025-04-26T10:05:00+07:00", "2025-04-26T03:05:00Z", &[]),
        ("Sunday", MOH_LISTING, "Chủ Nhật, ngày 27/04/2025 08:13", "2025-04-27T15:13:00+07:00", "2025-04-27T08:13:00Z", &[]),
        ("English listing", MOH_LISTING, "Friday 2025-07-18 08:43", "2025-07-18T15:43:00+07:00", "2025-07-18T08:43:00Z", &[]),
        ("weekday as if it were UTC's", MOH_LISTING, "Thứ Hai, ngày 16/02/2026 18:11", "2026-02-17T01:11:00+07:00", "2026-02-16T18:11:00Z", &[WeekdayConflict]),
        ("ncov article", NCOV, "(Thứ bảy, 22/05/2021 11:38)", "2021-05-22T11:38:00+07:00", "2021-05-22T04:38:00Z", &[]),
        ("ncov listing", NCOV, "Monday, 24/05/2021, 22:38", "2021-05-24T22:38:00+07:00", "2021-05-24T15:38:00Z", &[]),
        ("ncov, time first", NCOV, "22:38 24/05/2021", "2021-05-24T22:38:00+07:00", "2021-05-24T15:38:00Z", &[]),
        ("ncov, wrong weekday", NCOV, "(Thứ sáu, 22/05/2021 11:38)", "2021-05-22T11:38:00+07:00", "2021-05-22T04:38:00Z", &[WeekdayConflict]),
        ("stated zone", STATED, "05-02-2024, 14:30 (GMT+7)", "2024-02-05T14:30:00+07:00", "2024-02-05T07:30:00Z", &[]),
        ("another stated zone", STATED, "2024-02-05 23:30:05 Z", "2024-02-06T06:30:05+07:00", "2024-02-05T23:30:05Z", &[]),
        ("day only", STATED, "29/02/2024", "2024-02-29T00:00:00+07:00", "2024-02-28T17:00:00Z", &[]),
    ];
    for (what, rules, text, at, utc, flags) in table {
        let (published, rest) = read(rules, text).expect(what);
        assert_eq!(
            (published.at.as_str(), published.utc.as_str()),
            (*at, *utc),
            "{what}"
        );
        assert_eq!(published.flags, *flags, "{what}");
        assert_eq!(
            (published.raw.as_str(), rest),
            (*text, text.len()),
            "{what}"
        );
    }
}

#[test]
fn how_sure_it_is_is_said() {
    #[rustfmt::skip]
    let table = [
        ("ruled", MOH_ARTICLE, "17/06/2023 | 21:00 PM", DateZone::Rule, Precision::Minute),
        ("assumed", PORTAL, "05/06/2026 01:30 PM", DateZone::Assumed, Precision::Minute),
        ("stated", STATED, "05-02-2024, 14:30 (GMT+7)", DateZone::Stated, Precision::Minute),
        ("seconds", STATED, "2024-02-05 23:30:05 Z", DateZone::Stated, Precision::Second),
        ("a day", STATED, "5/2/2024", DateZone::Assumed, Precision::Day),
    ];
    for (what, rules, text, zone, precision) in table {
        let (published, _) = read(rules, text).expect(what);
        assert_eq!(
            (published.zone, published.precision),
            (zone, precision),
            "{what}"
        );
    }
}

#[test]
fn glued_text_is_left_over() {
    #[rustfmt::skip]
    let table = [
        ("a word", "Thứ Ba, ngày 29/04/2025 09:07Sáng nay (29/4)", "Sáng nay (29/4)"),
        ("a space", "Thứ Ba, ngày 29/04/2025 09:07 Sáng nay", " Sáng nay"),
        ("a number", "Thứ Hai, ngày 17/03/2025 09:20500.000 liều", "500.000 liều"),
        ("English", "Friday 2025-07-18 08:43Sáng 17/7", "Sáng 17/7"),
    ];
    for (what, text, expected) in table {
        let (published, rest) = read(MOH_LISTING, text).expect(what);
        assert_eq!(text.get(rest..), Some(expected), "{what}");
        assert!(text.starts_with(&published.raw), "{what}");
        assert_eq!(published.raw, published.raw.trim(), "{what}");
    }
}

#[test]
fn what_is_no_date_says_why() {
    #[rustfmt::skip]
    let table = [
        ("empty", MOH_ARTICLE, "", "the date text is empty"),
        ("prose", MOH_ARTICLE, "năm 2025", "`năm 2025` has none of the date shapes `DD/MM/YYYY | HH:mm AM`"),
        ("prose with a day", STATED, "Sáng 29/4/2025, tại Hà Nội", "`Sáng 29/4/2025, tại Hà Nội` has none of the date shapes"),
        ("two-digit year", MOH_ARTICLE, "17/06/23 | 21:00 PM", "the year in `17/06/23 | 21:00 PM` has two digits only"),
        ("31 April", MOH_ARTICLE, "31/04/2025 | 09:00 AM", "`31/04/2025 | 09:00 AM` is no day: there is no day 31 of month 4 in 2025"),
        ("29 February", STATED, "29/02/2023", "there is no day 29 of month 2 in 2023"),
        ("month 13", MOH_ARTICLE, "01/13/2025 | 09:00 AM", "there is no day 1 of month 13 in 2025"),
        ("day 0", MOH_ARTICLE, "00/01/2025 | 09:00 AM", "there is no day 0 of month 1"),
        ("hour 24", MOH_ARTICLE, "01/01/2025 | 24:00 PM", "`01/01/2025 | 24:00 PM` is no time of day"),
        ("minute 60", MOH_ARTICLE, "01/01/2025 | 09:60 AM", "is no time of day"),
        ("hour 99 on 12 hours", PORTAL, "01/01/2025 99:00 PM", "is no time of day"),
        ("a default", STATED, "01/01/0001", "`01/01/0001` is before 1990"),
        ("no shape", "", "17/06/2023", "the profile has no date shape for `17/06/2023`"),
        ("a longer year", STATED, "17/06/20231", "has none of the date shapes"),
    ];
    for (what, rules, text, expected) in table {
        let problem = read(rules, text).unwrap_err();
        assert!(problem.to_string().contains(expected), "{what}: {problem}");
        assert!(!problem.advice().is_empty(), "{what}");
    }
}

#[test]
fn a_clock_that_is_put_back_is_not_guessed() {
    let field: DateField =
        toml::from_str("formats = [\"DD/MM/YYYY HH:mm\"]\nzone = \"Europe/Paris\"").unwrap();
    let zone = chrono_tz::Asia::Ho_Chi_Minh;
    for text in ["26/10/2025 02:30", "30/03/2025 02:30"] {
        let problem = read_date(&field, zone, text, DateFrom::Listing).unwrap_err();
        assert_eq!(
            problem.to_string(),
            format!("the clock of Europe/Paris showed `{text}` never or twice")
        );
    }
}

#[test]
fn a_long_text_makes_a_short_message() {
    let problem = read(MOH_ARTICLE, &"dài ".repeat(10_000)).unwrap_err();
    assert!(problem.to_string().chars().count() < 200);
}
