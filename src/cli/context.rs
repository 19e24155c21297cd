//! What the process finds around it, read once: variables, working folder, and what its streams are.

use super::{
    args::{Colour, Global},
    exit::Exit,
};
use crate::{
    base::time::{Clock, SystemClock},
    report::look::{self, Look},
    service::{self, Environment},
    ui::Terminal,
};
use std::{io::IsTerminal, path::PathBuf, sync::Arc};

/// Handed to every command.
#[derive(Clone, Debug)]
pub(super) struct Context {
    /// Variables and the working folder.
    pub(super) environment: Environment,
    /// The clock.
    pub(super) clock: Arc<dyn Clock>,
    /// Options of every command.
    pub(super) global: Global,
    /// What standard error shows.
    pub(super) look: Look,
    /// What standard output shows.
    pub(super) data_look: Look,
}

impl Context {
    /// Looks around.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the process's surroundings"
    )]
    pub(super) fn read(global: Global) -> std::io::Result<Self> {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        let environment = Environment {
            vars: std::env::vars_os().filter_map(text).collect(),
            folder: std::env::current_dir()?,
        };
        let (stdout, stderr) = (std::io::stdout(), std::io::stderr());
        let columns = |size: (terminal_size::Width, terminal_size::Height)| usize::from(size.0.0);
        let width = |is_terminal: bool, size: Option<(terminal_size::Width, terminal_size::Height)>| {
            is_terminal.then(|| size.map_or(80, columns))
        };
        let look = look_of(
            &environment,
            global,
            width(stderr.is_terminal(), terminal_size::terminal_size_of(&stderr)),
        );
        let data_look = look_of(
            &environment,
            global,
            width(stdout.is_terminal(), terminal_size::terminal_size_of(&stdout)),
        );
        Ok(Self {
            environment,
            clock: Arc::new(SystemClock::start()),
            global,
            look,
            data_look,
        })
    }

    /// The process's streams.
    pub(super) fn terminal(&self) -> Terminal {
        Terminal::standard(self.look, self.data_look.colour)
    }

    /// The one pipeline to work on: that named, or the one found here or above.
    pub(super) fn pipeline(&self, named: Option<&PathBuf>, terminal: &mut Terminal) -> Result<PathBuf, Exit> {
        let named: Vec<_> = named.into_iter().cloned().collect();
        self.pipelines(&named, terminal).map(|mut files| files.swap_remove(0))
    }

    /// The pipeline that is found here or above, as the user would name it.
    pub(super) fn pipeline_here(&self) -> Option<PathBuf> {
        let folder = &self.environment.folder;
        let found = service::find_pipeline(folder)?;
        Some(match found.strip_prefix(folder) {
            Ok(below) => below.to_owned(),
            Err(_) => service::shown(&found, folder).into(),
        })
    }

    /// The pipelines to work on: those named, or the one found here or above.
    pub(super) fn pipelines(&self, named: &[PathBuf], terminal: &mut Terminal) -> Result<Vec<PathBuf>, Exit> {
        if !named.is_empty() {
            // A glob that catches the pipelines catches their take sheets too.
            let is_sheet = |path: &PathBuf| path.to_string_lossy().ends_with(".takes.yaml");
            let files: Vec<_> = named.iter().filter(|path| !is_sheet(path)).cloned().collect();
            if files.is_empty() {
                terminal.say("error: a take sheet is no pipeline; name the file beside it without `.takes`\n");
                return Err(Exit::Usage);
            }
            return Ok(files);
        }
        if let Some(file) = self.pipeline_here() {
            return Ok(vec![file]);
        }
        terminal.say("error: no pipeline named, and no takesheet.yaml here or above\n");
        terminal.say("help: name one, or write a first one with `takesheet init`\n");
        Err(Exit::Usage)
    }
}

fn look_of(environment: &Environment, global: Global, width: Option<usize>) -> Look {
    let colour = match global.color {
        Colour::Auto => look::Colour::Auto,
        Colour::Always => look::Colour::Always,
        Colour::Never => look::Colour::Never,
    };
    let look = Look::choose(colour, |name| environment.vars.get(name).cloned(), width);
    Look {
        tty: look.tty && !global.no_progress,
        ..look
    }
}
