//! What a model says of each row, as one more column.

use crate::cells::RowFault;
use crate::model::Model;
use crate::rows::Rows;

/// The column that a model's answers are in.
pub const SCORE: &str = "score";

/// A table with the column [`SCORE`]: the probability that a model gives a row, or nothing where the
/// row lacks what the model needs. What no model can be asked of does not keep the others from being
/// counted.
///
/// # Errors
/// [`RowFault::MissingColumn`], [`RowFault::RepeatedColumn`]: the table is not one of the model's.
pub fn with_scores(
    model: &Model,
    header: &[String],
    records: &[Vec<String>],
) -> Result<(Vec<String>, Vec<Vec<String>>), RowFault> {
    let rows = Rows::of(model.recipe(), header)?;
    let score = |(index, record): (usize, &Vec<String>)| {
        let mut inputs = Vec::new();
        let read = rows.read(index + 1, record, &mut inputs).ok();
        let asked = read.and_then(|_| model.ask(&inputs).ok());
        let score = asked.and_then(|answer| answer.first().copied());
        let cell = score.map_or_else(String::new, |score| format!("{score}"));
        [record.as_slice(), &[cell]].concat()
    };
    let records = records.iter().enumerate().map(score).collect();
    Ok(([header, &[SCORE.to_owned()]].concat(), records))
}
