//! The figures of the README, measured on the release binary as a user runs it, printed as one Markdown table.
//!
//! Run it with `cargo bench --bench figures`. Everything lies in temporary folders; the API is a stand-in on loopback,
//! in a process of its own, that answers with canned audio. `ninja` is measured beside it where it is installed.
#![expect(clippy::print_stdout, reason = "a bench reports on stdout")]
#![expect(
    clippy::disallowed_methods,
    reason = "a bench is a program of its own: it makes files, starts processes and reads the clock"
)]

mod machine;
mod measure;
mod ninja;
mod project;
#[expect(dead_code, reason = "the other figures use more of it")]
mod server;

use measure::{Figure, median, whole_process};
use project::Project;
use server::Server;
use std::{
    io,
    process::ExitCode,
    time::{Duration, Instant},
};

/// What the stand-in takes for each render where the latency is what is measured.
const LATENCY: Duration = Duration::from_millis(200);
const TAKES: usize = 500;
const CONCURRENCY: usize = 50;
/// After this time a file's age proves that it did not change.
const SETTLED: Duration = Duration::from_millis(2_500);
/// `TAKES / CONCURRENCY` rounds of `LATENCY`.
const IDEAL: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let outcome = match server::asked_for(&arguments) {
        Some(latency) => server::serve(latency),
        None => figures(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("figures: {error}");
            ExitCode::FAILURE
        }
    }
}

fn figures() -> io::Result<()> {
    let mut figures = vec![start_up()?, first_request()?];
    figures.extend(wall_time()?);
    figures.push(plan(10_000)?);
    for takes in [1_000, 10_000] {
        figures.extend(no_op(takes)?);
    }
    println!("{}\n", machine::described());
    println!("| measure | median | runs | beside it |");
    println!("| --- | ---: | ---: | --- |");
    for figure in figures {
        println!("{figure}");
    }
    Ok(())
}

/// `takesheet --version`.
fn start_up() -> io::Result<Figure> {
    let mut command = project::takesheet();
    command.arg("--version");
    let took = whole_process(&mut command, 40)?;
    Ok(Figure::new("start-up (`takesheet --version`)", took).beside("goal: under 10 ms"))
}

/// From the start of the process until a server sees the first byte of a request, in a project that is new.
fn first_request() -> io::Result<Figure> {
    let mut took = Vec::new();
    for _ in 0..15 {
        let project = Project::new(1)?;
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        let base = format!("http://{}", listener.local_addr()?);
        let began = Instant::now();
        let mut child = project.run(&base, 1).stderr(std::process::Stdio::null()).spawn()?;
        let (stream, _) = listener.accept()?;
        stream.peek(&mut [0])?;
        took.push(began.elapsed());
        child.kill()?;
        child.wait()?;
    }
    Ok(Figure::new("from `run` to the first request on the wire", median(took)))
}

/// Many short renders at once: what is above the ideal is ours.
fn wall_time() -> io::Result<Vec<Figure>> {
    let server = Server::start(LATENCY)?;
    let mut took = Vec::new();
    for _ in 0..5 {
        let project = Project::new(TAKES)?;
        let began = Instant::now();
        measure::succeed(&mut project.run(&server.base, CONCURRENCY))?;
        took.push(began.elapsed());
        project.expect_takes(TAKES)?;
    }
    let took = median(took);
    let above = (took.median.as_secs_f64() / IDEAL.as_secs_f64() - 1.0) * 100.0;
    let beside = format!("ideal {:.1} s: {above:+.1} %", IDEAL.as_secs_f64());
    let name = format!("{TAKES} takes of 0.2 s each, {CONCURRENCY} at once");
    Ok(vec![Figure::new(&name, took).beside(&beside)])
}

/// A first plan: every cell is new.
fn plan(cells: usize) -> io::Result<Figure> {
    let project = Project::new(cells)?;
    let took = whole_process(&mut project.plan(), 7)?;
    Ok(Figure::new(&format!("plan of {} new cells", grouped(cells)), took))
}

/// A run that has nothing to do, beside ninja with as many edges that are up to date.
fn no_op(takes: usize) -> io::Result<Vec<Figure>> {
    let project = Project::new(takes)?;
    let server = Server::start(Duration::ZERO)?;
    measure::succeed(&mut project.run(&server.base, CONCURRENCY))?;
    project.expect_takes(takes)?;
    drop(server);
    // Nobody listens there now: a run that sends anything fails.
    let mut again = project.run("http://127.0.0.1:9", CONCURRENCY);
    // What changed in the last seconds is looked at anew each time; after that, two runs find out all they remember.
    for _ in 0..2 {
        std::thread::sleep(SETTLED);
        measure::succeed(&mut again)?;
    }
    let (took, beside) = match ninja::project(takes)? {
        Some(edges) => {
            let (took, ninja) = measure::side_by_side(&mut again, &mut edges.ninja(), 15)?;
            (took, format!("ninja, as many edges: {}", measure::shown(ninja.median)))
        }
        None => (whole_process(&mut again, 15)?, "ninja is not installed".to_owned()),
    };
    let replanned = whole_process(&mut project.plan(), 7)?;
    let takes = grouped(takes);
    Ok(vec![
        Figure::new(&format!("no-op run of {takes} takes"), took).beside(&beside),
        Figure::new(&format!("plan of {takes} takes that are there"), replanned).beside("after any change"),
    ])
}

fn grouped(number: usize) -> String {
    if number < 1_000 {
        number.to_string()
    } else {
        format!("{},{:03}", number / 1_000, number % 1_000)
    }
}
