//! One attempt, measured: the clients one after the other, and the server beside them.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use concordat_secagg::client::{self, ConsistencyCheck, MaskedInput};
use concordat_secagg::server::{self, AdvertiseKeys};
use concordat_secagg::{
    Binding, FromClient, Inbox, Masked, Params, Proposal, Ring, RingVec, Roster, Session,
    Signature, Signed, SigningKey, floor,
};
use concordat_terms::{Digest, PartyId};
use concordat_wire::round::encode_from_client;
use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng as _;

use super::super::law::weigh;
use super::spooled::{Spool, Spooled};

/// Fraction bits of what is quantised.
const SCALE: f64 = 1024.0;

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) clients: u32,
    pub(super) dimension: u32,
    pub(super) ring_bits: u32,
    /// How many share and never upload: what costs the server most.
    pub(super) dropped: u32,
}

/// What an attempt took.
#[derive(Debug)]
pub(super) struct Measured {
    /// Of each client that uploads: opening its shares, masking and signing its vector.
    pub(super) masked: Vec<Duration>,
    /// Of each: all it does, from its keys to the shares it reveals; a vector quantised and the
    /// upload serialised in it.
    pub(super) all_in: Vec<Duration>,
    /// Keystreams of a client's masks, and one pass over its vector.
    pub(super) client_floor: Duration,
    /// All that the server does: checking, adding up, opening.
    pub(super) server: Duration,
    /// Adding the uploads up, and the keystreams that come off the sum.
    pub(super) server_floor: Duration,
    /// One pass of SHA-256 over the bytes of a vector: what the signature under an upload costs its
    /// client and the server, once each.
    pub(super) digest: Duration,
    /// How many uploads the server takes.
    pub(super) uploads: u32,
    /// Bytes of an upload on the wire.
    pub(super) bytes: usize,
    /// Bytes of the process at most that were not there before the first upload; with those of
    /// the clients' states and the upload that is arriving. Nothing where the system does not tell.
    pub(super) memory: Option<u64>,
    /// Where uploads went through files.
    pub(super) spooled: Option<Spooled>,
}

/// A client of the attempt and what it has done so far.
struct Client<S> {
    party: PartyId,
    state: S,
    took: Duration,
}

/// Runs an attempt in which everybody is honest, and measures it.
///
/// # Errors
/// What went wrong, as a phrase: nothing does.
pub(super) fn measure(shape: Shape, spool: Option<&Path>) -> Result<Measured, String> {
    let (session, keys) = session(shape)?;
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let mut server_took = Duration::ZERO;

    let mut server = AdvertiseKeys::new(session.clone());
    let mut clients = Vec::new();
    for (party, key) in keys {
        let mut took = Duration::ZERO;
        let started = (session.clone(), party.clone(), key);
        let (state, message) =
            took_by(&mut took, || client::advertise(started.0, started.1, started.2, &mut rng))?;
        took_by(&mut server_took, || server.receive(message))?;
        clients.push(Client { party, state, took });
    }
    let (mut server, list) = took_by(&mut server_took, || server.close())?;
    let mut sharing: Vec<Client<MaskedInput>> = Vec::new();
    for Client { party, state, mut took } in clients {
        let (state, message) = took_by(&mut took, || state.share(&list, &mut rng))?;
        took_by(&mut server_took, || server.receive(message))?;
        sharing.push(Client { party, state, took });
    }
    let (server, inboxes) = took_by(&mut server_took, || server.close())?;

    let stay = shape.clients.saturating_sub(shape.dropped) as usize;
    sharing.truncate(stay);
    let beside = beside(shape)?;
    let before = weigh::from_now();
    let mut spool = spool.map(|dir| Spool::new(dir, session.params())).transpose()?;
    let uploaded = upload(&session, server, (sharing, &inboxes), spool.as_mut(), &mut server_took)?;
    let Uploaded { server, clients, masked } = uploaded;

    let (mut server, survivors) = took_by(&mut server_took, || server.close())?;
    let mut signing = Vec::new();
    for Client { party, state, mut took } in clients {
        let (state, message) = took_by(&mut took, || state.sign(&survivors))?;
        took_by(&mut server_took, || server.receive(message))?;
        signing.push(Client { party, state, took });
    }
    let (mut server, signatures) = took_by(&mut server_took, || server.close())?;
    let mut all_in = Vec::new();
    for Client { state, mut took, .. } in signing {
        let message = took_by(&mut took, || state.reveal(&signatures))?;
        took_by(&mut server_took, || server.receive(message))?;
        all_in.push(took + beside.quantised + beside.serialised);
    }
    let (proof, sum) = took_by(&mut server_took, || server.finish())?;
    let spooled = spool.map(|spool| spool.check(&session, &proof, &sum, &mut rng)).transpose()?;
    let after = weigh::now();
    let memory =
        after.zip(before).map(|(after, before)| after.peak.saturating_sub(before.resident));
    right(&sum, stay)?;
    let Beside { client_floor, server_floor, digest, bytes, .. } = beside;
    let (server, uploads) = (server_took, shape.clients.saturating_sub(shape.dropped));
    Ok(Measured {
        masked,
        all_in,
        client_floor,
        server,
        server_floor,
        digest,
        uploads,
        bytes,
        memory,
        spooled,
    })
}

