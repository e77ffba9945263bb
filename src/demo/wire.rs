//! One connection: requests are read off it, right or wrong answers are written to it.
//!
//! Our own HTTP/1.1 loop instead of a framework, because a server that must misbehave at the wire
//! (lengths that lie, bytes that never come, heads that are none) can not be built on one whose
//! work is to prevent that. Bounded: a head of 64 KiB, a body of 1 MiB.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::Instant;

use super::answer::{Answer, Asked, Framed};
use super::control::Control;
use super::fault::Ended;
use super::log::AccessEntry;

/// Longest request head.
const MOST_HEAD_BYTES: usize = 64 * 1024;
/// Longest request body.
const MOST_BODY_BYTES: usize = 1024 * 1024;
/// Most header fields of a request.
const MOST_HEADERS: usize = 100;
/// How long a refused client may go on sending.
const LINGER: Duration = Duration::from_secs(5);

/// Serves a connection until either side is to close it, and says whether it is to be torn down
/// instead.
///
/// # Errors
/// When the client goes in the middle of something.
pub(super) async fn serve<S>(
    stream: &mut S,
    connection: u64,
    control: Control,
) -> std::io::Result<Ended>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut buffer = Vec::new();
    loop {
        let asked = match read_request(stream, &mut buffer).await? {
            Read::Request(asked) => asked,
            Read::Closed => return Ok(Ended::Closed),
            Read::Refused(status) => {
                let answer = Answer::new(status, "text/plain", "bad request\n");
                let framed = answer.framed(&nobody(), control.now());
                stream
                    .write_all(&[framed.head, framed.body].concat())
                    .await?;
                stream.shutdown().await?;
                linger(stream).await?;
                return Ok(Ended::Closed);
            }
        };
        let entry = AccessEntry {
            number: 0,
            at: Instant::now(),
            time: chrono::Utc::now(),
            connection,
            method: asked.method.clone(),
            host: asked.host().to_owned(),
            target: asked.target.clone(),
            raw_request: asked.raw.clone(),
            status: None,
            answered_at: None,
            open_connections: control.open_connections(),
            in_flight: 0,
        };
        let flight = Flight::begin(&control, entry);
        let (right, fault) = control.answer(&asked);
        let mut exchange = Exchange {
            stream: &mut *stream,
            control: &control,
            number: flight.number,
            is_answered: false,
        };
        let ended = match fault {
            Some(fault) => fault.play(right, &asked, &mut exchange).await?,
            None if exchange.send(right, &asked).await? => Ended::Open,
            None => Ended::Closed,
        };
        drop(flight);
        match ended {
            Ended::Open => {}
            Ended::Closed => return stream.shutdown().await.map(|()| Ended::Closed),
            Ended::Reset => return Ok(Ended::Reset),
        }
    }
}

/// Reads on for a while what a refused client still sends: closing on unread bytes would reset the
/// connection and could take the answer with it (RFC 9112, section 9.6).
async fn linger<S: AsyncRead + Unpin>(stream: &mut S) -> std::io::Result<()> {
    let most = u64::try_from(2 * MOST_BODY_BYTES).unwrap_or(u64::MAX);
    let mut rest = stream.take(most);
    let mut nowhere = tokio::io::sink();
    let reading = tokio::io::copy(&mut rest, &mut nowhere);
    // Whoever sends longer than that is reset.
    tokio::time::timeout(LINGER, reading)
        .await
        .map_or(Ok(()), |read| read.map(|_| ()))
}

/// A request between its last byte and the end of its answer.
struct Flight<'a> {
    control: &'a Control,
    number: u64,
}

impl<'a> Flight<'a> {
    fn begin(control: &'a Control, entry: AccessEntry) -> Self {
        let number = control.log().begin(entry);
        Self { control, number }
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.control.log().end();
    }
}

