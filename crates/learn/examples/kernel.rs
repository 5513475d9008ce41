//! How fast clipped gradient sums are, beside what this machine's multiplications and additions
//! alone would take: `cargo run --release --package concordat-learn --example kernel`.
//!
//! The floor is the products that every row needs (forward and back in `f32`, into the sum in
//! `f64`), one multiplication and one addition each, in registers, by the same compiler for the
//! same target. Norms and what is laid out, copied and clipped is not in it. Also prints the
//! digest of each sum: the same bits, whatever the build is tuned for.

#![allow(clippy::disallowed_methods, reason = "measures time")]

use std::error::Error;
use std::hint::black_box;
use std::ops::{Add, Mul};
use std::time::{Duration, Instant};

use concordat_learn::network::{Batch, ClippedSum, Network, Output};
use concordat_terms::Digest;
use rand_chacha::ChaCha12Rng;
use rand_core::{Rng as _, SeedableRng as _};

const ROWS: usize = 80_000;

const INPUTS: usize = 50;

/// Each figure is the best of so many: the rest of the machine only ever adds.
const TIMES: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let mut below_one = || (rng.next_u32() >> 8) as f32 / (1 << 24) as f32;
    let features: Vec<f32> = (0..ROWS * INPUTS).map(|_| 2.0 * below_one() - 1.0).collect();
    let targets: Vec<f32> = (0..ROWS).map(|_| below_one().round()).collect();
    let (single, double) = (pace::<48>(busy::<f32, 48>), pace::<24>(busy::<f64, 24>));
    println!("a product: {single:.3} ns in f32, {double:.3} ns in f64");
    println!("{ROWS} rows of {INPUTS}          rows/unit    sum, s  floor, s  times  SHA-256");
    for (name, hidden) in [("logistic", &[][..]), ("64-32", &[64, 32]), ("256-128", &[256, 128])] {
        let network = Network::new(INPUTS, hidden, 1, Output::Logistic)?;
        let weights = network.initial(&Digest::of(b"kernel"));
        for rows in [1, 8] {
            let rows_of_each = vec![rows; ROWS / rows];
            let batch =
                Batch { features: &features, targets: &targets, rows_of_each: &rows_of_each };
            let mut best = Duration::MAX;
            let mut digest = String::new();
            for _ in 0..TIMES {
                let start = Instant::now();
                let mut sum = ClippedSum::of_nobody(&network, &weights, "1".parse()?)?;
                sum.add(&batch)?;
                best = best.min(start.elapsed());
                let bytes: Vec<u8> = sum.values().iter().flat_map(|v| v.to_le_bytes()).collect();
                digest = Digest::of(&bytes).to_string();
            }
            let floor = floor(&network, single, double);
            let (best, digest) = (best.as_secs_f64(), digest.get(..12).unwrap_or_default());
            let times = best / floor;
            println!("{name:<26} {rows:>9} {best:>9.3} {floor:>9.3} {times:>6.1}  {digest}");
        }
    }
    Ok(())
}

/// Seconds that the products of all rows take.
fn floor(network: &Network, single: f64, double: f64) -> f64 {
    let pairs = network.widths().iter().zip(network.widths().iter().skip(1));
    let products: Vec<usize> = pairs.map(|(inputs, outputs)| inputs * outputs).collect();
    let all: usize = products.iter().sum();
    let back: usize = products.iter().skip(1).sum();
    ROWS as f64 * ((all + back) as f64 * single + all as f64 * double) / 1e9
}

const STEPS: usize = 1 << 21;

/// Nanoseconds for one product of `LANES` that are made at once: twelve registers of 16 bytes,
/// enough to hide how long each takes.
fn pace<const LANES: usize>(run: impl Fn()) -> f64 {
    let times = (0..TIMES).map(|_| {
        let start = Instant::now();
        run();
        start.elapsed().as_secs_f64()
    });
    times.fold(f64::INFINITY, f64::min) * 1e9 / (STEPS * LANES) as f64
}

fn busy<T, const LANES: usize>()
where
    T: Copy + From<i8> + Mul<Output = T> + Add<Output = T>,
{
    let (factor, term) = black_box((T::from(1), T::from(1)));
    let mut sums = [black_box(T::from(1)); LANES];
    for _ in 0..STEPS {
        for sum in &mut sums {
            *sum = *sum * factor + term;
        }
    }
    black_box(sums);
}
