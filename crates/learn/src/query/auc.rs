//! The area under the curve of true against false positives, from counts in bins of scores.

use serde::Serialize;

use super::estimate::{Bounds, Count, Estimate, SHARE, Z};

/// How well scores rank, and the curve behind it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ranking {
    /// Probability that a random positive has a score in a higher bin than a random negative, one
    /// half counted where both are in the same.
    pub auc: Estimate,
    /// By how much, at most, the area of the unbinned scores differs from it: half the pairs that
    /// share a bin.
    pub grain: f64,
    /// One point for each edge that can be a threshold, from the highest: (false, true) positives.
    pub curve: Vec<(Estimate, Estimate)>,
}

/// From counts of positives and of negatives in each bin of the score, lowest first.
///
/// The interval is Fieller's idea for a form of two counts: all areas a for which W − a·P·N, with W
/// the pairs in order, is within z deviations of its noise. Its variance is taken at the released
/// counts, where it is too large on average by the product of two noises, never too small. Sampling
/// adds the variance of Hanley and McNeil (Radiology 143, 1982), formula 2, at the value.
pub(crate) fn ranking(positives: &[Count], negatives: &[Count], design: f64) -> Ranking {
    let curve = curve(positives, negatives, design);
    let all = |counts: &[Count]| counts.iter().copied().fold(Count::NONE, Count::plus);
    let (p, n) = (all(positives).value, all(negatives).value);
    // For each bin: how many of the others are on the right side of it.
    let mut below = 0.0;
    let beaten: Vec<f64> = negatives
        .iter()
        .map(|count| {
            below += count.value;
            below - count.value / 2.0
        })
        .collect();
    let mut so_far = 0.0;
    let beating: Vec<f64> = positives
        .iter()
        .map(|count| {
            so_far += count.value;
            p - so_far + count.value / 2.0
        })
        .collect();
    let wins: f64 = positives.iter().zip(&beaten).map(|(count, beaten)| count.value * beaten).sum();
    let tied: f64 =
        positives.iter().zip(negatives).map(|(a, b)| a.value.max(0.0) * b.value.max(0.0)).sum();
    let pairs = p * n;
    if p <= 0.0 || n <= 0.0 {
        let auc = Estimate::new(0.5, SHARE, SHARE);
        return Ranking { auc, grain: 0.5, curve };
    }
    let value = SHARE.nearest(wins / pairs);

    // Var = x·a² − 2·y·a + w over both sides.
    let side = |counts: &[Count], weights: &[f64], others: f64| {
        counts.iter().zip(weights).fold((0.0, 0.0, 0.0), |(x, y, w), (count, weight)| {
            let v = count.variance;
            (x + v * others * others, y + v * others * weight, w + v * weight * weight)
        })
    };
    let (a, b) = (side(positives, &beaten, n), side(negatives, &beating, p));
    let (x, y, w) = (a.0 + b.0, a.1 + b.1, a.2 + b.2);
    let z2 = Z * Z;
    let interval = |sampling: f64| {
        Bounds::solving(
            pairs * pairs - z2 * x,
            -2.0 * wins * pairs + 2.0 * z2 * y,
            wins * wins - z2 * w - z2 * sampling * pairs * pairs,
            SHARE,
        )
    };
    let sampling = design * hanley_mcneil(value, p.max(1.0), n.max(1.0));
    let auc = Estimate::new(value, interval(0.0), interval(sampling));
    Ranking { auc, grain: SHARE.nearest(tied / pairs / 2.0), curve }
}

fn hanley_mcneil(auc: f64, p: f64, n: f64) -> f64 {
    let square = auc * auc;
    let (both_positive, both_negative) = (auc / (2.0 - auc), 2.0 * square / (1.0 + auc));
    let spread = auc * (1.0 - auc)
        + (p - 1.0) * (both_positive - square)
        + (n - 1.0) * (both_negative - square);
    (spread / (p * n)).max(0.0)
}

fn curve(positives: &[Count], negatives: &[Count], design: f64) -> Vec<(Estimate, Estimate)> {
    // From the highest bin down: the rows that a threshold at its lower edge says yes to.
    let rates = |counts: &[Count]| {
        (0..counts.len())
            .rev()
            .map(|from| {
                let (no, yes) = counts.split_at(from);
                let sum = |counts: &[Count]| counts.iter().copied().fold(Count::NONE, Count::plus);
                sum(yes).share_of(sum(no), design)
            })
            .collect::<Vec<_>>()
    };
    rates(negatives).into_iter().zip(rates(positives)).collect()
}
