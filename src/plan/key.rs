//! The key of a request, and the explanation of why it differs from an earlier one.
//!
//! Both come of one walk over the declared fields ([`RenderRequest::walk`]), so that what is explained cannot drift
//! from what is digested. Knows nothing of cells: only of requests.

use super::{Change, Content, Draft, Key, NodeId, NodeWork, Plan, ReferencePart, RenderRequest};
use crate::{
    audio::MusicalKey,
    base::digest::{Digest, Hasher},
    catalog::Bpm,
};

/// How the fields are laid out before they are digested; raised when that changes.
const ENCODING: u8 = 1;

/// A field's value as the walk shows it.
#[derive(Clone, Copy, PartialEq)]
enum Value<'a> {
    Number(u32),
    Word(&'a str),
    Text(Option<&'a str>),
    Reference(Option<ReferencePart>),
    /// What a request may be without: absent, it leaves no trace in the key, so that keys from before it was thought of
    /// stay what they were.
    Wish(Option<Wish>),
}

/// One of the [`Wishes`](crate::catalog::Wishes).
#[derive(Clone, Copy, PartialEq)]
enum Wish {
    Bpm(Bpm),
    Key(MusicalKey),
    Seed(u64),
}

impl std::fmt::Display for Wish {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bpm(bpm) => bpm.fmt(f),
            Self::Key(key) => key.fmt(f),
            Self::Seed(seed) => seed.fmt(f),
        }
    }
}

impl RenderRequest {
    /// Version of this struct's meaning and of [`normalise`](super::normalise()): raising it makes every take new.
    ///
    /// 1: the first.
    pub const VERSION: u32 = 1;

    /// The digest of every field, each with its name and its length.
    pub fn key(&self) -> Key {
        let mut hasher = Hasher::new();
        hasher.update(&[ENCODING]);
        self.walk(|name, value| {
            if value != Value::Wish(None) {
                put(&mut hasher, name.as_bytes());
                value.put(&mut hasher);
            }
        });
        Key(hasher.finish())
    }

    /// What changed from this request to a later one, field by field; lyrics line by line. Empty if and only if the
    /// keys are equal.
    pub fn diff(&self, now: &RenderRequest) -> Vec<Change> {
        let mut before = Vec::new();
        self.walk(|_, value| before.push(value));
        let mut before = before.into_iter();
        let mut changes = Vec::new();
        now.walk(|name, value| {
            let earlier = before.next().expect("both walks show the same fields");
            if earlier != value {
                explain(name, earlier, value, &mut changes);
            }
        });
        changes
    }

    /// Shows every field in a fixed order. The pattern names each field, so a new one cannot be forgotten here.
    fn walk<'a>(&'a self, mut show: impl FnMut(&'static str, Value<'a>)) {
        let Self {
            version,
            backend,
            contract,
            model,
            lyrics,
            voice,
            instrumental,
            audio,
            take,
            salt,
            wishes,
        } = self;
        show("version", Value::Number(*version));
        show("backend", Value::Word(backend.word()));
        show("contract", Value::Number(*contract));
        show("model", Value::Word(model));
        show("lyrics", Value::Text(lyrics.as_deref()));
        show("voice", Value::Reference(*voice));
        show("instrumental", Value::Reference(*instrumental));
        show("audio.format", Value::Word(audio.format.word()));
        show("audio.sample_rate", Value::Number(audio.sample_rate));
        show("audio.bitrate", Value::Number(audio.bitrate));
        show("take", Value::Number(*take));
        show("salt", Value::Word(salt));
        let wishes = wishes.unwrap_or_default();
        show("sandbox.bpm", Value::Wish(wishes.bpm.map(Wish::Bpm)));
        show("sandbox.key", Value::Wish(wishes.key.map(Wish::Key)));
        show("sandbox.seed", Value::Wish(wishes.seed.map(Wish::Seed)));
    }
}

impl Draft {
    /// The whole request, once the audio of every take it refers to is there: `audio_of` gives its digest by the
    /// take's node. `None` as long as one is missing.
    pub fn complete(&self, plan: &Plan, audio_of: impl Fn(NodeId) -> Option<Digest>) -> Option<RenderRequest> {
        self.fill(|upload| match &plan.node(upload).work {
            NodeWork::Upload(upload) => {
                let digest = match upload.content {
                    Content::File { digest, .. } => Some(digest),
                    Content::Take { node, digest } => digest.or_else(|| audio_of(node)),
                };
                digest.map(|digest| ReferencePart {
                    digest,
                    purpose: upload.purpose,
                })
            }
            NodeWork::Take(_) => None,
        })
    }

    /// As [`Draft::complete`], with the parts of the references looked up by their upload's node.
    pub(super) fn fill(&self, part: impl Fn(NodeId) -> Option<ReferencePart>) -> Option<RenderRequest> {
        Some(RenderRequest {
            voice: match self.voice {
                Some(upload) => Some(part(upload)?),
                None => None,
            },
            instrumental: match self.instrumental {
                Some(upload) => Some(part(upload)?),
                None => None,
            },
            ..self.request.clone()
        })
    }
}

