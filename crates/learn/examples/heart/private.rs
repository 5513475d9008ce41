//! Training with privacy, by the parts of the product: declared bounds, Poisson batches, clipped
//! integer sums, exact noise split among four hospitals, the public step.

use concordat_dp::{Sampler, Sensitivity, calibrate, node_variance};
use concordat_learn::{Model, Recipe, Training, Units, gradient_sum};
use concordat_terms::Decimal;
use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng as _;

use super::data::Fault;

pub(crate) const EPSILONS: [&str; 5] = ["8", "4", "2", "1", "0.5"];
/// Honest shares of noise that make up what was calibrated: each of four nodes adds σ/√h.
pub(crate) const SHARES: [u32; 3] = [1, 2, 4];
pub(crate) const DELTA: &str = "0.0001";
/// Rounds may be tried again twice, and are charged for it.
const RETRIES: u32 = 2;
const SCALE_BITS: u32 = 18;

/// What each node draws its noise from, for an ε and a number of honest shares.
pub(crate) fn sampler(
    recipe: &Recipe,
    epsilon: &str,
    shares: u32,
) -> Result<(Decimal, Sampler), Fault> {
    let charges = recipe.rounds + RETRIES;
    let sigma = calibrate(recipe.sampling_rate, charges, DELTA.parse()?, epsilon.parse()?)?;
    let parameters = u32::try_from(recipe.dimension())?;
    let sensitivity = Sensitivity::new(recipe.clip, SCALE_BITS, parameters)?;
    Ok((sigma, Sampler::new(node_variance(sigma, sensitivity, shares)?)?))
}

/// One training; the same split has the same batches, with noise or without.
pub(crate) fn train(
    recipe: &Recipe,
    parts: &[Units],
    split: u64,
    noise: Option<&Sampler>,
) -> Result<Model, Fault> {
    let mut batches = ChaCha12Rng::seed_from_u64(split);
    let mut entropy = ChaCha12Rng::seed_from_u64(split ^ (1 << 32));
    let mut training = Training::begin(recipe);
    let mut drawn = vec![0; recipe.dimension()];
    for _ in 0..recipe.rounds {
        let mut sum = vec![0_i64; recipe.dimension()];
        for part in parts {
            let own = gradient_sum(recipe, &training, part, SCALE_BITS, &mut batches)?;
            if let Some(noise) = noise {
                noise.fill(&mut drawn, &mut entropy);
            }
            for ((to, own), noise) in sum.iter_mut().zip(own.into_values().iter()).zip(&drawn) {
                *to += own + noise;
            }
        }
        training = training.step(recipe, &sum, SCALE_BITS)?;
    }
    Ok(training.finish(recipe, None)?)
}
