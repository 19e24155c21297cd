//! What is expected of every fault.

use takesheet::sandbox::{Fault, FaultKind};

/// How it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    /// The take is there, as if nothing had been.
    Take,
    /// It surely was not charged, and is asked for again at once.
    Again {
        /// How many times more.
        calls: usize,
    },
    /// The reference is uploaded again, and the take asked for again.
    UploadedAgain,
    /// It surely was not charged, and asking again at once would be in vain.
    Refused,
    /// As [`Refused`](Self::Refused), and for every take: the time to ask again is far away.
    Away,
    /// As [`Refused`](Self::Refused), and for every take: the run stops.
    Stopped,
    /// Nobody knows whether it was charged.
    Unsure {
        /// Whether it was.
        charged: bool,
    },
    /// It was charged, and there is no take to show for it.
    Lost,
    /// The reference is sent again, which is free.
    UploadAgain,
    /// The upload was refused.
    UploadRefused,
    /// The upload was refused, and so would be everything.
    UploadStopped,
}

/// One fault.
#[derive(Debug)]
pub(super) struct Row {
    /// As the sandbox reads it; a second one, behind a blank, strikes elsewhere at the same time.
    pub(super) faults: &'static str,
    /// What happens, where the sandbox's own words do not say it.
    pub(super) about: Option<&'static str>,
    /// How it ends.
    pub(super) ends: Ends,
    /// A part of what the user sees.
    pub(super) sees: &'static str,
}

impl Row {
    /// The fault that strikes the take.
    pub(super) fn kind(&self) -> &'static FaultKind {
        let first = self.faults.split(' ').next().unwrap();
        first.parse::<Fault>().unwrap().kind
    }
}

/// Faults of one kind.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) title: &'static str,
    /// What they have in common.
    pub(super) about: &'static str,
    pub(super) rows: &'static [Row],
}

const fn row(faults: &'static str, ends: Ends, sees: &'static str) -> Row {
    Row {
        faults,
        about: None,
        ends,
        sees,
    }
}

const fn odd(faults: &'static str, about: &'static str, ends: Ends, sees: &'static str) -> Row {
    Row {
        faults,
        about: Some(about),
        ends,
        sees,
    }
}

use Ends::{
    Again, Away, Lost, Refused, Stopped, Take, Unsure, UploadAgain, UploadRefused, UploadStopped, UploadedAgain,
};

const ONCE: Ends = Again { calls: 1 };
const FREE: Ends = Unsure { charged: false };
const CHARGED: Ends = Unsure { charged: true };

