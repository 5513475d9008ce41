//! Vectors that are masked, taken in, added up and verified chunk by chunk.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::BTreeMap;

use common::{SplitMix64, contribution, ledger_key, party, session, sum_of};
use concordat_secagg::client;
use concordat_secagg::server::{AdvertiseKeys, MaskedInput, Rejected};
use concordat_secagg::{
    BadVector, CHUNK, Checking, Chunks, Inbox, Mismatch, Proof, RingVec, Session, Signed, Upload,
};
use concordat_terms::{Digest, PartyId};

/// What a caller keeps of one upload, say in a file: chunks by number, as they arrived.
#[derive(Clone, Default)]
struct Spool(BTreeMap<usize, RingVec>);

impl Chunks for Spool {
    fn read(&self, chunk: usize, to: &mut Vec<u8>) -> bool {
        self.0.get(&chunk).map(|words| words.put_bytes(to)).is_some()
    }
}

/// The chunks of a vector, the way a client that never holds the whole makes them.
fn chunks(vector: &RingVec) -> impl Iterator<Item = (usize, RingVec)> {
    (0..).map_while(|at| Some((at, vector.chunk(at)?)))
}

fn four(bits: u32) -> Session {
    session((4, 3, 1, 1), bits, 2 * CHUNK as u32 + 7)
}

/// Four clients up to MaskedInput, and the server that awaits their vectors.
struct Ready {
    clients: Vec<(PartyId, client::MaskedInput)>,
    server: MaskedInput,
    inboxes: BTreeMap<PartyId, Inbox>,
    rng: SplitMix64,
}

fn ready(session: &Session) -> Ready {
    let mut rng = SplitMix64(5);
    let mut server = AdvertiseKeys::new(session.clone());
    let mut clients = Vec::new();
    for party in session.roster().parties() {
        let key = ledger_key(party.as_str());
        let (state, keys) =
            client::advertise(session.clone(), party.clone(), key, &mut rng).unwrap();
        server.receive(keys).unwrap();
        clients.push((party.clone(), state));
    }
    let (mut server, list) = server.close().unwrap();
    let shared = clients.into_iter().map(|(party, state)| {
        let (state, shares) = state.share(&list, &mut rng).unwrap();
        server.receive(shares).unwrap();
        (party, state)
    });
    let clients = shared.collect();
    let (server, inboxes) = server.close().unwrap();
    Ready { clients, server, inboxes, rng }
}

/// Masks a vector where it lies, and cuts it into the spool's chunks.
fn upload(
    state: client::MaskedInput,
    inbox: &Inbox,
    vector: &RingVec,
) -> (client::ConsistencyCheck, Signed<Upload>, Spool) {
    let mut vector = vector.clone();
    let (state, announced) = state.mask_in_place(inbox, &mut vector).unwrap();
    (state, announced.upload, Spool(chunks(&vector).collect()))
}

/// A whole attempt in chunks, of which the third party uploads only its first chunk.
struct Finished {
    session: Session,
    proof: Proof,
    words: BTreeMap<PartyId, Spool>,
    sum: RingVec,
}

fn finished(bits: u32) -> Finished {
    let session = four(bits);
    let Ready { clients, mut server, inboxes, mut rng } = ready(&session);
    let (mut states, mut words, mut vectors) = (Vec::new(), BTreeMap::new(), Vec::new());
    for (party, state) in clients {
        let vector = contribution(&session, &mut rng);
        let (state, signed, mut spool) = upload(state, &inboxes[&party], &vector);
        if party.as_str() == "beech" {
            // It breaks off: what arrived leaves no trace in the sum.
            spool.0.retain(|at, _| *at == 0);
            let refused = server.receive(signed, &spool);
            assert_eq!(refused, Err(Rejected::OtherVector { from: party }));
            continue;
        }
        // Other words than it signed are refused, and taken back from the sum.
        let mut other = spool.clone();
        other.0.insert(2, RingVec::zeros(session.params().ring(), 7));
        assert!(server.receive(signed.clone(), &other).is_err());
        server.receive(signed, &spool).unwrap();
        states.push(state);
        words.insert(party, spool);
        vectors.push(vector);
    }
    let (mut server, survivors) = server.close().unwrap();
    let signed = states.into_iter().map(|state| {
        let (state, list) = state.sign(&survivors).unwrap();
        server.receive(list).unwrap();
        state
    });
    let states: Vec<client::Unmasking> = signed.collect();
    let (mut server, signatures) = server.close().unwrap();
    for state in states {
        server.receive(state.reveal(&signatures).unwrap()).unwrap();
    }
    let (proof, sum) = server.finish().unwrap();
    assert_eq!(sum, sum_of(&session, vectors.iter()));
    Finished { session, proof, words, sum }
}

