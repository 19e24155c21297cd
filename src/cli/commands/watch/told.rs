//! What is decided to be said, as texts.

use super::{Attendant, voice::caught};
use crate::{
    base::money::Total,
    cli::{context::Context, failure},
    report::{
        look::Look,
        watch::{self as texts, Frame, Writer},
    },
    service::{
        GatherError, Planned,
        watch::{Loop, Tell},
    },
};

impl Attendant<'_> {
    pub(super) fn tell(&mut self, tell: Tell) {
        match tell {
            Tell::Began { at } => self.began(at),
            Tell::Changed { at } | Tell::Same { at } | Tell::Anew { at } => {
                let text = self.effect(&tell, at);
                self.voice.say(&text);
            }
            Tell::Broken { at, has_plan } => {
                let trouble = std::mem::take(&mut self.posts[at].trouble);
                self.posts[at].touched.clear();
                self.voice.insist(&trouble);
                self.voice.say(&texts::broken(has_plan));
                if !has_plan {
                    self.first_plan_came();
                }
            }
            Tell::Help => {
                let purse = self.desk.purse();
                let text = texts::help(purse.left(), purse.spent());
                self.voice.say(&text);
            }
            other => self.voice.say(&plain(&other)),
        }
    }

    fn began(&mut self, at: usize) {
        let post = &mut self.posts[at];
        post.touched.clear();
        let followed = post.followed();
        if let Some(plan) = &post.plan {
            let text = texts::began(plan, followed, &self.context.look);
            let warnings = std::mem::take(&mut post.warnings);
            self.voice.say(&warnings);
            self.voice.say(&text);
        }
        self.first_plan_came();
    }

    /// Where no line at the foot says how to leave, it is said once.
    fn first_plan_came(&mut self) {
        self.unplanned = self.unplanned.saturating_sub(1);
        if self.unplanned == 0 && !self.voice.has_line() {
            self.unplanned = usize::MAX;
            self.voice.say(&texts::how_to_leave());
        }
    }

    fn effect(&mut self, tell: &Tell, at: usize) -> String {
        let left = self.desk.purse().left();
        let is_one_of_many = self.posts.len() > 1;
        let frame = Frame {
            left,
            names_pipeline: is_one_of_many,
        };
        let post = &mut self.posts[at];
        let touched = std::mem::take(&mut post.touched);
        let Some(plan) = &post.plan else { return String::new() };
        let look: &Look = &self.context.look;
        match tell {
            Tell::Same { .. } => texts::same(&touched, plan, frame, look),
            Tell::Anew { .. } => texts::anew(plan, frame, look),
            _ => std::mem::take(&mut post.warnings) + &texts::changed(&touched, plan, frame, look),
        }
    }
}

/// What needs nothing but itself.
fn plain(tell: &Tell) -> String {
    match tell {
        Tell::Many(files) => texts::many(*files),
        Tell::ManyUnasked(files) => texts::many_unasked(*files),
        Tell::LeftAlone => texts::left_alone(),
        Tell::RetakesCost { takes, total } => texts::retakes_cost(*takes, *total),
        Tell::Later => texts::later(),
        Tell::Buying => texts::buying(),
        Tell::NothingToBuy => texts::nothing("there is nothing to buy"),
        Tell::NothingToDraft => texts::nothing("nothing waits to be bought, so there is nothing to draft"),
        Tell::NothingToRetake => texts::nothing("there is nothing to retake: no change was rendered yet"),
        Tell::Mend => texts::mend(),
        Tell::OverBudget { left, .. } => texts::over_budget(*left),
        Tell::NobodyBuys => texts::nobody_buys(),
        Tell::Paused => texts::paused(),
        Tell::Resumed { gathered } => texts::resumed(*gathered),
        Tell::Began { .. }
        | Tell::Changed { .. }
        | Tell::Same { .. }
        | Tell::Anew { .. }
        | Tell::Broken { .. }
        | Tell::Help => String::new(),
    }
}

/// Why there is no plan.
pub(super) fn gather(context: &Context, error: &GatherError) -> String {
    caught(context.look, |terminal| _ = failure::gather(context, terminal, error))
}

/// What is worth saying of a plan, though it stops nothing.
pub(super) fn warnings(context: &Context, planned: &Planned) -> String {
    let gathered = &planned.gathered;
    caught(context.look, |terminal| {
        failure::complaints(context, terminal, &gathered.warnings, &gathered.pipeline.sources);
    })
}

/// A run ended in a way that nobody foresaw.
pub(super) fn broke_down() -> String {
    texts::broke_down()
}

/// What would go round and round.
pub(super) fn circles(loops: &[Loop]) -> String {
    let text = |one: &Loop| {
        let writer = one.writer.as_deref().map_or(Writer::Sheet, Writer::Take);
        texts::circle(&one.file, writer, one.reader.as_deref(), one.instead.as_deref())
    };
    loops.iter().map(text).collect()
}

/// The last word: what it all cost, if it cost anything.
pub(super) fn end(spent: Total) -> String {
    if spent == Total::default() {
        String::new()
    } else {
        texts::spent(spent)
    }
}
