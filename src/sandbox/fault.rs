//! One fault as asked for: which route, which fault, when and how often.
//!
//! ```text
//! [ROUTE:]FAULT[xN|*][:OPTION=VALUE…]      429   generate:500x2   429:retry-after=1   cut:after=3   billing:503*
//! ```
//!
//! Knows nothing of HTTP. A fault strikes once unless it says otherwise; several are used up in the order given.

use super::{
    effect::Moment,
    fault_table::{FAULTS, FaultKind},
    options::ErrorShape,
};
use crate::base::words;
use std::{num::NonZeroU32, str::FromStr, time::Duration};

/// A route a fault can strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Route {
    /// `POST /v2/generate/audio/minimax/upload`.
    Upload,
    /// `POST /v2/generate/audio/minimax/generate`.
    Generate,
    /// `GET /v1/models` and `GET /model/{id}`.
    Models,
    /// `GET /v1/models/deprecations`.
    Deprecations,
    /// `GET /v2/billing`.
    Billing,
    /// `GET /v2/billing/transactions`.
    Transactions,
    /// `GET /v2/logs`.
    Logs,
    /// `GET /files/…`: audio that was answered as a URL.
    Files,
}

impl Route {
    const ALL: [(&'static str, Self); 8] = [
        ("upload", Self::Upload),
        ("generate", Self::Generate),
        ("models", Self::Models),
        ("deprecations", Self::Deprecations),
        ("billing", Self::Billing),
        ("transactions", Self::Transactions),
        ("logs", Self::Logs),
        ("files", Self::Files),
    ];

    fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find_map(|(name, route)| (name == word).then_some(route))
    }

    /// The route a path belongs to.
    pub(super) fn of(path: &str) -> Option<Self> {
        match path {
            "/v2/generate/audio/minimax/upload" => Some(Self::Upload),
            "/v2/generate/audio/minimax/generate" => Some(Self::Generate),
            "/v1/models" | "/models" | "/api/v1/models" => Some(Self::Models),
            "/v1/models/deprecations" => Some(Self::Deprecations),
            "/v2/billing" => Some(Self::Billing),
            "/v2/billing/transactions" => Some(Self::Transactions),
            "/v2/logs" => Some(Self::Logs),
            _ if path.starts_with("/model/") => Some(Self::Models),
            _ if path.starts_with("/files/") || path.starts_with("/hop/") => Some(Self::Files),
            _ => None,
        }
    }
}

/// One fault as asked for.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Which.
    pub kind: &'static FaultKind,
    /// On which route.
    pub route: Route,
    /// How often; always if absent.
    pub times: Option<NonZeroU32>,
    /// How many requests it leaves alone first.
    pub after: u32,
    /// `Retry-After`, word for word; `date` stands for the date of the next second.
    pub retry_after: Option<String>,
    /// How long a slow answer takes.
    pub seconds: u32,
    /// Another error body than the sandbox's own.
    pub shape: Option<ErrorShape>,
    /// How much later than usual the row of the call appears in the account's log: [`Duration::MAX`] is never.
    pub log: Duration,
}

/// What is wrong with a `--fault`. The message is a sentence without a full stop, fit for a user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// No such fault.
    #[error("there is no fault `{word}`{}", did_you_mean(*.nearest))]
    Unknown {
        /// What was written.
        word: String,
        /// What was probably meant.
        nearest: Option<&'static str>,
    },
    /// The fault strikes an answer with audio, and only `generate` has one.
    #[error("`{0}` can strike `generate` only")]
    WrongRoute(&'static str),
    /// An option nobody knows, or a value that is none.
    #[error(
        "`{0}` is no option of a fault: there are after=N, retry-after=SECONDS|date|TEXT, seconds=SECONDS, body=problem|legacy|legacy-string and log=SECONDS|never"
    )]
    Option(String),
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |word| format!("; did you mean `{word}`?"))
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut parts = text.split(':').map(str::trim);
        let mut word = parts.next().unwrap_or_default();
        let route = Route::parse(word);
        if route.is_some() {
            word = parts.next().unwrap_or_default();
        }
        let (kind, times) = kind_and_times(word)?;
        let mut fault = Self {
            kind,
            route: route.unwrap_or(Route::Generate),
            times,
            after: 0,
            retry_after: None,
            seconds: 5,
            shape: None,
            log: Duration::ZERO,
        };
        if kind.moment() == Moment::Answer && fault.route != Route::Generate {
            return Err(FaultError::WrongRoute(kind.word));
        }
        for option in parts.flat_map(|part| part.split(',')) {
            fault
                .set(option.trim())
                .ok_or_else(|| FaultError::Option(option.to_owned()))?;
        }
        Ok(fault)
    }
}

impl Fault {
    fn set(&mut self, option: &str) -> Option<()> {
        let (name, value) = option.split_once('=')?;
        match name {
            "after" => self.after = value.parse().ok()?,
            "retry-after" => self.retry_after = Some(header_text(value)?),
            "seconds" => self.seconds = value.parse().ok()?,
            "body" => self.shape = Some(shape(value)?),
            "log" => self.log = delay(value)?,
            _ => return None,
        }
        Some(())
    }
}

