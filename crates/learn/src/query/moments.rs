//! Sums and products of columns.

use serde::{Deserialize, Serialize};

use concordat_terms::Decimal;

use super::axis::{TEXT, number, unfit};
use super::estimate::Estimate;

/// Sums over all rows in which every column has a number.
///
/// Each number is clipped to its declared bounds and scaled to −1 to 1, x. The vector is: complete
/// rows, incomplete ones, Σx for each column and, of degree 2, Σx·y for each pair of columns in
/// order, a column with itself first. All of it in 2^−scale_bits, rounded row by row towards the
/// nearest: so one row never adds more than one to any of them, whatever was rounded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moments {
    /// By which readings know it.
    pub name: String,
    /// 1 to 32 different columns.
    pub columns: Vec<Scaled>,
    /// 1: means; 2: variances and correlations as well.
    pub degree: u8,
}

/// A numeric column with declared bounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scaled {
    /// Column of the table.
    pub column: String,
    /// Smaller numbers count as this one.
    pub min: Decimal,
    /// Larger numbers count as this one; above `min`.
    pub max: Decimal,
}

impl Moments {
    /// How long its part of the vector is.
    pub fn length(&self) -> usize {
        let d = self.columns.len();
        2 + d + if self.degree == 2 { d * (d + 1) / 2 } else { 0 }
    }

    /// The most that one row more or less does, squared, in units of one: complete or incomplete,
    /// and each sum by at most one.
    pub(crate) fn squared(&self) -> u64 {
        self.length() as u64 - 1
    }

    /// The most that one row in place of another does, squared. Worst are two complete rows, since
    /// they differ by at most 2 in each Σx and each Σx·y, and by at most 1 in each Σx², which is
    /// never negative.
    pub(crate) fn squared_replaced(&self) -> u64 {
        let d = self.columns.len() as u64;
        if self.degree == 2 { 2 * d * d + 3 * d } else { 4 * d }
    }

    /// Its field that is at fault, and what is wrong with it.
    pub(crate) fn fault(&self) -> Option<(String, &'static str)> {
        if !(1..=2).contains(&self.degree) {
            return Some(("degree".into(), "must be 1 or 2"));
        }
        if !(1..=32).contains(&self.columns.len()) {
            return Some(("columns".into(), "must be 1 to 32 columns"));
        }
        self.columns.iter().enumerate().find_map(|(n, scaled)| {
            let at = |field| format!("columns[{n}].{field}");
            if unfit(&scaled.column) {
                Some((at("column"), TEXT))
            } else if self.columns.iter().take(n).any(|other| other.column == scaled.column) {
                Some((at("column"), "is used twice"))
            } else if scaled.min >= scaled.max {
                Some((at("min"), "must be below `max`"))
            } else {
                None
            }
        })
    }

    /// Adds one record to its part of the vector. `at` says where the columns are.
    pub(crate) fn add(&self, at: &[usize], record: &[String], scale_bits: u32, sum: &mut [i64]) {
        let one = 1_i64 << scale_bits;
        let scaled = at.iter().zip(&self.columns).map(|(at, column)| {
            let text = record.get(*at).map_or("", |cell| cell.trim());
            number(text).map(|value| column.to_ring(value, one))
        });
        let numbers: Option<Vec<i64>> = scaled.collect();
        let Some(numbers) = numbers else {
            sum.iter_mut().skip(1).take(1).for_each(|incomplete| *incomplete += one);
            return;
        };
        let second = numbers.iter().enumerate().flat_map(|(i, x)| {
            // Both are at most 2^24, and so is their product in the same units.
            numbers.iter().skip(i).map(move |y| rounded(x * y, scale_bits))
        });
        let all = [one, 0].into_iter().chain(numbers.iter().copied()).chain(second);
        sum.iter_mut().zip(all).for_each(|(total, value)| *total += value);
    }
}

impl Scaled {
    /// A number as a share of the declared bounds, −`one` to `one`.
    fn to_ring(&self, value: f64, one: i64) -> i64 {
        let (min, max) = (self.min.to_f64(), self.max.to_f64());
        let x = (2.0 * value.clamp(min, max) - (min + max)) / (max - min);
        // The cast saturates, and the clamp holds whatever arithmetic did.
        ((x * one as f64).round() as i64).clamp(-one, one)
    }

    /// What a scaled mean is in the column's own units.
    pub(crate) fn in_units(&self, scaled: Estimate) -> Estimate {
        scaled.scaled(self.half(), f64::midpoint(self.min.to_f64(), self.max.to_f64()))
    }

    /// Half of the declared range.
    pub(crate) fn half(&self) -> f64 {
        (self.max.to_f64() - self.min.to_f64()) / 2.0
    }
}

/// value / 2^bits, to the nearest integer, halves away from zero.
fn rounded(value: i64, bits: u32) -> i64 {
    let half = (1_i64 << bits) >> 1;
    value.signum() * ((value.abs() + half) >> bits)
}
