//! Who answers for a loss, in which order, and up to how much.

use std::collections::BTreeSet;

use concordat_agreement::{Cited, Liability as Clause};
use concordat_evidence::name::Kind;
use concordat_terms::{Amount, ClauseRef, Decimal, PartyId, SeatId, Timestamp};

use super::{Award, Case, CaseMatter, CaseRefusal as No, Liability, Liable, Sum};
use crate::accounts::{Book, Cause, Claim};
use crate::refusal::Refusal;
use crate::state::State;
use crate::verdict::Effect;

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
                out.push(Refusal::Unfit { reason });
            }
            if amount.amount().places() > Amount::places(amount.currency()) {
                let reason = format!("`{amount}` has more digits after the point than can be paid");
                out.push(Refusal::Unfit { reason });
            }
        }
        if sum.whole().is_none() {
            let reason = format!("`{}` and what is carved out are no one sum", sum.capped);
            out.push(Refusal::Unfit { reason });
        }
    }

    /// Refuses an award that does not fit the clause, or that the books could not tell.
    pub(super) fn check_award(&self, case: &Case, sum: &Sum, out: &mut Vec<Refusal>) {
        let CaseMatter::Claim(claim) = &case.matter else { return };
        self.check_sum(&claim.liability, sum, out);
        let parties = case.brought_by().chain(&case.against);
        let told = |party: &PartyId| {
            let book = Book::Owed(self.agreement.last(party).clone());
            let own = self.ledger.balance(&claim.liability, sum.capped.currency(), book);
            let whole = sum.whole().map(|whole| whole.amount());
            whole.is_some_and(|whole| own.plus(whole).and(own.minus(whole)).is_some())
        };
        if sum.whole().is_some() && !parties.into_iter().all(told) {
            let reason =
                format!("the books could not tell `{}` and what is carved out", sum.capped);
            out.push(Refusal::Unfit { reason });
        }
    }

    /// What is owed of an award: what is left under the cap, and what is carved out of it.
    pub(super) fn award_of(&self, clause: &ClauseRef, sum: &Sum) -> Option<Award> {
        let liability = self.agreement.liability(clause)?;
        let (payable, cut) = self.under_cap(clause, &sum.capped, false);
        Some(Award {
            clause: clause.clone(),
            entry: self.index,
            awarded: sum.capped.clone(),
            payable: sum.capped.of_same(payable),
            cut: sum.capped.of_same(cut),
            carved_out: sum.carved_out.clone(),
            liable: self.liable_seats(&liability.terms.order),
        })
    }

    fn liable_seats(&self, order: &[SeatId]) -> Vec<Liable> {
        let one = |seat: &SeatId| Liable {
            seat: seat.clone(),
            parties: self.agreement.parties_of(seat).clone(),
        };
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
            used: self.cap_used(&clause),
            uncapped: terms.uncapped.clone(),
            clause,
        });
        told.collect()
    }

    /// Enters what is awarded into the books: those against whom the claim was brought owe it to who
    /// brought it, each the same part; where there is nobody on one side, the cap alone knows.
    pub(super) fn enter_award(
        &mut self,
        award: &Award,
        case: &Case,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        // What a party owes or is owed stands in the books of who has followed it.
        let last = |party: &PartyId| self.agreement.last(party).clone();
        let to: BTreeSet<PartyId> = case.brought_by().map(last).collect();
        let against = case.against.iter().map(last);
        let owes: BTreeSet<PartyId> = against.filter(|party| !to.contains(party)).collect();
        let carved = award.carved_out.iter().map(|carved| (&carved.amount, true));
        for (amount, carved_out) in std::iter::once((&award.payable, false)).chain(carved) {
            let owes = owes.clone();
            let to = to.clone();
            let (under, amount, cause) = (&award.clause, amount.clone(), Cause::Claim);
            let claim = Claim { under, by: owes, to, amount, carved_out, cause };
            let booked = self.charge(&claim, now, effects).is_some();
            if !booked && !carved_out {
                self.use_cap(&award.clause, award.payable.amount());
            }
        }
    }

    /// Takes an award back: what it entered into the books, or what it took from the cap alone.
    pub(super) fn take_back_award(
        &mut self,
        award: &Award,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let (entry, under) = (award.entry, &award.clause);
        if self.posted_at(entry).any(|(_, posted)| posted.posting.under == *under) {
            return self.reverse_postings(entry, Some(under), now, effects);
        }
        self.free_cap(under, award.payable.amount());
    }
}
