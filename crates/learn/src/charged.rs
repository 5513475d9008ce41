//! What a run told of its own batches: sums that were clipped, masked and noised as gradients were, and
//! charged with them.

use concordat_terms::Decimal;
use serde::{Deserialize, Serialize};

use crate::compared::Figure;
use crate::query::{Bounds, Count};
use crate::recipe::{Recipe, Target};
use crate::training::Totals;

/// What the batches of some rounds told of each optimiser's model as it then was: rows that were trained on,
/// not held out. Public, the same for every participant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Charged {
    /// Over how many rounds.
    pub rounds: u32,
    /// The optimiser whose loss over the averaged rounds is least, from 0: `optimiser` is the first, and
    /// `trials` follow. All were charged.
    pub chosen: u32,
    /// One for each optimiser.
    pub trials: Vec<Measured>,
}

/// Sums over all batches' persons, with noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// Persons answered rightly.
    pub right: Decimal,
    /// Persons answered wrongly; all, where the target is a number.
    pub wrong: Decimal,
    /// Their losses.
    pub loss: Decimal,
}

impl Charged {
    pub(crate) fn of(
        recipe: &Recipe,
        rounds: u32,
        chosen: usize,
        scale_bits: u32,
        totals: impl Iterator<Item = Totals>,
    ) -> Option<Self> {
        let metrics = recipe.metrics.as_ref()?;
        let unit = libm::ldexp(recipe.metrics_unit(), i32::try_from(scale_bits).ok()?);
        let most = metrics.loss_most.to_f64();
        #[expect(clippy::cast_precision_loss, reason = "rounds to nearest even, everywhere")]
        let persons = |total: i64, each: f64| format!("{:.4}", total as f64 / unit * each);
        // Fewer than 2^46 persons, in all.
        let decimal = |text: String| {
            text.parse().ok().or_else(|| (text == "-0.0000").then_some(Decimal::ZERO))
        };
        let trials: Option<Vec<Measured>> = totals
            .map(|[right, wrong, loss]| {
                Some(Measured {
                    right: decimal(persons(right, 1.0))?,
                    wrong: decimal(persons(wrong, 1.0))?,
                    loss: decimal(persons(loss, most))?,
                })
            })
            .collect();
        Some(Self { rounds, chosen: u32::try_from(chosen).ok()?, trials: trials? })
    }

    /// The standard deviation of the noise in each count of persons, where that in each number of a round's
    /// sum is `noise` times the recipe's clip.
    pub fn deviation(&self, recipe: &Recipe, noise: f64) -> Option<f64> {
        let unit = recipe.metrics_unit();
        let rounds = f64::from(self.rounds);
        (unit > 0.0).then(|| noise * recipe.clip.to_f64() * rounds.sqrt() / unit)
    }

    /// What was told of the optimiser that is chosen.
    pub fn of_chosen(&self) -> Option<&Measured> {
        self.trials.get(usize::try_from(self.chosen).ok()?)
    }
}

impl Measured {
    /// The share of persons who were answered rightly, and where it is for all that is known of the noise;
    /// none of a number. Of these very batches: it says nothing of rows held out.
    pub fn accuracy(&self, recipe: &Recipe, deviation: f64) -> Option<Figure> {
        if matches!(recipe.target, Target::Number { .. }) {
            return None;
        }
        let count =
            |value: Decimal| Count { value: value.to_f64(), variance: deviation * deviation };
        let share = count(self.right).share_of(count(self.wrong), 0.0);
        Some(Figure { value: share.value, bounds: share.rows })
    }

    /// The mean loss, as far as it counts, likewise (Fieller's interval of a ratio).
    pub fn loss(&self, recipe: &Recipe, deviation: f64) -> Option<Figure> {
        const SQUARE: f64 = 1.959_963_984_540_054 * 1.959_963_984_540_054;
        let most = recipe.metrics.as_ref()?.loss_most.to_f64();
        let (loss, all) = (self.loss.to_f64(), self.right.to_f64() + self.wrong.to_f64());
        let (of_loss, of_all) = ((deviation * most).powi(2), 2.0 * deviation * deviation);
        let range = Bounds { low: 0.0, high: most };
        let bounds = Bounds::solving(
            all * all - SQUARE * of_all,
            -2.0 * loss * all,
            loss * loss - SQUARE * of_loss,
            range,
        );
        let value = if all > 0.0 { range.nearest(loss / all) } else { most / 2.0 };
        Some(Figure { value, bounds })
    }
}

#[cfg(test)]
mod tests {
    use concordat_dp::Sensitivity;
    use proptest::prelude::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;
    use serde_json::{Value, json};

    use crate::metrics::score;
    use crate::quantise::within;
    use crate::recipe::NUMBERS;
    use crate::{Model, Recipe, Training, Units, gradient_sum};

    const BITS: u32 = 26;

