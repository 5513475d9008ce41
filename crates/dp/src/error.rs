//! Parameters that no sound computation follows from.

use concordat_terms::Decimal;

/// Why parameters were refused; nothing was computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// The noise multiplier is too small to protect anything, or absurdly large.
    #[error("noise multiplier `{0}` is outside 0.1 to 1000000")]
    Sigma(String),
    /// The sampling rate is no probability, or is zero.
    #[error("sampling rate `{0}` is not above 0 and at most 1")]
    Rate(String),
    /// δ is no probability strictly between 0 and 1.
    #[error("delta `{0}` is not strictly between 0 and 1")]
    Delta(String),
    /// ε is not positive, or so large that it promises nothing.
    #[error("epsilon `{0}` is not above 0 and at most 1000000")]
    Epsilon(String),
    /// No multiplier up to the largest allowed one meets the limit.
    #[error("no noise multiplier up to 1000000 keeps {count} events within epsilon `{epsilon}`")]
    OutOfReach {
        /// How many events were to be covered.
        count: u32,
        /// The ε they were to stay within.
        epsilon: Decimal,
    },
    /// The clipping bound is not positive.
    #[error("clipping bound `{0}` is not above 0")]
    Clip(Decimal),
    /// The quantiser is too fine for the arithmetic.
    #[error("{0} scale bits are more than {most}", most = crate::Sensitivity::SCALE_BITS_MOST)]
    ScaleBits(u32),
    /// Rounding would be felt: the clipping bound must be at least 2^16 ring units.
    #[error("clipping bound `{clip}` at {scale_bits} scale bits is less than 65536 ring units")]
    TooCoarse {
        /// The clipping bound.
        clip: Decimal,
        /// Bits of the quantiser.
        scale_bits: u32,
    },
    /// A model without parameters.
    #[error("a sum needs at least one dimension")]
    NoDimension,
    /// The sensitivity in ring units is beyond what any ring holds.
    #[error("a sensitivity of {0} ring units is more than 2^40")]
    SensitivityTooLarge(u128),
    /// The noise of one node would be outside what the sampler draws exactly.
    #[error("a noise variance of {0} is outside 2^20 to 2^48")]
    Variance(u128),
    /// The scale of Laplace noise would be outside what is drawn exactly.
    #[error("a Laplace scale of {0} is outside 1 to {most}", most = crate::Laplace::SCALE_MOST)]
    Scale(u32),
    /// More parties drop out than there are.
    #[error("{dropouts} dropouts of {parties} parties leave nobody")]
    NobodyLeft {
        /// N.
        parties: u32,
        /// d.
        dropouts: u32,
    },
    /// More parties than the protocol is meant for.
    #[error("{0} parties are more than 65536")]
    TooManyParties(u32),
    /// A curious party always knows its own share of the noise.
    #[error("at least one colluder must be assumed")]
    NoColluder,
    /// The coalition could show two honest groups different survivor lists.
    #[error("{colluders} colluders are not fewer than 2·{threshold} − {parties}")]
    TooManyColluders {
        /// N.
        parties: u32,
        /// t.
        threshold: u32,
        /// c.
        colluders: u32,
    },
    /// After the allowed dropouts too few remain to open the sum.
    #[error("threshold {threshold} is more than the {survivors} that must survive")]
    ThresholdTooHigh {
        /// t.
        threshold: u32,
        /// m = N − d.
        survivors: u32,
    },
    /// A single honest party would stand alone against the coalition.
    #[error("{survivors} survivors are not two more than {colluders} colluders")]
    TooFewSurvivors {
        /// m = N − d.
        survivors: u32,
        /// c.
        colluders: u32,
    },
    /// The sum and twelve standard deviations of noise could wrap.
    #[error("a sum of magnitude {magnitude} with noise does not fit a ring of {ring_bits} bits")]
    RingTooSmall {
        /// The largest magnitude of a coordinate, noise included.
        magnitude: u128,
        /// b.
        ring_bits: u32,
    },
}