/// The writing side of one exchange. What is sent stands in the log before it is sent.
pub(super) struct Exchange<'a, S> {
    pub(super) stream: &'a mut S,
    control: &'a Control,
    number: u64,
    /// The log has the status and the time of its first byte.
    is_answered: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Exchange<'_, S> {
    /// The answer as bytes.
    pub(super) fn framed(&self, answer: Answer, asked: &Asked) -> Framed {
        answer.framed(asked, self.control.now())
    }

    /// Sends a whole answer. Returns whether the connection may go on.
    pub(super) async fn send(&mut self, answer: Answer, asked: &Asked) -> std::io::Result<bool> {
        let framed = self.framed(answer, asked);
        self.send_bytes(framed.status, &[&framed.head, &framed.body])
            .await?;
        Ok(framed.keeps_open)
    }

    /// Sends these bytes, which claim that status, in one go.
    pub(super) async fn send_bytes(&mut self, status: u16, parts: &[&[u8]]) -> std::io::Result<()> {
        if !self.is_answered {
            self.is_answered = true;
            self.control
                .log()
                .answered(self.number, status, Instant::now());
        }
        self.stream.write_all(&parts.concat()).await?;
        self.stream.flush().await
    }
}

/// What came off a connection.
enum Read {
    Request(Asked),
    Closed,
    /// Too long or not HTTP; the status that says so.
    Refused(u16),
}

/// Reads one request. What came after it stays in `buffer`.
async fn read_request<S>(stream: &mut S, buffer: &mut Vec<u8>) -> std::io::Result<Read>
where
    S: AsyncRead + Unpin,
{
    loop {
        match parse_head(buffer) {
            Head::Whole(head, length) => {
                let body_bytes = match head.body_bytes() {
                    Ok(bytes) => bytes,
                    Err(status) => return Ok(Read::Refused(status)),
                };
                let whole = length + body_bytes;
                while buffer.len() < whole {
                    if stream.read_buf(buffer).await? == 0 {
                        return Ok(Read::Closed);
                    }
                }
                let rest = buffer.split_off(whole);
                let raw = std::mem::replace(buffer, rest);
                return Ok(Read::Request(Asked {
                    body: raw.get(length..).unwrap_or_default().to_vec(),
                    raw,
                    ..head
                }));
            }
            Head::Broken(status) => return Ok(Read::Refused(status)),
            Head::Partial if buffer.len() > MOST_HEAD_BYTES => return Ok(Read::Refused(431)),
            Head::Partial => {
                if stream.read_buf(buffer).await? == 0 {
                    return Ok(Read::Closed);
                }
            }
        }
    }
}

enum Head {
    /// A request without its body, and the length of its head in bytes.
    Whole(Asked, usize),
    Partial,
    Broken(u16),
}

fn parse_head(bytes: &[u8]) -> Head {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(httparse::Status::Complete(length)) if length <= MOST_HEAD_BYTES => {
            let headers = request.headers.iter().map(|header| {
                let value = String::from_utf8_lossy(header.value).trim().to_owned();
                (header.name.to_ascii_lowercase(), value)
            });
            let asked = Asked {
                method: request.method.unwrap_or("").to_owned(),
                target: request.path.unwrap_or("").to_owned(),
                headers: headers.collect(),
                body: Vec::new(),
                minor: request.version.unwrap_or(1),
                raw: Vec::new(),
            };
            Head::Whole(asked, length)
        }
        Ok(httparse::Status::Complete(_)) | Err(httparse::Error::TooManyHeaders) => {
            Head::Broken(431)
        }
        Ok(httparse::Status::Partial) => Head::Partial,
        Err(_) => Head::Broken(400),
    }
}

impl Asked {
    /// How many bytes of body follow the head, or the status that refuses them.
    fn body_bytes(&self) -> Result<usize, u16> {
        if self.header("transfer-encoding").is_some() {
            return Err(411);
        }
        match self.header("content-length").map(str::parse) {
            None => Ok(0),
            Some(Ok(bytes)) if bytes <= MOST_BODY_BYTES => Ok(bytes),
            Some(Ok(_)) => Err(413),
            Some(Err(_)) => Err(400),
        }
    }
}

/// The client of a request that could not be read: it gets a plain answer and is hung up on.
fn nobody() -> Asked {
    Asked {
        method: "GET".to_owned(),
        target: "/".to_owned(),
        headers: vec![("connection".to_owned(), "close".to_owned())],
        body: Vec::new(),
        minor: 1,
        raw: Vec::new(),
    }
}
