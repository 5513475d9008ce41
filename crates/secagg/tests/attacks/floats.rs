//! Masks of floating-point numbers (FATE): they cover small inputs, and large ones show.

use concordat_secagg::{FromClient, RingVec, Step};
use rand_core::Rng as _;

use crate::common::{SplitMix64, World, party, session};

#[test]
fn undefended_a_large_value_shows_through_a_mask_of_floats() {
    let mut rng = SplitMix64(17);
    let mut mask = || f64::from(rng.next_u32()) / f64::from(u32::MAX);
    // One patient with an outlier among inputs between 0 and 1.
    let input = [0.1, 0.7, 1000.0, 0.3];
    let masks = input.map(|_| mask() - mask());
    let upload: Vec<f64> = input.iter().zip(masks).map(|(x, mask)| x + mask).collect();
    let shows = upload.iter().position(|word| *word > 100.0);
    assert_eq!(shows, Some(2));
    assert!((upload[2] - input[2]).abs() < 1.0, "and is read to a thousandth");
    // Nor do they cancel: the same masks taken off again leave another number.
    let left: Vec<f64> = upload.iter().zip(masks).map(|(word, mask)| word - mask).collect();
    assert_ne!(left, input);
}

#[test]
fn the_largest_input_and_none_look_alike() {
    let session = session((4, 3, 1, 1), 32, 4096);
    let most = i64::try_from(session.params().contribution_most()).unwrap();
    for value in [0, most, -most] {
        let mut world = World::new(&session, 18);
        let vector = RingVec::from_signed(session.params().ring(), vec![value; 4096]);
        world.vectors.insert(party("birch"), vector);
        let (_, answer) = world.run_until(Step::ShareKeys);
        let upload = world.respond(&answer).into_iter().last().unwrap();
        let FromClient::Masked(upload) = upload else { panic!("another message") };
        assert_eq!(upload.from, party("birch"));
        let RingVec::U32(words) = &upload.body.vector else { panic!("another ring") };
        // Each bit is as often set as not: within six standard deviations of 2048.
        for bit in 0..32 {
            let set = words.iter().filter(|word| *word >> bit & 1 == 1).count();
            assert!(set.abs_diff(2048) < 6 * 32, "bit {bit} of {value}: {set}");
        }
    }
}
