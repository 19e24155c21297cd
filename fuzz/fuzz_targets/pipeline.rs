//! A whole pipeline from any text: read, expanded, planned, and shown.
//!
//! The input is files in one text: a line `%% NAME` begins the next one; the first is `p/rain.yaml`, and names are
//! taken from that folder. Every reference file is there and sounds right. Beyond not failing:
//!
//! * every complaint has a place in a text that was read, and can be shown;
//! * what is shown by `show --config` reads again, as the same steps;
//! * the same text gives the same plan; a take's name selects that take and no other;
//! * every file of a take stays inside the output folder and is nobody else's.

#![no_main]

use libfuzzer_sys::{Corpus, fuzz_target};
use std::{
    collections::{BTreeMap, HashSet},
    io,
    path::{Component, Path, PathBuf},
};
use takesheet::{
    audio::{Peaks, Probe, Sound},
    base::{audio_settings::Format, diagnostic::Diagnostics, digest::Digest, door::Files, span::Sources},
    pipeline::{self, Overrides, Pipeline, ReadOptions, Work, codes},
    plan::{self, Blank, Expansion, Facts, FileFact, OutputName, Plan, Selection},
    report::diagnostics,
};

/// More takes than this say nothing new and take long.
const MOST_TAKES: usize = 2_000;

fuzz_target!(|bytes: &[u8]| -> Corpus {
    if is_large(bytes) {
        return Corpus::Reject;
    }
    let given = Given::of(bytes);
    let environment = BTreeMap::from([("SEASON".to_owned(), "winter".to_owned())]);
    for profile in [None, Some("live")] {
        let options = ReadOptions {
            file: Path::new("p/rain.yaml"),
            profile,
            environment: &environment,
            overrides: Overrides::default(),
        };
        match pipeline::read(&given, &options) {
            Err(rejection) => {
                assert!(rejection.diagnostics.has_errors(), "refused without a reason");
                check_complaints(&rejection.diagnostics, &rejection.sources);
            }
            Ok((pipeline, warnings)) => {
                assert!(!warnings.has_errors());
                check_complaints(&warnings, &pipeline.sources);
                check_pipeline(&pipeline);
                if profile.is_none() {
                    check_shown(&given, &options, &pipeline);
                }
            }
        }
    }
    Corpus::Keep
});

/// Whether more cells are allowed than are worth the time: more than four digits of them.
fn is_large(bytes: &[u8]) -> bool {
    let name = b"max_cells";
    let found = bytes
        .windows(name.len())
        .enumerate()
        .filter(|(_, window)| window == name);
    found.map(|(at, _)| &bytes[at + name.len()..]).any(|rest| {
        let end = rest
            .iter()
            .position(|byte| b",}\n".contains(byte))
            .unwrap_or(rest.len());
        end > b": 9999".len()
    })
}

/// The files of one input.
struct Given {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Given {
    fn of(bytes: &[u8]) -> Self {
        let (mut files, mut name, mut rest) = (BTreeMap::new(), PathBuf::from("p/rain.yaml"), bytes);
        while let Some(at) = rest.windows(4).position(|four| four == b"\n%% ") {
            files.insert(name, rest[..=at].to_vec());
            rest = &rest[at + 4..];
            let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            name = Path::new("p").join(String::from_utf8_lossy(&rest[..end]).trim());
            rest = rest.get(end + 1..).unwrap_or_default();
        }
        files.insert(name, rest.to_vec());
        Self { files }
    }
}

impl Files for Given {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let bytes = self.files.get(path).ok_or(io::ErrorKind::NotFound)?;
        if bytes.len() as u64 > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(bytes.clone())
    }

    fn list(&self, folder: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
        let inside =
            |path: &&PathBuf| path.parent() == Some(folder) && path.extension().is_some_and(|own| own == extension);
        Ok(self.files.keys().filter(inside).cloned().collect())
    }
}

fn check_complaints(complaints: &Diagnostics, sources: &Sources) {
    for one in complaints.iter() {
        assert!(one.span.is_some() || one.file.is_some(), "nowhere: {one:?}");
        assert!(!one.message.is_empty(), "{one:?}");
        let related = one.related.iter().map(|related| related.span);
        for span in one.span.into_iter().chain(related) {
            let text = &sources.get(span.source).text;
            assert!(text.get(span.start..span.end).is_some(), "{one:?}");
        }
    }
    let plain = diagnostics::render(complaints, sources, diagnostics::Style::default());
    let odd = plain
        .chars()
        .find(|one| one.is_control() && *one != '\n' && *one != '\t');
    assert_eq!(odd, None, "a control character is shown: {plain:?}");
    diagnostics::summary(complaints, sources);
    diagnostics::json(complaints, sources);
}

