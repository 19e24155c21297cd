//! What a fault does, as data: at which moment, and to which part of an answer.
//!
//! Knows nothing of the words for faults (`fault_table`) or of HTTP. An effect of the moment of arrival costs nothing;
//! one of the moment of the answer strikes what was rendered and charged.

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
    /// The work is done and charged; then an HTTP error with this text in the usual body.
    Late(u16, &'static str),
    /// The work is done and charged; then this status with an HTML page.
    LatePage(u16),
    /// A sound answer that does not arrive soundly.
    Sent(Sending),
    /// An answer with something wrong, or unusual, inside.
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

/// Which part of an answer is not as usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Twist {
    /// The text at `data.audio`.
    Hex(HexFlaw),
    /// The bytes behind that text.
    Audio(AudioFlaw),
    /// A link stands in place of the hex.
    Link(Linked),
    /// The JSON around it.
    Json(JsonFlaw),
    /// The HTTP around that.
    Http(HttpFlaw),
}

/// What is wrong with the hex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HexFlaw {
    /// One digit is missing.
    Odd,
    /// One character is no hex digit.
    Bad,
    /// Upper case, which is right.
    Upper,
    /// The digits of another script.
    Foreign,
    /// `0x` comes first.
    Prefixed,
}

/// What is wrong with the audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AudioFlaw {
    /// Status 2, no audio.
    Empty,
    /// Status 1, no audio.
    InProgress,
    /// A web page as audio.
    Page,
    /// 0.2 seconds of audio.
    Short,
    /// Audio that ends in the middle.
    Truncated,
    /// Minutes of silence, in an answer of 64 MiB.
    Huge,
}

/// What a link leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Linked {
    /// The audio, on another host.
    Elsewhere,
    /// A redirect to another host, and the audio there.
    Hop,
    /// This status.
    Gone(u16),
    /// The audio, in pieces over some seconds.
    Slow,
    /// The audio, and the first time the connection closes in its middle.
    Cut,
    /// A web page.
    Page,
    /// A file of the client's own machine.
    LocalFile,
}

/// What is wrong with the JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JsonFlaw {
    /// `audio_size` and `music_size` are 0.
    ZeroSize,
    /// No `extra_info`.
    NoExtraInfo,
    /// No `trace_id`.
    NoTraceId,
    /// `extra_info` and `trace_id` are null.
    NullExtras,
    /// Codes are texts.
    StringCodes,
    /// No `base_resp`.
    NoBaseResp,
    /// `base_resp` is null.
    NullBaseResp,
    /// No `data`.
    NoData,
    /// `data` is null.
    NullData,
    /// `data.audio` is null.
    NullAudio,
    /// `data.audio` stands there twice.
    TwoAudios,
    /// `base_resp` stands there twice, once with an error.
    TwoCodes,
    /// Arrays in arrays in arrays.
    Deep,
    /// A byte order mark comes first.
    Bom,
    /// Something follows the end.
    Trailing,
    /// 64 MiB of text in a member nobody asked for.
    HugeText,
}

/// What is wrong with the HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HttpFlaw {
    /// `content-type: text/html`.
    WrongType,
    /// This status of a success.
    Status(u16),
    /// 204, without a body.
    NoContent,
    /// `content-length` promises more than is sent.
    LongLength,
    /// `content-length` promises less than there is.
    ShortLength,
    /// Names for the call that are no text, or very long.
    OddHeaders,
    /// `x-aimlapi-usd-spent` and `x-aimlapi-credits-used`.
    Cost(&'static str, &'static str),
    /// Compressed, and a thousand times larger than it looks.
    GzipBomb,
}
