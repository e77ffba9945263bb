//! Interrupts: SIGINT (Ctrl-C) and SIGTERM, for the commands that have something to put in order.
//! The first is passed on, the second ends the process. The other commands end by the first, as any
//! program does.

use std::thread;

use anyhow::Context as _;
use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::{Outcome, status_line};

/// What was being written was interrupted before it was whole.
#[derive(Debug, thiserror::Error)]
#[error("interrupted: nothing of what was being written is left")]
pub(crate) struct Interrupted;

impl Interrupted {
    /// What to do.
    pub(crate) fn advice(&self) -> &'static str {
        "run the same command again"
    }
}

/// Interrupts, from when it was made until the process ends.
#[derive(Debug)]
pub(crate) struct Interrupts {
    stop: watch::Receiver<bool>,
}

impl Interrupts {
    /// Begins to listen.
    ///
    /// # Errors
    /// If the system gives no thread, or does not let signals be caught.
    pub(crate) fn listen() -> anyhow::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .build()
            .context("can not start the thread that hears interrupts")?;
        let signals = {
            let _inside = runtime.enter();
            let of = |kind| signal(kind).context("can not catch interrupts");
            [of(SignalKind::interrupt())?, of(SignalKind::terminate())?]
        };
        let (stop, stopped) = watch::channel(false);
        thread::Builder::new()
            .name("interrupts".to_owned())
            .spawn(move || runtime.block_on(hear(signals, stop)))
            .context("can not start the thread that hears interrupts")?;
        Ok(Self { stop: stopped })
    }

    /// Becomes true with the first interrupt.
    pub(crate) fn stop(&self) -> watch::Receiver<bool> {
        self.stop.clone()
    }

    /// Waits for the first interrupt.
    pub(crate) async fn first(&self) {
        // The listener ends with the process only.
        let _ = self.stop().wait_for(|stop| *stop).await;
    }

    /// An error as soon as there was an interrupt.
    pub(crate) fn check(&self) -> Result<(), Interrupted> {
        match *self.stop.borrow() {
            true => Err(Interrupted),
            false => Ok(()),
        }
    }
}

/// Passes the first interrupt on; the second ends the process.
async fn hear([mut interrupt, mut terminate]: [Signal; 2], stop: watch::Sender<bool>) {
    loop {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        if stop.send_replace(true) {
            status_line::clear();
            std::process::exit(i32::from(Outcome::Interrupted.code()));
        }
    }
}
