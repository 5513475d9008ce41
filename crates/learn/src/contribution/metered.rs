//! What a batch tells of a model beside its gradients, person by person and bounded.

use zeroize::Zeroizing;

use super::Unfit;
use crate::network::{Batch, Network, Output};
use crate::recipe::{NUMBERS, Recipe};

/// Adds three integers, in units of 2^-`scale_bits`: over the batch's persons the share of their rows
/// that the model answers rightly, the share that it answers wrongly, and their mean loss as a part of the
/// most that counts.
///
/// A person's three numbers are each rounded towards zero before they are added, and the first two are one
/// together at most: adding or removing a person moves the three by at most the metrics' clip over √n, in
/// integers and so exactly. A loss that is no number counts as the most, and its row as answered wrongly. Of
/// a target that is a number no row is answered rightly.
pub(super) fn add(
    sum: &mut Zeroizing<Vec<i64>>,
    recipe: &Recipe,
    network: &Network,
    weights: &[f32],
    batch: &Batch<'_>,
    scale_bits: u32,
) -> Result<(), Unfit> {
    let Some(metrics) = &recipe.metrics else { return Ok(()) };
    let losses = network.losses(weights, batch).map_err(|_| Unfit::Parameters)?;
    let losses = Zeroizing::new(losses);
    let predicted = network.predict(weights, batch.features).map_err(|_| Unfit::Parameters)?;
    let predicted = Zeroizing::new(predicted);
    let outputs = network.outputs().max(1);
    let pairs = predicted.chunks_exact(outputs).zip(batch.targets.chunks_exact(outputs));
    let mut rows = losses.iter().zip(pairs.map(|(said, is)| is_right(network.output(), said, is)));

    let unit = recipe.metrics_unit() * libm::ldexp(1.0, i32::try_from(scale_bits).unwrap_or(0));
    let most = metrics.loss_most.to_f64();
    let mut all = [0_i64; NUMBERS];
    for count in batch.rows_of_each {
        let (mut right, mut loss, mut of) = (0.0, 0.0, 0.0);
        for (own, is_right) in rows.by_ref().take(*count) {
            of += 1.0;
            right += f64::from(u8::from(is_right && own.is_finite()));
            // Not a number is not below anything.
            loss += if *own < most { own.max(0.0) } else { most };
        }
        if of == 0.0 {
            continue;
        }
        let share = right / of;
        // A mean of numbers may be above their largest by rounding.
        let part = (loss / of / most).min(1.0);
        for (total, value) in all.iter_mut().zip([share, 1.0 - share, part]) {
            #[expect(clippy::cast_possible_truncation, reason = "at most 2^30 by 1024")]
            let own = (value * unit).floor() as i64;
            *total = total.saturating_add(own);
        }
    }
    sum.extend_from_slice(&all);
    Ok(())
}

/// Whether what is said of a row is what it is: on the right side of one half, or the likeliest class.
fn is_right(output: Output, said: &[f32], is: &[f32]) -> bool {
    let largest = |values: &[f32]| {
        let mut best = (0, f32::NEG_INFINITY);
        for (place, value) in values.iter().enumerate() {
            if *value > best.1 {
                best = (place, *value);
            }
        }
        best.0
    };
    match output {
        Output::SquaredError => false,
        Output::Logistic => said.iter().zip(is).all(|(said, is)| (*said >= 0.5) == (*is > 0.5)),
        Output::Softmax => largest(said) == largest(is),
    }
}
