//! Norms of units' gradients, without the gradients.
//!
//! A dense layer's gradient for one row is the outer product of what came in (and 1, for the
//! biases) and the derivative δ of what went out. For a unit with several rows it is the sum of
//! these, whose squared norm is Σ_rs ⟨δ_r, δ_s⟩·(⟨a_r, a_s⟩ + 1): two Gram matrices, multiplied
//! place by place and summed. (One row: Goodfellow, "Efficient per-example gradient
//! computations", arXiv 1510.01799. Several: Li et al., "Large language models can be strong
//! differentially private learners", arXiv 2110.05679 §4.) Where a unit has so many rows that
//! its gradient in one layer is less work than the matrices, that is summed up in a scratch
//! buffer ("mixed" in Bu et al., arXiv 2205.10683); which one it is depends on sizes alone.

use zeroize::Zeroizing;

use super::kernel::dot;
use super::layer::Dense;
use super::pass::Pass;

/// What a squared norm is raised by, as a part of (Σ_r ‖g_r‖)²: more than what rounding may take
/// from it where rows cancel.
///
/// An inner product has up to 2^16 terms, a unit up to 2^19 pairs of rows and a scratch buffer
/// sums 2^10 rows: whatever the order, that errs by less than 2^20·2^−53 of (Σ_r ‖g_r‖)². (The
/// squares of a buffer, up to 2^26 of them, also err by 2^−27 of their own sum, which cancels
/// nothing: 2^−28 of a norm.) Raising also bounds what is added: no row's part of a clipped
/// gradient is longer than 2^15·C.
const RAISED_BY: f64 = 1.0 / (1_u64 << 30) as f64;

/// For each unit, an upper bound on the norm of its gradient summed over its rows and all
/// layers, above it by no more than 2^−15·Σ_r ‖g_r‖. Not finite where a number on its way was not.
pub(super) fn norms(pass: &Pass, layers: &[Dense], rows_of_each: &[usize]) -> Zeroizing<Vec<f64>> {
    let mut norms = Zeroizing::new(Vec::with_capacity(rows_of_each.len()));
    let mut first = 0;
    for rows in rows_of_each {
        let own = first..first + rows;
        first = own.end;
        // Of a single row they are the whole answer.
        let mut of_rows = Zeroizing::new(vec![0.0; *rows]);
        let mut squared = 0.0;
        for ((layer, values), deltas) in layers.iter().zip(&pass.values).zip(&pass.deltas) {
            let values = values.get(own.start * layer.inputs..own.end * layer.inputs);
            let deltas = deltas.get(own.start * layer.outputs..own.end * layer.outputs);
            let (Some(values), Some(deltas)) = (values, deltas) else { continue };
            let part = Part { layer, values, deltas };
            part.add_rows(&mut of_rows);
            if *rows > 1 {
                squared += if part.by_gram(*rows) { part.gram() } else { part.summed() };
            }
        }
        if let [only] = of_rows.as_slice() {
            squared = *only;
        }
        let lengths: f64 = of_rows.iter().map(|squared| squared.sqrt()).sum();
        norms.push((squared.max(0.0) + RAISED_BY * (lengths * lengths)).sqrt());
    }
    norms
}

/// One unit in one layer.
struct Part<'a> {
    layer: &'a Dense,
    values: &'a [f32],
    deltas: &'a [f32],
}

impl Part<'_> {
    /// Adds the squared norm of each row's gradient.
    fn add_rows(&self, of_rows: &mut [f64]) {
        for (squared, (values, deltas)) in of_rows.iter_mut().zip(self.rows()) {
            *squared += dot(deltas, deltas) * (dot(values, values) + 1.0);
        }
    }

    /// Whether two Gram matrices take no more products than the gradient.
    fn by_gram(&self, rows: usize) -> bool {
        let (inputs, outputs) = (self.layer.inputs, self.layer.outputs);
        (rows + 1) * (inputs + outputs) <= 2 * inputs * outputs
    }

    fn gram(&self) -> f64 {
        let mut squared = 0.0;
        for (place, (values, deltas)) in self.rows().enumerate() {
            for (other_values, other_deltas) in self.rows().take(place) {
                squared += 2.0 * (dot(deltas, other_deltas) * (dot(values, other_values) + 1.0));
            }
            squared += dot(deltas, deltas) * (dot(values, values) + 1.0);
        }
        squared
    }

    fn summed(&self) -> f64 {
        let mut gradient = Zeroizing::new(vec![0.0; self.layer.parameters()]);
        let factors = vec![1.0; self.deltas.len() / self.layer.outputs.max(1)];
        self.layer.add_gradient(&mut gradient, self.values, self.deltas, &factors);
        gradient.iter().map(|value| value * value).sum()
    }

    fn rows(&self) -> impl Iterator<Item = (&[f32], &[f32])> {
        let values = self.values.chunks_exact(self.layer.inputs.max(1));
        values.zip(self.deltas.chunks_exact(self.layer.outputs.max(1)))
    }
}
