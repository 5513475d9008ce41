//! Modules that fit together, and the questions the fold asks them.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::sync::Arc;

use concordat_terms::{
    ActName, AssetId, BodyId, ClauseRef, Digest, ModuleId, PartyId, PurposeId, SeatId,
};

use crate::index::{Index, Listed};
use crate::silence::Stopped;
use crate::standing_in::Moved;
use crate::{
    Account, Aggregation, Asset, Body, CaseKind, Clause, ClauseName, Condition, CreditRow, Duty,
    Gate, Instrument, Ip, Ladder, Liability, Module, Notice, Objective, Party, Power, Privacy,
    Purpose, Recognise, Rule, Scenario, Seat, Signal, TableOf, Terms, Warranty, Witnesses,
};

/// A set of modules that fit together; only [`crate::assemble()`] makes one that is not empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    pub(crate) modules: BTreeMap<ModuleId, Module>,
    pub(crate) stopped: Stopped,
    pub(crate) moved: Moved,
    pub(crate) index: Arc<Index>,
}

/// Who fills what is no seat.
static NOBODY: BTreeSet<PartyId> = BTreeSet::new();

/// A clause's terms and its citation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cited<'a, T> {
    /// The clause, as a verdict cites it.
    pub clause: ClauseRef,
    /// What it says.
    pub terms: &'a T,
}

impl<T> Cited<'_, T> {
    /// The clause's name as the name of what it defines: a seat, a party, an asset, a body.
    /// All of them are spelt alike, so there always is one.
    pub fn id<I: FromStr>(&self) -> Option<I> {
        self.clause.clause.as_str().parse().ok()
    }

    /// The citation and the terms.
    pub(crate) fn pair(&self) -> (&ClauseRef, &T) {
        (&self.clause, self.terms)
    }
}

/// Picks the terms of one kind.
type Pick<T> = fn(&Terms) -> Option<&T>;

macro_rules! picks {
    ($($name:ident: $kind:ident -> $terms:ty;)*) => {
        $(fn $name(terms: &Terms) -> Option<&$terms> {
            match terms {
                Terms::$kind(terms) => Some(terms),
                _ => None,
            }
        })*
    };
}

picks! {
    as_party: Party -> Party;
    as_seat: Seat -> Seat;
    as_purpose: Purpose -> Purpose;
    as_objective: Objective -> Objective;
    as_asset: Asset -> Asset;
    as_permit: Permit -> Rule;
    as_forbid: Forbid -> Rule;
    as_gate: Gate -> Gate;
    as_power: Power -> Power;
    as_body: Body -> Body;
    as_privacy: Privacy -> Privacy;
    as_aggregation: Aggregation -> Aggregation;
    as_witnesses: Witnesses -> Witnesses;
    as_duty: Duty -> Duty;
    as_signal: Signal -> Signal;
    as_notice: Notice -> Notice;
    as_condition: Condition -> Condition;
    as_warranty: Warranty -> Warranty;
    as_recognise: Recognise -> Recognise;
    as_instrument: Instrument -> Instrument;
    as_account: Account -> Account;
    as_ip: Ip -> Ip;
    as_liability: Liability -> Liability;
    as_table: Table -> TableOf;
    as_ladder: Ladder -> Ladder;
}

impl Agreement {
    /// The modules by name.
    pub fn modules(&self) -> &BTreeMap<ModuleId, Module> {
        &self.modules
    }

    /// The modules of the project, where the agreement has any; else all, which are the frame's.
    pub fn innermost(&self) -> impl Iterator<Item = &Module> {
        let project = self.modules.values().any(|module| module.project.is_some());
        self.modules.values().filter(move |module| module.project.is_some() == project)
    }

    /// The same agreement with another version of one module; nobody has asked whether that fits
    /// together.
    #[must_use]
    pub fn with(mut self, module: Module) -> Self {
        self.modules.insert(module.id.clone(), module);
        self.reindex();
        self.hush();
        self
    }

    /// The digest over the modules' digests, in the order of their names: what stands for the
    /// whole set.
    pub fn digest(&self) -> Digest {
        let digests: Vec<&[u8]> =
            self.modules.values().map(|module| module.digest.as_bytes().as_slice()).collect();
        Digest::of_parts(&digests)
    }

