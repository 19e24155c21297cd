//! What an answer, or the lack of one, means: which of the four outcomes, which class, whether it was paid.
//!
//! Knows nothing of sockets or of retries. One rule stands above the table: "it may be asked again" is said only of what
//! surely did not run, because the API has no idempotency and a second request is a second charge (reported). An upload
//! is free, so for it every doubt means "ask again".
//!
//! "Documented" below is AI/ML API's or MiniMax's own page; "seen" is a published real answer; the rest is our choice.

use crate::{
    backend::{Outcome, RenderCall, answer::Answer, client::deepest},
    catalog::{self, Status},
    event::{Billed, FailureClass, StepFailure},
};
/// What had been asked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asked<'a> {
    /// A reference was sent.
    Upload,
    /// A render was asked for.
    Render(&'a RenderCall),
}

impl Asked<'_> {
    fn sent_ids(self) -> bool {
        matches!(self, Self::Render(call) if call.voice.is_some() || call.instrumental.is_some())
    }

    fn is_free(self) -> bool {
        matches!(self, Self::Upload)
    }
}

/// What follows from an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Refused(FailureClass),
    Busy,
    Unsure,
}
use FailureClass::{Ambiguous, Auth, BadAnswer, Credits, Invalid, Moderation, Server, UnknownReference, Withdrawn};
use Verdict::{Busy, Refused, Unsure};

/// The outcome of an answer that says that it went wrong: by `base_resp.status_code` where that says more than the HTTP
/// status, because MiniMax sends its errors with HTTP 200 (seen) and nobody says what AI/ML API makes of them.
pub(crate) fn answered<T>(asked: Asked<'_>, answer: &Answer) -> Outcome<T> {
    let by_code = answer.code.filter(|code| *code != 0);
    let verdict = by_code
        .and_then(|code| of_code(code, asked, answer))
        .unwrap_or_else(|| match by_code {
            // A code that no page lists: it is a failure, and nobody knows of what.
            Some(_) if answer.is_success() => Refused(Server),
            _ => of_status(asked, answer),
        });
    settle(asked, answer, verdict)
}

/// MiniMax's table of codes (documented, but for 1013 and 20132's neighbours seen in answers).
fn of_code(code: i64, asked: Asked<'_>, answer: &Answer) -> Option<Verdict> {
    Some(match code {
        // Rate, tokens a minute, connections, growth of the rate: turned away at the door.
        1002 | 1039 | 1041 | 2045 => Busy,
        // Unknown error, timeout, internal errors, a failure downstream: it may have run, and may be billed.
        1000 | 1001 | 1013 | 1024 | 1033 => Unsure,
        // Key wrong or of another region; no permission for the interface; not verified; not in the plan.
        1004 | 2049 | 2044 | 2038 | 2061 => Refused(Auth),
        // Balance, and the quotas of a plan, which come back in hours or days.
        1008 | 1028 | 1030 | 2056 => Refused(Credits),
        1026 | 1027 => Refused(Moderation),
        // "invalid samples or voice_id", "no access to this voice_id".
        20132 | 2042 if asked.sent_ids() => Refused(UnknownReference),
        // "invalid params" is also what an id that expired is believed to get; unless another field is named, a fresh
        // upload is worth one more try.
        2013 if asked.sent_ids() && !names_another_field(answer) => Refused(UnknownReference),
        // Parameters, illegal characters, voice and length of an upload.
        2013 | 20132 | 2042 | 1042 | 1043 | 1044 | 2037 | 2039 | 2048 => Refused(Invalid),
        _ => return None,
    })
}

fn of_status(asked: Asked<'_>, answer: &Answer) -> Verdict {
    let text = answer.phrase().to_lowercase();
    let says = |parts: &[&str]| parts.iter().any(|part| text.contains(part));
    match answer.status {
        // A withdrawn model gets 404 (documented) or, where routes are shared, a complaint about the field `model`.
        400 | 422 if complains_about_model(asked, answer, &text) => Refused(Withdrawn),
        400 | 404 | 422 if asked.sent_ids() && says(&REFERENCE_WORDS) && says(&UNKNOWN_WORDS) => {
            Refused(UnknownReference)
        }
        404 | 410 => Refused(Withdrawn),
        402 => Refused(Credits),
        // "You've run out of credits", "… of funds" (documented, seen); a key's own cap; else the account is not
        // verified or the key lacks the audio scope.
        403 if says(&["credit", "fund", "top up", "balance", "limit", "quota"]) => Refused(Credits),
        401 | 403 => Refused(Auth),
        // The gateway gave up waiting for something; nobody says for what.
        408 => Unsure,
        // Waiting does not help against a plan's limit (documented: "get a subscription").
        429 if says(&["free-tier", "free tier", "free limit", "quota", "subscription"]) => Refused(Credits),
        // "rate or concurrency limit" (documented), before anything ran; 503 before it was accepted.
        429 | 503 => Busy,
        // Any other 4xx is an answered refusal: "failed requests are never charged" (documented).
        400..=499 => Refused(Invalid),
        // "The model is under maintenance" (documented): surely not run, and asking again does not help.
        500 if says(&["under maintenance"]) => Refused(Server),
        // 500 is also a partner's failure passed on, 502 and 504 are a gateway's that lost its partner: it may have run.
        500..=599 => Unsure,
        // Redirects, and statuses nobody sends.
        _ => Refused(BadAnswer),
    }
}

