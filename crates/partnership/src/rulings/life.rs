//! What determinations do, and what becomes of requests for correction.

use std::collections::BTreeSet;

use concordat_terms::{ActName, Digest, PartyId, Period, Timestamp};

use super::{Change, Correction, CorrectionStatus, Said, VerdictRuling};
use crate::act::{Act, Signed};
use crate::agenda::Alarm;
use crate::duties::{DutyId, Ground};
use crate::refusal::Refusal;
use crate::state::State;
use crate::verdict::{Actor, Effect};

/// Acts that pay: a duty to do one is a monetary consequence.
const PAYING: &[ActName] =
    &[ActName::PaymentRecord, ActName::AccountSettle, ActName::AccountTransfer];

impl State {
    pub(crate) fn change_ruling(&mut self, change: Change, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        match change {
            Change::Determined { invalid, stayed, lifted, duties, verdicts, cases } => {
                if !invalid.is_empty() {
                    effects.extend(self.fall(invalid, now));
                }
                if !stayed.is_empty() || !lifted.is_empty() {
                    self.agreement.stay(stayed.clone(), &lifted);
                    effects.extend(stayed.into_iter().map(|c| Effect::ClauseStayed(c, true)));
                    effects.extend(lifted.into_iter().map(|c| Effect::ClauseStayed(c, false)));
                    self.resettle_agreement(now, &mut effects);
                }
                for (id, ruling) in duties {
                    self.rule_on(&id, ruling, &mut effects);
                }
                for (verdict, ruling) in verdicts {
                    self.rule_verdict(verdict, ruling, now, &mut effects);
                }
                for (case, ruling) in cases {
                    self.rule_case(&case, ruling, now, &mut effects);
                }
            }
            Change::Asked { verdict, by, reasons } => {
                self.ask_correction(verdict, by, reasons, now, &mut effects);
            }
        }
        effects
    }

    fn ask_correction(
        &mut self,
        verdict: u64,
        by: PartyId,
        reasons: Digest,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(said) = self.said.get(&verdict).cloned() else { return };
        let paused = self.payments_of(verdict);
        for duty in &paused {
            self.pause(duty, now, effects);
        }
        self.pause_payments(verdict, true, effects);
        if let Some(within) = self.correction_within() {
            self.agenda.set(Alarm::Correction(verdict), now.plus(within));
        }
        let status = CorrectionStatus::Open;
        let correction = Correction { by, reasons, at: now, verdict: said, paused, status };
        self.rulings.corrections.insert_mut(verdict, correction);
        effects.push(Effect::CorrectionStands(verdict, status));
    }

    /// Nothing was determined in time: the verdict and all that follows from it go on.
    pub(crate) fn ring_correction(
        &mut self,
        verdict: u64,
        at: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        self.close_correction(verdict, CorrectionStatus::Lapsed(at), at, effects);
    }

    fn close_correction(
        &mut self,
        verdict: u64,
        status: CorrectionStatus,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(mut correction) = self.rulings.corrections.get(&verdict).cloned() else { return };
        self.agenda.cancel(&Alarm::Correction(verdict));
        if status != CorrectionStatus::Stayed {
            self.pause_payments(verdict, false, effects);
            for duty in std::mem::take(&mut correction.paused) {
                self.unpause(&duty, now, effects);
            }
        }
        correction.status = status;
        self.rulings.corrections.insert_mut(verdict, correction);
        effects.push(Effect::CorrectionStands(verdict, status));
    }

    fn rule_verdict(
        &mut self,
        verdict: u64,
        ruling: VerdictRuling,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let asked = self.rulings.corrections.get(&verdict).map(|asked| &asked.verdict);
        let said = self.said.get(&verdict).or(asked).cloned();
        self.rulings.ruled.insert_mut(verdict, (self.index, ruling));
        effects.push(Effect::VerdictRuled(verdict, ruling));
        let status = match ruling {
            VerdictRuling::Stands => {
                self.pause_payments(verdict, false, effects);
                self.unstay(verdict, effects);
                CorrectionStatus::Kept
            }
            VerdictRuling::Stayed => {
                self.pause_payments(verdict, true, effects);
                self.stay_entry(verdict, now, effects);
                CorrectionStatus::Stayed
            }
            VerdictRuling::SetAside => {
                let refused = said.as_ref().and_then(|said| said.refused.clone());
                match (refused, said.and_then(|said| said.affects)) {
                    (Some((_, content)), Some(parties)) => {
                        for party in parties {
                            // Who follows a party may bring what it was let past.
                            let party = self.agreement.last(&party).clone();
                            self.rulings.granted.insert_mut((party, content), verdict);
                        }
                    }
                    _ => {
                        self.undo(verdict, now, effects);
                        self.pause_payments(verdict, false, effects);
                        self.reverse_postings(verdict, None, now, effects);
                    }
                }
                CorrectionStatus::SetAside
            }
        };
        self.close_correction(verdict, status, now, effects);
    }

