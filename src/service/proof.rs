//! The proof that a run has nothing to do: found by looking at files, without reading or planning anything.
//!
//! A run that found everything in place writes down every path that this depended on, with one digest over what could
//! be seen of each: the pipeline and all that it reads, references, `.env`, the database, the take sheet, and the file
//! of every take. If all of it still looks the same to the same program, asked the same in the same environment, the
//! answer is the same.
//!
//! Invariants: whatever the answer depends on is in the digest; a proof is kept only if nothing that it rests on
//! changed since shortly before planning began, so that every later change can be seen. A proof that is lost,
//! damaged or out of date costs the time of a plan and nothing else.

use super::{Environment, PlanOptions, Planned, Project, gather::absolute};
use crate::{
    base::{
        digest::{Digest, Hasher},
        time::Timestamp,
    },
    engine,
    store::{
        database_files,
        fs::{self, Outline},
    },
};
use std::path::{Path, PathBuf};

/// Raised when a proof rests on something else, or is written otherwise.
const VERSION: u32 = 1;

/// File systems keep times with a grain of up to two seconds; below that, equal times prove nothing.
const GRAIN_NANOS: i128 = 2_000_000_000;

/// A question, "is there anything to do?", with the place where its answer is kept.
#[derive(Debug)]
pub struct Proof {
    file: PathBuf,
    /// Program, options and environment.
    question: Digest,
    asked: Timestamp,
}

/// What a finding rests on.
#[derive(Debug, PartialEq, Eq)]
pub struct Grounds {
    takes: usize,
    paths: Vec<PathBuf>,
}

impl Proof {
    /// Asks of a pipeline; to be called before anything of it is read.
    pub fn about(options: &PlanOptions, environment: &Environment, now: Timestamp) -> Self {
        let folder = options.file.parent().unwrap_or(Path::new(""));
        let root = Project::of(&absolute(environment, folder)).root;
        let (here, at) = (environment.folder.display(), root.display());
        let asked_for = format!("{options:?}\0{here}\0{at}");
        let program = std::env::current_exe().ok();
        let program = program.map(|path| fs::outline(&path));
        let mut question = Hasher::new();
        question.update(format!("{VERSION} {} {program:?} {asked_for}", env!("CARGO_PKG_VERSION")).as_bytes());
        question.update(format!("{:?}", environment.vars).as_bytes());
        let name = Digest::of(asked_for.as_bytes()).short();
        Self {
            file: root.join(".takesheet").join("proofs").join(name),
            question: question.finish(),
            asked: now,
        }
    }

    /// How many takes are there and up to date, if that was proven before and nothing changed since.
    pub fn holds(&self) -> Option<usize> {
        let text = fs::read_text(&self.file).ok()??;
        let (digest, grounds) = parse(&text)?;
        let (found, _) = self.digest(&grounds);
        (found == digest).then_some(grounds.takes)
    }

    /// Keeps the finding that nothing is to be done, if it can be proven by what it rests on. To be called when the
    /// store is closed: closing it may change its files.
    pub fn keep(&self, grounds: &Grounds) {
        let (digest, latest) = self.digest(grounds);
        let is_settled = i128::from(latest) + GRAIN_NANOS < self.asked.as_nanosecond();
        let Some(text) = is_settled.then(|| written(digest, grounds)).flatten() else {
            return;
        };
        let folder = self.file.parent().unwrap_or(Path::new(""));
        let kept = fs::create_dir_all(folder).and_then(|()| fs::write_loosely(&self.file, text.as_bytes()));
        if let Err(error) = kept {
            tracing::debug!(%error, "cannot keep the proof");
        }
    }

    /// Of everything that is seen, and the time of the latest change.
    fn digest(&self, grounds: &Grounds) -> (Digest, i64) {
        let mut hasher = Hasher::new();
        let mut latest = i64::MIN;
        hasher.update(format!("{:?} {}", self.question.hex(), grounds.takes).as_bytes());
        for path in &grounds.paths {
            let seen = fs::outline(path);
            hasher.update(path.as_os_str().as_encoded_bytes());
            hasher.update(&[0, u8::from(seen.is_some())]);
            let Outline {
                size,
                modified,
                changed,
                inode,
            } = seen.unwrap_or_default();
            for number in [size, modified.cast_unsigned(), changed.cast_unsigned(), inode] {
                hasher.update(&number.to_le_bytes());
            }
            latest = latest.max(modified).max(changed);
        }
        (hasher.finish(), latest)
    }
}

