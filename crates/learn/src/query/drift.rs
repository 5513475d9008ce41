//! How far a distribution is from another: drift against a reference, and sites among each other.

use serde::Serialize;

use super::axis::HOLDER;
use super::estimate::{Bounds, Count, Estimate, SHARE, share, simultaneous};
use super::profile::{Profile, profile};
use super::table::Table;

/// What a distribution is compared with.
#[derive(Clone, Debug, PartialEq)]
pub enum Reference {
    /// Declared shares of the declared cells, exact, adding to one.
    Shares(Vec<f64>),
    /// Released counts of the same cells, noise and all, of other rows.
    Counts(Vec<Count>),
}

impl Reference {
    /// The axis at `axis` of another released table: of another time, say; nothing where there is
    /// no such axis.
    pub fn measured(table: &Table, axis: usize) -> Option<Self> {
        let table = table.along(&[axis]);
        (table.axes.len() == 1).then(|| Self::Counts(table.declared()))
    }
}

/// Two measures of distance between distributions over the same cells.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drift {
    /// Name of the axis.
    pub axis: String,
    /// Population stability index Σ (p − q)·ln(p/q), the symmetric divergence of Kullback and
    /// Leibler; shares below [`PSI_FLOOR`] count as that. Custom calls 0.1 small and 0.25 large.
    pub psi: Estimate,
    /// The index that noise and sampling alone would show on average if nothing had drifted, to
    /// the first order (Yurdakul, Naranjo, J. Risk Model Validation 14, 2020, for sampling).
    pub psi_by_chance: f64,
    /// Kolmogorov and Smirnov's largest distance of the two distribution functions at the edges,
    /// 0 to 1; only where the axis has edges.
    pub ks: Option<Estimate>,
}

/// A holder beside all others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Site {
    /// Its name.
    pub holder: String,
    /// What its column holds.
    pub profile: Profile,
    /// How far it is from all other declared holders together.
    pub drift: Drift,
}

/// Shares below this count as this in the index, which would be infinite for an empty cell.
pub const PSI_FLOOR: f64 = 1e-4;

/// The drift of the axis at `axis` against a reference for its declared cells; nothing where there
/// is no such axis or the reference has other cells. Rows that are missing or `other` do not count:
/// the profile shows them.
///
/// Both intervals are those of a box: every share (of PSI), or every height of the distribution
/// function (of KS), is in its own interval of a share, at a level at which all hold together with
/// 95 % (Goodman, Technometrics 7, 1965), and the measure's least and largest values in the box are
/// its interval. They hold whatever the distributions are, and are wider than they had to be.
pub fn drift(table: &Table, axis: usize, reference: &Reference) -> Option<Drift> {
    let table = table.along(&[axis]);
    let of = table.axes.first()?;
    let cells = table.declared();
    let has_edges = !of.edges().is_empty();
    compare(of.name(), &cells, reference, table.design(), has_edges)
}

/// Every declared holder beside all others together, by the axis at `axis`; nothing where the table
/// has no axis of holders.
pub fn sites(table: &Table, axis: usize) -> Option<Vec<Site>> {
    let table = table.along(&[table.axis(HOLDER)?, axis]);
    let of = table.axes.get(1)?;
    let parties = table.axes.first()?.labels();
    let of_each: Vec<Table> = (0..parties.len()).map(|n| table.within_first(n)).collect();
    let others = |but: usize| {
        let mut sum = vec![Count::NONE; of.declared()];
        for (_, other) in of_each.iter().enumerate().filter(|(n, _)| *n != but) {
            sum.iter_mut().zip(other.declared()).for_each(|(sum, count)| *sum = sum.plus(count));
        }
        Reference::Counts(sum)
    };
    let site = |(n, holder): (usize, String)| {
        let own = of_each.get(n)?;
        let has_edges = !of.edges().is_empty();
        let drift = compare(of.name(), &own.declared(), &others(n), table.design(), has_edges)?;
        Some(Site { holder, profile: profile(own, 0)?, drift })
    };
    parties.into_iter().enumerate().map(site).collect()
}

fn compare(
    axis: &str,
    cells: &[Count],
    reference: &Reference,
    design: f64,
    has_edges: bool,
) -> Option<Drift> {
    let uncertain = match reference {
        Reference::Shares(shares) if shares.len() == cells.len() => 1,
        Reference::Counts(counts) if counts.len() == cells.len() => 2,
        Reference::Shares(_) | Reference::Counts(_) => return None,
    };
    let (own, theirs) = (Side::of_counts(cells), Side::of(reference));
    let z = simultaneous(uncertain * cells.len());
    let psi_in = |design: f64| {
        let pairs = own.shares(design, z).into_iter().zip(theirs.shares(design, z));
        pairs.fold(Bounds::point(0.0), |sum, (p, q)| {
            let (low, high) = index_within(p, q);
            Bounds { low: sum.low + low, high: sum.high + high }
        })
    };
    let z = simultaneous(uncertain * cells.len().saturating_sub(1));
    let ks_in = |design: f64| {
        let pairs = own.heights(design, z).into_iter().zip(theirs.heights(design, z));
        pairs.fold(Bounds::point(0.0), |most, (f, g)| Bounds {
            low: most.low.max(f.low - g.high).max(g.low - f.high),
            high: most.high.max(f.high - g.low).max(g.high - f.low),
        })
    };
    let point = |bounds: Vec<Bounds>| bounds.into_iter().map(|b| f64::midpoint(b.low, b.high));
    let psi = own.values().zip(theirs.values()).map(|(p, q)| index(floored(p), floored(q))).sum();
    let ks = point(own.value_heights()).zip(point(theirs.value_heights()));
    let ks = ks.map(|(f, g)| (f - g).abs()).fold(0.0, f64::max);
    Some(Drift {
        axis: axis.to_owned(),
        psi: Estimate::new(psi, psi_in(0.0), psi_in(design)),
        psi_by_chance: own.by_chance(&theirs, design) + theirs.by_chance(&theirs, design),
        ks: has_edges.then(|| Estimate::new(ks, ks_in(0.0), ks_in(design))),
    })
}

