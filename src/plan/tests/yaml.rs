//! From the text of a pipeline to its plan.

use crate::{
    base::door::Files,
    pipeline::{Overrides, Pipeline, ReadOptions, read},
    plan::{
        Blank, Facts, OutputName, Selection, build, expand,
        fixture::{fact, lines},
        reference_files,
    },
};
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

/// One file, whatever it is called.
struct One(&'static str);

impl Files for One {
    fn read(&self, _: &Path, _: u64) -> io::Result<Vec<u8>> {
        Ok(self.0.as_bytes().to_vec())
    }

    fn list(&self, _: &Path, _: &str) -> io::Result<Vec<PathBuf>> {
        Ok(Vec::new())
    }
}

fn pipeline(text: &'static str) -> Pipeline {
    let options = ReadOptions {
        file: Path::new("rainy.yaml"),
        profile: None,
        environment: &BTreeMap::new(),
        overrides: Overrides::default(),
    };
    match read(&One(text), &options) {
        Ok((pipeline, _)) => pipeline,
        Err(rejection) => panic!("{:?}", rejection.diagnostics),
    }
}

#[test]
fn a_chain_is_planned_from_its_text() {
    let pipeline = pipeline(
        r#"
version: 1
backend: sandbox
references:
  demo: { file: refs/demo.wav, purpose: song }
  back: { from: "songs.bed[mood=bright]#2", purpose: instrumental }
lyrics:
  hum: { matrix: { mood: [bright, wistful] }, template: "hum {{mood}}" }
  chorus:
    matrix: { city: [Lisbon, Osaka] }
    accompaniment: true
    template: |
      Lights of {{city}}
songs:
  bed: { lyrics: hum, instrumental: demo, takes: 2 }
  hook: { lyrics: chorus, instrumental: back, voice: demo, name: "{{coordinates}}-{{take}}" }
"#,
    );
    let files = reference_files(&pipeline);
    let facts: Facts = files
        .into_iter()
        .map(|(path, _)| (path.to_owned(), Ok(fact("demo"))))
        .collect();
    let expansion = expand(&pipeline).unwrap();
    let plan = build(&pipeline, &expansion, &facts, &Blank, &Selection::default()).unwrap();
    assert_eq!(
        lines(&plan),
        [
            "references.demo new",
            "songs.bed[mood=bright]#1 new",
            "songs.bed[mood=bright]#2 new",
            "songs.bed[mood=wistful]#1 new",
            "songs.bed[mood=wistful]#2 new",
            "references.back new",
            "songs.hook[city=Lisbon]#1 waits",
            "songs.hook[city=Osaka]#1 waits",
        ]
    );
    let takes: Vec<_> = plan.takes().map(|(_, take)| take).collect();
    assert_eq!(takes[4].draft.request.lyrics.as_deref(), Some("##Lights of Lisbon##"));
    assert_eq!(takes[4].output.pattern, "lisbon-1.scratch.mp3");
    let bed = takes[0].output.pattern.replace(OutputName::KEY, "KEY");
    assert_eq!(bed, "rainy/bed/bright_t01_KEY.scratch.mp3");
    assert_eq!(plan.nodes[5].location.to_string(), "rainy.yaml:6:3");
}
