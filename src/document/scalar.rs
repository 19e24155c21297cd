//! What an unquoted word is: the same rules as `serde_yaml`, so that the two readers agree.

use super::node::Value;
use crate::base::scalar::Scalar;

/// A whole number that does not fit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

/// The value of a plain scalar.
pub(super) fn resolve(text: &str) -> Result<Value, TooLarge> {
    let scalar = match text {
        "" | "~" | "null" | "Null" | "NULL" => return Ok(Value::Null),
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        // Almost every scalar is a word; only these can begin a number.
        _ if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) => Scalar::text(text),
        _ if is_padded(text) => Scalar::text(text),
        _ => match (whole(text), is_float(text)) {
            (Some(Ok(number)), _) => Scalar::Int(number),
            (Some(Err(TooLarge)), _) => return Err(TooLarge),
            (None, true) => Scalar::Float(text.into()),
            (None, false) => Scalar::text(text),
        },
    };
    Ok(Value::Scalar(scalar))
}

/// Digits after a leading zero: text by YAML 1.2.
pub(super) fn is_padded(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn whole(text: &str) -> Option<Result<i64, TooLarge>> {
    let (sign, rest) = match text.as_bytes()[0] {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        _ => ("", text),
    };
    let (radix, digits) = match rest.get(..2) {
        Some("0x") => (16, &rest[2..]),
        Some("0o") => (8, &rest[2..]),
        Some("0b") => (2, &rest[2..]),
        _ => (10, rest),
    };
    let well_formed = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    well_formed.then(|| i64::from_str_radix(&format!("{sign}{digits}"), radix).map_err(|_| TooLarge))
}

fn is_float(text: &str) -> bool {
    float(text).is_some()
}

/// The number behind [`Scalar::Float`]'s text.
pub(super) fn float(text: &str) -> Option<f64> {
    let unsigned = match text.strip_prefix('+') {
        Some(rest) if rest.starts_with(['+', '-']) => return None,
        Some(rest) => rest,
        None => text,
    };
    match (unsigned, text) {
        (".inf" | ".Inf" | ".INF", _) => Some(f64::INFINITY),
        (_, "-.inf" | "-.Inf" | "-.INF") => Some(f64::NEG_INFINITY),
        (_, ".nan" | ".NaN" | ".NAN") => Some(f64::NAN),
        _ => unsigned.parse().ok().filter(|number: &f64| number.is_finite()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_are_those_of_serde_yaml() {
        let words = [
            "no",
            "yes",
            "on",
            "off",
            "y",
            "True",
            "TRUE",
            "tRue",
            "~",
            "null",
            "Null",
            "nULL",
            "014",
            "-014",
            "0",
            "-0",
            "+5",
            "-5",
            "1_000",
            "0x1F",
            "-0x1F",
            "0xG",
            "0o17",
            "0b101",
            "+0x10",
            "++1",
            "+-1",
            "1.50",
            "1.",
            ".5",
            "-.5",
            "1e3",
            "1e400",
            "inf",
            "nan",
            ".inf",
            "-.inf",
            "+.inf",
            ".nan",
            "-.nan",
            "1:30",
            "2024-01-01",
            "0.0",
            "00.5",
            "-",
            "+",
            ".",
            "...",
            "12a",
            "0x",
            "9223372036854775807",
            "-9223372036854775808",
            "infinity",
            "+inf",
            "-1e2",
        ];
        for word in words {
            let theirs: serde_yaml::Value = serde_yaml::from_str(&format!("[{word}]")).unwrap();
            let ours = resolve(word).unwrap();
            let same = match (&theirs[0], &ours) {
                (serde_yaml::Value::Null, Value::Null) => true,
                (serde_yaml::Value::Bool(a), Value::Scalar(Scalar::Bool(b))) => a == b,
                (serde_yaml::Value::Number(a), Value::Scalar(Scalar::Int(b))) => a.as_i64() == Some(*b),
                (serde_yaml::Value::Number(a), Value::Scalar(Scalar::Float(b))) => {
                    let (a, b) = (a.as_f64().unwrap(), float(b).unwrap());
                    a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan()
                }
                (serde_yaml::Value::String(a), Value::Scalar(Scalar::Text(b))) => **a == **b,
                _ => false,
            };
            assert!(same, "{word}: {theirs:?} and {ours:?}");
        }
    }

    #[test]
    fn a_whole_number_beyond_64_bits_is_refused() {
        assert_eq!(resolve("9223372036854775808"), Err(TooLarge));
        assert_eq!(resolve("0xFFFFFFFFFFFFFFFFFF"), Err(TooLarge));
    }
}
