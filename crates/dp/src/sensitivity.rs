//! How far one unit moves a sum.

use concordat_terms::Decimal;

use crate::error::ParameterError;
use crate::exact::parts;

/// The L2 sensitivity of a quantised sum under add or remove of one unit, in ring units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sensitivity(u64);

impl Sensitivity {
    /// The largest sensitivity in ring units.
    pub const MOST: u64 = 1 << 40;

    /// Most fraction bits of a contribution: as many as training can quantise to.
    pub const SCALE_BITS_MOST: u32 = 30;

    /// ⌈s·C·(1 + 2^−10)⌉ + ⌈√D⌉ with s = 2^`scale_bits`, C = `clip` and D = `dimension`.
    ///
    /// The first term allows for norms computed in single precision; the second for rounding:
    /// each of the D coordinates of a sum that one unit joins or leaves rounds by less than one
    /// ring unit differently. s·C must be at least 2^16, so that neither is felt.
    ///
    /// # Errors
    ///
    /// [`ParameterError::Clip`], [`ParameterError::ScaleBits`], [`ParameterError::NoDimension`],
    /// [`ParameterError::TooCoarse`], [`ParameterError::SensitivityTooLarge`].
    pub fn new(clip: Decimal, scale_bits: u32, dimension: u32) -> Result<Self, ParameterError> {
        if dimension == 0 {
            return Err(ParameterError::NoDimension);
        }
        if scale_bits > Self::SCALE_BITS_MOST {
            return Err(ParameterError::ScaleBits(scale_bits));
        }
        let (units, scale) = match parts(clip) {
            Some((units, scale)) if units > 0 => (units, 10_u128.pow(scale)),
            _ => return Err(ParameterError::Clip(clip)),
        };

        // Below 2^60 · 2^30 · 2^11: nothing overflows.
        let scaled = units << scale_bits;
        if scaled < scale << 16 {
            return Err(ParameterError::TooCoarse { clip, scale_bits });
        }
        let norm = (scaled * 1025).div_ceil(scale * 1024);
        let rounding = u128::from(ceil_sqrt(dimension));
        Self::checked(norm + rounding)
    }

    /// The sensitivity of a plain count: one unit adds one to one cell of a histogram.
    pub const COUNT: Self = Self(1);

    /// ⌈m·2^`scale_bits`·√R⌉ for sums of whole numbers: one unit has at most m = `rows` rows, and a row
    /// moves all sums together by at most √R, R = `squared`, in units of 2^`scale_bits`. From integers
    /// alone, and rounded up: k histograms, to each of which a row adds one in one cell, have R = k, or 2k
    /// where a row is replaced.
    ///
    /// # Errors
    ///
    /// [`ParameterError::ScaleBits`], [`ParameterError::NoDimension`] without rows or sums,
    /// [`ParameterError::SensitivityTooLarge`].
    pub fn rooted(rows: u32, squared: u64, scale_bits: u32) -> Result<Self, ParameterError> {
        if scale_bits > Self::SCALE_BITS_MOST {
            return Err(ParameterError::ScaleBits(scale_bits));
        }
        if rows == 0 || squared == 0 {
            return Err(ParameterError::NoDimension);
        }
        // Below (2^32 · 2^30)² · 2^64: where that overflows it is too large by far.
        let rows = u128::from(rows) << scale_bits;
        let square = rows.checked_mul(rows).and_then(|all| all.checked_mul(squared.into()));
        let square = square.ok_or(ParameterError::SensitivityTooLarge(u128::MAX))?;
        let root = square.isqrt();
        Self::checked(if root * root == square { root } else { root + 1 })
    }

    /// ⌈2^`scale_bits`·C⌉ for a bound C = `clip` that is stated, and of which whoever states it proves
    /// that it holds exactly: there is nothing to add for rounding.
    ///
    /// # Errors
    ///
    /// [`ParameterError::Clip`], [`ParameterError::ScaleBits`],
    /// [`ParameterError::SensitivityTooLarge`].
    pub fn stated(clip: Decimal, scale_bits: u32) -> Result<Self, ParameterError> {
        if scale_bits > Self::SCALE_BITS_MOST {
            return Err(ParameterError::ScaleBits(scale_bits));
        }
        match parts(clip) {
            Some((units, scale)) if units > 0 => {
                Self::checked((units << scale_bits).div_ceil(10_u128.pow(scale)))
            }
            _ => Err(ParameterError::Clip(clip)),
        }
    }

