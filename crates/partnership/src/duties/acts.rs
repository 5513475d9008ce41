//! The acts about duties and notices: what they carry, and what stands in their way.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Addressee, Channel, Cited, Duty as Clause, Force, Notice};
use concordat_terms::{ActName, ClauseRef, Decimal, Digest, MetricId, PartyId, Period, Timestamp};
use serde::{Deserialize, Serialize};

use super::refusal::DutyRefusal as No;
use super::{Duty, DutyId, DutyStatus, Tolled};
use crate::act::Act;
use crate::deed::{Deed, Hearing, Hears};
use crate::gate::Matter;
use crate::refusal::Refusal;
use crate::state::State;
use crate::verdict::Actor;

/// `duty.discharge`: says that a duty is done, with what shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DutyDischarge {
    /// The duty.
    pub duty: DutyId,
    /// What shows it, a blob.
    pub evidence: Digest,
    /// The figures that its clause has reported.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub figures: BTreeMap<MetricId, Decimal>,
}

/// `duty.toll`: stops a duty's clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DutyToll {
    /// The duty.
    pub duty: DutyId,
    /// On which ground.
    pub ground: Ground,
    /// What shows it, a blob.
    pub evidence: Digest,
}

/// Why a clock stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// Force majeure that its owner claims.
    ForceMajeure,
    /// The order of an authority, as somebody enters it who does not owe the duty.
    Authority,
    /// The log was silent for longer than agreed: nobody could act.
    Unavailable,
    /// Its module is suspended.
    Suspension,
    /// The correction of the verdict behind it was asked for.
    Correction,
    /// What it is to delete is kept as evidence.
    Hold,
    /// A determination has stayed it.
    Stay,
}

/// `duty.resume`: lets the clock run on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DutyResume {
    /// The duty.
    pub duty: DutyId,
}

/// `duty.extend`: gives more time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DutyExtend {
    /// The duty.
    pub duty: DutyId,
    /// How much more.
    pub by: Period,
}

/// `duty.waive`: lets it go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DutyWaive {
    /// The duty.
    pub duty: DutyId,
}

/// `duty.dispute`: its owner says that it is not owed, or not late, and no breach follows until that
/// is settled; somebody to whom it is owed says that its force majeure, an authority's order or its
/// discharge does not count. A determination settles both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DutyDispute {
    /// The duty.
    pub duty: DutyId,
    /// The reasons, a blob.
    pub reasons: Digest,
}

/// What a determination says of a duty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ruling {
    /// What was disputed stands as it is: what was claimed counts.
    Stands,
    /// It is owed as its clause says: no force majeure, no order and no discharge counts.
    Owed,
    /// It is not owed.
    NotOwed,
    /// It is breached.
    Breached,
    /// Its clock stands still until it is ruled otherwise, or its owner goes on.
    Stayed,
}

/// `notice.serve`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeServe {
    /// To whom.
    pub to: PartyId,
    /// About which duty that is late: its cure period starts when the notice counts as received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duty: Option<DutyId>,
    /// About which clause, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<ClauseRef>,
    /// The way in which it was given; this log, if it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// Its text, a blob.
    pub text: Digest,
}

/// `notice.acknowledge`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeAcknowledge {
    /// The index of the entry that served it.
    pub notice: u64,
}

/// What the acts about duties change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    Discharged(DutyId),
    Tolled(DutyId, Ground),
    Resumed(DutyId, &'static [Ground]),
    Extended(DutyId, Period),
    Waived(DutyId),
    Disputed(DutyId, Digest),
    Contested { duty: DutyId, by: PartyId, reasons: Digest },
    Noticed { by: PartyId, notice: NoticeServe, received: Timestamp },
    Acknowledged(u64),
}

impl From<Change> for crate::change::Change {
    fn from(change: Change) -> Self {
        Self::Duty(change)
    }
}

