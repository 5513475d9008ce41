//! Exact noise, beside the random words that it takes.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use concordat_dp::Sampler;
use rand_chacha::ChaCha12Rng;
use rand_core::{Rng as _, SeedableRng as _, TryCryptoRng, TryRng};
use serde::Serialize;

use super::wrong;
use crate::failure::Failure;

/// Standard deviation: about that of a node in training.
pub(super) const DEVIATION: u64 = 1 << 18;
/// How many are drawn at once: a model of that many parameters.
pub(super) const DRAWS: usize = 100_000;
/// How often; the fastest counts.
const RUNS: u32 = 9;

/// Nanoseconds a draw.
#[derive(Debug, Serialize)]
pub(super) struct Noise {
    deviation: u64,
    draw_ns: f64,
    /// The random words of a draw, made by the same generator and thrown away.
    machine_ns: f64,
    /// 64-bit words a draw.
    words: f64,
    /// Another sampler of the same law, and how many times as long it took.
    other_ns: Option<f64>,
    other_times: Option<f64>,
}

pub(super) fn measure() -> Result<Noise, Failure> {
    let sampler = Sampler::new(DEVIATION * DEVIATION).map_err(|e| wrong(e.to_string()))?;
    let mut noise = vec![0; DRAWS];
    let mut counted = Counted { rng: ChaCha12Rng::seed_from_u64(1), words: 0 };
    sampler.fill(&mut noise, &mut counted);
    let words = counted.words;

    let mut rng = ChaCha12Rng::seed_from_u64(2);
    let (mut drawn, mut machine) = (Duration::MAX, Duration::MAX);
    for _ in 0..RUNS {
        let started = Instant::now();
        sampler.fill(&mut noise, &mut rng);
        drawn = drawn.min(started.elapsed());
        let started = Instant::now();
        let all = (0..words).fold(0, |all, _| all ^ rng.next_u64());
        machine = machine.min(started.elapsed());
        std::hint::black_box((all, &noise));
    }
    let each = |took: Duration| took.as_secs_f64() * 1e9 / DRAWS as f64;
    Ok(Noise {
        deviation: DEVIATION,
        draw_ns: each(drawn),
        machine_ns: each(machine),
        words: words as f64 / DRAWS as f64,
        other_ns: None,
        other_times: None,
    })
}

impl Noise {
    /// Puts another sampler's figure beside.
    pub(super) fn hold(&mut self, other_ns: Option<f64>) {
        self.other_ns = other_ns;
        self.other_times = other_ns.map(|other| other / self.draw_ns.max(f64::MIN_POSITIVE));
    }

    pub(super) fn shown(&self) -> String {
        let other = match (self.other_ns, self.other_times) {
            (Some(other), Some(times)) => {
                format!("; another sampler {other:.0} ns, {times:.0} times")
            }
            _ => String::new(),
        };
        format!(
            "noise of deviation {}: {:.0} ns a draw; machine: its {:.1} random words {:.0} ns{other}",
            self.deviation, self.draw_ns, self.words, self.machine_ns
        )
    }
}

/// A generator that counts what it is asked for.
struct Counted {
    rng: ChaCha12Rng,
    words: u64,
}

impl TryRng for Counted {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.words += 1;
        self.rng.try_next_u32()
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.words += 1;
        self.rng.try_next_u64()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.words += bytes.len().div_ceil(8) as u64;
        self.rng.try_fill_bytes(bytes)
    }
}

impl TryCryptoRng for Counted {}
