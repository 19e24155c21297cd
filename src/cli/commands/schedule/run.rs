//! `takesheet schedule run`: the foreground service, and with `--once` what is due now.

use super::{
    errand::{Renderer, Report},
    reader::{self, Files},
    speaker::{Speaker, shown},
    unknown,
};
use crate::{
    cli::{args::ScheduleRunArgs, commands::render::runtime, context::Context, exit::Exit, failure},
    report::schedules::unread,
    service::{
        self, GatherError, PlanOptions, StoreUse,
        schedule::{Keeper, Note, Pipeline},
    },
    store::Store,
    ui::{Heard, Terminal},
};
use std::{
    collections::{HashMap, hash_map::Entry},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::sync::mpsc;

/// Runs what is due.
pub(super) fn run(context: &Context, mut terminal: Terminal, args: &ScheduleRunArgs) -> (Terminal, Exit) {
    let (pipelines, worst) = match ready(context, &mut terminal, args) {
        Ok(ready) => ready,
        Err(exit) => return (terminal, exit),
    };
    let runtime = match runtime(&mut terminal) {
        Ok(runtime) => runtime,
        Err(exit) => return (terminal, exit),
    };
    let (terminal, exit) = runtime.block_on(keep(context, terminal, args, pipelines));
    // After a second Ctrl-C calls are still open; nobody waits for them.
    runtime.shutdown_background();
    (terminal, exit.max(worst))
}

/// The pipelines to be kept, each checked as a whole. One that is wrong ends the service before it begins, and is left
/// out with `--once`.
fn ready(context: &Context, terminal: &mut Terminal, args: &ScheduleRunArgs) -> Result<(Vec<Pipeline>, Exit), Exit> {
    let mut stores = HashMap::new();
    let (mut pipelines, mut names, mut worst) = (Vec::<Pipeline>::new(), Vec::new(), Exit::Done);
    for file in context.pipelines(&args.which.pipelines, terminal)? {
        // Where a service was started says nothing to whoever reads its mail.
        let file = context.environment.folder.join(file);
        match pipeline(context, &file, &mut stores) {
            // The same by another name would take every occasion for one that this process began and dropped.
            Ok((found, _)) if pipelines.iter().any(|known| is_same(known, &found)) => {}
            Ok((found, schedules)) => {
                names.extend(schedules);
                let looks_back = args.since.unwrap_or_default();
                pipelines.push(Pipeline { looks_back, ..found });
            }
            Err(error) if args.once => worst = worst.max(left_out(context, terminal, (&file, &error))),
            Err(error) => worst = worst.max(failure::gather(context, terminal, &error)),
        }
    }
    if worst != Exit::Done && (!args.once || pipelines.is_empty()) {
        return Err(worst);
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if let Some(wrong) = args.which.schedule.iter().find(|name| !names.contains(&name.as_str())) {
        return Err(unknown(terminal, wrong, &names));
    }
    if names.is_empty() && !args.once {
        terminal.say("error: nothing to run: a pipeline has its times under `schedules:`\n");
        return Err(Exit::NothingSelected);
    }
    if names.is_empty() && !context.global.quiet {
        terminal.say("nothing to run: a pipeline has its times under `schedules:`\n");
    }
    Ok((pipelines, worst))
}

/// Whether two are one file of one project.
fn is_same(one: &Pipeline, other: &Pipeline) -> bool {
    Arc::ptr_eq(&one.store, &other.store) && one.known_as == other.known_as
}

/// Says why nothing of a pipeline is run, as one block.
fn left_out(context: &Context, terminal: &mut Terminal, (file, error): (&Path, &GatherError)) -> Exit {
    let (mut own, heard) = Heard::terminal();
    let exit = failure::gather(context, &mut own, error);
    let file = shown(context, file);
    terminal.say(&unread(&file, &heard.text(), "what is due is run the next time"));
    exit
}

/// A pipeline with the names of its schedules; those of a project share its store.
fn pipeline(
    context: &Context,
    file: &Path,
    stores: &mut HashMap<PathBuf, Arc<Store>>,
) -> Result<(Pipeline, Vec<String>), GatherError> {
    // A store is made only where there is a pipeline.
    service::schedules_of(file, &context.environment)?;
    let project = service::project_of(file, &context.environment);
    let store = match stores.entry(project.root.clone()) {
        Entry::Occupied(known) => Arc::clone(known.get()),
        Entry::Vacant(place) => {
            let store = Store::open(&project.root, Arc::clone(&context.clock))?;
            Arc::clone(place.insert(Arc::new(store)))
        }
    };
    let options = PlanOptions {
        file: file.to_owned(),
        ..PlanOptions::default()
    };
    let held = StoreUse::Held(Arc::clone(&store));
    let gathered = service::check(&options, &context.environment, &context.clock, &held)?;
    let names = gathered.pipeline.schedules.into_iter().map(|schedule| schedule.name);
    let found = Pipeline {
        file: file.to_owned(),
        known_as: project.name_of(file),
        store,
        looks_back: Duration::ZERO,
    };
    Ok((found, names.collect()))
}

/// Keeps the pipelines, while what happens is told.
async fn keep(
    context: &Context,
    terminal: Terminal,
    args: &ScheduleRunArgs,
    pipelines: Vec<Pipeline>,
) -> (Terminal, Exit) {
    let stops = service::stop_requests();
    let (report, reports) = mpsc::unbounded_channel();
    let (note, notes) = mpsc::unbounded_channel();
    let no_lock = args.no_lock || context.environment.get("TAKESHEET_NO_LOCK").is_some();
    let runner = Arc::new(Renderer::new(context, no_lock, report));
    let (files, reads) = Files::new(context, args.which.schedule.clone());
    // Whoever tells outlives the keeper.
    let listener = move |happened: Note<String>| _ = note.send(happened);
    let clock = Arc::clone(&context.clock);
    let speaker = Speaker::new(context, terminal, args.once);
    let told = tokio::spawn(tell(speaker, notes, reports));
    let keeper = Keeper::new(pipelines, clock, runner, files, listener);
    if args.once {
        keeper.once(stops).await;
    } else {
        let (change, changed) = mpsc::unbounded_channel();
        let following = tokio::spawn(reader::follow(reads, change));
        keeper.keep(changed, stops).await;
        following.abort();
    }
    told.await.unwrap_or_else(|_| (context.terminal(), Exit::Machine))
}

/// Tells what happens until nothing more can. What a run said comes before the word that it ended.
async fn tell(
    mut speaker: Speaker,
    mut notes: mpsc::UnboundedReceiver<Note<String>>,
    mut reports: mpsc::UnboundedReceiver<Report>,
) -> (Terminal, Exit) {
    loop {
        tokio::select! {
            biased;
            Some(report) = reports.recv() => speaker.over(&report),
            note = notes.recv() => match note {
                Some(note) => speaker.note(&note),
                None => break,
            },
        }
    }
    while let Ok(report) = reports.try_recv() {
        speaker.over(&report);
    }
    speaker.close()
}
