//! Exact decimals: amounts, rates, thresholds and privacy parameters are never floats.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An exact decimal of at most 18 digits, 12 of them after the point; written without exponent,
/// without superfluous zeros: `0.0001`, `-3`, `7.19`.
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    units: i64,
    scale: u32,
}

/// A text that is not a decimal of the allowed size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a decimal: at most 18 digits, at most 12 after the point, like `0.25`")]
pub struct NotADecimal(pub String);

const SCALE_MAX: u32 = 12;

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self { units: 0, scale: 0 };

    /// A whole number of at most 18 digits.
    pub fn whole(value: i64) -> Option<Self> {
        (value.unsigned_abs() < 1_000_000_000_000_000_000).then(|| Self::normal(value, 0))
    }

    /// The nearest `f64`: for kernels that compute, never for a verdict.
    pub fn to_f64(self) -> f64 {
        // Parsing the decimal spelling rounds correctly, which dividing by a power of ten
        // would not always do.
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// Whether the value is above zero.
    pub fn is_positive(self) -> bool {
        self.units > 0
    }

    /// The exact sum, if it is a decimal.
    pub fn plus(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let at = |value: Self| value.units.checked_mul(10_i64.checked_pow(scale - value.scale)?);
        let sum = at(self)?.checked_add(at(other)?)?;
        (sum.unsigned_abs() < 1_000_000_000_000_000_000).then(|| Self::normal(sum, scale))
    }

    /// The same below zero, or above where it was below.
    #[must_use]
    pub fn negated(self) -> Self {
        Self { units: -self.units, scale: self.scale }
    }

    /// The whole part of `factor` times this, rounded towards zero, without its sign: below 2^124,
    /// exact.
    pub fn times_whole(self, factor: u64) -> u128 {
        // Below 2^60 · 2^64.
        let product = u128::from(self.units.unsigned_abs()) * u128::from(factor);
        product / 10_u128.pow(self.scale)
    }

    /// How many digits it has after the point.
    pub fn places(self) -> u32 {
        self.scale
    }

    pub(crate) fn units(self) -> i64 {
        self.units
    }

    pub(crate) fn scale(self) -> u32 {
        self.scale
    }

    /// So many units of a digit after the point, if that is a decimal.
    pub(crate) fn of_units(mut units: i128, mut scale: u32) -> Option<Self> {
        while scale > 0 && units % 10 == 0 {
            units /= 10;
            scale -= 1;
        }
        let small = scale <= SCALE_MAX && units.unsigned_abs() < 1_000_000_000_000_000_000;
        small.then(|| i64::try_from(units).ok()).flatten().map(|units| Self::normal(units, scale))
    }

    /// How many millionths it is, rounded up; none of what is below zero.
    pub fn millionths_up(self) -> Option<u128> {
        let units = u128::try_from(self.units).ok()?;
        Some((units * 1_000_000).div_ceil(10_u128.pow(self.scale)))
    }

    /// A hundredth of it, if that is a decimal: what a percentage says.
    pub fn hundredth(self) -> Option<Self> {
        let scale = self.scale + 2;
        (scale <= SCALE_MAX).then(|| Self::normal(self.units, scale))
    }

    fn normal(mut units: i64, mut scale: u32) -> Self {
        while scale > 0 && units % 10 == 0 {
            units /= 10;
            scale -= 1;
        }
        Self { units, scale }
    }

    fn at_full_scale(self) -> i128 {
        i128::from(self.units) * 10_i128.pow(SCALE_MAX - self.scale.min(SCALE_MAX))
    }
}

impl FromStr for Decimal {
    type Err = NotADecimal;

    fn from_str(text: &str) -> Result<Self, NotADecimal> {
        let fault = || NotADecimal(text.chars().take(40).collect());
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return Err(fault()),
            None => (digits, ""),
        };
        let all_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return Err(fault());
        }
        if whole.len() + fraction.len() > 18 || fraction.len() > SCALE_MAX as usize {
            return Err(fault());
        }
        if whole.len() > 1 && whole.starts_with('0') {
            return Err(fault());
        }
        let units: i64 = format!("{whole}{fraction}").parse().map_err(|_| fault())?;
        let units = if text.starts_with('-') { -units } else { units };
        Ok(Self::normal(units, u32::try_from(fraction.len()).map_err(|_| fault())?))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scale == 0 {
            return write!(f, "{}", self.units);
        }
        let sign = if self.units < 0 { "-" } else { "" };
        let power = 10_u64.pow(self.scale);
        let units = self.units.unsigned_abs();
        let width = self.scale as usize;
        write!(f, "{sign}{}.{:0width$}", units / power, units % power)
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        self.at_full_scale().cmp(&other.at_full_scale())
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_are_written_in_one_way() {
        for (text, shown) in [("1.50", "1.5"), ("0.0001", "0.0001"), ("-3.0", "-3"), ("0", "0")] {
            assert_eq!(text.parse::<Decimal>().unwrap().to_string(), shown);
        }
        for bad in ["", "1.", ".5", "1e3", "+1", "01", "1,5", "1.0000000000001", "NaN", "--1"] {
            assert!(bad.parse::<Decimal>().is_err(), "{bad}");
        }
    }

    #[test]
    fn the_whole_part_of_a_product_is_exact_beyond_what_floats_hold() {
        let times = |text: &str, factor| text.parse::<Decimal>().unwrap().times_whole(factor);
        assert_eq!(
            times("999999999999999999", u64::MAX),
            999_999_999_999_999_999 * ((1 << 64) - 1)
        );
        assert_eq!(times("0.000000000001", 1_000_000_000_000), 1);
        assert_eq!(times("0.000000000001", 999_999_999_999), 0);
        assert_eq!((times("2.5", 3), times("-2.5", 3), times("0", 7)), (7, 7, 0));
    }

    proptest! {
        #[test]
        fn spelling_and_value_agree(units in -999_999_999_i64..999_999_999, scale in 0_u32..9) {
            let value = Decimal::normal(units, scale);
            prop_assert_eq!(value.to_string().parse::<Decimal>().unwrap(), value);
            let float = units as f64 / 10_f64.powi(scale as i32);
            prop_assert!((value.to_f64() - float).abs() <= float.abs() * 1e-15);
        }
    }
}
