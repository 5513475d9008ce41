//! What a step leaves out of duties, notices, signals, conditions and audits.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use concordat_agreement::{Channel, Claim, Given, Terms};
use concordat_terms::{ClauseId, ClauseRef, Decimal, ModuleId, PartyId, SeatId};

use crate::act::{
    Act, AuditAnswer, AuditFinding, AuditReply, AuditRequest, ConditionWaive, DutyDischarge,
    DutyDispute, DutyExtend, DutyToll, Ground, NoticeAcknowledge, NoticeServe, Ruling, SignalBatch,
};
use crate::duties::{DutyId, DutyStatus};
use crate::judge::SIGNATORY;

use super::fill::{Fill, Unfilled};
use super::world::{World, stand_in};

/// How a duty stands, if it is another way than a step says.
pub(super) fn differs(world: &World, home: &ModuleId, claim: &Claim) -> Option<String> {
    let clause = claim.duty.cited(home);
    let law = world.state.law_of(&clause);
    let mut parties: BTreeSet<PartyId> = BTreeSet::new();
    if let Ok(seat) = claim.by.parse() {
        parties = law.parties_of(&seat).clone();
    }
    if parties.is_empty() {
        parties.extend(claim.by.parse().ok());
    }
    parties.into_iter().find_map(|party| {
        let all = world.state.duties().filter(|(id, _)| id.clause == clause && id.owner == party);
        let last = all.last().map(|(_, duty)| duty.status);
        let stands = last.map_or("not-owed", DutyStatus::as_str);
        let differs = stands != claim.stands;
        differs.then(|| format!("`{clause}` of `{party}` is {stands}, and not {}", claim.stands))
    })
}

