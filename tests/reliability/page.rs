//! `docs/reliability.md`: its figures, which a long run writes, and its list of points, which a test compares.

use crate::{
    machine,
    tally::{Mode, Tally},
    wrong::Kind,
};
use std::{env, fs, path::PathBuf};
use takesheet::base::crash::POINTS;

/// How many deaths a long run wants.
const WANTED: &str = "TAKESHEET_KILLS";

/// How many deaths are wanted, if a long run was asked for.
pub(crate) fn wanted() -> Option<usize> {
    let count = env::var(WANTED).ok()?;
    Some(
        count
            .parse()
            .unwrap_or_else(|_| panic!("{WANTED}={count} is no number of deaths")),
    )
}

fn is_to_be_updated() -> bool {
    env::var_os("UPDATE").is_some()
}

fn docs(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)
}

/// What stands between two marks of the page.
fn section(page: &str, name: &str) -> (usize, usize) {
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let at = page.find(&begin).unwrap_or_else(|| panic!("the page has no {begin}")) + begin.len();
    let end = page.find(&end).unwrap_or_else(|| panic!("the page has no {end}"));
    (at, end)
}

fn replace(name: &str, text: &str) {
    let path = docs("reliability.md");
    let mut page = fs::read_to_string(&path).unwrap();
    let (at, end) = section(&page, name);
    page.replace_range(at..end, text);
    fs::write(path, page).unwrap();
}

/// The table of figures.
pub(crate) fn figures(tally: &Tally) -> String {
    let mut text = String::from(
        "| died | kills survived | purchases | keys | cut by the death, bought again by a person's word | unsure, \
         each settled |\n|---|---:|---:|---:|---:|---:|\n",
    );
    let modes = Mode::ALL.map(|(mode, words)| (words, tally.sum(Some(mode))));
    for (words, sum) in modes.into_iter().chain([("**all**", tally.sum(None))]) {
        text += &format!(
            "| {words} | {} | {} | {} | {} | {} |\n",
            sum.kills, sum.purchases, sum.keys, sum.cut, sum.unsure
        );
    }
    let (lost, double) = (tally.wrong_of(Kind::Lost), tally.wrong_of(Kind::Double));
    text += &format!(
        "\nLost takes: **{lost}**. Double purchases: **{double}**. Anything else that went wrong: **{}**.\n",
        tally.wrong_of(Kind::Other),
    );
    if let Some(faults) = faults_tried() {
        text += &format!("\nFaults tried: **{faults}**, each told in [`faults.md`](faults.md).\n");
    }
    text += &format!("\nMeasured on {}.\n", machine::described());
    text
}

/// How many faults the page of faults tells of, if there is one.
fn faults_tried() -> Option<usize> {
    let page = fs::read_to_string(docs("faults.md")).ok()?;
    Some(page.lines().filter(|line| line.starts_with("| `")).count())
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
pub(crate) fn keep(tally: &Tally) {
    if wanted().is_some() && is_to_be_updated() {
        replace("figures", &figures(tally));
    }
}

#[test]
fn the_page_lists_every_point() {
    if is_to_be_updated() {
        replace("points", &points());
    }
    let page = fs::read_to_string(docs("reliability.md")).unwrap();
    let (at, end) = section(&page, "points");
    assert_eq!(
        page[at..end],
        points(),
        "UPDATE=1 cargo test --test reliability the_page writes it"
    );
}

#[test]
fn the_page_tells_of_a_long_run_in_which_nothing_was_lost() {
    let page = fs::read_to_string(docs("reliability.md")).unwrap();
    let (at, end) = section(&page, "figures");
    let figures = &page[at..end];
    let all = figures.lines().find(|line| line.starts_with("| **all** |"));
    let numbers: Vec<usize> = all
        .unwrap_or_else(|| panic!("the page has no sum:\n{figures}"))
        .split('|')
        .filter_map(|cell| cell.trim().parse().ok())
        .collect();
    let [kills, purchases, keys, cut, unsure] = numbers[..] else {
        panic!("not five figures: {numbers:?}")
    };
    assert!(kills >= 2000, "only {kills} died");
    assert_eq!(
        purchases,
        keys + cut,
        "each key is bought once, and again by a person's word"
    );
    assert!(cut <= unsure, "nothing was bought again without a word");
    assert!(
        figures.contains("Lost takes: **0**. Double purchases: **0**."),
        "{figures}"
    );
    assert!(figures.contains("Anything else that went wrong: **0**."), "{figures}");
}
