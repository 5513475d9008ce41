//! How good predictions are, and how sure one can be of it.
//!
//! Exact scores of one holder's rows are private: they stay with that holder's steward unless a
//! charged query releases them.

/// Scores of predicted probabilities against labels 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scores {
    /// Rows scored.
    pub rows: usize,
    /// Rows whose label is 1.
    pub positives: usize,
    /// Share of rows on the right side of one half, 0 to 1; one half itself counts as a yes.
    pub accuracy: f64,
    /// Mean of the share among the positives and the share among the negatives; nothing when
    /// one of the two is absent.
    pub balanced_accuracy: Option<f64>,
    /// Probability that a random positive is ranked above a random negative, ties counting one
    /// half (Hanley, McNeil 1982); nothing when one of the two is absent.
    pub auc: Option<f64>,
    /// Mean squared distance of probability and label, 0 to 1, smaller is better (Brier 1950).
    pub brier: f64,
    /// Accuracy of whoever always says the commoner label of these rows.
    pub majority: f64,
}

/// Scores `probabilities` against `labels`; nothing when there is no row, when the lengths
/// differ or when a probability is no number.
pub fn score(labels: &[f64], probabilities: &[f64]) -> Option<Scores> {
    let rows = labels.len();
    if rows == 0 || rows != probabilities.len() || probabilities.iter().any(|p| p.is_nan()) {
        return None;
    }
    let pairs = || labels.iter().map(|label| *label > 0.5).zip(probabilities.iter().copied());
    let positives = pairs().filter(|(yes, _)| *yes).count();
    let negatives = rows - positives;
    let right_yes = pairs().filter(|(yes, p)| *yes && *p >= 0.5).count();
    let right_no = pairs().filter(|(yes, p)| !*yes && *p < 0.5).count();
    let both = positives > 0 && negatives > 0;
    let squares: f64 = pairs().map(|(yes, p)| (p - f64::from(u8::from(yes))).powi(2)).sum();
    Some(Scores {
        rows,
        positives,
        accuracy: ratio(right_yes + right_no, rows),
        balanced_accuracy: both
            .then(|| (ratio(right_yes, positives) + ratio(right_no, negatives)) / 2.0),
        auc: both.then(|| ratio(doubled_wins(pairs()), 2 * positives * negatives)),
        brier: squares / ratio(rows, 1),
        majority: ratio(positives.max(negatives), rows),
    })
}

/// A mean with its 95 % confidence interval by Student's t with n − 1 degrees of freedom.
///
/// Over random splits of one table it says how sure the mean over such splits is, not how the
/// model would do on other people: test sets of different splits overlap (Nadeau, Bengio,
/// "Inference for the generalization error", 2003).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Values averaged.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// The interval of the mean of at least two values.
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        if n < 2 {
            return None;
        }
        let count = ratio(n, 1);
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let half = student_975(n - 1) * (squares / (count - 1.0) / count).sqrt();
        Some(Self { n, mean, low: mean - half, high: mean + half })
    }

    /// The interval of the mean of `first` − `second`, pair by pair; nothing for fewer than two
    /// pairs or lists of different length.
    pub fn of_differences(first: &[f64], second: &[f64]) -> Option<Self> {
        if first.len() != second.len() {
            return None;
        }
        let differences: Vec<f64> = first.iter().zip(second).map(|(a, b)| a - b).collect();
        Self::of(&differences)
    }
}

