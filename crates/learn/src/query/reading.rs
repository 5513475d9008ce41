//! What a query is asked for: which figures are read out of the released vector.

use serde::{Deserialize, Serialize};

use concordat_terms::Decimal;

use super::axis::Axis;
use super::drift::{Drift, Reference, Site, drift, sites};
use super::fairness::{Audit, Axes, Calibration, audit, calibration};
use super::profile::{Profile, Quantile, profile, quantiles};
use super::sums::Summary;
use super::table::Table;
use super::{Answer, Histogram, Query};

/// One thing that a query is for. A plan names them all, so that whoever approves it sees what will
/// be read, and how exactly. Whoever has the released vector can read anything else out of it at no
/// further cost of privacy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Reading {
    /// Counts, shares, missing and undeclared values of each axis of a histogram.
    Profile {
        /// The histogram.
        of: String,
    },
    /// Means and, of degree 2, variances and correlations.
    Moments {
        /// The moments.
        of: String,
    },
    /// Quantiles of a number.
    Quantiles {
        /// The histogram.
        of: String,
        /// Its axis of bins.
        axis: String,
        /// Which, each above 0 and below 1.
        at: Vec<Decimal>,
    },
    /// PSI and, for bins, KS against declared shares.
    Drift {
        /// The histogram.
        of: String,
        /// Its axis.
        axis: String,
        /// The share of each declared cell, adding to 1.
        reference: Vec<Decimal>,
    },
    /// Each declared holder beside all others: needs an axis of holders.
    Sites {
        /// The histogram.
        of: String,
        /// Its other axis.
        axis: String,
    },
    /// Confusion matrices, rates, their gaps and the area under the curve, by group.
    Fairness {
        /// The histogram.
        of: String,
        /// How its axes are read.
        by: Decisions,
        /// Scores from here on are a yes: an edge of the score.
        threshold: Decimal,
    },
    /// Rates by bins of the score, by group.
    Calibration {
        /// The histogram.
        of: String,
        /// How its axes are read.
        by: Decisions,
    },
}

/// On which axes groups, truths and scores are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decisions {
    /// Axis of the groups; without it, there is everybody alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Axis of what was true.
    pub label: String,
    /// Which of its declared cells is a yes; the other declared ones are a no.
    pub positive: String,
    /// Axis of bins of what the model said, 0 to 1.
    pub score: String,
}

/// What was read, in the order of the readings.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Finding {
    /// Each axis of a histogram.
    Profile {
        /// In the order of the axes.
        axes: Vec<Profile>,
    },
    /// Sums of columns.
    Moments(Summary),
    /// Of an axis.
    Quantiles {
        /// Its name.
        axis: String,
        /// In the order asked.
        quantiles: Vec<Quantile>,
    },
    /// Against the declared reference.
    Drift(Drift),
    /// In the order of the declared holders.
    Sites {
        /// Each beside all others.
        sites: Vec<Site>,
    },
    /// By group.
    Fairness(Box<Audit>),
    /// Everybody's, then each group's.
    Calibration {
        /// In the order of the groups.
        groups: Vec<Calibration>,
    },
}

impl Reading {
    /// The part that it reads.
    pub fn of(&self) -> &str {
        match self {
            Self::Profile { of }
            | Self::Moments { of }
            | Self::Quantiles { of, .. }
            | Self::Drift { of, .. }
            | Self::Sites { of, .. }
            | Self::Fairness { of, .. }
            | Self::Calibration { of, .. } => of,
        }
    }

    /// Its field that is at fault, and what is wrong with it.
    pub(crate) fn fault(&self, query: &Query) -> Option<(&'static str, String)> {
        if let Self::Moments { of } = self {
            return query
                .moments(of)
                .is_none()
                .then(|| ("of", format!("`{of}` is no moments of this query")));
        }
        let of = self.of();
        let Some(histogram) = query.histogram(of) else {
            return Some(("of", format!("`{of}` is no histogram of this query")));
        };
        match self {
            Self::Profile { .. } | Self::Moments { .. } => None,
            Self::Quantiles { axis, at, .. } => {
                let inside = |q: &Decimal| q.is_positive() && Some(*q) < Decimal::whole(1);
                no_bins(histogram, "axis", axis).or_else(|| {
                    let fits = (1..=99).contains(&at.len()) && at.iter().all(inside);
                    (!fits)
                        .then(|| ("at", "must be 1 to 99 numbers above 0 and below 1".to_owned()))
                })
            }
            Self::Drift { axis, reference, .. } => {
                let Some(of) = find(histogram, axis) else { return Some(("axis", absent(axis))) };
                let sum = reference.iter().try_fold(Decimal::ZERO, |sum, share| sum.plus(*share));
                let fits = reference.len() == of.declared()
                    && reference.iter().all(|share| *share >= Decimal::ZERO)
                    && sum.is_some()
                    && sum == Decimal::whole(1);
                (!fits).then(|| {
                    ("reference", format!("must be {} shares that add to 1", of.declared()))
                })
            }
            Self::Sites { axis, .. } => match find(histogram, axis) {
                None | Some(Axis::Holders { .. }) => Some(("axis", absent(axis))),
                Some(_) if !histogram.axes.iter().any(|a| matches!(a, Axis::Holders { .. })) => {
                    Some(("of", format!("`{}` has no axis of holders", histogram.name)))
                }
                Some(_) => None,
            },
            Self::Fairness { by, threshold, .. } => by.fault(histogram).or_else(|| {
                let edges = find(histogram, &by.score).map_or(&[][..], Axis::edges);
                let inner = edges.iter().skip(1).take(edges.len().saturating_sub(2));
                let known = inner.into_iter().any(|edge| edge == threshold);
                (!known).then(|| ("threshold", "must be an inner edge of the score".to_owned()))
            }),
            Self::Calibration { by, .. } => by.fault(histogram),
        }
    }

