//! Tells an address something: one JSON document, posted once.
//!
//! Knows nothing of backends or keys. Follows no redirect, so that what is told goes nowhere else.

use super::client::{Client, deepest};
use super::link;
use std::time::Duration;

/// To reach the address, name look-up and TLS included.
const CONNECT: Duration = Duration::from_secs(15);

/// Posts a JSON document; an answer of any 2xx says that it was taken. The error is a phrase.
pub async fn post_json(address: &str, document: String, most: Duration) -> Result<(), String> {
    let url = link::parse(address).ok_or("it is no address")?;
    let client = Client::new(CONNECT.min(most));
    let request = client
        .to(&url)?
        .post(url.clone())
        .header("content-type", "application/json")
        .timeout(most)
        .body(document);
    let answer = request.send().await.map_err(|error| {
        if error.is_timeout() {
            "it did not answer in time".to_owned()
        } else {
            deepest(&error)
        }
    })?;
    let status = answer.status();
    if status.is_success() {
        Ok(())
    } else if status.is_redirection() {
        Err(format!("it answered {status}, and no redirect is followed"))
    } else {
        Err(format!("it answered {status}"))
    }
}
