//! Tables whose rows are acted on: thresholds of accounts, and what is owed for a measured value.

use concordat_terms::{Amount, Date, Decimal, Money};

use super::{RowOf, TableOf};

/// What a threshold of an account is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimitOf {
    /// One payment or use.
    Payment,
    /// All that was ever spent.
    Total,
    /// How much higher than at first the ceiling may become.
    Modification,
}

impl LimitOf {
    /// As it is written in a row.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Total => "total",
            Self::Modification => "modification",
        }
    }
}

/// A dated threshold of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct LimitRow {
    /// From when it counts, until a later row of the same kind does.
    pub from: Date,
    /// What it is about.
    pub of: LimitOf,
    /// The most, in the account's unit.
    pub most: Decimal,
}

/// What is owed for a value across a threshold.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct CreditRow {
    /// The threshold.
    pub threshold: Decimal,
    /// What is owed.
    pub owed: Money,
}

impl TableOf {
    /// Its rows as thresholds of an account; `None` if one of them is none.
    pub fn limits(&self) -> Option<Vec<LimitRow>> {
        self.rows.iter().map(limit).collect()
    }

    /// Its rows as what is owed for a value, percentages of `base`; `None` if one of them is none,
    /// or they are not all in one currency.
    pub fn credits(&self, base: Option<&Money>) -> Option<Vec<CreditRow>> {
        let rows: Option<Vec<CreditRow>> = self.rows.iter().map(|row| credit(row, base)).collect();
        let rows = rows?;
        let first = rows.first()?.owed.currency().to_owned();
        rows.iter().all(|row| row.owed.currency() == first).then_some(rows)
    }
}

fn limit(row: &RowOf) -> Option<LimitRow> {
    let [from, of, most] = row.0.as_slice() else { return None };
    let kinds = [LimitOf::Payment, LimitOf::Total, LimitOf::Modification];
    let of = kinds.into_iter().find(|kind| kind.as_str() == of.0)?;
    let most = most.0.parse().ok().filter(|most| *most >= Decimal::ZERO)?;
    Some(LimitRow { from: from.0.parse().ok()?, of, most })
}

fn credit(row: &RowOf, base: Option<&Money>) -> Option<CreditRow> {
    let threshold = row.0.first()?.0.parse().ok()?;
    let owed = &row.0.get(1..)?.last()?.0;
    let owed: Money = match owed.parse::<Decimal>() {
        Ok(percent) => {
            let base = base?;
            let places = Amount::places(base.currency());
            let part = base.amount().fraction(percent.hundredth()?, places)?;
            Amount::new(base.currency(), part)?.money()?
        }
        Err(_) => owed.parse().ok()?,
    };
    (owed.amount() >= Decimal::ZERO).then_some(CreditRow { threshold, owed })
}
