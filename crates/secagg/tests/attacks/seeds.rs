//! Seeds that can be searched (Flower 1.41 folds a shared secret to 32 bits, of which 28 count).
//!
//! The search here is over 16 bits, so that the story takes no time: 28 take 4096 times as long. That
//! ours are not folded at all is not found by searching, but by secrets that folds take for each other.

use concordat_secagg::RingVec;

use crate::common::{SplitMix64, World, party};
use crate::toolkit::{Bytes, Loot, agree, four, keystream, random, secrets, uploads};

/// A secret folded to its last bits, by exclusive or.
fn folded(secret: &Bytes) -> u16 {
    secret.as_chunks::<2>().0.iter().fold(0, |bits, pair| bits ^ u16::from_le_bytes(*pair))
}

/// A key that has no more in it than the bits.
fn key_of(bits: u16) -> Bytes {
    let mut key = [0; 32];
    key[..2].copy_from_slice(&bits.to_le_bytes());
    key
}

/// All keys under which the words hide nothing but values below a bound.
fn search(words: &[u32], bound: u32) -> Vec<u16> {
    let small = |key: &u16| {
        let mask = keystream(&key_of(*key), words.len());
        words.iter().zip(mask).all(|(word, mask)| word.wrapping_sub(mask) < bound)
    };
    (0..=u16::MAX).filter(small).collect()
}

#[test]
fn undefended_a_folded_seed_is_found_by_trying_all() {
    let mut rng = SplitMix64(20);
    let (mine, theirs) = (random(&mut rng), random(&mut rng));
    let seed = folded(&agree(&mine, &crate::toolkit::public_of(&theirs)));
    let input = [3_u32, 999, 0, 41, 7, 500];
    let mask = keystream(&key_of(seed), input.len());
    let upload: Vec<u32> = input.iter().zip(mask).map(|(x, m)| x.wrapping_add(m)).collect();
    assert_eq!(search(&upload, 1000), [seed]);
}

#[test]
fn a_single_mask_of_ours_is_not_among_them() {
    // All masks but one are given to the attacker, who knows that inputs are small.
    let mut world = World::new(&four(), 21);
    let known = secrets(&world);
    for vector in world.vectors.values_mut() {
        *vector = RingVec::U32(vec![5, 4, 3, 2, 1, 0]);
    }
    let (keys, _, uploads) = uploads(&mut world);
    let birch = &uploads[&party("birch")];
    let mut loot = Loot::default();
    loot.seeds.insert(party("birch"), known[&party("birch")].seed);
    loot.mask_keys.insert(party("alder"), known[&party("alder")].mask);
    loot.mask_keys.insert(party("aspen"), known[&party("aspen")].mask);
    let (RingVec::U32(left), 1) = loot.strip(&world.session, &keys, birch) else {
        panic!("one mask is left")
    };
    assert!(search(&left, 1000).is_empty());
    // The whole secret counts that the two agreed: with it the input is read, and with none that
    // has another bit, or that folds to the same words of any length.
    let theirs = keys[&party("beech")].body.mask_key;
    let agreed = agree(&known[&party("birch")].mask, &theirs);
    let mut read = |secret: Bytes| {
        loot.agreed.insert(party("beech"), secret);
        let (left, masks) = loot.strip(&world.session, &keys, birch);
        assert_eq!(masks, 0);
        left == world.vectors[&party("birch")]
    };
    assert!(read(agreed));
    let alike = nearly(&agreed);
    assert_eq!(alike.len(), 256 + 5 * 8);
    assert!(alike.into_iter().all(|secret| !read(secret)));
}

/// What differs from a secret in one bit; and what an exclusive or of its words of 1, 2, 4, 8 or 16
/// bytes cannot tell from it.
fn nearly(secret: &Bytes) -> Vec<Bytes> {
    let bits = (0..256).map(|bit| {
        let mut other = *secret;
        other[bit / 8] ^= 1 << (bit % 8);
        other
    });
    let words = [1, 2, 4, 8, 16].into_iter().flat_map(|width| {
        (0..8).map(move |bit| {
            let mut other = *secret;
            other[0] ^= 1 << bit;
            other[width] ^= 1 << bit;
            other
        })
    });
    bits.chain(words).collect()
}
