//! Promise: what `khotin completions bash` prints completes commands, options and words in a real bash,
//! and no shell is told of a command that khotin starts itself.

use std::fs;
use std::process::Command;

use crate::program::run;

/// What bash offers for a half-typed line: the words typed so far, the last one unfinished.
fn offered(script: &str, words: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("khotin");
    fs::write(&file, script).unwrap();
    // As readline calls it: the function that `complete` names, with command, word and word before.
    let line = "source \"$1\" || exit 1; shift
        [[ $(complete -p khotin) =~ -F\\ ([^ ]+) ]] || exit 1
        function=${BASH_REMATCH[1]}
        COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1))
        \"$function\" khotin \"${@: -1}\" \"${@: -2:1}\"
        printf '%s\\n' \"${COMPREPLY[@]}\"";
    let ran = Command::new("bash")
        .args(["--norc", "-c", line, "bash"])
        .arg(&file)
        .args(words)
        .output()
        .unwrap();
    let stderr = String::from_utf8(ran.stderr).unwrap();
    assert!(ran.status.success() && stderr.is_empty(), "{stderr}");
    let stdout = String::from_utf8(ran.stdout).unwrap();
    stdout.lines().map(str::to_owned).collect()
}

#[test]
fn a_real_bash_completes_what_was_half_typed() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), &["completions", "bash"]).expect("bash", 0);
    let table: [(&str, &[&str], &[&str]); 6] = [
        ("a command", &["khotin", "ver"], &["verify"]),
        (
            "read-alone is not for people",
            &["khotin", "read"],
            &["read"],
        ),
        (
            "a command of a command",
            &["khotin", "sites", "ch"],
            &["check"],
        ),
        (
            "an option",
            &["khotin", "crawl", "--max-r"],
            &["--max-requests"],
        ),
        (
            "an option of every command",
            &["khotin", "export", "--conf"],
            &["--config"],
        ),
        (
            "a word of a list",
            &["khotin", "completions", "z"],
            &["zsh"],
        ),
    ];
    for (what, words, expected) in table {
        assert_eq!(offered(&ran.stdout, words), expected, "{what}");
    }
}

#[test]
fn every_shell_has_its_script_and_none_knows_a_hidden_command() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(folder.path(), &["completions", shell])
            .expect(shell, 0)
            .stdout;
        assert!(script.contains("rebuild"), "{shell}");
        assert!(!script.contains("read-alone"), "{shell}");
        let ran = run(folder.path(), &["completions", shell, "--json"]).expect(shell, 0);
        assert_eq!(ran.json()["script"], script, "{shell}");
    }
    run(folder.path(), &["completions", "ksh"])
        .expect("ksh", 2)
        .says("ksh", &["bash, elvish, fish, powershell, zsh"]);
}

#[test]
fn pages_are_written_into_a_folder_and_one_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let ran = run(folder.path(), &["man", "--out", "share/man/man1", "--json"]).expect("man", 0);
    let made = ran.json()["made"].as_array().unwrap().clone();
    let files = fs::read_dir(folder.path().join("share/man/man1")).unwrap();
    assert_eq!(files.count(), made.len(), "nothing beside the pages");
    for name in ["khotin.1", "khotin-crawl.1", "khotin-sites-check.1"] {
        let path = format!("share/man/man1/{name}");
        assert!(made.iter().any(|made| made == &path), "{name}: {made:?}");
    }
    let page = run(folder.path(), &["man", "sites", "check"]).expect("page", 0);
    let file = folder.path().join("share/man/man1/khotin-sites-check.1");
    assert_eq!(page.stdout, fs::read_to_string(file).unwrap());
    assert!(page.stdout.contains(".SH EXAMPLES"), "{}", page.stdout);
    run(folder.path(), &["man", "read-alone"])
        .expect("hidden", 2)
        .says("hidden", &["no command `read-alone`", "khotin --help"]);
}
