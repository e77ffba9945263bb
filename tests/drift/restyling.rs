//! What a ministry may do to its pages overnight.

use khotin::demo::{Control, DETAIL_ENDPOINT};

/// Every article's page.
const ARTICLES: &str = "/content/";
/// Every listing of the Liferay half.
const LISTINGS: &str = "_cur=";

/// All class names of an article: nothing fits any more.
pub(crate) fn other_classes(control: &Control) {
    control.restyle(ARTICLES, |page| {
        page.replace("\"contentDetail\"", "\"bai-viet\"")
            .replace("\"journal-content-article\"", "\"noi-dung\"")
    });
}

/// The container alone: the third alternative of `root` still finds the portlet.
pub(crate) fn other_container(control: &Control) {
    control.restyle(ARTICLES, |page| {
        page.replace("\"contentDetail\"", "\"bai-viet\"")
    });
}

/// The element of the text alone.
pub(crate) fn other_body(control: &Control) {
    control.restyle(ARTICLES, |page| {
        page.replace("\"journal-content-article\"", "\"noi-dung\"")
    });
}

/// The element of the date, which has another shape too: `17/06/2023 | 21:00 PM` becomes
/// `21:00, 17-06-2023`.
pub(crate) fn other_date(control: &Control) {
    control.restyle(ARTICLES, |page| {
        let (before, rest) = page.split_once("<div><div><p>").unwrap();
        let (stamp, after) = rest.split_once("</p></div><span> | </span>").unwrap();
        let (day, time) = stamp.split_once(" | ").unwrap();
        let (day, time) = (day.replace('/', "-"), &time[..5]);
        format!("{before}<div><div><time>{time}, {day}</time></div>{after}")
    });
}

/// What is around a listing's item.
pub(crate) fn other_items(control: &Control) {
    control.restyle(LISTINGS, |page| {
        page.replace("\"page-list-news\"", "\"the-tin\"")
    });
}

/// Ten items a page, where there were twenty.
pub(crate) fn half_of_the_items(control: &Control) {
    control.restyle(LISTINGS, |page| {
        let item = "<div class=\"page-list-news\">";
        let pager = page
            .find("<div class=\"clearfix lfr-pagination\">")
            .unwrap();
        let eleventh = page.match_indices(item).nth(10);
        let cut = eleventh.map_or(pager, |(place, _)| place);
        format!("{}{}", &page[..cut], &page[pager..])
    });
}

/// The portal's articles lose the PM of their stamps; its listings keep it.
pub(crate) fn lost_pm(control: &Control) {
    control.restyle(DETAIL_ENDPOINT, |answer| answer.replace(" PM\"", "\""));
}
