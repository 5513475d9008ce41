//! Matrix products in plain Rust that compilers vectorise, each sum in one order.
//!
//! Both factors are first laid out in strips, R or C numbers side by side, so that the loop in
//! the middle reads memory from end to end, knows its lengths when it is compiled and holds R·C
//! sums in registers. Laying out costs a copy of each factor; the product is what takes time.

use std::ops::{AddAssign, Mul};

use zeroize::{Zeroize, Zeroizing};

/// A matrix of `length` by `width` as strips of N columns; the last one is filled up with zeros.
pub(super) struct Strips<T: Zeroize, const N: usize> {
    length: usize,
    width: usize,
    /// `length` pieces for the first strip, then for the second, and so on. Some are activations.
    pieces: Zeroizing<Vec<[T; N]>>,
}

impl<T: Copy + Default + Zeroize, const N: usize> Strips<T, N> {
    /// The matrix whose rows are these, each `width` long.
    pub(super) fn of_rows<'a, S: Copy + 'a>(
        rows: impl Iterator<Item = &'a [S]> + Clone,
        width: usize,
        convert: impl Fn(usize, S) -> T,
    ) -> Self {
        let length = rows.clone().count();
        let mut pieces = Zeroizing::new(Vec::with_capacity(length * width.div_ceil(N)));
        for strip in 0..width.div_ceil(N) {
            for (place, row) in rows.clone().enumerate() {
                let mut piece = [T::default(); N];
                let numbers = row.chunks(N).nth(strip).unwrap_or_default();
                for (to, from) in piece.iter_mut().zip(numbers) {
                    *to = convert(place, *from);
                }
                pieces.push(piece);
            }
        }
        Self { length, width, pieces }
    }

    /// The matrix whose *columns* are the rows of `matrix`, each `length` long.
    pub(super) fn of_columns(matrix: &[T], length: usize) -> Self {
        let width = matrix.len() / length.max(1);
        let mut pieces = Zeroizing::new(Vec::with_capacity(length * width.div_ceil(N)));
        for columns in matrix.chunks((N * length).max(1)) {
            let start = pieces.len();
            pieces.resize(start + length, [T::default(); N]);
            for (lane, column) in columns.chunks_exact(length.max(1)).enumerate() {
                for (piece, from) in pieces.iter_mut().skip(start).zip(column) {
                    if let Some(to) = piece.get_mut(lane) {
                        *to = *from;
                    }
                }
            }
        }
        Self { length, width, pieces }
    }
}

/// `to[i][j] += Σ_k left[k][i] · right[k][j]`, for each i and j from the first k to the last.
///
/// `to` has a row for each column of `left`, as wide as `right`. Both have the same length.
pub(super) fn add_product<T, const R: usize, const C: usize>(
    to: &mut [T],
    left: &Strips<T, R>,
    right: &Strips<T, C>,
) where
    T: Copy + Default + Zeroize + Mul<Output = T> + AddAssign,
{
    debug_assert_eq!(left.length, right.length);
    debug_assert_eq!(to.len(), left.width * right.width);
    let (length, width) = (left.length.max(1), right.width.max(1));
    for (band, left) in to.chunks_mut(width * R).zip(left.pieces.chunks_exact(length)) {
        for (strip, right) in right.pieces.chunks_exact(length).enumerate() {
            let mut sums = [[T::default(); C]; R];
            for (row, sums) in band.chunks_exact(width).zip(&mut sums) {
                let so_far = row.get(strip * C..).unwrap_or_default();
                copy::<T, C>(sums, so_far);
            }
            tile(&mut sums, left, right);
            for (row, sums) in band.chunks_exact_mut(width).zip(&sums) {
                let after = row.get_mut(strip * C..).unwrap_or_default();
                copy::<T, C>(after, sums);
            }
        }
    }
}

/// Copies as many numbers as both have, at most C.
fn copy<T: Copy, const C: usize>(to: &mut [T], from: &[T]) {
    // Nearly always whole strips, whose length a compiler knows.
    if let (Some(to), Some(from)) = (to.first_chunk_mut::<C>(), from.first_chunk::<C>()) {
        *to = *from;
    } else {
        to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
    }
}

/// The loop in the middle: R·C sums that each take one product a step.
fn tile<T, const R: usize, const C: usize>(
    sums: &mut [[T; C]; R],
    left: &[[T; R]],
    right: &[[T; C]],
) where
    T: Copy + Mul<Output = T> + AddAssign,
{
    // A copy of our own, or the compiler keeps the sums in memory.
    let mut held = *sums;
    for (left, right) in left.iter().zip(right) {
        for (sums, factor) in held.iter_mut().zip(left) {
            for (sum, value) in sums.iter_mut().zip(right) {
                *sum += *factor * *value;
            }
        }
    }
    *sums = held;
}

/// The inner product in `f64`, where each product of two `f32` is exact: eight sums, of every
/// eighth term each, added up in order.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f64 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let mut lanes = [0.0; 8];
    let whole = a.iter().zip(b).map(|(a, b)| (a.as_slice(), b.as_slice()));
    for (a, b) in whole.chain([(a_rest, b_rest)]) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += f64::from(*a) * f64::from(*b);
        }
    }
    lanes.iter().sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever the shape, strips and tiles give what three plain loops give, to the bit.
        #[test]
        fn a_product_is_its_three_loops(
            (rows, length, width) in (0_usize..11, 1_usize..11, 1_usize..19),
            numbers in prop::collection::vec(-2.0_f32..2.0, 11 * 11 + 11 * 19 + 11 * 19),
        ) {
            let (left, rest) = numbers.split_at(rows * length);
            let (right, rest) = rest.split_at(length * width);
            let start = &rest[..rows * width];
            let mut expected = start.to_vec();
            for i in 0..rows {
                for j in 0..width {
                    for k in 0..length {
                        expected[i * width + j] += left[i * length + k] * right[k * width + j];
                    }
                }
            }
            let columns = Strips::<f32, 4>::of_columns(left, length);
            let across = right.chunks_exact(width);
            let across = Strips::<f32, 8>::of_rows(across, width, |_, value: f32| value);
            let mut found = start.to_vec();
            add_product(&mut found, &columns, &across);
            prop_assert_eq!(found, expected);
        }
    }
}
