//! What the numbers of a sum are of.

use super::boosting::Boosting;
use super::grown::{places, stop};
use super::split::Split;

/// Which cells a sum has, two numbers each: gradient and second derivative.
///
/// Of a level: leaf after leaf, from the left; in each the features of the tree, ascending; in
/// each its bins. Of the leaves: one cell for each place where rows stop, ascending.
pub(super) struct Layout {
    /// For each place of the tree, where its cells begin; nothing where no row is counted.
    begins: Vec<Option<usize>>,
    /// Feature, and where its bins begin among the cells of a place; none where a place has one.
    features: Vec<(usize, usize)>,
    /// Cells of a place.
    width: usize,
    cells: usize,
}

impl Layout {
    /// Histograms of the places of one level that are open.
    pub(super) fn of_level(
        boosting: &Boosting,
        splits: &[Option<Split>],
        level: u32,
        chosen: &[usize],
    ) -> Self {
        let mut features = Vec::with_capacity(chosen.len());
        let mut width = 0;
        for feature in chosen {
            features.push((*feature, width));
            width += boosting.features.get(*feature).map_or(0, super::Bins::count);
        }
        let of_level = (1 << level) - 1..(2 << level) - 1;
        let open = |place: &usize| of_level.contains(place);
        Self::new(boosting, splits, features, width, open)
    }

    /// All places where rows stop.
    pub(super) fn of_leaves(boosting: &Boosting, splits: &[Option<Split>]) -> Self {
        Self::new(boosting, splits, vec![], 1, |_| true)
    }

    fn new(
        boosting: &Boosting,
        splits: &[Option<Split>],
        features: Vec<(usize, usize)>,
        width: usize,
        open: impl Fn(&usize) -> bool,
    ) -> Self {
        let asks = |place: usize| matches!(splits.get(place), Some(Some(_)));
        let stops = |place: usize| {
            let reached = place.checked_sub(1).is_none_or(|before| asks(before / 2));
            reached && !asks(place)
        };
        let mut cells = 0;
        let begins = (0..places(boosting.depth)).map(|place| {
            (open(&place) && stops(place)).then(|| {
                cells += width;
                cells - width
            })
        });
        let begins = begins.collect();
        Self { begins, features, width, cells }
    }

    /// How many cells there are.
    pub(super) fn cells(&self) -> usize {
        self.cells
    }

    /// In how many cells a row is, at most.
    pub(super) fn cells_of_a_row(&self) -> usize {
        self.features.len().max(1)
    }

    /// Places that have cells, and where these begin.
    pub(super) fn places(&self) -> impl Iterator<Item = (usize, usize)> {
        let begins = self.begins.iter().enumerate();
        begins.filter_map(|(place, begin)| Some((place, (*begin)?)))
    }

    /// The features of a place's cells, and which of its cells each has.
    pub(super) fn features(&self) -> impl Iterator<Item = (usize, std::ops::Range<usize>)> {
        let ends = self.features.iter().skip(1).map(|(_, begin)| *begin).chain([self.width]);
        self.features.iter().zip(ends).map(|((feature, begin), end)| (*feature, *begin..end))
    }

    /// The cells that a row is in.
    pub(super) fn cells_of<'a>(
        &'a self,
        splits: &[Option<Split>],
        bins: &'a [u8],
    ) -> impl Iterator<Item = usize> + 'a {
        let begin = self.begins.get(stop(splits, bins)).copied().flatten();
        let alone = begin.filter(|_| self.features.is_empty());
        let of_features = begin.into_iter().flat_map(move |begin| {
            let bin = |feature: usize| bins.get(feature).map_or(0, |bin| usize::from(*bin));
            self.features.iter().map(move |(feature, offset)| begin + offset + bin(*feature))
        });
        alone.into_iter().chain(of_features)
    }
}
