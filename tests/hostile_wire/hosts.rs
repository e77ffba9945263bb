//! Hosts that do wrong before there is an answer. Each has a sound robots.txt first, on a connection of
//! its own, so that the article is really asked for.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::bytes::{page, sized};

/// Refuses connections after the first.
pub(crate) const REFUSES: &str = "refuses.khotin.test";
/// Answers further connections without reading what is asked.
pub(crate) const HASTY: &str = "hasty.khotin.test";
/// What the hasty host's page is called.
pub(crate) const HASTY_TITLE: &str = "An answer before the question";

/// All of them.
pub(crate) const NAMES: [&str; 2] = [REFUSES, HASTY];

/// The hosts, for as long as the runtime lives, by name.
pub(crate) async fn start() -> Vec<(&'static str, SocketAddr)> {
    let mut hosts = Vec::new();
    for name in NAMES {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        hosts.push((name, listener.local_addr().unwrap()));
        tokio::spawn(host(name, listener));
    }
    hosts
}

async fn host(name: &'static str, listener: TcpListener) {
    let (mut stream, _) = listener.accept().await.unwrap();
    read_head(&mut stream).await;
    let listener = (name != REFUSES).then_some(listener);
    let no_robots = b"HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    stream.write_all(no_robots).await.unwrap();
    stream.shutdown().await.unwrap();
    let Some(listener) = listener else { return };
    while let Ok((mut stream, _)) = listener.accept().await {
        // The question has begun to come, and nobody reads it.
        stream.peek(&mut [0]).await.unwrap();
        let answer = sized(&[], &page(HASTY_TITLE));
        stream.write_all(&answer).await.unwrap();
        stream.shutdown().await.unwrap();
        // The client closes; closing on unread bytes would reset the connection.
        tokio::time::sleep(Duration::from_millis(100)).await;
        read_head(&mut stream).await;
    }
}

async fn read_head(stream: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
}
