//! AI/ML API's `music-01`: a multipart upload, then one blocking call that answers with hex audio.
//!
//! Also speaks to the sandbox, which has the same wire contract. Knows nothing of what a failure costs a run. Invariants:
//! the key stands in the `Authorization` header of calls to the base address and nowhere else; nothing is sent twice; an
//! absent reference is left out of the request, never sent as null.

use crate::{
    backend::{
        Backend, Fate, Link, Outcome, Preflight, RenderAnswer, RenderCall, Rendered, UploadCall, UploadIds,
        answer::Answer,
        classify::{self, Asked},
        client::{Client, Timeouts},
        download,
        extract::{Audio, Extracted, Extractor, Stop},
        logs::{self, Window},
        wire::{self, GenerateBody},
    },
    base::{
        crash,
        digest::Digest,
        door::Sink,
        secret::Secret,
        time::{Clock, SystemClock, Timestamp},
    },
    catalog,
    event::{FailureClass, StepFailure},
};
use reqwest::{
    Method, RequestBuilder, Response, Url,
    header::{AUTHORIZATION, HeaderValue},
};
use serde_json::Value;
use std::{collections::HashMap, io, time::Duration};

const UPLOAD: &str = "v2/generate/audio/minimax/upload";
const GENERATE: &str = "v2/generate/audio/minimax/generate";
const REQUEST_ID: &str = "x-client-request-id";

/// Why there can be no backend of these settings.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The address is none.
    #[error("the base address `{0}` is not an http:// or https:// address")]
    Address(String),
    /// A user name or password in the address would be shown wherever the address is.
    #[error("the base address holds a user name or a password: leave them out, the key is sent by itself")]
    Credentials,
    /// The key has characters that cannot be sent.
    #[error("the API key holds a character that cannot be sent: copy it again, without quotes and line breaks")]
    Key,
}

/// One account at AI/ML API, or at anything that speaks like it.
#[derive(Debug)]
pub struct Aimlapi {
    base: Url,
    key: Secret,
    authorization: HeaderValue,
    timeouts: Timeouts,
    client: Client,
    /// Whether what answers is our own sandbox.
    scratch: bool,
}

