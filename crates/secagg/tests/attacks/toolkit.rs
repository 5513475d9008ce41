//! What every attacker has: the protocol's arithmetic, written out without the crate.

use std::collections::{BTreeMap, BTreeSet};

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt as _, KeyInit as _};
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use concordat_secagg::server::{Answer, Closed, Server, Unopened};
use concordat_secagg::{
    Body, Dealt, FromClient, Inbox, KeyList, Masked, RingVec, Session, Signatures, Signed, Step,
    Transcript,
};
use concordat_terms::{Digest, PartyId};
use ed25519_dalek::Signer as _;
use hkdf::Hkdf;
use rand_core::Rng as _;
use sha2::Sha256;
use x25519_dalek::{PublicKey, StaticSecret};

use crate::common::{SplitMix64, World, ledger_key, party, session};

pub type Bytes = [u8; 32];

/// Four hospitals: threshold 3, one may collude, one may drop out.
pub fn four() -> Session {
    session((4, 3, 1, 1), 32, 6)
}

pub fn parties(names: &[&str]) -> BTreeSet<PartyId> {
    names.iter().map(|name| party(name)).collect()
}

pub fn public_of(secret: &Bytes) -> Bytes {
    PublicKey::from(&StaticSecret::from(*secret)).to_bytes()
}

pub fn agree(secret: &Bytes, public: &Bytes) -> Bytes {
    StaticSecret::from(*secret).diffie_hellman(&PublicKey::from(*public)).to_bytes()
}

/// The product in GF(2^8).
fn mul(mut a: u8, mut b: u8) -> u8 {
    let mut product = 0;
    while b != 0 {
        if b & 1 == 1 {
            product ^= a;
        }
        a = if a & 0x80 == 0 { a << 1 } else { (a << 1) ^ 0x1b };
        b >>= 1;
    }
    product
}

/// Shares of a secret at the points 1 to `count`.
pub fn split(secret: &Bytes, threshold: usize, count: u8, rng: &mut SplitMix64) -> Vec<Bytes> {
    let higher: Vec<Bytes> = (1..threshold).map(|_| random(rng)).collect();
    let rows: Vec<Bytes> = std::iter::once(*secret).chain(higher).collect();
    let at = |x: u8| {
        let mut share = [0; 32];
        for row in rows.iter().rev() {
            share.iter_mut().zip(row).for_each(|(s, r)| *s = mul(*s, x) ^ r);
        }
        share
    };
    (1..=count).map(at).collect()
}

/// What shares, each with its point, combine to.
pub fn combine(shares: &[(u8, Bytes)]) -> Bytes {
    let mut secret = [0; 32];
    for (x, share) in shares {
        let mut weight = 1;
        for (y, _) in shares.iter().filter(|(y, _)| y != x) {
            let inverse = (1..=255).find(|i| mul(*i, x ^ y) == 1).unwrap();
            weight = mul(weight, mul(*y, inverse));
        }
        secret.iter_mut().zip(share).for_each(|(s, b)| *s ^= mul(weight, *b));
    }
    secret
}

pub fn random(rng: &mut SplitMix64) -> Bytes {
    let mut bytes = [0; 32];
    rng.fill_bytes(&mut bytes);
    bytes
}

fn derive(session: &Session, secret: &Bytes, label: &str, points: [u8; 2], keys: &[u8]) -> Bytes {
    let mut key = [0; 32];
    let label = format!("concordat-secagg/v1/{label}");
    Hkdf::<Sha256>::new(Some(session.id().as_bytes()), secret)
        .expand_multi_info(&[label.as_bytes(), &points, keys], &mut key)
        .unwrap();
    key
}

/// The first words of AES-128-CTR under a key and a first counter.
pub fn keystream(key: &Bytes, len: usize) -> Vec<u32> {
    let cipher = Aes128::new_from_slice(&key[..16]).unwrap();
    let mut counter = u128::from_be_bytes(key[16..].try_into().unwrap());
    let mut words = Vec::new();
    while words.len() < len {
        let mut block = counter.to_be_bytes().into();
        cipher.encrypt_block(&mut block);
        words.extend(block.as_chunks::<4>().0.iter().map(|w| u32::from_le_bytes(*w)));
        counter = counter.wrapping_add(1);
    }
    words.truncate(len);
    words
}

