//! A run while it goes on: finished work scrolls by, what is under way stands at the foot of the terminal.
//!
//! Fed with the events of one run; keeps their fold and nothing else. In a log the same lines appear without anything
//! that moves. On a terminal nothing is drawn more than ten times a second: what happens in between is drawn together.

use super::{
    aside, line,
    region::{self, SLOW_AFTER},
    terminal::Terminal,
};
use crate::{
    base::time::Timestamp,
    event::{Event, NodeKind, Phase, Record, RunState},
    plan::NodeId,
    report::github,
};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{collections::BTreeSet, time::Duration};

/// The shortest time between two drawings.
const PAUSE: Duration = Duration::from_millis(100);
/// Drawings a second, for the library's own limit.
const HERTZ: u8 = 10;

/// How a run is watched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watching {
    /// Nothing is said about the work (`-q`).
    pub quiet: bool,
    /// Every event is printed as one line of JSON, as data (`--events ndjson`).
    pub events: bool,
}

/// Shows one run.
#[derive(Debug)]
pub struct Live {
    terminal: Terminal,
    watching: Watching,
    state: RunState,
    /// Lines that wait for the next drawing; always empty off a terminal.
    pending: String,
    /// Takes of which it was said that they are slow.
    slow: BTreeSet<NodeId>,
    foot: Option<Foot>,
}

/// The part of a terminal that is drawn over and over.
#[derive(Debug)]
struct Foot {
    all: MultiProgress,
    rows: Vec<ProgressBar>,
    drawn: Option<Timestamp>,
}

impl Live {
    /// Shows a run on `terminal`, moving if somebody watches it.
    pub fn new(terminal: Terminal, watching: Watching) -> Self {
        Self::drawing_on(ProgressDrawTarget::stderr_with_hz(HERTZ), terminal, watching)
    }

    fn drawing_on(target: ProgressDrawTarget, terminal: Terminal, watching: Watching) -> Self {
        let moves = terminal.look().tty && !watching.quiet;
        Self {
            foot: moves.then(|| Foot {
                all: MultiProgress::with_draw_target(target),
                rows: Vec::new(),
                drawn: None,
            }),
            terminal,
            watching,
            state: RunState::default(),
            pending: String::new(),
            slow: BTreeSet::new(),
        }
    }

    /// Takes in the next event.
    pub fn record(&mut self, record: &Record) {
        self.state.apply(record);
        if self.watching.events {
            let line = serde_json::to_string(record).expect("events are always JSON") + "\n";
            let Self { foot, terminal, .. } = self;
            match foot {
                Some(foot) => foot.all.suspend(|| terminal.data(&line)),
                None => terminal.data(&line),
            }
        }
        let line = line::of(&record.event, &self.state, self.terminal.look());
        if let Some(line) = line.filter(|_| !self.watching.quiet) {
            self.print(&line);
            for aside in aside::of(&record.event, &self.state, self.terminal.look()) {
                self.print(&aside);
            }
        }
        match (&record.event, &mut self.foot) {
            (Event::RunFinished { .. }, _) => self.leave(),
            (_, Some(foot)) if foot.is_due(record.at) => self.draw(record.at),
            _ => {}
        }
    }

    /// Time passes: clocks go on, and a take that is slow is spoken of. To be called about ten times a second.
    pub fn tick(&mut self, now: Timestamp) {
        if self.foot.as_ref().is_some_and(|foot| foot.is_due(now)) {
            self.draw(now);
        } else if self.foot.is_none() && !self.watching.quiet {
            self.tell_slow(now);
        }
    }

    /// Says something that is no event, above what moves.
    pub fn say(&mut self, text: &str) {
        if !self.watching.quiet {
            self.print(text.trim_end_matches('\n'));
        }
    }

    /// What is known of the run so far.
    pub const fn state(&self) -> &RunState {
        &self.state
    }

    /// Takes away what moves, annotates failures if GitHub reads along, and gives the terminal back.
    pub fn close(mut self) -> (Terminal, RunState) {
        self.leave();
        if self.terminal.look().github {
            let annotations = github::failures(&self.state);
            self.terminal.say(&annotations);
        }
        (self.terminal, self.state)
    }

    fn print(&mut self, line: &str) {
        let line = self.terminal.look().spell(line).into_owned() + "\n";
        if self.foot.is_some() {
            self.pending += &line;
        } else {
            self.terminal.say(&line);
        }
    }