const REFERENCE_WORDS: [&str; 6] = [
    "refer_voice",
    "refer_instrumental",
    "voice_id",
    "voice id",
    "instrumental_id",
    "instrumental id",
];
const UNKNOWN_WORDS: [&str; 6] = ["not found", "unknown", "invalid", "expired", "not exist", "no access"];

/// Whether a request is refused because of its model: by the name of the field, or by its value in the text.
fn complains_about_model(asked: Asked<'_>, answer: &Answer, text: &str) -> bool {
    let Asked::Render(call) = asked else { return false };
    answer.issues.iter().any(|issue| issue.path == "model")
        || (text.contains(&call.model.to_lowercase()) && UNKNOWN_WORDS.iter().any(|word| text.contains(word)))
}

fn names_another_field(answer: &Answer) -> bool {
    let text = answer.phrase().to_lowercase();
    let fields = [
        "lyric",
        "audio_setting",
        "sample_rate",
        "bitrate",
        "output_format",
        "model",
    ];
    fields.iter().any(|field| text.contains(field)) && !REFERENCE_WORDS.iter().any(|word| text.contains(word))
}

fn settle<T>(asked: Asked<'_>, answer: &Answer, verdict: Verdict) -> Outcome<T> {
    let after = answer.after;
    match verdict {
        Unsure if asked.is_free() => Outcome::Busy {
            after,
            failure: failure(asked, answer, Server),
        },
        // What was charged for did run, whatever else the answer says.
        Busy if answer.was_charged() && !asked.is_free() => Outcome::Unsure(failure(asked, answer, Ambiguous)),
        Refused(UnknownReference) if answer.was_charged() => Outcome::Refused(failure(asked, answer, Invalid)),
        Busy => Outcome::Busy {
            after,
            failure: failure(asked, answer, FailureClass::Busy),
        },
        Unsure => Outcome::Unsure(failure(asked, answer, Ambiguous)),
        Refused(class) => Outcome::Refused(failure(asked, answer, class)),
    }
}

fn failure(asked: Asked<'_>, answer: &Answer, class: FailureClass) -> StepFailure {
    let what = lead(asked, class, answer);
    let mut place = format!("HTTP {}", answer.status);
    if let Some(code) = answer.code.filter(|code| *code != 0) {
        place = format!("{place}, code {code}");
    }
    let phrase = answer.phrase();
    let message = if phrase.is_empty() {
        format!("{what} ({place})")
    } else {
        format!("{what} ({place}): {phrase}")
    };
    StepFailure {
        help: help(asked, class, answer),
        billed: billed(asked, answer, class),
        charged: answer.charged.filter(|_| answer.was_charged()),
        status: Some(answer.status),
        trace: answer.trace_line(),
        ..StepFailure::new(class, message)
    }
}

/// "Failed requests are never charged" (documented) covers an answered 4xx. It says nothing of a 2xx with an error
/// inside: there the code decides, and moderation of the *result* (1027) comes after the work.
fn billed(asked: Asked<'_>, answer: &Answer, class: FailureClass) -> Billed {
    match class {
        _ if asked.is_free() => Billed::No,
        _ if answer.was_charged() => Billed::Yes,
        Ambiguous => Billed::Unknown,
        Server | BadAnswer if answer.is_success() => Billed::Unknown,
        Moderation if answer.code == Some(1027) => Billed::Unknown,
        _ => Billed::No,
    }
}

fn lead(asked: Asked<'_>, class: FailureClass, answer: &Answer) -> String {
    match class {
        Auth => "the key was refused",
        Credits => "the account may not spend",
        Invalid => "the request was refused as invalid",
        Moderation if answer.code == Some(1027) => "moderation refused the result",
        Moderation => "moderation refused the lyrics",
        Withdrawn => match asked {
            Asked::Upload => "the upload route is gone",
            Asked::Render(call) => return format!("the model `{}` is gone", call.model),
        },
        UnknownReference => "an upload id was not accepted",
        FailureClass::Busy => "the backend asks to slow down",
        Ambiguous => "the backend failed after it had taken the request",
        BadAnswer => match &answer.location {
            Some(location) => return format!("the backend answered with a redirect to {location}"),
            None => "the answer is not a take",
        },
        _ => "the backend answered with an error of its own",
    }
    .to_owned()
}

