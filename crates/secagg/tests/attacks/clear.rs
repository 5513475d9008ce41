//! What is said beside the masked vector (Flower 1.41 sends weights and metrics in clear), and
//! what is printed.

use concordat_secagg::server::Server;
use concordat_secagg::{FromClient, RingVec, Step};

use crate::common::{World, contribution, party};
use crate::toolkit::{finished, four, next};

#[test]
fn nothing_but_the_masked_vector_depends_on_the_input() {
    // Two runs with the same randomness, in which only birch's input is another.
    let messages = |change: i64| {
        let mut world = World::new(&four(), 14);
        let input = world.vectors.get_mut(&party("birch")).unwrap();
        assert!(input.add(&RingVec::from_signed(input.ring(), vec![change; 6])));
        let (mut server, mut said) = (Server::new(four()), Vec::new());
        let mut messages = world.advertise();
        for _ in 0..4 {
            said.extend(messages.clone());
            let (next, answer) = next(server, messages);
            server = next;
            messages = world.respond(&answer);
        }
        said.extend(messages);
        said
    };
    let (zero, other) = (messages(0), messages(7));
    assert_eq!(zero.len(), 20);
    let different: Vec<_> = zero.iter().zip(&other).filter(|(a, b)| a != b).collect();
    let [(FromClient::Masked(a), FromClient::Masked(b))] = different.as_slice() else {
        panic!("one message differs: {different:?}");
    };
    assert_eq!((a.body.vector.len(), a.body.peers), (b.body.vector.len(), b.body.peers));
    assert_ne!((&a.body.vector, a.signature), (&b.body.vector, b.signature));
}

#[test]
fn nothing_secret_is_printed() {
    let mut world = World::new(&four(), 16);
    world.run_until(Step::ShareKeys);
    let state = world.take_masked_input("alder");
    assert_eq!(format!("{state:?}"), "MaskedInput(`alder`, redacted)");
    let transcript = finished(&four());
    let printed = format!("{transcript:?}");
    let seed = transcript.seeds[&party("alder")].as_bytes();
    assert!(!printed.contains(&hex::encode(seed)));
    assert!(!printed.contains(&format!("{seed:?}")));
    assert!(printed.contains("redacted"));
    let vector = contribution(&four(), &mut world.rng);
    assert_eq!(format!("{vector:?}"), "RingVec(32 bits, 6 elements)");
}
