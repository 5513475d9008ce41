//! Randomness for keys, nonces, noise and sampling: the operating system's, or seeded from it.

use concordat_terms::Problem;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use zeroize::Zeroizing;

use crate::problems::problem;

/// Fresh bytes from the operating system.
pub(crate) fn bytes<const N: usize>() -> Result<Zeroizing<[u8; N]>, Problem> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|e| {
        problem(
            "no-entropy",
            format!("the operating system gives no randomness: {e}"),
            "check that the system's random number generator is available to this process",
        )
    })?;
    Ok(bytes)
}

/// A generator for noise and sampling, seeded with 32 fresh bytes: a system call for each draw
/// would take longer than the draw.
pub(crate) fn generator() -> Result<ChaCha20Rng, Problem> {
    Ok(ChaCha20Rng::from_seed(*bytes::<32>()?))
}
