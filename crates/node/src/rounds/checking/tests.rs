//! Long vectors over an exchange in memory that breaks whenever a test says so.

#[path = "../../../../secagg/tests/common/mod.rs"]
mod common;

use concordat_secagg::server::{AdvertiseKeys, MaskedInput};
use concordat_secagg::three::{self, Posted};
use concordat_secagg::{Announced, FromClient, client};
use concordat_wire::api::Arrived;
use concordat_wire::round::{Announcement, ToClient};
use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng as _;

use self::common::{SplitMix64, contribution, ledger_key, session, sum_of as sum_of_all};
use super::*;
use crate::rounds::Uplink;
use crate::rounds::uploading::upload;

/// What a coordinator has of one round.
#[derive(Default)]
struct Room {
    /// The upload that is on its way.
    arriving: Vec<u8>,
    next: usize,
    announced: Option<Announced>,
    uploads: BTreeMap<PartyId, (Announced, Vec<u8>)>,
    sum: Vec<u8>,
    /// Calls until the connection breaks; what is sent then arrives, and nobody hears so.
    until_cut: usize,
    pauses: usize,
    /// What was fetched.
    fetched: Vec<Part>,
}

impl Room {
    fn called<T>(&mut self, answer: T) -> Result<T, Fault> {
        if self.until_cut == 0 {
            self.until_cut = 2;
            return Err(Fault::Offline("the connection broke".to_owned()));
        }
        self.until_cut -= 1;
        Ok(answer)
    }

    fn arrived(&self) -> Arrived {
        let chunks = self.announced.as_ref().map_or(0, |announced| announced.chunks.len());
        Arrived { next: self.next, chunks }
    }
}

impl Uplink for Room {
    fn announce(&mut self, _: u32, _: u32, announced: &Announcement) -> Result<Arrived, Fault> {
        let Announcement::Masks(announced) = announced else { return Err(Fault::Stopped) };
        if self.announced.as_ref() != Some(announced) {
            (self.announced, self.next) = (Some(announced.clone()), 0);
            self.arriving.clear();
        }
        let arrived = self.arrived();
        self.called(arrived)
    }

    fn bring(&mut self, _: u32, _: u32, chunk: usize, piece: Vec<u8>) -> Result<Arrived, Fault> {
        assert_eq!(chunk, self.next, "no chunk is sent twice, and none left out");
        self.next += piece.len().div_ceil(4 * CHUNK);
        self.arriving.extend(piece);
        let arrived = self.arrived();
        self.called(arrived)
    }

    fn pause(&mut self, _: u32) {
        self.pauses += 1;
    }
}

impl Exchange for Room {
    fn send(&mut self, _: u32, _: u32, _: FromClient) -> Result<ToClient, Fault> {
        Err(Fault::Stopped)
    }

    fn contribute(&mut self, _: u32, _: u32, _: &three::Message) -> Result<Posted, Fault> {
        Err(Fault::Stopped)
    }

    fn posted(&mut self, _: u32, _: u32, _: three::Step) -> Result<Posted, Fault> {
        Err(Fault::Stopped)
    }

    fn fetch(&mut self, _: u32, part: &Part) -> Result<Vec<u8>, Fault> {
        let chunk_of = |bytes: &[u8], chunk: usize, count: usize| {
            let at = (4 * CHUNK * chunk).min(bytes.len());
            bytes[at..(at + 4 * CHUNK * count).min(bytes.len())].to_vec()
        };
        let bytes = match part {
            Part::Digests(party) => {
                self.uploads[party].0.chunks.iter().flat_map(|digest| digest.0).collect()
            }
            Part::Words(chunk) => {
                self.uploads.values().flat_map(|(_, bytes)| chunk_of(bytes, *chunk, 1)).collect()
            }
            Part::Sum(chunk) => chunk_of(&self.sum, *chunk, PIECE),
            Part::Share(..) => return Err(Fault::Stopped),
        };
        let answered = self.called(bytes)?;
        self.fetched.push(part.clone());
        Ok(answered)
    }
}

