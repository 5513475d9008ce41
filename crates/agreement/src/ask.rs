//! What the clauses in force say to a request. The fold's gate, `diff --effect` and the checks ask
//! the same function, so none of them can read a clause differently.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use concordat_terms::{
    ActName, AssetId, BodyId, ClauseRef, Country, ModuleId, PartyId, PurposeId, SeatId,
};

use crate::{Agreement, Cited, Event, Facts, Gate, Power, Rule, RunKind, Silence};

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
    /// How many demands are met before the first that is not, and what is lacking, as a phrase.
    No(u8, String),
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
        let speaks = |clause: &ClauseRef| self.mute(clause, ask.act).is_none();
        let permits: Vec<_> = self.permits(ask.act).filter(|p| speaks(&p.clause)).collect();
        let forbids: Vec<_> =
            self.forbids(ask.act).filter(|forbid| self.strikes(&forbid.clause)).collect();
        let kind = ask.run.as_ref().map(|run| run.kind);
        let gates = self.gates(ask.act).filter(|gate| self.strikes(&gate.clause));
        let permit = match self.permitted(&permits, ask) {
            permit @ Permit::By(_) => permit,
            permit => self.empowered(ask, permit),
        };
        Said {
            forbids: self.forbidden(&forbids, ask),
            permit: self.within_project(ask, permit),
            gates: gates.filter(|gate| gate.terms.before(kind)).collect(),
        }
    }

    /// What the frame allows, as far as a project's own permits of the act, if it has any, cover it
    /// too. Nothing here turns a refusal into a permission.
    fn within_project(&self, ask: &Ask<'_>, permit: Permit) -> Permit {
        let narrowing: Vec<_> = self.narrowing(ask.act).collect();
        if narrowing.is_empty() || !matches!(permit, Permit::By(_) | Permit::Power(..)) {
            return permit;
        }
        match self.permitted(&narrowing, ask) {
            Permit::By(_) => permit,
            lacks => lacks,
        }
    }

    /// What no permit allows: by a power, or by a clause that does not speak.
    fn empowered(&self, ask: &Ask<'_>, permit: Permit) -> Permit {
        let mut nearest = None;
        for Cited { clause, terms } in self.powers(ask.act) {
            match (self.empowers(&clause, terms, ask), self.mute(&clause, ask.act)) {
                (Fit::Yes, None) => {
                    let first = terms.ratified_by.clone().filter(|_| !ask.act.can_be_undone());
                    return Permit::Power(clause, first);
                }
                (Fit::Yes, Some(why)) => nearest = Some(Permit::Silent(clause, why)),
                (Fit::No(_, lacks), None) if permit == Permit::None => {
                    nearest.get_or_insert(Permit::Nearest(clause, lacks));
                }
                _ => {}
            }
        }
        for Cited { clause, terms } in self.permits(ask.act) {
            let mute = self.mute(&clause, ask.act);
            if let Some(why) = mute.filter(|_| self.fits(terms, ask, Reach::All) == Fit::Yes) {
                nearest = Some(Permit::Silent(clause, why));
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
            self.empowers(clause, terms, ask) == Fit::Yes && self.mute(clause, ask.act).is_none()
        })
    }

    /// Whether a power covers a request: of a party that fills its holder, whatever seat it acts
    /// for, since a body's decision is carried out for the seat of its members.
    fn empowers(&self, clause: &ClauseRef, power: &Power, ask: &Ask<'_>) -> Fit {
        let holds = |party| self.parties_of(&power.holder).contains(party);
        if power.holder != *ask.seat && !ask.party.is_some_and(holds) {
            return Fit::No(0, format!("the seat `{}`", power.holder));
        }
        if !power.over.is_empty() && !ask.module.is_some_and(|module| power.over.contains(module)) {
            return Fit::No(1, "a module that it is over".to_owned());
        }
        if !covers(&power.on, &ask.assets, Reach::All) {
            return Fit::No(2, "an asset that it names".to_owned());
        }
        match (&power.after, &ask.awake) {
            (None | Some(Event::InForce), _) | (_, Awake::All) => Fit::Yes,
            (Some(_), Awake::These(awake)) if awake.contains(clause) => Fit::Yes,
            (Some(event), Awake::These(_)) => {
                Fit::No(3, format!("the event `{event}`, which has not come, or is over"))
            }
        }
    }

    /// Which of some forbids strike.
    pub(crate) fn forbidden(
        &self,
        forbids: &[Cited<'_, Rule>],
        ask: &Ask<'_>,
    ) -> Vec<(ClauseRef, Option<String>)> {
        let strikes = forbids.iter().filter_map(|cited| {
            let failed = match self.fits(cited.terms, ask, Reach::Any) {
                Fit::Yes => None,
                Fit::Fails(reason) => Some(reason),
                Fit::No(..) => return None,
            };
            Some((cited.clause.clone(), failed))
        });
        strikes.collect()
    }

    /// Which of some permits allows it, or what the nearest lacks.
    pub(crate) fn permitted(&self, permits: &[Cited<'_, Rule>], ask: &Ask<'_>) -> Permit {
        let mut nearest: Option<(u8, &ClauseRef, String)> = None;
        let mut failing = None;
        for Cited { clause, terms } in permits {
            match self.fits(terms, ask, Reach::All) {
                Fit::Yes => return Permit::By(clause.clone()),
                Fit::Fails(reason) => failing = Some(Permit::Fails(clause.clone(), reason)),
                Fit::No(met, lacks) => {
                    if nearest.as_ref().is_none_or(|(most, ..)| met > *most) {
                        nearest = Some((met, clause, lacks));
                    }
                }
            }
        }
        let nearest = nearest.map(|(_, clause, lacks)| Permit::Nearest(clause.clone(), lacks));
        failing.or(nearest).unwrap_or(Permit::None)
    }

    /// Whether a rule speaks to a request: a permit must cover all of it, a forbid strikes where
    /// it touches any.
    pub fn fits(&self, rule: &Rule, ask: &Ask<'_>, reach: Reach) -> Fit {
        let kind = ask.run.as_ref().map(|run| run.kind);
        if let Some(lacks) = rule.lacks(ask.seat, kind, &ask.assets, &ask.purposes, reach) {
            return Fit::No(lacks as u8, rule.phrase(lacks));
        }
        let Some(when) = &rule.when else { return Fit::Yes };
        let (mut asked, mut held) = (0, 0);
        let mut unmet: Option<String> = None;
        let party = ask.party.and_then(|id| Some((id, self.party(id)?.terms)));
        let meant = ask.assets.iter().filter(|a| rule.on.is_empty() || rule.on.contains(a));
        let meant: Vec<_> = meant.map(|id| self.asset(id).map(|asset| asset.terms)).collect();
        for place in each(&ask.places) {
            for asset in each(&meant) {
                asked += 1;
                let run = ask.run.as_ref();
                let facts = Facts { place, party, run, asset: asset.copied().flatten() };
                match when.holds(&facts) {
                    Ok(true) => held += 1,
                    Ok(false) => {
                        unmet.get_or_insert_with(|| when.met(&facts));
                    }
                    Err(reason) => return Fit::Fails(reason.to_string()),
                }
            }
        }
        let fits = match reach {
            Reach::All => held == asked,
            Reach::Any => held > 0,
        };
        if fits {
            return Fit::Yes;
        }
        let met = unmet.filter(|met| !met.is_empty()).map(|met| format!(", where {met}"));
        let lacks = rule.phrase(Lacks::Condition) + &met.unwrap_or_default();
        Fit::No(Lacks::Condition as u8, lacks)
    }
}

/// The first demand of a rule that a request does not meet, in the order in which they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Lacks {
    Seat,
    Kind,
    Asset,
    Purpose,
    Condition,
}

