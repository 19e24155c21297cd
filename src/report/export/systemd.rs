//! A service and a timer of systemd, of the user's own: no rights of the machine are needed.

use super::{Exported, ExportedFile, Here, MARK, calendar, said};
use std::fmt::Write;

pub(super) fn files(one: &Exported, unit: &str, here: &Here) -> [ExportedFile; 2] {
    [
        ExportedFile {
            name: format!("{unit}.service"),
            text: service(one, here),
        },
        ExportedFile {
            name: format!("{unit}.timer"),
            text: timer(one, here),
        },
    ]
}

fn service(one: &Exported, here: &Here) -> String {
    let (root, name) = (percent(&one.root), percent(&one.name));
    let program = program(&here.program);
    let file = argument(&one.file);
    let landing = one.landing.as_secs();
    format!(
        "# {MARK} systemd`: renders what is due, and ends.
[Unit]
Description=What is due of the pipeline {name}

[Service]
Type=oneshot
WorkingDirectory={root}
ExecStart={program} schedule run --once -q {file}
# The key: a line AIML_API_KEY=... in this file, which only you may read, or in a .env at the root of the project.
EnvironmentFile=-%h/.config/takesheet/environment
Environment=NO_COLOR=1
# When it is stopped, it begins nothing more and waits for the calls that are paid for.
KillMode=mixed
KillSignal=SIGTERM
TimeoutStopSec={landing}
TimeoutStartSec=infinity
"
    )
}

fn timer(one: &Exported, here: &Here) -> String {
    let name = percent(&one.name);
    let mut text = format!(
        "# {MARK} systemd`: wakes up whenever something may be due; the program knows what is.
"
    );
    for schedule in &one.schedules {
        let _ = writeln!(text, "#   {}", said(schedule));
    }
    let _ = write!(text, "[Unit]\nDescription=When the pipeline {name} is due\n\n[Timer]\n");
    for line in calendar::systemd(&one.schedules, here.now) {
        let _ = writeln!(text, "OnCalendar={line}");
    }
    text += "AccuracySec=1s\n# What was missed while the machine was off is looked at when it is on again.\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n";
    text
}

/// A value in which `%` would begin something of systemd's own.
fn percent(text: &str) -> String {
    text.replace('%', "%%")
}

/// The program, whose path may hold no quotes; an argument of another program may.
fn program(path: &str) -> String {
    if path.contains(['"', '\'', '\\']) {
        format!("/usr/bin/env {}", argument(path))
    } else {
        word(path)
    }
}

/// A word in which `$` would begin a variable.
fn argument(text: &str) -> String {
    word(text).replace('$', "$$")
}

/// A word of a command.
fn word(text: &str) -> String {
    let text = percent(text).replace('\\', r"\\").replace('"', "\\\"");
    format!("\"{text}\"")
}
