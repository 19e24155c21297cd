//! `takesheet why`: everything about one take or cell.

use super::plan;
use crate::{
    base::{ids::is_called, words},
    cli::{
        args::{Choice, WhyArgs},
        context::Context,
        exit::Exit,
    },
    plan::{NodeId, Plan},
    report::why::text,
    ui::Terminal,
};

/// Explains the takes of that name.
pub(super) fn why(context: &Context, terminal: &mut Terminal, args: &WhyArgs) -> Exit {
    let choice = Choice {
        profile: args.profile.clone(),
        ..Choice::default()
    };
    let planned = match plan::of_input(context, terminal, args.pipeline.as_ref(), &choice) {
        Ok(planned) => planned,
        Err(exit) => return exit,
    };
    let found = find(&planned.plan, &args.take);
    if found.is_empty() {
        terminal.say(&format!(
            "error: there is no take `{}` in {}\n",
            args.take, planned.plan.file
        ));
        let names: Vec<_> = planned.plan.takes().map(|(_, take)| take.name.to_string()).collect();
        if let Some(near) = words::nearest(&full_name(&args.take), names.iter().map(String::as_str)) {
            terminal.say(&format!("help: did you mean `{near}`?\n"));
        }
        return Exit::NothingSelected;
    }
    let folder = planned.gathered.takes_shown();
    let texts: Vec<_> = found
        .iter()
        .map(|id| text(&planned.plan, *id, &folder, &context.data_look))
        .collect();
    terminal.data(&texts.join("\n"));
    Exit::Done
}

/// The take of that name, or all takes of the cell or song of that name.
fn find(plan: &Plan, name: &str) -> Vec<NodeId> {
    plan.takes()
        .filter(|(_, take)| is_called(&take.name.to_string(), name))
        .map(|(node, _)| node.id)
        .collect()
}

fn full_name(name: &str) -> String {
    if name.starts_with("songs.") {
        name.to_owned()
    } else {
        format!("songs.{name}")
    }
}
