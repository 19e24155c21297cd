//! What scratch takes take from their references and from `sandbox:` in the pipeline, and that nothing paid changes by it.

use crate::studio::{GENERATE, SINGLE, Studio};
use serde_json::Value;

/// The card beside the one take.
fn card(studio: &Studio) -> Value {
    let take = studio.takes().remove(0);
    let (stem, _) = take.rsplit_once('.').unwrap();
    serde_json::from_str(&studio.text(&format!("{stem}.json"))).unwrap()
}

#[test]
fn a_scratch_take_says_what_it_picked_up_in_the_run_and_beside_its_audio() {
    let studio = Studio::new().pipeline(&SINGLE.replace("aimlapi", "sandbox"));
    let told = studio.run(&["run"]).code(0);
    let line = told.stderr.lines().find(|line| line.contains(" -> scratch: "));
    let line = line.unwrap_or_else(|| panic!("nothing was said:\n{told}"));
    assert!(line.trim_start().starts_with("reference: "), "{line}");
    let card = card(&studio);
    assert_eq!(card["picked_up"], line.trim());
    assert_eq!(card["scratch"], true);
    let names: Vec<_> = card["calls"]
        .as_array()
        .unwrap()
        .iter()
        .map(|call| &call["name"])
        .collect();
    assert!(!names.iter().any(|name| *name == "x-takesheet-scratch"), "{names:?}");
    studio.run(&["run"]).code(0).stderr_has("Up to date");
}

#[test]
fn wishes_render_scratch_takes_anew_and_buy_nothing() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["run"]).code(0);
    studio
        .run(&["run", "--backend", "sandbox"])
        .code(0)
        .stderr_has("1 rendered");
    studio.file(
        "takesheet.yaml",
        format!("{SINGLE}sandbox: {{ bpm: 92.5, key: Eb minor }}\n").as_bytes(),
    );
    studio.run(&["run"]).code(0).stderr_has("Up to date");
    assert_eq!(studio.asked(GENERATE), 1, "a wish bought something");
    studio
        .run(&["plan", "--backend", "sandbox"])
        .code(0)
        .stdout_has("sandbox.bpm: added \"92.5\"");
    studio
        .run(&["run", "--backend", "sandbox"])
        .code(0)
        .stderr_has("; asked: 92.5 bpm, Eb minor -> scratch: ");
}

#[test]
fn a_paid_take_says_nothing_of_the_sort() {
    let studio = Studio::new().pipeline(SINGLE);
    let told = studio.run(&["run"]).code(0);
    assert!(!told.stderr.contains("scratch"), "{told}");
    assert_eq!(card(&studio)["picked_up"], Value::Null);
}
