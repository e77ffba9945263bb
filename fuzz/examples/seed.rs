//! Writes the seeds of every target from the tree: `corpus/<target>/`.

use std::fs;
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;
use khotin::model::Method;
use khotin_fuzz::{Saved, files, saved};

fn write(target: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(name), bytes).expect("a seed");
}

/// A page, and the byte that gives it to its own request.
fn pages(target: &str, saved: &[Saved]) {
    for (index, page) in saved.iter().enumerate() {
        let mut seed = page.capture.body.clone();
        seed.push(u8::try_from(index).expect("fewer than 256 pages"));
        write(target, &format!("page-{index}"), &seed);
    }
}

fn main() {
    for site in ["moh", "ncov", "demo"] {
        let saved = saved(site, Method::Get);
        pages(&format!("read_{site}"), &saved);
        for (index, page) in saved.iter().enumerate() {
            write("cut", &format!("{site}-{index}"), &page.capture.body);
        }
        for (index, page) in saved.iter().enumerate() {
            let url = page.capture.request.url.as_str();
            write("identity", &format!("{site}-{index}"), url.as_bytes());
        }
    }
    pages("json", &saved("moh", Method::Post));
    for folder in ["sound", "damaged"] {
        for file in files(&format!("fixtures/warc/{folder}"), ".warc.gz") {
            let name = format!(
                "{folder}-{}",
                file.file_name().unwrap_or_default().display()
            );
            let packed = fs::read(&file).expect("a fixture");
            let mut plain = Vec::new();
            // A damaged file gives its beginning.
            let _ = MultiGzDecoder::new(packed.as_slice()).read_to_end(&mut plain);
            for target in ["warc_reader", "recovery"] {
                write(target, &name, &packed);
                write(target, &format!("{name}.plain"), &plain);
            }
        }
    }
    for folder in ["sound", "damaged"] {
        for file in files(&format!("fixtures/warc/foreign/{folder}"), "") {
            let name = file.file_name().unwrap_or_default().display();
            let bytes = fs::read(&file).expect("a fixture");
            write("foreign", &format!("{folder}-{name}"), &bytes);
        }
    }
    for file in files("fixtures/warc/damaged", ".cdxj") {
        write("cdxj", "damaged", &fs::read(file).expect("a fixture"));
    }
    let cdxj = "vn,gov,moh)/a 20240205073000 {\"url\": \"https://moh.gov.vn/a\", \"status\": \"200\", \
                \"digest\": \"sha1:X\", \"length\": \"1\", \"offset\": \"0\", \"filename\": \"f\"}\n";
    write("cdxj", "line", cdxj.as_bytes());
    for (index, stamp) in [
        "Thứ Hai, ngày 05/02/2024 14:30",
        "Thứ Bảy, 17/06/2023 09:05 PM",
        "Monday 2024-02-05 23:30",
        "(Thứ Ba, 06/02/2024 07:15)",
        "05/02/2024 | 00:05 AM",
        "14:30 05/02/2024",
    ]
    .into_iter()
    .enumerate()
    {
        write("dates", &format!("stamp-{index}"), stamp.as_bytes());
    }
    let robots = "User-agent: khotin\nDisallow: /a*b$\nAllow: /a\nCrawl-delay: 5\n\nUser-agent: *\nDisallow: /\n/ab";
    write("robots", "groups", robots.as_bytes());
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config.toml");
    write(
        "config",
        "reference",
        &fs::read(config).expect("the reference"),
    );
    for file in files("sites", ".toml") {
        let name = file.file_name().unwrap_or_default().display().to_string();
        write("config", &name, &fs::read(&file).expect("a profile"));
    }
}
