//! Which takes are meant.

use crate::{
    catalog::Purpose,
    plan::{
        Blank, SelectionError,
        fixture::{Pipe, Shelf, lines},
        parse_selection,
    },
};

/// `bed` → `back` → `hook` at two cities, two takes each; `other` apart from them.
fn pipe() -> Pipe {
    let mut pipe = Pipe::new();
    let low = pipe.lyrics("low", "hum", &[]);
    let chorus = pipe.lyrics("chorus", "la {{city}}", &[("city", &["Lisbon", "Rio, Brazil"])]);
    let demo = pipe.file("demo", Purpose::Song, &[]);
    let bed = pipe.song("bed", low, demo);
    pipe.takes(bed, 2);
    let back = pipe.from("back", bed, &[], 1);
    let hook = pipe.song("hook", chorus, back);
    pipe.takes(hook, 2);
    pipe.step(hook).tags = vec!["draft".into()];
    pipe.song("other", low, demo);
    pipe.song_of(crate::pipeline::StepId(6)).salt = "not the same as the bed".into();
    pipe
}

/// The takes that are planned, without `songs.`.
fn takes(terms: &[&str]) -> Vec<String> {
    let plan = pipe().select(&Blank, terms).unwrap();
    plan.takes()
        .map(|(_, take)| take.name.to_string().trim_start_matches("songs.").to_owned())
        .collect()
}

/// Without the bed's first take, which every take of the hook needs.
fn hooks(terms: &[&str]) -> Vec<String> {
    let mut takes = takes(terms);
    assert_eq!(takes.remove(0), "bed#1", "what it needs is planned with it");
    takes
}

fn refused(terms: &[&str]) -> SelectionError {
    pipe().select(&Blank, terms).unwrap_err()
}