    /// Who follows a party may bring what it was let past.
    pub(crate) fn hand_over_rulings(&mut self, old: &PartyId, new: &PartyId) {
        let own = self.rulings.granted.iter().filter(|((party, _), _)| party == old);
        for ((party, content), verdict) in own.map(|(k, v)| (k.clone(), *v)).collect::<Vec<_>>() {
            self.rulings.granted.remove_mut(&(party, content));
            self.rulings.granted.insert_mut((new.clone(), content), verdict);
        }
    }

    /// Whether a determination has set aside what an entry did, or stays it.
    pub(crate) fn is_undone(&self, index: u64) -> bool {
        let ruled = self.rulings.ruled.get(&index).map(|(_, ruling)| *ruling);
        matches!(ruled, Some(VerdictRuling::Stayed | VerdictRuling::SetAside))
    }

    /// The open duties to pay that an entry started.
    fn payments_of(&self, index: u64) -> Vec<DutyId> {
        // Whoever the text names, who has left too, and who follows one of them.
        let named = self.agreement.parties().filter_map(|party| party.id::<PartyId>());
        let mut parties: BTreeSet<PartyId> = named.collect();
        parties.append(&mut self.agreement.everybody());
        let owed = parties.iter().flat_map(|party| self.duties.awaited_of(PAYING, party));
        owed.filter(|id| id.since == index).collect()
    }

    /// How long after a verdict its correction may be asked for.
    pub(crate) fn correction_within(&self) -> Option<Period> {
        self.rulings.within
    }

    /// Notes a verdict for as long as its correction may be asked for.
    pub(crate) fn note_said(&mut self, index: u64, said: impl FnOnce(Timestamp) -> Option<Said>) {
        if self.correction_within().is_some()
            && let Some(now) = self.time
            && let Some(said) = said(now)
        {
            self.said.insert_mut(index, said);
        }
    }

    /// Forgets verdicts for whose correction nobody can ask any more.
    pub(crate) fn forget_said(&mut self, now: Timestamp) {
        let within = self.correction_within();
        let over = |said: &Said| within.is_none_or(|within| said.at.plus(within) <= now);
        while let Some(index) = self.said.first().filter(|(_, said)| over(said)).map(|(i, _)| *i) {
            self.said.remove_mut(&index);
        }
    }
}

impl Said {
    /// What was refused.
    pub(crate) fn refused(
        signed: &Signed,
        by: Option<&Actor>,
        refusal: &Refusal,
        at: Timestamp,
    ) -> Option<Self> {
        let party = by?.party.clone()?;
        let content = State::content(&signed.act)?;
        let refused = Some((refusal.code().into(), content));
        Some(Self { at, act: signed.act.name(), affects: Some([party].into()), refused })
    }

    /// What was admitted: it affects who signed, whom it `touched` (to whom it is addressed, whose
    /// debts it changed) and whom what follows is about; what moved in an account, and what a body
    /// decided, affects everybody.
    pub(crate) fn admitted(
        act: &Act,
        signed_by: &BTreeSet<PartyId>,
        touched: Option<BTreeSet<PartyId>>,
        effects: &[Effect],
        at: Timestamp,
    ) -> Option<Self> {
        if matches!(act, Act::Tick(_) | Act::DigestRecord(_) | Act::RefusalCount(_)) {
            return None;
        }
        let mut affects = touched.filter(|_| !matches!(act, Act::MotionExecute(_)));
        affects.iter_mut().for_each(|all| all.extend(signed_by.iter().cloned()));
        for effect in effects {
            match effect {
                Effect::DutyStands(id, _) => {
                    affects.iter_mut().for_each(|all| _ = all.insert(id.owner.clone()));
                }
                Effect::SignalCrossed(_, party)
                | Effect::PartyStands(party, _)
                | Effect::PartyCleared(party, _)
                | Effect::PlaceStands(party, ..)
                | Effect::ProcessorStands(party, ..) => {
                    affects.iter_mut().for_each(|all| _ = all.insert(party.clone()));
                }
                Effect::ModulesInForce(_)
                | Effect::ModuleStands(..)
                | Effect::Released(_)
                | Effect::RolledBack(..)
                | Effect::Retired(_) => affects = None,
                _ => {}
            }
        }
        Some(Self { at, act: act.name(), affects, refused: None })
    }
}

impl State {
    /// The clock of a payment stands still while the verdict behind it is looked at.
    fn pause(&mut self, id: &DutyId, now: Timestamp, effects: &mut Vec<Effect>) {
        self.toll(id, Ground::Correction, now, effects);
    }

    fn unpause(&mut self, id: &DutyId, now: Timestamp, effects: &mut Vec<Effect>) {
        self.lift(id, &[Ground::Correction], now, effects);
    }
}
