//! A block of rows, through the layers and back.

use zeroize::Zeroizing;

use super::batch::Batch;
use super::layer::Dense;
use super::output::Output;

/// What each layer was given and the derivatives of the rows' losses by what it gave. Private.
pub(super) struct Pass {
    /// For each layer, `rows × inputs`.
    pub(super) values: Vec<Zeroizing<Vec<f32>>>,
    /// For each layer, `rows × outputs`.
    pub(super) deltas: Vec<Zeroizing<Vec<f32>>>,
}

impl Pass {
    /// Forward and backward. The batch was checked.
    pub(super) fn through(layers: &[Dense], output: Output, batch: &Batch<'_>) -> Self {
        let mut values = vec![Zeroizing::new(batch.features.to_vec())];
        let mut last = Zeroizing::new(vec![]);
        for (place, layer) in layers.iter().enumerate() {
            let given = values.last().map_or(&[][..], |given| given.as_slice());
            let mut gives = Zeroizing::new(layer.forward(given));
            if place + 1 < layers.len() {
                relu(&mut gives);
                values.push(gives);
            } else {
                last = gives;
            }
        }

        let outputs = layers.last().map_or(1, |layer| layer.outputs.max(1));
        for row in last.chunks_exact_mut(outputs) {
            output.predict(row);
        }
        for (delta, target) in last.iter_mut().zip(batch.targets) {
            *delta -= target;
        }
        let mut deltas = vec![last];
        for (layer, given) in layers.iter().zip(&values).skip(1).rev() {
            let after = deltas.last().map_or(&[][..], |after| after.as_slice());
            let mut before = Zeroizing::new(layer.backward(after));
            // What ReLU made of a number is above 0 exactly where the number was. Stored in either
            // case: compilers vectorise a choice, and not a branch.
            for (delta, value) in before.iter_mut().zip(given.iter()) {
                *delta = if *value > 0.0 { *delta } else { 0.0 };
            }
            deltas.push(before);
        }
        deltas.reverse();
        Self { values, deltas }
    }

    /// Adds the rows' gradients, each times its factor, to a sum of all parameters.
    pub(super) fn add_gradient(&self, sum: &mut [f64], layers: &[Dense], factors: &[f64]) {
        let mut later = sum;
        for ((layer, values), deltas) in layers.iter().zip(&self.values).zip(&self.deltas) {
            let Some((own, rest)) = later.split_at_mut_checked(layer.parameters()) else { return };
            layer.add_gradient(own, values, deltas, factors);
            later = rest;
        }
    }
}

pub(super) fn relu(values: &mut [f32]) {
    for value in values {
        // Not `max`, which may keep the sign of a zero or drop it.
        *value = if *value > 0.0 { *value } else { 0.0 };
    }
}
