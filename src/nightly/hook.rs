//! Hook: the operator's program, started after a night that needs a look.
//!
//! It gets the night's report as JSON on standard input. Its arguments are those of the settings, as they
//! stand there: no shell reads them, and no text of the web is among them or in its environment, which is
//! ours with `KHOTIN_EXIT_CODE` and `KHOTIN_NIGHT`. What it prints goes to our standard error. It has a
//! time limit; then it is killed with all that it started. What becomes of it changes no exit code.

use std::io::{self, ErrorKind, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::NightReport;

/// How often it is asked whether it ended.
const LOOK: Duration = Duration::from_millis(20);

/// Why the program did not do what it should.
#[derive(Debug, thiserror::Error)]
pub(super) enum HookError {
    #[error("the program of on_failure can not be started")]
    NotStarted(#[source] io::Error),
    #[error("the program of on_failure did not end within {}, and was killed", humantime::format_duration(*limit))]
    TooLong { limit: Duration },
    #[error("the program of on_failure ended with {status}")]
    Failed { status: ExitStatus },
    #[error("the program of on_failure can not be waited for")]
    Lost(#[source] io::Error),
    #[error("the report can not be written as JSON")]
    NoJson(#[source] serde_json::Error),
}

/// How the program is started.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) program: &'a str,
    pub(super) args: &'a [String],
    pub(super) report: &'a NightReport,
    pub(super) limit: Duration,
}

/// Starts it and waits for its end.
pub(super) fn call(call: Call<'_>) -> Result<(), HookError> {
    let report = call.report.to_json().map_err(HookError::NoJson)?;
    let code = call.report.exit_code.unwrap_or_default();
    let mut child = Command::new(call.program)
        .args(call.args)
        .env("KHOTIN_EXIT_CODE", code.to_string())
        .env("KHOTIN_NIGHT", call.report.night.to_string())
        .stdin(Stdio::piped())
        .stdout(io::stderr())
        .process_group(0)
        .spawn()
        .map_err(HookError::NotStarted)?;
    if let Some(mut stdin) = child.stdin.take() {
        // It need not read all of it, nor any. The thread ends with the pipe.
        thread::spawn(move || match stdin.write_all(&report) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                tracing::warn!(
                    event = "on_failure_failed",
                    "the report did not reach it: {error}"
                );
            }
            _ => {}
        });
    }
    let status = wait(&mut child, call.limit)?;
    match status.success() {
        true => Ok(()),
        false => Err(HookError::Failed { status }),
    }
}

fn wait(child: &mut Child, limit: Duration) -> Result<ExitStatus, HookError> {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().map_err(HookError::Lost)? {
            return Ok(status);
        }
        if began.elapsed() >= limit {
            kill(child);
            child.wait().map_err(HookError::Lost)?;
            return Err(HookError::TooLong { limit });
        }
        thread::sleep(LOOK);
    }
}

/// Kills it and what it started, as far as that stayed in its group.
fn kill(child: &mut Child) {
    let group = kill_process_group(Pid::from_child(child), Signal::KILL);
    if group.is_err() {
        // It ended just now, which `wait` will tell.
        let _ = child.kill();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::*;

    fn script(folder: &Path, lines: &str) -> String {
        let path = folder.join("tell me");
        fs::write(&path, format!("#!/bin/sh\n{lines}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.display().to_string()
    }

    fn report() -> NightReport {
        let now = "2026-11-27T18:30:00Z".parse().unwrap();
        let mut report = NightReport::begin(7, "2026-11-28".parse().unwrap(), now);
        report.exit_code = Some(4);
        report.causes = vec!["$(touch /tmp/x) \u{1b}[31m".to_owned()];
        report
    }

    fn call_it(program: &str, args: &[String], limit: Duration) -> Result<(), HookError> {
        let report = report();
        call(Call {
            program,
            args,
            report: &report,
            limit,
        })
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn the_report_comes_on_standard_input_and_nothing_of_it_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().display();
        let program = script(
            folder.path(),
            &format!(
                "cat > '{place}/in'; printf '%s\\n' \"$#\" \"$@\" \"$KHOTIN_EXIT_CODE\" \"$KHOTIN_NIGHT\" > '{place}/args'; \
                 env > '{place}/env'"
            ),
        );
        let args = ["a b".to_owned(), "$HOME;`id`".to_owned()];
        call_it(&program, &args, LONG).unwrap();
        let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
        assert_eq!(read("in"), report().to_json().unwrap());
        let args = String::from_utf8(read("args")).unwrap();
        assert_eq!(args, "2\na b\n$HOME;`id`\n4\n2026-11-28\n");
        let environment = String::from_utf8_lossy(&read("env")).into_owned();
        assert!(!environment.contains("touch"), "{environment}");
    }

    #[test]
    fn what_goes_wrong_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let error = call_it("/nowhere/at/all", &[], LONG).unwrap_err();
        assert!(matches!(error, HookError::NotStarted(_)), "{error}");
        let program = script(folder.path(), "exit 7");
        let error = call_it(&program, &[], LONG).unwrap_err().to_string();
        assert_eq!(error, "the program of on_failure ended with exit status: 7");
    }

    #[test]
    fn one_that_does_not_end_is_killed_with_what_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let pid = folder.path().join("pid");
        let line = format!("sleep 600 & echo $! > '{}'; wait", pid.display());
        let program = script(folder.path(), &line);
        let limit = Duration::from_millis(300);
        let error = call_it(&program, &[], limit).unwrap_err().to_string();
        assert_eq!(
            error,
            "the program of on_failure did not end within 300ms, and was killed"
        );
        let Ok(pid) = fs::read_to_string(&pid) else {
            return; // it was killed before it had started anything
        };
        let began = Instant::now();
        let is_alive = || {
            let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
            stat.is_ok_and(|stat| !stat.contains(") Z "))
        };
        while is_alive() {
            assert!(began.elapsed() < LONG, "what it started goes on");
            thread::sleep(LOOK);
        }
    }
}
