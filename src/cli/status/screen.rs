//! What `status` shows a person: about one screen (80 columns, 24 lines for a site of a dozen sections).
//! Lists are cut with a word about the rest; `--json` has all of it.

use std::io::{self, Write};

use super::facts::{Facts, KnownRun, KnownSite};
use crate::cli::report::{one_line, write_signs};
use crate::cli::say::{counted, minute, say, size, span};
use crate::cli::table::write_table;
use crate::lang::{Lang, Words, words};
use crate::store::{AssetCounts, PastRun, RequestState};

/// Requests that are named one by one.
const NAMED: usize = 5;

const RUN_COLUMNS: [Words; 9] = [
    words("run (UTC)", "lượt chạy (UTC)"),
    words("took", "mất"),
    words("exit", "mã"),
    words("new", "mới"),
    words("changed", "sửa"),
    words("gone", "gỡ"),
    words("failed", "lỗi"),
    words("requests", "yêu cầu"),
    words("left", "còn lại"),
];

const SECTION_COLUMNS: [Words; 6] = [
    words("section", "chuyên mục"),
    words("articles", "số bài"),
    words("newest", "mới nhất"),
    words("rhythm", "nhịp"),
    words("last read (UTC)", "đọc lần cuối (UTC)"),
    words("", ""),
];

/// Writes the screen.
pub(super) fn write(out: &mut dyn Write, facts: &Facts<'_>, lang: Lang) -> io::Result<()> {
    write_runs(out, &facts.runs, lang)?;
    write_disk(out, facts, lang)?;
    for site in &facts.sites {
        write_site(out, facts, site, lang)?;
    }
    Ok(())
}

fn write_runs(out: &mut dyn Write, runs: &[KnownRun], lang: Lang) -> io::Result<()> {
    let Some(last) = runs.first() else {
        return writeln!(out, "{}", lang.of(words("no run yet", "chưa chạy lần nào")));
    };
    let header = RUN_COLUMNS.map(|column| lang.of(column));
    let rows: Vec<Vec<String>> = runs.iter().map(|run| run_row(run, lang)).collect();
    write_table(out, &header, &rows)?;
    let causes = last.report.iter().flat_map(|report| &report.causes);
    for cause in causes.take(2) {
        writeln!(out, "  {}", one_line(cause))?;
    }
    match &last.past {
        PastRun::Noted(row) if row.finished_at.is_none() => writeln!(
            out,
            "  {}",
            lang.of(words(
                "the last run has not ended: it runs, or was killed; `khotin crawl` goes on there",
                "lượt chạy cuối chưa kết thúc: đang chạy, hoặc đã bị ngắt; `khotin crawl` sẽ chạy tiếp",
            ))
        ),
        PastRun::Seen { .. } => writeln!(
            out,
            "  {}",
            lang.of(words(
                "known from the archive alone: how these runs ended is not",
                "chỉ biết qua kho lưu trữ, nên không rõ các lượt chạy này kết thúc ra sao",
            ))
        ),
        PastRun::Noted(_) => Ok(()),
    }
}

fn run_row(run: &KnownRun, lang: Lang) -> Vec<String> {
    let number = |value: Option<u64>| value.map_or_else(|| "-".to_owned(), |n| n.to_string());
    let requests = match &run.past {
        PastRun::Noted(_) => run.sum(|site| site.requests),
        PastRun::Seen { exchanges, .. } => Some(*exchanges),
    };
    vec![
        minute(run.past.started_at()),
        run.took()
            .map_or_else(|| "-".to_owned(), |time| span(time, lang)),
        number(run.report.as_ref().map(|report| report.exit_code.into())),
        number(run.sum(|site| site.new.len() as u64)),
        number(run.sum(|site| site.changed.len() as u64)),
        number(run.sum(|site| site.gone.len() as u64)),
        number(run.sum(|site| site.failures())),
        number(requests),
        number(run.sum(|site| site.left)),
    ]
}

