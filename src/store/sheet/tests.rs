use super::{Choice, Measures, SheetRow, TakeSheet};
use crate::store::{
    StoreError, fs,
    testing::{key, take_name, take_of},
};
use std::path::PathBuf;
use tempfile::TempDir;

fn row(name: &str, lyrics: &str) -> SheetRow {
    let blob = crate::store::Blob {
        digest: key(lyrics).0,
        bytes: 1,
    };
    SheetRow::of(&take_name(name), &take_of(lyrics, blob))
}

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = TakeSheet::path(folder.path(), "rainy-city");
    (folder, path)
}

fn written(path: &std::path::Path) -> String {
    fs::read_text(path).unwrap().unwrap()
}

/// Writes a sheet with these rows.
fn write(path: &std::path::Path, rows: &[SheetRow]) {
    let mut sheet = TakeSheet::read(path).unwrap();
    sheet.update(rows);
    sheet.write().unwrap();
}

#[test]
fn one_line_a_take_sorted_and_stable() {
    let (_folder, path) = place();
    let mut sheet = TakeSheet::read(&path).unwrap();
    sheet.update(&[row("verse", "b"), row("hook", "a")]);
    assert!(sheet.write().unwrap());
    assert!(!sheet.write().unwrap());
    let text = written(&path);
    let lines: Vec<_> = text.lines().filter(|line| line.starts_with("- ")).collect();
    let hex = key("a").0.hex();
    let expected = format!(
        r#"- {{ take: "songs.hook#1", key: {hex}, digest: {hex}, seconds: 31.2, loudness: -14.0, true_peak: -1.0, bpm: 124.9, musical_key: "C minor", clipped: 12, damaged: true, price: "0.0315" }}"#
    );
    assert_eq!(lines[0], expected);
    assert!(lines[1].contains("songs.verse#1"));
    assert!(text.starts_with("# The takes of this pipeline"), "{text}");

    let mut again = TakeSheet::read(&path).unwrap();
    again.update(&[row("hook", "a"), row("verse", "b")]);
    assert!(!again.write().unwrap(), "the same content is not written");
}

#[test]
fn nothing_to_say_makes_no_file() {
    let (_folder, path) = place();
    assert!(!TakeSheet::read(&path).unwrap().write().unwrap());
    assert!(!fs::exists(&path));
}

#[test]
fn what_a_person_wrote_survives() {
    let (_folder, path) = place();
    let (a, b) = (key("a").0.hex(), key("b").0.hex());
    let text = format!(
        "# our takes\n\nversion: 1\ntakes:\n  # the good one\n  - take: songs.hook#1\n    key: {a}\n    digest: {a}\n    \
         rating: 4\n    state: kept\n    note: \"Tab\\tand 'quotes' – \\u0085\"\n    mixer: {{ gain: -1.5, by: [Ann, \"no\"] }}\n  \
         - {{ take: songs.old#1, key: {b}, digest: {b}, price: 0.5 }}\n  # the end\n"
    );
    fs::atomic_write(&path, text.as_bytes()).unwrap();
    write(&path, &[row("hook", "a")]);
    let sheet = TakeSheet::read(&path).unwrap();
    let hook = &sheet.rows()[0];
    assert_eq!((hook.rating, hook.state), (Some(4), Some(Choice::Kept)));
    assert_eq!(hook.note.as_deref(), Some("Tab\tand 'quotes' – \u{85}"));
    assert_eq!(hook.extra["mixer"]["gain"].as_f64(), Some(-1.5));
    assert_eq!(hook.extra["mixer"]["by"][1].as_str(), Some("no"), "a text stays a text");
    assert_eq!(hook.seconds, Some(31.2), "measures are filled in");
    assert_eq!(
        sheet.rows()[1].take,
        "songs.old#1",
        "a take that is no longer in the pipeline stays"
    );
    let text = written(&path);
    assert!(text.starts_with("# our takes\n\nversion: 1\n"), "{text}");
    assert!(text.contains("# the good one\n- { take: \"songs.hook#1\""), "{text}");
    assert!(text.ends_with("# the end\n"), "{text}");
}

#[test]
fn a_row_of_an_earlier_version_is_filled_in_and_a_persons_own_field_stays() {
    let (_folder, path) = place();
    let hex = key("a").0.hex();
    let text = format!(
        "version: 1\ntakes:\n- {{ take: \"songs.hook#1\", key: {hex}, digest: {hex}, seconds: 31.2, loudness: -14.0, \
         bpm: fast, damaged: \"a bit\" }}\n"
    );
    fs::atomic_write(&path, text.as_bytes()).unwrap();
    write(&path, &[row("hook", "a")]);
    let text = written(&path);
    let filled =
        "true_peak: -1.0, musical_key: \"C minor\", clipped: 12, price: \"0.0315\", bpm: fast, damaged: \"a bit\" }";
    assert!(text.contains(filled), "{text}");

    let mut unmeasured = row("hook", "a");
    unmeasured.measures = Measures::default();
    write(&path, &[unmeasured]);
    assert_eq!(written(&path), text, "what is known of it stays");
}

