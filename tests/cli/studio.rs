//! One user at work: a folder, the program, and an API of its own to talk to.

use crate::{secrets, told::Told, watched::Watched};
use rusqlite::{Connection, OpenFlags};
use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs,
    io::{Cursor, Read},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};
use takesheet::{
    base::{secret::Secret, time::SystemClock},
    event::{Event, Record, RunState},
    report::run::RunDocument,
    sandbox::{Counts, Options, Sandbox, Seen, Sound},
    store::Store,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The only key the API takes. It must be found nowhere else: every run and every folder is searched for it.
pub(crate) const KEY: &str = "canary-5d1f0a7be3c94e62";

pub(crate) const GENERATE: &str = "/v2/generate/audio/minimax/generate";
/// What a run that buys asks before it sends anything: balance, models, deprecations.
pub(crate) const QUESTIONS: usize = 3;

pub(crate) const UPLOAD: &str = "/v2/generate/audio/minimax/upload";

/// Two cities, two takes of each: four takes of one song with two references.
pub(crate) const RAINY: &str = "\
version: 1
name: rainy
backend: aimlapi
references:
  demo: { file: refs/demo.wav, purpose: song }
  vox: { file: refs/vox.wav, purpose: voice }
audio:
  draft: { format: wav, sample_rate: 16000 }
lyrics:
  chorus:
    matrix: { city: [Lisbon, Osaka] }
    template: |
      Lights of {{city}}, low and wide,
      sing it back to me tonight.
songs:
  hook:
    lyrics: chorus
    voice: vox
    instrumental: demo
    audio: draft
    takes: 2
    tags: [draft]
limits: { concurrency: 4 }
";

/// One take of one song with one reference.
pub(crate) const SINGLE: &str = "\
version: 1
name: single
backend: aimlapi
references:
  demo: { file: refs/demo.wav, purpose: instrumental }
audio:
  draft: { format: wav, sample_rate: 16000 }
lyrics:
  verse:
    template: |
      One line and nothing more.
songs:
  hook: { lyrics: verse, instrumental: demo, audio: draft }
";

/// An API that answers at once with two seconds of a tone.
pub(crate) fn api() -> Options {
    Options {
        key: Some(Secret::new(KEY)),
        sound: Sound::Beep,
        ..Options::default()
    }
}

/// The same one, where these things go wrong.
pub(crate) fn faulty(faults: &[&str]) -> Options {
    let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    Options { faults, ..api() }
}

/// Eleven seconds of a tone: what a reference must be at least.
pub(crate) fn tone(hertz: f32) -> Vec<u8> {
    const RATE: u32 = 8000;
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut file, spec).unwrap();
    let (mut phase, step) = (0.0_f32, hertz * std::f32::consts::TAU / 8000.0);
    for _ in 0..11 * RATE {
        #[expect(clippy::cast_possible_truncation, reason = "a sample between -8000 and 8000")]
        writer.write_sample((libm::sinf(phase) * 8000.0) as i16).unwrap();
        phase = (phase + step) % std::f32::consts::TAU;
    }
    writer.finalize().unwrap();
    file.into_inner()
}

/// The API as it was before: what its last life had counted when it ended.
struct Api {
    sandbox: Option<Sandbox>,
    address: SocketAddr,
    charged_before: usize,
}

pub(crate) struct Studio {
    folder: TempDir,
    runtime: Runtime,
    api: RefCell<Api>,
    variables: RefCell<BTreeMap<&'static str, String>>,
}

impl Studio {
    /// A folder with the references, and an API that works.
    pub(crate) fn new() -> Self {
        Self::with(api())
    }

