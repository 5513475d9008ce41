//! What is said beside the masked vector (Flower 1.41 sends weights and metrics in clear), and
//! what is printed.

use concordat_secagg::server::Server;
use concordat_secagg::{FromClient, RingVec, Step};

use crate::common::{World, contribution, party};
use crate::toolkit::{finished, four, next};
use crate::undefended::Room;

/// What a client sends where its weight goes beside the vector, for the server to divide by.
struct Weighted {
    words: Vec<u32>,
    patients: u32,
}

#[test]
fn undefended_a_weight_beside_the_vector_tells_how_many_patients_a_hospital_has() {
    let mut room = Room::new(3, 2, 52);
    let patients = [12, 4000, 35];
    // Each sends the sum over its patients of one answer, which is 0 or 1, and how many they are.
    room.inputs = vec![vec![12; 6], vec![1; 6], vec![9; 6]];
    let sent: Vec<Weighted> = (1..=3)
        .map(|of| Weighted { words: room.upload(of), patients: patients[usize::from(of - 1)] })
        .collect();
    assert!(sent.iter().zip(&room.inputs).all(|(sent, input)| sent.words != *input), "masked");
    assert_eq!(sent.iter().map(|one| one.patients).collect::<Vec<_>>(), patients);
    // What is to be divided by belongs into the vector: its sum is as good.
    room.inputs.iter_mut().zip(patients).for_each(|(input, count)| input[5] = count);
    assert_eq!(room.sum()[5], patients.iter().sum::<u32>());
}

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
