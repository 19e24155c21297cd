//! Files for the machinery that wakes a machine up by the clock: systemd, cron, launchd, GitHub.
//!
//! None of them reckons when a schedule is due: they start `takesheet schedule run --once` at each moment that may be
//! one, in whatever zone the machine lives, and the program decides. A start too many costs nothing; one that is missing
//! is made up for by the next. Pure: names and schedules in, texts out. Invariant: no text holds a secret.

mod calendar;
mod cron;
mod github;
mod launchd;
mod systemd;
#[cfg(test)]
mod tests;

use super::names;
use crate::{base::time::Timestamp, pipeline::Schedule};
use std::{collections::BTreeSet, time::Duration};

/// One pipeline that is to run by itself.
#[derive(Clone, Debug)]
pub struct Exported {
    /// What it is called.
    pub name: String,
    /// Its file, absolute.
    pub file: String,
    /// Its file from the root of the repository, with `/`.
    pub file_in_repository: String,
    /// The root of the project, absolute.
    pub root: String,
    /// Its schedules, one at least.
    pub schedules: Vec<Schedule>,
    /// How long calls that are under way may take to land.
    pub landing: Duration,
}

/// Where and when it is exported.
#[derive(Clone, Debug)]
pub struct Here {
    /// This program, absolute.
    pub program: String,
    /// The user's own folder, if it is known.
    pub home: Option<String>,
    /// The time, by which it is known what the clocks of a zone will show.
    pub now: Timestamp,
}

/// For which machinery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A service and a timer of the user's own.
    Systemd,
    /// Lines of a crontab.
    Cron,
    /// A user agent of macOS.
    Launchd,
    /// A workflow.
    Github,
}

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedFile {
    /// Its name, without a folder.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// Stands in each file, so that a file that somebody else wrote is not replaced.
pub const MARK: &str = "Written by `takesheet schedule export";

/// The files for some pipelines.
pub fn export(target: Target, pipelines: &[Exported], here: &Here) -> Vec<ExportedFile> {
    let units = units(pipelines);
    let named = pipelines.iter().zip(&units);
    match target {
        Target::Systemd => named.flat_map(|(one, unit)| systemd::files(one, unit, here)).collect(),
        Target::Cron => vec![cron::file(pipelines, here)],
        Target::Launchd => named.map(|(one, unit)| launchd::file(one, unit, here)).collect(),
        Target::Github => named.map(|(one, unit)| github::file(one, unit, here)).collect(),
    }
}

/// What is to be done with the files; `folder` is where they are, if they were written.
pub fn next_steps(target: Target, files: &[ExportedFile], folder: Option<&str>) -> String {
    let listed = |ending: &str| {
        let names = files.iter().map(|file| file.name.as_str());
        names
            .filter(|name| name.ends_with(ending))
            .collect::<Vec<_>>()
            .join(" ")
    };
    match target {
        Target::Systemd => format!(
            "Next: once the files are in ~/.config/systemd/user, `systemctl --user daemon-reload` and \
             `systemctl --user enable --now {}` start them; `loginctl enable-linger` keeps them going while nobody is \
             logged in\n",
            listed(".timer")
        ),
        Target::Cron => match folder {
            Some(folder) => {
                let file = names::shell(&format!("{}/{}", folder.trim_end_matches('/'), listed(".crontab")));
                format!("Next: `(crontab -l; cat {file}) | crontab -` adds it to what is there\n")
            }
            None => "Next: add it to what is there with `crontab -e`\n".to_owned(),
        },
        Target::Launchd => format!(
            "Next: in ~/Library/LaunchAgents, `launchctl bootstrap gui/$(id -u) {}` starts them\n",
            listed(".plist")
        ),
        Target::Github => {
            "Next: put it into .github/workflows and add the secret AIML_API_KEY to the repository\n".to_owned()
        }
    }
}

/// A name for each, of letters that every machinery takes, and no two the same.
fn units(pipelines: &[Exported]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let unit = |one: &Exported| {
        let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
        let plain: String = deunicode::deunicode(&one.name)
            .to_lowercase()
            .chars()
            .map(letter)
            .collect();
        let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
        let base = format!("takesheet-{}", words.join("-"));
        let base = base.trim_end_matches('-').to_owned();
        let numbered = (2..).map(|number| format!("{base}-{number}"));
        let mut names = std::iter::once(base.clone()).chain(numbered);
        let name = names.find(|name| taken.insert(name.clone()));
        name.unwrap_or(base)
    };
    pipelines.iter().map(unit).collect()
}

/// A line for a reader: when a schedule is due.
fn said(schedule: &Schedule) -> String {
    let cron: Vec<&str> = schedule.cron.split_whitespace().collect();
    format!("{}: {} in {}", schedule.name, cron.join(" "), schedule.timezone)
}
