use super::*;
use crate::{
    base::{
        money::{Price, Usd},
        span::Location,
    },
    catalog::BackendKind,
    pipeline::{BackendSettings, OwnPrice},
    plan::{Change, Plan, Reason, Verdict},
    report::{
        layout,
        look::Look,
        samples::{at, plan, take, take_name, upload},
    },
};
use std::{collections::BTreeMap, time::Duration};

fn change(field: &str, before: &str, after: &str) -> Change {
    Change {
        field: field.into(),
        before: before.into(),
        after: after.into(),
    }
}

/// Two new takes, one changed, one cached, all with an uploaded voice.
fn mixed() -> Plan {
    let mut plan = plan();
    let vox = upload(&mut plan, "vox", 3);
    let name = |city, number| take_name("hook", &[("city", city), ("mood", "bright")], number);
    take(
        &mut plan,
        name("Lisbon", 1),
        Verdict::New,
        Reason::NeverRendered,
        Some(vox),
    );
    take(
        &mut plan,
        name("Lisbon", 2),
        Verdict::New,
        Reason::OneMoreTake,
        Some(vox),
    );
    let changes = vec![
        change(
            "lyrics line 7",
            "Lights of the old town of Osaka, bright and so wide",
            "Lights of the old town of Osaka, bright and deep",
        ),
        change("audio.bitrate", "32000", "256000"),
        change("salt", "", "again"),
    ];
    take(
        &mut plan,
        name("大阪市", 1),
        Verdict::Changed,
        Reason::Differs { changes },
        Some(vox),
    );
    let at = at("2026-03-01T10:00:00Z");
    take(
        &mut plan,
        name("Porto", 1),
        Verdict::Cached,
        Reason::Rendered { at },
        Some(vox),
    );
    plan
}

#[test]
fn a_plan_shows_what_why_and_for_how_much() {
    let text = text(&mixed(), &Look::PLAIN, false);
    let expected = "\
rainy-city  pipelines/rainy.yaml · 4 takes

  + references.vox                   upload   for 3 takes                   free
  + hook[city=Lisbon,mood=bright]#1  new      never rendered             $0.0315
  + hook[city=Lisbon,mood=bright]#2  new      one more take              $0.0315
  ~ hook[city=大阪市,mood=bright]#1  changed  3 fields differ            $0.0315
      lyrics line 7: \"…Osaka, bright and so wide\" → \"…Osaka, bright and deep\"
      audio.bitrate: \"32000\" → \"256000\"
      salt: added \"again\"

Plan: 2 new, 1 changed, 1 cached · $0.0945
      3 × $0.0315, AI/ML API documentation, 2025-01-15
";
    assert_eq!(text, expected);
    assert!(text.lines().all(|line| layout::width(line) <= 80), "{text}");
}

#[test]
fn all_rows_are_shown_when_asked_for() {
    let text = text(&mixed(), &Look::PLAIN, true);
    assert!(
        text.contains("  = hook[city=Porto,mood=bright]#1   cached   rendered 2026-03-01\n"),
        "{text}"
    );
}

#[test]
fn a_plan_with_nothing_to_do_is_one_line() {
    let mut plan = plan();
    upload(&mut plan, "vox", 0);
    for number in 1..=24 {
        let at = at("2026-03-01T10:00:00Z");
        take(
            &mut plan,
            take_name("hook", &[], number),
            Verdict::Cached,
            Reason::Rendered { at },
            None,
        );
    }
    assert!(is_up_to_date(&plan));
    assert_eq!(text(&plan, &Look::PLAIN, false), "Up to date: 24 takes, 0 to render\n");
    assert_eq!(
        up_to_date(plan.takes().count(), 0, Some(Duration::from_millis(3))),
        "Up to date: 24 takes, 0 to render (3ms)\n"
    );
}

#[test]
fn many_rows_are_condensed_and_the_totals_stay() {
    let mut plan = plan();
    for number in 1..=200 {
        take(
            &mut plan,
            take_name("hook", &[], number),
            Verdict::New,
            Reason::NeverRendered,
            None,
        );
    }
    let text = text(&plan, &Look::PLAIN, false);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2 + 40 + 1 + 1 + 1);
    assert_eq!(lines[42], "    … and 160 more new takes (-v shows all)");
    assert_eq!(
        lines[44],
        "Plan: 200 new · $6.30 (200 × $0.0315, AI/ML API documentation, 2025-01-15)"
    );
    let all = super::text(&plan, &Look::PLAIN, true);
    assert_eq!(all.lines().count(), 2 + 200 + 1 + 1);
}

#[test]
fn an_unknown_price_is_never_a_zero_and_what_waits_makes_it_at_most() {
    let mut plan = plan();
    let bed = take(
        &mut plan,
        take_name("bed", &[], 1),
        Verdict::New,
        Reason::NeverRendered,
        None,
    );
    let reason = Reason::WaitsFor {
        take: take_name("bed", &[], 1),
    };
    take(&mut plan, take_name("hook", &[], 1), Verdict::Waits, reason, Some(bed));
    plan.nodes[0].price = Price::Unknown;
    plan.total.known = crate::base::money::Usd::from_nanos(31_500_000);
    plan.total.unknown = 1;
    let text = text(&plan, &Look::PLAIN, false);
    let expected = "
  + bed#1   new      never rendered                                      unknown
  > hook#1  waits    waits for bed#1                                     $0.0315

Plan: 1 new, 1 waits · at most $0.0315 + 1 unknown
      1 × unknown price of music-01
      1 × $0.0315, AI/ML API documentation, 2025-01-15
";
    assert_eq!(text.split_once('\n').unwrap().1, expected);
}

