//! What a run tells of itself while it goes on, and which optimisers it tries: both within the one clip
//! that every round is charged for.

use concordat_terms::Decimal;
use serde::{Deserialize, Serialize};

use super::{Method, Recipe, RecipeFault};
use crate::quantise::{TRILLION, trillionths};

/// Most optimisers that one plan tries.
pub(crate) const TRIALS_MOST: usize = 16;

/// Numbers that are told of a batch at each optimiser's model: rows answered rightly, rows answered
/// wrongly, and their loss.
pub(crate) const NUMBERS: usize = 3;

/// What is told of each batch beside its gradients. A person counts with what its rows come to on
/// average, and within `clip`, whatever the rows are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// L2 bound on one person's part, below the recipe's `clip`: gradients have the rest of it.
    pub clip: Decimal,
    /// A person's mean loss counts up to this, above 0.
    pub loss_most: Decimal,
    /// How many rounds are told together, 1 to T.
    pub every: u32,
}

impl Recipe {
    /// How many optimisers are tried: `optimiser`, and `trials`.
    pub fn optimisers(&self) -> usize {
        1 + self.trials.len()
    }

    /// L2 bound on one person's gradient at the model of one optimiser: √((C² − M²)/n), rounded down,
    /// with M the metrics' clip and n optimisers; C itself where there is neither.
    pub fn gradient_clip(&self) -> Decimal {
        if self.metrics.is_none() && self.trials.is_empty() {
            return self.clip;
        }
        let metrics = self.metrics.as_ref().and_then(|own| trillionths(own.clip)).unwrap_or(0);
        let square = |value: u64| u128::from(value) * u128::from(value);
        let all = trillionths(self.clip).map_or(0, square);
        let each = all.saturating_sub(square(metrics)) / self.optimisers().max(1) as u128;
        decimal(each.isqrt())
    }

    /// What a person who is answered rightly adds to the first of the metrics' numbers, M/√(2n): the
    /// second is none then, and the third at most as much.
    pub(crate) fn metrics_unit(&self) -> f64 {
        let Some(metrics) = &self.metrics else { return 0.0 };
        metrics.clip.to_f64() / (2.0 * self.optimisers() as f64).sqrt()
    }

    /// Numbers that are sent for one optimiser, where gradients are summed.
    pub(crate) fn numbers_of_one(&self) -> usize {
        self.parameters() + self.metrics.as_ref().map_or(0, |_| NUMBERS)
    }

    pub(super) fn check_metrics(&self) -> Result<(), RecipeFault> {
        let must = |holds: bool, field, range| {
            holds.then_some(()).ok_or(RecipeFault::OutOfRange { field, range })
        };
        let few = self.optimisers() <= TRIALS_MOST;
        must(few, "trials", "at most 15 beside `optimiser`")?;
        let told = self.trials.is_empty() || self.metrics.is_some();
        must(told, "metrics", "there where there are `trials`: they are chosen by it")?;
        for (place, trial) in self.trials.iter().enumerate() {
            trial.check()?;
            let other =
                *trial != self.optimiser && !self.trials.iter().take(place).any(|own| own == trial);
            must(other, "trials", "optimisers that are all different")?;
        }
        let Some(metrics) = &self.metrics else { return Ok(()) };
        let summed = matches!(self.method, Method::SummedGradients {});
        must(summed, "metrics", "left out where participants take own steps")?;
        let part = metrics.clip.is_positive() && metrics.clip < self.clip;
        must(part, "metrics.clip", "above 0, below `clip`")?;
        must(
            self.gradient_clip().is_positive(),
            "metrics.clip",
            "so small that gradients have a part",
        )?;
        let most = Decimal::whole(1_000_000).is_some_and(|most| metrics.loss_most <= most);
        let loss = metrics.loss_most.is_positive() && most;
        must(loss, "metrics.loss_most", "above 0, at most 1000000")?;
        must((1..=self.rounds).contains(&metrics.every), "metrics.every", "1 to `rounds`")
    }
}

/// So many trillionths.
fn decimal(trillionths: u128) -> Decimal {
    let (whole, rest) = (trillionths / TRILLION, trillionths % TRILLION);
    // A clip has at most four digits before the point: sixteen in all.
    format!("{whole}.{rest:012}").parse().unwrap_or(Decimal::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optimiser::Optimiser;

    fn recipe() -> Recipe {
        serde_json::from_str(include_str!("../../../../examples/heart/recipe.json")).unwrap()
    }

    fn metered(clip: &str, trials: usize) -> Recipe {
        let metrics =
            Metrics { clip: clip.parse().unwrap(), loss_most: "4".parse().unwrap(), every: 10 };
        let own = recipe();
        let trial =
            |n: usize| Optimiser { rate: format!("{n}.5").parse().unwrap(), ..own.optimiser };
        Recipe { metrics: Some(metrics), trials: (1..=trials).map(trial).collect(), ..own.clone() }
    }

    #[test]
    fn all_that_a_person_adds_is_within_the_one_clip() {
        assert_eq!(recipe().gradient_clip(), recipe().clip);
        for (metrics, trials) in [("0.25", 0), ("0.25", 3), ("0.999999", 15), ("0.6", 7)] {
            let recipe = metered(metrics, trials);
            assert_eq!(recipe.check(), Ok(()), "{metrics} {trials}");
            let (n, c) = (recipe.optimisers() as f64, recipe.gradient_clip().to_f64());
            let unit = recipe.metrics_unit();
            let all = n * (c * c + 2.0 * unit * unit);
            assert!(all <= 1.0 + 1e-12 && all > 1.0 - 1e-9, "{all}");
            assert_eq!(recipe.dimension(), recipe.optimisers() * (recipe.parameters() + NUMBERS));
        }
        assert_eq!(metered("0.6", 0).gradient_clip().to_string(), "0.8");
    }

    #[test]
    fn what_cannot_be_told_or_tried_is_refused() {
        type Edit = fn(&mut Recipe);
        let edits: [(&str, Edit); 7] = [
            ("metrics.clip", |r| r.metrics.as_mut().unwrap().clip = "1".parse().unwrap()),
            ("metrics.loss_most", |r| r.metrics.as_mut().unwrap().loss_most = Decimal::ZERO),
            ("metrics.every", |r| r.metrics.as_mut().unwrap().every = 0),
            ("`metrics` must be there", |r| r.metrics = None),
            ("all different", |r| r.trials.push(r.optimiser)),
            ("all different", |r| r.trials.push(r.trials[0])),
            ("at most 15", |r| *r = metered("0.5", 16)),
        ];
        for (says, edit) in edits {
            let mut recipe = metered("0.5", 2);
            edit(&mut recipe);
            let fault = recipe.check().unwrap_err().to_string();
            assert!(fault.contains(says), "{says}: {fault}");
        }
    }
}