/// One of two distributions.
enum Side {
    Known(Vec<f64>),
    Counted(Vec<Count>),
}

impl Side {
    fn of(reference: &Reference) -> Self {
        match reference {
            Reference::Shares(shares) => Self::Known(shares.clone()),
            Reference::Counts(counts) => Self::of_counts(counts),
        }
    }

    fn of_counts(counts: &[Count]) -> Self {
        Self::Counted(counts.to_vec())
    }

    /// Shares as they are read: none below zero, adding to one.
    fn values(&self) -> impl Iterator<Item = f64> {
        let raw: Vec<f64> = match self {
            Self::Known(shares) => shares.clone(),
            Self::Counted(counts) => counts.iter().map(|count| count.value.max(0.0)).collect(),
        };
        let total: f64 = raw.iter().sum();
        let even = 1.0 / raw.len().max(1) as f64;
        raw.into_iter().map(move |value| if total > 0.0 { value / total } else { even })
    }

    fn value_heights(&self) -> Vec<Bounds> {
        match self {
            Self::Known(shares) => heights_of(shares),
            Self::Counted(_) => heights_of(&self.values().collect::<Vec<_>>()),
        }
    }

    fn shares(&self, design: f64, z: f64) -> Vec<Bounds> {
        match self {
            Self::Known(shares) => shares.iter().map(|share| Bounds::point(*share)).collect(),
            Self::Counted(counts) => {
                let all = counts.iter().copied().fold(Count::NONE, Count::plus);
                counts.iter().map(|count| share(*count, all.less(*count), design, z)).collect()
            }
        }
    }

    /// Of the distribution function at the inner edges.
    fn heights(&self, design: f64, z: f64) -> Vec<Bounds> {
        match self {
            Self::Known(shares) => heights_of(shares),
            Self::Counted(counts) => {
                let all = counts.iter().copied().fold(Count::NONE, Count::plus);
                let inner = counts.iter().take(counts.len().saturating_sub(1));
                let below = inner.scan(Count::NONE, |below, count| {
                    *below = below.plus(*count);
                    Some(*below)
                });
                below.map(|below| share(below, all.less(below), design, z)).collect()
            }
        }
    }

    /// Σ Var(p)/q with the reference's q, noise and sampling.
    fn by_chance(&self, reference: &Self, design: f64) -> f64 {
        let Self::Counted(counts) = self else { return 0.0 };
        let all = counts.iter().copied().fold(Count::NONE, Count::plus);
        let rows = all.value.max(1.0);
        let terms = counts.iter().zip(reference.values()).map(|(count, q)| {
            let q = floored(q);
            let noise = (1.0 - q).powi(2) * count.variance + q * q * all.less(*count).variance;
            noise / (rows * rows * q) + design * (1.0 - q) / rows
        });
        terms.sum()
    }
}

impl Count {
    /// Without these, which are some of its cells.
    fn less(self, part: Self) -> Self {
        Self { value: self.value - part.value, variance: (self.variance - part.variance).max(0.0) }
    }
}

fn heights_of(shares: &[f64]) -> Vec<Bounds> {
    let inner = shares.iter().take(shares.len().saturating_sub(1));
    let below = inner.scan(0.0, |below, share| {
        *below += share;
        Some(SHARE.nearest(*below))
    });
    below.map(Bounds::point).collect()
}

fn floored(share: f64) -> f64 {
    share.max(PSI_FLOOR)
}

/// One cell's part of the index.
fn index(p: f64, q: f64) -> f64 {
    (p - q) * libm::log(p / q)
}

/// Least and largest part for shares within bounds: it is zero where they are equal and grows with
/// either distance.
fn index_within(p: Bounds, q: Bounds) -> (f64, f64) {
    let floor = |b: Bounds| Bounds { low: floored(b.low), high: floored(b.high) };
    let (p, q) = (floor(p), floor(q));
    let least = if p.low > q.high {
        index(p.low, q.high)
    } else if q.low > p.high {
        index(p.high, q.low)
    } else {
        0.0
    };
    (least, index(p.low, q.high).max(index(p.high, q.low)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_box_holds_what_the_index_can_be() {
        let (p, q) = (Bounds { low: 0.1, high: 0.3 }, Bounds { low: 0.2, high: 0.25 });
        let (least, most) = index_within(p, q);
        assert_eq!(least, 0.0);
        for a in 0..=20 {
            for b in 0..=20 {
                let p = 0.1 + 0.2 * f64::from(a) / 20.0;
                let q = 0.2 + 0.05 * f64::from(b) / 20.0;
                assert!((0.0..=most + 1e-15).contains(&index(p, q)));
            }
        }
        let apart = index_within(Bounds { low: 0.4, high: 0.5 }, q);
        assert!((apart.0 - index(0.4, 0.25)).abs() < 1e-15);
        assert_eq!(index_within(Bounds::point(0.0), Bounds::point(0.0)), (0.0, 0.0));
    }
}
