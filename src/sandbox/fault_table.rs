//! The faults that can be injected, as a table: a word, what happens, and the effect as data.
//!
//! Knows nothing of HTTP or of how a fault is asked for; documentation and `--fault` both read this table.

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
    pub const fn is_billed(&self) -> bool {
        matches!(self.moment(), Moment::Answer)
    }

    /// When the fault strikes.
    pub(super) const fn moment(&self) -> Moment {
        match self.effect {
            Effect::Refuse(..) | Effect::Page(_) | Effect::Base(_) | Effect::Redirect | Effect::Hang | Effect::Cut => {
                Moment::Arrival
            }
            Effect::Sent(_) | Effect::Twist(_) => Moment::Answer,
        }
    }

    /// Whether a second host is needed.
    pub(super) const fn needs_elsewhere(&self) -> bool {
        matches!(
            self.effect,
            Effect::Redirect | Effect::Twist(Twist::Url | Twist::UrlRedirect)
        )
    }
}

/// When a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// As soon as the request is read: nothing was looked at, rendered or charged.
    Arrival,
    /// When a valid generation was rendered and charged.
    Answer,
}

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// An HTTP error with this text in the usual body.
    Refuse(u16, &'static str),
    /// This status with an HTML page.
    Page(u16),
    /// A success whose `base_resp` has this code.
    Base(u32),
    /// A redirect to another host.
    Redirect,
    /// Never an answer.
    Hang,
    /// The connection closes without an answer.
    Cut,
    /// A sound answer that does not arrive soundly.
    Sent(Sending),
    /// An answer with something wrong inside.
    Twist(Twist),
}

/// How the answer is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sending {
    /// Never.
    Stall,
    /// The connection closes instead.
    Cut,
    /// The connection closes after half of the body.
    CutBody,
    /// Nothing follows after half of the body.
    StallBody,
    /// In pieces, over some seconds.
    Slow,
}

/// What is wrong inside an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Twist {
    /// One hex digit is missing.
    OddHex,
    /// One character is no hex digit.
    BadHex,
    /// Upper-case hex, which is right.
    UpperHex,
    /// Status 2, no audio.
    Empty,
    /// Status 1, no audio.
    InProgress,
    /// A URL on another host instead of audio.
    Url,
    /// A URL that redirects to another host.
    UrlRedirect,
    /// A web page as audio.
    Page,
    /// 0.2 seconds of audio.
    Short,
    /// Audio that ends in the middle.
    Truncated,
    /// `audio_size` and `music_size` are 0.
    ZeroSize,
    /// No `extra_info`.
    NoExtraInfo,
    /// No `trace_id`.
    NoTraceId,
    /// `content-type: text/html`.
    WrongType,
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
        1028 => "quota exhausted",
        1033 => "system error",
        1039 => "token limit",
        1041 => "connection limit",
        1042 => "invisible character ratio limit",
        2013 => "invalid params",
        20132 => "invalid samples or voice_id",
        2037 => "voice duration too short or too long",
        2042 => "no access to this voice_id",
        2044 => "no permission",
        2049 => "invalid api key",
        _ => "unknown error",
    }
}

pub(super) const PARTNER_FAILED: &str = "Something wrong with the server. Please, try again later.";

const fn kind(word: &'static str, about: &'static str, effect: Effect) -> FaultKind {
    FaultKind { word, about, effect }
}

/// Every fault, in the order they are documented.
#[rustfmt::skip]
pub const FAULTS: &[FaultKind] = &[
    kind("400", "is refused as invalid", Effect::Refuse(400, "Invalid payload provided")),
    kind("401", "is refused for its key", Effect::Refuse(401, super::answer::NO_KEY)),
    kind("403", "is refused for lack of funds", Effect::Refuse(403, super::answer::NO_FUNDS)),
    kind("404", "is answered 404", Effect::Refuse(404, "Not Found")),
    kind("413", "is refused as too large", Effect::Refuse(413, "Payload Too Large")),
    kind("429", "is refused as one too many; `retry-after=SECONDS` adds the header", Effect::Refuse(429, "Too Many Requests")),
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
    kind("base-1033", "succeeds with `base_resp` 1033, a system error", Effect::Base(1033)),
    kind("base-1039", "succeeds with `base_resp` 1039, a token limit", Effect::Base(1039)),
    kind("base-1041", "succeeds with `base_resp` 1041, a connection limit", Effect::Base(1041)),
    kind("base-1042", "succeeds with `base_resp` 1042, invisible characters", Effect::Base(1042)),
    kind("base-2013", "succeeds with `base_resp` 2013, invalid parameters", Effect::Base(2013)),
    kind("base-20132", "succeeds with `base_resp` 20132, an invalid voice id", Effect::Base(20132)),
    kind("base-2042", "succeeds with `base_resp` 2042, no access to the voice id", Effect::Base(2042)),
    kind("base-2044", "succeeds with `base_resp` 2044, no permission", Effect::Base(2044)),
    kind("base-2049", "succeeds with `base_resp` 2049, an invalid key", Effect::Base(2049)),
    kind("stall", "is charged and never answered", Effect::Sent(Sending::Stall)),
    kind("cut-billed", "is charged, then the connection closes without an answer", Effect::Sent(Sending::Cut)),
    kind("cut-body", "is charged, and the connection closes in the middle of the answer", Effect::Sent(Sending::CutBody)),
    kind("stall-body", "is charged, and the answer stops in the middle", Effect::Sent(Sending::StallBody)),
    kind("slow", "is answered in pieces over `seconds=SECONDS` (5)", Effect::Sent(Sending::Slow)),
    kind("odd-hex", "is answered with one hex digit missing", Effect::Twist(Twist::OddHex)),
    kind("bad-hex", "is answered with a character that is no hex digit", Effect::Twist(Twist::BadHex)),
    kind("upper-hex", "is answered with upper-case hex, which is right", Effect::Twist(Twist::UpperHex)),
    kind("empty-audio", "is answered as completed, without audio", Effect::Twist(Twist::Empty)),
    kind("in-progress", "is answered as in progress, without audio", Effect::Twist(Twist::InProgress)),
    kind("audio-url", "is answered with a URL on another host", Effect::Twist(Twist::Url)),
    kind("audio-url-redirect", "is answered with a URL that redirects to another host", Effect::Twist(Twist::UrlRedirect)),
    kind("html-audio", "is answered with a web page as audio", Effect::Twist(Twist::Page)),
    kind("short-audio", "is answered with 0.2 seconds of audio", Effect::Twist(Twist::Short)),
    kind("truncated-audio", "is answered with audio that ends in the middle", Effect::Twist(Twist::Truncated)),
    kind("zero-size", "is answered with a size of 0 in `extra_info`, as real answers are", Effect::Twist(Twist::ZeroSize)),
    kind("no-extra-info", "is answered without `extra_info`", Effect::Twist(Twist::NoExtraInfo)),
    kind("no-trace-id", "is answered without `trace_id`", Effect::Twist(Twist::NoTraceId)),
    kind("wrong-type", "is answered soundly, but as `text/html`", Effect::Twist(Twist::WrongType)),
];
