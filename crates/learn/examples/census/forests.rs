//! Boosted trees, by the sums of ten parties.

use concordat_learn::trees::{Boosting, Growth, Rows, Splits, Standing, Trees, contribution};
use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng as _;

use super::data::Fault;
use super::private::Noise;

const SCALE_BITS: u32 = 16;

/// The boosting with questions that are drawn: more and deeper trees, since each is one sum.
pub(crate) fn drawn(boosting: &Boosting) -> Boosting {
    Boosting { splits: Splits::Drawn, trees: 300, depth: 6, ..boosting.clone() }
}

/// The boosting for sums of histograms with noise: fewer sums, of fewer features each.
pub(crate) fn thrifty(boosting: &Boosting) -> Boosting {
    let splits = Splits::Sought { features_per_tree: 4 };
    Boosting { splits, trees: 60, depth: 3, ..boosting.clone() }
}

/// Trees of these parties' rows, with noise at an ε or without.
pub(crate) fn grow(
    boosting: &Boosting,
    parts: &[Rows],
    epsilon: Option<&str>,
) -> Result<Trees, Fault> {
    boosting.check()?;
    let noise = match epsilon {
        Some(epsilon) => Some(Noise::of(boosting.charges("1".parse()?, 1), epsilon)?),
        None => None,
    };
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let mut standings: Vec<Standing<'_>> =
        parts.iter().map(|rows| Standing::begin(rows, boosting)).collect();
    let mut growth = Growth::begin(boosting);
    while let Some(numbers) = growth.asked(boosting)? {
        let mut sum = vec![0_i64; numbers];
        let mut drawn = vec![0_i64; numbers];
        let sampler = match &noise {
            Some(noise) => Some(noise.node(growth.sensitivity(boosting, SCALE_BITS)?)?),
            None => None,
        };
        for standing in &mut standings {
            let own = contribution(standing, &growth, boosting, SCALE_BITS, &mut rng)?;
            if let Some(sampler) = &sampler {
                sampler.fill(&mut drawn, &mut rng);
            }
            for ((to, own), noise) in sum.iter_mut().zip(own.into_values().iter()).zip(&drawn) {
                *to += own + noise;
            }
        }
        let variance = sampler.map_or(0, |sampler| sampler.variance() * parts.len() as u64);
        growth = growth.step(boosting, &sum, SCALE_BITS, variance)?;
    }
    Ok(growth.finish(boosting)?)
}
