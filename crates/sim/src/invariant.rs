//! What must hold after every entry. Each invariant has a name, and says what broke it.

use std::collections::BTreeMap;
use std::fmt;

use concordat_partnership::act::{Plan, Signed};
use concordat_partnership::{
    Act, DutyStatus, Effect, MotionStatus, PartyStatus, Population, Verdict,
};
use concordat_terms::{ActName, ClauseRef, Cost, Decimal, Timestamp};

use crate::courses::Courses;
use crate::recount::Recount;
use crate::view::View;

/// The invariants by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// Every account sums to zero, and is what was posted.
    AccountsConserve,
    /// A duty that was known is known, and stands where an arrow leads from where it stood.
    DutiesStay,
    /// All replicas of a log give the same verdicts and have the same state.
    ReplicasAgree,
    /// A refused act changes nothing but the books of what was judged.
    RefusalsLeaveNoTrace,
    /// Nothing is carried out without the quorum of each side.
    QuorumPerSide,
    /// What was due has happened, once: each duty turns late once and is breached once, and what
    /// follows is owed once for each.
    DeadlinesOnce,
    /// Nothing panics.
    NothingPanics,
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AccountsConserve => "accounts conserve",
            Self::DutiesStay => "a duty never vanishes",
            Self::ReplicasAgree => "no verdict differs between replicas",
            Self::RefusalsLeaveNoTrace => "a refused act leaves no trace but its entry",
            Self::QuorumPerSide => "no motion is carried out without a quorum per side",
            Self::DeadlinesOnce => "deadlines fire exactly once",
            Self::NothingPanics => "nothing panics",
        })
    }
}

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub invariant: Invariant,
    /// What was seen.
    pub what: String,
}

/// One entry of the log as the invariants see it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its index.
    pub index: u64,
    /// The act, if it is one with good signatures.
    pub signed: Option<Signed>,
    /// The verdict.
    pub verdict: Verdict,
    /// The state before.
    pub before: View,
    /// The state after.
    pub after: View,
    /// Whether the state after differs from that before in its books at most.
    pub books_only: bool,
}

/// What the invariants remember of a log.
#[derive(Clone, Debug)]
pub struct Watch {
    recount: Recount,
    courses: Courses,
    /// Where things stood last, as effects told it.
    told: BTreeMap<String, String>,
    /// What was joined under privacy accounts.
    privacy: BTreeMap<Population, Cost>,
    plans: BTreeMap<concordat_terms::RunId, Plan>,
}

type Check = Result<(), Broken>;

fn broken(invariant: Invariant, what: String) -> Check {
    Err(Broken { invariant, what })
}

impl Watch {
    /// Of a log that is about to begin.
    pub fn new() -> Self {
        Self {
            recount: Recount::default(),
            courses: Courses::default(),
            told: BTreeMap::new(),
            privacy: BTreeMap::new(),
            plans: BTreeMap::new(),
        }
    }

    /// Looks at one entry, in the order of the log.
    ///
    /// # Errors
    /// [`Broken`]: the first invariant that does not hold.
    pub fn see(&mut self, seen: &Seen, state: &concordat_partnership::State) -> Check {
        no_trace(seen)?;
        self.conserves(seen, state)?;
        duties_stay(seen)?;
        self.recount.hear(seen, state)?;
        self.once(seen)?;
        self.courses.hear(seen, state.agreement())
    }

    /// Accounts, and what of privacy was spent, recounted from the acts.
    fn conserves(&mut self, seen: &Seen, state: &concordat_partnership::State) -> Check {
        let invariant = Invariant::AccountsConserve;
        let after = &seen.after;
        let mut sums: BTreeMap<(&ClauseRef, &str), Decimal> = BTreeMap::new();
        for ((clause, unit, _), amount) in &after.books {
            let sum = sums.entry((clause, unit)).or_insert(Decimal::ZERO);
            *sum = sum.plus(*amount).unwrap_or(Decimal::ZERO);
        }
        for ((clause, unit), sum) in sums {
            if sum != Decimal::ZERO {
                return broken(invariant, format!("the books of `{clause}` sum to {sum} {unit}"));
            }
        }
        if let Some((index, nth)) = after.unbalanced.first() {
            return broken(
                invariant,
                format!("posting {nth} of entry {index} does not sum to zero"),
            );
        }
        if after.books != after.posted {
            return broken(invariant, "the books are not what was posted".to_owned());
        }
        if let Some((signed, by)) = admitted(seen) {
            match &signed.act {
                Act::RunPropose(act) => {
                    self.plans.insert(act.run.clone(), act.plan.clone());
                }
                Act::RunJoin(act) => {
                    if let (Some(plan), Some(party)) = (self.plans.get(&act.run), by) {
                        for account in state.populations(plan, &party) {
                            let spent = self.privacy.entry(account).or_insert_with(Cost::zero);
                            *spent = spent.plus(&act.cost);
                        }
                    }
                }
                _ => {}
            }
        }
        if let Verdict::Admitted { effects, .. } = &seen.verdict {
            for effect in effects {
                if let Effect::PartyStands(old, PartyStatus::Followed { by, .. }) = effect {
                    self.follow(old, by);
                }
            }
        }
        match after.privacy == self.privacy {
            true => Ok(()),
            false => broken(invariant, "a privacy account is not what was reserved".to_owned()),
        }
    }

