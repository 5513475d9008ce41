//! From real gradients to integers whose sensitivity is known exactly.

use concordat_terms::Decimal;

/// Most fraction bits of a quantised sum: with a clip of at most 1,024 and at most 2^20 persons
/// every sum then fits 61 bits.
pub const SCALE_BITS_MAX: u32 = 30;

/// Each value times 2^`scale_bits`, rounded to the nearest integer, halves away from zero.
///
/// Scaling by a power of two is exact, so the error is the rounding alone: at most one half for
/// each value. What does not fit saturates, not-a-number becomes 0: [`within`] is what decides.
pub fn quantise(values: &[f64], scale_bits: u32) -> Vec<i64> {
    let mut rounded = Vec::with_capacity(values.len());
    quantise_into(&mut rounded, values, scale_bits);
    rounded
}

/// [`quantise`], into a vector that is used again.
pub(crate) fn quantise_into(rounded: &mut Vec<i64>, values: &[f64], scale_bits: u32) {
    let scale = libm::ldexp(1.0, i32::try_from(scale_bits).unwrap_or(i32::MAX));
    rounded.clear();
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, as documented")]
    rounded.extend(values.iter().map(|value| (value * scale).round() as i64));
}

/// The integer L2 sensitivity S of one person: ⌈2^`scale_bits`·C·(1+2^-10)⌉ + ⌈√D⌉.
///
/// The margin of 2^-10 covers floating-point norms, the root covers rounding in D parameters
/// (Kairouz, Liu, Steinke: "The distributed discrete Gaussian mechanism for federated learning
/// with secure aggregation", arXiv 2102.06387, §4). `clip` is at most 1,024 and `scale_bits` at
/// most [`SCALE_BITS_MAX`], or there is no answer.
pub fn integer_sensitivity(clip: Decimal, scale_bits: u32, dimension: usize) -> Option<u64> {
    let most = Decimal::whole(1024)?;
    if !clip.is_positive() || clip > most || scale_bits > SCALE_BITS_MAX {
        return None;
    }
    let scaled = u128::from(trillionths(clip)?) << scale_bits;
    let with_margin = (scaled * 1025).div_ceil(1024 * TRILLION);
    let root = ceil_root(u64::try_from(dimension).ok()?);
    u64::try_from(with_margin).ok()?.checked_add(root)
}

/// Whether the L2 norm of `values` is at most `sensitivity`: in integers, hence exactly.
pub fn within(values: &[i64], sensitivity: u64) -> bool {
    let most = u128::from(sensitivity) * u128::from(sensitivity);
    let mut sum = 0_u128;
    for value in values {
        let size = u128::from(value.unsigned_abs());
        sum = sum.saturating_add(size * size);
    }
    sum <= most
}

/// A non-negative decimal in trillionths: exact, since a decimal has at most twelve places.
pub(crate) fn trillionths(value: Decimal) -> Option<u64> {
    let text = value.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.parse::<u64>().ok()?.checked_mul(TRILLION as u64)?;
    let fraction = format!("{fraction:0<12}").parse::<u64>().ok()?;
    whole.checked_add(fraction)
}

pub(crate) const TRILLION: u128 = 1_000_000_000_000;

fn ceil_root(value: u64) -> u64 {
    let floor = value.isqrt();
    if floor * floor == value { floor } else { floor + 1 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_sensitivity_of_the_heart_run_is_as_computed_by_hand() {
        // 2^18 · 0.5 · 1.0009765625 = 131,200 exactly, and √14 rounds up to 4.
        assert_eq!(integer_sensitivity("0.5".parse().unwrap(), 18, 14), Some(131_204));
        assert_eq!(integer_sensitivity("1".parse().unwrap(), 0, 4), Some(2 + 2));
        assert_eq!(integer_sensitivity("0".parse().unwrap(), 18, 14), None);
        assert_eq!(integer_sensitivity("1025".parse().unwrap(), 18, 14), None);
        assert_eq!(integer_sensitivity("1".parse().unwrap(), 31, 14), None);
    }

    #[test]
    fn rounding_is_to_the_nearest_with_halves_away_from_zero() {
        assert_eq!(quantise(&[0.5, -0.5, 0.49, 1.25, -2.75], 0), [1, -1, 0, 1, -3]);
        assert_eq!(quantise(&[0.25], 18), [65_536]);
        assert_eq!(quantise(&[f64::NAN, f64::INFINITY], 18), [0, i64::MAX]);
        assert!(!within(&quantise(&[f64::INFINITY], 18), u64::from(u32::MAX)));
    }

    #[test]
    fn the_norm_is_compared_exactly() {
        assert!(within(&[3, -4], 5));
        assert!(!within(&[3, -4, 1], 5));
        assert!(!within(&[i64::MIN; 9], 1 << 60));
    }

    #[test]
    fn decimals_become_exact_trillionths() {
        for (text, expected) in [("0.2", 200_000_000_000), ("1", 1_000_000_000_000), ("0", 0)] {
            assert_eq!(trillionths(text.parse().unwrap()), Some(expected));
        }
        assert_eq!(trillionths("0.000000000001".parse().unwrap()), Some(1));
        assert_eq!(trillionths("-1".parse().unwrap()), None);
    }

    proptest! {
        #[test]
        fn a_clipped_vector_always_fits_its_sensitivity(
            values in prop::collection::vec(-1.0_f64..1.0, 1..40),
            bits in 0_u32..=30,
            milli in 1_i64..3000,
        ) {
            let clip: Decimal = format!("{}.{:03}", milli / 1000, milli % 1000).parse().unwrap();
            let norm = values.iter().map(|v| v * v).sum::<f64>().sqrt().max(1e-9);
            let scaled: Vec<f64> = values.iter().map(|v| v * clip.to_f64() / norm).collect();
            let most = integer_sensitivity(clip, bits, values.len()).unwrap();
            prop_assert!(within(&quantise(&scaled, bits), most));
        }
    }
}
