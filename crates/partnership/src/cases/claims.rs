//! Who answers for a loss, in which order, and up to how much.

use concordat_agreement::{Cited, Liability as Clause};
use concordat_evidence::name::Kind;
use concordat_terms::{ClauseRef, Decimal, Money, SeatId};

use super::{Award, CaseRefusal as No, Liability, Liable, Sum};
use crate::refusal::Refusal;
use crate::state::State;

impl State {
    /// Refuses amounts that do not fit a clause on liability.
    pub(super) fn check_sum(&self, clause: &ClauseRef, sum: &Sum, out: &mut Vec<Refusal>) {
        let Some(liability) = self.agreement.liability(clause) else { return };
        let heads = u32::try_from(liability.terms.uncapped.len()).unwrap_or(u32::MAX);
        let carved = sum.carved_out.iter();
        for head in carved.clone().map(|carved| carved.head) {
            if !(1..=heads).contains(&head) {
                out.push(No::UnknownHead { head, heads, clause: clause.clone() }.into());
            }
        }
        let cap = liability.terms.cap.as_ref().unwrap_or(&sum.capped);
        let amounts = std::iter::once(&sum.capped).chain(carved.map(|carved| &carved.amount));
        for amount in amounts {
            if amount.currency() != cap.currency() {
                let (named, cap) = (amount.to_string(), cap.to_string());
                out.push(No::OtherCurrency { clause: clause.clone(), named, cap }.into());
            }
            if amount.amount() < Decimal::ZERO {
                let reason = format!("`{amount}` is less than nothing");
                out.push(Refusal::Malformed { reason });
            }
        }
    }

    /// What is owed of an award: what is left under the cap, and what is carved out of it.
    pub(super) fn award_of(&self, clause: &ClauseRef, sum: &Sum) -> Option<Award> {
        let liability = self.agreement.liability(clause)?;
        let awarded = sum.capped.amount();
        let payable = match &liability.terms.cap {
            None => awarded,
            Some(cap) => {
                let used = self.cases.used.get(clause).copied().unwrap_or(Decimal::ZERO);
                let left = cap.amount().minus(used).unwrap_or(Decimal::ZERO).max(Decimal::ZERO);
                awarded.min(left)
            }
        };
        let cut = awarded.minus(payable).unwrap_or(Decimal::ZERO);
        Some(Award {
            clause: clause.clone(),
            awarded: sum.capped.clone(),
            payable: sum.capped.of_same(payable),
            cut: sum.capped.of_same(cut),
            carved_out: sum.carved_out.clone(),
            liable: self.liable_seats(&liability.terms.order),
        })
    }

    fn liable_seats(&self, order: &[SeatId]) -> Vec<Liable> {
        let one =
            |seat: &SeatId| Liable { seat: seat.clone(), parties: self.agreement.parties_of(seat) };
        order.iter().map(one).collect()
    }

    /// Who answers for an incident of a kind, clause by clause, first to last; for any, if no kind
    /// is named.
    pub fn liabilities(&self, kind: Option<&Kind>) -> Vec<Liability> {
        let names = |clause: &Cited<'_, Clause>| {
            let incidents = &clause.terms.incidents;
            let named = |kind: &Kind| incidents.iter().any(|i| i.as_str() == kind.as_str());
            incidents.is_empty() || kind.is_none_or(named)
        };
        let clauses = self.agreement.liabilities().filter(names);
        let told = clauses.map(|Cited { clause, terms }| Liability {
            what: terms.liability.clone(),
            order: self.liable_seats(&terms.order),
            cap: terms.cap.clone(),
            used: self.cases.used.get(&clause).copied().unwrap_or(Decimal::ZERO),
            uncapped: terms.uncapped.clone(),
            clause,
        });
        told.collect()
    }

    /// What an award takes from the cap of its clause.
    pub(super) fn use_cap(&mut self, award: &Award) {
        let used: &Money = &award.payable;
        let before = self.cases.used.get(&award.clause).copied().unwrap_or(Decimal::ZERO);
        let now = before.plus(used.amount()).unwrap_or(before);
        self.cases.used.insert(award.clause.clone(), now);
    }
}
