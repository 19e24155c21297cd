//! Projects made by somebody who means ill, or who never thought about it: names that lead elsewhere, files that are no
//! files, links out of the project.
//!
//! What single names become is tested beside the code that names; here it is seen that nothing is written elsewhere,
//! and that every complaint has its place.

mod files;
#[cfg(unix)]
mod links;

use crate::studio::{RAINY, Studio};
use std::{collections::BTreeSet, fs};

/// Values that are paths, devices, options, twins, or not to be seen.
const VALUES: [&str; 24] = [
    "../up",
    "..",
    ".",
    "/etc/passwd",
    r"C:\\Windows\\x",
    r"..\\up",
    "CON",
    "nul.txt",
    "x. ",
    "x",
    "X",
    "a:b",
    "a\\0b",
    "a\\nb",
    "a\\eb",
    "\\u202egpj.exe",
    "\u{e9}",
    "e\u{301}",
    "-rf",
    "~",
    "$HOME",
    "%s",
    "\u{1f3b5}",
    "",
];

fn values() -> String {
    let long = "y".repeat(300);
    let quoted: Vec<_> = VALUES
        .into_iter()
        .chain([&*long])
        .map(|value| format!("\"{value}\""))
        .collect();
    quoted.join(", ")
}

/// Every file but those in the store and among the references.
fn tree(studio: &Studio) -> BTreeSet<String> {
    let names = studio.files(".").into_keys();
    names
        .filter(|name| !name.starts_with(".takesheet/") && !name.starts_with("refs/"))
        .collect()
}

#[test]
fn no_value_of_an_axis_leads_out_of_the_folder_of_takes() {
    let text = RAINY
        .replace("Lisbon, Osaka", &values())
        .replace("{{city}}, low", "a city, low")
        .replace("takes: 2", "takes: 1")
        .replace("concurrency: 4", "concurrency: 20");
    // The same words everywhere would be one purchase.
    let text = text.replace("sing it", "sing {{upper city}} it");
    let studio = Studio::new().pipeline(&text);
    let before = tree(&studio);
    let count = VALUES.len() + 1;
    // The two ways to write `é` are one text, `x` and `X` are one in capitals: bought once, and named twice.
    studio
        .run(&["run"])
        .code(0)
        .stderr_has(&format!("{} rendered", count - 2));
    assert_eq!((studio.takes().len(), studio.counts().charged), (count, count - 2));
    let made: Vec<_> = tree(&studio).difference(&before).cloned().collect();
    for name in made.iter().filter(|name| *name != "takesheet.takes.yaml") {
        assert!(name.starts_with("takes/rainy/hook/") && name.is_ascii(), "{name}");
        assert!(
            name.len() < 200 && !name.contains(['\\', ':', ' ', '~', '$', '%']),
            "{name}"
        );
    }
    let folded: BTreeSet<_> = made.iter().map(|name| name.to_lowercase()).collect();
    assert_eq!(folded.len(), made.len(), "twins on a disk that knows no case");
    studio
        .run(&["run"])
        .code(0)
        .stderr_has(&format!("Up to date: {count} takes"));
    let parent = studio.path("..");
    assert!(!parent.join("up").exists() && !parent.join("up.wav").exists());
}

