//! `schema`, `completions`, `man`: texts made from the program itself.

use crate::{
    cli::{args::Cli, exit::Exit},
    pipeline,
    ui::Terminal,
};
use clap::CommandFactory;

/// The JSON Schema of pipeline files.
pub(super) fn schema(terminal: &mut Terminal) -> Exit {
    let schema = serde_json::to_string_pretty(&pipeline::schema()).expect("a schema is JSON");
    terminal.data(&format!("{schema}\n"));
    Exit::Done
}

/// A completion script.
pub(super) fn completions(terminal: &mut Terminal, shell: clap_complete::Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "takesheet", &mut script);
    terminal.data(&String::from_utf8_lossy(&script));
    Exit::Done
}

/// The manual page of the program or of one command.
pub(super) fn man(terminal: &mut Terminal, command: Option<&str>) -> Exit {
    let mut program = Cli::command();
    program.build();
    let page = match command {
        None => program,
        Some(name) => match program.find_subcommand(name) {
            Some(found) => found.clone().display_name(format!("takesheet-{name}")),
            None => {
                terminal.say(&format!("error: there is no command `{name}`\n"));
                return Exit::Usage;
            }
        },
    };
    let mut roff = Vec::new();
    clap_mangen::Man::new(page)
        .render(&mut roff)
        .expect("memory takes every byte");
    terminal.data(&String::from_utf8_lossy(&roff));
    Exit::Done
}
