//! Checkpoints and who cosigned them.

use std::collections::{BTreeMap, BTreeSet};

use concordat_partnership::act::Genesis;
use concordat_replay::witness_policy;
use concordat_terms::{Problem, Timestamp};
use concordat_tlog::note::{SignatureLine, Unlisted};
use concordat_tlog::{Checkpoint, Note, Policy, Vkey};

use crate::problem::unusable;

/// How many sizes still take cosignatures.
const KEPT: usize = 1_024;
/// How far a cosignature's time may be from our clock, either way. One from the future would count
/// as fresh for longer than it is.
const FAR_SECONDS: u64 = 600;

/// The checkpoints of recent sizes with their cosignatures, and the last that counts.
#[derive(Debug)]
pub(crate) struct Witnessed {
    policy: Policy,
    notes: BTreeMap<u64, Note>,
    quorum: Option<(u64, Note)>,
}

/// What became of cosignatures.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cosigned {
    /// No checkpoint of this size is known, or no longer.
    UnknownSize(u64),
    /// Another root at this size: two histories.
    OtherCheckpoint(u64),
    /// No line by a known witness that verifies.
    NoWitness,
    /// A witness' clock, or ours, is wrong: the line was made at this time.
    FarFromNow(Timestamp),
    /// Kept; with the note that newly satisfies the policy, if one does.
    Kept(Option<(u64, Note)>),
}

impl Witnessed {
    /// Nothing is cosigned yet.
    pub(crate) fn new(genesis: &Genesis) -> Result<Self, Problem> {
        let policy = witness_policy(genesis)
            .map_err(|e| unusable("bad-genesis", e.to_string(), "found the log anew"))?;
        Ok(Self { policy, notes: BTreeMap::new(), quorum: None })
    }

    /// Other witnesses count from here on.
    pub(crate) fn adopt(&mut self, policy: Policy) {
        self.policy = policy;
    }

    /// A checkpoint that was just signed.
    pub(crate) fn publish(&mut self, size: u64, note: Note) {
        if self.policy.satisfied(&BTreeSet::new()) {
            self.quorum = Some((size, note.clone()));
        }
        self.notes.entry(size).or_insert(note);
        while self.notes.len() > KEPT {
            self.notes.pop_first();
        }
    }

    /// Takes up again, after a restart, the last checkpoint that counted.
    pub(crate) fn resume_quorum(&mut self, note: Note) {
        if let Ok(checkpoint) = Checkpoint::parse(note.text()) {
            self.notes.insert(checkpoint.size, note.clone());
            self.quorum = Some((checkpoint.size, note));
        }
    }

    pub(crate) fn latest(&self) -> Option<&Note> {
        self.notes.last_key_value().map(|(_, note)| note)
    }

    pub(crate) fn by_quorum(&self) -> Option<&Note> {
        self.quorum.as_ref().map(|(_, note)| note)
    }

    pub(crate) fn quorum_size(&self) -> u64 {
        self.quorum.as_ref().map_or(0, |(size, _)| *size)
    }

    /// Keeps the valid lines by known witnesses on `note` that were made about now. A witness'
    /// later line takes the place of its earlier one: a checkpoint is cosigned again when it has
    /// grown old.
    pub(crate) fn cosign(
        &mut self,
        note: &Note,
        checkpoint: &Checkpoint,
        now: Timestamp,
    ) -> Cosigned {
        let size = checkpoint.size;
        let Some(ours) = self.notes.get_mut(&size) else { return Cosigned::UnknownSize(size) };
        if ours.text() != note.text() {
            return Cosigned::OtherCheckpoint(size);
        }
        let vkeys: Vec<&Vkey> = self.policy.witnesses().iter().map(|w| &w.vkey).collect();
        let (mut kept, mut far) = (false, None);
        for line in note.lines() {
            let Some(at) = time_of(note.text(), line, &vkeys) else { continue };
            if at.seconds().abs_diff(now.seconds()) > FAR_SECONDS {
                far = Some(at);
                continue;
            }
            kept = true;
            let older = ours.lines().iter().find(|old| old.claims_key_of(line));
            if older.is_none_or(|old| time_of(note.text(), old, &vkeys) < Some(at)) {
                let others = ours.lines().iter().filter(|old| !old.claims_key_of(line));
                let lines = others.chain([line]).cloned().collect();
                if let Ok(newer) = Note::new(note.text().to_owned(), lines) {
                    *ours = newer;
                }
            }
        }
        if !kept {
            return far.map_or(Cosigned::NoWitness, Cosigned::FarFromNow);
        }
        let ours = ours.clone();
        if size <= self.quorum_size() && self.quorum.is_some() {
            if size == self.quorum_size() {
                self.quorum = Some((size, ours));
            }
            return Cosigned::Kept(None);
        }
        let signed = ours.verify(vkeys.iter().copied(), Unlisted::Ignored).unwrap_or_default();
        let by = self
            .policy
            .witnesses()
            .iter()
            .filter(|witness| signed.iter().any(|signed| *signed.key == witness.vkey))
            .map(|witness| witness.name.clone())
            .collect();
        if !self.policy.satisfied(&by) {
            return Cosigned::Kept(None);
        }
        self.quorum = Some((size, ours.clone()));
        Cosigned::Kept(Some((size, ours)))
    }
}

/// When a known witness signed this line; none if none did.
fn time_of(text: &str, line: &SignatureLine, vkeys: &[&Vkey]) -> Option<Timestamp> {
    // Alone on a note of its own, so that one bad line does not spoil the others.
    let alone = Note::new(text.to_owned(), vec![line.clone()]).ok()?;
    let signed = alone.verify(vkeys.iter().copied(), Unlisted::Ignored).ok()?;
    signed.into_iter().find_map(|signed| signed.at)
}
