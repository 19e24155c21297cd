//! The key goes to the API, the signature of a link to where the link leads, and neither goes anywhere else.
//!
//! Every run of every test is searched for both: what it said, its arguments, and in the end every file of its folder.

use crate::{
    studio::{KEY, RAINY, SINGLE, Studio, faulty},
    told::Told,
};
use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};
use takesheet::sandbox::LINK_SIGNATURE;

/// What must not be found, and what it is.
fn canaries() -> [(&'static str, &'static str); 2] {
    let (_, signature) = LINK_SIGNATURE.split_once('=').unwrap();
    [(KEY, "the key"), (signature, "the signature of a link")]
}

fn holds(bytes: &[u8], text: &str) -> bool {
    memchr::memmem::find(bytes, text.as_bytes()).is_some()
}

/// Neither its words nor its arguments give anything away.
pub(crate) fn assert_none_said(told: &Told, arguments: &[u8]) {
    for (canary, what) in canaries() {
        let said = told.stdout.contains(canary) || told.stderr.contains(canary);
        assert!(!said, "{what} was said:\n{told}");
        assert!(!holds(arguments, canary), "{what} is an argument of\n{told}");
    }
}

/// No file gives anything away. The key may stand in the user's own `.env`, and a link in the ledger until its audio is
/// there.
pub(crate) fn assert_none_in_files(studio: &Studio) {
    let open_links = studio.try_ledger("task IS NOT NULL AND open");
    let has_open_links = open_links.is_ok_and(|open| !open.is_empty());
    visit(&studio.path("."), &mut |path, bytes| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        for (canary, what) in canaries() {
            let is_own = name == ".env" && canary == KEY;
            let is_waiting = has_open_links && canary != KEY && name.starts_with("takesheet.db");
            assert!(
                is_own || is_waiting || !holds(bytes, canary),
                "{what} is in {}",
                path.display()
            );
        }
    });
}

/// Reads every file below a folder, without following links. What is larger was made by a test, not by the program.
fn visit(folder: &Path, see: &mut dyn FnMut(&Path, &[u8])) {
    const LARGEST: u64 = 256 << 20;
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let Ok(kind) = entry.metadata() else { continue };
        if kind.is_dir() {
            visit(&entry.path(), see);
        } else if kind.is_file() && kind.len() <= LARGEST {
            let bytes = fs::read(entry.path()).unwrap();
            see(&entry.path(), &bytes);
        }
    }
}

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
}

#[test]
fn the_signature_of_a_link_is_in_no_word_whatever_comes_of_the_link() {
    for fault in [
        "audio-url",
        "audio-url-redirect",
        "audio-url-cut",
        "audio-url-403",
        "audio-url-html",
        "audio-url-file",
    ] {
        let studio = Studio::with(faulty(&[fault])).pipeline(SINGLE);
        studio.set("TAKESHEET_LOG", "trace");
        let said: Vec<_> = [
            &["run", "-vv"][..],
            &["resolve"],
            &["runs", "show"],
            &["runs", "show", "--json"],
            &["runs", "replay"],
            &["why", "hook"],
            &["plan", "--json"],
        ]
        .map(|args| studio.run(args).to_string())
        .into();
        assert!(said[0].contains("TRACE") || said[0].contains("DEBUG"), "{}", said[0]);
        assert_eq!(studio.counts().charged, 1, "{fault}");
    }
}

#[test]
fn a_password_in_the_base_address_is_refused_and_not_repeated() {
    let studio = Studio::new().pipeline(SINGLE);
    let address = studio.base_url().replace("http://", "http://me:hunter2@");
    studio.set("AIML_API_BASE", &address);
    for args in [&["run"][..], &["run", "--json"], &["plan"]] {
        let told = studio.run(args);
        assert!(!told.to_string().contains("hunter2"), "{told}");
    }
    studio
        .run(&["run"])
        .code(2)
        .stderr_has("the base address holds a user name or a password");
    assert_eq!(studio.counts().requests, 0);
}

#[test]
fn the_search_finds_what_it_looks_for() {
    for (canary, what) in canaries() {
        let told = Told {
            args: "run".to_owned(),
            code: Some(0),
            stdout: String::new(),
            stderr: format!("error: {canary}"),
            peak_memory: None,
        };
        assert!(catch_unwind(|| assert_none_said(&told, b"")).is_err(), "{what}");
        let told = Told {
            stderr: String::new(),
            ..told
        };
        assert_none_said(&told, b"takesheet\0run\0");
        let arguments = format!("takesheet\0--key\0{canary}\0");
        assert!(
            catch_unwind(|| assert_none_said(&told, arguments.as_bytes())).is_err(),
            "{what}"
        );
        let studio = Studio::new();
        studio.file("notes.txt", canary.as_bytes());
        let search = AssertUnwindSafe(|| assert_none_in_files(&studio));
        assert!(catch_unwind(search).is_err(), "{what}");
        fs::remove_file(studio.path("notes.txt")).unwrap();
    }
}
