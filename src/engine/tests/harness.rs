//! A project in a temporary folder, a real store, and a backend that answers as it is told.

use crate::{
    audio::{self, Samples},
    backend::{Backend, Fate, Link, Outcome, Preflight, RenderAnswer, RenderCall, Rendered, UploadCall, UploadIds},
    base::{
        audio_settings::{AudioSettings, Format},
        digest::Digest,
        door::Sink,
        money::{Price, Usd},
        time::{Clock, Timestamp},
    },
    catalog::BackendKind,
    engine::{Controls, Limit, Ports, Report, run},
    event::{Billed, FailureClass, Record, RunState, StepFailure, StopCause},
    pipeline::{Overrides, ReadOptions, read},
    plan::{self, Plan},
    store::{ClaimId, Claimed, Disk, NewClaim, Store, fs},
};
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    num::NonZeroU32,
    path::Path,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};
use tokio::sync::{Semaphore, mpsc};

/// What the backend does next.
#[derive(Clone, Debug)]
pub(super) enum Play {
    /// Answers with music.
    Music,
    /// The same, and does not say what it cost.
    Unsaid,
    /// Answers with these bytes.
    Bytes(Vec<u8>),
    /// Refuses.
    Refuse(StepFailure),
    /// Refuses after that long.
    SlowlyRefuse(Duration, StepFailure),
    /// Surely did not run it.
    Busy(Option<Duration>),
    /// Could not be reached.
    Away,
    /// Nobody knows.
    Lose,
    /// Answers with these bytes, and does not say what they cost.
    Silence(Vec<u8>),
    /// Sends these bytes, then nobody knows.
    Cut(Vec<u8>),
    /// Answers with music after that long.
    Slow(Duration),
    /// Answers with these bytes after that long.
    SlowBytes(Duration, Vec<u8>),
    /// Answers with a link.
    Link,
    /// Breaks down.
    Panic,
}

/// Answers as it is told, then with music, and counts.
#[derive(Default)]
pub(super) struct Scripted {
    plays: Mutex<VecDeque<Play>>,
    /// How many uploads go well; all, if nothing is said.
    uploads: Mutex<Option<usize>>,
    counts: Mutex<Counts>,
    /// What becomes of the next downloads; well, if nothing is said.
    fetches: Mutex<VecDeque<FailureClass>>,
    /// How much longer a download takes.
    slow_fetch: Mutex<Duration>,
    /// Whose key it has; that of `an account`, if nothing is said.
    account: Mutex<Option<Digest>>,
    /// What the account's log says; nothing, if nothing is said.
    log: Mutex<Option<Log>>,
}

/// The account's log: of these calls, at that time.
type Log = Box<dyn Fn(&[RenderCall], Duration) -> Result<HashMap<String, Fate>, StepFailure> + Send>;

/// Where audio that is answered as a link waits.
pub(super) const LINK: &str = "https://cdn.example/take.mp3?Signature=S3CRET";

/// What the backend saw.
#[derive(Clone, Debug, Default)]
pub(super) struct Counts {
    pub(super) uploads: usize,
    pub(super) renders: Vec<RenderCall>,
    pub(super) begun: Vec<Duration>,
    pub(super) fetches: Vec<Duration>,
    /// When the log was read, for which calls, made since when.
    pub(super) looks: Vec<(Duration, Vec<String>, Timestamp)>,
    pub(super) under_way: usize,
    pub(super) most_under_way: usize,
}

impl Counts {
    fn begin(&mut self) {
        self.under_way += 1;
        self.most_under_way = self.most_under_way.max(self.under_way);
    }
}

impl Scripted {
    pub(super) fn will(&self, plays: impl IntoIterator<Item = Play>) {
        self.plays.lock().unwrap().extend(plays);
    }

    /// The next downloads fail like this.
    pub(super) fn will_not_fetch(&self, failures: impl IntoIterator<Item = FailureClass>) {
        self.fetches.lock().unwrap().extend(failures);
    }

    /// Every download takes that much longer.
    pub(super) fn will_fetch_slowly(&self, length: Duration) {
        *self.slow_fetch.lock().unwrap() = length;
    }

