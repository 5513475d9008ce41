//! Whether a recipe says what its plan says, and keeps within the agreed columns.

use concordat_agreement::{Asset, Column, ColumnKind};
use concordat_learn::{Feature, Recipe};
use concordat_partnership::act::Plan;
use concordat_terms::{Decimal, Digest, Problem, jcs};

use super::refuse;
use crate::problems::problem;

/// The recipe in these bytes, if it is the plan's and says the same as the plan.
pub(super) fn read_recipe(plan: &Plan, bytes: &[u8]) -> Result<Recipe, Problem> {
    if Digest::of(bytes) != plan.recipe {
        return Err(refuse("other-recipe", "these bytes are not the plan's recipe".to_owned()));
    }
    let recipe: Recipe = jcs::from_bytes(bytes).map_err(|e| refuse("bad-recipe", e.to_string()))?;
    recipe.check().map_err(|e| refuse("bad-recipe", e.to_string()))?;
    let same = [
        ("rounds", recipe.rounds == plan.rounds),
        ("clip", recipe.clip == plan.clip),
        ("sampling_rate", recipe.sampling_rate == plan.sampling_rate),
        ("dimension", u32::try_from(recipe.dimension()) == Ok(plan.dimension)),
    ];
    match same.into_iter().find(|(_, same)| !same) {
        None => Ok(recipe),
        Some((field, _)) => Err(problem(
            "recipe-differs",
            format!("recipe and plan differ in `{field}`"),
            "propose a plan that states what its recipe says",
        )),
    }
}

/// The recipe reads declared columns only, within declared bounds and levels.
pub(super) fn check_columns(asset: &Asset, recipe: &Recipe) -> Result<(), Problem> {
    let differs = |column: &str, why: &str| {
        problem(
            "recipe-beyond-schema",
            format!("the recipe's column `{column}` {why}"),
            "propose a recipe within the columns, bounds and levels of the asset's clause",
        )
    };
    let declared = |name: &str| {
        let found = asset.columns.iter().find(|column| column.name == name);
        found.ok_or_else(|| differs(name, "is not declared"))
    };
    if asset.person.as_deref() != Some(recipe.person.as_str()) {
        return Err(differs(&recipe.person, "is not the one that names a person"));
    }
    if asset.rows_per_person.is_some_and(|most| recipe.rows_per_person > most) {
        return Err(differs(&recipe.person, "counts more rows of a person than agreed"));
    }
    let label = declared(&recipe.label.column)?;
    if !is_numeric(label) {
        return Err(differs(&label.name, "is not a number"));
    }
    for feature in &recipe.features {
        let column = declared(feature.column())?;
        let why = match feature {
            _ if !is_numeric(column) => Some("is not a number"),
            Feature::Scale { min, max, .. } => {
                let within = column.kind == ColumnKind::Number
                    && column.min.is_none_or(|least| *min >= least)
                    && column.max.is_none_or(|most| *max <= most);
                (!within).then_some("is scaled beyond its declared bounds")
            }
            Feature::Flag { .. } => {
                let flag = values(column).is_some_and(|all| {
                    all.iter().all(|v| *v == Decimal::ZERO || Some(*v) == Decimal::whole(1))
                });
                (!flag).then_some("is not declared as 0 or 1")
            }
            Feature::OneHot { levels, .. } => {
                let covered =
                    values(column).is_some_and(|all| all.iter().all(|v| levels.contains(v)));
                (!covered).then_some("has declared levels that the recipe lacks")
            }
        };
        if let Some(why) = why {
            return Err(differs(&column.name, why));
        }
    }
    Ok(())
}

/// A category's levels as numbers, if all are.
fn values(column: &Column) -> Option<Vec<Decimal>> {
    if column.kind != ColumnKind::Category {
        return None;
    }
    column.levels.iter().map(|level| level.as_str().parse().ok()).collect()
}

fn is_numeric(column: &Column) -> bool {
    column.kind == ColumnKind::Number || values(column).is_some()
}
