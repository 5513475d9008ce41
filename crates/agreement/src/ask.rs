//! What the clauses in force say to a request. The fold's gate, `diff --effect` and the checks ask
//! the same function, so none of them can read a clause differently.

mod lacks;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use concordat_terms::{
    ActName, AssetId, BodyId, ClauseRef, Country, ModuleId, PartyId, PurposeId, SeatId,
};

use crate::{Agreement, Cited, Event, Facts, Gate, MissingFact, Power, Rule, RunKind, Silence};

pub use lacks::Lacks;
use lacks::Unheld;

/// The isolation classes: shared, dedicated and beside the data, attested.
pub const CLASSES: RangeInclusive<u8> = 1..=3;

/// A request, as far as clauses ask about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask<'a> {
    /// The act.
    pub act: ActName,
    /// The seat for which it is asked.
    pub seat: &'a SeatId,
    /// The party that asks; none for the sequencer.
    pub party: Option<&'a PartyId>,
    /// What it is about.
    pub assets: BTreeSet<&'a AssetId>,
    /// What for.
    pub purposes: BTreeSet<&'a PurposeId>,
    /// Where.
    pub places: Vec<Place>,
    /// The run that it is about.
    pub run: Option<RunFacts>,
    /// The module that it is about.
    pub module: Option<&'a ModuleId>,
    /// Which powers may be used whose event is to come first.
    pub awake: Awake,
}

/// Which of the powers that wait for an event may be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Awake {
    /// All of them: what the text allows, whatever has happened.
    All,
    /// These: their event has come.
    These(BTreeSet<ClauseRef>),
}

/// A place, as far as conditions ask about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its isolation class, 1 to 3.
    pub class: u8,
    /// The country whose law governs it.
    pub jurisdiction: Country,
}

/// A run, as far as clauses ask about it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunFacts {
    /// Its kind.
    pub kind: RunKind,
    /// Its purpose.
    pub purpose: PurposeId,
    /// How many rounds it has.
    pub rounds: u32,
    /// How many participants it names.
    pub participants: u32,
}

/// What the clauses say to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said<'a> {
    /// The forbids that strike, each with the reason why its condition could not be evaluated, if
    /// that is why it strikes.
    pub forbids: Vec<(ClauseRef, Option<String>)>,
    /// The permit.
    pub permit: Permit,
    /// The gates before it.
    pub gates: Vec<Cited<'a, Gate>>,
}

/// Whether a clause permits a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permit {
    /// This one does.
    By(ClauseRef),
    /// A power does; where a body is to decide it first, this one: what is ratified afterwards waits
    /// for nobody.
    Power(ClauseRef, Option<BodyId>),
    /// This one would, and does not speak.
    Silent(ClauseRef, Silence),
    /// The condition of this one could not be evaluated: the reason.
    Fails(ClauseRef, String),
    /// None does; this one comes nearest, and what it lacks is told as a phrase.
    Nearest(ClauseRef, String),
    /// No clause names the act.
    None,
}

/// Whether a rule speaks to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It does.
    Yes,
    /// The first demand that is not met.
    No(Lacks),
    /// Its condition could not be evaluated.
    Fails(String),
}

impl Said<'_> {
    /// Whether nothing stands in the way but gates.
    pub fn allows(&self) -> bool {
        self.forbids.is_empty() && matches!(self.permit, Permit::By(_) | Permit::Power(..))
    }
}

