//! The program as a user starts it: the real binary in a folder of its own, and the demo ministry
//! in this process for it to crawl.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use khotin::demo::{AccessEntry, Control, DemoMinistry, DemoOptions, HOST, PICTURE_HOSTS};
use serde_json::Value;
use tempfile::TempDir;

/// What never comes within this time is a failed test.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program, with arguments, in a folder, without the environment's wishes for logs.
pub(crate) fn khotin<A: AsRef<OsStr>>(folder: &Path, args: &[A]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_khotin"));
    command
        .args(args)
        .current_dir(folder)
        .env_remove("KHOTIN_LOG")
        .stdin(Stdio::null());
    command
}

/// Runs the program to its end in a folder.
pub(crate) fn run<A: AsRef<OsStr>>(folder: &Path, args: &[A]) -> Ran {
    let output = khotin(folder, args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran::new(output.status, text(output.stdout), text(output.stderr))
}

/// What a run of the program printed and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code; none if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Whatever the test is about: a pipe never gets control characters, and nothing panics.
    fn new(status: ExitStatus, stdout: String, stderr: String) -> Self {
        let ran = Self {
            code: status.code(),
            stdout,
            stderr,
        };
        let is_control = |c: &char| c.is_control() && *c != '\n';
        for text in [&ran.stdout, &ran.stderr] {
            let found = text.chars().find(is_control);
            assert_eq!(found, None, "a control character: {text:?}");
        }
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        ran
    }

    /// Fails with all that was printed unless it ended with this exit code.
    #[track_caller]
    pub(crate) fn expect(self, what: &str, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{what}: {self:#?}");
        self
    }

    /// Fails unless standard error says all of this.
    #[track_caller]
    pub(crate) fn says(self, what: &str, words: &[&str]) -> Self {
        for word in words {
            assert!(
                self.stderr.contains(word),
                "{what}: no {word:?} in {self:#?}"
            );
        }
        self
    }

    /// Standard output as the one JSON document that it must be.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error} in {}", self.stdout))
    }
}

/// The program while it runs.
pub(crate) struct Running {
    child: Child,
    stdout: ChildStdout,
    stderr: Arc<Mutex<String>>,
    reading: JoinHandle<()>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let stderr = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&stderr);
        let reading = std::thread::spawn(move || {
            for line in lines {
                kept.lock().unwrap().push_str(&(line.unwrap() + "\n"));
            }
        });
        Self {
            child,
            stdout,
            stderr,
            reading,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// As Ctrl-C does.
    pub(crate) fn interrupt(&self) {
        self.signal("INT");
    }

    /// As `systemctl stop` does.
    pub(crate) fn terminate(&self) {
        self.signal("TERM");
    }

    /// `kill` is a word of every POSIX shell.
    fn signal(&self, name: &str) {
        let line = format!("kill -{name} {}", self.pid());
        let status = Command::new("sh").args(["-c", &line]).status().unwrap();
        assert!(status.success());
    }

    /// Ends it as a power cut would (SIGKILL). Returns whether it was still running.
    pub(crate) fn kill(mut self) -> bool {
        self.child.kill().unwrap();
        let status = self.child.wait().unwrap();
        self.reading.join().unwrap();
        status.code().is_none()
    }

    /// Waits until standard error says this.
    #[track_caller]
    pub(crate) fn wait_for_words(&self, words: &str) {
        wait_until(words, || self.stderr.lock().unwrap().contains(words));
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ran {
        let mut stdout = String::new();
        self.stdout.read_to_string(&mut stdout).unwrap();
        let status = self.child.wait().unwrap();
        self.reading.join().unwrap();
        let stderr = self.stderr.lock().unwrap().clone();
        Ran::new(status, stdout, stderr)
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

/// Looks again and again until something is so.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "never came: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A demo ministry in this process, and a folder whose config.toml leads to it.
pub(crate) struct World {
    ministry: DemoMinistry,
    /// The ministry's tasks end with it.
    _runtime: tokio::runtime::Runtime,
    folder: TempDir,
}

impl World {
    /// A ministry of so many articles, beside its two real ones.
    pub(crate) fn new(articles: usize) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let options = DemoOptions {
            articles,
            ..DemoOptions::default()
        };
        let ministry = runtime.block_on(DemoMinistry::start(options)).unwrap();
        let world = Self {
            ministry,
            _runtime: runtime,
            folder: tempfile::tempdir().unwrap(),
        };
        world.configure("");
        world
    }

    /// Writes config.toml; `crawl` are more lines of its [crawl] part.
    pub(crate) fn configure(&self, crawl: &str) {
        fs::write(self.path("config.toml"), self.config(crawl)).unwrap();
    }

    /// The text of a config.toml that leads here.
    pub(crate) fn config(&self, crawl: &str) -> String {
        let address = self.ministry.address();
        let pictures: String = PICTURE_HOSTS
            .iter()
            .map(|host| format!(", \"{host}:80\" = \"{address}\""))
            .collect();
        format!(
            "[crawl]\nsites = [\"demo\"]\n{crawl}\n\
             [fetch]\nresolve = {{ \"{HOST}:80\" = \"{address}\"{pictures} }}\n\
             [site.demo]\ngap = \"1ms\"\n"
        )
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    pub(crate) fn control(&self) -> &Control {
        self.ministry.control()
    }

    pub(crate) fn log(&self) -> Vec<AccessEntry> {
        self.ministry.log()
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        run(self.folder(), args)
    }

    pub(crate) fn start(&self, args: &[&str]) -> Running {
        Running::start(khotin(self.folder(), args))
    }

    /// The WARC files, oldest first; one that is open has a name that ends in `.open`.
    pub(crate) fn warc_files(&self) -> Vec<PathBuf> {
        let names = fs::read_dir(self.path("output/archive")).unwrap();
        let mut files: Vec<PathBuf> = names.map(|entry| entry.unwrap().path()).collect();
        files.retain(|file| file.to_string_lossy().contains(".warc.gz"));
        files.sort();
        files
    }
}

/// Every file below a folder with its bytes, to be compared with what is there later.
pub(crate) fn files_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            files.push((path, bytes));
        }
    }
    files.sort();
    files
}
