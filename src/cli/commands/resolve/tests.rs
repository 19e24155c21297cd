use super::*;
use crate::{
    base::{
        audio_settings::{AudioSettings, Format},
        ids::{CellName, Coordinates, StepKind, StepName, TakeName},
        money::{Price, Usd},
        time::SystemClock,
    },
    catalog::BackendKind,
    cli::args::{Cli, Command},
    plan::RenderRequest,
    report::look::Look,
    store::NewClaim,
};
use clap::Parser;
use std::path::Path;

/// A process makes a call for `songs.hook#1` of that pipeline, and ends before it is answered.
fn lose_a_call(folder: &Path, pipeline: &str) {
    let store = Store::open(folder, Arc::new(SystemClock::start())).unwrap();
    let request = RenderRequest {
        version: 1,
        backend: BackendKind::Aimlapi,
        contract: 1,
        model: "music-01".into(),
        lyrics: Some(pipeline.into()),
        voice: None,
        instrumental: None,
        audio: AudioSettings {
            format: Format::Mp3,
            sample_rate: 44_100,
            bitrate: 128_000,
        },
        take: 1,
        salt: String::new(),
        wishes: None,
    };
    let cell = CellName {
        step: StepName::new(StepKind::Song, "hook"),
        at: Coordinates::default(),
    };
    let claim = NewClaim {
        key: request.key(),
        take: &TakeName { cell, number: 1 },
        pipeline,
        run: "run-1",
        request: &request,
        request_id: &format!("id-{pipeline}"),
        price: Price::Known(Usd::ZERO),
        account: crate::base::digest::Digest::of(b"an account"),
        day: None,
    };
    store.claim(&claim).unwrap();
}

fn resolve_in(folder: &Path, name: &str) -> Exit {
    let folder = folder.to_str().unwrap();
    let cli = Cli::parse_from(["takesheet", "resolve", name, "--not-paid", "-C", folder]);
    let Command::Resolve(args) = cli.command else {
        panic!("it is `resolve`")
    };
    let context = Context::read(cli.global).unwrap();
    let mut terminal = Terminal::new(Box::new(std::io::sink()), Box::new(std::io::sink()), Look::PLAIN);
    settle(&context, &mut terminal, &args).unwrap()
}

#[test]
fn what_is_known_of_one_pipelines_take_is_not_said_of_anothers() {
    let folder = tempfile::tempdir().unwrap();
    lose_a_call(folder.path(), "monday");
    lose_a_call(folder.path(), "tuesday");
    let left = || {
        let store = Store::open(folder.path(), Arc::new(SystemClock::start())).unwrap();
        let unsure = store.unsure_takes().unwrap();
        unsure.into_iter().map(|take| take.pipeline).collect::<Vec<_>>()
    };
    assert_eq!(resolve_in(folder.path(), "hook#1"), Exit::Usage);
    assert_eq!(left(), ["monday", "tuesday"], "it could be either");
    assert_eq!(resolve_in(folder.path(), "id-monday"), Exit::Done);
    assert_eq!(left(), ["tuesday"]);
    assert_eq!(resolve_in(folder.path(), "hook#1"), Exit::Done, "now there is only one");
    assert_eq!(left(), [""; 0]);
}
