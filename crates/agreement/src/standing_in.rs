//! Who stands where a party stood when the text was signed: parties leave, and others follow them,
//! by acts and not by amendments. The text goes on naming who it named.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{PartyId, SeatId};
use serde::{Deserialize, Serialize};

use crate::Agreement;

/// What acts have changed about who the parties are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moved {
    /// Who has left.
    gone: BTreeSet<PartyId>,
    /// Who stands in whose place.
    replaced: BTreeMap<PartyId, PartyId>,
    /// Who has a seat's rights instead of a party that fills it.
    assigned: BTreeMap<(PartyId, SeatId), PartyId>,
}

impl Agreement {
    /// Who stands now where the text names this party: itself, who follows it, or nobody.
    pub fn now(&self, party: &PartyId) -> Option<PartyId> {
        let last = self.last(party);
        (!self.moved.gone.contains(last)).then(|| last.clone())
    }

    /// The last in the line of those who followed a party; it itself, where nobody did.
    pub fn last<'a>(&'a self, party: &'a PartyId) -> &'a PartyId {
        let mut last = party;
        // Nobody follows who has been followed, so that a line ends; it is no longer than the map.
        for _ in 0..self.moved.replaced.len() {
            let Some(next) = self.moved.replaced.get(last) else { break };
            last = next;
        }
        last
    }

    /// Who stood where this party stands now, itself among them.
    pub fn before(&self, party: &PartyId) -> BTreeSet<PartyId> {
        self.all_before(&[party.clone()].into())
    }

    /// Who stood where these parties stand now, they themselves among them.
    pub fn all_before(&self, parties: &BTreeSet<PartyId>) -> BTreeSet<PartyId> {
        let followed = self.moved.replaced.keys();
        let mut before = parties.clone();
        before.extend(followed.filter(|old| parties.contains(self.last(old))).cloned());
        before
    }

    /// Whether a party has left, or another has taken its place.
    pub fn has_left(&self, party: &PartyId) -> bool {
        self.moved.gone.contains(party) || self.moved.replaced.contains_key(party)
    }

    /// Every party as it stands now.
    pub fn everybody(&self) -> BTreeSet<PartyId> {
        self.parties().filter_map(|party| self.now(&party.id()?)).collect()
    }

    /// Who has the rights of a seat: who fills it, or to whom that was assigned.
    pub fn entitled(&self, seat: &SeatId) -> BTreeSet<PartyId> {
        let fill = self.parties_of(seat).iter();
        fill.map(|party| self.assignee(party, seat).unwrap_or(party).clone()).collect()
    }

    /// Whether a party has the rights of a seat.
    pub fn is_entitled(&self, party: &PartyId, seat: &SeatId) -> bool {
        let has = |own: &PartyId| self.assignee(own, seat).unwrap_or(own) == party;
        match self.moved.assigned.is_empty() {
            true => self.parties_of(seat).contains(party),
            false => self.parties_of(seat).iter().any(has),
        }
    }

    /// Who has a seat's rights instead of a party that fills it.
    pub fn assignee(&self, party: &PartyId, seat: &SeatId) -> Option<&PartyId> {
        self.moved.assigned.get(&(party.clone(), seat.clone()))
    }

    /// Whether a party has or had to do with a seat: it fills it, filled it until it left, or has
    /// assigned it.
    pub fn was_seated(&self, party: &PartyId, seat: &SeatId) -> bool {
        let filled = self.seat(seat).map(|seat| seat.terms.filled_by.as_slice());
        filled.into_iter().flatten().any(|named| named == party || self.last(named) == party)
    }

    /// A party leaves.
    pub fn depart(&mut self, party: PartyId) {
        self.moved.gone.insert(party);
        self.reindex();
    }

    /// A party that left is there again.
    pub fn readmit(&mut self, party: &PartyId) {
        self.moved.gone.remove(party);
        self.reindex();
    }

    /// A party takes another's place.
    pub fn replace(&mut self, old: &PartyId, new: &PartyId) {
        self.moved.replaced.insert(old.clone(), new.clone());
        // What was assigned to or by the old is to or by the new.
        for ((party, seat), to) in std::mem::take(&mut self.moved.assigned) {
            let follow = |party: PartyId| if party == *old { new.clone() } else { party };
            self.moved.assigned.insert((follow(party), seat), follow(to));
        }
        self.reindex();
    }

    /// A party lets another have its rights in a seat.
    pub fn assign(&mut self, party: PartyId, seat: SeatId, to: PartyId) {
        self.moved.assigned.insert((party, seat), to);
    }
}
