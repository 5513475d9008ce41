//! A model fitted to one holder's own rows, with no privacy but that it stays there.
//!
//! What comes of it may say as much of single rows as any training without noise: it has its parent's
//! digest and says that it is not for sharing, and whoever sends files looks for that
//! ([`is_local`]).

use concordat_terms::{Decimal, Digest};
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};

use crate::model::Model;
use crate::network::{Batch, Network, Output};
use crate::pooled::Problem;
use crate::table::Units;

/// Where an adapted model comes from: its own line of its card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adapted {
    /// SHA-256 of the model that was adapted: its name in the log, or that of another adapted one.
    pub parent: Digest,
    /// How.
    pub method: Adaptation,
    /// Of tuning: how strongly weights were held back to the parent's, μ in μ/2·‖w − w₀‖².
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull: Option<Decimal>,
    /// How many rows it was fitted to, rounded down to a band.
    pub rows_band: u32,
    /// What may be done with it.
    pub sharing: Sharing,
}

/// How a model is adapted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Adaptation {
    /// Two numbers alone are fitted. Of a yes or no, slope and offset of the log-odds (Platt, "Probabilistic
    /// outputs for support vector machines", 1999); of classes, one temperature (Guo et al., arXiv
    /// 1706.04599); of a number, slope and offset by least squares.
    Calibrated,
    /// The last layer is fitted, and all before it stay.
    LastLayer,
    /// All layers are.
    AllLayers,
}

/// What may be done with an adapted model: there is one answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sharing {
    /// It stays where the rows are.
    #[default]
    #[serde(rename = "local, not for sharing")]
    Local,
}

impl Sharing {
    /// The words that stand in every file of such a model.
    pub const WORDS: &'static str = "local, not for sharing";
}

/// Why a model is not adapted. Says nothing of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAdapted {
    /// The rows are of another recipe.
    #[error("the rows are not those of the model's recipe")]
    OtherRows,
    /// There are too few.
    #[error("fewer than {ROWS_LEAST} rows can be used")]
    TooFewRows,
    /// All rows have the same answer, the model says the same of all, or the opposite of what they say.
    #[error(
        "the rows do not say how to calibrate it: it tells them apart by chance, or not at all"
    )]
    NothingToGain,
    /// How strongly weights are held back is below zero.
    #[error("the pull is below zero")]
    Pull,
}

/// The fewest rows that a model is fitted to.
pub const ROWS_LEAST: usize = 50;

/// The most steps of tuning.
const STEPS_MOST: usize = 400;

/// The model, fitted to these rows; `band` is told of their number.
///
/// # Errors
/// [`NotAdapted`].
pub fn adapt(
    parent: &Model,
    units: &Units,
    method: Adaptation,
    pull: Decimal,
    band: u32,
) -> Result<Model, NotAdapted> {
    let network = parent.network();
    if units.inputs() != network.inputs() || units.outputs() != network.outputs() {
        return Err(NotAdapted::OtherRows);
    }
    if units.rows() < ROWS_LEAST {
        return Err(NotAdapted::TooFewRows);
    }
    let pulled = method != Adaptation::Calibrated;
    if pulled && pull.to_f64() < 0.0 {
        return Err(NotAdapted::Pull);
    }
    let weights = match method {
        Adaptation::Calibrated => calibrated(parent, units)?,
        Adaptation::LastLayer => tuned(parent, units, last_layer(network), pull.to_f64())?,
        Adaptation::AllLayers => tuned(parent, units, 0, pull.to_f64())?,
    };
    let adapted = Adapted {
        parent: parent.digest(),
        method,
        pull: pulled.then_some(pull),
        rows_band: band,
        sharing: Sharing::Local,
    };
    parent.fitted(weights, adapted).map_err(|_| NotAdapted::NothingToGain)
}

/// The loss of each row under the model: what is made smaller.
///
/// # Errors
/// [`NotAdapted::OtherRows`].
pub fn losses(model: &Model, units: &Units) -> Result<Vec<f64>, NotAdapted> {
    let rows_of_each: Vec<usize> = units.rows_of_each().collect();
    let batch = batch(units, &rows_of_each);
    model.network().losses(model.weights(), &batch).map_err(|_| NotAdapted::OtherRows)
}

