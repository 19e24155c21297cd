//! The HTTP client: made once, on first use, with the rules every call obeys.
//!
//! Knows nothing of routes, keys or answers. Invariants: a connection is never reused, nothing is sent twice, no redirect
//! is followed, and a loopback address is never reached through a proxy.

use reqwest::{Certificate, Url, redirect, retry};
use std::{net::IpAddr, sync::OnceLock, time::Duration};

/// How long the parts of a call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// To reach the address, name look-up and TLS included.
    pub connect: Duration,
    /// For a question that costs nothing and is answered at once, such as what the balance is.
    pub question: Duration,
    /// For an upload, besides a second for each 64 KiB.
    pub upload: Duration,
    /// For a whole render, from connecting to the last byte. It answers only when the song is done (documented: "50-60
    /// seconds or take a bit more"), and giving up early may lose audio that was paid for.
    pub render: Duration,
    /// For one try to download audio that was answered as a link.
    pub download: Duration,
    /// For one page of the account's log.
    pub look_up: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            question: Duration::from_secs(10),
            upload: Duration::from_secs(60),
            render: Duration::from_secs(300),
            download: Duration::from_secs(120),
            look_up: Duration::from_secs(30),
        }
    }
}

/// Two clients with the same rules, each made when first needed: making one reads the system's certificates, which
/// takes a while and is not owed by commands that never call.
#[derive(Debug)]
pub(crate) struct Client {
    connect: Duration,
    direct: OnceLock<Result<reqwest::Client, String>>,
    proxied: OnceLock<Result<reqwest::Client, String>>,
}

impl Client {
    /// A client that is not made yet.
    pub(crate) const fn new(connect: Duration) -> Self {
        Self {
            connect,
            direct: OnceLock::new(),
            proxied: OnceLock::new(),
        }
    }

    /// The client for an address. The error is a phrase that says why none can be made.
    pub(crate) fn to(&self, url: &Url) -> Result<&reqwest::Client, String> {
        let made = if is_loopback(url) {
            // A proxy cannot reach this machine's own loopback; the system's proxy settings are for the world outside.
            self.direct.get_or_init(|| make(self.connect, true))
        } else {
            self.proxied.get_or_init(|| make(self.connect, false))
        };
        made.as_ref().map_err(Clone::clone)
    }
}

/// Whether an address names this machine.
fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or_else(
        |_| host == "localhost" || host.ends_with(".localhost"),
        |ip| ip.is_loopback() || ip.is_unspecified(),
    )
}

fn make(connect: Duration, direct: bool) -> Result<reqwest::Client, String> {
    // A provider that is installed already is as good; without any, building a client panics.
    drop(rustls::crypto::ring::default_provider().install_default());
    // A machine without certificate files (a slim container) cannot build a client at all, not even for `http://`:
    // there the certificates that came with the program stand in.
    rules(connect, direct).build().or_else(|first| {
        let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS
            .iter()
            .filter_map(|der| Certificate::from_der(der).ok());
        rules(connect, direct)
            .tls_certs_only(roots)
            .build()
            .map_err(|_| deepest(&first))
    })
}

fn rules(connect: Duration, direct: bool) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("takesheet/", env!("CARGO_PKG_VERSION")))
        // HTTP/1.1: dropping a call closes its connection, which is the only way to cancel it.
        .http1_only()
        .retry(retry::never())
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(connect)
        .tcp_keepalive(Duration::from_secs(30))
        // A fresh connection for each call: one that the server closed while it lay idle breaks in a way that cannot be
        // told from a render that was lost, and beside a render a handshake is nothing.
        .pool_max_idle_per_host(0);
    if direct { builder.no_proxy() } else { builder }
}

/// The innermost cause of an error, which is the one that says something; without the address, which may be signed.
pub(crate) fn deepest(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    // Without a source the error's own text would name the address.
    if std::error::Error::source(error).is_none() {
        return if error.is_timeout() { "timed out" } else { "broken off" }.to_owned();
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        for (address, local) in [
            ("http://127.0.0.1:80/", true),
            ("http://127.9.9.9/", true),
            ("http://[::1]:9/", true),
            ("http://localhost:1/", true),
            ("http://api.localhost/", true),
            ("https://api.aimlapi.com/", false),
            ("http://localhost.example/", false),
            ("http://192.168.0.1/", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(address).unwrap()), local, "{address}");
        }
    }
}