fn check_pipeline(pipeline: &Pipeline) {
    let expansion = match plan::expand(pipeline) {
        Ok(expansion) => expansion,
        Err(complaints) => {
            assert!(complaints.has_errors(), "refused without a reason");
            return check_complaints(&complaints, &pipeline.sources);
        }
    };
    check_complaints(&expansion.warnings, &pipeline.sources);
    if takes(pipeline, &expansion) > MOST_TAKES {
        return;
    }
    let facts = facts(pipeline);
    let complaints = plan::check_references(pipeline, &facts);
    assert!(!complaints.has_errors(), "{complaints:?}");
    check_complaints(&complaints, &pipeline.sources);
    let whole = Selection::default();
    let Ok(plan) = plan::build(pipeline, &expansion, &facts, &Blank, &whole) else {
        panic!("everything cannot be selected");
    };
    let again = plan::build(pipeline, &expansion, &facts, &Blank, &whole).expect("as before");
    assert_eq!(
        format!("{:?}", plan.nodes),
        format!("{:?}", again.nodes),
        "another plan of the same"
    );
    check_names(&plan);
    check_order(&plan);
    check_selection(pipeline, &expansion, &facts, &plan);
}

fn takes(pipeline: &Pipeline, expansion: &Expansion) -> usize {
    let of = |step: &pipeline::Step| match &step.work {
        Work::Song(song) => expansion.cells(step.id).len() * song.takes.get() as usize,
        Work::Reference(_) | Work::Lyrics(_) => expansion.cells(step.id).len(),
    };
    pipeline.steps.iter().map(of).sum()
}

/// Every reference file is an mp3 of a minute.
fn facts(pipeline: &Pipeline) -> Facts {
    let sound = Probe {
        format: Format::Mp3,
        sound: Sound {
            seconds: 60.0,
            sample_rate: 44_100,
            channels: 2,
            loudness: Some(-14.0),
            ..Sound::default()
        },
        peaks: Peaks::default(),
    };
    let files = plan::reference_files(pipeline).into_iter();
    files
        .map(|(path, _)| {
            let fact = FileFact {
                digest: Digest::of(path.as_os_str().as_encoded_bytes()),
                bytes: 1_000_000,
                sound: Ok(sound.clone()),
            };
            (path.to_owned(), Ok(fact))
        })
        .collect()
}

fn check_names(plan: &Plan) {
    let mut seen = HashSet::new();
    for (node, take) in plan.takes() {
        let name = take.key.map_or_else(
            || take.output.pattern.replace(OutputName::KEY, "00000000"),
            |key| take.output.with_key(key),
        );
        let is_inside = Path::new(&name)
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        assert!(is_inside && !name.is_empty(), "{name:?} leads out of the folder");
        assert!(
            !name.contains(['\\', ':', '\0']) && !name.chars().any(char::is_control),
            "{name:?}"
        );
        let free = seen.insert(name.to_lowercase());
        assert!(
            free || take.output.pattern.contains(OutputName::KEY),
            "{name:?} is taken: {:?}",
            node.id
        );
    }
}

fn check_order(plan: &Plan) {
    for (index, node) in plan.nodes.iter().enumerate() {
        assert_eq!(node.id.0 as usize, index);
        assert!(
            node.needs.iter().all(|need| need.0 < node.id.0),
            "{node:?} needs what comes later"
        );
    }
}

/// A take is selected by its name, whatever is in it.
fn check_selection(pipeline: &Pipeline, expansion: &Expansion, facts: &Facts, plan: &Plan) {
    for (_, take) in plan.takes().step_by(7).take(5) {
        let name = take.name.to_string();
        let selection = plan::parse_selection(std::slice::from_ref(&name));
        let selection = selection.unwrap_or_else(|error| panic!("`{name}` cannot be selected: {error}"));
        let chosen = plan::build(pipeline, expansion, facts, &Blank, &selection);
        let chosen = chosen.unwrap_or_else(|error| panic!("`{name}` selects nothing: {error}"));
        assert!(
            chosen.takes().any(|(_, take)| take.name.to_string() == name),
            "`{name}` selects others"
        );
    }
}

/// What is shown as the resolved pipeline is a pipeline with the same steps.
fn check_shown(given: &Given, options: &ReadOptions<'_>, pipeline: &Pipeline) {
    let Ok(resolved) = pipeline::resolved(given, options) else {
        panic!("it can be read and not be shown");
    };
    let shown = resolved.to_string();
    // What was included is in it now, and paths of other folders do not resolve from here.
    let alone = given.files.len() == 1 && shown.len() < 500_000;
    if alone {
        let files = BTreeMap::from([(options.file.to_owned(), shown.clone().into_bytes())]);
        match pipeline::read(&Given { files }, options) {
            Ok((again, _)) => {
                let names = |pipeline: &Pipeline| pipeline.steps.iter().map(|step| step.name.to_string()).collect();
                let (before, after): (Vec<String>, Vec<String>) = (names(pipeline), names(&again));
                assert_eq!(before, after, "{shown}");
            }
            // A schedule may name a profile, and profiles are not shown.
            Err(rejection)
                if rejection
                    .diagnostics
                    .iter()
                    .all(|one| one.code == codes::UNKNOWN_PROFILE) => {}
            Err(rejection) => panic!("what is shown is refused: {:?}\n{shown}", rejection.diagnostics),
        }
    }
}
