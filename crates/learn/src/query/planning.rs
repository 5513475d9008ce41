//! How exact an answer will be, before anything runs.

use std::collections::BTreeMap;

use concordat_dp::{Event, ParameterError};
use concordat_terms::Decimal;

use super::axis::Axis;
use super::forecast::Forecast;
use super::reading::Reading;
use super::{Neighbours, Part, Query};

/// How the vector will be released and charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    /// Noise multiplier that the worst coalition faces.
    pub sigma: Decimal,
    /// n: nodes whose noise will be in the sum.
    pub nodes: u32,
    /// h: into how many shares the noise was split; 1 is the full noise at each node.
    pub shares: u32,
    /// Under which neighbours it is charged.
    pub neighbours: Neighbours,
    /// How often it is charged: once and once more for each allowed retry.
    pub charges: u32,
    /// δ of the account.
    pub delta: Decimal,
}

/// What is publicly known, or guessed, of the rows. Nothing here may come from private rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Rows of all holders together, above 0.
    pub rows: u64,
    /// By the name of an axis: the share of all rows that its rarest cell of interest has, above
    /// 0, at most 1. Where nothing is said, all declared cells are taken to be equally common.
    pub rarest: BTreeMap<String, Decimal>,
}

/// How far a figure will be off for noise alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Place of the reading among the query's readings.
    pub reading: usize,
    /// Which of its figures: the one that is hardest to tell.
    pub figure: &'static str,
    /// Half the width of its 95 % interval from noise, as a share of one: of rows, of a rate's
    /// denominator, or of a column's declared range. Infinite where nothing will be known.
    pub noise: f64,
    /// The same from sampling, for rows that are as many: what no budget can mend.
    pub sampling: f64,
}

/// How far off figures may be by the agreement: [`Prediction::noise`], as shares of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tolerance {
    /// Above this it is asked with a warning.
    pub warn_above: Decimal,
    /// Above this it is not asked.
    pub refuse_above: Decimal,
}

/// Whether a query will be exact enough.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// All its readings will be within the tolerance.
    Within,
    /// Some will be further off than the agreement likes.
    Warn(Remedy),
    /// Some will be further off than the agreement lets.
    Refuse(Remedy),
}

/// What is wrong with a query, and what would fit: each of these alone is enough.
#[derive(Clone, Debug, PartialEq)]
pub struct Remedy {
    /// The figure that is furthest off.
    pub worst: Prediction,
    /// Fewer bins: the same query with the finest bins that fit.
    pub fewer_bins: Option<Query>,
    /// Less noise: the largest multiplier that fits, on a grid of 0.01.
    pub sigma: Option<Decimal>,
    /// More budget: the ε that all charges cost with that multiplier, by the filter.
    pub epsilon: Option<f64>,
    /// More rows: as many would be needed; none where none are expected.
    pub rows: Option<u64>,
}

/// How many bins so many rows are worth: 8 at 5,000, 32 at 50,000 and more.
pub fn bins_for(rows: u64) -> u32 {
    match rows {
        50_000.. => 32,
        16_000.. => 16,
        5_000.. => 8,
        1_500.. => 4,
        _ => 2,
    }
}

impl Query {
    /// How exact each reading will be, in their order. Depends on the query, the noise and what is
    /// expected; exactly proportional to σ, and inversely to the rows.
    pub fn predict(&self, release: &Release, expected: &Expected) -> Vec<Prediction> {
        let noise = Forecast::new(self, release, expected);
        let each = self.readings.iter().enumerate();
        each.map(|(place, reading)| Prediction { reading: place, ..noise.of(reading) }).collect()
    }

