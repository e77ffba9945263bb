//! `khotin read-alone`, which is in no help: the process of a trial. And [`ChildTrial`], which starts
//! this program so, waits for it, and says what came of it.

use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::sync::watch;

use super::context::known_site;
use super::{Context, Outcome};
use crate::archive::Archive;
use crate::model::SiteId;
use crate::pipeline::{self, Suspect, Trial, Verdict, archive_folder};

/// Read one capture of the archive and keep nothing of it
///
/// Started by khotin itself, after a process ended while it read that capture: if this one ends too,
/// the capture is at fault. Ends when its standard input does.
///
/// Example: khotin read-alone khotin-demo-20261122T010203Z-00001.warc.gz 2093 --site demo
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment, hide = true)]
pub(crate) struct Args {
    /// Name of the WARC file
    file: String,

    /// First byte of the exchange
    offset: u64,

    /// The site whose profile reads it
    #[arg(long, value_parser = |text: &str| Ok::<_, String>(SiteId::new(text)))]
    site: SiteId,
}

pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    std::thread::spawn(end_with_parent);
    let config = context.config()?;
    let sites = context.sites()?;
    let profile = &known_site(&sites, &args.site)?.profile;
    let archive = Archive::new(archive_folder(&config.paths.output));
    pipeline::read_alone(&archive, profile, &args.file, args.offset)?;
    Ok(Outcome::Complete)
}

/// Nobody waits for the answer any more when the other end of standard input is closed.
fn end_with_parent() {
    let mut byte = [0];
    while matches!(std::io::stdin().read(&mut byte), Ok(1)) {}
    std::process::exit(i32::from(Outcome::Interrupted.code()));
}

/// Reading one capture takes milliseconds, the largest some seconds; what takes longer than this
/// hangs (our choice).
const LONGEST_READING: Duration = Duration::from_secs(60);

/// How often the child is looked at.
const LOOK: Duration = Duration::from_millis(5);

/// Signals by which a person or the system ends a process; they say nothing about the capture.
/// SIGHUP, SIGINT, SIGTERM (POSIX).
const FROM_OUTSIDE: [i32; 3] = [1, 2, 15];

/// Reads captures in a child process.
#[derive(Debug)]
pub(crate) struct ChildTrial {
    program: PathBuf,
    config: PathBuf,
    longest: Duration,
    stop: watch::Receiver<bool>,
}

impl ChildTrial {
    /// Children are started with the settings in the file `config`; `stop` ends a trial.
    ///
    /// # Errors
    /// If the system does not say which program this is.
    pub(crate) fn new(config: &Path, stop: watch::Receiver<bool>) -> anyhow::Result<Self> {
        Ok(Self {
            program: std::env::current_exe().context("can not find this program's own file")?,
            config: config.to_owned(),
            longest: longest_reading(),
            stop,
        })
    }

    fn command(&self, suspect: &Suspect) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg("read-alone")
            .arg("--config")
            .arg(&self.config)
            .args(["--site", suspect.site.as_str()])
            .arg("--")
            .arg(&suspect.file)
            .arg(suspect.offset.to_string());
        command
    }

    fn try_command(&self, mut command: Command) -> Verdict {
        // A group of its own: Ctrl-C on the terminal is for us, and we end the child.
        command
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => return not_tried(&format!("no process could be started: {error}")),
        };
        let verdict = self.wait(&mut child);
        if verdict.is_none() {
            // Both fail only if it has ended meanwhile.
            let _ = child.kill();
            let _ = child.wait();
        }
        verdict.unwrap_or_else(|| match *self.stop.borrow() {
            true => Verdict::Interrupted,
            false => Verdict::Unreadable(format!(
                "reading it took more than {}",
                humantime::format_duration(self.longest)
            )),
        })
    }

    /// What the child came to; `None` if it is not to be waited for any longer.
    fn wait(&self, child: &mut Child) -> Option<Verdict> {
        let start = Instant::now();
        while start.elapsed() < self.longest && !*self.stop.borrow() {
            match child.try_wait() {
                Ok(Some(status)) => return Some(verdict_of(status)),
                Ok(None) => std::thread::sleep(LOOK),
                Err(error) => return Some(not_tried(&error.to_string())),
            }
        }
        None
    }
}

