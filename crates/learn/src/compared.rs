//! Whether a model is better than another or only luckier: figures with their intervals, and the
//! differences of two models on the same rows.
//!
//! All intervals are for the population of which the rows are a sample, at 95 %, rows taken as
//! independent.

use serde::Serialize;

use crate::metrics::{Interval, score};
use crate::query::Bounds;

/// Of what there are intervals: metrics by the names under which results are filed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Share of rows on the right side of one half.
    Accuracy,
    /// Area under the curve.
    Auc,
    /// Mean of both classes' shares.
    BalancedAccuracy,
    /// Mean squared distance.
    Brier,
}

/// A figure, or a difference of two, with its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// What was measured.
    pub value: f64,
    /// Where it is in the population.
    #[serde(flatten)]
    pub bounds: Bounds,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Accuracy, Self::Auc, Self::BalancedAccuracy, Self::Brier];

    /// The name under which it is filed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::Auc => "auc",
            Self::BalancedAccuracy => "balanced-accuracy",
            Self::Brier => "brier",
        }
    }

    /// The metric of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|own| own.as_str() == name)
    }

    /// Its interval where nothing is known but the value, how many rows there were, and the share of
    /// the commoner label among them: never narrower than what the rows themselves would give, but
    /// for the law of Hanley and McNeil that is assumed of an area. None where that is not enough.
    pub fn from_cases(self, value: f64, cases: u32, majority: Option<f64>) -> Option<Bounds> {
        let all = f64::from(cases);
        let known = (0.0..=1.0).contains(&value) && cases > 0;
        let rarer = majority.map(|share| ((1.0 - share) * all).round()).filter(|n| *n >= 1.0);
        match self {
            _ if !known => None,
            // A number from 0 to 1 varies most where it is 0 or 1: the interval of a share.
            Self::Accuracy | Self::Brier => Some(wilson(value, all)),
            // p₁(1 − p₁) + p₂(1 − p₂) ≤ 2·b(1 − b) at their mean b, and each class has `rarer`.
            Self::BalancedAccuracy => Some(wilson(value, 2.0 * rarer?)),
            Self::Auc => {
                let (few, many) = (rarer?, all - rarer?);
                let (a, b) = (ranked(value, few, many), ranked(value, many, few));
                Some(Bounds { low: a.low.min(b.low), high: a.high.max(b.high) })
            }
        }
    }

    /// The interval of the metric of these rows; nothing where it has no value.
    pub fn of_rows(self, labels: &[f64], probabilities: &[f64]) -> Option<Figure> {
        let scores = score(labels, probabilities)?;
        let (yes, all) = (whole(scores.positives), whole(scores.rows));
        let figure = |value, bounds| Some(Figure { value, bounds });
        match self {
            Self::Accuracy => figure(scores.accuracy, wilson(scores.accuracy, all)),
            Self::Auc => figure(scores.auc?, ranked(scores.auc?, yes, all - yes)),
            Self::BalancedAccuracy => {
                let value = scores.balanced_accuracy?;
                // Each half of it has an interval of its own (method of variance estimates recovery).
                let [a, b] = by_class(labels, &right(labels, probabilities)).map(|rights| {
                    let share = mean(&rights);
                    let own = wilson(share, whole(rights.len()));
                    (share - own.low, own.high - share)
                });
                let bounds = Bounds {
                    low: value - a.0.hypot(b.0) / 2.0,
                    high: value + a.1.hypot(b.1) / 2.0,
                };
                figure(value, bounds)
            }
            Self::Brier => {
                let own = Interval::of(&squares(labels, probabilities))?;
                figure(scores.brier, Bounds { low: own.low.max(0.0), high: own.high.min(1.0) })
            }
        }
    }

    /// `second` − `first` on the same rows, row by row; nothing where one of them has no value.
    ///
    /// Shares of right answers are compared as Agresti and Min do (Statistics in Medicine 24, 2005):
    /// half a row is added to each of the four ways in which two models answer a row. Areas are
    /// compared as DeLong, DeLong and Clarke-Pearson do (Biometrics 44, 1988).
    pub fn of_pair(self, labels: &[f64], first: &[f64], second: &[f64]) -> Option<Figure> {
        let (a, b) = (score(labels, first)?, score(labels, second)?);
        let rights = || [right(labels, first), right(labels, second)];
        let (value, middle, variance) = match self {
            Self::Accuracy => {
                let (middle, variance) = matched(&differences(&rights()));
                (b.accuracy - a.accuracy, middle, variance)
            }
            Self::BalancedAccuracy => {
                let value = b.balanced_accuracy? - a.balanced_accuracy?;
                let [yes, no] = by_class(labels, &differences(&rights())).map(|own| matched(&own));
                (value, f64::midpoint(yes.0, no.0), (yes.1 + no.1) / 4.0)
            }
            Self::Auc => {
                let value = b.auc? - a.auc?;
                let placed = [placements(labels, first), placements(labels, second)];
                let [yes, no] = by_class(labels, &differences(&placed)).map(|own| of_mean(&own));
                (value, value, yes + no)
            }
            Self::Brier => {
                let [a, b] = [squares(labels, first), squares(labels, second)];
                let own = Interval::of_differences(&b, &a)?;
                return Some(Figure {
                    value: own.mean,
                    bounds: Bounds { low: own.low, high: own.high },
                });
            }
        };
        let half = Z * variance.sqrt();
        let (low, high) = ((middle - half).min(value), (middle + half).max(value));
        Some(Figure { value, bounds: Bounds { low: low.max(-1.0), high: high.min(1.0) } })
    }
}

