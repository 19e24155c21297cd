//! `limits:`, and the small languages of its values: lengths of time, rates, amounts of money.

use super::{Budget, Limits, Rate, codes, context::Context, tree};
use crate::{
    base::{diagnostic::Diagnostic, money::Usd},
    document::Node,
};
use std::{num::NonZeroU32, time::Duration};

/// Calls under way at once, unless the pipeline says otherwise: few enough for any account.
const CONCURRENCY: NonZeroU32 = NonZeroU32::new(3).expect("three is not zero");

const UNITS: [(&str, u64); 6] = [
    ("ms", 1),
    ("s", 1000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
    ("w", 604_800_000),
];

/// Reads `limits:`.
pub(super) fn read(root: &Node, context: &mut Context<'_>) -> Limits {
    let mut limits = Limits {
        concurrency: CONCURRENCY,
        rate: None,
        budget: Budget::default(),
    };
    let Some(node) = tree::field(root, "limits") else {
        return limits;
    };
    if let Some(number) = concurrency(node) {
        limits.concurrency = number;
    }
    limits.rate = rate(tree::field(node, "rate"), context);
    if let Some(budget) = tree::field(node, "budget") {
        limits.budget = Budget {
            run: amount(tree::field(budget, "run"), context),
            day: amount(tree::field(budget, "day"), context),
        };
    }
    limits
}

/// The value of `concurrency:`; its bounds are part of the grammar.
pub(super) fn concurrency(node: &Node) -> Option<NonZeroU32> {
    let number = tree::field(node, "concurrency").and_then(tree::integer)?;
    u32::try_from(number).ok().and_then(NonZeroU32::new)
}

/// A rate at a node.
pub(super) fn rate(value: Option<&Node>, context: &mut Context<'_>) -> Option<Rate> {
    let value = value?;
    let written = tree::text(value)?;
    match parse_rate(&written) {
        Ok(rate) => Some(rate),
        Err(why) => {
            context.complain(
                Diagnostic::error(
                    codes::INVALID_RATE,
                    value.span,
                    format!("`{written}` is not a rate: {why}"),
                )
                .help("a rate is calls per stretch of time: `10/1m`, `2/10s`"),
            );
            None
        }
    }
}

/// An amount of money, exactly as written.
pub(super) fn amount(value: Option<&Node>, context: &mut Context<'_>) -> Option<Usd> {
    let value = value?;
    let written = tree::scalar(value)?.to_string();
    let amount = Usd::parse(&written);
    if amount.is_none() {
        let diagnostic = Diagnostic::error(
            codes::INVALID_AMOUNT,
            value.span,
            format!("`{written}` is not an amount of money"),
        );
        let bare = written.trim_start_matches('$').trim_end_matches("USD").trim();
        context.complain(match Usd::parse(bare) {
            Some(_) => diagnostic.patch(format!("amounts are in US dollars: write `{bare}`"), value.span, bare),
            None => diagnostic.help("an amount is US dollars as a plain decimal, such as `2.50`, and not negative"),
        });
    }
    amount
}

/// A length of time at a node.
pub(super) fn duration(value: Option<&Node>, context: &mut Context<'_>) -> Option<Duration> {
    let value = value?;
    let written = tree::text(value)?;
    match parse_duration(&written) {
        Ok(duration) => Some(duration),
        Err(why) => {
            context.complain(
                Diagnostic::error(
                    codes::INVALID_DURATION,
                    value.span,
                    format!("`{written}` is not a length of time: {why}"),
                )
                .help("a length of time is a number with its unit: `90s`, `15m`, `6h`, `1h 30m`, `2d`"),
            );
            None
        }
    }
}

/// Reads a length of time such as `6h`, `1h 30m` or `500ms`; says what is wrong otherwise.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    let mut total: u64 = 0;
    if rest.is_empty() {
        return Err("it is empty".into());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let number: u64 = number
            .parse()
            .map_err(|_| "a number is missing or too large".to_owned())?;
        let after = after.trim_start();
        let letters = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let scale = UNITS.iter().find(|(word, _)| *word == unit).map(|(_, scale)| *scale);
        let scale = scale.ok_or_else(|| match unit {
            "" => "the unit is missing".to_owned(),
            _ => format!("`{unit}` is not one of `ms`, `s`, `m`, `h`, `d` and `w`"),
        })?;
        let part = number.checked_mul(scale);
        total = part.and_then(|part| total.checked_add(part)).ok_or("it is too long")?;
        rest = after.trim_start();
    }
    Ok(Duration::from_millis(total))
}

/// Reads a rate such as `10/1m` or `2/s`; says what is wrong otherwise.
pub fn parse_rate(text: &str) -> Result<Rate, String> {
    let (calls, per) = text.split_once('/').ok_or("the `/` is missing")?;
    let calls: NonZeroU32 = calls
        .trim()
        .parse()
        .map_err(|_| format!("`{}` is not a number of calls", calls.trim()))?;
    let per = per.trim();
    let counted = if per.starts_with(|c: char| c.is_alphabetic()) {
        format!("1{per}")
    } else {
        per.to_owned()
    };
    let per = parse_duration(&counted)?;
    if per.is_zero() {
        return Err("the stretch of time is zero".into());
    }
    Ok(Rate { calls, per })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_add_up() {
        assert_eq!(parse_duration("6h"), Ok(Duration::from_secs(21_600)));
        assert_eq!(parse_duration("1h 30m"), Ok(Duration::from_secs(5_400)));
        assert_eq!(parse_duration("1h30m15s"), Ok(Duration::from_secs(5_415)));
        assert_eq!(parse_duration("500 ms"), Ok(Duration::from_millis(500)));
        for wrong in [
            "",
            "6",
            "h",
            "-6h",
            "6x",
            "6.5h",
            "99999999999999999999h",
            "9999999999999999w",
        ] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn rates_are_calls_per_time() {
        let rate = parse_rate("10/1m").unwrap();
        assert_eq!((rate.calls.get(), rate.per), (10, Duration::from_secs(60)));
        assert_eq!(parse_rate("2/s").unwrap().per, Duration::from_secs(1));
        for wrong in ["10", "0/1m", "x/1m", "10/0s", "10/", "10/1x", "-1/m"] {
            assert!(parse_rate(wrong).is_err(), "{wrong}");
        }
    }
}