#[test]
fn every_value_is_shown_and_selected_by_its_name_without_being_obeyed() {
    let studio = Studio::new().pipeline(&RAINY.replace("Lisbon, Osaka", &values()));
    let plan = studio.run(&["plan"]).code(0);
    let hidden = |text: &str| {
        text.chars()
            .find(|one| *one != '\n' && (one.is_control() || *one == '\u{202e}'))
    };
    assert_eq!(hidden(&plan.stdout), None, "{plan}");
    for (name, shown) in [
        (r#"hook[city="a\u{1b}b"]#1"#, r#"city="a\u{1b}b""#),
        (r#"hook[city="\u{202e}gpj.exe"]#1"#, r#"city="\u{202e}gpj.exe""#),
        (r#"hook[city="a\0b"]#1"#, r#"city="a\0b""#),
        (r#"hook[city=""]#2"#, r#"city="""#),
        ("hook[city=../up]#2", "city=../up"),
        ("hook[city=-rf]#1", "city=-rf"),
    ] {
        let told = studio.run(&["run", "--dry-run", "--select", name]).code(0);
        assert!(told.stdout.contains(shown) && told.stdout.contains("1 new"), "{told}");
    }
    assert_eq!(studio.counts().requests, 0);
}

#[test]
fn a_name_of_ones_own_that_leads_elsewhere_is_refused_at_its_place() {
    for (name, why) in [
        ("../{{take}}{{city}}", "lead out of the output folder"),
        ("a/../../{{take}}{{city}}", "lead out of the output folder"),
        ("/tmp/{{take}}{{city}}", "absolute"),
        (r"..\\x{{take}}{{city}}", "not every system allows"),
        ("C:{{take}}{{city}}", "not every system allows"),
        ("\\0{{take}}{{city}}", "not every system allows"),
        ("\\u202e{{take}}{{city}}", "not every system allows"),
        ("\\u200b{{take}}{{city}}", "not every system allows"),
        ("con/{{take}}{{city}}", "device on Windows"),
        ("{{take}}{{city}} /x", "blank or a full stop"),
        (".{{take}}{{city}}", "hidden"),
        ("{{city}}", "same file name"),
    ] {
        let text = RAINY.replace("    takes: 2", &format!("    name: \"{name}\"\n    takes: 2"));
        let studio = Studio::new().pipeline(&text);
        studio
            .run(&["run"])
            .code(3)
            .stderr_has(why)
            .stderr_has(" takesheet.yaml:21:11");
        assert_eq!(studio.counts().requests, 0);
        assert!(!studio.path("takes").exists(), "{name}");
    }
}

#[test]
fn a_value_that_leads_elsewhere_is_tamed_in_a_name_of_ones_own() {
    let text = RAINY
        .replace("Lisbon, Osaka", r#""../../up", "C:\\x", "\u202egpj""#)
        .replace("    takes: 2", "    name: \"by {{city}}\"");
    let studio = Studio::new().pipeline(&text);
    studio.run(&["run"]).code(0).stderr_has("3 rendered");
    assert_eq!(
        studio.takes(),
        ["takes/by ..-..-up.wav", "takes/by -gpj.wav", "takes/by C--x.wav"]
            .into_iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect::<Vec<_>>()
    );
}

#[test]
fn a_pipeline_and_its_steps_cannot_be_called_like_a_path() {
    for (from, to, place) in [
        ("name: rainy", "name: ../rainy", ":2:7"),
        ("name: rainy", "name: ..", ":2:7"),
        ("name: rainy", r#"name: "a\\b""#, ":2:7"),
        ("name: rainy", r#"name: "a\0b""#, ":2:7"),
        ("name: rainy", r#"name: "a\u202eb""#, ":2:7"),
        ("  hook:", "  ../hook:", ":16:3"),
        ("  hook:", "  a/b:", ":16:3"),
        ("  hook:", "  -rf:", ":16:3"),
        ("  hook:", "  \"a\\0b\":", ":16:3"),
        ("  hook:", "  \"e\u{301}\":", ":16:3"),
    ] {
        let studio = Studio::new().pipeline(&RAINY.replace(from, to));
        studio
            .run(&["run"])
            .code(3)
            .stderr_has("error[invalid-name]")
            .stderr_has(&format!(" takesheet.yaml{place}"));
        assert!(!studio.path("takes").exists() && studio.counts().requests == 0, "{to}");
    }
    // What can be called so gets a folder that works everywhere.
    for (name, folder) in [
        ("CON", "con-"),
        ("x. ", "x"),
        ("~", "~"),
        ("-rf", "rf"),
        ("Köln", "koln"),
    ] {
        let studio = Studio::new().pipeline(&RAINY.replace("name: rainy", &format!("name: \"{name}\"")));
        studio.run(&["run"]).code(0).stderr_has("4 rendered");
        let folders: Vec<_> = fs::read_dir(studio.path("takes"))
            .unwrap()
            .map(|one| one.unwrap().file_name())
            .collect();
        assert_eq!(folders.len(), 1);
        let made = folders[0].to_str().unwrap();
        assert!(
            made == folder || name == "~" && made.chars().all(|one| one.is_ascii_hexdigit()),
            "{name}: {made}"
        );
    }
}

#[test]
fn a_path_that_is_none_is_refused_where_it_stands() {
    let long = format!("{}.wav", "y".repeat(300));
    for (path, why) in [
        ("a\\0.wav", "cannot read `a"),
        (&*long, "cannot read `yyy"),
        ("~/demo.wav", "there is no such file"),
        ("-rf", "there is no such file"),
        ("refs", "it is a folder"),
        ("", "cannot read ``"),
        ("refs/demo.wav/x", "there is no such file"),
        (
            "../../../../../../../../../../nowhere/demo.wav",
            "there is no such file",
        ),
    ] {
        let text = RAINY.replace("refs/demo.wav", &format!("\"{path}\""));
        let studio = Studio::new().pipeline(&text);
        let told = studio
            .run(&["run"])
            .code(3)
            .stderr_has(why)
            .stderr_has(" takesheet.yaml:5:17");
        assert!(!told.stderr.contains('\0'), "{told}");
        assert_eq!(studio.counts().requests, 0);
    }
}
