//! What a trainer is given and what it gives back, as files: safetensors, read strictly.
//!
//! Whatever it writes is somebody else's word. A file with another tensor than the declared ones, of
//! another type or shape, or with a number that is none, is no update at all; numbers are then
//! bounded, whatever they are.

use std::collections::BTreeMap;

use concordat_terms::Decimal;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use zeroize::Zeroizing;

use crate::contribution::{Unfit, Unnoised};
use crate::model::Model;
use crate::quantise::quantise;
use crate::recipe::{Method, Metric, Recipe};
use crate::table::Units;
use crate::training::Training;

/// Why what a trainer wrote is not used. For the steward of its node alone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnUpdate {
    /// Not safetensors.
    #[error("not safetensors: {0}")]
    NotSafetensors(String),
    /// A tensor that is not asked for.
    #[error("a tensor `{0}` that nobody asked for")]
    Unknown(String),
    /// A tensor that is asked for.
    #[error("no tensor `{0}`")]
    Missing(String),
    /// A tensor of another type or shape.
    #[error("tensor `{name}` is {found}, and should be F32 of shape {shape:?}")]
    Shape {
        /// Which.
        name: String,
        /// What it is.
        found: String,
        /// What it should be.
        shape: Vec<usize>,
    },
    /// A number that is none, or infinite.
    #[error("tensor `{0}` has a number that is not finite")]
    NotFinite(String),
}

/// What a trainer says of a round.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// How far it moved each parameter, in the order of the model's.
    pub moved: Zeroizing<Vec<f32>>,
    /// Its metrics, in the order of the recipe's.
    pub metrics: Zeroizing<Vec<f32>>,
}

/// The tensors of a model or an update, by name, in the order of the parameters.
fn layers(recipe: &Recipe) -> Vec<(String, Vec<usize>)> {
    let Ok(network) = recipe.network() else { return Vec::new() };
    let widths = network.widths();
    let pairs = widths.iter().zip(widths.iter().skip(1)).enumerate();
    pairs
        .flat_map(|(layer, (inputs, outputs))| {
            [
                (format!("layer.{layer}.weight"), vec![*inputs, *outputs]),
                (format!("layer.{layer}.bias"), vec![*outputs]),
            ]
        })
        .collect()
}

/// The common model of a round, as a trainer is given it: the file of a [`Model`].
pub fn model_bytes(recipe: &Recipe, training: &Training) -> Vec<u8> {
    let model = Model::new(recipe.clone(), None, training.rounded());
    model.map(|model| model.to_bytes()).unwrap_or_default()
}

/// A holder's rows, as a trainer of updates is given them: `features` and `targets`, F32, a row each,
/// as the recipe makes numbers of them; and `rows_of_each`, I64, how many of these rows each person
/// has. Private.
pub fn rows_bytes(units: &Units) -> Zeroizing<Vec<u8>> {
    let flat = |rows: &mut dyn Iterator<Item = &[f32]>| -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::new());
        rows.flatten().for_each(|value| bytes.extend(value.to_le_bytes()));
        bytes
    };
    let features = flat(&mut units.features());
    let targets = flat(&mut units.targets());
    let counts: Vec<u8> = units
        .rows_of_each()
        .flat_map(|rows| i64::try_from(rows).unwrap_or(i64::MAX).to_le_bytes())
        .collect();
    let rows = units.rows();
    let views = [
        ("features", Dtype::F32, vec![rows, units.inputs()], features.as_slice()),
        ("targets", Dtype::F32, vec![rows, units.outputs()], targets.as_slice()),
        ("rows_of_each", Dtype::I64, vec![units.persons()], counts.as_slice()),
    ];
    let views = views.into_iter().filter_map(|(name, kind, shape, bytes)| {
        Some((name, TensorView::new(kind, shape, bytes).ok()?))
    });
    Zeroizing::new(safetensors::serialize(views, None).unwrap_or_default())
}

/// Reads an update: the model's tensors and, where there are metrics, one of them, `metrics`.
///
/// # Errors
/// [`NotAnUpdate`].
pub fn read_update(recipe: &Recipe, bytes: &[u8]) -> Result<Update, NotAnUpdate> {
    let (mut asked, metrics) = (layers(recipe), recipe.metrics().len());
    if metrics > 0 {
        asked.push(("metrics".to_owned(), vec![metrics]));
    }
    let mut read = read(bytes, &asked)?;
    let metrics = if metrics > 0 { read.pop() } else { None };
    let mut moved = Zeroizing::new(Vec::with_capacity(recipe.parameters()));
    read.iter().for_each(|values| moved.extend(values.iter()));
    Ok(Update { moved, metrics: metrics.unwrap_or_default() })
}

/// Reads what a trainer made of one record: the tensor `features`, from −1 to 1; what is beyond is
/// taken as the nearest.
///
/// # Errors
/// [`NotAnUpdate`].
pub fn read_features(width: u32, bytes: &[u8]) -> Result<Zeroizing<Vec<f32>>, NotAnUpdate> {
    let width = usize::try_from(width).unwrap_or(usize::MAX);
    let read = read(bytes, &[("features".to_owned(), vec![width])])?;
    let mut values = read.into_iter().next().unwrap_or_default();
    values.iter_mut().for_each(|value| *value = value.clamp(-1.0, 1.0));
    Ok(values)
}