    fn recipe(rounds: u32, trials: &[&str]) -> Recipe {
        let text = include_str!("../../../examples/heart/recipe.json");
        let mut recipe: Value = serde_json::from_str(text).unwrap();
        recipe["person"] = json!("who");
        recipe["target"] = json!({"kind": "yes-no", "column": "y", "positive_above": "0"});
        recipe["features"] = json!([
            {"kind": "scale", "column": "a", "min": "-1", "max": "1", "to": "both-sides"},
        ]);
        recipe["rows_per_person"] = json!(2);
        recipe["sampling_rate"] = json!("1");
        recipe["normaliser"] = json!("200");
        (recipe["rounds"], recipe["average_last"]) = (json!(rounds), json!(rounds.div_ceil(2)));
        recipe["metrics"] = json!({"clip": "0.25", "loss_most": "4", "every": 2});
        let trial = |rate: &&str| json!({"rate": rate, "momentum": "0"});
        recipe["trials"] = trials.iter().map(trial).collect();
        let recipe: Recipe = serde_json::from_value(recipe).unwrap();
        assert_eq!(recipe.check(), Ok(()));
        recipe
    }

    /// Persons of one row each, and a tenth of two.
    fn units(recipe: &Recipe, seed: u64, count: usize) -> Units {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut uniform = || f64::from(rng.next_u32()) / 4_294_967_296.0;
        let header: Vec<String> = ["who", "a", "y"].map(String::from).into();
        let mut rows = Vec::new();
        for person in 0..count {
            for _ in 0..1 + usize::from(person % 10 == 0) {
                let a = 2.0 * uniform() - 1.0;
                let y = u8::from(uniform() < 1.0 / (1.0 + (-5.0 * a).exp()));
                rows.push(vec![format!("p{person:04}"), a.to_string(), y.to_string()]);
            }
        }
        Units::read(recipe, &header, &rows).unwrap()
    }

    fn run(recipe: &Recipe, units: &Units) -> (Training, Model) {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut training = Training::begin(recipe);
        for _ in 0..recipe.rounds {
            let sum = gradient_sum(recipe, &training, units, BITS, &mut rng).unwrap();
            training = training.step(recipe, &sum.into_values(), BITS).unwrap();
        }
        let model = training.finish(recipe, None).unwrap();
        (training, model)
    }

    #[test]
    fn without_noise_what_is_told_is_what_the_model_does_on_the_batch() {
        let recipe = recipe(5, &[]);
        let units = units(&recipe, 4, 300);
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut training = Training::begin(&recipe);
        let mut before = training.clone();
        for _ in 0..4 {
            before = training.clone();
            let sum = gradient_sum(&recipe, &training, &units, BITS, &mut rng).unwrap();
            training = training.step(&recipe, &sum.into_values(), BITS).unwrap();
        }
        // Of the rounds 3 and 4, each of all persons.
        let (round, told) = training.told(&recipe).unwrap();
        assert_eq!((round, told.rounds, told.trials.len()), (4, 2, 1));
        let measured = told.of_chosen().unwrap();
        let persons = measured.right.to_f64() + measured.wrong.to_f64();
        assert!((persons - 600.0).abs() < 0.01, "{persons}");
        let accuracy = measured.accuracy(&recipe, 0.0).unwrap();
        let weights: Vec<f32> = before.rounded();
        let model = Model::new(recipe.clone(), None, weights).unwrap();
        let exact = score(&units.labels(), &model.predict(&units)).unwrap();
        assert!((accuracy.value - exact.accuracy).abs() < 0.03, "{accuracy:?} {exact:?}");
        let loss = measured.loss(&recipe, 0.0).unwrap();
        let losses = crate::adapt::losses(&model, &units).unwrap();
        let exact = losses.iter().sum::<f64>() / losses.len() as f64;
        assert!((loss.value - exact).abs() < 0.05, "{loss:?} {exact}");
        // Before the second round there is nothing to tell.
        assert_eq!(Training::begin(&recipe).told(&recipe), None);
    }

