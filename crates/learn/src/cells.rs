//! One record's cells as numbers, or why not.

use std::collections::BTreeSet;

use crate::network::ROWS_OF_A_SUM_MOST;
use crate::recipe::{Feature, Missing, Range, Recipe, Target, number};

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
    /// A record about which nothing can be said.
    #[error("row {row} is empty in column `{column}`, and the model has nothing in its place")]
    NoValue {
        /// Record, from 1.
        row: usize,
        /// Column of the table.
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
    /// More rows than sums have room for.
    #[error("the table has more than {ROWS_OF_A_SUM_MOST} rows")]
    TooManyRows,
    /// A recipe that was never checked.
    #[error("the recipe cannot be followed")]
    NoRecipe,
}

/// What a cell is, apart from its place.
enum Odd {
    Text,
    OutOfBounds,
    UnknownLevel,
}

impl Odd {
    fn at(self, row: usize, column: &str) -> RowFault {
        let column = column.to_owned();
        match self {
            Self::Text => RowFault::TextInNumber { row, column },
            Self::OutOfBounds => RowFault::OutOfBounds { row, column },
            Self::UnknownLevel => RowFault::UnknownLevel { row, column },
        }
    }
}

/// Where columns are in a header.
pub(crate) struct Header<'h> {
    names: &'h [String],
    twice: BTreeSet<&'h str>,
}

impl<'h> Header<'h> {
    pub(crate) fn of(names: &'h [String]) -> Self {
        let mut seen = BTreeSet::new();
        let twice = names.iter().map(|name| name.trim()).filter(|name| !seen.insert(*name));
        Self { names, twice: twice.collect() }
    }

    /// The place of a column that may be absent.
    fn find(&self, column: &str) -> Result<Option<usize>, RowFault> {
        if self.twice.contains(column) {
            return Err(RowFault::RepeatedColumn(column.to_owned()));
        }
        Ok(self.names.iter().position(|name| name.trim() == column))
    }

    pub(crate) fn need(&self, column: &str) -> Result<usize, RowFault> {
        self.find(column)?.ok_or_else(|| RowFault::MissingColumn(column.to_owned()))
    }
}

/// What a text of a recipe stands for: a cell that is it, or that is the same number.
struct Text {
    text: String,
    number: Option<f64>,
}

impl Text {
    fn of(text: &str) -> Self {
        Self { text: text.to_owned(), number: number(text) }
    }

    fn matches(&self, cell: &str) -> bool {
        self.text == cell || self.number.is_some_and(|own| number(cell) == Some(own))
    }
}

/// A feature, ready to read cells.
pub(crate) struct Encoder {
    column: String,
    /// None where the table lacks the column and the recipe says what stands for it.
    place: Option<usize>,
    kind: Kind,
    instead: Option<Instead>,
}

enum Kind {
    Scale { min: f64, max: f64, to: Range },
    Flag,
    OneHot { levels: Vec<Text>, skipped: usize },
}

struct Instead {
    codes: Vec<Text>,
    value: String,
    indicator: bool,
}

/// How a cell was read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cell {
    /// As it is.
    Read,
    /// As the nearest bound.
    Clipped,
    /// Not: it is empty, and nothing stands for it.
    Absent,
}

impl Encoder {
    /// The encoders of a recipe for tables with this header.
    ///
    /// # Errors
    /// [`RowFault::MissingColumn`], [`RowFault::RepeatedColumn`].
    pub(crate) fn all(recipe: &Recipe, header: &Header<'_>) -> Result<Vec<Self>, RowFault> {
        recipe.features.iter().map(|feature| Self::of(feature, header)).collect()
    }

    fn of(feature: &Feature, header: &Header<'_>) -> Result<Self, RowFault> {
        let kind = match feature {
            Feature::Scale { min, max, to, .. } => {
                Kind::Scale { min: min.to_f64(), max: max.to_f64(), to: *to }
            }
            Feature::Flag { .. } => Kind::Flag,
            Feature::OneHot { levels, first, .. } => Kind::OneHot {
                levels: levels.iter().map(|level| Text::of(level)).collect(),
                skipped: first.skipped(),
            },
        };
        let column = feature.column().to_owned();
        let instead = feature.missing().map(|Missing { codes, value, indicator }| Instead {
            codes: codes.iter().map(|code| Text::of(code)).collect(),
            value: value.clone(),
            indicator: *indicator,
        });
        let place = match instead {
            Some(_) => header.find(&column)?,
            None => Some(header.need(&column)?),
        };
        Ok(Self { column, place, kind, instead })
    }

    /// The column it reads.
    pub(crate) fn column(&self) -> &str {
        &self.column
    }

