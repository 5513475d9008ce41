//! Who plays which part: read from the agreement's clauses, so that nothing is fitted to one
//! example.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Agreement, CLASSES, EvidenceNeed, Facts, Place, Rule, RunKind};
use concordat_terms::{ActName, AssetId, BodyId, ClauseRef, Decimal, PartyId, PurposeId, SeatId};

use super::mendable;
use crate::failure::Failure;

/// The parts of the pilot's line.
#[derive(Clone, Debug)]
pub(crate) struct Cast {
    /// Every party.
    pub(crate) parties: BTreeSet<PartyId>,
    /// The parties whose rows are trained on, and the seat they do it for.
    pub(crate) holders: BTreeSet<PartyId>,
    pub(crate) holder: SeatId,
    /// Who proposes runs, charters and releases.
    pub(crate) trainer: (PartyId, SeatId),
    /// Who opens approved runs.
    pub(crate) opener: (PartyId, SeatId),
    /// Who tests, by which method, and what a result must reach.
    pub(crate) lab: (PartyId, SeatId),
    pub(crate) need: EvidenceNeed,
    /// Who decides, and who has a vote.
    pub(crate) body: BodyId,
    pub(crate) member: SeatId,
    pub(crate) members: BTreeSet<PartyId>,
    /// The parties that cosign.
    pub(crate) witnesses: BTreeSet<PartyId>,
    /// The parties that run the three aggregators; none where contributions are masked in pairs.
    pub(crate) aggregators: BTreeSet<PartyId>,
    /// How many approvals open a run.
    pub(crate) approvals: u32,
    pub(crate) objective: ClauseRef,
    pub(crate) dataset: AssetId,
    pub(crate) model: AssetId,
    pub(crate) purpose: PurposeId,
    /// A purpose of the agreement that the dataset may not be used for.
    pub(crate) other_purpose: Option<PurposeId>,
    /// The bound of each holder's account.
    pub(crate) epsilon: Decimal,
    pub(crate) delta: Decimal,
}

impl Cast {
    /// Reads the parts; a problem names the clause that the pilot's line needs and did not find.
    pub(crate) fn of(agreement: &Agreement) -> Result<Self, Failure> {
        let aggregation = agreement.aggregation().ok_or_else(|| lacks("an aggregation clause"))?;
        let holder = aggregation.terms.of.clone();
        let train = agreement
            .permits(ActName::RunPropose)
            .find(|permit| {
                permit.terms.kinds.is_empty() || permit.terms.kinds.contains(&RunKind::Train)
            })
            .ok_or_else(|| lacks("a permit for `run.propose`"))?;
        let dataset = agreement
            .privacies()
            .find(|p| train.terms.on.is_empty() || train.terms.on.contains(&p.terms.privacy))
            .ok_or_else(|| lacks("a privacy clause for a dataset that may be trained on"))?;
        let asset = agreement
            .asset(&dataset.terms.privacy)
            .ok_or_else(|| lacks("the dataset of its privacy clause"))?;
        let model = agreement
            .assets()
            .filter(|a| a.terms.kind == concordat_agreement::AssetKind::Model)
            .find_map(|a| a.id())
            .ok_or_else(|| lacks("a model"))?;
        let purpose = asset.terms.purposes.first().ok_or_else(|| lacks("a purpose"))?.clone();
        let other_purpose = agreement
            .purposes()
            .filter_map(|p| p.id::<PurposeId>())
            .find(|p| !asset.terms.purposes.contains(p));
        let release = agreement
            .gates(ActName::ReleasePromote)
            .find(|gate| gate.terms.motion.is_some())
            .ok_or_else(|| lacks("a gate for `release.promote` with a motion"))?;
        let body = release.terms.motion.clone().ok_or_else(|| lacks("a motion"))?;
        let council = agreement.body(&body).ok_or_else(|| lacks("the body of its release gate"))?;
        let need = release.terms.evidence.first().ok_or_else(|| lacks("evidence for a release"))?;
        let approvals = agreement
            .gates(ActName::RunOpen)
            .flat_map(|gate| &gate.terms.approvals)
            .filter(|approval| approval.seat == holder)
            .map(|approval| approval.at_least)
            .max()
            .unwrap_or(0);
        let witnesses = agreement.witnesses().ok_or_else(|| lacks("a witnesses clause"))?;
        Ok(Self {
            parties: agreement.parties().filter_map(|party| party.id()).collect(),
            holders: agreement.parties_of(&holder).clone(),
            holder,
            trainer: may(agreement, ActName::RunPropose)?,
            opener: may(agreement, ActName::RunOpen)?,
            lab: (
                first_of(agreement, &need.by)
                    .ok_or_else(|| lacks("a party in the testing seat"))?,
                need.by.clone(),
            ),
            need: need.clone(),
            members: agreement.members_of(council.terms),
            member: council
                .terms
                .members
                .first()
                .cloned()
                .ok_or_else(|| lacks("a seat in the body"))?,
            body,
            witnesses: witnesses.terms.witnesses.iter().cloned().collect(),
            aggregators: aggregation.terms.aggregators.iter().cloned().collect(),
            approvals,
            objective: agreement
                .objectives()
                .map(|objective| objective.clause)
                .next()
                .ok_or_else(|| lacks("an objective"))?,
            epsilon: dataset.terms.epsilon,
            delta: dataset.terms.delta,
            dataset: dataset.terms.privacy.clone(),
            model,
            purpose,
            other_purpose,
        })
    }