#[test]
fn what_goes_out_in_chunks_is_what_goes_out_whole() {
    for bits in [32, 64] {
        let session = four(bits);
        let (in_chunks, whole) = (ready(&session), ready(&session));
        let vector = contribution(&session, &mut SplitMix64(9));
        let (party, state) = in_chunks.clients.into_iter().next().unwrap();
        let (_, signed, spool) = upload(state, &in_chunks.inboxes[&party], &vector);
        let (_, state) = whole.clients.into_iter().next().unwrap();
        let (_, message) = state.mask(&whole.inboxes[&party], vector).unwrap();
        assert_eq!(message.upload(), signed);
        let masked: Vec<_> = chunks(&message.body.vector).collect();
        assert_eq!(masked, spool.0.into_iter().collect::<Vec<_>>());
    }
}

fn digest_of_chunk(words: &RingVec) -> Digest {
    words.chunk_digests()[0]
}

/// What a node that holds no vector makes of these chunks, in this order.
fn checked(finished: &Finished, order: impl IntoIterator<Item = usize>) -> Result<(), Mismatch> {
    let Finished { session, proof, words, sum } = finished;
    let digest = |spool: &Spool| spool.0.values().map(digest_of_chunk).collect();
    let digests: BTreeMap<PartyId, Vec<Digest>> =
        words.iter().map(|(party, spool)| (party.clone(), digest(spool))).collect();
    let mut checking = Checking::begin(session, proof, digests)?;
    assert_eq!(checking.survivors(), words.keys().cloned().collect());
    order.into_iter().try_for_each(|chunk| {
        let of = |(party, spool): (&PartyId, &Spool)| {
            Some((party.clone(), spool.0.get(&chunk)?.clone()))
        };
        let published = sum.chunk(chunk).unwrap_or_else(|| RingVec::zeros(sum.ring(), 0));
        checking.check(chunk, &words.iter().filter_map(of).collect(), &published)
    })
}

