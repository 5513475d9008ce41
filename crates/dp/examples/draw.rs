//! Prints noise, one draw a line, for comparison with another sampler:
//! `cargo run --package concordat-dp --example draw -- gaussian 1048576 100000 7`
//! (law, variance or scale, how many, seed). What it is compared by: `tests/reference/noise.py`.

use std::error::Error;
use std::io::{BufWriter, Write as _, stdout};

use concordat_dp::{Laplace, Sampler};
use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng as _;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [law, size, count, seed] = arguments.as_slice() else {
        return Err("law, variance or scale, how many, seed".into());
    };
    let mut rng = ChaCha12Rng::seed_from_u64(seed.parse()?);
    let mut noise = vec![0; count.parse()?];
    match law.as_str() {
        "gaussian" => Sampler::new(size.parse()?)?.fill(&mut noise, &mut rng),
        "laplace" => Laplace::new(size.parse()?)?.fill(&mut noise, &mut rng),
        _ => return Err("a law is `gaussian` or `laplace`".into()),
    }
    let mut out = BufWriter::new(stdout().lock());
    for draw in noise {
        writeln!(out, "{draw}")?;
    }
    Ok(out.flush()?)
}