impl Deed for DutyDischarge {
    fn hears(&self, _: &State, _: &Actor) -> Hears<'_> {
        Hears { by_name: true, ..Hears::default() }
    }

    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_duty(matter, &self.duty);
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let (duty, clause) = hearing.state.owed(&self.duty, out)?;
        still_open(&self.duty, duty, out);
        owner_acts(&self.duty, hearing, out);
        let by = clause.terms.discharged_by;
        if by != ActName::DutyDischarge {
            let (duty, clause) = (self.duty.clone(), clause.clause.clone());
            out.push(No::DischargedOtherwise { duty, by, clause }.into());
        }
        let missing = clause.terms.reports.iter().filter(|f| !self.figures.contains_key(*f));
        let missing: Vec<String> = missing.map(|figure| format!("`{figure}`")).collect();
        if !missing.is_empty() {
            let (duty, clause, missing) = (self.duty.clone(), clause.clause, missing.join(", "));
            out.push(No::FiguresMissing { duty, missing, clause }.into());
        }
        Some(Change::Discharged(self.duty.clone()).into())
    }
}

impl Deed for DutyToll {
    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_duty(matter, &self.duty);
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let (duty, clause) = hearing.state.owed(&self.duty, out)?;
        let mut needs = [DutyStatus::Active].as_slice();
        match self.ground {
            Ground::Authority => {
                if owes(&self.duty, hearing, out)? && hearing.via.is_none() {
                    let (duty, clause) = (self.duty.clone(), clause.clause.clone());
                    out.push(No::OwnOrder { duty, clause }.into());
                }
            }
            Ground::ForceMajeure | Ground::Unavailable => {
                owner_acts(&self.duty, hearing, out);
                not_statutory(&self.duty, &clause, hearing.state, out);
            }
            Ground::Suspension | Ground::Correction | Ground::Hold | Ground::Stay => {
                let reason =
                    "a suspension, correction, hold or stay stops the clock by itself".to_owned();
                out.push(Refusal::Unfit { reason });
            }
        }
        if self.ground == Ground::Unavailable {
            // A due date that fell into an outage has passed before anybody could say so.
            needs = &[DutyStatus::Active, DutyStatus::Late];
            if hearing.state.outages_of(duty).is_empty() {
                out.push(No::NoOutage { duty: self.duty.clone() }.into());
            }
        }
        must_be(&self.duty, duty, needs, out);
        if self.ground == Ground::ForceMajeure
            && hearing.state.force_majeure_left(duty) == Some(0)
            && let Some(instrument) = hearing.state.agreement.instrument()
        {
            let (duty, clause) = (self.duty.clone(), instrument.clause);
            out.push(No::ForceMajeureSpent { duty, clause }.into());
        }
        Some(Change::Tolled(self.duty.clone(), self.ground).into())
    }
}

impl Deed for DutyResume {
    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_duty(matter, &self.duty);
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let (duty, _) = hearing.state.owed(&self.duty, out)?;
        must_be(&self.duty, duty, &[DutyStatus::Tolled], out);
        // Who does not owe it can take back an authority's order, as it can enter one.
        let mut grounds = Ground::OF_ITS_OWNER;
        if duty.is_stopped_by(Ground::Authority) && !owes(&self.duty, hearing, out)? {
            grounds = &[Ground::Authority];
        } else {
            owner_acts(&self.duty, hearing, out);
        }
        let stopped = grounds.iter().any(|ground| duty.is_stopped_by(*ground));
        if duty.is_stopped_by(Ground::Hold) && !stopped {
            let (duty, is) = (self.duty.clone(), "stopped by a legal hold");
            out.push(No::State { duty, is, needs: "free of holds".to_owned() }.into());
        }
        Some(Change::Resumed(self.duty.clone(), grounds).into())
    }
}

impl Deed for DutyExtend {
    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_duty(matter, &self.duty);
    }

    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        state.owed(&self.duty, out);
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let (duty, clause) = hearing.state.owed(&self.duty, out)?;
        must_be(&self.duty, duty, &[DutyStatus::Active, DutyStatus::Tolled], out);
        not_statutory(&self.duty, &clause, hearing.state, out);
        addressees_act(&self.duty, &clause, hearing, out);
        Some(Change::Extended(self.duty.clone(), self.by).into())
    }
}