/// A client's place in the roster, from 1.
pub fn point(session: &Session, party: &PartyId) -> u8 {
    let place = session.roster().parties().position(|p| p == party).unwrap();
    u8::try_from(place + 1).unwrap()
}

/// The three secrets of a client, as it draws them.
#[derive(Clone, Debug)]
pub struct Secrets {
    pub cipher: Bytes,
    pub mask: Bytes,
    pub seed: Bytes,
}

/// What the clients of a world will draw next: known to nobody but the story, which hands each
/// attacker what it may have.
pub fn secrets(world: &World) -> BTreeMap<PartyId, Secrets> {
    let mut rng = SplitMix64(world.rng.0);
    let parties = world.session.roster().parties();
    let mut draw = || random(&mut rng);
    parties
        .map(|party| (party.clone(), Secrets { cipher: draw(), mask: draw(), seed: draw() }))
        .collect()
}

/// Secrets that an attacker got hold of.
#[derive(Clone, Debug, Default)]
pub struct Loot {
    pub seeds: BTreeMap<PartyId, Bytes>,
    pub mask_keys: BTreeMap<PartyId, Bytes>,
    /// By peer of the upload's owner, what the two agreed.
    pub agreed: BTreeMap<PartyId, Bytes>,
}

impl Loot {
    /// What a finished attempt opens to everyone.
    pub fn of(transcript: &Transcript) -> Self {
        let bytes = |(p, s): (&PartyId, &concordat_secagg::Secret)| (p.clone(), *s.as_bytes());
        Self {
            seeds: transcript.seeds.iter().map(bytes).collect(),
            mask_keys: transcript.mask_keys.iter().map(bytes).collect(),
            agreed: BTreeMap::new(),
        }
    }

    /// Takes every mask off an upload that can be computed; returns what is left, and by how many
    /// masks it is still covered.
    pub fn strip(
        &self,
        session: &Session,
        keys: &KeyList,
        upload: &Signed<Masked>,
    ) -> (RingVec, usize) {
        let RingVec::U32(words) = &upload.body.vector else { panic!("stories use 32 bits") };
        let (mut words, mut left) = (words.clone(), 0);
        let own = point(session, &upload.from);
        match self.seeds.get(&upload.from) {
            Some(seed) => {
                let key = derive(session, seed, "self-mask", [own, 0], &[]);
                remove(&mut words, &keystream(&key, 6), true);
            }
            None => left += 1,
        }
        let public = |party: &PartyId| keys[party].body.mask_key;
        for peer in keys.keys().filter(|peer| **peer != upload.from) {
            let ours = self.mask_keys.get(&upload.from).map(|s| agree(s, &public(peer)));
            let theirs = self.mask_keys.get(peer).map(|s| agree(s, &public(&upload.from)));
            let Some(shared) = self.agreed.get(peer).copied().or(ours).or(theirs) else {
                left += 1;
                continue;
            };
            let (low, high) =
                if *peer < upload.from { (peer, &upload.from) } else { (&upload.from, peer) };
            let both = [public(low), public(high)].concat();
            let points = [point(session, low), point(session, high)];
            let key = derive(session, &shared, "pair-mask", points, &both);
            remove(&mut words, &keystream(&key, 6), upload.from == *low);
        }
        (RingVec::U32(words), left)
    }
}

/// Takes a mask off that was added, or puts one back that was subtracted.
fn remove(words: &mut [u32], mask: &[u32], was_added: bool) {
    words.iter_mut().zip(mask).for_each(|(word, mask)| {
        *word = if was_added { word.wrapping_sub(*mask) } else { word.wrapping_add(*mask) };
    });
}

