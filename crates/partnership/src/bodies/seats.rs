//! Who sits in a seat, and whether a body is constituted.

use std::collections::BTreeSet;

use concordat_agreement::{Body, Cited, Voting};
use concordat_terms::{BodyId, MemberId, PartyId, SeatId, Timestamp};

use super::refusal::BodyRefusal as No;
use super::{Change, SeatFill, SeatVacate, Sitting};
use crate::agenda::Alarm;
use crate::deed::{Deed, Hearing};
use crate::refusal::Refusal;
use crate::state::State;
use crate::verdict::Effect;

impl Deed for SeatFill {
    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let state = hearing.state;
        let party = hearing.by.party(out)?.clone();
        let filled_by: Vec<PartyId> =
            state.agreement.parties_of(&self.seat).iter().cloned().collect();
        let seat = self.seat.clone();
        if !filled_by.contains(&party) {
            let (seat, party) = (seat.clone(), party.clone());
            out.push(Refusal::NotYourSeat { seat, party, filled_by });
        }
        let sits = state.bodies.seats.get(&(seat.clone(), party.clone()));
        if sits.is_some_and(|sitting| sitting.member.as_ref() == Some(&self.member)) {
            let (seat, party) = (seat.clone(), party.clone());
            out.push(No::SeatFilled { seat, party }.into());
        }
        let replaces = sits.is_some_and(|sitting| sitting.member.is_some());
        for body in state.agreement.bodies() {
            let nominates = body.terms.voting == Some(Voting::Nomination);
            if nominates && body.terms.members.contains(&seat) && !replaces {
                state.check_nomination(&body, &party, &hearing.by.parties, out);
            }
        }
        Some(Change::Filled { seat, party, member: self.member.clone() }.into())
    }
}

impl Deed for SeatVacate {
    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        let sits = state.bodies.seats.get(&(self.seat.clone(), self.party.clone()));
        if sits.is_none_or(|sitting| sitting.member.is_none()) {
            let (seat, party) = (self.seat.clone(), self.party.clone());
            out.push(No::SeatVacant { seat, party }.into());
        }
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let by = hearing.by.party(out)?;
        if hearing.via.is_none() && *by != self.party {
            let (seat, party) = (self.seat.clone(), by.clone());
            out.push(Refusal::NotYourSeat { seat, party, filled_by: vec![self.party.clone()] });
        }
        self.refers(hearing.state, out);
        Some(Change::Vacated { seat: self.seat.clone(), party: self.party.clone() }.into())
    }
}

impl State {
    /// Whether a party acts for a seat only once it has named who sits there, and has not.
    pub(crate) fn is_vacant(&self, seat: &SeatId, party: &PartyId) -> bool {
        let named = self.agreement.seat(seat).is_some_and(|seat| seat.terms.named);
        named && {
            let sitting = self.bodies.seats.get(&(seat.clone(), party.clone()));
            sitting.is_none_or(|sitting| sitting.member.is_none())
        }
    }

    /// Who votes for a side is nominated by more than half of its members, and there are as many as
    /// it has votes.
    fn check_nomination(
        &self,
        body: &Cited<'_, Body>,
        party: &PartyId,
        signed: &BTreeSet<PartyId>,
        out: &mut Vec<Refusal>,
    ) {
        let side_of = |party: &PartyId| self.agreement.party(party).map(|p| p.terms.side);
        let Some(side) = side_of(party) else { return };
        let mates = self.agreement.members_of(body.terms);
        let mates: Vec<PartyId> =
            mates.into_iter().filter(|mate| side_of(mate) == Some(side)).collect();
        let have = mates.iter().filter(|mate| signed.contains(*mate)).count();
        let need = mates.len() / 2 + 1;
        let Some(id) = body.id::<BodyId>() else { return };
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        if have < need {
            let (body, clause) = (id.clone(), body.clause.clone());
            let (have, need, side) = (count(have), count(need), side.to_string());
            out.push(No::NeedsNomination { body, side, have, need, clause }.into());
        }
        let voters = self.electorate(body.terms, 0);
        let nominated = voters.values().filter(|(on, _)| *on == side).count();
        if count(nominated) >= body.terms.votes_per_side {
            let (votes, clause) = (body.terms.votes_per_side, body.clause.clone());
            let side = side.to_string();
            out.push(No::SideFull { body: id, side, votes, clause }.into());
        }
    }

