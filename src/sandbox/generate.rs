//! `POST /v2/generate/audio/minimax/generate`: admits a request, renders it, charges it and answers (rows G1 to G17).
//!
//! Knows nothing of how sound is made. A generation runs on a task of its own, so a client that hangs up is charged
//! all the same, as the real service would. Two identical requests are two takes: the first of a sandbox is variant 0,
//! the next variant 1, and so on, and a variant sounds the same on every sandbox.

use super::{
    account::Hold,
    answer::{Call, NO_FUNDS, Refusal},
    effect::{AudioFlaw, Effect, Moment, Twist},
    fault::{Fault, Route},
    options::Mode,
    reply::Reply,
    request::{self, Asked},
    server::{Books, Reference, ReferenceKind, Server, Sold},
    sound::Play,
};
use crate::base::digest::Digest;
use axum::{
    Extension,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use std::sync::Arc;
use tokio::time;

/// Lyrics with this word are flagged before anything is rendered (row G15).
pub const FLAGGED_INPUT: &str = "sandbox-flag-input";
/// Lyrics with this word are rendered, and the audio is flagged.
pub const FLAGGED_OUTPUT: &str = "sandbox-flag-output";

pub(super) async fn generate(
    State(server): State<Arc<Server>>,
    Extension(call): Extension<Arc<Call>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let asked = request::read(&body, &headers, &server.options.rules);
    match admit(&server, &call, asked) {
        Err(refusal) => refusal.answer(&call, &server.options),
        Ok(job) => {
            let work = tokio::spawn(produce(Arc::clone(&server), Arc::clone(&call), job));
            work.await.unwrap_or_else(|_| {
                Refusal::http(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error").answer(&call, &server.options)
            })
        }
    }
}

/// The voice and the instrumental.
type Named = [Option<Reference>; 2];

/// A generation that was admitted.
#[derive(Debug)]
struct Job {
    asked: Asked,
    references: Named,
    seed: u64,
    hold: Hold,
    fault: Option<Fault>,
    turn: Turn,
}

/// Counts a generation as under way until it is dropped.
#[derive(Debug)]
struct Turn(Arc<Server>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.books().in_flight -= 1;
    }
}

fn admit(server: &Arc<Server>, call: &Call, asked: Result<Asked, Refusal>) -> Result<Job, Refusal> {
    let options = &server.options;
    if options.mode == Mode::Withdrawn {
        return Err(Refusal::http(StatusCode::NOT_FOUND, "Not Found"));
    }
    call.authorize(options)?;
    if !options.audio_scope {
        return Err(Refusal::http(
            StatusCode::FORBIDDEN,
            "This API key is not allowed to use audio models",
        ));
    }
    let mut asked = asked?;
    asked.wishes = asked.wishes.or(options.wishes);
    let mut books = server.books();
    if options.max_in_flight.is_some_and(|most| books.in_flight >= most) {
        return Err(Refusal::http(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests"));
    }
    if books.account.is_capped(options.price) {
        return Err(Refusal::http(
            StatusCode::FORBIDDEN,
            "The spending limit of this API key is reached",
        ));
    }
    let no_funds = || Refusal::http(StatusCode::FORBIDDEN, NO_FUNDS);
    let hold = books.account.hold(options.price).ok_or_else(no_funds)?;
    match judge(server, &books, &asked) {
        Ok(references) => {
            let seed = seed(&mut books, &asked, &references);
            books.in_flight += 1;
            books.counts.generations += 1;
            books.counts.most_in_flight = books.counts.most_in_flight.max(books.in_flight);
            drop(books);
            Ok(Job {
                asked,
                references,
                seed,
                hold,
                fault: server.fault(Route::Generate, Moment::Answer),
                turn: Turn(Arc::clone(server)),
            })
        }
        Err(refusal) => {
            books.account.settle(hold, server.row(call, asked.model, None));
            Err(refusal)
        }
    }
}

/// What the model's own API refuses, or both references (rows G5, G6, G9, G11 and G15).
fn judge(server: &Server, books: &Books, asked: &Asked) -> Result<Named, Refusal> {
    let rules = &server.options.rules;
    request::judge(asked, rules)?;
    let find = |id: &Option<String>, kind: ReferenceKind| match id {
        None => Ok(None),
        Some(id) => match books.references.get(id) {
            Some(reference) if reference.kind == kind => Ok(Some(reference.clone())),
            _ => Err(Refusal::Base(rules.unknown_id)),
        },
    };
    let voice = find(&asked.voice, ReferenceKind::Voice)?;
    let instrumental = find(&asked.instrumental, ReferenceKind::Instrumental)?;
    if asked.lyrics.contains(FLAGGED_INPUT) {
        return Err(Refusal::Base(1026));
    }
    Ok([voice, instrumental])
}

/// Everything left to chance, from the request, its references and how often it was seen. The audio settings count for
/// what is the same request, but not for the music: a draft and a master of one take are the same take, and so is the
/// same take in another key or at another tempo. A seed that is wished for stands in place of the references.
fn seed(books: &mut Books, asked: &Asked, references: &Named) -> u64 {
    let content =
        |reference: &Option<Reference>| reference.as_ref().map(|found| found.content.hex()).unwrap_or_default();
    let [voice, instrumental] = references.each_ref().map(content);
    let music = match asked.wishes.seed {
        Some(seed) => format!("seed {seed}/{}", asked.lyrics),
        None => format!("{voice}/{instrumental}/{}", asked.lyrics),
    };
    let (audio, wishes) = (asked.audio, asked.wishes);
    let mut settings = format!("{}/{}/{}", audio.format.word(), audio.sample_rate, audio.bitrate);
    if !wishes.is_empty() {
        settings.push_str(&format!("/{voice}/{instrumental}/{wishes}"));
    }
    let same = Digest::of(format!("{settings}/{music}").as_bytes());
    let seen = books.variants.entry(same).or_default();
    let variant = *seen;
    *seen += 1;
    Digest::of(format!("{variant}/{music}").as_bytes()).seed()
}

async fn produce(server: Arc<Server>, call: Arc<Call>, job: Job) -> Response {
    let short = matches!(&job.fault, Some(fault) if fault.kind.effect == Effect::Twist(Twist::Audio(AudioFlaw::Short)));
    let play = Play::new(&server.options, &job.asked, &job.references, (job.seed, short));
    let rendered = async { tokio::join!(play.perform(&server.cores), time::sleep(server.options.delay)).0 };
    let take = tokio::select! {
        take = rendered => take,
        () = server.closed() => None,
    };
    let flagged = job.asked.lyrics.contains(FLAGGED_OUTPUT);
    let Some(take) = take.filter(|_| !flagged) else {
        let row = server.row(&call, job.asked.model, None);
        server.books().account.settle(job.hold, row);
        let failed = Refusal::http(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error");
        let refusal = if flagged { Refusal::Base(1027) } else { failed };
        return refusal.answer(&call, &server.options);
    };
    let mut row = server.row(&call, job.asked.model, Some(server.options.price));
    if let Some(fault) = &job.fault {
        row.strike(fault);
    }
    let audio = Digest::of(&take.audio);
    {
        let mut books = server.books();
        books.account.settle(job.hold, row);
        books.counts.charged += 1;
        books.sold.push(Sold {
            client_request_id: call.client_request_id.clone(),
            audio,
        });
    }
    drop(job.turn);
    if let (Some(told), Some(picked_up)) = (&server.options.told, &take.picked_up) {
        let name = call.client_request_id.as_ref().unwrap_or(&call.request_id);
        // Whoever listened may be gone.
        let _ = told.send(format!("{name}: {picked_up}"));
    }
    if let Some(fault) = &job.fault {
        server.note_fault(&call, fault.kind);
    }
    Reply {
        server,
        call,
        take,
        settings: job.asked.audio,
    }
    .send(job.fault.as_ref())
    .await
}
