//! Randomness for keys, nonces, noise and sampling: the operating system's, or seeded from it.

use chacha20::ChaCha20Rng;
use concordat_terms::Problem;
use rand_core::{CryptoRng, SeedableRng as _};
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

/// A generator seeded with 32 fresh bytes, which wipes itself: a system call for each draw would
/// take longer than the draw. Its key stays the same while it lives, so that whoever finds it can
/// draw again what it drew: it lives for one purpose, and no longer.
pub(crate) fn generator() -> Result<ChaCha20Rng, Problem> {
    Ok(ChaCha20Rng::from_seed(*bytes::<32>()?))
}

/// Where the randomness of a run's rounds comes from.
pub trait Randomness {
    /// A generator for one purpose: the keys of an attempt, what is dealt of them, one
    /// contribution, or which chunks of a sum are checked. It is dropped when that is done, and
    /// nothing that is drawn for one purpose says anything about what is drawn for another.
    ///
    /// # Errors
    /// A [`Problem`]: there is no randomness.
    fn fresh(&mut self) -> Result<impl CryptoRng, Problem>;
}

/// Generators that are seeded from the operating system, each by itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct OperatingSystem;

impl Randomness for OperatingSystem {
    fn fresh(&mut self) -> Result<impl CryptoRng, Problem> {
        generator()
    }
}

/// One generator for everything, for rehearsals that are to be repeated: what it draws protects
/// nobody.
#[derive(Clone, Debug)]
pub struct Rehearsed<R>(pub R);

impl<R: CryptoRng> Randomness for Rehearsed<R> {
    fn fresh(&mut self) -> Result<impl CryptoRng, Problem> {
        Ok(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use rand_core::Rng as _;
    use zeroize::ZeroizeOnDrop;

    use super::*;

    /// Holds of types that wipe themselves alone.
    fn wipes_itself<T: ZeroizeOnDrop>(_: &T) {}

    #[test]
    fn what_keys_seeds_and_noise_are_drawn_from_wipes_itself() {
        wipes_itself(&generator().unwrap());
    }

    #[test]
    fn no_two_purposes_draw_from_one_generator() {
        let mut system = OperatingSystem;
        let mut drawn = || system.fresh().unwrap().next_u64();
        assert_ne!(drawn(), drawn());
    }
}
