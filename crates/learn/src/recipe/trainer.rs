//! A program of somebody else that takes part beside the rows: what it is, what it is given, what
//! must come out, and how much it may use. All of it is public and signed with the plan.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{Decimal, Digest};
use serde::{Deserialize, Serialize};

use super::{Feature, Method, NoiseShare, Recipe, RecipeFault};

/// A trainer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trainer {
    /// How it takes part.
    pub mode: Mode,
    /// The digest of its files.
    pub code: Digest,
    /// The digest of what it runs in.
    pub environment: Digest,
    /// The program and its arguments, as it is started inside the sandbox, where its files are in
    /// `/code` and its environment is in `/env`.
    pub command: Vec<String>,
    /// With `features`: the columns of a record that it is given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// With `features`: how many numbers it makes of a record. Features of the recipe read them as
    /// the columns `embedding.0`, `embedding.1` and so on.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub width: u32,
    /// What else it says of a round, besides its update.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Metric>,
    /// What is told to it as it is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, String>,
    /// How much it may use, each time that it is started.
    pub limits: Limits,
}

/// How a trainer takes part, and so what protects whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// It turns each record into numbers, alone: persons are protected as without it.
    Features,
    /// The node clips and noises its update: a whole participant's is protected.
    UpdateDp,
    /// It says that it adds enough noise itself: not enforced by the node.
    AssertedDp,
    /// No noise: sums alone hide an update.
    SecaggOnly,
}

/// A number that a trainer says of each round, within declared bounds: it is masked and noised like
/// an update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// Lower bound; less is taken as this.
    pub min: Decimal,
    /// Upper bound; more is taken as this.
    pub max: Decimal,
}

/// How much a trainer may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Seconds, 1 to 3,600. An update is sent when they are over, however fast it was.
    pub seconds: u32,
    /// MiB of memory, 1 to 1,048,576.
    pub memory_mib: u32,
    /// Processes and threads, 1 to 4,096.
    pub processes: u32,
    /// MiB of all that it writes, 1 to 65,536.
    pub output_mib: u32,
}

impl Mode {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Features => "features",
            Self::UpdateDp => "update-dp",
            Self::AssertedDp => "asserted-dp",
            Self::SecaggOnly => "secagg-only",
        }
    }

    /// Whom it protects, for people.
    pub fn protects(self) -> &'static str {
        match self {
            Self::Features => "each person, by the node's own noise",
            Self::UpdateDp => "each participant's update as a whole, by the node's own noise",
            Self::AssertedDp => "what the program asserts: not enforced by the node",
            Self::SecaggOnly => "nobody beyond the sum: no noise, no differential privacy",
        }
    }
}

impl Trainer {
    /// The name of the column with a number that it makes.
    pub fn embedding(place: u32) -> String {
        format!("embedding.{place}")
    }

    /// Whether a column is one that it makes.
    pub fn makes(&self, column: &str) -> bool {
        let place = column.strip_prefix("embedding.").and_then(|place| place.parse().ok());
        place.is_some_and(|place: u32| place < self.width && Self::embedding(place) == column)
    }
}

impl Recipe {
    /// What a trainer says of each round, in the order in which it is sent.
    pub fn metrics(&self) -> &[Metric] {
        self.trainer.as_ref().map_or(&[], |trainer| &trainer.metrics)
    }
}

fn is_zero(width: &u32) -> bool {
    *width == 0
}

