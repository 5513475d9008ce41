//! The public step: from a released sum to splits and leaves, for everybody alike.

use concordat_dp::{ParameterError, Sensitivity};
use concordat_terms::Digest;

use super::boosting::{Boosting, Splits};
use super::draws::Draws;
use super::grown::{Tree, Trees, places};
use super::histogram::Layout;
use super::split::{BinSet, Mass, Scale, Split, best};

/// Where a boosting stands after some sums. All of it is public: it follows from the boosting
/// and the released sums, and every participant computes the same bits.
#[derive(Clone, Debug, PartialEq)]
pub struct Growth {
    boosting: Digest,
    trees: Vec<Tree>,
    /// What the next tree asks so far, for each place above its last level.
    splits: Vec<Option<Split>>,
    /// The level that the next sum is of; the depth, where it is of the leaves.
    level: u32,
    /// Features that the next tree may ask about, ascending.
    chosen: Vec<usize>,
}

/// Why a released sum does not lead on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GrowthFault {
    /// The boosting is not the one that was begun with.
    #[error("the trees follow another boosting")]
    OtherBoosting,
    /// Every tree is grown.
    #[error("all {0} trees are grown")]
    Over(u32),
    /// Trees are still to come.
    #[error("{grown} of {trees} trees are grown")]
    Unfinished {
        /// Trees grown.
        grown: usize,
        /// Trees of the boosting.
        trees: u32,
    },
    /// The sum has another length than was asked for.
    #[error("the sum has {sum} values, {asked} were asked for")]
    Length {
        /// Values of the sum.
        sum: usize,
        /// Values asked for.
        asked: usize,
    },
    /// More fraction bits than sums may have.
    #[error("a sum has at most {most} fraction bits", most = Sensitivity::SCALE_BITS_MOST)]
    Scale,
}

impl Growth {
    /// Before the first sum.
    pub fn begin(boosting: &Boosting) -> Self {
        let growth = Self {
            boosting: boosting.digest(),
            trees: vec![],
            splits: vec![],
            level: 0,
            chosen: vec![],
        };
        growth.sprouted(boosting)
    }

    /// How many numbers the next sum has; nothing when every tree is grown.
    ///
    /// # Errors
    /// [`GrowthFault::OtherBoosting`].
    pub fn asked(&self, boosting: &Boosting) -> Result<Option<usize>, GrowthFault> {
        Ok(self.layout(boosting)?.map(|layout| 2 * layout.cells()))
    }

    /// The sensitivity of the next sum: how far one person moves it.
    ///
    /// # Errors
    /// [`ParameterError`] where 2^-`scale_bits` is too coarse or too fine.
    pub fn sensitivity(
        &self,
        boosting: &Boosting,
        scale_bits: u32,
    ) -> Result<Sensitivity, ParameterError> {
        let cells = if self.level < boosting.depth { self.chosen.len() } else { 1 };
        boosting.sensitivity(cells, scale_bits)
    }

    /// After the next sum of all holders, in units of 2^-`scale_bits`; `variance` is that of the
    /// noise in each of its numbers, in squared units, as the plan says: 0 without noise.
    ///
    /// Numbers become `f64`, and every operation on them is rounded as IEEE 754 says, none fused;
    /// cells are added in the order of their bins.
    ///
    /// # Errors
    /// [`GrowthFault`]; `self` is as it was.
    pub fn step(
        &self,
        boosting: &Boosting,
        sum: &[i64],
        scale_bits: u32,
        variance: u64,
    ) -> Result<Self, GrowthFault> {
        let layout = self.layout(boosting)?.ok_or(GrowthFault::Over(boosting.trees))?;
        if sum.len() != 2 * layout.cells() {
            return Err(GrowthFault::Length { sum: sum.len(), asked: 2 * layout.cells() });
        }
        if scale_bits > Sensitivity::SCALE_BITS_MOST {
            return Err(GrowthFault::Scale);
        }

        let units = Units::new(boosting, scale_bits);
        let scale = units.scale(boosting, variance);
        let cells: Vec<[f64; 2]> = units.read(sum);
        if self.level < boosting.depth {
            Ok(self.split(boosting, &layout, &cells, &scale))
        } else {
            Ok(self.leaved(boosting, &layout, &cells, &scale))
        }
    }

    /// The model, when every tree is grown.
    ///
    /// # Errors
    /// [`GrowthFault::OtherBoosting`], [`GrowthFault::Unfinished`].
    pub fn finish(&self, boosting: &Boosting) -> Result<Trees, GrowthFault> {
        if self.layout(boosting)?.is_some() {
            let (grown, trees) = (self.trees.len(), boosting.trees);
            return Err(GrowthFault::Unfinished { grown, trees });
        }
        Ok(Trees::new(boosting, self.trees.clone()))
    }

    pub(super) fn trees(&self) -> &[Tree] {
        &self.trees
    }

    pub(super) fn splits(&self) -> &[Option<Split>] {
        &self.splits
    }