impl Figure {
    /// `self` − `other` of two models on different rows: each end is as far from the difference as
    /// the two intervals' own ends are, squared and added (Zou, Donner, Statistics in Medicine 27,
    /// 2008). On the same rows it is wider than it need be where the models err on the same ones.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        let value = self.value - other.value;
        let below = (self.value - self.bounds.low).hypot(other.bounds.high - other.value);
        let above = (self.bounds.high - self.value).hypot(other.value - other.bounds.low);
        Self { value, bounds: Bounds { low: value - below, high: value + above } }
    }

    /// The difference the other way round.
    #[must_use]
    pub fn turned(self) -> Self {
        let Bounds { low, high } = self.bounds;
        Self { value: -self.value, bounds: Bounds { low: -high, high: -low } }
    }

    /// Whether a difference may be none.
    pub fn is_within_noise(self) -> bool {
        self.bounds.covers(0.0)
    }
}

/// The 97.5 % point of the standard normal law.
const Z: f64 = 1.959_963_984_540_054;

/// Wilson's score interval of a share (J. American Statistical Association 22, 1927).
fn wilson(share: f64, cases: f64) -> Bounds {
    let square = Z * Z;
    let middle = share + square / (2.0 * cases);
    let spread = Z * (share * (1.0 - share) / cases + square / (4.0 * cases * cases)).sqrt();
    let scale = 1.0 + square / cases;
    let (low, high) = ((middle - spread) / scale, (middle + spread) / scale);
    Bounds { low: low.clamp(0.0, share), high: high.clamp(share, 1.0) }
}

/// All areas from which `area` is no further than chance explains, by the variance of Hanley and
/// McNeil (Radiology 143, 1982) at each of them: it does not shrink to a point where all pairs are in
/// order.
fn ranked(area: f64, yes: f64, no: f64) -> Bounds {
    let spread = |at: f64| {
        let square = at * at;
        let (two_yes, two_no) = (at / (2.0 - at), 2.0 * square / (1.0 + at));
        let sum =
            at * (1.0 - at) + (yes - 1.0) * (two_yes - square) + (no - 1.0) * (two_no - square);
        Z * (sum / (yes * no)).max(0.0).sqrt()
    };
    let end = |edge: f64| {
        let (mut inside, mut outside) = (area, edge);
        for _ in 0..60 {
            let at = f64::midpoint(inside, outside);
            if (at - area).abs() <= spread(at) { inside = at } else { outside = at }
        }
        inside
    };
    Bounds { low: end(0.0), high: end(1.0) }
}

/// Which rows are answered rightly: 1 or 0.
fn right(labels: &[f64], probabilities: &[f64]) -> Vec<f64> {
    let pairs = labels.iter().zip(probabilities);
    pairs.map(|(label, p)| f64::from(u8::from((*label > 0.5) == (*p >= 0.5)))).collect()
}

fn squares(labels: &[f64], probabilities: &[f64]) -> Vec<f64> {
    let pairs = labels.iter().zip(probabilities);
    pairs.map(|(label, p)| (p - f64::from(u8::from(*label > 0.5))).powi(2)).collect()
}

