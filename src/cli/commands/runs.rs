//! `takesheet runs`: earlier runs, folded from their stored events.

use crate::{
    base::money::Total,
    cli::{
        args::{RunsArgs, RunsCommand},
        context::Context,
        exit::Exit,
        failure,
    },
    event::RunState,
    report::run::{self, RunDocument, summary},
    service::{Project, shown},
    store::{RunRow, Store, StoreError},
    ui::{Live, Terminal, Watching},
};
use std::sync::Arc;

/// Shows what was asked for.
pub(super) fn runs(context: &Context, mut terminal: Terminal, args: &RunsArgs) -> (Terminal, Exit) {
    let project = Project::of(&context.environment.folder.join(&args.folder));
    let store = match Store::open_existing(&project.root, Arc::clone(&context.clock)) {
        Ok(Some(store)) => store,
        Ok(None) => {
            terminal.say("nothing was run in this project yet\n");
            return (terminal, Exit::NothingSelected);
        }
        Err(error) => {
            let exit = failure::store(&mut terminal, &error);
            return (terminal, exit);
        }
    };
    let done = match &args.what {
        RunsCommand::List { number } => list(&store, &mut terminal, *number),
        RunsCommand::Show { run, json } => {
            let takes = shown(&project.takes(), &context.environment.folder);
            state(&store, &mut terminal, run.as_deref()).map(|state| match state {
                None => Exit::NothingSelected,
                Some(state) if *json => data(&mut terminal, &RunDocument::of(&state).to_json()),
                Some(state) => {
                    let look = &context.data_look;
                    let heard = run::takes(&state, look);
                    data(&mut terminal, &(heard + &summary(&state, &takes, look)))
                }
            })
        }
        RunsCommand::Replay { run } => return replay(context, &store, terminal, run.as_deref()),
    };
    let exit = done.unwrap_or_else(|error| failure::store(&mut terminal, &error));
    (terminal, exit)
}

fn data(terminal: &mut Terminal, text: &str) -> Exit {
    terminal.data(text);
    Exit::Done
}

fn list(store: &Store, terminal: &mut Terminal, number: usize) -> Result<Exit, StoreError> {
    for row in store.runs(number)? {
        let RunRow {
            run,
            pipeline,
            started,
            end,
            spent,
            alive,
            ..
        } = row;
        let state = match (end, alive) {
            (Some((_, end)), _) => end.word(),
            (None, true) => "running",
            (None, false) => "killed",
        };
        let cost = match spent {
            free if free == Total::default() => String::new(),
            spent => format!("  {spent}"),
        };
        terminal.data(&format!(
            "{run}  {}  {pipeline}  {state}{cost}\n",
            started.strftime("%Y-%m-%d %H:%M:%SZ")
        ));
    }
    Ok(Exit::Done)
}

fn state(store: &Store, terminal: &mut Terminal, run: Option<&str>) -> Result<Option<RunState>, StoreError> {
    match named_or_latest(store, terminal, run)? {
        Some(run) => Ok(Some(RunState::replay(&store.records(&run)?))),
        None => Ok(None),
    }
}

fn replay(context: &Context, store: &Store, mut terminal: Terminal, run: Option<&str>) -> (Terminal, Exit) {
    let records = match named_or_latest(store, &mut terminal, run) {
        Ok(Some(run)) => store.records(&run),
        Ok(None) => return (terminal, Exit::NothingSelected),
        Err(error) => Err(error),
    };
    match records {
        Ok(records) => {
            let mut live = Live::new(
                terminal,
                Watching {
                    quiet: context.global.quiet,
                    events: false,
                },
            );
            records.iter().for_each(|record| live.record(record));
            (live.close().0, Exit::Done)
        }
        Err(error) => {
            let exit = failure::store(&mut terminal, &error);
            (terminal, exit)
        }
    }
}

fn named_or_latest(store: &Store, terminal: &mut Terminal, run: Option<&str>) -> Result<Option<String>, StoreError> {
    let rows = store.runs(usize::MAX)?;
    let found = rows
        .into_iter()
        .find(|row| run.is_none_or(|run| row.run == run))
        .map(|row| row.run);
    if found.is_none() {
        terminal.say("error: there is no such run; `takesheet runs list` names them\n");
    }
    Ok(found)
}