    /// The clause that a verdict cites.
    pub fn clause(&self, cited: &ClauseRef) -> Option<&Clause> {
        let mut named = self.index.named(cited.clause.as_str());
        named.find(|listed| listed.name.module == cited.module).map(|listed| &*listed.clause)
    }

    /// Every clause with its module, in the order of their names.
    pub fn clauses(&self) -> impl Iterator<Item = (&Module, &Clause)> {
        self.modules.values().flat_map(|m| m.clauses.values().map(move |c| (m, &**c)))
    }

    /// The scenario that another of `module` goes on from: one of its own, or `module/name`.
    pub fn scenario<'a>(
        &'a self,
        module: &'a Module,
        name: &str,
    ) -> Option<(&'a Module, &'a Scenario)> {
        let of = |home: &'a Module, name: &str| {
            home.scenarios.iter().find(|scenario| scenario.name == name).map(|s| (home, s))
        };
        let elsewhere = || {
            let (home, name) = name.split_once('/')?;
            of(self.modules.get(&home.parse().ok()?)?, name)
        };
        of(module, name).or_else(elsewhere)
    }

    /// Every party.
    pub fn parties(&self) -> impl Iterator<Item = Cited<'_, Party>> {
        self.all("party", as_party)
    }

    /// Every seat.
    pub fn seats(&self) -> impl Iterator<Item = Cited<'_, Seat>> {
        self.all("seat", as_seat)
    }

    /// Every purpose.
    pub fn purposes(&self) -> impl Iterator<Item = Cited<'_, Purpose>> {
        self.all("purpose", as_purpose)
    }

    /// Every objective.
    pub fn objectives(&self) -> impl Iterator<Item = Cited<'_, Objective>> {
        self.all("objective", as_objective)
    }

    /// Every asset.
    pub fn assets(&self) -> impl Iterator<Item = Cited<'_, Asset>> {
        self.all("asset", as_asset)
    }

    /// Every body.
    pub fn bodies(&self) -> impl Iterator<Item = Cited<'_, Body>> {
        self.all("body", as_body)
    }

    /// Every privacy account.
    pub fn privacies(&self) -> impl Iterator<Item = Cited<'_, Privacy>> {
        self.all("privacy", as_privacy)
    }

    /// Every duty, a project's too.
    pub fn duties(&self) -> impl Iterator<Item = Cited<'_, Duty>> {
        self.everywhere("duty", as_duty)
    }

    /// The duty of this name.
    pub fn duty(&self, clause: &ClauseRef) -> Option<Cited<'_, Duty>> {
        let terms = as_duty(&self.clause(clause)?.terms)?;
        Some(Cited { clause: clause.clone(), terms })
    }

    /// Every signal.
    pub fn signals(&self) -> impl Iterator<Item = Cited<'_, Signal>> {
        self.all("signal", as_signal)
    }

    /// The signal of this name.
    pub fn signal(&self, clause: &ClauseRef) -> Option<Cited<'_, Signal>> {
        let terms = as_signal(&self.clause(clause)?.terms)?;
        Some(Cited { clause: clause.clone(), terms })
    }

    /// What modules wait for, or end with.
    pub fn conditions(&self) -> impl Iterator<Item = Cited<'_, Condition>> {
        self.all("condition", as_condition)
    }

    /// What is warranted, in a project too.
    pub fn warranties(&self) -> impl Iterator<Item = Cited<'_, Warranty>> {
        self.everywhere("warranty", as_warranty)
    }

    /// Whose results count from elsewhere.
    pub fn recognitions(&self) -> impl Iterator<Item = Cited<'_, Recognise>> {
        self.all("recognise", as_recognise)
    }

    /// The account of this name.
    pub fn account(&self, clause: &ClauseRef) -> Option<Cited<'_, Account>> {
        let terms = as_account(&self.clause(clause)?.terms)?;
        Some(Cited { clause: clause.clone(), terms })
    }

    /// Every account.
    pub fn ledgers(&self) -> impl Iterator<Item = Cited<'_, Account>> {
        self.all("account", as_account)
    }

    /// Who owns what, by this clause.
    pub fn ip(&self, clause: &ClauseRef) -> Option<Cited<'_, Ip>> {
        let terms = as_ip(&self.clause(clause)?.terms)?;
        Some(Cited { clause: clause.clone(), terms })
    }

    /// Who answers for what, by this clause.
    pub fn liability(&self, clause: &ClauseRef) -> Option<Cited<'_, Liability>> {
        let terms = as_liability(&self.clause(clause)?.terms)?;
        Some(Cited { clause: clause.clone(), terms })
    }

    /// Every clause on who answers for what.
    pub fn liabilities(&self) -> impl Iterator<Item = Cited<'_, Liability>> {
        self.all("liability", as_liability)
    }

    /// The table that a clause of this module points to.
    pub fn table(&self, name: &ClauseName, home: &ModuleId) -> Option<&TableOf> {
        as_table(&self.clause(&name.cited(home))?.terms)
    }

    /// What is owed for a value across a threshold, by the table of amounts of a clause on
    /// liability; `None` if it has none that can be computed.
    pub fn credits(&self, liability: &ClauseRef) -> Option<Vec<CreditRow>> {
        let terms = self.liability(liability)?.terms;
        let table = self.table(terms.amounts.as_ref()?, &liability.module)?;
        table.credits(terms.base.as_ref())
    }

    /// What kind of instrument it is: the first clause that says so.
    pub fn instrument(&self) -> Option<Cited<'_, Instrument>> {
        self.all("instrument", as_instrument).next()
    }

    /// Who decides about cases of a kind, one after another.
    pub fn ladder(&self, of: CaseKind) -> Option<Cited<'_, Ladder>> {
        self.all("ladder", as_ladder).find(|ladder| ladder.terms.cases.contains(&of))
    }

    /// Who owns what the partnership makes.
    pub fn ips(&self) -> impl Iterator<Item = Cited<'_, Ip>> {
        self.all("ip", as_ip)
    }

    /// How notice is given.
    pub fn notices(&self) -> impl Iterator<Item = Cited<'_, Notice>> {
        self.all("notice", as_notice)
    }

    /// The permits of an act.
    pub fn permits(&self, act: ActName) -> impl Iterator<Item = Cited<'_, Rule>> {
        self.permit_rules(act).map(cited)
    }

    /// What forbids an act, a project's forbids too.
    pub fn forbids(&self, act: ActName) -> impl Iterator<Item = Cited<'_, Rule>> {
        self.forbid_rules(act).map(cited)
    }

    /// The gates before an act, a project's too.
    pub fn gates(&self, act: ActName) -> impl Iterator<Item = Cited<'_, Gate>> {
        self.index.about(act, "gate").iter().filter_map(|listed| listed.cite(as_gate))
    }

    /// The permits of an act that a project has: one of them must cover what the frame permits, if
    /// there is any, and none of them permits anything by itself.
    pub fn narrowing(&self, act: ActName) -> impl Iterator<Item = Cited<'_, Rule>> {
        self.narrowing_rules(act).map(cited)
    }

    /// What a seat may do alone of an act.
    pub fn powers(&self, act: ActName) -> impl Iterator<Item = Cited<'_, Power>> {
        let listed = self.index.about(act, "power").iter();
        listed.filter(|listed| listed.frame).filter_map(|listed| listed.cite(as_power))
    }

    /// The party of this name, or whom it follows, where the text does not name it.
    pub fn party(&self, id: &PartyId) -> Option<Cited<'_, Party>> {
        let followed = || self.before(id).iter().find_map(|p| self.named(p.as_str(), as_party));
        self.named(id.as_str(), as_party).or_else(followed)
    }

    /// The seat of this name.
    pub fn seat(&self, id: &SeatId) -> Option<Cited<'_, Seat>> {
        self.named(id.as_str(), as_seat)
    }

    /// The purpose of this name.
    pub fn purpose(&self, id: &PurposeId) -> Option<Cited<'_, Purpose>> {
        self.named(id.as_str(), as_purpose)
    }

    /// The asset of this name.
    pub fn asset(&self, id: &AssetId) -> Option<Cited<'_, Asset>> {
        self.named(id.as_str(), as_asset)
    }

    /// The body of this name.
    pub fn body(&self, id: &BodyId) -> Option<Cited<'_, Body>> {
        self.named(id.as_str(), as_body)
    }

    /// The privacy account of the persons whom a dataset is about.
    pub fn privacy(&self, dataset: &AssetId) -> Option<Cited<'_, Privacy>> {
        self.privacies().find(|cited| cited.terms.covers(dataset))
    }

    /// How contributions are summed; an agreement has at most one such clause.
    pub fn aggregation(&self) -> Option<Cited<'_, Aggregation>> {
        self.all("aggregation", as_aggregation).next()
    }

    /// Who must cosign; an agreement has at most one such clause.
    pub fn witnesses(&self) -> Option<Cited<'_, Witnesses>> {
        self.all("witnesses", as_witnesses).next()
    }

    /// The parties that fill a seat; none, if there is no such seat.
    pub fn parties_of(&self, seat: &SeatId) -> &BTreeSet<PartyId> {
        self.index.fill(seat).unwrap_or(&NOBODY)
    }

    /// The parties that sit in a body, whether or not they vote.
    pub fn members_of(&self, body: &Body) -> BTreeSet<PartyId> {
        body.members.iter().flat_map(|seat| self.parties_of(seat)).cloned().collect()
    }

    /// The seats that a party fills.
    pub fn seats_of(&self, party: &PartyId) -> BTreeSet<SeatId> {
        self.index.filled_by(party).cloned().collect()
    }

    /// The parties whose signatures a module needs.
    pub fn signer_parties(&self, module: &Module) -> BTreeSet<PartyId> {
        module.signers.iter().flat_map(|signer| self.signer(signer)).collect()
    }

    /// The parties that `all`, a party's name or a seat's name stand for.
    pub(crate) fn signer(&self, signer: &str) -> BTreeSet<PartyId> {
        if signer == "all" {
            return self.everybody();
        }
        let party = signer.parse().ok().filter(|id| self.party(id).is_some());
        let party = party.and_then(|party| self.now(&party));
        let seat = signer.parse().map_or(&NOBODY, |id| self.parties_of(&id));
        party.into_iter().chain(seat.iter().cloned()).collect()
    }

    /// The permits of an act, with their names.
    pub(crate) fn permit_rules(&self, act: ActName) -> impl Iterator<Item = (&ClauseRef, &Rule)> {
        let listed = self.index.about(act, "permit").iter().filter(|listed| listed.frame);
        listed.filter_map(|listed| listed.rule(as_permit))
    }

    /// What a project permits of an act, with the names.
    pub(crate) fn narrowing_rules(
        &self,
        act: ActName,
    ) -> impl Iterator<Item = (&ClauseRef, &Rule)> {
        let listed = self.index.about(act, "permit").iter().filter(|listed| !listed.frame);
        listed.filter_map(|listed| listed.rule(as_permit))
    }

    /// What forbids an act, a project's forbids too, with their names.
    pub(crate) fn forbid_rules(&self, act: ActName) -> impl Iterator<Item = (&ClauseRef, &Rule)> {
        self.index.about(act, "forbid").iter().filter_map(|listed| listed.rule(as_forbid))
    }

    /// Those of the frame: no project gives a right, a seat or an asset.
    fn all<'a, T: 'a>(
        &'a self,
        kind: &'static str,
        pick: Pick<T>,
    ) -> impl Iterator<Item = Cited<'a, T>> {
        let listed = self.index.of_kind(kind).iter();
        listed.filter(|listed| listed.frame).filter_map(move |listed| listed.cite(pick))
    }

    /// A project's too.
    fn everywhere<'a, T: 'a>(
        &'a self,
        kind: &'static str,
        pick: Pick<T>,
    ) -> impl Iterator<Item = Cited<'a, T>> {
        self.index.of_kind(kind).iter().filter_map(move |listed| listed.cite(pick))
    }

    fn named<'a, T: 'a>(&'a self, name: &str, pick: Pick<T>) -> Option<Cited<'a, T>> {
        let mut frame = self.index.named(name).filter(|listed| listed.frame);
        frame.find_map(|listed| listed.cite(pick))
    }
}

/// A clause that was found, cited.
fn cited<'a, T>((clause, terms): (&ClauseRef, &'a T)) -> Cited<'a, T> {
    Cited { clause: clause.clone(), terms }
}

impl Listed {
    fn rule(&self, pick: Pick<Rule>) -> Option<(&ClauseRef, &Rule)> {
        Some((&self.name, pick(&self.clause.terms)?))
    }

    /// It, cited, if it is of this kind.
    fn cite<T>(&self, pick: Pick<T>) -> Option<Cited<'_, T>> {
        let terms = pick(&self.clause.terms)?;
        Some(Cited { clause: self.name.clone(), terms })
    }
}
