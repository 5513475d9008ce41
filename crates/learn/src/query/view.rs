//! Answers as pictures: pure functions from findings to text, for a terminal and as SVG.
//!
//! Every mark carries two intervals: a thick one for the noise, and a thin one for noise and
//! sampling together. Nothing is told by colour alone, and nothing needs a script.

mod svg;
mod terminal;

use super::drift::{Drift, Site};
use super::estimate::{Bounds, Estimate};
use super::fairness::{Audit, Calibration, Outcomes};
use super::profile::{Profile, Quantile};
use super::reading::Finding;
use super::sums::Summary;

pub use svg::svg;
pub use terminal::terminal;

/// A picture that is not drawn yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// What is shown.
    pub title: String,
    /// How it is read, for everybody and above all for who does not see it.
    pub about: String,
    /// The marks.
    pub drawing: Drawing,
}

/// One of two kinds of pictures.
#[derive(Clone, Debug, PartialEq)]
pub enum Drawing {
    /// A line for each mark, in blocks under headings.
    Lines {
        /// Both ends of the scale.
        scale: Bounds,
        /// Whether marks are ends of bars, which begin at zero, or points.
        bars: bool,
        /// In order.
        blocks: Vec<Block>,
    },
    /// Points on a square of 0 to 1 by 0 to 1, with its diagonal.
    Square {
        /// What goes to the right.
        across: String,
        /// What goes up.
        up: String,
        /// In order.
        curves: Vec<Curve>,
    },
}

/// Marks that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// What they are; empty for none.
    pub heading: String,
    /// In order.
    pub marks: Vec<Mark>,
}

/// A figure with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Its name.
    pub label: String,
    /// The figure.
    pub estimate: Estimate,
}

/// Points that are joined, from left to right.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Its name.
    pub name: String,
    /// How far to the right, and how far up.
    pub points: Vec<(f64, Estimate)>,
}

/// The pictures of a finding.
pub fn charts(finding: &Finding) -> Vec<Chart> {
    match finding {
        Finding::Profile { axes } => axes.iter().map(of_profile).collect(),
        Finding::Moments(summary) => of_moments(summary),
        Finding::Quantiles { axis, quantiles } => vec![of_quantiles(axis, quantiles)],
        Finding::Drift(drift) => vec![of_drift(drift)],
        Finding::Sites { sites } => of_sites(sites),
        Finding::Fairness(audit) => vec![comparison(audit), roc(audit)],
        Finding::Calibration { groups } => vec![of_calibration(groups)],
    }
}

const SHARES: Bounds = Bounds { low: 0.0, high: 1.0 };

fn mark(label: &str, estimate: Estimate) -> Mark {
    Mark { label: label.to_owned(), estimate }
}

fn of_profile(profile: &Profile) -> Chart {
    let shares = profile.shares.iter().map(|share| mark(&share.label, share.share)).collect();
    let unclear = vec![mark("other", profile.other), mark("missing", profile.missing)];
    let blocks = vec![
        Block { heading: "share of the rows with a declared value".into(), marks: shares },
        Block { heading: "share of all rows".into(), marks: unclear },
    ];
    let rows = figure(profile.rows.value.round());
    Chart {
        title: format!("Distribution of {}", profile.axis),
        about: format!("About {rows} rows. A bar for the share of each declared value."),
        drawing: Drawing::Lines { scale: scale_of(&blocks, 0.0), bars: true, blocks },
    }
}

fn of_moments(summary: &Summary) -> Vec<Chart> {
    let name = |c: &super::sums::Correlation| format!("{} and {}", c.first, c.second);
    let marks: Vec<Mark> =
        summary.correlations.iter().map(|c| Mark { label: name(c), estimate: c.r }).collect();
    if marks.is_empty() {
        return vec![];
    }
    vec![Chart {
        title: "Correlations".into(),
        about: "A point for each pair of columns, from \u{2212}1 to 1.".into(),
        drawing: Drawing::Lines {
            scale: Bounds { low: -1.0, high: 1.0 },
            bars: false,
            blocks: vec![Block { heading: String::new(), marks }],
        },
    }]
}

fn of_quantiles(axis: &str, quantiles: &[Quantile]) -> Chart {
    let marks: Vec<Mark> =
        quantiles.iter().map(|q| mark(&format!("{} %", figure(q.at * 100.0)), q.value)).collect();
    let blocks = vec![Block { heading: "so many rows are below".into(), marks }];
    let lowest = all_marks(&blocks).map(|m| m.estimate.rows.low).fold(f64::INFINITY, f64::min);
    Chart {
        title: format!("Quantiles of {axis}"),
        about: "A point for each quantile; intervals end at edges of bins.".into(),
        drawing: Drawing::Lines { scale: scale_of(&blocks, lowest), bars: false, blocks },
    }
}

fn of_drift(drift: &Drift) -> Chart {
    let marks = [Some(mark("PSI", drift.psi)), drift.ks.map(|ks| mark("KS", ks))];
    let blocks =
        vec![Block { heading: String::new(), marks: marks.into_iter().flatten().collect() }];
    Chart {
        title: format!("Drift of {} from its reference", drift.axis),
        about: format!(
            "Nil is no drift. Without any, the PSI would be about {} by chance.",
            figure(drift.psi_by_chance)
        ),
        drawing: Drawing::Lines { scale: scale_of(&blocks, 0.0), bars: false, blocks },
    }
}

