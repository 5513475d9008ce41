//! Adopting rules and witnesses, and reporting two histories.

use std::collections::BTreeSet;

use concordat_agreement::Witnesses;
use concordat_terms::{ActName, Digest, PartyId};
use serde::{Deserialize, Serialize};

use super::EditionRefusal as No;
use crate::act::{Act, WitnessPolicy};
use crate::deed::{Deed, Hearing};
use crate::people::PartyStatus;
use crate::refusal::Refusal;
use crate::state::State;

/// `rules.adopt`: another edition of the rules, from an entry to come on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulesAdopt {
    /// The digest of the edition.
    pub rules: Digest,
    /// The index of the first entry that is judged under it.
    pub from: u64,
}

/// `policy.adopt`: who must cosign from then on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyAdopt {
    /// The witnesses, each a party with a witness key here, and how many of them it takes.
    pub policy: WitnessPolicy,
}

/// `equivocation.report`: two checkpoints that cannot be of one log, both signed by its key. Of one
/// size, they have different roots; of different sizes, the larger had another root at the smaller's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EquivocationReport {
    /// One.
    pub first: Shown,
    /// The other.
    pub second: Shown,
    /// Where they are of different sizes: what the larger had at the smaller's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub between: Option<Between>,
}

impl EquivocationReport {
    /// Both, the smaller first.
    pub fn by_size(&self) -> (&Shown, &Shown) {
        let Self { first, second, .. } = self;
        if first.size <= second.size { (first, second) } else { (second, first) }
    }

    /// Why the two can be of one log, whoever signed them; as a phrase.
    fn flaw(&self) -> Option<&'static str> {
        let (small, large) = self.by_size();
        match &self.between {
            None if small.size != large.size => Some(
                "they are of different sizes, and nothing shows the larger's root at the smaller's",
            ),
            None if small.root == large.root => Some("they have the same root"),
            Some(_) if small.size == large.size => {
                Some("they are of one size, and a root is shown between them")
            }
            Some(between) if between.root == small.root => {
                Some("the smaller is the beginning of the larger")
            }
            None | Some(_) => None,
        }
    }
}

/// The root that the larger of two trees had at the size of the smaller, and the proof of that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Between {
    /// The root.
    pub root: Digest,
    /// That the tree with this root is the beginning of the larger (RFC 9162 §2.1.4).
    pub proof: Vec<Digest>,
}

/// A signed checkpoint of this log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shown {
    /// How many entries.
    pub size: u64,
    /// Their root.
    pub root: Digest,
    /// The log's signature over the checkpoint's three lines (Ed25519, hexadecimal).
    pub signature: String,
}

/// What these acts change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    Rules { rules: Digest, from: u64 },
    Policy(WitnessPolicy),
    Equivocation { by: PartyId, report: Box<EquivocationReport>, account: Digest },
}

impl From<Change> for crate::change::Change {
    fn from(change: Change) -> Self {
        Self::Edition(change)
    }
}

impl Deed for RulesAdopt {
    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        all_agree(hearing, out);
        let (state, rules) = (hearing.state, self.rules);
        if state.rules() == Some(rules) {
            out.push(No::RulesInForce { rules }.into());
        }
        let last = state.editions.rules.last().map_or(0, |(from, _)| *from);
        let earliest = last.max(state.index).saturating_add(1);
        if self.from < earliest {
            out.push(No::AdoptedTooLate { from: self.from, earliest }.into());
        }
        Some(Change::Rules { rules, from: self.from }.into())
    }
}

impl Deed for PolicyAdopt {
    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        all_agree(hearing, out);
        let WitnessPolicy { witnesses, quorum } = &self.policy;
        let stands = |party: &&PartyId| {
            let member = hearing.state.people.parties.get(*party);
            member.is_some_and(|member| member.status == PartyStatus::Party)
        };
        if let Some(party) = witnesses.iter().find(|party| !stands(party)) {
            out.push(Refusal::PartyWithoutKey { party: party.clone() });
        }
        let (count, quorum) = (witnesses.len() as u64, u64::from(*quorum));
        let most = u64::from(Witnesses::QUORUM_MOST);
        if quorum > most {
            out.push(No::QuorumTooLarge { quorum, most }.into());
        } else if quorum == 0 || quorum > count || quorum * 2 <= count {
            out.push(No::BadQuorum { quorum, of: count }.into());
        }
        Some(Change::Policy(self.policy.clone()).into())
    }
}

impl Deed for EquivocationReport {
    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let by = hearing.by.party(out)?.clone();
        let unproved = match self.between {
            None => "not both are signed by the log's key",
            Some(_) => {
                "not both are signed by the log's key, or no proof leads from one to the other"
            }
        };
        let proved = hearing.facts.equivocation == Some(true);
        if let Some(why) = self.flaw().or((!proved).then_some(unproved)) {
            out.push(No::NoEquivocation { why }.into());
        }
        let both = |report: &Self| {
            let (small, large) = report.by_size();
            BTreeSet::from([(small.size, small.root), (large.size, large.root)])
        };
        let mut known = hearing.state.editions.equivocations.values();
        if let Some(known) = known.find(|known| both(&known.shown) == both(self)) {
            out.push(No::EquivocationKnown { size: known.shown.by_size().0.size }.into());
        }
        let account = State::content(&Act::EquivocationReport(self.clone()))?;
        Some(Change::Equivocation { by, report: Box::new(self.clone()), account }.into())
    }
}

/// What the whole log stands on takes the body that a gate before it names, or every party.
fn all_agree(hearing: &Hearing<'_>, out: &mut Vec<Refusal>) {
    let (agreement, act): (_, ActName) = (&hearing.state.agreement, hearing.act);
    let decided = hearing.via.is_some_and(|body| {
        agreement.gates(act).any(|gate| gate.terms.motion.as_ref() == Some(body))
    });
    let everybody = agreement.everybody();
    let missing: Vec<PartyId> = everybody.difference(&hearing.by.parties).cloned().collect();
    if !decided && !missing.is_empty() {
        out.push(No::TakesEverybody { act, missing }.into());
    }
}
