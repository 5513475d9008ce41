//! The numbers of one aggregation, proved to fit together before anyone relies on them.

mod impossible;

use concordat_terms::Digest;

pub use self::impossible::Impossible;
use crate::{CHUNK, Ring};

/// The most clients of a complete graph of masks.
pub const CLIENTS_MOST: u32 = 100;

/// The longest vector, in ring elements: 2^28, which is 1 GiB in 32 bits.
pub const DIMENSION_MOST: u32 = 1 << 28;

/// What an agreement or a plan asks for, before [`Params::prove`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// N: parties in the roster.
    pub clients: u32,
    /// t: shares that open a secret, and signatures that a survivor list needs.
    pub threshold: u32,
    /// c: clients that may collude with each other and with the server.
    pub colluders: u32,
    /// d: dropouts, over all rounds of the protocol, that the sum survives.
    pub dropouts: u32,
    /// b: bits of the ring, 32 or 64.
    pub ring_bits: u32,
    /// D: elements of a vector.
    pub dimension: u32,
    /// The most units (persons) that one client sums up in one round.
    pub units_per_round: u64,
    /// The largest absolute value of one element of one unit's contribution, in ring units.
    pub levels: u64,
    /// σ of the noise that the sum needs, in ring units, rounded up; 0 without noise.
    ///
    /// Each client adds σ/√h, so a sum without dropout carries σ·√(N/h).
    pub noise: u64,
}

/// Parameters that hold: only [`Params::prove`] makes them.
///
/// c < 2t − N: two survivor lists cannot both gather t signatures, since at most c clients sign
/// two of them (Bonawitz et al. 2017, eprint 2017/281, §6.2). t ≤ m: the clients that must stay
/// can open what has to be opened. m ≥ c + 2: the sum of the honest is a sum of at least two.
/// And the sum, with twelve standard deviations of noise, cannot wrap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Params {
    proposal: Proposal,
    ring: Ring,
}

impl Params {
    /// Proves that `proposal` holds, with integers alone.
    ///
    /// # Errors
    ///
    /// The first condition that is broken, in the order of [`Impossible`].
    pub fn prove(proposal: Proposal) -> Result<Self, Impossible> {
        let Proposal { clients: n, threshold: t, colluders: c, dropouts: d, .. } = proposal;
        if n < 3 {
            return Err(Impossible::TooFewClients { clients: n });
        }
        if n > CLIENTS_MOST {
            return Err(Impossible::TooManyClients { clients: n });
        }
        let m = n.checked_sub(d).ok_or(Impossible::AllMayDrop { clients: n, dropouts: d })?;
        if u64::from(c) + u64::from(n) >= 2 * u64::from(t) {
            return Err(Impossible::TwoLists { clients: n, threshold: t, colluders: c });
        }
        if t > m {
            return Err(Impossible::CannotOpen { threshold: t, remaining: m });
        }
        if u64::from(m) < u64::from(c) + 2 {
            return Err(Impossible::HonestMinority { remaining: m, colluders: c });
        }
        let ring = Ring::of_bits(proposal.ring_bits)
            .ok_or(Impossible::UnknownRing { bits: proposal.ring_bits })?;
        if proposal.dimension == 0 || proposal.dimension > DIMENSION_MOST {
            return Err(Impossible::Dimension { dimension: proposal.dimension });
        }
        // m ≥ c + 2 was shown above, so h is at least 2.
        let h = m.saturating_sub(c);
        let limit = 1_u128 << (ring.bits() - 1);
        match largest_sum(&proposal, h) {
            Some(most) if most < limit => Ok(Self { proposal, ring }),
            most => Err(Impossible::WouldWrap { bits: ring.bits(), most, limit }),
        }
    }

    /// N: parties in the roster, 3 to [`CLIENTS_MOST`].
    pub fn clients(&self) -> usize {
        self.proposal.clients as usize
    }

    /// t: shares that open a secret, and signatures that a survivor list needs.
    pub fn threshold(&self) -> usize {
        self.proposal.threshold as usize
    }

    /// c: clients that may collude.
    pub fn colluders(&self) -> usize {
        self.proposal.colluders as usize
    }