/// What follows from the uploads.
struct Uploaded {
    server: server::MaskedInput,
    clients: Vec<Client<ConsistencyCheck>>,
    masked: Vec<Duration>,
}

/// Each client masks its vector, and the server takes it in before the next one begins: no more
/// than one upload is in memory beside the sum.
fn upload(
    session: &Session,
    mut server: server::MaskedInput,
    (sharing, inboxes): (Vec<Client<MaskedInput>>, &BTreeMap<PartyId, Inbox>),
    mut spool: Option<&mut Spool>,
    server_took: &mut Duration,
) -> Result<Uploaded, String> {
    let (mut clients, mut masked) = (Vec::new(), Vec::new());
    for Client { party, state, mut took } in sharing {
        let inbox = inboxes.get(&party).ok_or("an inbox is missing")?;
        let mut vector = RingVec::from_signed(
            session.params().ring(),
            (0..session.params().dimension()).map(value),
        );
        let mut masking = Duration::ZERO;
        let (state, announced) = took_by(&mut masking, || state.mask_in_place(inbox, &mut vector))?;
        took += masking;
        masked.push(masking);
        let header = announced.upload.clone();
        match &mut spool {
            None => took_by(server_took, || server.receive(header, &vector))?,
            Some(spool) => {
                let words = spool.bring(announced, vector)?;
                took_by(server_took, || server.receive(header, &words))?;
            }
        }
        clients.push(Client { party, state, took });
    }
    Ok(Uploaded { server, clients, masked })
}

/// What is measured beside an attempt.
struct Beside {
    client_floor: Duration,
    server_floor: Duration,
    digest: Duration,
    quantised: Duration,
    serialised: Duration,
    bytes: usize,
}

fn beside(shape: Shape) -> Result<Beside, String> {
    let ring = Ring::of_bits(shape.ring_bits).ok_or("no such ring")?;
    let (dimension, element) = (shape.dimension as usize, shape.ring_bits as usize / 8);
    let (all, gone) = (shape.clients as usize, shape.dropped as usize);
    let stay = all.saturating_sub(gone);
    let floats: Vec<f32> = (0..dimension).map(|at| (value(at) as f64 / SCALE) as f32).collect();
    let (vector, quantised) = once(|| {
        let whole = |x: &f32| {
            let scaled = f64::from(*x) * SCALE;
            (scaled + 0.5_f64.copysign(scaled)) as i64
        };
        RingVec::from_signed(ring, floats.iter().map(whole))
    });
    drop(floats);
    let mut sum = RingVec::zeros(ring, dimension);
    let mut accumulate = |times: usize| {
        let add = |_| _ = black_box(black_box(&mut sum).add(&vector));
        once(|| (0..times).for_each(add)).1
    };
    let (one, each) = (least(|| accumulate(1)), accumulate(stay));
    let keystreams = |count: usize| once(|| floor::keystreams(count, dimension * element)).1;
    let client_floor = least(|| keystreams(all)) + one;
    let server_floor = keystreams(stay * (1 + gone)) + each;
    let digest = hashing(&vector);

    let from = "party-0".parse().map_err(|_| "no name")?;
    let body = Masked { peers: Digest::of(b"peers"), vector };
    let message = Signed { from, body, signature: Signature::from_bytes(&[0; 64]) };
    let message = FromClient::Masked(message);
    let (written, serialised) = once(|| encode_from_client(&message));
    let bytes = written.len();
    Ok(Beside { client_floor, server_floor, digest, quantised, serialised, bytes })
}

/// One pass of SHA-256 over the bytes of a vector, which are made before; the shortest of three.
pub(super) fn hashing(vector: &RingVec) -> Duration {
    let mut bytes = Vec::new();
    vector.put_bytes(&mut bytes);
    least(|| once(|| black_box(Digest::of(black_box(&bytes)))).1)
}