    /// From now on calls are made with another key.
    pub(super) fn use_account(&self, name: &[u8]) {
        *self.account.lock().unwrap() = Some(Digest::of(name));
    }

    /// The account's log says this.
    pub(super) fn will_log(
        &self,
        log: impl Fn(&[RenderCall], Duration) -> Result<HashMap<String, Fate>, StepFailure> + Send + 'static,
    ) {
        *self.log.lock().unwrap() = Some(Box::new(log));
    }

    /// Every further upload is refused.
    pub(super) fn will_take_uploads(&self, count: usize) {
        *self.uploads.lock().unwrap() = Some(count);
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts.lock().unwrap().clone()
    }
}

impl std::fmt::Debug for Scripted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scripted")
    }
}

impl Backend for Scripted {
    fn account(&self) -> Digest {
        let account = *self.account.lock().unwrap();
        account.unwrap_or_else(|| Digest::of(b"an account"))
    }

    async fn upload(&self, call: UploadCall) -> Outcome<UploadIds> {
        self.counts.lock().unwrap().begin();
        tokio::time::sleep(Duration::from_secs(2)).await;
        let mut counts = self.counts.lock().unwrap();
        counts.under_way -= 1;
        counts.uploads += 1;
        if self.uploads.lock().unwrap().is_some_and(|most| counts.uploads > most) {
            return Outcome::Refused(StepFailure::new(FailureClass::Invalid, "no more uploads"));
        }
        let id = |kind: &str| format!("{kind}-{}-{}", Digest::of(&call.bytes).short(), counts.uploads);
        Outcome::Done(UploadIds {
            voice: call.purpose.yields_voice().then(|| id("vocal")),
            instrumental: call.purpose.yields_instrumental().then(|| id("instrumental")),
        })
    }

    async fn render<'a>(&'a self, call: RenderCall, sink: &'a mut dyn Sink) -> Outcome<Rendered> {
        let play = self.plays.lock().unwrap().pop_front().unwrap_or(Play::Music);
        {
            let mut counts = self.counts.lock().unwrap();
            counts.renders.push(call);
            counts.begun.push(started().elapsed());
            counts.begin();
        }
        let wait = match play {
            Play::Slow(wait) | Play::SlowlyRefuse(wait, _) | Play::SlowBytes(wait, _) => wait,
            _ => Duration::from_millis(10),
        };
        tokio::time::sleep(wait).await;
        self.counts.lock().unwrap().under_way -= 1;
        let charged = (!matches!(play, Play::Unsaid | Play::Silence(_))).then_some(Usd::from_nanos(31_500_000));
        let bytes = match play {
            Play::Music | Play::Unsaid | Play::Slow(_) => music().to_vec(),
            Play::Bytes(bytes) | Play::Silence(bytes) | Play::SlowBytes(_, bytes) => bytes,
            Play::Refuse(failure) | Play::SlowlyRefuse(_, failure) => return Outcome::Refused(failure),
            Play::Busy(after) => {
                return Outcome::Busy {
                    after,
                    failure: StepFailure::new(FailureClass::Busy, "too many requests"),
                };
            }
            Play::Away => {
                let failure = StepFailure::new(FailureClass::Unreachable, "nobody is there");
                return Outcome::Busy { after: None, failure };
            }
            Play::Cut(bytes) => {
                sink.write(&bytes).expect("the sink takes the bytes");
                return Outcome::Unsure(StepFailure::new(FailureClass::Ambiguous, "the connection was cut"));
            }
            Play::Lose => return Outcome::Unsure(StepFailure::new(FailureClass::Ambiguous, "the connection was cut")),
            Play::Link => {
                return Outcome::Done(Rendered::Link {
                    link: Link::new(LINK).unwrap(),
                    charged: Some(Usd::from_nanos(31_500_000)),
                    traces: Vec::new(),
                });
            }
            Play::Panic => panic!("the backend broke down"),
        };
        sink.write(&bytes).expect("the sink takes the bytes");
        Outcome::Done(Rendered::Audio(RenderAnswer {
            bytes: bytes.len() as u64,
            charged,
            traces: Vec::new(),
        }))
    }

    async fn fetch<'a>(&'a self, link: &'a Link, sink: &'a mut dyn Sink) -> Outcome<u64> {
        assert_eq!(link.expose(), LINK);
        let longer = *self.slow_fetch.lock().unwrap();
        tokio::time::sleep(Duration::from_millis(10) + longer).await;
        self.counts.lock().unwrap().fetches.push(started().elapsed());
        let failed = |class| StepFailure::new(class, "the finished audio could not be fetched").billed(Billed::Yes);
        match self.fetches.lock().unwrap().pop_front() {
            None => {
                sink.restart().expect("the sink starts anew");
                sink.write(music()).expect("the sink takes the bytes");
                Outcome::Done(music().len() as u64)
            }
            Some(FailureClass::Unreachable) => Outcome::Busy {
                after: None,
                failure: failed(FailureClass::Unreachable),
            },
            Some(class) => Outcome::Refused(failed(class)),
        }
    }

    async fn look_up(&self, request_ids: &[String], since: Timestamp) -> Result<HashMap<String, Fate>, StepFailure> {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let now = started().elapsed();
        let mut counts = self.counts.lock().unwrap();
        counts.looks.push((now, request_ids.to_vec(), since));
        match self.log.lock().unwrap().as_ref() {
            Some(log) => log(&counts.renders, now),
            None => Ok(HashMap::new()),
        }
        .map(|mut rows| {
            rows.retain(|id, _| request_ids.contains(id));
            rows
        })
    }

    async fn preflight(&self, _: &[String]) -> Result<Preflight, StepFailure> {
        unreachable!("the engine asks nothing before it pays: whoever conducts it does")
    }
}

