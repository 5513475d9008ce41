//! How noise is divided among nodes, and what is left of it against each adversary.

use concordat_terms::Decimal;

use crate::error::ParameterError;
use crate::exact::{MILLION, from_millionths, millionths_up};
use crate::sampler::Sampler;
use crate::sensitivity::Sensitivity;

/// Noise split among the parties of a secure sum.
///
/// Of N parties d may drop out, so m = N − d must survive; c of those may collude and subtract
/// their own noise, so h = m − c honest shares are certain. Each node adds noise of standard
/// deviation σ·S/√h, and the worst allowed coalition still faces σ·S. One set of parameters with
/// the aggregation protocol's threshold t: c < 2t − N, t ≤ m and m ≥ c + 2 hold for every value.
///
/// Sound only where each secure round sums clipped contributions computed at a common model;
/// methods with local steps add the full noise at every node ([`node_variance`] with one share).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    parties: u32,
    threshold: u32,
    colluders: u32,
    dropouts: u32,
}

/// Who looks at a sum, and which noise it can subtract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Adversary {
    /// Sees what is released; knows no noise.
    Outsider,
    /// Sees every round's sum; knows no noise.
    Coordinator,
    /// One participant, with or without the coordinator: knows its own noise.
    CuriousParty,
    /// All c colluders, with or without the coordinator: know their own noise.
    Coalition,
}

/// The noise that one adversary faces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multiplier {
    /// Who looks.
    pub adversary: Adversary,
    /// How many parties' noise is in the sum: N, or m after every allowed dropout.
    pub present: u32,
    /// Effective noise multiplier: standard deviation over sensitivity, rounded down to a
    /// millionth.
    pub sigma: Decimal,
}

impl Split {
    /// The split for N = `parties`, t = `threshold`, c = `colluders` (at least one: a party knows
    /// its own noise) and d = `dropouts` over all stages.
    ///
    /// # Errors
    ///
    /// [`ParameterError::TooManyParties`], [`ParameterError::NobodyLeft`],
    /// [`ParameterError::NoColluder`], [`ParameterError::ThresholdTooHigh`],
    /// [`ParameterError::TooManyColluders`], [`ParameterError::TooFewSurvivors`].
    pub fn new(
        parties: u32,
        threshold: u32,
        colluders: u32,
        dropouts: u32,
    ) -> Result<Self, ParameterError> {
        if parties > PARTIES_MOST {
            return Err(ParameterError::TooManyParties(parties));
        }
        if dropouts >= parties {
            return Err(ParameterError::NobodyLeft { parties, dropouts });
        }
        if colluders == 0 {
            return Err(ParameterError::NoColluder);
        }
        let survivors = parties - dropouts;
        if threshold > survivors {
            return Err(ParameterError::ThresholdTooHigh { threshold, survivors });
        }
        if colluders >= (2 * threshold).saturating_sub(parties) {
            return Err(ParameterError::TooManyColluders { parties, threshold, colluders });
        }
        if survivors < colluders + 2 {
            return Err(ParameterError::TooFewSurvivors { survivors, colluders });
        }
        Ok(Self { parties, threshold, colluders, dropouts })
    }

    /// N.
    pub fn parties(&self) -> u32 {
        self.parties
    }

    /// t.
    pub fn threshold(&self) -> u32 {
        self.threshold
    }

    /// c.
    pub fn colluders(&self) -> u32 {
        self.colluders
    }

    /// m = N − d: how many must survive, and sign the survivor list, before anything is unmasked.
    pub fn survivors(&self) -> u32 {
        self.parties - self.dropouts
    }

    /// h = m − c, at least 2: honest shares of noise in every released sum.
    pub fn shares(&self) -> u32 {
        self.survivors() - self.colluders
    }

    /// The variance ⌈σ²·S²/h⌉ that each node adds, in squared ring units.
    ///
    /// # Errors
    ///
    /// As [`node_variance`].
    pub fn node_variance(
        &self,
        sigma: Decimal,
        sensitivity: Sensitivity,
    ) -> Result<u64, ParameterError> {
        node_variance(sigma, sensitivity, self.shares())
    }

