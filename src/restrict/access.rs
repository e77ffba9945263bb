//! Access list: what a replay of the archive must not show, in the form of pywb's access control files
//! (`.aclj`): a line a key, `SURT### - {"access": "exclude", "url": …}`, in descending order.
//!
//! `###` makes a rule exact: without it `…/a-b` would hide `…/a-b-1` too. `exclude` hides the capture from
//! the index of pywb as well, whose addresses tell the headline. pywb's checker looks at a capture's address
//! alone, never at its body, and all answers to a POST share one address: so where one of them is withheld all
//! are hidden. A reader of the archive loses answers to a script by that, and no page. Pure; which requests
//! there were, the store knows.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::archive::surt;
use crate::model::Request;

/// What pywb puts behind a key that is meant as a whole.
const EXACT: &str = "###";

/// The access list that hides addresses and what requests brought.
pub fn access_list<'a>(
    urls: impl IntoIterator<Item = &'a str>,
    requests: impl IntoIterator<Item = &'a Request>,
) -> String {
    let mut hidden: BTreeSet<String> = urls.into_iter().map(str::to_owned).collect();
    hidden.extend(requests.into_iter().map(|request| request.url.to_string()));
    // One line a key: spellings that are one for pywb are hidden by one line.
    let lines: BTreeMap<String, String> = hidden
        .into_iter()
        .map(|url| {
            let key = format!("{}{EXACT}", surt(&url));
            let rule = json!({ "access": "exclude", "url": url });
            (format!("{key} - "), format!("{rule}\n"))
        })
        .collect();
    lines
        .into_iter()
        .rev()
        .map(|(key, rule)| key + &rule)
        .collect()
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::model::{Method, Purpose, SiteId};

    #[test]
    fn every_spelling_has_one_exact_line_and_the_greatest_key_comes_first() {
        let urls = [
            "https://moh.gov.vn/tin/-/content/a-b",
            "http://www.moh.gov.vn/tin/-/content/a-b/",
            "https://moh.gov.vn/tin/-/content/a-b?fbclid=x",
            "https://moh.gov.vn/en_US/tin/-/content/a-b",
        ];
        let list = access_list(urls, []);
        let keys: Vec<&str> = list
            .lines()
            .map(|line| line.split(' ').next().unwrap())
            .collect();
        assert_eq!(
            keys,
            [
                "vn,gov,moh)/tin/-/content/a-b?fbclid=x###",
                "vn,gov,moh)/tin/-/content/a-b###",
                "vn,gov,moh)/en_us/tin/-/content/a-b###",
            ]
        );
        let first = list.lines().next().unwrap();
        assert!(
            first.ends_with(
                r#" - {"access":"exclude","url":"https://moh.gov.vn/tin/-/content/a-b?fbclid=x"}"#
            ),
            "{first}"
        );
        assert_eq!(access_list([], []), "");
    }

    #[test]
    fn a_post_is_hidden_under_its_address() {
        let address = "https://moh.gov.vn/bridge?url=/portal/api/x";
        let url = Url::parse(address).unwrap();
        let mut request = Request::get(SiteId::new("moh"), url, Purpose::Article);
        request.method = Method::Post;
        request.body = Some("{\"maBaiViet\":\"7\"}".to_owned());
        let list = access_list([], [&request]);
        assert_eq!(
            list,
            "vn,gov,moh)/bridge?url=/portal/api/x### - \
             {\"access\":\"exclude\",\"url\":\"https://moh.gov.vn/bridge?url=/portal/api/x\"}\n"
        );
    }
}
