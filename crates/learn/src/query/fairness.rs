//! A model's decisions and scores by group: the audit, and calibration.

use serde::Serialize;

use super::auc::{Ranking, ranking};
use super::axis::Axis;
use super::estimate::{Bounds, Count, Estimate, SHARE, Z, share, simultaneous};
use super::table::Table;

/// The axes of an audit within a histogram, and how they are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axes {
    /// Groups, if there are any.
    pub group: Option<usize>,
    /// What was true.
    pub label: usize,
    /// Which of its declared cells is a yes; the other declared ones are a no.
    pub positive: usize,
    /// What the model said.
    pub score: usize,
}

/// A fairness audit. Rows whose label or score is missing or was not declared are in none of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Audit {
    /// Everybody, of undeclared groups too.
    pub overall: Outcomes,
    /// Each declared group.
    pub groups: Vec<Outcomes>,
    /// Demographic parity: how far the groups' selection rates are apart (Calders, Verwer, Data
    /// Mining and Knowledge Discovery 21, 2010).
    pub parity: Gap,
    /// Equal opportunity: how far their true positive rates are apart.
    pub opportunity: Gap,
    /// The other half of equalised odds: how far their false positive rates are apart. The odds
    /// are equal where both gaps are nil (Hardt, Price, Srebro, arXiv 1610.02413, definition 2.1).
    pub false_alarms: Gap,
}

/// What became of one group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcomes {
    /// Its name, or `all`.
    pub group: String,
    /// Yes, and said so.
    pub true_positives: Estimate,
    /// No, and a yes was said.
    pub false_positives: Estimate,
    /// No, and said so.
    pub true_negatives: Estimate,
    /// Yes, and a no was said.
    pub false_negatives: Estimate,
    /// Share that is a yes.
    pub base_rate: Estimate,
    /// Share to whom a yes was said.
    pub selected: Estimate,
    /// Of those who are a yes, the share to whom it was said.
    pub true_positive_rate: Estimate,
    /// Of those who are a no, the share to whom a yes was said.
    pub false_positive_rate: Estimate,
    /// Of those to whom a yes was said, the share for whom it is true.
    pub precision: Estimate,
    /// Share that was told the truth.
    pub accuracy: Estimate,
    /// How well the scores rank.
    pub ranking: Ranking,
}

/// How far a rate is apart among groups.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gap {
    /// Each later group's rate minus the first group's, each in an interval of its own.
    pub from_first: Vec<Estimate>,
    /// The largest rate minus the smallest. Its interval is that of a box in which all rates are
    /// together: it holds whichever groups are apart, and is wider than it had to be.
    pub widest: Estimate,
}

/// The calibration of one group's scores.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibration {
    /// Its name, or `all`.
    pub group: String,
    /// Each bin of the score.
    pub bins: Vec<CalibrationBin>,
}

/// The rows whose score is in one bin.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CalibrationBin {
    /// The bin's edges. A calibrated model's rate lies between them, wherever in the bin its
    /// scores are.
    pub scores: Bounds,
    /// Share that is a yes (a reliability diagram's point: Niculescu-Mizil, Caruana, ICML 2005).
    pub rate: Estimate,
    /// Whether noise and sampling cannot explain how far the rate is from the bin: not for one
    /// bin in twenty tables, since all bins of a group are judged together.
    pub off: bool,
}

/// The audit at a threshold: a score in bin `from_bin` or above is a yes. Nothing where the table
/// has no such axes.
pub fn audit(table: &Table, axes: Axes, from_bin: usize) -> Option<Audit> {
    let split = Split::new(table, axes)?;
    let (all, of_each) = (split.overall(), split.groups());
    let named = |(group, side): (String, Sides)| (group, side.decided(from_bin), side);
    let of_each: Vec<(String, Decisions, Sides)> = of_each.into_iter().map(named).collect();
    let gap = |rate: fn(&Decisions) -> (Count, Count)| {
        let rates: Vec<(Count, Count)> = of_each.iter().map(|(_, d, _)| rate(d)).collect();
        Gap::of(&rates, table.design())
    };
    Some(Audit {
        parity: gap(Decisions::selected),
        opportunity: gap(Decisions::found),
        false_alarms: gap(Decisions::alarmed),
        overall: all.decided(from_bin).outcomes("all".to_owned(), &all, table.design()),
        groups: of_each
            .iter()
            .map(|(name, decisions, sides)| decisions.outcomes(name.clone(), sides, table.design()))
            .collect(),
    })
}

/// The calibration of everybody's scores, then of each declared group's. Nothing where the table
/// has no such axes.
pub fn calibration(table: &Table, axes: Axes) -> Option<Vec<Calibration>> {
    let split = Split::new(table, axes)?;
    let edges: Vec<f64> = split.score.edges().iter().map(|edge| edge.to_f64()).collect();
    let design = table.design();
    let of = |(group, sides): (String, Sides)| {
        let z = simultaneous(sides.positives.len());
        let pairs = sides.positives.iter().zip(&sides.negatives);
        let bins = edges.windows(2).zip(pairs).filter_map(|(edges, (yes, no))| {
            let [low, high] = edges else { return None };
            let scores = Bounds { low: *low, high: *high };
            let off = !share(*yes, *no, design, z).meets(scores);
            Some(CalibrationBin { scores, rate: yes.share_of(*no, design), off })
        });
        Calibration { group, bins: bins.collect() }
    };
    let all = ("all".to_owned(), split.overall());
    Some([vec![all], split.groups()].concat().into_iter().map(of).collect())
}

