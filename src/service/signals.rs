//! Ctrl-C and SIGTERM as messages.

use crate::event::StopCause;
use tokio::sync::mpsc;

/// Every interrupt and termination from now on, in order. The first Ctrl-C asks, the second leaves.
pub fn stop_requests() -> mpsc::UnboundedReceiver<StopCause> {
    let (sender, receiver) = mpsc::unbounded_channel();
    let interrupts = sender.clone();
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() && interrupts.send(StopCause::Interrupted).is_ok() {}
    });
    #[cfg(unix)]
    tokio::spawn(async move {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminations) = signal(SignalKind::terminate()) else {
            return;
        };
        while terminations.recv().await.is_some() && sender.send(StopCause::Terminated).is_ok() {}
    });
    receiver
}
