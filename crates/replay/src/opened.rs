//! From an entry's bytes to an act whose signatures are good, once.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use concordat_partnership::act::{Genesis, Header, Signed, Signer};
use concordat_partnership::{Act, KeyHolder, Refusal, key_id};
use concordat_terms::{Digest, PartyId};
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::{Envelope, PublicKey};
use concordat_wire::act::{NotAnAct, decode};

use crate::replica::Replica;

/// An entry that was read and whose signatures were checked against the keys of one state of the
/// log. [`Replica::open`] makes one, and [`Keyring::read`](crate::Keyring::read) where its turn is to
/// come; [`Replica::step_opened`] folds it.
///
/// What was read of the bytes, and whether a signature over them is a public key's, is so in every
/// state: where the log has gone on since, [`Replica::reopen`] asks again only whose keys count.
#[derive(Clone, Debug)]
pub struct Opened<'a> {
    entry: Cow<'a, [u8]>,
    pub(crate) leaf: Digest,
    id: Digest,
    read: Read,
    pub(crate) proofs: Vec<Proof>,
    /// What the fold whose keys were asked had come to, once one was asked.
    pub(crate) asked: Option<Digest>,
    author: Option<Option<PartyId>>,
    found: Result<(), Refusal>,
}

/// What the bytes are, whatever the state.
#[derive(Clone, Debug)]
enum Read {
    /// No envelope.
    Nothing(Refusal),
    /// An envelope around something else than an act.
    NoAct(Envelope, Refusal),
    Act(Envelope, Box<Signed>),
}

/// Whether one signature is that of one public key.
#[derive(Clone, Debug)]
pub(crate) struct Proof {
    pub(crate) key: String,
    pub(crate) public: String,
    /// The key that was read, where the signature is its.
    pub(crate) good: Option<PublicKey>,
    /// Whether it is one of a log's [`Keyring`](crate::Keyring).
    pub(crate) known: bool,
}

impl<'a> Opened<'a> {
    /// The bytes as they are, before anything was asked about them.
    pub(crate) fn unasked(entry: Cow<'a, [u8]>) -> Self {
        let (id, read) = read(&entry);
        let leaf = leaf_hash(&entry);
        let (proofs, found) = (Vec::new(), Ok(()));
        Self { entry, leaf, id, read, proofs, asked: None, author: None, found }
    }

    /// The envelope and the header of an act that has one.
    pub(crate) fn headed(&self) -> Option<(&Envelope, &Header)> {
        match &self.read {
            Read::Act(envelope, signed) => Some((envelope, signed.header.as_ref()?)),
            Read::Nothing(_) | Read::NoAct(..) => None,
        }
    }

    /// Whether every signature on it was checked, or as many as end with a bad one: a replica has only to
    /// ask whose keys count.
    pub fn is_checked(&self) -> bool {
        let signed = self.headed().map(|(envelope, _)| envelope.signatures().len());
        let bad = self.proofs.iter().any(|proof| proof.good.is_none());
        bad || signed == Some(self.proofs.len())
    }

    /// The entry's bytes.
    pub fn entry(&self) -> &[u8] {
        &self.entry
    }

    /// The entry's leaf in the log's tree (RFC 9162 §2.1.1).
    pub fn leaf(&self) -> Digest {
        self.leaf
    }

    /// SHA-256 of the payload; of the entry where that is no envelope.
    pub fn id(&self) -> Digest {
        self.id
    }

    /// The act that the bytes are, whoever signed them: nobody is bound by it.
    pub fn unverified(&self) -> Option<&Signed> {
        match &self.read {
            Read::Act(_, signed) => Some(signed),
            Read::Nothing(_) | Read::NoAct(..) => None,
        }
    }

    /// The act, if the bytes are one and exactly those have signed it whom it names.
    pub fn signed(&self) -> Option<&Signed> {
        self.act().ok()
    }

    /// The act, or why there is none.
    pub(crate) fn act(&self) -> Result<&Signed, &Refusal> {
        match (&self.read, &self.found) {
            (Read::Act(_, signed), Ok(())) => Ok(signed),
            (_, Err(refusal)) | (Read::Nothing(refusal) | Read::NoAct(_, refusal), Ok(())) => {
                Err(refusal)
            }
        }
    }

    /// Who answers for the bytes: the party that acts, or whoever signed what is no act;
    /// `Some(None)` is the sequencer. Nobody, unless every signature is good, by a registered key,
    /// and of those whom the act names and no other: else anyone could wrap an act anew in its
    /// party's name. Nobody either where its key signs no acts now: whoever stole a key that was
    /// revoked could else use up what its party may have refused.
    pub fn author(&self) -> Option<Option<&PartyId>> {
        self.author.as_ref().map(Option::as_ref)
    }
}

/// The id of the bytes, and what they are.
fn read(entry: &[u8]) -> (Digest, Read) {
    let malformed = |reason: String| Refusal::Malformed { reason };
    let envelope = match Envelope::parse(entry) {
        Ok(envelope) => envelope,
        Err(why) => return (Digest::of(entry), Read::Nothing(malformed(why.to_string()))),
    };
    match decode(envelope.payload()) {
        Ok(signed) => (signed.id, Read::Act(envelope, Box::new(signed))),
        Err(why) => {
            let refusal = match why {
                NotAnAct::Unknown(predicate_type) => Refusal::UnknownAct { predicate_type },
                other => malformed(other.to_string()),
            };
            (Digest::of(envelope.payload()), Read::NoAct(envelope, refusal))
        }
    }
}

