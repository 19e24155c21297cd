//! A pipeline with one of everything, whole and damaged at random.

use super::Given;
use proptest::prelude::*;

/// One of everything, for damage.
const WHOLE: &str = "version: 1
name: rainy
include: [more.yaml]
vars: { artist: { name: Ana }, n: 1.50 }
env: [A]
references:
  hum: { file: hum.wav, purpose: song }
  bed: { from: 'songs.bed[city=Lisbon]#1', purpose: instrumental }
audio: { draft: &draft { format: mp3, bitrate: 32000 }, master: { <<: *draft, bitrate: 64000 } }
lyrics:
  chorus:
    matrix: { city: [Lisbon, Osaka], mood: [low, 曲], exclude: [{ city: Osaka }], include: [{ city: Q, mood: x }] }
    template: |
      {{city}} {{#if mood}}{{artist.name}}{{/if}}
  rows: { matrix: { rows: { file: c.csv } }, file: lyrics/rows.hbs }
songs:
  bed: { lyrics: chorus, voice: hum, takes: 2, audio: draft, name: '{{city}}-{{take}}' }
  top: { lyrics: rows, instrumental: bed, needs: [songs.bed], audio: { format: wav } }
defaults: { tags: [a] }
limits: { rate: 10/1m, budget: { run: 2.00 } }
profiles: { live: { songs: { top: { takes: 3 } } } }
schedules: { nightly: { cron: '0 3 * * *', timezone: UTC, fresh: true, max_lateness: 6h } }
";

fn whole(text: &str) -> Given<'_> {
    let mut given = Given::new(text)
        .file("p/more.yaml", "version: 1\nvars: { place: 'x' }\n")
        .file("p/c.csv", "town\nA\nB\n")
        .file("p/lyrics/rows.hbs", "in {{town}} {{> tail}}")
        .file("p/lyrics/tail.hbs", "{{place}}")
        .profile("live");
    given.environment.insert("A".into(), "b".into());
    given
}

#[test]
fn one_of_everything_is_good() {
    let pipeline = whole(WHOLE).good();
    assert_eq!(pipeline.steps.len(), 6);
    assert_eq!(pipeline.scope["n"], "1.50", "a number stays as it was written");
    assert_eq!(pipeline.schedules.len(), 1);
}

proptest! {
    #[test]
    fn no_damage_panics_and_every_complaint_has_a_place(
        cuts in proptest::collection::vec((0..WHOLE.len(), 0..WHOLE.len(), 0..40_usize), 1..4)
    ) {
        let mut text: Vec<char> = WHOLE.chars().collect();
        for (from, to, length) in cuts {
            let from = from.min(text.len());
            let end = (from + length).min(text.len());
            let piece = text[from..end].to_vec();
            if length % 2 == 0 {
                text.drain(from..end);
            }
            let to = to.min(text.len());
            text.splice(to..to, piece);
        }
        let text: String = text.into_iter().collect();
        let given = whole(&text);
        if let Err(rejection) = given.read() {
            prop_assert!(rejection.diagnostics.has_errors());
            for one in rejection.diagnostics.iter() {
                prop_assert!(one.span.is_some() || one.file.is_some());
                for span in one.span.iter().chain(one.related.iter().map(|related| &related.span)) {
                    let source = &rejection.sources.get(span.source).text;
                    prop_assert!(source.get(span.start..span.end).is_some(), "{:?}", one);
                }
            }
        }
    }
}
