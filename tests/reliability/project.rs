//! A user's folder, the program in it, and a way to see it die.

use crate::{
    api::{Api, KEY},
    scenario::Scenario,
};
use std::{
    fmt,
    fs::{self, File},
    io::Cursor,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Longer than any run here takes, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub(crate) struct Project {
    folder: TempDir,
    pub(crate) api: Api,
    pub(crate) scenario: Scenario,
    /// Runs do not hold each other up.
    side_by_side: bool,
}

impl Project {
    pub(crate) fn new(scenario: Scenario) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("refs")).unwrap();
        fs::write(folder.path().join("refs/demo.wav"), tone(0)).unwrap();
        fs::write(folder.path().join("refs/vox.wav"), tone(1)).unwrap();
        fs::write(folder.path().join("takesheet.yaml"), scenario.pipeline).unwrap();
        Self {
            folder,
            api: Api::start(scenario.terms),
            scenario,
            side_by_side: false,
        }
    }

    /// The same, where runs do not hold each other up: what becomes of two at once is the ledger's to say.
    pub(crate) fn side_by_side(scenario: Scenario) -> Self {
        let side_by_side = true;
        Self {
            side_by_side,
            ..Self::new(scenario)
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Begins `takesheet` with these words; `crash` is where it is to die.
    pub(crate) fn start(&self, args: &[&str], crash: Option<&str>) -> Running {
        let said = tempfile::tempdir().unwrap();
        let pipe = |name: &str| Stdio::from(File::create(said.path().join(name)).unwrap());
        let mut command = Command::new(env!("CARGO_BIN_EXE_takesheet"));
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_clear()
            .env("AIML_API_BASE", self.api.base())
            .env("AIML_API_KEY", KEY)
            .stdin(Stdio::null())
            .stdout(pipe("stdout"))
            .stderr(pipe("stderr"));
        if let Some(point) = crash {
            command.env("TAKESHEET_CRASH_AT", point);
        }
        if self.side_by_side {
            command.env("TAKESHEET_NO_LOCK", "1");
        }
        // Windows finds its own sockets by it.
        if let Some(root) = std::env::var_os("SystemRoot") {
            command.env("SystemRoot", root);
        }
        Running {
            words: format!(
                "{}takesheet {}",
                crash.map_or(String::new(), |at| format!("[{at}] ")),
                args.join(" ")
            ),
            said,
            child: command.spawn().unwrap(),
        }
    }

    /// Lets it come to its end, whatever that is.
    pub(crate) fn run(&self, args: &[&str]) -> Told {
        self.start(args, None).finish()
    }

    /// Lets it die at a point, if it comes there.
    pub(crate) fn run_into(&self, args: &[&str], point: &str) -> Told {
        self.start(args, Some(point)).finish()
    }

    /// How many runs the store knows.
    pub(crate) fn runs(&self) -> usize {
        let told = self.run(&["runs", "list"]);
        told.stdout.lines().count()
    }
}

/// The program at work.
#[derive(Debug)]
pub(crate) struct Running {
    words: String,
    said: TempDir,
    child: Child,
}

impl Running {
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Ends it without a warning, unless it has ended by itself.
    pub(crate) fn kill(mut self) -> Told {
        let was_running = self.is_running();
        drop(self.child.kill());
        let told = self.finish();
        // Only unix tells from the status; there nothing ends in between unseen.
        let died = told.died || (cfg!(not(unix)) && was_running);
        Told { died, ..told }
    }

    pub(crate) fn finish(mut self) -> Told {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status,
                None if Instant::now() > deadline => {
                    drop(self.child.kill());
                    panic!("`{}` hangs", self.words);
                }
                None => thread::sleep(Duration::from_millis(1)),
            }
        };
        let text = |name: &str| read(&self.said.path().join(name));
        Told {
            died: died(status),
            code: status.code(),
            stdout: text("stdout"),
            stderr: text("stderr"),
            words: self.words,
        }
    }
}

fn read(path: &Path) -> String {
    // A killed program may leave half a character.
    String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()
}

#[cfg(unix)]
fn died(status: ExitStatus) -> bool {
    std::os::unix::process::ExitStatusExt::signal(&status) == Some(9)
}

/// An end that is none of the program's own exit codes.
#[cfg(not(unix))]
fn died(status: ExitStatus) -> bool {
    let own = [0, 1, 2, 3, 4, 5, 6, 7, 8, 75, 130, 143];
    !status.code().is_some_and(|code| own.contains(&code))
}

/// What it said.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) words: String,
    /// It was killed, and did not end by itself.
    pub(crate) died: bool,
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            words,
            died,
            code,
            stdout,
            stderr,
        } = self;
        let end = if *died {
            "killed".to_owned()
        } else {
            format!("{code:?}")
        };
        writeln!(f, "$ {words}\n{stdout}{stderr}-- {end}")
    }
}

/// Eleven seconds of a tone: what a reference must be at least.
fn tone(number: usize) -> &'static [u8] {
    const RATE: u32 = 8000;
    static TONES: [OnceLock<Vec<u8>>; 2] = [OnceLock::new(), OnceLock::new()];
    TONES[number].get_or_init(|| {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: RATE,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut file = Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut file, spec).unwrap();
        let period = 20 + i32::try_from(number).unwrap() * 7;
        for at in 0..11 * i32::try_from(RATE).unwrap() {
            writer
                .write_sample(i16::try_from(at % period * 400 - 4000).unwrap())
                .unwrap();
        }
        writer.finalize().unwrap();
        file.into_inner()
    })
}
