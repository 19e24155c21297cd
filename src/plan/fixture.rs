//! Pipelines made in memory, for the tests of this module.

use super::{
    Expansion, Facts, FileFact, Forgone, Key, Known, Memory, Node, NodeWork, Plan, RenderRequest, Selection,
    SelectionError, StoredTake, Take, build, expand, parse_selection,
};
use crate::{
    audio::{Peaks, Probe, Sound},
    base::{
        audio_settings::Format,
        diagnostic::Diagnostics,
        digest::Digest,
        ids::{Coordinates, StepKind, StepName, TakeName},
        money::{Price, Usd},
        scalar::Scalar,
        span::{Source, SourceId, Sources, Span},
        time::Timestamp,
    },
    catalog::{BackendKind, Purpose, model},
    pipeline::{
        Budget, Gates, Home, Limits, Lyrics, Matrix, Pipeline, Reference, ReferenceSource, Song, Step, StepId, Text,
        Work,
    },
    template::Template,
};
use std::{
    collections::{BTreeMap, HashMap},
    num::NonZeroU32,
    path::PathBuf,
    sync::Arc,
};

/// `[("city", &["Lisbon", "Osaka"])]`, crossed.
pub(super) type Axes<'a> = &'a [(&'a str, &'a [&'a str])];

pub(super) fn matrix(axes: Axes<'_>) -> Matrix {
    let mut cells = vec![Coordinates::default()];
    for (axis, values) in axes {
        let name: Arc<str> = (*axis).into();
        let with = |cell: &Coordinates, value: &str| {
            let mut cell = cell.clone();
            cell.0.push((name.clone(), Scalar::text(value)));
            cell
        };
        cells = cells
            .iter()
            .flat_map(|cell| values.iter().map(|value| with(cell, value)))
            .collect();
    }
    Matrix {
        axes: axes.iter().map(|(axis, _)| (*axis).into()).collect(),
        cells,
        max_cells: 256,
        span: None,
    }
}

/// A pipeline in the making; every step has a line of its own in a text, so that places differ.
pub(super) struct Pipe {
    pub(super) pipeline: Pipeline,
    source: SourceId,
}

impl Pipe {
    pub(super) fn new() -> Self {
        let mut sources = Sources::default();
        let source = sources.add(Source {
            name: "p.yaml".into(),
            path: "p.yaml".into(),
            text: "line\n".repeat(2_000).into(),
        });
        let limits = Limits {
            concurrency: NonZeroU32::new(3).unwrap(),
            rate: None,
            budget: Budget::default(),
        };
        let pipeline = Pipeline {
            name: "rainy-city".into(),
            file: "p.yaml".into(),
            folder: PathBuf::from("."),
            sources,
            profile: None,
            steps: Vec::new(),
            scope: BTreeMap::new(),
            limits,
            backends: BTreeMap::new(),
            timezone: None,
            wishes: crate::catalog::Wishes::default(),
            schedules: Vec::new(),
            read: Vec::new(),
        };
        Self { pipeline, source }
    }

    fn next_span(&self) -> Span {
        let start = self.pipeline.steps.len() * 5;
        Span::new(self.source, start, start + 4)
    }

    fn push(&mut self, name: StepName, uses: Vec<StepId>, axes: Axes<'_>, work: Work) -> StepId {
        let id = StepId(u32::try_from(self.pipeline.steps.len()).unwrap());
        let span = self.next_span();
        self.pipeline.steps.push(Step {
            id,
            name,
            span,
            uses,
            needs: Vec::new(),
            tags: Vec::new(),
            matrix: matrix(axes),
            work,
        });
        id
    }

    pub(super) fn file(&mut self, name: &str, purpose: Purpose, axes: Axes<'_>) -> StepId {
        let reference = Reference {
            source: ReferenceSource::File {
                path: format!("{name}.wav").into(),
                shown: format!("{name}.wav"),
            },
            purpose,
            span: self.next_span(),
        };
        self.push(
            StepName::new(StepKind::Reference, name),
            Vec::new(),
            axes,
            Work::Reference(reference),
        )
    }

    pub(super) fn from(&mut self, name: &str, step: StepId, at: &[(&str, &str)], take: u32) -> StepId {
        let at = at.iter().map(|(axis, value)| ((*axis).into(), Scalar::text(value)));
        let reference = Reference {
            source: ReferenceSource::Song {
                step,
                at: Coordinates(at.collect()),
                take,
            },
            purpose: Purpose::Instrumental,
            span: self.next_span(),
        };
        self.push(
            StepName::new(StepKind::Reference, name),
            vec![step],
            &[],
            Work::Reference(reference),
        )
    }

    /// A template in a file of its own.
    pub(super) fn text(&mut self, text: &str) -> Text {
        let source = self.pipeline.sources.add(Source {
            name: "text.hbs".into(),
            path: "text.hbs".into(),
            text: text.into(),
        });
        Text {
            template: Template::parse(text, &BTreeMap::new()).unwrap(),
            home: Home::file(source),
        }
    }

    pub(super) fn name_files(&mut self, song: StepId, name: &str) {
        let text = self.text(name);
        self.song_of(song).file_name = Some(text);
    }

    pub(super) fn lyrics(&mut self, name: &str, text: &str, axes: Axes<'_>) -> StepId {
        let text = self.text(text);
        let texts = text.template.inputs().iter().filter(|input| input.path[0] == "lyrics");
        let uses = texts.map(|input| self.id(StepKind::Lyrics, &input.path[1])).collect();
        let lyrics = Lyrics {
            text,
            accompaniment: false,
        };
        self.push(StepName::new(StepKind::Lyrics, name), uses, axes, Work::Lyrics(lyrics))
    }

    pub(super) fn song(&mut self, name: &str, lyrics: StepId, instrumental: StepId) -> StepId {
        let model = model("music-01").unwrap();
        let song = Song {
            backend: BackendKind::Aimlapi,
            model,
            lyrics: Some(lyrics),
            voice: None,
            instrumental: Some(instrumental),
            audio: model.audio.default,
            takes: NonZeroU32::MIN,
            gates: Gates::default(),
            file_name: None,
            salt: String::new(),
            span: self.next_span(),
        };
        self.push(
            StepName::new(StepKind::Song, name),
            vec![lyrics, instrumental],
            &[],
            Work::Song(song),
        )
    }

    /// The usual one: `songs.hook` from `lyrics.chorus` (one line with its city) over `references.demo`.
    pub(super) fn hook(cities: &[&str]) -> (Self, StepId) {
        let mut pipe = Self::new();
        let chorus = pipe.lyrics("chorus", "Lights of {{city}}\nwide and bright", &[("city", cities)]);
        let demo = pipe.file("demo", Purpose::Song, &[]);
        let hook = pipe.song("hook", chorus, demo);
        (pipe, hook)
    }

    pub(super) fn id(&self, kind: StepKind, name: &str) -> StepId {
        let mut steps = self.pipeline.steps.iter();
        steps
            .find(|step| step.name.kind == kind && &*step.name.name == name)
            .unwrap()
            .id
    }

    pub(super) fn step(&mut self, id: StepId) -> &mut Step {
        &mut self.pipeline.steps[id.0 as usize]
    }

    pub(super) fn song_of(&mut self, id: StepId) -> &mut Song {
        match &mut self.step(id).work {
            Work::Song(song) => song,
            other => panic!("{other:?} is no song"),
        }
    }

    pub(super) fn lyrics_of(&mut self, id: StepId) -> &mut Lyrics {
        match &mut self.step(id).work {
            Work::Lyrics(lyrics) => lyrics,
            other => panic!("{other:?} is no text"),
        }
    }

    pub(super) fn takes(&mut self, id: StepId, takes: u32) {
        self.song_of(id).takes = NonZeroU32::new(takes).unwrap();
    }

    pub(super) fn expand(&self) -> Result<Expansion, Diagnostics> {
        expand(&self.pipeline)
    }

    /// The names of a step's cells.
    pub(super) fn cells(&self, id: StepId) -> Vec<String> {
        self.expand()
            .unwrap()
            .cells(id)
            .iter()
            .map(|cell| cell.name.to_string())
            .collect()
    }

    pub(super) fn plan(&self, memory: &dyn Memory) -> Plan {
        build(
            &self.pipeline,
            &self.expand().unwrap(),
            &self.facts(),
            memory,
            &Selection::default(),
        )
        .unwrap()
    }

    pub(super) fn select(&self, memory: &dyn Memory, terms: &[&str]) -> Result<Plan, SelectionError> {
        let terms: Vec<_> = terms.iter().map(ToString::to_string).collect();
        let selection = parse_selection(&terms)?;
        build(
            &self.pipeline,
            &self.expand().unwrap(),
            &self.facts(),
            memory,
            &selection,
        )
    }

    /// Every reference file is good, and its content is its name.
    pub(super) fn facts(&self) -> Facts {
        let files = super::reference_files(&self.pipeline);
        files
            .into_iter()
            .map(|(path, _)| (path.to_owned(), Ok(fact(&path.display().to_string()))))
            .collect()
    }
}

pub(super) fn fact(content: &str) -> FileFact {
    let sound = Probe {
        format: Format::Wav,
        sound: Sound {
            seconds: 30.0,
            sample_rate: 44_100,
            channels: 2,
            loudness: Some(-14.0),
            ..Sound::default()
        },
        peaks: Peaks::default(),
    };
    FileFact {
        digest: Digest::of(content.as_bytes()),
        bytes: 1,
        sound: Ok(sound),
    }
}

/// Remembers what it is told.
#[derive(Default)]
pub(super) struct Shelf {
    known: HashMap<Key, Known>,
    requests: HashMap<TakeName, RenderRequest>,
}

impl Shelf {
    /// As if every take of a plan had been rendered whose request is known.
    pub(super) fn render(&mut self, plan: &Plan) {
        for (_, take) in plan.takes() {
            self.render_one(plan, take);
        }
    }

    pub(super) fn render_one(&mut self, plan: &Plan, take: &Take) {
        if let Some(request) = take.draft.complete(plan, |_| None) {
            self.known.insert(request.key(), Known::Take(stored(request.key())));
            self.requests.insert(take.name.clone(), request);
        }
    }

    pub(super) fn unsure(&mut self, key: Key) {
        self.known.insert(
            key,
            Known::Unsure {
                since: Timestamp::UNIX_EPOCH,
            },
        );
    }
}

impl Shelf {
    /// As if a take had cost that much, and its audio were gone.
    pub(super) fn lose(&mut self, key: Key, paid: Usd) {
        let take = StoredTake {
            price: Price::Known(paid),
            ..stored(key)
        };
        self.known.insert(key, Known::Lost { take, changed: None });
    }

    /// As if a person had given up the audio of a take that cost that much.
    pub(super) fn forgo(&mut self, key: Key, how: Forgone, paid: Usd) {
        let (paid, at) = (Price::Known(paid), Timestamp::UNIX_EPOCH);
        self.known.insert(key, Known::Forgone { how, paid, at });
    }
}

impl Memory for Shelf {
    fn recall(&self, keys: &[Key]) -> HashMap<Key, Known> {
        keys.iter()
            .filter_map(|key| Some((*key, self.known.get(key)?.clone())))
            .collect()
    }

    fn previous(&self, _: &str, take: &TakeName) -> Option<RenderRequest> {
        self.requests.get(take).cloned()
    }
}

fn stored(key: Key) -> StoredTake {
    StoredTake {
        key,
        digest: Digest::of(key.0.hex().as_bytes()),
        bytes: 1,
        format: Format::Mp3,
        sound: Sound {
            seconds: 30.0,
            sample_rate: 44_100,
            channels: 2,
            loudness: None,
            ..Sound::default()
        },
        peaks: Peaks::default(),
        at: Timestamp::UNIX_EPOCH,
        charged: None,
        price: Price::Known(Usd::ZERO),
    }
}

/// A take of that length.
pub(super) fn heard(seconds: f64) -> StoredTake {
    let mut take = stored(Key(Digest::of(&seconds.to_le_bytes())));
    take.sound.seconds = seconds;
    take
}

/// `songs.hook[city=Lisbon]#1 new`, for every node.
pub(super) fn lines(plan: &Plan) -> Vec<String> {
    plan.nodes
        .iter()
        .map(|node| format!("{} {}", name_of(node), node.verdict.word()))
        .collect()
}

pub(super) fn name_of(node: &Node) -> String {
    match &node.work {
        NodeWork::Upload(upload) => upload.name.to_string(),
        NodeWork::Take(take) => take.name.to_string(),
    }
}

/// The keys of the takes, by name.
pub(super) fn keys(plan: &Plan) -> BTreeMap<String, Option<Key>> {
    plan.takes()
        .map(|(_, take)| (take.name.to_string(), take.key))
        .collect()
}
