//! Where signatures meet seats: whose key signed, whether its holder may sign for that seat, and how
//! far.

use std::collections::BTreeSet;

use concordat_terms::{ActName, Digest, KeyId, MandateId, MemberId, PartyId, RuledBy, SeatId};

use super::refusal::PeopleRefusal as No;
use super::{KeyHolder, key_id};
use super::{KeyUse, Mandate, MandateStatus, commitment};
use crate::act::{Act, Header, Signer};
use crate::bodies::BodyRefusal;
use crate::judge::{By, SEQUENCER, SIGNATORY};
use crate::refusal::Refusal;
use crate::state::State;
use crate::verdict::Actor;

/// One signature of an act: for whom it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signatory {
    pub(crate) key: KeyId,
    pub(crate) seat: SeatId,
    /// The party for which it counts; none for the sequencer, and for a key that the act brings.
    pub(crate) party: Option<PartyId>,
    /// Whose member signs.
    pub(crate) home: Option<PartyId>,
    /// Who, where it is no key of the party itself.
    pub(crate) member: Option<MemberId>,
    /// Under which mandate.
    pub(crate) mandate: Option<MandateId>,
}

/// The keys that an act brings, and the party whose first they are, if it is a new one.
type Brought<'a> = Option<(Option<&'a PartyId>, &'a str)>;

impl State {
    /// The public key that a signer of an act names: a registered one, or one that the act brings.
    pub fn public_key<'a>(&'a self, key: &KeyId, act: &'a Act) -> Option<&'a str> {
        if let Some(holder) = self.holder(key) {
            return Some(&holder.public);
        }
        let brought = self.brought(act).map(|(_, public)| public);
        brought.filter(|public| key_id(public).as_ref() == Some(key))
    }

    /// The key that an act brings and that signs it already, so as to show that it is there.
    fn brought<'a>(&'a self, act: &'a Act) -> Brought<'a> {
        match act {
            Act::KeyRegister(act) => (act.used == KeyUse::Acts).then_some((None, &act.key)),
            Act::KeyRotate(act) => {
                let old = self.holder(&act.old)?;
                // What was committed to beforehand speaks for the party by itself.
                let committed = old.next.is_some() && old.next == commitment(&act.key);
                let party = old.party.as_ref().filter(|_| committed && old.member.is_none());
                (old.used == KeyUse::Acts).then_some((party, &act.key))
            }
            Act::MotionExecute(act) => {
                first_key(&self.bodies.motions.get(&act.motion)?.proposed.decision)
            }
            act => first_key(act),
        }
    }

    /// The party whose key is committed to this one, which an act puts in its place.
    pub(crate) fn committed(&self, key: &KeyId, act: &Act) -> Option<&PartyId> {
        let Act::KeyRotate(rotate) = act else { return None };
        let old = self.holder(&rotate.old)?;
        let (party, _) = self.brought(act)?;
        party?;
        old.party.as_ref().filter(|_| key_id(&rotate.key).as_ref() == Some(key))
    }

    /// Resolves keys to parties and checks that each may sign for the seat it signs for.
    pub(crate) fn resolve(
        &self,
        header: &Header,
        act: &Act,
        id: Digest,
        out: &mut Vec<Refusal>,
    ) -> Option<By> {
        let mut signers = Vec::new();
        for signer in &header.signers {
            signers.push(self.signatory(signer, act, out)?);
        }
        for index in 0..signers.len() {
            self.check_signer(index, &mut signers, act, id, out);
        }
        let parties = signers.iter().filter_map(|signer| signer.party.clone()).collect();
        // A key that an act brings stands in for nobody yet, unless for a party that joins.
        let acts =
            |signer: &&Signatory| signer.party.is_some() || signer.seat.as_str() == SEQUENCER;
        let first = signers.iter().find(acts).or(signers.first())?;
        let actor = Actor { seat: first.seat.clone(), party: first.party.clone() };
        Some(By { actor, parties, signers, level: header.level() })
    }

    fn signatory(&self, signer: &Signer, act: &Act, out: &mut Vec<Refusal>) -> Option<Signatory> {
        let (key, seat) = (signer.key.clone(), signer.seat.clone());
        if let Some(KeyHolder { party, member, ended, used, .. }) = self.holder(&key) {
            if *used != KeyUse::Acts {
                let does = used.as_str();
                out.push(No::KeyUsed { key: key.clone(), does }.into());
            }
            if let Some(end) = ended {
                let (how, index) = (end.why.as_str(), end.index);
                out.push(No::KeyEnded { key: key.clone(), how, index }.into());
            }
            let (home, member) = (party.clone(), member.clone());
            return Some(Signatory { key, seat, party: home.clone(), home, member, mandate: None });
        }
        let brought = self.brought(act).filter(|(_, public)| key_id(public).as_ref() == Some(&key));
        let Some((party, _)) = brought else {
            out.push(Refusal::UnknownKey { key: key.to_string() });
            return None;
        };
        let party = party.cloned();
        Some(Signatory { key, seat, home: party.clone(), party, member: None, mandate: None })
    }