impl Grounds {
    /// What it rests on that all takes of a plan are there and in place.
    pub fn of(planned: &Planned) -> Self {
        let gathered = &planned.gathered;
        let project = &gathered.project;
        let mut paths = gathered.asked.clone();
        paths.extend(database_files(&project.root));
        paths.push(gathered.sheet());
        let folder = project.takes();
        let takes = planned.plan.takes().filter_map(|(_, take)| {
            let stored = take.stored.as_ref()?;
            Some(folder.join(engine::file_name(take, stored)))
        });
        paths.extend(takes);
        Self {
            takes: planned.plan.takes().count(),
            paths,
        }
    }
}

/// A digest over all of it, so that half of it proves nothing; a number; then paths, each ended by a zero byte, which no path can hold. Nothing if one is not text.
fn written(digest: Digest, grounds: &Grounds) -> Option<String> {
    let mut text = format!("{digest}\0{}\0", grounds.takes);
    for path in &grounds.paths {
        text.push_str(path.to_str()?);
        text.push('\0');
    }
    Some(text)
}

fn parse(text: &str) -> Option<(Digest, Grounds)> {
    let mut parts = text.strip_suffix('\0')?.split('\0');
    let digest = Digest::parse(parts.next()?)?;
    let takes = parts.next()?.parse().ok()?;
    let paths = parts.map(PathBuf::from).collect();
    Some((digest, Grounds { takes, paths }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::{Clock, SystemClock};
    use std::collections::BTreeMap;
    use tempfile::TempDir;

    struct Asked {
        folder: TempDir,
        options: PlanOptions,
        environment: Environment,
    }

    impl Asked {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let environment = Environment {
                vars: BTreeMap::from([("CITY".into(), "Lisbon".into())]),
                folder: folder.path().to_owned(),
            };
            let options = PlanOptions {
                file: folder.path().join("song.yaml"),
                ..PlanOptions::default()
            };
            let asked = Self {
                folder,
                options,
                environment,
            };
            for name in ["song.yaml", "take.wav"] {
                fs::write_new(&asked.path(name), b"as it was").unwrap();
            }
            asked
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn grounds(&self) -> Grounds {
            Grounds {
                takes: 1,
                paths: ["song.yaml", "take.wav", ".env"].map(|name| self.path(name)).into(),
            }
        }

        /// As if the files had been there for a while.
        fn proof(&self) -> Proof {
            let later = SystemClock::start().now() + jiff::SignedDuration::from_secs(60);
            Proof::about(&self.options, &self.environment, later)
        }

        fn proven() -> Self {
            let asked = Self::new();
            asked.proof().keep(&asked.grounds());
            assert_eq!(asked.proof().holds(), Some(1));
            asked
        }
    }

    #[test]
    fn nothing_is_proven_before_anything_was_found() {
        assert_eq!(Asked::new().proof().holds(), None);
    }

    #[test]
    fn a_file_that_changed_went_or_came_ends_the_proof() {
        let asked = Asked::proven();
        fs::atomic_write(&asked.path("song.yaml"), b"as it is!").unwrap();
        assert_eq!(asked.proof().holds(), None);

        let asked = Asked::proven();
        fs::atomic_write(&asked.path("take.wav"), b"").unwrap();
        assert_eq!(asked.proof().holds(), None);

        let asked = Asked::proven();
        fs::write_new(&asked.path(".env"), b"").unwrap();
        assert_eq!(asked.proof().holds(), None);
    }

    #[test]
    fn another_question_is_not_answered() {
        let mut asked = Asked::proven();
        asked.environment.vars.insert("CITY".into(), "Osaka".into());
        assert_eq!(asked.proof().holds(), None);

        let mut asked = Asked::proven();
        asked.options.profile = Some("live".into());
        assert_eq!(asked.proof().holds(), None);

        let mut asked = Asked::proven();
        asked.options.select = vec!["hook".into()];
        assert_eq!(asked.proof().holds(), None);
    }

    #[test]
    fn what_changed_just_now_proves_nothing() {
        let asked = Asked::new();
        let proof = Proof::about(&asked.options, &asked.environment, SystemClock::start().now());
        proof.keep(&asked.grounds());
        assert_eq!(asked.proof().holds(), None);
    }

    #[test]
    fn a_damaged_proof_proves_nothing() {
        let asked = Asked::proven();
        let file = asked.proof().file;
        let text = fs::read_text(&file).unwrap().unwrap();
        for damaged in [
            &text[..text.len() / 2],
            &text[1..],
            "",
            &text.replace("\u{0}1\u{0}", "\u{0}2\u{0}"),
        ] {
            fs::atomic_write(&file, damaged.as_bytes()).unwrap();
            assert_eq!(asked.proof().holds(), None, "{damaged:?}");
        }
    }
}