thread_local! {
    static STARTED: tokio::time::Instant = tokio::time::Instant::now();
}

fn started() -> tokio::time::Instant {
    STARTED.with(|started| *started)
}

/// The runtime's clock, which a test can pause.
#[derive(Debug)]
struct PausedClock(Timestamp, tokio::time::Instant);

impl Clock for PausedClock {
    fn now(&self) -> Timestamp {
        self.0 + self.1.elapsed()
    }

    fn elapsed(&self) -> Duration {
        self.1.elapsed()
    }
}

/// Three seconds of a tone.
pub(super) fn music() -> &'static [u8] {
    static MUSIC: OnceLock<Vec<u8>> = OnceLock::new();
    MUSIC.get_or_init(|| tone(3))
}

pub(super) fn tone(seconds: u16) -> Vec<u8> {
    tone_then_silence(seconds, 0)
}

/// A tone, and nothing after it.
pub(super) fn tone_then_silence(seconds: u16, silence: u16) -> Vec<u8> {
    let settings = AudioSettings {
        format: Format::Mp3,
        sample_rate: 16_000,
        bitrate: 32_000,
    };
    let data =
        (0..u32::from(seconds) * 16_000).map(|n| libm::sinf(f32::from(u16::try_from(n % 400).unwrap()) * 0.1) / 3.0);
    let nothing = (0..u32::from(silence) * 16_000).map(|_| 0.0);
    audio::encode(
        &Samples {
            sample_rate: 16_000,
            channels: 1,
            data: data.chain(nothing).collect(),
        },
        settings,
    )
}

/// A project.
pub(super) struct Studio {
    pub(super) folder: tempfile::TempDir,
    pub(super) backend: Arc<Scripted>,
    pub(super) controls: Controls,
    /// When a run begins.
    pub(super) begins: Timestamp,
}

/// What came of one run.
pub(super) struct Session {
    pub(super) report: Report,
    pub(super) records: Vec<Record>,
}

impl Studio {
    pub(super) fn new(pipeline: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let studio = Self {
            folder,
            backend: Arc::new(Scripted::default()),
            controls: Controls {
                limit: Limit {
                    concurrency: NonZeroU32::new(4).unwrap(),
                    rate: None,
                },
                backends: BTreeMap::new(),
                fail_fast: false,
                budget: None,
                occasion: None,
            },
            begins: Timestamp::UNIX_EPOCH,
        };
        fs::atomic_write(&studio.path("voice.mp3"), &tone(11)).unwrap();
        studio.write(pipeline);
        studio
    }

