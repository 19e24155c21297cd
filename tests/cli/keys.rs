//! Single keys in a real terminal: which are heard, and that the terminal is as before whatever becomes of the program.

use crate::pty::Pty;
use rustix::process::Signal;
use std::process::Command;
use takesheet::ui::{Key, Keys};

const SIZE: (u16, u16) = (80, 24);

/// A program that says which keys it hears. `q` ends it, `p` is a panic, `d` stops listening for good.
#[test]
#[ignore = "run by the tests below, as a process of its own in a terminal"]
fn tells_what_it_hears() {
    if std::env::var_os("LISTEN").is_none() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let term = std::env::var("TERM").ok();
        let Some(mut keys) = Keys::listen(term.as_deref()) else {
            println!("nobody to listen to");
            return;
        };
        println!("listening");
        loop {
            match keys.next().await {
                Key::Char('q') => return,
                Key::Char('p') => panic!("as wished"),
                Key::Char('d') => break,
                key => println!("heard {key:?}."),
            }
        }
        drop(keys);
        println!("deaf");
        std::thread::park();
    });
}

fn listener() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["keys::tells_what_it_hears", "--exact", "--ignored", "--nocapture"])
        .env("LISTEN", "1");
    command
}

/// Whether Ctrl-C ends programs here: whoever runs the tests in the background of a script has them ignore it, and a
/// program that is started inherits that. Only Linux tells.
fn hears_interrupts() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_none_or(|mask| mask >> (Signal::INT.as_raw() - 1) & 1 == 0)
}

/// A terminal in which it listens.
fn listening() -> Pty {
    let pty = Pty::start(&listener(), SIZE);
    pty.until("listening");
    assert!(!pty.is_normal());
    pty
}

#[test]
fn keys_are_heard_one_by_one_and_are_not_shown() {
    let mut pty = listening();
    for (typed, heard) in [
        ("b", "heard Char('b')."),
        ("é", "heard Char('é')."),
        ("\r", "heard Enter."),
        ("\x1b", "heard Escape."),
    ] {
        pty.send(typed);
        pty.until(heard);
    }
    pty.send("\x1b[A\x1bOB");
    pty.send("\x1b[1;5C\x1b[15~");
    pty.send("x");
    let told = pty.until("Char('x')");
    assert_eq!(told.matches("heard").count(), 5, "arrows are no keys:\n{told}");
    assert!(!told.contains("[A"), "what is typed is not shown:\n{told}");
    // A line ends where a line ends: the screen is as if nothing was different.
    let screen = pty.screen();
    assert!(screen.lines().any(|line| line == "heard Enter."), "{screen}");
    pty.send("q");
    pty.until("[ended 0]");
    assert!(pty.is_normal());
}

#[test]
fn a_pasted_text_is_no_key() {
    let mut pty = listening();
    pty.send("dq buy it, please\nq\n");
    std::thread::sleep(std::time::Duration::from_millis(200));
    pty.send(&"q and so on\n".repeat(40));
    std::thread::sleep(std::time::Duration::from_millis(200));
    pty.send("x");
    let told = pty.until("Char('x')");
    assert_eq!(told.matches("heard").count(), 1, "{told}");
}

#[test]
fn the_terminal_is_normal_when_nobody_listens_any_more() {
    let mut pty = listening();
    pty.send("d");
    pty.until("deaf");
    assert!(pty.is_normal());
    // Ctrl-Z and Ctrl-C do what they always do.
    let program = pty.foreground();
    pty.send("\x1a");
    pty.until("[ended ");
    pty.send("fg\n");
    pty.wait_until("it is back", || pty.foreground() == program);
    if hears_interrupts() {
        pty.send("\x03");
        pty.until_times("[ended ", 2);
    }
    assert!(pty.is_normal());
}

#[test]
fn the_terminal_is_normal_after_a_panic() {
    let mut pty = listening();
    pty.send("p");
    pty.until("as wished");
    pty.until("[ended 101]");
    assert!(pty.is_normal());
}

#[test]
fn the_terminal_is_normal_whatever_kills_the_program() {
    let is_heard = |signal: &Signal| *signal != Signal::INT || hears_interrupts();
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::KILL]
        .into_iter()
        .filter(is_heard)
    {
        let pty = listening();
        pty.signal(signal);
        pty.until(&format!("[ended {}]", 128 + signal.as_raw()));
        // The guard comes after the death.
        pty.until_normal(true);
    }
    if hears_interrupts() {
        let mut pty = listening();
        pty.send("\x03");
        pty.until("[ended 130]");
        pty.until_normal(true);
    }
}

#[test]
fn the_terminal_is_normal_while_the_program_is_stopped() {
    let mut pty = listening();
    pty.send("\x1a");
    pty.until("[ended ");
    assert!(pty.is_normal());
    pty.send("fg\n");
    pty.until_normal(false);
    pty.send("x");
    pty.until("Char('x')");
    pty.send("q");
    pty.until("[ended 0]");
    assert!(pty.is_normal());
}

#[test]
fn what_the_shell_made_of_the_terminal_stays_if_the_program_is_killed_while_it_is_stopped() {
    let mut pty = listening();
    let program = pty.foreground();
    pty.send("\x1a");
    pty.until("[ended ");
    rustix::process::kill_process(program, Signal::KILL).unwrap();
    assert!(pty.is_normal());
}

#[test]
fn nobody_is_listened_to_where_nobody_can_press_keys() {
    let mut dumb = listener();
    dumb.env("TERM", "dumb");
    let pty = Pty::start(&dumb, SIZE);
    pty.until("nobody to listen to");
    assert!(pty.is_normal());
    let piped = listener().stdin(std::process::Stdio::null()).output().unwrap();
    assert!(String::from_utf8(piped.stdout).unwrap().contains("nobody to listen to"));
    let mut background = Command::new("sh");
    let words: Vec<String> = listener()
        .get_args()
        .map(|arg| format!("'{}'", arg.to_str().unwrap()))
        .collect();
    let program = std::env::current_exe().unwrap();
    // The terminal belongs to the shell while this one runs beside it.
    let script = format!("set -m; '{}' {} </dev/tty & wait", program.display(), words.join(" "));
    background.args(["-c", &script]).env("LISTEN", "1");
    let pty = Pty::start(&background, SIZE);
    pty.until("nobody to listen to");
    pty.until("[ended 0]");
    assert!(pty.is_normal());
}

#[test]
fn a_terminal_that_goes_away_ends_the_program_and_nothing_is_left() {
    let pty = listening();
    let program = pty.foreground();
    drop(pty);
    for _ in 0..3000 {
        if rustix::process::test_kill_process(program).is_err() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("the program lives on");
}