    fn draw(&mut self, now: Timestamp) {
        let Self {
            foot: Some(foot),
            terminal,
            state,
            pending,
            ..
        } = self
        else {
            return;
        };
        foot.drawn = Some(now);
        if !pending.is_empty() {
            foot.all.suspend(|| terminal.say(pending));
            pending.clear();
        }
        if state.started.is_some() {
            foot.show(&region::lines(state, now, terminal.look()));
        }
    }

    fn leave(&mut self) {
        if let Some(foot) = self.foot.take() {
            foot.rows.iter().for_each(ProgressBar::finish_and_clear);
        }
        let pending = std::mem::take(&mut self.pending);
        if !pending.is_empty() {
            self.terminal.say(&pending);
        }
    }

    fn tell_slow(&mut self, now: Timestamp) {
        let mut lines = Vec::new();
        for (id, node) in &self.state.nodes {
            let Phase::Running { since, .. } = node.phase else {
                continue;
            };
            let running = line::since(since, now);
            if node.card.kind == NodeKind::Take && running >= SLOW_AFTER && self.slow.insert(*id) {
                lines.push(line::slow(node, running, &self.state, self.terminal.look()));
            }
        }
        for line in lines {
            self.print(&line);
        }
    }
}

impl Foot {
    fn is_due(&self, now: Timestamp) -> bool {
        self.drawn.is_none_or(|drawn| line::since(drawn, now) >= PAUSE)
    }

