//! The public step: from one round's model and its released sum to the next, for everybody alike.

use serde::{Deserialize, Serialize};

use concordat_dp::Sensitivity;
use concordat_terms::Digest;

use crate::model::{self, Model, NotAModel};
use crate::recipe::Recipe;

/// Where a training stands after some rounds. All of it is public: it follows from the recipe
/// and the released sums, and every participant computes the same bits.
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    recipe: Digest,
    round: u32,
    weights: Vec<f64>,
    /// Sum of the weights after each round that the released model averages.
    tail: Vec<f64>,
}

/// Why a released sum does not lead to a next round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepFault {
    /// The recipe is not the one that the training began with.
    #[error("the training follows another recipe")]
    OtherRecipe,
    /// Every round was made.
    #[error("all {0} rounds are over")]
    Over(u32),
    /// Rounds are still to come.
    #[error("round {round} of {rounds} is the last that was made")]
    Unfinished {
        /// Rounds made.
        round: u32,
        /// Rounds of the recipe.
        rounds: u32,
    },
    /// The sum has another length than the model.
    #[error("the sum has {sum} values, the model has {model} parameters")]
    Length {
        /// Values of the sum.
        sum: usize,
        /// Parameters of the model.
        model: usize,
    },
    /// More fraction bits than sums may have.
    #[error("a sum has at most {most} fraction bits", most = Sensitivity::SCALE_BITS_MOST)]
    Scale,
    /// The weights are no longer finite: the learning rate is too large.
    #[error("the weights are no longer finite: the learning rate is too large")]
    Diverged,
}

impl Training {
    /// Before the first round: all weights zero.
    pub fn begin(recipe: &Recipe) -> Self {
        let zeros = vec![0.0; recipe.dimension()];
        Self { recipe: recipe.digest(), round: 0, weights: zeros.clone(), tail: zeros }
    }

    /// After the next round, given the released sum of all nodes in units of 2^-`scale_bits`.
    ///
    /// For each parameter in order, with every operation rounded as IEEE 754 says and none fused:
    /// `g = sum · 2^-scale_bits / normaliser + l2 · w`, then `w − learning_rate · g`.
    ///
    /// # Errors
    /// [`StepFault`]; `self` is as it was.
    pub fn step(&self, recipe: &Recipe, sum: &[i64], scale_bits: u32) -> Result<Self, StepFault> {
        if recipe.digest() != self.recipe {
            return Err(StepFault::OtherRecipe);
        }
        if self.round >= recipe.rounds {
            return Err(StepFault::Over(recipe.rounds));
        }
        if sum.len() != self.weights.len() {
            return Err(StepFault::Length { sum: sum.len(), model: self.weights.len() });
        }
        if scale_bits > Sensitivity::SCALE_BITS_MOST {
            return Err(StepFault::Scale);
        }

        let unit = 1.0 / f64::from(1_u32 << scale_bits);
        let normaliser = recipe.normaliser.to_f64();
        let (rate, l2) = (recipe.learning_rate.to_f64(), recipe.l2.to_f64());
        let mut next = self.clone();
        next.round += 1;
        for (weight, value) in next.weights.iter_mut().zip(sum) {
            #[expect(clippy::cast_precision_loss, reason = "rounds to nearest even, everywhere")]
            let gradient = *value as f64 * unit / normaliser + l2 * *weight;
            *weight -= rate * gradient;
        }
        if next.round + recipe.average_last > recipe.rounds {
            for (total, weight) in next.tail.iter_mut().zip(&next.weights) {
                *total += weight;
            }
        }
        let finite = next.weights.iter().chain(&next.tail).all(|value| value.is_finite());
        if finite { Ok(next) } else { Err(StepFault::Diverged) }
    }

    /// The model that the recipe's last round yields: the mean over the last rounds.
    ///
    /// # Errors
    /// [`StepFault::OtherRecipe`], [`StepFault::Unfinished`].
    pub fn finish(&self, recipe: &Recipe) -> Result<Model, StepFault> {
        if recipe.digest() != self.recipe {
            return Err(StepFault::OtherRecipe);
        }
        if self.round < recipe.rounds {
            return Err(StepFault::Unfinished { round: self.round, rounds: recipe.rounds });
        }
        let last = f64::from(recipe.average_last);
        let weights = self.tail.iter().map(|total| total / last).collect();
        Ok(Model::new(recipe, weights))
    }