    /// The multiplier that each adversary faces, with all present and after every allowed dropout,
    /// when nodes add their share of the agreed multiplier `sigma`.
    ///
    /// With n shares of noise that the adversary does not know it is σ·√(n/h): N or m for the
    /// outsider and the coordinator, one less for a curious party, c less for the coalition. The
    /// coalition is left out where it is a single party. The smallest is σ itself: with one
    /// colluder, that of a curious party after every allowed dropout.
    ///
    /// # Errors
    ///
    /// [`ParameterError::Sigma`].
    pub fn multipliers(&self, sigma: Decimal) -> Result<Vec<Multiplier>, ParameterError> {
        let millionths = sigma_millionths(sigma)?;
        let mut adversaries = vec![
            (Adversary::Outsider, 0),
            (Adversary::Coordinator, 0),
            (Adversary::CuriousParty, 1),
        ];
        if self.colluders > 1 {
            adversaries.push((Adversary::Coalition, self.colluders));
        }

        let mut multipliers = Vec::new();
        for (adversary, known) in adversaries {
            for present in [self.parties, self.survivors()] {
                // At most (10^12)² · 2^16, below 2^96.
                let squared = millionths * millionths * u128::from(present - known);
                let root = (squared / u128::from(self.shares())).isqrt();
                let sigma = from_millionths(root)
                    .ok_or_else(|| ParameterError::Sigma(sigma.to_string()))?;
                multipliers.push(Multiplier { adversary, present, sigma });
                if self.dropouts == 0 {
                    break;
                }
            }
        }
        Ok(multipliers)
    }

    /// Checks that the sum of all parties' contributions, at most `units` units each, and twelve
    /// standard deviations of all their noise stay below half the ring of `ring_bits` bits.
    ///
    /// # Errors
    ///
    /// [`ParameterError::RingTooSmall`].
    pub fn fits_ring(
        &self,
        ring_bits: u32,
        units: u32,
        sensitivity: Sensitivity,
        node_variance: u64,
    ) -> Result<(), ParameterError> {
        let parties = u128::from(self.parties);
        let sum = parties * u128::from(units) * u128::from(sensitivity.ring_units());
        let noise = 12 * ((parties * u128::from(node_variance)).isqrt() + 1);
        let magnitude = sum + noise;
        let half = 1_u128.checked_shl(ring_bits.saturating_sub(1)).unwrap_or(0);
        if ring_bits == 0 || magnitude >= half {
            return Err(ParameterError::RingTooSmall { magnitude, ring_bits });
        }
        Ok(())
    }
}

/// The variance ⌈σ²·S²/`shares`⌉, in squared ring units, that a node adds where `shares` honest
/// shares make up the agreed noise; one share is the full noise. σ is first rounded up to a
/// millionth.
///
/// # Errors
///
/// [`ParameterError::Sigma`]; [`ParameterError::Variance`] outside what [`Sampler`] draws.
pub fn node_variance(
    sigma: Decimal,
    sensitivity: Sensitivity,
    shares: u32,
) -> Result<u64, ParameterError> {
    // σ·S in millionths: at most 10^12 · 2^40, below 2^80. Its whole part bounds the variance.
    let deviation = sigma_millionths(sigma)? * u128::from(sensitivity.ring_units());
    let shares = u128::from(shares.max(1));
    let whole = deviation / MILLION;
    if whole * whole / shares > u128::from(Sampler::VARIANCE_MOST) {
        return Err(ParameterError::Variance(whole * whole / shares));
    }
    // Now σ·S < 2^24 · 2^16 + 1, in millionths below 2^61.
    let variance = (deviation * deviation).div_ceil(MILLION * MILLION * shares);
    match u64::try_from(variance) {
        Ok(fits) if (Sampler::VARIANCE_LEAST..=Sampler::VARIANCE_MOST).contains(&fits) => Ok(fits),
        _ => Err(ParameterError::Variance(variance)),
    }
}

const PARTIES_MOST: u32 = 1 << 16;

