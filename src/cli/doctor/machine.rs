//! Machine: room on the disk, who may write where, and stored times that lie in the future. Nothing is
//! written to find out.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use rustix::fs::Access;

use super::finding::{Check, Finding};
use crate::cli::say::{minute, say, size};
use crate::cli::status::{Disk, Forecast};
use crate::lang::words;
use crate::pipeline::{archive_folder, database};

/// With room for fewer days a person should look (our choice).
const DAYS_LEFT: u64 = 30;
/// A stored time may lie so far in the future: clocks are set by small steps (our choice).
const FUTURE: TimeDelta = TimeDelta::minutes(2);

/// Room, now and by the forecast.
pub(super) fn disk(disk: Disk, forecast: Option<&Forecast>) -> Finding {
    let Some(free) = disk.free else {
        return Finding::warn(
            Check::Disk,
            say(words(
                "the system does not tell how much is free",
                "hệ thống không cho biết còn trống bao nhiêu",
            )),
            say(words(
                "look at it yourself from time to time: a run ends when the disk is full",
                "thỉnh thoảng tự kiểm tra: lượt chạy sẽ dừng khi đĩa đầy",
            )),
        );
    };
    let room = say(words(
        "{free} free, `min_free_bytes` keeps {kept}",
        "còn trống {free}, `min_free_bytes` chừa {kept}",
    ))
    .with("free", size(free))
    .with("kept", size(disk.min_free));
    let make_room = say(words(
        "make room, move `output` to a larger disk, or lower `min_free_bytes`",
        "dọn bớt, chuyển `output` sang đĩa lớn hơn, hoặc hạ `min_free_bytes`",
    ));
    if free < disk.min_free {
        return Finding::fail(Check::Disk, room, make_room);
    }
    if free / 2 < disk.min_free {
        return Finding::warn(Check::Disk, room, make_room);
    }
    match forecast.and_then(|forecast| forecast.days_left) {
        Some(days) if days < DAYS_LEFT => Finding::warn(
            Check::Disk,
            say(words(
                "{free} free; full in {days} days at the pace of the last 30",
                "còn trống {free}; với mức 30 ngày qua sẽ đầy sau {days} ngày",
            ))
            .with("free", size(free))
            .with("days", days),
            make_room,
        ),
        _ => Finding::ok(Check::Disk, room),
    }
}

/// Where a crawl, an export and a report write: each folder that is there, or the nearest one above it.
pub(super) fn rights(output: &Path) -> Vec<Finding> {
    let mut places = vec![output.to_owned()];
    let below = [
        archive_folder(output),
        output.join("exports"),
        output.join("reports"),
        database(output),
        output.join("khotin.lock"),
    ];
    places.extend(below.into_iter().filter(|place| place.exists()));
    let denied: Vec<(PathBuf, std::io::Error)> = places
        .iter()
        .filter_map(|place| Some((place.clone(), may_write(place).err()?)))
        .collect();
    let mut findings: Vec<Finding> = denied
        .into_iter()
        .map(|(place, error)| {
            Finding::fail(
                Check::Rights,
                say(words(
                    "can not write {place}: {error}",
                    "không ghi được {place}: {error}",
                ))
                .with("place", place.display())
                .with("error", error),
                say(words(
                    "run khotin as the user who owns the folder, give this user the right, or mount the disk \
                     for writing",
                    "chạy khotin bằng người dùng sở hữu thư mục, cấp quyền cho người dùng này, hoặc gắn đĩa ở \
                     chế độ ghi được",
                )),
            )
        })
        .collect();
    if findings.is_empty() {
        findings.push(match owner_of_another(&places) {
            Some(finding) => finding,
            None => Finding::ok(
                Check::Rights,
                say(words("may write {output}", "được ghi vào {output}"))
                    .with("output", output.display()),
            ),
        });
    }
    findings
}

