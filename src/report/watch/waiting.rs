//! The last line of a terminal: what is waited for, and the keys that mean something now.

use crate::{
    base::{
        money::{Total, Usd},
        words,
    },
    report::{
        layout,
        look::{Ink, Look},
    },
};

/// What a watch waits for, or is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The first plan of a pipeline is still to come.
    pub begins: bool,
    /// A run is under way.
    pub runs: bool,
    /// It ends as soon as nothing is under way.
    pub leaves: bool,
    /// Changes are gathered: so many files by now.
    pub paused: Option<usize>,
    /// So many files changed at once, and somebody is asked.
    pub asks: Option<usize>,
    /// So many pipelines have errors.
    pub broken: usize,
    /// So many takes wait to be bought.
    pub offered: usize,
    /// What they cost.
    pub total: Total,
    /// They are retakes.
    pub retakes: bool,
    /// So many takes wait for a person.
    pub held: usize,
    /// What is left of the budget.
    pub left: Option<Usd>,
    /// What was spent.
    pub spent: Total,
}

/// Between what is waited for and the keys.
const GAP: &str = "   ";

/// The line, without a line end; none before anything is known, and while a run is shown, which moves by itself.
pub fn waiting(standing: &Standing, look: &Look) -> Option<String> {
    if standing.begins || standing.runs || standing.leaves {
        return None;
    }
    let (verb, what, keys) = parts(standing);
    let start = format!(" {}  ", layout::pad(verb, 7));
    let room = look.width.saturating_sub(layout::width(&start) + 1);
    let what = layout::cut(&what, room);
    let mut keys = keys;
    let hints = |keys: &[&str]| keys.join(" · ");
    while !keys.is_empty() && layout::width(&what) + GAP.len() + layout::width(&hints(&keys)) > room {
        // The first ones are about what is waited for, the last one is how to leave.
        let least = keys.len().saturating_sub(2).max(usize::from(keys.len() > 1));
        keys.remove(least.min(keys.len() - 1));
    }
    let hints = if keys.is_empty() {
        String::new()
    } else {
        format!("{GAP}{}", look.paint(Ink::Dim, &hints(&keys)))
    };
    let ink = if standing.asks.is_some() {
        Ink::Yellow
    } else {
        Ink::Cyan
    };
    let line = format!("{}{what}{hints}", start.replacen(verb, &look.paint(ink, verb), 1));
    Some(look.spell(&line).into_owned())
}

fn parts(standing: &Standing) -> (&'static str, String, Vec<&'static str>) {
    if let Some(files) = standing.asks {
        let what = format!(
            "{} changed at once: did you switch branches?",
            words::count(files, "file")
        );
        return ("ASKING", what, vec!["y render", "n leave it", "q quit"]);
    }
    if let Some(gathered) = standing.paused {
        let what = match gathered {
            0 => "nothing changed so far".to_owned(),
            files => format!("{} changed so far", words::count(files, "file")),
        };
        return ("PAUSED", what, vec!["p go on", "? help", "q quit"]);
    }
    if standing.offered > 0 {
        let noun = if standing.retakes { "retake" } else { "take" };
        let takes = words::count(standing.offered, noun);
        let left = standing.left.map_or(String::new(), |left| format!(" · {left} left"));
        let what = format!("{takes} to buy for {}{left}", standing.total);
        return ("WAITING", what, vec!["b buy", "d draft", "p pause", "? help", "q quit"]);
    }
    let what = match (standing.broken, standing.held) {
        (0, 0) => "for a change".to_owned(),
        (0, held) => format!("for a change · {} wait for you", words::count(held, "take")),
        _ => "for the errors to be mended".to_owned(),
    };
    ("WAITING", what, vec!["r retake", "p pause", "? help", "q quit"])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(standing: Standing, width: usize) -> String {
        let look = Look {
            tty: true,
            width,
            ..Look::PLAIN
        };
        waiting(&standing, &look).unwrap()
    }

    fn offered() -> Standing {
        Standing {
            offered: 2,
            total: Total {
                known: Usd::parse("0.063").unwrap(),
                unknown: 0,
            },
            left: Usd::parse("1.92"),
            ..Standing::default()
        }
    }

    #[test]
    fn what_is_waited_for_comes_with_its_keys() {
        assert_eq!(
            line(Standing::default(), 120),
            " WAITING  for a change   r retake · p pause · ? help · q quit"
        );
        assert_eq!(
            line(offered(), 120),
            " WAITING  2 takes to buy for $0.063 · $1.92 left   b buy · d draft · p pause · ? help · q quit"
        );
        let asks = Standing {
            asks: Some(21),
            ..offered()
        };
        assert_eq!(
            line(asks, 120),
            " ASKING   21 files changed at once: did you switch branches?   y render · n leave it · q quit"
        );
        let paused = Standing {
            paused: Some(1),
            ..offered()
        };
        assert_eq!(
            line(paused, 120),
            " PAUSED   1 file changed so far   p go on · ? help · q quit"
        );
        let broken = Standing {
            broken: 1,
            ..Standing::default()
        };
        assert!(line(broken, 120).starts_with(" WAITING  for the errors to be mended   "));
    }

    #[test]
    fn it_never_wraps_and_how_to_leave_goes_last() {
        for width in 40..120 {
            let line = line(offered(), width);
            assert!(layout::width(&line) < width, "{width}: {line}");
        }
        assert!(
            line(offered(), 80).ends_with("b buy · d draft · q quit"),
            "{}",
            line(offered(), 80)
        );
        let runs = Standing {
            runs: true,
            ..offered()
        };
        assert_eq!(waiting(&runs, &Look::PLAIN), None);
    }
}
