//! What a change of text changes: both agreements are asked every question there is, and what
//! they answer differently is told.
//!
//! The space is closed: seats and the parties that fill them, acts, kinds of runs, assets,
//! purposes and places that either text names, and for each number in a condition the intervals
//! between the numbers that stand there. Two texts that answer all of it alike differ in words
//! only. The answer itself is [`Agreement::says`], the one that the fold's gate gives.

mod boxes;
mod clauses;
mod space;

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{ActName, Aspect, ClauseRef, PartyId, SeatId};
use serde::Serialize;

use crate::{Agreement, Ask, Permit, RunFacts};
use boxes::{DIMENSIONS, boxes};
use space::Space;

pub use boxes::Region;
pub use clauses::{ClauseChange, Field};
pub use space::{Interval, Jurisdiction, Where};

/// What a new agreement does differently.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Effect {
    /// Acts that are allowed, refused or gated otherwise.
    pub acts: Vec<ActChange>,
    /// Clauses of other kinds that are new, gone or say something else.
    pub clauses: Vec<ClauseChange>,
}

/// A part of the space that is answered differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActChange {
    /// The act.
    pub act: ActName,
    /// The seat for which it is asked.
    pub seat: SeatId,
    /// The answer before.
    pub was: Answer,
    /// The answer after.
    pub is: Answer,
    /// Which requests.
    pub region: Region,
}

/// What an agreement answers a party.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// A permit allows it, once these gates are open.
    Allowed {
        /// What the gates demand, in words, without their names.
        gates: BTreeSet<String>,
    },
    /// Forbidden, or permitted by nothing.
    Refused {
        /// The clauses that forbid it, or the permit that comes nearest.
        by: Vec<ClauseRef>,
    },
    /// The party does not fill the seat.
    NotSeated,
}

impl Answer {
    fn kind(&self) -> (bool, Option<&BTreeSet<String>>) {
        match self {
            Self::Allowed { gates } => (true, Some(gates)),
            Self::Refused { .. } | Self::NotSeated => (false, None),
        }
    }

    /// Whether both mean the same to whoever asks, whatever clause says so.
    pub fn same(&self, other: &Self) -> bool {
        self.kind() == other.kind()
    }

    /// Whether the act is allowed, gates apart.
    pub fn allows(&self) -> bool {
        self.kind().0
    }
}

impl Effect {
    /// The part of it that concerns a party: acts it may do, and clauses of its seats.
    pub fn concerning(&self, party: &PartyId, old: &Agreement, new: &Agreement) -> Self {
        let seats: BTreeSet<SeatId> =
            old.seats_of(party).union(&new.seats_of(party)).cloned().collect();
        let acts = self.acts.iter().filter(|change| {
            seats.contains(&change.seat)
                && change.region.parties.as_ref().is_none_or(|parties| parties.contains(party))
        });
        let clauses = self.clauses.iter().filter(|change| change.concerns(party, &seats));
        Self { acts: acts.cloned().collect(), clauses: clauses.cloned().collect() }
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.acts.is_empty() && self.clauses.is_empty()
    }
}

/// Asks both agreements every question.
pub fn effect(old: &Agreement, new: &Agreement) -> Effect {
    let mut acts = Vec::new();
    for act in ActName::JUDGED.iter().filter(|act| space::ruled(**act)) {
        let space = Space::of(old, new, *act);
        for (seat, parties) in &space.seats {
            acts.append(&mut seat_changes(old, new, &space, seat, parties));
        }
    }
    Effect { acts, clauses: clauses::changes(old, new) }
}

/// One seat's questions about one act, and where the answers differ.
fn seat_changes(
    old: &Agreement,
    new: &Agreement,
    space: &Space,
    seat: &SeatId,
    parties: &[PartyId],
) -> Vec<ActChange> {
    // A seat that no permit or power of either names is refused everything by both.
    let named = |agreement: &Agreement| {
        agreement.permits(space.act).any(|permit| permit.terms.by.contains(seat))
            || agreement.powers(space.act).any(|power| power.terms.holder == *seat)
    };
    if !named(old) && !named(new) {
        return Vec::new();
    }
    let sizes = space.sizes(parties.len());
    let mut differing: BTreeMap<(Answer, Answer), BTreeSet<[usize; DIMENSIONS]>> = BTreeMap::new();
    for point in space::points(sizes) {
        let (was, is) =
            (space.answer(old, seat, parties, point), space.answer(new, seat, parties, point));
        if let (Some(was), Some(is)) = (was, is)
            && !was.same(&is)
        {
            differing.entry((was, is)).or_default().insert(point);
        }
    }
    let mut changes = Vec::new();
    for ((was, is), points) in differing {
        for found in boxes(&points) {
            let region = space.region(parties, &found, sizes);
            let (was, is) = (was.clone(), is.clone());
            changes.push(ActChange { act: space.act, seat: seat.clone(), was, is, region });
        }
    }
    changes
}

impl Space {
    /// What an agreement answers at a point of the space; `None` where the point cannot be, since
    /// the agreement has no such asset or purpose and the other has.
    fn answer(
        &self,
        agreement: &Agreement,
        seat: &SeatId,
        parties: &[PartyId],
        point: [usize; DIMENSIONS],
    ) -> Option<Answer> {
        let [party, kind, things, purpose, place, rounds, participants] = point;
        let party = parties.get(party)?;
        if !agreement.parties_of(seat).contains(party) {
            return Some(Answer::NotSeated);
        }
        let purpose = self.purposes.get(purpose)?.as_ref();
        let run = self.act.about().contains(&Aspect::Run);
        let run = match (run, self.kinds.get(kind)?, purpose) {
            (true, Some(kind), Some(purpose)) => Some(RunFacts {
                kind: *kind,
                purpose: purpose.clone(),
                rounds: self.rounds.get(rounds)?.lowest(),
                participants: self.participants.get(participants)?.lowest(),
            }),
            _ => None,
        };
        let ask = Ask {
            act: self.act,
            seat,
            party: Some(party),
            assets: self.things.get(things)?.iter().collect(),
            purposes: purpose.into_iter().collect(),
            places: self.places.get(place)?.as_ref().map(Where::place).into_iter().collect(),
            run,
            module: None,
        };
        let said = agreement.says(&ask);
        if said.allows() {
            let mut gates: BTreeSet<String> =
                said.gates.iter().map(|gate| clauses::demand(gate.terms)).collect();
            if let Permit::Power(_, Some(body)) = &said.permit {
                gates.insert(format!("ratified by {body}"));
            }
            return Some(Answer::Allowed { gates });
        }
        let mut by: Vec<ClauseRef> = said.forbids.into_iter().map(|(clause, _)| clause).collect();
        if by.is_empty() {
            by.extend(match said.permit {
                Permit::By(clause)
                | Permit::Power(clause, _)
                | Permit::Silent(clause, _)
                | Permit::Fails(clause, _)
                | Permit::Nearest(clause, _) => Some(clause),
                Permit::None => None,
            });
        }
        Some(Answer::Refused { by })
    }
}