    fn show(&mut self, lines: &[String]) {
        while self.rows.len() > lines.len() {
            if let Some(row) = self.rows.pop() {
                row.finish_and_clear();
                self.all.remove(&row);
            }
        }
        while self.rows.len() < lines.len() {
            let style = ProgressStyle::with_template("{wide_msg}").expect("the template is a constant");
            self.rows
                .push(self.all.add(ProgressBar::new_spinner().with_style(style)));
        }
        for (row, line) in self.rows.iter().zip(lines) {
            row.set_message(line.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::terminal::tests::Heard, *};
    use crate::{
        event::{FailureClass, RunEnd, StepFailure, VERSION},
        report::{
            look::Look,
            samples::{at, card, finished, started},
        },
    };
    use indicatif::TermLike;
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    const TTY: Look = Look {
        tty: true,
        ..Look::PLAIN
    };

    fn record(seq: u64, second: u32, event: Event) -> Record {
        Record {
            v: VERSION,
            run: "r-0301".into(),
            seq,
            at: at(&format!("2026-03-01T10:{:02}:{:02}Z", second / 60, second % 60)),
            event,
        }
    }

    fn records() -> Vec<Record> {
        let cards = vec![
            card(1, NodeKind::Take, "songs.hook#1"),
            card(2, NodeKind::Take, "songs.hook[city=大阪]#1"),
        ];
        let submitted = |id| Event::TakeSubmitted {
            node: NodeId(id),
            attempt: 1,
            request_id: "r".into(),
        };
        let failure = StepFailure::new(FailureClass::Server, "HTTP 500");
        vec![
            record(0, 0, started(cards, 0)),
            record(1, 0, submitted(1)),
            record(2, 1, submitted(2)),
            record(3, 55, finished(1, "takes/a.mp3")),
            record(
                4,
                56,
                Event::NodeFailed {
                    node: NodeId(2),
                    failure,
                },
            ),
            record(5, 56, Event::RunFinished { end: RunEnd::Failed }),
        ]
    }

    fn live(look: Look, watching: Watching) -> (Live, Heard, Heard) {
        let (out, err) = (Heard::default(), Heard::default());
        let terminal = Terminal::new(Box::new(out.clone()), Box::new(err.clone()), look);
        (
            Live::drawing_on(ProgressDrawTarget::hidden(), terminal, watching),
            out,
            err,
        )
    }

    const LOG: &str = "    Starting 2 takes to render, at most $0.063
      RENDER [  55.0s] (1/2) hook#1  0:58  -13.1 LUFS  $0.0315
        FAIL [  55.0s] (2/2) hook[city=大阪]#1  HTTP 500
";

    #[test]
    fn a_log_has_one_line_for_each_outcome() {
        let (mut live, out, err) = live(Look::PLAIN, Watching::default());
        for record in records() {
            live.record(&record);
        }
        let (_, state) = live.close();
        assert_eq!(err.text(), LOG);
        assert_eq!(out.text(), "");
        assert_eq!(state.end, Some(RunEnd::Failed));
        assert_eq!(state, RunState::replay(&records()));
    }

    #[test]
    fn quiet_is_quiet_and_events_are_data() {
        let watching = Watching {
            quiet: true,
            events: true,
        };
        let (mut live, out, err) = live(TTY, watching);
        for record in records() {
            live.record(&record);
        }
        live.tick(at("2026-03-01T11:00:00Z"));
        live.say("hello");
        live.close();
        assert_eq!(err.text(), "");
        let read: Vec<Record> = out
            .text()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(read, records());
    }

    #[test]
    fn on_a_terminal_lines_wait_for_the_next_drawing() {
        let (mut live, _, err) = live(TTY, Watching::default());
        let records = records();
        live.record(&records[0]);
        let drawn = err.text();
        assert_eq!(
            drawn, "    Starting 2 takes to render, at most $0.063\n",
            "the first is drawn at once"
        );
        live.record(&record(1, 0, records[3].event.clone()));
        assert_eq!(err.text(), drawn, "within a tenth of a second nothing more is drawn");
        live.tick(at("2026-03-01T10:00:00.05Z"));
        assert_eq!(err.text(), drawn);
        live.tick(at("2026-03-01T10:00:00.1Z"));
        assert!(
            err.text().ends_with(
                "      RENDER            hook#1  0:58  -13.1 LUFS  $0.0315\n"
                    .replace("            h", "           h")
                    .as_str()
            ),
            "{}",
            err.text()
        );
        live.record(&record(2, 0, records[4].event.clone()));
        live.record(&record(3, 0, records[5].event.clone()));
        assert!(err.text().contains("FAIL"), "the end of the run waits for nothing");
    }

    #[test]
    fn a_slow_take_is_spoken_of_once_in_a_log() {
        let (mut live, _, err) = live(Look::PLAIN, Watching::default());
        for record in &records()[..3] {
            live.record(record);
        }
        live.tick(at("2026-03-01T10:01:59Z"));
        assert!(!err.text().contains("SLOW?"));
        live.tick(at("2026-03-01T10:02:00Z"));
        live.tick(at("2026-03-01T10:02:00Z"));
        assert!(
            err.text()
                .ends_with("       SLOW? [ 120.0s] (0/2) hook#1  still under way\n"),
            "{}",
            err.text()
        );
    }

    #[test]
    fn failures_are_annotated_for_github() {
        let (mut live, _, err) = live(
            Look {
                github: true,
                ..Look::PLAIN
            },
            Watching {
                quiet: true,
                events: false,
            },
        );
        for record in records() {
            live.record(&record);
        }
        live.close();
        assert_eq!(
            err.text(),
            "::error file=pipelines/rainy.yaml,line=20,col=3,title=songs.hook[city=大阪]#1::HTTP 500\n"
        );
    }

    #[test]
    fn what_is_under_way_is_drawn_and_taken_away() {
        let screen = Screen::default();
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(screen.clone()), HERTZ);
        let terminal = Terminal::new(Box::new(io::sink()), Box::new(io::sink()), TTY);
        let mut live = Live::drawing_on(target, terminal, Watching::default());
        let records = records();
        live.record(&records[0]);
        assert!(screen.text().contains("Running [   0.0s]"), "{}", screen.text());
        let before = screen.text().len();
        live.record(&records[5]);
        let after = screen.text()[before..].to_owned();
        assert!(after.contains("<clear>") && !after.contains("Running"), "{after}");
    }

    /// A screen that keeps what was drawn.
    #[derive(Clone, Debug, Default)]
    struct Screen(Arc<Mutex<String>>);

    impl Screen {
        fn text(&self) -> String {
            self.0.lock().unwrap().clone()
        }

        fn note(&self, what: &str) {
            self.0.lock().unwrap().push_str(what);
        }
    }

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            80
        }

        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }

        fn write_line(&self, text: &str) -> io::Result<()> {
            self.note(text);
            self.note("\n");
            Ok(())
        }

        fn write_str(&self, text: &str) -> io::Result<()> {
            self.note(text);
            Ok(())
        }

        fn clear_line(&self) -> io::Result<()> {
            self.note("<clear>");
            Ok(())
        }

        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }
}
