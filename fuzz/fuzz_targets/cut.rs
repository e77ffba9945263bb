//! Any bytes between menus and boxes that no rule looks at: the short way, which passes over them, reads
//! what the tree of the whole page gives.
#![no_main]

use std::sync::LazyLock;

use khotin::model::Method;
use khotin_fuzz::{Pages, read_cut};
use libfuzzer_sys::fuzz_target;

static PAGES: LazyLock<Vec<Pages>> = LazyLock::new(|| {
    ["moh", "ncov", "demo"]
        .map(|site| Pages::of(site, Method::Get))
        .into()
});

fuzz_target!(|data: &[u8]| read_cut(&PAGES, data));
