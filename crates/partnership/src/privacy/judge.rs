//! What acts about runs and agreements are asked about privacy accounts, and what joining charges.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Agreement, Cited, RunKind};
use concordat_terms::{AssetId, Cost, Digest, PartyId, PurposeId, RunId};

use crate::act::Plan;
use crate::assets::Origin;
use crate::refusal::Refusal;
use crate::state::State;

use super::account::PrivacyAccount;
use super::charged::{Bounds, Charged, Persons};
use super::refusal::PrivacyRefusal as No;
use super::{Part, Population};

impl State {
    /// What was charged to each holder's account of a population.
    pub fn accounts(&self) -> &BTreeMap<Population, Charged> {
        &self.accounts
    }

    /// What the agreement in force allows the accounts of a population, by the dataset that their
    /// clause names first.
    pub fn bounds(&self, dataset: &AssetId) -> Option<&Bounds> {
        self.limits.get(dataset)
    }

    /// A holder's account as the agreement in force bounds it now; none, where no clause does.
    pub fn privacy_account(&self, (holder, dataset): &Population) -> Option<PrivacyAccount<'_>> {
        let terms = self.agreement.privacy(dataset)?.terms;
        Some(PrivacyAccount {
            terms,
            bounds: self.bounds(&terms.privacy)?,
            charged: self.accounts.get(&(holder.clone(), terms.privacy.clone())),
            year: self.year(),
        })
    }

    /// The calendar year (UTC) of the log's time.
    pub fn year(&self) -> u32 {
        self.time.map_or(0, concordat_terms::Timestamp::year)
    }

    /// The accounts that a party's part in a plan is charged to: its own, and those of whoever listed
    /// rows that its version was made from.
    pub fn populations(&self, plan: &Plan, party: &PartyId) -> BTreeSet<Population> {
        let key = |asset: &AssetId| Some(self.agreement.privacy(asset)?.terms.privacy.clone());
        let own = key(&plan.asset).map(|dataset| (party.clone(), dataset));
        let mut found: BTreeSet<Population> = own.into_iter().collect();
        let mut seen: BTreeSet<Digest> = BTreeSet::new();
        let mut ahead: Vec<Digest> = plan.datasets.get(party).copied().into_iter().collect();
        while let Some(digest) = ahead.pop() {
            let Some(version) = self.version(&digest).filter(|_| seen.insert(digest)) else {
                continue;
            };
            ahead.extend(&version.parents);
            if version.origin != Origin::Listed {
                continue;
            }
            if let Some(dataset) = key(&version.asset) {
                found.extend(version.by.iter().map(|by| (by.clone(), dataset.clone())));
            }
        }
        found
    }

    /// What is kept for monitoring is not trained on, and all accounts that a plan is charged to
    /// count the neighbours that its noise is for.
    pub(crate) fn check_accounts(&self, plan: &Plan, out: &mut Vec<Refusal>) {
        let Some(Cited { clause, terms }) = self.agreement.privacy(&plan.asset) else { return };
        if plan.kind == RunKind::Train && terms.monitors(&plan.purpose).is_some() {
            let purpose = plan.purpose.clone();
            out.push(No::KeptForMonitoring { purpose, clause: clause.clone() }.into());
        }
        let charged = plan.datasets.keys().flat_map(|party| self.populations(plan, party));
        let datasets: BTreeSet<AssetId> = charged.map(|(_, dataset)| dataset).collect();
        for dataset in datasets {
            let other = self.agreement.privacy(&dataset);
            if other.is_some_and(|other| other.terms.adjacency != terms.adjacency) {
                let asset = plan.asset.clone();
                out.push(
                    No::OtherNeighbours { asset, from: dataset, clause: clause.clone() }.into(),
                );
            }
        }
    }

    /// Every account that joining is charged to takes the cost.
    pub(crate) fn check_budget(
        &self,
        run: &RunId,
        plan: &Plan,
        cost: &Cost,
        accounts: &BTreeSet<Population>,
        out: &mut Vec<Refusal>,
    ) {
        if self.account(&plan.asset, out).is_none() {
            return;
        }
        for account in accounts {
            let clause = self.agreement.privacy(&account.1).map(|cited| cited.clause);
            let bounded = self.privacy_account(account);
            // An account that nothing bounds takes nothing.
            let lacks = bounded.map_or(Some(Part::Whole), |own| own.lacks(&plan.purpose, cost));
            if let Some((part, clause)) = lacks.zip(clause) {
                let (run, (party, asset)) = (run.clone(), account.clone());
                out.push(No::BudgetExceeded { run, party, asset, clause, part, fits: None }.into());
            }
        }
    }

    /// Charges a cost to accounts, and notes whose persons they are.
    pub(crate) fn charge_privacy(
        &mut self,
        accounts: BTreeSet<Population>,
        purpose: &PurposeId,
        cost: &Cost,
    ) {
        let year = self.year();
        for account in accounts {
            if let Some(Cited { terms, .. }) = self.agreement.privacy(&account.1) {
                let adjacency = terms.adjacency;
                let datasets = [&terms.privacy].into_iter().chain(&terms.also);
                let noted: Vec<AssetId> = datasets.cloned().collect();
                for dataset in noted {
                    let persons = Persons { account: account.1.clone(), adjacency };
                    self.persons.entry(dataset).or_insert(persons);
                }
            }
            self.accounts.entry(account).or_default().charge(year, purpose, cost);
        }
    }

    /// What was charged to an account was priced for its neighbours, and stays charged to these
    /// persons: between others it could be too little, and elsewhere it would be forgotten.
    pub(crate) fn check_charged(&self, agreement: &Agreement, out: &mut Vec<Refusal>) {
        for Cited { clause, terms } in agreement.privacies() {
            for dataset in [&terms.privacy].into_iter().chain(&terms.also) {
                let Some(Persons { account, adjacency }) = self.persons.get(dataset) else {
                    continue;
                };
                let (asset, account, clause) = (dataset.clone(), account.clone(), clause.clone());
                if account != terms.privacy {
                    out.push(No::AccountDivided { asset, account, clause }.into());
                } else if *adjacency != terms.adjacency {
                    out.push(Refusal::NeighboursChanged { asset, clause });
                }
            }
        }
    }

    /// What one party's accounts were charged another's are from here on: what was spent on the
    /// same rows is spent, whoever spends next.
    pub(crate) fn hand_over_privacy(&mut self, old: &PartyId, new: &PartyId) {
        let own = self.accounts.keys().filter(|(holder, _)| holder == old).cloned();
        for account in own.collect::<Vec<_>>() {
            if let Some(charged) = self.accounts.remove(&account) {
                self.accounts.entry((new.clone(), account.1)).or_default().add(&charged);
            }
        }
    }
}