impl Aimlapi {
    /// A backend at an address such as `https://api.aimlapi.com`, with or without `/v1` or `/v2` at its end. Makes no
    /// connection yet.
    pub fn new(base: &str, key: Secret) -> Result<Self, SettingsError> {
        let address =
            || SettingsError::Address(base.trim().split(['?', '#', '@']).next().unwrap_or_default().to_owned());
        let mut url = Url::parse(base.trim()).map_err(|_| address())?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(SettingsError::Credentials);
        }
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(address());
        }
        let path = url.path().trim_end_matches('/');
        // The same host is often written as it stands in an OpenAI client, with the version.
        let path = path
            .strip_suffix("/v1")
            .or_else(|| path.strip_suffix("/v2"))
            .unwrap_or(path);
        url.set_path(&format!("{}/", path.to_owned()));
        url.set_query(None);
        url.set_fragment(None);
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {}", key.expose())).map_err(|_| SettingsError::Key)?;
        authorization.set_sensitive(true);
        let timeouts = Timeouts::default();
        Ok(Self {
            base: url,
            key,
            authorization,
            client: Client::new(timeouts.connect),
            timeouts,
            scratch: false,
        })
    }

    /// Where calls go: without a version and without a query, which might be a secret.
    pub fn address(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// With other limits of time.
    #[must_use]
    pub fn with_timeouts(mut self, timeouts: Timeouts) -> Self {
        self.client = Client::new(timeouts.connect);
        self.timeouts = timeouts;
        self
    }

    /// The same for our own sandbox, which is told what is wished of a take and tells what it heard.
    #[must_use]
    pub fn of_sandbox(mut self) -> Self {
        self.scratch = true;
        self
    }

    /// A request that carries the key.
    fn request(&self, method: Method, route: &str, limit: Duration) -> Result<RequestBuilder, StepFailure> {
        let machine =
            |cause: String| StepFailure::new(FailureClass::Machine, format!("no HTTP client could be made: {cause}"));
        let url = self.base.join(route).map_err(|error| machine(error.to_string()))?;
        let client = self.client.to(&url).map_err(machine)?;
        Ok(client
            .request(method, url)
            .header(AUTHORIZATION, self.authorization.clone())
            .timeout(limit))
    }

    /// A POST that carries the key and a name for the call.
    fn post(&self, route: &str, request_id: &str, limit: Duration) -> Result<RequestBuilder, StepFailure> {
        Ok(self.request(Method::POST, route, limit)?.header(REQUEST_ID, request_id))
    }

    /// A GET that is answered at once, with the key only where the route asks for one. The error is a phrase.
    pub(super) fn get(&self, route: &str, with_key: bool) -> Result<RequestBuilder, String> {
        let url = self.base.join(route).map_err(|error| error.to_string())?;
        let request = self.client.to(&url)?.get(url).timeout(self.timeouts.question);
        Ok(if with_key {
            request.header(AUTHORIZATION, self.authorization.clone())
        } else {
            request
        })
    }

    /// The key, to be kept out of what is shown.
    pub(super) const fn key(&self) -> &Secret {
        &self.key
    }

    pub(super) fn head(&self, response: &Response) -> Answer {
        let now = SystemClock::start().now();
        Answer::head(response.status().as_u16(), response.headers(), now, &self.key)
    }

    async fn send_upload(&self, call: UploadCall) -> Outcome<UploadIds> {
        // At the slowest, 64 KiB a second.
        let slow = Duration::from_secs(call.bytes.len() as u64 >> 16);
        let (form, purpose) = match wire::form(&call) {
            Ok(form) => (form, call.purpose),
            Err(error) => return classify::unanswered(Asked::Upload, &error, None),
        };
        let request = match self.post(UPLOAD, &call.request_id, self.timeouts.upload + slow) {
            Ok(request) => request.multipart(form),
            Err(failure) => return Outcome::Refused(failure),
        };
        crash::point("upload.before");
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => return classify::unanswered(Asked::Upload, &error, None),
        };
        crash::point("upload.head");
        let mut answer = self.head(&response);
        let (body, whole) = wire::read(response).await;
        let json = answer.body(&body, &self.key);
        if !answer.is_success() || answer.code.is_some_and(|code| code != 0) {
            return classify::answered(Asked::Upload, &answer);
        }
        if let Err(error) = whole {
            return classify::unanswered(Asked::Upload, &error, Some(&answer));
        }
        let id = |name: &str| {
            json.as_ref()?
                .get(name)?
                .as_str()
                .filter(|id| !id.is_empty())
                .map(ToOwned::to_owned)
        };
        let ids = UploadIds {
            voice: id("voice_id"),
            instrumental: id("instrumental_id"),
        };
        let lacks = (purpose.yields_voice() && ids.voice.is_none())
            .then_some("voice_id")
            .or_else(|| (purpose.yields_instrumental() && ids.instrumental.is_none()).then_some("instrumental_id"));
        match lacks {
            None => Outcome::Done(ids),
            Some(name) => {
                let what = format!(
                    "the upload was answered without the `{name}` that purpose `{}` yields",
                    purpose.word()
                );
                classify::bad(Asked::Upload, &answer, &with_words(&what, json.is_none(), &answer))
            }
        }
    }

    async fn send_render(&self, call: &RenderCall, sink: &mut dyn Sink) -> Outcome<Rendered> {
        let asked = Asked::Render(call);
        if let Err(error) = sink.restart() {
            return Outcome::Refused(StepFailure::new(FailureClass::Machine, unstored(&error)));
        }
        let request = match self.post(GENERATE, &call.request_id, self.timeouts.render) {
            Ok(request) => request.json(&GenerateBody::of(call)),
            Err(failure) => return Outcome::Refused(failure),
        };
        let request = match call.wishes.filter(|_| self.scratch) {
            Some(wishes) => request.header(catalog::WISHES, wishes.to_string()),
            None => request,
        };
        crash::point("call.before");
        let mut response = match request.send().await {
            Ok(response) => response,
            Err(error) => return classify::unanswered(asked, &error, None),
        };
        crash::point("call.head");
        let mut answer = self.head(&response);
        if !answer.is_success() {
            // The status is the answer; words that were cut on their way are words all the same.
            let (body, _) = wire::read(response).await;
            answer.body(&body, &self.key);
            return classify::answered(asked, &answer);
        }
        if self.scratch {
            answer.pick_up(response.headers(), &self.key);
        }
        let mut extractor = Extractor::new();
        loop {
            let piece = match response.chunk().await {
                Ok(Some(piece)) => piece,
                Ok(None) => break,
                Err(error) => return classify::unanswered(asked, &error, Some(&answer)),
            };
            match extractor.push(&piece, sink) {
                Ok(()) => crash::point("call.piece"),
                Err(Stop::TooLarge) => return classify::bad(asked, &answer, "the answer is larger than any take"),
                Err(Stop::Sink(error)) => {
                    return Outcome::Unsure(classify::doubtful(
                        asked,
                        FailureClass::Machine,
                        &unstored(&error),
                        Some(&answer),
                    ));
                }
            }
        }
        crash::point("call.last-piece");
        self.judge(asked, answer, extractor.finish())
    }

    /// Decides whether a whole answer is a take. The order matters: an error's own code explains a missing audio better
    /// than its absence does.
    fn judge(&self, asked: Asked<'_>, mut answer: Answer, extracted: Extracted) -> Outcome<Rendered> {
        if extracted.cut {
            return classify::lost(asked, "the answer ends in its middle", Some(&answer));
        }
        let Some(json) = answer.body(&extracted.skeleton, &self.key) else {
            let what = if extracted.skeleton.is_empty() {
                "the answer is empty".to_owned()
            } else {
                with_words("the answer is not JSON", true, &answer)
            };
            return classify::bad(asked, &answer, &what);
        };
        if answer.code.is_some_and(|code| code != 0) {
            return classify::answered(asked, &answer);
        }
        // 1 is "in progress" (documented), with no way to ask for the rest.
        let status = json.pointer("/data/status");
        if let Some(status) = status.filter(|status| !status.is_null() && **status != 2 && **status != "2") {
            let what = format!("the render is answered as not completed (status {status})");
            return classify::bad(asked, &answer, &what);
        }
        let what = match extracted.audio {
            Audio::Bytes(bytes) => {
                return Outcome::Done(Rendered::Audio(RenderAnswer {
                    bytes,
                    charged: answer.charged,
                    traces: answer.traces,
                }));
            }
            Audio::Link(text) => return linked(asked, answer, &text),
            // MiniMax's own client looks here first for a link.
            Audio::Absent | Audio::Empty => match json.pointer("/data/audio_url").and_then(Value::as_str) {
                Some(text) => return linked(asked, answer, text),
                None if extracted.audio == Audio::Empty => "the answer's audio is empty",
                None => "the answer holds no audio",
            },
            Audio::Odd => "the answer's audio was cut: half a byte stands at its end",
            Audio::NotHex => "the answer's audio is neither hex nor a link",
            Audio::Twice => "the answer holds its audio twice",
        };
        let no_audio = extracted.audio == Audio::Absent;
        let what = with_words(what, no_audio, &answer);
        classify::bad(asked, &answer, &what)
    }

    /// One page of the account's log.
    async fn log_page(&self, window: &Window, offset: usize) -> Result<logs::Page, StepFailure> {
        let request = self.request(Method::GET, &window.route(offset), self.timeouts.look_up)?;
        let response = request.send().await.map_err(|error| logs::unanswered(&error))?;
        let mut answer = self.head(&response);
        let (body, whole) = wire::read(response).await;
        let json = answer.body(&body, &self.key);
        if !answer.is_success() {
            return Err(logs::refused(&answer));
        }
        whole.map_err(|error| logs::unanswered(&error))?;
        logs::page(json.as_ref(), window, &self.key)
    }
}

