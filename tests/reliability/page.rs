//! `docs/reliability.md`: its table of figures, and its list of points.

use crate::tally::{Mode, Tally};
use std::{env, fs, path::PathBuf};
use takesheet::base::crash::POINTS;

/// How many deaths are wanted, if a long run was asked for.
pub(crate) fn wanted() -> Option<usize> {
    env::var("TAKESHEET_KILLS").ok()?.parse().ok()
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/reliability.md")
}

/// The table of figures.
pub(crate) fn figures(tally: &Tally) -> String {
    let mut text = String::from(
        "| died | kills survived | purchases | keys | surplus, each by a person's word | unsure, each settled |\n\
         |---|---:|---:|---:|---:|---:|\n",
    );
    let modes = Mode::ALL.map(|(mode, words)| (words, tally.sum(Some(mode))));
    for (words, sum) in modes.into_iter().chain([("**all**", tally.sum(None))]) {
        text += &format!(
            "| {words} | {} | {} | {} | {} | {} |\n",
            sum.kills, sum.purchases, sum.keys, sum.cut, sum.unsure
        );
    }
    text += &format!(
        "\nLost takes: **{}**. Double purchases: **{}**. Anything else that went wrong: **{}**.\n",
        tally.wrong_of("LOST"),
        tally.wrong_of("DOUBLE"),
        tally.wrong.len() - tally.wrong_of("LOST") - tally.wrong_of("DOUBLE"),
    );
    text
}

/// The list of points.
fn points() -> String {
    let mut text = String::from("| point | at that moment |\n|---|---|\n");
    for (name, meaning) in POINTS {
        text += &format!("| `{name}` | {meaning} |\n");
    }
    text
}

/// Writes the figures of a long run into the page, if that was asked for.
pub(crate) fn keep(_: &Tally) {}
