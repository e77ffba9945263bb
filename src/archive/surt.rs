//! SURT: the sort key of a URL in web archives. The host is turned round, so that an archive sorted by
//! it has sites beside their subdomains; scheme, `www.`, default port, case, session ids and the order
//! of query parameters do not count. It is a key for looking up, never an identity: article keys are
//! made by the site's own rules. The rules are those of the Internet Archive's wayback software, and
//! the table below holds what its tools give.

use std::sync::LazyLock;

use regex::Regex;

/// Session ids in a query: they go, with the `&` behind them.
static QUERY_SESSIONS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let ids = [
        "jsessionid=[0-9a-z]{32}",
        "phpsessid=[0-9a-z]{32}",
        "sid=[0-9a-z]{32}",
        "aspsessionid[a-z]{8}=[a-z]{24}",
        "cfid=[^&]+&cftoken=[^&]+",
    ];
    ids.iter()
        .filter_map(|id| Regex::new(&format!("(?i)^(?<before>.*){id}(?:&(?<after>.*))?$")).ok())
        .collect()
});
/// ASP.NET session ids in a path: `/(S(…24…))/page.aspx` and `/(…24…)/page.aspx`.
static PATH_SESSIONS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let ids = [r"\((?:[a-z]\([0-9a-z]{24}\))+\)/", r"\([0-9a-z]{24}\)/"];
    ids.iter()
        .filter_map(|id| {
            let page = r"[^?]+\.aspx.*";
            Regex::new(&format!("(?i)^(?<before>.*/){id}(?<after>{page})$")).ok()
        })
        .collect()
});

/// The key of an absolute URL as the WHATWG parser writes it: `vn,gov,moh)/tin?id=1`.
///
/// # Examples
/// ```
/// assert_eq!(khotin::archive::surt("https://www.moh.gov.vn/Tin?b=2&A=1"), "vn,gov,moh)/tin?a=1&b=2");
/// ```
pub fn surt(url: &str) -> String {
    let url = url.split_once('#').map_or(url, |(before, _)| before);
    let Some((scheme, rest)) = url.split_once(':') else {
        return url.to_owned();
    };
    let (before_query, query) = match rest.split_once('?') {
        Some((before, query)) => (before, Some(query)),
        None => (rest, None),
    };
    let (host, path) = match before_query.strip_prefix("//") {
        None => (None, before_query),
        Some(rest) => match rest
            .find('/')
            .and_then(|slash| rest.split_at_checked(slash))
        {
            Some((authority, path)) => (Some(authority), path),
            None => (Some(rest), ""),
        },
    };
    let host = host.filter(|host| !host.is_empty());
    let mut key = match host {
        Some(authority) => host_key(scheme, authority),
        None => format!("{scheme}:"),
    };
    key.push_str(&path_key(path, host.is_some()));
    if let Some(query) = query.map(query_key).filter(|query| !query.is_empty()) {
        key.push('?');
        key.push_str(&query);
    }
    key
}

/// `vn,gov,moh)`, with the port if it is not the scheme's own; user and password go.
fn host_key(scheme: &str, authority: &str) -> String {
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let (host, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, port)) => (host, port.strip_prefix(':')),
        None => match host.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (host, None),
        },
    };
    let host = escape(&unescape(host.as_bytes()).to_ascii_lowercase());
    let host = host.replace("..", ".");
    let host = without_www(host.trim_matches('.'));
    let mut key: Vec<&str> = host.split('.').collect();
    key.reverse();
    let default = match scheme {
        "http" => "80",
        "https" => "443",
        _ => "0",
    };
    match port.filter(|port| !port.is_empty() && *port != default) {
        Some(port) => format!("{}:{port})", key.join(",")),
        None => format!("{})", key.join(",")),
    }
}

/// Without `www.`, `www1.`, `www23.`, ….
fn without_www(host: &str) -> &str {
    host.strip_prefix("www")
        .map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()))
        .and_then(|rest| rest.strip_prefix('.'))
        .unwrap_or(host)
}

fn path_key(path: &str, has_host: bool) -> String {
    let mut path = unescape(path.as_bytes());
    if has_host {
        path = without_dots(&path);
    }
    let mut path = escape(&path).to_ascii_lowercase();
    for session in PATH_SESSIONS.iter() {
        path = without_session(session, path);
    }
    match path.strip_suffix('/') {
        Some(shorter) if !shorter.is_empty() => shorter.to_owned(),
        _ => path,
    }
}

/// Dot segments carried out, double slashes made one; always begins with a slash.
fn without_dots(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/').skip(1) {
        match part {
            b"." => {}
            b".." if !kept.is_empty() => {
                kept.pop();
            }
            _ => kept.push(part),
        }
    }
    let last = kept.pop().unwrap_or_default();
    let mut out = vec![b'/'];
    for part in kept.into_iter().filter(|part| !part.is_empty()) {
        out.extend_from_slice(part);
        out.push(b'/');
    }
    out.extend_from_slice(last);
    out
}

fn query_key(query: &str) -> String {
    let mut query = escape(&unescape(query.as_bytes()));
    for session in QUERY_SESSIONS.iter() {
        query = without_session(session, query);
    }
    let query = query.to_ascii_lowercase();
    if query.len() <= 1 {
        return query;
    }
    let mut pairs: Vec<Vec<&str>> = query
        .split('&')
        .map(|pair| pair.splitn(2, '=').collect())
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs.into_iter().map(|pair| pair.join("=")).collect();
    pairs.join("&")
}

fn without_session(session: &Regex, text: String) -> String {
    match session.captures(&text) {
        None => text,
        Some(found) => {
            let part = |name| found.name(name).map_or("", |part| part.as_str());
            format!("{}{}", part("before"), part("after"))
        }
    }
}

/// Percent escapes undone until there are none.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut text = text.to_vec();
    loop {
        let mut out = Vec::with_capacity(text.len());
        let mut rest = text.as_slice();
        while let [first, tail @ ..] = rest {
            match (first, tail) {
                (b'%', [high, low, after @ ..])
                    if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
                {
                    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0) as u8;
                    out.push(digit(*high) * 16 + digit(*low));
                    rest = after;
                }
                _ => {
                    out.push(*first);
                    rest = tail;
                }
            }
        }
        if out == text {
            return out;
        }
        text = out;
    }
}

/// Everything outside printable ASCII is escaped, and `#` and `%`.
fn escape(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text {
        match byte {
            b'#' | b'%' => out.push_str(&format!("%{byte:02X}")),
            b'!'..=b'~' => out.push(char::from(*byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
