//! References: sent once, remembered for the account, sent again only when the API has forgotten them.

use crate::studio::{GENERATE, RAINY, SINGLE, Studio, UPLOAD, api, faulty};

#[test]
fn each_reference_is_sent_once_however_many_takes_use_it() {
    let studio = Studio::new().pipeline(RAINY);
    studio.run(&["run"]).code(0);
    assert_eq!(studio.asked(UPLOAD), 2);
    studio.edit("takesheet.yaml", "low and wide", "high and wide");
    studio.run(&["run"]).code(0);
    assert_eq!((studio.asked(UPLOAD), studio.asked(GENERATE)), (2, 8));
}

#[test]
fn the_same_file_under_two_names_is_sent_once() {
    let text = RAINY.replace("refs/vox.wav, purpose: voice", "refs/demo.wav, purpose: song");
    let studio = Studio::new().pipeline(&text);
    studio.run(&["run"]).code(0);
    assert_eq!(studio.asked(UPLOAD), 1);
}

#[test]
fn an_api_that_forgot_the_ids_gets_them_once_more() {
    let studio = Studio::new().pipeline(RAINY);
    studio.run(&["run"]).code(0);
    studio.restart_api(api());
    studio.edit("takesheet.yaml", "low and wide", "high and wide");
    studio.run(&["run"]).code(0).stderr_has("4 rendered");
    assert_eq!(studio.asked(UPLOAD), 2, "each reference once more");
    assert_eq!(studio.counts().charged, 4);
}

#[test]
fn another_account_gets_its_own_uploads() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["run"]).code(0);
    let anybody = takesheet::sandbox::Options { key: None, ..api() };
    studio.restart_api(anybody);
    studio.set("AIML_API_KEY", "another-key");
    studio.edit("takesheet.yaml", "nothing more", "nothing less");
    studio.run(&["run"]).code(0);
    let log = studio.log().into_iter().filter(|seen| seen.method == "POST");
    let paths: Vec<_> = log.map(|seen| seen.path).collect();
    assert_eq!(paths, [UPLOAD, GENERATE], "the ids of the first account were not tried");
}

#[test]
fn an_id_that_stays_unknown_is_a_failure_and_not_a_loop() {
    let studio = Studio::with(faulty(&["base-20132*"])).pipeline(SINGLE);
    studio.run(&["run"]).code(1).stderr_has("upload id was not accepted");
    assert_eq!((studio.asked(UPLOAD), studio.asked(GENERATE)), (2, 2));
}

#[test]
fn an_upload_that_is_lost_is_sent_again() {
    let studio = Studio::with(faulty(&["upload:cut", "upload:503"])).pipeline(SINGLE);
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
    assert_eq!((studio.asked(UPLOAD), studio.asked(GENERATE)), (3, 1));
}

#[test]
fn an_upload_that_is_refused_stops_what_needs_it_and_nothing_else() {
    let text = SINGLE.replace(
        "songs:\n",
        "songs:\n  vocal: { lyrics: verse, voice: vox, audio: draft }\n",
    );
    let text = text.replace(
        "references:\n",
        "references:\n  vox: { file: refs/vox.wav, purpose: voice }\n",
    );
    let studio = Studio::with(faulty(&["upload:400"])).pipeline(&format!("{text}limits: {{ concurrency: 1 }}\n"));
    studio
        .run(&["run"])
        .code(1)
        .stderr_has("1 rendered · 1 skipped · 1 failed");
    assert_eq!(studio.counts().charged, 1);
}

#[test]
fn every_request_has_a_name_of_its_own_and_only_the_api_gets_the_key() {
    let studio = Studio::with(faulty(&["audio-url-redirect", "audio-url"])).pipeline(RAINY);
    studio.run(&["run"]).code(0).stderr_has("4 rendered");
    let log = studio.log();
    let posts: Vec<_> = log.iter().filter(|seen| seen.method == "POST").collect();
    let mut names: Vec<_> = posts
        .iter()
        .map(|seen| seen.client_request_id.as_ref().expect("a valid name"))
        .collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), posts.len());
    assert!(posts.iter().all(|seen| seen.authorization && !seen.elsewhere));
    let foreign: Vec<_> = log.iter().filter(|seen| seen.elsewhere).collect();
    assert!(foreign.len() >= 2, "{log:?}");
    assert!(foreign.iter().all(|seen| !seen.authorization), "{foreign:?}");
    assert!(
        log.iter()
            .filter(|seen| seen.path.starts_with("/files/"))
            .all(|seen| !seen.authorization)
    );
}
