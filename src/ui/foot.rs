//! One line that stays the last one of a terminal while nothing moves: what is waited for.
//!
//! Off a terminal there is none. Whoever shows something else there takes it away first.

use super::terminal::Terminal;
use crate::report::look::Look;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The line.
#[derive(Debug)]
pub struct Foot {
    /// Somebody watches.
    moves: bool,
    bar: Option<ProgressBar>,
    line: String,
}

impl Foot {
    /// No line yet, and never one if nobody watches.
    pub const fn new(look: &Look) -> Self {
        Self {
            moves: look.tty,
            bar: None,
            line: String::new(),
        }
    }

    /// Shows this line from now on.
    pub fn show(&mut self, line: &str) {
        if !self.moves || self.bar.is_some() && self.line == line {
            return;
        }
        line.clone_into(&mut self.line);
        let bar = self.bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{wide_msg}").expect("the template is a constant");
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style)
        });
        bar.set_message(self.line.clone());
        bar.force_draw();
    }

    /// Says something above it.
    pub fn say(&self, terminal: &mut Terminal, text: &str) {
        match &self.bar {
            Some(bar) => {
                bar.suspend(|| terminal.say(text));
                bar.force_draw();
            }
            None => terminal.say(text),
        }
    }

    /// Takes it away.
    pub fn leave(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::terminal::tests::Heard, *};

    #[test]
    fn off_a_terminal_there_is_no_line() {
        let err = Heard::default();
        let mut terminal = Terminal::new(Box::new(std::io::sink()), Box::new(err.clone()), Look::PLAIN);
        let mut foot = Foot::new(&Look::PLAIN);
        foot.show("waiting");
        foot.say(&mut terminal, "hello\n");
        foot.leave();
        assert_eq!(err.text(), "hello\n");
    }
}
