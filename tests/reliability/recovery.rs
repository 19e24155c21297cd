//! What a user does after a death: runs again, and settles what is said to be unsure by what the account says.

use crate::{
    books::{self, Printed, Since},
    project::{Project, Told},
    wrong::Wrong,
};
use std::collections::BTreeSet;

/// How often it is run again at most until nothing changes any more.
const RUNS: usize = 10;

/// What came of one case.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcome {
    /// How often a process really died.
    pub(crate) kills: usize,
    /// What the API charged for.
    pub(crate) purchases: usize,
    /// What had to be bought.
    pub(crate) keys: usize,
    /// Takes that were said to be unsure, or paid and lost.
    pub(crate) unsure: usize,
    /// Those of them that had been charged: cut by the death, and bought again by a person's word.
    pub(crate) cut: usize,
}

/// Recovers, and checks all the way.
pub(crate) fn recover(project: &Project, since: Since, kills: usize) -> Result<Outcome, Wrong> {
    let arrived = books::arrived(project);
    let told = run_until_nothing_changes(project)?;
    books::check_charges(project, since, &arrived).map_err(|wrong| wrong.with(&told))?;
    let (unsure, cut) = settle(project, since, &told)?;
    let told = if told.code == Some(0) {
        told
    } else {
        run_until_nothing_changes(project)?
    };
    if told.code != Some(0) {
        return Err(format!("everything is settled, and not everything is there\n{told}").into());
    }
    books::check_charges(project, since, &arrived)?;
    books::check_folder(project, &told)?;
    let purchases = books::charged(project, since)?.len();
    if purchases != since.keys + cut {
        let why = format!(
            "{purchases} were paid for, {} were needed, {cut} were cut and bought again by a person's word",
            since.keys
        );
        let is_double = purchases > since.keys + cut;
        return Err(if is_double { Wrong::double(why) } else { why.into() });
    }
    Ok(Outcome {
        kills,
        purchases,
        keys: since.keys,
        unsure,
        cut,
    })
}

/// Runs until everything is there, or until a person is needed: told twice, with nothing asked of the API in between.
fn run_until_nothing_changes(project: &Project) -> Result<Told, String> {
    let mut last = None;
    for _ in 0..RUNS {
        let asked = project.api.asked();
        let told = project.run(&["run"]);
        let is_still = project.api.asked() == asked;
        match told.code {
            Some(0) if told.stderr.contains("Up to date") && is_still => return Ok(told),
            Some(6) if last == Some(6) && is_still => return Ok(told),
            // The API may have gone wrong as it was told to.
            Some(0 | 1 | 6 | 75) => last = told.code,
            _ => return Err(format!("that is no way to end\n{told}")),
        }
    }
    Err(format!("{RUNS} runs, and it is not over: {last:?}"))
}

/// Runs the very commands that were printed. Gives how many takes were settled, and how many of those were charged.
fn settle(project: &Project, since: Since, told: &Told) -> Result<(usize, usize), String> {
    let charged: BTreeSet<_> = books::charged(project, since)?.into_iter().collect();
    let open: Vec<_> = books::rows(project).into_iter().filter(|row| row.is_open).collect();
    let commands = books::printed(told);
    let (mut settled, mut cut) = (BTreeSet::new(), 0);
    for command in &commands {
        let row = open
            .iter()
            .find(|row| is_one_purchase(project, &row.take, &command.take));
        let row = row.ok_or_else(|| format!("there is nothing to settle about {}\n{told}", command.take))?;
        if settled.insert(&row.request_id) {
            let is_charged = charged.contains(&row.request_id);
            cut += usize::from(is_charged);
            say(project, command, is_charged)?;
        }
    }
    match open.iter().find(|row| !settled.contains(&row.request_id)) {
        Some(row) => Err(format!(
            "nobody says that {} must be settled: {row:?}\n{told}",
            row.take
        )),
        None => Ok((settled.len(), cut)),
    }
}

/// Whether two takes ask for the same.
fn is_one_purchase(project: &Project, one: &str, other: &str) -> bool {
    let key = |name: &str| {
        project
            .scenario
            .takes
            .iter()
            .find(|(take, _)| *take == name)
            .map(|(_, key)| *key)
    };
    key(one).is_some() && key(one) == key(other)
}

/// Says what the account says.
fn say(project: &Project, command: &Printed, is_charged: bool) -> Result<(), String> {
    let fit: &[&str] = if is_charged {
        &["--paid", "--retake"]
    } else {
        &["--not-paid", "--retake"]
    };
    let word = fit.iter().find(|word| command.words.contains(word));
    let word = word.ok_or_else(|| format!("no word fits a take that is charged: {is_charged}: {command:?}"))?;
    let told = project.run(&["resolve", &command.take, word]);
    if told.code == Some(0) {
        Ok(())
    } else {
        Err(format!("the printed command is refused\n{told}"))
    }
}