    /// Who follows a party has spent what that one has spent.
    fn follow(&mut self, old: &concordat_terms::PartyId, new: &concordat_terms::PartyId) {
        for ((party, asset), cost) in std::mem::take(&mut self.privacy) {
            let now = if party == *old { new.clone() } else { party };
            let spent = self.privacy.entry((now, asset)).or_insert_with(Cost::zero);
            *spent = spent.plus(&cost);
        }
    }

    /// What time was to do it has done, and what stands so does not come to stand so again.
    fn once(&mut self, seen: &Seen) -> Check {
        let invariant = Invariant::DeadlinesOnce;
        if let Verdict::Admitted { effects, .. } = &seen.verdict {
            for effect in effects {
                let Some((thing, stands)) = told(effect) else { continue };
                let before = self.told.insert(thing.clone(), stands.clone());
                // Who is looked at again may stand as before, until another day.
                let again = matches!(effect, Effect::ProcessorStands(..))
                    && does(seen, ActName::ProcessorRecheck);
                if before.as_ref() == Some(&stands) && !again {
                    return broken(invariant, format!("{thing} came to be {stands} twice"));
                }
            }
        }
        let Some(now) = seen.after.time else { return Ok(()) };
        if let Some(next) = seen.after.next.filter(|next| *next <= now) {
            return broken(
                invariant,
                format!("what was to come at {next} has not, and it is {now}"),
            );
        }
        overdue(seen, now).map_or(Ok(()), |what| broken(invariant, what))
    }
}

impl Default for Watch {
    fn default() -> Self {
        Self::new()
    }
}

/// The act and who did it, where it was admitted.
pub(crate) fn admitted(seen: &Seen) -> Option<(&Signed, Option<concordat_terms::PartyId>)> {
    match (&seen.signed, &seen.verdict) {
        (Some(signed), Verdict::Admitted { by, .. }) => {
            Some((signed, by.as_ref().and_then(|by| by.party.clone())))
        }
        _ => None,
    }
}

fn no_trace(seen: &Seen) -> Check {
    if seen.verdict.is_admitted() || (seen.books_only && seen.before == seen.after) {
        return Ok(());
    }
    let what = format!("an act that was {} changed the state", seen.verdict.in_words());
    broken(Invariant::RefusalsLeaveNoTrace, what)
}

/// What should have happened by now, by the times that things themselves name.
fn overdue(seen: &Seen, now: Timestamp) -> Option<String> {
    let duty = seen.after.duties.iter().find(|(_, duty)| {
        duty.status == DutyStatus::Active && duty.due.is_some_and(|due| due <= now)
    });
    let duty = duty.map(|(id, _)| format!("duty `{id}` is past its day and not late"));
    let motion = seen.after.motions.iter().find(|(_, motion)| match motion.status {
        MotionStatus::Open => motion.open_until <= now,
        MotionStatus::Succeeded => motion.lapses_at <= now,
        _ => false,
    });
    duty.or(motion.map(|(id, _)| format!("motion `{id}` is over and stands as before")))
}

/// The act that was done, or that a body did by the motion.
pub(crate) fn does(seen: &Seen, act: ActName) -> bool {
    let Some(signed) = &seen.signed else { return false };
    signed.act.name() == act || matches!(&signed.act, Act::MotionExecute(_))
}

fn duties_stay(seen: &Seen) -> Check {
    let invariant = Invariant::DutiesStay;
    for (id, before) in &seen.before.duties {
        let Some(after) = seen.after.duties.get(id) else {
            return broken(invariant, format!("duty `{id}` is not known any more"));
        };
        if before.started != after.started {
            return broken(invariant, format!("the clock of duty `{id}` started twice"));
        }
    }
    Ok(())
}

/// A thing and how it stands, of effects that say so.
fn told(effect: &Effect) -> Option<(String, String)> {
    let (thing, stands) = match effect {
        Effect::MotionStands(id, status) => (format!("motion {id}"), format!("{status:?}")),
        Effect::ConditionStands(id, status) => (format!("condition {id}"), format!("{status:?}")),
        Effect::MandateStands(id, status) => (format!("mandate {id}"), format!("{status:?}")),
        Effect::PartyStands(id, status) => (format!("party {id}"), format!("{status:?}")),
        Effect::CaseStands(id, status) => (format!("case {id}"), format!("{status:?}")),
        Effect::CaseStage(id, stage) => (format!("stage of case {id}"), stage.to_string()),
        Effect::ClockStands(id, clock, status) => {
            (format!("clock {clock} of case {id}"), format!("{status:?}"))
        }
        Effect::ProcessorStands(party, id, status) => {
            (format!("processor {id} of {party}"), format!("{status:?}"))
        }
        Effect::PowerStands(index, clause, status) => {
            (format!("what {clause} did at {index}"), format!("{status:?}"))
        }
        Effect::CorrectionStands(index, status) => {
            (format!("correction of {index}"), format!("{status:?}"))
        }
        _ => return None,
    };
    Some((thing, stands))
}

impl Watch {
    /// A log that was founded before anybody looked.
    pub(crate) fn begun(&mut self, world: &crate::world::World) {
        let state = world.replica.state();
        self.privacy =
            state.accounts().iter().map(|(own, charged)| (own.clone(), charged.total())).collect();
        self.courses.begun(&crate::view::View::of(state));
        self.recount.begun(state);
        let plans = state.runs().iter().map(|(id, run)| (id.clone(), run.proposed.plan.clone()));
        self.plans = plans.collect();
    }
}
