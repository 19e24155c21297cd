//! Everything this repository publishes for others to copy: pipelines, examples, the YAML in its pages, and the parts
//! of the pages that are made from the program. Each pipeline is checked, planned, run and run again by the real
//! program, on the sandbox, in a copy of its folder.
//!
//! `UPDATE=1 cargo test --test published` writes anew what is made from the program: `pipelines/refs/`,
//! `docs/pipeline.schema.json` and the table of faults in `docs/sandbox.md`. The diff is the review.
//!
//! A block of a page that begins with ```` ```yaml ```` is a whole pipeline; ```` ```yaml fragment ```` is completed
//! with what `tests/published/rest.yaml` has and the fragment leaves out. Both are run in the folder `examples`.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the test reads and writes its own folders, and a step that fails is a test that fails"
)]

use serde_yaml::{Mapping, Value};
use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use takesheet::{
    audio,
    band::{self, Reference},
    base::audio_settings::{AudioSettings, Format},
    sandbox::FAULTS,
};
use tempfile::TempDir;

/// References are no larger than this, so that a clone stays small.
const LARGEST_REFERENCE: usize = 80_000;
const REFERENCES: [(&str, Reference, u64); 3] = [
    ("demo.mp3", Reference::Song, 1),
    ("voice.mp3", Reference::Voice, 1),
    ("bed.mp3", Reference::Instrumental, 1),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files of a folder of the repository with this ending, sorted.
fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap();
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|own| own == extension))
        .filter(|path| !path.to_string_lossy().ends_with(".takes.yaml"))
        .collect();
    files.sort();
    files
}

/// A copy of `pipelines` and `examples`, as a project of its own.
fn desk() -> TempDir {
    let desk = tempfile::tempdir().unwrap();
    fs::create_dir(desk.path().join(".git")).unwrap();
    for folder in ["pipelines", "examples"] {
        copy(&root().join(folder), &desk.path().join(folder));
    }
    desk
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// The program, without a key and without a network but loopback.
fn takesheet(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_takesheet"));
    for name in ["AIML_API_KEY", "AIMLAPI_API_KEY", "AIMLAPI_KEY", "AIML_API_BASE"] {
        command.env_remove(name);
    }
    command.env("SEASON", "winter").env("NO_COLOR", "1");
    command.current_dir(folder).args(arguments).output().unwrap()
}

/// What it printed, as long as it went well.
fn done(folder: &Path, arguments: &[&str]) -> (String, String) {
    let output = takesheet(folder, arguments);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (data, said) = (text(&output.stdout), text(&output.stderr));
    assert!(
        output.status.success(),
        "takesheet {arguments:?}: {:?}\n{data}\n{said}",
        output.status
    );
    (data, said)
}

/// Checks, plans and runs pipelines in `folder`, and sees that each is then up to date.
fn try_out(folder: &Path, names: &[String]) {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (_, said) = done(folder, &[&["check"], &names[..]].concat());
    assert!(!said.contains("warning"), "{said}");
    for name in &names {
        let (plan, _) = done(folder, &["plan", "--json", name]);
        let plan: serde_json::Value = serde_json::from_str(&plan).unwrap();
        assert!(plan.is_object(), "{name}");
    }
    done(folder, &[&["run", "-q", "--concurrency", "4"], &names[..]].concat());
    let (_, said) = done(folder, &[&["run"], &names[..]].concat());
    assert_eq!(said.lines().count(), names.len(), "{said}");
    assert!(said.lines().all(|line| line.starts_with("Up to date: ")), "{said}");
}

/// Names of the pipelines in a folder of the repository, as seen from it.
fn names(folder: &str) -> Vec<String> {
    let name = |path: PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    files(folder, "yaml").into_iter().map(name).collect()
}

#[test]
fn every_pipeline_runs() {
    let desk = desk();
    let names = names("pipelines");
    assert!(names.len() >= 4);
    try_out(&desk.path().join("pipelines"), &names);
    let takes = sounds(&desk.path().join("takes"));
    assert!(takes.len() >= 12, "{takes:?}");
    for take in takes {
        let sound = audio::probe(&fs::read(&take).unwrap()).unwrap();
        let loudness = sound.sound.loudness.unwrap();
        assert!(
            !sound.sound.damaged && (12.0..=61.0).contains(&sound.sound.seconds),
            "{take:?}: {sound:?}"
        );
        assert!((-15.0..=-13.0).contains(&loudness), "{take:?}: {loudness} LUFS");
    }
}

/// All sound files below a folder.
fn sounds(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.append(&mut sounds(&path));
        } else if path.extension().is_some_and(|own| own == "mp3" || own == "wav") {
            found.push(path);
        }
    }
    found
}

