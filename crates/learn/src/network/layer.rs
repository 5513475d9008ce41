//! Dense layers, their weights laid out once for both directions.

use zeroize::Zeroizing;

use super::kernel::{Strips, add_product};

/// A dense layer: `outputs = inputs · weights + biases`.
pub(super) struct Dense {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    biases: Vec<f32>,
    forward: Strips<f32, 8>,
    backward: Strips<f32, 8>,
}

/// The layers of a flat vector of parameters, which has as many as the shapes need.
pub(super) fn layers(
    shapes: impl Iterator<Item = (usize, usize)>,
    mut parameters: &[f32],
) -> Vec<Dense> {
    shapes
        .map_while(|(inputs, outputs)| {
            let (weights, rest) = parameters.split_at_checked(inputs * outputs)?;
            let (biases, rest) = rest.split_at_checked(outputs)?;
            parameters = rest;
            let rows = weights.chunks_exact(outputs.max(1));
            Some(Dense {
                inputs,
                outputs,
                biases: biases.to_vec(),
                forward: Strips::of_rows(rows, outputs, |_, weight| weight),
                backward: Strips::of_columns(weights, outputs),
            })
        })
        .collect()
}

impl Dense {
    /// `rows × inputs` numbers to `rows × outputs`.
    pub(super) fn forward(&self, values: &[f32]) -> Vec<f32> {
        let rows = values.len() / self.inputs.max(1);
        let mut to = self.biases.repeat(rows);
        add_product(&mut to, &Strips::<f32, 4>::of_columns(values, self.inputs), &self.forward);
        to
    }

    /// Derivatives by the outputs, `rows × outputs`, to derivatives by the inputs, `rows × inputs`.
    pub(super) fn backward(&self, deltas: &[f32]) -> Vec<f32> {
        let rows = deltas.len() / self.outputs.max(1);
        let mut to = vec![0.0; rows * self.inputs];
        add_product(&mut to, &Strips::<f32, 4>::of_columns(deltas, self.outputs), &self.backward);
        to
    }

    /// Parameters of the layer.
    pub(super) fn parameters(&self) -> usize {
        (self.inputs + 1) * self.outputs
    }

    /// Adds to the layer's part of a gradient what rows with these inputs and derivatives give,
    /// each times its factor. A row of factor 0 is left out, whatever it holds.
    pub(super) fn add_gradient(
        &self,
        sum: &mut [f64],
        values: &[f32],
        deltas: &[f32],
        factors: &[f64],
    ) {
        let mut kept = Zeroizing::new(Vec::with_capacity(factors.len()));
        kept.extend(factors.iter().copied().filter(|factor| *factor != 0.0));
        let left = Strips::<f64, 4>::of_rows(
            rows(values, self.inputs, factors),
            self.inputs,
            |_, value: f32| f64::from(value),
        );
        let right = Strips::<f64, 4>::of_rows(
            rows(deltas, self.outputs, factors),
            self.outputs,
            |row, delta: f32| f64::from(delta) * kept.get(row).copied().unwrap_or_default(),
        );
        let (weights, biases) = sum.split_at_mut(self.inputs * self.outputs);
        add_product(weights, &left, &right);
        for (row, factor) in rows(deltas, self.outputs, factors).zip(kept.iter()) {
            for (bias, delta) in biases.iter_mut().zip(row) {
                *bias += f64::from(*delta) * factor;
            }
        }
    }
}

/// The rows of a factor other than 0.
fn rows<'a>(
    matrix: &'a [f32],
    width: usize,
    factors: &'a [f64],
) -> impl Iterator<Item = &'a [f32]> + Clone {
    let rows = matrix.chunks_exact(width.max(1)).zip(factors);
    rows.filter(|(_, factor)| **factor != 0.0).map(|(row, _)| row)
}
