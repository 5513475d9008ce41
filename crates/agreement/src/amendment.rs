//! Whose signature an amendment takes.
//!
//! Words bind, and what they do to whom no program can tell: whoever changes a word asks
//! everybody. What can be told is what a change of fields does, of clauses that were there before,
//! with the values in the prose that are linked to them. That asks whom those clauses concern: no
//! party too few, now and then one too many.

mod delegation;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use concordat_terms::{ActName, AssetId, ClauseRef, ModuleId, PartyId, RuledBy, SeatId};
use serde::Serialize;

pub(crate) use delegation::leaves_a_field;
pub use delegation::{Delegation, delegated, delegations, leaving};

use crate::{
    Agreement, Asset, AssetKind, Clause, Duty, Event, Gate, Module, Rule, Silence, Terms, links,
};

/// Who must sign each module, and why.
pub type Signatures = BTreeMap<ModuleId, BTreeMap<PartyId, BTreeSet<Concern>>>;

/// Why a party is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Concern {
    /// It signs the module, as it is or as it would be.
    Signs(ModuleId),
    /// The module is new, or its words change: that concerns everybody.
    Words(ModuleId),
    /// A field of this clause changes, and the clause concerns it.
    Clause(ClauseRef),
}

impl fmt::Display for Concern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signs(module) => write!(f, "it signs `{module}`"),
            Self::Words(module) => write!(f, "the words of `{module}` bind it"),
            Self::Clause(clause) => write!(f, "`{clause}` concerns it"),
        }
    }
}

/// What an amendment of one module touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Touched {
    /// Words: the module is new, or something differs that is neither its version, nor a field of
    /// a clause that was there, nor a value in the prose that is linked to a field.
    Words,
    /// Fields of these clauses, and nothing else.
    Fields(BTreeSet<ClauseRef>),
}

impl Touched {
    /// How a module differs between two agreements.
    pub fn between(old: &Agreement, new: &Agreement, id: &ModuleId) -> Self {
        let (Some(was), Some(is)) = (old.modules().get(id), new.modules().get(id)) else {
            return Self::Words;
        };
        let same = was.clauses.keys().eq(is.clauses.keys());
        if !same || skeleton(old, was) != skeleton(new, is) {
            return Self::Words;
        }
        let differs = |clause: &&Arc<Clause>| {
            was.clauses.get(&clause.id).map(|was| was.print()) != Some(clause.print())
        };
        let fields = is.clauses.values().filter(differs);
        Self::Fields(fields.map(|clause| ClauseRef::new(id, &clause.id)).collect())
    }
}

/// A module's text without its version, the fields of its clauses, and the values that links hold
/// against them. A block with a remark stays as it is: remarks are words.
fn skeleton(agreement: &Agreement, module: &Module) -> String {
    let text = module.text();
    let mut out = String::new();
    let mut from = 0;
    for (range, clause) in &module.marks {
        out.push_str(text.get(from..range.start).unwrap_or_default());
        let block = text.get(range.clone()).unwrap_or_default();
        match clause {
            Some(clause) if !block.contains('#') => out.push_str(&format!("\u{0}{clause}\u{0}")),
            Some(_) => out.push_str(block),
            None => {
                let version = format!("\nversion = \"{}\"\n", module.version);
                out.push_str(&block.replacen(&version, "\n", 1));
            }
        }
        from = range.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    for (to, said) in links::held(agreement, module) {
        out = out.replace(&format!("[{said}](#{to})"), &format!("[\u{0}](#{to})"));
    }
    out
}

/// Who must sign each module of `new` that is another text than in `old`, and why: who signs it,
/// as it is and as it would be, and everybody whom the whole amendment concerns.
pub fn signatures(old: &Agreement, new: &Agreement) -> Signatures {
    let consents = consents(old, new);
    let of = |module: &Module| {
        let mut parties = consents.clone();
        let was = old.modules().get(&module.id).map(|was| old.signer_parties(was));
        let own = new.signer_parties(module).into_iter().chain(was.into_iter().flatten());
        for party in own {
            parties.entry(party).or_default().insert(Concern::Signs(module.id.clone()));
        }
        (module.id.clone(), parties)
    };
    changed(old, new).map(of).collect()
}

/// Whom an amendment concerns, and how.
pub fn consents(old: &Agreement, new: &Agreement) -> BTreeMap<PartyId, BTreeSet<Concern>> {
    let both = Both { old, new };
    let mut found: BTreeMap<PartyId, BTreeSet<Concern>> = BTreeMap::new();
    let mut add = |parties: BTreeSet<PartyId>, why: &Concern| {
        for party in parties {
            found.entry(party).or_default().insert(why.clone());
        }
    };
    for module in changed(old, new) {
        match Touched::between(old, new, &module.id) {
            Touched::Words => add(both.everybody(), &Concern::Words(module.id.clone())),
            Touched::Fields(clauses) => {
                for clause in clauses {
                    add(both.concerned(&clause), &Concern::Clause(clause.clone()));
                }
            }
        }
    }
    found
}

fn changed<'a>(old: &'a Agreement, new: &'a Agreement) -> impl Iterator<Item = &'a Module> {
    new.modules().values().filter(|module| {
        old.modules().get(&module.id).is_none_or(|was| was.digest != module.digest)
    })
}

/// The agreement as it is and as it would be.
struct Both<'a> {
    old: &'a Agreement,
    new: &'a Agreement,
}

