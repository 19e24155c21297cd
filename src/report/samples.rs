//! A plan and a run made by hand, for the tests of this module.

use crate::{
    audio::{Peaks, Sound},
    base::{
        audio_settings::{AudioSettings, Format},
        digest::Digest,
        ids::{CellName, Coordinates, StepKind, StepName, TakeName},
        money::{Price, Total, Usd},
        scalar::Scalar,
        span::Location,
        time::Timestamp,
    },
    catalog::{BackendKind, Purpose},
    event::{Event, NodeCard, NodeKind, Record, RunState, VERSION},
    pipeline::{Budget, Limits},
    plan::{
        Content, Draft, Gates, Key, Node, NodeId, NodeWork, OutputName, Plan, Reason, RenderRequest, Retakes,
        StoredTake, Take, Upload, Verdict,
    },
};
use std::{collections::BTreeMap, num::NonZeroU32};

pub(crate) const PRICE: Price = Price::Known(Usd::from_nanos(31_500_000));
pub(crate) const FREE: Price = Price::Known(Usd::ZERO);

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn place(line: usize) -> Location {
    Location {
        file: "pipelines/rainy.yaml".into(),
        line,
        column: 3,
    }
}

pub(crate) fn sound() -> Sound {
    Sound {
        seconds: 57.6,
        sample_rate: 44_100,
        channels: 2,
        loudness: Some(-13.14),
        ..Sound::default()
    }
}

pub(crate) fn take_name(song: &str, axes: &[(&str, &str)], number: u32) -> TakeName {
    let pairs = axes.iter().map(|(axis, value)| ((*axis).into(), Scalar::text(value)));
    TakeName {
        cell: CellName {
            step: StepName::new(StepKind::Song, song),
            at: Coordinates(pairs.collect()),
        },
        number,
    }
}

/// An empty plan, to be filled with [`upload`] and [`take`].
pub(crate) fn plan() -> Plan {
    Plan {
        pipeline: "rainy-city".into(),
        file: "pipelines/rainy.yaml".into(),
        folder: "pipelines".into(),
        nodes: Vec::new(),
        total: Total::default(),
        retakes: Retakes::default(),
        limits: Limits {
            concurrency: NonZeroU32::MIN,
            rate: None,
            budget: Budget::default(),
        },
        backends: BTreeMap::new(),
        timezone: None,
    }
}

fn push(plan: &mut Plan, node: Node) -> NodeId {
    if node.verdict.is_work() {
        plan.total.add(node.price);
    }
    let id = node.id;
    plan.nodes.push(node);
    id
}

fn next(plan: &Plan) -> NodeId {
    NodeId(u32::try_from(plan.nodes.len()).unwrap())
}

pub(crate) fn upload(plan: &mut Plan, name: &str, takes: usize) -> NodeId {
    let id = next(plan);
    push(
        plan,
        Node {
            id,
            needs: Vec::new(),
            verdict: if takes == 0 { Verdict::Cached } else { Verdict::New },
            reason: if takes == 0 {
                Reason::NotNeeded
            } else {
                Reason::NeededBy { takes }
            },
            price: FREE,
            location: place(5),
            tags: Vec::new(),
            work: NodeWork::Upload(Upload {
                name: CellName {
                    step: StepName::new(StepKind::Reference, name),
                    at: Coordinates::default(),
                },
                backend: BackendKind::Aimlapi,
                purpose: Purpose::Voice,
                content: Content::File {
                    path: "refs/vox.mp3".into(),
                    shown: "refs/vox.mp3".into(),
                    digest: Digest::of(b"vox"),
                    format: Format::Mp3,
                },
            }),
        },
    )
}

pub(crate) fn take(plan: &mut Plan, name: TakeName, verdict: Verdict, reason: Reason, voice: Option<NodeId>) -> NodeId {
    let id = next(plan);
    let key = (verdict != Verdict::Waits).then(|| Key(Digest::of(name.to_string().as_bytes())));
    let stored = key.filter(|_| verdict == Verdict::Cached).map(|key| StoredTake {
        key,
        digest: Digest::of(b"audio"),
        bytes: 1_843_200,
        format: Format::Mp3,
        sound: sound(),
        peaks: Peaks::default(),
        at: at("2026-03-01T10:00:00Z"),
        charged: Some(Usd::from_nanos(31_500_000)),
        price: PRICE,
    });
    let number = name.number;
    push(
        plan,
        Node {
            id,
            needs: voice.into_iter().collect(),
            verdict,
            reason,
            price: if verdict.is_work() { PRICE } else { FREE },
            location: place(20),
            tags: vec!["draft".into()],
            work: NodeWork::Take(Take {
                output: OutputName {
                    pattern: format!("rainy-city/hook/t{number:02}_{}.mp3", OutputName::KEY),
                },
                name,
                draft: Draft {
                    request: RenderRequest {
                        version: 1,
                        backend: BackendKind::Aimlapi,
                        contract: 1,
                        model: "music-01".into(),
                        lyrics: Some("Lights of Lisbon\nbright and wide\n".into()),
                        voice: None,
                        instrumental: None,
                        audio: AudioSettings {
                            format: Format::Mp3,
                            sample_rate: 44_100,
                            bitrate: 256_000,
                        },
                        take: number,
                        salt: String::new(),
                        wishes: None,
                    },
                    voice,
                    instrumental: None,
                },
                key,
                twin: None,
                stored,
                lost: None,
                gates: Gates::default(),
                attempt: 0,
                outside: Vec::new(),
                missed: Vec::new(),
                made: Vec::new(),
            }),
        },
    )
}

pub(crate) fn card(id: u32, kind: NodeKind, name: &str) -> NodeCard {
    NodeCard {
        node: NodeId(id),
        kind,
        name: name.into(),
        verdict: Verdict::New,
        reason: Reason::NeverRendered,
        price: if kind == NodeKind::Take { PRICE } else { FREE },
        backend: BackendKind::Aimlapi,
        location: place(20),
    }
}

pub(crate) fn started(nodes: Vec<NodeCard>, cached: usize) -> Event {
    let mut saved = Total::default();
    (0..cached).for_each(|_| saved.add(PRICE));
    Event::RunStarted {
        pipeline: "rainy-city".into(),
        file: "pipelines/rainy.yaml".into(),
        program: "0.1.0".into(),
        nodes,
        cached,
        saved,
        outside: Vec::new(),
        retakes: Retakes::default(),
    }
}

pub(crate) fn finished(id: u32, path: &str) -> Event {
    Event::TakeFinished {
        node: NodeId(id),
        key: Key(Digest::of(b"key")),
        path: path.into(),
        sound: sound(),
        outline: Vec::new(),
        charged: None,
        reused: false,
        outside: Vec::new(),
        picked_up: None,
    }
}

/// The state after these events, one second apart.
pub(crate) fn run(events: Vec<Event>) -> RunState {
    let start = at("2026-03-01T10:00:00Z");
    let records: Vec<Record> = (0_i64..)
        .zip(events)
        .map(|(seq, event)| Record {
            v: VERSION,
            run: "r-0301".into(),
            seq: seq.unsigned_abs(),
            at: start + jiff::SignedDuration::from_secs(seq),
            event,
        })
        .collect();
    RunState::replay(&records)
}
