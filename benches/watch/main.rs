//! How long it takes from a save until somebody knows what it means, printed as one Markdown table.
//!
//! Run it with `cargo bench --bench watch`. Everything lies in temporary folders. Where `watchexec` is installed (on
//! the PATH, or where `WATCHEXEC` says), it runs a command that does nothing on the same saves.
#![expect(clippy::print_stdout, reason = "a bench reports on stdout")]
#![expect(
    clippy::disallowed_methods,
    reason = "a bench is a program of its own: it makes files, starts processes and reads the clock"
)]

mod idle;
#[path = "../figures/machine.rs"]
mod machine;
#[expect(dead_code, reason = "the other figures use more of it")]
#[path = "../figures/project.rs"]
mod project;
mod replan;
mod request;
mod rival;
mod saves;
#[path = "../figures/server.rs"]
mod server;
mod table;

use std::{io, process::ExitCode};
use table::Row;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let outcome = match (server::asked_for(&arguments), idle::asked_for(&arguments)) {
        (Some(latency), _) => server::serve(latency),
        (None, Some(file)) => idle::follow(&file),
        (None, None) => figures(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("watch: {error}");
            ExitCode::FAILURE
        }
    }
}

fn figures() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    println!("{}\n", machine::described());
    println!("| measure | p50 | p99 | times | beside it |");
    println!("| --- | ---: | ---: | ---: | --- |");
    let show = |rows: Vec<Row>| rows.iter().for_each(|row| println!("{row}"));
    for style in saves::STYLES {
        show(vec![runtime.block_on(saves::noticed(style))?]);
    }
    show(rival::rows()?);
    for takes in [10, 10_000] {
        for is_rendered in [false, true] {
            show(runtime.block_on(replan::rows(takes, is_rendered))?);
        }
        show(vec![runtime.block_on(request::row(takes))?]);
    }
    println!("\n{}", idle::described()?);
    Ok(())
}
