//! What comes from several files: includes, rows, partials, profiles; and what goes out again.

use super::{Given, cells, complaints, lyrics, song, step};
use crate::{
    base::scalar::Scalar,
    catalog::BackendKind,
    pipeline::{self, Matrix, ReferenceSource, StepId, Work, resolved, scaffold, schema},
};
use std::path::{Path, PathBuf};

#[test]
fn rows_come_from_csv_and_json_with_their_places() {
    let text = lyrics(
        "  chorus: { matrix: { rows: { file: cities.csv } }, template: '{{city}} {{mood}}' }
  bridge: { matrix: { rows: { file: ../data/moods.json } }, template: '{{mood}} {{n}}' }
",
    );
    let pipeline = Given::new(&text)
        .file(
            "p/cities.csv",
            "\u{feff}city, mood\r\n\"Rio, Brazil\",bright\r\n\r\nÉvora,wistful\r\n",
        )
        .file(
            "p/../data/moods.json",
            "[\n\t{\"mood\": \"low\", \"n\": 2},\n\t{\"n\": 3, \"mood\": \"high\"}\n]\n",
        )
        .good();
    let chorus = &step(&pipeline, "lyrics.chorus").matrix;
    assert_eq!(
        cells(chorus),
        ["city=\"Rio, Brazil\",mood=bright", "city=Évora,mood=wistful"]
    );
    assert_eq!(
        cells(&step(&pipeline, "lyrics.bridge").matrix),
        ["mood=low,n=2", "mood=high,n=3"]
    );

    let text = lyrics("  chorus: { matrix: { rows: { file: cities.csv } }, template: '{{city}}' }\n");
    let bad = Given::new(&text)
        .file("p/cities.csv", "city\nLisbon\n\nOsaka,x\nLisbon\n")
        .bad();
    assert_eq!(bad.len(), 2, "{bad:?}");
    assert!(bad[0].starts_with("p/cities.csv:4:1 invalid-rows"), "{bad:?}");
    assert!(bad[1].starts_with("p/cities.csv:5:1 duplicate-value"), "{bad:?}");
}

#[test]
fn a_partial_is_read_once_and_blamed_in_its_own_file() {
    let text = lyrics("  chorus: { template: '{{> tail}}' }\n  bridge: { file: lyrics/bridge.hbs }\n");
    let given = Given::new(&text)
        .file("p/lyrics/bridge.hbs", "over\n{{> tail}}\n")
        .file("p/lyrics/tail.hbs", "one\ntwo {{gone}}\n")
        .file("p/lyrics/unused.hbs", "{{#if}} broken");
    let bad = given.bad();
    assert_eq!(bad.len(), 2, "{bad:?}");
    assert!(
        bad.iter()
            .all(|one| one.starts_with("p/lyrics/tail.hbs:2:7 unknown-variable")),
        "{bad:?}"
    );
    let text = format!("{text}vars: {{ gone: by }}\n");
    let pipeline = Given {
        files: given.files,
        ..Given::default()
    }
    .file("p/rain.yaml", &text)
    .good();
    assert!(pipeline.read.contains(&PathBuf::from("p/lyrics/tail.hbs")));
    assert!(!pipeline.read.contains(&PathBuf::from("p/lyrics/unused.hbs")));
}

#[test]
fn a_rendered_song_becomes_a_reference_and_its_other_axes_flow() {
    let text = "
version: 1
references:
  hum: { file: hum.wav, purpose: song }
  bed: { from: 'songs.bed[n=2]#2', purpose: instrumental }
lyrics:
  la: { matrix: { n: [1, 2], mood: [low, high] }, template: la }
songs:
  bed: { lyrics: la, voice: hum, takes: 2 }
  top: { lyrics: la, instrumental: bed, name: '{{mood}}' }
";
    let pipeline = Given::new(text).good();
    let Work::Reference(reference) = &step(&pipeline, "references.bed").work else {
        panic!("bed is a reference")
    };
    let ReferenceSource::Song { step: bed, at, take } = &reference.source else {
        panic!("bed is rendered")
    };
    assert_eq!((*bed, *take), (StepId(3), 2));
    assert_eq!(
        at.get("n"),
        Some(&Scalar::Int(2)),
        "the value has the type that the axis gives it"
    );
    let bad = Given::new(&text.replace("[n=2]#2", "[n=3,x=1]#3")).bad();
    assert_eq!(bad.len(), 3, "{bad:?}");
}

