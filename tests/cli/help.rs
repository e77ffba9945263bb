//! The help of every command, as a person reads it. A change shows here; take it over with
//! `INSTA_UPDATE=always cargo test --test cli help::` after reading it.

use crate::program::run;

/// The names below a line `Commands:`, without clap's own `help`.
fn commands(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    lines
        .take_while(|line| line.starts_with("  "))
        // A longer word of help goes on in a line that is further in.
        .filter_map(|line| line.get(2..)?.split(' ').next())
        .filter(|name| !name.is_empty() && *name != "help")
        .map(str::to_owned)
        .collect()
}

/// The help of a command and of all below it.
fn helps(words: &[String]) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    let args: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
    let name = args[..args.len() - 1].join("-");
    let help = run(folder.path(), &args).expect(&name, 0).stdout;
    let mut all = vec![(name, help.clone())];
    for command in commands(&help) {
        all.extend(helps(&[words, &[command]].concat()));
    }
    all
}

#[test]
fn help_reads_as_reviewed() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("help");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (name, help) in helps(&[]) {
            let name = if name.is_empty() { "khotin" } else { &name };
            insta::assert_snapshot!(name, help);
        }
    });
}

#[test]
fn the_commands_of_the_issue_are_there_and_help_is_told_at_once() {
    let helps = helps(&[]);
    for name in [
        "init", "crawl", "demo", "export", "show", "status", "read", "rebuild", "verify",
    ] {
        let found = helps.iter().find(|(known, _)| known == name);
        let (_, help) = found.unwrap_or_else(|| panic!("no command {name}"));
        assert!(help.contains(&format!("Example: khotin {name}")), "{help}");
    }
}