/// Whether these bytes are a model that was fitted to its holder's rows, as a file of ours or of another
/// runtime: not to be sent to anybody.
pub fn is_local(bytes: &[u8]) -> bool {
    let in_card = || {
        let (_, header) = SafeTensors::read_metadata(bytes).ok()?;
        let entries = header.metadata().as_ref()?;
        Some(entries.values().any(|text| text.contains(Sharing::WORDS)))
    };
    // In a graph the words stand among numbers; a text that has them is no model.
    let in_graph = || {
        let words = Sharing::WORDS.as_bytes();
        std::str::from_utf8(bytes).is_err() && bytes.windows(words.len()).any(|some| some == words)
    };
    in_card().unwrap_or_else(in_graph)
}

fn batch<'a>(units: &'a Units, rows_of_each: &'a [usize]) -> Batch<'a> {
    Batch { features: units.all_features(), targets: units.all_targets(), rows_of_each }
}

/// Where the last layer's parameters begin.
fn last_layer(network: &Network) -> usize {
    let widths = network.widths();
    let last = widths.iter().rev().take(2).product::<usize>();
    network.parameters().saturating_sub(last + network.outputs())
}

/// Slope and offset of what goes into the last step are slope and offset of the last layer.
fn calibrated(parent: &Model, units: &Units) -> Result<Vec<f32>, NotAdapted> {
    let network = parent.network();
    let logits = network
        .logits(parent.weights(), units.all_features())
        .map_err(|_| NotAdapted::OtherRows)?;
    let logits: Vec<f64> = logits.iter().map(|value| f64::from(*value)).collect();
    let fitted = match network.output() {
        Output::Logistic => platt(&logits, &units.labels()),
        Output::SquaredError => line(&logits, &units.labels()),
        Output::Softmax => temperature(&logits, units).map(|slope| (slope, 0.0)),
    };
    let (slope, offset) =
        fitted.filter(|(slope, _)| *slope > 0.0).ok_or(NotAdapted::NothingToGain)?;
    let mut weights = parent.weights().to_vec();
    let (first, outputs) = (last_layer(network), network.outputs());
    let biases = weights.len().saturating_sub(outputs);
    for (place, weight) in weights.iter_mut().enumerate().skip(first) {
        let moved = if place >= biases { offset } else { 0.0 };
        *weight = single(slope * f64::from(*weight) + moved);
    }
    Ok(weights)
}

/// Labels are taken for as sure as one more row of each kind would make them (Platt 1999).
fn platt(logits: &[f64], labels: &[f64]) -> Option<(f64, f64)> {
    let yes = labels.iter().filter(|label| **label > 0.5).count();
    let no = labels.len() - yes;
    if yes == 0 || no == 0 {
        return None;
    }
    let (sure_yes, sure_no) = ((count(yes) + 1.0) / (count(yes) + 2.0), 1.0 / (count(no) + 2.0));
    let rows = logits
        .iter()
        .zip(labels)
        .map(|(logit, label)| (vec![*logit, 1.0], if *label > 0.5 { sure_yes } else { sure_no }));
    let problem = Problem { rows: rows.collect(), l2: 0.0 };
    match problem.minimum(vec![1.0, 0.0])?.as_slice() {
        [slope, offset] => Some((*slope, *offset)),
        _ => None,
    }
}

fn line(said: &[f64], labels: &[f64]) -> Option<(f64, f64)> {
    let rows = count(said.len());
    let (x, y) = (said.iter().sum::<f64>() / rows, labels.iter().sum::<f64>() / rows);
    let (mut squares, mut products) = (0.0, 0.0);
    for (said, label) in said.iter().zip(labels) {
        squares += (said - x) * (said - x);
        products += (said - x) * (label - y);
    }
    let slope = products / squares;
    (squares > 0.0).then_some((slope, y - slope * x))
}