#[test]
fn paths_resolve_from_the_file_they_stand_in() {
    let text = "version: 1\ninclude: [../shared/voices.yaml, ../shared/more.yaml]\nlyrics: { chorus: { template: '{{artist}}' } }
songs: { hook: { lyrics: chorus, voice: vox } }\nenv: [A]\n";
    let mut given = Given::new(text)
        .file(
            "p/../shared/voices.yaml",
            "version: 1\ninclude: [more.yaml]\nreferences: { vox: { file: vox.wav, purpose: voice } }\n",
        )
        .file("p/../shared/more.yaml", "version: 1\nvars: { artist: Ana }\nenv: [A]\n");
    given.environment.insert("A".into(), "b".into());
    let pipeline = given.good();
    let Work::Reference(reference) = &step(&pipeline, "references.vox").work else {
        panic!("vox is a reference")
    };
    let ReferenceSource::File { path, shown } = &reference.source else {
        panic!("vox is a file")
    };
    assert_eq!(
        (path.as_path(), shown.as_str()),
        (Path::new("p/../shared/vox.wav"), "shared/vox.wav")
    );
    assert_eq!(pipeline.scope["A"], "b");
}

#[test]
fn a_profile_merges_maps_and_replaces_the_rest() {
    let text = "
version: 1
backend: sandbox
vars: { artist: Ana, season: summer }
references: { hum: { file: hum.wav, purpose: song } }
lyrics: { chorus: { matrix: { city: [Lisbon, Osaka] }, template: '{{city}} {{artist}} {{season}}' } }
songs: { hook: { lyrics: chorus, voice: hum, takes: 2, tags: [draft, daily] } }
profiles:
  live:
    backend: aimlapi
    vars: { season: winter }
    songs: { hook: { tags: [live] } }
    lyrics: { chorus: { matrix: { city: [Quito] } } }
    references: { hum: { file: better.wav } }
";
    let pipeline = Given::new(text).profile("live").good();
    let hook = song(&pipeline, "songs.hook");
    assert_eq!((hook.backend, hook.takes.get()), (BackendKind::Aimlapi, 2));
    assert_eq!(step(&pipeline, "songs.hook").tags, ["live"]);
    assert_eq!(cells(&step(&pipeline, "lyrics.chorus").matrix), ["city=Quito"]);
    assert_eq!(
        (&pipeline.scope["artist"], &pipeline.scope["season"]),
        (&"Ana".into(), &"winter".into())
    );
    let free = Given {
        backend: Some("sandbox"),
        ..Given::new(text).profile("live")
    };
    assert_eq!(
        song(&free.good(), "songs.hook").backend,
        BackendKind::Sandbox,
        "the command line beats the profile"
    );
}

#[test]
fn a_profile_that_leaves_a_gap_is_complained_about() {
    let text = format!(
        "{}profiles: {{ live: {{ references: {{ vox: {{ file: v.wav }} }} }} }}\n",
        lyrics("  chorus: { template: la }\n")
    );
    Given::new(&text).good();
    let bad = Given::new(&text).profile("live").bad();
    assert!(bad[0].contains("missing-key"), "{bad:?}");
}

