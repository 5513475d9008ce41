//! Epochs of DP-SGD, by the kernels of nodes.

use std::time::{Duration, Instant};

use concordat_dp::{Sampler, Sensitivity, node_variance};
use concordat_learn::metrics::score;
use concordat_learn::network::{Batch, ClippedSum, Network, Output};
use concordat_learn::sampling::poisson;
use concordat_terms::{Decimal, Digest};
use rand_chacha::ChaCha12Rng;
use rand_core::{Rng as _, SeedableRng as _};

/// Rows that are trained on, and rows that are tested on after them.
pub(super) const ROWS: usize = 100_000;
pub(super) const TESTED: usize = 20_000;
pub(super) const INPUTS: usize = 50;
pub(super) const HIDDEN: [usize; 2] = [64, 32];
/// Rows of a batch, as expected.
pub(super) const BATCH: usize = 256;
/// Steps of an epoch.
pub(super) const STEPS: usize = ROWS.div_ceil(BATCH);
/// Clip, noise multiplier and learning rate.
pub(super) const CLIP: f64 = 1.0;
pub(super) const SIGMA: f64 = 1.0;
pub(super) const RATE: f64 = 0.5;

const SCALE_BITS: u32 = 18;

/// Rows whose yes depends on them, all drawn from a seed.
pub(super) struct Rows {
    pub(super) features: Vec<f32>,
    pub(super) targets: Vec<f32>,
}

impl Rows {
    pub(super) fn drawn() -> Self {
        let mut rng = ChaCha12Rng::seed_from_u64(1);
        let mut below_one = move || (rng.next_u32() >> 8) as f32 / (1 << 24) as f32;
        let weights: Vec<f32> = (0..INPUTS).map(|_| 2.0 * below_one() - 1.0).collect();
        let features: Vec<f32> =
            (0..(ROWS + TESTED) * INPUTS).map(|_| 2.0 * below_one() - 1.0).collect();
        let targets = features.chunks_exact(INPUTS).map(|row| {
            let linear: f32 = row.iter().zip(&weights).map(|(x, w)| x * w).sum();
            let bent = row.iter().take(8).map(|x| x.abs() - 0.5).sum::<f32>();
            let noise = 2.0 * (below_one() + below_one()) - 2.0;
            f32::from(u8::from(linear + bent + noise > 0.0))
        });
        let targets = targets.collect();
        Self { features, targets }
    }
}

/// Where the noise of a step comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Noise {
    /// Floats: for experiments alone, since what has such noise may tell what it hides.
    Float,
    /// Exact integers in each step's sum, as it would be released.
    Exact,
}

/// How long each epoch took, and how well the model then ranks the rows that are tested on.
pub(super) struct Done {
    pub(super) took: Vec<Duration>,
    pub(super) auc: f64,
}