/// One over the temperature at which the loss is least; nothing where that is none or infinite.
fn temperature(logits: &[f64], units: &Units) -> Option<f64> {
    let outputs = units.outputs();
    // The loss is convex in it: its slope crosses zero once, if at all.
    let slope = |cold: f64| {
        let rows = logits.chunks_exact(outputs).zip(units.targets());
        rows.map(|(logits, target)| {
            let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let powers: Vec<f64> =
                logits.iter().map(|logit| libm::exp(cold * (logit - most))).collect();
            let all: f64 = powers.iter().sum();
            let terms = logits.iter().zip(&powers).zip(target);
            terms.map(|((logit, power), y)| (power / all - f64::from(*y)) * logit).sum::<f64>()
        })
        .sum::<f64>()
    };
    let (mut low, mut high) = (0.01, 100.0);
    if slope(low) >= 0.0 || slope(high) <= 0.0 {
        return None;
    }
    for _ in 0..80 {
        let middle = f64::midpoint(low, high);
        if slope(middle) < 0.0 { low = middle } else { high = middle }
    }
    Some(f64::midpoint(low, high))
}

/// Steps down the slope of the mean loss + μ/2·‖w − w₀‖², each as long as it makes it smaller, of the
/// weights from place `first` on; the same for the same rows in the same order.
fn tuned(parent: &Model, units: &Units, first: usize, pull: f64) -> Result<Vec<f32>, NotAdapted> {
    let (network, begun) = (parent.network(), parent.weights());
    let rows_of_each: Vec<usize> = units.rows_of_each().collect();
    let batch = batch(units, &rows_of_each);
    let rows = count(units.rows());
    let cost = |weights: &[f32]| -> Option<f64> {
        let losses = network.losses(weights, &batch).ok()?;
        let away = weights.iter().zip(begun).map(|(w, b)| (f64::from(*w) - f64::from(*b)).powi(2));
        Some(losses.iter().sum::<f64>() / rows + pull / 2.0 * away.sum::<f64>())
    };
    let mut weights = begun.to_vec();
    let mut least = cost(&weights).ok_or(NotAdapted::OtherRows)?;
    let mut length = 1.0;
    for _ in 0..STEPS_MOST {
        let gradient = network.gradient(&weights, &batch).map_err(|_| NotAdapted::OtherRows)?;
        let slope: Vec<f64> = gradient
            .iter()
            .zip(weights.iter().zip(begun))
            .map(|(own, (w, b))| own / rows + pull * (f64::from(*w) - f64::from(*b)))
            .collect();
        let (mut next, mut reached) = (None, least);
        // A step that is too long is halved; the next one may be twice as long.
        for _ in 0..40 {
            let mut tried = weights.clone();
            for (weight, slope) in tried.iter_mut().zip(&slope).skip(first) {
                *weight = single(f64::from(*weight) - length * slope);
            }
            reached = cost(&tried).ok_or(NotAdapted::OtherRows)?;
            if reached < least {
                next = Some(tried);
                break;
            }
            length /= 2.0;
        }
        let Some(next) = next else { break };
        let gained = least - reached;
        (weights, least, length) = (next, reached, length * 2.0);
        if gained < 1e-9 * least.abs() {
            break;
        }
    }
    Ok(weights)
}

