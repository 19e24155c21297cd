//! `docs/faults.md`, made of the table: `UPDATE=1 cargo test --test cli fault_list` writes it anew.

use super::table::{Ends, GROUPS, Row};
use std::{fmt::Write, fs, path::Path};

const HEAD: &str = "\
# What can go wrong, and what comes of it

Each row is a test: the sandbox does this to the first of two takes, and the real program is run against it, with a
`timeout` of 10 s and a `patience` of 0 s, and then run again. \"Paid\" is what the sandbox charged for the take. Whatever
happens, the second take is rendered unless the run stops, no key is paid twice without your word, and no more memory is
used than a take needs. `takesheet sandbox --fault FAULT` does the same to any client ([the sandbox](sandbox.md));
[paying once](paying-once.md) says why it is so.

| in the table | what happens next |
|---|---|
";

const TAIL: &str = "
\"Settle it\" is the `takesheet resolve` command that the message names: `--retake` where it is known to be paid, else also
`--look-up`, `--paid` and `--not-paid`. Until then the take is left alone, everything else is rendered, and the exit code
of a run that goes to its end is 6.
";

impl Ends {
    /// In a cell of the page: whether it was charged, and a word for what happens next.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Take => ("once", "a take"),
            Self::Again { .. } => ("no", "asked again"),
            Self::UploadedAgain => ("no", "uploaded and asked again"),
            Self::Refused | Self::UploadRefused => ("no", "next run"),
            Self::Away => ("no", "later"),
            Self::Stopped | Self::UploadStopped => ("no", "stop"),
            Self::Unsure { charged: false } => ("no, but who knows", "settle it"),
            Self::Unsure { charged: true } => ("yes, but who knows", "settle it"),
            Self::Lost => ("yes", "settle it"),
            Self::UploadAgain => ("free", "sent again"),
        }
    }
}

/// What the words of the last column mean, once.
const LEGEND: [(&str, &str); 8] = [
    ("a take", "the take is on disk; the next run has nothing to do"),
    (
        "asked again",
        "the same run asks again, once it is sure that nothing was charged; exit code 0",
    ),
    (
        "uploaded and asked again",
        "the same, with a fresh upload of the reference",
    ),
    ("sent again", "the same run sends the reference again"),
    ("next run", "the take fails, exit code 1; the next run asks again"),
    ("later", "the take fails, exit code 75; a later run asks again"),
    ("stop", "the run stops, exit code 8; the next run asks again"),
    (
        "settle it",
        "nothing more is bought for this take until you say so; exit code 6",
    ),
];

fn cell(row: &Row) -> String {
    let about = row.about.unwrap_or(row.kind().about);
    let (paid, next) = row.ends.words();
    let shown = row.sees.replace('|', "\\|");
    let faults: Vec<_> = row.faults.split(' ').map(|fault| format!("`{fault}`")).collect();
    format!("| {} | {about} | {shown} | {paid} | {next} |\n", faults.join(" and "))
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    for (word, meaning) in LEGEND {
        writeln!(page, "| {word} | {meaning} |").unwrap();
    }
    page.push_str(TAIL);
    for group in GROUPS {
        writeln!(page, "\n## {}\n\n{}\n", group.title, group.about).unwrap();
        page.push_str("| fault | the request… | what you see | paid | next |\n|---|---|---|---|---|\n");
        page.extend(group.rows.iter().map(cell));
    }
    page
}

#[test]
fn the_page_says_what_the_tests_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/faults.md");
    let expected = page();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        found == expected,
        "docs/faults.md is not what the tests say; `UPDATE=1 cargo test --test cli fault_list` writes it anew"
    );
}

#[test]
fn every_word_of_the_page_is_explained() {
    for row in GROUPS.iter().flat_map(|group| group.rows) {
        let (_, next) = row.ends.words();
        assert!(
            LEGEND.iter().any(|(word, _)| *word == next),
            "`{next}` is not explained"
        );
    }
}
