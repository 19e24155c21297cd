//! What changes a key, and what never does.

use crate::{
    base::{
        audio_settings::{AudioSettings, Format},
        digest::Digest,
        ids::StepKind,
    },
    catalog::{BackendKind, Purpose, Wishes},
    plan::{
        Blank, Change, ReferencePart, RenderRequest, Selection,
        fixture::{Pipe, keys},
    },
};
use proptest::prelude::*;
use std::collections::{BTreeSet, HashSet};

fn request() -> RenderRequest {
    RenderRequest {
        version: RenderRequest::VERSION,
        backend: BackendKind::Sandbox,
        contract: 1,
        model: "music-01".into(),
        lyrics: Some("one\ntwo\nthree".into()),
        voice: None,
        instrumental: Some(part("a")),
        audio: AudioSettings {
            format: Format::Mp3,
            sample_rate: 44_100,
            bitrate: 256_000,
        },
        take: 1,
        salt: String::new(),
        wishes: None,
    }
}

fn part(content: &str) -> ReferencePart {
    ReferencePart {
        digest: Digest::of(content.as_bytes()),
        purpose: Purpose::Song,
    }
}

fn change(field: &str, before: &str, after: &str) -> Change {
    Change {
        field: field.into(),
        before: before.into(),
        after: after.into(),
    }
}

/// One change of each field, with how it is told.
fn single_changes() -> Vec<(RenderRequest, Change)> {
    let (a, b) = (Digest::of(b"a").short(), Digest::of(b"b").short());
    let mut list = Vec::new();
    let mut with = |edit: &dyn Fn(&mut RenderRequest), field: &str, before: &str, after: &str| {
        let mut changed = request();
        edit(&mut changed);
        list.push((changed, change(field, before, after)));
    };
    with(&|r| r.version = 9, "version", &RenderRequest::VERSION.to_string(), "9");
    with(&|r| r.backend = BackendKind::Aimlapi, "backend", "sandbox", "aimlapi");
    with(&|r| r.contract = 2, "contract", "1", "2");
    with(&|r| r.model = "music-02".into(), "model", "music-01", "music-02");
    with(
        &|r| r.lyrics = Some("one\ntwo,\nthree".into()),
        "lyrics line 2",
        "two",
        "two,",
    );
    with(&|r| r.lyrics = Some("one\nthree".into()), "lyrics line 2", "two", "");
    with(
        &|r| r.lyrics = Some("one\ntwo\nand\nthree".into()),
        "lyrics line 3",
        "",
        "and",
    );
    with(&|r| r.lyrics = None, "lyrics", "one\ntwo\nthree", "");
    with(&|r| r.voice = Some(part("b")), "voice", "", &b);
    with(&|r| r.instrumental = Some(part("b")), "instrumental", &a, &b);
    with(&|r| r.instrumental = None, "instrumental", &a, "");
    let voiced = |r: &mut RenderRequest| r.instrumental.as_mut().unwrap().purpose = Purpose::Instrumental;
    with(&voiced, "instrumental.purpose", "song", "instrumental");
    with(&|r| r.audio.format = Format::Wav, "audio.format", "mp3", "wav");
    with(&|r| r.audio.sample_rate = 16_000, "audio.sample_rate", "44100", "16000");
    with(&|r| r.audio.bitrate = 32_000, "audio.bitrate", "256000", "32000");
    with(&|r| r.take = 2, "take", "1", "2");
    with(&|r| r.salt = "again".into(), "salt", "", "again");
    let wishing = |wishes: &str| Some(wishes.parse::<Wishes>().unwrap());
    with(&|r| r.wishes = wishing("bpm=92.5"), "sandbox.bpm", "", "92.5");
    with(&|r| r.wishes = wishing("key=D minor"), "sandbox.key", "", "D minor");
    with(&|r| r.wishes = wishing("seed=7"), "sandbox.seed", "", "7");
    list
}

#[test]
fn one_change_is_another_key_and_exactly_that_explanation() {
    let mut seen = HashSet::from([request().key()]);
    for (changed, told) in single_changes() {
        assert_eq!(request().diff(&changed), std::slice::from_ref(&told));
        assert!(seen.insert(changed.key()), "{told:?} does not change the key");
    }
    assert_eq!(request().diff(&request()), []);
}

#[test]
fn a_key_stays_what_it_was() {
    // A change here makes every stored take new: raise `RenderRequest::VERSION` and say so in the change log.
    let key = "d6c6a666d5b33de1259c22634be7e238b536f3790ae2f12ad31fb7f22b05be19";
    assert_eq!(request().key().to_string(), key);
}

#[test]
fn distant_edits_are_told_apart() {
    let mut before = request();
    before.lyrics = Some("a\nb\nc\nd\ne\nf".into());
    let mut now = request();
    now.lyrics = Some("a\nB\nc\nnew\nd\ne".into());
    assert_eq!(
        before.diff(&now),
        [
            change("lyrics line 2", "b", "B"),
            change("lyrics line 4", "", "new"),
            change("lyrics line 6", "f", ""),
        ]
    );
}