    /// Twice the sensitivity: one unit replaced instead of added or removed.
    ///
    /// # Errors
    ///
    /// [`ParameterError::SensitivityTooLarge`].
    pub fn doubled(self) -> Result<Self, ParameterError> {
        Self::checked(u128::from(self.0) * 2)
    }

    /// Ring units, 1 to [`Sensitivity::MOST`].
    pub fn ring_units(self) -> u64 {
        self.0
    }

    fn checked(ring_units: u128) -> Result<Self, ParameterError> {
        match u64::try_from(ring_units) {
            Ok(fits) if fits <= Self::MOST => Ok(Self(fits)),
            _ => Err(ParameterError::SensitivityTooLarge(ring_units)),
        }
    }
}

fn ceil_sqrt(value: u32) -> u32 {
    let root = value.isqrt();
    if root * root == value { root } else { root + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(clip: &str, scale_bits: u32, dimension: u32) -> Result<u64, ParameterError> {
        Sensitivity::new(clip.parse().unwrap(), scale_bits, dimension).map(Sensitivity::ring_units)
    }

    #[test]
    fn a_sensitivity_is_the_scaled_clip_with_margin_and_rounding() {
        assert_eq!(of("1", 16, 14), Ok(65_536 + 64 + 4));
        assert_eq!(of("1", 16, 16), Ok(65_536 + 64 + 4));
        // 734 003.2 · (1 + 2^−10) is a whole number; one unit more in the clip is not.
        assert_eq!(of("0.7", 20, 1), Ok(734_720 + 1));
        assert_eq!(of("0.700000000001", 20, 1), Ok(734_721 + 1));
        assert_eq!(
            Sensitivity::new("1".parse().unwrap(), 16, 14).unwrap().doubled().unwrap().0,
            131_208
        );
    }

    #[test]
    fn sums_of_whole_numbers_have_the_root_of_their_squares_and_nothing_on_top() {
        let of = |rows, squared, bits| {
            Sensitivity::rooted(rows, squared, bits).map(Sensitivity::ring_units)
        };
        assert_eq!(of(1, 1, 16), Ok(65_536));
        assert_eq!(of(3, 4, 10), Ok(6_144));
        // 1,024·√2 = 1,448.15.
        assert_eq!(of(1, 2, 10), Ok(1_449));
        assert!(matches!(of(0, 1, 10), Err(ParameterError::NoDimension)));
        assert!(matches!(of(1, 0, 10), Err(ParameterError::NoDimension)));
        assert!(matches!(of(1, 1, 31), Err(ParameterError::ScaleBits(31))));
        for (rows, squared) in [(1 << 20, 1 << 20), (u32::MAX, u64::MAX)] {
            let refused = of(rows, squared, 30);
            assert!(matches!(refused, Err(ParameterError::SensitivityTooLarge(_))), "{rows}");
        }

        let stated = |clip: &str, bits| {
            Sensitivity::stated(clip.parse().unwrap(), bits).map(Sensitivity::ring_units)
        };
        assert_eq!(stated("1", 10), Ok(1_024));
        assert_eq!(stated("1.414213563", 10), Ok(1_449));
        assert_eq!(stated("0.000000001", 10), Ok(1));
        assert!(matches!(stated("0", 10), Err(ParameterError::Clip(_))));
        assert!(matches!(stated("-1", 10), Err(ParameterError::Clip(_))));
        assert!(matches!(stated("1", 31), Err(ParameterError::ScaleBits(31))));
    }

    #[test]
    fn parameters_that_leave_rounding_to_be_felt_or_words_to_overflow_are_refused() {
        assert!(matches!(of("1", 15, 9), Err(ParameterError::TooCoarse { .. })));
        assert!(matches!(of("0.999999999999", 16, 9), Err(ParameterError::TooCoarse { .. })));
        assert!(matches!(of("0", 16, 9), Err(ParameterError::Clip(_))));
        assert!(matches!(of("-1", 16, 9), Err(ParameterError::Clip(_))));
        assert!(matches!(of("1", 31, 9), Err(ParameterError::ScaleBits(31))));
        assert!(matches!(of("1", 16, 0), Err(ParameterError::NoDimension)));
        assert!(matches!(
            of("999999999999999999", 30, u32::MAX),
            Err(ParameterError::SensitivityTooLarge(_))
        ));
        assert_eq!(of("1", 16, u32::MAX), Ok(65_600 + 65_536));
    }
}