/// What can stand in a header, and is not empty.
fn header_text(text: &str) -> Option<String> {
    let is_fit = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_fit.then(|| text.to_owned())
}

fn delay(text: &str) -> Option<Duration> {
    match text {
        "never" => Some(Duration::MAX),
        seconds => seconds.parse().ok().map(Duration::from_secs),
    }
}

fn shape(word: &str) -> Option<ErrorShape> {
    match word {
        "problem" => Some(ErrorShape::Problem),
        "legacy" => Some(ErrorShape::Legacy),
        "legacy-string" => Some(ErrorShape::LegacyString),
        _ => None,
    }
}

fn kind_and_times(text: &str) -> Result<(&'static FaultKind, Option<NonZeroU32>), FaultError> {
    let find = |word: &str| FAULTS.iter().find(|kind| kind.word == word);
    let repeated = text
        .rsplit_once('x')
        .and_then(|(word, times)| Some((find(word)?, times.parse().ok()?)));
    let unknown = || FaultError::Unknown {
        word: text.to_owned(),
        nearest: words::nearest(text, FAULTS.iter().map(|kind| kind.word)),
    };
    match (text.strip_suffix('*'), repeated) {
        (Some(word), _) => Ok((find(word).ok_or_else(unknown)?, None)),
        (None, Some((kind, times))) => Ok((kind, Some(times))),
        (None, None) => Ok((find(text).ok_or_else(unknown)?, Some(NonZeroU32::MIN))),
    }
}

/// The faults that have not been used up.
#[derive(Debug)]
pub(super) struct Armed(Vec<Fault>);

impl Armed {
    pub(super) fn new(faults: Vec<Fault>) -> Self {
        Self(faults)
    }

    /// The fault that strikes this request, if one does. Every fault that could have counts the request.
    pub(super) fn take(&mut self, route: Route, moment: Moment) -> Option<Fault> {
        let mut struck = None;
        for (index, fault) in self.0.iter_mut().enumerate() {
            if fault.route != route || fault.kind.moment() != moment {
                continue;
            }
            if fault.after > 0 {
                fault.after -= 1;
            } else if struck.is_none() {
                struck = Some(index);
            }
        }
        let index = struck?;
        let fault = self.0[index].clone();
        if let Some(times) = fault.times {
            self.0[index].times = NonZeroU32::new(times.get() - 1);
            if times.get() == 1 {
                self.0.remove(index);
            }
        }
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Fault {
        text.parse().unwrap()
    }

    #[test]
    fn a_fault_is_read_with_its_route_count_and_options() {
        let plain = fault("429");
        assert_eq!((plain.kind.word, plain.route), ("429", Route::Generate));
        assert_eq!(plain.times, NonZeroU32::new(1));
        let full = fault("upload:500x2:after=3,body=legacy");
        assert_eq!((full.kind.word, full.route, full.after), ("500", Route::Upload, 3));
        assert_eq!((full.times, full.shape), (NonZeroU32::new(2), Some(ErrorShape::Legacy)));
        assert_eq!(fault("odd-hex*").times, None);
        assert_eq!(fault("429:retry-after=-1.5").retry_after.as_deref(), Some("-1.5"));
        assert_eq!(fault("cut-billed").log, Duration::ZERO);
        assert_eq!(fault("cut-billed:log=3").log, Duration::from_secs(3));
        assert_eq!(fault("cut-billed:log=never").log, Duration::MAX);
    }

    #[test]
    fn a_wrong_fault_says_what_is_wrong() {
        let message = |text: &str| text.parse::<Fault>().unwrap_err().to_string();
        assert_eq!(message("odd-hx"), "there is no fault `odd-hx`; did you mean `odd-hex`?");
        assert_eq!(message("upload:odd-hex"), "`odd-hex` can strike `generate` only");
        assert!(message("429:retry=1").starts_with("`retry=1` is no option"));
        assert!(message("429:retry-after=").starts_with("`retry-after=` is no option"));
        assert!(message("cut:log=soon").starts_with("`log=soon` is no option"));
        assert!(message("429x0").starts_with("there is no fault `429x0`"));
        assert!(message("").starts_with("there is no fault ``"));
    }

    #[test]
    fn every_word_is_read_and_none_is_there_twice() {
        for kind in FAULTS {
            assert_eq!(fault(kind.word).kind.word, kind.word);
            assert_eq!(fault(&format!("{}x3", kind.word)).times, NonZeroU32::new(3));
            assert_eq!(FAULTS.iter().filter(|other| other.word == kind.word).count(), 1);
        }
    }

    #[test]
    fn faults_strike_in_order_after_their_wait_and_as_often_as_asked() {
        let mut armed = Armed::new(vec![fault("429x2:after=1"), fault("cut"), fault("upload:503*")]);
        let mut next = |route| armed.take(route, Moment::Arrival).map(|fault| fault.kind.word);
        let struck: Vec<_> = (0..5).map(|_| next(Route::Generate)).collect();
        assert_eq!(struck, [Some("cut"), Some("429"), Some("429"), None, None]);
        assert_eq!([next(Route::Upload), next(Route::Upload)], [Some("503"); 2]);
    }
}
