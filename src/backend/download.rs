//! Fetches audio that was answered as a link.
//!
//! Knows nothing of keys: a link is fetched without one. The audio is paid for by then and the link is short-lived, so
//! this is tried more than once, here and at once. No message holds a link's query, which may be a signature.

use crate::{
    backend::client::{Client, Timeouts, deepest},
    base::door::Sink,
};
use reqwest::{
    Response, Url,
    header::{CONTENT_TYPE, LOCATION},
};
use std::io;

/// Most bytes of a file behind a link.
const LIMIT: u64 = 128 << 20;
/// How often a download is tried.
const TRIES: u32 = 3;
/// How many redirects are followed.
const HOPS: usize = 5;

/// Why there is no audio.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The sink did not take it.
    Sink(io::Error),
    /// A phrase that says what went wrong the last time.
    Lost(String),
}

/// Reads a link; only `http` and `https` are links.
pub(crate) fn link(text: &str) -> Option<Url> {
    let url = Url::parse(text.trim()).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// A link without what may sign it, to be shown.
pub(crate) fn shown(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

/// Puts the whole file into the sink, and nothing else. Gives its length, which is not zero.
pub(crate) async fn fetch(client: &Client, timeouts: &Timeouts, url: &Url, sink: &mut dyn Sink) -> Result<u64, Failed> {
    let mut pause = timeouts.download_pause;
    let mut tried = 1;
    loop {
        sink.restart().map_err(Failed::Sink)?;
        match once(client, timeouts, url.clone(), sink).await {
            Err(Failed::Lost(_)) if tried < TRIES => tried += 1,
            outcome => return outcome,
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}

async fn once(client: &Client, timeouts: &Timeouts, mut url: Url, sink: &mut dyn Sink) -> Result<u64, Failed> {
    for _ in 0..=HOPS {
        let request = client.to(&url).map_err(Failed::Lost)?.get(url.clone());
        let response = request
            .timeout(timeouts.download)
            .send()
            .await
            .map_err(|error| lost(&error))?;
        if !response.status().is_redirection() {
            return store(response, sink).await;
        }
        url =
            next(&url, &response).ok_or_else(|| Failed::Lost("it redirects to what is not a safe link".to_owned()))?;
    }
    Err(Failed::Lost("it redirects without end".to_owned()))
}

/// Where a redirect leads: to `http(s)` only, and never from `https` down to `http`.
fn next(url: &Url, response: &Response) -> Option<Url> {
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let next = link(url.join(location).ok()?.as_str())?;
    (url.scheme() == "http" || next.scheme() == "https").then_some(next)
}

async fn store(mut response: Response, sink: &mut dyn Sink) -> Result<u64, Failed> {
    if !response.status().is_success() {
        return Err(Failed::Lost(format!("HTTP {}", response.status().as_u16())));
    }
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if let Some(kind) = kind.filter(|kind| kind.starts_with("text/html") || kind.starts_with("application/json")) {
        return Err(Failed::Lost(format!("it is {kind}, not audio")));
    }
    let mut bytes = 0;
    while let Some(piece) = response.chunk().await.map_err(|error| lost(&error))? {
        bytes += piece.len() as u64;
        if bytes > LIMIT {
            return Err(Failed::Lost("it is larger than any take".to_owned()));
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
