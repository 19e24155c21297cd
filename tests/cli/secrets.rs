//! The key goes to the API and nowhere else.

use crate::studio::{KEY, RAINY, Studio, faulty};

#[test]
fn the_key_is_in_no_file_and_in_no_word() {
    let studio = Studio::with(faulty(&["401:after=1", "cut-billed"])).pipeline(RAINY);
    studio.set("TAKESHEET_LOG", "trace");
    let mut said = String::new();
    for args in [
        &["run", "--concurrency", "1"][..],
        &["run", "--json"],
        &["plan", "--json"],
        &["runs", "show", "--json"],
        &["show", "--config"],
        &["why", "hook"],
        &["doctor"],
        &["doctor", "--json"],
        &["run", "-vv"],
    ] {
        let told = studio.run(args);
        said += &told.to_string();
    }
    assert!(studio.counts().charged > 0 && said.contains("$ takesheet run"));
    assert!(!said.contains(KEY), "{said}");
    for (name, bytes) in studio.files(".") {
        let found = bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes());
        assert!(!found, "the key is in {name}");
    }
}
