//! `takesheet watch`: follows pipelines, says on every save what it makes stale and costs, renders what is free, and buys
//! what somebody agrees to.
//!
//! One loop hears everything (changes, plans, keys, signals, ends of runs) and does what the [`Desk`] decides. Plans and
//! runs go on beside it.

mod errand;
mod post;
mod told;
mod voice;

use super::{
    plan,
    render::{Wishes, runtime},
};
use crate::{
    cli::{args::WatchArgs, context::Context, exit::Exit},
    event::{RunEnd, StopCause},
    plan::parse_selection,
    service::{
        self, GatherError, Planned, Player, RunOptions,
        follow::{Changes, FollowError, Follower, How},
        watch::{Act, Desk, Errand, Farewell, Gist, News, Press, Presses, Rules, What},
    },
    ui::{Key, Keys, Terminal},
};
use errand::{Job, Over};
use post::{Made, NoPlan, Post};
use std::{future, path::PathBuf, sync::Arc};
use tokio::sync::mpsc;
use voice::Voice;

/// What the loop hears from its tasks.
#[derive(Debug)]
enum Heard {
    /// Files of a pipeline changed.
    Saved(usize, Changes),
    /// A plan was made, or not.
    Planned(usize, Box<Made>),
    /// Retakes were planned; none if there can be no more.
    Retakes(usize, Box<Result<Option<Planned>, GatherError>>),
    /// The run is over.
    Over(Box<Over>),
    /// Following is not what it should be.
    Trouble(String),
}

/// Watches the pipelines until somebody leaves.
pub(super) fn watch(context: &Context, mut terminal: Terminal, args: &WatchArgs) -> (Terminal, Exit) {
    if let Err(error) = parse_selection(&args.choice.select) {
        let exit = crate::cli::failure::gather(context, &mut terminal, &error.into());
        return (terminal, exit);
    }
    let files = match context.pipelines(&args.pipelines, &mut terminal) {
        Ok(files) => files,
        Err(exit) => return (terminal, exit),
    };
    let runtime = match runtime(&mut terminal) {
        Ok(runtime) => runtime,
        Err(exit) => return (terminal, exit),
    };
    let ended = runtime.block_on(attend(context, terminal, args, files));
    // After a second Ctrl-C calls are still open; nobody waits for them.
    runtime.shutdown_background();
    ended
}

async fn attend(context: &Context, mut terminal: Terminal, args: &WatchArgs, files: Vec<PathBuf>) -> (Terminal, Exit) {
    let mut signals = service::stop_requests();
    let (sender, mut heard) = mpsc::unbounded_channel();
    let posts = match posts(args, files, &sender) {
        Ok(posts) => posts,
        Err(error) => {
            terminal.say(&format!("error: {error}\n"));
            terminal.say("help: `--poll` looks for changes now and then instead\n");
            return (terminal, Exit::Machine);
        }
    };
    let player = args.play.as_ref().and_then(|wish| {
        let found = Player::find(&context.environment, wish.as_deref());
        found
            .map_err(|error| terminal.say(&format!("warning: takes are not played: {error}\n")))
            .ok()
    });
    let mut keys = Keys::listen(context.environment.get("TERM"));
    let rules = Rules {
        has_keys: keys.is_some(),
        auto_buy: args.auto_buy,
        drafts: args.draft,
        budget: args.budget,
    };
    let (desk, acts) = Desk::open(rules, posts.len());
    let mut attendant = Attendant {
        context,
        args,
        voice: Voice::new(context, terminal, keys.is_some()),
        desk,
        unplanned: posts.len(),
        posts,
        player,
        sender,
        stop: None,
    };
    attendant.perform(acts);
    let mut presses = Presses::default();
    loop {
        attendant.voice.wait(&attendant.desk.standing());
        let news = tokio::select! {
            Some(cause) = signals.recv() => Some(News::Asked(cause)),
            key = next(&mut keys) => {
                let at = context.clock.elapsed();
                press(key).and_then(|press| presses.take(press, at)).map(News::Pressed)
            }
            Some(heard) = heard.recv() => attendant.take_in(heard),
        };
        let acts = news.map_or_else(Vec::new, |news| attendant.desk.handle(news));
        if let Some(cause) = attendant.perform(acts) {
            return attendant.end(cause);
        }
    }
}

/// The pipelines, each with somebody who follows it.
fn posts(
    args: &WatchArgs,
    files: Vec<PathBuf>,
    sender: &mpsc::UnboundedSender<Heard>,
) -> Result<Vec<Post>, FollowError> {
    let how = args.poll.map_or(How::Events, How::Poll);
    let files = files.into_iter().enumerate();
    files
        .map(|(at, file)| {
            let options = plan::options(file, &args.choice);
            Ok(Post::new(at, options, Follower::start(how)?, sender.clone()))
        })
        .collect()
}

/// The next key; nobody presses any where there is no terminal.
async fn next(keys: &mut Option<Keys>) -> Key {
    match keys {
        Some(keys) => keys.next().await,
        None => future::pending().await,
    }
}

