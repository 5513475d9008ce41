//! What several acts about accounts are asked.

use concordat_agreement::{Account, Cited};
use concordat_terms::{Amount, BodyId, ClauseRef, Decimal, Digest, PartyId};

use super::judge::{check_amount, is_divided, of};
use super::refusal::AccountRefusal as No;
use super::{Book, Holder, Opening};
use crate::act::Act;
use crate::deed::Hearing;
use crate::refusal::Refusal;
use crate::state::State;

impl State {
    pub(super) fn refer_account(&self, account: &ClauseRef, out: &mut Vec<Refusal>) {
        if self.agreement.account(account).is_none() {
            out.push(No::UnknownAccount { account: account.clone() }.into());
        }
    }

    pub(super) fn refer_holder(&self, holder: &Holder, out: &mut Vec<Refusal>) {
        if let Some(project) = &holder.project {
            self.project(project, out);
        }
    }

    /// What blob is booked under a clause is booked once.
    pub(super) fn check_reference(
        &self,
        under: &ClauseRef,
        reference: Digest,
        out: &mut Vec<Refusal>,
    ) {
        if self.ledger.references.contains(&(under.clone(), reference)) {
            out.push(No::ReferenceUsed { under: under.clone(), reference }.into());
        }
    }

    /// Whether a correction is asked for of what was posted under a clause; of a party, if one is
    /// named.
    pub(super) fn check_pause(
        &self,
        under: &ClauseRef,
        party: Option<&PartyId>,
        out: &mut Vec<Refusal>,
    ) {
        let entries = self.ledger.paused.get(under).into_iter().flatten();
        // What was posted for a party is now its follower's.
        let party = party.map(|party| self.agreement.last(party));
        let is_own = |of: &PartyId| Some(self.agreement.last(of)) == party;
        let about = |entry: &&u64| {
            let mut posted = self.ledger.posted.range((**entry, 0)..=(**entry, u32::MAX));
            posted.any(|(_, posted)| {
                let mut lines = posted.posting.lines.iter();
                posted.posting.under == *under
                    && (party.is_none() || lines.any(|line| line.book.party().is_some_and(is_own)))
            })
        };
        if let Some(entry) = entries.copied().find(|entry| about(&entry)) {
            out.push(No::PaymentPaused { under: under.clone(), entry }.into());
        }
    }

    /// A body decides, or who decides in its place.
    pub(crate) fn decided_by(
        &self,
        clause: &ClauseRef,
        body: &BodyId,
        hearing: &Hearing<'_>,
        act: impl Fn() -> Act,
        out: &mut Vec<Refusal>,
    ) {
        let done = hearing.via == Some(body)
            || self.decided_further(&act(), hearing.by, hearing.via, body);
        if !done {
            let (clause, body, act) = (clause.clone(), body.clone(), hearing.act);
            out.push(Refusal::NeedsMotion { clause, act, body });
        }
    }

    /// The account of this name, whose clause speaks.
    pub(super) fn spendable(
        &self,
        account: &ClauseRef,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<Cited<'_, Account>> {
        let found = self.agreement.account(account);
        if found.is_none() {
            out.push(No::UnknownAccount { account: account.clone() }.into());
        }
        self.check_speaks(account, hearing, out);
        found
    }

    pub(super) fn check_speaks(
        &self,
        clause: &ClauseRef,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) {
        if let Some(why) = self.agreement.silence(clause) {
            let (act, clause) = (hearing.act, clause.clone());
            out.push(Refusal::ClauseSilent { act, clause, why });
        }
    }

    /// The account, if it is open.
    pub(super) fn opened(&self, account: &ClauseRef, out: &mut Vec<Refusal>) -> Option<&Opening> {
        let open = self.ledger.open.get(account);
        if open.is_none() {
            let account = account.clone();
            out.push(No::AccountState { account, is: "closed", needs: "open" }.into());
        }
        open
    }

    /// The account is open in the unit of its clause, and the amount is one of it.
    pub(super) fn ready(
        &self,
        account: &Cited<'_, Account>,
        amount: &Amount,
        out: &mut Vec<Refusal>,
    ) -> Option<&Opening> {
        check_amount(amount, out);
        let unit = &account.terms.unit;
        if amount.unit() != unit {
            let (account, amount) = (account.clause.clone(), amount.clone());
            out.push(No::WrongUnit { account, amount, unit: unit.clone() }.into());
            return None;
        }
        let open = self.opened(&account.clause, out)?;
        if open.unit != *unit {
            let account = account.clause.clone();
            out.push(
                No::AccountState { account, is: "open in another unit", needs: "open" }.into(),
            );
            return None;
        }
        Some(open)
    }

    /// A party that fills the seat of an account.
    pub(super) fn check_holder(
        &self,
        account: &Cited<'_, Account>,
        party: &PartyId,
        out: &mut Vec<Refusal>,
    ) {
        if !self.agreement.parties_of(&account.terms.holder).contains(party) {
            let (account, party) = (account.clause.clone(), party.clone());
            out.push(No::NotAHolder { account, party }.into());
        }
    }

    pub(super) fn check_ceiling(
        account: &Cited<'_, Account>,
        put: Decimal,
        amount: &Amount,
        out: &mut Vec<Refusal>,
    ) {
        let ceiling = account.terms.ceiling;
        if put.plus(amount.value()).is_none_or(|then| then > ceiling) {
            let left = ceiling.minus(put).unwrap_or(Decimal::ZERO).max(Decimal::ZERO);
            let (account, left) = (account.clause.clone(), of(amount.unit(), left));
            out.push(No::OverCeiling { account, amount: amount.clone(), left }.into());
        }
    }

    /// Whether amounts of the account go to its holders before they spend.
    pub(super) fn check_divided(&self, account: &Cited<'_, Account>, out: &mut Vec<Refusal>) {
        if !is_divided(account.terms) {
            let (account, is) = (account.clause.clone(), "spent as a whole");
            out.push(No::AccountState { account, is, needs: "divided among holders" }.into());
        }
    }

    pub(super) fn check_allotted(
        &self,
        account: &Cited<'_, Account>,
        holder: &Holder,
        amount: &Amount,
        out: &mut Vec<Refusal>,
    ) {
        let held = Book::Held(holder.clone());
        let left = self.ledger.balance(&account.clause, amount.unit(), held);
        if left < amount.value() {
            let (account, party) = (account.clause.clone(), holder.party.clone());
            let (amount, left) = (amount.clone(), of(amount.unit(), left));
            out.push(No::Overspent { account, party, amount, left }.into());
        }
    }
}
