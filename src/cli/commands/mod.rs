//! The commands, one a file.

mod check;
mod doctor;
mod earlier;
mod gc;
mod graph;
mod init;
mod locking;
mod lost;
mod plan;
mod print;
mod promote;
mod render;
mod resolve;
mod run;
mod runs;
mod sandbox;
mod schedule;
mod show;
mod watch;
mod why;

use super::{args::Command, context::Context, exit::Exit};
use crate::ui::Terminal;

/// Does what was asked, and gives the streams back with how it ended.
pub(super) fn perform(context: &Context, command: Command) -> (Terminal, Exit) {
    let mut terminal = context.terminal();
    let exit = match command {
        Command::Run(args) => return run::run(context, terminal, &args),
        Command::Schedule(args) => return schedule::schedule(context, terminal, &args),
        Command::Watch(args) => return watch::watch(context, terminal, &args),
        Command::Runs(args) => return runs::runs(context, terminal, &args),
        Command::Init(args) => init::init(context, &mut terminal, &args),
        Command::Check(args) => check::check(context, &mut terminal, &args),
        Command::Plan(args) => plan::plan(context, &mut terminal, &args),
        Command::Why(args) => why::why(context, &mut terminal, &args),
        Command::Promote(args) => promote::promote(context, &mut terminal, &args),
        Command::Graph(args) => graph::graph(context, &mut terminal, &args),
        Command::Show(args) => show::show(context, &mut terminal, &args),
        Command::Gc(args) => gc::gc(context, &mut terminal, &args),
        Command::Doctor(args) => doctor::doctor(context, &mut terminal, &args),
        Command::Resolve(args) => resolve::resolve(context, &mut terminal, &args),
        Command::Sandbox(args) => sandbox::sandbox(context, &mut terminal, args),
        Command::Schema => print::schema(&mut terminal),
        Command::Completions { shell } => print::completions(&mut terminal, shell),
        Command::Man { command } => print::man(&mut terminal, command.as_deref()),
    };
    (terminal, exit)
}
