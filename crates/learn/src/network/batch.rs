//! Rows that go through a network together, grouped by unit.

use super::Network;

/// Most rows of one unit: the error bounds of [`ClippedSum`](super::ClippedSum) count on it.
pub const ROWS_OF_A_UNIT_MOST: usize = 1 << 10;

/// Most rows of one clipped sum.
pub const ROWS_OF_A_SUM_MOST: usize = 1 << 20;

/// Rows, targets, and whose they are. Private: no `Debug`.
#[derive(Clone, Copy)]
pub struct Batch<'a> {
    /// Row after row, as many numbers each as the network has inputs.
    pub features: &'a [f32],
    /// Row after row, as many numbers each as the network has outputs.
    pub targets: &'a [f32],
    /// How many rows each unit has, in the order of the rows.
    pub rows_of_each: &'a [usize],
}

/// Why weights or rows do not go through a network. Says sizes, and nothing of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// Not one weight for each parameter.
    #[error("the network has {network} parameters, there are {weights} weights")]
    Weights {
        /// Parameters of the network.
        network: usize,
        /// Weights given.
        weights: usize,
    },
    /// The numbers are no whole rows.
    #[error("a row has {inputs} numbers, {numbers} are no whole rows")]
    Features {
        /// Numbers of a row.
        inputs: usize,
        /// Numbers given.
        numbers: usize,
    },
    /// Not one target for each output of each row.
    #[error("the rows need {needed} numbers as targets, there are {targets}")]
    Targets {
        /// Rows times outputs.
        needed: usize,
        /// Numbers given.
        targets: usize,
    },
    /// The units have together not as many rows as there are.
    #[error("the units do not have as many rows as there are")]
    Units,
    /// One unit has too many rows.
    #[error("a unit has more than {ROWS_OF_A_UNIT_MOST} rows")]
    RowsOfAUnit,
    /// All units together have too many rows.
    #[error("a sum is of more than {ROWS_OF_A_SUM_MOST} rows")]
    RowsOfASum,
    /// The clip is not above 0, or the scale is out of range.
    #[error("clip or scale is out of range")]
    Clip,
}

/// Rows of a block, unless one unit alone has more: what of them is at hand fits the caches.
const ROWS_OF_A_BLOCK: usize = 64;

impl<'a> Batch<'a> {
    /// Whether this batch goes through that network.
    pub(super) fn check(&self, network: &Network) -> Result<(), Misfit> {
        let (inputs, numbers) = (network.inputs(), self.features.len());
        if !numbers.is_multiple_of(inputs.max(1)) {
            return Err(Misfit::Features { inputs, numbers });
        }
        let needed = self.rows(network).saturating_mul(network.outputs());
        if self.targets.len() != needed {
            return Err(Misfit::Targets { needed, targets: self.targets.len() });
        }
        if self.rows_of_each.iter().any(|rows| *rows > ROWS_OF_A_UNIT_MOST) {
            return Err(Misfit::RowsOfAUnit);
        }
        let rows = self.rows_of_each.iter().try_fold(0_usize, |sum, rows| sum.checked_add(*rows));
        if rows != Some(self.rows(network)) { Err(Misfit::Units) } else { Ok(()) }
    }

    pub(super) fn rows(&self, network: &Network) -> usize {
        self.features.len() / network.inputs().max(1)
    }

    /// A batch that was checked, in pieces of whole units. No result depends on where it is cut.
    pub(super) fn blocks(self, network: &Network) -> impl Iterator<Item = Batch<'a>> {
        let (inputs, outputs) = (network.inputs(), network.outputs());
        let mut left = self;
        std::iter::from_fn(move || {
            let mut rows = 0;
            let units = left.rows_of_each.iter().take_while(|own| {
                let first = rows == 0;
                rows += **own;
                first || rows <= ROWS_OF_A_BLOCK
            });
            let units = units.count();
            let (own, later) = left.rows_of_each.split_at_checked(units)?;
            let rows: usize = own.iter().sum();
            let (features, later_features) = left.features.split_at_checked(rows * inputs)?;
            let (targets, later_targets) = left.targets.split_at_checked(rows * outputs)?;
            left = Batch { features: later_features, targets: later_targets, rows_of_each: later };
            (units > 0).then_some(Batch { features, targets, rows_of_each: own })
        })
    }
}