/// For each row, the share of the other class's rows that it is on the right side of, a tie one half.
fn placements(labels: &[f64], probabilities: &[f64]) -> Vec<f64> {
    let mut order: Vec<(usize, bool, f64)> = labels
        .iter()
        .zip(probabilities)
        .enumerate()
        .map(|(place, (label, p))| (place, *label > 0.5, *p))
        .collect();
    order.sort_by(|a, b| a.2.total_cmp(&b.2));
    let yes = whole(order.iter().filter(|row| row.1).count());
    let no = whole(order.len()) - yes;
    let (mut yes_below, mut no_below) = (0.0, 0.0);
    let mut placed = vec![0.0; labels.len()];
    #[expect(clippy::float_cmp, reason = "a tie is the same probability to the bit")]
    for tied in order.chunk_by(|a, b| a.2 == b.2) {
        let own = whole(tied.iter().filter(|row| row.1).count());
        let others = whole(tied.len()) - own;
        for (place, is_yes, _) in tied {
            if let Some(value) = placed.get_mut(*place) {
                *value = match is_yes {
                    true => (no_below + others / 2.0) / no,
                    false => 1.0 - (yes_below + own / 2.0) / yes,
                };
            }
        }
        (yes_below, no_below) = (yes_below + own, no_below + others);
    }
    placed
}

/// The second less the first, row by row.
fn differences([first, second]: &[Vec<f64>; 2]) -> Vec<f64> {
    first.iter().zip(second).map(|(a, b)| b - a).collect()
}

/// The values of the rows that are a yes, and of those that are a no.
fn by_class(labels: &[f64], values: &[f64]) -> [Vec<f64>; 2] {
    let pairs = || labels.iter().zip(values);
    [
        pairs().filter(|(label, _)| **label > 0.5).map(|(_, value)| *value).collect(),
        pairs().filter(|(label, _)| **label <= 0.5).map(|(_, value)| *value).collect(),
    ]
}

/// The mean difference of matched answers and its variance, with half a row in each of four cells.
fn matched(differences: &[f64]) -> (f64, f64) {
    let all = whole(differences.len()) + 2.0;
    let apart = differences.iter().map(|value| value.abs()).sum::<f64>() + 1.0;
    let middle = differences.iter().sum::<f64>() / all;
    (middle, (apart - middle * middle * all) / (all * all))
}

