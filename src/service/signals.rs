//! Ctrl-C, SIGTERM and a closed terminal as messages.

use crate::event::StopCause;
#[cfg(unix)]
use crate::store::fs;
use tokio::sync::mpsc;

/// Every interrupt and termination from now on, in order. The first Ctrl-C asks, the second leaves. From now on none of
/// them ends the program by itself. Must be called within a runtime.
pub fn stop_requests() -> mpsc::UnboundedReceiver<StopCause> {
    let (sender, receiver) = mpsc::unbounded_channel();
    #[cfg(unix)]
    {
        use tokio::signal::unix::SignalKind;
        listen(SignalKind::interrupt(), StopCause::Interrupted, sender.clone());
        listen(SignalKind::terminate(), StopCause::Terminated, sender.clone());
        // A closed terminal must not cost the paid calls under way; under `nohup` it is to be of no account.
        if !hangup_is_ignored() {
            listen(SignalKind::hangup(), StopCause::Terminated, sender);
        }
    }
    #[cfg(not(unix))]
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() && sender.send(StopCause::Interrupted).is_ok() {}
    });
    receiver
}

/// What comes from the moment this returns is heard, however late the task gets its turn.
#[cfg(unix)]
fn listen(kind: tokio::signal::unix::SignalKind, cause: StopCause, sender: mpsc::UnboundedSender<StopCause>) {
    let Ok(mut signals) = tokio::signal::unix::signal(kind) else {
        return;
    };
    tokio::spawn(async move { while signals.recv().await.is_some() && sender.send(cause).is_ok() {} });
}

/// Whether this process was started with SIGHUP ignored. Only Linux tells without unsafe code.
#[cfg(unix)]
fn hangup_is_ignored() -> bool {
    let status = fs::read_text(std::path::Path::new("/proc/self/status"));
    status.ok().flatten().is_some_and(|status| ignores_hangup(&status))
}

/// Reads the mask of ignored signals, lowest bit first, of which SIGHUP is the first.
#[cfg(unix)]
fn ignores_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 == 1)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn nohup_is_respected() {
        assert!(ignores_hangup("Name:\tx\nSigIgn:\t0000000000001001\nSigCgt:\t0"));
        assert!(!ignores_hangup("Name:\tx\nSigIgn:\t0000000000001000\nSigCgt:\t1"));
        assert!(!ignores_hangup("no mask"));
    }
}
