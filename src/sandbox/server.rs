//! A running sandbox: what its routes share, and its life from the first connection to the last.
//!
//! Knows nothing of what a route answers. What changes sits behind one mutex that is held for a look-up or a note,
//! never across an `await`.

use super::{
    account::{Account, Row},
    answer::Call,
    effect::Moment,
    fault::{Armed, Fault, Route},
    fault_table::FaultKind,
    files::File,
    line::{Lines, Switch},
    options::Options,
    pickup::Heard,
    routes,
};
use crate::base::{
    digest::Digest,
    money::Usd,
    time::{Clock, SystemClock, Timestamp},
};
use std::{
    collections::{HashMap, VecDeque},
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    task::JoinHandle,
    time,
};

/// How long an answer under way may take to leave when the sandbox stops.
const GRACE: Duration = Duration::from_secs(1);

/// A running sandbox. Dropping it stops it as well, without waiting.
#[derive(Debug)]
pub struct Sandbox {
    server: Arc<Server>,
    address: SocketAddr,
    listening: Vec<JoinHandle<()>>,
}

impl Sandbox {
    /// Listens, and serves until [`Sandbox::stop`]. Port 0 picks a free one.
    ///
    /// Whoever can reach `listen` can use the sandbox: keep it on loopback.
    pub async fn start(listen: SocketAddr, options: Options) -> io::Result<Self> {
        let lines = Lines(TcpListener::bind(listen).await?);
        let address = lines.0.local_addr()?;
        // Another host, as far as a client can tell: the same machine at another port.
        let stranger = if options.faults.iter().any(|fault| fault.kind.needs_elsewhere()) {
            Some(Lines(TcpListener::bind((listen.ip(), 0)).await?))
        } else {
            None
        };
        let elsewhere = stranger.as_ref().map(|lines| lines.0.local_addr()).transpose()?;
        let server = Arc::new(Server::new(options, address, elsewhere.unwrap_or(address)));
        let mut listening = vec![serve(lines, &server, false)];
        listening.extend(stranger.map(|lines| serve(lines, &server, true)));
        Ok(Self {
            server,
            address,
            listening,
        })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:8787`, without a slash at the end: what `AIML_API_BASE` takes.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request so far, in the order they arrived.
    pub fn log(&self) -> Vec<Seen> {
        self.server.books().seen.clone()
    }

    /// What was done so far.
    pub fn counts(&self) -> Counts {
        let books = self.server.books();
        Counts {
            requests: books.seen.len(),
            spent: books.account.spent(),
            ..books.counts
        }
    }

    /// Every generation that was charged so far, in order.
    pub fn sold(&self) -> Vec<Sold> {
        self.server.books().sold.clone()
    }

    /// Whether no generation is under way.
    pub fn is_idle(&self) -> bool {
        self.server.books().in_flight == 0
    }

    /// Takes no more connections, ends what is under way, and waits until the port is free.
    pub async fn stop(mut self) {
        self.server.closing.send_replace(true);
        for mut listening in self.listening.drain(..) {
            if time::timeout(GRACE, &mut listening).await.is_err() {
                listening.abort();
            }
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.server.closing.send_replace(true);
        for listening in &self.listening {
            listening.abort();
        }
    }
}

fn serve(lines: Lines, server: &Arc<Server>, elsewhere: bool) -> JoinHandle<()> {
    let service = routes::app(Arc::clone(server), elsewhere).into_make_service_with_connect_info::<Switch>();
    let server = Arc::clone(server);
    tokio::spawn(async move {
        // Serving ends with `closing` only: a connection that cannot be accepted is tried again by axum.
        let _ = axum::serve(lines, service)
            .with_graceful_shutdown(async move { server.closed().await })
            .await;
    })
}

/// One request, as it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path without its query.
    pub path: String,
    /// The query, or nothing.
    pub query: String,
    /// The answer's status; none if there was no answer, or not yet.
    pub status: Option<u16>,
    /// `X-Client-Request-Id`, if it is one.
    pub client_request_id: Option<String>,
    /// Whether an `Authorization` header came along.
    pub authorization: bool,
    /// Whether it came to the other host, where no key belongs.
    pub elsewhere: bool,
    /// The fault that struck.
    pub fault: Option<&'static str>,
}

/// One generation that was charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sold {
    /// `X-Client-Request-Id`, if it was one.
    pub client_request_id: Option<String>,
    /// Of the audio that was rendered, whatever of it arrived.
    pub audio: Digest,
}

/// What was done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests of any kind.
    pub requests: usize,
    /// Uploads that were accepted.
    pub uploads: usize,
    /// Generations that were admitted: in due form, with ids that are known and money for them.
    pub generations: usize,
    /// Generations that were rendered and charged, whether their answer arrived or not.
    pub charged: usize,
    /// What they cost together.
    pub spent: Usd,
    /// The most generations that were under way at one time.
    pub most_in_flight: usize,
}

/// What the routes share.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) options: Options,
    /// Where the API is.
    pub(super) address: SocketAddr,
    /// Where another host is; the same place if no fault needs one.
    pub(super) elsewhere: SocketAddr,
    /// Renders at a time: as many as there are cores.
    pub(super) cores: Semaphore,
    clock: SystemClock,
    calls: AtomicU64,
    closing: watch::Sender<bool>,
    books: Mutex<Books>,
}

/// What changes.
#[derive(Debug)]
pub(super) struct Books {
    pub(super) account: Account,
    /// What each id stands for.
    pub(super) references: HashMap<String, Reference>,
    /// How often each request was rendered.
    pub(super) variants: HashMap<Digest, u32>,
    /// What can be downloaded, by name.
    pub(super) files: HashMap<String, File>,
    /// When `/v2/logs` was read lately.
    pub(super) log_reads: VecDeque<Duration>,
    pub(super) counts: Counts,
    pub(super) sold: Vec<Sold>,
    pub(super) in_flight: usize,
    faults: Armed,
    seen: Vec<Seen>,
}

/// What an id stands for.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    /// The file it was made from.
    pub(super) content: Digest,
    /// What was heard in it.
    pub(super) heard: Arc<Heard>,
    /// Which field takes it.
    pub(super) kind: ReferenceKind,
}

/// Which field of a generation takes an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReferenceKind {
    /// `refer_voice`.
    Voice,
    /// `refer_instrumental`.
    Instrumental,
}

impl Server {
    fn new(options: Options, address: SocketAddr, elsewhere: SocketAddr) -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let books = Books {
            account: Account::new(options.balance, options.key_cap),
            references: HashMap::new(),
            variants: HashMap::new(),
            files: HashMap::new(),
            log_reads: VecDeque::new(),
            counts: Counts::default(),
            sold: Vec::new(),
            in_flight: 0,
            faults: Armed::new(options.faults.clone()),
            seen: Vec::new(),
        };
        Self {
            options,
            address,
            elsewhere,
            cores: Semaphore::new(cores),
            clock: SystemClock::start(),
            calls: AtomicU64::new(0),
            closing: watch::Sender::new(false),
            books: Mutex::new(books),
        }
    }

    /// The books. A note is made whole or not at all, so a panic elsewhere leaves them fit for use.
    pub(super) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the sandbox stops.
    pub(super) async fn closed(&self) {
        // The sender lives in `self`, so waiting cannot fail.
        let _ = self.closing.subscribe().wait_for(|closing| *closing).await;
    }

    /// The time of day, by the sandbox's own clock.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now() + self.options.skew
    }

    /// Time since the start.
    pub(super) fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    /// A fresh name in the 21 characters that the service's own names have, different on every server.
    pub(super) fn fresh_id(&self) -> String {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let name = format!("{} {} {number}", self.address, self.now());
        Digest::of(name.as_bytes()).hex()[..21].to_owned()
    }

    /// The row of a generation that ends now.
    pub(super) fn row(&self, call: &Call, model: &'static str, cost: Option<Usd>) -> Row {
        Row {
            visible: self.elapsed().saturating_add(self.options.log_delay),
            failed: cost.is_none(),
            cost,
            model,
            call: call.clone(),
        }
    }

    /// Notes a request, and gives its place in the log.
    pub(super) fn note(&self, seen: Seen) -> usize {
        let mut books = self.books();
        books.seen.push(seen);
        books.seen.len() - 1
    }

    /// Notes how a request was answered.
    pub(super) fn note_status(&self, call: &Call, status: u16) {
        self.books().seen[call.place].status = Some(status);
    }

    /// Notes the fault that struck a request.
    pub(super) fn note_fault(&self, call: &Call, kind: &'static FaultKind) {
        self.books().seen[call.place].fault = Some(kind.word);
    }

    /// The fault that strikes now, if one does.
    pub(super) fn fault(&self, route: Route, moment: Moment) -> Option<Fault> {
        self.books().faults.take(route, moment)
    }
}
