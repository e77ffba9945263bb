//! Session ids, trackers, locales and ports in links never make a second article.

use khotin::demo::{Answer, BASE, Fault};

use crate::support::{Desk, only};

/// A listing page of the Liferay half with these links, as the ministry prints them.
fn listing(links: &[String]) -> Answer {
    let items: String = links
        .iter()
        .map(|link| {
            let link = link.replace('&', "&amp;");
            format!(
                "<div class=\"page-list-news\"><div><a href=\"{link}\"></a></div><div><h3><a \
                 href=\"{link}\">Tin (giả lập)</a></h3><p>Thứ Ba, ngày 29/04/2025 09:07Sáng nay</p>\
                 </div></div>\n"
            )
        })
        .collect();
    let page = format!(
        "<html><head><title>TIN TỔNG HỢP</title></head><body><div \
         id=\"p_p_id_101_INSTANCE_DmTongHopTin_\">{items}<div class=\"clearfix lfr-pagination\"><ul \
         class=\"lfr-pagination-buttons pager\"><li class=\"disabled\"><a \
         href=\"javascript:;\">Trước</a></li><li class=\"disabled\"><a \
         href=\"javascript:;\">Sau</a></li></ul></div></div></body></html>"
    );
    Answer::new(200, "text/html;charset=UTF-8", page)
}

#[tokio::test]
async fn every_spelling_of_a_link_is_the_same_article() {
    let desk = Desk::open(24).await;
    let expected = desk.control().expected();
    let is_there =
        |one: &&khotin::demo::Expected| one.sections.contains(&"tin-tong-hop".to_owned());
    let expected = expected.iter().find(is_there).unwrap();
    let url = expected.url.clone();
    let path = url.trim_start_matches(BASE);
    let spellings = [
        url.clone(),
        format!("{url};jsessionid=0123456789ABCDEF.node1"),
        format!("{url}?fbclid=IwAR0abc"),
        format!("{url}?gclid=1&utm_source=zalo&utm_medium=social"),
        format!("{url}?inheritRedirect=true&redirect=http%3A%2F%2Fdemo.khotin.test%2Ftin-tong-hop"),
        format!("http://demo.khotin.test:80{path}"),
        format!("http://DEMO.khotin.test{path}"),
        format!("{BASE}/en{path}"),
        format!("{BASE}/vi_VN/web/guest{path}"),
        format!("{BASE}{}", path.replace("DmTongHopTin", "DmNoiBatTin1")),
        format!("{url}#binh-luan"),
        path.to_owned(),
    ];
    let instead = Fault::Instead(listing(&spellings));
    desk.control().plan_fault("/tin-tong-hop?", 1, instead);
    let report = desk.crawl_with(only("tin-tong-hop")).await;
    assert_eq!((report.exit_code, &report.causes), (0, &Vec::new()));
    let articles = desk.articles();
    assert_eq!(articles.keys().collect::<Vec<_>>(), [&expected.key]);
    assert_eq!(
        desk.asked_for("article "),
        [format!("article {}", expected.key)]
    );
    let article = &articles[&expected.key];
    assert_eq!(article.title.as_ref(), Some(&expected.title));
    assert_eq!(article.listed.len(), 1, "one line of the section");
}

#[tokio::test]
async fn a_slug_that_differs_by_a_number_or_a_dash_is_another_article() {
    let desk = Desk::open(24).await;
    let expected = desk.control().expected();
    let is_there =
        |one: &&khotin::demo::Expected| one.sections.contains(&"tin-tong-hop".to_owned());
    let expected = expected.iter().find(is_there).unwrap();
    let url = &expected.url;
    let links = [url.clone(), format!("{url}-1"), format!("{url}-")];
    let instead = Fault::Instead(listing(&links));
    desk.control().plan_fault("/tin-tong-hop?", 1, instead);
    desk.crawl_with(only("tin-tong-hop")).await;
    let key = &expected.key;
    let mut keys = [key.clone(), format!("{key}-1"), format!("{key}-")];
    keys.sort();
    assert_eq!(desk.articles().into_keys().collect::<Vec<_>>(), keys);
}
