//! The public step: from one round's model and its released sum to the next, for everybody alike.

use concordat_dp::Sensitivity;
use concordat_terms::Digest;

use crate::charged::Charged;
use crate::model::{Model, Trained};
use crate::optimiser::{Optimiser, Steps};
use crate::recipe::{LocalSteps, Method, NUMBERS, Recipe, Updates};

/// Where a training stands after some rounds. All of it is public: it follows from the recipe
/// and the released sums, and every participant computes the same bits.
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    recipe: Digest,
    round: u32,
    /// One for each optimiser.
    trials: Vec<Trial>,
    /// The mean control variate of all participants; empty without such.
    control: Vec<f64>,
    /// Fraction bits of the sums so far.
    scale_bits: u32,
}

/// Where one optimiser has led.
#[derive(Clone, Debug, PartialEq)]
struct Trial {
    steps: Steps,
    /// Sum of the weights after each round that the released model averages.
    tail: Vec<f64>,
    /// What the batches told since it was told last, and of all rounds that the model averages.
    since: Totals,
    last: Totals,
    /// What was told last.
    told: Totals,
}

/// The metrics' numbers, added up over some rounds, as they were summed.
pub(crate) type Totals = [i64; NUMBERS];

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
    /// The sum has another length than contributions have.
    #[error("the sum has {sum} values, contributions have {dimension}")]
    Length {
        /// Values of the sum.
        sum: usize,
        /// Values of a contribution.
        dimension: usize,
    },
    /// More fraction bits than sums may have.
    #[error("a sum has at most {most} fraction bits", most = Sensitivity::SCALE_BITS_MOST)]
    Scale,
    /// The weights are no longer finite: the learning rate is too large.
    #[error("the weights are no longer finite: the learning rate is too large")]
    Diverged,
}

impl Training {
    /// Before the first round: the weights that the seed of a checked recipe gives, all zero
    /// without hidden layers.
    pub fn begin(recipe: &Recipe) -> Self {
        let weights: Vec<f64> = match (&recipe.hidden, recipe.network()) {
            (Some(hidden), Ok(network)) => {
                hidden.initial(&network).into_iter().map(f64::from).collect()
            }
            _ => vec![0.0; recipe.parameters()],
        };
        let control = match recipe.method {
            Method::LocalSteps(_) | Method::Updates(_) => {
                vec![0.0; recipe.dimension() - weights.len()]
            }
            Method::SummedGradients {} => Vec::new(),
        };
        let none = [0; NUMBERS];
        let trial = |optimiser: &Optimiser| Trial {
            steps: Steps::begin(optimiser, weights.clone()),
            tail: vec![0.0; weights.len()],
            since: none,
            last: none,
            told: none,
        };
        let trials = optimisers(recipe).map(trial).collect();
        Self { recipe: recipe.digest(), round: 0, trials, control, scale_bits: 0 }
    }

    /// After the next round, given the released sum of all nodes in units of 2^-`scale_bits`.
    ///
    /// For each parameter in order, with every operation rounded as IEEE 754 says and none fused,
    /// the optimiser is given the change `−(sum · 2^-scale_bits / normaliser + l2 · w)` where
    /// gradients were summed, and `sum · 2^-scale_bits / participants` where moves were: the second
    /// half of those sums, divided alike, is added to the control variate.
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
        let dimension = recipe.dimension();
        if sum.len() != dimension {
            return Err(StepFault::Length { sum: sum.len(), dimension });
        }
        if scale_bits > Sensitivity::SCALE_BITS_MOST {
            return Err(StepFault::Scale);
        }