impl Replica {
    /// Reads an entry and checks its signatures, as of the log that was folded so far.
    pub fn open<'a>(&self, entry: impl Into<Cow<'a, [u8]>>) -> Opened<'a> {
        self.reopen(Opened::unasked(entry.into()))
    }

    /// What [`Replica::open`] would say of the same bytes now. Signatures that were checked under
    /// the keys that count now are not checked again.
    #[must_use]
    pub fn reopen<'a>(&self, mut opened: Opened<'a>) -> Opened<'a> {
        self.ask_again(&mut opened);
        opened
    }

    /// [`Replica::reopen`], in its place.
    pub(crate) fn ask_again(&self, opened: &mut Opened<'_>) {
        let now = Some(self.state().rolling());
        if opened.asked != now {
            opened.asked = now;
            self.ask(opened);
        }
    }

    /// Asks this state whose signatures are needed, and are there.
    fn ask(&self, opened: &mut Opened<'_>) {
        let Opened { read, proofs, .. } = opened;
        let (author, found) = match read {
            Read::Nothing(_) => (None, Ok(())),
            Read::NoAct(envelope, _) => (self.signatory(envelope, proofs), Ok(())),
            Read::Act(envelope, signed) => {
                let found = self.check_signatures(envelope, signed, proofs);
                let by = found.as_ref().ok().and(signed.header.as_ref());
                let key = by.and_then(|header| header.signers.first()).map(|signer| &signer.key);
                let good =
                    key.is_some_and(|key| self.state().holder(key).is_none_or(KeyHolder::signs));
                let author = self.state().actor(signed).filter(|_| good);
                (author.map(|actor| actor.party), found)
            }
        };
        (opened.author, opened.found) = (author, found);
    }

    /// Whether the signature that names `key` is that of a public key; what was found once holds.
    fn proved(
        &self,
        envelope: &Envelope,
        key: &str,
        public: &str,
        proofs: &mut Vec<Proof>,
    ) -> bool {
        if let Some(known) = proofs.iter().find(|proof| proof.key == key && proof.public == public)
        {
            return known.good.is_some();
        }
        // To read a key takes as long as to check a signature: this replica has read most.
        let read = self.keyring().key(key, public).or_else(|| public.parse().ok());
        let good = read.filter(|read| envelope.verify(key, read).is_ok());
        let known = false;
        proofs.push(Proof { key: key.to_owned(), public: public.to_owned(), good, known });
        good.is_some()
    }

    /// The first of those who signed, if all did, with registered keys.
    fn signatory(&self, envelope: &Envelope, proofs: &mut Vec<Proof>) -> Option<Option<PartyId>> {
        let mut holders = Vec::new();
        for signature in envelope.signatures() {
            let holder = self.state().holder(&signature.keyid.parse().ok()?);
            let holder = holder.filter(|holder| holder.signs())?;
            if !self.proved(envelope, &signature.keyid, &holder.public, proofs) {
                return None;
            }
            holders.push(holder.party.clone());
        }
        holders.into_iter().next()
    }

    /// Exactly those have signed whom the act names.
    fn check_signatures(
        &self,
        envelope: &Envelope,
        signed: &Signed,
        proofs: &mut Vec<Proof>,
    ) -> Result<(), Refusal> {
        let keys = self.keys(signed)?;
        let found = envelope.signatures();
        let is_found = |id: &str| found.iter().any(|signature| signature.keyid == id);
        if keys.len() != found.len() || !keys.iter().all(|(id, _)| is_found(id)) {
            let list = |ids: BTreeSet<&str>| ids.into_iter().collect::<Vec<_>>().join(", ");
            let named = list(keys.iter().map(|(id, _)| &**id).collect());
            let found = list(found.iter().map(|signature| signature.keyid.as_str()).collect());
            return Err(Refusal::SignersDiffer { named, found });
        }
        for (id, public) in &keys {
            if !self.proved(envelope, id, public, proofs) {
                return Err(Refusal::BadSignature { key: id.to_string() });
            }
        }
        Ok(())
    }

    /// The keys that must have signed, in the order of their ids, each once: those the header names,
    /// or all of a genesis.
    fn keys<'a>(&'a self, signed: &'a Signed) -> Result<Vec<(Cow<'a, str>, &'a str)>, Refusal> {
        let header = match (&signed.act, &signed.header) {
            (Act::Genesis(genesis), _) => return genesis_keys(genesis),
            (_, Some(header)) => header,
            (_, None) => {
                return Err(Refusal::Malformed { reason: "the act has no header".to_owned() });
            }
        };
        let key = |signer: &'a Signer| {
            let unknown = || Refusal::UnknownKey { key: signer.key.to_string() };
            let public = self.state().public_key(&signer.key, &signed.act);
            Ok::<_, Refusal>((signer.key.as_str().into(), public.ok_or_else(unknown)?))
        };
        let mut keys = header.signers.iter().map(key).collect::<Result<Vec<_>, _>>()?;
        keys.sort();
        keys.dedup();
        Ok(keys)
    }
}

fn genesis_keys(genesis: &Genesis) -> Result<Vec<(Cow<'_, str>, &str)>, Refusal> {
    let founders = genesis.parties.values().map(|founder| &founder.key);
    let mut keys = BTreeMap::new();
    for public in founders.chain([&genesis.sequencer]) {
        let reason = || Refusal::BadGenesis { reason: format!("`{public}` is not a key") };
        let id = key_id(public).ok_or_else(reason)?;
        // Weak and non-canonical keys cannot found a log.
        public.parse::<PublicKey>().map_err(|_| reason())?;
        keys.insert(id.to_string(), public.as_str());
    }
    Ok(keys.into_iter().map(|(id, public)| (id.into(), public)).collect())
}
