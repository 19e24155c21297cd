//! The account that pays: a sandbox on loopback, and its books.

use std::{net::Ipv4Addr, sync::OnceLock, thread, time::Duration};
use takesheet::{
    base::secret::Secret,
    sandbox::{Options, Rules, Sandbox, Sold, Sound},
};
use tokio::runtime::Runtime;

/// The only key the API takes.
pub(crate) const KEY: &str = "canary-0c9de41b7f25a863";

const GENERATE: &str = "/v2/generate/audio/minimax/generate";

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap()
    })
}

/// What an account is like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// What goes wrong.
    pub(crate) faults: &'static [&'static str],
    /// How long a render takes.
    pub(crate) delay: Duration,
    pub(crate) sound: Sound,
    /// Whether its log tells of a call at once, or not while anybody waits.
    pub(crate) logs_at_once: bool,
    /// Whether an answer says what it cost.
    pub(crate) says_cost: bool,
}

/// Longer than anybody waits here.
const LATE: Duration = Duration::from_secs(3600);

#[derive(Debug)]
pub(crate) struct Api(Sandbox);

impl Api {
    pub(crate) fn start(terms: Terms) -> Self {
        let options = Options {
            key: Some(Secret::new(KEY)),
            sound: terms.sound,
            delay: terms.delay,
            log_delay: if terms.logs_at_once { Duration::ZERO } else { LATE },
            rules: Rules {
                cost_headers: terms.says_cost,
                ..Rules::default()
            },
            faults: terms.faults.iter().map(|fault| fault.parse().unwrap()).collect(),
            ..Options::default()
        };
        let listen = (Ipv4Addr::LOCALHOST, 0).into();
        Self(runtime().block_on(Sandbox::start(listen, options)).unwrap())
    }

    pub(crate) fn base(&self) -> String {
        self.0.base_url()
    }

    /// Everything that was ever charged, once nothing is under way any more.
    pub(crate) fn sold(&self) -> Vec<Sold> {
        while !self.0.is_idle() {
            thread::sleep(Duration::from_millis(5));
        }
        self.0.sold()
    }

    /// Renders that were admitted so far.
    pub(crate) fn admitted(&self) -> usize {
        self.0.counts().generations
    }

    /// Paid calls that arrived so far, whatever came of them.
    pub(crate) fn asked(&self) -> usize {
        self.0.log().iter().filter(|seen| seen.path == GENERATE).count()
    }
}