impl Fill<'_> {
    /// A clause that the step names, of this module before the others.
    pub(super) fn clause(&self, noun: &str, is: fn(&Terms) -> bool) -> Result<ClauseRef, Unfilled> {
        self.clause_named(self.deed.names.first().map(String::as_str), noun, is)
    }

    /// A clause by its own name, of several rather that of this module.
    pub(super) fn clause_named(
        &self,
        named: Option<&str>,
        noun: &str,
        is: fn(&Terms) -> bool,
    ) -> Result<ClauseRef, Unfilled> {
        let agreement = self.agreement();
        let all = agreement.clauses().filter(|(_, clause)| is(&clause.terms));
        let all: Vec<ClauseRef> = all.map(|(m, c)| ClauseRef::new(&m.id, &c.id)).collect();
        let named: Option<ClauseId> = named.and_then(|name| name.parse().ok());
        let meant = match &named {
            Some(name) => {
                let here = |cited: &&ClauseRef| cited.module == *self.home;
                let mut fits: Vec<&ClauseRef> = all.iter().filter(|c| c.clause == *name).collect();
                fits.sort_by_key(|cited| !here(cited));
                fits.first().copied()
            }
            None => all.first().filter(|_| all.len() == 1),
        };
        meant.cloned().ok_or_else(|| {
            let what = match named {
                Some(name) => format!("no clause `{name}` is a {noun}"),
                None => format!("which {noun} is meant is missing"),
            };
            Unfilled::new(what, "write the name of its clause after the act")
        })
    }

    fn deed_party(&self, key: &str) -> Option<PartyId> {
        self.name(key)
    }

    pub(super) fn name<T: FromStr>(&self, key: &str) -> Option<T> {
        self.deed.word(key).and_then(|word| word.parse().ok())
    }

    /// The occurrence that is meant: of who acts, if that party owes it, or of whom the step names;
    /// the one that is overdue before others that are open, and those before closed ones.
    pub(super) fn duty(&self) -> Result<DutyId, Unfilled> {
        let clause = self.clause("duty", |terms| matches!(terms, Terms::Duty(_)))?;
        self.occurrence(&clause)
    }

    fn occurrence(&self, clause: &ClauseRef) -> Result<DutyId, Unfilled> {
        let owner: Option<PartyId> = self.name("owner");
        let all = self.world.state.duties().filter(|(id, _)| {
            id.clause == *clause && owner.as_ref().is_none_or(|owner| id.owner == *owner)
        });
        let best = all.min_by_key(|(id, duty)| {
            let own = id.owner != *self.party;
            (!duty.status.is_overdue(), !duty.status.is_open(), own)
        });
        // What nobody owes is refused as the fold refuses it.
        let nobody = || {
            let owner = owner.clone().unwrap_or_else(|| self.party.clone());
            DutyId { clause: clause.clone(), owner, since: 0, nth: 0 }
        };
        Ok(best.map_or_else(nobody, |(id, _)| id.clone()))
    }

    pub(super) fn discharge(&self) -> Result<DutyDischarge, Unfilled> {
        let figures = self.deed.with.iter().filter_map(|(key, given)| match given {
            Given::Decimal(value) => Some((key.parse().ok()?, *value)),
            _ => None,
        });
        let figures: BTreeMap<_, _> = figures.collect();
        Ok(DutyDischarge { duty: self.duty()?, evidence: stand_in(&["evidence"]), figures })
    }

    pub(super) fn toll(&self) -> Result<DutyToll, Unfilled> {
        let ground = match self.deed.word("ground") {
            Some("authority") => Ground::Authority,
            Some("unavailable") => Ground::Unavailable,
            _ => Ground::ForceMajeure,
        };
        Ok(DutyToll { duty: self.duty()?, ground, evidence: stand_in(&["ground"]) })
    }

    pub(super) fn extend(&self) -> Result<DutyExtend, Unfilled> {
        let Some(by) = self.deed.period("more") else {
            return Err(Unfilled::new("how much more is missing", "write `with more P10D`"));
        };
        Ok(DutyExtend { duty: self.duty()?, by })
    }

    pub(super) fn dispute(&self) -> Result<DutyDispute, Unfilled> {
        Ok(DutyDispute { duty: self.duty()?, reasons: stand_in(&["reasons"]) })
    }

    /// Notice about a duty that is named, to who owes it; else to whom the step names.
    pub(super) fn notice(&self) -> Result<NoticeServe, Unfilled> {
        let duty = match self.deed.names.first() {
            Some(_) => Some(self.duty()?),
            None => None,
        };
        let owner = duty.as_ref().map(|duty| duty.owner.clone());
        let Some(to) = self.name("to").or(owner) else {
            return Err(Unfilled::new(
                "to whom notice is given is missing",
                "write `with to PARTY`",
            ));
        };
        let channel = self.deed.word("channel").map(|word| match word {
            "email" => Channel::Email,
            "post" => Channel::Post,
            "portal" => Channel::Portal,
            _ => Channel::Log,
        });
        Ok(NoticeServe { to, duty, clause: None, channel, text: stand_in(&["notice"]) })
    }

    /// The last notice to who acts.
    pub(super) fn acknowledge(&self) -> Result<NoticeAcknowledge, Unfilled> {
        let own = |to| self.agreement().last(to) == self.party;
        let to = self.world.state.notices().filter(|(_, notice)| own(&notice.served.to));
        Ok(NoticeAcknowledge { notice: to.last().map_or(0, |(index, _)| *index) })
    }

    /// One value of the window after the last that was measured; the first begins with the log.
    pub(super) fn batch(&self) -> Result<SignalBatch, Unfilled> {
        let signal = self.clause("signal", |terms| matches!(terms, Terms::Signal(_)))?;
        let Some(value) = self.deed.decimal("value") else {
            return Err(Unfilled::new("the value is missing", "write `with value 0.5`"));
        };
        let state = &self.world.state;
        let before = state.signals().find(|((of, by), _)| *of == signal && by == self.party);
        let begun = state.genesis().map(|genesis| genesis.time);
        let from = before.map(|(_, measured)| measured.until).or(begun);
        let values: Vec<Decimal> = vec![value];
        let from = from.unwrap_or_else(|| self.world.now());
        Ok(SignalBatch { signal, from, values, digest: stand_in(&["values"]) })
    }

    pub(super) fn condition(&self) -> Result<ConditionWaive, Unfilled> {
        let condition = self.clause("condition", |terms| matches!(terms, Terms::Condition(_)))?;
        Ok(ConditionWaive { condition })
    }

    /// An audit of the party that the step names, or of the first in the seat that it names.
    pub(super) fn audit(&self) -> Result<AuditRequest, Unfilled> {
        let named = self.deed.names.first();
        let party = named.and_then(|name| name.parse().ok());
        let party = party.filter(|party| self.agreement().party(party).is_some());
        let seat = named.and_then(|name| name.parse().ok());
        let first = || self.agreement().seat(&seat?)?.terms.filled_by.first().cloned();
        let Some(of) = party.or_else(first) else {
            let hint = "write the party, or its seat, after the act";
            return Err(Unfilled::new("who is to be audited is missing", hint));
        };
        let on = self.deed.on.iter().cloned().collect();
        Ok(AuditRequest { of, scope: stand_in(&["scope"]), on })
    }

    pub(super) fn answer(&self) -> Result<AuditAnswer, Unfilled> {
        let asked = self
            .world
            .state
            .audits()
            .filter(|(_, audit)| self.agreement().last(&audit.of) == self.party);
        let request = asked.last().map_or(0, |(index, _)| *index);
        let what = stand_in(&["answer"]);
        let reply = match self.deed.word("reply") {
            Some("refused") => AuditReply::Refused(what),
            _ => AuditReply::Given(what),
        };
        Ok(AuditAnswer { request, reply })
    }

    pub(super) fn finding(&self) -> Result<AuditFinding, Unfilled> {
        let asked = self
            .world
            .state
            .audits()
            .filter(|(_, audit)| self.agreement().last(&audit.by) == self.party);
        let request = asked.last().map_or(0, |(index, _)| *index);
        Ok(AuditFinding { request, finding: stand_in(&["finding"]) })
    }

    /// What is ruled about a duty, if the step says so.
    pub(super) fn rulings(&self) -> Result<BTreeMap<DutyId, Ruling>, Unfilled> {
        let Some(clause) = self.deed.clause("duty") else { return Ok(BTreeMap::new()) };
        let ruling = match self.deed.word("ruling") {
            Some("stands") => Ruling::Stands,
            Some("not-owed") => Ruling::NotOwed,
            Some("breached") => Ruling::Breached,
            Some("stayed") => Ruling::Stayed,
            _ => Ruling::Owed,
        };
        Ok([(self.occurrence(&clause.cited(self.home))?, ruling)].into())
    }

    /// Who signs an act together with who does it.
    pub(super) fn together(&self, act: &Act) -> BTreeSet<PartyId> {
        let state = &self.world.state;
        let duty = match act {
            Act::DutyExtend(act) => &act.duty,
            Act::DutyWaive(act) => &act.duty,
            Act::ConditionWaive(act) => {
                let condition = state.condition(&act.condition);
                let seats = condition.iter().flat_map(|condition| &condition.waivable_by);
                let parties = seats.flat_map(|seat| state.agreement().parties_of(seat));
                return parties.cloned().collect();
            }
            Act::AssetDerive(_) => return self.deed_party("custodian").into_iter().collect(),
            _ => return BTreeSet::new(),
        };
        let clause = state.duty_clause(&duty.clause);
        let all = clause.map(|clause| state.addressees(&clause)).unwrap_or_default();
        // Who is none of them shows that it is refused.
        if all.contains(self.party) { all } else { BTreeSet::new() }
    }

    /// The seat for which a party signs together with others: the step's, if it fills that.
    pub(super) fn seat_for(&self, party: &PartyId) -> Option<SeatId> {
        let seat = &self.deed.seat;
        let fills = self.agreement().parties_of(seat).contains(party);
        if fills { Some(seat.clone()) } else { SIGNATORY.parse().ok() }
    }
}
