//! `takesheet sandbox`: the API on this machine, in the foreground.

use crate::{
    base::secret::Secret,
    catalog::Wishes,
    cli::{
        args::{SandboxArgs, SandboxMode},
        context::Context,
        exit::Exit,
    },
    sandbox::{Mode, Options, Sandbox},
    service,
    ui::Terminal,
};
use std::{net::Ipv4Addr, num::NonZeroUsize};
use tokio::sync::mpsc;

/// Serves until interrupted.
pub(super) fn sandbox(context: &Context, terminal: &mut Terminal, args: SandboxArgs) -> Exit {
    let options = Options {
        key: context.environment.get("TAKESHEET_SANDBOX_KEY").map(Secret::new),
        delay: args.delay,
        mode: match args.mode {
            SandboxMode::Available => Mode::Available,
            SandboxMode::Withdrawn => Mode::Withdrawn,
            SandboxMode::Deprecated => Mode::Deprecated,
            SandboxMode::Renamed => Mode::Renamed,
            SandboxMode::Unlisted => Mode::Unlisted,
        },
        faults: args.fault,
        max_in_flight: args.most_in_flight.map(NonZeroUsize::get),
        wishes: Wishes {
            bpm: args.bpm,
            key: args.key,
            seed: args.seed,
        },
        ..Options::default()
    };
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(serve(context, terminal, args.port, options)),
        Err(error) => {
            terminal.say(&format!("error: cannot start: {error}\n"));
            Exit::Machine
        }
    }
}

async fn serve(context: &Context, terminal: &mut Terminal, port: u16, options: Options) -> Exit {
    let mut signals = service::stop_requests();
    let described = options.describe();
    let (told, mut takes) = mpsc::unbounded_channel();
    let options = Options {
        told: Some(told),
        ..options
    };
    let sandbox = match Sandbox::start((Ipv4Addr::LOCALHOST, port).into(), options).await {
        Ok(sandbox) => sandbox,
        Err(error) => {
            terminal.say(&format!("error: cannot listen on port {port}: {error}\n"));
            terminal.say("help: another port: --port N, or --port 0 for a free one\n");
            return Exit::Machine;
        }
    };
    terminal.data(&format!("{}\n", sandbox.base_url()));
    if !context.global.quiet {
        terminal.say(&format!("{}\n", described.trim_end()));
        terminal
            .say("The sandbox listens: scratch takes, no charge. In another terminal, in a copy of your project:\n");
        terminal.say(&format!(
            "  AIML_API_BASE={} AIML_API_KEY=any takesheet run …\n",
            sandbox.base_url()
        ));
        terminal.say("Ctrl-C ends it.\n");
    }
    loop {
        tokio::select! {
            biased;
            _ = signals.recv() => break,
            // The sandbox holds the other end as long as it runs.
            Some(take) = takes.recv() => if !context.global.quiet {
                terminal.say(&format!("{take}\n"));
            },
        }
    }
    let counts = sandbox.counts();
    sandbox.stop().await;
    if !context.global.quiet {
        let (requests, renders) = (counts.requests, counts.generations);
        terminal.say(&format!(
            "{requests} requests, {renders} renders, {} charged in play money\n",
            counts.spent
        ));
    }
    Exit::Done
}
