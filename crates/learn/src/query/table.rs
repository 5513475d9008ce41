//! A histogram that was asked: cells with known noise.

use serde::Serialize;

use super::axis::{Axis, UNDECLARED};
use super::estimate::Count;

/// A released histogram, or the marginal table of one: what is in each cell, and how much noise.
///
/// Cells are in the order of the vector: the last axis runs fastest, and on each axis `other` and
/// `missing` follow the declared cells.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Table {
    pub(crate) axes: Vec<Axis>,
    /// Rows.
    cells: Vec<f64>,
    /// Variance of the noise in each cell, the same in all, in squared rows.
    variance: f64,
    /// Most rows of one person: by how much their likeness may raise sampling variances.
    design: f64,
}

impl Table {
    pub(crate) fn new(axes: Vec<Axis>, cells: Vec<f64>, variance: f64, design: f64) -> Self {
        Self { axes, cells, variance, design }
    }

    /// The axes, in order.
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// Most rows of one person.
    pub fn design(&self) -> f64 {
        self.design
    }

    /// Where the axis of this name is.
    pub fn axis(&self, name: &str) -> Option<usize> {
        self.axes.iter().position(|axis| axis.name() == name)
    }

    /// All rows.
    pub fn total(&self) -> Count {
        self.counts().into_iter().fold(Count::NONE, Count::plus)
    }

    /// Every cell, in order.
    pub fn counts(&self) -> Vec<Count> {
        self.cells.iter().map(|&value| Count { value, variance: self.variance }).collect()
    }

    /// The declared cells of a table with one axis.
    pub fn declared(&self) -> Vec<Count> {
        let mut counts = self.counts();
        counts.truncate(counts.len().saturating_sub(UNDECLARED));
        counts
    }

    /// The table of these axes alone, in this order: the cells of all others are added, and their
    /// noise with them. Axes that do not exist, or are named twice, are left out.
    #[must_use]
    pub fn along(&self, axes: &[usize]) -> Self {
        let mut kept: Vec<usize> = Vec::new();
        for axis in axes {
            if *axis < self.axes.len() && !kept.contains(axis) {
                kept.push(*axis);
            }
        }
        let shape: Vec<Axis> =
            kept.iter().filter_map(|axis| self.axes.get(*axis).cloned()).collect();
        let size: usize = shape.iter().map(Axis::cells).product();
        let mut cells = vec![0.0; size];
        for (index, value) in self.cells.iter().enumerate() {
            let place = self.coordinates(index);
            let target = kept.iter().zip(&shape).fold(0, |target, (axis, of)| {
                target * of.cells() + place.get(*axis).copied().unwrap_or_default()
            });
            if let Some(cell) = cells.get_mut(target) {
                *cell += value;
            }
        }
        let added = self.cells.len() as f64 / size.max(1) as f64;
        Self { axes: shape, cells, variance: self.variance * added, design: self.design }
    }

    /// The rows of one cell of the first axis, as a table of the others.
    #[must_use]
    pub fn within_first(&self, place: usize) -> Self {
        let axes: Vec<Axis> = self.axes.iter().skip(1).cloned().collect();
        let size: usize = axes.iter().map(Axis::cells).product();
        let cells = self.cells.iter().skip(place * size).take(size).copied().collect();
        Self { axes, cells, variance: self.variance, design: self.design }
    }

    /// A cell's place on each axis.
    fn coordinates(&self, index: usize) -> Vec<usize> {
        let mut rest = index;
        let mut places: Vec<usize> = self
            .axes
            .iter()
            .rev()
            .map(|axis| {
                let place = rest % axis.cells();
                rest /= axis.cells();
                place
            })
            .collect();
        places.reverse();
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marginal_tables_add_cells_and_their_noise() {
        let axis = |name: &str, levels: &[&str]| Axis::Levels {
            column: name.into(),
            levels: levels.iter().map(|l| (*l).to_owned()).collect(),
        };
        let axes = vec![axis("a", &["x"]), axis("b", &["y", "z"])];
        let cells: Vec<f64> = (0..12).map(f64::from).collect();
        let table = Table::new(axes, cells, 2.0, 1.0);
        let values = |t: &Table| t.counts().iter().map(|c| c.value).collect::<Vec<_>>();
        assert_eq!(values(&table.along(&[0])), [6.0, 22.0, 38.0]);
        assert_eq!(values(&table.along(&[1])), [12.0, 15.0, 18.0, 21.0]);
        assert_eq!(table.along(&[1]).counts()[0].variance, 6.0);
        assert_eq!(values(&table.along(&[1, 0]).within_first(2)), [2.0, 6.0, 10.0]);
        assert_eq!(values(&table.within_first(1)), [4.0, 5.0, 6.0, 7.0]);
        assert_eq!(table.along(&[0, 1]), table);
        assert_eq!(values(&table.along(&[])), [66.0]);
        assert_eq!(table.total(), Count { value: 66.0, variance: 24.0 });
        assert_eq!(table.along(&[0]).declared().len(), 1);
    }
}
