//! Whose consent an amendment takes: who signs the module, and everybody from whom it takes a
//! right or to whom it adds a duty or a risk.
//!
//! What acts it allows, refuses or gates otherwise is computed ([`effect()`]); prose that a clause
//! enforces is held to concern whom that clause concerns; a change of anything else in a module
//! concerns all who sign it. Where it cannot be told that somebody is not concerned, that party
//! is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use concordat_terms::{ActName, AssetId, BodyId, ClauseRef, ModuleId, PartyId, RuledBy, SeatId};
use serde::Serialize;

use crate::effect::{ActChange, Answer, ClauseChange, effect};
use crate::shape::Named;
use crate::{Agreement, Clause, Module, Power, Terms};

/// Who must sign each module, and why.
pub type Signatures = BTreeMap<ModuleId, BTreeMap<PartyId, BTreeSet<Concern>>>;

/// Why a party is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Concern {
    /// It signs the module, as it is or as it would be.
    Signs(ModuleId),
    /// It may no longer do something, or only after more.
    Loses(ActName),
    /// Others may do something to an asset of its, or with less asked of them first.
    Risks(ActName),
    /// A clause that names it, or names nobody, is new, gone or says something else.
    Clause(ClauseRef),
    /// The prose of such a clause does.
    Prose(ClauseRef),
}

impl fmt::Display for Concern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signs(module) => write!(f, "it signs `{module}`"),
            Self::Loses(act) => write!(f, "it may do less of `{act}`"),
            Self::Risks(act) => write!(f, "others may do more of `{act}`"),
            Self::Clause(clause) => write!(f, "`{clause}` concerns it"),
            Self::Prose(clause) => write!(f, "the prose of `{clause}` concerns it"),
        }
    }
}

/// What an amendment of one module touches, by its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Touched {
    /// Clauses that are new, gone, or have another block or other prose.
    pub clauses: BTreeSet<ClauseRef>,
    /// Whether anything else in it differs: signers, headings, prose that no clause enforces,
    /// scenarios. Its version and the ranges of what it needs do not count.
    pub frame: bool,
}

impl Touched {
    /// How two versions of a module differ; all of it, where there is no earlier one.
    pub fn between(old: Option<&Module>, new: &Module) -> Self {
        let of = |module: Option<&Module>| -> BTreeMap<ClauseRef, (String, String)> {
            let Some(module) = module else { return BTreeMap::new() };
            let each = module.clauses.values();
            each.map(|c| (ClauseRef::new(&module.id, &c.id), (c.print(), words(&c.prose))))
                .collect()
        };
        let (was, is) = (of(old), of(Some(new)));
        let all: BTreeSet<&ClauseRef> = was.keys().chain(is.keys()).collect();
        let clauses = all.into_iter().filter(|c| was.get(c) != is.get(c)).cloned().collect();
        Self { clauses, frame: old.is_none_or(|old| old.frame != new.frame) }
    }
}

/// Who must sign each module of `new` that is another text than in `old`, and why: who signs it,
/// as it is and as it would be, and everybody whom the whole amendment affects.
pub fn signatures(old: &Agreement, new: &Agreement) -> Signatures {
    let consents = consents(old, new);
    let changed = new.modules().values().filter(|module| {
        old.modules().get(&module.id).is_none_or(|was| was.digest != module.digest)
    });
    let of = |module: &Module| {
        let mut parties = consents.clone();
        let was = old.modules().get(&module.id).map(|was| old.signer_parties(was));
        let own = new.signer_parties(module).into_iter().chain(was.into_iter().flatten());
        for party in own {
            parties.entry(party).or_default().insert(Concern::Signs(module.id.clone()));
        }
        (module.id.clone(), parties)
    };
    changed.map(of).collect()
}

/// Whom an amendment affects, and how.
pub fn consents(old: &Agreement, new: &Agreement) -> BTreeMap<PartyId, BTreeSet<Concern>> {
    let mut asked = Asked { old, new, found: BTreeMap::new() };
    let effect = effect(old, new);
    for change in &effect.acts {
        asked.act(change);
    }
    for change in &effect.clauses {
        asked.clause(change);
    }
    for module in new.modules().values() {
        let was = old.modules().get(&module.id);
        if was.is_some_and(|was| was.digest == module.digest) {
            continue;
        }
        asked.module(was, module);
    }
    asked.found
}

