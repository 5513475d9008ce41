//! Which bins go left, and how good that is.

use serde::{Deserialize, Serialize};

/// A question that a tree asks: rows whose bin of that feature is in the set go left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Split {
    /// Place of the feature among the features of the boosting.
    pub(super) feature: usize,
    pub(super) left: BinSet,
}

/// Some bins of a feature. As JSON it is the list of them, ascending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<u8>", into = "Vec<u8>")]
pub struct BinSet([u64; 4]);

impl BinSet {
    /// Whether a bin is among them.
    pub fn has(&self, bin: u8) -> bool {
        let word = self.0.get(usize::from(bin >> 6)).copied().unwrap_or_default();
        word >> (bin & 63) & 1 == 1
    }

    pub(super) fn insert(&mut self, bin: u8) {
        if let Some(word) = self.0.get_mut(usize::from(bin >> 6)) {
            *word |= 1 << (bin & 63);
        }
    }
}

impl From<Vec<u8>> for BinSet {
    fn from(bins: Vec<u8>) -> Self {
        let mut set = Self::default();
        bins.into_iter().for_each(|bin| set.insert(bin));
        set
    }
}

impl From<BinSet> for Vec<u8> {
    fn from(set: BinSet) -> Self {
        (0..=u8::MAX).filter(|bin| set.has(*bin)).collect()
    }
}

/// Gradients and second derivatives of some rows, summed, and of how many noisy cells.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mass {
    pub(super) gradient: f64,
    pub(super) hessian: f64,
    pub(super) cells: f64,
}

impl Mass {
    pub(super) fn cell([gradient, hessian]: [f64; 2]) -> Self {
        Self { gradient, hessian, cells: 1.0 }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            gradient: self.gradient + other.gradient,
            hessian: self.hessian + other.hessian,
            cells: self.cells + other.cells,
        }
    }

    pub(super) fn minus(self, other: Self) -> Self {
        Self {
            gradient: self.gradient - other.gradient,
            hessian: self.hessian - other.hessian,
            // All of them are noise that was added.
            cells: self.cells - other.cells,
        }
    }
}

/// What sums are weighed by: the regularisation, and what is known of the noise in a cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    /// λ.
    pub(super) l2: f64,
    /// Least sum of second derivatives of a child.
    pub(super) least_hessian: f64,
    /// Leaves are at most so large.
    pub(super) leaf_most: f64,
    /// Standard deviation that leaves are expected to have; only with noise.
    pub(super) leaf_prior: f64,
    /// Standard deviation of the noise in one cell's gradient; 0 without.
    pub(super) gradient_noise: f64,
    /// The same of its second derivative.
    pub(super) hessian_noise: f64,
}

impl Scale {
    /// How much the loss falls if these rows are one leaf, doubled: G²/(H+λ), less what noise
    /// alone would add to G².
    pub(super) fn worth(&self, mass: Mass) -> f64 {
        let noise = mass.cells * self.gradient_noise * self.gradient_noise;
        let over = mass.hessian.max(0.0) + self.l2;
        if over > 0.0 { (mass.gradient * mass.gradient - noise).max(0.0) / over } else { 0.0 }
    }

    /// Whether a child has enough in it, beyond two standard deviations of what noise would show.
    pub(super) fn enough(&self, mass: Mass) -> bool {
        mass.hessian >= self.least_hessian + 2.0 * self.hessian_noise * mass.cells.sqrt()
    }

    /// What rows of this mass are moved by: −G/(H+λ+ν), within the bounds.
    ///
    /// G is −v·H and noise of deviation τ; for v normal with mean 0 and the expected deviation s,
    /// the mean of v given G has ν = τ²/(s²·H): noise pulls leaves to 0, those of few rows most.
    pub(super) fn leaf(&self, mass: Mass) -> f64 {
        let hessian = mass.hessian.max(self.hessian_noise);
        let mut over = hessian + self.l2;
        if self.gradient_noise > 0.0 && hessian > 0.0 {
            let ratio = self.gradient_noise / self.leaf_prior;
            over += mass.cells * (ratio * ratio) / hessian;
        }
        if over > 0.0 {
            (-mass.gradient / over).clamp(-self.leaf_most, self.leaf_most)
        } else {
            0.0
        }
    }
}