impl Agreement {
    /// What the clauses say to a request.
    pub fn says(&self, ask: &Ask<'_>) -> Said<'_> {
        let permits = self.permit_rules(ask.act);
        let permits = permits.filter(|(clause, _)| self.mute(clause, ask.act).is_none());
        let forbids = self.forbid_rules(ask.act).filter(|(clause, _)| self.strikes(clause));
        let kind = ask.run.as_ref().map(|run| run.kind);
        let gates = self.gates(ask.act).filter(|gate| self.strikes(&gate.clause));
        let permit = match self.permitted(permits, ask) {
            permit @ Permit::By(_) => permit,
            permit => self.empowered(ask, permit),
        };
        Said {
            forbids: self.forbidden(forbids, ask),
            permit: self.within_project(ask, permit),
            gates: gates.filter(|gate| gate.terms.before(kind)).collect(),
        }
    }

    /// What the frame allows, as far as a project's own permits of the act, if it has any, cover it
    /// too. Nothing here turns a refusal into a permission.
    fn within_project(&self, ask: &Ask<'_>, permit: Permit) -> Permit {
        let mut narrowing = self.narrowing_rules(ask.act).peekable();
        if narrowing.peek().is_none() || !matches!(permit, Permit::By(_) | Permit::Power(..)) {
            return permit;
        }
        match self.permitted(narrowing, ask) {
            Permit::By(_) => permit,
            lacks => lacks,
        }
    }

    /// What no permit allows: by a power, or by a clause that does not speak.
    fn empowered(&self, ask: &Ask<'_>, permit: Permit) -> Permit {
        let mut nearest = None;
        for Cited { clause, terms } in self.powers(ask.act) {
            match (self.empowers(&clause, terms, ask), self.mute(&clause, ask.act)) {
                (Ok(()), None) => {
                    let first = terms.ratified_by.clone().filter(|_| !ask.act.can_be_undone());
                    return Permit::Power(clause, first);
                }
                (Ok(()), Some(why)) => nearest = Some(Permit::Silent(clause, why)),
                (Err(unheld), None) if permit == Permit::None => {
                    nearest.get_or_insert_with(|| Permit::Nearest(clause, terms.told(unheld)));
                }
                _ => {}
            }
        }
        for (clause, terms) in self.permit_rules(ask.act) {
            let mute = self.mute(clause, ask.act);
            if let Some(why) = mute.filter(|_| self.fits(terms, ask, Reach::All) == Fit::Yes) {
                nearest = Some(Permit::Silent(clause.clone(), why));
            }
        }
        match (permit, nearest) {
            (permit @ Permit::Fails(..), _) | (permit, None) => permit,
            (_, Some(nearest)) => nearest,
        }
    }

    /// The power by which a request passes what gates ask.
    pub fn glass(&self, ask: &Ask<'_>) -> Option<Cited<'_, Power>> {
        let mut powers = self.powers(ask.act).filter(|power| power.terms.break_glass.is_some());
        powers.find(|power| {
            let Cited { clause, terms } = power;
            self.empowers(clause, terms, ask).is_ok() && self.mute(clause, ask.act).is_none()
        })
    }

    /// Whether a power covers a request: of a party that fills its holder, whatever seat it acts
    /// for, since a body's decision is carried out for the seat of its members.
    fn empowers(&self, clause: &ClauseRef, power: &Power, ask: &Ask<'_>) -> Result<(), Unheld> {
        let holds = |party| self.parties_of(&power.holder).contains(party);
        if power.holder != *ask.seat && !ask.party.is_some_and(holds) {
            return Err(Unheld::Seat);
        }
        if !power.over.is_empty() && !ask.module.is_some_and(|module| power.over.contains(module)) {
            return Err(Unheld::Module);
        }
        if !covers(&power.on, &ask.assets, Reach::All) {
            return Err(Unheld::Asset);
        }
        match (&power.after, &ask.awake) {
            (None | Some(Event::InForce), _) | (_, Awake::All) => Ok(()),
            (Some(_), Awake::These(awake)) if awake.contains(clause) => Ok(()),
            (Some(_), Awake::These(_)) => Err(Unheld::Event),
        }
    }

    /// Which of some forbids strike.
    pub(crate) fn forbidden<'r>(
        &self,
        forbids: impl IntoIterator<Item = (&'r ClauseRef, &'r Rule)>,
        ask: &Ask<'_>,
    ) -> Vec<(ClauseRef, Option<String>)> {
        let strikes = forbids.into_iter().filter_map(|(clause, rule)| {
            let failed = match self.fits(rule, ask, Reach::Any) {
                Fit::Yes => None,
                Fit::Fails(reason) => Some(reason),
                Fit::No(_) => return None,
            };
            Some((clause.clone(), failed))
        });
        strikes.collect()
    }

    /// Which of some permits allows it, or what the nearest lacks.
    pub(crate) fn permitted<'r>(
        &self,
        permits: impl IntoIterator<Item = (&'r ClauseRef, &'r Rule)>,
        ask: &Ask<'_>,
    ) -> Permit {
        // The one that lacks the latest; of two that lack the same, the one for this kind of run.
        let mut nearest: Option<((Lacks, bool), &ClauseRef, &Rule)> = None;
        let mut failing = None;
        let kind = ask.run.as_ref().map(|run| run.kind);
        for (clause, rule) in permits {
            match self.fits(rule, ask, Reach::All) {
                Fit::Yes => return Permit::By(clause.clone()),
                Fit::Fails(reason) => failing = Some(Permit::Fails(clause.clone(), reason)),
                Fit::No(lacks) => {
                    let near = (lacks, kind.is_some_and(|kind| rule.kinds.contains(&kind)));
                    if nearest.is_none_or(|(most, ..)| near > most) {
                        nearest = Some((near, clause, rule));
                    }
                }
            }
        }
        let nearest =
            nearest.map(|((lacks, _), clause, rule)| (clause, self.told(rule, lacks, ask)));
        let nearest = nearest.map(|(clause, told)| Permit::Nearest(clause.clone(), told));
        failing.or(nearest).unwrap_or(Permit::None)
    }