/// Whether trainer, method and noise go together.
pub(super) fn check(recipe: &Recipe) -> Result<(), RecipeFault> {
    let must = |holds: bool, what| holds.then_some(()).ok_or(RecipeFault::Trainer(what));
    let makes = |feature: &Feature| feature.column().starts_with("embedding.");
    let Some(trainer) = &recipe.trainer else {
        must(!recipe.features.iter().any(makes), "columns `embedding.…` need one that makes them")?;
        let updates = matches!(recipe.method, Method::Updates(_));
        return must(!updates, "`\"method\": {\"kind\": \"updates\"}` needs one");
    };
    let said = |text: &str, most| !text.is_empty() && text.len() <= most;
    let told = (1..=64).contains(&trainer.command.len());
    must(
        told && trainer.command.iter().all(|word| said(word, 1000)),
        "`command` has 1 to 64 words",
    )?;
    let Limits { seconds, memory_mib, processes, output_mib } = trainer.limits;
    must((1..=3600).contains(&seconds), "`limits.seconds` are 1 to 3600")?;
    must((1..=1 << 20).contains(&memory_mib), "`limits.memory_mib` are 1 to 1048576")?;
    must((1..=4096).contains(&processes), "`limits.processes` are 1 to 4096")?;
    must((1..=1 << 16).contains(&output_mib), "`limits.output_mib` are 1 to 65536")?;
    let short =
        trainer.parameters.iter().all(|(name, value)| said(name, 100) && value.len() <= 1000);
    must(trainer.parameters.len() <= 100 && short, "`parameters` are 100 short texts at the most")?;
    check_metrics(&trainer.metrics)?;

    if trainer.mode == Mode::Features {
        must((1..=4096).contains(&trainer.width), "`width` is 1 to 4096")?;
        must((1..=4096).contains(&trainer.columns.len()), "`columns` are 1 to 4096")?;
        let different: BTreeSet<&str> = trainer.columns.iter().map(String::as_str).collect();
        must(different.len() == trainer.columns.len(), "`columns` are all different")?;
        let hidden = ![recipe.person.as_str(), recipe.target.column()]
            .iter()
            .any(|column| different.contains(column));
        must(hidden, "`columns` name neither the person nor the target")?;
        must(trainer.metrics.is_empty(), "with `features` there are no metrics")?;
        let own = !matches!(recipe.method, Method::Updates(_));
        must(own, "with `features` the node's own code trains: another `method`")?;
        let known = recipe.features.iter().filter(|feature| makes(feature));
        let known: Vec<_> = known.collect();
        let all = known.iter().all(|feature| trainer.makes(feature.column()));
        return must(all && !known.is_empty(), "features read `embedding.0` to `width` less 1");
    }
    must(
        trainer.width == 0 && trainer.columns.is_empty(),
        "`width` and `columns` go with `features`",
    )?;
    must(!recipe.features.iter().any(makes), "columns `embedding.…` go with `features`")?;
    let Method::Updates(updates) = recipe.method else {
        return must(false, "its updates are the `method`: `{\"kind\": \"updates\", …}`");
    };
    let (noise, one) = (recipe.noise, Decimal::whole(1));
    match trainer.mode {
        Mode::UpdateDp => {
            must(noise == NoiseShare::Full, "with `update-dp` the node adds all noise: `full`")?;
            must(updates.releases == 1, "with `update-dp` a round is one release")?;
            must(Some(recipe.sampling_rate) == one, "with `update-dp` the sampling rate is 1")
        }
        _ => must(noise == NoiseShare::None, "in this mode the node adds no noise: `none`"),
    }
}

fn check_metrics(metrics: &[Metric]) -> Result<(), RecipeFault> {
    let must = |holds: bool, what| holds.then_some(()).ok_or(RecipeFault::Trainer(what));
    must(metrics.len() <= 64, "at most 64 metrics")?;
    let names: BTreeSet<&str> = metrics.iter().map(|metric| metric.name.as_str()).collect();
    let named = names.len() == metrics.len()
        && names.iter().all(|name| !name.is_empty() && name.len() <= 100);
    must(named, "metrics have different names of 1 to 100 bytes")?;
    must(
        metrics.iter().all(|metric| metric.min < metric.max),
        "a metric's `min` is below its `max`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe() -> Recipe {
        let text = include_str!("../../../../examples/trainers/scikit-learn/recipe.json");
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn an_update_has_a_number_for_each_parameter_and_each_metric() {
        let recipe = recipe();
        assert_eq!(recipe.check(), Ok(()));
        assert_eq!(recipe.dimension(), recipe.parameters() + recipe.metrics().len());
    }

    #[test]
    fn modes_are_never_mixed() {
        let refused = |change: &dyn Fn(&mut Recipe)| {
            let mut recipe = recipe();
            change(&mut recipe);
            recipe.check().unwrap_err().to_string()
        };
        let trainer = |recipe: &mut Recipe, change: &dyn Fn(&mut Trainer)| {
            change(recipe.trainer.as_mut().unwrap());
        };
        for (part, change) in [
            ("needs one", &(|r: &mut Recipe| r.trainer = None) as &dyn Fn(&mut Recipe)),
            ("adds all noise", &|r| r.noise = NoiseShare::None),
            ("one release", &|r| {
                r.method = Method::Updates(super::super::Updates { participants: 4, releases: 2 });
            }),
            ("sampling rate is 1", &|r| r.sampling_rate = "0.5".parse().unwrap()),
            ("adds no noise", &|r| trainer(r, &|t| t.mode = Mode::SecaggOnly)),
            ("adds no noise", &|r| trainer(r, &|t| t.mode = Mode::AssertedDp)),
            ("`width` is", &|r| trainer(r, &|t| t.mode = Mode::Features)),
            ("go with `features`", &|r| trainer(r, &|t| t.width = 3)),
            ("1 to 64 words", &|r| trainer(r, &|t| t.command = Vec::new())),
            ("seconds", &|r| trainer(r, &|t| t.limits.seconds = 0)),
            ("below its", &|r| trainer(r, &|t| t.metrics[0].max = t.metrics[0].min)),
            ("are the `method`", &|r| r.method = Method::SummedGradients {}),
        ] {
            let told = refused(change);
            assert!(told.contains(part), "{told}, not {part}");
        }
    }
}
