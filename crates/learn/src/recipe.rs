//! The recipe: the part of a signed plan that a learner reads.

mod card;
mod feature;
mod method;
mod metrics;
mod target;
mod trainer;

use serde::{Deserialize, Serialize};

use concordat_terms::{Decimal, Digest, ROUNDS_MOST, ROUNDS_RANGE, jcs};

pub use self::card::Card;
pub(crate) use self::feature::number;
pub use self::feature::{Feature, First, Missing, Range};
pub use self::method::{Activation, Hidden, LocalSteps, Method, NoiseShare, Updates};
pub use self::metrics::Metrics;
pub(crate) use self::metrics::NUMBERS;
pub use self::target::Target;
pub use self::trainer::{Limits as TrainerLimits, Metric, Mode, Trainer};
use crate::network::{Network, NotANetwork};
use crate::optimiser::{NoStep, Optimiser};

/// How rows become numbers and numbers become a model.
///
/// Everything here is public and signed. Nothing may be computed from private rows: bounds are
/// declared, the normaliser is a constant, the split is a keyed hash (ARCHITECTURE: privacy).
///
/// The target decides the kind of model: with hidden layers a network of dense layers, without
/// them a linear, logistic or softmax regression.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// What people should know of the model.
    pub card: Card,
    /// Column whose text names the person a row is about.
    pub person: String,
    /// Most rows of one person that count, 1 to 1,024; later rows of the table are ignored.
    pub rows_per_person: u32,
    /// What is predicted.
    pub target: Target,
    /// What it is predicted from, in the order of the inputs.
    pub features: Vec<Feature>,
    /// Layers in between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden: Option<Hidden>,
    /// What participants send.
    pub method: Method,
    /// Whose noise hides a person.
    pub noise: NoiseShare,
    /// L2 bound C on one person's gradient, above 0, at most 1,024.
    pub clip: Decimal,
    /// How what is sent becomes the next model.
    pub optimiser: Optimiser,
    /// Weight decay towards zero, biases included; the objective's λ in λ/2·‖w‖².
    pub l2: Decimal,
    /// Rounds T, 1 to 100,000.
    pub rounds: u32,
    /// The released model is the mean of the weights after each of the last so many rounds,
    /// 1 to T. The mean is taken of released sums only, so it costs no privacy.
    pub average_last: u32,
    /// Probability q with which a person is in a batch, above 0, at most 1.
    pub sampling_rate: Decimal,
    /// What a sum of gradients is divided by, above 0: a public constant, of the size of the
    /// expected batch; of all participants where they send gradients, else of each.
    pub normaliser: Decimal,
    /// Which persons are kept for testing.
    pub split: Split,
    /// What is told of the batches besides, within `clip` and charged with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Metrics>,
    /// Optimisers that are tried beside `optimiser`, all in the same rounds and within the same `clip`:
    /// the model is that of the one whose charged loss over the rounds that are averaged is least.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trials: Vec<Optimiser>,
    /// The program of somebody else that takes part beside the rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trainer: Option<Trainer>,
}

/// Test membership as a keyed hash of the person, the same at every holder and for ever.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// Public key of the hash: another key is another split.
    pub key: String,
    /// Persons out of a thousand who are kept for testing, 0 to 999.
    pub test_permille: u32,
}

