//! One party's copy of the fold.

use concordat_partnership::act::{Genesis, Signed};
use concordat_partnership::{Act, Facts, Refusal, State, Verdict};
use concordat_terms::Digest;

use crate::RULES;
use crate::brought::keys;
use crate::budget::inform;
use crate::facts::{Blobs, facts, needed, read_texts, takes_texts};
use crate::keyring::Keyring;
use crate::opened::Opened;
use crate::roots::Roots;

/// Why a replica cannot go on. Nothing has changed; the same step can be tried again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    /// The first entry is not a genesis that is admitted: there is no log to fold.
    #[error("the log does not begin with a genesis that counts: {refusal}")]
    NotFounded {
        /// What stands in the first entry's way.
        refusal: Box<Refusal>,
    },
    /// The genesis names rules that this build does not know.
    #[error("the log follows rules `{rules}` from index {index}, and this build knows `{known}`")]
    UnknownRules {
        /// The rules named.
        rules: Digest,
        /// From which index.
        index: u64,
        /// The rules known.
        known: Digest,
    },
    /// A verdict depends on a blob that was not supplied.
    #[error("the verdict at index {index} depends on blob `{blob}`, which is not here")]
    MissingBlob {
        /// The blob.
        blob: Digest,
        /// The entry.
        index: u64,
    },
}

/// The state of a partnership, folded from entry bytes and from nothing else. A copy is cheap: it
/// shares with the original what neither has changed since.
#[derive(Clone, Debug, Default)]
pub struct Replica {
    state: State,
    roots: Roots,
    blobs: Blobs,
    keyring: Keyring,
    /// The last beginning of the log that a signer had seen, and its root: many see the same.
    seen: Option<(u64, Option<Digest>)>,
}

impl Replica {
    /// An empty log.
    pub fn new() -> Self {
        Self::default()
    }

    /// A replica that goes on from what another one had come to.
    pub(crate) fn resumed(state: State, roots: Roots, blobs: Blobs) -> Self {
        Self { state, roots, blobs, ..Self::default() }
    }

    /// The same log with a state that was read from bytes.
    pub(crate) fn with_state(&self, state: State) -> Self {
        Self::resumed(state, self.roots.clone(), self.blobs.clone())
    }

    /// Hands over a blob; verdicts that depend on it can then be given.
    pub fn supply(&mut self, blob: Vec<u8>) -> Digest {
        let digest = Digest::of(&blob);
        self.blobs.insert_mut(digest, blob);
        digest
    }

    /// Every blob that was supplied.
    pub(crate) fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// A blob that was supplied.
    pub fn blob(&self, digest: &Digest) -> Option<&[u8]> {
        self.blobs.get(digest).map(Vec::as_slice)
    }

    /// The partnership's state.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// How many entries were folded.
    pub fn size(&self) -> u64 {
        self.roots.size()
    }

    /// The Merkle root over the folded entries.
    pub fn root(&self) -> Digest {
        self.roots.root()
    }

    /// The keys of all good signatures: enough to read ahead with.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The Merkle root when the log had `size` entries.
    pub fn root_at(&self, size: u64) -> Option<Digest> {
        self.roots.root_at(size)
    }

    /// Folds one entry.
    ///
    /// # Errors
    /// [`Halt`]; nothing has changed then.
    pub fn step(&mut self, entry: &[u8]) -> Result<Verdict, Halt> {
        self.step_opened(&self.open(entry))
    }

    /// Folds an entry that was opened already. One that was opened where the log had another
    /// length, or by another log's replica, is reopened: the verdict is that of [`Replica::step`].
    ///
    /// # Errors
    /// [`Halt`]; nothing has changed then.
    pub fn step_opened(&mut self, opened: &Opened<'_>) -> Result<Verdict, Halt> {
        if opened.asked != Some(self.state.rolling()) {
            return self.step_opened(&self.reopen(opened.clone()));
        }
        if let Some(rules) = self.state.rules().filter(|rules| *rules != *RULES) {
            let (index, known) = (self.size(), *RULES);
            return Err(Halt::UnknownRules { rules, index, known });
        }
        let verdict = match opened.act() {
            Err(refusal) => self.refuse(refusal.clone())?,
            Ok(signed) => self.judge(signed)?,
        };
        self.roots.append(opened.leaf);
        opened
            .proofs
            .iter()
            .filter(|proof| !proof.known)
            .for_each(|proof| self.keyring.learn(proof));
        Ok(verdict)
    }