    /// The parties that run a node: who holds rows, and who cosigns.
    pub(crate) fn with_nodes(&self) -> BTreeSet<PartyId> {
        self.holders.union(&self.witnesses).cloned().collect()
    }

    /// The members whose vote counts, per side, as the tally sees them.
    pub(crate) fn voters(&self, agreement: &Agreement) -> BTreeMap<PartyId, String> {
        let side = |party: &PartyId| agreement.party(party).map(|p| p.terms.side.to_string());
        self.members.iter().filter_map(|m| Some((m.clone(), side(m)?))).collect()
    }
}

/// The acts of a run that look at the places of its participants' rows.
const AT_PLACES: [ActName; 4] =
    [ActName::DatasetRegister, ActName::RunPropose, ActName::RunOpen, ActName::RunJoin];

impl Cast {
    /// Where a holder declares that its rows stay: in a jurisdiction of its own, in the lowest
    /// class with which no condition on a place keeps its runs out.
    ///
    /// # Errors
    /// The holder has no jurisdiction, or its runs are kept out wherever they are.
    pub(crate) fn place(
        &self,
        agreement: &Agreement,
        party: &PartyId,
    ) -> Result<(u8, String), Failure> {
        let own = agreement.party(party).map(|p| p.terms.jurisdictions.as_slice());
        let own = own.unwrap_or_default();
        if own.is_empty() {
            return Err(lacks(&format!("a jurisdiction of `{party}`")));
        }
        CLASSES
            .flat_map(|class| own.iter().map(move |own| Place { class, jurisdiction: own.clone() }))
            .find(|place| {
                let facts = Facts { place: Some(place), ..Facts::default() };
                // A condition that asks about more than the place is not ours to judge here.
                let holds = |rule: &Rule| rule.when.as_ref()?.holds(&facts).ok();
                AT_PLACES.iter().all(|act| {
                    let permits: Vec<_> = agreement.permits(*act).collect();
                    let out = permits.iter().all(|permit| holds(permit.terms) == Some(false));
                    let forbidden = agreement.forbids(*act).any(|f| holds(f.terms) == Some(true));
                    !forbidden && (permits.is_empty() || !out)
                })
            })
            .map(|place| (place.class, place.jurisdiction.to_string()))
            .ok_or_else(|| lacks(&format!("a place at which `{party}` may join a run")))
    }
}

/// The first party and seat that a permit allows this act.
pub(crate) fn may(agreement: &Agreement, act: ActName) -> Result<(PartyId, SeatId), Failure> {
    agreement
        .permits(act)
        .flat_map(|permit| permit.terms.by.iter())
        .find_map(|seat| Some((first_of(agreement, seat)?, seat.clone())))
        .ok_or_else(|| lacks(&format!("a party that may `{act}`")))
}

fn first_of(agreement: &Agreement, seat: &SeatId) -> Option<PartyId> {
    agreement.parties_of(seat).first().cloned()
}

/// The agreement is one that the pilot's line cannot be told of.
pub(crate) fn lacks(what: &str) -> Failure {
    mendable(
        "pilot-lacks",
        format!("the agreement has no {}", what.trim_start_matches("a ").trim_start_matches("an ")),
        "add the clause, or run the pilot without `--example`",
    )
}
