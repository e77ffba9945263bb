//! Any bytes as an answer of the portal's JSON interface.
#![no_main]

use std::sync::LazyLock;

use khotin::model::Method;
use khotin_fuzz::Pages;
use libfuzzer_sys::fuzz_target;

static PAGES: LazyLock<Pages> = LazyLock::new(|| Pages::of("moh", Method::Post));

fuzz_target!(|data: &[u8]| PAGES.read(data));
