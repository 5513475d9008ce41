//! What runs told of their own batches, with what is known of the noise in it.

use concordat_agreement::Agreement;
use concordat_learn::compared::Figure;
use concordat_learn::{Charged, Model, Recipe};
use concordat_partnership::act::Plan;
use concordat_terms::Digest;
use serde::Serialize;

use super::super::look::Seen;
use crate::exposed::noise_of_sums;

/// Of rows that were trained on: it says how training went, not what the model is worth.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Told {
    /// Over how many rounds.
    rounds: u32,
    /// The optimiser that the model is of, or would be: 0 is `optimiser`, `trials` follow.
    chosen: u32,
    trials: Vec<OfOne>,
}

/// What was told of one optimiser's model.
#[derive(Clone, Copy, Debug, Serialize)]
struct OfOne {
    #[serde(skip_serializing_if = "Option::is_none")]
    accuracy: Option<Figure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    loss: Option<Figure>,
}

impl Told {
    /// With intervals, where the noise of the plan's sums is known.
    pub(super) fn of(
        agreement: &Agreement,
        plan: &Plan,
        recipe: &Recipe,
        charged: &Charged,
    ) -> Option<Self> {
        let deviation = charged.deviation(recipe, noise_of_sums(agreement, plan)?)?;
        let trials = charged.trials.iter().map(|own| OfOne {
            accuracy: own.accuracy(recipe, deviation),
            loss: own.loss(recipe, deviation),
        });
        let trials = trials.collect();
        Some(Self { rounds: charged.rounds, chosen: charged.chosen, trials })
    }

    /// What the model's own card says, if the file is here.
    pub(super) fn by_card(seen: &mut Seen, plan: &Plan, model: &Digest) -> Option<Self> {
        let model = Model::from_bytes(&seen.brought(model)?).ok()?;
        let agreement = seen.state().agreement();
        Self::of(agreement, plan, model.recipe(), model.charged()?)
    }

    fn of_chosen(&self) -> Option<&OfOne> {
        self.trials.get(usize::try_from(self.chosen).ok()?)
    }

    /// In a line, of the optimiser that is chosen.
    pub(super) fn line(&self) -> String {
        self.of_chosen().map(OfOne::line).unwrap_or_default()
    }

    /// In lines, of each.
    pub(super) fn lines(&self) -> Vec<String> {
        if let [one] = self.trials.as_slice() {
            return vec![one.line()];
        }
        let each = self.trials.iter().zip(0..).map(|(one, place)| {
            let chosen = if place == self.chosen { ", chosen" } else { "" };
            format!("optimiser {place}{chosen}: {}", one.line())
        });
        each.collect()
    }

    /// The second less the first, of what both tell of the optimiser that is chosen.
    pub(super) fn apart(&self, first: &Self) -> Vec<(&'static str, Figure)> {
        let (Some(second), Some(first)) = (self.of_chosen(), first.of_chosen()) else {
            return Vec::new();
        };
        let pairs =
            [("accuracy", second.accuracy, first.accuracy), ("loss", second.loss, first.loss)];
        pairs.into_iter().filter_map(|(name, a, b)| Some((name, a?.minus(b?)))).collect()
    }
}

impl OfOne {
    fn line(&self) -> String {
        let told = [("accuracy", self.accuracy), ("loss", self.loss)].into_iter();
        let told = told.filter_map(|(name, figure)| {
            let Figure { value, bounds } = figure?;
            Some(format!("{name} {value:.4} [{:.4}, {:.4}]", bounds.low, bounds.high))
        });
        told.collect::<Vec<_>>().join(", ")
    }
}