#[test]
fn a_renamed_step_takes_its_rating_along() {
    let (_folder, path) = place();
    write(&path, &[row("hook", "a"), row("verse", "b")]);
    let text = written(&path).replacen(r#""0.0315" }"#, r#""0.0315", rating: 5 }"#, 1);
    fs::atomic_write(&path, text.as_bytes()).unwrap();
    write(&path, &[row("chorus", "a"), row("verse", "b")]);
    let sheet = TakeSheet::read(&path).unwrap();
    let names: Vec<_> = sheet.rows().iter().map(|row| (row.take.as_str(), row.rating)).collect();
    assert_eq!(names, [("songs.chorus#1", Some(5)), ("songs.verse#1", None)]);
}

#[test]
fn twins_have_a_row_each_and_a_changed_take_keeps_its_earlier_row() {
    let (_folder, path) = place();
    write(&path, &[row("hook", "a"), row("twin", "a")]);
    write(&path, &[row("hook", "b"), row("twin", "a")]);
    let sheet = TakeSheet::read(&path).unwrap();
    let names: Vec<_> = sheet.rows().iter().map(|row| row.take.as_str()).collect();
    assert_eq!(names, ["songs.hook#1", "songs.hook#1", "songs.twin#1"]);
}

#[test]
fn what_was_rated_while_a_run_was_under_way_is_kept() {
    let (_folder, path) = place();
    write(&path, &[row("hook", "a")]);
    let mut running = TakeSheet::read(&path).unwrap();
    let text = written(&path).replace(r#""0.0315" }"#, r#""0.0315", rating: 2 }"#);
    fs::atomic_write(&path, text.as_bytes()).unwrap();
    running.update(&[row("verse", "b")]);
    assert!(running.write().unwrap());
    let sheet = TakeSheet::read(&path).unwrap();
    assert_eq!(sheet.rows()[0].rating, Some(2));
    assert_eq!(sheet.rows().len(), 2);
}

#[test]
fn two_rows_for_one_take_become_one_after_a_merge() {
    let (_folder, path) = place();
    write(&path, &[row("hook", "a")]);
    let text = written(&path);
    let line = text.lines().last().unwrap();
    let (rated, noted) = (
        line.replace(" }", ", rating: 3 }"),
        line.replace(" }", ", note: warm }"),
    );
    fs::atomic_write(&path, format!("version: 1\ntakes:\n{rated}\n{noted}\n").as_bytes()).unwrap();
    let sheet = TakeSheet::read(&path).unwrap();
    assert_eq!(sheet.rows().len(), 1);
    assert_eq!(
        (sheet.rows()[0].rating, sheet.rows()[0].note.as_deref()),
        (Some(3), Some("warm"))
    );
}

#[test]
fn a_broken_sheet_is_an_error_with_its_line_and_is_left_alone() {
    let (_folder, path) = place();
    let hex = key("a").0.hex();
    let good = format!("- {{ take: songs.hook#1, key: {hex}, digest: {hex} }}");
    let cases = [
        (
            format!("version: 1\ntakes:\n{good}\n- {{ take: x, key: 12, digest: {hex} }}\n"),
            4,
            "64 hex digits",
        ),
        (format!("version: 1\ntakes:\n{good}\n- take: \"open\n"), 5, "quoted"),
        (
            format!("version: 1\ntakes:\n{}\n", good.replace(" }", ", rating: 9 }")),
            3,
            "from 1 to 5",
        ),
        (
            format!("version: 1\ntakes:\n{}\n", good.replace(" }", ", state: good }")),
            3,
            "kept",
        ),
        (
            format!("version: 1\ntakes:\n{}\n", good.replace(" }", ", note: a, note: b }")),
            3,
            "twice",
        ),
        (
            format!("version: 1\ntakes:\n<<<<<<< HEAD\n{good}\n=======\n>>>>>>> other\n"),
            3,
            "merge conflict",
        ),
        ("version: 1\ntaks: []\n".to_owned(), 2, "taks"),
    ];
    for (text, expected, words) in cases {
        fs::atomic_write(&path, text.as_bytes()).unwrap();
        let error = TakeSheet::read(&path).unwrap_err();
        let StoreError::Sheet { line, message, .. } = &error else {
            panic!("{error:?}")
        };
        assert_eq!(*line, Some(expected), "{text}{error}");
        assert!(message.contains(words), "{error}");
        assert!(
            error.to_string().contains(&format!("takes.yaml:{expected}: ")),
            "{error}"
        );
        assert_eq!(written(&path), text);
    }
    fs::atomic_write(&path, b"version: 2\ntakes: []\n").unwrap();
    assert!(TakeSheet::read(&path).unwrap_err().to_string().contains("version 2"));
}

#[test]
fn a_sheet_that_breaks_during_a_run_is_not_overwritten() {
    let (_folder, path) = place();
    write(&path, &[row("hook", "a")]);
    let mut running = TakeSheet::read(&path).unwrap();
    running.update(&[row("verse", "b")]);
    fs::atomic_write(&path, b"takes: [").unwrap();
    running.write().unwrap_err();
    assert_eq!(written(&path), "takes: [");
}

#[test]
fn a_twin_that_is_not_part_of_the_run_keeps_its_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("song.takes.yaml");
    let mut sheet = TakeSheet::read(&path).unwrap();
    sheet.update(&[row("verse", "a")]);
    sheet.write().unwrap();
    let names = ["hook", "verse"].map(|name| row(name, "a").take);
    let mut again = TakeSheet::read(&path).unwrap().of_takes(names.clone());
    again.update(&[row("hook", "a")]);
    let rows: Vec<_> = again.rows().iter().map(|row| row.take.clone()).collect();
    assert_eq!(rows, names);
}
