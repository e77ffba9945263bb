//! Control characters of the web reach no terminal: not by a title, a body, a failure or a log.
//! (Every run of a test is searched for them, see `Ran`.)

use khotin::demo::{Answer, Fault, NewArticle, Platform};

use crate::program::World;

const TITLE: &str = "Tin \u{1b}[31mđỏ\u{9b}2J\u{7f}\u{8}\r (giả lập)";
const LEAD: &str = "Tóm \u{1b}[1mtắt\u{9b}0m";
const BODY: &str = "Một \u{1b}]0;đổi tên cửa sổ\u{7} dòng \u{9d}0;x\u{9c}.";

#[test]
fn no_command_prints_what_a_terminal_would_obey() {
    let world = World::new(40);
    let mut keys = Vec::new();
    for (platform, section) in [
        (Platform::Liferay, "tin-tong-hop"),
        (Platform::Portal, "8356"),
    ] {
        let mut article = NewArticle::plain(platform, section, TITLE, &[BODY]);
        article.lead = Some(LEAD.to_owned());
        keys.push(world.control().add(article).unwrap());
    }
    let refusal = Answer::new(404, "text/html\u{1b}[2J", "<title>\u{1b}[2J</title>")
        .with("Location", "http://demo.khotin.test/\u{1b}[2J")
        .with("Retry-After", "\u{1b}[2J");
    world
        .control()
        .plan_fault("/tin-noi-bat?", 1, Fault::Instead(refusal));
    let garbage = Fault::Raw(b"HTTP/1.1 \x1b[2J \x1b[2J\r\n\r\n".to_vec());
    world
        .control()
        .plan_fault("/hoat-dong-cua-dia-phuong?", 3, garbage);
    world.configure("tries = 1");
    let ran = world.run(&["crawl", "-vv"]);
    assert_eq!(ran.code, Some(1), "{ran:#?}");
    for key in &keys {
        let page = world.run(&["show", key]).expect(key, 0).stdout;
        assert!(page.contains("[31mđỏ"), "{page}");
        let record = world.run(&["show", key, "--json"]).expect(key, 0).json();
        assert!(record["title"].as_str().unwrap().contains("đỏ"));
    }
    for args in [
        vec!["search", "tin đỏ"],
        vec!["search", "mot dong", "--json"],
        vec!["status"],
        vec!["status", "--json"],
        vec!["export", "-vv"],
        vec!["verify", "-vv"],
        vec!["rebuild", "-vv"],
    ] {
        world.run(&args).expect(args[0], 0);
    }
}