/// A round of four with vectors of this length, uploaded over a connection that breaks at every
/// third call.
fn played(dimension: u32) -> (Session, Proof, Room, RingVec) {
    let session = session((4, 3, 1, 1), 32, dimension);
    let (mut room, mut rng) = (Room::default(), SplitMix64(5));
    let mut server = AdvertiseKeys::new(session.clone());
    let mut clients = Vec::new();
    for party in session.roster().parties() {
        let key = ledger_key(party.as_str());
        let advertised = client::advertise(session.clone(), party.clone(), key, &mut rng);
        let (state, keys) = advertised.unwrap();
        server.receive(keys).unwrap();
        clients.push((party.clone(), state));
    }
    let (mut server, list) = server.close().unwrap();
    let mut masking = Vec::new();
    for (party, state) in clients {
        let (state, shares) = state.share(&list, &mut rng).unwrap();
        server.receive(shares).unwrap();
        masking.push((party, state));
    }
    let (mut server, inboxes): (MaskedInput, _) = server.close().unwrap();
    let (mut states, mut vectors) = (Vec::new(), Vec::new());
    for (party, state) in masking {
        let mut vector = contribution(&session, &mut rng);
        vectors.push(vector.clone());
        let (state, announced) = state.mask_in_place(&inboxes[&party], &mut vector).unwrap();
        let mut told = Vec::new();
        let mut tell = |arrived: Arrived| told.push(arrived.next);
        let announcement = Announcement::Masks(announced.clone());
        upload((0, 0), &announcement, &vector, &mut room, &mut tell).unwrap();
        assert!(told.is_sorted() && told.last() == Some(&session.params().chunks()), "{told:?}");
        let words = RingVec::of_bytes(session.params().ring(), &room.arriving).unwrap();
        server.receive(announced.upload.clone(), &words).unwrap();
        room.uploads.insert(party, (announced, room.arriving.clone()));
        states.push(state);
    }
    assert!(room.pauses >= 2, "the connection broke");
    let (mut server, survivors) = server.close().unwrap();
    let mut signing = Vec::new();
    for state in states {
        let (state, signed) = state.sign(&survivors).unwrap();
        server.receive(signed).unwrap();
        signing.push(state);
    }
    let (mut server, signatures) = server.close().unwrap();
    for state in signing {
        server.receive(state.reveal(&signatures).unwrap()).unwrap();
    }
    let (proof, sum) = server.finish().unwrap();
    assert_eq!(sum, sum_of_all(&session, vectors.iter()));
    sum.put_bytes(&mut room.sum);
    (session, proof, room, sum)
}

#[test]
fn a_long_vector_arrives_over_a_connection_that_breaks_and_its_sum_is_checked_whole() {
    let (session, proof, mut room, sum) = played(2 * CHUNK as u32 + 7);
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    room.pauses = 0;
    let (found, survivors) = checked(0, &session, &proof, &mut room, &mut rng).unwrap();
    assert_eq!((found, survivors), (sum, proof.uploads.keys().cloned().collect()));
    assert!(room.pauses > 0, "it broke here too");
    let words = room.fetched.iter().filter(|part| matches!(part, Part::Words(_)));
    assert_eq!(words.count(), 3);

    // One element, in the last chunk.
    *room.sum.last_mut().unwrap() ^= 1;
    let mismatch = checked(0, &session, &proof, &mut room, &mut rng).unwrap_err();
    let Unchecked::Mismatch(why) = mismatch else { panic!("{mismatch:?}") };
    assert!(why.contains("at 1 elements"), "{why}");
    // A sum that is too short, or too long.
    for len in [0, room.sum.len() - 4, room.sum.len() + 4] {
        let mut other =
            Room { sum: room.sum.clone(), uploads: room.uploads.clone(), ..Room::default() };
        other.sum.resize(len, 0);
        let refused = checked(0, &session, &proof, &mut other, &mut rng);
        assert!(matches!(refused, Err(Unchecked::Mismatch(_))), "{refused:?}");
    }
    // Words that are missing, or another's.
    let first = room.uploads.keys().next().unwrap().clone();
    room.uploads.get_mut(&first).unwrap().1.truncate(9);
    assert!(checked(0, &session, &proof, &mut room, &mut rng).is_err());
}

