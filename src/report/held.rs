//! What is said of a pipeline that another run holds.
//!
//! Pure. Knows nothing of locks.

use crate::base::{time::Timestamp, words};
use std::time::Duration;

/// `another run of song.yaml is under way (pid 4711, since 03:00:12 UTC, 4m 10s ago)`.
pub fn held(
    file: &str,
    (pid, schedule): (Option<u32>, Option<&str>),
    since: Option<Timestamp>,
    now: Timestamp,
) -> String {
    let mut known: Vec<String> = pid.map(|pid| format!("pid {pid}")).into_iter().collect();
    if let Some(since) = since {
        let ago = Duration::try_from(now.duration_since(since)).unwrap_or_default();
        known.push(format!("since {}", since.strftime("%H:%M:%S UTC")));
        known.push(format!("{} ago", words::duration(ago)));
    }
    known.extend(schedule.map(|name| format!("schedule {name}")));
    let known = if known.is_empty() {
        String::new()
    } else {
        format!(" ({})", known.join(", "))
    };
    format!("another run of {file} is under way{known}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_holds_it_is_told_as_far_as_it_is_known() {
        let at = |text: &str| text.parse().unwrap();
        let now = at("2026-11-24T03:04:22Z");
        assert_eq!(
            held(
                "song.yaml",
                (Some(4711), Some("nightly")),
                Some(at("2026-11-24T03:00:12Z")),
                now
            ),
            "another run of song.yaml is under way (pid 4711, since 03:00:12 UTC, 4m 10s ago, schedule nightly)"
        );
        assert_eq!(
            held("song.yaml", (None, None), None, now),
            "another run of song.yaml is under way"
        );
    }
}
