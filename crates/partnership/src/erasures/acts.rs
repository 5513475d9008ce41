//! What an erasure carries, and what stands in its way.

use std::collections::BTreeSet;

use concordat_terms::{ActName, Digest, PartyId};
use serde::{Deserialize, Serialize};

use super::{ErasureRefusal as No, Paper};
use crate::deed::{Deed, Hearing, Hears};
use crate::refusal::Refusal;
use crate::state::State;
use crate::verdict::Actor;

/// `person.erase`: what is behind commitments, and the bytes of blobs, are destroyed. Who named them
/// first says so first, and whoever follows the log destroys its copies on seeing it; every other
/// party can say of its own copies that they are gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonErase {
    /// The commitments and blobs, as statements name them.
    pub papers: BTreeSet<Digest>,
    /// Why.
    pub ground: ErasureGround,
    /// Who asked for it, a commitment; nobody, if this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Digest>,
}

/// Why the data of a person are erased (General Data Protection Regulation, Article 17(1)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErasureGround {
    /// They are no longer needed (a).
    NotNeeded,
    /// Consent was withdrawn (b).
    ConsentWithdrawn,
    /// The person objects (c).
    Objection,
    /// They were processed unlawfully (d).
    Unlawful,
    /// The law demands it (e).
    Law,
}

impl ErasureGround {
    /// The ground as words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotNeeded => "no longer needed",
            Self::ConsentWithdrawn => "consent withdrawn",
            Self::Objection => "objection",
            Self::Unlawful => "unlawful",
            Self::Law => "the law",
        }
    }
}

/// An erasure, and who says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    pub(crate) party: PartyId,
    pub(crate) erase: PersonErase,
}

impl Deed for PersonErase {
    fn hears(&self, state: &State, actor: &Actor) -> Hears<'_> {
        let erased = |paper| state.erased(paper).is_some();
        Hears {
            // Who signs beside has erased nothing of its own.
            alone: true,
            answers: Some((ActName::PersonErase, state.erasures_done(&self.papers, actor))),
            // Copies of what a party has erased are others' to erase.
            spares: true,
            starts_nothing: self.papers.iter().all(erased),
            ..Hears::default()
        }
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let party = hearing.by.party(out)?.clone();
        if self.papers.is_empty() {
            out.push(No::ErasesNothing.into());
        }
        for paper in &self.papers {
            self.judge_one(hearing.state, *paper, &party, out);
        }
        let erase = self.clone();
        Some(crate::change::Change::Erasure(Change { party, erase }))
    }
}

impl PersonErase {
    fn judge_one(&self, state: &State, paper: Digest, party: &PartyId, out: &mut Vec<Refusal>) {
        let Some(Paper { by, .. }) = state.paper(&paper) else {
            out.push(No::UnknownPaper { paper }.into());
            return;
        };
        if state.rests_on(&paper) || state.version(&paper).is_some() {
            out.push(No::NotErasable { paper }.into());
        }
        if let Some(hold) = state.held_paper(&paper) {
            out.push(No::PaperHeld { paper, hold }.into());
        }
        match state.erased(&paper) {
            Some(erased) => {
                if let Some(entry) = erased.copies.get(party).copied() {
                    out.push(No::AlreadyErased { paper, entry }.into());
                }
            }
            None => {
                let first = by.as_ref().map(|by| state.agreement.last(by).clone());
                if first.as_ref() != Some(party) {
                    out.push(No::NotYourPaper { paper, by: first }.into());
                }
            }
        }
    }
}

impl crate::act::Act {
    /// Those of [`Act::blobs`](crate::act::Act::blobs) on whose text verdicts rest: whoever folds the
    /// log needs them for ever.
    pub(crate) fn rested_on(&self) -> BTreeSet<Digest> {
        match self {
            Self::Genesis(act) => act.modules.clone(),
            Self::ModulePropose(act) => [act.module].into(),
            Self::RegimeAdopt(act) => [act.pack].into(),
            Self::MotionPropose(act) => act.decision.rested_on(),
            _ => BTreeSet::new(),
        }
    }
}
