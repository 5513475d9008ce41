//! The report that `concordat evidence test` files with a result: figures with their intervals, and the
//! differences to other models on the same rows.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use concordat_learn::compared::{Figure, Metric};
use concordat_learn::query::Bounds;
use concordat_partnership::ResultView;
use concordat_terms::{Decimal, Digest, MethodId, MetricId};
use serde::{Deserialize, Serialize};

/// What a lab tells of one test. Rows are told by a commitment alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Report {
    pub(super) model: Digest,
    pub(super) method: MethodId,
    pub(super) cases: NonZeroU32,
    pub(super) results: BTreeMap<MetricId, Decimal>,
    /// The commitment to the table of rows: the same rows of the same lab have the same.
    pub(in super::super) rows: Digest,
    /// Where each metric is in the population of which the rows are a sample, at 95 %.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    intervals: BTreeMap<MetricId, Range>,
    /// By how much the model is apart from others on these rows, row by row.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    against: BTreeMap<Digest, BTreeMap<MetricId, Difference>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    low: Decimal,
    high: Decimal,
}

/// This model's metric less the other's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    value: Decimal,
    low: Decimal,
    high: Decimal,
}

impl Report {
    /// A report without intervals.
    pub(super) fn new(
        model: Digest,
        method: MethodId,
        cases: NonZeroU32,
        results: BTreeMap<MetricId, Decimal>,
        rows: Digest,
    ) -> Self {
        let (intervals, against) = (BTreeMap::new(), BTreeMap::new());
        Self { model, method, cases, results, rows, intervals, against }
    }

    /// Adds the intervals of what was predicted.
    #[must_use]
    pub(super) fn with_intervals(mut self, labels: &[f64], predicted: &[f64]) -> Self {
        self.intervals = Metric::ALL
            .into_iter()
            .filter_map(|metric| {
                let bounds = metric.of_rows(labels, predicted)?.bounds;
                let (low, high) = (rounded(bounds.low)?, rounded(bounds.high)?);
                Some((metric.as_str().parse().ok()?, Range { low, high }))
            })
            .collect();
        self
    }

    /// Adds the differences to what another model predicted of the same rows.
    pub(super) fn compare(
        &mut self,
        other: Digest,
        labels: &[f64],
        [predicted, others]: [&[f64]; 2],
    ) {
        let differences = Metric::ALL.into_iter().filter_map(|metric| {
            let Figure { value, bounds } = metric.of_pair(labels, others, predicted)?;
            let (value, low, high) = (rounded(value)?, rounded(bounds.low)?, rounded(bounds.high)?);
            Some((metric.as_str().parse().ok()?, Difference { value, low, high }))
        });
        self.against.insert(other, differences.collect());
    }

    /// The report that a result was filed with, if it is one of these and says the same.
    pub(in super::super) fn read(bytes: &[u8], filed: &ResultView) -> Option<Self> {
        let report: Self = serde_json::from_slice(bytes).ok()?;
        let same = report.model == filed.subject
            && report.method == filed.method
            && report.cases.get() == filed.cases
            && report.results == filed.results;
        same.then_some(report)
    }

    /// Where a metric is.
    pub(in super::super) fn interval(&self, metric: &MetricId) -> Option<Bounds> {
        let Range { low, high } = self.intervals.get(metric)?;
        let (low, high) = (low.to_f64(), high.to_f64());
        (low <= high).then_some(Bounds { low, high })
    }

    /// This model's metric less another's, on the same rows.
    pub(in super::super) fn difference(&self, other: &Digest, metric: &MetricId) -> Option<Figure> {
        let Difference { value, low, high } = self.against.get(other)?.get(metric)?;
        let (low, high) = (low.to_f64(), high.to_f64());
        let bounds = Bounds { low, high };
        (low <= high).then_some(Figure { value: value.to_f64(), bounds })
    }
}

/// Four digits after the point, as results have; none of what is no number.
pub(super) fn rounded(value: f64) -> Option<Decimal> {
    let text = format!("{value:.4}");
    // There is no negative zero.
    if text == "-0.0000" { Some(Decimal::ZERO) } else { text.parse().ok() }
}
