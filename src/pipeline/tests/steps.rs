//! What steps become: names, defaults, matrices, axes, templates.

use super::{Given, cells, lyrics, song, step};
use crate::{
    base::{audio_settings::Format, money::Usd, scalar::Scalar},
    catalog::BackendKind,
    pipeline::StepId,
};
use std::path::PathBuf;

#[test]
fn names_become_ids_and_defaults_are_filled_in() {
    let text = "
version: 1
songs:
  hook: { lyrics: chorus, voice: vox, instrumental: demo, audio: { bitrate: 32000 } }
  verse: { lyrics: chorus, voice: vox, takes: 1, needs: [songs.hook], audio: master }
defaults: { takes: 4, tags: [draft] }
audio: { master: { format: wav } }
lyrics: { chorus: { template: la } }
references:
  demo: { file: refs/demo.wav, purpose: song }
  vox: { file: ../vox.mp3, purpose: voice }
limits: { budget: { run: 0.10, day: '2.005' } }
";
    let pipeline = Given::new(text).good();
    assert_eq!(
        (pipeline.name.as_str(), pipeline.file.as_str()),
        ("rain", "p/rain.yaml")
    );
    let names: Vec<_> = pipeline.steps.iter().map(|step| step.name.to_string()).collect();
    assert_eq!(
        names,
        [
            "references.demo",
            "references.vox",
            "lyrics.chorus",
            "songs.hook",
            "songs.verse"
        ]
    );
    let hook = song(&pipeline, "songs.hook");
    assert_eq!(
        (hook.lyrics, hook.voice, hook.instrumental),
        (Some(StepId(2)), Some(StepId(1)), Some(StepId(0)))
    );
    assert_eq!(step(&pipeline, "songs.hook").uses, [StepId(2), StepId(1), StepId(0)]);
    assert_eq!(step(&pipeline, "songs.verse").needs, [StepId(3)]);
    assert_eq!((hook.takes.get(), song(&pipeline, "songs.verse").takes.get()), (4, 1));
    assert_eq!(
        (hook.audio.format, hook.audio.sample_rate, hook.audio.bitrate),
        (Format::Mp3, 44_100, 32_000)
    );
    assert_eq!(song(&pipeline, "songs.verse").audio.format, Format::Wav);
    assert_eq!(hook.backend, BackendKind::Sandbox);
    assert_eq!(step(&pipeline, "songs.hook").tags, ["draft"]);
    assert_eq!(pipeline.limits.budget.run, Usd::parse("0.1"));
    assert_eq!(pipeline.limits.budget.day, Usd::parse("2.005"));
    assert!(
        pipeline.read.contains(&PathBuf::from("p/../vox.mp3")),
        "{:?}",
        pipeline.read
    );
}

#[test]
fn a_matrix_crosses_then_excludes_then_includes() {
    let text = lyrics(
        "  chorus:
    matrix:
      city: [Lisbon, Osaka]
      n: [1, 2]
      exclude: [{ city: Osaka, n: '1' }, { n: 2, city: Lisbon }]
      include: [{ n: 9, city: Quito }]
    template: '{{city}} {{n}}'
",
    );
    let pipeline = Given::new(&text).good();
    let matrix = &step(&pipeline, "lyrics.chorus").matrix;
    assert_eq!(cells(matrix), ["city=Lisbon,n=1", "city=Osaka,n=2", "city=Quito,n=9"]);
    assert_eq!(matrix.cells[0].get("n"), Some(&Scalar::Int(1)));
}

#[test]
fn a_product_that_would_not_fit_is_refused_without_being_made() {
    let values = (0..100).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    let axes = (0..6).fold(String::new(), |axes, n| axes + &format!("      a{n}: [{values}]\n"));
    let text = lyrics(&format!("  chorus:\n    matrix:\n{axes}    template: la\n"));
    let bad = Given::new(&text).bad();
    assert!(
        bad[0].contains("too-many-cells: this matrix has 1000000000000 cells"),
        "{bad:?}"
    );
}

#[test]
fn a_matrix_of_many_rows_is_read_and_bounded() {
    let table = (0..3000).fold("city\n".to_owned(), |table, n| table + &format!("c{n}\n"));
    let text = |most| {
        lyrics(&format!(
            "  chorus: {{ matrix: {{ rows: {{ file: c.csv }}, max_cells: {most} }}, template: '{{{{city}}}}' }}\n"
        ))
    };
    let enough = text(3000);
    let pipeline = Given::new(&enough).file("p/c.csv", &table).good();
    assert_eq!(step(&pipeline, "lyrics.chorus").matrix.cells.len(), 3000);
    let few = text(2999);
    let bad = Given::new(&few).file("p/c.csv", &table).bad();
    assert!(
        bad[0].contains("too-many-cells: this matrix has 3000 cells, more than 2999"),
        "{bad:?}"
    );
}

#[test]
fn axes_flow_into_templates_and_file_names() {
    let text = "
version: 1
vars: { artist: { name: Ana }, sizes: [1, 2] }
references: { hum: { file: hum.wav, purpose: song } }
lyrics:
  bridge: { matrix: { mood: [low] }, template: 'so {{mood}}' }
  chorus: { matrix: { city: [Lisbon] }, template: '{{lyrics.bridge}} {{city}} {{mood}} {{artist.name}} {{sizes.1}}' }
songs:
  hook: { lyrics: chorus, voice: hum, name: '{{song}}-{{city}}-{{mood}}-{{take}}' }
";
    let pipeline = Given::new(text).good();
    assert_eq!(step(&pipeline, "lyrics.chorus").uses, [StepId(1)]);
    assert!(song(&pipeline, "songs.hook").file_name.is_some());
    assert_eq!(pipeline.scope["artist"]["name"], "Ana");
    let bad = Given::new(&text.replace("sizes: [1, 2]", "sizes: [1, 2], take: x")).bad();
    assert!(bad[0].contains("ambiguous-variable"), "{bad:?}");
    let bad = Given::new(&text.replace("{{artist.name}}", "{{artist.nam}} {{town}}")).bad();
    assert_eq!(bad.len(), 2, "{bad:?}");
    assert!(
        bad[0].starts_with("p/rain.yaml:7:90 unknown-variable: `lyrics.chorus` has no variable `artist.nam`"),
        "{bad:?}"
    );
}

#[test]
fn an_unknown_name_does_not_draw_more_complaints() {
    let text = lyrics(
        "  chorus: { template: '{{lyrics.bridg}} {{city}}' }\n  bridge: { matrix: { city: [x] }, template: la }\n",
    );
    let bad = Given::new(&text).bad();
    assert_eq!(bad.len(), 1, "{bad:?}");
    let text = lyrics("  chorus: { matrix: { city: [a, a] }, template: '{{city}} {{mood}}' }\n");
    assert_eq!(Given::new(&text).bad().len(), 1);
}

#[test]
fn a_place_in_a_block_scalar_is_found_whatever_its_indentation() {
    let text = lyrics("  chorus:\n    template: |\n      夜の {{a}}\n        と {{b}}\n");
    let bad = Given::new(&text).bad();
    assert!(
        bad[0].starts_with("p/rain.yaml:5:12 ") && bad[1].starts_with("p/rain.yaml:6:13 "),
        "{bad:?}"
    );
}
