//! Sizes on the command line: `5000000`, `5MB`, `500MiB`. Pure.

/// Bytes. Units of 1000 are kB, MB, GB, TB; of 1024 KiB, MiB, GiB, TiB; upper or lower case, with or
/// without a blank before.
///
/// # Errors
/// What may be said, in words.
pub(super) fn read_size(text: &str) -> Result<u64, String> {
    let wrong = || "bytes, with a unit if you like: 5000000, 5MB, 500MiB, 2GB".to_owned();
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits).ok_or_else(wrong)?;
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1000,
        "m" | "mb" => 1000_u64.pow(2),
        "g" | "gb" => 1000_u64.pow(3),
        "t" | "tb" => 1000_u64.pow(4),
        "kib" => 1024,
        "mib" => 1024_u64.pow(2),
        "gib" => 1024_u64.pow(3),
        "tib" => 1024_u64.pow(4),
        _ => return Err(wrong()),
    };
    number.checked_mul(factor).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_number_with_or_without_a_unit() {
        let table = [
            ("0", Some(0)),
            ("5000000", Some(5_000_000)),
            ("5MB", Some(5_000_000)),
            ("5 mb", Some(5_000_000)),
            ("5MiB", Some(5_242_880)),
            ("2G", Some(2_000_000_000)),
            ("1KiB", Some(1024)),
            ("", None),
            ("MB", None),
            ("1.5GB", None),
            ("-1", None),
            ("5 potatoes", None),
            ("99999999TB", None),
            ("5MB ", Some(5_000_000)),
        ];
        for (text, expected) in table {
            assert_eq!(read_size(text).ok(), expected, "{text:?}");
        }
    }
}