    /// What the next sum is of.
    pub(super) fn layout(&self, boosting: &Boosting) -> Result<Option<Layout>, GrowthFault> {
        if boosting.digest() != self.boosting {
            return Err(GrowthFault::OtherBoosting);
        }
        if self.trees.len() >= usize::try_from(boosting.trees).unwrap_or(usize::MAX) {
            return Ok(None);
        }
        Ok(Some(if self.level < boosting.depth {
            Layout::of_level(boosting, &self.splits, self.level, &self.chosen)
        } else {
            Layout::of_leaves(boosting, &self.splits)
        }))
    }

    /// One level further, or at the leaves where no place of it is worth a question.
    fn split(
        &self,
        boosting: &Boosting,
        layout: &Layout,
        cells: &[[f64; 2]],
        scale: &Scale,
    ) -> Self {
        let mut next = self.clone();
        let mut asks = false;
        for (place, begin) in layout.places() {
            let mut most: Option<(f64, Split)> = None;
            for (feature, own) in layout.features() {
                let own = cells.get(begin + own.start..begin + own.end).unwrap_or_default();
                let in_order = boosting.features.get(feature).is_some_and(super::Bins::in_order);
                if let Some((gain, left)) = best(own, in_order, scale)
                    && most.is_none_or(|(so_far, _)| gain > so_far)
                {
                    most = Some((gain, Split { feature, left }));
                }
            }
            if let (Some((_, split)), Some(to)) = (most, next.splits.get_mut(place)) {
                *to = Some(split);
                asks = true;
            }
        }
        next.level = if asks { self.level + 1 } else { boosting.depth };
        next
    }

    /// The tree, with its leaves, and the beginning of the next.
    fn leaved(
        &self,
        boosting: &Boosting,
        layout: &Layout,
        cells: &[[f64; 2]],
        scale: &Scale,
    ) -> Self {
        let rate = boosting.learning_rate.to_f64();
        let mut values = vec![0.0; places(boosting.depth)];
        for (place, begin) in layout.places() {
            if let (Some(to), Some(cell)) = (values.get_mut(place), cells.get(begin)) {
                *to = rate * scale.leaf(Mass::cell(*cell));
            }
        }
        let mut next = self.clone();
        next.trees.push(Tree { splits: self.splits.clone(), values });
        next.sprouted(boosting)
    }

    /// With the next tree as it begins.
    fn sprouted(mut self, boosting: &Boosting) -> Self {
        let mut draws = Draws::of_tree(boosting.seed, self.trees.len());
        self.splits = vec![None; places(boosting.depth) / 2];
        match boosting.splits {
            Splits::Sought { .. } => {
                self.level = 0;
                let many = boosting.features_per_tree();
                self.chosen = draws.some_of(boosting.features.len(), many);
            }
            Splits::Drawn => {
                self.level = boosting.depth;
                for split in &mut self.splits {
                    *split = Some(drawn(boosting, &mut draws));
                }
            }
        }
        self
    }
}

/// A feature, and a cut among its bins with a side for missing cells; or a side for each level.
fn drawn(boosting: &Boosting, draws: &mut Draws) -> Split {
    let feature = draws.below(boosting.features.len());
    let mut left = BinSet::default();
    if let Some(bins) = boosting.features.get(feature) {
        let present = bins.present();
        let cut = if bins.in_order() { 1 + draws.below(present - 1) } else { 0 };
        for bin in 0..=present {
            let coin = !bins.in_order() || bin == present;
            if if coin { draws.below(2) == 1 } else { bin < cut } {
                left.insert(u8::try_from(bin).unwrap_or(u8::MAX));
            }
        }
    }
    Split { feature, left }
}

/// What the integers of a sum stand for.
struct Units {
    gradient: f64,
    hessian: f64,
}

impl Units {
    fn new(boosting: &Boosting, scale_bits: u32) -> Self {
        let gradient = 1.0 / f64::from(1_u32 << scale_bits);
        Self { gradient, hessian: 2.0 * gradient * boosting.target.hessian_most() }
    }

    #[expect(clippy::cast_precision_loss, reason = "rounds to nearest even, everywhere")]
    fn read(&self, sum: &[i64]) -> Vec<[f64; 2]> {
        let (cells, _) = sum.as_chunks::<2>();
        let read = cells.iter().map(|[gradient, hessian]| {
            [*gradient as f64 * self.gradient, *hessian as f64 * self.hessian]
        });
        read.collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "rounds to nearest even, everywhere")]
    fn scale(&self, boosting: &Boosting, variance: u64) -> Scale {
        let deviation = (variance as f64).sqrt();
        Scale {
            l2: boosting.l2.to_f64(),
            least_hessian: boosting.least_hessian.to_f64(),
            leaf_most: boosting.leaf_most.to_f64(),
            leaf_prior: boosting.leaf_prior.to_f64(),
            gradient_noise: deviation * self.gradient,
            hessian_noise: deviation * self.hessian,
        }
    }
}