#[test]
fn the_resolved_pipeline_reads_back_and_names_its_origins() {
    let text = "
version: 1
include: [more.yaml]
lyrics: { chorus: { template: \"a: {{artist}} #1\\nb\\n\" }, bridge: { template: 'no' } }
references: { hum: { file: hum.wav, purpose: song } }
songs: { hook: { lyrics: chorus, voice: hum, tags: [] } }
profiles: { live: { songs: { hook: { takes: 3 } } } }
";
    let more = "version: 1\nvars: { artist: 'yes' }\n";
    let given = Given::new(text).file("p/more.yaml", more).profile("live");
    let shown = resolved(&given, &given.options())
        .unwrap_or_else(|bad| panic!("{:?}", complaints(&bad)))
        .to_string();
    assert!(shown.contains("# p/more.yaml:2:17"), "{shown}");
    assert!(
        shown.contains("takes: 3") && shown.contains("# p/rain.yaml:7:45"),
        "{shown}"
    );
    assert!(!shown.contains("profiles") && !shown.contains("include"), "{shown}");
    let again = Given::new(&shown).good();
    assert_eq!(again.steps.len(), 4);
    assert_eq!(song(&again, "songs.hook").takes.get(), 3);
}

#[test]
fn a_secret_is_refused_and_never_quoted() {
    let text = lyrics("  chorus: { template: la }\n").replace("lyrics:\n", "vars: { api_key: canary-key }\nlyrics:\n");
    let Err(rejection) = Given::new(&text).read() else {
        panic!("it was accepted")
    };
    assert!(complaints(&rejection)[0].contains("secret-in-pipeline"));
    assert!(
        rejection
            .sources
            .iter()
            .all(|(_, source)| !source.text.contains("canary"))
    );
    assert!(!format!("{:?}", rejection.diagnostics).contains("canary"));
}

#[test]
fn a_secret_under_an_unknown_key_is_not_quoted_either() {
    let text = format!("{}token: canary-0123456789\n", lyrics("  chorus: { template: la }\n"));
    let Err(rejection) = Given::new(&text).read() else {
        panic!("it was accepted")
    };
    assert!(
        rejection
            .sources
            .iter()
            .all(|(_, source)| !source.text.contains("canary"))
    );
    assert!(!format!("{:?}", rejection.diagnostics).contains("canary"));
}

#[test]
fn complaints_of_all_files_come_at_once_in_order() {
    let text =
        "version: 1\ninclude: [more.yaml]\nsongs: { hook: { lyrics: gone, voice: hum, taks: 2 } }\nvars: { a-b: 1 }\n";
    let bad = Given::new(text)
        .file(
            "p/more.yaml",
            "version: 1\nlyrics: { chorus: { template: '{{x' } }\nbogus: 1\n",
        )
        .bad();
    let places: Vec<_> = bad
        .iter()
        .map(|one| one.split(' ').take(2).collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        places,
        [
            "p/rain.yaml:3:26 unknown-step:",
            "p/rain.yaml:3:39 unknown-step:",
            "p/rain.yaml:3:44 unknown-key:",
            "p/rain.yaml:4:9 invalid-name:",
            "p/more.yaml:2:32 invalid-template:",
            "p/more.yaml:3:1 unknown-key:",
        ]
    );
}

#[test]
fn the_first_pipeline_is_right_and_every_value_in_it_is_known() {
    let given = Given::new(scaffold());
    let (pipeline, warnings) = given.read().unwrap_or_else(|bad| panic!("{:?}", complaints(&bad)));
    assert!(warnings.is_empty(), "{warnings:?}");
    assert!(
        pipeline
            .read
            .contains(&Path::new("p").join(pipeline::SCAFFOLD_REFERENCE))
    );
    assert!(scaffold().starts_with(&format!(
        "# yaml-language-server: $schema={}\n",
        pipeline::SCAFFOLD_SCHEMA
    )));
    assert_eq!(
        given.profile("live").read().unwrap().1.counts(),
        (0, 1),
        "the withdrawn model is said once"
    );
}

#[test]
fn what_the_command_line_asks_for_is_not_blamed_on_the_file() {
    let mut given = Given::new(scaffold());
    given.backend = Some("aimlapi");
    let (pipeline, warnings) = given.read().unwrap();
    let span = warnings.iter().find_map(|one| one.span).unwrap();
    let line = pipeline.sources.locate(span).line;
    assert_eq!(scaffold().lines().nth(line - 1), Some("  hook:"));
}

#[test]
fn the_schema_is_draft_07_and_describes_every_key() {
    let schema = schema();
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    assert_eq!(schema["title"], "takesheet pipeline");
    let mut bare = Vec::new();
    let definitions = schema["definitions"].as_object().unwrap().values();
    for one in definitions.chain([&schema]) {
        for (key, property) in one["properties"].as_object().into_iter().flatten() {
            let described = property.get("description").is_some() || property.get("$ref").is_some();
            if !described {
                bare.push(key.clone());
            }
        }
    }
    assert!(bare.is_empty(), "{bare:?}");
}

#[test]
fn a_matrix_may_say_only_how_many_cells_may_flow_in() {
    let pipeline = Given::new(
        "version: 1
references: { bed: { file: bed.wav, purpose: instrumental } }
lyrics: { chorus: { matrix: { city: [Lisbon, Osaka] }, template: \"{{city}}\" } }
songs: { hook: { lyrics: chorus, instrumental: bed, matrix: { max_cells: 1000 } } }
",
    )
    .good();
    let matrix: &Matrix = &pipeline.steps.last().unwrap().matrix;
    assert_eq!((matrix.axes.len(), matrix.cells.len(), matrix.max_cells), (0, 1, 1000));
}

#[test]
fn what_nobody_would_see_is_shown_as_an_escape_and_reads_again() {
    let text = lyrics(
        "  chorus: { matrix: { a: [\"x\\u2028y\", \"\\u202ex\", \"\\x9bx\"] }, template: \"{{a}}\\u200b\\nb\" }\n",
    );
    let shown = |text: &str| {
        let given = Given::new(text);
        let shown = resolved(&given, &given.options());
        shown.unwrap_or_else(|bad| panic!("{:?}", complaints(&bad))).to_string()
    };
    let shown_again = |text: &str| shown(text).matches(r"\u").count();
    let shown = shown(&text);
    assert!(
        shown.contains(r#""x\u2028y""#) && shown.contains(r#""\u202ex""#),
        "{shown}"
    );
    let hidden = |one: char| one != '\n' && crate::base::words::is_hidden(one);
    assert!(!shown.contains(hidden), "{shown:?}");
    assert_eq!((shown.matches(r"\u").count(), shown_again(&shown)), (4, 4), "{shown}");
}