fn help(asked: Asked<'_>, class: FailureClass, answer: &Answer) -> Option<String> {
    Some(match class {
        Auth => "check that the key is right, belongs to this base address and may use audio".to_owned(),
        Credits => "top up or raise the key's limit: https://aimlapi.com/app/billing".to_owned(),
        Moderation => "change the lyrics: the same text would be refused again".to_owned(),
        Withdrawn => successor(asked),
        Ambiguous => return doubt(asked),
        BadAnswer if answer.location.is_some() => {
            "redirects are not followed, so that the key cannot leak: set the base address to where it points"
                .to_owned()
        }
        _ => return None,
    })
}

/// What to use instead of a model that is gone.
fn successor(asked: Asked<'_>) -> String {
    let model = match asked {
        Asked::Render(call) => catalog::model(&call.model),
        // Only this model has an upload of its own.
        Asked::Upload => catalog::model("music-01"),
    };
    match model.map(|model| (model.id, model.status)) {
        Some((id, Status::Withdrawn { since, successor })) => format!(
            "AI/ML API's documentation lists `{id}` as withdrawn since {since}; its successor is `{successor}`, and \
             `backend: sandbox` still renders `{id}`"
        ),
        _ => "check the name of the model and the base address".to_owned(),
    }
}

/// How to find out whether a lost call was paid.
fn doubt(asked: Asked<'_>) -> Option<String> {
    let Asked::Render(call) = asked else { return None };
    Some(format!(
        "it may have been paid: look for `{}` in the account's usage log before buying it again",
        call.request_id
    ))
}

/// What an answered error of a question about the account says of its key and money, if it says anything: 401 is the
/// key; 402, and 403 with words of money, are money. Any other 403 may concern the question alone.
pub(crate) fn account(answer: &Answer) -> Option<StepFailure> {
    let class = match of_status(Asked::Upload, answer) {
        Refused(Auth) if answer.status == 401 => Auth,
        Refused(Credits) if matches!(answer.status, 402 | 403) => Credits,
        _ => return None,
    };
    Some(failure(Asked::Upload, answer, class))
}

/// The outcome of a call that got no complete answer. `answer` is what came of one.
pub(crate) fn unanswered<T>(asked: Asked<'_>, error: &reqwest::Error, answer: Option<&Answer>) -> Outcome<T> {
    let cause = deepest(error);
    if error.is_builder() {
        let message = format!("the request could not be made: {cause}");
        return Outcome::Refused(StepFailure::new(FailureClass::Machine, message));
    }
    // Name look-up, TCP and TLS come before the first byte of the request.
    if error.is_connect() {
        let message = format!("the backend could not be reached: {cause}");
        return Outcome::Busy {
            after: None,
            failure: StepFailure::new(FailureClass::Unreachable, message)
                .help("check the network and the base address"),
        };
    }
    let message = if error.is_timeout() {
        "no complete answer came in time".to_owned()
    } else {
        format!("the connection broke before the answer was complete: {cause}")
    };
    lost(asked, &message, answer)
}

/// The outcome of a call whose answer was lost on its way: nobody knows whether it ran.
pub(crate) fn lost<T>(asked: Asked<'_>, message: &str, answer: Option<&Answer>) -> Outcome<T> {
    if asked.is_free() {
        return Outcome::Busy {
            after: None,
            failure: doubtful(asked, FailureClass::Unreachable, message, answer),
        };
    }
    Outcome::Unsure(doubtful(asked, Ambiguous, message, answer))
}

/// The failure of a call whose outcome is not known, or whose result is lost.
pub(crate) fn doubtful(asked: Asked<'_>, class: FailureClass, message: &str, answer: Option<&Answer>) -> StepFailure {
    StepFailure {
        billed: match answer {
            _ if asked.is_free() => Billed::No,
            Some(answer) if answer.was_charged() => Billed::Yes,
            _ => Billed::Unknown,
        },
        charged: answer.filter(|answer| answer.was_charged()).and_then(|answer| answer.charged),
        help: doubt(asked).filter(|_| !answer.is_some_and(Answer::was_charged)),
        status: answer.map(|answer| answer.status),
        trace: answer.and_then(Answer::trace_line),
        ..StepFailure::new(class, message)
    }
}

/// The outcome of a whole answer that says it went well and is not what was asked for.
pub(crate) fn bad<T>(asked: Asked<'_>, answer: &Answer, what: &str) -> Outcome<T> {
    Outcome::Refused(StepFailure {
        billed: billed(asked, answer, BadAnswer),
        charged: answer.charged.filter(|_| answer.was_charged()),
        status: Some(answer.status),
        trace: answer.trace_line(),
        ..StepFailure::new(BadAnswer, what)
    })
}

#[cfg(test)]
mod tests;
