//! The keys of good signatures: what reading ahead needs of a log, and all that it holds of it.

use std::borrow::Cow;
use std::collections::BTreeSet;

use concordat_tlog::PublicKey;
use rpds::RedBlackTreeMapSync;

use crate::opened::{Opened, Proof};

/// The keys under which a log's signatures were good, by their ids. A copy is cheap, and keeps
/// nothing else of the log: the fold changes a state that nobody shares faster.
///
/// What is read with it is checked as far as these keys go. Who had to sign, and with which keys, a
/// [`Replica`](crate::Replica) says when the entry's turn comes, and it checks what is missing.
#[derive(Clone, Debug, Default)]
pub struct Keyring(RedBlackTreeMapSync<String, Known>);

/// A public key, as it was written and as it was read.
#[derive(Clone, Debug)]
struct Known {
    public: String,
    key: PublicKey,
}

impl Keyring {
    /// Reads an entry and checks the signatures of those of its signers whose keys are known.
    /// Nobody answers for it until a replica has [reopened](crate::Replica::reopen) it.
    pub fn read<'a>(&self, entry: impl Into<Cow<'a, [u8]>>) -> Opened<'a> {
        let mut opened = Opened::unasked(entry.into());
        self.prove(&mut opened);
        opened
    }

    /// What of the signatures can be checked.
    pub(crate) fn prove(&self, opened: &mut Opened<'_>) {
        let Some((envelope, header)) = opened.headed() else { return };
        // Who has signed for more or fewer than the act names is refused without a look at any of it.
        if header.signers.len() != envelope.signatures().len() {
            return;
        }
        let named: BTreeSet<&str> = header.signers.iter().map(|by| by.key.as_str()).collect();
        let has_signed = |id: &str| envelope.signatures().iter().any(|by| by.keyid == id);
        let mut proofs = Vec::new();
        // In the order in which a replica asks: the first bad one is its verdict, and what comes after it
        // costs nobody anything.
        for id in named.into_iter().filter(|id| has_signed(id)) {
            let Some(Known { public, key }) = self.0.get(id) else { continue };
            let good = Some(*key).filter(|_| envelope.verify(id, key).is_ok());
            let bad = good.is_none();
            let (key, public) = (id.to_owned(), public.clone());
            proofs.push(Proof { key, public, good, known: true });
            if bad {
                break;
            }
        }
        opened.proofs = proofs;
    }

    /// How many keys there are. A key is one of them from its first good signature on.
    pub fn len(&self) -> usize {
        self.0.size()
    }

    /// Whether no key is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The key with this id, if it is written so.
    pub(crate) fn key(&self, id: &str, public: &str) -> Option<PublicKey> {
        self.0.get(id).filter(|known| known.public == public).map(|known| known.key)
    }

    /// Keeps the key of a good signature.
    pub(crate) fn learn(&mut self, proof: &Proof) {
        if let Some(key) = proof.good.filter(|_| !self.0.contains_key(&proof.key)) {
            self.0.insert_mut(proof.key.clone(), Known { public: proof.public.clone(), key });
        }
    }
}

#[cfg(test)]
mod tests {
    use concordat_partnership::act::{Header, PlaceRegister, Seen, Signer};
    use concordat_partnership::{Act, key_id};
    use concordat_terms::{Digest, Timestamp};
    use concordat_tlog::{Envelope, SigningKey};
    use concordat_wire::act::encode;

    use super::*;

    /// Sixty-four signatures after a bad one would cost whoever checks them what they cost, and whoever
    /// sends them nothing.
    #[test]
    fn after_a_bad_signature_no_other_is_checked() {
        let mut keys: Vec<(String, SigningKey)> = (1..=5)
            .map(|nth| SigningKey::from_seed(&[nth; 32]))
            .map(|key| (key_id(&key.public().to_string()).unwrap().to_string(), key))
            .collect();
        keys.sort_by(|one, other| one.0.cmp(&other.0));
        let mut keyring = Keyring::default();
        for (id, key) in &keys {
            let (public, good) = (key.public().to_string(), Some(key.public()));
            keyring.learn(&Proof { key: id.clone(), public, good, known: false });
        }
        let seat = || "signatory".parse().unwrap();
        let signer =
            |(id, _): &(String, SigningKey)| Signer { seat: seat(), key: id.parse().unwrap() };
        let header = Header {
            log: Digest::of(b"log"),
            signers: keys.iter().map(signer).collect(),
            nonce: "00".repeat(16),
            seen: Seen { size: 0, root: Digest::of(b"") },
            expires_at: Timestamp::from_seconds(1_800_000_000).unwrap(),
            attached: None,
        };
        let act = Act::PlaceRegister(PlaceRegister {
            place: "ward".parse().unwrap(),
            class: 2,
            jurisdiction: "CH".parse().unwrap(),
        });
        let payload = encode(Some(&header), &act).unwrap();
        let other = SigningKey::from_seed(&[9; 32]);
        for (bad, checked) in [(None, 5), (Some(0), 1), (Some(2), 3), (Some(4), 5)] {
            let mut signed: Vec<(&str, &SigningKey)> = Vec::new();
            for (nth, (id, key)) in keys.iter().enumerate() {
                signed.push((id, if bad == Some(nth) { &other } else { key }));
            }
            // In whatever order they come.
            signed.reverse();
            let bytes = Envelope::sign(&payload, &signed).unwrap().to_bytes();
            let opened = keyring.read(bytes);
            assert_eq!((opened.proofs.len(), opened.is_checked()), (checked, true), "{bad:?}");
        }
    }
}
