//! Names of extracted files: a number and an ending from a list of ours. Nothing of the web is in them.

/// Media types and the ending by which a desktop opens them.
const ENDINGS: [(&str, &str); 34] = [
    ("application/gzip", "gz"),
    ("application/javascript", "js"),
    ("application/json", "json"),
    ("application/ld+json", "json"),
    ("application/msword", "doc"),
    ("application/pdf", "pdf"),
    ("application/rss+xml", "xml"),
    ("application/vnd.ms-excel", "xls"),
    ("application/vnd.ms-powerpoint", "ppt"),
    (
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "pptx",
    ),
    (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xlsx",
    ),
    (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "docx",
    ),
    ("application/warc-fields", "txt"),
    ("application/x-javascript", "js"),
    ("application/xhtml+xml", "html"),
    ("application/xml", "xml"),
    ("application/zip", "zip"),
    ("audio/mpeg", "mp3"),
    ("font/woff2", "woff2"),
    ("image/gif", "gif"),
    ("image/jpeg", "jpg"),
    ("image/jpg", "jpg"),
    ("image/png", "png"),
    ("image/svg+xml", "svg"),
    ("image/webp", "webp"),
    ("image/x-icon", "ico"),
    ("text/css", "css"),
    ("text/csv", "csv"),
    ("text/html", "html"),
    ("text/javascript", "js"),
    ("text/plain", "txt"),
    ("text/xml", "xml"),
    ("video/mp4", "mp4"),
    ("video/webm", "webm"),
];

/// `000012.html`; `.bin` for a media type that is not in the list.
pub(super) fn file_name(number: u64, mime: Option<&str>) -> String {
    let known = ENDINGS.iter().find(|(known, _)| Some(*known) == mime);
    let ending = known.map_or("bin", |(_, ending)| ending);
    format!("{number:06}.{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_number_and_an_ending_of_ours() {
        let table = [
            (1, Some("text/html"), "000001.html"),
            (1_234_567, Some("application/pdf"), "1234567.pdf"),
            (2, Some("../../etc/passwd"), "000002.bin"),
            (3, Some("application/x-sh"), "000003.bin"),
            (4, None, "000004.bin"),
        ];
        for (number, mime, expected) in table {
            assert_eq!(file_name(number, mime), expected);
        }
    }
}
