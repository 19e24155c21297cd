//! A server that plays a script: one step for each connection, in order.

use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// What to do with one request.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Send these bytes and close.
    Send(Vec<u8>),
    /// Send these bytes and keep the connection open without another word.
    Stall(Vec<u8>),
    /// Close without reading or sending.
    Close,
}

/// One request as it came over the wire.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) line: String,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Seen {
    /// All values of a header.
    pub(super) fn header(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(known, _)| known == name);
        named.map(|(_, value)| value.as_str()).collect()
    }
}

pub(super) struct Server {
    pub(super) base: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(super) async fn start(steps: Vec<Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let task = tokio::spawn(play(listener, steps, Arc::clone(&seen)));
        Self { base, seen, task }
    }

    /// A server that answers every request with one answer.
    pub(super) async fn answering(answer: Vec<u8>) -> Self {
        Self::start(vec![Step::Send(answer); 8]).await
    }

    /// A server that takes the same step for every request of a route, in whatever order they come. Others are not
    /// answered.
    pub(super) async fn routing(routes: Vec<(&'static str, Step)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let task = tokio::spawn(play_routes(listener, routes, Arc::clone(&seen)));
        Self { base, seen, task }
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The only request that came.
    pub(super) fn only(&self) -> Seen {
        let mut seen = self.seen();
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen.remove(0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn play(listener: TcpListener, steps: Vec<Step>, seen: Arc<Mutex<Vec<Seen>>>) {
    let mut open = Vec::new();
    for step in steps {
        let (mut stream, _) = listener.accept().await.unwrap();
        if matches!(step, Step::Close) {
            continue;
        }
        let request = read(&mut stream).await;
        seen.lock().unwrap().push(request);
        match step {
            Step::Send(bytes) => {
                stream.write_all(&bytes).await.unwrap();
                stream.shutdown().await.unwrap();
            }
            Step::Stall(bytes) => {
                stream.write_all(&bytes).await.unwrap();
                open.push(stream);
            }
            Step::Close => {}
        }
    }
    std::future::pending::<()>().await;
}

async fn play_routes(listener: TcpListener, routes: Vec<(&'static str, Step)>, seen: Arc<Mutex<Vec<Seen>>>) {
    let mut open = Vec::new();
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let request = read(&mut stream).await;
        let path = request.line.split(' ').nth(1).unwrap().to_owned();
        seen.lock().unwrap().push(request);
        match routes.iter().find(|(route, _)| *route == path) {
            Some((_, Step::Send(bytes))) => {
                stream.write_all(bytes).await.unwrap();
                stream.shutdown().await.unwrap();
            }
            Some((_, Step::Stall(bytes))) => {
                stream.write_all(bytes).await.unwrap();
                open.push(stream);
            }
            Some((_, Step::Close)) | None => {}
        }
    }
}

async fn read(stream: &mut TcpStream) -> Seen {
    let mut bytes = Vec::new();
    let end = loop {
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).await.unwrap();
        assert_ne!(count, 0, "the request ended in its head");
        bytes.extend_from_slice(&piece[..count]);
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let line = lines.next().unwrap().to_owned();
    let headers: Vec<_> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length: usize = length.map_or(0, |(_, value)| value.parse().unwrap());
    let mut body = bytes.split_off(end + 4);
    let have = body.len();
    body.resize(length, 0);
    stream.read_exact(&mut body[have..]).await.unwrap();
    Seen { line, headers, body }
}

/// A whole answer with a length.
pub(super) fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A whole JSON answer.
pub(super) fn json(status: &str, body: &str) -> Vec<u8> {
    answer(status, "Content-Type: application/json\r\n", body)
}
