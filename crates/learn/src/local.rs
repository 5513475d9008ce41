//! A participant's own steps within a round: FedAvg, FedProx and SCAFFOLD.
//!
//! With noise, all of it is added at every step: what a participant then does with its copy of the
//! model depends on its rows through noised sums alone, so the round costs K releases at the full
//! multiplier and nothing more (post-processing), however much of it others see.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::contribution::{Unfit, at_weights};
use crate::network::Network;
use crate::optimiser::add_proximal;
use crate::quantise::quantise;
use crate::recipe::{Method, Recipe};
use crate::table::Units;
use crate::training::Training;

/// A participant's control variate: how its own steps tend to differ from everybody's. It stays
/// with the participant, from round to round.
#[derive(Clone, Default, PartialEq)]
pub struct Control(Vec<f64>);

/// What a participant sends after its own steps, and remembers if it was summed up.
pub struct Moved {
    /// How far the copy moved, and with control variates how those changed, in units of
    /// 2^-`scale_bits`: [`Recipe::dimension`] integers.
    pub values: Zeroizing<Vec<i64>>,
    /// Its control variate from then on.
    pub control: Control,
}

/// A participant's K steps from the common model: each on a fresh Poisson sample, whose clipped
/// gradient sum is given to `noise` before anything else is done with it. Whoever adds none there
/// is outside any partnership.
///
/// For each step, in `f64`: `g = sum · 2^-scale_bits / normaliser + l2·w + pull·(w − x)`, with
/// control variates `+ c − cᵢ`, then `w − rate·g`; x is the common model. The new `cᵢ` is
/// `cᵢ − c + (x − w)/(K·rate)` (option II of SCAFFOLD), moved by exactly what is sent.
///
/// # Errors
/// [`Unfit`], which depends on the plan alone, never on a row.
pub fn local_move<R: CryptoRng>(
    recipe: &Recipe,
    training: &Training,
    units: &Units,
    control: &Control,
    scale_bits: u32,
    noise: impl Fn(&mut [i64], &mut R),
    rng: &mut R,
) -> Result<Moved, Unfit> {
    let Method::LocalSteps(local) = recipe.method else { return Err(Unfit::Parameters) };
    let network = recipe.network().map_err(|_| Unfit::Parameters)?;
    let common = training.weights();
    let mut own = control.0.clone();
    if own.is_empty() {
        own = vec![0.0; common.len()];
    }
    let all = training.control();
    if own.len() != common.len() || (local.control_variates && all.len() != common.len()) {
        return Err(Unfit::Parameters);
    }

    let stride = Stride { recipe, network: &network, scale_bits, noise };
    let mut weights = Zeroizing::new(common.to_vec());
    for _ in 0..local.steps {
        let mut slope = stride.slope(&weights, units, rng)?;
        add_proximal(&mut slope, &weights, common, local.pull).map_err(|_| Unfit::Parameters)?;
        if local.control_variates {
            for (slope, (all, own)) in slope.iter_mut().zip(all.iter().zip(&own)) {
                *slope += all - own;
            }
        }
        for (weight, slope) in weights.iter_mut().zip(slope.iter()) {
            *weight -= local.rate.to_f64() * slope;
        }
    }

    let moved: Zeroizing<Vec<f64>> =
        Zeroizing::new(weights.iter().zip(common).map(|(own, common)| own - common).collect());
    let mut values = Zeroizing::new(Vec::with_capacity(recipe.dimension()));
    values.extend(quantise(&moved, scale_bits));
    if local.control_variates {
        let length = f64::from(local.steps) * local.rate.to_f64();
        let turned = moved.iter().zip(all).map(|(moved, all)| -all - moved / length);
        let turned = quantise(&Zeroizing::new(turned.collect::<Vec<f64>>()), scale_bits);
        let unit = unit(scale_bits);
        for (own, turned) in own.iter_mut().zip(&turned) {
            *own += exact(*turned) * unit;
        }
        values.extend(turned);
    }
    Ok(Moved { values, control: Control(own) })
}

/// What all steps of a participant have in common.
struct Stride<'a, N> {
    recipe: &'a Recipe,
    network: &'a Network,
    scale_bits: u32,
    noise: N,
}

impl<N> Stride<'_, N> {
    /// The noised slope of the mean loss with its decay.
    fn slope<R: CryptoRng>(
        &self,
        weights: &[f64],
        units: &Units,
        rng: &mut R,
    ) -> Result<Zeroizing<Vec<f64>>, Unfit>
    where
        N: Fn(&mut [i64], &mut R),
    {
        #[expect(clippy::cast_possible_truncation, reason = "rounds to nearest, everywhere")]
        let rounded: Zeroizing<Vec<f32>> =
            Zeroizing::new(weights.iter().map(|weight| *weight as f32).collect());
        let (recipe, bits) = (self.recipe, self.scale_bits);
        let sum = at_weights(recipe, self.network, &rounded, units, bits, rng)?;
        let mut sum = sum.into_values();
        (self.noise)(&mut sum, rng);
        let (normaliser, l2) = (recipe.normaliser.to_f64(), recipe.l2.to_f64());
        let unit = unit(bits);
        let slope = sum.iter().zip(weights);
        let slope = slope.map(|(value, weight)| exact(*value) * unit / normaliser + l2 * weight);
        Ok(Zeroizing::new(slope.collect()))
    }
}

fn unit(scale_bits: u32) -> f64 {
    libm::ldexp(1.0, -i32::try_from(scale_bits).unwrap_or(i32::MAX))
}

#[expect(clippy::cast_precision_loss, reason = "rounds to nearest even, everywhere")]
fn exact(value: i64) -> f64 {
    value as f64
}
