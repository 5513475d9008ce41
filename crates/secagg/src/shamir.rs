//! Shamir's secret sharing of 32 bytes, byte by byte over GF(2^8).
//!
//! Shamir, "How to share a secret", CACM 22(11), 1979; the field is that of AES (FIPS 197 §4.2).
//! Multiplication runs the same steps whatever the operands are: no tables, no branches.

use rand_core::CryptoRng;
use zeroize::Zeroize;

use crate::Secret;

/// Splits `secret` so that any `threshold` of the shares combine to it and fewer say nothing.
///
/// One share for each of `points`, in their order. Points are the arguments of the polynomials:
/// distinct and not 0, which the caller owes (a roster's positions plus one).
pub(crate) fn split(
    secret: &Secret,
    threshold: usize,
    points: &[u8],
    rng: &mut impl CryptoRng,
) -> Vec<Secret> {
    let mut higher = vec![[0_u8; 32]; threshold.saturating_sub(1)];
    higher.iter_mut().for_each(|row| rng.fill_bytes(row));
    let shares = points
        .iter()
        .map(|x| {
            Secret::filled(|at| {
                // Horner, highest coefficient first; the secret is the constant term.
                for row in higher.iter().chain(std::iter::once(secret.as_bytes())) {
                    at.iter_mut().zip(row).for_each(|(a, r)| *a = mul(*a, *x) ^ r);
                }
            })
        })
        .collect();
    higher.zeroize();
    shares
}

/// Combines shares, each with its point, into the value of their polynomial at 0.
///
/// The caller passes exactly the threshold's number; nothing when a point is 0 or comes twice.
pub(crate) fn combine(shares: &[(u8, &Secret)]) -> Option<Secret> {
    let mut secret = Secret::filled(|_| {});
    for (i, (x, share)) in shares.iter().enumerate() {
        // Lagrange at 0: the product of xⱼ/(xⱼ − xᵢ), where minus is exclusive or.
        let (mut above, mut below) = (1, 1);
        for (_, (other, _)) in shares.iter().enumerate().filter(|(j, _)| *j != i) {
            above = mul(above, *other);
            below = mul(below, other ^ x);
        }
        if *x == 0 || below == 0 {
            return None;
        }
        let weight = mul(above, inverse(below));
        let so_far = secret;
        secret = Secret::filled(|to| {
            let terms = so_far.as_bytes().iter().zip(share.as_bytes());
            to.iter_mut().zip(terms).for_each(|(to, (s, b))| *to = s ^ mul(weight, *b));
        });
    }
    Some(secret)
}

/// The product in GF(2^8) modulo x⁸ + x⁴ + x³ + x + 1.
fn mul(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    for _ in 0..8 {
        product ^= a & (b & 1).wrapping_neg();
        a = (a << 1) ^ (0x1b & (a >> 7).wrapping_neg());
        b >>= 1;
    }
    product
}

/// a^254, which is 1/a for a ≠ 0.
fn inverse(a: u8) -> u8 {
    // 254 = 2 + 4 + … + 128.
    let (mut power, mut product) = (a, 1);
    for _ in 0..7 {
        power = mul(power, power);
        product = mul(product, power);
    }
    product
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::SplitMix64;

    #[test]
    fn the_field_is_that_of_aes() {
        // FIPS 197 §4.2: {57}·{83} = {c1}, {57}·{13} = {fe}.
        assert_eq!((mul(0x57, 0x83), mul(0x57, 0x13)), (0xc1, 0xfe));
        for a in 1..=255 {
            assert_eq!(mul(a, inverse(a)), 1, "{a}");
        }
    }

    #[test]
    fn a_point_that_is_zero_or_comes_twice_combines_to_nothing() {
        let share = Secret::from([7; 32]);
        assert!(combine(&[(0, &share), (1, &share)]).is_none());
        assert!(combine(&[(1, &share), (1, &share)]).is_none());
    }

    #[test]
    fn one_share_less_than_the_threshold_gives_another_value() {
        let secret = Secret::from([42; 32]);
        let shares = split(&secret, 3, &[1, 2, 3], &mut SplitMix64(5));
        let two: Vec<_> = [1, 2].into_iter().zip(&shares).collect();
        assert_ne!(combine(&two).unwrap().as_bytes(), secret.as_bytes());
    }

    proptest! {
        /// Whichever shares come together, the threshold's number of them opens the secret.
        #[test]
        fn any_threshold_of_the_shares_opens_the_secret(
            secret: [u8; 32], seed: u64, threshold in 2_usize..20, spare in 0_usize..20,
        ) {
            let mut rng = SplitMix64(seed);
            let points: Vec<u8> = (1..=(threshold + spare) as u8).collect();
            let secret = Secret::from(secret);
            let shares = split(&secret, threshold, &points, &mut rng);
            let mut held: Vec<_> = points.iter().copied().zip(&shares).collect();
            rng.shuffle(&mut held);
            held.truncate(threshold);
            prop_assert_eq!(combine(&held).unwrap(), secret);
        }
    }
}
