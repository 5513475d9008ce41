//! What a change of text changes: both agreements are asked every question there is, and what
//! they answer differently is told.
//!
//! The space is closed: seats and the parties that fill them, acts, kinds of runs, assets,
//! purposes and places that either text names, and for each number in a condition the intervals
//! between the numbers that stand there. Two texts that answer all of it alike differ in words
//! only. The answer itself is the one that the fold's gate gives: `ask.rs`.

mod answers;
mod boxes;
mod clauses;
mod demand;
mod others;
mod stands;
mod void;

use std::collections::BTreeSet;

use concordat_terms::{ActName, ClauseRef, PartyId, RuledBy, SeatId};
use serde::Serialize;

use crate::Agreement;

pub use crate::space::{Interval, Jurisdiction, Where};
pub use boxes::Region;
pub use clauses::{ClauseChange, Field};
pub use demand::Demand;
pub use others::OnYours;
pub use stands::StandChange;
pub use void::void;

/// What a new agreement does differently.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Effect {
    /// Acts that are allowed, refused or gated otherwise.
    pub acts: Vec<ActChange>,
    /// Clauses of other kinds that are new, gone or say something else.
    pub clauses: Vec<ClauseChange>,
    /// How modules and clauses stand or fall otherwise.
    pub stands: Vec<StandChange>,
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// A permit allows it, once the gates are open.
    Allowed {
        /// The permit.
        by: ClauseRef,
        /// What the gates demand.
        gates: Demand,
    },
    /// Forbidden, or permitted by nothing.
    Refused {
        /// The clauses that forbid it, or the permit that comes nearest; none, where the
        /// agreement knows no such asset or purpose.
        by: Vec<ClauseRef>,
    },
    /// The party does not fill the seat.
    NotSeated,
}

impl Answer {
    fn kind(&self) -> (bool, Option<&Demand>) {
        match self {
            Self::Allowed { gates, .. } => (true, Some(gates)),
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
    /// The part of it that concerns a party: acts it may do, and clauses of its seats and of what it
    /// holds. What others may do on that is told by [`Effect::on_what_is_of`].
    pub fn concerning(&self, party: &PartyId, old: &Agreement, new: &Agreement) -> Self {
        let seats: BTreeSet<SeatId> =
            old.seats_of(party).union(&new.seats_of(party)).cloned().collect();
        let acts = self.acts.iter().filter(|change| {
            seats.contains(&change.seat)
                && change.region.parties.as_ref().is_none_or(|parties| parties.contains(party))
        });
        let own = others::own(party, &[old, new]);
        let clauses =
            self.clauses.iter().filter(|change| change.names.concern(party, &seats, &own));
        let stands = self.stands.iter().filter(|change| change.names.concern(party, &seats, &own));
        Self {
            acts: acts.cloned().collect(),
            clauses: clauses.cloned().collect(),
            stands: stands.cloned().collect(),
        }
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.acts.is_empty() && self.clauses.is_empty() && self.stands.is_empty()
    }
}

/// Asks both agreements every question.
pub fn effect(old: &Agreement, new: &Agreement) -> Effect {
    let ruled = ActName::JUDGED.iter().filter(|act| act.ruled_by() == RuledBy::Clauses);
    let acts = ruled.flat_map(|act| answers::changes(old, new, *act));
    Effect {
        acts: acts.collect(),
        clauses: clauses::changes(old, new),
        stands: stands::changes(old, new),
    }
}
