//! What a value of a clause is, and amounts of money in words.

use concordat_terms::{Date, Decimal, Money, Period};

use super::number::amount;

/// What a value is, by how it is written in a clause.
pub(super) enum Meaning {
    Period(Period),
    Number(Decimal),
    Money(Money),
    Date(Date),
    Text,
}

impl Meaning {
    pub(super) fn of(value: &str) -> Self {
        if let Ok(period) = value.parse() {
            Self::Period(period)
        } else if let Ok(number) = value.parse() {
            Self::Number(number)
        } else if let Ok(money) = value.parse() {
            Self::Money(money)
        } else if let Ok(date) = value.parse() {
            Self::Date(date)
        } else {
            Self::Text
        }
    }

    /// As it is written in a clause; `None` of what is no period, amount or date.
    pub(super) fn printed(&self) -> Option<String> {
        match self {
            Self::Period(period) => Some(period.to_string()),
            Self::Money(money) => Some(money.to_string()),
            Self::Date(date) => Some(date.to_string()),
            Self::Number(_) | Self::Text => None,
        }
    }
}

/// `EUR 1,000,000`, `EUR 2 million`.
pub(super) fn read_money(words: &str) -> Option<Money> {
    let (currency, said) = words.split_once([' ', '\u{a0}'])?;
    if said.contains('%') || said.contains("per cent") {
        return None;
    }
    format!("{currency} {}", amount(said)?).parse().ok()
}
