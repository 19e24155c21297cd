//! One line of a take sheet.

use super::Measures;
use crate::{
    base::{
        digest::Digest,
        ids::TakeName,
        money::{Price, Usd},
    },
    plan::{Key, StoredTake},
};
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess},
};
use serde_yaml::{Mapping, Value};
use std::fmt::Write;

/// What a person decided about a take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// It is the one, or one of them.
    Kept,
    /// It is not.
    Rejected,
}

impl Choice {
    /// The word in the sheet.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Rejected => "rejected",
        }
    }
}

/// One take: what was measured, and what a person says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct SheetRow {
    /// `songs.hook[city=Lisbon]#1`.
    pub take: String,
    /// Of its request.
    pub key: Key,
    /// Of its audio.
    pub digest: Digest,
    /// Its length; kept to a tenth.
    pub seconds: Option<f64>,
    /// In LUFS, kept to a tenth; none for silence.
    pub loudness: Option<f64>,
    /// What else was measured.
    pub measures: Measures,
    /// What it cost, if anybody knows.
    pub price: Option<Usd>,
    /// From 1 to 5, by a person.
    pub rating: Option<u8>,
    /// By a person.
    pub state: Option<Choice>,
    /// By a person.
    pub note: Option<String>,
    /// Fields of a person's own, in their order.
    pub extra: Mapping,
    /// The comment lines above it.
    pub(super) comments: Vec<String>,
}

impl SheetRow {
    /// The row of a take nobody has judged yet.
    pub fn of(take: &TakeName, stored: &StoredTake) -> Self {
        let planned = match stored.price {
            Price::Known(amount) => Some(amount),
            Price::Unknown => None,
        };
        Self {
            take: take.to_string(),
            key: stored.key,
            digest: stored.digest,
            seconds: Some(stored.sound.seconds),
            loudness: stored.sound.loudness,
            measures: Measures::of(&stored.sound),
            price: stored.charged.or(planned),
            rating: None,
            state: None,
            note: None,
            extra: Mapping::new(),
            comments: Vec::new(),
        }
    }

    /// Takes over name and measures of the same take, and keeps what a person wrote.
    pub(super) fn measure_again(&mut self, new: &Self) {
        self.take.clone_from(&new.take);
        self.digest = new.digest;
        self.seconds = new.seconds;
        self.loudness = new.loudness;
        // A take of an earlier version was not measured like that; the sheet may know it of a later one.
        self.measures = new.measures.or(self.measures);
        self.price = new.price;
    }

    /// Takes over what another row of the same take says and this one does not.
    pub(super) fn fill_gaps(&mut self, other: &mut Self) {
        self.rating = self.rating.or(other.rating);
        self.state = self.state.or(other.state);
        self.measures = self.measures.or(other.measures);
        self.note = self.note.take().or_else(|| other.note.take());
        for (name, value) in std::mem::take(&mut other.extra) {
            self.extra.entry(name).or_insert(value);
        }
        self.comments.append(&mut other.comments);
    }

    /// `{ take: "…", key: …, … }`.
    pub(super) fn line(&self) -> String {
        let mut line = format!("{{ take: {}", quoted(&self.take));
        let mut field = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                write!(line, ", {name}: {value}").expect("writing to a text cannot fail");
            }
        };
        field("key", Some(text(&self.key.0.hex())));
        field("digest", Some(text(&self.digest.hex())));
        field("seconds", self.seconds.map(|seconds| format!("{seconds:.1}")));
        field("loudness", self.loudness.map(|loudness| format!("{loudness:.1}")));
        for (name, value) in self.measures.fields() {
            field(
                name,
                value.filter(|_| !self.extra.contains_key(name)).as_ref().map(flow),
            );
        }
        field("price", self.price.map(|price| quoted(&price.decimal())));
        field("rating", self.rating.map(|rating| rating.to_string()));
        field("state", self.state.map(|state| state.word().to_owned()));
        field("note", self.note.as_deref().map(quoted));
        for (name, value) in &self.extra {
            field(&flow(name), Some(flow(value)));
        }
        line.push_str(" }");
        line
    }
}