/// Why a recipe cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecipeFault {
    /// A number outside its range.
    #[error("`{field}` must be {range}")]
    OutOfRange {
        /// Field of the recipe.
        field: &'static str,
        /// What it may be.
        range: &'static str,
    },
    /// A feature with reversed bounds, too few levels or nothing that stands for what is missing.
    #[error("feature `{column}` {what}")]
    Feature {
        /// Column of the feature.
        column: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A target with reversed bounds or too few classes.
    #[error("target `{column}` {what}")]
    Target {
        /// Column of the target.
        column: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A column that serves twice.
    #[error("column `{0}` is used twice")]
    UsedTwice(String),
    /// An optimiser's number outside its range.
    #[error("optimiser: {0}")]
    Optimiser(#[from] NoStep),
    /// Layers that are no network.
    #[error("hidden layers: {0}")]
    Network(#[from] NotANetwork),
    /// A trainer that does not go with the rest, or is none.
    #[error("trainer: {0}")]
    Trainer(&'static str),
    /// Split noise with local steps.
    #[error("`noise` is split, and a participant's own steps need all of it at each step")]
    SplitLocally,
}

impl RecipeFault {
    /// What its author can do, in the imperative.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::SplitLocally => {
                "write `\"noise\": \"full\"`, or sum gradients: `\"method\": {\"kind\": \
                 \"summed-gradients\"}`"
            }
            Self::Trainer(_) => "compare it with examples/trainers/scikit-learn/recipe.json",
            _ => "compare it with examples/heart/recipe.json",
        }
    }
}

impl Recipe {
    /// Whether every field is within its range; call it before anything else.
    ///
    /// # Errors
    /// [`RecipeFault`], the first found.
    pub fn check(&self) -> Result<(), RecipeFault> {
        let must = |holds: bool, field, range| {
            holds.then_some(()).ok_or(RecipeFault::OutOfRange { field, range })
        };
        let above = |value: Decimal, most: i64| {
            value.is_positive() && Decimal::whole(most).is_some_and(|most| value <= most)
        };
        self.card.check()?;
        must((1..=1024).contains(&self.rows_per_person), "rows_per_person", "1 to 1024")?;
        must(above(self.clip, 1024), "clip", "above 0, at most 1024")?;
        must(self.l2 == Decimal::ZERO || above(self.l2, 1), "l2", "0 to 1")?;
        must((1..=ROUNDS_MOST).contains(&self.rounds), "rounds", ROUNDS_RANGE)?;
        must((1..=self.rounds).contains(&self.average_last), "average_last", "1 to `rounds`")?;
        must(above(self.sampling_rate, 1), "sampling_rate", "above 0, at most 1")?;
        must(above(self.normaliser, 1_000_000_000), "normaliser", "above 0, at most 1000000000")?;
        must(self.split.test_permille < 1000, "split.test_permille", "0 to 999")?;
        must((1..=4096).contains(&self.features.len()), "features", "1 to 4096 columns")?;
        let seeded = self.hidden.as_ref().is_none_or(|hidden| hidden.seed.len() <= 200);
        must(seeded, "hidden.seed", "at most 200 bytes")?;
        let layered = self.hidden.as_ref().is_none_or(|hidden| !hidden.widths.is_empty());
        must(layered, "hidden.widths", "1 to 8 widths")?;
        self.optimiser.check()?;
        must(above(self.optimiser.rate, 1_000_000), "optimiser.rate", "above 0, at most 1000000")?;
        self.method.check(self.noise)?;
        trainer::check(self)?;
        self.target.check()?;
        self.features.iter().try_for_each(Feature::check)?;
        self.check_columns()?;
        self.network().map(drop)?;
        self.check_metrics()
    }

    /// SHA-256 of the recipe's canonical JSON: what the log names it by.
    pub fn digest(&self) -> Digest {
        // A recipe holds strings and small integers only, so it always has a canonical form.
        Digest::of(&jcs::to_bytes(self).unwrap_or_default())
    }

    /// Names of the inputs in order: `age`, `cp=2`, `chol?`.
    pub fn input_names(&self) -> Vec<String> {
        self.features.iter().flat_map(Feature::names).collect()
    }

    /// The shape of its model.
    ///
    /// # Errors
    /// [`NotANetwork`].
    pub fn network(&self) -> Result<Network, NotANetwork> {
        let hidden = self.hidden.iter().flat_map(|hidden| hidden.widths.iter());
        let hidden: Vec<usize> =
            hidden.map(|width| usize::try_from(*width).unwrap_or(usize::MAX)).collect();
        let inputs = self.features.iter().map(Feature::width).sum();
        Network::new(inputs, &hidden, self.target.width(), self.target.output())
    }

    /// How many parameters its model has; 0 where it has none that would fit.
    pub fn parameters(&self) -> usize {
        self.network().map_or(0, |network| network.parameters())
    }

    /// How many numbers a participant sends in a round.
    pub fn dimension(&self) -> usize {
        match self.method {
            Method::LocalSteps(LocalSteps { control_variates: true, .. }) => 2 * self.parameters(),
            Method::LocalSteps(_) => self.parameters(),
            Method::SummedGradients {} => self.optimisers() * self.numbers_of_one(),
            Method::Updates(_) => self.parameters() + self.metrics().len(),
        }
    }

    fn check_columns(&self) -> Result<(), RecipeFault> {
        let features = self.features.iter().map(Feature::column);
        let columns = features.chain([self.person.as_str(), self.target.column()]);
        used_twice(columns).map_or(Ok(()), |column| Err(RecipeFault::UsedTwice(column)))
    }
}

/// A column that is there twice, the first by name.
pub(crate) fn used_twice<'a>(columns: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut columns: Vec<&str> = columns.collect();
    columns.sort_unstable();
    columns.windows(2).find_map(|pair| match pair {
        [a, b] if a == b => Some((*a).to_owned()),
        _ => None,
    })
}