/// σ in millionths, rounded up: 10^5 to 10^12.
fn sigma_millionths(sigma: Decimal) -> Result<u128, ParameterError> {
    millionths_up(sigma)
        .filter(|millionths| (MILLION / 10..=MILLION * MILLION).contains(millionths))
        .ok_or_else(|| ParameterError::Sigma(sigma.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn four_hospitals_split_the_noise_in_two() {
        let split = Split::new(4, 3, 1, 1).unwrap();
        assert_eq!((split.survivors(), split.shares()), (3, 2));

        let seen: Vec<_> = split
            .multipliers(decimal("7.19"))
            .unwrap()
            .into_iter()
            .map(|m| (m.adversary, m.present, m.sigma.to_string()))
            .collect();
        let row = |who, present, sigma: &str| (who, present, sigma.to_owned());
        assert_eq!(
            seen,
            [
                row(Adversary::Outsider, 4, "10.168195"),
                row(Adversary::Outsider, 3, "8.805915"),
                row(Adversary::Coordinator, 4, "10.168195"),
                row(Adversary::Coordinator, 3, "8.805915"),
                row(Adversary::CuriousParty, 4, "8.805915"),
                row(Adversary::CuriousParty, 3, "7.19"),
            ]
        );

        // S = 65 604 ring units; 7.19² · S² / 2 rounded up.
        let sensitivity = Sensitivity::new(decimal("1"), 16, 14).unwrap();
        let exact: u128 = (719_u128 * 65_604).pow(2);
        assert_eq!(
            u128::from(split.node_variance(decimal("7.19"), sensitivity).unwrap()),
            exact.div_ceil(20_000)
        );
    }

    #[test]
    fn a_coalition_after_every_dropout_faces_the_agreed_noise() {
        let split = Split::new(10, 7, 3, 2).unwrap();
        let worst = split.multipliers(decimal("4")).unwrap().into_iter().min_by_key(|m| m.sigma);
        assert_eq!(
            worst,
            Some(Multiplier { adversary: Adversary::Coalition, present: 8, sigma: decimal("4") })
        );
    }

    #[test]
    fn parameters_under_which_the_split_is_not_private_are_refused() {
        use ParameterError as E;
        assert!(matches!(Split::new(2, 2, 1, 0), Err(E::TooFewSurvivors { .. })));
        assert!(matches!(Split::new(4, 3, 0, 1), Err(E::NoColluder)));
        assert!(matches!(Split::new(4, 3, 2, 0), Err(E::TooManyColluders { .. })));
        assert!(matches!(Split::new(4, 2, 1, 0), Err(E::TooManyColluders { .. })));
        assert!(matches!(Split::new(4, 4, 1, 1), Err(E::ThresholdTooHigh { .. })));
        assert!(matches!(Split::new(4, 3, 1, 4), Err(E::NobodyLeft { .. })));
        assert!(matches!(Split::new(0, 0, 0, 0), Err(E::NobodyLeft { .. })));
        assert!(matches!(Split::new(u32::MAX, u32::MAX, u32::MAX, 0), Err(E::TooManyParties(_))));
        // Three parties tolerate no dropout.
        assert!(Split::new(3, 3, 1, 0).is_ok());
        assert!(Split::new(3, 3, 1, 1).is_err() && Split::new(3, 2, 1, 1).is_err());
    }

    #[test]
    fn noise_that_cannot_be_drawn_exactly_is_refused() {
        let count = Sensitivity::COUNT;
        assert!(matches!(node_variance(decimal("7"), count, 2), Err(ParameterError::Variance(25))));
        let large = Sensitivity::new(decimal("1000"), 28, 1).unwrap();
        for sigma in ["1", "1000000"] {
            let refused = node_variance(decimal(sigma), large, 1);
            assert!(matches!(refused, Err(ParameterError::Variance(_))));
        }
        for sigma in ["0", "-1", "0.099999", "1000000.1"] {
            let refused = node_variance(decimal(sigma), count, 1);
            assert!(matches!(refused, Err(ParameterError::Sigma(_))), "{sigma}");
        }
    }

    #[test]
    fn a_ring_must_hold_the_sum_and_twelve_deviations() {
        let split = Split::new(4, 3, 1, 1).unwrap();
        let sensitivity = Sensitivity::new(decimal("1"), 16, 14).unwrap();
        let variance = split.node_variance(decimal("7.19"), sensitivity).unwrap();
        assert_eq!(split.fits_ring(32, 1000, sensitivity, variance), Ok(()));
        assert!(split.fits_ring(32, 10_000, sensitivity, variance).is_err());
        assert_eq!(split.fits_ring(64, u32::MAX, sensitivity, variance), Ok(()));
        assert!(split.fits_ring(0, 1, sensitivity, variance).is_err());
        assert!(split.fits_ring(1000, 1, sensitivity, variance).is_err());
    }
}