#[test]
fn takes_that_are_the_same_are_bought_once() {
    let mut plan = plan();
    let first = take(
        &mut plan,
        take_name("a", &[], 1),
        Verdict::New,
        Reason::NeverRendered,
        None,
    );
    let reason = Reason::SameAs {
        take: take_name("a", &[], 1),
    };
    take(&mut plan, take_name("b", &[], 1), Verdict::New, reason, None);
    if let crate::plan::NodeWork::Take(take) = &mut plan.nodes[1].work {
        take.twin = Some(first);
    }
    plan.nodes[1].price = Price::Known(crate::base::money::Usd::ZERO);
    plan.total.known = crate::base::money::Usd::from_nanos(31_500_000);
    let text = text(&plan, &Look::PLAIN, false);
    assert!(
        text.contains("+ b#1  new      same as a#1                                                  -\n"),
        "{text}"
    );
    assert!(text.ends_with(
        "Plan: 2 new · $0.0315 (1 × $0.0315, AI/ML API documentation, 2025-01-15)\n      1 is the same as an earlier one: bought once\n"
    ), "{text}");
}

#[test]
fn a_price_of_the_projects_own_names_its_place() {
    let mut plan = mixed();
    let at = Location {
        file: "studio.yaml".into(),
        line: 3,
        column: 40,
    };
    let amount = Usd::parse("0.05").unwrap();
    let settings = BackendSettings {
        prices: BTreeMap::from([("music-01", OwnPrice { amount, at })]),
        ..BackendSettings::default()
    };
    plan.backends.insert(BackendKind::Aimlapi, settings);
    for node in plan.nodes.iter_mut().filter(|node| node.verdict.is_work()).skip(1) {
        node.price = Price::Known(amount);
    }
    plan.total.known = amount.times(3);
    assert_eq!(
        totals(&plan, &Look::PLAIN),
        ["Plan: 2 new, 1 changed, 1 cached · $0.15 (3 × $0.05, studio.yaml:3)"]
    );
    let document: serde_json::Value = serde_json::from_str(&PlanDocument::of(&plan).to_json()).unwrap();
    let sources: Vec<_> = (0..2).map(|node| &document["nodes"][node]["price_source"]).collect();
    assert_eq!(*sources[0], serde_json::Value::Null, "an upload has no price");
    assert_eq!(
        *sources[1],
        serde_json::json!({ "from": "pipeline", "at": { "file": "studio.yaml", "line": 3, "column": 40 } })
    );
}

#[test]
fn the_sandbox_is_free_and_says_so() {
    let mut plan = mixed();
    for node in &mut plan.nodes {
        if let crate::plan::NodeWork::Take(take) = &mut node.work {
            take.draft.request.backend = crate::catalog::BackendKind::Sandbox;
        }
    }
    assert_eq!(
        totals(&plan, &Look::PLAIN),
        ["Plan: 2 new, 1 changed, 1 cached · free (sandbox)"]
    );
}

#[test]
fn colours_and_ascii_change_nothing_else() {
    let coloured = text(
        &mixed(),
        &Look {
            colour: true,
            ..Look::PLAIN
        },
        false,
    );
    let mut plain = coloured.clone();
    while let Some(start) = plain.find('\u{1b}') {
        let end = start + plain[start..].find('m').unwrap();
        plain.replace_range(start..=end, "");
    }
    assert_eq!(plain, text(&mixed(), &Look::PLAIN, false));
    let ascii = text(
        &mixed(),
        &Look {
            unicode: false,
            ..Look::PLAIN
        },
        false,
    );
    assert!(ascii.contains("bright and so wide\" -> \""), "{ascii}");
}

#[test]
fn the_document_says_everything_and_has_a_version() {
    let mut plan = mixed();
    let reason = Reason::WaitsFor {
        take: take_name("hook", &[], 1),
    };
    take(&mut plan, take_name("late", &[], 1), Verdict::Waits, reason, None);
    plan.nodes[1].price = Price::Unknown;
    let document: serde_json::Value = serde_json::from_str(&PlanDocument::of(&plan).to_json()).unwrap();
    assert_eq!(document["schema"], "takesheet.plan/1");
    assert_eq!(
        document["takes"],
        serde_json::json!({ "cached": 1, "new": 2, "changed": 1, "waits": 1 })
    );
    assert_eq!(document["at_most"], true);
    let nodes = document["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 6);
    assert_eq!(nodes[0]["kind"], "upload");
    assert_eq!(nodes[0]["output"], "refs/vox.mp3");
    assert_eq!(nodes[1]["name"], "songs.hook[city=Lisbon,mood=bright]#1");
    assert_eq!(nodes[1]["price"], "unknown");
    assert_eq!(nodes[2]["price"], "0.0315");
    assert_eq!(nodes[1]["needs"], serde_json::json!(["references.vox"]));
    assert_eq!(nodes[1]["key"].as_str().unwrap().len(), 64);
    assert_eq!(nodes[3]["reason"]["why"], "differs");
    assert_eq!(nodes[3]["location"]["line"], 20);
    assert_eq!(nodes[5]["key"], serde_json::Value::Null);
    assert_eq!(nodes[5]["output"], "rainy-city/hook/t01_{key:8}.mp3");
}