    /// Everything that stands in an act's way now, signatures aside: advice, not a verdict.
    ///
    /// # Errors
    /// [`Halt`], as [`Replica::step`].
    pub fn why(&self, signed: &Signed) -> Result<Vec<Refusal>, Halt> {
        self.known_rules(signed)?;
        let mut facts = self.facts(signed)?;
        // Advice is for one's own screen and says everything, also what a verdict need not look at.
        if facts.module.is_none() && facts.agreement.is_none() && facts.pack.is_none() {
            read_texts(&mut facts, &self.state, &self.blobs, &signed.act);
        }
        let mut why = self.state.why(signed, &facts);
        why.iter_mut().for_each(|refusal| inform(&self.state, refusal));
        Ok(why)
    }

    /// A refused act stays in the log. A refused beginning is none: were it to stay, whoever serves
    /// the log could spoil the founders' signatures, and found another one on the next entry.
    fn judge(&mut self, signed: &Signed) -> Result<Verdict, Halt> {
        self.known_rules(signed)?;
        self.look_at(signed);
        let facts = self.facts(signed)?;
        if self.size() == 0
            && let Err(refusal) = self.state.judge(signed, &facts)
        {
            return Err(Halt::NotFounded { refusal: Box::new(refusal) });
        }
        let mut verdict = self.state.step(signed, &facts);
        if let Verdict::Refused { refusal, .. } = &mut verdict {
            inform(&self.state, refusal);
        }
        Ok(verdict)
    }

    /// What never became an act: as a beginning, nothing.
    fn refuse(&mut self, refusal: Refusal) -> Result<Verdict, Halt> {
        if self.size() == 0 {
            return Err(Halt::NotFounded { refusal: Box::new(refusal) });
        }
        Ok(self.state.refuse(refusal))
    }

    /// What judging needs. Only for an act in whose way nothing else stands are texts read and
    /// modules joined, or a blob waited for: else whoever has a key could keep everybody busy with
    /// acts that are refused anyway, or name a text that nobody has and hold up everybody.
    fn facts(&self, signed: &Signed) -> Result<Facts, Halt> {
        let mut facts = facts(&self.state, &signed.act);
        facts.foreign_seen = self.foreign_seen(signed);
        facts.keys = keys(&self.state, signed);
        if !takes_texts(&self.state, &signed.act) || !self.state.why(signed, &facts).is_empty() {
            return Ok(facts);
        }
        match needed(&self.state, &signed.act).filter(|blob| !self.blobs.contains_key(blob)) {
            Some(blob) => Err(Halt::MissingBlob { blob, index: self.size() }),
            None => {
                read_texts(&mut facts, &self.state, &self.blobs, &signed.act);
                Ok(facts)
            }
        }
    }

    /// A log that starts must follow rules that this build knows.
    fn known_rules(&self, signed: &Signed) -> Result<(), Halt> {
        match &signed.act {
            Act::Genesis(genesis) if self.state.log().is_none() && genesis.rules != *RULES => {
                let (rules, index) = (genesis.rules, self.size());
                Err(Halt::UnknownRules { rules, index, known: *RULES })
            }
            _ => Ok(()),
        }
    }

    /// The state of the log that the signer saw must have been one of this log.
    fn foreign_seen(&self, signed: &Signed) -> Option<u64> {
        let seen = signed.header.as_ref()?.seen;
        let known = self.seen.filter(|(size, _)| *size == seen.size);
        let root = known.map_or_else(|| self.root_at(seen.size), |(_, root)| root);
        (root != Some(seen.root)).then_some(seen.size)
    }

    /// Keeps the root of what the signer had seen.
    fn look_at(&mut self, signed: &Signed) {
        let Some(header) = &signed.header else { return };
        let size = header.seen.size;
        if self.seen.is_none_or(|(last, _)| last != size) && size <= self.size() {
            self.seen = Some((size, self.root_at(size)));
        }
    }
}

/// The id and the genesis of the log that begins with `entry`: admitted, so that all whose keys
/// it names have signed it.
///
/// # Errors
/// [`Halt`]: no log begins so, or it follows rules that this build does not know.
pub fn founding(entry: &[u8]) -> Result<(Digest, Genesis), Halt> {
    let mut replica = Replica::new();
    replica.step(entry)?;
    let state = replica.state();
    let founded = state.log().zip(state.genesis().cloned());
    founded.ok_or_else(|| Halt::NotFounded { refusal: Box::new(Refusal::NotStarted) })
}