#[test]
fn of_a_sum_of_more_chunks_than_are_checked_random_ones_are_and_all_of_it_is_fetched() {
    let chunks = CHECKED + 3;
    let (session, proof, mut room, sum) = played((chunks * CHUNK) as u32 - 5);
    let mut rng = ChaCha12Rng::seed_from_u64(2);
    let (found, _) = checked(0, &session, &proof, &mut room, &mut rng).unwrap();
    assert_eq!(found, sum);
    let words: BTreeSet<usize> = room
        .fetched
        .iter()
        .filter_map(|part| if let Part::Words(chunk) = part { Some(*chunk) } else { None })
        .collect();
    assert_eq!(words.len(), CHECKED);
    assert!(words.len() < chunks);
}

#[test]
fn a_coordinator_that_takes_nothing_and_says_so_does_not_keep_a_node_for_ever() {
    struct Deaf(usize);
    impl Uplink for Deaf {
        fn announce(&mut self, _: u32, _: u32, _: &Announcement) -> Result<Arrived, Fault> {
            Ok(Arrived { next: 0, chunks: 3 })
        }
        fn bring(&mut self, _: u32, _: u32, _: usize, _: Vec<u8>) -> Result<Arrived, Fault> {
            self.0 += 1;
            if self.0 == 1 { Ok(Arrived { next: 0, chunks: 3 }) } else { silence() }
        }
        fn pause(&mut self, _: u32) {}
    }
    impl Exchange for Deaf {
        fn send(&mut self, _: u32, _: u32, _: FromClient) -> Result<ToClient, Fault> {
            Err(Fault::Stopped)
        }
        fn contribute(&mut self, _: u32, _: u32, _: &three::Message) -> Result<Posted, Fault> {
            Err(Fault::Stopped)
        }
        fn posted(&mut self, _: u32, _: u32, _: three::Step) -> Result<Posted, Fault> {
            Err(Fault::Stopped)
        }
        fn fetch(&mut self, _: u32, _: &Part) -> Result<Vec<u8>, Fault> {
            silence()
        }
    }
    fn silence<T>() -> Result<T, Fault> {
        Err(Fault::Offline("silence".to_owned()))
    }
    let (_, _, room, _) = played(2 * CHUNK as u32 + 7);
    let (announced, bytes) = room.uploads.values().next().unwrap();
    let vector = RingVec::of_bytes(concordat_secagg::Ring::Bits32, bytes).unwrap();
    let mut deaf = Deaf(0);
    let mut told = 0;
    // It took none: the message of the step decides. Then nobody answers.
    let announced = &Announcement::Masks(announced.clone());
    assert_eq!(upload((0, 0), announced, &vector, &mut deaf, &mut |_| told += 1), Ok(()));
    let fault = upload((0, 0), announced, &vector, &mut deaf, &mut |_| told += 1);
    assert_eq!(fault, silence());
    assert_eq!((deaf.0, told), (2 + SILENCE_MOST as usize, 0));
    assert_eq!(fetch(0, &Part::Sum(0), &mut deaf), silence());
}

#[test]
fn short_sums_are_checked_whole_and_long_ones_at_as_many_places_everywhere() {
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    assert_eq!(drawn(1, &mut rng).len(), 1);
    assert_eq!(drawn(CHECKED, &mut rng), (0..CHECKED).collect());
    let (mut seen, mut times) = (BTreeSet::new(), 0);
    while seen.len() < CHECKED + 1 {
        let drawn = drawn(CHECKED + 1, &mut rng);
        assert_eq!(drawn.len(), CHECKED);
        seen.extend(drawn);
        times += 1;
    }
    assert!(times < 10, "each is drawn");
    assert!(drawn(1 << 14, &mut rng).iter().all(|chunk| *chunk < 1 << 14));
}