/// The best split of a leaf by one feature: how much it gains, and which bins go left.
///
/// `cells` has what falls into each bin, missing cells last. The first of equally good ones
/// counts, missing cells going right before they go left.
pub(super) fn best(cells: &[[f64; 2]], in_order: bool, scale: &Scale) -> Option<(f64, BinSet)> {
    let all = cells.iter().fold(Mass::default(), |sum, cell| sum.plus(Mass::cell(*cell)));
    let before = scale.worth(all);
    let gain = |left: Mass| {
        let right = all.minus(left);
        let allowed = scale.enough(left) && scale.enough(right);
        let gain = scale.worth(left) + scale.worth(right) - before;
        (allowed && gain > 0.0).then_some(gain)
    };
    let mut best: Option<(f64, BinSet)> = None;
    let mut try_prefixes = |order: &[usize], mut left: Mass, mut set: BinSet| {
        for place in order {
            let Some(cell) = cells.get(*place) else { continue };
            left = left.plus(Mass::cell(*cell));
            set.insert(u8::try_from(*place).unwrap_or(u8::MAX));
            if let Some(gain) = gain(left)
                && best.is_none_or(|(most, _)| gain > most)
            {
                best = Some((gain, set));
            }
        }
    };
    if in_order {
        let missing = cells.len().saturating_sub(1);
        let order: Vec<usize> = (0..missing).collect();
        try_prefixes(&order, Mass::default(), BinSet::default());
        // Where no cell is missing, this is the same again, and never better.
        let own = cells.last().map_or(Mass::default(), |cell| Mass::cell(*cell));
        let set = BinSet::from(vec![u8::try_from(missing).unwrap_or(u8::MAX)]);
        try_prefixes(&order, own, set);
    } else {
        // Ordered by what each level would get as a leaf, some prefix is the best of all sets
        // (Fisher, "On grouping for maximum homogeneity", 1958). Levels of too few rows, whose
        // place would be chance, stay together on the right.
        let mut order: Vec<(f64, usize)> = cells
            .iter()
            .enumerate()
            .filter(|(_, cell)| {
                let mass = Mass::cell(**cell);
                mass.hessian > 0.0 && scale.enough(mass)
            })
            .map(|(place, [gradient, hessian])| (gradient / (hessian + scale.l2), place))
            .collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let order: Vec<usize> = order.into_iter().map(|(_, place)| place).collect();
        try_prefixes(&order, Mass::default(), BinSet::default());
    }
    best
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAIN: Scale = Scale {
        l2: 1.0,
        least_hessian: 0.5,
        leaf_most: 10.0,
        leaf_prior: 1.0,
        gradient_noise: 0.0,
        hessian_noise: 0.0,
    };

    fn of(cells: &[[f64; 2]], set: impl Fn(usize) -> bool) -> f64 {
        let sum = |side: bool| {
            let own = cells.iter().enumerate().filter(|(place, _)| set(*place) == side);
            own.fold((0.0, 0.0), |(g, h), (_, cell)| (g + cell[0], h + cell[1]))
        };
        let ((g, h), (k, l)) = (sum(true), sum(false));
        if h < 0.5 || l < 0.5 {
            return 0.0;
        }
        g * g / (h + 1.0) + k * k / (l + 1.0) - (g + k) * (g + k) / (h + l + 1.0)
    }

    #[test]
    fn a_set_of_bins_is_its_list() {
        let set = BinSet::from(vec![0, 63, 64, 251]);
        assert_eq!(serde_json::to_string(&set).unwrap(), "[0,63,64,251]");
        assert!(set.has(64) && !set.has(65));
        assert_eq!(serde_json::from_str::<BinSet>("[251,64,63,0]").unwrap(), set);
    }

    #[test]
    fn noise_pulls_a_leaf_of_few_rows_to_nothing() {
        let noisy = Scale { gradient_noise: 10.0, hessian_noise: 2.5, ..PLAIN };
        let (few, many) = (Mass::cell([-5.0, 5.0]), Mass::cell([-500.0, 500.0]));
        assert!((PLAIN.leaf(few) - 5.0 / 6.0).abs() < 1e-15);
        assert!((noisy.leaf(few) - 5.0 / 26.0).abs() < 1e-15, "5 + 1 + 100/5");
        assert!((noisy.leaf(many) - 500.0 / 501.2).abs() < 1e-12);
        // Noise may make of nobody less than nobody.
        assert!(noisy.leaf(Mass::cell([-5.0, -50.0])).abs() < 5.0 / 40.0);
        assert_eq!(Scale { l2: 0.0, ..PLAIN }.leaf(Mass::default()), 0.0);
        // What noise alone shows is worth nothing on average.
        assert_eq!(noisy.worth(Mass::cell([9.0, 5.0])), 0.0);
    }

    proptest! {
        /// Neither a cut nor a direction of missing cells is better than the one found.
        #[test]
        fn of_numbers_the_best_cut_is_found(
            cells in prop::collection::vec((-5.0_f64..5.0, 0.0_f64..3.0), 2..9),
        ) {
            let cells: Vec<[f64; 2]> = cells.into_iter().map(|(g, h)| [g, h]).collect();
            let missing = cells.len() - 1;
            let mut most = 0.0_f64;
            for cut in 0..=missing {
                for left in [false, true] {
                    let set = |bin| if bin == missing { left } else { bin < cut };
                    most = most.max(of(&cells, set));
                }
            }
            let found = best(&cells, true, &PLAIN);
            prop_assert!((found.map_or(0.0, |(gain, _)| gain) - most).abs() < 1e-9);
            if let Some((gain, set)) = found {
                prop_assert!((of(&cells, |bin| set.has(bin as u8)) - gain).abs() < 1e-9);
            }
        }

        /// Without λ, no set of levels is better than the one found.
        #[test]
        fn of_levels_the_best_set_is_found(
            cells in prop::collection::vec((-5.0_f64..5.0, 1.0_f64..3.0), 2..8),
        ) {
            let cells: Vec<[f64; 2]> = cells.into_iter().map(|(g, h)| [g, h]).collect();
            let scale = Scale { l2: 0.0, ..PLAIN };
            let worth = |set: u32| {
                let side = |own: bool| {
                    let inside = |place: &usize| (set >> place & 1 == 1) == own;
                    let cells = (0..cells.len()).filter(inside).map(|place| Mass::cell(cells[place]));
                    scale.worth(cells.fold(Mass::default(), Mass::plus))
                };
                side(true) + side(false)
            };
            let before = worth(0);
            let most = (1..(1 << cells.len()) - 1).map(|set| worth(set) - before).fold(0.0, f64::max);
            let found = best(&cells, false, &scale).map_or(0.0, |(gain, _)| gain);
            prop_assert!((found - most).abs() < 1e-9, "{found} and not {most}");
        }
    }
}
