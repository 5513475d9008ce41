//! Rows that a model is asked about.

use crate::cells::{Cell, Encoder, Header, Record, RowFault};
use crate::recipe::Recipe;

/// Reads rows under a model's own schema: its features alone, whatever other columns there are.
pub struct Rows {
    encoders: Vec<Encoder>,
    header: usize,
}

impl Rows {
    /// For tables with this header. A column may be absent where the recipe says what stands for
    /// a missing value.
    ///
    /// # Errors
    /// [`RowFault::MissingColumn`], [`RowFault::RepeatedColumn`].
    pub fn of(recipe: &Recipe, header: &[String]) -> Result<Self, RowFault> {
        let encoders = Encoder::all(recipe, &Header::of(header))?;
        Ok(Self { encoders, header: header.len() })
    }

    /// Adds the inputs of a row, which is number `row` of its table, counted from 1; says how many
    /// of its numbers lay beyond their bounds and were taken as the nearest.
    ///
    /// # Errors
    /// [`RowFault`]; what was added before it stays.
    pub fn read(
        &self,
        row: usize,
        cells: &[String],
        inputs: &mut Vec<f32>,
    ) -> Result<usize, RowFault> {
        let record = Record::of(row, cells, self.header)?;
        let mut clipped = 0;
        for encoder in &self.encoders {
            match encoder.read(&record, inputs)? {
                Cell::Read => {}
                Cell::Clipped => clipped += 1,
                Cell::Absent => {
                    let column = encoder.column().to_owned();
                    return Err(RowFault::NoValue { row, column });
                }
            }
        }
        Ok(clipped)
    }
}
