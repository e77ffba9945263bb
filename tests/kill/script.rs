//! The ministry and what its editors do between two passes: add, edit, delete, rename, bring back, and
//! push a listing down.

use khotin::demo::{Gone, NewArticle, Piece, Platform, Run};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use crate::program::World;

const ARTICLES: usize = 60;

/// Sections of both platforms, and their names in the ministry.
const SECTIONS: &str = "sections = [\"tin-tong-hop\", \"hoat-dong-cua-lanh-dao-bo\", \
    \"danh-muc-8351\", \"danh-muc-8356\"]";
const PLACES: [(Platform, &str); 4] = [
    (Platform::Liferay, "tin-tong-hop"),
    (Platform::Liferay, "hoat-dong-cua-lanh-dao-bo"),
    (Platform::Portal, "8351"),
    (Platform::Portal, "8356"),
];

/// Small files, so that they are closed often, and a look at every article each day: `make_due` says
/// when it is.
pub(crate) fn world() -> World {
    let world = World::new(ARTICLES);
    let days: Vec<String> = (1..60).map(|day| format!("\"{day}d\"")).collect();
    let crawl = format!("{SECTIONS}\nrevisit = [{}]", days.join(", "));
    let config = world.config(&crawl) + "[archive]\nmax_file_bytes = 65536\n";
    std::fs::write(world.path("config.toml"), config).unwrap();
    world
        .control()
        .set_now(Some("2026-11-22T01:02:03Z".parse().unwrap()));
    world
}

/// One night's edits: the same for the same seed and pass.
pub(crate) fn edit(world: &World, seed: u64, pass: usize) {
    let mut random = StdRng::seed_from_u64(seed ^ ((pass as u64) << 32));
    let control = world.control();
    let now = control.now() + chrono::TimeDelta::days(1);
    control.set_now(Some(now));
    for (platform, section) in PLACES {
        let mut keys: Vec<String> = control
            .expected()
            .into_iter()
            .filter(|one| one.platform == platform && one.sections.iter().any(|id| id == section))
            .map(|one| one.key)
            .collect();
        keys.sort();
        keys.shuffle(&mut random);
        let text = format!("Bài thêm {pass} của {section} (giả lập)");
        let paragraph = Piece::Paragraph(vec![Run::Text(text.clone())]);
        let new = NewArticle::plain(platform, section, &text, &["Nội dung giả lập."]);
        control.add(new).unwrap();
        control.shift(platform, section, 1 + pass % 3).unwrap();
        if let [edited, deleted, renamed, lost, ..] = &keys[..] {
            control
                .edit(edited, |article| article.pieces.push(paragraph))
                .unwrap();
            control.delete(deleted).unwrap();
            control
                .rename(renamed, &format!("Tên mới: {text}"))
                .unwrap();
            control.delete_as(lost, Gone::NotFound).unwrap();
            if pass.is_multiple_of(2) {
                control.restore(lost).unwrap();
            }
        }
    }
    control.touch_noise();
}

/// Every article is due again, as if a day had passed. The store is closed meanwhile.
pub(crate) fn make_due(world: &World) {
    let database = rusqlite::Connection::open(world.path("output/khotin.db")).unwrap();
    let sql = "UPDATE requests SET due_at = '2026-01-01T00:00:00.000000Z'
               WHERE state = 'done' AND due_at IS NOT NULL";
    assert!(database.execute(sql, []).unwrap() > 0);
}
