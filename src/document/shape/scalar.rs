//! Single values against a schema: kinds, words and ranges, with the slips that YAML 1.2 makes easy.

use super::{
    super::{
        codes,
        node::{Node, Style},
        quote,
    },
    leaf,
};
use crate::base::{
    diagnostic::Diagnostic,
    scalar::Scalar,
    span::{Sources, Span},
    words,
};
use serde_json::Value as Json;

/// The complaint about a value that is of a kind none of the leaves admits.
pub(super) fn wrong_type(leaves: &[&Json], node: &Node, name: &str, sources: &Sources) -> Diagnostic {
    let wanted = kinds(leaves);
    let whole_wanted = wants(leaves, "integer") && !wants(leaves, "number");
    let found = match &node.value {
        super::Value::Scalar(Scalar::Float(_)) if whole_wanted => "a number that is not whole",
        _ => node.kind(),
    };
    let message = format!("{name} must be {wanted}, not {found}");
    let error = Diagnostic::error(codes::WRONG_TYPE, node.span, message).label(match found {
        "nothing" => "nothing here".to_owned(),
        found => format!("this is {found}"),
    });
    mend(error, leaves, node, sources)
}

fn wants(leaves: &[&Json], kind: &str) -> bool {
    leaves.iter().any(|leaf| leaf::types(leaf).contains(&kind))
}

/// `a map or text`.
fn kinds(leaves: &[&Json]) -> String {
    let mut kinds: Vec<&str> = Vec::new();
    for kind in leaves.iter().flat_map(|leaf| leaf::types(leaf)) {
        let words = match kind {
            "object" => "a map",
            "array" => "a list",
            "string" => "text",
            "integer" => "a whole number",
            "number" => "a number",
            "boolean" => "`true` or `false`",
            // Leaving a value out is allowed, but never what was meant by writing another.
            _ => continue,
        };
        if !kinds.contains(&words) {
            kinds.push(words);
        }
    }
    match kinds.as_slice() {
        [] => "left out".to_owned(),
        [one] => (*one).to_owned(),
        [head @ .., last] => format!("{} or {last}", head.join(", ")),
    }
}

/// Adds the mechanical fix for the usual slips.
fn mend(error: Diagnostic, leaves: &[&Json], node: &Node, sources: &Sources) -> Diagnostic {
    let span = node.span;
    let written = sources
        .get(span.source)
        .text
        .get(span.start..span.end)
        .unwrap_or_default();
    if let Some(text) = node
        .text()
        .filter(|_| node.style != Style::Literal && node.style != Style::Folded)
    {
        if let Some(number) = meant_number(text).filter(|_| wants(leaves, "integer") || wants(leaves, "number")) {
            return error.patch(format!("write `{number}`"), span, number);
        }
        if let Some(truth) = meant_truth(text).filter(|_| wants(leaves, "boolean")) {
            return error.patch(format!("write `{truth}`"), span, truth);
        }
        if wants(leaves, "array") && !written.contains('\n') {
            return error.patch("write a list", span, format!("[{written}]"));
        }
    }
    match node.value {
        super::Value::Scalar(Scalar::Bool(_) | Scalar::Int(_) | Scalar::Float(_)) if wants(leaves, "string") => {
            error.patch("put it in quotes", span, quote::quoted(written))
        }
        super::Value::Null => error.help("give it a value, or remove the key"),
        _ => error,
    }
}

/// The number that `1_000`, `014` or `"3"` was meant to be.
fn meant_number(text: &str) -> Option<String> {
    let digits = text.replace('_', "");
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", digits.as_str()),
    };
    let shown = match digits.trim_start_matches('0') {
        rest if rest.is_empty() || rest.starts_with('.') => format!("{sign}0{rest}"),
        rest => format!("{sign}{rest}"),
    };
    let numeric = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
        && shown.parse::<f64>().is_ok_and(f64::is_finite);
    numeric.then_some(shown)
}

fn meant_truth(text: &str) -> Option<&'static str> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "on" | "y" | "true" | "1" => Some("true"),
        "no" | "off" | "n" | "false" | "0" => Some("false"),
        _ => None,
    }
}

