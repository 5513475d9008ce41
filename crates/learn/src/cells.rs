//! One record's cells as numbers, or why not.

use std::collections::BTreeSet;

use crate::recipe::{Feature, Range, Recipe};
use crate::table::PERSONS_MAX;

/// Why a table does not fit its recipe. It is for the steward of the table alone: which row and
/// column are at fault is private, so this never leaves the node. Cells are not quoted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowFault {
    /// The header lacks a column of the recipe.
    #[error("the table has no column `{0}`")]
    MissingColumn(String),
    /// The header names a column of the recipe twice.
    #[error("the table has two columns `{0}`")]
    RepeatedColumn(String),
    /// A record is shorter or longer than the header.
    #[error("row {row} has {cells} cells, the header has {header}")]
    Ragged {
        /// Record, from 1, the header not counted.
        row: usize,
        /// Cells of the record.
        cells: usize,
        /// Cells of the header.
        header: usize,
    },
    /// A record without a person.
    #[error("row {row} is empty in column `{column}`, which names the person")]
    Empty {
        /// Record, from 1.
        row: usize,
        /// The person column.
        column: String,
    },
    /// Text, infinity or not-a-number where a number belongs.
    #[error("row {row} has text in the number column `{column}`")]
    TextInNumber {
        /// Record, from 1.
        row: usize,
        /// Column of the table.
        column: String,
    },
    /// A flag that is neither 0 nor 1.
    #[error("row {row} is out of bounds in column `{column}`: neither 0 nor 1")]
    OutOfBounds {
        /// Record, from 1.
        row: usize,
        /// Column of the table.
        column: String,
    },
    /// A level that the recipe does not list.
    #[error("row {row} has a level in column `{column}` that the recipe does not list")]
    UnknownLevel {
        /// Record, from 1.
        row: usize,
        /// Column of the table.
        column: String,
    },
    /// More persons than sums have room for.
    #[error("the table has more than {PERSONS_MAX} persons")]
    TooManyPersons,
}

/// Where the recipe's columns are in the header.
pub(crate) struct Columns {
    pub(crate) person: usize,
    label: usize,
    features: Vec<usize>,
}

impl Columns {
    pub(crate) fn find(recipe: &Recipe, header: &[String]) -> Result<Self, RowFault> {
        let mut seen = BTreeSet::new();
        let twice: BTreeSet<&str> =
            header.iter().map(|name| name.trim()).filter(|name| !seen.insert(*name)).collect();
        let find = |column: &str| {
            if twice.contains(column) {
                return Err(RowFault::RepeatedColumn(column.to_owned()));
            }
            let place = header.iter().position(|name| name.trim() == column);
            place.ok_or_else(|| RowFault::MissingColumn(column.to_owned()))
        };
        Ok(Self {
            person: find(&recipe.person)?,
            label: find(&recipe.label.column)?,
            features: recipe.features.iter().map(|f| find(f.column())).collect::<Result<_, _>>()?,
        })
    }
}

/// One record, with its number for the fault.
pub(crate) struct Record<'a> {
    pub(crate) row: usize,
    pub(crate) cells: &'a [String],
}

impl<'a> Record<'a> {
    pub(crate) fn cell(&self, place: usize) -> &'a str {
        self.cells.get(place).map_or("", |cell| cell.trim())
    }

    /// Features with the bias, and the label; nothing when a needed cell is empty. Every cell is
    /// looked at first, so that a fault is found whether or not the record would be dropped.
    pub(crate) fn numbers(
        &self,
        recipe: &Recipe,
        columns: &Columns,
    ) -> Result<Option<(Vec<f64>, f64)>, RowFault> {
        let label = self.number(columns.label, &recipe.label.column)?;
        let mut complete = label.is_some();
        let mut features = Vec::with_capacity(recipe.dimension());
        for (feature, place) in recipe.features.iter().zip(&columns.features) {
            match self.number(*place, feature.column())? {
                Some(value) => self.encode(feature, value, &mut features)?,
                None => complete = false,
            }
        }
        features.push(1.0);
        let positive = label.is_some_and(|value| value > recipe.label.positive_above.to_f64());
        Ok(complete.then(|| (features, f64::from(u8::from(positive)))))
    }

    fn number(&self, place: usize, column: &str) -> Result<Option<f64>, RowFault> {
        let text = self.cell(place);
        if text.is_empty() {
            return Ok(None);
        }
        let number = text.parse::<f64>().ok().filter(|value| value.is_finite());
        let fault = || RowFault::TextInNumber { row: self.row, column: column.to_owned() };
        number.map(Some).ok_or_else(fault)
    }

    fn encode(&self, feature: &Feature, value: f64, out: &mut Vec<f64>) -> Result<(), RowFault> {
        let (row, column) = (self.row, feature.column().to_owned());
        match feature {
            Feature::Scale { min, max, to, .. } => {
                let (min, max) = (min.to_f64(), max.to_f64());
                let share = (value.clamp(min, max) - min) / (max - min);
                out.push(match to {
                    Range::BothSides => 2.0 * share - 1.0,
                    Range::Unit => share,
                });
            }
            Feature::Flag { .. } if value == 0.0 || value == 1.0 => out.push(value),
            Feature::Flag { .. } => return Err(RowFault::OutOfBounds { row, column }),
            Feature::OneHot { levels, .. } => {
                let mut known = false;
                for (place, level) in levels.iter().enumerate() {
                    let here = level.to_f64() == value;
                    known |= here;
                    if place > 0 {
                        out.push(f64::from(u8::from(here)));
                    }
                }
                if !known {
                    return Err(RowFault::UnknownLevel { row, column });
                }
            }
        }
        Ok(())
    }
}
