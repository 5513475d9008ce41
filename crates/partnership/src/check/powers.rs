//! What a step leaves out of powers, of what is taken out of service, and of corrections.

use concordat_terms::PartyId;

use crate::act::{CorrectionRequest, PlaceStop, PowerRatify, ReleaseRecall};
use crate::powers::UseStatus;

use super::fill::{Fill, Unfilled, id};
use super::world::stand_in;

impl Fill<'_> {
    pub(super) fn recall(&mut self) -> ReleaseRecall {
        ReleaseRecall { model: self.model(), reason: stand_in(&["reason"]) }
    }

    /// A place of the party that the step names, or of who acts.
    pub(super) fn place_stop(&self) -> Result<PlaceStop, Unfilled> {
        let named: Option<PartyId> = self.deed.word("of").and_then(|name| name.parse().ok());
        let party = named.unwrap_or_else(|| self.party.clone());
        let last = self.world.named.places.get(&party).cloned();
        let place = match (self.deed.names.first(), last) {
            (None, Some(last)) => last,
            (name, _) => id(name.map_or("place", String::as_str))?,
        };
        Ok(PlaceStop { party, place, reason: stand_in(&["reason"]) })
    }

    /// The last use of a power that waits to be ratified; the last of all, where none does.
    pub(super) fn ratification(&self) -> PowerRatify {
        let uses = || self.world.state.powers_used();
        let waits = uses().filter(|(_, used)| used.status == UseStatus::Awaiting).last();
        PowerRatify { used: waits.or(uses().last()).map_or(0, |(index, _)| *index) }
    }

    /// The last verdict that affects who acts.
    pub(super) fn correction(&self) -> CorrectionRequest {
        let affects = |all: &Option<std::collections::BTreeSet<PartyId>>| {
            all.as_ref().is_none_or(|all| all.contains(self.party))
        };
        let mut said = self.world.state.said.iter().filter(|(_, said)| affects(&said.affects));
        let verdict = said.next_back().map_or(0, |(index, _)| *index);
        CorrectionRequest { verdict, reasons: stand_in(&["reasons"]) }
    }
}