/// Exactly these tensors, F32 of these shapes and finite, in this order.
fn read(
    bytes: &[u8],
    asked: &[(String, Vec<usize>)],
) -> Result<Vec<Zeroizing<Vec<f32>>>, NotAnUpdate> {
    let file =
        SafeTensors::deserialize(bytes).map_err(|e| NotAnUpdate::NotSafetensors(e.to_string()))?;
    let mut found: BTreeMap<String, _> = file.tensors().into_iter().collect();
    let mut read = Vec::new();
    for (name, shape) in asked {
        let tensor = found.remove(name).ok_or_else(|| NotAnUpdate::Missing(name.clone()))?;
        if tensor.dtype() != Dtype::F32 || tensor.shape() != shape {
            return Err(NotAnUpdate::Shape {
                name: name.clone(),
                found: format!("{:?} of shape {:?}", tensor.dtype(), tensor.shape()),
                shape: shape.clone(),
            });
        }
        let (values, _) = tensor.data().as_chunks::<4>();
        let values = values.iter().map(|bytes| f32::from_le_bytes(*bytes));
        let values: Zeroizing<Vec<f32>> = Zeroizing::new(values.collect());
        if !values.iter().all(|value| value.is_finite()) {
            return Err(NotAnUpdate::NotFinite(name.clone()));
        }
        read.push(values);
    }
    match found.into_keys().next() {
        Some(name) => Err(NotAnUpdate::Unknown(name.chars().take(100).collect())),
        None => Ok(read),
    }
}

/// The part of the clip that metrics take, and what that leaves for the update: a quarter, and
/// √(1 − 1/16) of it, so that both together are no longer than the clip.
fn parts(recipe: &Recipe) -> (f64, f64) {
    let clip = recipe.clip.to_f64();
    match recipe.metrics() {
        [] => (0.0, clip),
        _ => (clip / 4.0, clip * libm::sqrt(15.0) / 4.0),
    }
}

/// How long one metric at its bound is.
fn metric_unit(recipe: &Recipe) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "at most 64 metrics")]
    let count = recipe.metrics().len().max(1) as f64;
    parts(recipe).0 / libm::sqrt(count)
}

/// An update with its metrics, clipped to L2 norm C, in units of 2^-`scale_bits`, *without noise*;
/// of no update (the trainer failed) zeros. [`Recipe::dimension`] integers.
///
/// # Errors
/// [`Unfit`], which depends on the plan alone.
pub fn clipped(
    recipe: &Recipe,
    update: Option<&Update>,
    scale_bits: u32,
) -> Result<Unnoised, Unfit> {
    if !matches!(recipe.method, Method::Updates(_)) {
        return Err(Unfit::Parameters);
    }
    let Some(update) = update else {
        return Ok(Unnoised(Zeroizing::new(vec![0; recipe.dimension()])));
    };
    let (_, most) = parts(recipe);
    let squares = update.moved.iter().map(|value| f64::from(*value) * f64::from(*value));
    let norm = libm::sqrt(squares.sum::<f64>());
    let factor = if norm > most { most / norm } else { 1.0 };
    let mut values: Zeroizing<Vec<f64>> =
        Zeroizing::new(update.moved.iter().map(|value| f64::from(*value) * factor).collect());
    let unit = metric_unit(recipe);
    for (metric, value) in recipe.metrics().iter().zip(update.metrics.iter()) {
        let (min, max) = (metric.min.to_f64(), metric.max.to_f64());
        let within = f64::from(*value).clamp(min, max);
        values.push(unit * (2.0 * (within - min) / (max - min) - 1.0));
    }
    if values.len() != recipe.dimension() {
        return Err(Unfit::Parameters);
    }
    Ok(Unnoised(Zeroizing::new(quantise(&values, scale_bits))))
}

/// What the mean over the participants says of each metric after a round: with its noise, and with
/// the middle of its bounds for everybody whose trainer failed.
pub fn metrics<'a>(recipe: &'a Recipe, training: &Training) -> Vec<(&'a Metric, f64)> {
    let unit = metric_unit(recipe);
    let told = recipe.metrics().iter().zip(training.control());
    told.map(|(metric, mean)| {
        let (min, max) = (metric.min.to_f64(), metric.max.to_f64());
        (metric, min + (mean / unit + 1.0) / 2.0 * (max - min))
    })
    .collect()
}

/// How large the noise on the mean of a metric is, one standard deviation of a multiplier `noise`, where
/// N participants add all of it.
pub fn metric_noise(recipe: &Recipe, metric: &Metric, noise: Decimal, participants: u32) -> f64 {
    let spread = metric.max.to_f64() - metric.min.to_f64();
    let sensitivity = 2.0 * recipe.clip.to_f64();
    let one = noise.to_f64() * sensitivity / libm::sqrt(f64::from(participants.max(1)));
    one / metric_unit(recipe) / 2.0 * spread
}

#[cfg(test)]
mod tests;
