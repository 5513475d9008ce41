//! A holder's own part of a sum.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::boosting::Boosting;
use super::growth::Growth;
use super::histogram::Layout;
use super::rows::Rows;
use crate::contribution::{Unfit, Unnoised};
use crate::sampling::Coin;

/// A holder's rows, and what the trees that are grown say of each. Private: no `Debug`.
pub struct Standing<'r> {
    rows: &'r Rows,
    /// The score of each row, after the first so many trees.
    scores: Zeroizing<Vec<f64>>,
    trees: usize,
}

impl<'r> Standing<'r> {
    /// Before the first tree.
    pub fn begin(rows: &'r Rows, boosting: &Boosting) -> Self {
        let scores = Zeroizing::new(vec![boosting.base.to_f64(); rows.rows()]);
        Self { rows, scores, trees: 0 }
    }

    /// Adds what trees say that it has not heard. The same bits as adding them all up at once.
    fn hear(&mut self, growth: &Growth) {
        for tree in growth.trees().get(self.trees..).unwrap_or_default() {
            for (score, bins) in self.scores.iter_mut().zip(self.rows.bins()) {
                *score += tree.value(bins);
            }
        }
        self.trees = growth.trees().len();
    }
}

/// A holder's part of the next sum over a fresh Poisson sample of its persons, in units of
/// 2^-`scale_bits`, *without noise*: only for adding noise and masking at the same node.
///
/// Each person is drawn by an independent coin of probability exactly q. What a person adds has
/// an L2 norm of at most [`Growth::sensitivity`], in integers: whose rows together have more is
/// scaled down number by number, towards 0. An empty sample is a vector of zeros.
///
/// # Errors
/// [`Unfit`], which depends on the plan alone, never on a row; also when every tree is grown.
pub fn contribution(
    standing: &mut Standing<'_>,
    growth: &Growth,
    boosting: &Boosting,
    scale_bits: u32,
    rng: &mut impl CryptoRng,
) -> Result<Unnoised, Unfit> {
    let rows = standing.rows;
    if rows.features() != boosting.features.len() {
        let model = boosting.features.len();
        return Err(Unfit::Rows { model, rows: rows.features() });
    }
    let layout = growth.layout(boosting).ok().flatten().ok_or(Unfit::Parameters)?;
    let most = boosting.sensitivity(layout.cells_of_a_row(), scale_bits);
    let most = most.map_err(|_| Unfit::Parameters)?.ring_units();
    let coin = Coin::new(boosting.sampling_rate).ok_or(Unfit::Parameters)?;
    standing.hear(growth);

    let mut sum =
        Sum { layout: &layout, growth, boosting, scale_bits, cells: zeros(layout.cells()) };
    // Of one person at a time, who has several rows; empty between them.
    let mut alone = Sum { cells: zeros(layout.cells()), ..sum };
    let slopes = rows.bins().zip(standing.scores.iter().zip(rows.targets()));
    let mut slopes = slopes.map(|(bins, (score, target))| (bins, *score, *target));
    for many in rows.rows_of_each() {
        let own = slopes.by_ref().take(many);
        if !coin.toss(rng) {
            own.for_each(drop);
        } else if many == 1 {
            // Within the sensitivity, whatever the row: no more than √(5/4) in each cell.
            own.for_each(|row| sum.add(row));
        } else {
            let mut touched: Vec<usize> = Vec::new();
            for row in own {
                alone.add(row);
                touched.extend(layout.cells_of(growth.splits(), row.0));
            }
            touched.sort_unstable();
            touched.dedup();
            sum.take(&mut alone, &touched, most);
        }
    }
    Ok(Unnoised(Zeroizing::new(sum.cells.iter().flatten().copied().collect())))
}

type Cells = Zeroizing<Vec<[i64; 2]>>;

fn zeros(cells: usize) -> Cells {
    Zeroizing::new(vec![[0; 2]; cells])
}

struct Sum<'a> {
    layout: &'a Layout,
    growth: &'a Growth,
    boosting: &'a Boosting,
    scale_bits: u32,
    cells: Cells,
}

impl Sum<'_> {
    #[expect(clippy::cast_possible_truncation, reason = "at most 2^30; not-a-number becomes 0")]
    fn add(&mut self, (bins, score, target): (&[u8], f64, f64)) {
        let (gradient, hessian) = self.boosting.target.slope(score, target);
        let scale = libm::ldexp(1.0, self.scale_bits.cast_signed());
        let gradient = (gradient * scale).round() as i64;
        let hessian = (hessian * (scale / 2.0)).round() as i64;
        for cell in self.layout.cells_of(self.growth.splits(), bins) {
            if let Some([gradients, hessians]) = self.cells.get_mut(cell) {
                // At most 2^20 persons of 2^10 rows of 2^30: no sum wraps.
                *gradients += gradient;
                *hessians += hessian;
            }
        }
    }

    /// Takes over one person's cells, scaled down where their norm is above `most`.
    fn take(&mut self, person: &mut Self, touched: &[usize], most: u64) {
        let own = || touched.iter().filter_map(|cell| person.cells.get(*cell)).flatten();
        let norm = ceil_sqrt(own().map(|value| u128::from(value.unsigned_abs()).pow(2)).sum());
        let (over, under) = if norm > u128::from(most) { (u128::from(most), norm) } else { (1, 1) };
        for cell in touched {
            let cells = (self.cells.get_mut(*cell), person.cells.get_mut(*cell));
            let (Some(totals), Some(values)) = cells else { continue };
            for (total, value) in totals.iter_mut().zip(values) {
                // Number by number towards 0, by a fraction that rounds down: never longer.
                let size = u128::from(value.unsigned_abs()) * over / under;
                *total += i64::try_from(size).unwrap_or_default() * value.signum();
                *value = 0;
            }
        }
    }
}

fn ceil_sqrt(value: u128) -> u128 {
    let root = value.isqrt();
    if root * root == value { root } else { root + 1 }
}