impl Backend for Aimlapi {
    fn account(&self) -> Digest {
        let text = format!(
            "takesheet aimlapi account v1\0{}\0{}",
            self.base,
            self.key.fingerprint()
        );
        Digest::of(text.as_bytes())
    }

    async fn upload(&self, call: UploadCall) -> Outcome<UploadIds> {
        self.send_upload(call).await
    }

    async fn render<'a>(&'a self, call: RenderCall, sink: &'a mut dyn Sink) -> Outcome<Rendered> {
        self.send_render(&call, sink).await
    }

    async fn fetch<'a>(&'a self, link: &'a Link, sink: &'a mut dyn Sink) -> Outcome<u64> {
        download::fetch(&self.client, self.timeouts.download, link, sink).await
    }

    async fn look_up(&self, request_ids: &[String], since: Timestamp) -> Result<HashMap<String, Fate>, StepFailure> {
        let window = Window::of(since, SystemClock::start().now());
        let mut search = logs::Search::of(request_ids);
        while let Some(offset) = search.next_offset() {
            search.take_in(self.log_page(&window, offset).await?);
        }
        Ok(search.fates())
    }

    async fn preflight(&self, models: &[String]) -> Result<Preflight, StepFailure> {
        self.ask_before_paying(models).await
    }
}

/// Audio that was answered as a link.
fn linked(asked: Asked<'_>, answer: Answer, text: &str) -> Outcome<Rendered> {
    match Link::new(text) {
        Some(link) => Outcome::Done(Rendered::Link {
            link,
            charged: answer.charged,
            traces: answer.traces,
        }),
        None => classify::bad(asked, &answer, "the answer's audio is neither hex nor a link"),
    }
}

/// `what`, with the backend's words if they say more about it.
fn with_words(what: &str, they_do: bool, answer: &Answer) -> String {
    match answer.words.as_str() {
        words if they_do && !words.is_empty() => format!("{what}: {words}"),
        _ => what.to_owned(),
    }
}

/// What is said when the sink did not take the audio.
fn unstored(error: &io::Error) -> String {
    format!("the audio could not be stored: {error}")
}
