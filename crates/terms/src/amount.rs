//! How much of something: an exact decimal and the unit it is counted in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Decimal, Money};

/// How much of what an account is kept in, written unit first: `EUR 1000.50`, `gpu-hour 12.5`.
/// Amounts of different units are neither added nor compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    unit: String,
    value: Decimal,
}

/// A text that is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an amount: a unit and a decimal, like `EUR 1000.50` or `gpu-hour 12.5`")]
pub struct NotAnAmount(pub String);

/// The most characters of a unit.
const UNIT_MOST: usize = 40;

/// Currencies of ISO 4217 whose minor unit is not a hundredth.
const MINOR: &[(u32, &[&str])] = &[
    (
        0,
        &[
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI",
            "VND", "VUV", "XAF", "XOF", "XPF",
        ],
    ),
    (3, &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]),
    (4, &["CLF", "UYW"]),
];

impl Amount {
    /// So much of a unit; `None` if that is no unit: 1 to 40 characters without space around them.
    pub fn new(unit: &str, value: Decimal) -> Option<Self> {
        let good = !unit.is_empty()
            && unit.trim() == unit
            && unit.chars().count() <= UNIT_MOST
            && !unit.chars().any(char::is_control);
        good.then(|| Self { unit: unit.to_owned(), value })
    }

    /// So much of a unit that is known to be one.
    pub fn in_unit(unit: &str, value: Decimal) -> Self {
        Self { unit: unit.to_owned(), value }
    }

    /// What it is counted in: a currency of ISO 4217, or a word.
    pub fn unit(&self) -> &str {
        &self.unit
    }

    /// How much of it.
    pub fn value(&self) -> Decimal {
        self.value
    }

    /// The same as money, where the unit is a currency.
    pub fn money(&self) -> Option<Money> {
        self.to_string().parse().ok()
    }

    /// How many digits after the point an amount of this unit has at most: of a currency those of
    /// its minor unit (ISO 4217), of anything else six.
    pub fn places(unit: &str) -> u32 {
        if unit.len() != 3 || !unit.bytes().all(|b| b.is_ascii_uppercase()) {
            return 6;
        }
        let own = MINOR.iter().find(|(_, currencies)| currencies.contains(&unit));
        own.map_or(2, |(places, _)| *places)
    }

    /// Whether it is above zero and has no more digits after the point than its unit.
    pub fn is_payable(&self) -> bool {
        self.value.is_positive() && self.value.places() <= Self::places(&self.unit)
    }
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self { unit: money.currency().to_owned(), value: money.amount() }
    }
}

impl FromStr for Amount {
    type Err = NotAnAmount;

    fn from_str(text: &str) -> Result<Self, NotAnAmount> {
        let fault = || NotAnAmount(text.chars().take(60).collect());
        let (unit, value) = text.rsplit_once(' ').ok_or_else(fault)?;
        Self::new(unit, value.parse().map_err(|_| fault())?).ok_or_else(fault)
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.unit, self.value)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_a_unit_and_an_exact_decimal() {
        for text in ["EUR 1000.5", "gpu-hour 12.5", "hours of work 3", "JPY -7"] {
            assert_eq!(text.parse::<Amount>().unwrap().to_string(), text);
        }
        for odd in ["", "EUR", "12", " 12", "EUR five", "EUR  5", "EUR 1e9", "a\nb 5"] {
            assert!(odd.parse::<Amount>().is_err(), "{odd}");
        }
        let euros: Amount = "EUR 1000.50".parse().unwrap();
        assert_eq!(euros.money().unwrap().to_string(), "EUR 1000.5");
        assert_eq!("gpu-hour 5".parse::<Amount>().unwrap().money(), None);
    }

    #[test]
    fn nothing_is_paid_that_a_currency_has_no_coin_for() {
        let payable = |text: &str| text.parse::<Amount>().unwrap().is_payable();
        assert!(payable("EUR 0.01") && payable("JPY 1") && payable("KWD 0.001"));
        assert!(payable("gpu-hour 0.000001"));
        for text in ["EUR 0.001", "EUR 0", "EUR -1", "JPY 0.5", "gpu-hour 0.0000001"] {
            assert!(!payable(text), "{text}");
        }
    }
}
