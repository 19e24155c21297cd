//! Files that are far too large, or no files at all, wherever a pipeline may name one: an error at its place, in bounded
//! time and memory.

use crate::studio::{SINGLE, Studio};
use std::{
    fs,
    process::{Command, Stdio},
};

/// Text that names a file, and the file's name, once for each way there is.
const ROLES: [(&str, &str, &str, &str); 5] = [
    ("version: 1", "version: 1\ninclude: [odd.yaml]", "odd.yaml", "2:11"),
    (
        "    template: |\n      One line and nothing more.",
        "    file: odd.hbs",
        "odd.hbs",
        "10:11",
    ),
    ("One line", "{{> odd}}", "lyrics/odd.hbs", "11:7"),
    (
        "  verse:",
        "  verse:\n    matrix: { rows: { file: odd.csv } }",
        "odd.csv",
        "10:29",
    ),
    (
        "  verse:",
        "  verse:\n    matrix: { rows: { file: odd.json } }",
        "odd.json",
        "10:29",
    ),
];

/// The same for the file of a reference.
const REFERENCE: (&str, &str, &str, &str) = ("refs/demo.wav", "odd.wav", "odd.wav", "5:17");

/// `takesheet check` with no more memory than this, where the system can be told so.
fn check(studio: &Studio) -> (Option<i32>, String) {
    const KIB: &str = "600000";
    let plain = studio.command(&["check"]);
    let mut command = if cfg!(target_os = "linux") {
        let mut limited = Command::new("sh");
        limited
            .args(["-c", &format!("ulimit -v {KIB} && exec \"$0\" check")])
            .arg(plain.get_program());
        limited.current_dir(studio.path(".")).env_clear();
        limited
    } else {
        plain
    };
    let output = command.stdin(Stdio::null()).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn sparse(studio: &Studio, name: &str) {
    studio.file(name, b"");
    fs::File::create(studio.path(name)).unwrap().set_len(1 << 30).unwrap();
}

/// The pipeline in which one file is odd.
fn odd(role: (&str, &str, &str, &str), make: impl Fn(&Studio, &str)) -> Studio {
    let (from, to, name, _) = role;
    let studio = Studio::new().pipeline(&SINGLE.replace(from, to));
    make(&studio, name);
    studio
}

#[test]
fn a_gigabyte_is_refused_without_reading_it() {
    for role in ROLES.into_iter().chain([REFERENCE]) {
        let studio = odd(role, sparse);
        let (code, stderr) = check(&studio);
        assert_eq!(code, Some(3), "{stderr}");
        let place = format!(" takesheet.yaml:{}\n", role.3);
        assert!(
            stderr.contains(&place) && stderr.contains("larger than"),
            "{place}{stderr}"
        );
    }
}

#[test]
fn a_gigabyte_of_a_pipeline_or_of_what_stands_in_a_takes_place_is_not_read_either() {
    let studio = Studio::new();
    sparse(&studio, "takesheet.yaml");
    let (code, stderr) = check(&studio);
    assert!(code == Some(3) && stderr.contains("larger than"), "{stderr}");

    let studio = Studio::new().pipeline(&SINGLE.replace("audio: draft }", "audio: draft, name: one }"));
    for name in ["takes/one.wav", "takes/one.json", "takes/one.lyrics.txt"] {
        sparse(&studio, name);
    }
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
    assert_eq!(
        fs::metadata(studio.path("takes/one.kept-1.wav")).unwrap().len(),
        1 << 30
    );
    assert!(fs::metadata(studio.path("takes/one.wav")).unwrap().len() < 1 << 20);
    assert!(studio.text("takes/one.lyrics.txt").contains("nothing more"));
}

#[test]
fn a_gigabyte_of_secrets_or_of_a_take_sheet_stops_a_run_before_it_buys() {
    for name in [".env", "takesheet.takes.yaml"] {
        let studio = Studio::new().pipeline(SINGLE);
        sparse(&studio, name);
        studio.run(&["run"]).code(4).stderr_has(name).stderr_has("larger than");
        assert_eq!(studio.counts().requests, 0);
    }
}

#[test]
fn thousands_of_includes_inside_each_other_are_refused() {
    let studio = Studio::new();
    for number in 0..3_000 {
        let text = format!("version: 1\ninclude: [i{}.yaml]\n", number + 1);
        studio.file(&format!("i{number}.yaml"), text.as_bytes());
    }
    let studio = studio.pipeline(&SINGLE.replace("version: 1", "version: 1\ninclude: [i0.yaml]"));
    let (code, stderr) = check(&studio);
    assert!(
        code == Some(3) && stderr.contains("error[too-many-includes]"),
        "{stderr}"
    );
    assert!(stderr.contains(" i62.yaml:2:11"), "{stderr}");
}

#[test]
fn hundreds_of_includes_beside_each_other_are_bounded_together() {
    let filler = format!("version: 1\n# {}\n", "x".repeat(1_000_000));
    let studio = Studio::new();
    let names: Vec<_> = (0..100).map(|number| format!("i{number}.yaml")).collect();
    for name in &names {
        studio.file(name, filler.as_bytes());
    }
    let studio =
        studio.pipeline(&SINGLE.replace("version: 1", &format!("version: 1\ninclude: [{}]", names.join(", "))));
    let (code, stderr) = check(&studio);
    assert!(
        code == Some(3) && stderr.contains("have more than 8.4 MB together"),
        "{stderr}"
    );
}

#[test]
fn a_ring_of_includes_is_one_however_its_paths_are_written() {
    for path in [
        "more.yaml",
        "./more.yaml",
        "refs/../more.yaml",
        "./refs/.././refs/../more.yaml",
    ] {
        let studio = Studio::new();
        studio.file("more.yaml", format!("version: 1\ninclude: [{path}]\n").as_bytes());
        let studio = studio.pipeline(&SINGLE.replace("version: 1", "version: 1\ninclude: [more.yaml]"));
        let (code, stderr) = check(&studio);
        assert!(code == Some(3) && stderr.contains("error[include-cycle]"), "{stderr}");
        assert!(stderr.contains(" more.yaml:2:11"), "{stderr}");
    }
}

#[test]
fn a_path_that_no_system_takes_is_refused_where_it_stands() {
    let long = "x".repeat(300);
    for (from, to, name, place) in ROLES.into_iter().filter(|role| !role.2.starts_with("lyrics/")) {
        for stem in ["a\\0", "a\\nb", &long] {
            let path = format!("\"{}\"", name.replace("odd", stem));
            let studio = Studio::new().pipeline(&SINGLE.replace(from, &to.replace(name, &path)));
            let (code, stderr) = check(&studio);
            assert!(
                code == Some(3) && stderr.contains(&format!(" takesheet.yaml:{place}\n")),
                "{stderr}"
            );
            assert!(!stderr.contains('\0'), "{stderr}");
        }
    }
}

#[test]
fn a_partial_is_never_looked_for_outside_of_its_folder() {
    for name in ["../odd", "/etc/hostname", "..\\odd", "sub/odd"] {
        let studio = Studio::new().pipeline(&SINGLE.replace("One line", &format!("{{{{> {name}}}}}")));
        for file in ["odd.hbs", "lyrics/even.hbs", "lyrics/sub/odd.hbs"] {
            studio.file(file, b"la");
        }
        let (code, stderr) = check(&studio);
        assert!(
            code == Some(3) && stderr.contains("error[invalid-template]"),
            "{stderr}"
        );
    }
}

/// What is no file is refused at the line that names it, in these words; if it is called like a partial, it is none.
fn assert_refused(studio: &Studio, role: (&str, &str, &str, &str), words: &str) {
    let (code, stderr) = check(studio);
    assert_eq!(code, Some(3), "{stderr}");
    let is_partial = role.2.starts_with("lyrics/");
    let words = if is_partial { "no partial is called" } else { words };
    let (line, _) = role.3.split_once(':').unwrap();
    let place = format!(" takesheet.yaml:{line}:");
    assert!(
        stderr.contains(words) && stderr.contains(&place),
        "{words}{place}: {stderr}"
    );
}

#[test]
fn a_folder_is_no_file() {
    for role in ROLES.into_iter().chain([REFERENCE]) {
        let studio = odd(role, |studio, name| fs::create_dir_all(studio.path(name)).unwrap());
        assert_refused(&studio, role, "folder");
    }
}

#[cfg(unix)]
mod unix {
    use super::{REFERENCE, ROLES, assert_refused, check, odd};
    use crate::studio::{SINGLE, Studio};
    use std::{
        fs,
        os::unix::fs::{PermissionsExt, symlink},
        process::Command,
    };

    fn pipe(studio: &Studio, name: &str) {
        studio.file(name, b"");
        fs::remove_file(studio.path(name)).unwrap();
        assert!(
            Command::new("mkfifo")
                .arg(studio.path(name))
                .status()
                .unwrap()
                .success()
        );
    }

    fn device(name: &str) -> impl Fn(&Studio, &str) {
        let device = format!("/dev/{name}");
        move |studio, name| {
            studio.file(name, b"");
            fs::remove_file(studio.path(name)).unwrap();
            symlink(&device, studio.path(name)).unwrap();
        }
    }

    #[test]
    fn pipes_and_devices_are_not_waited_for() {
        for role in ROLES.into_iter().chain([REFERENCE]) {
            assert_refused(&odd(role, pipe), role, "not a regular file");
            for name in ["zero", "null", "tty"] {
                assert_refused(&odd(role, device(name)), role, "not a regular file");
            }
        }
    }

    #[test]
    fn a_pipeline_that_is_a_device_is_refused() {
        for name in ["/dev/zero", "/dev/null", "/dev/stdin"] {
            let studio = Studio::new();
            symlink(name, studio.path("takesheet.yaml")).unwrap();
            let (code, stderr) = check(&studio);
            assert!(
                code == Some(3) && stderr.contains("not a regular file"),
                "{name}: {stderr}"
            );
        }
    }

    #[test]
    fn what_may_not_be_read_is_named() {
        for role in ROLES.into_iter().chain([REFERENCE]) {
            let studio = odd(role, |studio, name| {
                studio.file(name, b"x");
                fs::set_permissions(studio.path(name), fs::Permissions::from_mode(0o000)).unwrap();
            });
            // An administrator may read everything.
            if fs::File::open(studio.path(role.2)).is_ok() {
                return;
            }
            let (code, stderr) = check(&studio);
            assert!(code == Some(3) && stderr.contains("this user may not"), "{stderr}");
        }
    }

    #[test]
    fn endless_secrets_stop_a_run_before_it_buys() {
        let studio = Studio::new().pipeline(SINGLE);
        symlink("/dev/zero", studio.path(".env")).unwrap();
        studio.run(&["run"]).code(4).stderr_has(".env");
        assert_eq!(studio.counts().requests, 0);
    }

    #[test]
    fn a_pipe_in_a_takes_place_moves_aside_unread() {
        let text = SINGLE.replace("audio: draft }", "audio: draft, name: one }");
        let studio = Studio::new().pipeline(&text);
        for name in ["takes/one.wav", "takes/one.json", "takes/one.lyrics.txt"] {
            pipe(&studio, name);
        }
        studio.run(&["run"]).code(0).stderr_has("1 rendered");
        let is_file = |name: &str| fs::symlink_metadata(studio.path(name)).unwrap().is_file();
        assert!(is_file("takes/one.wav") && is_file("takes/one.json") && !is_file("takes/one.kept-1.wav"));
        studio.run(&["run"]).code(0).stderr_has("Up to date: 1 take");
    }
}