    /// A body in which a seat has stood vacant for longer than agreed decides nothing.
    pub(super) fn check_constituted(
        &self,
        id: &BodyId,
        body: &Cited<'_, Body>,
        out: &mut Vec<Refusal>,
    ) {
        let (Some(now), Some(vacancy)) = (self.time, body.terms.vacancy) else { return };
        for seat in &body.terms.members {
            let Some(cited) = self.agreement.seat(seat).filter(|seat| seat.terms.named) else {
                continue;
            };
            for party in cited.terms.filled_by.iter().filter_map(|named| self.agreement.now(named))
            {
                let key = (seat.clone(), party);
                let sitting = self.bodies.seats.get(&key).filter(|s| s.member.is_none());
                let Some(Sitting { since, .. }) = sitting else { continue };
                if now >= since.plus(vacancy) {
                    let (seat, party) = key;
                    let (body, since, clause) = (id.clone(), *since, body.clause.clone());
                    out.push(No::NotConstituted { body, seat, party, since, clause }.into());
                    return;
                }
            }
        }
    }

    /// Seats somebody, or nobody, and counts the motions anew that this bears on.
    pub(super) fn seat(
        &mut self,
        seat: SeatId,
        party: PartyId,
        member: Option<MemberId>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let bodies = self.agreement.bodies().filter(|body| body.terms.members.contains(&seat));
        let bodies: Vec<BodyId> = bodies.filter_map(|body| body.id()).collect();
        self.bodies.seats.insert_mut((seat, party), Sitting { member, since: now });
        for body in bodies {
            self.recount(&body, now, effects);
        }
    }

    /// Puts seats, turns and open motions under the agreement as it is now.
    pub(crate) fn resettle_bodies(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        let named = self.agreement.seats().filter(|seat| seat.terms.named);
        let mut vacant: Vec<(SeatId, PartyId)> = Vec::new();
        for seat in named {
            let Some(id) = seat.id::<SeatId>() else { continue };
            let named = seat.terms.filled_by.iter();
            let parties = named.filter_map(|party| self.agreement.now(party));
            vacant.extend(parties.map(|party| (id.clone(), party)));
        }
        for key in vacant {
            if !self.bodies.seats.contains_key(&key) {
                self.bodies.seats.insert_mut(key, Sitting { member: None, since: now });
            }
        }
        let rotating = self
            .agreement
            .bodies()
            .filter_map(|body| Some((body.id::<BodyId>()?, body.terms.turn?)));
        for (body, term) in rotating.collect::<Vec<_>>() {
            if !self.bodies.turns.contains_key(&body) {
                self.bodies.turns.insert_mut(body.clone(), 0);
                self.agenda.set(Alarm::Turn(body), now.plus(term));
            }
        }
        let bodies: Vec<BodyId> = self.bodies.pending.keys().cloned().collect();
        for body in bodies {
            self.recount(&body, now, effects);
        }
    }

    /// The next members of a body have their turn; motions that were put before stay with those
    /// who had it then.
    pub(crate) fn next_turn(&mut self, body: &BodyId, at: Timestamp) {
        let Some(term) = self.agreement.body(body).and_then(|body| body.terms.turn) else {
            self.bodies.turns.remove_mut(body);
            return;
        };
        let turn = self.bodies.turns.get(body).copied().unwrap_or_default();
        self.bodies.turns.insert_mut(body.clone(), turn.wrapping_add(1));
        // After the last moment there is no next turn.
        let next = at.plus(term);
        if next > at {
            self.agenda.set(Alarm::Turn(body.clone()), next);
        }
    }
}