    pub(crate) fn with(options: Options) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let sandbox = runtime
            .block_on(Sandbox::start((Ipv4Addr::LOCALHOST, 0).into(), options))
            .unwrap();
        let variables = BTreeMap::from([("AIML_API_BASE", sandbox.base_url()), ("AIML_API_KEY", KEY.to_owned())]);
        let api = Api {
            address: sandbox.address(),
            sandbox: Some(sandbox),
            charged_before: 0,
        };
        let studio = Self {
            folder: tempfile::tempdir().unwrap(),
            runtime,
            api: RefCell::new(api),
            variables: RefCell::new(variables),
        };
        studio.file("refs/demo.wav", &tone(220.0));
        studio.file("refs/vox.wav", &tone(330.0));
        studio
    }

    /// Writes `takesheet.yaml`.
    pub(crate) fn pipeline(self, text: &str) -> Self {
        self.file("takesheet.yaml", text.as_bytes());
        self
    }

    /// Runs do not hold each other up: what becomes of two at once is the ledger's to say.
    pub(crate) fn side_by_side(self) -> Self {
        self.set("TAKESHEET_NO_LOCK", "1");
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Replaces the one place in a file where `before` stands.
    pub(crate) fn edit(&self, name: &str, before: &str, after: &str) {
        let text = self.text(name);
        assert_eq!(text.matches(before).count(), 1, "`{before}` in {name}:\n{text}");
        self.file(name, text.replacen(before, after, 1).as_bytes());
    }

    /// Every file below a folder with its bytes, by its path with `/`.
    pub(crate) fn files(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        collect(self.folder.path(), &self.path(folder), &mut found);
        found
    }

    /// The audio files that were given a name, without what lies beside them.
    pub(crate) fn takes(&self) -> Vec<String> {
        let is_audio = |name: &String| {
            [".wav", ".mp3", ".pcm"]
                .iter()
                .any(|extension| name.ends_with(extension))
        };
        self.files("takes").into_keys().filter(is_audio).collect()
    }

    pub(crate) fn set(&self, name: &'static str, value: &str) {
        self.variables.borrow_mut().insert(name, value.to_owned());
    }

    pub(crate) fn unset(&self, name: &str) {
        self.variables.borrow_mut().remove(name);
    }

    /// Ends the API and starts another at the same address, which knows nothing of the first.
    pub(crate) fn restart_api(&self, options: Options) {
        let mut api = self.api.borrow_mut();
        let old = api.sandbox.take().unwrap();
        api.charged_before += old.counts().charged;
        self.runtime.block_on(old.stop());
        api.sandbox = Some(self.runtime.block_on(Sandbox::start(api.address, options)).unwrap());
    }

    pub(crate) fn counts(&self) -> Counts {
        self.api.borrow().sandbox.as_ref().unwrap().counts()
    }

    pub(crate) fn log(&self) -> Vec<Seen> {
        self.api.borrow().sandbox.as_ref().unwrap().log()
    }

    pub(crate) fn base_url(&self) -> String {
        self.api.borrow().sandbox.as_ref().unwrap().base_url()
    }

    /// How many requests of this API's life went to a path.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.log().iter().filter(|seen| seen.path == path).count()
    }

    pub(crate) fn wait_until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        for _ in 0..3000 {
            if is_so(self) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("waited a minute in vain until {what}");
    }

    /// A command in the folder: nothing of the environment but what was [`set`](Self::set).
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_takesheet"));
        command.args(args).current_dir(self.folder.path()).env_clear();
        command.envs(&*self.variables.borrow());
        // Windows finds its own sockets by it.
        if let Some(root) = std::env::var_os("SystemRoot") {
            command.env("SystemRoot", root);
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// `takesheet` with these words. A run is listened to, and checked against what it stored.
    pub(crate) fn run(&self, args: &[&str]) -> Told {
        self.start(args).finish()
    }

    pub(crate) fn start(&self, args: &[&str]) -> Running<'_> {
        let speaks = ["-q", "--quiet", "--json", "--dry-run", "--events"];
        let listens = args.first() == Some(&"run") && !args.iter().any(|arg| speaks.contains(arg));
        let mut words = args.to_vec();
        if listens {
            words.extend(["--events", "ndjson"]);
        }
        let runs_before = self.stored_runs();
        let mut child = self.command(&words).spawn().unwrap();
        Running {
            studio: self,
            args: args.join(" "),
            listens,
            runs_before,
            stdout: drain(child.stdout.take().unwrap()),
            stderr: drain(child.stderr.take().unwrap()),
            watched: Watched::default(),
            child,
        }
    }

    /// The events of a stored run.
    fn records(&self, run: &str) -> Vec<Record> {
        self.store().map_or_else(Vec::new, |store| store.records(run).unwrap())
    }

    pub(crate) fn stored_runs(&self) -> usize {
        self.store().map_or(0, |store| store.runs(usize::MAX).unwrap().len())
    }

    fn store(&self) -> Option<Store> {
        // A test may have put something in its place.
        let clock = Arc::new(SystemClock::start());
        Store::open_existing(self.folder.path(), clock).ok().flatten()
    }

    /// Keys of paid calls in the ledger, by a condition on their rows.
    pub(crate) fn ledger(&self, condition: &str) -> Vec<String> {
        self.try_ledger(condition).unwrap()
    }

    /// The same, where a test may have damaged the ledger.
    pub(crate) fn try_ledger(&self, condition: &str) -> rusqlite::Result<Vec<String>> {
        const PAID: &str = "json_extract(request, '$.backend') <> 'sandbox'";
        let path = self.path(".takesheet/takesheet.db");
        if !path.is_file() {
            return Ok(Vec::new());
        }
        let database = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let mut statement = database.prepare(&format!(
            "SELECT key FROM claims JOIN requests USING (key) WHERE {PAID} AND ({condition})"
        ))?;
        let keys = statement.query_map([], |row| row.get(0))?;
        keys.collect()
    }

    /// What was charged is what was bought, but for calls of which nobody knows.
    fn assert_books_agree(&self) {
        let api = self.api.borrow();
        let charged = api.charged_before + api.sandbox.as_ref().map_or(0, |sandbox| sandbox.counts().charged);
        let purchases = self.ledger("state = 'committed'").len();
        // What a person gave up may be bought again.
        let mut bought = self.ledger("state = 'committed' AND resolved IS NULL");
        let wanted = bought.len();
        bought.sort();
        bought.dedup();
        assert_eq!(bought.len(), wanted, "a key was bought twice");
        let in_doubt = self.ledger(
            "state IN ('unsure', 'claimed', 'submitted', 'received') OR billed IN ('yes', 'unknown')
             OR resolved IS NOT NULL",
        );
        let bounds = purchases..=purchases + in_doubt.len();
        assert!(
            bounds.contains(&charged),
            "{charged} charged, {purchases} bought, {} in doubt",
            in_doubt.len()
        );
    }

    /// The stored events say the same as those that were printed.
    fn assert_replays(&self, told: &Told, runs_before: usize) {
        let mut live: BTreeMap<String, Vec<Record>> = BTreeMap::new();
        for line in told.stdout.lines() {
            let record: Record = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            live.entry(record.run.clone()).or_default().push(record);
        }
        assert!(
            self.stored_runs() >= runs_before + live.len(),
            "a run is missing from the history\n{told}"
        );
        for (run, records) in live {
            assert!(
                (0..).zip(&records).all(|(seq, record)| record.seq == seq),
                "a gap in {run}\n{told}"
            );
            assert!(
                matches!(records.last().unwrap().event, Event::RunFinished { .. }),
                "{told}"
            );
            let state = RunState::replay(&self.records(&run));
            assert_eq!(state, RunState::replay(&records), "history and life of {run} differ");
            let shown = self.command(&["runs", "show", &run, "--json"]).output().unwrap();
            assert_eq!(
                String::from_utf8(shown.stdout).unwrap(),
                RunDocument::of(&state).to_json()
            );
        }
    }

    /// A `--json` document is the one that the history gives.
    fn assert_document_is_stored(&self, told: &Told) {
        let run = told.json()["run"].as_str().unwrap().to_owned();
        if !run.is_empty() {
            let state = RunState::replay(&self.records(&run));
            assert_eq!(RunDocument::of(&state).to_json(), told.stdout);
        }
    }
}