/// Trains from the same weights, so many epochs of true Poisson batches.
pub(super) fn train(rows: &Rows, epochs: u32, noise: Noise) -> Result<Done, String> {
    let fault = |e: &dyn std::error::Error| e.to_string();
    let network = Network::new(INPUTS, &HIDDEN, 1, Output::Logistic).map_err(|e| fault(&e))?;
    let decimal = |value: f64| value.to_string().parse::<Decimal>().map_err(|e| e.to_string());
    let (clip, sigma) = (decimal(CLIP)?, decimal(SIGMA)?);
    let rate = format!("{:.12}", 1.0 / STEPS as f64).parse::<Decimal>().map_err(|e| fault(&e))?;
    let parameters = u32::try_from(network.parameters()).map_err(|e| fault(&e))?;
    let sensitivity = Sensitivity::new(clip, SCALE_BITS, parameters).map_err(|e| fault(&e))?;
    let variance = node_variance(sigma, sensitivity, 1).map_err(|e| fault(&e))?;
    let sampler = Sampler::new(variance).map_err(|e| fault(&e))?;

    let mut rng = ChaCha12Rng::seed_from_u64(2);
    let mut weights = network.initial(&Digest::of(b"bench"));
    let mut drawn = vec![0_i64; network.parameters()];
    let mut took = Vec::new();
    for _ in 0..epochs {
        let started = Instant::now();
        for _ in 0..STEPS {
            let batch = gathered(rows, &poisson(ROWS, rate, &mut rng).map_err(|e| fault(&e))?);
            let ones = vec![1; batch.1.len()];
            let mut sum = ClippedSum::of_nobody(&network, &weights, clip).map_err(|e| fault(&e))?;
            let batch = Batch { features: &batch.0, targets: &batch.1, rows_of_each: &ones };
            sum.add(&batch).map_err(|e| fault(&e))?;
            let step = RATE / BATCH as f64;
            match noise {
                Noise::Float => {
                    let mut normal = Normal { rng: &mut rng, left: None };
                    for (weight, value) in weights.iter_mut().zip(sum.values()) {
                        *weight -= (step * (value + SIGMA * CLIP * normal.next())) as f32;
                    }
                }
                Noise::Exact => {
                    let mut sum = sum.unnoised(SCALE_BITS).map_err(|e| fault(&e))?.into_values();
                    sampler.fill(&mut drawn, &mut rng);
                    sum.iter_mut().zip(&drawn).for_each(|(value, noise)| *value += noise);
                    let unit = step / f64::from(1_u32 << SCALE_BITS);
                    for (weight, value) in weights.iter_mut().zip(sum.iter()) {
                        *weight -= (unit * *value as f64) as f32;
                    }
                }
            }
        }
        took.push(started.elapsed());
    }

    let tested = rows.features.get(ROWS * INPUTS..).unwrap_or_default();
    let predicted = network.predict(&weights, tested).map_err(|e| fault(&e))?;
    let labels = rows.targets.get(ROWS..).unwrap_or_default();
    let wide = |values: &[f32]| values.iter().copied().map(f64::from).collect::<Vec<f64>>();
    let auc = score(&wide(labels), &wide(&predicted)).and_then(|scores| scores.auc);
    Ok(Done { took, auc: auc.ok_or("the rows are all alike")? })
}

fn gathered(rows: &Rows, places: &[usize]) -> (Vec<f32>, Vec<f32>) {
    let mut features = Vec::with_capacity(places.len() * INPUTS);
    let mut targets = Vec::with_capacity(places.len());
    for place in places {
        let own = rows.features.get(place * INPUTS..(place + 1) * INPUTS);
        features.extend_from_slice(own.unwrap_or_default());
        targets.extend(rows.targets.get(*place));
    }
    (features, targets)
}

/// Normal numbers two by two: Marsaglia's polar method.
struct Normal<'r> {
    rng: &'r mut ChaCha12Rng,
    left: Option<f64>,
}

impl Normal<'_> {
    fn next(&mut self) -> f64 {
        if let Some(left) = self.left.take() {
            return left;
        }
        loop {
            let word = self.rng.next_u64();
            let side = |bits: u64| (bits as u32 as f64 + 0.5) / f64::from(1_u32 << 31) - 1.0;
            let (x, y) = (side(word), side(word >> 32));
            let square = x * x + y * y;
            if square > 0.0 && square < 1.0 {
                let factor = (-2.0 * square.ln() / square).sqrt();
                self.left = Some(y * factor);
                return x * factor;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_normal() {
        let mut rng = ChaCha12Rng::seed_from_u64(3);
        let mut normal = Normal { rng: &mut rng, left: None };
        let drawn: Vec<f64> = (0..100_000).map(|_| normal.next()).collect();
        let moment = |k: i32| drawn.iter().map(|x| x.powi(k)).sum::<f64>() / 1e5;
        // Four standard errors: √(1, 2, 96 / n).
        assert!(moment(1).abs() < 0.013 && (moment(2) - 1.0).abs() < 0.018);
        assert!((moment(4) - 3.0).abs() < 0.124);
    }
}