impl<'de> Deserialize<'de> for SheetRow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Visitor)
    }
}

struct Visitor;

impl<'de> de::Visitor<'de> for Visitor {
    type Value = SheetRow;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a take: { take: …, key: …, digest: … }")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SheetRow, A::Error> {
        let (mut take, mut key, mut digest) = (None, None, None);
        let (mut seconds, mut loudness, mut price) = (None, None, None);
        let (mut rating, mut state, mut note) = (None, None, None);
        let (mut measures, mut extra) = (Measures::default(), Mapping::new());
        let mut seen = Vec::new();
        while let Some(name) = map.next_key::<Value>()? {
            if seen.contains(&name) {
                return Err(de::Error::custom(format!(
                    "the field {} stands there twice",
                    flow(&name)
                )));
            }
            match name.as_str() {
                Some("take") => take = Some(map.next_value()?),
                Some("key") => key = Some(map.next_value()?),
                Some("digest") => digest = Some(map.next_value()?),
                Some("seconds") => seconds = map.next_value()?,
                Some("loudness") => loudness = map.next_value()?,
                Some("price") => price = map.next_value::<Option<Amount>>()?,
                Some("rating") => rating = map.next_value::<Option<Rating>>()?,
                Some("state") => state = map.next_value()?,
                Some("note") => note = map.next_value()?,
                other => {
                    let value = map.next_value()?;
                    let is_measure = other.is_some_and(|name| measures.read(name, &value));
                    extra.extend((!is_measure).then(|| (name.clone(), value)));
                }
            }
            seen.push(name);
        }
        Ok(SheetRow {
            take: take.ok_or_else(|| de::Error::missing_field("take"))?,
            key: key.ok_or_else(|| de::Error::missing_field("key"))?,
            digest: digest.ok_or_else(|| de::Error::missing_field("digest"))?,
            seconds,
            loudness,
            measures,
            price: price.map(|Amount(usd)| usd),
            rating: rating.map(|Rating(rating)| rating),
            state,
            note,
            extra,
            comments: Vec::new(),
        })
    }
}

/// An amount, also one whose quotes a person left out.
struct Amount(Usd);

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let amount = match Value::deserialize(deserializer)? {
            Value::String(text) => Usd::parse(&text),
            Value::Number(number) => Usd::parse(&number.to_string()),
            _ => None,
        };
        amount
            .map(Self)
            .ok_or_else(|| de::Error::custom("a price is a plain decimal such as \"0.0315\""))
    }
}

/// From 1 to 5.
struct Rating(u8);

impl<'de> Deserialize<'de> for Rating {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let rating = value.as_u64().and_then(|number| u8::try_from(number).ok());
        rating
            .filter(|rating| (1..=5).contains(rating))
            .map(Self)
            .ok_or_else(|| de::Error::custom("a rating is a whole number from 1 to 5"))
    }
}

/// Any value on one line.
fn flow(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(value) => text(value),
        Value::Sequence(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Mapping(fields) if fields.is_empty() => "{}".into(),
        Value::Mapping(fields) => {
            let fields = fields
                .iter()
                .map(|(name, value)| format!("{}: {}", flow(name), flow(value)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::Tagged(tagged) => format!("{} {}", tagged.tag, flow(&tagged.value)),
    }
}

/// A text, in quotes only where it would be read as something else without.
fn text(value: &str) -> String {
    let is_plain = value
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
        && matches!(serde_yaml::from_str(value), Ok(Value::String(read)) if read == value);
    if is_plain { value.to_owned() } else { quoted(value) }
}

/// A text in double quotes: JSON's, with the escapes YAML wants on top.
fn quoted(value: &str) -> String {
    let json = serde_json::to_string(value).expect("a text is valid JSON");
    let mut quoted = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                write!(quoted, "\\u{:04x}", u32::from(c)).expect("writing to a text cannot fail");
            }
            _ => quoted.push(c),
        }
    }
    quoted
}

/// A YAML error's message without its place, which is said before it.
pub(super) fn without_place(message: &str) -> String {
    match message.rfind(" at line ") {
        Some(at) => message[..at].to_owned(),
        None => message.to_owned(),
    }
}
