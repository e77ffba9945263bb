//! The end of a night is told, however it ended: to the journal, the log, the metrics file and the program of
//! the operator.

use std::time::Instant;

use chrono::{DateTime, Utc};

use super::course::Night;
use super::{Case, Cause, Ended, Facts, Judgement, Phase, ToldError, hook, judge, render};
use crate::durable;
use crate::outcome::Outcome;

impl Night<'_> {
    /// Judges the night and tells of it: report, metrics, program of the operator.
    pub(super) fn tell(mut self, began: Instant, is_interrupted: bool) -> Ended {
        let mut judgement = judge(Case {
            alert: &self.job.config.alert,
            run: self.report.crawl.as_ref(),
            failing: &self.counted,
            failure: self.failure.as_ref(),
        });
        judgement.causes.append(&mut self.causes);
        let mut notes = std::mem::take(&mut self.notes);
        notes.append(&mut judgement.notes);
        judgement.notes = notes;
        judgement.settle();
        if is_interrupted {
            judgement.outcome = Outcome::Interrupted;
        }
        let now = self.job.clock.now_utc();
        self.report.error = self.failure.as_ref().map(|failure| ToldError {
            message: failure.message.clone(),
            advice: failure.advice.clone(),
        });
        self.report.seconds = began.elapsed().as_secs_f64();
        self.report.ended = (!is_interrupted).then_some(now);
        let earlier_success = self.report.last_success;
        if judgement.outcome == Outcome::Complete {
            self.report.last_success = Some(now);
        }
        if !is_interrupted {
            self.report.phase = Phase::Tell;
        }
        self.note(&judgement);
        self.log_end(&judgement);
        self.keep_or_say();
        if let Err(why) = self.write_metrics(now) {
            // This night is no success after all.
            self.report.last_success = earlier_success;
            judgement.causes.push(Cause::NoMetrics { why });
            judgement.settle();
            self.note(&judgement);
            self.keep_or_say();
        }
        if !matches!(judgement.outcome, Outcome::Complete | Outcome::Interrupted) {
            self.call_hook();
        }
        if !is_interrupted {
            self.report.phase = Phase::Over;
            self.keep_or_say();
        }
        let path = self.journal.path(self.report.number, self.report.night);
        Ended {
            path: self.is_kept.then_some(path),
            report: self.report,
            judgement,
        }
    }

    fn note(&mut self, judgement: &Judgement) {
        let english = crate::Lang::En;
        let causes = judgement.causes.iter();
        self.report.causes = causes.map(|cause| cause.words(english)).collect();
        let notes = judgement.notes.iter();
        self.report.notes = notes.map(|note| note.words(english)).collect();
        self.report.exit_code = Some(judgement.outcome.code());
    }

    fn log_end(&self, judgement: &Judgement) {
        let (night, exit_code) = (self.report.night, judgement.outcome.code());
        let elapsed_ms = (self.report.seconds * 1000.0) as u64;
        match self.report.causes.first() {
            None => tracing::info!(
                event = "night_ended",
                %night,
                exit_code,
                elapsed_ms,
                "the night of {night} ended with exit code {exit_code}"
            ),
            Some(cause) => tracing::error!(
                event = "night_ended",
                %night,
                exit_code,
                elapsed_ms,
                cause,
                "the night of {night} ended with exit code {exit_code}: {cause}"
            ),
        }
    }

    /// The night is over, whether its report can be kept or not; what is told goes on.
    fn keep_or_say(&mut self) {
        if let Err(failure) = self.keep() {
            tracing::error!(event = "report_not_kept", "{}", failure.message);
            self.is_kept = false;
        }
    }

    fn write_metrics(&self, now: DateTime<Utc>) -> Result<(), String> {
        let Some(path) = &self.job.config.nightly.metrics else {
            return Ok(());
        };
        let facts = Facts::gather(self.job.config, now);
        let text = render(&self.report, &facts, now);
        let written = durable::write_file_with(path, text.as_bytes(), Some(0o644));
        written.map_err(|error| format!("cannot write {}: {error}", path.display()))
    }

    fn call_hook(&mut self) {
        let settings = &self.job.config.nightly;
        let Some((program, args)) = settings.on_failure.split_first() else {
            return;
        };
        let told = hook::call(hook::Call {
            program,
            args,
            report: &self.report,
            limit: settings.on_failure_time.0,
        });
        let words = match told {
            Ok(()) => "done".to_owned(),
            Err(error) => {
                tracing::error!(event = "on_failure_failed", "{error}");
                error.to_string()
            }
        };
        self.report.on_failure = Some(words);
    }
}
