//! From an update to what is masked: clipped, in integers, with all of the node's noise.

use concordat_dp::Sampler;
use concordat_learn::trainer::{Update, clipped};
use concordat_learn::{Control, Mode};
use concordat_secagg::RingVec;
use concordat_terms::Problem;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::plan::Task;
use crate::problems::problem;
use crate::train::{Contribution, Noise};

/// A node's contribution to a round whose update a trainer made, or failed to make: then zeros, and
/// the same noise.
///
/// With `update-dp` the node adds all of the noise, for a sensitivity of 2C. In the other modes it
/// adds none, and says so wherever the model is shown.
///
/// # Errors
/// A [`Problem`], which depends on the task alone.
pub fn contribution<R: CryptoRng>(
    task: &Task,
    update: Option<&Update>,
    noise: Noise,
    rng: &mut R,
) -> Result<Contribution, Problem> {
    let unfit = |why: String| problem("plan-does-not-fit", why, "propose another plan");
    let (recipe, bits) = (&task.recipe, task.basis.scale_bits);
    let values = clipped(recipe, update, bits).map_err(|e| unfit(e.to_string()))?;
    let mut values = values.into_values();
    let noised = recipe.trainer.as_ref().is_some_and(|trainer| trainer.mode == Mode::UpdateDp);
    if noised && noise == Noise::Exact {
        let sampler = Sampler::new(task.variance).map_err(|e| unfit(e.to_string()))?;
        let mut drawn = Zeroizing::new(vec![0; values.len()]);
        sampler.fill(&mut drawn, rng);
        for (value, noise) in values.iter_mut().zip(drawn.iter()) {
            // Both are far below 2^63; the ring reduces what is larger than itself.
            *value = value.wrapping_add(*noise);
        }
    }
    let vector = RingVec::from_signed(task.basis.params.ring(), values.iter().copied());
    Ok(Contribution { vector, control: Control::default() })
}