    fn check_signer(
        &self,
        index: usize,
        signers: &mut [Signatory],
        act: &Act,
        id: Digest,
        out: &mut Vec<Refusal>,
    ) {
        let Some(signer) = signers.get(index).cloned() else { return };
        if self.holder(&signer.key).is_none() {
            // It shows that it is there, or whom it joins, and acts for no seat yet.
            if signer.seat.as_str() != SIGNATORY {
                out.push(Refusal::UnknownKey { key: signer.key.to_string() });
            }
            return;
        }
        match &signer.member {
            Some(member) => {
                let found = self.under_mandate(&signer, member, signers, act, id);
                match found {
                    Ok((mandate, party)) => {
                        if let Some(signer) = signers.get_mut(index) {
                            signer.party = Some(party);
                            signer.mandate = Some(mandate);
                        }
                    }
                    Err(refusal) => out.push(refusal),
                }
            }
            None => self.check_own_key(&signer, out),
        }
        let Some(signer) = signers.get(index) else { return };
        // What is wrong with a mandate says more than that its member fills no seat.
        if signer.member.is_none() || signer.mandate.is_some() {
            self.check_seat(&signer.seat, signer.party.as_ref(), act, out);
        }
        // Whoever fills a vacant seat does so before anybody sits there.
        if let Some(party) = signer.party.as_ref().filter(|_| act.name() != ActName::SeatFill)
            && self.is_vacant(&signer.seat, party)
        {
            let (seat, party) = (signer.seat.clone(), party.clone());
            out.push(BodyRefusal::SeatVacant { seat, party }.into());
        }
    }

    /// A party's own key signs for its seats, but for those that ask for a mandate.
    fn check_own_key(&self, signer: &Signatory, out: &mut Vec<Refusal>) {
        // Who has left has nobody with a mandate, and does what it owes by itself.
        let stands = |party: &PartyId| !self.agreement.has_left(party);
        if signer.party.as_ref().is_some_and(stands)
            && let Some(clause) = self.agreement.seat(&signer.seat)
            && clause.terms.needs_mandate()
        {
            let seat = signer.seat.clone();
            out.push(No::NeedsMandate { seat, clause: clause.clause }.into());
        }
    }

    /// The mandate under which a member signs, and the party for which it does: the first in the
    /// order of their names that covers the act. If none does, what the one lacks that comes nearest.
    fn under_mandate(
        &self,
        signer: &Signatory,
        member: &MemberId,
        signers: &[Signatory],
        act: &Act,
        id: Digest,
    ) -> Result<(MandateId, PartyId), Refusal> {
        let home = signer.home.clone();
        let own = home
            .as_ref()
            .and_then(|home| self.people.of_member.get(&(home.clone(), member.clone())));
        let mut nearest: Option<(u8, Refusal)> = None;
        for name in own.into_iter().flatten() {
            let Some(mandate) = self.people.mandates.get(name) else { continue };
            if mandate.seat != signer.seat {
                continue;
            }
            match self.covers(name, mandate, signer, signers, act, id) {
                Ok(()) => return Ok((name.clone(), mandate.party().clone())),
                Err((met, refusal)) => {
                    if nearest.as_ref().is_none_or(|(most, _)| met > *most) {
                        nearest = Some((met, refusal));
                    }
                }
            }
        }
        Err(match (nearest, home) {
            (Some((_, refusal)), _) => refusal,
            (None, Some(party)) => {
                let (member, seat) = (member.clone(), signer.seat.clone());
                No::NoMandate { member, seat, party }.into()
            }
            (None, None) => Refusal::UnknownKey { key: signer.key.to_string() },
        })
    }

