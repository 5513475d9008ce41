//! Amounts of money: a currency and an exact decimal, never a float.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Decimal;

/// An amount in one currency, written `EUR 1000.50`. Amounts of different currencies are not
/// compared: nothing here knows a rate of exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    currency: String,
    amount: Decimal,
}

/// A text that is no amount of money.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an amount of money: a currency of ISO 4217 and a decimal, like `EUR 1000.50`"
)]
pub struct NotMoney(pub String);

impl Money {
    /// Three capital letters of ISO 4217.
    pub fn currency(&self) -> &str {
        &self.currency
    }

    /// So much of the same currency.
    #[must_use]
    pub fn of_same(&self, amount: Decimal) -> Self {
        Self { currency: self.currency.clone(), amount }
    }

    /// How much of it.
    pub fn amount(&self) -> Decimal {
        self.amount
    }
}

impl FromStr for Money {
    type Err = NotMoney;

    fn from_str(text: &str) -> Result<Self, NotMoney> {
        let fault = || NotMoney(text.chars().take(40).collect());
        let (currency, amount) = text.split_once(' ').ok_or_else(fault)?;
        if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(fault());
        }
        let amount = amount.parse().map_err(|_| fault())?;
        Ok(Self { currency: currency.to_owned(), amount })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.currency, self.amount)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_a_currency_and_an_exact_decimal() {
        let money: Money = "EUR 1000.50".parse().unwrap();
        assert_eq!(money.currency(), "EUR");
        assert_eq!(money.to_string().parse::<Money>(), Ok(money));
        for odd in
            ["1000 EUR", "EUR1000", "eur 5", "EUR", "EURO 5", "EUR  5", "EUR five", "EUR 1e9"]
        {
            assert!(odd.parse::<Money>().is_err(), "{odd}");
        }
    }
}
