//! Stories about the sandbox, told over a real socket.

mod account;
mod faults;
mod generate;
mod odd_answers;
mod pickup;
mod upload;

use super::{Options, Sandbox, Sound};
use crate::{
    audio::{self, Samples},
    base::audio_settings::{AudioSettings, Format},
};
use reqwest::{
    Client, RequestBuilder, StatusCode,
    header::HeaderMap,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use std::time::Duration;

const UPLOAD: &str = "/v2/generate/audio/minimax/upload";
const GENERATE: &str = "/v2/generate/audio/minimax/generate";

/// A sandbox and a client of it.
struct Story {
    sandbox: Sandbox,
    client: Client,
}

/// An answer, read whole.
#[derive(Debug)]
struct Told {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Told {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The `base_resp` code of a success.
    fn base(&self) -> i64 {
        assert!(self.status.is_success(), "{} {}", self.status, self.text);
        self.json()["base_resp"]["status_code"].as_i64().unwrap()
    }

    /// The paths of the issues of a 400.
    fn issues(&self) -> Vec<String> {
        assert_eq!(self.status, 400, "{}", self.text);
        let data = self.json()["error"]["data"].take();
        let path = |issue: &Value| {
            let parts = issue["path"].as_array().unwrap().iter();
            parts.map(|part| part.as_str().unwrap()).collect::<Vec<_>>().join(".")
        };
        data.as_array().into_iter().flatten().map(path).collect()
    }

    /// The decoded audio.
    fn audio(&self) -> Vec<u8> {
        assert!(self.status.is_success(), "{} {}", self.status, self.text);
        const_hex::decode(self.json()["data"]["audio"].as_str().unwrap()).unwrap()
    }
}

impl Story {
    /// A sandbox whose takes are short tones.
    async fn start(options: Options) -> Self {
        Self::with_band(Options {
            sound: Sound::Beep,
            ..options
        })
        .await
    }

    async fn with_band(options: Options) -> Self {
        // Only the first installation counts; every test makes one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let sandbox = Sandbox::start("127.0.0.1:0".parse().unwrap(), options).await.unwrap();
        Self { sandbox, client }
    }

    async fn with_faults(faults: &[&str]) -> Self {
        Self::start(Options {
            faults: faults.iter().map(|fault| fault.parse().unwrap()).collect(),
            ..Options::default()
        })
        .await
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.client
            .post(format!("{}{path}", self.sandbox.base_url()))
            .bearer_auth("test-key")
    }

    async fn get(&self, path: &str) -> Told {
        let request = self.client.get(format!("{}{path}", self.sandbox.base_url()));
        tell(request.bearer_auth("test-key")).await
    }

    async fn upload(&self, purpose: &str, file: Vec<u8>) -> Told {
        let form = Form::new().text("purpose", purpose.to_owned()).part(
            "file",
            Part::bytes(file).file_name("demo.wav").mime_str("audio/wav").unwrap(),
        );
        tell(self.post(UPLOAD).multipart(form)).await
    }

    /// Uploads a song and gives both ids.
    async fn ids(&self) -> (String, String) {
        let answer = self.upload("song", tone(12.0)).await.json();
        let id = |name: &str| answer[name].as_str().unwrap().to_owned();
        (id("voice_id"), id("instrumental_id"))
    }

    async fn generate(&self, body: &Value) -> Told {
        tell(self.post(GENERATE).json(body)).await
    }

    /// A request that is right, with the ids of an upload.
    async fn request(&self) -> Value {
        let (voice, instrumental) = self.ids().await;
        json!({
            "model": "music-01", "lyrics": "##Lights of Lisbon\nbright and wide##",
            "refer_voice": voice, "refer_instrumental": instrumental,
            "audio_setting": {"sample_rate": 16_000, "bitrate": 32_000, "format": "mp3"},
        })
    }
}

async fn tell(request: RequestBuilder) -> Told {
    try_tell(request).await.unwrap()
}

async fn try_tell(request: RequestBuilder) -> reqwest::Result<Told> {
    let response = request.send().await?;
    Ok(Told {
        status: response.status(),
        headers: response.headers().clone(),
        text: response.text().await?,
    })
}

/// `body` with one member set, or taken away by null.
fn with(body: &Value, name: &str, value: Value) -> Value {
    let mut body = body.clone();
    if value.is_null() {
        body.as_object_mut().unwrap().remove(name);
    } else {
        body[name] = value;
    }
    body
}

/// A wav of a quiet tone.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small numbers")]
fn tone(seconds: f64) -> Vec<u8> {
    let samples = Samples {
        sample_rate: 8_000,
        channels: 1,
        data: (0..(seconds * 8_000.0).round() as usize)
            .map(|frame| if frame % 40 < 20 { 0.2 } else { -0.2 })
            .collect(),
    };
    let settings = AudioSettings {
        sample_rate: 8_000,
        ..settings(Format::Wav)
    };
    audio::encode(&samples, settings)
}

fn settings(format: Format) -> AudioSettings {
    AudioSettings {
        format,
        sample_rate: 16_000,
        bitrate: 32_000,
    }
}

/// Waits for something that happens on the server by itself.
async fn until(happened: impl Fn() -> bool) {
    for _ in 0..1000 {
        if happened() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not happen");
}

#[tokio::test]
async fn a_stopped_sandbox_leaves_its_port_and_ends_what_is_under_way() {
    let story = Story::start(Options {
        delay: Duration::from_secs(3600),
        ..Options::default()
    })
    .await;
    let body = story.request().await;
    let request = story.post(GENERATE).json(&body);
    let waiting = tokio::spawn(try_tell(request));
    let address = story.sandbox.address();
    until(|| story.sandbox.counts().generations == 1).await;
    story.sandbox.stop().await;
    assert!(
        waiting.await.unwrap().is_err(),
        "a request under way is cut, not answered"
    );
    let again = Sandbox::start(address, Options::default()).await.unwrap();
    assert_eq!(again.address(), address);
}
