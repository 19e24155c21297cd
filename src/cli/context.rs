//! What the process finds around it, read once: variables, working folder, and what its streams are.

use super::args::{Colour, Global};
use crate::{base::time::{Clock, SystemClock}, service::Environment};
use std::{io::IsTerminal, sync::Arc};

/// Handed to every command.
#[derive(Clone, Debug)]
pub(super) struct Context {
    /// Variables and the working folder.
    pub(super) environment: Environment,
    /// The clock.
    pub(super) clock: Arc<dyn Clock>,
    /// Options of every command.
    pub(super) global: Global,
    /// Standard output is a terminal.
    pub(super) stdout_is_terminal: bool,
    /// Standard error is a terminal.
    pub(super) stderr_is_terminal: bool,
}

impl Context {
    /// Looks around.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the process's surroundings")]
    pub(super) fn read(global: Global) -> std::io::Result<Self> {
        let vars = std::env::vars_os();
        let text = vars.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Ok(Self {
            environment: Environment { vars: text.collect(), folder: std::env::current_dir()? },
            clock: Arc::new(SystemClock::start()),
            global,
            stdout_is_terminal: std::io::stdout().is_terminal(),
            stderr_is_terminal: std::io::stderr().is_terminal(),
        })
    }

    /// Whether a stream gets colour: the flag, then `NO_COLOR`, then `CLICOLOR_FORCE`, then what the stream is.
    pub(super) fn has_colour(&self, is_terminal: bool) -> bool {
        let set = |name: &str| self.environment.get(name).is_some_and(|value| value != "0");
        match self.global.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto if set("NO_COLOR") => false,
            Colour::Auto if set("CLICOLOR_FORCE") || set("FORCE_COLOR") => true,
            Colour::Auto => is_terminal && !self.is_dumb() && self.environment.get("CLICOLOR") != Some("0"),
        }
    }

    /// A terminal that cannot move its cursor.
    pub(super) fn is_dumb(&self) -> bool {
        self.environment.get("TERM") == Some("dumb")
    }

    /// Whether the locale shows more than ASCII.
    pub(super) fn has_unicode(&self) -> bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| self.environment.get(name));
        let names_utf8 = locale.is_some_and(|locale| locale.to_lowercase().replace('-', "").contains("utf8"));
        names_utf8 || cfg!(any(windows, target_os = "macos"))
    }
}