/// The variance of a mean.
fn of_mean(values: &[f64]) -> f64 {
    if values.len() < 2 {
        // One row says nothing of how others vary.
        return f64::INFINITY;
    }
    let (count, middle) = (whole(values.len()), mean(values));
    let squares: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
    squares / (count - 1.0) / count
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / whole(values.len())
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
fn whole(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::{Rng as _, SeedableRng};

    use super::*;

    fn uniform(rng: &mut ChaCha20Rng) -> f64 {
        f64::from(rng.next_u32()) / 4_294_967_296.0
    }

    /// Rows whose label is drawn from a probability, and two models that see it through fog.
    fn rows(rng: &mut ChaCha20Rng, count: usize, fog: [f64; 2]) -> (Vec<f64>, [Vec<f64>; 2]) {
        let (mut labels, mut said) = (Vec::new(), [Vec::new(), Vec::new()]);
        for _ in 0..count {
            let p = uniform(rng);
            labels.push(f64::from(u8::from(uniform(rng) < p)));
            for (said, fog) in said.iter_mut().zip(fog) {
                said.push((1.0 - fog) * p + fog * uniform(rng));
            }
        }
        (labels, said)
    }

    #[test]
    fn matched_answers_are_compared_by_those_that_differ() {
        // Of twenty rows the second model has five right that the first has wrong, and one the other way.
        let labels = [1.0; 20];
        let mut first = [0.9; 20];
        let mut second = [0.9; 20];
        first[..5].fill(0.1);
        second[5] = 0.1;
        let apart = Metric::Accuracy.of_pair(&labels, &first, &second).unwrap();
        assert!((apart.value - 0.2).abs() < 1e-12);
        // (5 − 1) / 22 ± 1.96·√(7 − 16/22)/22, by hand.
        let half = 1.959_964 * (7.0_f64 - 16.0 / 22.0).sqrt() / 22.0;
        assert!((apart.bounds.low - (4.0 / 22.0 - half)).abs() < 1e-6, "{apart:?}");
        assert!((apart.bounds.high - (4.0 / 22.0 + half)).abs() < 1e-6, "{apart:?}");
        assert!(apart.is_within_noise());
        // Where everybody is a yes there is nothing to rank.
        assert_eq!(Metric::Auc.of_pair(&labels, &first, &second), None);
        assert_eq!(Metric::Auc.of_rows(&labels, &first), None);
    }

    #[test]
    fn areas_vary_as_delong_says() {
        // Two positives, two negatives; by hand: placements (1, ½) and (1, ½) against (1, 1) and (1, 1).
        let labels = [1.0, 1.0, 0.0, 0.0];
        let apart = Metric::Auc.of_pair(&labels, &[0.9, 0.4, 0.6, 0.1], &[0.9, 0.8, 0.6, 0.1]);
        let apart = apart.unwrap();
        assert!((apart.value - 0.25).abs() < 1e-12);
        // Differences (0, ½) in each class: variance ⅛ each, over two rows.
        let high = 0.25 + Z * (0.125_f64).sqrt();
        assert!((apart.bounds.high - high).abs() < 1e-12, "{apart:?}");
    }

    #[test]
    fn a_perfect_ranking_of_few_rows_is_not_taken_for_certain() {
        let bounds = ranked(1.0, 10.0, 10.0);
        assert!(bounds.high > 0.999_999 && (0.75..0.95).contains(&bounds.low), "{bounds:?}");
        assert_eq!(Metric::Auc.from_cases(0.9, 100, None), None);
        assert_eq!(Metric::Accuracy.from_cases(1.2, 100, None), None);
    }

    #[test]
    fn what_is_known_from_counts_alone_is_never_narrower_than_what_the_rows_say() {
        let mut rng = ChaCha20Rng::seed_from_u64(7);
        for count in [30, 120, 254] {
            let (labels, [said, _]) = rows(&mut rng, count, [0.3, 0.6]);
            let majority = score(&labels, &said).unwrap().majority;
            for metric in Metric::ALL {
                let exact = metric.of_rows(&labels, &said).unwrap();
                let cases = u32::try_from(count).unwrap();
                let rough = metric.from_cases(exact.value, cases, Some(majority)).unwrap();
                let (wide, narrow) = (rough.half_width(), exact.bounds.half_width());
                assert!(wide >= narrow - 1e-9, "{metric:?}: {rough:?} {exact:?}");
                assert!(exact.bounds.covers(exact.value) && rough.covers(exact.value));
            }
        }
    }

    /// 600 worlds of 150 rows in which both models see equally well: an interval of 95 % leaves out the
    /// truth in one of twenty, and the pair says more than two tests apart.
    #[test]
    fn intervals_of_pairs_hold_as_often_as_they_say() {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let (worlds, mut missed, mut narrower) = (600, [0; 4], [0; 4]);
        for _ in 0..worlds {
            let (labels, [first, second]) = rows(&mut rng, 150, [0.2, 0.2]);
            for (place, metric) in Metric::ALL.into_iter().enumerate() {
                let apart = metric.of_pair(&labels, &first, &second).unwrap();
                missed[place] += usize::from(!apart.is_within_noise());
                let [a, b] = [&first, &second].map(|own| metric.of_rows(&labels, own).unwrap());
                let unpaired = b.minus(a);
                assert!((unpaired.value - apart.value).abs() < 1e-12);
                narrower[place] +=
                    usize::from(apart.bounds.half_width() < unpaired.bounds.half_width());
            }
        }
        for (missed, narrower) in missed.into_iter().zip(narrower) {
            assert!((9..=51).contains(&missed), "{missed} of {worlds}");
            assert!(narrower > worlds * 9 / 10, "{narrower} of {worlds}");
        }
    }

    #[test]
    fn a_model_that_is_clearly_better_is_found_so() {
        let mut rng = ChaCha20Rng::seed_from_u64(11);
        let (labels, [first, second]) = rows(&mut rng, 600, [0.9, 0.05]);
        for metric in Metric::ALL {
            let apart = metric.of_pair(&labels, &first, &second).unwrap();
            assert!(!apart.is_within_noise(), "{metric:?}: {apart:?}");
            assert_eq!(apart.value > 0.0, metric != Metric::Brier);
        }
    }
}