#[test]
fn a_sum_added_in_chunks_is_the_survivors_and_is_checked_in_any_order() {
    for bits in [32, 64] {
        let mut good = finished(bits);
        assert_eq!(checked(&good, 0..3), Ok(()));
        assert_eq!(checked(&good, [2, 0, 2, 1]), Ok(()));
        assert!(checked(&good, [3]).is_err(), "there is no such chunk");

        // A shift of the sum shows where it is, and only there.
        let honest = good.sum.clone();
        let mut shift = vec![0; honest.len()];
        shift[CHUNK + 3] = 1;
        assert!(good.sum.add(&RingVec::from_signed(honest.ring(), shift)));
        let differs = Mismatch::OtherSum { count: 1, first: CHUNK + 3 };
        assert_eq!(checked(&good, [0, 2]), Ok(()));
        assert_eq!(checked(&good, [2, 1]), Err(differs));
        good.sum = honest;

        // A shift of an upload shows whose it is, also where another upload makes up for it.
        let (alder, aspen) = (party("alder"), party("aspen"));
        let one = |by: i64| RingVec::from_signed(good.sum.ring(), vec![by; 7]);
        let (one, minus) = (one(1), one(-1));
        let digests = good
            .words
            .iter()
            .map(|(party, spool)| (party.clone(), spool.0.values().map(digest_of_chunk).collect()));
        let digests: BTreeMap<PartyId, Vec<Digest>> = digests.collect();
        let begin = |digests| Checking::begin(&good.session, &good.proof, digests);
        let mut last: BTreeMap<PartyId, RingVec> =
            good.words.iter().map(|(party, spool)| (party.clone(), spool.0[&2].clone())).collect();
        let published = good.sum.chunk(2).unwrap();
        assert_eq!(begin(digests.clone()).unwrap().check(2, &last, &published), Ok(()));
        assert!(last.get_mut(&alder).unwrap().add(&one));
        assert!(last.get_mut(&aspen).unwrap().add(&minus));
        let refused = begin(digests.clone()).unwrap().check(2, &last, &published);
        assert_eq!(refused, Err(Mismatch::OtherChunk { party: alder.clone() }));
        last.remove(&alder);
        let refused = begin(digests.clone()).unwrap().check(2, &last, &published);
        assert_eq!(refused, Err(Mismatch::OtherChunk { party: alder.clone() }));

        // Digests of other chunks than those that were signed.
        let mut other = digests.clone();
        other.get_mut(&alder).unwrap().swap(0, 1);
        assert_eq!(begin(other).unwrap_err(), Mismatch::OtherChunk { party: alder.clone() });
        let mut missing = digests;
        missing.remove(&alder);
        assert_eq!(begin(missing).unwrap_err(), Mismatch::OtherChunk { party: alder });
    }
}

/// Elements that a value holds, by what it shows of its vectors.
fn held(value: &impl std::fmt::Debug) -> usize {
    let text = format!("{value:?}");
    let counts = text.split(" elements)").filter_map(|before| before.rsplit(", ").next());
    counts.filter_map(|count| count.parse::<usize>().ok()).sum()
}

/// Chunks as they are asked for, one at a time and each once.
struct Once<'a>(&'a Spool, std::cell::RefCell<Vec<usize>>);

impl Chunks for Once<'_> {
    fn read(&self, chunk: usize, to: &mut Vec<u8>) -> bool {
        self.1.borrow_mut().push(chunk);
        self.0.read(chunk, to)
    }
}

#[test]
fn however_many_upload_the_server_holds_one_vector_and_reads_each_chunk_once() {
    let session = four(32);
    let dimension = session.params().dimension();
    let Ready { clients, mut server, inboxes, mut rng } = ready(&session);
    assert_eq!(held(&server), dimension);
    for (party, state) in clients {
        let vector = contribution(&session, &mut rng);
        let (_, signed, spool) = upload(state, &inboxes[&party], &vector);
        let once = Once(&spool, std::cell::RefCell::default());
        server.receive(signed, &once).unwrap();
        assert_eq!(once.1.into_inner(), [0, 1, 2]);
        assert_eq!(held(&server), dimension);
    }
    assert_eq!(held(&server.close().unwrap().0), dimension);
    assert_eq!(held(&[RingVec::U32(vec![0; 7]), RingVec::U64(vec![0; 5])]), 12, "it counts");
}

#[test]
fn words_that_were_not_signed_are_taken_back_and_their_sender_can_still_upload() {
    let session = four(32);
    let Ready { clients, mut server, inboxes, mut rng } = ready(&session);
    let mut states = clients.into_iter();
    let (party, state) = states.next().unwrap();
    let (_, signed, good) = upload(state, &inboxes[&party], &contribution(&session, &mut rng));
    let spoiled: [&dyn Fn(&mut Spool); 4] = [
        &|spool| assert!(spool.0.get_mut(&1).unwrap().add(&RingVec::U32(vec![1; CHUNK]))),
        &|spool| drop(spool.0.remove(&2)),
        &|spool| drop(spool.0.insert(0, RingVec::U32(vec![0; CHUNK + 1]))),
        &|spool| drop(spool.0.insert(1, RingVec::U64(vec![0; CHUNK]))),
    ];
    let before = format!("{:?}", server.clone().close().unwrap_err());
    for spoil in spoiled {
        let mut bad = good.clone();
        spoil(&mut bad);
        let refused = Rejected::OtherVector { from: party.clone() };
        assert_eq!(server.receive(signed.clone(), &bad), Err(refused));
    }
    assert_eq!(format!("{:?}", server.clone().close().unwrap_err()), before);

    // A signature that does not hold is refused before a word is read.
    let mut forged = signed.clone();
    forged.body.vector = good.0[&0].digest();
    assert!(matches!(server.receive(forged, &good), Err(Rejected::BadSignature { .. })));
    server.receive(signed.clone(), &good).unwrap();
    assert!(matches!(server.receive(signed, &good), Err(Rejected::Duplicate { .. })));
}