fn write_disk(out: &mut dyn Write, facts: &Facts<'_>, lang: Lang) -> io::Result<()> {
    let (files, disk, forecast) = (&facts.files, &facts.disk, &facts.forecast);
    let archive = say(words(
        "archive  {archive} in {files}, database {database}",
        "kho      {archive} trong {files}, cơ sở dữ liệu {database}",
    ))
    .with("archive", size(files.archive))
    .with(
        "files",
        match lang {
            Lang::En => counted(files.warcs, "file", "files"),
            Lang::Vi => format!("{} tệp", files.warcs),
        },
    )
    .with("database", size(files.database));
    write!(out, "\n{}", archive.in_lang(lang))?;
    if let Some(a_day) = forecast.bytes_a_day.filter(|bytes| *bytes > 0) {
        let grows = say(words("; grows {size} a day", "; tăng {size} mỗi ngày"));
        write!(out, "{}", grows.with("size", size(a_day)).in_lang(lang))?;
    }
    writeln!(out)?;
    let free = match disk.free {
        Some(free) => say(words(
            "disk     {free} free, {kept} stay free",
            "đĩa      còn trống {free}, luôn chừa {kept}",
        ))
        .with("free", size(free))
        .with("kept", size(disk.min_free)),
        None => say(words(
            "disk     how much is free is not known",
            "đĩa      không rõ còn trống bao nhiêu",
        )),
    };
    writeln!(out, "{}", free.in_lang(lang))?;
    let full = match (forecast.days_left, forecast.unknown) {
        (Some(days), _) => say(words(
            "full     in {days} at this pace",
            "đầy      sau {days} nữa, với mức này",
        ))
        .with(
            "days",
            match lang {
                Lang::En => counted(days, "day", "days"),
                Lang::Vi => format!("{days} ngày"),
            },
        ),
        (None, why) => say(words(
            "full     not foretold: {why}",
            "đầy      chưa dự báo: {why}",
        ))
        .with(
            "why",
            why.map_or_else(String::new, |why| lang.of(why.words()).to_owned()),
        ),
    };
    writeln!(out, "{}", full.in_lang(lang))
}

fn write_site(
    out: &mut dyn Write,
    facts: &Facts<'_>,
    site: &KnownSite<'_>,
    lang: Lang,
) -> io::Result<()> {
    let states: Vec<String> = site
        .counts
        .articles
        .iter()
        .map(|(state, number)| format!("{number} {}", state.as_str().replace('_', " ")))
        .collect();
    let line = say(words(
        "{site}  articles: {states}; due now: {due}",
        "{site}  bài: {states}; đến hạn: {due}",
    ))
    .with("site", site.profile.id.as_str())
    .with(
        "states",
        if states.is_empty() {
            "0".to_owned()
        } else {
            states.join(", ")
        },
    )
    .with(
        "due",
        match lang {
            Lang::En => counted(site.due, "request", "requests"),
            Lang::Vi => format!("{} yêu cầu", site.due),
        },
    );
    write!(out, "\n{}", line.in_lang(lang))?;
    if let Some(at) = site.next_due {
        let next = say(words(", next {at} UTC", ", tiếp theo {at} UTC"));
        write!(out, "{}", next.with("at", minute(at)).in_lang(lang))?;
    }
    writeln!(out)?;
    let files = site.counts.assets;
    if files != AssetCounts::default() {
        let line = say(words(
            "  files of articles: {kept} archived, {bytes} bytes; {missing} not there or not whole; {waiting} waiting",
            "  tệp của bài: {kept} đã lưu, {bytes} byte; {missing} không có hoặc không trọn; {waiting} đang chờ",
        ))
        .with("kept", files.kept)
        .with("bytes", files.bytes)
        .with("missing", files.missing)
        .with("waiting", files.waiting);
        writeln!(out, "{}", line.in_lang(lang))?;
    }
    let header = SECTION_COLUMNS.map(|column| lang.of(column));
    let rows: Vec<Vec<String>> = site
        .counts
        .sections
        .iter()
        .map(|(id, section)| {
            let rhythm = site.rhythm(id, section);
            let is_whole = section
                .walk
                .as_ref()
                .is_none_or(|walk| walk.finished.is_some());
            vec![
                id.to_string(),
                section.articles.to_string(),
                section
                    .newest
                    .map_or_else(|| "-".to_owned(), |day| day.to_string()),
                rhythm.map_or_else(|| "-".to_owned(), |time| span(time, lang)),
                section.listed_at.map_or_else(|| "-".to_owned(), minute),
                match is_whole {
                    true => String::new(),
                    false => lang.of(words("unfinished", "chưa xong")).to_owned(),
                },
            ]
        })
        .collect();
    write_table(out, &header, &rows)?;
    write_trouble(out, facts, site, lang)
}

