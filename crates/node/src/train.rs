//! The arithmetic of one round: a node's noised contribution, and what everybody does with the sum.

use concordat_dp::Sampler;
use concordat_learn::{Control, Method, Model, Training, Units, gradient_sum, local_move};
use concordat_secagg::RingVec;
use concordat_terms::Problem;
use rand_chacha::ChaCha12Rng;
use rand_core::{CryptoRng, SeedableRng as _};
use zeroize::Zeroizing;

use crate::plan::{ReadyQuery, Task};
use crate::problems::problem;

/// Whether a contribution carries noise.
///
/// [`Noise::Off`] takes a token that says where one is: nodes of a partnership never make one, and
/// [`crate::work`] has no parameter through which one could come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noise {
    /// This node's share of the agreed noise, exactly.
    Exact,
    /// None: for benchmarks and comparisons on public or synthetic rows.
    Off(OutsideAnyPartnership),
}

/// A declaration that nothing computed here concerns anybody's private rows or leaves this
/// process: benchmarks and tests of arithmetic. There is no other reason to make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutsideAnyPartnership(());

impl OutsideAnyPartnership {
    /// Declares it.
    pub fn declare() -> Self {
        Self(())
    }
}

/// What a node sends in a round, and remembers if it was summed up.
pub struct Contribution {
    /// What it sends, in the agreed ring; still to be masked.
    pub vector: RingVec,
    /// Its control variate from then on.
    pub control: Control,
}

/// A node's contribution to the round that starts from `training`: the clipped gradient sum over a
/// fresh Poisson sample of `units`, with the node's share of the noise; or, where the recipe says
/// so, how far its own copy of the model moved in some steps, each with all of the noise.
///
/// Before it is noised, each value of a sum of gradients is clamped to `units_per_round` times the
/// sensitivity, and so is each value of a move: so sums cannot wrap however many persons a table
/// has. Clamping brings no two vectors further apart, so the sensitivity stays. An empty batch is
/// noise alone. `rng` is seeded from the operating system, except in tests.
///
/// # Errors
/// A [`Problem`], which depends on the task alone, never on a row.
pub fn contribution<R: CryptoRng>(
    task: &Task,
    training: &Training,
    units: &Units,
    control: &Control,
    noise: Noise,
    rng: &mut R,
) -> Result<Contribution, Problem> {
    let unfit = |why: String| problem("plan-does-not-fit", why, "propose another plan");
    let (recipe, bits) = (&task.recipe, task.basis.scale_bits);
    let sampler = match noise {
        Noise::Exact => Some(Sampler::new(task.variance).map_err(|e| unfit(e.to_string()))?),
        Noise::Off(_) => None,
    };
    let add_noise = |values: &mut [i64], rng: &mut R| {
        let Some(sampler) = &sampler else { return };
        let mut drawn = Zeroizing::new(vec![0; values.len()]);
        sampler.fill(&mut drawn, rng);
        for (value, noise) in values.iter_mut().zip(drawn.iter()) {
            // Both are far below 2^63; the ring reduces what is larger than itself.
            *value = value.wrapping_add(*noise);
        }
    };
    let (mut values, control, summed) = match recipe.method {
        Method::SummedGradients {} => {
            let sum = gradient_sum(recipe, training, units, bits, rng);
            (sum.map_err(|e| unfit(e.to_string()))?.into_values(), control.clone(), true)
        }
        // What comes of programs of others is summed up elsewhere (`trainers`).
        Method::Updates(_) => return Err(unfit("a trainer makes its updates".to_owned())),
        Method::LocalSteps(_) => {
            let moved = local_move(recipe, training, units, control, bits, add_noise, rng);
            let moved = moved.map_err(|e| unfit(e.to_string()))?;
            (moved.values, moved.control, false)
        }
    };
    let most = task.sensitivity.ring_units().saturating_mul(u64::from(task.units_per_round));
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    for value in values.iter_mut() {
        *value = (*value).clamp(-most, most);
    }
    if summed {
        add_noise(&mut values, rng);
    }
    let vector = RingVec::from_signed(task.basis.params.ring(), values.iter().copied());
    Ok(Contribution { vector, control })
}

/// A node's contribution to a query: what it counts in its rows, with its share of the noise. Each
/// value is clamped as in [`contribution`]; the noise is drawn anew each time it is asked for.
///
/// # Errors
/// A [`Problem`], which depends on the plan alone, never on a row.
pub fn counted<R: CryptoRng>(
    ready: &ReadyQuery,
    noise: Noise,
    rng: &mut R,
) -> Result<RingVec, Problem> {
    let ReadyQuery { asked, vector, .. } = ready;
    let mut values = vector.clone().into_values();
    let mut drawn = Zeroizing::new(vec![0; values.len()]);
    if noise == Noise::Exact {
        let sampler = Sampler::new(asked.variance)
            .map_err(|e| problem("plan-does-not-fit", e.to_string(), "propose another plan"))?;
        sampler.fill(&mut drawn, rng);
    }
    for (value, noise) in values.iter_mut().zip(drawn.iter()) {
        *value = (*value).clamp(-asked.most, asked.most).wrapping_add(*noise);
    }
    Ok(RingVec::from_signed(asked.basis.params.ring(), values.iter().copied()))
}

/// The training after a round whose sum was verified.
///
/// # Errors
/// A [`Problem`]: the weights diverge.
pub fn apply_sum(task: &Task, training: &Training, sum: &RingVec) -> Result<Training, Problem> {
    training.step(&task.recipe, &sum.to_signed(), task.basis.scale_bits).map_err(|e| {
        problem("training-failed", e.to_string(), "propose a plan with a smaller learning rate")
    })
}

/// All rounds with everybody present and no network: the sum of the nodes' contributions, and the
/// step that every participant takes. One seed draws the same batches with and without noise. What
/// comes out is for comparisons: its randomness is no secret, so its noise protects nobody.
///
/// # Errors
/// A [`Problem`], as for [`contribution`] and [`apply_sum`].
pub fn federate(
    task: &Task,
    tables: &[&Units],
    noise: Noise,
    seed: u32,
    _: OutsideAnyPartnership,
) -> Result<Model, Problem> {
    let mut training = Training::begin(&task.recipe);
    let mut controls = vec![Control::default(); tables.len()];
    for round in 0..task.recipe.rounds {
        let mut sum = RingVec::zeros(task.basis.params.ring(), task.recipe.dimension());
        for (place, (units, control)) in tables.iter().zip(&mut controls).enumerate() {
            let stream = (u64::from(seed) << 40) | (u64::from(round) << 16) | place as u64;
            let mut rng = ChaCha12Rng::seed_from_u64(stream);
            let own = contribution(task, &training, units, control, noise, &mut rng)?;
            *control = own.control;
            if !sum.add(&own.vector) {
                let what = "a contribution is of another ring";
                return Err(problem("training-failed", what, "propose another plan"));
            }
        }
        training = apply_sum(task, &training, &sum)?;
    }
    training.finish(&task.recipe, None).map_err(|e| {
        problem("training-failed", e.to_string(), "propose a plan with a smaller learning rate")
    })
}
