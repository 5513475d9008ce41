//! Plans and recipes as a person writes them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use concordat_agreement::RunKind;
use concordat_learn::Recipe;
use concordat_node::plan::{Spend, Wish};
use concordat_terms::{AssetId, Decimal, Digest, PartyId, ProjectId, PurposeId, RunId};
use serde::Deserialize;

use crate::failure::Failure;

/// A plan as a person writes it. Rounds, sampling rate, clip and dimension are the recipe's;
/// participants are the catalogue's.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanFile {
    pub(crate) run: RunId,
    pub(crate) project: ProjectId,
    pub(crate) kind: RunKind,
    pub(crate) purpose: PurposeId,
    pub(crate) asset: AssetId,
    /// The model that results.
    pub(crate) model: Option<AssetId>,
    /// The recipe's file, relative to the plan's.
    pub(crate) recipe: PathBuf,
    /// How much of the account to spend; the noise is calibrated to it.
    pub(crate) epsilon: Option<Decimal>,
    /// Or the noise multiplier itself.
    pub(crate) noise: Option<Decimal>,
    /// How often a lost round may be tried again; as often as the agreement allows, if not given.
    pub(crate) retries: Option<u32>,
}

impl PlanFile {
    /// Reads the text of the file at `path`.
    ///
    /// # Errors
    /// It is not a plan, and why.
    pub(crate) fn parse(path: &Path, text: &str) -> Result<Self, Failure> {
        let bad = |why: String| {
            let what = format!("`{}` is not a plan: {why}", path.display());
            Failure::usage("bad-plan", what, "compare it with examples/heart/plan.toml")
        };
        let file: Self = toml::from_str(text).map_err(|e| bad(e.message().to_owned()))?;
        match (file.epsilon, file.noise) {
            (Some(_), None) | (None, Some(_)) => Ok(file),
            _ => Err(bad("it needs `epsilon` or `noise`, and not both".to_owned())),
        }
    }

    /// What it asks for, on these versions of the participants' rows.
    pub(crate) fn wish(&self, datasets: BTreeMap<PartyId, Digest>) -> Wish {
        let spend = match (self.noise, self.epsilon) {
            (Some(noise), _) => Spend::Noise(noise),
            (None, Some(epsilon)) => Spend::Epsilon(epsilon),
            (None, None) => Spend::Account,
        };
        Wish {
            project: self.project.clone(),
            kind: self.kind,
            purpose: self.purpose.clone(),
            asset: self.asset.clone(),
            datasets,
            model: self.model.clone(),
            retries: self.retries,
            spend,
        }
    }
}

/// Reads the bytes of the recipe at `path`.
///
/// # Errors
/// They are not a recipe, and why.
pub(crate) fn recipe(path: &Path, bytes: &[u8]) -> Result<Recipe, Failure> {
    let bad = |why: String, hint: &str| {
        let what = format!("`{}` is not a recipe: {why}", path.display());
        Failure::usage("bad-recipe", what, hint)
    };
    let recipe: Recipe = serde_json::from_slice(bytes)
        .map_err(|e| bad(e.to_string(), "compare it with examples/heart/recipe.json"))?;
    recipe.check().map_err(|e| bad(e.to_string(), e.hint()))?;
    Ok(recipe)
}
