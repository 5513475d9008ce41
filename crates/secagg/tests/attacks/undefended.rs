//! Clients as others have built them: the same masks, and no question asked.
//!
//! No signatures, no session in the keys, no list of survivors to agree on; every share is
//! revealed to whoever asks. Attacks are run against these first.

use std::collections::BTreeMap;

use concordat_terms::Digest;

use crate::common::SplitMix64;
use crate::toolkit::{Bytes, agree, combine, keystream, public_of, random, split};

/// Public keys by point.
pub type Directory = BTreeMap<u8, Public>;

/// What a client publishes, unsigned.
#[derive(Clone, Copy)]
pub struct Public {
    pub cipher: Bytes,
    pub mask: Bytes,
}

/// A box that opens to whoever has the private half of the key it was closed for.
pub struct Sealed {
    to: Bytes,
    key_share: Bytes,
    seed_share: Bytes,
}

impl Sealed {
    pub fn open(&self, secret: &Bytes) -> Option<(Bytes, Bytes)> {
        (public_of(secret) == self.to).then_some((self.key_share, self.seed_share))
    }
}

pub struct Client {
    point: u8,
    cipher: Bytes,
    mask: Bytes,
    seed: Bytes,
    held: BTreeMap<u8, (Bytes, Bytes)>,
}

impl Client {
    pub fn new(point: u8, rng: &mut SplitMix64) -> Self {
        let (cipher, mask, seed) = (random(rng), random(rng), random(rng));
        Self { point, cipher, mask, seed, held: BTreeMap::new() }
    }

    pub fn public(&self) -> Public {
        Public { cipher: public_of(&self.cipher), mask: public_of(&self.mask) }
    }

    /// Shares of both secrets, for whoever the directory says is there.
    pub fn deal(
        &self,
        threshold: usize,
        list: &Directory,
        rng: &mut SplitMix64,
    ) -> BTreeMap<u8, Sealed> {
        let count = *list.keys().last().unwrap();
        let keys = split(&self.mask, threshold, count, rng);
        let seeds = split(&self.seed, threshold, count, rng);
        let sealed = |(at, public): (&u8, &Public)| {
            let place = usize::from(at - 1);
            let (key_share, seed_share) = (keys[place], seeds[place]);
            (*at, Sealed { to: public.cipher, key_share, seed_share })
        };
        list.iter().map(sealed).collect()
    }

    pub fn hold(&mut self, dealer: u8, sealed: &Sealed) {
        self.held.extend(sealed.open(&self.cipher).map(|shares| (dealer, shares)));
    }

    pub fn upload(&self, list: &Directory, input: &[u32]) -> Vec<u32> {
        let mut words = input.to_vec();
        apply(&mut words, &keystream(&self.seed, input.len()), true);
        for (peer, public) in list.iter().filter(|(peer, _)| **peer != self.point) {
            let mask = keystream(&stretched(&agree(&self.mask, &public.mask)), input.len());
            apply(&mut words, &mask, self.point < *peer);
        }
        words
    }

    /// Whatever share is asked for, whenever.
    pub fn key_share(&self, dealer: u8) -> (u8, Bytes) {
        (self.point, self.held[&dealer].0)
    }

    pub fn seed_share(&self, dealer: u8) -> (u8, Bytes) {
        (self.point, self.held[&dealer].1)
    }
}

/// A room of such clients that have exchanged keys and shares.
pub struct Room {
    pub clients: Vec<Client>,
    pub list: Directory,
    pub threshold: usize,
    pub inputs: Vec<Vec<u32>>,
}

impl Room {
    pub fn new(count: u8, threshold: usize, seed: u64) -> Self {
        let mut rng = SplitMix64(seed);
        let mut clients: Vec<Client> = (1..=count).map(|at| Client::new(at, &mut rng)).collect();
        let list: Directory = clients.iter().map(|c| (c.point, c.public())).collect();
        let dealt: Vec<_> = clients.iter().map(|c| c.deal(threshold, &list, &mut rng)).collect();
        for (dealer, dealt) in (1..).zip(&dealt) {
            for (holder, sealed) in dealt {
                clients[usize::from(holder - 1)].hold(dealer, sealed);
            }
        }
        let inputs = (0..count).map(|_| (0..6).map(|_| rng.below(1000) as u32).collect());
        Self { clients, list, threshold, inputs: inputs.collect() }
    }

    pub fn upload(&self, of: u8) -> Vec<u32> {
        let place = usize::from(of - 1);
        self.clients[place].upload(&self.list, &self.inputs[place])
    }

    /// The sum of all uploads without their self-masks.
    pub fn sum(&self) -> Vec<u32> {
        let mut sum = vec![0; 6];
        for of in self.list.keys() {
            apply(&mut sum, &minus_self(&self.upload(*of), &self.open_seed(*of)), true);
        }
        sum
    }

    /// Opens a client's mask key, as one does for those that dropped out.
    pub fn open_key(&self, of: u8) -> Bytes {
        let shares = self.clients.iter().filter(|c| c.point != of).take(self.threshold);
        combine(&shares.map(|c| c.key_share(of)).collect::<Vec<_>>())
    }

    /// Opens a client's seed, as one does for survivors.
    pub fn open_seed(&self, of: u8) -> Bytes {
        let shares = self.clients.iter().filter(|c| c.point != of).take(self.threshold);
        combine(&shares.map(|c| c.seed_share(of)).collect::<Vec<_>>())
    }
}

/// Takes off an upload the self-mask and all pair masks that a mask key gives.
pub fn strip(list: &Directory, of: u8, words: &[u32], mask: &Bytes, seed: &Bytes) -> Vec<u32> {
    minus_pairs(list, of, &minus_self(words, seed), mask)
}

/// Takes the self-mask off.
pub fn minus_self(words: &[u32], seed: &Bytes) -> Vec<u32> {
    let mut words = words.to_vec();
    let own = keystream(seed, words.len());
    apply(&mut words, &own, false);
    words
}

/// Takes off all pair masks that the mask key of the upload's owner gives.
pub fn minus_pairs(list: &Directory, of: u8, words: &[u32], mask: &Bytes) -> Vec<u32> {
    let peers = list.iter().filter(|(peer, _)| **peer != of);
    peers.fold(words.to_vec(), |words, (peer, public)| {
        minus_pair(&words, of, *peer, &agree(mask, &public.mask))
    })
}

/// Takes off the mask that the upload's owner shares with one peer.
pub fn minus_pair(words: &[u32], of: u8, peer: u8, shared: &Bytes) -> Vec<u32> {
    let mut words = words.to_vec();
    let pair = keystream(&stretched(shared), words.len());
    apply(&mut words, &pair, of > peer);
    words
}

/// A pair's key from its secret: of nothing else.
fn stretched(shared: &Bytes) -> Bytes {
    Digest::of(shared).0
}

fn apply(words: &mut [u32], mask: &[u32], add: bool) {
    words.iter_mut().zip(mask).for_each(|(word, mask)| {
        *word = if add { word.wrapping_add(*mask) } else { word.wrapping_sub(*mask) };
    });
}