    /// Whether a mandate covers an act; if not, how many of its limits are met before the first that
    /// is not.
    fn covers(
        &self,
        name: &MandateId,
        mandate: &Mandate,
        signer: &Signatory,
        signers: &[Signatory],
        act: &Act,
        id: Digest,
    ) -> Result<(), (u8, Refusal)> {
        let outside = |limit: String| -> Refusal {
            No::OutsideMandate { mandate: name.clone(), limit }.into()
        };
        if mandate.status != MandateStatus::Active {
            return Err((0, self.not_active(name, mandate)));
        }
        let limits = &mandate.limits;
        let own_matter = matches!(act.name().ruled_by(), RuledBy::Party | RuledBy::Instrument);
        let hands_on = matches!(act, Act::MandateDelegate(_)) && limits.delegable;
        let covered = match limits.acts.is_empty() {
            true => !own_matter || hands_on,
            false => limits.acts.contains(&act.name()) || hands_on,
        };
        if !covered {
            let named: Vec<String> = limits.acts.iter().map(|act| format!("`{act}`")).collect();
            let limit = match named.as_slice() {
                [] => format!("it would have to name `{}`", act.name()),
                named => format!("it is for {}", named.join(", ")),
            };
            return Err((1, outside(limit)));
        }
        if let Some((most, amount)) = limits.amount.as_ref().zip(act.deed().amount())
            && (most.currency() != amount.currency() || amount.amount() > most.amount())
        {
            return Err((2, outside(format!("it goes up to {most}, and this is about {amount}"))));
        }
        // However many keys one of them has, it is one.
        let others: BTreeSet<&Option<MemberId>> = signers
            .iter()
            .filter(|other| other.seat == signer.seat && other.home == signer.home)
            .filter(|other| other.member != signer.member)
            .map(|other| &other.member)
            .collect();
        if others.len() < limits.co_signers as usize {
            let (have, need) = (others.len(), limits.co_signers);
            return Err((3, outside(format!("it takes {need} to sign with, and {have} did"))));
        }
        if limits.prior_approval && self.people.approved.get(&(name.clone(), id)).is_none() {
            return Err((4, outside("each act is approved before (`mandate.approve`)".to_owned())));
        }
        Ok(())
    }

    /// Why a mandate is not good now.
    fn not_active(&self, name: &MandateId, mandate: &Mandate) -> Refusal {
        let stale = self.time.and_then(|now| self.stale_training(mandate, now));
        match stale.filter(|_| mandate.status == MandateStatus::Suspended) {
            Some((course, clause)) => {
                No::TrainingStale { mandate: name.clone(), course, clause }.into()
            }
            None => {
                let (mandate, is) = (name.clone(), mandate.status.as_str());
                No::MandateState { mandate, is, needs: "active" }.into()
            }
        }
    }

    /// Whether a party has to do with a seat: it has its rights; or it had them and does what it
    /// still owes there.
    fn check_seat(
        &self,
        seat: &SeatId,
        party: Option<&PartyId>,
        act: &Act,
        out: &mut Vec<Refusal>,
    ) {
        let filled_by = || -> Vec<PartyId> { self.agreement.entitled(seat).into_iter().collect() };
        let Some(party) = party else {
            if seat.as_str() != SEQUENCER
                && let Ok(party) = SEQUENCER.parse()
            {
                let filled_by = filled_by();
                out.push(Refusal::NotYourSeat { seat: seat.clone(), party, filled_by });
            }
            return;
        };
        if seat.as_str() == SIGNATORY {
            let own = act.name().ruled_by() == RuledBy::Party;
            if self.agreement.has_left(party) && !own && !is_about_debts(act) {
                let (party, seat) = (party.clone(), seat.clone());
                out.push(No::BoundOnly { party, seat, act: act.name() }.into());
            }
            return;
        }
        if self.agreement.is_entitled(party, seat) {
            return;
        }
        if !self.agreement.was_seated(party, seat) {
            let (seat, party, filled_by) = (seat.clone(), party.clone(), filled_by());
            out.push(Refusal::NotYourSeat { seat, party, filled_by });
            return;
        }
        let owes = |owner: &PartyId| self.duties.awaits(act.name(), owner);
        let discharges = self.agreement.before(party).iter().any(owes);
        if !discharges && !is_about_debts(act) {
            let (party, seat) = (party.clone(), seat.clone());
            out.push(No::BoundOnly { party, seat, act: act.name() }.into());
        }
    }
}

/// The first key of a party, or its first again.
fn first_key(act: &Act) -> Brought<'_> {
    match act {
        Act::PartyAccede(act) => Some((Some(&act.party), &act.key)),
        Act::KeyRecover(act) => Some((Some(&act.party), &act.key)),
        _ => None,
    }
}

/// Acts by which a party answers for what it owes, whatever rights it has left.
fn is_about_debts(act: &Act) -> bool {
    let name = act.name().as_str();
    ["duty.", "notice.", "case."].iter().any(|noun| name.starts_with(noun))
}