    /// What an answer holds of it; nothing where the query was not checked.
    pub(crate) fn find_in(&self, answer: &Answer) -> Option<Finding> {
        if let Self::Moments { of } = self {
            return Some(Finding::Moments(answer.sums(of)?.summary()));
        }
        let table = answer.table(self.of())?;
        match self {
            Self::Moments { .. } => None,
            Self::Profile { .. } => {
                let axes =
                    (0..table.axes().len()).map(|axis| profile(table, axis)).collect::<Option<_>>();
                Some(Finding::Profile { axes: axes? })
            }
            Self::Quantiles { axis, at, .. } => {
                let at: Vec<f64> = at.iter().map(|q| q.to_f64()).collect();
                let quantiles = quantiles(table, table.axis(axis)?, &at)?;
                Some(Finding::Quantiles { axis: axis.clone(), quantiles })
            }
            Self::Drift { axis, reference, .. } => {
                let reference = Reference::Shares(reference.iter().map(|s| s.to_f64()).collect());
                drift(table, table.axis(axis)?, &reference).map(Finding::Drift)
            }
            Self::Sites { axis, .. } => {
                Some(Finding::Sites { sites: sites(table, table.axis(axis)?)? })
            }
            Self::Fairness { by, threshold, .. } => {
                let axes = by.axes(table)?;
                let edges = table.axes().get(axes.score)?.edges();
                let from_bin = edges.iter().position(|edge| edge == threshold)?;
                Some(Finding::Fairness(Box::new(audit(table, axes, from_bin)?)))
            }
            Self::Calibration { by, .. } => {
                Some(Finding::Calibration { groups: calibration(table, by.axes(table)?)? })
            }
        }
    }
}

impl Decisions {
    fn fault(&self, histogram: &Histogram) -> Option<(&'static str, String)> {
        let group = self.group.as_deref();
        if let Some(group) = group.filter(|group| find(histogram, group).is_none()) {
            return Some(("by.group", absent(group)));
        }
        let Some(label) = find(histogram, &self.label) else {
            return Some(("by.label", absent(&self.label)));
        };
        if label.declared() < 2 || !label.labels().contains(&self.positive) {
            let what = format!("must be a declared cell of `{}`, and not the only one", self.label);
            return Some(("by.positive", what));
        }
        if group == Some(&self.label) || self.score == self.label || group == Some(&self.score) {
            return Some(("by.label", "must be another axis than groups and scores".to_owned()));
        }
        no_bins(histogram, "by.score", &self.score)
    }

    fn axes(&self, table: &Table) -> Option<Axes> {
        let label = table.axis(&self.label)?;
        let group = match &self.group {
            Some(group) => Some(table.axis(group)?),
            None => None,
        };
        let labels = table.axes().get(label)?.labels();
        let positive = labels.iter().position(|label| *label == self.positive)?;
        Some(Axes { group, label, positive, score: table.axis(&self.score)? })
    }
}

pub(crate) fn find<'a>(histogram: &'a Histogram, axis: &str) -> Option<&'a Axis> {
    histogram.axes.iter().find(|a| a.name() == axis)
}

fn absent(axis: &str) -> String {
    format!("`{axis}` is no axis of this histogram that can be read so")
}

fn no_bins(
    histogram: &Histogram,
    field: &'static str,
    axis: &str,
) -> Option<(&'static str, String)> {
    let bins = find(histogram, axis).is_some_and(|axis| !axis.edges().is_empty());
    (!bins).then(|| (field, format!("`{axis}` is no axis of bins")))
}
