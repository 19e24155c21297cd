//! A stand-in for the API: answers every upload with an id and every render with a second of audio, each another one.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Request, State},
    http::header::CONTENT_TYPE,
    middleware::{self, Next},
    response::IntoResponse,
    routing::post,
};
use std::{
    io::{self, BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::mpsc::UnboundedSender;

const GENERATE: &str = "/v2/generate/audio/minimax/generate";
const SERVE: &str = "serve";
const SAMPLE_RATE: u32 = 16_000;

/// A server process, ended with this value.
#[derive(Debug)]
pub(crate) struct Server {
    /// Its address.
    pub(crate) base: String,
    child: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Server {
    /// Starts this program again as a server whose renders take that long.
    pub(crate) fn start(latency: Duration) -> io::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args([SERVE, &latency.as_millis().to_string()])
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().expect("it was asked for a pipe");
        let mut server = Self {
            base: String::new(),
            child,
        };
        let mut address = String::new();
        BufReader::new(stdout).read_line(&mut address)?;
        server.base = format!("http://{}", address.trim());
        Ok(server)
    }
}

/// The latency, if the arguments ask for a server.
pub(crate) fn asked_for(arguments: &[String]) -> Option<Duration> {
    let at = arguments.iter().position(|argument| argument == SERVE)?;
    arguments.get(at + 1)?.parse().ok().map(Duration::from_millis)
}

/// Serves until it is killed.
pub(crate) fn serve(latency: Duration) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        io::stdout().flush()?;
        axum::serve(listener, app(latency)).await
    })
}

fn app(latency: Duration) -> Router {
    Router::new()
        .route("/v2/generate/audio/minimax/upload", post(upload))
        .route(GENERATE, post(generate))
        .with_state(Arc::new(Canned {
            latency,
            count: AtomicU32::new(0),
            answer: answer(),
        }))
}

/// A request, as it came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival {
    /// When.
    pub(crate) at: Instant,
    /// It asks for a take.
    pub(crate) is_render: bool,
}

/// Serves within this program, and tells of each request; gives the address.
pub(crate) async fn within(arrivals: UnboundedSender<Arrival>) -> io::Result<String> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let told = app(Duration::ZERO).layer(middleware::from_fn(move |request: Request, next: Next| {
        let arrival = Arrival {
            at: Instant::now(),
            is_render: request.uri().path() == GENERATE,
        };
        // Whoever measured may be done.
        let _ = arrivals.send(arrival);
        next.run(request)
    }));
    tokio::spawn(async { axum::serve(listener, told).await });
    Ok(format!("http://{address}"))
}

struct Canned {
    latency: Duration,
    count: AtomicU32,
    answer: Answer,
}

/// The body of an answer, and where in it the digits stand that make one render unlike another.
struct Answer {
    body: Vec<u8>,
    differs_at: usize,
}

fn answer() -> Answer {
    let before = r#"{"data":{"audio":""#;
    let hex = const_hex::encode(wav(1, 1));
    let after = r#"","status":2},"base_resp":{"status_code":0,"status_msg":"success"}}"#;
    let differs_at = before.len() + hex.len() / 2 / 8 * 8;
    Answer {
        body: format!("{before}{hex}{after}").into_bytes(),
        differs_at,
    }
}

async fn upload(_: Bytes) -> impl IntoResponse {
    Json(serde_json::json!({
        "instrumental_id": "instrumental-1",
        "base_resp": { "status_code": 0, "status_msg": "success" },
    }))
}

async fn generate(State(canned): State<Arc<Canned>>, _: Bytes) -> impl IntoResponse {
    tokio::time::sleep(canned.latency).await;
    let Answer { body, differs_at } = &canned.answer;
    let mut body = body.clone();
    let count = canned.count.fetch_add(1, Ordering::Relaxed);
    body[*differs_at..differs_at + 8].copy_from_slice(format!("{count:08x}").as_bytes());
    ([(CONTENT_TYPE, "application/json")], body)
}

/// A wav file of a soft sawtooth: 16-bit mono, `seconds` and one sixteenth long.
pub(crate) fn wav(seconds: u32, pitch: u32) -> Vec<u8> {
    let samples = seconds * SAMPLE_RATE + SAMPLE_RATE / 16;
    let bytes = samples * 2;
    let mut wav = Vec::with_capacity(44 + bytes as usize);
    wav.extend(b"RIFF");
    wav.extend((36 + bytes).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    wav.extend([1, 0, 1, 0]);
    wav.extend(SAMPLE_RATE.to_le_bytes());
    wav.extend((SAMPLE_RATE * 2).to_le_bytes());
    wav.extend([2, 0, 16, 0]);
    wav.extend(b"data");
    wav.extend(bytes.to_le_bytes());
    let step = 37 + pitch;
    wav.extend((0..samples).flat_map(|at| ((at * step % 8_000) as u16).to_le_bytes()));
    wav
}
