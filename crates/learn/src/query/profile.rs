//! What is in the columns: counts, shares, what is missing or was not declared; and quantiles.

use serde::Serialize;

use super::axis::Axis;
use super::estimate::{Bounds, Count, Estimate, Z};
use super::table::Table;

/// One axis of a histogram, whatever the others are.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Profile {
    /// Name of the axis.
    pub axis: String,
    /// All rows.
    pub rows: Estimate,
    /// Share of each declared cell among the rows that are in one.
    pub shares: Vec<Share>,
    /// Share of all rows without a value.
    pub missing: Estimate,
    /// Share of all rows with a value that was not declared.
    pub other: Estimate,
}

/// A cell and its share.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    /// What the cell is called.
    pub label: String,
    /// Its share.
    pub share: Estimate,
}

/// A quantile of a number that was counted in bins.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Quantile {
    /// Which: 0.5 is the median.
    pub at: f64,
    /// In the number's units. The value is interpolated within its bin; ends of intervals are
    /// edges of bins, so that they promise nothing about what is inside one.
    pub value: Estimate,
}

/// The profile of the axis at `axis`; nothing where there is none.
pub fn profile(table: &Table, axis: usize) -> Option<Profile> {
    let table = table.along(&[axis]);
    let of = table.axes.first()?;
    let design = table.design();
    let (declared, counts) = (table.declared(), table.counts());
    let sum = |counts: &[Count]| counts.iter().copied().fold(Count::NONE, Count::plus);
    let all_but = |counts: &[Count], place: usize| {
        let others = counts.iter().enumerate().filter(|(n, _)| *n != place);
        others.map(|(_, count)| *count).fold(Count::NONE, Count::plus)
    };
    let share_at = |counts: &[Count], place: usize| {
        let part = counts.get(place).copied().unwrap_or(Count::NONE);
        part.share_of(all_but(counts, place), design)
    };
    let shares = of.labels().into_iter().enumerate();
    Some(Profile {
        axis: of.name().to_owned(),
        rows: sum(&counts).estimate(),
        shares: shares.map(|(n, label)| Share { label, share: share_at(&declared, n) }).collect(),
        other: share_at(&counts, of.declared()),
        missing: share_at(&counts, of.declared() + 1),
    })
}

/// Quantiles of the bins at `axis`, each of `at` between 0 and 1; nothing where the axis has none.
///
/// The interval inverts a test (Woodruff, J. American Statistical Association 47, 1952): an edge is
/// outside where too few, or too many, rows lie below it to blame on noise (and, for the
/// population, on sampling). The rows below minus q of all rows is a sum of cells with known
/// weights, so its deviation is known exactly. Edges are tried from either end until the first that
/// may be it, so both ends err with at most 2.5 %, however flat the distribution is. Rows whose
/// value is missing or outside the edges are not counted.
pub fn quantiles(table: &Table, axis: usize, at: &[f64]) -> Option<Vec<Quantile>> {
    let table = table.along(&[axis]);
    let edges: Vec<f64> = table.axes.first().map(Axis::edges)?.iter().map(|e| e.to_f64()).collect();
    let bins = table.declared();
    if edges.len() != bins.len() + 1 {
        return None;
    }
    let below = rising(&bins);
    let one = |q: f64| Quantile {
        at: q,
        value: Estimate::new(
            interpolated(&edges, &below, q),
            edges_that_may_be(&edges, &bins, q, 0.0),
            edges_that_may_be(&edges, &bins, q, table.design()),
        ),
    };
    Some(at.iter().map(|q| one(*q)).collect())
}

fn edges_that_may_be(edges: &[f64], bins: &[Count], q: f64, design: f64) -> Bounds {
    let total: f64 = bins.iter().map(|bin| bin.value).sum();
    let sampling = design * total.max(0.0) * q * (1.0 - q);
    let (mut below, mut after) = (Count::NONE, bins.iter().copied().fold(Count::NONE, Count::plus));
    // For each inner edge: how many deviations too few rows are below it.
    let mut short = Vec::new();
    for bin in bins.iter().take(bins.len().saturating_sub(1)) {
        below = below.plus(*bin);
        after = Count { value: after.value - bin.value, variance: after.variance - bin.variance };
        let missing = q * total - below.value;
        let noise = (1.0 - q).powi(2) * below.variance + q * q * after.variance.max(0.0);
        let deviation = (noise + sampling).sqrt();
        short.push(if deviation > 0.0 { missing / deviation } else { missing * f64::INFINITY });
    }
    // The outermost edges always may be it. Without noise an edge that has exactly q of the rows
    // below it is 0·∞, which is neither too few nor too many.
    let too_few = short.iter().take_while(|short| **short > Z).count();
    let too_many = short.iter().rev().take_while(|short| **short < -Z).count();
    let edge = |place: usize| edges.get(place).copied();
    let last = edges.len().saturating_sub(1);
    let (low, high) = (edge(too_few), edge(last.saturating_sub(too_many)));
    Bounds { low: low.unwrap_or_default(), high: high.unwrap_or_default() }
}

/// Rows below each upper edge, made to rise by pooling adjacent violators (Barlow et al.,
/// Statistical Inference under Order Restrictions, 1972; for noisy histograms Hay et al.,
/// VLDB 2010): the nearest distribution there is.
fn rising(bins: &[Count]) -> Vec<f64> {
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    let mut below = 0.0;
    for bin in bins {
        below += bin.value;
        let mut block = (below, 1);
        while let Some((mean, size)) = blocks.pop_if(|(mean, _)| *mean > block.0) {
            let joined = size + block.1;
            block = ((mean * size as f64 + block.0 * block.1 as f64) / joined as f64, joined);
        }
        blocks.push(block);
    }
    blocks.into_iter().flat_map(|(mean, size)| std::iter::repeat_n(mean.max(0.0), size)).collect()
}

fn interpolated(edges: &[f64], below: &[f64], q: f64) -> f64 {
    let wanted = q * below.last().copied().unwrap_or_default();
    let mut before = 0.0;
    for (pair, below) in edges.windows(2).zip(below) {
        if let [low, high] = pair
            && *below >= wanted
            && *below > before
        {
            return low + (high - low) * ((wanted - before) / (below - before)).clamp(0.0, 1.0);
        }
        before = *below;
    }
    edges.last().copied().unwrap_or_default()
}
