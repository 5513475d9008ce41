//! What tests say of two models: each figure with its interval, and how far they are apart.
//!
//! What a report says of its own intervals and of pairs is taken from it if it is here, is the one
//! that was filed, and says the same results; what stands in the log alone gives wider ones.

use std::collections::{BTreeMap, BTreeSet};

use concordat_learn::compared::{Figure, Metric};
use concordat_partnership::ResultView;
use concordat_terms::{Decimal, Digest, MethodId, MetricId, PartyId};
use serde::Serialize;

use super::super::super::evidence::Report;
use super::super::super::look::Seen;
use super::Both;

/// One method of one party, by which both models were tested.
#[derive(Debug, Serialize)]
pub(super) struct Tested {
    pub(super) method: MethodId,
    /// Who filed the results.
    pub(super) by: PartyId,
    /// The entries that did.
    pub(super) entries: Both<u64>,
    pub(super) cases: Both<u32>,
    /// Whether the reports say that the same rows were tested on; none where they do not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) same_rows: Option<bool>,
    pub(super) metrics: Vec<Apart>,
}

/// One metric.
#[derive(Debug, Serialize)]
pub(super) struct Apart {
    pub(super) metric: MetricId,
    pub(super) first: Told,
    pub(super) second: Told,
    /// The second less the first; none where nothing says how sure the figures are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) difference: Option<Figure>,
    /// Whether the difference is of the same rows, row by row.
    pub(super) paired: bool,
    /// Whether there may be no difference at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) within_noise: Option<bool>,
}

/// A value as it was filed, and its interval.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    pub(super) value: Decimal,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) low: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) high: Option<f64>,
}

/// A result with its report, if that is here.
struct One {
    view: ResultView,
    report: Option<Report>,
}

/// The latest result of each party by each method about both models, that was not taken back and that
/// who looks may read.
pub(super) fn tested(seen: &mut Seen, models: &Both<Option<Digest>>) -> Vec<Tested> {
    let (Some(first), Some(second)) = (models.first, models.second) else { return Vec::new() };
    let (first, mut second) = (latest(seen, &first), latest(seen, &second));
    let pairs =
        first.into_iter().filter_map(|(of, one)| Some((of.clone(), one, second.remove(&of)?)));
    pairs.map(|((by, method), first, second)| compare(by, method, &first, &second)).collect()
}

fn latest(seen: &mut Seen, model: &Digest) -> BTreeMap<(PartyId, MethodId), One> {
    let state = seen.state();
    let read: Vec<ResultView> = match seen.reader() {
        Some(reader) => state.results_for(reader).collect(),
        None => state.results().collect(),
    };
    let about = read.into_iter().filter(|own| own.subject == *model && own.taken_back.is_none());
    let mut latest = BTreeMap::new();
    for view in about {
        // In the order in which they were filed.
        latest.insert((view.by.clone(), view.method.clone()), view);
    }
    let with_report = latest.into_iter().map(|(of, view)| {
        let report = seen.brought(&view.report).and_then(|bytes| Report::read(&bytes, &view));
        (of, One { view, report })
    });
    with_report.collect()
}

fn compare(by: PartyId, method: MethodId, first: &One, second: &One) -> Tested {
    let rows = [first, second].map(|one| one.report.as_ref().map(|report| report.rows));
    let names: BTreeSet<&MetricId> = first.view.results.keys().collect();
    let metrics = names.into_iter().filter_map(|name| {
        // How many are of the commoner label is no merit of a model.
        let told = name.as_str() != "majority" && second.view.results.contains_key(name);
        told.then(|| apart(name, first, second)).flatten()
    });
    Tested {
        entries: Both { first: first.view.evidence, second: second.view.evidence },
        cases: Both { first: first.view.cases, second: second.view.cases },
        same_rows: rows[0].zip(rows[1]).map(|(first, second)| first == second),
        metrics: metrics.collect(),
        by,
        method,
    }
}

fn apart(name: &MetricId, first: &One, second: &One) -> Option<Apart> {
    let [a, b] = [first, second].map(|one| one.figure(name));
    let pair = second.paired(first, name).or_else(|| {
        // Filed the other way round.
        first.paired(second, name).map(Figure::turned)
    });
    let difference = pair.or_else(|| Some(b?.minus(a?)));
    Some(Apart {
        metric: name.clone(),
        first: first.told(name, a)?,
        second: second.told(name, b)?,
        difference,
        paired: pair.is_some(),
        within_noise: difference.map(Figure::is_within_noise),
    })
}

impl One {
    fn value(&self, name: &MetricId) -> Option<Decimal> {
        self.view.results.get(name).copied()
    }

    /// The value with its interval: the report's, or what the number of cases alone says.
    fn figure(&self, name: &MetricId) -> Option<Figure> {
        let value = self.value(name)?.to_f64();
        let said = self.report.as_ref().and_then(|report| report.interval(name));
        let majority = self.view.results.iter().find(|(own, _)| own.as_str() == "majority");
        let majority = majority.map(|(_, share)| share.to_f64());
        let rough = || Metric::named(name.as_str())?.from_cases(value, self.view.cases, majority);
        Some(Figure { value, bounds: said.or_else(rough)? })
    }

    /// What this report says of this model less the other on the same rows.
    fn paired(&self, other: &Self, name: &MetricId) -> Option<Figure> {
        self.report.as_ref()?.difference(&other.view.subject, name)
    }

    fn told(&self, name: &MetricId, figure: Option<Figure>) -> Option<Told> {
        let bounds = figure.map(|figure| figure.bounds);
        Some(Told {
            value: self.value(name)?,
            low: bounds.map(|bounds| bounds.low),
            high: bounds.map(|bounds| bounds.high),
        })
    }
}
