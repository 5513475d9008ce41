//! From real gradients to integers, whose norms are compared exactly.

use concordat_terms::Decimal;

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

#[cfg(test)]
mod tests {
    use concordat_dp::Sensitivity;
    use proptest::prelude::*;

    use super::*;

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
            // Coarser scales are refused, whatever the clip.
            bits in 26_u32..=30,
            milli in 1_i64..3000,
        ) {
            let clip: Decimal = format!("{}.{:03}", milli / 1000, milli % 1000).parse().unwrap();
            let norm = values.iter().map(|v| v * v).sum::<f64>().sqrt().max(1e-9);
            let scaled: Vec<f64> = values.iter().map(|v| v * clip.to_f64() / norm).collect();
            let dimension = u32::try_from(values.len()).unwrap();
            let most = Sensitivity::new(clip, bits, dimension).unwrap().ring_units();
            prop_assert!(within(&quantise(&scaled, bits), most));
        }
    }
}
