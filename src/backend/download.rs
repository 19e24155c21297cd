//! Fetches audio that was answered as a link.
//!
//! Knows nothing of keys: a link is fetched without one. The audio is paid for by then, so whoever asks tries again; here
//! is one try. No message holds a link's query, which may be a signature.

use crate::{
    backend::{
        Link, Outcome,
        client::{Client, deepest},
        link,
    },
    base::door::Sink,
    event::{Billed, FailureClass, StepFailure},
};
use reqwest::{
    Response, StatusCode, Url,
    header::{CONTENT_TYPE, LOCATION},
};
use std::{io, time::Duration};

/// Most bytes of a file behind a link.
const LIMIT: u64 = 128 << 20;
/// How many redirects are followed.
const HOPS: usize = 5;

/// Why there is no audio.
#[derive(Debug)]
enum Failed {
    /// The sink did not take it.
    Sink(io::Error),
    /// It did not come this time; a phrase says why.
    Lost(String),
    /// It is not there, and asking again changes nothing; a phrase says why.
    Gone(String),
}

/// Puts the whole file into the sink, and nothing else. Gives its length, which is not zero.
pub(crate) async fn fetch(client: &Client, limit: Duration, link: &Link, sink: &mut dyn Sink) -> Outcome<u64> {
    let unstored = |error: &io::Error| {
        let message = format!("the audio could not be stored: {error}");
        Outcome::Refused(StepFailure::new(FailureClass::Machine, message).billed(Billed::Yes))
    };
    if let Err(error) = sink.restart() {
        return unstored(&error);
    }
    let failure = |class, cause: &str| {
        let message = format!("the finished audio could not be fetched from {}: {cause}", link.shown());
        StepFailure::new(class, message).billed(Billed::Yes)
    };
    match once(client, limit, link, sink).await {
        Ok(bytes) => Outcome::Done(bytes),
        Err(Failed::Sink(error)) => unstored(&error),
        Err(Failed::Gone(cause)) => Outcome::Refused(failure(FailureClass::Lost, &cause)),
        Err(Failed::Lost(cause)) => Outcome::Busy {
            after: None,
            failure: failure(FailureClass::Unreachable, &cause),
        },
    }
}

async fn once(client: &Client, limit: Duration, link: &Link, sink: &mut dyn Sink) -> Result<u64, Failed> {
    let mut url = link::parse(link.expose()).ok_or_else(|| Failed::Gone("it is no link".to_owned()))?;
    for _ in 0..=HOPS {
        let request = client.to(&url).map_err(Failed::Lost)?.get(url.clone());
        let response = request.timeout(limit).send().await.map_err(|error| lost(&error))?;
        if !response.status().is_redirection() {
            return store(response, sink).await;
        }
        url =
            next(&url, &response).ok_or_else(|| Failed::Gone("it redirects to what is not a safe link".to_owned()))?;
    }
    Err(Failed::Gone("it redirects without end".to_owned()))
}

/// Where a redirect leads: to `http(s)` only, and never from `https` down to `http`.
fn next(url: &Url, response: &Response) -> Option<Url> {
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let next = link::parse(url.join(location).ok()?.as_str())?;
    (url.scheme() == "http" || next.scheme() == "https").then_some(next)
}

async fn store(mut response: Response, sink: &mut dyn Sink) -> Result<u64, Failed> {
    let status = response.status();
    if !status.is_success() {
        let cause = format!("HTTP {}", status.as_u16());
        // 403, 404, 410: a signature that ran out, or a file that was cleared away.
        return Err(match status {
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => Failed::Lost(cause),
            _ if status.is_client_error() => Failed::Gone(cause),
            _ => Failed::Lost(cause),
        });
    }
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if let Some(kind) = kind.filter(|kind| kind.starts_with("text/html") || kind.starts_with("application/json")) {
        return Err(Failed::Gone(format!("it is {kind}, not audio")));
    }
    let mut bytes = 0;
    while let Some(piece) = response.chunk().await.map_err(|error| lost(&error))? {
        bytes += piece.len() as u64;
        if bytes > LIMIT {
            return Err(Failed::Gone("it is larger than any take".to_owned()));
        }
        sink.write(&piece).map_err(Failed::Sink)?;
    }
    if bytes == 0 {
        return Err(Failed::Lost("it is empty".to_owned()));
    }
    Ok(bytes)
}

fn lost(error: &reqwest::Error) -> Failed {
    Failed::Lost(if error.is_timeout() {
        "it did not come in time".to_owned()
    } else {
        deepest(error)
    })
}