impl Deed for DutyWaive {
    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_duty(matter, &self.duty);
    }

    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        state.owed(&self.duty, out);
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let (duty, clause) = hearing.state.owed(&self.duty, out)?;
        still_open(&self.duty, duty, out);
        not_statutory(&self.duty, &clause, hearing.state, out);
        addressees_act(&self.duty, &clause, hearing, out);
        Some(Change::Waived(self.duty.clone()).into())
    }
}

impl Deed for DutyDispute {
    fn subject(&self) -> Option<Digest> {
        Some(self.reasons)
    }

    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        state.add_duty(matter, &self.duty);
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let (duty, clause) = hearing.state.owed(&self.duty, out)?;
        let by = hearing.by.party(out)?;
        let owes = hearing.state.agreement.before(by).contains(&self.duty.owner);
        if hearing.state.addressees(&clause).contains(by) && !owes {
            return contest(self, duty, by, out);
        }
        still_open(&self.duty, duty, out);
        owner_acts(&self.duty, hearing, out);
        if duty.disputed.is_some() {
            let duty = self.duty.clone();
            let needs = "undisputed".to_owned();
            out.push(No::State { duty, is: "disputed", needs }.into());
        }
        Some(Change::Disputed(self.duty.clone(), self.reasons).into())
    }
}

/// Somebody to whom it is owed contests what its owner claimed: once, until that is settled.
fn contest(
    act: &DutyDispute,
    duty: &Duty,
    by: &PartyId,
    out: &mut Vec<Refusal>,
) -> Option<crate::change::Change> {
    let claimed = duty.tolled.iter().any(|toll| toll.ground.is_claimed());
    let discharged = matches!(duty.status, DutyStatus::Discharged { .. });
    let needs = match (&duty.contested, duty.status.is_open() && claimed || discharged) {
        (Some(_), _) => Some(("contested", "uncontested")),
        (None, false) => {
            let needs = "discharged, or stopped by force majeure or an order";
            Some((duty.status.as_str(), needs))
        }
        (None, true) => None,
    };
    if let Some((is, needs)) = needs {
        let (duty, needs) = (act.duty.clone(), needs.to_owned());
        out.push(No::State { duty, is, needs }.into());
    }
    let (duty, by, reasons) = (act.duty.clone(), by.clone(), act.reasons);
    Some(Change::Contested { duty, by, reasons }.into())
}

impl Deed for NoticeServe {
    fn hears(&self, _: &State, _: &Actor) -> Hears<'_> {
        Hears { to: Some(&self.to), ..Hears::default() }
    }

    fn subject(&self) -> Option<Digest> {
        Some(self.text)
    }

    fn about<'a>(&'a self, state: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        self.duty.iter().for_each(|duty| state.add_duty(matter, duty));
    }

    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let state = hearing.state;
        let by = hearing.by.party(out)?.clone();
        // Who has followed a party is given notice in its place.
        let to = state.agreement.last(&self.to);
        if state.agreement.party(&self.to).is_none() {
            out.push(No::UnknownParty { party: self.to.clone() }.into());
        }
        if let Some(clause) = self.clause.as_ref().filter(|c| state.law_of(c).clause(c).is_none()) {
            out.push(Refusal::UnknownClause { clause: clause.clone() });
        }
        if let Some(id) = &self.duty {
            let (duty, clause) = state.owed(id, out)?;
            must_be(id, duty, &[DutyStatus::Late], out);
            let owner = state.agreement.last(&id.owner);
            if to != owner {
                let (party, owner) = (self.to.clone(), owner.clone());
                out.push(No::NotTheOwner { duty: id.clone(), party, owner }.into());
            }
            if duty.notice.is_some() {
                let (duty, is) = (id.clone(), "notified");
                out.push(No::State { duty, is, needs: "not notified".to_owned() }.into());
            }
            if !state.addressees(&clause).contains(&by) {
                let (duty, missing) = (id.clone(), vec![by.clone()]);
                out.push(No::NotAnAddressee { duty, missing, clause: clause.clause }.into());
            }
        }
        let channel = self.channel.unwrap_or(Channel::Log);
        let agreed: Vec<Cited<'_, Notice>> = state.notices_to(to).collect();
        if let Some(clause) = agreed.iter().find(|n| !n.terms.channels.contains(&channel)) {
            let channels = &clause.terms.channels;
            let agreed = channels.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(" or ");
            let clause = clause.clause.clone();
            out.push(No::WrongChannel { channel: channel.as_str(), agreed, clause }.into());
        }
        let received = state.deemed_received(to);
        Some(Change::Noticed { by, notice: self.clone(), received }.into())
    }
}

