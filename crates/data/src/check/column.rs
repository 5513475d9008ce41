//! What has been seen of one column.

use std::collections::BTreeMap;

use concordat_agreement::{Column, ColumnKind};
use concordat_terms::Decimal;

use super::Profile;
use super::suggest::is_missing_code;
use crate::fault::Fault;
use crate::mapping::number;

/// How many different cells that do not fit are remembered of one column.
const CELLS_MOST: usize = 64;

/// Counts of one column.
#[derive(Debug)]
pub(super) struct Tally {
    column: Column,
    is_person: bool,
    profile: Profile,
    /// What a row that does not fit in this column adds to `missing` is taken back.
    unfit_in_row: bool,
    /// Cells of the source that do not fit, as far as there is room, and how often.
    pub(super) odd: BTreeMap<String, u64>,
    /// Numbers that fit, or would but for the bounds.
    pub(super) numbers: u64,
    /// Of these, those beyond the bounds.
    pub(super) beyond: u64,
    /// Numbers that are zero.
    pub(super) zeros: u64,
    /// Numbers other than zero in the lowest twentieth of the bounds.
    pub(super) low: u64,
    /// What would become of the numbers in another unit, in the order of [`FACTORS`].
    pub(super) others: Vec<Other>,
}

/// What would become of a column's numbers times a factor.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Other {
    /// How many would be within the bounds.
    pub(super) within: u64,
    /// How many of those in the lowest twentieth.
    pub(super) low: u64,
}

/// Factors between units that are often mistaken for one another, and what they are between.
pub(super) const FACTORS: &[(&str, &str)] = &[
    ("38.67", "cholesterol, mmol/L to mg/dL"),
    ("0.02586", "cholesterol, mg/dL to mmol/L"),
    ("88.57", "triglycerides, mmol/L to mg/dL"),
    ("18.016", "glucose, mmol/L to mg/dL"),
    ("0.05551", "glucose, mg/dL to mmol/L"),
    ("88.42", "creatinine, mg/dL to µmol/L"),
    ("0.01131", "creatinine, µmol/L to mg/dL"),
    ("0.45359237", "pounds to kilograms"),
    ("2.20462262", "kilograms to pounds"),
    ("2.54", "inches to centimetres"),
    ("7.50062", "kPa to mmHg"),
    ("10", "g/dL to g/L"),
    ("0.1", "g/L to g/dL"),
    ("100", "metres to centimetres, or a fraction to per cent"),
    ("0.01", "centimetres to metres, or per cent to a fraction"),
    ("1000", "grams to milligrams"),
    ("0.001", "milligrams to grams"),
];

impl Tally {
    pub(super) fn of(column: &Column, is_person: bool) -> Self {
        let number = column.kind == ColumnKind::Number;
        let count = number.then_some(0);
        let profile = Profile {
            column: column.name.clone(),
            at_min: count,
            at_max: count,
            ..Profile::default()
        };
        Self {
            column: column.clone(),
            is_person,
            profile,
            unfit_in_row: false,
            odd: BTreeMap::new(),
            numbers: 0,
            beyond: 0,
            zeros: 0,
            low: 0,
            others: if number { vec![Other::default(); FACTORS.len()] } else { Vec::new() },
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.column.name
    }

    pub(super) fn column(&self) -> &Column {
        &self.column
    }

    /// A cell of the row that was just mapped; an empty one is missing, unless it was told before
    /// that it does not fit.
    pub(super) fn fits(&mut self, cell: &str) {
        if std::mem::take(&mut self.unfit_in_row) {
            return;
        }
        if cell.is_empty() {
            self.profile.missing += 1;
            return;
        }
        self.profile.filled += 1;
        match self.column.kind {
            ColumnKind::Category => *self.profile.levels.entry(cell.to_owned()).or_default() += 1,
            ColumnKind::Number => {
                if let Some(value) = number(cell) {
                    let count = |at: &mut Option<u64>, bound: Option<Decimal>| {
                        if bound == Some(value) {
                            *at = at.map(|count| count + 1);
                        }
                    };
                    count(&mut self.profile.at_min, self.column.min);
                    count(&mut self.profile.at_max, self.column.max);
                    self.number(value);
                }
            }
            ColumnKind::Text => {}
        }
    }

    /// A cell that does not fit: what the source says, and what was made of it, if anything was.
    pub(super) fn unfit(&mut self, fault: &Fault, cell: &str, made: Option<&str>) {
        self.profile.unfit += 1;
        self.unfit_in_row = true;
        // A cell that is missing is no odd one, whatever the mapping took for missing.
        if self.is_person || matches!(fault, Fault::EmptyCell { .. }) {
            return;
        }
        if matches!(fault, Fault::OutOfBounds { .. })
            && !is_missing_code(cell)
            && let Some(value) = made.and_then(number)
        {
            self.beyond += 1;
            self.number(value);
        }
        if let Some(count) = self.odd.get_mut(cell) {
            *count += 1;
        } else if self.odd.len() < CELLS_MOST {
            self.odd.insert(cell.to_owned(), 1);
        }
    }

    fn number(&mut self, value: Decimal) {
        let (Some(min), Some(max)) = (self.column.min, self.column.max) else { return };
        // Only for a suggestion: floats will do.
        let (value, min, max) = (value.to_f64(), min.to_f64(), max.to_f64());
        let lowest = min + (max - min) / 20.0;
        self.numbers += 1;
        self.zeros += u64::from(value == 0.0);
        self.low += u64::from(value != 0.0 && value <= lowest);
        for (other, (factor, _)) in self.others.iter_mut().zip(FACTORS) {
            let value = value * factor.parse::<f64>().unwrap_or(1.0);
            let within = (min..=max).contains(&value);
            other.within += u64::from(within);
            other.low += u64::from(within && value <= lowest);
        }
    }

    pub(super) fn profile(&self, lacking: bool) -> Profile {
        Profile { lacking, ..self.profile.clone() }
    }
}