const fn press(key: Key) -> Option<Press> {
    let Key::Char(letter) = key else { return None };
    Some(match letter {
        'b' => Press::Buy,
        'd' => Press::Draft,
        'r' => Press::Retake,
        'p' => Press::Pause,
        'q' => Press::Quit,
        'y' => Press::Yes,
        'n' => Press::No,
        '?' | 'h' => Press::Help,
        _ => return None,
    })
}

/// Does what was decided.
#[derive(Debug)]
struct Attendant<'a> {
    context: &'a Context,
    args: &'a WatchArgs,
    voice: Voice,
    desk: Desk,
    posts: Vec<Post>,
    /// Pipelines whose first plan is still to come.
    unplanned: usize,
    player: Option<Player>,
    sender: mpsc::UnboundedSender<Heard>,
    /// Asks the run under way to stop.
    stop: Option<mpsc::UnboundedSender<StopCause>>,
}

impl Attendant<'_> {
    /// What a task told, as news for the desk.
    fn take_in(&mut self, heard: Heard) -> Option<News> {
        match heard {
            Heard::Saved(at, changes) => {
                let files = self.posts[at].touch(self.context, &changes);
                Some(News::Saved { at, files })
            }
            Heard::Planned(at, made) => Some(self.planned(at, *made)),
            Heard::Retakes(at, result) => {
                let planned = (*result).unwrap_or_else(|error| {
                    let text = told::gather(self.context, &error);
                    self.voice.insist(&text);
                    None
                });
                let gist = planned.as_ref().map(|planned| Arc::new(Gist::of(&planned.plan)));
                self.posts[at].retakes = planned;
                Some(News::Retakes { at, gist })
            }
            Heard::Over(over) => {
                self.stop = None;
                self.voice.take_back(self.context, over.stage);
                if let (Some(player), Some(take)) = (&mut self.player, &over.newest) {
                    player.play(take);
                }
                if over.cost.is_none() {
                    self.voice.insist(&told::broke_down());
                }
                Some(News::Ended { cost: over.cost })
            }
            Heard::Trouble(text) => {
                self.voice.insist(&format!("warning: {text}\n"));
                None
            }
        }
    }

    fn planned(&mut self, at: usize, made: Made) -> News {
        let post = &mut self.posts[at];
        match post.take_in(made) {
            Ok(gist) => {
                let planned = post.planned.as_ref();
                let warnings = planned.map_or_else(String::new, |planned| told::warnings(self.context, planned));
                // What was said once is not said on every save.
                if warnings != post.warned {
                    post.warnings.clone_from(&warnings);
                    post.warned = warnings;
                }
                let gist = Arc::new(gist);
                News::Planned { at, gist }
            }
            Err(why) => {
                post.trouble = match why {
                    NoPlan::Gather(error) => told::gather(self.context, &error),
                    NoPlan::Circle(loops) => told::circles(&loops),
                };
                News::Broken { at }
            }
        }
    }

    /// Does it all; says why if it is the end.
    fn perform(&mut self, acts: Vec<Act>) -> Option<Farewell> {
        for act in acts {
            match act {
                Act::Plan { at } => self.posts[at].plan(self.context, at, self.sender.clone()),
                Act::PlanRetakes { at, cells } => {
                    self.posts[at].plan_retakes(self.context, (at, cells), self.sender.clone());
                }
                Act::Run(errand) => self.run(errand),
                Act::Supersede => self.ask(StopCause::Superseded),
                Act::Stop(cause) => self.ask(cause),
                Act::Tell(tell) => self.tell(tell),
                Act::Leave(farewell) => return Some(farewell),
            }
        }
        None
    }

    /// Asks the run under way to stop. One that is over needs no asking.
    fn ask(&self, cause: StopCause) {
        if let Some(stop) = &self.stop {
            let _ = stop.send(cause);
        }
    }

    fn run(&mut self, errand: Errand) {
        let (stop, signals) = mpsc::unbounded_channel();
        self.stop = Some(stop);
        let stage = self.voice.lend(self.context);
        let args = self.args;
        let post = &mut self.posts[errand.at];
        let wishes = Wishes {
            options: RunOptions {
                concurrency: args.concurrency,
                rate: args.rate,
                ..RunOptions::default()
            },
            select: args.choice.select.clone(),
            no_preflight: args.no_preflight,
            events: args.events.is_some(),
            brief: true,
            agreed: errand.agreed,
        };
        let planned = match errand.what {
            // It is planned while it begins.
            What::Draft(_) => None,
            What::Retake(_) => post.retakes.take(),
            What::All | What::Free(_) | What::Buy(_) => post.planned.take(),
        };
        let job = Job {
            context: self.context.clone(),
            stage,
            wishes,
            signals,
            options: post.options.clone(),
            store_use: post.store_use(),
            planned,
            what: errand.what,
            budget: errand.budget,
        };
        errand::begin(job, self.sender.clone());
    }

    fn end(mut self, farewell: Farewell) -> (Terminal, Exit) {
        let spent = self.desk.purse().spent();
        self.voice.say(&told::end(spent));
        let exit = match farewell {
            Farewell::Quit => Exit::Done,
            Farewell::Asked(cause) => RunEnd::Stopped(cause).into(),
        };
        (self.voice.end(self.context), exit)
    }
}