    /// d: dropouts that the sum survives.
    pub fn dropouts(&self) -> usize {
        self.proposal.dropouts as usize
    }

    /// m = N − d: contributions without which no sum is opened.
    pub fn remaining(&self) -> usize {
        self.clients().saturating_sub(self.dropouts())
    }

    /// h = m − c: honest contributions that every opened sum holds, at least 2.
    pub fn honest(&self) -> usize {
        self.remaining().saturating_sub(self.colluders())
    }

    /// The ring the vectors live in.
    pub fn ring(&self) -> Ring {
        self.ring
    }

    /// D: elements of a vector.
    pub fn dimension(&self) -> usize {
        self.proposal.dimension as usize
    }

    /// How many chunks of [`CHUNK`] elements a vector has; the last may be shorter.
    pub fn chunks(&self) -> usize {
        self.dimension().div_ceil(CHUNK)
    }

    /// The elements of one chunk; 0 beyond the last.
    pub fn chunk_len(&self, chunk: usize) -> usize {
        self.dimension().saturating_sub(chunk.saturating_mul(CHUNK)).min(CHUNK)
    }

    /// The largest absolute value that one client's element may have: units · levels, and twelve
    /// standard deviations of the client's own noise, σ/√h.
    ///
    /// The proof that a sum cannot wrap rests on this, so that a client masks nothing larger.
    pub fn contribution_most(&self) -> u64 {
        let p = &self.proposal;
        let signal = u128::from(p.units_per_round) * u128::from(p.levels);
        let h = u32::try_from(self.honest()).unwrap_or(u32::MAX);
        let most = deviations(p.noise, 1, h).and_then(|noise| signal.checked_add(noise));
        most.and_then(|most| u64::try_from(most).ok()).unwrap_or(u64::MAX)
    }

    /// What was proved.
    pub fn proposal(&self) -> &Proposal {
        &self.proposal
    }

    /// The digest of every number; part of what a session binds.
    pub fn digest(&self) -> Digest {
        let p = &self.proposal;
        Digest::of_parts(&[
            b"concordat-secagg/v1/params",
            &p.clients.to_be_bytes(),
            &p.threshold.to_be_bytes(),
            &p.colluders.to_be_bytes(),
            &p.dropouts.to_be_bytes(),
            &p.ring_bits.to_be_bytes(),
            &p.dimension.to_be_bytes(),
            &p.units_per_round.to_be_bytes(),
            &p.levels.to_be_bytes(),
            &p.noise.to_be_bytes(),
        ])
    }
}

/// N · units · levels + ⌈12·σ·√(N/h)⌉, or nothing when that exceeds 128 bits.
fn largest_sum(p: &Proposal, h: u32) -> Option<u128> {
    let n = u128::from(p.clients);
    let signal = n.checked_mul(u128::from(p.units_per_round))?.checked_mul(u128::from(p.levels))?;
    signal.checked_add(deviations(p.noise, p.clients, h)?)
}