impl Drop for Studio {
    /// Nothing that was written, by whatever the test did, gives a secret away.
    fn drop(&mut self) {
        if !thread::panicking() {
            secrets::assert_none_in_files(self);
        }
    }
}

fn collect(root: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, found);
        } else {
            let parts: Vec<_> = path.strip_prefix(root).unwrap().components().collect();
            let name: Vec<_> = parts.iter().map(|part| part.as_os_str().to_string_lossy()).collect();
            // It may have got its name, or gone, since it was listed.
            if let Ok(bytes) = fs::read(&path) {
                found.insert(name.join("/"), bytes);
            }
        }
    }
}

fn drain(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        String::from_utf8(bytes).expect("the program writes UTF-8")
    })
}

/// The program at work.
pub(crate) struct Running<'a> {
    studio: &'a Studio,
    args: String,
    listens: bool,
    runs_before: usize,
    stdout: JoinHandle<String>,
    stderr: JoinHandle<String>,
    watched: Watched,
    child: Child,
}

impl Running<'_> {
    /// Sends it a signal by its name: `INT`, `TERM`.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends it without a warning, and says what it had said.
    pub(crate) fn kill(mut self) -> Told {
        self.child.kill().unwrap();
        self.end()
    }

    /// Waits until it is done, and says what it said, where its ledger cannot be audited any more.
    pub(crate) fn end_unaudited(self) -> Told {
        self.end()
    }

    /// Waits until it is done, and checks what it did.
    pub(crate) fn finish(self) -> Told {
        let (studio, listens, runs_before) = (self.studio, self.listens, self.runs_before);
        let told = self.end();
        if listens {
            studio.assert_replays(&told, runs_before);
        } else if told.args.starts_with("run") && told.args.contains("--json") && !told.stdout.is_empty() {
            studio.assert_document_is_stored(&told);
        }
        studio.assert_books_agree();
        told
    }

    /// A program that hangs is a test that fails, not one that never ends.
    pub(crate) fn exit_status(&mut self) -> ExitStatus {
        for _ in 0..60_000 {
            self.watched.look(self.child.id());
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            thread::sleep(Duration::from_millis(5));
        }
        self.child.kill().unwrap();
        panic!("`takesheet {}` did not end within minutes", self.args);
    }

    fn end(mut self) -> Told {
        let status = self.exit_status();
        let told = Told {
            args: self.args,
            code: status.code(),
            stdout: self.stdout.join().unwrap(),
            stderr: self.stderr.join().unwrap(),
            peak_memory: self.watched.peak_memory,
        };
        secrets::assert_none_said(&told, &self.watched.arguments);
        told
    }
}
