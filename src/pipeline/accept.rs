//! Reads `accept:`: the gates of a song, held against what its model can make.

use super::{Bounds, Gates, codes, context::Context, limits::duration, tree};
use crate::{
    base::{diagnostic::Diagnostic, scalar::Scalar, span::Span, words},
    catalog::Model,
    document::Node,
};

/// The gates at a node; none are asked without one. Nothing after a complaint.
pub(super) fn read(value: Option<&Node>, model: &Model, context: &mut Context<'_>) -> Option<Gates> {
    let Some(node) = value else {
        return Some(Gates::default());
    };
    let before = context.found.counts().0;
    let gates = Gates {
        duration: bounds(tree::field(node, "duration"), seconds, context),
        loudness: bounds(tree::field(node, "loudness"), |node, _| number(node), context),
        silence: tree::field(node, "silence").and_then(|node| seconds(node, context)),
        clipping: tree::field(node, "clipping").and_then(clipping),
        retake: tree::field(node, "retake").and_then(whole).unwrap_or_default(),
    };
    if let Some(node) = tree::field(node, "duration") {
        check_length(node, gates.duration, model, context);
    }
    if let Some(retake) = tree::field(node, "retake").filter(|_| gates.retake > 0 && !gates.asks()) {
        context.complain(
            Diagnostic::warning(
                codes::IDLE_RETAKE,
                retake.span,
                "nothing is retaken: every take is accepted",
            )
            .help("say what is asked of a take: `duration: { min: 20s }`, `loudness`, `silence`, `clipping`"),
        );
    }
    (context.found.counts().0 == before).then_some(gates)
}

/// `{ min: …, max: … }`.
fn bounds(node: Option<&Node>, value: fn(&Node, &mut Context<'_>) -> Option<f64>, context: &mut Context<'_>) -> Bounds {
    let Some(node) = node else {
        return Bounds::default();
    };
    let (min, max) = (tree::field(node, "min"), tree::field(node, "max"));
    let bounds = Bounds {
        min: min.and_then(|node| value(node, context)),
        max: max.and_then(|node| value(node, context)),
    };
    if let (Some(least), Some(most), Some(at), Some(other)) = (bounds.min, bounds.max, min, max)
        && least > most
    {
        context.complain(
            Diagnostic::error(
                codes::IMPOSSIBLE_GATE,
                at.span,
                "`min` is more than `max`: no take would be accepted",
            )
            .related(other.span, "the most")
            .help("swap them"),
        );
    }
    bounds
}

/// A take of the model is of these lengths, whatever is asked.
fn check_length(node: &Node, asked: Bounds, model: &Model, context: &mut Context<'_>) {
    let (least, most) = model.take_seconds;
    let mut complain = |key: &str, span: Span, what: String| {
        context.complain(
            Diagnostic::error(
                codes::IMPOSSIBLE_GATE,
                span,
                format!("no take of {} is {what}, so none would be accepted", model.id),
            )
            .help(format!(
                "its takes are from {least} s to {} long; give another `{key}`",
                words::length(most)
            )),
        );
    };
    let place = |key| tree::field(node, key).map_or(node.span, |value| value.span);
    if asked.min.is_some_and(|min| min > most) {
        complain("min", place("min"), "as long as `min`".to_owned());
    }
    if asked.max.is_some_and(|max| max < least) {
        complain("max", place("max"), "as short as `max`".to_owned());
    }
}

/// A number of seconds, or a length of time with its unit.
fn seconds(node: &Node, context: &mut Context<'_>) -> Option<f64> {
    match tree::scalar(node)? {
        Scalar::Text(_) => duration(Some(node), context).map(|length| length.as_secs_f64()),
        _ => number(node),
    }
}

/// Its bounds are part of the grammar.
fn number(node: &Node) -> Option<f64> {
    match tree::scalar(node)? {
        Scalar::Int(number) => i32::try_from(*number).ok().map(f64::from),
        Scalar::Float(text) => text.parse().ok().filter(|number: &f64| number.is_finite()),
        Scalar::Bool(_) | Scalar::Text(_) => None,
    }
}

fn whole(node: &Node) -> Option<u32> {
    tree::integer(node).and_then(|number| u32::try_from(number).ok())
}

/// A number of samples, or `none`.
fn clipping(node: &Node) -> Option<u64> {
    match tree::text(node) {
        Some(_) => Some(0),
        None => whole(node).map(u64::from),
    }
}