impl Deed for NoticeAcknowledge {
    fn judge(
        &self,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<crate::change::Change> {
        let party = hearing.by.party(out)?;
        let before = hearing.state.agreement.before(party);
        let notice = hearing.state.duties.notices.get(&self.notice);
        if notice.is_none_or(|own| !before.contains(&own.served.to) || own.acknowledged) {
            out.push(No::UnknownNotice { index: self.notice, party: party.clone() }.into());
        }
        Some(Change::Acknowledged(self.notice).into())
    }
}

impl State {
    /// A duty and its clause in force, refusing one that is not there.
    pub(crate) fn owed(
        &self,
        id: &DutyId,
        out: &mut Vec<Refusal>,
    ) -> Option<(&Duty, Cited<'_, Clause>)> {
        let duty = self.duties.all.get(id);
        let clause = self.duty_clause(&id.clause);
        if duty.is_none() || clause.is_none() {
            out.push(No::UnknownDuty { duty: id.clone() }.into());
        }
        Some((duty?, clause?))
    }

    /// Refuses rulings on duties that are not there, or over.
    pub(crate) fn ruled(&self, duties: &BTreeMap<DutyId, Ruling>, out: &mut Vec<Refusal>) {
        for id in duties.keys() {
            let Some((duty, _)) = self.owed(id, out) else { continue };
            if let is @ (DutyStatus::Waived(_) | DutyStatus::Superseded(_)) = duty.status {
                let (duty, is) = (id.clone(), is.as_str());
                out.push(No::RulingDoesNothing { duty, is }.into());
            }
        }
    }

    pub(crate) fn add_duty<'a>(&'a self, matter: &mut Matter<'a>, id: &DutyId) {
        let clause = self.duty_clause(&id.clause);
        matter.ask.assets.extend(clause.iter().flat_map(|clause| &clause.terms.on));
        matter.project = self.duties.triggers.home(&id.clause.module);
        if let Some(module) = self.agreement.modules().get(&id.clause.module) {
            matter.ask.module = Some(&module.id);
        }
    }

    /// The parties to whom a duty is owed; who does not sign is none of them.
    pub(crate) fn addressees(&self, clause: &Cited<'_, Clause>) -> BTreeSet<PartyId> {
        let seats = clause.terms.to.iter().filter_map(|to| match to {
            Addressee::Seat(seat) => Some(seat),
            Addressee::Outside(_) => None,
        });
        seats.flat_map(|seat| self.agreement.parties_of(seat)).cloned().collect()
    }

    /// Who owes a duty that an act gives more time or lets go, and to whom it is owed.
    pub(crate) fn sides_of(&self, act: &Act) -> BTreeSet<PartyId> {
        let id = match act {
            Act::DutyExtend(act) => &act.duty,
            Act::DutyWaive(act) => &act.duty,
            _ => return BTreeSet::new(),
        };
        let owed = self.duty_clause(&id.clause).map(|clause| self.addressees(&clause));
        owed.into_iter().flatten().chain([id.owner.clone()]).collect()
    }

