//! The program and the machine it runs on.

use crate::{
    plan::Plan,
    report::doctor::{Check, Trouble},
    service::{
        Environment, Project,
        preflight::{self, Demand},
        shown,
    },
    store::fs,
};
use jiff::tz::TimeZone;

/// Which program this is.
pub(super) fn program() -> Check {
    let (system, machine) = (std::env::consts::OS, std::env::consts::ARCH);
    Check::ok(
        "program",
        format!("takesheet {}, {system} {machine}", env!("CARGO_PKG_VERSION")),
    )
}

/// Where the project is, and whether it can be written.
pub(super) fn project(project: &Project, environment: &Environment) -> Check {
    let root = shown(&project.root, &environment.folder);
    let root = if root == "." { "this folder".to_owned() } else { root };
    let own = project.root.join(".takesheet");
    let written = [own, project.takes()].into_iter().filter(|folder| fs::exists(folder));
    for folder in written.chain([project.root.clone()]) {
        if fs::is_writable(&folder) == Some(false) {
            let finding = format!("{} cannot be written by this user", folder.display());
            return Check::problem("project", Trouble::Machine, finding)
                .help("a run needs to: give yourself the right, or work in a copy");
        }
    }
    Check::ok("project", root)
}

/// Where the days of a budget begin.
pub(super) fn time_zone(plan: Option<&Plan>) -> Check {
    if let Some(zone) = plan.and_then(|plan| plan.timezone.as_ref()) {
        return Check::ok("time zone", format!("{zone}, as the pipeline says"));
    }
    let system = TimeZone::system();
    match system.iana_name() {
        Some(zone) => Check::ok("time zone", format!("{zone}, as this machine says")),
        None if plan.is_some_and(|plan| plan.limits.budget.day.is_some()) => Check::warning(
            "time zone",
            "this machine does not say which it is in: a budget's day begins at midnight UTC",
        )
        .help("name one in the pipeline: `timezone: Europe/Lisbon`"),
        None => Check::ok("time zone", "UTC: this machine names none"),
    }
}

/// Whether what is planned fits on the disk.
pub(super) fn disk(project: &Project, demand: &Demand) -> Check {
    preflight::disk(fs::free_space(&project.root), demand)
}