/// Twice the number of (positive, negative) pairs in the right order, a tie counting one.
fn doubled_wins(pairs: impl Iterator<Item = (bool, f64)>) -> usize {
    let mut ranked: Vec<(bool, f64)> = pairs.collect();
    ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut negatives_below = 0;
    let mut wins = 0;
    for tied in ranked.chunk_by(|a, b| a.1 == b.1) {
        let positives = tied.iter().filter(|(yes, _)| *yes).count();
        let negatives = tied.len() - positives;
        wins += positives * (2 * negatives_below + negatives);
        negatives_below += negatives;
    }
    wins
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// The 97.5 % quantile of Student's t: tabled up to ten degrees of freedom, then the expansion
/// in 1/ν (Abramowitz, Stegun 26.7.5), whose error is below 10^-4 from there on.
fn student_975(degrees: usize) -> f64 {
    const TABLE: [f64; 10] =
        [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281];
    if let Some(value) = degrees.checked_sub(1).and_then(|place| TABLE.get(place)) {
        return *value;
    }
    let z = 1.959_963_984_540_054_f64;
    let v = ratio(degrees, 1);
    let first = (z.powi(3) + z) / 4.0;
    let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
    let third = (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0;
    z + first / v + second / v.powi(2) + third / v.powi(3)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn four_patients_by_hand() {
        let scores = score(&[1.0, 0.0, 1.0, 0.0], &[0.9, 0.6, 0.5, 0.1]).unwrap();
        assert_eq!((scores.rows, scores.positives), (4, 2));
        assert_eq!(scores.accuracy, 0.75);
        assert_eq!(scores.balanced_accuracy, Some(0.75));
        // Of four pairs, only (0.5, 0.6) is in the wrong order.
        assert_eq!(scores.auc, Some(0.75));
        assert!((scores.brier - (0.01 + 0.36 + 0.25 + 0.01) / 4.0).abs() < 1e-15);
        assert_eq!(scores.majority, 0.5);
    }

    #[test]
    fn where_everybody_is_ill_there_is_nothing_to_rank() {
        let scores = score(&[1.0, 1.0], &[0.9, 0.2]).unwrap();
        assert_eq!((scores.auc, scores.balanced_accuracy), (None, None));
        assert_eq!((scores.accuracy, scores.majority), (0.5, 1.0));
        assert_eq!(score(&[], &[]), None);
        assert_eq!(score(&[1.0], &[]), None);
        assert_eq!(score(&[1.0], &[f64::NAN]), None);
    }

    #[test]
    fn the_interval_is_the_textbook_one() {
        // Mean 3, variance 2.5, five values: 3 ± 2.7764·√0.5.
        let interval = Interval::of(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert_eq!(interval.mean, 3.0);
        assert!((interval.high - 3.0 - 2.7764 * 0.5_f64.sqrt()).abs() < 1e-12);
        assert_eq!(Interval::of(&[1.0]), None);
        let paired = Interval::of_differences(&[1.0, 2.0, 3.0], &[0.5, 1.5, 2.5]).unwrap();
        assert_eq!((paired.low, paired.mean, paired.high), (0.5, 0.5, 0.5));
        assert_eq!(Interval::of_differences(&[1.0, 2.0], &[1.0]), None);
    }

    #[test]
    fn quantiles_agree_with_printed_tables() {
        for (degrees, value) in
            [(1, 12.706), (10, 2.228), (11, 2.201), (15, 2.131), (30, 2.042), (99, 1.984)]
        {
            assert!((student_975(degrees) - value).abs() < 6e-4, "{degrees}");
        }
    }

    proptest! {
        #[test]
        fn the_area_is_the_share_of_pairs_in_order(
            rows in prop::collection::vec((any::<bool>(), 0_u8..20), 2..60),
        ) {
            let labels: Vec<f64> = rows.iter().map(|(yes, _)| f64::from(u8::from(*yes))).collect();
            let guesses: Vec<f64> = rows.iter().map(|(_, p)| f64::from(*p) / 20.0).collect();
            let (mut wins, mut pairs) = (0.0, 0.0);
            for (_, p) in rows.iter().filter(|(yes, _)| *yes) {
                for (_, n) in rows.iter().filter(|(yes, _)| !*yes) {
                    pairs += 1.0;
                    wins += if p > n { 1.0 } else if p == n { 0.5 } else { 0.0 };
                }
            }
            let auc = score(&labels, &guesses).unwrap().auc;
            prop_assert_eq!(auc.is_some(), pairs > 0.0);
            prop_assert!(auc.is_none_or(|auc| (auc - wins / pairs).abs() < 1e-12));
        }
    }
}
