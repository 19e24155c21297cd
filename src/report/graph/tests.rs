use super::*;
use crate::{
    base::{
        audio_settings::{AudioSettings, Format},
        ids::{Coordinates, StepKind},
        span::{Source, Sources, Span},
    },
    catalog::{self, BackendKind, Purpose},
    pipeline::{Budget, Home, Limits, Lyrics, Matrix, Reference, ReferenceSource, Song, Step, StepId, Text},
    plan::Reason,
    report::samples::{plan, take, take_name, upload},
    template::Template,
};
use std::num::NonZeroU32;

/// A reference, lyrics with two cells, a song that uses both and needs the reference once more for its order.
fn pipeline() -> Pipeline {
    let mut sources = Sources::default();
    let source = sources.add(Source {
        name: "p.yaml".into(),
        path: "p.yaml".into(),
        text: "".into(),
    });
    let span = Span::new(source, 0, 0);
    let step = |id: u32, kind, name: &str, cells: usize, uses: &[u32], work| Step {
        id: StepId(id),
        name: StepName::new(kind, name),
        span,
        uses: uses.iter().copied().map(StepId).collect(),
        needs: Vec::new(),
        tags: Vec::new(),
        matrix: Matrix {
            axes: if cells > 1 { vec!["city".into()] } else { Vec::new() },
            cells: vec![Coordinates::default(); cells],
            max_cells: 256,
            span: None,
        },
        work,
    };
    let reference = Work::Reference(Reference {
        source: ReferenceSource::File {
            path: "vox.mp3".into(),
            shown: "vox.mp3".into(),
        },
        purpose: Purpose::Voice,
        span,
    });
    let lyrics = Work::Lyrics(Lyrics {
        text: Text {
            template: Template::parse("la", &BTreeMap::new()).unwrap(),
            home: Home::file(span.source),
        },
        accompaniment: false,
    });
    let song = Work::Song(Song {
        backend: BackendKind::Sandbox,
        model: catalog::model("music-01").unwrap(),
        lyrics: Some(StepId(1)),
        voice: Some(StepId(0)),
        instrumental: None,
        audio: AudioSettings {
            format: Format::Mp3,
            sample_rate: 44_100,
            bitrate: 256_000,
        },
        takes: NonZeroU32::new(2).unwrap(),
        gates: crate::pipeline::Gates::default(),
        file_name: None,
        salt: String::new(),
        span,
    });
    let mut steps = vec![
        step(0, StepKind::Reference, "vox", 1, &[], reference),
        step(1, StepKind::Lyrics, "chorus", 2, &[], lyrics),
        step(2, StepKind::Song, "夜\"]", 1, &[0, 1], song),
    ];
    steps[1].needs.push(StepId(0));
    Pipeline {
        name: "p".into(),
        file: "p.yaml".into(),
        folder: ".".into(),
        sources,
        profile: None,
        steps,
        scope: BTreeMap::new(),
        limits: Limits {
            concurrency: NonZeroU32::MIN,
            rate: None,
            budget: Budget::default(),
        },
        backends: BTreeMap::new(),
        timezone: None,
        wishes: crate::catalog::Wishes::default(),
        schedules: Vec::new(),
        read: Vec::new(),
    }
}

#[test]
fn the_steps_of_a_pipeline_as_mermaid() {
    let expected = r#"flowchart LR
  n0[/"references.vox<br/>voice"/]
  n1>"lyrics.chorus<br/>2 cells"]
  n2("songs.夜#34;#93;<br/>2 takes of each cell")
  n0 -.-> n1
  n0 --> n2
  n1 --> n2
"#;
    assert_eq!(Graph::of_pipeline(&pipeline()).draw(GraphFormat::Mermaid), expected);
}

#[test]
fn the_steps_of_a_pipeline_as_dot() {
    let expected = r#"digraph takesheet {
  rankdir=LR;
  node [style=filled, fillcolor=white];
  n0 [label="references.vox\nvoice", shape=parallelogram];
  n1 [label="lyrics.chorus\n2 cells", shape=note];
  n2 [label="songs.夜\"]\n2 takes of each cell", shape=box];
  n0 -> n1 [style=dashed];
  n0 -> n2;
  n1 -> n2;
}
"#;
    assert_eq!(Graph::of_pipeline(&pipeline()).draw(GraphFormat::Dot), expected);
}

#[test]
fn the_steps_of_a_pipeline_as_a_tree() {
    let expected = "\
songs.夜\"]  2 takes of each cell
├── references.vox  voice
└── lyrics.chorus  2 cells
    └── references.vox  voice (order only)
";
    assert_eq!(Graph::of_pipeline(&pipeline()).draw(GraphFormat::Tree), expected);
}

fn cells(count: u32) -> Plan {
    let mut plan = plan();
    let vox = upload(&mut plan, "vox", count as usize);
    for number in 1..=count {
        let verdict = if number == 1 { Verdict::Changed } else { Verdict::New };
        take(
            &mut plan,
            take_name("hook", &[("city", "A\\\"B")], number),
            verdict,
            Reason::NeverRendered,
            Some(vox),
        );
    }
    plan
}

#[test]
fn cells_are_drawn_one_by_one_up_to_a_limit() {
    let few = Graph::of_plan(&cells(2), 2);
    assert_eq!(few.vertices.len(), 3);
    let expected = "\
songs.hook[city=\"A\\\\\\\"B\"]#1  changed
└── references.vox  new
songs.hook[city=\"A\\\\\\\"B\"]#2  new
└── references.vox  new
";
    assert_eq!(few.draw(GraphFormat::Tree), expected);
    let many = Graph::of_plan(&cells(3), 2);
    assert_eq!(
        many.draw(GraphFormat::Tree),
        "songs.hook  3 takes: 2 new, 1 changed\n└── references.vox  new\n"
    );
    assert!(
        many.draw(GraphFormat::Mermaid)
            .contains("3 takes: 2 new, 1 changed\"):::changed\n")
    );
}

#[test]
fn a_name_cannot_leave_its_quotes() {
    let graph = Graph::of_plan(&cells(1), 12);
    let dot = graph.draw(GraphFormat::Dot);
    assert!(
        dot.contains(r#"label="songs.hook[city=\"A\\\\\\\"B\"]#1\nchanged""#),
        "{dot}"
    );
    let mermaid = graph.draw(GraphFormat::Mermaid);
    assert!(
        mermaid.contains("n1(\"songs.hook#91;city=#34;A#92;#92;#92;#34;B#34;#93;#35;1<br/>changed\"):::changed\n"),
        "{mermaid}"
    );
}

#[test]
fn a_long_chain_is_drawn_without_recursion() {
    let mut graph = Graph::default();
    for index in 0..2_000 {
        graph.add(format!("s{index}"), String::new(), Shape::Song, None);
        if index > 0 {
            graph.edges.insert((index - 1, index, Tie::Data));
        }
    }
    assert!(
        graph
            .draw(GraphFormat::Tree)
            .starts_with("s1999\n└── s1998\n    └── s1997\n")
    );
}