impl Split {
    /// Whether a person is kept for testing: SHA-256(length ‖ key ‖ length ‖ person), read as a
    /// big-endian fraction of 2^64, against the permille. The same person falls on the same side
    /// at every holder, whatever else their tables contain.
    pub fn is_test(&self, person: &str) -> bool {
        let digest = Digest::of_parts(&[self.key.as_bytes(), person.as_bytes()]);
        let head = digest.as_bytes().iter().take(8);
        let draw = head.fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        (u128::from(draw) * 1000) >> 64 < u128::from(self.test_permille)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe() -> Recipe {
        serde_json::from_str(include_str!("../../../examples/heart/recipe.json")).unwrap()
    }

    #[test]
    fn the_heart_recipe_has_thirteen_features_and_a_bias() {
        let recipe = recipe();
        assert_eq!(recipe.check(), Ok(()));
        assert_eq!(recipe.dimension(), 14);
        assert_eq!(
            recipe.input_names().join(" "),
            "age sex cp=2 cp=3 cp=4 trestbps chol fbs restecg=1 restecg=2 thalach exang oldpeak"
        );
        let text = String::from_utf8(jcs::to_bytes(&recipe).unwrap()).unwrap();
        assert!(text.contains(r#""sampling_rate":"0.2""#), "decimals travel as strings: {text}");
    }

    #[test]
    fn another_number_is_another_digest() {
        let mut other = recipe();
        other.normaliser = "101".parse().unwrap();
        assert_ne!(other.digest(), recipe().digest());
    }

    #[test]
    fn a_field_that_nobody_knows_is_refused() {
        let text = include_str!("../../../examples/heart/recipe.json");
        let extra = text.replacen('{', "{\"early_stopping\": true,", 1);
        let fault = serde_json::from_str::<Recipe>(&extra).unwrap_err().to_string();
        assert!(fault.contains("early_stopping"), "{fault}");
        for kind in ["flag", "summed-gradients"] {
            let kind = format!("\"kind\": \"{kind}\"");
            let extra = text.replacen(&kind, &format!("{kind}, \"mean\": \"1\""), 1);
            assert!(extra != text && serde_json::from_str::<Recipe>(&extra).is_err(), "{kind}");
        }
    }

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn missing(codes: &[&str], value: &str) -> Option<Missing> {
        let codes = codes.iter().map(|code| (*code).to_owned()).collect();
        Some(Missing { codes, value: value.to_owned(), indicator: true })
    }

    fn one_hot(levels: &[&str], missing: Option<Missing>) -> Feature {
        let levels = levels.iter().map(|level| (*level).to_owned()).collect();
        Feature::OneHot { column: "new".into(), levels, first: First::Kept, missing }
    }

    fn scale(min: &str, max: &str, missing: Option<Missing>) -> Feature {
        let (min, max) = (decimal(min), decimal(max));
        Feature::Scale { column: "new".into(), unit: None, min, max, to: Range::Unit, missing }
    }

    fn local() -> LocalSteps {
        LocalSteps {
            steps: 5,
            rate: decimal("0.1"),
            pull: Decimal::ZERO,
            control_variates: true,
            participants: 4,
        }
    }

    #[test]
    fn what_cannot_be_followed_is_refused_with_the_field() {
        type Edit = fn(&mut Recipe);
        let edits: [(&str, Edit); 21] = [
            ("clip", |r| r.clip = Decimal::ZERO),
            ("sampling_rate", |r| r.sampling_rate = decimal("1.1")),
            ("normaliser", |r| r.normaliser = decimal("-1")),
            ("average_last", |r| r.average_last = r.rounds + 1),
            ("split.test_permille", |r| r.split.test_permille = 1000),
            ("`num` is used twice", |r| r.person = "num".into()),
            ("card.population", |r| r.card.population = " ".into()),
            ("optimiser: `rate`", |r| r.optimiser.rate = Decimal::ZERO),
            ("needs `min` below `max`", |r| r.features.push(scale("1", "1", None))),
            ("2 to 256 levels", |r| r.features.push(one_hot(&["1"], None))),
            ("repeats a level", |r| r.features.push(one_hot(&["1", "1.0"], None))),
            ("no cell can say", |r| r.features.push(one_hot(&["a", " b"], None))),
            ("`missing` value", |r| r.features.push(scale("0", "4", missing(&["0"], "5")))),
            ("is no number", |r| r.features.push(scale("0", "4", missing(&["?"], "2")))),
            ("all different", |r| r.features.push(scale("0", "4", missing(&["9", "9.0"], "2")))),
            ("a level as a code", |r| {
                r.features.push(one_hot(&["a", "b"], missing(&["b"], "a")));
            }),
            ("2 to 256 classes", |r| {
                r.target = Target::Class { column: "num".into(), classes: vec!["0".into()] };
            }),
            ("hidden.widths", |r| {
                let (activation, seed) = (Activation::Relu, "s".to_owned());
                r.hidden = Some(Hidden { widths: vec![], activation, seed });
            }),
            ("hidden layers: a layer is 0 wide", |r| {
                let (activation, seed) = (Activation::Relu, "s".to_owned());
                r.hidden = Some(Hidden { widths: vec![8, 0], activation, seed });
            }),
            ("`noise` is split", |r| r.method = Method::LocalSteps(local())),
            ("method.steps", |r| r.method = Method::LocalSteps(LocalSteps { steps: 0, ..local() })),
        ];
        for (field, edit) in edits {
            let mut recipe = recipe();
            edit(&mut recipe);
            let fault = recipe.check().unwrap_err();
            assert!(fault.to_string().contains(field), "{field}: {fault}");
            assert_eq!(fault.hint().contains("\"full\""), fault == RecipeFault::SplitLocally);
        }
    }

    #[test]
    fn what_is_sent_and_what_comes_in_follows_from_the_recipe() {
        let mut recipe = recipe();
        recipe.noise = NoiseShare::Full;
        recipe.method = Method::LocalSteps(LocalSteps { control_variates: false, ..local() });
        assert_eq!((recipe.check(), recipe.dimension()), (Ok(()), 14));
        recipe.method = Method::LocalSteps(local());
        assert_eq!((recipe.check(), recipe.dimension()), (Ok(()), 28));

        recipe.method = Method::SummedGradients {};
        recipe.features = vec![
            scale("0", "4", missing(&["0"], "2")),
            one_hot(&["a", "b"], None),
            one_hot(&["c", "d"], missing(&[], "c")),
        ];
        assert_eq!(recipe.input_names().join(" "), "new new? new=a new=b new=c new=d new?");
        let (activation, seed) = (Activation::Relu, "s".to_owned());
        recipe.hidden = Some(Hidden { widths: vec![5, 3], activation, seed });
        let classes = ["x", "y", "z"].map(str::to_owned).into();
        recipe.target = Target::Class { column: "num".into(), classes };
        assert_eq!(recipe.network().unwrap().widths(), [7, 5, 3, 3]);
        assert_eq!(recipe.dimension(), 8 * 5 + 6 * 3 + 4 * 3);
        let text = jcs::to_bytes(&recipe).unwrap();
        assert_eq!(serde_json::from_slice::<Recipe>(&text).unwrap(), recipe);
    }

    #[test]
    fn a_person_keeps_to_one_side_and_a_new_key_deals_again() {
        let split = Split { key: "a".into(), test_permille: 340 };
        let persons: Vec<String> = (0..10_000).map(|n| format!("person-{n}")).collect();
        let kept = persons.iter().filter(|p| split.is_test(p)).count();
        assert!((3_200..3_600).contains(&kept), "{kept} of 10,000");
        let other = Split { key: "b".into(), test_permille: 340 };
        let both = persons.iter().filter(|p| split.is_test(p) && other.is_test(p)).count();
        assert!((1_000..1_300).contains(&both), "{both}: the splits are independent");
        let none = Split { key: "a".into(), test_permille: 0 };
        assert!(!persons.iter().any(|p| none.is_test(p)));
    }
}
