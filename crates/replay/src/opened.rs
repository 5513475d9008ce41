//! From an entry's bytes to an act whose signatures are good, once.

use std::collections::{BTreeMap, BTreeSet};

use concordat_partnership::act::{Genesis, Signed};
use concordat_partnership::{Act, Refusal, key_id};
use concordat_terms::{Digest, PartyId};
use concordat_tlog::{Envelope, PublicKey};
use concordat_wire::act::{NotAnAct, decode};

use crate::replica::Replica;

/// An entry that was read and whose signatures were checked against the keys of one state of the
/// log. Only [`Replica::open`] makes one; [`Replica::step_opened`] folds it.
#[derive(Clone, Debug)]
pub struct Opened<'a> {
    entry: &'a [u8],
    /// The root of the log whose keys were asked.
    pub(crate) root: Digest,
    id: Digest,
    author: Option<Option<PartyId>>,
    pub(crate) act: Result<Signed, Refusal>,
}

impl Opened<'_> {
    /// The entry's bytes.
    pub fn entry(&self) -> &[u8] {
        self.entry
    }

    /// SHA-256 of the payload; of the entry where that is no envelope.
    pub fn id(&self) -> Digest {
        self.id
    }

    /// The act, if the bytes are one and exactly those have signed it whom it names.
    pub fn signed(&self) -> Option<&Signed> {
        self.act.as_ref().ok()
    }

    /// Who answers for the bytes: the party that acts, or whoever signed what is no act;
    /// `Some(None)` is the sequencer. Nobody, unless every signature is good, by a registered key,
    /// and of those whom the act names and no other: else anyone could wrap an act anew in its
    /// party's name.
    pub fn author(&self) -> Option<Option<&PartyId>> {
        self.author.as_ref().map(Option::as_ref)
    }
}

impl Replica {
    /// Reads an entry and checks its signatures, as of the log that was folded so far.
    pub fn open<'a>(&self, entry: &'a [u8]) -> Opened<'a> {
        let root = self.root();
        let malformed = |reason: String| Refusal::Malformed { reason };
        let envelope = match Envelope::parse(entry) {
            Ok(envelope) => envelope,
            Err(why) => {
                let (id, act) = (Digest::of(entry), Err(malformed(why.to_string())));
                return Opened { entry, root, id, author: None, act };
            }
        };
        let id = Digest::of(envelope.payload());
        let (author, act) = match decode(envelope.payload()) {
            Err(why) => {
                let refusal = match why {
                    NotAnAct::Unknown(predicate_type) => Refusal::UnknownAct { predicate_type },
                    other => malformed(other.to_string()),
                };
                (self.signatory(&envelope), Err(refusal))
            }
            Ok(signed) => match self.check_signatures(&envelope, &signed) {
                Err(refusal) => (None, Err(refusal)),
                Ok(()) => (self.state().actor(&signed).map(|actor| actor.party), Ok(signed)),
            },
        };
        Opened { entry, root, id, author, act }
    }

    /// The first of those who signed, if all did, with registered keys.
    fn signatory(&self, envelope: &Envelope) -> Option<Option<PartyId>> {
        let mut holders = Vec::new();
        for signature in envelope.signatures() {
            let holder = self.state().holder(&signature.keyid.parse().ok()?)?;
            envelope.verify(&signature.keyid, &holder.public.parse().ok()?).ok()?;
            holders.push(holder.party.clone());
        }
        holders.into_iter().next()
    }

    /// Exactly those have signed whom the act names.
    fn check_signatures(&self, envelope: &Envelope, signed: &Signed) -> Result<(), Refusal> {
        let keys = self.keys(signed)?;
        let named: BTreeSet<&str> = keys.keys().map(String::as_str).collect();
        let found: BTreeSet<&str> =
            envelope.signatures().iter().map(|s| s.keyid.as_str()).collect();
        if named != found {
            let list = |set: &BTreeSet<&str>| set.iter().copied().collect::<Vec<_>>().join(", ");
            return Err(Refusal::SignersDiffer { named: list(&named), found: list(&found) });
        }
        for (id, public) in &keys {
            let bad = || Refusal::BadSignature { key: id.clone() };
            let key = public.parse::<PublicKey>().map_err(|_| bad())?;
            envelope.verify(id, &key).map_err(|_| bad())?;
        }
        Ok(())
    }

    /// The keys that must have signed, by id: those the header names, or all of a genesis.
    fn keys(&self, signed: &Signed) -> Result<BTreeMap<String, String>, Refusal> {
        match (&signed.act, &signed.header) {
            (Act::Genesis(genesis), _) => genesis_keys(genesis),
            (_, None) => Err(Refusal::Malformed { reason: "the act has no header".to_owned() }),
            (_, Some(header)) => header
                .signers
                .iter()
                .map(|signer| {
                    let unknown = || Refusal::UnknownKey { key: signer.key.to_string() };
                    let public = self.state().public_key(&signer.key, &signed.act);
                    Ok((signer.key.to_string(), public.ok_or_else(unknown)?))
                })
                .collect(),
        }
    }
}

fn genesis_keys(genesis: &Genesis) -> Result<BTreeMap<String, String>, Refusal> {
    let founders = genesis.parties.values().map(|founder| &founder.key);
    let mut keys = BTreeMap::new();
    for public in founders.chain([&genesis.sequencer]) {
        let reason = || Refusal::BadGenesis { reason: format!("`{public}` is not a key") };
        let id = key_id(public).ok_or_else(reason)?;
        // Weak and non-canonical keys cannot found a log.
        public.parse::<PublicKey>().map_err(|_| reason())?;
        keys.insert(id.to_string(), public.clone());
    }
    Ok(keys)
}
