//! A network of two hidden layers, pooled and by the clipped sums of ten parties.

use concordat_dp::{Event, Sensitivity};
use concordat_learn::network::{Batch, ClippedSum, Network, Output};
use concordat_learn::optimiser::{Adaptive, Optimiser, Rule, Steps};
use concordat_learn::sampling::poisson;
use concordat_terms::{Decimal, Digest};
use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng as _;

use super::data::{Fault, Flags};
use super::private::Noise;

const HIDDEN: [usize; 2] = [32, 16];
const RATE: &str = "0.01";
const ROUNDS: u32 = 500;
const SCALE_BITS: u32 = 18;
/// q·n for the size that the data set was published with.
const NORMALISER: f64 = 2_000.0;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way<'a> {
    /// Batches of pooled rows, nothing clipped.
    Pooled,
    /// Clipped sums, without noise or with it at an ε.
    Federated(Option<&'a str>),
}

/// Weights after all rounds, averaged over the last half of them.
pub(crate) fn train(parts: &[Flags], way: Way<'_>) -> Result<(Network, Vec<f32>), Fault> {
    let inputs = parts.first().map_or(1, |flags| flags.inputs);
    let network = Network::new(inputs, &HIDDEN, 1, Output::Logistic)?;
    let (rate, clip): (Decimal, Decimal) = (RATE.parse()?, "1".parse()?);
    let sensitivity = Sensitivity::new(clip, SCALE_BITS, u32::try_from(network.parameters())?)?;
    let sampler = match way {
        Way::Federated(Some(epsilon)) => {
            let event = Event { sigma: "1".parse()?, q: rate, count: ROUNDS };
            Some(Noise::of(event, epsilon)?.node(sensitivity)?)
        }
        _ => None,
    };
    let server = Optimiser {
        rate: "0.005".parse()?,
        momentum: "0.9".parse()?,
        adaptive: Some(Adaptive {
            rule: Rule::Adam { decay: "0.99".parse()? },
            floor: "0.001".parse()?,
        }),
    };
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let begin = network.initial(&Digest::of(b"census")).into_iter().map(f64::from).collect();
    let mut steps = Steps::begin(&server, begin);
    let mut drawn = vec![0_i64; network.parameters()];
    let mut mean = vec![0.0; network.parameters()];
    for round in 0..ROUNDS {
        let mut change = vec![0.0; network.parameters()];
        for flags in parts {
            let places = poisson(flags.rows(), rate, &mut rng)?;
            let (features, targets) = flags.gather(places.into_iter());
            let rows_of_each = vec![1; targets.len()];
            let batch =
                Batch { features: &features, targets: &targets, rows_of_each: &rows_of_each };
            let weights = steps.rounded();
            if way == Way::Pooled {
                let slope = network.gradient(&weights, &batch)?;
                change.iter_mut().zip(slope).for_each(|(to, g)| *to -= g / NORMALISER);
                continue;
            }
            let mut sum = ClippedSum::of_nobody(&network, &weights, clip)?;
            sum.add(&batch)?;
            let own = sum.unnoised(SCALE_BITS)?.into_values();
            if let Some(sampler) = &sampler {
                sampler.fill(&mut drawn, &mut rng);
            }
            let unit = 1.0 / f64::from(1_u32 << SCALE_BITS) / NORMALISER;
            for ((to, own), noise) in change.iter_mut().zip(own.iter()).zip(&drawn) {
                *to -= (own + noise) as f64 * unit;
            }
        }
        steps = steps.step(&server, &change)?;
        if round >= ROUNDS / 2 {
            let half = f64::from(ROUNDS - ROUNDS / 2);
            mean.iter_mut().zip(steps.weights()).for_each(|(to, weight)| *to += weight / half);
        }
    }
    Ok((network, mean.into_iter().map(|weight| weight as f32).collect()))
}

/// Probabilities of a yes.
pub(crate) fn predict(
    network: &Network,
    weights: &[f32],
    flags: &Flags,
) -> Result<Vec<f64>, Fault> {
    let mut all = Vec::with_capacity(flags.rows());
    for first in (0..flags.rows()).step_by(4096) {
        let (features, _) = flags.gather(first..(first + 4096).min(flags.rows()));
        all.extend(network.predict(weights, &features)?.into_iter().map(f64::from));
    }
    Ok(all)
}