proptest! {
    #[test]
    fn a_difference_is_told_if_and_only_if_the_keys_differ(
        before in proptest::option::of("[ab\n]{0,12}"),
        now in proptest::option::of("[ab\n]{0,12}"),
        salts in ("[a-c]{0,2}", "[a-c]{0,2}"),
    ) {
        let (mut one, mut two) = (request(), request());
        (one.lyrics, one.salt) = (before, salts.0);
        (two.lyrics, two.salt) = (now, salts.1);
        prop_assert_eq!(one.diff(&two).is_empty(), one == two && one.key() == two.key());
        prop_assert_eq!(one.key() == two.key(), one == two);
    }

    #[test]
    fn the_lines_not_told_are_in_both_texts(
        before in proptest::collection::vec("[ab]{1,2}", 1..9),
        now in proptest::collection::vec("[ab]{1,2}", 1..9),
    ) {
        let (mut one, mut two) = (request(), request());
        one.lyrics = Some(before.join("\n"));
        two.lyrics = Some(now.join("\n"));
        let changes = one.diff(&two);
        let mut kept: Vec<Option<&String>> = now.iter().map(Some).collect();
        let mut gone: Vec<&String> = Vec::new();
        for change in &changes {
            let line: usize = change.field.strip_prefix("lyrics line ").unwrap().parse().unwrap();
            if !change.before.is_empty() {
                gone.push(&change.before);
            }
            if !change.after.is_empty() {
                prop_assert_eq!(kept[line - 1].take(), Some(&change.after));
            }
        }
        let kept: Vec<&String> = kept.into_iter().flatten().collect();
        let mut rest = before.iter();
        prop_assert!(kept.iter().all(|line| rest.any(|known| known == *line)), "{:?} stay", kept);
        let (mut all, mut known): (Vec<_>, Vec<_>) = (gone.into_iter().chain(kept).collect(), before.iter().collect());
        all.sort();
        known.sort();
        prop_assert_eq!(all, known);
    }
}

#[test]
fn names_order_tags_and_limits_are_not_in_a_key() {
    let (mut pipe, hook) = Pipe::hook(&["Lisbon", "Osaka"]);
    pipe.takes(hook, 2);
    let before: BTreeSet<_> = keys(&pipe.plan(&Blank)).into_values().collect();
    assert_eq!(before.len(), 4, "two takes of two cells are four keys");

    let mut other = Pipe::new();
    other.pipeline.name = "sunny".into();
    other.pipeline.limits.concurrency = std::num::NonZeroU32::MAX;
    let file = other.file("renamed", Purpose::Song, &[]);
    let words = other.lyrics(
        "words",
        "Lights of {{town}}\r\nwide and bright  \n",
        &[("town", &["Osaka", "Lisbon"])],
    );
    let song = other.song("jingle", words, file);
    other.takes(song, 2);
    other.step(song).tags = vec!["draft".into()];
    let crate::pipeline::Work::Reference(reference) = &mut other.step(file).work else {
        panic!();
    };
    reference.source = crate::pipeline::ReferenceSource::File {
        path: "demo.wav".into(),
        shown: "../elsewhere/demo.wav".into(),
    };
    let after: BTreeSet<_> = keys(&other.plan(&Blank)).into_values().collect();
    assert_eq!(before, after);
}

#[test]
fn a_comma_in_a_lyric_changes_its_takes_only() {
    let (pipe, _) = Pipe::hook(&["Lisbon", "Osaka"]);
    let (other, _) = Pipe::hook(&["Lisbon,", "Osaka"]);
    let (before, after) = (keys(&pipe.plan(&Blank)), keys(&other.plan(&Blank)));
    assert_eq!(before["songs.hook[city=Osaka]#1"], after["songs.hook[city=Osaka]#1"]);
    assert_ne!(
        before["songs.hook[city=Lisbon]#1"],
        after["songs.hook[city=\"Lisbon,\"]#1"]
    );
}

#[test]
fn upstream_counts_by_what_it_renders_to() {
    let text = |bridge: &str| {
        let mut pipe = Pipe::new();
        pipe.pipeline.scope.insert("n".into(), serde_json::json!("x"));
        pipe.lyrics("bridge", bridge, &[]);
        let chorus = pipe.lyrics("chorus", "{{lyrics.bridge}} y", &[]);
        let demo = pipe.file("demo", Purpose::Song, &[]);
        pipe.song("hook", chorus, demo);
        keys(&pipe.plan(&Blank))
    };
    assert_eq!(text("x"), text("{{n}}\n\n"));
    assert_ne!(text("x"), text("z"));
}

#[test]
fn a_reference_counts_by_its_content() {
    let (pipe, _) = Pipe::hook(&["A"]);
    let expansion = pipe.expand().unwrap();
    let plan = |content: &str| {
        let mut facts = pipe.facts();
        for fact in facts.values_mut() {
            *fact = Ok(crate::plan::fixture::fact(content));
        }
        keys(&crate::plan::build(&pipe.pipeline, &expansion, &facts, &Blank, &Selection::default()).unwrap())
    };
    assert_eq!(plan("same"), plan("same"));
    assert_ne!(plan("same"), plan("other"));
}

#[test]
fn one_more_city_adds_its_takes_and_leaves_the_others() {
    let (small, _) = Pipe::hook(&["A", "B"]);
    let (large, _) = Pipe::hook(&["New", "B", "A"]);
    let (before, mut after) = (keys(&small.plan(&Blank)), keys(&large.plan(&Blank)));
    after.retain(|name, _| name != "songs.hook[city=New]#1");
    assert_eq!(before, after);
    assert!(small.pipeline.steps.iter().any(|step| step.name.kind == StepKind::Song));
}
