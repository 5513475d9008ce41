//! What a reading's figures will be off by, from the noise and what is expected of the rows.

use super::axis::{Axis, UNDECLARED};
use super::estimate::{Z, simultaneous};
use super::planning::{Expected, Prediction, Release};
use super::reading::{Decisions, Reading, find};
use super::{Histogram, Query};

/// What one reading's figures will be off by.
pub(crate) struct Forecast<'a> {
    query: &'a Query,
    expected: &'a Expected,
    /// Deviation of the noise in one cell, in rows.
    deviation: f64,
}

impl<'a> Forecast<'a> {
    /// For this noise and these rows.
    pub(crate) fn new(query: &'a Query, release: &Release, expected: &'a Expected) -> Self {
        let present = f64::from(release.nodes.max(1)) / f64::from(release.shares.max(1));
        let sensitivity = query.sensitivity(release.neighbours) as f64 / query.unit();
        let deviation = release.sigma.to_f64() * sensitivity * present.sqrt();
        Self { query, expected, deviation }
    }

    /// Of the reading's figure that is hardest to tell.
    pub(crate) fn of(&self, reading: &Reading) -> Prediction {
        let rows = self.expected.rows as f64;
        if let Reading::Moments { of } = reading {
            return match self.query.moments(of) {
                None => unknown(),
                // In units of half the range; products have to be told from a spread of a quarter
                // of the range, whose square in those units is a quarter.
                Some(m) if m.degree == 2 => self.figure("a correlation", Z, 16.0, rows, 1.0),
                Some(_) => self.figure("a mean, as a share of its range", Z, 0.25, rows, 0.25),
            };
        }
        let Some(histogram) = self.query.histogram(reading.of()) else { return unknown() };
        match reading {
            Reading::Moments { .. } => unknown(),
            Reading::Profile { .. } => {
                let shares = histogram.axes.iter().map(|axis| {
                    // Of a rare cell: the noise in all rows is hardly felt.
                    let share = 1.0 / axis.declared().max(2) as f64;
                    let cells = folded(histogram, &[axis]);
                    self.figure("a share", Z, cells, rows, share * (1.0 - share))
                });
                shares.fold(Prediction { noise: 0.0, ..unknown() }, worse)
            }
            Reading::Quantiles { axis, at, .. } => {
                let Some(axis) = find(histogram, axis) else { return unknown() };
                let (each, bins) = (folded(histogram, &[axis]), axis.declared() as f64);
                let ranks = at.iter().map(|q| {
                    let q = q.to_f64();
                    let below = (q * bins).round();
                    let cells = (1.0 - q).powi(2) * below + q * q * (bins - below);
                    self.figure("a quantile's rank", Z, each * cells, rows, q * (1.0 - q))
                });
                ranks.fold(Prediction { noise: 0.0, ..unknown() }, worse)
            }
            Reading::Drift { axis, .. } => match find(histogram, axis) {
                Some(axis) => self.distance(axis, folded(histogram, &[axis]), rows, 1),
                None => unknown(),
            },
            Reading::Sites { axis, .. } => {
                let holders = histogram.axes.iter().find(|a| matches!(a, Axis::Holders { .. }));
                let (Some(axis), Some(holders)) = (find(histogram, axis), holders) else {
                    return unknown();
                };
                let (each, share) = (folded(histogram, &[axis, holders]), self.rarest(holders));
                let own = self.distance(axis, each, rows * share, 2);
                let count = holders.declared() as f64 - 1.0;
                let others = self.distance(axis, each * count, rows * (1.0 - share), 2);
                let (noise, sampling) = (own.noise + others.noise, own.sampling + others.sampling);
                Prediction { noise, sampling, ..own }
            }
            Reading::Fairness { by, .. } => {
                let figure = "a group's true positive rate";
                self.rate_of(histogram, by, figure, |bins, rarest| (bins / 2.0, rarest))
            }
            Reading::Calibration { by, .. } => {
                let figure = "a group's rate in a bin of scores";
                // Of all labels: a bin holds positives and negatives.
                self.rate_of(histogram, by, figure, |bins, _| (1.0, 1.0 / bins))
            }
        }
    }

    /// A rate of one half. `of` says for the number of bins and the share of the rarer label how
    /// many bins the numerator and as many the rest is made of, and what share of the group's rows
    /// are in the denominator.
    fn rate_of(
        &self,
        histogram: &Histogram,
        by: &Decisions,
        figure: &'static str,
        of: impl Fn(f64, f64) -> (f64, f64),
    ) -> Prediction {
        let axis = |name: &str| find(histogram, name);
        let (Some(label), Some(score)) = (axis(&by.label), axis(&by.score)) else {
            return unknown();
        };
        let group = by.group.as_deref().and_then(axis);
        let axes: Vec<&Axis> = [Some(label), Some(score), group].into_iter().flatten().collect();
        let each = folded(histogram, &axes);
        let (numerator, share) = of(score.declared() as f64, self.rarest(label));
        let rows =
            self.expected.rows as f64 * group.map_or(1.0, |group| self.rarest(group)) * share;
        // ((1 − ½)² + ½²) times as many cells on either side.
        self.figure(figure, Z, each * numerator / 2.0, rows, 0.25)
    }

    /// Of two distribution functions, at the middle of an axis.
    fn distance(&self, axis: &Axis, each: f64, rows: f64, uncertain: usize) -> Prediction {
        let cells = axis.declared() as f64;
        let z = simultaneous(uncertain * axis.declared().saturating_sub(1));
        let name = "a distance of distributions";
        self.figure(name, z, each * cells / 4.0, rows, 0.25)
    }

    fn figure(
        &self,
        figure: &'static str,
        z: f64,
        cells: f64,
        rows: f64,
        spread: f64,
    ) -> Prediction {
        let rows = rows.max(0.0);
        let design = f64::from(self.query.rows_per_person);
        Prediction {
            reading: 0,
            figure,
            noise: z * self.deviation * cells.sqrt() / rows,
            sampling: z * (design * spread / rows).sqrt(),
        }
    }

    fn rarest(&self, axis: &Axis) -> f64 {
        let even = 1.0 / axis.declared().max(1) as f64;
        self.expected.rarest.get(axis.name()).map_or(even, |share| share.to_f64())
    }
}

/// How many cells of a histogram become one when only these axes are kept.
fn folded(histogram: &Histogram, kept: &[&Axis]) -> f64 {
    let others = histogram.axes.iter().filter(|axis| !kept.iter().any(|k| k.name() == axis.name()));
    others.map(|axis| (axis.declared() + UNDECLARED) as f64).product()
}

fn worse(a: Prediction, b: Prediction) -> Prediction {
    if b.noise > a.noise { b } else { a }
}

/// Of what the query does not have, nothing will be known.
fn unknown() -> Prediction {
    Prediction { reading: 0, figure: "nothing", noise: f64::INFINITY, sampling: f64::INFINITY }
}
