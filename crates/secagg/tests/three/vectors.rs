//! Known answers from the independent reference `tests/reference/secagg.py`.

use std::collections::BTreeMap;

use concordat_secagg::three::{Outgoing, Proof, Role, Session, combine, contribute, offer};
use concordat_secagg::{Params, Proposal, Ring, RingVec, Roster, Signature};
use serde_json::Value;

use crate::common::{SplitMix64, binding, ledger_key, party};
use crate::world::{aggregators, of_each, runs};

const NAMES: [&str; 4] = ["alder", "aspen", "beech", "birch"];

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn little_endian(vector: &RingVec) -> Vec<u8> {
    match vector {
        RingVec::U32(words) => words.iter().flat_map(|w| w.to_le_bytes()).collect(),
        RingVec::U64(words) => words.iter().flat_map(|w| w.to_le_bytes()).collect(),
    }
}

/// Every message of an attempt of four, of whom birch does not reach the neutral aggregator: keys,
/// words, shares, signatures and the transcript's digest, byte for byte.
#[test]
fn a_whole_attempt_with_three_aggregators_is_that_of_the_reference() {
    let vectors: Value = serde_json::from_str(include_str!("../vectors/secagg.json")).unwrap();
    let vectors = &vectors["three"];
    let of = |role: Role, what: &str| bytes(&vectors["aggregators"][role.as_str()][what]);
    let said = |name: &str, what: &str| bytes(&vectors["contributors"][name][what]);
    let signed = |signature: &Signature| signature.to_bytes().to_vec();
    let session = session();
    assert_eq!(session.id().as_bytes().to_vec(), bytes(&vectors["session"]));

    let offering = of_each(|role| {
        let place = Role::ALL.into_iter().position(|of| of == role).unwrap();
        let mut rng = SplitMix64(11 + place as u64);
        let (state, said) = offer(session.clone(), role, ledger_key(runs(role)), &mut rng).unwrap();
        assert_eq!(said.body.key.to_vec(), of(role, "key"));
        assert_eq!(signed(&said.signature), of(role, "offer_signature"));
        (state, said)
    });
    let offers = of_each(|role| offering.of(role).1.clone());
    let mut gathering = offering.map(|_, (state, _)| state.gather(&offers).unwrap());

    let (mut contributions, mut words) = (BTreeMap::new(), BTreeMap::new());
    for (point, name) in (1..).zip(NAMES) {
        let vector = RingVec::from_signed(Ring::Bits32, (0..3).map(|i| 1000 * point - i));
        let mut rng = SplitMix64(point.try_into().unwrap());
        let own = contribute(&session, &party(name), &ledger_key(name), &offers, vector, &mut rng);
        let Outgoing { message, words: masked, .. } = own.unwrap();
        assert_eq!(message.body.key.to_vec(), said(name, "key"));
        assert_eq!(little_endian(&masked), said(name, "upload"));
        assert_eq!(signed(&message.signature), said(name, "signature"));
        gathering.public.receive(message.clone()).unwrap();
        gathering.private.receive(message.clone()).unwrap();
        if name != "birch" {
            gathering.neutral.receive(message.clone()).unwrap();
            gathering.neutral.read(&party(name), &masked).unwrap();
            contributions.insert(party(name), message);
        }
        words.insert(party(name), masked);
    }

    let closed = gathering.map(|role, state| {
        let (state, held) = state.close().unwrap();
        assert_eq!(signed(&held.signature), of(role, "held_signature"));
        (state, held)
    });
    let held = of_each(|role| closed.of(role).1.clone());
    let agreed = closed.map(|role, (state, _)| {
        let (state, roster) = state.agree(&held, |party| words[party].clone()).unwrap();
        assert_eq!(signed(&roster.signature), of(role, "roster_signature"));
        (state, roster)
    });
    let rosters = of_each(|role| agreed.of(role).1.signature);
    let opened = agreed.map(|role, (state, _)| {
        let Outgoing { message: share, chunks, words: vector } = state.open(&rosters).unwrap();
        assert_eq!(chunks, vector.chunk_digests());
        assert_eq!(little_endian(&vector), of(role, "share"));
        assert_eq!(signed(&share.signature), of(role, "share_signature"));
        (share, vector)
    });
    let shares = of_each(|role| opened.of(role).0.clone());
    let vectors_opened = opened.map(|_, (_, vector)| vector);
    let proof = Proof { offers, contributions, rosters, shares };
    let sum = combine(&session, &proof, &vectors_opened).unwrap().vector;
    assert_eq!(little_endian(&sum), bytes(&vectors["sum"]));
    let transcript = proof.digest(&session, sum.digest());
    assert_eq!(transcript.as_bytes().to_vec(), bytes(&vectors["transcript"]));
}

fn session() -> Session {
    let params = Params::prove(Proposal {
        clients: 4,
        threshold: 3,
        colluders: 1,
        dropouts: 1,
        ring_bits: 32,
        dimension: 3,
        units_per_round: 10,
        levels: 1 << 16,
        noise: 1 << 10,
    });
    let keys = NAMES.iter().map(|name| (party(name), ledger_key(name).verifying_key())).collect();
    let roster = Roster::new(keys).unwrap();
    let inner = concordat_secagg::Session::new(params.unwrap(), roster, &binding());
    Session::new(inner.unwrap(), aggregators()).unwrap()
}