    /// Adds the inputs that a record's cell becomes. Of an absent one it adds none.
    ///
    /// # Errors
    /// [`RowFault`].
    pub(crate) fn read(
        &self,
        record: &Record<'_>,
        inputs: &mut Vec<f32>,
    ) -> Result<Cell, RowFault> {
        let cell = self.place.map_or("", |place| record.cell(place));
        let read = match &self.instead {
            None if cell.is_empty() => return Ok(Cell::Absent),
            None => self.encode(cell, inputs),
            Some(Instead { codes, value, indicator }) => {
                let missing = cell.is_empty() || codes.iter().any(|code| code.matches(cell));
                let read = self.encode(if missing { value } else { cell }, inputs);
                if *indicator {
                    inputs.push(f32::from(u8::from(missing)));
                }
                read
            }
        };
        read.map_err(|odd| odd.at(record.row, &self.column))
    }

    fn encode(&self, cell: &str, inputs: &mut Vec<f32>) -> Result<Cell, Odd> {
        match &self.kind {
            Kind::Scale { min, max, to } => {
                let value = number(cell).ok_or(Odd::Text)?;
                let share = share(value, *min, *max);
                inputs.push(rounded(match to {
                    Range::BothSides => 2.0 * share - 1.0,
                    Range::Unit => share,
                }));
                let within = (*min..=*max).contains(&value);
                return Ok(if within { Cell::Read } else { Cell::Clipped });
            }
            Kind::Flag => match number(cell).ok_or(Odd::Text)? {
                0.0 => inputs.push(0.0),
                1.0 => inputs.push(1.0),
                _ => return Err(Odd::OutOfBounds),
            },
            Kind::OneHot { levels, skipped } => {
                let here = levels.iter().position(|level| level.matches(cell));
                let here = here.ok_or(Odd::UnknownLevel)?;
                let inputs_of = (*skipped..levels.len()).map(|place| u8::from(place == here));
                inputs.extend(inputs_of.map(f32::from));
            }
        }
        Ok(Cell::Read)
    }
}

/// A target, ready to read cells.
pub(crate) struct Truths {
    column: String,
    place: usize,
    kind: Truth,
}

enum Truth {
    YesNo { above: f64 },
    Class(Vec<Text>),
    Number { min: f64, max: f64 },
}

impl Truths {
    pub(crate) fn of(target: &Target, header: &Header<'_>) -> Result<Self, RowFault> {
        let kind = match target {
            Target::YesNo { positive_above, .. } => Truth::YesNo { above: positive_above.to_f64() },
            Target::Class { classes, .. } => {
                Truth::Class(classes.iter().map(|class| Text::of(class)).collect())
            }
            Target::Number { min, max, .. } => {
                Truth::Number { min: min.to_f64(), max: max.to_f64() }
            }
        };
        let place = header.need(target.column())?;
        Ok(Self { column: target.column().to_owned(), place, kind })
    }

    /// The target numbers of a record; none where its cell is empty.
    pub(crate) fn read(&self, record: &Record<'_>) -> Result<Option<Vec<f32>>, RowFault> {
        let cell = record.cell(self.place);
        if cell.is_empty() {
            return Ok(None);
        }
        self.encode(cell).map(Some).map_err(|odd| odd.at(record.row, &self.column))
    }

    fn encode(&self, cell: &str) -> Result<Vec<f32>, Odd> {
        Ok(match &self.kind {
            Truth::YesNo { above } => {
                let yes = number(cell).ok_or(Odd::Text)? > *above;
                vec![f32::from(u8::from(yes))]
            }
            Truth::Number { min, max } => {
                let value = number(cell).ok_or(Odd::Text)?;
                vec![rounded(2.0 * share(value, *min, *max) - 1.0)]
            }
            Truth::Class(classes) => {
                let here = classes.iter().position(|class| class.matches(cell));
                let here = here.ok_or(Odd::UnknownLevel)?;
                (0..classes.len()).map(|place| f32::from(u8::from(place == here))).collect()
            }
        })
    }
}

/// One record, with its number for the fault.
pub(crate) struct Record<'a> {
    pub(crate) row: usize,
    pub(crate) cells: &'a [String],
}

impl<'a> Record<'a> {
    /// A record with as many cells as the header.
    pub(crate) fn of(row: usize, cells: &'a [String], header: usize) -> Result<Self, RowFault> {
        let found = cells.len();
        let fault = RowFault::Ragged { row, cells: found, header };
        if found == header { Ok(Self { row, cells }) } else { Err(fault) }
    }

    pub(crate) fn cell(&self, place: usize) -> &'a str {
        self.cells.get(place).map_or("", |cell| cell.trim())
    }
}

/// How far a value lies between its bounds, clipped to 0 to 1.
fn share(value: f64, min: f64, max: f64) -> f64 {
    (value.clamp(min, max) - min) / (max - min)
}

#[expect(clippy::cast_possible_truncation, reason = "rounds to nearest, everywhere")]
fn rounded(value: f64) -> f32 {
    value as f32
}