/// Every group, in the order of the page.
#[rustfmt::skip]
pub(super) const GROUPS: &[Group] = &[
    Group {
        title: "The key or the money",
        about: "The run stops: every other call would be refused as well. Nothing was charged, and nothing is lost.",
        rows: &[
            row("401", Stopped, "the key was refused (HTTP 401)"),
            row("402", Stopped, "the account may not spend (HTTP 402)"),
            row("403", Stopped, "the account may not spend (HTTP 403): You've run out of funds"),
            row("429-free", Stopped, "the account may not spend (HTTP 429): Free-tier limit"),
            row("base-1004", Stopped, "the key was refused (HTTP 201, code 1004)"),
            row("base-1008", Stopped, "the account may not spend (HTTP 201, code 1008)"),
            odd("base-1008:body=legacy-string", "succeeds with `base_resp` 1008 as a text", Stopped, "the account may not spend (HTTP 201, code 1008)"),
            row("base-1028", Stopped, "the account may not spend (HTTP 201, code 1028)"),
            row("base-1030", Stopped, "the account may not spend (HTTP 201, code 1030)"),
            row("base-2038", Stopped, "the key was refused (HTTP 201, code 2038)"),
            row("base-2044", Stopped, "the key was refused (HTTP 201, code 2044)"),
            row("base-2049", Stopped, "the key was refused (HTTP 201, code 2049)"),
            row("base-2056", Stopped, "the account may not spend (HTTP 201, code 2056)"),
            row("base-2061", Stopped, "the key was refused (HTTP 201, code 2061)"),
        ],
    },
    Group {
        title: "The request is refused",
        about: "The take fails, and nothing was charged. The others are rendered.",
        rows: &[
            row("400", Refused, "the request was refused as invalid (HTTP 400): Invalid payload provided"),
            odd("400:body=legacy", "is refused in the error body of the documentation", Refused, "the request was refused as invalid (HTTP 400): Invalid payload provided"),
            odd("400:body=legacy-string", "is refused in the same body with its status as a text", Refused, "the request was refused as invalid (HTTP 400): Invalid payload provided"),
            row("400-wild", Refused, "the request was refused as invalid (HTTP 400): [31mred [0m fatal: rm -rf /drawkcab Lorem-ipsum"),
            row("404", Refused, "the model `music-01` is gone (HTTP 404)"),
            row("413", Refused, "the request was refused as invalid (HTTP 413)"),
            row("422", Refused, "the request was refused as invalid (HTTP 422)"),
            row("500-maintenance", Refused, "(HTTP 500): The model is under maintenance"),
            row("redirect", Refused, "redirects are not followed, so that the key cannot leak"),
            row("base-1026", Refused, "moderation refused the lyrics (HTTP 201, code 1026)"),
            row("base-1042", Refused, "the request was refused as invalid (HTTP 201, code 1042)"),
            row("base-1043", Refused, "the request was refused as invalid (HTTP 201, code 1043)"),
            row("base-1044", Refused, "the request was refused as invalid (HTTP 201, code 1044)"),
            row("base-2037", Refused, "the request was refused as invalid (HTTP 201, code 2037)"),
            row("base-2039", Refused, "the request was refused as invalid (HTTP 201, code 2039)"),
            row("base-2048", Refused, "the request was refused as invalid (HTTP 201, code 2048)"),
        ],
    },
    Group {
        title: "Too much at once",
        about: "It surely did not run: the program waits and asks again, six times at most.",
        rows: &[
            row("429", ONCE, "the backend asks to slow down (HTTP 429)"),
            odd("429x3", "is refused as one too many, three times", Again { calls: 3 }, "the backend asks to slow down (HTTP 429)"),
            odd("429:retry-after=1", "is told to come again in a second", ONCE, "again in 1"),
            odd("429:retry-after=date", "is told to come again at the time of the next second", ONCE, "the backend asks to slow down (HTTP 429)"),
            odd("429:retry-after=0.5", "is told to come again in half a second", ONCE, "again in "),
            odd("429:retry-after=-5", "is told to come again five seconds ago", ONCE, "the backend asks to slow down (HTTP 429)"),
            odd("429:retry-after=soon", "is told to come again `soon`", ONCE, "the backend asks to slow down (HTTP 429)"),
            odd("429:retry-after=86400", "is told to come again tomorrow", Away, "the backend asks to slow down (HTTP 429)"),
            odd("429:retry-after=1e300", "is told to come again after more seconds than can be counted", Away, "the backend asks to slow down (HTTP 429)"),
            row("503", ONCE, "the backend asks to slow down (HTTP 503)"),
            row("base-1002", ONCE, "the backend asks to slow down (HTTP 201, code 1002)"),
            row("base-1039", ONCE, "the backend asks to slow down (HTTP 201, code 1039)"),
            row("base-1041", ONCE, "the backend asks to slow down (HTTP 201, code 1041)"),
            row("base-2045", ONCE, "the backend asks to slow down (HTTP 201, code 2045)"),
        ],
    },
    Group {
        title: "An upload that is not known any more",
        about: "The reference is uploaded again, which is free, and the take is asked for once more.",
        rows: &[
            row("base-2013", UploadedAgain, "2 rendered"),
            row("base-20132", UploadedAgain, "2 rendered"),
            row("base-2042", UploadedAgain, "2 rendered"),
        ],
    },
    Group {
        title: "Something fails at the backend",
        about: "The account's log is asked whether the call was charged. If it says no, the call is made again; if it says yes, or nothing, a person decides.",
        rows: &[
            row("500", ONCE, "Internal server error"),
            row("500-partner", ONCE, "Something wrong with the server"),
            row("502", ONCE, "HTTP 502"),
            row("504", ONCE, "Generation timeout"),
            row("base-1000", ONCE, "code 1000"),
            row("base-1001", ONCE, "code 1001"),
            row("base-1013", ONCE, "code 1013"),
            row("base-1024", ONCE, "code 1024"),
            row("base-1033", ONCE, "code 1033"),
            row("base-1027", Refused, "moderation refused the result (HTTP 201, code 1027)"),
            row("base-9999", Refused, "code 9999"),
            row("408", FREE, "the backend failed after it had taken the request (HTTP 408)"),
            row("500-billed", Lost, "HTTP 500"),
            row("502-billed", Lost, "HTTP 502"),
            row("503-billed", Lost, "HTTP 503"),
            row("504-billed", Lost, "HTTP 504"),
        ],
    },
    Group {
        title: "No answer, or half of one",
        about: "The account's log is asked in the same way. A call that never ran leaves no row there, and neither does one whose row is late.",
        rows: &[
            row("hang", FREE, "no complete answer came in time"),
            row("cut", FREE, "the connection broke before the answer was complete"),
            row("stall", Lost, "no complete answer came in time"),
            row("cut-billed", Lost, "the connection broke before the answer was complete"),
            row("cut-body", Lost, "the connection broke before the answer was complete"),
            row("stall-body", Lost, "no complete answer came in time"),
            row("long-length", Lost, "the connection broke before the answer was complete"),
            row("short-length", Lost, "the answer ends in its middle"),
        ],
    },
    Group {
        title: "An answer without sound audio",
        about: "What came is kept, whatever it is, and never becomes a take.",
        rows: &[
            row("html", FREE, "the answer is not JSON: Bad Gateway"),
            row("204", Lost, "the answer is empty"),
            row("odd-hex", Lost, "half a byte stands at its end"),
            row("bad-hex", Lost, "the answer's audio is neither hex nor a link"),
            row("foreign-hex", Lost, "the answer's audio is neither hex nor a link"),
            row("0x-hex", Lost, "the answer's audio is neither hex nor a link"),
            row("empty-audio", Lost, "the answer's audio is empty"),
            row("in-progress", Lost, "the render is answered as not completed (status 1)"),
            row("no-data", Lost, "the answer holds no audio"),
            row("null-data", Lost, "the answer holds no audio"),
            row("null-audio", Lost, "the answer holds no audio"),
            row("two-audios", Lost, "the answer holds its audio twice"),
            row("html-audio", Lost, "it looks like an HTML page"),
            row("short-audio", Lost, "the answer holds only 0.20 s of sound"),
            row("huge-audio", Lost, "the answer holds 8:44 of sound, more than music-01 can make"),
            row("huge-text", Lost, "the answer is larger than any take"),
            row("deep-json", Lost, "the answer is not JSON"),
            row("trailing", Lost, "the answer is not JSON"),
            row("gzip-bomb", Lost, "the answer is not JSON: it is compressed, which was not asked for"),
        ],
    },
    Group {
        title: "Audio behind a link",
        about: "The link is fetched without the key, three times if need be. Its signature is shown nowhere.",
        rows: &[
            row("audio-url", Take, "2 rendered"),
            row("audio-url-redirect", Take, "2 rendered"),
            odd("audio-url-slow:seconds=1", "is answered with a URL that takes a while", Take, "2 rendered"),
            odd("audio-url files:503", "is answered with a URL that fails the first time", Take, "2 rendered"),
            row("audio-url-cut", Take, "2 rendered"),
            row("audio-url-403", Lost, "HTTP 403"),
            row("audio-url-404", Lost, "HTTP 404"),
            row("audio-url-410", Lost, "HTTP 410"),
            row("audio-url-html", Lost, "it is text/html, not audio"),
            row("audio-url-file", Lost, "the answer's audio is neither hex nor a link"),
        ],
    },
    Group {
        title: "Odd, and right all the same",
        about: "The take is there at once.",
        rows: &[
            row("200", Take, "2 rendered"),
            row("201", Take, "2 rendered"),
            row("202", Take, "2 rendered"),
            odd("slow:seconds=1", "is answered in pieces, over a while", Take, "2 rendered"),
            row("upper-hex", Take, "2 rendered"),
            row("truncated-audio", Take, "0:01"),
            row("wrong-type", Take, "2 rendered"),
            row("bom", Take, "2 rendered"),
            row("string-codes", Take, "2 rendered"),
            row("zero-size", Take, "2 rendered"),
            row("no-extra-info", Take, "2 rendered"),
            row("no-trace-id", Take, "2 rendered"),
            row("null-extras", Take, "2 rendered"),
            row("no-base-resp", Take, "2 rendered"),
            row("null-base-resp", Take, "2 rendered"),
            row("two-codes", Take, "2 rendered"),
            row("odd-headers", Take, "2 rendered"),
            row("usd-zero", Take, "free"),
            row("usd-nan", Take, "$0.063 spent"),
            row("usd-negative", Take, "$0.063 spent"),
            row("usd-huge", Take, "$1000000000.00"),
        ],
    },
    Group {
        title: "The log does not help",
        about: "What nobody can know is not bought again by itself.",
        rows: &[
            odd("cut-billed:log=never", "is charged and cut, and never appears in the log", CHARGED, "the connection broke before the answer was complete"),
            odd("500-billed:log=never", "is charged, then answered 500, and never appears in the log", CHARGED, "HTTP 500"),
            odd("500:log=never", "meets an internal error, and never appears in the log", FREE, "HTTP 500"),
            odd("cut-billed logs:403*", "is charged and cut, and the key may not read the log", CHARGED, "the connection broke before the answer was complete"),
            odd("cut-billed logs:429*", "is charged and cut, and the log is refused as asked too often", CHARGED, "the connection broke before the answer was complete"),
            odd("cut-billed logs:html*", "is charged and cut, and a web page stands in place of the log", CHARGED, "the connection broke before the answer was complete"),
            odd("cut-billed logs:cut*", "is charged and cut, and so is the connection to the log", CHARGED, "the connection broke before the answer was complete"),
        ],
    },
    Group {
        title: "While a reference is uploaded",
        about: "An upload is free, so whatever is in doubt is done again.",
        rows: &[
            odd("upload:429", "is refused as one too many", UploadAgain, "RETRY"),
            odd("upload:500", "meets an internal error", UploadAgain, "RETRY"),
            odd("upload:502", "is answered 502 with an HTML page", UploadAgain, "RETRY"),
            odd("upload:503", "is answered 503", UploadAgain, "RETRY"),
            odd("upload:504", "is answered 504", UploadAgain, "RETRY"),
            odd("upload:cut", "finds the connection closed", UploadAgain, "RETRY"),
            odd("upload:base-1001", "succeeds with `base_resp` 1001, a timeout", UploadAgain, "RETRY"),
            odd("upload:400", "is refused as invalid", UploadRefused, "Invalid payload provided"),
            odd("upload:html", "is answered with an HTML page", UploadRefused, "the upload was answered without"),
            odd("upload:redirect", "is redirected to another host", UploadRefused, "redirects are not followed"),
            odd("upload:base-2037", "succeeds with `base_resp` 2037, too short or too long", UploadRefused, "code 2037"),
            odd("upload:401", "is refused for its key", UploadStopped, "the key was refused (HTTP 401)"),
            odd("upload:403", "is refused for lack of funds", UploadStopped, "the account may not spend (HTTP 403)"),
        ],
    },
];