impl Rule {
    /// What a request lacks, its condition apart.
    pub(crate) fn lacks(
        &self,
        seat: &SeatId,
        kind: Option<RunKind>,
        assets: &BTreeSet<&AssetId>,
        purposes: &BTreeSet<&PurposeId>,
        reach: Reach,
    ) -> Option<Lacks> {
        if !self.seats(seat) {
            Some(Lacks::Seat)
        } else if !self.kinds.is_empty() && !kind.is_some_and(|k| self.kinds.contains(&k)) {
            Some(Lacks::Kind)
        } else if !self.covers_assets(assets, reach) {
            Some(Lacks::Asset)
        } else if !self.covers_purposes(purposes, reach) {
            Some(Lacks::Purpose)
        } else {
            None
        }
    }

    /// Whether it speaks to acts for a seat.
    pub(crate) fn seats(&self, seat: &SeatId) -> bool {
        self.by.is_empty() || self.by.contains(seat)
    }

    /// Whether it speaks to acts about these assets.
    pub(crate) fn covers_assets(&self, assets: &BTreeSet<&AssetId>, reach: Reach) -> bool {
        covers(&self.on, assets, reach)
    }

    /// Whether it speaks to acts for these purposes.
    pub(crate) fn covers_purposes(&self, purposes: &BTreeSet<&PurposeId>, reach: Reach) -> bool {
        covers(&self.purposes, purposes, reach)
    }

    fn phrase(&self, lacks: Lacks) -> String {
        match lacks {
            Lacks::Seat => {
                let seats: Vec<String> = self.by.iter().map(|seat| format!("`{seat}`")).collect();
                format!("the seat {}", seats.join(" or "))
            }
            Lacks::Kind => "a kind of run that it names".to_owned(),
            Lacks::Asset => "an asset that it names".to_owned(),
            Lacks::Purpose => {
                let named: Vec<String> = self.purposes.iter().map(|p| format!("`{p}`")).collect();
                format!("a purpose that it names ({})", named.join(", "))
            }
            Lacks::Condition => {
                let when = self.when.as_ref().map(ToString::to_string).unwrap_or_default();
                format!("its condition `{when}`")
            }
        }
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
