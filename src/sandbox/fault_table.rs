//! The faults that can be injected, as a table: a word, what happens, and the effect as data.
//!
//! Knows nothing of HTTP or of how a fault is asked for; documentation and `--fault` both read this table.

use super::effect::{
    AudioFlaw, Effect, HexFlaw, HttpFlaw, JsonFlaw, Linked, Moment, Sending,
    Twist::{Audio, Hex, Http, Json, Link},
};

/// One fault that can be injected.
#[derive(Debug)]
pub struct FaultKind {
    /// The word in `--fault`.
    pub word: &'static str,
    /// What happens, as the end of the sentence "the request …".
    pub about: &'static str,
    /// What is done.
    pub(super) effect: Effect,
}

impl FaultKind {
    /// Whether the request is rendered and charged before things go wrong.
    #[cfg(test)]
    pub(super) const fn is_billed(&self) -> bool {
        matches!(self.moment(), Moment::Answer)
    }

    /// When the fault strikes.
    pub(super) const fn moment(&self) -> Moment {
        match self.effect {
            Effect::Refuse(..) | Effect::Page(_) | Effect::Base(_) | Effect::Redirect | Effect::Hang | Effect::Cut => {
                Moment::Arrival
            }
            Effect::Late(..) | Effect::LatePage(_) | Effect::Sent(_) | Effect::Twist(_) => Moment::Answer,
        }
    }

    /// Whether a second host is needed.
    pub(super) const fn needs_elsewhere(&self) -> bool {
        matches!(self.effect, Effect::Redirect | Effect::Twist(Link(_)))
    }
}

/// The page of a gateway that gave up.
pub(super) const GATEWAY_PAGE: &str = "<html>\r\n<head><title>Bad Gateway</title></head>\r\n<body>\r\n<center><h1>Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

/// What `base_resp` says with each code, in MiniMax's words.
pub(super) const fn base_message(code: u32) -> &'static str {
    match code {
        1001 => "request timeout",
        1002 => "rate limit",
        1004 => "not authorized",
        1008 => "insufficient balance",
        1013 | 1024 => "internal error",
        1026 => "input_sensitive",
        1027 => "output_sensitive",
        1028 | 1030 => "quota exhausted",
        1033 => "system error",
        1039 => "token limit",
        1041 => "connection limit",
        1042 => "invisible character ratio limit",
        1043 => "asr similarity check failed",
        1044 => "clone prompt similarity failed",
        2013 => "invalid params",
        20132 => "invalid samples or voice_id",
        2037 => "voice duration too short or too long",
        2038 => "cloning not allowed",
        2039 => "voice id duplicate",
        2042 => "no access to this voice_id",
        2044 => "no permission",
        2045 => "rate growth limit",
        2048 => "prompt audio too long",
        2049 => "invalid api key",
        2056 => "usage limit",
        2061 => "model not in your plan",
        _ => "unknown error",
    }
}

pub(super) const PARTNER_FAILED: &str = "Something wrong with the server. Please, try again later.";

const fn kind(word: &'static str, about: &'static str, effect: Effect) -> FaultKind {
    FaultKind { word, about, effect }
}

/// A text that would do harm where it is printed: colours, a bell, a carriage return, text that runs backwards.
const WILD: &str = "\u{1b}[31mred\u{1b}[0m\u{7}\r\nfatal: rm -rf /\u{202e}drawkcab\u{2066}\u{200b}\u{0} Lorem-ipsum-dolor-sit-amet-consetetur-sadipscing-elitr-sed-diam-nonumy-eirmod-tempor-invidunt-ut-labore-et-dolore-magna-aliquyam-erat-sed-diam-voluptua-at-vero-eos-et-accusam-et-justo-duo-dolores-et-ea-rebum-stet-clita-kasd-gubergren-no-sea-takimata-sanctus-est-lorem-ipsum-dolor-sit-amet-lorem-ipsum-dolor-sit-amet-consetetur-sadipscing-elitr-sed-diam-nonumy-eirmod";