        let unit = 1.0 / f64::from(1_u32 << scale_bits);
        #[expect(clippy::cast_precision_loss, reason = "rounds to nearest even, everywhere")]
        let exact = |value: &i64| *value as f64 * unit;
        let round = self.round + 1;
        let (mut trials, mut control) = (Vec::new(), self.control.clone());
        let is_averaged = round + recipe.average_last > recipe.rounds;
        let every = recipe.metrics.as_ref().map(|metrics| metrics.every);
        let is_told = every.is_some_and(|every| round.is_multiple_of(every.max(1)));
        let parts = match recipe.method {
            Method::SummedGradients {} => sum.chunks(recipe.numbers_of_one().max(1)),
            Method::LocalSteps(_) | Method::Updates(_) => sum.chunks(dimension.max(1)),
        };
        for ((trial, optimiser), part) in self.trials.iter().zip(optimisers(recipe)).zip(parts) {
            let (numbers, told) = part.split_at(match recipe.metrics {
                Some(_) => part.len().saturating_sub(NUMBERS),
                None => part.len(),
            });
            let values = numbers.iter().map(exact);
            let change: Vec<f64> = match recipe.method {
                Method::SummedGradients {} => {
                    let (normaliser, l2) = (recipe.normaliser.to_f64(), recipe.l2.to_f64());
                    let pairs = values.zip(trial.steps.weights());
                    pairs.map(|(value, weight)| -(value / normaliser + l2 * weight)).collect()
                }
                Method::LocalSteps(LocalSteps { participants, .. })
                | Method::Updates(Updates { participants, .. }) => {
                    values.map(|value| value / f64::from(participants)).collect()
                }
            };
            let (moves, turns) = change.split_at(trial.tail.len().min(change.len()));
            trials.push(trial.step(optimiser, moves, told, (is_averaged, is_told))?);
            for (control, turn) in control.iter_mut().zip(turns) {
                // Metrics of a trainer stand where control variates would, and are of one round.
                let before =
                    if matches!(recipe.method, Method::Updates(_)) { 0.0 } else { *control };
                *control = before + turn;
            }
        }
        let finite = control.iter().all(|value| value.is_finite());
        let next = Self { recipe: self.recipe, round, trials, control, scale_bits };
        if finite { Ok(next) } else { Err(StepFault::Diverged) }
    }

    /// The model that the recipe's last round yields: the mean over the last rounds.
    ///
    /// # Errors
    /// [`StepFault::OtherRecipe`], [`StepFault::Unfinished`], [`StepFault::Diverged`].
    pub fn finish(&self, recipe: &Recipe, trained: Option<&Trained>) -> Result<Model, StepFault> {
        if recipe.digest() != self.recipe {
            return Err(StepFault::OtherRecipe);
        }
        if self.round < recipe.rounds {
            return Err(StepFault::Unfinished { round: self.round, rounds: recipe.rounds });
        }
        let chosen = self.chosen();
        let trial = self.trials.get(chosen).ok_or(StepFault::OtherRecipe)?;
        let last = f64::from(recipe.average_last);
        #[expect(clippy::cast_possible_truncation, reason = "rounds to nearest, everywhere")]
        let weights = trial.tail.iter().map(|total| (total / last) as f32).collect();
        let model = Model::new(recipe.clone(), trained.cloned(), weights);
        let model = model.map_err(|_| StepFault::Diverged)?;
        let told = self.trials.iter().map(|trial| trial.last);
        Ok(model.charged_by(Charged::of(
            recipe,
            recipe.average_last,
            chosen,
            self.scale_bits,
            told,
        )))
    }

    /// The optimiser whose charged loss over the averaged rounds is least, the first of equals. The sums
    /// are released already: what is chosen by them costs nothing more.
    fn chosen(&self) -> usize {
        let losses = self.trials.iter().map(|trial| trial.last.last().copied());
        let least = losses.enumerate().min_by_key(|(place, loss)| (*loss, *place));
        least.map_or(0, |(place, _)| place)
    }

    /// What the batches told over the last [`Metrics::every`](crate::Metrics) rounds that are full, of each
    /// optimiser's model, and after which round that was; nothing before, or where the recipe tells nothing.
    pub fn told(&self, recipe: &Recipe) -> Option<(u32, Charged)> {
        let every = recipe.metrics.as_ref()?.every;
        let round = self.round.checked_div(every)?.checked_mul(every).filter(|round| *round > 0)?;
        let told = self.trials.iter().map(|trial| trial.told);
        Some((round, Charged::of(recipe, every, self.chosen(), self.scale_bits, told)?))
    }

    /// Rounds made so far.
    pub fn round(&self) -> u32 {
        self.round
    }

    /// The common model; where several optimisers are tried, that of the first.
    pub fn weights(&self) -> &[f64] {
        self.trials.first().map_or(&[], |trial| trial.steps.weights())
    }

    /// The common model as gradients are taken at it, each weight rounded to the nearest `f32`.
    pub fn rounded(&self) -> Vec<f32> {
        self.models().next().unwrap_or_default()
    }

    /// The same of each optimiser.
    pub(crate) fn models(&self) -> impl Iterator<Item = Vec<f32>> {
        self.trials.iter().map(|trial| trial.steps.rounded())
    }

    /// The mean control variate of all participants, one number for each weight; with a trainer's
    /// updates the mean of what was sent of its metrics in the last round; empty where the recipe
    /// has neither.
    pub fn control(&self) -> &[f64] {
        &self.control
    }

    /// What a round's masks are bound to: the digest ([`Digest::of_parts`]) over the recipe's, the
    /// round as four bytes, big-endian, and, as little-endian F64, the weights, the optimiser's
    /// momentum and squares, the sum that is averaged and the control variate. Where there are others,
    /// behind that the same four of each; where metrics are told, the three numbers of each optimiser since
    /// they were told, over the averaged rounds, and as told last, as little-endian integers of eight bytes.
    pub fn digest(&self) -> Digest {
        let bytes = |values: &[f64]| -> Vec<u8> {
            values.iter().flat_map(|value| value.to_le_bytes()).collect()
        };
        let of = |trial: &Trial| -> [Vec<u8>; 4] {
            let [momentum, squares] = trial.steps.remembered().map(bytes);
            [bytes(trial.steps.weights()), momentum, squares, bytes(&trial.tail)]
        };
        let mut trials = self.trials.iter().map(of);
        let round = self.round.to_be_bytes();
        let mut parts: Vec<Vec<u8>> = vec![
            b"concordat/training/v1".to_vec(),
            self.recipe.as_bytes().to_vec(),
            round.to_vec(),
        ];
        parts.extend(trials.next().into_iter().flatten());
        parts.push(bytes(&self.control));
        parts.extend(trials.flatten());
        let told = self.trials.iter().flat_map(|trial| [trial.since, trial.last, trial.told]);
        let told: Vec<i64> = told.flatten().collect();
        if told.iter().any(|value| *value != 0) {
            parts.push(told.iter().flat_map(|value| value.to_le_bytes()).collect());
        }
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        Digest::of_parts(&parts)
    }
}