    /// Whether it is worth its privacy by the agreement's tolerance, and what else would be.
    ///
    /// # Errors
    /// [`ParameterError`] for a multiplier or a δ that nothing can be charged for.
    pub fn judge(
        &self,
        release: &Release,
        expected: &Expected,
        tolerance: Tolerance,
    ) -> Result<Verdict, ParameterError> {
        let cost = |sigma| {
            let one = Decimal::whole(1).unwrap_or(Decimal::ZERO);
            concordat_dp::cost(&[Event { sigma, q: one, count: release.charges }])
        };
        concordat_dp::epsilon(&cost(release.sigma)?, release.delta)?;
        let worst = |query: &Self| {
            let all = query.predict(release, expected).into_iter();
            all.max_by(|a, b| a.noise.total_cmp(&b.noise))
        };
        let Some(furthest) = worst(self) else { return Ok(Verdict::Within) };
        let (warn, refuse) = (tolerance.warn_above.to_f64(), tolerance.refuse_above.to_f64());
        let most = match furthest.noise {
            noise if noise > refuse => refuse,
            noise if noise > warn => warn,
            _ => return Ok(Verdict::Within),
        };

        let mut coarser = self.coarser();
        while let Some(query) = &coarser {
            if worst(query).is_some_and(|prediction| prediction.noise <= most) {
                break;
            }
            coarser = query.coarser();
        }
        let factor = most / furthest.noise;
        let sigma = hundredths_down(release.sigma.to_f64() * factor);
        let cost = sigma.and_then(|sigma| cost(sigma).ok());
        let remedy = Remedy {
            fewer_bins: coarser,
            epsilon: cost.and_then(|cost| concordat_dp::epsilon(&cost, release.delta).ok()),
            sigma,
            // The cast saturates.
            rows: (factor > 0.0).then(|| (expected.rows as f64 / factor).ceil() as u64),
            worst: furthest.clone(),
        };
        let refused = furthest.noise > refuse;
        Ok(if refused { Verdict::Refuse(remedy) } else { Verdict::Warn(remedy) })
    }

    /// The same with half as many bins on every axis of bins that has more than two: every second
    /// edge stays, with both outermost ones and those that are a threshold. References are added up.
    fn coarser(&self) -> Option<Self> {
        let mut query = self.clone();
        let mut changed = false;
        for part in &mut query.parts {
            let Part::Histogram(histogram) = part else { continue };
            for axis in &mut histogram.axes {
                let name = axis.name().to_owned();
                let Axis::Bins { edges, .. } = axis else { continue };
                let last = edges.len().saturating_sub(1);
                if last <= 2 {
                    continue;
                }
                let is_threshold = |edge: &Decimal| {
                    self.readings.iter().any(|reading| match reading {
                        Reading::Fairness { of, by, threshold } => {
                            *of == histogram.name && by.score == name && threshold == edge
                        }
                        _ => false,
                    })
                };
                let stays =
                    |(n, edge): (usize, &Decimal)| n % 2 == 0 || n == last || is_threshold(edge);
                let kept: Vec<bool> = edges.iter().enumerate().map(stays).collect();
                if kept.iter().all(|kept| *kept) {
                    continue;
                }
                let mut places = kept.iter();
                edges.retain(|_| places.next().copied().unwrap_or(true));
                for reading in &mut query.readings {
                    if let Reading::Drift { of, axis, reference } = reading
                        && *of == histogram.name
                        && *axis == name
                    {
                        *reference = added_up(reference, &kept)?;
                    }
                }
                changed = true;
            }
        }
        changed.then_some(query)
    }
}

/// Shares of bins between the edges that stay.
fn added_up(shares: &[Decimal], kept: &[bool]) -> Option<Vec<Decimal>> {
    let mut sums = Vec::new();
    for (share, starts) in shares.iter().zip(kept) {
        match sums.last_mut() {
            Some(sum) if !starts => *sum = share.plus(*sum)?,
            _ => sums.push(*share),
        }
    }
    Some(sums)
}

fn hundredths_down(sigma: f64) -> Option<Decimal> {
    let cents = (sigma * 100.0).floor();
    if !(10.0..=1e8).contains(&cents) {
        return None;
    }
    format!("{:.2}", cents / 100.0).parse().ok()
}