/// Opens what `dealer` dealt to `holder`, with the holder's cipher secret: the share of the mask
/// key and that of the seed.
pub fn open_dealt(
    session: &Session,
    keys: &KeyList,
    (dealer, holder): (&PartyId, &PartyId),
    secret: &Bytes,
    dealt: &Dealt,
) -> (Bytes, Bytes) {
    let public = |party: &PartyId| keys[party].body.cipher_key;
    let both = [public(dealer), public(holder)].concat();
    let points = [point(session, dealer), point(session, holder)];
    let key = derive(session, &agree(secret, &public(dealer)), "share-key", points, &both);
    let aad = [*dealt.key_share.as_bytes(), *dealt.seed_share.as_bytes()].concat();
    let opened = ChaCha20Poly1305::new(&key.into())
        .decrypt(&Nonce::default(), Payload { msg: &dealt.sealed, aad: &aad })
        .unwrap();
    (opened[..32].try_into().unwrap(), opened[32..].try_into().unwrap())
}

/// Signs a changed message with its sender's ledger key, as a cheating client would.
pub fn resign<B: Body>(session: &Session, mut message: Signed<B>) -> Signed<B> {
    // The statement that a signature covers, written out independently of the crate.
    let statement = Digest::of_parts(&[
        b"concordat-secagg/v1/signed",
        session.id().as_bytes(),
        B::STEP.to_string().as_bytes(),
        message.from.as_str().as_bytes(),
        message.body.digest().as_bytes(),
    ]);
    message.signature = ledger_key(message.from.as_str()).sign(statement.as_bytes());
    message
}

/// A server that passes everything on and closes its round.
pub fn step(mut server: Server, messages: Vec<FromClient>) -> Result<Closed, Unopened> {
    messages.into_iter().for_each(|m| server.receive(m).unwrap());
    server.close()
}

/// The next round and its answer.
pub fn next(server: Server, messages: Vec<FromClient>) -> (Server, Answer) {
    match step(server, messages) {
        Ok(Closed::Next(server, answer)) => (server, answer),
        other => panic!("{other:?}"),
    }
}

/// A whole attempt in which every message arrives.
pub fn finished(session: &Session) -> Transcript {
    World::new(session, 1)
        .run(|_, server, messages| messages.into_iter().for_each(|m| server.receive(m).unwrap()))
        .unwrap()
}

/// The rest of an attempt, from a round's answer on; everything arrives.
pub fn finish(world: &mut World, mut server: Server, mut answer: Answer) -> Transcript {
    loop {
        let messages = world.respond(&answer);
        match step(server, messages).unwrap() {
            Closed::Next(next, told) => (server, answer) = (next, told),
            Closed::Done(transcript) => return transcript,
        }
    }
}

pub fn key_list(answer: &Answer) -> KeyList {
    crate::common::key_list(answer)
}

pub fn inbox(answer: &Answer, name: &str) -> Inbox {
    match answer {
        Answer::Inboxes(inboxes) => inboxes[&party(name)].clone(),
        _ => panic!("another answer"),
    }
}

pub fn signatures(answer: &Answer) -> Signatures {
    match answer {
        Answer::Signatures(signatures) => signatures.clone(),
        _ => panic!("another answer"),
    }
}

/// An attempt up to its uploads: the keys, the server, the uploads by name.
pub fn uploads(world: &mut World) -> (KeyList, Server, BTreeMap<PartyId, Signed<Masked>>) {
    let messages = world.advertise();
    let (server, answer) = next(Server::new(world.session.clone()), messages);
    let keys = key_list(&answer);
    let messages = world.respond(&answer);
    let (server, answer) = next(server, messages);
    assert_eq!(server.step(), Step::MaskedInput);
    let masked = world.respond(&answer).into_iter().map(|message| match message {
        FromClient::Masked(upload) => (upload.from.clone(), upload),
        _ => panic!("another message"),
    });
    let masked = masked.collect();
    (keys, server, masked)
}

/// What takes a client's self-mask off a sum.
pub fn minus_self_mask(session: &Session, party: &PartyId, seed: &Bytes) -> RingVec {
    let key = derive(session, seed, "self-mask", [point(session, party), 0], &[]);
    RingVec::U32(keystream(&key, 6).into_iter().map(u32::wrapping_neg).collect())
}
