//! Whether a recipe says what its plan says, and keeps within the agreed columns.

use std::num::NonZeroU32;

use concordat_agreement::{Asset, Column, ColumnKind, TrainerMode};
use concordat_learn::{Feature, LocalSteps, Method, Mode, NoiseShare, Recipe, Target, Updates};
use concordat_partnership::act::{self, Plan};
use concordat_terms::{Decimal, Digest, Problem, jcs};

use super::refuse;
use crate::problems::problem;

/// The recipe in these bytes, if it is the plan's and says the same as the plan.
pub(super) fn read_recipe(plan: &Plan, bytes: &[u8]) -> Result<Recipe, Problem> {
    if Digest::of(bytes) != plan.recipe {
        return Err(refuse("other-recipe", "these bytes are not the plan's recipe".to_owned()));
    }
    let recipe: Recipe = jcs::from_bytes(bytes).map_err(|e| refuse("bad-recipe", e.to_string()))?;
    recipe.check().map_err(|e| problem("bad-recipe", e.to_string(), e.hint()))?;
    let named = match recipe.method {
        Method::SummedGradients {} => None,
        Method::LocalSteps(LocalSteps { participants, .. })
        | Method::Updates(Updates { participants, .. }) => Some(participants),
    };
    let participants = u32::try_from(plan.datasets.len());
    let same = [
        ("rounds", recipe.rounds == plan.rounds),
        ("clip", recipe.clip == plan.clip),
        ("sampling_rate", recipe.sampling_rate == plan.sampling_rate),
        ("dimension", u32::try_from(recipe.dimension()) == Ok(plan.dimension)),
        ("local_steps", own_steps(&recipe)? == plan.local_steps),
        ("trainer", planned(&recipe) == plan.trainer),
        ("participants", named.is_none_or(|named| participants == Ok(named))),
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

/// The releases that each participant makes on its own within a round, each with all of the noise;
/// none where noise is split.
///
/// # Errors
/// A [`Problem`] `no-noise`: nothing is released without noise in a partnership.
pub(super) fn own_steps(recipe: &Recipe) -> Result<Option<NonZeroU32>, Problem> {
    match (recipe.noise, recipe.method) {
        (NoiseShare::Split, _) => Ok(None),
        (NoiseShare::Full, Method::SummedGradients {}) => Ok(Some(NonZeroU32::MIN)),
        (NoiseShare::Full, Method::LocalSteps(local)) => Ok(NonZeroU32::new(local.steps)),
        // Of a trainer that adds its own noise, or none: whether that may be, a clause says.
        (NoiseShare::Full | NoiseShare::None, Method::Updates(own)) => {
            Ok(NonZeroU32::new(own.releases))
        }
        (NoiseShare::None, _) => Err(problem(
            "no-noise",
            "the recipe has no noise, and no clause lets rows be trained on without",
            "write `\"noise\": \"full\"`, or `split` where gradients are summed",
        )),
    }
}

/// What a plan says of a recipe's trainer.
pub(super) fn planned(recipe: &Recipe) -> Option<act::Trainer> {
    let own = recipe.trainer.as_ref()?;
    let mode = match own.mode {
        Mode::Features => TrainerMode::Features,
        Mode::UpdateDp => TrainerMode::UpdateDp,
        Mode::AssertedDp => TrainerMode::AssertedDp,
        Mode::SecaggOnly => TrainerMode::SecaggOnly,
    };
    Some(act::Trainer { mode, code: own.code, environment: own.environment })
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
    let target = declared(recipe.target.column())?;
    if let Some(why) = unfit_target(target, &recipe.target) {
        return Err(differs(&target.name, why));
    }
    for column in recipe.trainer.iter().flat_map(|trainer| &trainer.columns) {
        declared(column)?;
    }
    for feature in &recipe.features {
        if recipe.trainer.as_ref().is_some_and(|trainer| trainer.makes(feature.column())) {
            if !matches!(feature, Feature::Scale { .. }) {
                return Err(differs(feature.column(), "is a number, and is to be scaled"));
            }
            continue;
        }
        let column = declared(feature.column())?;
        if let Some(why) = unfit_feature(column, feature) {
            return Err(differs(&column.name, why));
        }
    }
    Ok(())
}

/// Why a column is not what the target takes it for.
fn unfit_target(column: &Column, target: &Target) -> Option<&'static str> {
    match target {
        Target::YesNo { .. } => (!is_numeric(column)).then_some("is not a number"),
        Target::Class { classes, .. } => {
            (!covered(column, classes, &[])).then_some("has declared levels that are no class")
        }
        Target::Number { min, max, .. } => {
            (!within(column, *min, *max)).then_some("is scaled beyond its declared bounds")
        }
    }
}

/// Why a column is not what a feature takes it for.
fn unfit_feature(column: &Column, feature: &Feature) -> Option<&'static str> {
    let codes = feature.missing().map_or(&[][..], |missing| &missing.codes);
    match feature {
        Feature::Scale { .. } | Feature::Flag { .. } if !is_numeric(column) => {
            Some("is not a number")
        }
        Feature::Scale { min, max, .. } => {
            (!within(column, *min, *max)).then_some("is scaled beyond its declared bounds")
        }
        Feature::Flag { .. } => {
            let flags = ["0".to_owned(), "1".to_owned()];
            (!covered(column, &flags, codes)).then_some("is not declared as 0 or 1")
        }
        Feature::OneHot { levels, .. } => {
            (!covered(column, levels, codes)).then_some("has declared levels that the recipe lacks")
        }
    }
}

/// Whether a number column is declared to lie at least as far as these bounds.
fn within(column: &Column, min: Decimal, max: Decimal) -> bool {
    column.kind == ColumnKind::Number
        && column.min.is_none_or(|least| min >= least)
        && column.max.is_none_or(|most| max <= most)
}

/// Whether every declared level of a category is one of the recipe's texts.
fn covered(column: &Column, levels: &[String], codes: &[String]) -> bool {
    let known = |level: &str| {
        levels.iter().chain(codes).any(|text| {
            let number = level.parse::<Decimal>().ok();
            text == level || number.is_some_and(|number| text.parse() == Ok(number))
        })
    };
    column.kind == ColumnKind::Category && column.levels.iter().all(|level| known(level.as_str()))
}

/// Whether every value is a number.
fn is_numeric(column: &Column) -> bool {
    match column.kind {
        ColumnKind::Number => true,
        ColumnKind::Category => {
            column.levels.iter().all(|level| level.as_str().parse::<Decimal>().is_ok())
        }
        ColumnKind::Text => false,
    }
}
