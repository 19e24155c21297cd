//! What comes before what.

use crate::{
    catalog::Purpose,
    pipeline::StepId,
    plan::{
        Blank, NodeWork, Plan, Selection,
        fixture::{Pipe, Shelf, name_of},
    },
};
use proptest::prelude::*;

fn needs(plan: &Plan, name: &str) -> Vec<String> {
    let node = plan.nodes.iter().find(|node| name_of(node) == name).unwrap();
    node.needs.iter().map(|id| name_of(plan.node(*id))).collect()
}

#[test]
fn needs_order_the_cells_that_agree_on_the_axes_both_have() {
    let (mut pipe, hook) = Pipe::hook(&["A", "B"]);
    let chorus = StepId(0);
    let demo = StepId(1);
    let after = pipe.song("after", chorus, demo);
    pipe.step(after).needs = vec![hook];
    let plan = pipe.plan(&Blank);
    assert_eq!(
        needs(&plan, "songs.after[city=B]#1"),
        ["references.demo", "songs.hook[city=B]#1"]
    );

    let low = pipe.lyrics("low", "la", &[]);
    let whole = pipe.song("whole", low, demo);
    pipe.step(whole).needs = vec![hook];
    let plan = pipe.plan(&Blank);
    assert_eq!(
        needs(&plan, "songs.whole#1"),
        ["references.demo", "songs.hook[city=A]#1", "songs.hook[city=B]#1"]
    );
}

#[test]
fn what_a_text_needs_its_songs_need() {
    let (mut pipe, hook) = Pipe::hook(&["A", "B"]);
    let low = pipe.lyrics("low", "la", &[]);
    pipe.step(low).needs = vec![hook];
    let top = pipe.lyrics("top", "{{lyrics.low}} lo", &[]);
    pipe.song("late", top, StepId(1));
    let plan = pipe.plan(&Blank);
    assert_eq!(
        needs(&plan, "songs.late#1"),
        ["references.demo", "songs.hook[city=A]#1", "songs.hook[city=B]#1"]
    );
}

#[test]
fn an_upload_with_needs_of_its_own_is_not_shared() {
    let (mut pipe, hook) = Pipe::hook(&["A"]);
    let late = pipe.file("late", Purpose::Song, &[]);
    pipe.step(late).needs = vec![hook];
    pipe.song("after", StepId(0), late);
    let mut facts = pipe.facts();
    for fact in facts.values_mut() {
        *fact = Ok(crate::plan::fixture::fact("same"));
    }
    let expansion = pipe.expand().unwrap();
    let plan = crate::plan::build(&pipe.pipeline, &expansion, &facts, &Blank, &Selection::default()).unwrap();
    assert_eq!(needs(&plan, "references.late"), ["songs.hook[city=A]#1"]);
    assert_eq!(needs(&plan, "references.demo"), Vec::<String>::new());
}

#[test]
fn a_song_knows_the_place_of_its_step() {
    let (pipe, hook) = Pipe::hook(&["A"]);
    let plan = pipe.plan(&Blank);
    let expected = pipe.pipeline.sources.locate(pipe.pipeline.step(hook).span);
    assert_eq!(plan.takes().next().unwrap().0.location, expected);
    assert_eq!(expected.to_string(), "p.yaml:3:1");
}

/// What one random step is: its kind, which of the earlier steps it takes, and some values.
type Seed = (u8, u8, u8, u8, bool);

/// A pipeline of any shape; declared forwards, as ids go, then shuffled by declaring uses only.
fn random(seeds: &[Seed]) -> (Pipe, StepId) {
    let mut pipe = Pipe::new();
    let mut texts = vec![pipe.lyrics("t", "la", &[])];
    let mut files = vec![pipe.file("f", Purpose::Song, &[])];
    let mut songs = vec![pipe.song("s", texts[0], files[0])];
    let of = |list: &[StepId], pick: u8| list[pick as usize % list.len()];
    for (index, (kind, a, b, values, needs)) in seeds.iter().enumerate() {
        let values = &["x", "y", "z"][..=*values as usize % 3];
        let axes = [(["p", "q"][*b as usize % 2], values)];
        let name = format!("n{index}");
        let id = match kind % 4 {
            0 => pipe.lyrics(&name, &format!("text {a} {{{{{}}}}}", axes[0].0), &axes),
            1 => pipe.file(&name, Purpose::Song, &axes),
            2 => pipe.from(&name, of(&songs, *a), &[], 1 + u32::from(*b % 2)),
            _ => pipe.song(&name, of(&texts, *a), of(&files, *b)),
        };
        match kind % 4 {
            0 => texts.push(id),
            1 | 2 => files.push(id),
            _ => {
                songs.push(id);
                pipe.takes(id, 1 + u32::from(*a % 3));
            }
        }
        if *needs {
            pipe.step(id).needs = vec![StepId(u32::from(*b) % id.0)];
        }
        pipe.step(id).matrix.max_cells = 400;
    }
    let last = *songs.last().unwrap();
    (pipe, last)
}

fn assert_sound(plan: &Plan) -> Result<(), TestCaseError> {
    for (index, node) in plan.nodes.iter().enumerate() {
        prop_assert_eq!(node.id.0 as usize, index);
        prop_assert!(node.needs.is_sorted());
        prop_assert!(
            node.needs.iter().all(|id| *id < node.id),
            "{} needs a later one",
            name_of(node)
        );
        if let NodeWork::Take(take) = &node.work {
            let uploads = take
                .draft
                .voice
                .into_iter()
                .chain(take.draft.instrumental)
                .chain(take.twin);
            for id in uploads {
                prop_assert!(node.needs.contains(&id));
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn whatever_the_shape_needs_come_first_and_runs_come_to_an_end(
        seeds in proptest::collection::vec(any::<Seed>(), 0..10),
        stored in any::<u64>(),
    ) {
        let (pipe, last) = random(&seeds);
        prop_assume!(pipe.expand().is_ok());
        let mut shelf = Shelf::default();
        let plan = pipe.plan(&shelf);
        assert_sound(&plan)?;
        for (index, (_, take)) in plan.takes().enumerate() {
            if stored >> (index % 64) & 1 == 1 {
                shelf.render_one(&plan, take);
            }
        }
        let name = pipe.pipeline.step(last).name.to_string();
        for select in [name.clone(), format!("+{name}"), format!("{name}+"), format!("!{name}")] {
            if let Ok(plan) = pipe.select(&shelf, &[&select]) {
                assert_sound(&plan)?;
            }
        }
        // Rendering what can be rendered, again and again, leaves nothing to buy.
        for _ in 0..=plan.nodes.len() {
            let plan = pipe.plan(&shelf);
            assert_sound(&plan)?;
            shelf.render(&plan);
        }
        let done = pipe.plan(&shelf);
        prop_assert!(done.takes().all(|(node, _)| !node.verdict.is_work()));
    }
}
