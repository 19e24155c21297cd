//! `takesheet gc`: lists what the store holds and nothing refers to, what it would cost to render again, and deletes it
//! on request. The rule of what may go is the store's.

use crate::{
    base::{
        money::{Price, Total},
        time::day,
        words,
    },
    cli::{args::GcArgs, context::Context, exit::Exit, failure},
    service::{Project, shown},
    store::{CollectError, IdleTake, Part, Store, Survey},
    ui::Terminal,
};
use serde::Serialize;
use std::{path::Path, sync::Arc};

/// Names the document and its version.
const SCHEMA: &str = "takesheet.gc/1";

/// What was found or deleted, as `gc --json` prints it. Fields are only ever added within a version.
#[derive(Serialize)]
struct Document {
    schema: &'static str,
    /// Whether it is gone now.
    deleted: bool,
    takes: Vec<TakeDocument>,
    parts: Vec<PartDocument>,
    leftovers: Vec<FileDocument>,
    /// Bytes freed, or to be freed.
    bytes: u64,
    /// What the known prices of rendering the takes again add up to, as a decimal.
    price_again: String,
    /// How many takes have no known price; `price_again` leaves them out.
    unknown_prices: u32,
    /// How many takes are needed and stay.
    needed: usize,
}

#[derive(Serialize)]
struct TakeDocument {
    names: Vec<String>,
    key: String,
    digest: String,
    bytes: u64,
    rendered_at: String,
    paid: Price,
    price_again: Price,
    must_be_named: bool,
}

#[derive(Serialize)]
struct PartDocument {
    digest: String,
    file: String,
    bytes: u64,
    of: Vec<String>,
    must_be_named: bool,
}

#[derive(Serialize)]
struct FileDocument {
    file: String,
    bytes: u64,
}

/// Lists, or deletes.
pub(super) fn gc(context: &Context, terminal: &mut Terminal, args: &GcArgs) -> Exit {
    match perform(context, terminal, args) {
        Ok(exit) => exit,
        Err(CollectError::Store(error)) => failure::store(terminal, &error),
        Err(error @ CollectError::Busy) => {
            terminal.say(&format!("error: {error}\nhelp: try again when it is over\n"));
            Exit::Temporary
        }
    }
}

fn perform(context: &Context, terminal: &mut Terminal, args: &GcArgs) -> Result<Exit, CollectError> {
    let project = Project::of(&context.environment.folder.join(&args.folder));
    let Some(store) = Store::open_existing(&project.root, Arc::clone(&context.clock))? else {
        terminal.say("nothing was run in this project yet\n");
        return Ok(Exit::NothingSelected);
    };
    let mut survey = store.survey()?;
    survey.narrow(&args.what);
    if survey.is_empty() && !args.what.is_empty() {
        terminal.say("error: nothing of that name can be deleted: it is not in the store, or something refers to it\n");
        return Ok(Exit::NothingSelected);
    }
    let mut freed = survey.bytes();
    if args.delete {
        if args.what.is_empty() {
            survey.without_named();
        }
        freed = store.collect(&survey)?;
    }
    let folder = &context.environment.folder;
    if args.json {
        let document = document(&survey, (args.delete, freed), folder);
        let text = serde_json::to_string_pretty(&document).expect("names and numbers are always JSON");
        terminal.data(&(text + "\n"));
    } else {
        list(terminal, &survey, folder);
        if !context.global.quiet {
            terminal.say(&closing(&survey, args, freed));
        }
    }
    Ok(Exit::Done)
}

fn list(terminal: &mut Terminal, survey: &Survey, folder: &Path) {
    for take in &survey.takes {
        let latest = if take.is_latest { "  the latest of its name" } else { "" };
        terminal.data(&format!(
            "{}  {}  {}  rendered {}  {} to render again{latest}\n",
            name(take),
            take.key.0.short(),
            words::size(take.bytes),
            day(take.at),
            take.again,
        ));
    }
    for part in &survey.parts {
        terminal.data(&format!(
            "{}  {}  audio of no take{}  {}\n",
            part.digest.short(),
            words::size(part.bytes),
            doubts(part),
            shown(&part.path, folder),
        ));
    }
    for left in &survey.leftovers {
        terminal.data(&format!(
            "{}  {}  left by a process that is gone\n",
            shown(&left.path, folder),
            words::size(left.bytes)
        ));
    }
}

fn name(take: &IdleTake) -> String {
    let names: Vec<_> = take.names.iter().map(|(_, name)| name.as_str()).collect();
    if names.is_empty() {
        "a take without a name".to_owned()
    } else {
        names.join(", ")
    }
}

fn doubts(part: &Part) -> String {
    if part.of.is_empty() {
        String::new()
    } else {
        format!(", kept from the unsure call of {}", part.of.join(", "))
    }
}

fn again(survey: &Survey) -> Total {
    let mut total = Total::default();
    survey.takes.iter().for_each(|take| total.add(take.again));
    total
}

fn closing(survey: &Survey, args: &GcArgs, freed: u64) -> String {
    let takes = words::count(survey.takes.len(), "take");
    let needed = format!("{} needed", words::count(survey.needed, "take"));
    let (size, price) = (words::size(freed), again(survey));
    if args.delete {
        return format!("Deleted {takes}, {size} freed; {price} to render again. {needed}\n");
    }
    let mut text = format!("{takes}, {size} in all, {price} to render again. {needed}\n");
    let named = survey.takes.iter().filter(|take| take.is_latest).count() + survey.parts.len();
    if survey.is_empty() {
        text += "Nothing to delete\n";
    } else {
        text += "Delete: takesheet gc --delete   (what a take sheet of another branch refers to is not seen)\n";
    }
    if named > 0 && args.what.is_empty() {
        let are = if named == 1 {
            "1 is".to_owned()
        } else {
            format!("{named} are")
        };
        text += &format!("{are} deleted only by name: takesheet gc --delete WHAT\n");
    }
    text
}

fn document(survey: &Survey, (deleted, bytes): (bool, u64), folder: &Path) -> Document {
    let again = again(survey);
    let take = |take: &IdleTake| TakeDocument {
        names: take.names.iter().map(|(_, name)| name.clone()).collect(),
        key: take.key.to_string(),
        digest: take.digest.to_string(),
        bytes: take.bytes,
        rendered_at: take.at.to_string(),
        paid: take.paid,
        price_again: take.again,
        must_be_named: take.is_latest,
    };
    let part = |part: &Part| PartDocument {
        digest: part.digest.to_string(),
        file: shown(&part.path, folder),
        bytes: part.bytes,
        of: part.of.clone(),
        must_be_named: true,
    };
    Document {
        schema: SCHEMA,
        deleted,
        takes: survey.takes.iter().map(take).collect(),
        parts: survey.parts.iter().map(part).collect(),
        leftovers: survey
            .leftovers
            .iter()
            .map(|left| FileDocument {
                file: shown(&left.path, folder),
                bytes: left.bytes,
            })
            .collect(),
        bytes,
        price_again: again.known.decimal(),
        unknown_prices: again.unknown,
        needed: survey.needed,
    }
}