/// Whether an earlier clause lets a seat bring this amendment into force without the others: a
/// power over `module.enter` that lists every clause that is touched, and nothing else is.
pub fn delegated<'a>(
    old: &'a Agreement,
    new: &Module,
    seat: &SeatId,
    via: Option<&BodyId>,
) -> Option<(ClauseRef, &'a Power)> {
    let touched = Touched::between(old.modules().get(&new.id), new);
    if touched.frame {
        return None;
    }
    let covers = |clause: &ClauseRef, power: &Power| {
        let named: BTreeSet<ClauseRef> =
            power.clauses.iter().map(|name| name.cited(&clause.module)).collect();
        power.holder == *seat
            && (power.over.is_empty() || power.over.contains(&new.id))
            && power.ratified_by.as_ref().is_none_or(|body| via == Some(body))
            && touched.clauses.is_subset(&named)
    };
    let powers = old.powers(ActName::ModuleEnter);
    let speaking = powers.filter(|power| old.silence(&power.clause).is_none());
    speaking.map(|power| (power.clause, power.terms)).find(|(clause, power)| covers(clause, power))
}

struct Asked<'a> {
    old: &'a Agreement,
    new: &'a Agreement,
    found: BTreeMap<PartyId, BTreeSet<Concern>>,
}

impl Asked<'_> {
    fn add(&mut self, parties: impl IntoIterator<Item = PartyId>, why: &Concern) {
        for party in parties {
            self.found.entry(party).or_default().insert(why.clone());
        }
    }

    fn everybody(&self) -> BTreeSet<PartyId> {
        let both = self.old.parties().chain(self.new.parties());
        both.filter_map(|party| party.id()).collect()
    }

    /// The parties of a seat, before and after.
    fn seated(&self, seat: &SeatId) -> BTreeSet<PartyId> {
        let mut parties = self.old.parties_of(seat);
        parties.extend(self.new.parties_of(seat));
        parties
    }

    /// The members of a body, before and after.
    fn members(&self, body: &str) -> BTreeSet<PartyId> {
        let both = [self.old, self.new].into_iter();
        let bodies = body.parse::<BodyId>().ok().into_iter();
        let seats = bodies.flat_map(|body| {
            both.clone().filter_map(move |a| a.body(&body).map(|b| b.terms.members.clone()))
        });
        seats.flat_map(|seat| self.seated(&seat)).collect()
    }

    fn holders<'b>(&self, assets: impl IntoIterator<Item = &'b AssetId>) -> BTreeSet<PartyId> {
        let mut parties = BTreeSet::new();
        for asset in assets {
            for agreement in [self.old, self.new] {
                let holder = agreement.asset(asset).map(|asset| &asset.terms.holder);
                parties.extend(holder.into_iter().flat_map(|seat| self.seated(seat)));
            }
        }
        parties
    }

    fn act(&mut self, change: &ActChange) {
        let own = match &change.region.parties {
            Some(parties) => parties.clone(),
            None => self.seated(&change.seat),
        };
        let (loses, risks) = direction(&change.was, &change.is);
        if loses {
            self.add(own.clone(), &Concern::Loses(change.act));
        }
        if risks {
            let mut at_risk = match &change.region.assets {
                Some(assets) => self.holders(assets.iter().flatten()),
                None if change.act.about().contains(&concordat_terms::Aspect::Asset) => {
                    let both = self.old.assets().chain(self.new.assets());
                    let all: Vec<AssetId> = both.filter_map(|asset| asset.id()).collect();
                    self.holders(&all)
                }
                None => self.everybody(),
            };
            at_risk.extend(self.gatekeepers(change.act));
            let others = at_risk.into_iter().filter(|party| own.len() > 1 || !own.contains(party));
            let others: Vec<PartyId> = others.collect();
            self.add(others, &Concern::Risks(change.act));
        }
    }

    /// Whose word is asked for before an act.
    fn gatekeepers(&self, act: ActName) -> BTreeSet<PartyId> {
        let mut parties = BTreeSet::new();
        for agreement in [self.old, self.new] {
            for gate in agreement.gates(act) {
                let seats = gate.terms.approvals.iter().map(|a| &a.seat);
                let seats = seats.chain(gate.terms.evidence.iter().map(|need| &need.by));
                parties.extend(seats.flat_map(|seat| self.seated(seat)));
                let body = gate.terms.motion.as_ref().and_then(|body| agreement.body(body));
                parties.extend(body.into_iter().flat_map(|b| self.seated(&b.terms.members)));
            }
        }
        parties
    }

    fn clause(&mut self, change: &ClauseChange) {
        let concerned = match (self.at(&change.clause), change.is_gone()) {
            // What is no longer owed is missed by whom it was owed to.
            ((Some(Clause { terms: Terms::Duty(duty), .. }), _), true) => {
                let to = duty.to.iter().filter_map(|to| to.seat());
                to.flat_map(|seat| self.seated(seat)).collect()
            }
            // A power is over everybody, and so is what a body decides.
            ((was, is), _) if [was, is].into_iter().flatten().any(over_all) => self.everybody(),
            _ => self.named(&change.clause),
        };
        self.add(concerned, &Concern::Clause(change.clause.clone()));
    }

    fn module(&mut self, was: Option<&Module>, module: &Module) {
        let touched = Touched::between(was, module);
        if touched.frame {
            let mut signers = self.new.signer_parties(module);
            signers.extend(was.into_iter().flat_map(|was| self.old.signer_parties(was)));
            self.add(signers, &Concern::Signs(module.id.clone()));
        }
        for clause in touched.clauses {
            let prose = |clause: Option<&Clause>| clause.map(|c| words(&c.prose));
            let (old, new) = self.at(&clause);
            // Whether a rule survives, say, is told by no answer.
            let standing = |clause: Option<&Clause>| clause.map(|c| c.standing.clone());
            let untold = old.is_some() && new.is_some() && standing(old) != standing(new);
            let why = match (prose(old) != prose(new), untold) {
                (_, true) => Concern::Clause(clause.clone()),
                (true, false) => Concern::Prose(clause.clone()),
                (false, false) => continue,
            };
            let named = self.named(&clause);
            self.add(named, &why);
        }
    }

    fn at(&self, clause: &ClauseRef) -> (Option<&Clause>, Option<&Clause>) {
        (self.old.clause(clause), self.new.clause(clause))
    }

    /// The parties that a clause names before or after, by themselves, by a seat or body of
    /// theirs, or by an asset that they hold; all of them, where it names nobody.
    fn named(&self, clause: &ClauseRef) -> BTreeSet<PartyId> {
        let mut parties = BTreeSet::new();
        let (old, new) = self.at(clause);
        for clause in [old, new].into_iter().flatten() {
            for reference in clause.terms.refers() {
                match reference.to {
                    Named::Party => parties.extend(reference.name.parse::<PartyId>()),
                    Named::Seat => {
                        parties.extend(reference.name.parse().iter().flat_map(|s| self.seated(s)));
                    }
                    Named::Decider => {
                        parties.extend(self.members(reference.name));
                        parties.extend(reference.name.parse().iter().flat_map(|s| self.seated(s)));
                    }
                    Named::Body => parties.extend(self.members(reference.name)),
                    Named::Asset => {
                        parties
                            .extend(reference.name.parse().iter().flat_map(|a| self.holders([a])));
                    }
                    _ => {}
                }
            }
        }
        if parties.is_empty() { self.everybody() } else { parties }
    }
}

/// Whether whoever asks is worse off, and whether others are.
fn direction(was: &Answer, is: &Answer) -> (bool, bool) {
    match (was, is) {
        (Answer::Allowed { gates: was }, Answer::Allowed { gates: is }) => {
            (!was.covers(is), !is.covers(was))
        }
        (Answer::Allowed { .. }, _) => (true, false),
        (_, Answer::Allowed { .. }) => (false, true),
        _ => (false, false),
    }
}

/// Whether a clause is over everybody, whomever it names.
fn over_all(clause: &Clause) -> bool {
    match &clause.terms {
        Terms::Power(_) | Terms::Body(_) => true,
        Terms::Gate(gate) => gate.gate.ruled_by() == RuledBy::Signers,
        _ => false,
    }
}

/// A text with its words one space apart: how lines break says nothing.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
