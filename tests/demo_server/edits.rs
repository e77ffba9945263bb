//! What an editor does shows with the next request, and what is no edit changes no content.

use khotin::demo::{DETAIL_ENDPOINT, Gone, LISTING_ENDPOINT, NewArticle, Platform};
use scraper::Html;
use serde_json::json;

use crate::client::{ITEM_LINKS, WALKED, get, hrefs, of, page, post, start, target_of, texts};

fn first_title(html: &Html) -> String {
    texts(html, ITEM_LINKS)[0].clone()
}

#[tokio::test]
async fn edits_show_at_once() {
    let ministry = start(40).await;
    let (address, control) = (ministry.address(), ministry.control());
    let new = NewArticle::plain(
        Platform::Liferay,
        "tin-tong-hop",
        "Tin đầu (giả lập)",
        &["Một."],
    );
    let key = control.add(new).unwrap();
    assert_eq!(
        first_title(&page(address, WALKED).await),
        "Tin đầu (giả lập)"
    );

    control
        .edit(&key, |article| article.lead = Some("Có sapo.".to_owned()))
        .unwrap();
    let url = control.expected_of(&key).unwrap().url;
    let html = page(address, target_of(&url)).await;
    assert_eq!(texts(&html, ".sapo > strong"), ["Có sapo."]);

    let renamed = control.rename(&key, "Tin đổi (giả lập)").unwrap();
    assert_eq!(get(address, target_of(&url), "").await.status, 404);
    let url = control.expected_of(&renamed).unwrap().url;
    assert!(url.ends_with("/tin-oi-gia-lap-"), "{url}");
    assert_eq!(get(address, target_of(&url), "").await.status, 200);

    for (gone, status) in [
        (Gone::NotFound, 404),
        (Gone::Removed, 410),
        (Gone::Soft, 200),
    ] {
        control.delete_as(&renamed, gone).unwrap();
        let reply = get(address, target_of(&url), "").await;
        assert_eq!(reply.status, status);
        assert!(reply.text().contains("Không tìm thấy"));
        assert_ne!(
            first_title(&page(address, WALKED).await),
            "Tin đổi (giả lập)"
        );
        assert_eq!(control.expected_of(&renamed), None);
    }
    control.restore(&renamed).unwrap();
    assert_eq!(
        first_title(&page(address, WALKED).await),
        "Tin đổi (giả lập)"
    );
}

#[tokio::test]
async fn portal_articles_can_be_added_and_deleted() {
    let ministry = start(10).await;
    let control = ministry.control();
    let new = NewArticle::plain(
        Platform::Portal,
        "8351",
        "Tin cổng (giả lập)",
        &["Một & hai."],
    );
    let key = control.add(new).unwrap();
    let asked = json!({ "maBaiViet": key.strip_prefix("demo:portal:").unwrap() });
    let ask = || post(ministry.address(), DETAIL_ENDPOINT, &asked);
    assert_eq!(
        ask().await.json()["d"]["noiDung"]
            .as_str()
            .unwrap()
            .matches("&amp; hai")
            .count(),
        1
    );
    control.delete(&key).unwrap();
    assert_eq!(ask().await.json(), json!({ "d": null }));
}

#[tokio::test]
async fn a_listing_can_drift_between_two_of_its_pages() {
    let ministry = start(200).await;
    let first = hrefs(&page(ministry.address(), WALKED).await, ITEM_LINKS);
    ministry
        .control()
        .before_request("_cur=2", |ministry, now| {
            ministry
                .shift(Platform::Liferay, "tin-tong-hop", 1, now)
                .unwrap();
        });
    let target = format!("{WALKED}?_101_INSTANCE_DmTongHopTin_cur=2");
    let second = hrefs(&page(ministry.address(), &target).await, ITEM_LINKS);
    assert_eq!(first[19], second[0]);
    let again = hrefs(&page(ministry.address(), &target).await, ITEM_LINKS);
    assert_eq!(second, again, "the edit is done once");
}

#[tokio::test]
async fn noise_changes_bytes_but_not_content() {
    let ministry = start(60).await;
    let control = ministry.control();
    let before = of(control, Platform::Liferay);
    let with_picture = before.iter().find(|one| !one.images.is_empty()).unwrap();
    let target = target_of(&with_picture.url);
    let first = get(ministry.address(), target, "").await;
    control.touch_noise();
    let second = get(ministry.address(), target, "").await;
    assert_ne!(first.body, second.body);
    let after = control.expected_of(&with_picture.key).unwrap();
    assert_ne!(after.images[0].url, with_picture.images[0].url);
    assert_eq!(after.blocks, with_picture.blocks);
}

#[tokio::test]
async fn validators_answer_304_until_something_changes() {
    let ministry = start(20).await;
    let control = ministry.control();
    let expected = of(control, Platform::Liferay).swap_remove(0);
    let target = target_of(&expected.url);
    let first = get(ministry.address(), target, "").await;
    let tag = format!("If-None-Match: {}\r\n", first.header("etag").unwrap());
    let since = format!(
        "If-Modified-Since: {}\r\n",
        first.header("last-modified").unwrap()
    );
    for (what, header) in [("tag", &tag), ("date", &since)] {
        let reply = get(ministry.address(), target, header).await;
        assert_eq!((reply.status, reply.body.len()), (304, 0), "{what}");
        assert_eq!(reply.header("content-length"), None, "{what}");
    }
    // The clock of the test is later than every generated article.
    control.set_now(Some("2027-01-02T03:04:05Z".parse().unwrap()));
    control
        .edit(&expected.key, |article| article.title.push('!'))
        .unwrap();
    for (what, header) in [("tag", &tag), ("date", &since)] {
        assert_eq!(
            get(ministry.address(), target, header).await.status,
            200,
            "{what}"
        );
    }
    let asked = json!({ "MA_DANH_MUC": 8351 });
    let listing = post(ministry.address(), LISTING_ENDPOINT, &asked).await;
    assert_eq!(listing.header("etag"), None);
}

#[tokio::test]
async fn the_clock_can_be_set() {
    let ministry = start(10).await;
    ministry
        .control()
        .set_now(Some("2027-01-02T03:04:05Z".parse().unwrap()));
    let new = NewArticle::plain(
        Platform::Liferay,
        "tin-tong-hop",
        "Tin (giả lập)",
        &["Một."],
    );
    let key = ministry.control().add(new).unwrap();
    let expected = ministry.control().expected_of(&key).unwrap();
    assert_eq!(expected.published_raw, "02/01/2027 | 10:04 AM");
    assert_eq!(expected.listing_raw, "Thứ Bẩy, ngày 02/01/2027 03:04");
    let reply = get(ministry.address(), target_of(&expected.url), "").await;
    let now = Some("Sat, 02 Jan 2027 03:04:05 GMT");
    assert_eq!(
        (reply.header("last-modified"), reply.header("date")),
        (now, now)
    );
}
