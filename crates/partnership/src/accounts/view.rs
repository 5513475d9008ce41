//! Accounts as people ask for them: who has spent how much of what, who owes whom, how much of a
//! cap is used, and what the partnership is worth to whom.

use std::collections::BTreeMap;

use concordat_agreement::{Contribution, LimitOf};
use concordat_terms::{Amount, ClauseRef, Decimal, Money, PartyId, ProjectId, Timestamp};
use serde::Serialize;

use super::judge::{limit_now, limits, of};
use super::{Book, Cause, Holder, Posted, Total};
use crate::progress::ObjectiveView;
use crate::state::State;

/// Every account, debt and cap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Budget<'a> {
    /// The accounts of the agreement in force, in the order of their names.
    pub accounts: Vec<AccountView<'a>>,
    /// What parties are owed, and what they owe.
    pub owed: Vec<OwedView>,
    /// How much of each cap is used.
    pub caps: Vec<CapView<'a>>,
}

/// An account with what was put in and spent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountView<'a> {
    /// Its clause.
    pub account: ClauseRef,
    /// Its title.
    pub title: &'a str,
    /// The unit that it is kept in.
    pub unit: &'a str,
    /// The most that may be spent.
    pub ceiling: Decimal,
    /// The amount at which its holders are warned.
    pub alert: Option<Decimal>,
    /// Since when it is open; closed, if this is absent.
    pub since: Option<Timestamp>,
    /// Until when it is open.
    pub until: Option<Timestamp>,
    /// What of the ceiling was put in: allocated or spent.
    pub put: Decimal,
    /// What was spent since it was opened.
    pub spent: Decimal,
    /// What was ever spent.
    pub ever: Decimal,
    /// Whether its holders were warned.
    pub warned: bool,
    /// The thresholds that count now.
    pub thresholds: BTreeMap<LimitOf, Decimal>,
    /// By party and project.
    pub holders: Vec<HolderView>,
}

/// A holder's part of an account since it was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HolderView {
    /// The party.
    pub party: PartyId,
    /// The project.
    pub project: Option<ProjectId>,
    /// What it was allocated, spent or not.
    pub allocated: Decimal,
    /// What it spent.
    pub spent: Decimal,
    /// What is left of it.
    pub left: Decimal,
}

/// What a party is owed under a clause; below zero, what it owes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OwedView {
    /// The clause.
    pub under: ClauseRef,
    /// The party.
    pub party: PartyId,
    /// How much.
    pub amount: Amount,
    /// Whether payments wait for a decision about a correction.
    pub paused: bool,
}

/// How much of a cap is used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CapView<'a> {
    /// The clause.
    pub under: ClauseRef,
    /// For what.
    pub liability: &'a str,
    /// The most that is owed in total; without one, there is no end to it.
    pub cap: Option<&'a Money>,
    /// What is used of it.
    pub used: Decimal,
    /// What is left of it.
    pub left: Option<Decimal>,
    /// What is not capped.
    pub uncapped: &'a [String],
}

/// What a party brings, uses, gives and gets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Value {
    /// The duties by which it contributes, by what they bring: how many are open, how many of those
    /// overdue.
    pub contributes: BTreeMap<&'static str, (u32, u32)>,
    /// What it used, by unit.
    pub used: BTreeMap<String, Total>,
    /// What others came to owe it (royalties, income, credits, claims), by unit.
    pub earned: BTreeMap<String, Total>,
    /// What it came to owe, by unit.
    pub owed: BTreeMap<String, Total>,
}

/// The value statement: each party, and how far the objectives are reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Statement<'a> {
    /// By party.
    pub parties: BTreeMap<PartyId, Value>,
    /// The objectives with what was reported last.
    pub objectives: Vec<ObjectiveView<'a>>,
}

