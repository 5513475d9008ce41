//! The server publishes something else than the sum, or one that was never opened.

use concordat_secagg::server::Unopened;
use concordat_secagg::{Mismatch, RingVec, Step, Transcript, verify_sum};

use crate::common::{World, party};
use crate::toolkit::{finished, four, parties};
use crate::undefended::Room;

#[test]
fn undefended_whatever_is_published_is_taken_for_the_sum() {
    let room = Room::new(3, 2, 55);
    // A server that adds a little to one weight. What participants know besides is their own part.
    let mut published = room.sum();
    published[2] = published[2].wrapping_add(1000);
    for input in &room.inputs {
        let others: Vec<u32> =
            published.iter().zip(input).map(|(s, i)| s.wrapping_sub(*i)).collect();
        assert!(others.iter().all(|left| *left < 3 * 1000), "as good a sum as any to each of them");
    }
    assert_ne!(published, room.sum());
}

#[test]
fn below_the_threshold_there_is_no_sum_and_the_missing_are_named() {
    let mut world = World::new(&four(), 15);
    let ended = world.run(|_, server, messages| {
        for message in messages {
            let silent = message.step() == Step::Unmasking && message.from() > &party("aspen");
            if !silent {
                server.receive(message).unwrap();
            }
        }
    });
    let Err(Unopened::BelowThreshold(below)) = ended else { panic!("two opened a sum") };
    assert_eq!((below.step, below.have, below.need), (Step::Unmasking, 2, 3));
    assert_eq!(below.missing, parties(&["beech", "birch"]));
}

#[test]
fn another_sum_than_the_messages_give_is_caught_and_located() {
    let session = four();
    let mut transcript = finished(&session);
    let digest = transcript.digest(&session);
    assert!(transcript.sum.add(&RingVec::U32(vec![0, 0, 1, 0, 0, u32::MAX])));
    let refused = verify_sum(&session, &transcript).unwrap_err();
    assert_eq!(refused, Mismatch::OtherSum { count: 2, first: 2 });
    assert_ne!(transcript.digest(&session), digest);
}

#[test]
fn no_part_of_a_transcript_can_be_altered() {
    let session = four();
    let good = finished(&session);
    assert!(verify_sum(&session, &good).is_ok());
    let refused = |change: &dyn Fn(&mut Transcript)| {
        let mut bad = good.clone();
        change(&mut bad);
        assert_ne!(bad.digest(&session), good.digest(&session), "the digest shows it");
        verify_sum(&session, &bad).unwrap_err()
    };
    let (alder, birch) = (party("alder"), party("birch"));

    // An upload altered, dropped together with its traces, or given twice.
    let one = RingVec::U32(vec![1; 6]);
    let altered = refused(&|t| assert!(t.uploads.get_mut(&alder).unwrap().body.vector.add(&one)));
    let step = Step::MaskedInput;
    assert_eq!(altered, Mismatch::BadSignature { party: alder.clone(), step });
    let dropped = refused(&|t| {
        t.uploads.remove(&birch);
        t.signatures.remove(&birch);
        t.seeds.remove(&birch);
    });
    let step = Step::ConsistencyCheck;
    assert_eq!(dropped, Mismatch::BadSignature { party: alder.clone(), step });
    let twice = refused(&|t| {
        t.uploads.insert(birch.clone(), t.uploads[&alder].clone());
    });
    assert_eq!(twice, Mismatch::OtherUpload { party: birch.clone() });

    // Too few signatures, another secret, a secret too many, a weak key.
    let few = refused(&|t| t.signatures.retain(|p, _| *p <= party("aspen")));
    assert_eq!(few, Mismatch::TooFew { step, have: 2, need: 3 });
    let other = Mismatch::OtherSecret { party: birch.clone() };
    assert_eq!(refused(&|t| drop(t.seeds.insert(birch.clone(), [1; 32].into()))), other);
    assert_eq!(refused(&|t| drop(t.mask_keys.insert(birch.clone(), [1; 32].into()))), other);
    assert_eq!(refused(&|t| drop(t.seeds.remove(&birch))), other);
    let keys = refused(&|t| t.keys.get_mut(&birch).unwrap().body.mask_key = [0; 32]);
    let step = Step::AdvertiseKeys;
    assert_eq!(keys, Mismatch::BadSignature { party: birch.clone(), step });
}
