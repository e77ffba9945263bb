//! `khotin completions`: what a shell needs to complete a half-typed command.

use std::io::Write;

use clap_complete::Shell;
use serde_json::json;

use super::json::write_json;
use super::{Context, Outcome, visible};

/// Print the completions of a shell: bash, zsh, fish, elvish or powershell
///
/// Put them where your shell looks for them, and open a new one:
///
///   bash   ~/.local/share/bash-completion/completions/khotin
///   zsh    a file _khotin in a folder of $fpath
///   fish   ~/.config/fish/completions/khotin.fish
///
/// Example: khotin completions bash
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The shell
    shell: Shell,
}

pub(crate) fn run(args: &Args, context: &Context, out: &mut dyn Write) -> anyhow::Result<Outcome> {
    // Into memory first: clap_complete panics when a pipe is closed.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut visible(), "khotin", &mut script);
    if context.json {
        let script = String::from_utf8(script)?;
        write_json(
            out,
            &json!({ "shell": args.shell.to_string(), "script": script }),
        )?;
    } else {
        out.write_all(&script)?;
    }
    Ok(Outcome::Complete)
}