/// Every fault, in the order they are documented.
#[rustfmt::skip]
pub const FAULTS: &[FaultKind] = &[
    kind("400", "is refused as invalid", Effect::Refuse(400, "Invalid payload provided")),
    kind("400-wild", "is refused with colours, control characters and very long words in the text", Effect::Refuse(400, WILD)),
    kind("401", "is refused for its key", Effect::Refuse(401, super::answer::NO_KEY)),
    kind("402", "is refused for lack of a payment", Effect::Refuse(402, "Payment Required")),
    kind("403", "is refused for lack of funds", Effect::Refuse(403, super::answer::NO_FUNDS)),
    kind("404", "is answered 404", Effect::Refuse(404, "Not Found")),
    kind("408", "is answered 408", Effect::Refuse(408, "Request Timeout")),
    kind("413", "is refused as too large", Effect::Refuse(413, "Payload Too Large")),
    kind("422", "is refused as unprocessable", Effect::Refuse(422, "Unprocessable Entity")),
    kind("429", "is refused as one too many; `retry-after=VALUE` adds the header", Effect::Refuse(429, "Too Many Requests")),
    kind("429-free", "is refused because the free tier is used up", Effect::Refuse(429, "Free-tier limit: You've reached your free limit for the hour. Get AI/ML Subscription to use API, visit https://aimlapi.com/app/billing/ !")),
    kind("500", "meets an internal error", Effect::Refuse(500, "Internal server error")),
    kind("500-partner", "meets an error of the model's own API", Effect::Refuse(500, PARTNER_FAILED)),
    kind("500-maintenance", "meets a model under maintenance", Effect::Refuse(500, "The model is under maintenance, please contact us at help@aimlapi.com.")),
    kind("502", "is answered 502 with an HTML page", Effect::Page(502)),
    kind("503", "is answered 503", Effect::Refuse(503, "Service unavailable")),
    kind("504", "is answered 504", Effect::Refuse(504, "Generation timeout")),
    kind("html", "is answered 200 with an HTML page", Effect::Page(200)),
    kind("redirect", "is redirected to another host", Effect::Redirect),
    kind("hang", "is never answered and not charged", Effect::Hang),
    kind("cut", "finds the connection closed; nothing ran", Effect::Cut),
    kind("base-1000", "succeeds with `base_resp` 1000, an unknown error", Effect::Base(1000)),
    kind("base-1001", "succeeds with `base_resp` 1001, a timeout", Effect::Base(1001)),
    kind("base-1002", "succeeds with `base_resp` 1002, a rate limit", Effect::Base(1002)),
    kind("base-1004", "succeeds with `base_resp` 1004, a wrong key", Effect::Base(1004)),
    kind("base-1008", "succeeds with `base_resp` 1008, no money", Effect::Base(1008)),
    kind("base-1013", "succeeds with `base_resp` 1013, an internal error", Effect::Base(1013)),
    kind("base-1024", "succeeds with `base_resp` 1024, an internal error", Effect::Base(1024)),
    kind("base-1026", "succeeds with `base_resp` 1026, flagged lyrics", Effect::Base(1026)),
    kind("base-1027", "succeeds with `base_resp` 1027, flagged audio", Effect::Base(1027)),
    kind("base-1028", "succeeds with `base_resp` 1028, a used-up quota", Effect::Base(1028)),
    kind("base-1030", "succeeds with `base_resp` 1030, a used-up quota", Effect::Base(1030)),
    kind("base-1033", "succeeds with `base_resp` 1033, a system error", Effect::Base(1033)),
    kind("base-1039", "succeeds with `base_resp` 1039, a token limit", Effect::Base(1039)),
    kind("base-1041", "succeeds with `base_resp` 1041, a connection limit", Effect::Base(1041)),
    kind("base-1042", "succeeds with `base_resp` 1042, invisible characters", Effect::Base(1042)),
    kind("base-1043", "succeeds with `base_resp` 1043, a failed comparison of speech", Effect::Base(1043)),
    kind("base-1044", "succeeds with `base_resp` 1044, a failed comparison of a voice", Effect::Base(1044)),
    kind("base-2013", "succeeds with `base_resp` 2013, invalid parameters", Effect::Base(2013)),
    kind("base-20132", "succeeds with `base_resp` 20132, an invalid voice id", Effect::Base(20132)),
    kind("base-2037", "succeeds with `base_resp` 2037, a voice too short or too long", Effect::Base(2037)),
    kind("base-2038", "succeeds with `base_resp` 2038, no right to clone", Effect::Base(2038)),
    kind("base-2039", "succeeds with `base_resp` 2039, a voice id that exists", Effect::Base(2039)),
    kind("base-2042", "succeeds with `base_resp` 2042, no access to the voice id", Effect::Base(2042)),
    kind("base-2044", "succeeds with `base_resp` 2044, no permission", Effect::Base(2044)),
    kind("base-2045", "succeeds with `base_resp` 2045, a rate that grows too fast", Effect::Base(2045)),
    kind("base-2048", "succeeds with `base_resp` 2048, a reference that is too long", Effect::Base(2048)),
    kind("base-2049", "succeeds with `base_resp` 2049, an invalid key", Effect::Base(2049)),
    kind("base-2056", "succeeds with `base_resp` 2056, a used-up allowance of hours", Effect::Base(2056)),
    kind("base-2061", "succeeds with `base_resp` 2061, a model outside the plan", Effect::Base(2061)),
    kind("base-9999", "succeeds with `base_resp` 9999, which nobody lists", Effect::Base(9999)),
    kind("500-billed", "is charged, then answered 500", Effect::Late(500, "Internal server error")),
    kind("502-billed", "is charged, then answered 502 with an HTML page", Effect::LatePage(502)),
    kind("503-billed", "is charged, then answered 503", Effect::Late(503, "Service unavailable")),
    kind("504-billed", "is charged, then answered 504", Effect::Late(504, "Generation timeout")),
    kind("stall", "is charged and never answered", Effect::Sent(Sending::Stall)),
    kind("cut-billed", "is charged, then the connection closes without an answer", Effect::Sent(Sending::Cut)),
    kind("cut-body", "is charged, and the connection closes in the middle of the answer", Effect::Sent(Sending::CutBody)),
    kind("stall-body", "is charged, and the answer stops in the middle", Effect::Sent(Sending::StallBody)),
    kind("slow", "is answered in pieces over `seconds=SECONDS` (5)", Effect::Sent(Sending::Slow)),
    kind("odd-hex", "is answered with one hex digit missing", Effect::Twist(Hex(HexFlaw::Odd))),
    kind("bad-hex", "is answered with a character that is no hex digit", Effect::Twist(Hex(HexFlaw::Bad))),
    kind("upper-hex", "is answered with upper-case hex, which is right", Effect::Twist(Hex(HexFlaw::Upper))),
    kind("foreign-hex", "is answered with hex in the digits of another script", Effect::Twist(Hex(HexFlaw::Foreign))),
    kind("0x-hex", "is answered with hex that begins with `0x`", Effect::Twist(Hex(HexFlaw::Prefixed))),
    kind("empty-audio", "is answered as completed, without audio", Effect::Twist(Audio(AudioFlaw::Empty))),
    kind("in-progress", "is answered as in progress, without audio", Effect::Twist(Audio(AudioFlaw::InProgress))),
    kind("html-audio", "is answered with a web page as audio", Effect::Twist(Audio(AudioFlaw::Page))),
    kind("short-audio", "is answered with 0.2 seconds of audio", Effect::Twist(Audio(AudioFlaw::Short))),
    kind("truncated-audio", "is answered with audio that ends in the middle", Effect::Twist(Audio(AudioFlaw::Truncated))),
    kind("huge-audio", "is answered with minutes of silence in 64 MiB", Effect::Twist(Audio(AudioFlaw::Huge))),
    kind("audio-url", "is answered with a signed URL on another host", Effect::Twist(Link(Linked::Elsewhere))),
    kind("audio-url-redirect", "is answered with a signed URL that redirects to another host", Effect::Twist(Link(Linked::Hop))),
    kind("audio-url-slow", "is answered with a URL that takes `seconds=SECONDS` (5)", Effect::Twist(Link(Linked::Slow))),
    kind("audio-url-cut", "is answered with a URL whose first download is cut", Effect::Twist(Link(Linked::Cut))),
    kind("audio-url-403", "is answered with a URL that is answered 403", Effect::Twist(Link(Linked::Gone(403)))),
    kind("audio-url-404", "is answered with a URL that is answered 404", Effect::Twist(Link(Linked::Gone(404)))),
    kind("audio-url-410", "is answered with a URL that is answered 410", Effect::Twist(Link(Linked::Gone(410)))),
    kind("audio-url-html", "is answered with the URL of a web page", Effect::Twist(Link(Linked::Page))),
    kind("audio-url-file", "is answered with a `file:` URL of the client's own machine", Effect::Twist(Link(Linked::LocalFile))),
    kind("zero-size", "is answered with a size of 0 in `extra_info`, as real answers are", Effect::Twist(Json(JsonFlaw::ZeroSize))),
    kind("no-extra-info", "is answered without `extra_info`", Effect::Twist(Json(JsonFlaw::NoExtraInfo))),
    kind("no-trace-id", "is answered without `trace_id`", Effect::Twist(Json(JsonFlaw::NoTraceId))),
    kind("null-extras", "is answered with `extra_info` and `trace_id` null", Effect::Twist(Json(JsonFlaw::NullExtras))),
    kind("string-codes", "is answered soundly, with its codes as texts", Effect::Twist(Json(JsonFlaw::StringCodes))),
    kind("no-base-resp", "is answered without `base_resp`", Effect::Twist(Json(JsonFlaw::NoBaseResp))),
    kind("null-base-resp", "is answered with `base_resp` null", Effect::Twist(Json(JsonFlaw::NullBaseResp))),
    kind("no-data", "is answered as a success without `data`", Effect::Twist(Json(JsonFlaw::NoData))),
    kind("null-data", "is answered as a success with `data` null", Effect::Twist(Json(JsonFlaw::NullData))),
    kind("null-audio", "is answered as completed with `audio` null", Effect::Twist(Json(JsonFlaw::NullAudio))),
    kind("two-audios", "is answered with `audio` twice", Effect::Twist(Json(JsonFlaw::TwoAudios))),
    kind("two-codes", "is answered with `base_resp` twice, once as a failure", Effect::Twist(Json(JsonFlaw::TwoCodes))),
    kind("deep-json", "is answered with arrays nested 100,000 deep beside the audio", Effect::Twist(Json(JsonFlaw::Deep))),
    kind("bom", "is answered with a byte order mark before the JSON", Effect::Twist(Json(JsonFlaw::Bom))),
    kind("trailing", "is answered with something behind the JSON", Effect::Twist(Json(JsonFlaw::Trailing))),
    kind("huge-text", "is answered with 64 MiB of text beside the audio", Effect::Twist(Json(JsonFlaw::HugeText))),
    kind("wrong-type", "is answered soundly, but as `text/html`", Effect::Twist(Http(HttpFlaw::WrongType))),
    kind("200", "is answered soundly, as 200", Effect::Twist(Http(HttpFlaw::Status(200)))),
    kind("201", "is answered soundly, as 201", Effect::Twist(Http(HttpFlaw::Status(201)))),
    kind("202", "is answered soundly, as 202", Effect::Twist(Http(HttpFlaw::Status(202)))),
    kind("204", "is answered 204, without a body", Effect::Twist(Http(HttpFlaw::NoContent))),
    kind("long-length", "is answered with a `content-length` that promises more than comes", Effect::Twist(Http(HttpFlaw::LongLength))),
    kind("short-length", "is answered with a `content-length` that promises less than there is", Effect::Twist(Http(HttpFlaw::ShortLength))),
    kind("odd-headers", "is answered soundly, with headers that are no text or very long", Effect::Twist(Http(HttpFlaw::OddHeaders))),
    kind("usd-zero", "is answered soundly, as charged nothing", Effect::Twist(Http(HttpFlaw::Cost("0.000000000", "0")))),
    kind("usd-nan", "is answered soundly, with a charge of `NaN`", Effect::Twist(Http(HttpFlaw::Cost("NaN", "NaN")))),
    kind("usd-negative", "is answered soundly, with a charge below zero", Effect::Twist(Http(HttpFlaw::Cost("-0.031500000", "-63000")))),
    kind("usd-huge", "is answered soundly, with a charge of a billion dollars", Effect::Twist(Http(HttpFlaw::Cost("1000000000.000000000", "9223372036854775807")))),
    kind("gzip-bomb", "is answered with gzip of 7 MB that expands to 1 GiB", Effect::Twist(Http(HttpFlaw::GzipBomb))),
];