#[test]
fn every_profile_of_a_pipeline_can_be_planned() {
    let desk = desk();
    let mut profiles = 0;
    for folder in ["pipelines", "examples"] {
        for name in names(folder) {
            let text = fs::read_to_string(root().join(folder).join(&name)).unwrap();
            let whole: Value = serde_yaml::from_str(&text).unwrap();
            for (profile, _) in whole.get("profiles").and_then(Value::as_mapping).into_iter().flatten() {
                let options = ["plan", "--json", "--profile", profile.as_str().unwrap(), &name];
                done(&desk.path().join(folder), &options);
                profiles += 1;
            }
        }
    }
    assert!(profiles >= 4);
}

#[test]
fn every_example_runs_and_says_first_what_it_shows() {
    for path in files("examples", "yaml") {
        let text = fs::read_to_string(&path).unwrap();
        let first = text.lines().next().unwrap();
        assert!(
            first.starts_with("# ") && first.ends_with('.'),
            "{}: {first}",
            path.display()
        );
    }
    let desk = desk();
    try_out(&desk.path().join("examples"), &names("examples"));
}

/// The pages, by name as seen from the repository.
fn pages() -> Vec<(String, String)> {
    let paths = [vec![root().join("README.md")], files("docs", "md")].concat();
    let page = |path: PathBuf| {
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
        (name, fs::read_to_string(path).unwrap().replace("\r\n", "\n"))
    };
    paths.into_iter().map(page).collect()
}

/// Blocks of a page with what stands behind their opening fence and the line they begin on.
fn blocks(page: &str) -> Vec<(String, usize, String)> {
    let mut blocks = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        if let Some(kind) = line.strip_prefix("```") {
            let inside: Vec<&str> = lines
                .by_ref()
                .map(|(_, line)| line)
                .take_while(|line| *line != "```")
                .collect();
            blocks.push((kind.to_owned(), at + 1, inside.join("\n") + "\n"));
        }
    }
    blocks
}

/// The fragment with what it leaves out; of a section that it has, entries that it does not have.
fn completed(fragment: &str) -> String {
    let mut whole: Mapping = serde_yaml::from_str(fragment).unwrap();
    let rest = fs::read_to_string(root().join("tests/published/rest.yaml")).unwrap();
    let rest: Mapping = serde_yaml::from_str(&rest).unwrap();
    for (section, entries) in rest {
        let own = whole.entry(section).or_insert(entries.clone());
        if let (Some(own), Value::Mapping(entries)) = (own.as_mapping_mut(), entries) {
            for (name, entry) in entries {
                own.entry(name).or_insert(entry);
            }
        }
    }
    serde_yaml::to_string(&whole).unwrap()
}

#[test]
fn every_yaml_block_of_the_pages_runs() {
    let desk = desk();
    let folder = desk.path().join("examples");
    copy(&root().join("pipelines/refs"), &folder.join("refs"));
    let mut names = Vec::new();
    for (page, text) in pages() {
        for (kind, line, block) in blocks(&text) {
            let pipeline = match kind.as_str() {
                "yaml" => block,
                "yaml fragment" => completed(&block),
                _ => {
                    assert!(!kind.contains("yaml"), "{page}:{line}: ```{kind}");
                    continue;
                }
            };
            let name = format!("{}-{line}.yaml", page.replace(['/', '.'], "-"));
            fs::write(folder.join(&name), pipeline).unwrap();
            names.push(name);
        }
    }
    assert!(names.len() >= 10, "{names:?}");
    try_out(&folder, &names);
}

