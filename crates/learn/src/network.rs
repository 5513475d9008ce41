//! One shape for linear, logistic, softmax and multi-layer models, in kernels of our own.
//!
//! Dense layers with ReLU between them, and one of three [outputs](Output). A gradient is taken
//! per *unit* (a person with all their rows): [`ClippedSum`] clips each unit's summed gradient
//! without ever holding one.
//!
//! # The same bits on every machine
//!
//! Rows, weights, activations and their derivatives are `f32`; norms and gradient sums are `f64`.
//! Only IEEE 754's addition, multiplication, division and square root are used, each rounded to
//! nearest and none fused (Rust contracts nothing, whatever the target), and exponentials and
//! logarithms of `libm`, in `f64`. The order of every sum is part of the definition:
//!
//! * an activation is its bias plus each input times its weight, inputs from first to last;
//! * a derivative handed back sums over the outputs, from first to last, starting at 0;
//! * a gradient sum takes row after row, in the order of the batch, wherever batches are cut;
//! * a norm's inner products are eight sums, of every eighth term each, added up in order.
//!
//! Compilers vectorise *across* outputs, inputs and lanes, never along a sum, so wider registers
//! change the speed alone. `tests/reference/network.py` follows these rules in another language,
//! to the last bit. (Not kept by targets without IEEE single precision, as x86 before SSE2.)

mod batch;
mod clipped;
mod ghost;
mod kernel;
mod layer;
mod output;
mod pass;

pub use batch::{Batch, Misfit, ROWS_OF_A_SUM_MOST, ROWS_OF_A_UNIT_MOST};
pub use clipped::ClippedSum;
pub use output::Output;

use std::ops::RangeInclusive;

use concordat_terms::Digest;
use sha2::{Digest as _, Sha256};

use layer::{Dense, layers};
use pass::Pass;

/// Most numbers of a row, of a hidden layer or of an output: the error bounds of
/// [`ClippedSum`] count on it.
pub const WIDTH_MOST: usize = 1 << 16;

/// Most parameters of a network.
pub const PARAMETERS_MOST: usize = 1 << 26;

const HIDDEN_MOST: usize = 8;

/// The shape of a model: how many numbers come in, pass through and come out. Public.
///
/// Parameters are a flat vector, layer after layer: the weights of a layer input by input (those
/// of the first input to each output, and so on), then its biases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Inputs, hidden layers, outputs: at least two.
    widths: Vec<usize>,
    output: Output,
}

/// Why there is no such network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotANetwork {
    /// A layer has no width, or too much of it.
    #[error("a layer is {0} wide, where 1 to {WIDTH_MOST} is possible")]
    Width(usize),
    /// Too many hidden layers.
    #[error("there are {0} hidden layers, where at most {HIDDEN_MOST} are possible")]
    Depth(usize),
    /// Too many parameters.
    #[error("there are more than {PARAMETERS_MOST} parameters")]
    Parameters,
    /// A softmax over one class always says that class.
    #[error("a softmax needs two outputs or more")]
    OneClass,
}

impl Network {
    /// The network with so many inputs, ReLU layers of these widths (none: a linear model) and
    /// so many outputs.
    ///
    /// # Errors
    /// [`NotANetwork`].
    pub fn new(
        inputs: usize,
        hidden: &[usize],
        outputs: usize,
        output: Output,
    ) -> Result<Self, NotANetwork> {
        const POSSIBLE: RangeInclusive<usize> = 1..=WIDTH_MOST;
        if hidden.len() > HIDDEN_MOST {
            return Err(NotANetwork::Depth(hidden.len()));
        }
        let widths: Vec<usize> = [inputs].iter().chain(hidden).chain([&outputs]).copied().collect();
        if let Some(width) = widths.iter().find(|width| !POSSIBLE.contains(width)) {
            return Err(NotANetwork::Width(*width));
        }
        if output == Output::Softmax && outputs == 1 {
            return Err(NotANetwork::OneClass);
        }
        let network = Self { widths, output };
        // Ten layers of less than 2^33: no sum wraps.
        if network.parameters() > PARAMETERS_MOST {
            return Err(NotANetwork::Parameters);
        }
        Ok(network)
    }

    /// Numbers of a row.
    pub fn inputs(&self) -> usize {
        self.widths.first().copied().unwrap_or_default()
    }

    /// Numbers of a prediction and of a target.
    pub fn outputs(&self) -> usize {
        self.widths.last().copied().unwrap_or_default()
    }

    /// Widths of inputs, hidden layers and outputs, in order.
    pub fn widths(&self) -> &[usize] {
        &self.widths
    }

    /// What comes out.
    pub fn output(&self) -> Output {
        self.output
    }

