//! A trainer on rows that nobody has: made of a dataset's schema, before it may touch any.

use std::time::Instant;

use concordat_agreement::{Asset, ColumnKind};
use concordat_data::Table;
use concordat_learn::{Mode, Recipe, Training};
use concordat_partnership::act::Plan;
use concordat_terms::{Decimal, Problem};
use serde::Serialize;

use super::outside::{Failure, Outside};

/// How a trainer did on dummy rows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rehearsed {
    /// Rows that were made up.
    pub rows: usize,
    /// Milliseconds that one start took, the longest of them.
    pub took_ms: u64,
    /// How far the update moved the model (L2 norm), before it was clipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moved: Option<f64>,
    /// Why nothing would be used of what it wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The last it said then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
}

/// Rows of a rehearsal of updates; and of features, each of which is a process of its own.
const ROWS: usize = 48;
const RECORDS: usize = 3;

/// Runs the trainer of a plan once as a run would, on made-up rows: one round, or a few records.
/// Nothing leaves, and nothing is charged.
///
/// # Errors
/// A [`Problem`]: the schema has no rows of which the recipe could make numbers.
pub fn rehearse(
    outside: &Outside,
    asset: &Asset,
    plan: &Plan,
    recipe: &Recipe,
) -> Result<Rehearsed, Problem> {
    let features = recipe.trainer.as_ref().is_some_and(|own| own.mode == Mode::Features);
    let rows = if features { RECORDS } else { ROWS };
    let table =
        Table::read(dummy(asset, rows).as_bytes(), asset).map_err(|fault| fault.problem())?;
    let (mut took, mut moved, mut failure) = (0, None, None);
    let mut timed = |started: Instant| {
        let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        took = took.max(millis);
    };
    if features {
        let columns = recipe.trainer.as_ref().map(|own| own.columns.as_slice()).unwrap_or_default();
        for record in table.columns(columns).unwrap_or_default() {
            let started = Instant::now();
            failure = outside.features(plan, recipe, &record).err();
            timed(started);
            if failure.is_some() {
                break;
            }
        }
    } else {
        let units = table.units(recipe).map_err(|fault| fault.problem())?;
        let started = Instant::now();
        let tried = outside.tried_update(plan, recipe, &Training::begin(recipe), &units);
        timed(started);
        match tried {
            Ok(update) => {
                let squares = update.moved.iter().map(|value| f64::from(*value).powi(2));
                moved = Some(squares.sum::<f64>().sqrt());
            }
            Err(why) => failure = Some(why),
        }
    }
    let (why, said) = failure.map(|Failure { why, said }| (why, said)).unzip();
    Ok(Rehearsed { rows, took_ms: took, moved, why, said })
}

/// A table of a schema, as CSV: every number within its bounds, every level in turn, everybody
/// somebody else.
pub fn dummy(asset: &Asset, rows: usize) -> String {
    let names: Vec<&str> = asset.columns.iter().map(|column| column.name.as_str()).collect();
    let mut text = names.join(",");
    text.push('\n');
    for row in 0..rows {
        let cells = asset.columns.iter().enumerate().map(|(nth, column)| {
            if asset.person.as_deref() == Some(column.name.as_str()) {
                return format!("nobody-{row}");
            }
            match column.kind {
                ColumnKind::Number => between(column.min, column.max, row * 7 + nth * 3),
                ColumnKind::Category => {
                    let place = (row + nth) % column.levels.len().max(1);
                    column
                        .levels
                        .get(place)
                        .map_or_else(String::new, |level| level.as_str().to_owned())
                }
                ColumnKind::Text => format!("text {row}"),
            }
        });
        text.push_str(&cells.collect::<Vec<_>>().join(","));
        text.push('\n');
    }
    text
}

/// One of eleven numbers from the least to the most, ends included.
fn between(min: Option<Decimal>, max: Option<Decimal>, turn: usize) -> String {
    let (least, most) = match (min.map(Decimal::to_f64), max.map(Decimal::to_f64)) {
        (Some(min), Some(max)) => (min, max),
        (Some(min), None) => (min, min + 1.0),
        (None, Some(max)) => (max - 1.0, max),
        (None, None) => (0.0, 1.0),
    };
    #[expect(clippy::cast_precision_loss, reason = "at most ten")]
    let part = (turn % 11) as f64 / 10.0;
    let value = least + part * (most - least);
    // Rounding may not lead out of the bounds.
    format!("{:.6}", value.clamp(least, most))
}