fn write_trouble(
    out: &mut dyn Write,
    facts: &Facts<'_>,
    site: &KnownSite<'_>,
    lang: Lang,
) -> io::Result<()> {
    if !site.signs.is_empty() {
        let head = words(
            "  what changed, by the newest run:",
            "  trang nguồn có thay đổi, theo lượt chạy mới nhất:",
        );
        writeln!(out, "{}", lang.of(head))?;
        write_signs(out, &site.signs, lang)?;
    }
    if site.blocked > 0 {
        let blocked = say(words(
            "  the site refused us on {pages} in its newest run",
            "  trang nguồn từ chối {pages} trong lượt chạy mới nhất",
        ));
        let pages = match lang {
            Lang::En => counted(site.blocked, "page", "pages"),
            Lang::Vi => format!("{} trang", site.blocked),
        };
        writeln!(out, "{}", blocked.with("pages", pages).in_lang(lang))?;
    }
    if site.counts.unreadable > 0 {
        let kept = say(words(
            "  {captures} kept and not read; `khotin rebuild --retry` reads them again",
            "  {captures} đã lưu mà chưa đọc được; `khotin rebuild --retry` sẽ đọc lại",
        ));
        let captures = match lang {
            Lang::En => counted(site.counts.unreadable, "capture", "captures"),
            Lang::Vi => format!("{} bản lưu", site.counts.unreadable),
        };
        writeln!(out, "{}", kept.with("captures", captures).in_lang(lang))?;
    }
    for row in site.failures.iter().take(NAMED) {
        let failed = say(words(
            "  {state}: {url} ({cause}; failed in {runs})",
            "  {state}: {url} ({cause}; lỗi trong {runs})",
        ))
        .with("state", lang.of(state_words(row.state)))
        .with("url", &row.request.url)
        .with("cause", row.cause.as_deref().unwrap_or_default())
        .with(
            "runs",
            match lang {
                Lang::En => counted(row.failed_runs.into(), "run", "runs"),
                Lang::Vi => format!("{} lượt chạy", row.failed_runs),
            },
        );
        writeln!(out, "{}", failed.in_lang(lang))?;
        if let Some(due) = row.due.filter(|due| *due > facts.now) {
            let again = say(words("    again {at} UTC", "    thử lại {at} UTC"));
            writeln!(out, "{}", again.with("at", minute(due)).in_lang(lang))?;
        }
    }
    let more = site.failures.len().saturating_sub(NAMED);
    if more > 0 {
        let more_words = say(words(
            "  {more} more failed; `khotin status --json` names all",
            "  còn {more} yêu cầu lỗi nữa; `khotin status --json` kể hết",
        ));
        writeln!(out, "{}", more_words.with("more", more).in_lang(lang))?;
    }
    Ok(())
}

fn state_words(state: RequestState) -> Words {
    match state {
        RequestState::GivenUp => words("given up", "tạm bỏ"),
        RequestState::Refused => words("refused by a rule", "bị quy tắc từ chối"),
        RequestState::Failed => words("failed", "lỗi"),
        RequestState::Pending | RequestState::Retry | RequestState::Done => {
            words("waiting", "đang chờ")
        }
    }
}
