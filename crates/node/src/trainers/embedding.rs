//! Records turned into numbers one by one, before the node's own code trains on these.

use std::time::Instant;

use concordat_data::Table;
use concordat_learn::{Recipe, Trainer};
use concordat_partnership::act::Plan;
use concordat_terms::Problem;

use super::outside::{Failure, Outside};
use super::report::Report;
use crate::problems::problem;

/// What a trainer made of each record of a table, as cells of further columns. Private.
pub struct Embedded {
    /// The columns: `embedding.0` and so on.
    pub header: Vec<String>,
    /// A row for each of the table's.
    pub rows: Vec<Vec<String>>,
    /// At how many records it failed: they have zeros.
    pub failed: usize,
    /// How it failed last.
    pub last: Option<Failure>,
}

/// Runs the trainer of `features` on each record of a table.
///
/// # Errors
/// A [`Problem`], which depends on the plan alone: a column that the table does not have.
pub fn embed(
    outside: &Outside,
    plan: &Plan,
    recipe: &Recipe,
    table: &Table,
) -> Result<Embedded, Problem> {
    let started = Instant::now();
    let Some(trainer) = &recipe.trainer else {
        return Err(problem("bad-recipe", "the recipe has no trainer", "propose another plan"));
    };
    let Some(records) = table.columns(&trainer.columns) else {
        return Err(problem(
            "recipe-beyond-schema",
            "the trainer is to be given a column that is not declared",
            "propose a recipe within the columns of the asset's clause",
        ));
    };
    let header: Vec<String> = (0..trainer.width).map(Trainer::embedding).collect();
    let zeros = vec!["0".to_owned(); header.len()];
    let (mut rows, mut failed, mut last) = (Vec::new(), 0, None);
    for record in records {
        match outside.features(plan, recipe, &record) {
            Ok(values) => rows.push(values.iter().map(|value| format!("{value:.6}")).collect()),
            Err(why) => {
                (failed, last) = (failed + 1, Some(why));
                rows.push(zeros.clone());
            }
        }
    }
    let of = rows.len();
    Report::records(&outside.run, (failed, of), started.elapsed(), last.as_ref())
        .keep(&outside.kept.reports);
    Ok(Embedded { header, rows, failed, last })
}
