//! Any bytes as a page of `ncov`: read and normalized without a panic, twice the same.
#![no_main]

use std::sync::LazyLock;

use khotin::model::Method;
use khotin_fuzz::Pages;
use libfuzzer_sys::fuzz_target;

static PAGES: LazyLock<Pages> = LazyLock::new(|| Pages::of("ncov", Method::Get));

fuzz_target!(|data: &[u8]| PAGES.read(data));