#[expect(clippy::cast_possible_truncation, reason = "rounds to nearest, everywhere")]
fn single(value: f64) -> f32 {
    value as f32
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
fn count(rows: usize) -> f64 {
    rows as f64
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::{Rng as _, SeedableRng};
    use serde_json::{Value, json};

    use super::*;
    use crate::metrics::score;
    use crate::recipe::Recipe;

    const TARGETS: [&str; 3] = [
        r#"{"kind": "yes-no", "column": "y", "positive_above": "0"}"#,
        r#"{"kind": "class", "column": "y", "classes": ["0", "1", "2"]}"#,
        r#"{"kind": "number", "column": "y", "min": "0", "max": "2"}"#,
    ];

    fn recipe(target: &str, hidden: &[u32]) -> Recipe {
        let text = include_str!("../../../examples/heart/recipe.json");
        let mut recipe: Value = serde_json::from_str(text).unwrap();
        recipe["person"] = json!("who");
        recipe["target"] = serde_json::from_str(target).unwrap();
        recipe["features"] = json!([
            {"kind": "scale", "column": "a", "min": "-1", "max": "1", "to": "both-sides"},
            {"kind": "scale", "column": "b", "min": "-1", "max": "1", "to": "both-sides"},
        ]);
        if !hidden.is_empty() {
            recipe["hidden"] = json!({"widths": hidden, "activation": "relu", "seed": "seed"});
        }
        serde_json::from_value(recipe).unwrap()
    }

    /// Rows of which `steep`·(a − b) + `shift` decides, by the law of the target.
    fn rows(recipe: &Recipe, seed: u64, count: usize, steep: f64, shift: f64) -> Units {
        rows_of(recipe, seed, count, |a, b| steep * (a - b) + shift)
    }

    fn rows_of(recipe: &Recipe, seed: u64, count: usize, law: impl Fn(f64, f64) -> f64) -> Units {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut uniform = || f64::from(rng.next_u32()) / 4_294_967_296.0;
        let header: Vec<String> = ["who", "a", "b", "y"].map(String::from).into();
        let records: Vec<Vec<String>> = (0..count)
            .map(|place| {
                let (a, b) = (2.0 * uniform() - 1.0, 2.0 * uniform() - 1.0);
                let p = 1.0 / (1.0 + (-law(a, b)).exp());
                let y = match recipe.target.width() {
                    3 => u8::from(uniform() < p) + u8::from(uniform() < p),
                    _ => u8::from(uniform() < p),
                };
                vec![format!("p{place}"), a.to_string(), b.to_string(), y.to_string()]
            })
            .collect();
        Units::read(recipe, &header, &records).unwrap()
    }

    /// A model of rows without a shift.
    fn parent(target: &str, hidden: &[u32]) -> (Recipe, Model) {
        let recipe = recipe(target, hidden);
        let begun = recipe.network().unwrap().initial(&Digest::of(b"seed"));
        let begun = Model::new(recipe.clone(), None, begun).unwrap();
        let units = rows(&recipe, 1, 2_000, 4.0, 0.0);
        let fitted = tuned(&begun, &units, 0, 0.0).unwrap();
        let model = Model::new(recipe.clone(), None, fitted).unwrap();
        (recipe, model)
    }

    fn mean(model: &Model, units: &Units) -> f64 {
        let losses = losses(model, units).unwrap();
        losses.iter().sum::<f64>() / losses.len() as f64
    }

    fn none() -> Decimal {
        Decimal::ZERO
    }

    #[test]
    fn calibration_mends_what_a_shift_of_the_population_spoils() {
        for (target, hidden) in TARGETS.iter().flat_map(|own| [(own, &[][..]), (own, &[4])]) {
            let (recipe, parent) = parent(target, hidden);
            // Here the same numbers decide less surely.
            let (own, held_out) =
                (rows(&recipe, 2, 400, 1.0, -1.0), rows(&recipe, 3, 4_000, 1.0, -1.0));
            let model = adapt(&parent, &own, Adaptation::Calibrated, none(), 400).unwrap();
            let (before, after) = (mean(&parent, &held_out), mean(&model, &held_out));
            assert!(after < before * 0.97, "{target} {hidden:?}: {before} {after}");
        }
    }

    #[test]
    fn calibrated_probabilities_are_those_of_the_rows_and_rank_them_as_before() {
        let (recipe, parent) = parent(TARGETS[0], &[4]);
        let (own, held_out) =
            (rows(&recipe, 2, 1_000, 2.0, -1.5), rows(&recipe, 3, 4_000, 2.0, -1.5));
        let model = adapt(&parent, &own, Adaptation::Calibrated, none(), 1_000).unwrap();
        let labels = held_out.labels();
        let scores = |model: &Model| score(&labels, &model.predict(&held_out)).unwrap();
        let (before, after) = (scores(&parent), scores(&model));
        assert!((before.auc.unwrap() - after.auc.unwrap()).abs() < 1e-4);
        assert!(after.brier < before.brier, "{before:?} {after:?}");
        let said = model.predict(&held_out).iter().sum::<f64>() / labels.len() as f64;
        let are = labels.iter().sum::<f64>() / labels.len() as f64;
        assert!((said - are).abs() < 0.03, "{said} said, {are} are");
    }

    #[test]
    fn tuning_learns_what_no_calibration_can_and_leaves_the_layers_alone_that_it_should() {
        let (recipe, parent) = parent(TARGETS[0], &[6]);
        // Here b decides the other way round.
        let turned = |seed, count| rows_of(&recipe, seed, count, |a, b| 4.0 * (a + b));
        let (own, held_out) = (turned(4, 500), turned(5, 4_000));
        let pull = "0.001".parse().unwrap();
        let [all, last] = [Adaptation::AllLayers, Adaptation::LastLayer]
            .map(|method| adapt(&parent, &own, method, pull, 500).unwrap());
        let first = last_layer(parent.network());
        assert_eq!(last.weights()[..first], parent.weights()[..first]);
        assert_ne!(last.weights()[first..], parent.weights()[first..]);
        assert_ne!(all.weights()[..first], parent.weights()[..first]);
        let before = mean(&parent, &held_out);
        assert!(mean(&last, &held_out) < before);
        assert!(mean(&all, &held_out) < before * 0.8);
        // Held back, it stays nearer.
        let held = adapt(&parent, &own, Adaptation::AllLayers, "10".parse().unwrap(), 500).unwrap();
        let away = |model: &Model| -> f32 {
            let pairs = model.weights().iter().zip(parent.weights());
            pairs.map(|(a, b)| (a - b).powi(2)).sum()
        };
        assert!(away(&held) < away(&all) / 4.0);
    }

    #[test]
    fn where_a_model_comes_from_is_in_its_file_and_in_no_other() {
        let (recipe, parent) = parent(TARGETS[0], &[]);
        let own = rows(&recipe, 2, 120, 4.0, 1.0);
        let model = adapt(&parent, &own, Adaptation::Calibrated, none(), 100).unwrap();
        let bytes = model.to_bytes();
        assert_eq!(Model::from_bytes(&bytes), Ok(model.clone()));
        assert!(is_local(&bytes));
        let adapted = model.adapted().unwrap();
        assert_eq!((adapted.parent, adapted.rows_band), (parent.digest(), 100));
        // A file of before has no such line, and is not taken for one; nor is a text about this.
        let before = parent.to_bytes();
        assert!(!String::from_utf8_lossy(&before).contains("adapted"));
        assert!(!is_local(&before) && !is_local(Sharing::WORDS.as_bytes()) && !is_local(b""));
        // Adapted again, it is a child of the child.
        let again = adapt(&model, &own, Adaptation::LastLayer, none(), 100).unwrap();
        assert_eq!(again.adapted().unwrap().parent, model.digest());
        // Whoever writes the file anew cannot leave the words out and keep the line.
        let text =
            String::from_utf8_lossy(&bytes).replace(Sharing::WORDS, "free for everybody....");
        assert!(Model::from_bytes(text.as_bytes()).is_err());
    }

    #[test]
    fn too_few_rows_one_answer_or_the_opposite_are_told_and_not_fitted() {
        let (recipe, parent) = parent(TARGETS[0], &[]);
        let tried = |units: &Units, method| adapt(&parent, units, method, none(), 0).unwrap_err();
        let few = rows(&recipe, 2, ROWS_LEAST - 1, 4.0, 0.0);
        assert_eq!(tried(&few, Adaptation::AllLayers), NotAdapted::TooFewRows);
        let alike = rows(&recipe, 2, 60, 0.0, 40.0);
        assert_eq!(tried(&alike, Adaptation::Calibrated), NotAdapted::NothingToGain);
        let opposite = rows(&recipe, 2, 300, -4.0, 0.0);
        assert_eq!(tried(&opposite, Adaptation::Calibrated), NotAdapted::NothingToGain);
        let other = self::recipe(TARGETS[1], &[]);
        let others = rows(&other, 2, 60, 1.0, 0.0);
        assert_eq!(tried(&others, Adaptation::LastLayer), NotAdapted::OtherRows);
        let pull = adapt(&parent, &opposite, Adaptation::LastLayer, "-1".parse().unwrap(), 0);
        assert_eq!(pull, Err(NotAdapted::Pull));
    }
}
