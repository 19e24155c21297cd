//! Money in US dollars, exact to a billionth, which is the precision the API reports its charges in.
//!
//! Knows nothing of who charges. An unknown price is [`Price::Unknown`], never zero.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An amount in US dollars, in billionths. Stored and exchanged as a decimal string: `"0.0315"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Usd(i64);

const NANOS: i64 = 1_000_000_000;

impl Usd {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount in billionths of a dollar.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// The amount in billionths of a dollar.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Reads a plain decimal such as `2`, `2.00` or `0.001240000`: no sign, no exponent, at most nine decimals.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > 9 {
            return None;
        }
        let whole: i64 = whole.parse().ok()?;
        let nanos: i64 = format!("{fraction:0<9}").parse().ok()?;
        Some(Self(whole.checked_mul(NANOS)?.checked_add(nanos)?))
    }

    /// The sum, or the largest amount if it does not fit.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// `count` times the amount, or the largest amount if it does not fit.
    #[must_use]
    pub const fn times(self, count: u32) -> Self {
        Self(self.0.saturating_mul(count as i64))
    }

    /// The shortest exact decimal: `0.0315`, `2`.
    pub fn decimal(self) -> String {
        let (sign, nanos) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        let (whole, fraction) = (nanos / NANOS.unsigned_abs(), nanos % NANOS.unsigned_abs());
        let text = format!("{sign}{whole}.{fraction:09}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

impl std::iter::Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Self::plus)
    }
}

/// As a person reads it: at least two decimals, more only if they say something: `$0.00`, `$0.0315`, `$12.50`.
impl std::fmt::Display for Usd {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let decimal = self.decimal();
        let (whole, fraction) = decimal.split_once('.').unwrap_or((&decimal, ""));
        write!(f, "${whole}.{fraction:0<2}")
    }
}

impl Serialize for Usd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.decimal())
    }
}

impl<'de> Deserialize<'de> for Usd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("an amount is a plain decimal such as \"0.0315\""))
    }
}

/// What something costs, if anybody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Price {
    /// The amount.
    Known(Usd),
    /// Nobody says; shown as the word `unknown`, and never added up as zero.
    Unknown,
}

impl std::fmt::Display for Price {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Known(amount) => amount.fmt(f),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// A sum of prices that stays honest about those nobody knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Total {
    /// The sum of the known ones.
    pub known: Usd,
    /// How many had no known price.
    pub unknown: u32,
}

impl Total {
    /// Adds one price.
    pub fn add(&mut self, price: Price) {
        match price {
            Price::Known(amount) => self.known = self.known.plus(amount),
            Price::Unknown => self.unknown += 1,
        }
    }

    /// Takes one price off that was added before.
    pub fn take_off(&mut self, price: Price) {
        match price {
            Price::Known(amount) => self.known = Usd(self.known.0.saturating_sub(amount.0)),
            Price::Unknown => self.unknown = self.unknown.saturating_sub(1),
        }
    }
}

impl std::fmt::Display for Total {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.known, self.unknown) {
            (known, 0) => known.fmt(f),
            (Usd::ZERO, _) => f.write_str("unknown"),
            (known, unknown) => write!(f, "{known} + {unknown} unknown"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_and_read_back() {
        for (text, shown) in [
            ("2", "$2.00"),
            ("0.0315", "$0.0315"),
            ("0.001240000", "$0.00124"),
            ("12.5", "$12.50"),
        ] {
            let amount = Usd::parse(text).unwrap();
            assert_eq!(amount.to_string(), shown);
            assert_eq!(Usd::parse(&amount.decimal()), Some(amount));
        }
        for wrong in ["", "-1", "1e3", ".5", "1.0000000001", "$2", "99999999999999"] {
            assert_eq!(Usd::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_unknown_price_is_never_a_zero() {
        let mut total = Total::default();
        total.add(Price::Unknown);
        assert_eq!(total.to_string(), "unknown");
        total.add(Price::Known(Usd::parse("0.5").unwrap()));
        assert_eq!(total.to_string(), "$0.50 + 1 unknown");
        total.take_off(Price::Unknown);
        total.take_off(Price::Known(Usd::parse("0.5").unwrap()));
        assert_eq!(total, Total::default());
    }
}