/// Words of which a chunk can be read once and no more, and the last one never.
struct Lost<'a>(&'a Spool, std::cell::RefCell<Vec<usize>>);

impl Chunks for Lost<'_> {
    fn read(&self, chunk: usize, to: &mut Vec<u8>) -> bool {
        let mut before = self.1.borrow_mut();
        let first = chunk < 2 && !before.contains(&chunk);
        before.push(chunk);
        first && self.0.read(chunk, to)
    }
}

#[test]
fn a_sum_from_which_words_cannot_be_taken_back_is_begun_anew() {
    let session = four(32);
    let Ready { clients, mut server, inboxes, mut rng } = ready(&session);
    let mut uploads = Vec::new();
    for (party, state) in clients {
        let vector = contribution(&session, &mut rng);
        let (state, signed, spool) = upload(state, &inboxes[&party], &vector);
        uploads.push((party, vector, state, signed, spool));
    }
    for (party, _, _, signed, spool) in &uploads[..3] {
        let lost = Lost(spool, std::cell::RefCell::default());
        assert_eq!(
            server.receive(signed.clone(), &lost),
            Err(Rejected::OtherVector { from: party.clone() })
        );
        server.receive(signed.clone(), spool).unwrap();
    }
    // Each loss had everybody before it forgotten: one upload is there.
    let below = server.clone().close().unwrap_err();
    assert_eq!((below.have, below.need), (1, 3));
    for (_, _, _, signed, spool) in &uploads[..2] {
        server.receive(signed.clone(), spool).unwrap();
    }
    let (mut server, survivors) = server.close().unwrap();
    let mut signers = Vec::new();
    let mut sum = Vec::new();
    for (party, vector, state, ..) in uploads.into_iter().take(3) {
        let (state, signed) = state.sign(&survivors).unwrap();
        server.receive(signed).unwrap();
        signers.push((party, state));
        sum.push(vector);
    }
    let (mut server, signatures) = server.close().unwrap();
    for (_, state) in signers {
        server.receive(state.reveal(&signatures).unwrap()).unwrap();
    }
    let (_, opened) = server.finish().unwrap();
    assert_eq!(opened, sum_of(&session, sum.iter()));
}

#[test]
fn a_client_masks_no_chunk_of_a_vector_that_is_too_large_anywhere() {
    let session = four(32);
    let most = i64::try_from(session.params().contribution_most()).unwrap();
    let Ready { clients, inboxes, .. } = ready(&session);
    let len = session.params().dimension();
    // In the first chunk, and in the last one, when the others are masked already.
    let borders = [(0, most + 1), (len - 1, -most - 1), (len - 1, -most)];
    for ((party, state), (at, value)) in clients.into_iter().zip(borders) {
        let values = (0..len).map(|place| if place == at { value } else { 0 });
        let mut vector = RingVec::from_signed(session.params().ring(), values);
        let masked = state.mask_in_place(&inboxes[&party], &mut vector);
        if value == -most {
            assert!(masked.is_ok());
            continue;
        }
        let most = session.params().contribution_most();
        assert_eq!(masked.unwrap_err(), BadVector::OutOfRange { most }.into());
        assert!(vector.is_empty(), "nothing of it is left lying about");
    }
}