impl Both<'_> {
    fn everybody(&self) -> BTreeSet<PartyId> {
        self.old.everybody().union(&self.new.everybody()).cloned().collect()
    }

    fn each(&self) -> [&Agreement; 2] {
        [self.old, self.new]
    }

    /// The parties of seats, before and after.
    fn seated<'b>(&self, seats: impl IntoIterator<Item = &'b SeatId>) -> BTreeSet<PartyId> {
        let seats = seats.into_iter();
        let parties = seats.flat_map(|seat| self.each().map(|a| a.parties_of(seat)));
        parties.flatten().cloned().collect()
    }

    /// Who holds or owns assets, or what is derived of them. Of anything but rows, whoever holds rows
    /// is concerned too: a model is made of them.
    fn holders<'b>(&self, assets: impl IntoIterator<Item = &'b AssetId>) -> BTreeSet<PartyId> {
        let mut parties = BTreeSet::new();
        for id in assets {
            for asset in self.each().into_iter().filter_map(|agreement| agreement.asset(id)) {
                parties.extend(self.seated(whose(asset.terms)));
                if asset.terms.kind != AssetKind::Dataset {
                    return self.all_holders();
                }
            }
        }
        parties
    }

    fn all_holders(&self) -> BTreeSet<PartyId> {
        let assets = self.each().into_iter().flat_map(|agreement| agreement.assets());
        let seats: Vec<&SeatId> = assets.flat_map(|asset| whose(asset.terms)).collect();
        self.seated(seats)
    }

    /// Whom a clause whose fields change concerns.
    fn concerned(&self, clause: &ClauseRef) -> BTreeSet<PartyId> {
        let (Some(was), Some(is)) = (self.old.clause(clause), self.new.clause(clause)) else {
            return self.everybody();
        };
        // What a ruling took away comes back with everybody's signature or not at all.
        if was.standing != is.standing || self.old.silence(clause) == Some(Silence::Invalid) {
            return self.everybody();
        }
        match (&was.terms, &is.terms) {
            (Terms::Permit(was), Terms::Permit(is)) | (Terms::Forbid(was), Terms::Forbid(is)) => {
                self.rule(was, is)
            }
            (Terms::Gate(was), Terms::Gate(is)) => self.gate(was, is),
            (Terms::Duty(was), Terms::Duty(is)) => self.duty(clause, was, is),
            // Of any other kind it cannot be told whom it leaves alone.
            _ => self.everybody(),
        }
    }

    /// Who may do the act, whose word is asked for before it, and who holds what it is about.
    fn rule(&self, was: &Rule, is: &Rule) -> BTreeSet<PartyId> {
        let Some(mut parties) = self.act(was.act, is.act) else { return self.everybody() };
        parties.extend(self.seated(was.by.iter().chain(&is.by)));
        if was.on.is_empty() || is.on.is_empty() {
            parties.extend(self.all_holders());
        } else {
            parties.extend(self.holders(was.on.iter().chain(&is.on)));
        }
        parties
    }

    fn gate(&self, was: &Gate, is: &Gate) -> BTreeSet<PartyId> {
        let Some(mut parties) = self.act(was.gate, is.gate) else { return self.everybody() };
        parties.extend(self.all_holders());
        if was.escalates_to != is.escalates_to {
            return self.everybody();
        }
        parties
    }

    /// Who is concerned by who may do an act; `None` if everybody is, since it is another act, or
    /// one that changes the agreement.
    fn act(&self, was: ActName, is: ActName) -> Option<BTreeSet<PartyId>> {
        let told = was == is && was.ruled_by() == RuledBy::Clauses;
        if !told
            || matches!(was, ActName::DeterminationEnter)
            || was.as_str().starts_with("module.")
        {
            return None;
        }
        let mut seats = BTreeSet::new();
        for agreement in self.each() {
            seats.extend(agreement.permits(was).flat_map(|permit| permit.terms.by.clone()));
            seats.extend(agreement.powers(was).map(|power| power.terms.holder.clone()));
            for gate in agreement.gates(was) {
                seats.extend(gate.terms.approvals.iter().map(|a| a.seat.clone()));
                seats.extend(gate.terms.evidence.iter().map(|need| need.by.clone()));
                let body = gate.terms.motion.as_ref().and_then(|body| agreement.body(body));
                seats.extend(body.into_iter().flat_map(|body| body.terms.members.clone()));
            }
        }
        Some(self.seated(&seats))
    }

    /// Who owes it and to whom, who holds what it is on, and for whom something begins when it is late
    /// or breached; everybody, where somebody outside is owed, or where the words for it or what
    /// follows change.
    fn duty(&self, clause: &ClauseRef, was: &Duty, is: &Duty) -> BTreeSet<PartyId> {
        let to: Option<Vec<&SeatId>> = was.to.iter().chain(&is.to).map(|to| to.seat()).collect();
        let same = was.duty == is.duty && was.consequence == is.consequence;
        let Some(to) = to.filter(|_| same) else {
            return self.everybody();
        };
        let mut parties = self.seated([&was.owner, &is.owner].into_iter().chain(to));
        parties.extend(self.holders(was.on.iter().chain(&is.on)));
        for agreement in self.each() {
            parties.extend(self.seated(follows(agreement, clause)));
        }
        parties
    }
}