fn of_sites(sites: &[Site]) -> Vec<Chart> {
    let Some(first) = sites.first() else { return vec![] };
    let block = |heading: &str, of: &dyn Fn(&Site) -> Option<Estimate>| Block {
        heading: heading.to_owned(),
        marks: sites.iter().filter_map(|site| Some(mark(&site.holder, of(site)?))).collect(),
    };
    let blocks = vec![
        block("PSI", &|site| Some(site.drift.psi)),
        block("KS", &|site| site.drift.ks),
        block("share of rows without a value", &|site| Some(site.profile.missing)),
    ];
    let blocks: Vec<Block> = blocks.into_iter().filter(|block| !block.marks.is_empty()).collect();
    vec![Chart {
        title: format!("Each holder beside the others, by {}", first.drift.axis),
        about: "Nil is a holder whose rows are distributed as all others' together.".into(),
        drawing: Drawing::Lines { scale: scale_of(&blocks, 0.0), bars: false, blocks },
    }]
}

type Measure = fn(&Outcomes) -> Estimate;

fn comparison(audit: &Audit) -> Chart {
    let measures: [(&str, Measure); 6] = [
        ("selected (demographic parity)", |o| o.selected),
        ("true positive rate (equalised odds)", |o| o.true_positive_rate),
        ("false positive rate (equalised odds)", |o| o.false_positive_rate),
        ("precision", |o| o.precision),
        ("accuracy", |o| o.accuracy),
        ("area under the curve", |o| o.ranking.auc),
    ];
    let block = |(heading, of): &(&str, Measure)| Block {
        heading: (*heading).to_owned(),
        marks: each(audit).map(|outcomes| mark(&outcomes.group, of(outcomes))).collect(),
    };
    Chart {
        title: "Decisions by group".into(),
        about: "For each measure a point for everybody and one for each group.".into(),
        drawing: Drawing::Lines {
            scale: SHARES,
            bars: false,
            blocks: measures.iter().map(block).collect(),
        },
    }
}

fn roc(audit: &Audit) -> Chart {
    let curve = |outcomes: &Outcomes| {
        let points = outcomes.ranking.curve.iter().map(|(false_, true_)| (false_.value, *true_));
        Curve { name: outcomes.group.clone(), points: points.collect() }
    };
    Chart {
        title: "True against false positives".into(),
        about: "A curve for everybody and one for each group, a point for each threshold. \
                On the diagonal, scores tell nothing."
            .into(),
        drawing: Drawing::Square {
            across: "false positive rate".into(),
            up: "true positive rate".into(),
            curves: each(audit).map(curve).collect(),
        },
    }
}

fn of_calibration(groups: &[Calibration]) -> Chart {
    let curve = |of: &Calibration| Curve {
        name: of.group.clone(),
        points: of
            .bins
            .iter()
            .map(|bin| (f64::midpoint(bin.scores.low, bin.scores.high), bin.rate))
            .collect(),
    };
    let off = groups.iter().map(|of| {
        let count = of.bins.iter().filter(|bin| bin.off).count();
        format!("{} {} of {}", of.group, count, of.bins.len())
    });
    let off: Vec<String> = off.collect();
    Chart {
        title: "Calibration of the scores".into(),
        about: format!(
            "A point for the rate in each bin of scores. On the diagonal, scores are \
             probabilities. Bins that are off it beyond chance: {}.",
            off.join(", ")
        ),
        drawing: Drawing::Square {
            across: "score".into(),
            up: "share that is a yes".into(),
            curves: groups.iter().map(curve).collect(),
        },
    }
}

fn each(audit: &Audit) -> impl Iterator<Item = &Outcomes> {
    std::iter::once(&audit.overall).chain(&audit.groups)
}

fn all_marks(blocks: &[Block]) -> impl Iterator<Item = &Mark> {
    blocks.iter().flat_map(|block| &block.marks)
}

/// From `low` to the end of the longest interval.
fn scale_of(blocks: &[Block], low: f64) -> Bounds {
    let ends = all_marks(blocks).map(|mark| widest(&mark.estimate).high.max(mark.estimate.value));
    let high = ends.fold(f64::NEG_INFINITY, f64::max);
    Bounds { low, high: if high > low { high } else { low + 1.0 } }
}

/// The wider of an estimate's intervals.
fn widest(estimate: &Estimate) -> Bounds {
    estimate.population.unwrap_or(estimate.rows)
}

/// A number with as many digits as a reader needs: 0.312, 57.9, 1460.
fn figure(value: f64) -> String {
    let text = match value.abs() {
        0.0..10.0 => format!("{value:.3}"),
        10.0..1000.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    };
    let text = match text.split_once('.') {
        Some((whole, zeros)) if zeros.bytes().all(|b| b == b'0') => whole.to_owned(),
        _ => text,
    };
    if text == "-0" { "0".to_owned() } else { text.replace('-', "\u{2212}") }
}

/// Words in lines of at most 100 characters, but for longer words.
fn wrapped(words: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + word.chars().count() < 100 => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// `0.312 (0.25 to 0.38; 0.2 to 0.41)`: the figure, its interval from noise, and with sampling.
fn told(estimate: &Estimate) -> String {
    let ends = |b: Bounds| format!("{} to {}", figure(b.low), figure(b.high));
    let population = estimate.population.map(|b| format!("; {}", ends(b))).unwrap_or_default();
    format!("{} ({}{population})", figure(estimate.value), ends(estimate.rows))
}