impl Value<'_> {
    /// A byte for its kind, then its content with every length before it: no two values look the same.
    fn put(self, hasher: &mut Hasher) {
        match self {
            Self::Number(number) => {
                hasher.update(&[1]);
                hasher.update(&number.to_le_bytes());
            }
            Self::Word(text) | Self::Text(Some(text)) => {
                hasher.update(&[2]);
                put(hasher, text.as_bytes());
            }
            Self::Reference(Some(part)) => {
                hasher.update(&[3]);
                put(hasher, part.digest.hex().as_bytes());
                put(hasher, part.purpose.word().as_bytes());
            }
            Self::Wish(Some(wish)) => {
                hasher.update(&[4]);
                put(hasher, wish.to_string().as_bytes());
            }
            Self::Text(None) | Self::Reference(None) | Self::Wish(None) => hasher.update(&[0]),
        }
    }

    fn shown(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Word(text) => text.to_owned(),
            Self::Text(text) => text.unwrap_or_default().to_owned(),
            Self::Reference(part) => part.map(|part| part.digest.short()).unwrap_or_default(),
            Self::Wish(wish) => wish.map(|wish| wish.to_string()).unwrap_or_default(),
        }
    }
}

fn put(hasher: &mut Hasher, bytes: &[u8]) {
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}

/// Says how two unequal values of a field differ; adds at least one change.
fn explain(name: &str, before: Value<'_>, now: Value<'_>, changes: &mut Vec<Change>) {
    match (before, now) {
        (Value::Text(Some(before)), Value::Text(Some(now))) => changes.extend(line_changes(name, before, now)),
        (Value::Reference(Some(before)), Value::Reference(Some(now))) if before.purpose != now.purpose => {
            changes.push(Change {
                field: format!("{name}.purpose"),
                before: before.purpose.word().to_owned(),
                after: now.purpose.word().to_owned(),
            });
            if before.digest != now.digest {
                changes.push(whole(name, Value::Reference(Some(before)), Value::Reference(Some(now))));
            }
        }
        _ => changes.push(whole(name, before, now)),
    }
}

fn whole(name: &str, before: Value<'_>, now: Value<'_>) -> Change {
    Change {
        field: name.to_owned(),
        before: before.shown(),
        after: now.shown(),
    }
}

/// The lines that differ. A line is counted as it stands now; one that is gone, as it stood before.
fn line_changes(name: &str, before: &str, now: &str) -> Vec<Change> {
    let before: Vec<&str> = before.split('\n').collect();
    let now: Vec<&str> = now.split('\n').collect();
    let mut changes = Vec::new();
    let mut from = (0, 0);
    let mut kept = common_lines(&before, &now);
    kept.push((before.len(), now.len()));
    for (old_end, new_end) in kept {
        let (old, new) = (&before[from.0..old_end], &now[from.1..new_end]);
        for index in 0..old.len().max(new.len()) {
            let line = if index < new.len() { from.1 } else { from.0 } + index + 1;
            changes.push(Change {
                field: format!("{name} line {line}"),
                before: old.get(index).copied().unwrap_or_default().to_owned(),
                after: new.get(index).copied().unwrap_or_default().to_owned(),
            });
        }
        from = (old_end + 1, new_end + 1);
    }
    changes
}

/// Pairs of equal lines in order, as many as there can be; for very long texts only those at both ends.
fn common_lines(before: &[&str], now: &[&str]) -> Vec<(usize, usize)> {
    const LARGEST: usize = 40_000;
    let head = before.iter().zip(now).take_while(|(a, b)| a == b).count();
    let (rest_before, rest_now) = (&before[head..], &now[head..]);
    let tail = rest_before
        .iter()
        .rev()
        .zip(rest_now.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let (old, new) = (
        &rest_before[..rest_before.len() - tail],
        &rest_now[..rest_now.len() - tail],
    );
    let mut pairs: Vec<_> = (0..head).map(|at| (at, at)).collect();
    if old.len() * new.len() <= LARGEST {
        pairs.extend(longest_common(old, new).into_iter().map(|(a, b)| (head + a, head + b)));
    }
    pairs.extend((0..tail).map(|at| (before.len() - tail + at, now.len() - tail + at)));
    pairs
}

/// The longest common subsequence, as pairs of indexes.
fn longest_common(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let width = new.len() + 1;
    let mut best = vec![0_u32; (old.len() + 1) * width];
    for a in (0..old.len()).rev() {
        for b in (0..new.len()).rev() {
            best[a * width + b] = if old[a] == new[b] {
                best[(a + 1) * width + b + 1] + 1
            } else {
                best[(a + 1) * width + b].max(best[a * width + b + 1])
            };
        }
    }
    let (mut a, mut b, mut pairs) = (0, 0, Vec::new());
    while a < old.len() && b < new.len() {
        if old[a] == new[b] {
            pairs.push((a, b));
            (a, b) = (a + 1, b + 1);
        } else if best[(a + 1) * width + b] >= best[a * width + b + 1] {
            a += 1;
        } else {
            b += 1;
        }
    }
    pairs
}
