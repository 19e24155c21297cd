//! `takesheet graph`: what depends on what.

use super::plan;
use crate::{
    cli::{
        args::{GraphArgs, GraphFormat},
        context::Context,
        exit::Exit,
    },
    report::graph::{self, Graph},
    ui::Terminal,
};

/// Draws a pipeline.
pub(super) fn graph(context: &Context, terminal: &mut Terminal, args: &GraphArgs) -> Exit {
    let planned = match plan::of_input(context, terminal, args.input.pipeline.as_ref(), &args.input.choice) {
        Ok(planned) => planned,
        Err(exit) => return exit,
    };
    let format = match args.format {
        GraphFormat::Tree => graph::GraphFormat::Tree,
        GraphFormat::Mermaid => graph::GraphFormat::Mermaid,
        GraphFormat::Dot => graph::GraphFormat::Dot,
    };
    let graph = if args.cells {
        Graph::of_plan(&planned.plan, usize::MAX)
    } else {
        Graph::of_pipeline(&planned.gathered.pipeline)
    };
    terminal.data(&graph.draw(format));
    Exit::Done
}
