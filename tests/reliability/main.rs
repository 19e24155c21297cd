//! The program dies, again and again, and nothing is paid for twice or lost.
//!
//! Each story starts the real binary against a sandbox that listens on this machine and keeps its own books, and lets
//! it die of SIGKILL: at a named point (`takesheet::base::crash`), or from outside at any moment; alone, or beside
//! another process on the same store. Then it is run again until nothing changes, what is said to be unsure is settled
//! by the very command that was printed and by what the books of the API say, and the two sides are compared.
//!
//! Only a debug build can be told where to die, so there is nothing here in a release build.
//!
//! `cargo test --test reliability` tells a bounded part. The long run, which prints the table of `docs/reliability.md`
//! and with `UPDATE=1` writes it:
//!
//! ```sh
//! TAKESHEET_KILLS=2000 cargo test --test reliability -- --nocapture
//! ```

#![cfg(debug_assertions)]
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "these tests play the user, who looks into files and starts processes"
)]

mod api;
mod books;
mod dice;
mod machine;
mod nights;
mod page;
mod plan;
mod project;
mod recovery;
mod scenario;
mod stories;
mod tally;
mod wrong;

use tally::{Mode, Tally};

/// How many random stories are told in the bounded part.
const CHANCES: u64 = 40;

fn assert_nothing_wrong(tally: &Tally) {
    assert!(
        tally.wrong.is_empty(),
        "{} went wrong:\n\n{}",
        tally.wrong.len(),
        tally
            .wrong
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n\n")
    );
}

/// How many must die at named points in the bounded part.
const AT_POINTS: usize = 200;

/// No part of it came to nothing.
fn assert_wide_enough(tally: &Tally) {
    let died = Mode::ALL.map(|(mode, words)| (mode, words, tally.sum(Some(mode)).kills));
    for (mode, words, kills) in died {
        assert!(kills >= mode.minimum(), "{words}: only {kills} died");
    }
    let named = died.iter().filter(|(mode, ..)| mode.is_named());
    let kills: usize = named.map(|(.., kills)| kills).sum();
    assert!(kills >= AT_POINTS, "only {kills} died at named points");
}

#[test]
fn every_death_is_survived() {
    let mut tally = Tally::default();
    tally.tell(&plan::firsts());
    let missed = tally.uneventful.clone();
    tally.tell(&plan::laters(&[7]));
    tally.tell(&plan::besides(1));
    tally.tell(&plan::chains());
    tally.tell(&plan::chances(0, CHANCES));
    if let Some(goal) = page::wanted() {
        let mut seed = CHANCES;
        tally.tell(&plan::laters(&[2, 3, 4, 5, 12, 20]));
        tally.tell(&plan::besides(2));
        while tally.sum(None).kills < goal {
            tally.tell(&plan::chances(seed, 50));
            seed += 50;
        }
    }
    println!("{}", page::figures(&tally));
    assert_nothing_wrong(&tally);
    assert!(missed.is_empty(), "nobody died at {missed:?}");
    assert_wide_enough(&tally);
    page::keep(&tally);
}