/// ⌈12·σ·√(n/h)⌉, or nothing when that exceeds 128 bits.
fn deviations(sigma: u64, n: u32, h: u32) -> Option<u128> {
    let sigma = u128::from(sigma);
    // ⌈√⌈144·σ²·n/h⌉⌉ ≥ 12·σ·√(n/h): both roundings go up.
    let square = sigma.checked_mul(sigma)?.checked_mul(144)?.checked_mul(u128::from(n))?;
    let square = square.div_ceil(u128::from(h.max(1)));
    let root = square.isqrt();
    Some(if root * root == square { root } else { root + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn four_hospitals() -> Proposal {
        Proposal {
            clients: 4,
            threshold: 3,
            colluders: 1,
            dropouts: 1,
            ring_bits: 32,
            dimension: 14,
            units_per_round: 300,
            levels: 1 << 16,
            noise: 1 << 18,
        }
    }

    fn code(change: impl FnOnce(&mut Proposal)) -> &'static str {
        let mut proposal = four_hospitals();
        change(&mut proposal);
        Params::prove(proposal).map_or_else(|broken| broken.code(), |_| "holds")
    }

    #[test]
    fn four_hospitals_of_which_one_may_drop_and_one_may_cheat_can_sum() {
        let params = Params::prove(four_hospitals()).unwrap();
        assert_eq!((params.remaining(), params.honest(), params.ring()), (3, 2, Ring::Bits32));
    }

    #[test]
    fn every_broken_condition_has_its_own_name_and_remedy() {
        assert_eq!(code(|p| p.clients = 2), "aggregation-too-few-clients");
        assert_eq!(code(|p| p.clients = 101), "aggregation-too-many-clients");
        assert_eq!(code(|p| p.dropouts = 5), "aggregation-all-may-drop");
        assert_eq!(code(|p| p.colluders = 2), "aggregation-two-lists");
        assert_eq!(code(|p| p.dropouts = 2), "aggregation-cannot-open");
        assert_eq!(
            code(|p| (p.clients, p.threshold, p.colluders, p.dropouts) = (3, 3, 2, 0)),
            "aggregation-honest-minority"
        );
        assert_eq!(code(|p| p.ring_bits = 48), "aggregation-unknown-ring");
        assert_eq!(code(|p| p.dimension = 0), "aggregation-dimension");
        assert_eq!(code(|p| p.units_per_round = 30_000), "aggregation-would-wrap");
    }

    #[test]
    fn the_message_for_two_says_what_two_would_reveal() {
        let two = Params::prove(Proposal { clients: 2, ..four_hospitals() }).unwrap_err();
        assert!(two.to_string().contains("reads the other's"), "{two}");
    }

    #[test]
    fn three_clients_with_threshold_three_tolerate_no_dropout_and_are_told() {
        let proposal = Proposal { clients: 3, dropouts: 1, colluders: 0, ..four_hospitals() };
        let broken = Params::prove(proposal).unwrap_err();
        assert_eq!(broken, Impossible::CannotOpen { threshold: 3, remaining: 2 });
        assert!(broken.remedy().contains("tolerates none"));
        Params::prove(Proposal { dropouts: 0, ..proposal }).unwrap();
    }

    #[test]
    fn the_ring_is_full_one_unit_before_it_wraps() {
        // 4 clients, no noise: the limit 2^31 is met by 2^29 per client, and fits by one less.
        let full = |p: &mut Proposal| (p.units_per_round, p.noise) = (1, 0);
        assert_eq!(code(|p| (full(p), p.levels = 1 << 29).1), "aggregation-would-wrap");
        assert_eq!(code(|p| (full(p), p.levels = (1 << 29) - 1).1), "holds");
        // With noise: N/h = 2, σ = 100: ⌈1200·√2⌉ = 1698, and 4·x + 1698 < 2^31.
        assert_eq!(largest_sum(&Proposal { levels: 0, noise: 100, ..four_hospitals() }, 2), {
            Some(1698)
        });
    }

    #[test]
    fn what_one_client_may_add_leaves_room_for_all() {
        let params = Params::prove(four_hospitals()).unwrap();
        // 300 units of 2^16, and 12·2^18/√2 rounded up.
        assert_eq!(params.contribution_most(), 300 * 65_536 + 2_224_366);
        let quiet = Params::prove(Proposal { noise: 0, ..four_hospitals() }).unwrap();
        assert!(4 * quiet.contribution_most() < 1 << 31);
    }

    #[test]
    fn chunks_cover_a_vector_once() {
        for dimension in [1, 14, 1 << 14, (1 << 14) + 1, 100_000] {
            let params = Params::prove(Proposal { dimension, ..four_hospitals() }).unwrap();
            let covered: usize = (0..params.chunks() + 2).map(|c| params.chunk_len(c)).sum();
            assert_eq!(covered, dimension as usize);
        }
    }

    #[test]
    fn numbers_beyond_all_rings_are_refused_and_do_not_overflow_the_proof() {
        assert_eq!(code(|p| p.noise = u64::MAX), "aggregation-would-wrap");
        assert_eq!(code(|p| (p.units_per_round, p.levels) = (u64::MAX, u64::MAX)), {
            "aggregation-would-wrap"
        });
        assert_eq!(code(|p| p.threshold = u32::MAX), "aggregation-cannot-open");
        assert_eq!(code(|p| p.colluders = u32::MAX), "aggregation-two-lists");
    }
}
