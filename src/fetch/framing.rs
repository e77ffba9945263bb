//! Framing: what the header of an answer says of where its body ends, as far as the HTTP client
//! leaves it to us. In: the header fields. Out: why the body can not be taken, and whether the
//! connection may carry another answer. Pure.

/// Fields as an answer holds them, names in lower case.
type Fields = [(String, Vec<u8>)];

/// Why the body can not be taken: a transfer coding other than `chunked`. We never ask for one (no
/// `TE` field, RFC 9110, section 10.1.4), the client removes no other, and what is archived is said
/// to have none. `identity` is no coding; some old servers send it.
pub(super) fn unknown_coding(fields: &Fields) -> Option<String> {
    let mut codings = values(fields, "transfer-encoding");
    let coding = codings.next()?;
    let is_known = [&b"chunked"[..], b"identity"]
        .iter()
        .any(|known| coding.eq_ignore_ascii_case(known));
    if is_known && codings.next().is_none() {
        return None;
    }
    let said: Vec<_> = values(fields, "transfer-encoding")
        .map(String::from_utf8_lossy)
        .collect();
    Some(said.join(", "))
}

/// True if two readers of this header may see the body end at different places: then what one takes
/// for the rest of the body is another answer to the other (RFC 9112, sections 6.3 and 11.2). Such
/// an answer is the last of its connection.
pub(super) fn is_ambiguous(status: u16, fields: &Fields) -> bool {
    let lengths: Vec<_> = values(fields, "content-length").collect();
    let is_coded = values(fields, "transfer-encoding").next().is_some();
    let has_no_body = matches!(status, 100..=199 | 204);
    let says_body = is_coded || lengths.iter().any(|length| *length != b"0");
    lengths.len() > 1 || (is_coded && !lengths.is_empty()) || (has_no_body && says_body)
}

/// The members of a list field, without white space around them.
fn values<'a>(fields: &'a Fields, name: &str) -> impl Iterator<Item = &'a [u8]> {
    let lines = fields.iter().filter(move |(known, _)| known == name);
    lines
        .flat_map(|(_, value)| value.split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_says_where_its_body_ends_or_it_is_not_trusted() {
        let length = "content-length";
        let coding = "transfer-encoding";
        type Row<'a> = (
            &'a str,
            u16,
            &'a [(&'a str, &'a str)],
            Option<&'a str>,
            bool,
        );
        let table: [Row<'_>; 13] = [
            // what, status, fields, unknown coding, ambiguous
            ("nothing said", 200, &[], None, false),
            ("a length", 200, &[(length, "5")], None, false),
            ("chunked", 200, &[(coding, "Chunked")], None, false),
            ("identity", 200, &[(coding, "identity")], None, false),
            (
                "the same length twice",
                200,
                &[(length, "5"), (length, "5")],
                None,
                true,
            ),
            ("in one line", 200, &[(length, "5, 5")], None, true),
            (
                "both",
                200,
                &[(length, "5"), (coding, "chunked")],
                None,
                true,
            ),
            (
                "another coding below",
                200,
                &[(coding, "gzip, chunked")],
                Some("gzip, chunked"),
                false,
            ),
            (
                "chunked twice",
                200,
                &[(coding, "chunked"), (coding, "chunked")],
                Some("chunked, chunked"),
                false,
            ),
            (
                "no word",
                200,
                &[(coding, "xchunked")],
                Some("xchunked"),
                false,
            ),
            ("no content", 204, &[(length, "0")], None, false),
            (
                "no content, but a length",
                204,
                &[(length, "9")],
                None,
                true,
            ),
            (
                "no content, but chunks",
                204,
                &[(coding, "chunked")],
                None,
                true,
            ),
        ];
        for (what, status, fields, unknown, ambiguous) in table {
            let fields: Vec<_> = fields
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
                .collect();
            assert_eq!(unknown_coding(&fields).as_deref(), unknown, "{what}");
            assert_eq!(is_ambiguous(status, &fields), ambiguous, "{what}");
        }
    }
}
