//! What ten parties add to a sum so that seven of them hide each person.

use concordat_dp::{Event, Sampler, Sensitivity, Split, calibrate};
use concordat_terms::Decimal;

use super::data::{Fault, PARTIES};

pub(crate) const DELTA: &str = "0.000001";

/// The noise of one training: what was calibrated, and how it is split.
pub(crate) struct Noise {
    pub(crate) sigma: Decimal,
    split: Split,
}

impl Noise {
    /// For the event's releases at that ε; its own multiplier does not count.
    ///
    /// Ten parties, of whom seven must stay, three may collude and two may drop out: h = 5.
    pub(crate) fn of(event: Event, epsilon: &str) -> Result<Self, Fault> {
        let split = Split::new(u32::try_from(PARTIES)?, 7, 3, 2)?;
        let sigma = calibrate(event.q, event.count, DELTA.parse()?, epsilon.parse()?)?;
        Ok(Self { sigma, split })
    }

    pub(crate) fn node(&self, sensitivity: Sensitivity) -> Result<Sampler, Fault> {
        Ok(Sampler::new(self.split.node_variance(self.sigma, sensitivity)?)?)
    }
}