/// A client's element: small, and the same for all clients.
pub(super) fn value(at: usize) -> i64 {
    (at % 2_000) as i64 - 1_000
}

/// That the sum is `count` times each element.
pub(super) fn right(sum: &RingVec, count: usize) -> Result<(), String> {
    let count = i64::try_from(count).map_err(|e| e.to_string())?;
    let good = match sum {
        RingVec::U32(words) => words
            .iter()
            .enumerate()
            .all(|(at, word)| i64::from(word.cast_signed()) == count * value(at)),
        RingVec::U64(words) => {
            words.iter().enumerate().all(|(at, word)| word.cast_signed() == count * value(at))
        }
    };
    if good { Ok(()) } else { Err("the sum is not that of the survivors".to_owned()) }
}

/// The shortest of three.
pub(super) fn least(mut what: impl FnMut() -> Duration) -> Duration {
    (0..3).map(|_| what()).min().unwrap_or_default()
}

pub(super) fn once<T>(what: impl FnOnce() -> T) -> (T, Duration) {
    let started = Instant::now();
    let made = what();
    (made, started.elapsed())
}

/// Does something, and adds how long it takes.
pub(super) fn took_by<T, E: ToString>(
    total: &mut Duration,
    what: impl FnOnce() -> Result<T, E>,
) -> Result<T, String> {
    let (made, took) = once(what);
    *total += took;
    made.map_err(|e| e.to_string())
}

/// Parties with keys of their own, and t, c and d as an agreement would choose them.
pub(super) fn session(shape: Shape) -> Result<(Session, Vec<(PartyId, SigningKey)>), String> {
    let threshold = 2 * shape.clients / 3 + 1;
    let dropouts = shape.clients.saturating_sub(threshold);
    if shape.dropped > dropouts {
        return Err(format!("{} dropouts are more than {dropouts}", shape.dropped));
    }
    let proposal = Proposal {
        clients: shape.clients,
        threshold,
        colluders: (2 * threshold).saturating_sub(shape.clients + 1).min(threshold - 2),
        dropouts,
        ring_bits: shape.ring_bits,
        dimension: shape.dimension,
        units_per_round: 1,
        levels: 1_000,
        noise: 0,
    };
    let params = Params::prove(proposal).map_err(|e| e.to_string())?;
    let keys: Vec<(PartyId, SigningKey)> = (0..shape.clients)
        .map(|at| {
            let name = format!("party-{at}");
            let key = SigningKey::from_bytes(&Digest::of(name.as_bytes()).0);
            Ok((name.parse().map_err(|_| "no name")?, key))
        })
        .collect::<Result<_, &str>>()?;
    let roster = keys.iter().map(|(party, key)| (party.clone(), key.verifying_key())).collect();
    let binding = Binding {
        agreed: Digest::of(b"agreement"),
        run: "bench".parse().map_err(|_| "no name")?,
        round: 0,
        attempt: 0,
        model: Digest::of(b"model"),
        quantiser: Digest::of(b"quantiser"),
    };
    let roster = Roster::new(roster).map_err(|e| e.to_string())?;
    let session = Session::new(params, roster, &binding).map_err(|e| e.to_string())?;
    Ok((session, keys))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_is_measured_through_to_its_sum() {
        for (ring_bits, dropped) in [(32, 0), (32, 1), (64, 1)] {
            let shape = Shape { clients: 5, dimension: 2_003, ring_bits, dropped };
            let measured = measure(shape, None).unwrap();
            assert!(measured.spooled.is_none());
            let stay = 5 - dropped as usize;
            assert_eq!((measured.masked.len(), measured.all_in.len()), (stay, stay));
            let element = ring_bits as usize / 8;
            assert!((2_003 * element..2_003 * element + 200).contains(&measured.bytes));
        }
        let dir = tempfile::tempdir().unwrap();
        for ring_bits in [32, 64] {
            let shape = Shape { clients: 5, dimension: 40_003, ring_bits, dropped: 1 };
            let spooled = measure(shape, Some(dir.path())).unwrap().spooled.unwrap();
            assert_eq!((spooled.checked, spooled.chunks), (3, 3));
            assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left there");
        }
        let many = Shape { clients: 5, dimension: 10, ring_bits: 32, dropped: 2 };
        assert_eq!(measure(many, None).unwrap_err(), "2 dropouts are more than 1");
    }
}
