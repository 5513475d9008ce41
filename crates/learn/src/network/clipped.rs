//! Sums of clipped gradients, one clip for each unit.

use std::fmt;

use concordat_dp::Sensitivity;
use concordat_terms::Decimal;
use zeroize::Zeroizing;

use super::batch::{Batch, Misfit, ROWS_OF_A_SUM_MOST};
use super::layer::Dense;
use super::pass::Pass;
use super::{Network, ghost};
use crate::contribution::Unnoised;
use crate::quantise::quantise;

/// The sum of units' gradients at common weights, each clipped to L2 norm C, *without noise*.
///
/// A unit's gradient is of the summed loss of its rows. Adding or removing a unit moves the sum
/// by at most C·(1 + 2^−10), the margin that [`Sensitivity`] has:
///
/// * A unit is scaled by C over an upper bound of its norm (but for 2^−28 of it), computed from
///   the very numbers that are then added.
/// * `f64` rounds a product twice and a sum once for each row, by 2^−53 of a row's part (at most
///   2^15·C, which the bound sees to) and of the sum so far (at most C a unit, and 2^15·C). Over
///   2^20 rows that is less than 2^−12·C, with the unit and without it less than 2^−11·C.
/// * A unit whose bound is not finite adds nothing: a model that went astray costs nobody.
///
/// In single precision the second line would read 2^17·C: hence `f64`.
///
/// Secret until noise is added: `Debug` withholds it, and nothing of it is left behind.
pub struct ClippedSum<'n> {
    network: &'n Network,
    layers: Vec<Dense>,
    clip: Decimal,
    sum: Zeroizing<Vec<f64>>,
    rows: usize,
}

impl<'n> ClippedSum<'n> {
    /// The sum of nobody, at these weights, for clip C = `clip`.
    ///
    /// # Errors
    /// [`Misfit::Weights`]; [`Misfit::Clip`] if it is not above 0.
    pub fn of_nobody(network: &'n Network, weights: &[f32], clip: Decimal) -> Result<Self, Misfit> {
        if clip.to_f64() <= 0.0 {
            return Err(Misfit::Clip);
        }
        let layers = network.dense(weights)?;
        let sum = Zeroizing::new(vec![0.0; network.parameters()]);
        Ok(Self { network, layers, clip, sum, rows: 0 })
    }

    /// Adds the units of a batch. A sum has the same bits however its units, in their order, are
    /// cut into batches.
    ///
    /// # Errors
    /// [`Misfit`]; the sum is as it was.
    pub fn add(&mut self, batch: &Batch<'_>) -> Result<(), Misfit> {
        batch.check(self.network)?;
        let rows = self.rows + batch.rows(self.network);
        if rows > ROWS_OF_A_SUM_MOST {
            return Err(Misfit::RowsOfASum);
        }

        self.rows = rows;
        for block in batch.blocks(self.network) {
            let pass = Pass::through(&self.layers, self.network.output(), &block);
            let norms = ghost::norms(&pass, &self.layers, block.rows_of_each);
            let factors = factors(&norms, block.rows_of_each, self.clip.to_f64());
            pass.add_gradient(&mut self.sum, &self.layers, &factors);
        }
        Ok(())
    }

    /// The sum in units of 2^-`scale_bits`, each number rounded to the nearest integer: for
    /// adding noise and masking at the same node. Adding or removing a unit moves it by at most
    /// the [`Sensitivity`] of clip, scale and parameters.
    ///
    /// # Errors
    /// [`Misfit::Clip`] where there is no such sensitivity.
    pub fn unnoised(&self, scale_bits: u32) -> Result<Unnoised, Misfit> {
        let dimension = u32::try_from(self.sum.len()).map_err(|_| Misfit::Clip)?;
        Sensitivity::new(self.clip, scale_bits, dimension).map_err(|_| Misfit::Clip)?;
        Ok(Unnoised(Zeroizing::new(quantise(&self.sum, scale_bits))))
    }

    /// The numbers of the sum, one for each parameter: secret, for references and tests.
    pub fn values(&self) -> &[f64] {
        &self.sum
    }
}

impl fmt::Debug for ClippedSum<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One line of a log would release what the noise is there to hide.
        write!(f, "ClippedSum({} values, withheld)", self.sum.len())
    }
}

/// For each row, what its unit is scaled by; 0 for a unit that is left out.
fn factors(norms: &[f64], rows_of_each: &[usize], clip: f64) -> Zeroizing<Vec<f64>> {
    let mut factors = Zeroizing::new(Vec::with_capacity(rows_of_each.iter().sum()));
    for (norm, rows) in norms.iter().zip(rows_of_each) {
        let factor = match norm {
            norm if !norm.is_finite() => 0.0,
            norm if *norm > clip => clip / norm,
            _ => 1.0,
        };
        factors.extend(std::iter::repeat_n(factor, *rows));
    }
    factors
}
