//! Named points at which a debug build dies when it is told to: what is on disk at that moment is what a power button
//! or `kill -9` would leave of the process.
//!
//! `TAKESHEET_CRASH_AT=NAME` kills the process the first time it passes the point of that name, `NAME:3` the third time,
//! `any:40` at the fortieth point of whatever name. It dies of SIGKILL where the system knows it, else by `abort`:
//! nothing unwinds, no buffer is written out, no file is tidied up.
//!
//! Knows nothing of what happens between its points, and nothing of the environment: whoever reads that hands the
//! wish to [`arm`]. Invariants: a release build has none of this, neither the points nor the variable's name; each
//! entry of [`POINTS`] is the name of a place in the source, and the other way round.

/// Dies here if told to. In a release build it is nothing at all.
#[inline]
#[cfg(not(debug_assertions))]
pub const fn point(_: &'static str) {}

#[cfg(debug_assertions)]
pub use armed::{VARIABLE, arm, point};
#[cfg(debug_assertions)]
pub use points::POINTS;

#[cfg(debug_assertions)]
mod points;

#[cfg(debug_assertions)]
mod armed {
    use super::POINTS;
    use std::sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    };

    /// The variable that holds the wish.
    pub const VARIABLE: &str = "TAKESHEET_CRASH_AT";

    /// Stands for every name.
    const ANY: &str = "any";

    static ARMED: OnceLock<Armed> = OnceLock::new();

    /// Where this process is to die.
    #[derive(Debug)]
    struct Armed {
        /// Nothing for any point.
        name: Option<&'static str>,
        /// How often it is passed until then, that time included.
        left: AtomicU64,
    }

    /// Dies here if told to.
    pub fn point(name: &'static str) {
        let Some(armed) = ARMED.get() else { return };
        let is_meant = armed.name.is_none_or(|meant| meant == name);
        if is_meant && armed.left.fetch_sub(1, Ordering::SeqCst) == 1 {
            die();
        }
    }

    /// Takes the wish: `NAME`, `NAME:N` or `any:N`. The error is a sentence.
    pub fn arm(wish: &str) -> Result<(), String> {
        let armed = parse(wish).ok_or_else(|| format!("{VARIABLE}={wish} names no point at which to die"))?;
        // Only the first wish counts; there is one in a process.
        drop(ARMED.set(armed));
        Ok(())
    }

    fn parse(wish: &str) -> Option<Armed> {
        let (name, count) = wish.split_once(':').unwrap_or((wish, "1"));
        let name = match name {
            ANY => None,
            name => Some(POINTS.iter().find(|(known, _)| *known == name)?.0),
        };
        let left = count.parse().ok().filter(|count| *count > 0)?;
        Some(Armed {
            name,
            left: AtomicU64::new(left),
        })
    }

    #[cfg(unix)]
    fn die() -> ! {
        use rustix::process::{Signal, getpid, kill_process};
        // It cannot fail: a process may kill itself.
        let _ = kill_process(getpid(), Signal::KILL);
        loop {
            std::thread::park();
        }
    }

    #[cfg(not(unix))]
    fn die() -> ! {
        std::process::abort()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_wish_names_a_point_and_a_time() {
            let read = |wish: &str| parse(wish).map(|armed| (armed.name, armed.left.into_inner()));
            assert_eq!(read("ledger.claim.after"), Some((Some("ledger.claim.after"), 1)));
            assert_eq!(read("file.linked:12"), Some((Some("file.linked"), 12)));
            assert_eq!(read("any:7"), Some((None, 7)));
            for wish in ["", "nowhere", "any:0", "any:-1", "any:x", ":1", "ledger.claim.after:"] {
                assert_eq!(read(wish), None, "{wish}");
            }
            assert_eq!(
                arm("nowhere").unwrap_err(),
                "TAKESHEET_CRASH_AT=nowhere names no point at which to die"
            );
        }
    }
}

#[cfg(test)]
#[cfg(debug_assertions)]
mod tests;
