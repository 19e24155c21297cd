//! How much memory many large answers take at once: 16 renders of 20 MB of hex each, in flight together.
//!
//! The server runs in a process of its own, so that only the client's memory is measured. Peak memory is read from
//! `/proc/self/status`, which only Linux has; elsewhere the renders run and are not measured.
//!
//! Run it with `cargo bench --bench streaming`. It fails if the peak is more than 64 MiB above the idle size.
#![expect(clippy::print_stdout, reason = "a bench reports on stdout")]

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, ExitCode, Stdio},
    sync::Arc,
    time::Duration,
};
use takesheet::{
    backend::{Backend, Outcome, RenderCall, aimlapi::Aimlapi},
    base::{
        audio_settings::{AudioSettings, Format},
        door::Sink,
        secret::Secret,
        time::{Clock, SystemClock},
    },
};

const RENDERS: usize = 16;
const HEX: usize = 20_000_000;
const GOAL_KIB: u64 = 64 << 10;
const SERVE: &str = "serve-answers";

fn main() -> ExitCode {
    #[expect(clippy::disallowed_methods, reason = "a bench is a program of its own")]
    let serve = std::env::args().any(|argument| argument == SERVE);
    let outcome = if serve { server() } else { client() };
    outcome.unwrap_or_else(|error| {
        println!("streaming: {error}");
        ExitCode::FAILURE
    })
}

/// Ends the server when the bench ends, however it does.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Counts what arrives and forgets it.
struct Counter(usize);

impl Sink for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0 += bytes.len();
        Ok(())
    }

    fn restart(&mut self) -> io::Result<()> {
        self.0 = 0;
        Ok(())
    }
}

fn client() -> io::Result<ExitCode> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg(SERVE)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut address = String::new();
    let stdout = child.stdout.take().expect("it was asked for a pipe");
    let _server = Server(child);
    BufReader::new(stdout).read_line(&mut address)?;

    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let base = format!("http://{}", address.trim());
    let backend = Aimlapi::new(&base, Secret::new("no-key")).map_err(io::Error::other)?;
    let backend = Arc::new(backend);
    // One small render first: idle is a process whose client is made.
    runtime.block_on(render(Arc::clone(&backend), 2))?;
    let idle = memory("VmRSS");
    let start = SystemClock::start();
    runtime.block_on(async {
        let renders: Vec<_> = (0..RENDERS)
            .map(|_| tokio::spawn(render(Arc::clone(&backend), HEX)))
            .collect();
        for render in renders {
            render.await.map_err(io::Error::other)??;
        }
        Ok::<_, io::Error>(())
    })?;
    Ok(report(idle, memory("VmHWM"), start.elapsed()))
}

fn report(idle: Option<u64>, peak: Option<u64>, took: Duration) -> ExitCode {
    let mib = |kib: u64| format!("{}.{} MiB", kib >> 10, ((kib & 1023) * 10) >> 10);
    println!(
        "{RENDERS} answers of {} MB hex in {} ms",
        HEX / 1_000_000,
        took.as_millis()
    );
    let (Some(idle), Some(peak)) = (idle, peak) else {
        println!("memory: unsupported on this system");
        return ExitCode::SUCCESS;
    };
    let above = peak.saturating_sub(idle);
    println!("idle {}, peak {}, above idle {}", mib(idle), mib(peak), mib(above));
    if above > GOAL_KIB {
        println!("more than the goal of {}", mib(GOAL_KIB));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Renders once; the server takes the lyrics for the number of hex digits to answer with.
async fn render(backend: Arc<Aimlapi>, hex: usize) -> io::Result<()> {
    let call = RenderCall {
        model: "music-01".to_owned(),
        lyrics: Some(format!("hex={hex};")),
        voice: Some("vocal-1".to_owned()),
        instrumental: None,
        audio: AudioSettings {
            format: Format::Wav,
            sample_rate: 44_100,
            bitrate: 256_000,
        },
        wishes: None,
        request_id: "bench".to_owned(),
    };
    let mut sink = Counter(0);
    match backend.render(call, &mut sink).await {
        Outcome::Done(_) if sink.0 == hex / 2 => Ok(()),
        other => Err(io::Error::other(format!("{} bytes came: {other:?}", sink.0))),
    }
}

/// A line of `/proc/self/status`, in KiB.
fn memory(name: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "the kernel's figures, not a user's file")]
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

fn server() -> io::Result<ExitCode> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    io::stdout().flush()?;
    loop {
        let (stream, _) = listener.accept()?;
        std::thread::spawn(move || answer(stream));
    }
}

fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut request = Vec::new();
    let hex = loop {
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece)?;
        request.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&request);
        let asked = text.split_once("hex=").and_then(|(_, rest)| rest.split_once(';'));
        if let Some((hex, _)) = asked.filter(|_| text.ends_with('}')) {
            break hex.parse::<usize>().map_err(io::Error::other)?;
        }
        if count == 0 {
            return Ok(());
        }
    };
    let (before, after) = (
        r#"{"data":{"status":2,"audio":""#,
        r#""},"base_resp":{"status_code":0,"status_msg":"success"}}"#,
    );
    let length = before.len() + hex + after.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{before}"
    )?;
    let piece = "0123456789abcdef".repeat(4096);
    let mut left = hex;
    while left > 0 {
        let now = left.min(piece.len());
        stream.write_all(&piece.as_bytes()[..now])?;
        left -= now;
    }
    stream.write_all(after.as_bytes())
}
