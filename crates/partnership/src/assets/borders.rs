//! Borders: what is listed for export control crosses none without the evidence that its clause asks
//! for, be it rows, copies, code that comes to rows, the sums of a run, or a model from abroad.

use std::cell::LazyCell;
use std::collections::BTreeSet;

use concordat_agreement::Cited;
use concordat_terms::{AssetId, Country, Digest, PartyId};

use super::AssetRefusal as No;
use crate::act::{AssetImport, Plan};
use crate::refusal::Refusal;
use crate::state::State;

impl State {
    /// Whether what is listed for export control may go where it goes: within the countries whose
    /// law binds its holder, or anywhere with the evidence that its clause asks for.
    pub(crate) fn check_border(
        &self,
        sources: &BTreeSet<AssetId>,
        version: &Digest,
        from: &PartyId,
        to: &[Country],
        out: &mut Vec<Refusal>,
    ) {
        self.check_crossing(sources, version, &self.home(from), to, out);
    }

    fn check_crossing(
        &self,
        sources: &BTreeSet<AssetId>,
        version: &Digest,
        home: &[Country],
        to: &[Country],
        out: &mut Vec<Refusal>,
    ) {
        if to.iter().all(|country| home.contains(country)) {
            return;
        }
        for (asset, Cited { clause, terms }) in self.clauses_of(sources) {
            let Some(entry) = &terms.export else { continue };
            let before = out.len();
            match &terms.export_licence {
                Some(need) => {
                    self.ask_evidence(&clause, need, Some(*version), out);
                }
                None => {
                    let (asset, entry) = (asset.clone(), entry.clone());
                    out.push(No::ExportControlled { asset, entry, clause }.into());
                }
            }
            // What is missing is said once, however many ways there are.
            let added: Vec<Refusal> = out.drain(before..).collect();
            for refusal in added {
                if !out.contains(&refusal) {
                    out.push(refusal);
                }
            }
        }
    }

    /// The countries whose law binds a party.
    fn home(&self, party: &PartyId) -> Vec<Country> {
        let party = self.agreement.party(party);
        party.map(|party| party.terms.jurisdictions.clone()).unwrap_or_default()
    }

    /// The countries to which what a run gives goes: of everybody who takes part, and of who holds the
    /// model.
    fn readers_of(&self, plan: &Plan) -> Vec<Country> {
        let model = plan.model.as_ref().and_then(|model| self.agreement.asset(model));
        let holders = model.map(|model| self.agreement.parties_of(&model.terms.holder));
        let readers: BTreeSet<&PartyId> =
            plan.datasets.keys().chain(holders.into_iter().flatten()).collect();
        readers.into_iter().flat_map(|party| self.home(party)).collect()
    }

    /// A run has its code go to the places of the rows, and its sums, which are made from rows and
    /// code, to everybody who takes part and to who holds the model.
    pub(crate) fn check_plan_borders(&self, plan: &Plan, out: &mut Vec<Refusal>) {
        let code = self.version(&plan.code);
        let there = LazyCell::new(|| self.readers_of(plan));
        for (party, version) in &plan.datasets {
            let key = (plan.asset.clone(), party.clone(), *version);
            let Some(listed) = self.datasets.get(&key).map(|dataset| &dataset.registered) else {
                continue;
            };
            if let Some(code) = code {
                let place = self.places.get(&(party.clone(), listed.place.clone()));
                let place: Vec<Country> = place.iter().map(|p| p.jurisdiction.clone()).collect();
                for by in &code.by {
                    self.check_border(&code.sources, &plan.code, by, &place, out);
                }
            }
            let (_, sources, _) = self.guard_of(&plan.asset, version);
            let asking = sources.iter().filter(|asset| self.asks_licence(asset));
            let asking: BTreeSet<AssetId> = asking.cloned().collect();
            if !asking.is_empty() {
                self.check_border(&asking, version, party, &there, out);
            }
        }
        // What comes of it is a version of the model from the beginning, and has no digest yet: the
        // evidence is about the recipe.
        if let Some(model) = plan.model.as_ref().filter(|model| self.asks_licence(model)) {
            let own = [model.clone()].into();
            for party in plan.datasets.keys() {
                self.check_border(&own, &plan.recipe, party, &there, out);
            }
        }
    }

    /// Whether the clause of an asset names the evidence with which it may cross a border. Sums under a
    /// privacy account are no rows: where none is named, the parties agreed to what the run gives.
    fn asks_licence(&self, asset: &AssetId) -> bool {
        let clause = self.agreement.asset(asset);
        clause.is_some_and(|clause| clause.terms.export_licence.is_some())
    }

    /// A model from abroad comes in with the evidence that its clause asks for.
    pub(crate) fn check_import(&self, act: &AssetImport, party: &PartyId, out: &mut Vec<Refusal>) {
        let Some(from) = &act.from else { return };
        let (home, own) = (self.home(party), [act.asset.clone()].into());
        if !home.contains(from) {
            self.check_crossing(&own, &act.version, std::slice::from_ref(from), &home, out);
        }
    }
}