#[test]
fn names_coordinates_and_takes() {
    assert_eq!(takes(&["bed"]), ["bed#1", "bed#2"]);
    assert_eq!(takes(&["songs.other"]), ["other#1"]);
    assert_eq!(
        hooks(&["hook[city=Lisbon]"]),
        ["hook[city=Lisbon]#1", "hook[city=Lisbon]#2"]
    );
    assert_eq!(
        hooks(&["hook#2"]),
        ["hook[city=Lisbon]#2", r#"hook[city="Rio, Brazil"]#2"#]
    );
    assert_eq!(
        hooks(&[r#"songs.hook[city="Rio, Brazil"]#1"#]),
        [r#"hook[city="Rio, Brazil"]#1"#]
    );
    assert_eq!(hooks(&["hook[city=L*]#1"]), ["hook[city=Lisbon]#1"]);
}

#[test]
fn every_take_is_selected_by_its_own_name() {
    let pipe = pipe();
    let all = pipe.plan(&Blank);
    for (_, take) in all.takes() {
        let name = take.name.to_string();
        let plan = pipe.select(&Blank, &[&name]).unwrap();
        assert_eq!(plan.takes().last().unwrap().1.name, take.name, "{name}");
    }
}

#[test]
fn tags_globs_unions_and_exclusions() {
    assert_eq!(hooks(&["tag:draft", "!hook#1"]).len(), 2);
    assert_eq!(takes(&["!hook", "{bed,hook}"]), ["bed#1", "bed#2"]);
    assert_eq!(takes(&["o*", "bed#2"]), ["bed#2", "other#1"]);
    assert_eq!(takes(&["!hook", "!bed#2"]), ["bed#1", "other#1"]);
    assert_eq!(takes(&["*"]).len(), 7);
}

#[test]
fn up_and_down_the_stream() {
    assert_eq!(takes(&["bed#2+"]), ["bed#2"], "the hook is made of the first take");
    assert_eq!(takes(&["bed#1+"]).len(), 5);
    assert_eq!(
        takes(&["+hook#1"]),
        ["bed#1", "hook[city=Lisbon]#1", r#"hook[city="Rio, Brazil"]#1"#]
    );
    assert_eq!(
        hooks(&["chorus[city=Lisbon]+"]),
        ["hook[city=Lisbon]#1", "hook[city=Lisbon]#2"]
    );
    assert_eq!(takes(&["references.demo+"]).len(), 7);
    assert_eq!(takes(&["demo+", "!back+"]), ["bed#1", "bed#2", "other#1"]);
}

#[test]
fn what_is_needed_is_rendered_only_if_it_is_missing() {
    let pipe = pipe();
    let mut shelf = Shelf::default();
    shelf.render(&pipe.select(&shelf, &["bed#1"]).unwrap());
    let plan = pipe.select(&shelf, &["hook[city=Lisbon]#1"]).unwrap();
    assert_eq!(
        lines(&plan),
        [
            "references.demo cached",
            "songs.bed#1 cached",
            "references.back new",
            "songs.hook[city=Lisbon]#1 new"
        ]
    );
    shelf.render(&plan);
    let plan = pipe.select(&shelf, &["hook[city=Lisbon]#1"]).unwrap();
    assert!(
        lines(&plan).iter().all(|line| line.ends_with("cached")),
        "{:?}",
        lines(&plan)
    );
}

#[test]
fn a_cached_take_does_not_pull_in_what_only_its_order_asked_for() {
    let (mut pipe, hook) = Pipe::hook(&["A"]);
    let file = pipe.file("other", Purpose::Song, &[]);
    let first = pipe.song("first", crate::pipeline::StepId(0), file);
    pipe.step(hook).needs = vec![first];
    let mut shelf = Shelf::default();
    let plan = pipe.select(&shelf, &["hook"]).unwrap();
    assert_eq!(plan.takes().count(), 2);
    let (_, take) = plan
        .takes()
        .find(|(_, take)| &*take.name.cell.step.name == "hook")
        .unwrap();
    shelf.render_one(&plan, take);
    assert_eq!(
        lines(&pipe.select(&shelf, &["hook"]).unwrap()),
        ["references.demo cached", "songs.hook[city=A]#1 cached"]
    );
}

#[test]
fn the_first_selected_twin_is_the_one_that_is_bought() {
    let mut pipe = Pipe::new();
    let text = pipe.lyrics("chorus", "la", &[("city", &["A", "B", "C"])]);
    let demo = pipe.file("demo", Purpose::Song, &[]);
    pipe.song("hook", text, demo);
    let plan = pipe.select(&Blank, &["hook[city=B]", "hook[city=C]"]).unwrap();
    let twins: Vec<_> = plan.takes().map(|(_, take)| take.twin.is_some()).collect();
    assert_eq!(twins, [false, true]);
}

#[test]
fn states() {
    let pipe = pipe();
    let mut shelf = Shelf::default();
    shelf.render(&pipe.select(&shelf, &["bed"]).unwrap());
    let names = |terms: &[&str]| {
        let plan = pipe.select(&shelf, terms)?;
        Ok::<_, SelectionError>(plan.takes().map(|(_, take)| take.name.to_string()).collect::<Vec<_>>())
    };
    assert_eq!(names(&["state:cached"]).unwrap(), ["songs.bed#1", "songs.bed#2"]);
    assert_eq!(names(&["state:new|unsure", "!hook"]).unwrap(), ["songs.other#1"]);
    assert_eq!(names(&["state:changed", "other"]).unwrap(), ["songs.other#1"]);
    let error = names(&["state:changed"]).unwrap_err();
    assert_eq!(error.to_string(), "nothing is selected by `state:changed`");
}

#[test]
fn what_matches_nothing_says_what_was_probably_meant() {
    for (term, message, help) in [
        ("hok", "`hok` names no step of this pipeline", "did you mean `hook`?"),
        (
            "songs.chorus",
            "`songs.chorus` names no step of this pipeline",
            "the steps are",
        ),
        (
            "hook[city=Lisbom]",
            "`hook[city=Lisbom]` matches nothing",
            "did you mean `Lisbon`?",
        ),
        (
            "hook[citi=Lisbon]",
            "`hook[citi=Lisbon]` matches nothing",
            "did you mean `city`?",
        ),
        ("hook#3", "`hook#3` matches nothing", "there are 2 takes of it"),
        ("tag:drat", "`tag:drat` matches no song", "did you mean `draft`?"),
        ("chorus", "`chorus` names nothing that is rendered", "`chorus+`"),
        ("!hok", "`!hok` names no step of this pipeline", "did you mean `hook`?"),
    ] {
        let error = refused(&[term]);
        assert!(matches!(error, SelectionError::Nothing { .. }), "{term}");
        assert_eq!(error.to_string(), message);
        assert!(error.help().unwrap().contains(help), "{term}: {:?}", error.help());
    }
    assert!(matches!(refused(&["bed", "!bed"]), SelectionError::Nothing { .. }));
}

#[test]
fn what_cannot_be_read_is_refused() {
    let bad = [
        "",
        "!",
        "+",
        "tag:",
        "state:",
        "state:nwe",
        "hook[city",
        "hook[city]",
        "hook#",
        "hook#0",
        "hook#x",
        "hook[city=\"Lis]",
        "hook[city=\"a\"b]",
        "hook[city=]",
        "{hook",
        "songs.",
    ];
    for term in bad {
        let error = parse_selection(&[term.to_owned()]).unwrap_err();
        assert!(matches!(error, SelectionError::Unreadable { .. }), "{term}");
        assert!(error.help().is_some(), "{term}");
    }
    let error = parse_selection(&["state:chnged".to_owned()]).unwrap_err();
    assert_eq!(error.help(), Some("did you mean `state:changed`?"));
}
