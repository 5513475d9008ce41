//! Acts by which parties join, leave, follow each other and come under other control, and whose
//! consent each takes.

use concordat_agreement::Consent;
use concordat_terms::{ActName, KeyId, PartyId, Timestamp};

use super::keys::{new_cosigner, new_key};
use super::refusal::PeopleRefusal as No;
use super::{
    Change, Move, PartyAccede, PartyAssign, PartyClear, PartyControlChange, PartyExpel,
    PartyNovate, PartyStatus, PartySucceed, PartyWithdraw,
};
use crate::change::Change as Any;
use crate::deed::{Deed, Hearing};
use crate::duties::DutyRefusal;
use crate::refusal::Refusal;
use crate::state::State;

/// What is asked before a change of parties.
pub(super) struct Asked<'a> {
    pub(super) act: ActName,
    /// Who must sign in any case.
    pub(super) itself: &'a [&'a PartyId],
    /// Whose consent is not asked, besides.
    pub(super) against: &'a [&'a PartyId],
    pub(super) cut_off: Option<Timestamp>,
}

impl Deed for PartyAccede {
    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        let known = state.people.parties.get(&self.party);
        // Who has left may come back, and who has lost its keys may be given another.
        let followed = known.map(|member| &member.status);
        if state.stands_with_key(&self.party)
            || matches!(followed, Some(PartyStatus::Followed { .. }))
        {
            let is = followed.map_or("a party", PartyStatus::as_str);
            let (party, needs) = (self.party.clone(), "without a key here");
            out.push(No::PartyState { party, is, needs }.into());
        }
        let id = new_key(&self.key, &self.party, hearing, out)?;
        let cosigner = |text, pq, out: &mut _| new_cosigner(text, pq, &self.party, hearing, out);
        let mut cosigners = vec![cosigner(&self.witness, false, out)?];
        if let Some(beside) = &self.witness_pq {
            cosigners.push(cosigner(beside, true, out)?);
        }
        // One text under two names is one key.
        let mut ids: Vec<&KeyId> = cosigners.iter().map(|own| &own.id).chain([&id]).collect();
        ids.sort();
        if let Some([key, _]) = ids.windows(2).find(|pair| pair.first() == pair.last()) {
            out.push(No::KeyTaken { key: (*key).clone() }.into());
        }
        let itself = &[&self.party];
        let asked = Asked { act: hearing.act, itself, against: &[], cut_off: self.cut_off };
        state.check_consent(&asked, hearing, out);
        let PartyAccede { party, key: public, .. } = self.clone();
        Some(moved(Move::Accede { party, id, public, cosigners }, self.cut_off, state))
    }
}

impl Deed for PartyWithdraw {
    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        let party = hearing.by.party(out)?.clone();
        state.must_stand(&party, out);
        let asked =
            Asked { act: hearing.act, itself: &[&party], against: &[], cut_off: self.cut_off };
        state.check_consent(&asked, hearing, out);
        Some(moved(Move::Leave { party, expelled: false }, self.cut_off, state))
    }
}

impl Deed for PartyExpel {
    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        state.must_stand(&self.party, out);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        state.must_stand(&self.party, out);
        let against = &[&self.party];
        let asked = Asked { act: hearing.act, itself: &[], against, cut_off: self.cut_off };
        state.check_consent(&asked, hearing, out);
        let party = self.party.clone();
        Some(moved(Move::Leave { party, expelled: true }, self.cut_off, state))
    }
}

impl Deed for PartyAssign {
    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        state.must_stand(&self.party, out);
        state.must_stand(&self.to, out);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        let Self { party, seat, to, cut_off } = self;
        state.must_stand(party, out);
        state.must_stand(to, out);
        let filled_by = state.agreement.parties_of(seat);
        if !filled_by.contains(party) {
            let filled_by = filled_by.iter().cloned().collect();
            out.push(Refusal::NotYourSeat { seat: seat.clone(), party: party.clone(), filled_by });
        } else if filled_by.contains(to) {
            let why = "who would get them has the seat";
            out.push(No::NotAssignable { seat: seat.clone(), why }.into());
        }
        // A vote is not a right that can be sold; what is counted by parties is not either.
        if state.agreement.bodies().any(|body| body.terms.members.contains(seat)) {
            let why = "its parties have votes";
            out.push(No::NotAssignable { seat: seat.clone(), why }.into());
        }
        let counted = state.agreement.aggregation();
        if counted.is_some_and(|aggregation| aggregation.terms.of == *seat) {
            let why = "its parties' contributions are summed";
            out.push(No::NotAssignable { seat: seat.clone(), why }.into());
        }
        let itself = &[party, to];
        let asked = Asked { act: hearing.act, itself, against: &[], cut_off: *cut_off };
        state.check_consent(&asked, hearing, out);
        let (party, seat, to) = (party.clone(), seat.clone(), to.clone());
        Some(moved(Move::Assign { party, seat, to }, *cut_off, state))
    }
}

impl Deed for PartyNovate {
    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        state.check_follow(&self.party, &self.to, out);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        state.check_follow(&self.party, &self.to, out);
        let itself = &[&self.party, &self.to];
        let asked = Asked { act: hearing.act, itself, against: &[], cut_off: self.cut_off };
        state.check_consent(&asked, hearing, out);
        let (old, new) = (self.party.clone(), self.to.clone());
        Some(moved(Move::Follow { old, new }, self.cut_off, state))
    }
}