/// The seats for whom something begins when a duty is late or breached: who holds a power that waits
/// for it or follows it, and who owes and is owed what is due then.
fn follows<'a>(agreement: &'a Agreement, duty: &ClauseRef) -> Vec<&'a SeatId> {
    let own = agreement.clause(duty);
    let named = own.and_then(|clause| match &clause.terms {
        Terms::Duty(duty) => duty.consequence.as_ref(),
        _ => None,
    });
    let named = named.map(|name| name.cited(&duty.module));
    let mut seats = Vec::new();
    for (module, clause) in agreement.clauses() {
        let waits = |event: Option<&Event>| match event {
            Some(Event::Late(name) | Event::Breach(name)) => name.cited(&module.id) == *duty,
            _ => false,
        };
        let follows = || named.as_ref() == Some(&ClauseRef::new(&module.id, &clause.id));
        match &clause.terms {
            Terms::Power(power) if waits(power.after.as_ref()) || follows() => {
                seats.push(&power.holder);
            }
            Terms::Duty(other) if waits(other.due.after.as_ref()) || follows() => {
                seats.push(&other.owner);
                seats.extend(other.to.iter().filter_map(|to| to.seat()));
            }
            _ => {}
        }
    }
    seats
}

/// The seats whose an asset is: who holds it, owns it, or owns what is derived from it.
fn whose(asset: &Asset) -> Vec<&SeatId> {
    let owners = asset.owner.iter().chain(&asset.derived_owner);
    owners.chain([&asset.holder]).collect()
}
