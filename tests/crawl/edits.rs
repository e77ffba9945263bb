//! What an editor did between two crawls is what the second one reports, and nothing else.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use khotin::demo::{Gone, NewArticle, Piece, Platform, Run};
use khotin::model::State;

use crate::support::{Desk, demo, keys};

/// The keys of one half, in order.
fn half(desk: &Desk, platform: &str) -> Vec<String> {
    let prefix = format!("demo:{platform}:");
    let expected = desk.control().expected();
    let mut keys: Vec<String> = expected.into_iter().map(|expected| expected.key).collect();
    keys.retain(|key| key.starts_with(&prefix));
    keys
}

fn paragraph(text: &str) -> Piece {
    Piece::Paragraph(vec![Run::Text(text.to_owned())])
}

#[tokio::test]
async fn the_next_crawl_reports_exactly_what_was_edited() {
    let mut desk = Desk::open(40).await;
    desk.revisit_after(&[0]);
    let first = desk.crawl().await;
    let all = keys(&demo(&first).new);
    let (liferay, portal) = (half(&desk, "liferay"), half(&desk, "portal"));
    let control = desk.control();

    let (mut new, mut changed, mut gone) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let plain =
        |platform, section, title| NewArticle::plain(platform, section, title, &["Một đoạn mới."]);
    new.insert(
        control
            .add(plain(
                Platform::Liferay,
                "tin-tong-hop",
                "Thêm một (giả lập)",
            ))
            .unwrap(),
    );
    new.insert(
        control
            .add(plain(Platform::Portal, "8356", "Thêm hai (giả lập)"))
            .unwrap(),
    );
    for keys in [&liferay, &portal] {
        let edit = |article: &mut khotin::demo::DemoArticle| {
            article
                .pieces
                .push(paragraph("Một câu thêm vào sau khi đăng."));
        };
        control.edit(&keys[3], edit).unwrap();
        changed.insert(keys[3].clone());
        control.delete(&keys[5]).unwrap();
        gone.insert(keys[5].clone());
    }
    let renamed = control
        .rename(&liferay[7], "Tên mới hẳn (giả lập)")
        .unwrap();
    new.insert(renamed.clone());
    gone.insert(liferay[7].clone());
    let same = control.rename(&portal[7], "Tên mới hẳn (giả lập)").unwrap();
    assert_eq!(same, portal[7], "the portal's identity is the number");
    changed.insert(same);

    let second = desk.crawl().await;
    let report = demo(&second);
    assert_eq!(keys(&report.new), new);
    assert_eq!(keys(&report.changed), changed);
    assert_eq!(keys(&report.gone), gone);
    assert!(report.back.is_empty());
    let touched = changed.len() + gone.len();
    assert_eq!(report.unchanged, (all.len() - touched) as u64);
    assert_eq!((second.exit_code, &second.causes), (0, &Vec::new()));

    // Nothing is deleted, and what is there now is the truth.
    let articles = desk.articles();
    assert_eq!(articles.len(), all.len() + new.len());
    for expected in control.expected() {
        let article = &articles[&expected.key];
        assert_eq!(article.title.as_ref(), Some(&expected.title));
        let versions = 1 + usize::from(changed.contains(&expected.key));
        assert_eq!(article.versions.len(), versions, "{}", article.key);
    }
    assert_eq!(articles[&liferay[5]].state, State::Gone);
    assert_eq!(articles[&liferay[7]].state, State::Gone);
    assert_eq!(articles[&portal[5]].state, State::SoftGone);
    assert!(articles[&liferay[5]].title.is_some(), "kept as last seen");
    let old_title = articles[&portal[7]].versions[0].title.clone().unwrap();
    assert_ne!(Some(old_title), articles[&portal[7]].title);
}

#[tokio::test]
async fn noise_makes_no_version() {
    let mut desk = Desk::open(40).await;
    desk.revisit_after(&[0]);
    let all = keys(&demo(&desk.crawl().await).new);
    let before = desk.articles();
    desk.control().touch_noise();
    let second = desk.crawl().await;
    let report = demo(&second);
    assert!(report.new.is_empty() && report.changed.is_empty() && report.gone.is_empty());
    assert_eq!(report.unchanged, all.len() as u64);
    let whole = desk
        .exchanges()
        .into_iter()
        .filter(|exchange| matches!(&exchange.outcome, khotin::archive::Outcome::Answered(answer) if answer.revisit.is_none()));
    assert!(
        whole.count() > all.len() + 20,
        "most pages really were other bytes"
    );
    for (key, article) in desk.articles() {
        assert_eq!(article.versions.len(), 1, "{key}");
        assert_eq!(article.content_digest, before[&key].content_digest, "{key}");
    }
}

#[tokio::test]
async fn every_way_of_being_gone_is_seen_and_the_way_back_too() {
    let desk = Desk::open(24).await;
    desk.crawl().await;
    let (liferay, portal) = (half(&desk, "liferay"), half(&desk, "portal"));
    let table = [
        // key, how, state
        (&liferay[0], Gone::NotFound, State::Gone),
        (&liferay[1], Gone::Removed, State::Gone),
        (&liferay[2], Gone::Soft, State::SoftGone),
        (&portal[0], Gone::NotFound, State::SoftGone),
    ];
    let expected: BTreeSet<String> = table.iter().map(|(key, ..)| (*key).clone()).collect();
    for (key, how, _) in table {
        desk.control().delete_as(key, how).unwrap();
    }
    desk.later(TimeDelta::days(2));
    let report = desk.crawl().await;
    assert_eq!(keys(&demo(&report).gone), expected);
    assert_eq!(report.exit_code, 0, "{:?}", report.causes);
    for (key, how, state) in table {
        assert_eq!(desk.article(key).state, state, "{how:?}");
    }

    desk.later(TimeDelta::days(2));
    let report = desk.crawl().await;
    assert!(demo(&report).gone.is_empty(), "told once");
    let asked = desk.asked();
    assert!(
        asked.contains(&format!("article {}", liferay[0])),
        "{asked:?}"
    );

    for (key, ..) in table {
        desk.control().restore(key).unwrap();
    }
    desk.later(TimeDelta::days(4));
    let report = desk.crawl().await;
    assert_eq!(keys(&demo(&report).back), expected);
    for (key, how, state) in table {
        let states: Vec<State> = desk
            .article(key)
            .states
            .iter()
            .map(|span| span.state)
            .collect();
        assert_eq!(
            states,
            [State::Listed, State::Live, state, State::Back],
            "{how:?}"
        );
        assert_eq!(desk.article(key).versions.len(), 1, "{how:?}");
    }
}
