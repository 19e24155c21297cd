//! Everything else that a watch says, a line or two each.

use crate::{
    base::{
        money::{Total, Usd},
        words,
    },
    report::names,
};

/// Columns before what is said beside changes.
const INDENT: &str = "          ";

fn line(text: &str) -> String {
    format!("{INDENT}{text}\n")
}

/// The files of now give no plan; their errors were shown.
pub fn broken(has_plan: bool) -> String {
    line(if has_plan {
        "the last good plan stays; mend it and save, and it goes on"
    } else {
        "there is no plan yet; mend it and save, and it goes on"
    })
}

/// What writes a file that the same pipeline reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer<'a> {
    /// The render of a take.
    Take(&'a str),
    /// The record of all takes.
    Sheet,
}

/// A pipeline that reads what its own runs write. `reader` is the place that names the file, `instead` the take to refer
/// to.
pub fn circle(file: &str, writer: Writer<'_>, reader: Option<&str>, instead: Option<&str>) -> String {
    let reads = reader.map_or("this pipeline reads".to_owned(), |place| format!("{place} reads"));
    let writes = match writer {
        Writer::Take(take) => format!("{} writes it", names::short(take)),
        Writer::Sheet => "every run writes it: it is the take sheet".to_owned(),
    };
    let help = match instead {
        Some(take) => {
            format!("use `from: {take}` in place of `file:`; then the order is known, and each is rendered once")
        }
        None => "read a file that no run of this pipeline writes".to_owned(),
    };
    format!(
        "error: {reads} {file}, and {writes}\nhelp: {help}\nhelp: nothing is rendered round and round; mend it and save\n"
    )
}

/// So many files changed at once, and somebody can be asked.
pub fn many(files: usize) -> String {
    let files = words::count(files, "file");
    line(&format!(
        "{files} changed at once: did you switch branches? y renders, n leaves it for now"
    ))
}

/// So many files changed at once, and nobody can be asked.
pub fn many_unasked(files: usize) -> String {
    let files = words::count(files, "file");
    line(&format!(
        "{files} changed at once: nothing is bought before the next save"
    ))
}

/// The question was answered with no.
pub fn left_alone() -> String {
    line("left as it is; the next save renders")
}

/// What retakes cost.
pub fn retakes_cost(takes: usize, total: Total) -> String {
    let retakes = words::count(takes, "retake");
    line(&format!("{retakes}: {total}; b buys, any change takes it back"))
}

/// It begins when what is under way is over.
pub fn later() -> String {
    line("it begins when what is under way is over")
}

/// It is under way.
pub fn buying() -> String {
    line("it is being bought")
}

/// The run under way broke down.
pub fn broke_down() -> String {
    "error: the run broke down; all that it may have bought counts as spent\n\
     help: `takesheet plan` says what is there; the next run asks what became of its calls\n"
        .to_owned()
}

/// There is nothing of that kind to do.
pub fn nothing(what: &str) -> String {
    line(what)
}

/// The files of now give no plan, so nothing can be bought of it.
pub fn mend() -> String {
    line("the pipeline has errors; nothing is rendered before they are mended")
}

/// Nothing fits into what is left.
pub fn over_budget(left: Usd) -> String {
    line(&format!(
        "nothing was bought: no take surely fits into the {left} left of the budget"
    ))
}

/// Nobody is there to agree.
pub fn nobody_buys() -> String {
    line("what is paid for waits: nobody is here to press a key; `--auto-buy --budget USD` buys on every save")
}

/// Changes are gathered from now on.
pub fn paused() -> String {
    line("paused: changes are gathered, and nothing begins; p goes on")
}

/// It goes on.
pub fn resumed(gathered: usize) -> String {
    match gathered {
        0 => line("it goes on; nothing changed meanwhile"),
        files => line(&format!(
            "it goes on; {} changed meanwhile",
            words::count(files, "file")
        )),
    }
}

/// The keys. Under a budget, what is left of it.
pub fn help(left: Option<Usd>, spent: Total) -> String {
    let keys = [
        ("b", "buy what was shown, and nothing else"),
        ("d", "render it as scratch takes on the sandbox instead, for free"),
        ("r", "render what changed last once more, as one more take of each"),
        ("p", "pause: gather changes, begin nothing; p again goes on"),
        ("q", "quit: what was paid for lands; q again leaves at once"),
        ("?", "this"),
    ];
    let mut text: String = keys.iter().map(|(key, what)| line(&format!("{key}  {what}"))).collect();
    let left = left.map_or(String::new(), |left| format!(", {left} left of the budget"));
    text += &line(&format!("spent so far: {spent}{left}"));
    text
}

/// What the whole watch cost.
pub fn spent(spent: Total) -> String {
    format!("Watched: {spent} spent\n")
}

/// How to leave, where nobody presses keys.
pub fn how_to_leave() -> String {
    line("waiting for changes; Ctrl-C ends it, and what was paid for lands")
}
