//! Proofs out of a tree that is somewhere (RFC 9162 §2.1.3.1, §2.1.4.1).

use std::ops::Range;

use concordat_terms::Digest;

/// The root over leaves `start..end`, where `start` is a multiple of a power of two that is at least
/// `end - start`; none if it is empty or cannot be had.
pub(super) type Root<'a> = dyn FnMut(u64, u64) -> Option<Digest> + 'a;

/// The audit path of leaf `index` in the tree of `size` leaves, from the leaf's sibling up. `index`
/// is below `size`.
pub(super) fn inclusion(index: u64, size: u64, root: &mut Root<'_>) -> Option<Vec<Digest>> {
    let mut span = 0..size;
    let mut path = Vec::new();
    while span.end - span.start > 1 {
        path.push(descend(&mut span, |middle| index < middle, root)?);
    }
    path.reverse();
    Some(path)
}

/// The proof that the tree of `old` leaves is a prefix of the tree of `new` leaves. Empty when `old`
/// is 0 or `new`; `old` is at most `new`.
pub(super) fn consistency(old: u64, new: u64, root: &mut Root<'_>) -> Option<Vec<Digest>> {
    if old == 0 || old == new {
        return Some(Vec::new());
    }
    let mut span = 0..new;
    let mut path = Vec::new();
    while span.end != old {
        path.push(descend(&mut span, |middle| old <= middle, root)?);
    }
    // The verifier knows the old root; only where that is not the subtree at hand is it sent.
    if span.start != 0 {
        path.push(root(span.start, span.end)?);
    }
    path.reverse();
    Some(path)
}

/// Halves a span of at least two leaves: goes on into the left one if `left` says so of the
/// border between them, and gives the root over the other.
fn descend(
    span: &mut Range<u64>,
    left: impl Fn(u64) -> bool,
    root: &mut Root<'_>,
) -> Option<Digest> {
    let middle = span.start + split(span.end - span.start);
    if left(middle) {
        let end = std::mem::replace(&mut span.end, middle);
        root(middle, end)
    } else {
        let start = std::mem::replace(&mut span.start, middle);
        root(start, middle)
    }
}

/// The largest power of two below `width`, which is at least 2.
pub(super) fn split(width: u64) -> u64 {
    1 << (u64::BITS - 1 - width.saturating_sub(1).max(1).leading_zeros())
}