    /// Rounds made so far.
    pub fn round(&self) -> u32 {
        self.round
    }

    /// The weights at which the next round's gradients are taken.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The training as safetensors: tensors `tail` and `weights`, F64, one dimension. Equal
    /// trainings have equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let about = About { recipe: self.recipe, round: self.round };
        model::write(&about, &[("tail", &self.tail), ("weights", &self.weights)])
    }

    /// Reads what [`Training::to_bytes`] wrote, and nothing else.
    ///
    /// # Errors
    /// [`NotAModel`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotAModel> {
        let (About { recipe, round }, [tail, weights]) = model::read(bytes, ["tail", "weights"])?;
        let training = Self { recipe, round, weights, tail };
        model::only(training.to_bytes() == bytes, training)
    }

    /// SHA-256 of [`Training::to_bytes`]: what a round's masks are bound to.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.to_bytes())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    recipe: Digest,
    round: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe() -> Recipe {
        let text = include_str!("../../../examples/heart/recipe.json");
        let mut recipe: Recipe = serde_json::from_str(text).unwrap();
        recipe.features.truncate(1);
        (recipe.rounds, recipe.average_last) = (3, 2);
        recipe.learning_rate = "2".parse().unwrap();
        recipe.normaliser = "4".parse().unwrap();
        recipe.l2 = "0.5".parse().unwrap();
        recipe
    }

    #[test]
    fn three_rounds_by_hand() {
        let recipe = recipe();
        let start = Training::begin(&recipe);
        // One fraction bit: the sum 8 is 4, over 4 is 1, times 2 is a step of −2.
        let first = start.step(&recipe, &[8, 0], 1).unwrap();
        assert_eq!(first.weights(), [-2.0, 0.0]);
        // Decay: g = 0 + 0.5·(−2) = −1, a step of +2.
        let second = first.step(&recipe, &[0, -4], 1).unwrap();
        assert_eq!(second.weights(), [0.0, 1.0]);
        assert_eq!(second.finish(&recipe), Err(StepFault::Unfinished { round: 2, rounds: 3 }));
        let third = second.step(&recipe, &[-8, 0], 1).unwrap();
        assert_eq!(third.weights(), [2.0, 0.0]);
        // The released model is the mean of the last two.
        assert_eq!(third.finish(&recipe).unwrap().weights(), [1.0, 0.5]);
        assert_eq!(third.step(&recipe, &[0, 0], 1), Err(StepFault::Over(3)));
    }

    #[test]
    fn a_sum_that_does_not_fit_changes_nothing() {
        let recipe = recipe();
        let start = Training::begin(&recipe);
        assert_eq!(start.step(&recipe, &[0], 1), Err(StepFault::Length { sum: 1, model: 2 }));
        assert_eq!(start.step(&recipe, &[0, 0], 31), Err(StepFault::Scale));
        let mut other = recipe.clone();
        other.rounds = 4;
        assert_eq!(start.step(&other, &[0, 0], 1), Err(StepFault::OtherRecipe));
        assert_eq!(start.finish(&other), Err(StepFault::OtherRecipe));
    }

    #[test]
    fn a_training_travels_as_bytes_and_only_as_those_bytes() {
        let recipe = recipe();
        let training = Training::begin(&recipe).step(&recipe, &[3, 1 << 40], 18).unwrap();
        let bytes = training.to_bytes();
        assert_eq!(Training::from_bytes(&bytes), Ok(training.clone()));
        assert_eq!(Digest::of(&bytes), training.digest());
        for place in 0..bytes.len() {
            let mut bad = bytes.clone();
            bad[place] ^= 1;
            assert_ne!(Training::from_bytes(&bad), Ok(training.clone()), "byte {place}");
        }
        assert!(Training::from_bytes(&bytes[..bytes.len() - 1]).is_err());
        assert!(Model::from_bytes(&bytes).is_err(), "a training is not a model");
    }
}