    /// How many parameters there are.
    pub fn parameters(&self) -> usize {
        self.shapes().map(|(inputs, outputs)| (inputs + 1) * outputs).sum()
    }

    /// Public weights to begin with: biases 0, weights uniform between ±√(6/inputs) of their
    /// layer (He et al., arXiv 1502.01852), from SHA-256 of the seed and a counter.
    ///
    /// Hash number n is of the 32 bytes of the seed and n as eight bytes, big-endian, and gives
    /// eight weights: with u the first 24 bits of its next four bytes, (u·2^−23 − 1)·bound in
    /// `f64`, rounded to `f32`.
    pub fn initial(&self, seed: &Digest) -> Vec<f32> {
        let mut draws = (0_u64..).flat_map(|n| {
            let hash = Sha256::new().chain_update(seed.as_bytes()).chain_update(n.to_be_bytes());
            let hash: [u8; 32] = hash.finalize().into();
            let (words, _) = hash.as_chunks::<4>();
            words.iter().map(|word| u32::from_be_bytes(*word) >> 8).collect::<Vec<_>>()
        });
        let mut weights = Vec::with_capacity(self.parameters());
        for (inputs, outputs) in self.shapes() {
            #[expect(clippy::cast_precision_loss, reason = "at most 2^16")]
            let bound = (6.0 / inputs as f64).sqrt();
            let layer = draws.by_ref().take(inputs * outputs).map(|u| {
                #[expect(clippy::cast_possible_truncation, reason = "rounds to nearest")]
                let weight = ((f64::from(u) / f64::from(1 << 23) - 1.0) * bound) as f32;
                weight
            });
            weights.extend(layer);
            weights.extend(std::iter::repeat_n(0.0, outputs));
        }
        weights
    }

    /// What the network says of each row: `outputs` numbers a row, under [`Output::predict`].
    ///
    /// # Errors
    /// [`Misfit::Weights`], [`Misfit::Features`].
    pub fn predict(&self, weights: &[f32], features: &[f32]) -> Result<Vec<f32>, Misfit> {
        let mut predictions = self.logits(weights, features)?;
        for row in predictions.chunks_exact_mut(self.outputs().max(1)) {
            self.output.predict(row);
        }
        Ok(predictions)
    }

    /// The loss of each row, under [`Output::loss`].
    ///
    /// # Errors
    /// [`Misfit`].
    pub fn losses(&self, weights: &[f32], batch: &Batch<'_>) -> Result<Vec<f64>, Misfit> {
        batch.check(self)?;
        let logits = self.logits(weights, batch.features)?;
        let outputs = self.outputs().max(1);
        let rows = logits.chunks_exact(outputs).zip(batch.targets.chunks_exact(outputs));
        Ok(rows.map(|(logits, target)| self.output.loss(logits, target)).collect())
    }

    /// The gradient of the summed loss, nothing clipped: for methods without privacy, and never
    /// for anything that leaves a node under it.
    ///
    /// # Errors
    /// [`Misfit`].
    pub fn gradient(&self, weights: &[f32], batch: &Batch<'_>) -> Result<Vec<f64>, Misfit> {
        batch.check(self)?;
        let layers = self.dense(weights)?;
        let mut sum = vec![0.0; self.parameters()];
        for part in batch.blocks(self) {
            let pass = Pass::through(&layers, self.output, &part);
            pass.add_gradient(&mut sum, &layers, &vec![1.0; part.rows(self)]);
        }
        Ok(sum)
    }

    /// What goes into the last step, `outputs` numbers a row.
    pub(crate) fn logits(&self, weights: &[f32], features: &[f32]) -> Result<Vec<f32>, Misfit> {
        let layers = self.dense(weights)?;
        if !features.len().is_multiple_of(self.inputs().max(1)) {
            return Err(Misfit::Features { inputs: self.inputs(), numbers: features.len() });
        }
        let mut values = features.to_vec();
        for (place, layer) in layers.iter().enumerate() {
            values = layer.forward(&values);
            if place + 1 < layers.len() {
                pass::relu(&mut values);
            }
        }
        Ok(values)
    }

    /// The layers of weights that fit.
    fn dense(&self, weights: &[f32]) -> Result<Vec<Dense>, Misfit> {
        if weights.len() != self.parameters() {
            let (network, weights) = (self.parameters(), weights.len());
            return Err(Misfit::Weights { network, weights });
        }
        Ok(layers(self.shapes(), weights))
    }

    /// Inputs and outputs of each layer.
    fn shapes(&self) -> impl Iterator<Item = (usize, usize)> {
        self.widths.iter().copied().zip(self.widths.iter().skip(1).copied())
    }
}