#[test]
fn every_command_and_option_that_a_page_names_exists() {
    let folder = tempfile::tempdir().unwrap();
    let commands = commands_of(&done(folder.path(), &["--help"]).0);
    let helps: Vec<(&String, String)> = commands
        .iter()
        .map(|command| (command, whole_help(folder.path(), command)))
        .collect();
    for (page, text) in pages() {
        let lines = text.lines().filter(|line| line.contains("takesheet "));
        for call in lines.flat_map(|line| line.split("takesheet ").skip(1)) {
            assert_options_exist(&page, call.split('`').next().unwrap(), &helps);
        }
    }
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for command in commands.iter().filter(|command| *command != "help") {
        assert!(
            readme.contains(&format!("| `{command}")),
            "README.md does not list `{command}`"
        );
    }
}

/// The commands that a help lists.
fn commands_of(help: &str) -> Vec<String> {
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let word = |line: &str| line.split_whitespace().next().unwrap().to_owned();
    list.take_while(|line| !line.is_empty()).map(word).collect()
}

/// The help of a command and of its own commands.
fn whole_help(folder: &Path, command: &str) -> String {
    let help = done(folder, &["help", command]).0;
    let own = commands_of(&help).into_iter().filter(|own| own != "help");
    let helps = own.map(|own| done(folder, &["help", command, &own]).0);
    helps.fold(help.clone(), |all, help| all + &help)
}

/// Every option of a call such as `run --budget 2.00` is in that command's help.
fn assert_options_exist(page: &str, call: &str, helps: &[(&String, String)]) {
    let mut words = call.split_whitespace();
    let command = words.next();
    let Some((_, help)) = helps.iter().find(|(name, _)| Some(name.as_str()) == command) else {
        return;
    };
    for option in words
        .take_while(|word| *word != "#")
        .filter(|word| word.starts_with("--"))
    {
        let option = option.split('=').next().unwrap().trim_end_matches([',', '.', ';', ')']);
        assert!(help.contains(option), "{page}: `{call}`: no option {option}");
    }
}

/// Compares a file with what it should be, or writes it.
fn same(path: &Path, expected: &[u8]) {
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, expected).unwrap();
    }
    let found = fs::read(path).unwrap_or_default();
    assert!(
        found == expected,
        "{} is not what the program makes; `UPDATE=1 cargo test --test published` writes it anew",
        path.display()
    );
}

#[test]
fn the_references_are_made_by_the_program() {
    for (name, kind, seed) in REFERENCES {
        let samples = band::reference(kind, seed);
        let settings = AudioSettings {
            format: Format::Mp3,
            sample_rate: samples.sample_rate,
            bitrate: 32_000,
        };
        let bytes = audio::encode(&samples, settings);
        assert!(bytes.len() < LARGEST_REFERENCE, "{name}: {} bytes", bytes.len());
        same(&root().join("pipelines/refs").join(name), &bytes);
    }
}

/// The same for text, whatever git does to its line ends.
fn same_text(path: &Path, expected: &str) {
    let found = fs::read_to_string(path).unwrap_or_default().replace("\r\n", "\n");
    if found != expected {
        same(path, expected.as_bytes());
    }
}

#[test]
fn the_schema_is_the_programs() {
    let (schema, _) = done(root(), &["schema"]);
    same_text(&root().join("docs/pipeline.schema.json"), &schema);
}

#[test]
fn the_table_of_faults_is_the_sandboxs() {
    const BEGIN: &str = "<!-- faults -->\n";
    const END: &str = "<!-- end of faults -->\n";
    let path = root().join("docs/sandbox.md");
    let page = fs::read_to_string(&path).unwrap().replace("\r\n", "\n");
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let mut table = String::from("| fault | a request that it strikes… |\n|---|---|\n");
    for fault in FAULTS {
        writeln!(table, "| `{}` | {} |", fault.word, fault.about).unwrap();
    }
    same_text(&path, &format!("{before}{BEGIN}{table}{END}{after}"));
}
