//! `takesheet promote`: copies of rendered takes, to be handed on.

use super::plan;
use crate::{
    cli::{
        args::{Choice, PromoteArgs},
        context::Context,
        exit::Exit,
        failure,
    },
    pipeline::all_misses,
    service::{self, Delivered, Delivery, GatherError, Promotion, StoreUse, shown},
    ui::Terminal,
};

/// Copies what was selected.
pub(super) fn promote(context: &Context, terminal: &mut Terminal, args: &PromoteArgs) -> Exit {
    let choice = Choice {
        profile: args.profile.clone(),
        backend: args.backend.clone(),
        select: vec![args.select.clone()],
    };
    let file = match context.pipeline(args.pipeline.as_ref(), terminal) {
        Ok(file) => file,
        Err(exit) => return exit,
    };
    let options = plan::options(file, &choice);
    let planned = match plan::make(context, terminal, &options, StoreUse::Open) {
        Ok(planned) => planned,
        Err(exit) => return exit,
    };
    let promotion = match service::promote(&planned, &choice.select, &args.to, args.tags) {
        Ok(promotion) => promotion,
        Err(error) => return failure::gather(context, terminal, &GatherError::Selection(error)),
    };
    say(context, terminal, &promotion);
    match (promotion.delivered.is_empty(), promotion.is_complete()) {
        (true, _) => Exit::NothingSelected,
        (false, false) => Exit::Failed,
        (false, true) => Exit::Done,
    }
}

/// The copies that are there, as data, and everything that is not as it should be.
fn say(context: &Context, terminal: &mut Terminal, promotion: &Promotion) {
    for Delivered {
        take,
        path,
        how,
        outside,
    } in &promotion.delivered
    {
        let path = shown(path, &context.environment.folder);
        if !matches!(how, Delivery::InTheWay | Delivery::Failed(_)) {
            terminal.data(&format!("{path}\n"));
        }
        match how {
            Delivery::New | Delivery::Same => {}
            Delivery::Untagged(why) => terminal.say(&format!("warning: {take}: copied without tags: {why}\n")),
            Delivery::InTheWay => terminal.say(&format!(
                "error: {take}: another file is at {path}; it was left alone\nhelp: move it away, or choose another folder\n"
            )),
            Delivery::Failed(error) => terminal.say(&format!("error: {take}: {error}\n")),
        }
        if !outside.is_empty() {
            let missed = all_misses(outside);
            terminal.say(&format!("warning: {take} is outside what is accepted: {missed}\n"));
        }
    }
    for (take, verdict) in &promotion.missing {
        terminal.say(&format!("error: {take} is not rendered ({})\n", verdict.word()));
    }
    if !promotion.missing.is_empty() {
        terminal.say("help: `takesheet run` renders what is missing; scratch takes are found with --backend sandbox\n");
    }
    if !context.global.quiet {
        terminal.say(&totals(promotion));
    }
}

/// `3 copied · 1 there already`.
fn totals(promotion: &Promotion) -> String {
    let count = |is_meant: fn(&Delivery) -> bool| promotion.delivered.iter().filter(|one| is_meant(&one.how)).count();
    let parts = [
        (
            count(|how| matches!(how, Delivery::New | Delivery::Untagged(_))),
            "copied",
        ),
        (count(|how| matches!(how, Delivery::Same)), "there already"),
        (
            count(|how| matches!(how, Delivery::InTheWay | Delivery::Failed(_))),
            "failed",
        ),
        (promotion.missing.len(), "not rendered"),
    ];
    let shown = parts.iter().filter(|(count, word)| *count > 0 || *word == "copied");
    let shown: Vec<String> = shown.map(|(count, word)| format!("{count} {word}")).collect();
    shown.join(" · ") + "\n"
}
