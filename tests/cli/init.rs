//! `khotin init`: a folder to begin with.

use std::fs;

use khotin::config::Config;

use crate::program::run;

#[test]
fn the_folder_holds_the_reference_and_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(
        folder.path(),
        &["init", "moh", "--contact", "a+b@example.org"],
    );
    let ran = ran.expect("first", 0);
    assert_eq!(
        ran.stdout,
        format!(
            "made moh/config.toml\n\
             every request will say who asks: khotin/{} (+a+b@example.org)\n\
             then: khotin doctor --config moh/config.toml\n\
             and:  khotin crawl --config moh/config.toml --max-requests 100\n",
            env!("CARGO_PKG_VERSION")
        )
    );
    let path = folder.path().join("moh/config.toml");
    let text = fs::read_to_string(&path).unwrap();
    let config = Config::parse("config.toml", &text).unwrap();
    assert_eq!(config.operator.contact, "a+b@example.org");
    let reference = fs::read_to_string("config.toml").unwrap();
    assert_eq!(text.lines().count(), reference.lines().count());
    assert!(folder.path().join("moh/sites").is_dir());

    let again = run(
        folder.path(),
        &["init", "moh", "--contact", "other@example.org"],
    );
    again.expect("second", 2).says(
        "second",
        &["moh/config.toml is already there", "never overwritten"],
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn without_a_contact_the_next_step_is_told_and_crawl_waits_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), &["init"]).expect("init", 0);
    assert!(ran.stdout.contains("next: set `contact`"), "{}", ran.stdout);
    run(folder.path(), &["crawl"])
        .expect("crawl", 2)
        .says("crawl", &["no operator contact is set"]);
    assert!(!folder.path().join("output").exists());
    for (command, words) in [
        ("status", "nothing yet"),
        ("export", "no articles yet"),
        ("verify", "no archive"),
    ] {
        run(folder.path(), &[command])
            .expect(command, 2)
            .says(command, &[words, "run `khotin crawl` first"]);
    }
}

#[test]
fn json_is_one_document() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), &["init", "--json"]).expect("init", 0);
    assert_eq!(ran.json()["made"], "./config.toml");
}

#[test]
fn flags_fill_the_settings_and_vietnamese_has_its_comments() {
    let folder = tempfile::tempdir().unwrap();
    let args = [
        "init",
        "kho",
        "--lang",
        "vi",
        "--contact",
        "https://example.org/kho",
        "--name",
        "Viện X",
        "--site",
        "moh",
        "--site",
        "demo",
        "--output",
        "du-lieu",
        "--format",
        "csv,jsonl",
        "--keep-daily",
        "7",
        "--keep-monthly",
        "24",
    ];
    let ran = run(folder.path(), &args).expect("init", 0);
    for words in [
        "đã tạo kho/config.toml",
        "mọi yêu cầu sẽ nói rõ ai hỏi: khotin/",
        "sau đó: khotin doctor",
    ] {
        assert!(ran.stdout.contains(words), "no {words:?} in {}", ran.stdout);
    }
    let config = Config::read(&folder.path().join("kho/config.toml")).unwrap();
    assert_eq!(config.operator.name, "Viện X");
    assert_eq!(config.operator.contact, "https://example.org/kho");
    let sites: Vec<&str> = config
        .crawl
        .sites
        .iter()
        .map(|site| site.as_str())
        .collect();
    assert_eq!(sites, ["moh", "demo"]);
    assert!(config.paths.output.ends_with("kho/du-lieu"));
    let formats: Vec<&str> = config
        .export
        .formats
        .iter()
        .map(|one| one.as_str())
        .collect();
    assert_eq!(formats, ["csv", "jsonl"]);
    assert_eq!(
        (config.nightly.keep_daily, config.nightly.keep_monthly),
        (7, Some(24))
    );
    assert_eq!(config.display.lang.as_str(), "vi");
    // From now on answers are Vietnamese without a flag.
    let doctor = run(&folder.path().join("kho"), &["doctor", "--offline"]).expect("doctor", 0);
    assert!(
        doctor.stdout.contains("mọi thứ đều ổn"),
        "{}",
        doctor.stdout
    );
}

#[test]
fn without_a_terminal_nothing_is_asked_even_if_somebody_could_answer() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = crate::program::khotin(folder.path(), &["init"]);
    // A pipe that stays open: a program that reads from it would wait for ever.
    let (reader, _writer) = std::io::pipe().unwrap();
    let ran = crate::program::Running::start({
        command.stdin(reader);
        command
    });
    let ran = ran.end().expect("init", 0);
    assert!(
        !ran.stdout.contains('?') && !ran.stdout.contains("]: "),
        "{}",
        ran.stdout
    );
}

#[test]
fn on_a_terminal_it_asks_and_a_wrong_answer_is_asked_again() {
    let folder = tempfile::tempdir().unwrap();
    // util-linux's `script` gives the program a terminal of its own.
    let program = env!("CARGO_BIN_EXE_khotin");
    let mut command = std::process::Command::new("script");
    command
        .args(["-qec", &format!("{program} init kho"), "/dev/null"])
        .current_dir(folder.path())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let answers = "vi\nnobody\nkho@example.vn\nViện X\nmoh\n\ncsv\n7\n";
    std::io::Write::write_all(&mut stdin, answers.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    for words in [
        "Language / Ngôn ngữ",
        "không phải địa chỉ thư điện tử",
        "Trang sẽ thu thập [moh]: ",
    ] {
        assert!(said.contains(words), "no {words:?} in {said}");
    }
    let config = Config::read(&folder.path().join("kho/config.toml")).unwrap();
    assert_eq!(config.operator.contact, "kho@example.vn");
    assert_eq!(config.nightly.keep_daily, 7);
    drop(stdin);
}

#[test]
fn what_can_not_be_is_told_and_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "mine").unwrap();
    let table: [(&[&str], &[&str]); 5] = [
        (
            &["init", "a", "--contact", "me"],
            &[
                "--contact \"me\" is neither an e-mail address nor",
                "archive@example.org",
            ],
        ),
        (
            &["init", "a", "--site", "mohh"],
            &["no site `mohh`", "did you mean `moh`?"],
        ),
        (
            &["init", "a", "--format", "pdf"],
            &["'pdf'", "excel-semicolon"],
        ),
        (
            &["init", "a", "--keep-daily", "0"],
            &["'0'", "--keep-daily"],
        ),
        (
            &["init", "file/a"],
            &[
                "can not make the folder file/a/sites",
                "name another folder",
            ],
        ),
    ];
    for (args, words) in table {
        run(folder.path(), args)
            .expect(args[2..].join(" ").as_str(), 2)
            .says(args[1], words);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    std::os::unix::fs::symlink("nowhere", folder.path().join("config.toml")).unwrap();
    run(folder.path(), &["init"])
        .expect("a link", 2)
        .says("a link", &["is already there"]);
    assert!(!folder.path().join("nowhere").exists());
}