/// Asks the system whether this user may; of what is not there, the nearest folder above.
fn may_write(place: &Path) -> std::io::Result<()> {
    let there = place.ancestors().find(|level| level.exists());
    let there = there.filter(|level| !level.as_os_str().is_empty());
    let there = there.unwrap_or(Path::new("."));
    if there != place && !there.is_dir() {
        return Err(std::io::ErrorKind::NotADirectory.into());
    }
    let wish = if there.is_dir() {
        Access::WRITE_OK | Access::EXEC_OK
    } else {
        Access::WRITE_OK
    };
    Ok(rustix::fs::access(there, wish)?)
}

/// Files of different owners: one of them was made by another user, most often by a `sudo` once.
fn owner_of_another(places: &[PathBuf]) -> Option<Finding> {
    let owner = |place: &PathBuf| Some((place.clone(), std::fs::metadata(place).ok()?.uid()));
    let owners: Vec<(PathBuf, u32)> = places.iter().filter_map(owner).collect();
    let ((first, expected), rest) = owners.split_first()?;
    let (place, found) = rest.iter().find(|(_, found)| found != expected)?;
    Some(Finding::warn(
        Check::Rights,
        say(words(
            "{place} belongs to user {found}, and {first} to user {expected}",
            "{place} thuộc người dùng {found}, còn {first} thuộc người dùng {expected}",
        ))
        .with("place", place.display())
        .with("found", found)
        .with("first", first.display())
        .with("expected", expected),
        say(words(
            "give all of it to the user who crawls: chown -R USER {first}",
            "giao tất cả cho người dùng chạy thu thập: chown -R NGƯỜI_DÙNG {first}",
        ))
        .with("first", first.display()),
    ))
}

/// The latest time in the store against the clock.
pub(super) fn stored_time(newest: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<Finding> {
    let newest = newest.filter(|newest| *newest - now > FUTURE)?;
    Some(Finding::warn(
        Check::Clock,
        say(words(
            "the store holds a time of {newest} UTC, and this clock says {now} UTC",
            "cơ sở dữ liệu có thời điểm {newest} UTC, còn đồng hồ máy là {now} UTC",
        ))
        .with("newest", minute(newest))
        .with("now", minute(now)),
        say(words(
            "set the clock by NTP; a crawl goes on all the same: a time in the future counts as now",
            "chỉnh giờ qua NTP; việc thu thập vẫn tiếp tục: thời điểm ở tương lai được coi là bây giờ",
        )),
    ))
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    #[test]
    fn the_disk_is_judged_by_what_is_free_now_and_by_the_forecast() {
        let forecast = |days_left| Forecast {
            bytes_a_day: Some(1),
            days_left,
            unknown: None,
        };
        let table = [
            // what, free, kept free, days left, level
            ("room", Some(1000), 100, Some(30), Level::Ok),
            ("nothing foretold", Some(1000), 100, None, Level::Ok),
            ("full in a month", Some(1000), 100, Some(29), Level::Warn),
            ("less than twice", Some(199), 100, None, Level::Warn),
            ("twice", Some(200), 100, None, Level::Ok),
            ("too little", Some(99), 100, None, Level::Fail),
            ("never stops", Some(0), 0, None, Level::Ok),
            ("not known", None, 100, None, Level::Warn),
        ];
        for (what, free, min_free, days_left, level) in table {
            let room = Disk {
                kept: 0,
                free,
                min_free,
            };
            let finding = disk(room, Some(&forecast(days_left)));
            assert_eq!(finding.level, level, "{what}");
        }
    }

    #[test]
    fn a_stored_time_in_the_future_is_told() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let now = at("2026-11-28T00:00:00Z");
        assert!(stored_time(None, now).is_none());
        assert!(stored_time(Some(at("2026-11-28T00:02:00Z")), now).is_none());
        let finding = stored_time(Some(at("2026-11-29T00:00:00Z")), now).unwrap();
        assert_eq!(finding.level, Level::Warn);
    }

    #[test]
    fn a_place_that_can_not_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let good = rights(&folder.path().join("not/there/yet"));
        assert_eq!(good.len(), 1);
        assert_eq!(good[0].level, Level::Ok);
        std::fs::write(folder.path().join("file"), "").unwrap();
        let below_a_file = rights(&folder.path().join("file/output"));
        assert_eq!(below_a_file[0].level, Level::Fail);
    }
}
