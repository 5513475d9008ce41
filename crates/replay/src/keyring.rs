//! The keys of good signatures: what reading ahead needs of a log, and all that it holds of it.

use std::borrow::Cow;

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
    fn prove(&self, opened: &mut Opened<'_>) {
        let Some((envelope, header)) = opened.headed() else { return };
        // Who has signed for more or fewer than the act names is refused without a look at any of it.
        if header.signers.len() != envelope.signatures().len() {
            return;
        }
        let proofs: Vec<Proof> = envelope
            .signatures()
            .iter()
            .filter_map(|signature| {
                let Known { public, key } = self.0.get(&signature.keyid)?;
                let named = |id: &str| header.signers.iter().any(|by| by.key.to_string() == id);
                named(&signature.keyid).then(|| {
                    let good =
                        Some(*key).filter(|_| envelope.verify(&signature.keyid, key).is_ok());
                    let (key, public) = (signature.keyid.clone(), public.clone());
                    Proof { key, public, good, known: true }
                })
            })
            .collect();
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
