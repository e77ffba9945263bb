//! What the server does wrong on demand, and the one function that plays it.
//!
//! A new fault is a new variant of [`Fault`] and a new arm of [`Fault::play`]; nothing else has to
//! know it.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

use super::answer::{Answer, Asked};
use super::wire::Exchange;

/// One way to misbehave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// This status with a short page, and perhaps `Retry-After` as given.
    Status {
        /// Status code.
        code: u16,
        /// Value of `Retry-After`: seconds or an HTTP date.
        retry_after: Option<String>,
    },
    /// This answer instead of the right one: a block page, a redirect, another media type.
    Instead(Answer),
    /// The right answer, after a delay before its first byte.
    Slow {
        /// The delay.
        delay: Duration,
    },
    /// The right head with its `Content-Length`, then only so many bytes of the body, then the
    /// connection is closed.
    CutShort {
        /// Bytes of the body that are sent.
        bytes: usize,
    },
    /// The connection is closed without a byte of answer.
    Close,
    /// The head and half of the body, then nothing until the client goes.
    Stall,
    /// Exactly these bytes, then the connection is closed.
    Raw(Vec<u8>),
    /// These parts one after the other, then this end. It stops where the client goes.
    Script(Vec<Part>, End),
}

/// A piece of a scripted answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// These bytes at once.
    Send(Vec<u8>),
    /// These bytes, one each time.
    Drip(Vec<u8>, Duration),
    /// These bytes again and again, as long as the client takes them.
    Endless(Vec<u8>),
    /// Nothing for a while.
    Wait(Duration),
}

/// What comes after the last part of a scripted answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The connection is closed.
    Close,
    /// The connection is torn down without a farewell (TCP RST).
    Reset,
    /// Nothing more, until the client goes.
    Stall,
    /// The connection stays open, as if the answer had been a right one.
    KeepOpen,
}

/// What becomes of a connection after a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// The next request may come.
    Open,
    /// It is closed.
    Closed,
    /// It is torn down.
    Reset,
}

impl Ended {
    fn open_if(keeps_open: bool) -> Self {
        if keeps_open { Self::Open } else { Self::Closed }
    }
}

impl Fault {
    /// A status without `Retry-After`.
    pub fn status(code: u16) -> Self {
        Self::Status {
            code,
            retry_after: None,
        }
    }

    /// Plays the fault on a connection; `right` is what should have been answered. Returns what
    /// becomes of the connection.
    ///
    /// # Errors
    /// When the client has gone.
    pub(super) async fn play<S>(
        self,
        right: Answer,
        asked: &Asked,
        exchange: &mut Exchange<'_, S>,
    ) -> std::io::Result<Ended>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        match self {
            Self::Status { code, retry_after } => {
                let page = format!("<html><body><h1>{code}</h1></body></html>");
                let mut answer = Answer::new(code, "text/html;charset=UTF-8", page);
                if let Some(wish) = retry_after {
                    answer = answer.with("Retry-After", wish);
                }
                exchange.send(answer, asked).await.map(Ended::open_if)
            }
            Self::Instead(answer) => exchange.send(answer, asked).await.map(Ended::open_if),
            Self::Slow { delay } => {
                tokio::time::sleep(delay).await;
                exchange.send(right, asked).await.map(Ended::open_if)
            }
            Self::CutShort { bytes } => {
                let cut = exchange.framed(unchunked(right), asked);
                let body = cut.body.get(..bytes).unwrap_or(&cut.body);
                exchange.send_bytes(cut.status, &[&cut.head, body]).await?;
                Ok(Ended::Closed)
            }
            Self::Close => Ok(Ended::Closed),
            Self::Stall => {
                let whole = exchange.framed(unchunked(right), asked);
                let half = whole.body.get(..whole.body.len() / 2).unwrap_or_default();
                exchange
                    .send_bytes(whole.status, &[&whole.head, half])
                    .await?;
                until_gone(exchange.stream).await?;
                Ok(Ended::Closed)
            }
            Self::Raw(bytes) => {
                exchange.send_bytes(raw_status(&bytes), &[&bytes]).await?;
                Ok(Ended::Closed)
            }
            Self::Script(parts, end) => {
                for part in &parts {
                    part.play(exchange).await?;
                }
                match end {
                    End::Close => Ok(Ended::Closed),
                    End::Reset => Ok(Ended::Reset),
                    End::KeepOpen => Ok(Ended::Open),
                    End::Stall => {
                        until_gone(exchange.stream).await?;
                        Ok(Ended::Closed)
                    }
                }
            }
        }
    }
}

impl Part {
    async fn play<S>(&self, exchange: &mut Exchange<'_, S>) -> std::io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        match self {
            Self::Send(bytes) => exchange.send_bytes(raw_status(bytes), &[bytes]).await,
            Self::Drip(bytes, every) => {
                for byte in bytes {
                    exchange.send_bytes(0, &[&[*byte]]).await?;
                    tokio::time::sleep(*every).await;
                }
                Ok(())
            }
            Self::Endless(bytes) => loop {
                exchange.send_bytes(raw_status(bytes), &[bytes]).await?;
            },
            Self::Wait(time) => {
                tokio::time::sleep(*time).await;
                Ok(())
            }
        }
    }
}

/// Waits until the client closes its side.
async fn until_gone(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<()> {
    let mut ignored = [0_u8; 1024];
    while stream.read(&mut ignored).await? > 0 {}
    Ok(())
}

fn unchunked(mut answer: Answer) -> Answer {
    answer.chunked = false;
    answer
}

/// The status that raw bytes claim; 0 when they claim none.
fn raw_status(bytes: &[u8]) -> u16 {
    let status = bytes
        .get(9..12)
        .and_then(|digits| std::str::from_utf8(digits).ok());
    status.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// A fault for the next requests of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Planned {
    pub(super) target_contains: String,
    pub(super) count: usize,
    pub(super) fault: Fault,
}

/// Takes the fault that is due for a target off the plan. The first plan that fits wins.
pub(super) fn take_due(plans: &mut Vec<Planned>, target: &str) -> Option<Fault> {
    let plan = plans
        .iter_mut()
        .find(|plan| target.contains(&plan.target_contains))?;
    let fault = plan.fault.clone();
    plan.count = plan.count.saturating_sub(1);
    plans.retain(|plan| plan.count > 0);
    Some(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_used_up() {
        let mut plans = vec![
            Planned {
                target_contains: "/a".to_owned(),
                count: 2,
                fault: Fault::Close,
            },
            Planned {
                target_contains: String::new(),
                count: 1,
                fault: Fault::status(500),
            },
        ];
        let targets = ["/a", "/b", "/a", "/a", "/b"];
        let faults = targets.map(|target| take_due(&mut plans, target));
        assert_eq!(
            faults,
            [
                Some(Fault::Close),
                Some(Fault::status(500)),
                Some(Fault::Close),
                None,
                None
            ]
        );
    }

    #[test]
    fn raw_bytes_tell_their_status() {
        assert_eq!(raw_status(b"HTTP/1.1 200 OK\r\n"), 200);
        assert_eq!(raw_status(b"garbage"), 0);
    }
}