    #[test]
    fn the_optimiser_with_the_least_charged_loss_gives_the_model_and_all_are_in_its_card() {
        // The second is far too timid, the third far better than the first.
        let trials = ["0.0001", "8"];
        let recipe = recipe(20, &trials);
        let units = units(&recipe, 4, 300);
        let (training, model) = run(&recipe, &units);
        let charged = model.charged().unwrap();
        assert_eq!((charged.chosen, charged.rounds, charged.trials.len()), (2, 10, 3));
        let loss = |place: usize| charged.trials[place].loss.to_f64();
        assert!(loss(2) < loss(0) && loss(0) < loss(1), "{charged:?}");
        assert_eq!(Model::from_bytes(&model.to_bytes()), Ok(model.clone()));
        // It is the model that a run of that optimiser alone comes to, with a gradient's clip of this run.
        let mut alone = recipe.clone();
        (alone.metrics, alone.trials) = (None, Vec::new());
        (alone.optimiser, alone.clip) = (recipe.trials[1], recipe.gradient_clip());
        let (_, by_itself) = run(&alone, &units);
        for (a, b) in model.weights().iter().zip(by_itself.weights()) {
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
        assert_eq!(by_itself.charged(), None);
        // Everybody who goes on is bound to all of them.
        let (_, told) = training.told(&recipe).unwrap();
        assert_eq!(told.trials.len(), 3);
    }

    #[test]
    fn what_is_known_of_the_noise_covers_the_exact_figures_as_often_as_it_says() {
        let recipe = recipe(2, &[]);
        let units = units(&recipe, 4, 2_000);
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let training = Training::begin(&recipe);
        let exact = gradient_sum(&recipe, &training, &units, BITS, &mut rng).unwrap().into_values();
        let noise = 4.0;
        let sampler = |rng: &mut ChaCha20Rng| -> f64 {
            // A normal number, by Box and Muller: a test of the arithmetic, not of a sampler.
            let [u, v] = [(); 2].map(|()| (f64::from(rng.next_u32()) + 0.5) / 4_294_967_296.0);
            (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
        };
        let told = |noisy: &[i64]| {
            let mut after = training.clone();
            for _ in 0..2 {
                after = after.step(&recipe, noisy, BITS).unwrap();
            }
            after.told(&recipe).unwrap().1
        };
        let truth = told(&exact);
        let truth = truth.of_chosen().unwrap();
        let (right, loss) =
            (truth.accuracy(&recipe, 0.0).unwrap().value, truth.loss(&recipe, 0.0).unwrap().value);
        let mut missed = [0; 2];
        for _ in 0..1_000 {
            // Both rounds with one draw of noise each, whose variances add.
            let draws: Vec<Vec<i64>> = (0..2)
                .map(|_| {
                    exact
                        .iter()
                        .map(|value| {
                            value + (sampler(&mut rng) * noise * f64::from(1 << BITS)) as i64
                        })
                        .collect()
                })
                .collect();
            let mut after = training.clone();
            for draw in &draws {
                after = after.step(&recipe, draw, BITS).unwrap();
            }
            let (_, charged) = after.told(&recipe).unwrap();
            let deviation = charged.deviation(&recipe, noise).unwrap();
            let measured = charged.of_chosen().unwrap();
            let accuracy = measured.accuracy(&recipe, deviation).unwrap();
            let mean = measured.loss(&recipe, deviation).unwrap();
            missed[0] += usize::from(!accuracy.bounds.covers(right));
            missed[1] += usize::from(!mean.bounds.covers(loss));
        }
        for missed in missed {
            assert!((25..=80).contains(&missed), "{missed} of 1000");
        }
    }

    proptest! {
        /// Adding one person, with all their rows, moves gradients and metrics of all optimisers together by
        /// no more than the one sensitivity that is charged.
        #[test]
        fn nobody_moves_all_that_is_told_by_more_than_the_sensitivity(
            seed in 0_u64..1_000,
            count in 0_usize..40,
            trials in 0_usize..4,
            far in -30.0_f64..30.0,
        ) {
            let rates = ["0.5", "2", "7"];
            let recipe = recipe(3, &rates[..trials.min(3)]);
            let header: Vec<String> = ["who", "a", "y"].map(String::from).into();
            let row = |who: String, n: u64| {
                vec![who, ((n * 37 % 200) as f64 / 100.0 - 1.0).to_string(), (n % 2).to_string()]
            };
            let mut rows: Vec<Vec<String>> =
                (0..count).map(|n| row(format!("p{n}"), seed + n as u64)).collect();
            let without = Units::read(&recipe, &header, &rows).unwrap();
            rows.extend([row("zz".into(), seed * 7), row("zz".into(), seed * 11 + 1)]);
            let with = Units::read(&recipe, &header, &rows).unwrap();
            // Somewhere that a run may lead to.
            let mut training = Training::begin(&recipe);
            let pushed: Vec<i64> = (0..recipe.dimension())
                .map(|place| ((far * 200.0) as i64 * (1 << 18)) / (1 + place as i64 % 5))
                .collect();
            training = training.step(&recipe, &pushed, 18).unwrap();
            let sum = |units: &Units| {
                let mut rng = ChaCha20Rng::seed_from_u64(1);
                gradient_sum(&recipe, &training, units, BITS, &mut rng).unwrap().into_values()
            };
            let (a, b) = (sum(&without), sum(&with));
            prop_assert_eq!(a.len(), recipe.dimension());
            let change: Vec<i64> = a.iter().zip(b.iter()).map(|(a, b)| a - b).collect();
            let dimension = u32::try_from(recipe.dimension()).unwrap();
            let most = Sensitivity::new(recipe.clip, BITS, dimension).unwrap();
            prop_assert!(within(&change, most.ring_units()));
            // And the person is in what is told.
            prop_assert!(change[change.len() - NUMBERS..].iter().any(|value| *value != 0));
        }
    }
}
