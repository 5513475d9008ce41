//! What the clauses in force say to a request. The fold's gate, `diff --effect` and the checks ask
//! the same function, so none of them can read a clause differently.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{
    ActName, AssetId, BodyId, ClauseRef, Country, ModuleId, PartyId, PurposeId, SeatId,
};
use serde_json::{Value, json};

use crate::{Agreement, Cited, Event, Gate, Power, Rule, RunKind, Silence};

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
    /// A power does; where it is to be ratified, by this body.
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
        let forbids = self.forbids(ask.act).filter(|f| self.strikes(&f.clause)).filter_map(
            |cited| match self.fits(cited.terms, ask, Reach::Any) {
                Fit::Yes => Some((cited.clause, None)),
                Fit::Fails(reason) => Some((cited.clause, Some(reason))),
                Fit::No(..) => None,
            },
        );
        let kind = ask.run.as_ref().map(|run| run.kind);
        let gates = self.gates(ask.act).filter(|gate| {
            self.strikes(&gate.clause)
                && (gate.terms.kinds.is_empty()
                    || kind.is_some_and(|k| gate.terms.kinds.contains(&k)))
        });
        Said { forbids: forbids.collect(), permit: self.permit(ask), gates: gates.collect() }
    }

    fn permit(&self, ask: &Ask<'_>) -> Permit {
        let mut nearest: Option<(u8, ClauseRef, String)> = None;
        let (mut failing, mut silent) = (None, None);
        let permits = self
            .permits(ask.act)
            .map(|permit| (permit.clause, self.fits(permit.terms, ask, Reach::All), None));
        let powers = self.powers(ask.act).map(|power| {
            (power.clause, empowers(power.terms, ask), Some(power.terms.ratified_by.clone()))
        });
        for (clause, fit, power) in permits.chain(powers) {
            let mute = self.mute(&clause, ask.act);
            match (fit, mute, power) {
                (Fit::Yes, Some(why), _) => silent = Some(Permit::Silent(clause, why)),
                (Fit::Yes, None, None) => return Permit::By(clause),
                (Fit::Yes, None, Some(ratified_by)) => return Permit::Power(clause, ratified_by),
                (Fit::Fails(reason), None, _) => failing = Some(Permit::Fails(clause, reason)),
                (Fit::No(met, lacks), None, _) => {
                    if nearest.as_ref().is_none_or(|(most, ..)| met > *most) {
                        nearest = Some((met, clause, lacks));
                    }
                }
                (Fit::No(..) | Fit::Fails(_), Some(_), _) => {}
            }
        }
        let nearest = nearest.map(|(_, clause, lacks)| Permit::Nearest(clause, lacks));
        failing.or(silent).or(nearest).unwrap_or(Permit::None)
    }

    /// Whether a rule speaks to a request: a permit must cover all of it, a forbid strikes where
    /// it touches any.
    pub fn fits(&self, rule: &Rule, ask: &Ask<'_>, reach: Reach) -> Fit {
        if !rule.by.is_empty() && !rule.by.contains(ask.seat) {
            let seats: Vec<String> = rule.by.iter().map(|s| format!("`{s}`")).collect();
            return Fit::No(0, format!("the seat {}", seats.join(" or ")));
        }
        let kind = ask.run.as_ref().map(|run| run.kind);
        if !rule.kinds.is_empty() && !kind.is_some_and(|k| rule.kinds.contains(&k)) {
            return Fit::No(1, "a kind of run that it names".to_owned());
        }
        if !covers(&rule.on, &ask.assets, reach) {
            return Fit::No(2, "an asset that it names".to_owned());
        }
        if !covers(&rule.purposes, &ask.purposes, reach) {
            let named: Vec<String> = rule.purposes.iter().map(|p| format!("`{p}`")).collect();
            return Fit::No(3, format!("a purpose that it names ({})", named.join(", ")));
        }
        let Some(when) = &rule.when else { return Fit::Yes };
        let (mut asked, mut held) = (0, 0);
        for place in each(&ask.places) {
            let meant = ask.assets.iter().filter(|a| rule.on.is_empty() || rule.on.contains(a));
            for asset in each(&meant.collect::<Vec<_>>()) {
                asked += 1;
                match when.holds(&self.facts(ask, place, asset.map(|a| **a))) {
                    Ok(true) => held += 1,
                    Ok(false) => {}
                    Err(reason) => return Fit::Fails(reason),
                }
            }
        }
        let fits = match reach {
            Reach::All => held == asked,
            Reach::Any => held > 0,
        };
        if fits { Fit::Yes } else { Fit::No(4, format!("its condition `{when}`")) }
    }

    /// The attributes a condition may ask about: of one place and one asset, of all there are.
    fn facts(
        &self,
        ask: &Ask<'_>,
        place: Option<&Place>,
        asset: Option<&AssetId>,
    ) -> BTreeMap<String, Value> {
        let mut facts = BTreeMap::new();
        if let Some(place) = place {
            let value = json!({ "class": place.class, "jurisdiction": place.jurisdiction });
            facts.insert("place".to_owned(), value);
        }
        if let Some(party) = ask.party
            && let Some(Cited { terms, .. }) = self.party(party)
        {
            let value = json!({
                "id": party.as_str(),
                "side": terms.side,
                "jurisdictions": terms.jurisdictions,
            });
            facts.insert("party".to_owned(), value);
        }
        if let Some(run) = &ask.run {
            let value = json!({
                "kind": run.kind,
                "purpose": run.purpose,
                "rounds": run.rounds,
                "participants": run.participants,
            });
            facts.insert("run".to_owned(), value);
        }
        if let Some(Cited { terms: asset, .. }) = asset.and_then(|id| self.asset(id)) {
            let value = json!({ "label": asset.label, "kind": asset.kind });
            facts.insert("asset".to_owned(), value);
        }
        facts
    }
}

/// Whether a power covers a request.
fn empowers(power: &Power, ask: &Ask<'_>) -> Fit {
    if power.holder != *ask.seat {
        return Fit::No(0, format!("the seat `{}`", power.holder));
    }
    if !power.over.is_empty() && !ask.module.is_some_and(|module| power.over.contains(module)) {
        return Fit::No(1, "a module that it is over".to_owned());
    }
    if !covers(&power.on, &ask.assets, Reach::All) {
        return Fit::No(2, "an asset that it names".to_owned());
    }
    match &power.after {
        None | Some(Event::InForce) => Fit::Yes,
        Some(event) => {
            Fit::No(3, format!("the event `{event}`, which these rules do not record yet"))
        }
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
