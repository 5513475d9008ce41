//! Erasures: what is behind commitments, and blobs, is destroyed by everybody who has a copy, and the
//! log says so.
//!
//! Statements name texts by digest: blobs, and salted commitments to what lies in a party's own folder.
//! The fold looks behind none of them but modules and packs, so that erased and opened fold alike. Who
//! named a paper first says that it is erased, and from then on nobody names it anew; every other
//! party says the same of its own copies. What is held is not erased.

mod acts;
mod refusal;

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{Digest, PartyId, Timestamp};
use rpds::RedBlackTreeMapSync;
use serde::{Deserialize, Serialize};

pub(crate) use acts::Change;
pub use acts::{ErasureGround, PersonErase};
pub use refusal::ErasureRefusal;

use crate::act::{Act, Signed};
use crate::refusal::Refusal;
use crate::state::State;
use crate::verdict::{Actor, Effect};

/// What statements name by digest, and who did first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// The party; none, where the founders did together.
    pub by: Option<PartyId>,
    /// By the entry at this index.
    pub index: u64,
}

/// That a paper was erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// By the entry at this index.
    pub index: u64,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub ground: ErasureGround,
    /// Who asked for it, a commitment.
    pub request: Option<Digest>,
    /// Who said of its own copies that they are gone, and by which entry.
    pub copies: BTreeMap<PartyId, u64>,
}

/// Every paper, and those that were erased.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Erasures {
    papers: RedBlackTreeMapSync<Digest, Paper>,
    erased: RedBlackTreeMapSync<Digest, Erased>,
    /// What each entry erased.
    by_entry: RedBlackTreeMapSync<u64, BTreeSet<Digest>>,
}

impl State {
    /// Who named a blob or a commitment first.
    pub fn paper(&self, digest: &Digest) -> Option<&Paper> {
        self.erasures.papers.get(digest)
    }

    /// Everything that statements name so, in the order of digests.
    pub fn papers(&self) -> impl Iterator<Item = (&Digest, &Paper)> {
        self.erasures.papers.iter()
    }

    /// Whether verdicts rest on a text, so that whoever folds the log needs it for ever.
    pub fn rests_on(&self, digest: &Digest) -> bool {
        self.rested.contains(digest)
    }

    /// That a blob, or what is behind a commitment, was erased.
    pub fn erased(&self, digest: &Digest) -> Option<&Erased> {
        self.erasures.erased.get(digest)
    }

    /// The last entry that erased something, whatever was brought back since.
    pub fn last_erasure(&self) -> Option<u64> {
        self.erasures.by_entry.last().map(|(index, _)| *index)
    }

    /// Everything that was erased, in the order of digests.
    pub fn all_erased(&self) -> impl Iterator<Item = (&Digest, &Erased)> {
        self.erasures.erased.iter()
    }

    /// The entries of whose erasures a party has said, with these papers, all that it can say: of every
    /// paper that they erased its copies are gone.
    pub(crate) fn erasures_done(&self, papers: &BTreeSet<Digest>, actor: &Actor) -> BTreeSet<u64> {
        let Some(party) = &actor.party else { return BTreeSet::new() };
        let own = self.agreement.before(party);
        let named = papers.iter().filter_map(|paper| self.erased(paper));
        let mut done: BTreeSet<u64> = named.map(|erased| erased.index).collect();
        let said = |paper: &Digest| {
            let erased = self.erased(paper);
            let said = |erased: &Erased| own.iter().any(|own| erased.copies.contains_key(own));
            papers.contains(paper) || erased.is_none_or(said)
        };
        done.retain(|entry| {
            self.erasures.by_entry.get(entry).is_some_and(|all| all.iter().all(said))
        });
        done
    }

    /// Files what an admitted act names, where nobody named it before.
    pub(crate) fn note_papers(&mut self, signed: &Signed, by: Option<&Actor>) {
        let by = by.and_then(|actor| actor.party.clone());
        for digest in signed.papers() {
            if self.paper(&digest).is_none() {
                let paper = Paper { by: by.clone(), index: self.index };
                self.erasures.papers.insert_mut(digest, paper);
            }
        }
        self.rest_on(&signed.act);
    }

    /// Keeps the texts that an act is judged by from erasure, whatever its verdict: who folds the log
    /// anew comes by that verdict only with them.
    pub(crate) fn rest_on(&mut self, act: &Act) {
        for digest in act.rested_on() {
            if !self.rests_on(&digest) {
                self.rested.insert_mut(digest);
            }
        }
    }

    /// A version of an asset is there again, also where a text of that digest was erased before.
    pub(crate) fn bring_back(&mut self, version: &Digest) {
        self.erasures.erased.remove_mut(version);
    }

    /// Refuses to name what was erased: nobody has it any more.
    pub(crate) fn check_erased(&self, act: &Act, out: &mut Vec<Refusal>) {
        if self.erasures.erased.is_empty() {
            return;
        }
        for paper in act.papers() {
            if let Some(Erased { index, .. }) = self.erased(&paper) {
                out.push(ErasureRefusal::NamesErased { paper, entry: *index }.into());
            }
        }
    }

    pub(crate) fn erase(&mut self, change: Change, now: Timestamp) -> Vec<Effect> {
        let Change { party, erase: PersonErase { papers, ground, request } } = change;
        let index = self.index;
        let mut gone = papers.clone();
        for paper in papers {
            let known = self.erased(&paper).cloned();
            gone.retain(|own| known.is_none() || *own != paper);
            let new = || Erased { index, at: now, ground, request, copies: BTreeMap::new() };
            let mut erased = known.unwrap_or_else(new);
            erased.copies.insert(party.clone(), index);
            self.erasures.erased.insert_mut(paper, erased);
        }
        if gone.is_empty() {
            return Vec::new();
        }
        self.erasures.by_entry.insert_mut(index, gone.clone());
        vec![Effect::Erased(gone)]
    }
}