/// A table of groups, labels and scores, taken apart.
struct Split {
    /// Of labels and scores, whatever the group.
    all: Table,
    /// The same of each declared group.
    groups: Vec<(String, Table)>,
    positive: usize,
    score: Axis,
}

/// Positives and negatives in each declared bin of the score.
#[derive(Clone)]
struct Sides {
    positives: Vec<Count>,
    negatives: Vec<Count>,
}

/// The four cells of a confusion matrix.
#[derive(Clone, Copy)]
struct Decisions {
    tp: Count,
    fp: Count,
    tn: Count,
    fn_: Count,
}

impl Split {
    fn new(table: &Table, axes: Axes) -> Option<Self> {
        let all = table.along(&[axes.label, axes.score]);
        let [label, score] = all.axes.as_slice() else { return None };
        let score = score.clone();
        if axes.positive >= label.declared() || score.edges().is_empty() {
            return None;
        }
        let groups = match axes.group {
            None => vec![],
            Some(group) => {
                let by_group = table.along(&[group, axes.label, axes.score]);
                let [group, _, _] = by_group.axes.as_slice() else { return None };
                let named = group.labels().into_iter().enumerate();
                named.map(|(n, name)| (name, by_group.within_first(n))).collect()
            }
        };
        Some(Self { all, groups, positive: axes.positive, score })
    }

    fn overall(&self) -> Sides {
        self.sides(&self.all)
    }

    fn groups(&self) -> Vec<(String, Sides)> {
        self.groups.iter().map(|(name, table)| (name.clone(), self.sides(table))).collect()
    }

    /// Of a table of labels and scores.
    fn sides(&self, table: &Table) -> Sides {
        let labels = table.axes.first().map_or(0, Axis::declared);
        let mut negatives = vec![Count::NONE; self.score.declared()];
        for other in (0..labels).filter(|label| *label != self.positive) {
            let counts = table.within_first(other).declared();
            negatives.iter_mut().zip(counts).for_each(|(sum, count)| *sum = sum.plus(count));
        }
        Sides { positives: table.within_first(self.positive).declared(), negatives }
    }
}

impl Sides {
    fn decided(&self, from_bin: usize) -> Decisions {
        let sum = |counts: &[Count], yes: bool| {
            let counted = counts.iter().enumerate().filter(|(bin, _)| (*bin >= from_bin) == yes);
            counted.map(|(_, count)| *count).fold(Count::NONE, Count::plus)
        };
        Decisions {
            tp: sum(&self.positives, true),
            fp: sum(&self.negatives, true),
            tn: sum(&self.negatives, false),
            fn_: sum(&self.positives, false),
        }
    }
}

impl Decisions {
    fn selected(&self) -> (Count, Count) {
        (self.tp.plus(self.fp), self.tn.plus(self.fn_))
    }

    fn found(&self) -> (Count, Count) {
        (self.tp, self.fn_)
    }

    fn alarmed(&self) -> (Count, Count) {
        (self.fp, self.tn)
    }

    fn outcomes(&self, group: String, sides: &Sides, design: f64) -> Outcomes {
        let rate = |(part, rest): (Count, Count)| part.share_of(rest, design);
        Outcomes {
            group,
            true_positives: self.tp.estimate(),
            false_positives: self.fp.estimate(),
            true_negatives: self.tn.estimate(),
            false_negatives: self.fn_.estimate(),
            base_rate: rate((self.tp.plus(self.fn_), self.fp.plus(self.tn))),
            selected: rate(self.selected()),
            true_positive_rate: rate(self.found()),
            false_positive_rate: rate(self.alarmed()),
            precision: rate((self.tp, self.fp)),
            accuracy: rate((self.tp.plus(self.tn), self.fp.plus(self.fn_))),
            ranking: ranking(&sides.positives, &sides.negatives, design),
        }
    }
}

impl Gap {
    fn of(rates: &[(Count, Count)], design: f64) -> Self {
        let each: Vec<Estimate> =
            rates.iter().map(|(part, rest)| part.share_of(*rest, design)).collect();
        let from_first =
            each.first().map(|first| each.iter().skip(1).map(|e| e.minus(*first)).collect());
        let values = Bounds {
            low: each.iter().map(|e| e.value).fold(1.0, f64::min),
            high: each.iter().map(|e| e.value).fold(0.0, f64::max),
        };
        let z = if rates.len() < 2 { Z } else { simultaneous(rates.len()) };
        let in_box = |design: f64| {
            let bounds: Vec<Bounds> =
                rates.iter().map(|(part, rest)| share(*part, *rest, design, z)).collect();
            let most = |of: fn(&Bounds) -> f64| bounds.iter().map(of).fold(0.0, f64::max);
            let least = |of: fn(&Bounds) -> f64| bounds.iter().map(of).fold(1.0, f64::min);
            Bounds {
                low: most(|b| b.low) - least(|b| b.high),
                high: most(|b| b.high) - least(|b| b.low),
            }
            .within(SHARE)
        };
        Self {
            from_first: from_first.unwrap_or_default(),
            widest: Estimate::new(
                SHARE.nearest(values.high - values.low),
                in_box(0.0),
                in_box(design),
            ),
        }
    }
}