impl Trial for ChildTrial {
    fn read_alone(&self, suspect: &Suspect) -> Verdict {
        self.try_command(self.command(suspect))
    }
}

/// Only a child that read to the end clears the capture. One that could not be tried is put aside
/// too: nothing is lost by that, while reading it here might end this run and every later one.
fn verdict_of(status: ExitStatus) -> Verdict {
    match (status.code(), status.signal()) {
        (Some(0), _) => Verdict::Innocent,
        (_, Some(signal)) if FROM_OUTSIDE.contains(&signal) => Verdict::Interrupted,
        (_, Some(signal)) => {
            Verdict::Unreadable(format!("reading it ended the process by signal {signal}"))
        }
        // The code of a panic (the Rust book, "unrecoverable errors").
        (Some(101), _) => Verdict::Unreadable("reading it ended the process by a panic".to_owned()),
        (code, _) => not_tried(&format!(
            "the process ended with exit code {}",
            code.unwrap_or_default()
        )),
    }
}

fn not_tried(why: &str) -> Verdict {
    Verdict::Unreadable(format!("reading it could not be tried alone, {why}"))
}

#[cfg(not(debug_assertions))]
fn longest_reading() -> Duration {
    LONGEST_READING
}

/// In debug builds a test may be less patient.
#[cfg(debug_assertions)]
fn longest_reading() -> Duration {
    let wish = std::env::var("KHOTIN_TEST_LONGEST_READING_MS").ok();
    let wish = wish.and_then(|millis| millis.parse().ok());
    wish.map_or(LONGEST_READING, Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(longest: Duration, is_interrupted: bool) -> (ChildTrial, watch::Sender<bool>) {
        let (stop, stopped) = watch::channel(is_interrupted);
        let trial = ChildTrial {
            program: PathBuf::from("sh"),
            config: PathBuf::from("config.toml"),
            longest,
            stop: stopped,
        };
        (trial, stop)
    }

    fn shell(line: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", line]);
        command
    }

    #[test]
    fn only_a_child_that_read_to_the_end_clears_the_capture() {
        let unreadable = |words: &str| Verdict::Unreadable(words.to_owned());
        let table = [
            ("it came to the end", "exit 0", Verdict::Innocent),
            (
                "abort",
                "kill -ABRT $$",
                unreadable("reading it ended the process by signal 6"),
            ),
            (
                "no memory left",
                "kill -KILL $$",
                unreadable("reading it ended the process by signal 9"),
            ),
            (
                "panic",
                "exit 101",
                unreadable("reading it ended the process by a panic"),
            ),
            (
                "the child could not work",
                "exit 2",
                unreadable(
                    "reading it could not be tried alone, the process ended with exit code 2",
                ),
            ),
            ("a person ended it", "kill -INT $$", Verdict::Interrupted),
            (
                "the system shuts down",
                "kill -TERM $$",
                Verdict::Interrupted,
            ),
        ];
        let (trial, _stop) = trial(LONGEST_READING, false);
        for (what, line, expected) in table {
            assert_eq!(trial.try_command(shell(line)), expected, "{what}");
        }
        let none = Command::new("/nowhere/at/all");
        let Verdict::Unreadable(words) = trial.try_command(none) else {
            panic!("a child that is not there was no witness");
        };
        let expected = "reading it could not be tried alone, no process could be started: ";
        assert!(words.starts_with(expected), "{words}");
    }

    #[test]
    fn a_child_that_hangs_is_ended() {
        let hanging = "exec sleep 1000";
        let (short, _stop) = trial(Duration::from_millis(20), false);
        assert_eq!(
            short.try_command(shell(hanging)),
            Verdict::Unreadable("reading it took more than 20ms".to_owned())
        );
        let (interrupted, _stop) = trial(LONGEST_READING, true);
        assert_eq!(
            interrupted.try_command(shell(hanging)),
            Verdict::Interrupted
        );
    }
}