/// The complaint about a value of a right kind that no leaf takes.
pub(super) fn check(fitting: &[&Json], value: &Scalar, node: &Node, name: &str) -> Option<Diagnostic> {
    let mut listed = Vec::new();
    let mut range = None;
    for leaf in fitting {
        let mut words = leaf::words(leaf).peekable();
        if words.peek().is_some() {
            let words: Vec<&Json> = words.collect();
            if words.iter().any(|word| equals(word, value)) {
                return None;
            }
            listed.extend(words);
        } else {
            match out_of_range(leaf, value) {
                None => return None,
                Some(bounds) => range = Some(bounds),
            }
        }
    }
    Some(match range {
        Some(bounds) => Diagnostic::error(
            codes::OUT_OF_RANGE,
            node.span,
            format!("{name} is {value}, but must be {bounds}"),
        ),
        None => unknown_value(&listed, value, node.span, name),
    })
}

fn equals(word: &Json, value: &Scalar) -> bool {
    match (word, value) {
        (Json::Bool(word), Scalar::Bool(value)) => word == value,
        (Json::Number(word), Scalar::Int(value)) => word.as_i64() == Some(*value),
        (Json::Number(word), Scalar::Float(text)) => {
            let value: Option<f64> = text.parse().ok();
            word.as_f64()
                .zip(value)
                .is_some_and(|(word, value)| word.total_cmp(&value).is_eq())
        }
        (Json::String(word), Scalar::Text(value)) => **word == **value,
        _ => false,
    }
}

fn unknown_value(listed: &[&Json], value: &Scalar, span: Span, name: &str) -> Diagnostic {
    let known: Vec<String> = listed
        .iter()
        .filter(|word| !word.is_null())
        .map(|word| word.as_str().map_or_else(|| word.to_string(), str::to_owned))
        .collect();
    let value = value.to_string();
    let message = format!("{name} cannot be `{}`", quote::brief(&value));
    let error = Diagnostic::error(codes::UNKNOWN_VALUE, span, message);
    let error = error.help(format!("it is one of {}", words::ticked(&known)));
    match words::nearest(&value, known.iter().map(String::as_str)) {
        Some(near) => error.patch(format!("did you mean `{near}`?"), span, near),
        None => error,
    }
}

/// How the bounds that a number breaks are said; none if it is within them.
fn out_of_range(leaf: &Json, value: &Scalar) -> Option<String> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "compared with bounds, which are small or powers of two"
    )]
    let number = match value {
        Scalar::Int(number) => *number as f64,
        Scalar::Float(text) => super::super::scalar::float(text)?,
        _ => return None,
    };
    let (low, high) = format_bounds(leaf["format"].as_str().unwrap_or_default());
    let least = leaf["minimum"].as_f64().or(low);
    let most = leaf["maximum"].as_f64().or(high);
    let above = leaf["exclusiveMinimum"].as_f64();
    let below = leaf["exclusiveMaximum"].as_f64();
    // What is no number at all lies within no bounds.
    let is_bounded = [least, most, above, below].iter().any(Option::is_some);
    let broken = is_bounded && number.is_nan()
        || least.is_some_and(|bound| number < bound)
        || most.is_some_and(|bound| number > bound)
        || above.is_some_and(|bound| number <= bound)
        || below.is_some_and(|bound| number >= bound);
    broken.then(|| {
        let bounds = [
            ("at least", least),
            ("above", above),
            ("at most", most),
            ("below", below),
        ];
        let said = bounds
            .iter()
            .filter_map(|(words, bound)| bound.map(|bound| format!("{words} {bound}")));
        said.collect::<Vec<_>>().join(" and ")
    })
}

/// What a Rust integer holds; `schemars` writes its type as a format.
fn format_bounds(format: &str) -> (Option<f64>, Option<f64>) {
    match format {
        "uint8" => (Some(0.0), Some(f64::from(u8::MAX))),
        "uint16" => (Some(0.0), Some(f64::from(u16::MAX))),
        "uint32" => (Some(0.0), Some(f64::from(u32::MAX))),
        "uint64" | "uint" => (Some(0.0), None),
        "int8" => (Some(f64::from(i8::MIN)), Some(f64::from(i8::MAX))),
        "int16" => (Some(f64::from(i16::MIN)), Some(f64::from(i16::MAX))),
        "int32" => (Some(f64::from(i32::MIN)), Some(f64::from(i32::MAX))),
        _ => (None, None),
    }
}