    /// Whether a rule speaks to a request: a permit must cover all of it, a forbid strikes where
    /// it touches any.
    pub fn fits(&self, rule: &Rule, ask: &Ask<'_>, reach: Reach) -> Fit {
        let kind = ask.run.as_ref().map(|run| run.kind);
        if let Some(lacks) = rule.lacks(ask.seat, kind, &ask.assets, &ask.purposes, reach) {
            return Fit::No(lacks);
        }
        let Some(when) = &rule.when else { return Fit::Yes };
        let (mut asked, mut held) = (0, 0);
        let failed: Result<(), MissingFact> = self.each_case(rule, ask, |facts| {
            asked += 1;
            held += usize::from(when.holds(facts)?);
            Ok(())
        });
        if let Err(reason) = failed {
            return Fit::Fails(reason.to_string());
        }
        let fits = match reach {
            Reach::All => held == asked,
            Reach::Any => held > 0,
        };
        if fits { Fit::Yes } else { Fit::No(Lacks::Condition) }
    }

    /// Asks about each of the cases that the condition of a rule is asked about: each place with each
    /// of the rule's assets.
    fn each_case<E>(
        &self,
        rule: &Rule,
        ask: &Ask<'_>,
        mut answer: impl FnMut(&Facts<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let party = ask.party.and_then(|id| Some((id, self.party(id)?.terms)));
        let meant = ask.assets.iter().filter(|a| rule.on.is_empty() || rule.on.contains(a));
        let meant: Vec<_> = meant.map(|id| self.asset(id).map(|asset| asset.terms)).collect();
        for place in each(&ask.places) {
            for asset in each(&meant) {
                let (run, asset) = (ask.run.as_ref(), asset.copied().flatten());
                answer(&Facts { place, party, run, asset })?;
            }
        }
        Ok(())
    }
}

impl Gate {
    /// Whether it stands before an act about a run of this kind.
    pub(crate) fn before(&self, kind: Option<RunKind>) -> bool {
        self.kinds.is_empty() || kind.is_some_and(|kind| self.kinds.contains(&kind))
    }
}

/// How much of a request a rule must speak to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All of it: a permit.
    All,
    /// Any of it: a forbid.
    Any,
}

/// Each of some things; once nothing, where there are none: a condition is asked at least once.
fn each<T>(things: &[T]) -> impl Iterator<Item = Option<&T>> {
    let none = things.is_empty().then_some(None);
    things.iter().map(Some).chain(none)
}

/// Whether a clause's list speaks to what an act is about: an empty list always does; a permit
/// needs every item of the act in the list, a forbid only one.
fn covers<T: Ord>(list: &[T], asked: &BTreeSet<&T>, reach: Reach) -> bool {
    list.is_empty()
        || match reach {
            Reach::All => !asked.is_empty() && asked.iter().all(|item| list.contains(item)),
            Reach::Any => asked.iter().any(|item| list.contains(item)),
        }
}