impl Deed for PartySucceed {
    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        state.check_follow(&self.party, &self.to, out);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        state.check_follow(&self.party, &self.to, out);
        // Who is followed may be there no more to sign.
        let (itself, against) = (&[&self.to], &[&self.party]);
        let asked = Asked { act: hearing.act, itself, against, cut_off: self.cut_off };
        state.check_consent(&asked, hearing, out);
        let (old, new) = (self.party.clone(), self.to.clone());
        Some(moved(Move::Follow { old, new }, self.cut_off, state))
    }
}

impl Deed for PartyControlChange {
    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let party = hearing.by.party(out)?.clone();
        hearing.state.must_stand(&party, out);
        Some(moved(Move::ControlChanged { party }, None, hearing.state))
    }
}

impl Deed for PartyClear {
    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        state.must_stand(&self.party, out);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<Any> {
        let state = hearing.state;
        state.must_stand(&self.party, out);
        let member = state.people.parties.get(&self.party);
        if member.is_some_and(|member| member.uncleared.is_none()) {
            let (party, is) = (self.party.clone(), "cleared");
            out.push(No::PartyState { party, is, needs: "under new control" }.into());
        }
        let against = &[&self.party];
        let asked = Asked { act: hearing.act, itself: &[], against, cut_off: None };
        state.check_consent(&asked, hearing, out);
        Some(moved(Move::Cleared { party: self.party.clone() }, None, state))
    }
}

/// The change, at once or at its cut-off date.
fn moved(what: Move, cut_off: Option<Timestamp>, state: &State) -> Any {
    let at = cut_off.filter(|at| state.time.is_some_and(|now| now < *at));
    Change::Moved { what, at }.into()
}

impl State {
    pub(super) fn must_stand(&self, party: &PartyId, out: &mut Vec<Refusal>) {
        let Some(member) = self.people.parties.get(party) else {
            out.push(DutyRefusal::UnknownParty { party: party.clone() }.into());
            return;
        };
        if member.status != PartyStatus::Party {
            let (party, is) = (party.clone(), member.status.as_str());
            out.push(No::PartyState { party, is, needs: "a party" }.into());
        }
    }

    fn check_follow(&self, old: &PartyId, new: &PartyId, out: &mut Vec<Refusal>) {
        self.must_stand(old, out);
        self.must_stand(new, out);
        if old == new {
            let (party, is) = (new.clone(), "the very party");
            out.push(No::PartyState { party, is, needs: "another party" }.into());
        }
    }

    /// Whether all consent whom it takes: who is concerned, and besides, as the instrument says,
    /// nobody, a body, or everybody. A power over the act is their consent beforehand.
    pub(super) fn check_consent(
        &self,
        asked: &Asked<'_>,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) {
        let Asked { act, itself, against, cut_off } = *asked;
        let Some(now) = self.time else { return };
        let signed = &hearing.by.parties;
        let missing: Vec<PartyId> =
            itself.iter().filter(|p| !signed.contains(**p)).map(|p| (*p).clone()).collect();
        if !missing.is_empty() {
            out.push(No::ConcernedSilent { act, missing }.into());
        }
        if let Some(cut_off) = cut_off.filter(|cut_off| *cut_off < now) {
            out.push(No::CutOffPassed { cut_off, now }.into());
        }
        let instrument = self.agreement.instrument();
        let row = instrument.as_ref().and_then(|cited| {
            let clause = &cited.clause;
            cited.terms.changes.iter().find(|row| row.change == act).map(|row| (clause, row))
        });
        if let Some((clause, row)) = row
            && let Some(earliest) = row.notice.map(|notice| now.plus(notice))
            && let Some(cut_off) = Some(cut_off.unwrap_or(now)).filter(|at| *at < earliest)
        {
            let clause = clause.clone();
            out.push(No::CutOffTooSoon { cut_off, earliest, clause }.into());
        }
        // Who has the power to do it was given the consent of all who signed that.
        if hearing.by_clause.is_some() {
            return;
        }
        let consent = row.map_or(Consent::Others, |(_, row)| row.consent);
        if let Some((clause, body)) =
            row.and_then(|(clause, row)| Some((clause, row.body.as_ref()?)))
            && consent == Consent::Body
        {
            if hearing.via != Some(body) {
                let (clause, body) = (clause.clone(), body.clone());
                out.push(Refusal::NeedsMotion { clause, act, body });
            }
            return;
        }
        // What speaks for a party that has lost its key is the new key alone: anybody has one.
        if consent == Consent::Own && !itself.is_empty() && act != ActName::KeyRecover {
            return;
        }
        let mut everybody = self.agreement.everybody();
        if everybody.is_empty() {
            let all = self.people.parties.iter();
            let stand = all.filter(|(_, member)| member.status == PartyStatus::Party);
            everybody.extend(stand.map(|(party, _)| party.clone()));
        }
        let asked = |party: &PartyId| !itself.contains(&party) && !against.contains(&party);
        let missing: Vec<PartyId> =
            everybody.into_iter().filter(|p| asked(p) && !signed.contains(p)).collect();
        if !missing.is_empty() {
            out.push(match row {
                None => No::NeedsEverybody { act, missing }.into(),
                Some((clause, _)) => {
                    No::NeedsConsent { act, missing, clause: clause.clone() }.into()
                }
            });
        }
    }
}
