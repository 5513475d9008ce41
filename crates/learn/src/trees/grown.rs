//! Trees that are grown: what they say of rows, and how they are stored.

use concordat_terms::Digest;
use serde::{Deserialize, Serialize};

use super::boosting::Boosting;
use super::rows::Rows;
use super::split::Split;
use crate::stored::{self, NotAModel, Stored, Tensor};

/// The one tensor: the leaves, tree after tree.
const VALUES: &str = "values";

/// A model of boosted trees, with the boosting that it was grown under. Public.
#[derive(Clone, Debug, PartialEq)]
pub struct Trees {
    boosting: Boosting,
    trees: Vec<Tree>,
}

/// One tree. Its places are numbered from the root, 0; below place n are 2n+1, left, and 2n+2.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tree {
    /// What is asked at each place above the last level; nothing where a leaf is.
    pub(super) splits: Vec<Option<Split>>,
    /// What is added to the score of a row that stops there; 0 where none does.
    pub(super) values: Vec<f64>,
}

/// Where a row stops, given its bins.
pub(super) fn stop(splits: &[Option<Split>], bins: &[u8]) -> usize {
    let mut place = 0;
    while let Some(Some(split)) = splits.get(place) {
        // Whatever has too few bins goes right; rows of the boosting have enough.
        let left = bins.get(split.feature).is_some_and(|bin| split.left.has(*bin));
        place = 2 * place + if left { 1 } else { 2 };
    }
    place
}

impl Tree {
    pub(super) fn value(&self, bins: &[u8]) -> f64 {
        self.values.get(stop(&self.splits, bins)).copied().unwrap_or_default()
    }
}

/// How many places a tree of that depth has, the last level included.
pub(super) fn places(depth: u32) -> usize {
    (2 << depth) - 1
}

impl Trees {
    pub(super) fn new(boosting: &Boosting, trees: Vec<Tree>) -> Self {
        Self { boosting: boosting.clone(), trees }
    }

    /// What it was grown under.
    pub fn boosting(&self) -> &Boosting {
        &self.boosting
    }

    /// The probability of a yes, or the number, for each row, in the order of [`Rows::targets`];
    /// the same bits on every machine. Scores are added up tree after tree, from the base.
    pub fn predict(&self, rows: &Rows) -> Vec<f64> {
        let base = self.boosting.base.to_f64();
        let scores = rows
            .bins()
            .map(|bins| self.trees.iter().fold(base, |sum, tree| sum + tree.value(bins)));
        scores.map(|score| self.boosting.target.predict(score)).collect()
    }

    /// The model as safetensors: tensor `values`, F64, one dimension, the leaves tree after tree,
    /// and one metadata entry `concordat`, canonical JSON with the boosting and the trees'
    /// questions. Equal models have equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let about = About {
            boosting: self.boosting.clone(),
            trees: self.trees.iter().map(|tree| tree.splits.clone()).collect(),
        };
        let values: Vec<f64> = self.trees.iter().flat_map(|tree| tree.values.clone()).collect();
        stored::write(&about, &[Tensor::double(VALUES.to_owned(), &values)])
    }

    /// Reads what [`Trees::to_bytes`] wrote, and nothing else.
    ///
    /// # Errors
    /// [`NotAModel`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotAModel> {
        let stored: Stored<'_, About> = Stored::read(bytes)?;
        let About { boosting, trees } = &stored.about;
        boosting.check().map_err(|fault| NotAModel::Metadata(fault.to_string()))?;
        let places = places(boosting.depth);
        let features = boosting.features.len();
        let fits = |splits: &Vec<Option<Split>>| {
            splits.len() == places / 2 && splits.iter().flatten().all(|s| s.feature < features)
        };
        if trees.len() != usize::try_from(boosting.trees).unwrap_or(usize::MAX)
            || !trees.iter().all(fits)
        {
            return Err(NotAModel::Metadata(String::from("trees of another shape")));
        }
        let values = stored.double(VALUES.to_owned(), trees.len() * places)?;
        let About { boosting, trees } = stored.about;
        let trees = trees.into_iter().zip(values.chunks_exact(places));
        let trees =
            trees.map(|(splits, values)| Tree { splits, values: values.to_vec() }).collect();
        let read = Self { boosting, trees };
        stored::only(read.to_bytes() == bytes, read)
    }

    /// SHA-256 of [`Trees::to_bytes`]: the model's name in the log.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.to_bytes())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    boosting: Boosting,
    trees: Vec<Vec<Option<Split>>>,
}