impl Trial {
    /// After a round's change and what its batch told. Every number is held once more, and none of them
    /// twice.
    fn step(
        &self,
        optimiser: &Optimiser,
        moves: &[f64],
        told: &[i64],
        (is_averaged, is_told): (bool, bool),
    ) -> Result<Self, StepFault> {
        let steps = self.steps.step(optimiser, moves).map_err(|_| StepFault::Diverged)?;
        let (mut since, mut last) = (self.since, self.last);
        let mut tail = self.tail.clone();
        add(&mut since, told);
        if is_averaged {
            for (total, weight) in tail.iter_mut().zip(steps.weights()) {
                *total += weight;
            }
            add(&mut last, told);
        }
        if !tail.iter().all(|value| value.is_finite()) {
            return Err(StepFault::Diverged);
        }
        let none = [0; NUMBERS];
        let (since, told) = if is_told { (none, since) } else { (since, self.told) };
        Ok(Self { steps, tail, since, last, told })
    }
}

fn add(totals: &mut Totals, told: &[i64]) {
    for (total, value) in totals.iter_mut().zip(told) {
        *total = total.saturating_add(*value);
    }
}

fn optimisers(recipe: &Recipe) -> impl Iterator<Item = &Optimiser> {
    std::iter::once(&recipe.optimiser).chain(&recipe.trials)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optimiser::{Adaptive, Optimiser, Rule};
    use crate::recipe::{Activation, Hidden, NoiseShare};

    fn recipe() -> Recipe {
        let text = include_str!("../../../examples/heart/recipe.json");
        let mut recipe: Recipe = serde_json::from_str(text).unwrap();
        recipe.features.truncate(1);
        (recipe.rounds, recipe.average_last) = (3, 2);
        recipe.optimiser.rate = "2".parse().unwrap();
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
        assert_eq!(
            second.finish(&recipe, None),
            Err(StepFault::Unfinished { round: 2, rounds: 3 })
        );
        let third = second.step(&recipe, &[-8, 0], 1).unwrap();
        assert_eq!(third.weights(), [2.0, 0.0]);
        // The released model is the mean of the last two.
        assert_eq!(third.finish(&recipe, None).unwrap().weights(), [1.0, 0.5]);
        assert_eq!(third.step(&recipe, &[0, 0], 1), Err(StepFault::Over(3)));
    }

    #[test]
    fn a_sum_that_does_not_fit_changes_nothing() {
        let recipe = recipe();
        let start = Training::begin(&recipe);
        assert_eq!(start.step(&recipe, &[0], 1), Err(StepFault::Length { sum: 1, dimension: 2 }));
        assert_eq!(start.step(&recipe, &[0, 0], 31), Err(StepFault::Scale));
        let mut other = recipe.clone();
        other.rounds = 4;
        assert_eq!(start.step(&other, &[0, 0], 1), Err(StepFault::OtherRecipe));
        assert_eq!(start.finish(&other, None), Err(StepFault::OtherRecipe));
    }

    #[test]
    fn every_number_that_the_next_round_hangs_on_is_in_the_digest() {
        let recipe = recipe();
        let after = Training::begin(&recipe).step(&recipe, &[3, 1 << 40], 18).unwrap();
        assert_eq!(after.clone().digest(), after.digest());
        let floor = "0.5".parse().unwrap();
        let adaptive = Some(Adaptive { rule: Rule::Adagrad, floor });
        let other = Optimiser { adaptive, ..recipe.optimiser };
        let mut edits = vec![after.clone(); 6];
        edits[0].round = 2;
        edits[1].trials[0].tail[0] += 1.0;
        edits[2].control.push(0.0);
        edits[3].recipe = Digest::of(b"another");
        // The same weights, and other squares.
        edits[4].trials[0].steps = Steps::begin(&other, after.weights().to_vec());
        edits[5].trials[0].steps = Steps::begin(&recipe.optimiser, vec![0.0; 2]);
        for edited in edits {
            assert_ne!(edited.digest(), after.digest());
        }
    }

    #[test]
    fn hidden_layers_begin_at_the_seed_that_the_plan_names() {
        let mut recipe = recipe();
        let begun = |recipe: &mut Recipe, seed: &str| {
            let (activation, seed) = (Activation::Relu, seed.to_owned());
            recipe.hidden = Some(Hidden { widths: vec![4], activation, seed });
            assert_eq!(recipe.check(), Ok(()));
            Training::begin(recipe).weights().to_vec()
        };
        let weights = begun(&mut recipe, "one");
        assert_eq!(weights.len(), 2 * 4 + 5);
        assert!(weights[..4].iter().all(|weight| *weight != 0.0));
        assert_ne!(begun(&mut recipe, "two"), weights);
    }

    #[test]
    fn moves_are_averaged_over_the_participants_and_so_are_control_variates() {
        let mut recipe = recipe();
        let decimal = |text: &str| text.parse().unwrap();
        (recipe.noise, recipe.optimiser.rate) = (NoiseShare::Full, decimal("1"));
        recipe.method = Method::LocalSteps(LocalSteps {
            steps: 2,
            rate: decimal("0.5"),
            pull: decimal("0"),
            control_variates: true,
            participants: 4,
        });
        assert_eq!(recipe.check(), Ok(()));
        let start = Training::begin(&recipe);
        assert_eq!(start.control(), [0.0; 2]);
        // One fraction bit; decay is part of the moves.
        let next = start.step(&recipe, &[8, -16, 24, 0], 1).unwrap();
        assert_eq!((next.weights(), next.control()), (&[1.0, -2.0][..], &[3.0, 0.0][..]));
        let fault = start.step(&recipe, &[8, -16], 1).unwrap_err();
        assert_eq!(fault, StepFault::Length { sum: 2, dimension: 4 });
    }
}
