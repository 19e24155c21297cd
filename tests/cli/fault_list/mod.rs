//! Every fault of the sandbox, through the real program: what the user sees, what was paid, and what happens next.
//!
//! [`table`] says what is expected of each, [`story`] finds out whether it is so, and [`page`] makes `docs/faults.md` of
//! it. A fault of the sandbox that no row speaks of is a failure.

mod page;
mod story;
mod table;

use story::hold;
use table::{GROUPS, Group};
use takesheet::sandbox::FAULTS;

fn group(title: &str) -> &'static Group {
    GROUPS.iter().find(|group| group.title == title).unwrap()
}

/// One test for each group, so that they are told side by side.
macro_rules! groups {
    ($($name:ident: $title:literal;)*) => {
        $(
            #[test]
            fn $name() {
                hold(group($title));
            }
        )*

        #[test]
        fn every_group_is_told() {
            let told = [$($title),*];
            assert_eq!(told.to_vec(), GROUPS.iter().map(|group| group.title).collect::<Vec<_>>());
        }
    };
}

groups! {
    the_key_or_the_money: "The key or the money";
    refused: "The request is refused";
    too_much_at_once: "Too much at once";
    an_upload_that_is_not_known: "An upload that is not known any more";
    failed_at_the_backend: "Something fails at the backend";
    no_answer: "No answer, or half of one";
    no_audio: "An answer without sound audio";
    a_link: "Audio behind a link";
    odd_but_right: "Odd, and right all the same";
    the_log_does_not_help: "The log does not help";
    uploads: "While a reference is uploaded";
}

#[test]
fn every_fault_has_a_row() {
    let rows = || GROUPS.iter().flat_map(|group| group.rows);
    for kind in FAULTS {
        let has_row = rows().any(|row| row.kind().word == kind.word);
        assert!(has_row, "no row of the list says what comes of `{}`", kind.word);
    }
    for row in rows() {
        let twice = rows().filter(|other| other.faults == row.faults).count();
        assert_eq!(twice, 1, "`{}` has {twice} rows", row.faults);
    }
}