    /// The times in which the log was silent for longer than agreed while a duty's clock ran, and
    /// which were not counted out yet.
    pub(super) fn outages_of(&self, duty: &Duty) -> Vec<Tolled> {
        let Some(due) = duty.due else { return Vec::new() };
        let while_it_ran = self.outages.iter().filter(|o| o.1 > duty.started && o.0 < due);
        let tolled = while_it_ran.map(|(from, until)| Tolled {
            ground: Ground::Unavailable,
            from: *from,
            until: Some(*until),
        });
        tolled.filter(|outage| !duty.tolled.contains(outage)).collect()
    }

    /// When a notice that is served now counts as received.
    fn deemed_received(&self, to: &PartyId) -> Timestamp {
        let now = self.time.unwrap_or(Timestamp::EPOCH);
        // The longest of those that speak of the addressee: nobody has less time than agreed.
        let after = self.notices_to(to).map(|notice| now.plus(notice.terms.deemed_received));
        after.max().unwrap_or(now)
    }

    /// The clauses on how a party is given notice.
    fn notices_to(&self, to: &PartyId) -> impl Iterator<Item = Cited<'_, Notice>> {
        self.agreement.notices().filter(move |notice| match &notice.terms.to {
            Addressee::Seat(seat) => self.agreement.parties_of(seat).contains(to),
            Addressee::Outside(_) => false,
        })
    }
}

/// Nobody here lets go what a statute demands, or gives it more time.
fn not_statutory(id: &DutyId, clause: &Cited<'_, Clause>, state: &State, out: &mut Vec<Refusal>) {
    if state.force_of(&clause.clause) == Force::Statutory {
        let (duty, clause) = (id.clone(), clause.clause.clone());
        out.push(No::StatutoryClock { duty, clause }.into());
    }
}

fn still_open(id: &DutyId, duty: &Duty, out: &mut Vec<Refusal>) {
    if !duty.status.is_open() {
        let (duty, is) = (id.clone(), duty.status.as_str());
        out.push(No::State { duty, is, needs: "still owed".to_owned() }.into());
    }
}

fn must_be(id: &DutyId, duty: &Duty, needs: &[DutyStatus], out: &mut Vec<Refusal>) {
    if !needs.contains(&duty.status) {
        let words: Vec<&str> = needs.iter().map(|status| status.as_str()).collect();
        let (duty, is) = (id.clone(), duty.status.as_str());
        out.push(No::State { duty, is, needs: words.join(" or ") }.into());
    }
}

fn owner_acts(id: &DutyId, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) {
    let agreement = &hearing.state.agreement;
    let owes = |party: &PartyId| agreement.before(party).contains(&id.owner);
    if let Some(party) = hearing.by.party(out).filter(|party| !owes(party)) {
        let (party, owner) = (party.clone(), id.owner.clone());
        out.push(No::NotTheOwner { duty: id.clone(), party, owner }.into());
    }
}

/// Whether the party that acts owes what the duty's clause says, as this duty's owner or another.
fn owes(id: &DutyId, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Option<bool> {
    let state = hearing.state;
    let party = hearing.by.party(out)?;
    let own = state.agreement.before(party).contains(&id.owner);
    Some(own || state.owners(&id.clause).contains(party))
}

/// What is owed to several is let go by all of them, or by the body that the agreement names.
fn addressees_act(
    id: &DutyId,
    clause: &Cited<'_, Clause>,
    hearing: &Hearing<'_>,
    out: &mut Vec<Refusal>,
) {
    // A body that the agreement names, or who has the power, lets it go for them.
    if hearing.via.is_some() || hearing.by_power {
        return;
    }
    let owed = hearing.state.addressees(clause);
    let missing: Vec<PartyId> = owed.difference(&hearing.by.parties).cloned().collect();
    // What is owed outside alone nobody here can let go.
    if owed.is_empty() || !missing.is_empty() {
        let (duty, missing, clause) = (id.clone(), missing, clause.clause.clone());
        out.push(No::NotAnAddressee { duty, missing, clause }.into());
    }
}