impl State {
    /// Use and allocation per account, party and project, debts, and caps.
    pub fn budget(&self) -> Budget<'_> {
        let accounts = self.agreement.ledgers().map(|account| self.account_view(account));
        let caps = self.agreement.liabilities().filter_map(|own| self.cap(&own.clause));
        Budget { accounts: accounts.collect(), owed: self.debts(), caps: caps.collect() }
    }

    fn account_view<'a>(
        &'a self,
        cited: concordat_agreement::Cited<'a, concordat_agreement::Account>,
    ) -> AccountView<'a> {
        let terms = cited.terms;
        let open = self.ledger.open.get(&cited.clause);
        let mut holders: BTreeMap<&Holder, (Decimal, Decimal)> = BTreeMap::new();
        for (unit, book, amount) in self.ledger.of(&cited.clause) {
            if open.is_none_or(|open| open.unit != unit) {
                continue;
            }
            match book {
                Book::Held(holder) => holders.entry(holder).or_insert(ZERO).0 = amount,
                Book::Spent(holder) => holders.entry(holder).or_insert(ZERO).1 = amount,
                _ => {}
            }
        }
        let holders = holders.into_iter().map(|(holder, (left, spent))| HolderView {
            party: holder.party.clone(),
            project: holder.project.clone(),
            allocated: left.plus(spent).unwrap_or(spent),
            spent,
            left,
        });
        let holders = holders.collect();
        let rows = limits(&self.agreement, &cited);
        let kinds = [LimitOf::Payment, LimitOf::Total, LimitOf::Modification];
        let now = self.time;
        let here = kinds.into_iter().filter_map(|kind| Some((kind, limit_now(&rows, kind, now?)?)));
        let thresholds = here.collect();
        let course = self.ledger.courses.get(&cited.clause);
        AccountView {
            title: &terms.account,
            unit: &terms.unit,
            ceiling: terms.ceiling,
            alert: terms.alert_at.and_then(|at| terms.ceiling.fraction(at, 12)),
            since: open.map(|open| open.since),
            until: open.and_then(|open| open.until),
            put: open.map_or(Decimal::ZERO, |open| open.put),
            spent: open.map_or(Decimal::ZERO, |open| open.spent),
            ever: course.map_or(Decimal::ZERO, |course| course.spent.0),
            warned: open.is_some_and(|open| open.warned.is_some()),
            thresholds,
            holders,
            account: cited.clause,
        }
    }

    /// What parties are owed, and what they owe: of each clause and unit it sums to zero. Accounts
    /// are settled when it is empty.
    pub fn debts(&self) -> Vec<OwedView> {
        let all = self.ledger.balances.iter().filter_map(|((under, unit, book), amount)| {
            let Book::Owed(party) = book else { return None };
            let paused = self.ledger.paused.contains_key(under);
            let (under, party, amount) = (under.clone(), party.clone(), of(unit, *amount));
            Some(OwedView { under, party, amount, paused })
        });
        all.collect()
    }

    /// How much of the cap of a clause on liability is used; `None` if it is no such clause.
    pub fn cap(&self, under: &ClauseRef) -> Option<CapView<'_>> {
        let terms = self.law_of(under).liability(under)?.terms;
        let used = self.cap_used(under);
        let cap = terms.cap.as_ref();
        let left = cap.and_then(|cap| cap.amount().minus(used)).map(|left| left.max(Decimal::ZERO));
        let (liability, uncapped) = (terms.liability.as_str(), terms.uncapped.as_slice());
        Some(CapView { under: under.clone(), liability, cap, used, left, uncapped })
    }

    /// What each party brings, uses, gives and gets, and how far the objectives are reached.
    pub fn value_statement(&self) -> Statement<'_> {
        let mut parties: BTreeMap<PartyId, Value> = BTreeMap::new();
        for line in self.responsibilities() {
            let Some(brings) = line.contributes else { continue };
            for party in line.responsible {
                let all = parties.entry(party).or_default().contributes.entry(word(brings));
                let all = all.or_default();
                *all = (all.0.saturating_add(line.open), all.1.saturating_add(line.overdue));
            }
        }
        // What falls is in the sums no more, and neither is what made it fall.
        let stands = |posted: &&Posted| posted.reversed.is_none();
        for Posted { posting, .. } in self.ledger.posted.values().filter(stands) {
            let accrues = matches!(
                posting.cause,
                Cause::Royalty
                    | Cause::Fee
                    | Cause::Income
                    | Cause::Credit
                    | Cause::Claim
                    | Cause::Uncapped
            );
            for line in &posting.lines {
                let Some(party) = line.book.party() else { continue };
                let value = parties.entry(party.clone()).or_default();
                let (sums, more) = match &line.book {
                    Book::Spent(_) if posting.cause == Cause::Spent => {
                        (&mut value.used, line.amount)
                    }
                    Book::Owed(_) if accrues && line.amount.is_positive() => {
                        (&mut value.earned, line.amount)
                    }
                    Book::Owed(_) if accrues => (&mut value.owed, line.amount.negated()),
                    _ => continue,
                };
                let sum = sums.entry(posting.unit.clone()).or_default();
                sum.0 = sum.0.plus(more).unwrap_or(sum.0);
            }
        }
        Statement { parties, objectives: self.objective_views() }
    }
}

const ZERO: (Decimal, Decimal) = (Decimal::ZERO, Decimal::ZERO);

fn word(brings: Contribution) -> &'static str {
    match brings {
        Contribution::Data => "data",
        Contribution::Model => "model",
        Contribution::Expertise => "expertise",
        Contribution::Governance => "governance",
        Contribution::Compute => "compute",
        Contribution::Money => "money",
    }
}