    pub(super) fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn write(&self, pipeline: &str) {
        fs::atomic_write(&self.path("song.yaml"), pipeline.as_bytes()).unwrap();
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(fs::read(&self.path("song.yaml")).unwrap()).unwrap()
    }

    /// A handle of another process, and the claim it holds for the first take.
    pub(super) fn claim_of_another(&self) -> (Arc<Store>, ClaimId) {
        let store = self.store();
        let plan = self.plan(&store);
        let (_, take) = plan.takes().next().unwrap();
        let request = take.draft.complete(&plan, |_| None).unwrap();
        let claim = NewClaim {
            key: request.key(),
            take: &take.name,
            pipeline: "song",
            run: "another",
            request: &request,
            request_id: "another",
            price: Price::Unknown,
            account: self.backend.account(),
            day: None,
        };
        let Claimed::Go(claim) = store.claim(&claim).unwrap() else {
            panic!("nobody else asks")
        };
        (store, claim)
    }

    pub(super) fn store(&self) -> Arc<Store> {
        Arc::new(Store::open(self.folder.path(), self.clock()).unwrap())
    }

    pub(super) fn backends(&self) -> HashMap<BackendKind, Arc<Scripted>> {
        HashMap::from([(BackendKind::Aimlapi, Arc::clone(&self.backend))])
    }

    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(PausedClock(self.begins, tokio::time::Instant::now()))
    }

    pub(super) fn plan(&self, store: &Store) -> Plan {
        let environment = BTreeMap::new();
        let file = self.path("song.yaml");
        let overrides = Overrides::default();
        let options = ReadOptions {
            file: &file,
            profile: None,
            environment: &environment,
            overrides,
        };
        let (pipeline, _) = read(&Disk::new(), &options).unwrap_or_else(|wrong| panic!("{:#?}", wrong.diagnostics));
        let expansion = plan::expand(&pipeline).unwrap();
        let look = |path: &Path| Ok(store.file_fact(path).unwrap());
        let facts = plan::reference_files(&pipeline)
            .into_iter()
            .map(|(path, _)| (path.to_owned(), look(path)))
            .collect();
        let selection = plan::parse_selection(&[]).unwrap();
        plan::build(&pipeline, &expansion, &facts, store, &selection).unwrap()
    }

    pub(super) async fn run(&self) -> Session {
        self.run_with(mpsc::unbounded_channel().1).await
    }

    pub(super) async fn run_with(&self, signals: mpsc::UnboundedReceiver<StopCause>) -> Session {
        let store = self.store();
        let plan = self.plan(&store);
        self.run_plan(plan, (store, signals)).await
    }

    /// Does what a plan says, which may have been made long before. Asserts what holds for every run: the stored events
    /// tell the same story as the live ones.
    pub(super) async fn run_plan(
        &self,
        plan: Plan,
        (store, mut signals): (Arc<Store>, mpsc::UnboundedReceiver<StopCause>),
    ) -> Session {
        let ports = Ports {
            store: Arc::clone(&store),
            backends: self.backends(),
            clock: self.clock(),
            folder: self.path("takes"),
            shown: "takes".into(),
            ears: Semaphore::new(2),
        };
        let mut records = Vec::new();
        let mut listener = |record: &Record| records.push(record.clone());
        let report = run(
            Arc::new(plan),
            Arc::new(ports),
            self.controls.clone(),
            &mut signals,
            &mut listener,
        )
        .await
        .unwrap();
        report.history.as_ref().unwrap();
        let stored = store.records(&report.state.run).unwrap();
        assert_eq!(stored, records, "what is stored is what happened");
        assert_eq!(
            RunState::replay(&stored),
            report.state,
            "a replay ends where the run ended"
        );
        assert!(report.state.end.is_some());
        Session { report, records }
    }
}
