//! What stands in the way of allocating and spending, and the lines that it would be.

use concordat_agreement::{Account, Agreement, Cited, LimitOf, LimitRow};
use concordat_terms::{Amount, ClauseRef, Decimal, Digest, Timestamp};

use super::acts::Change;
use super::refusal::AccountRefusal as No;
use super::{AccountAllocate, AccountOpen, AccountTransfer, Book, Cause, Holder, Opening, Posting};
use crate::deed::Hearing;
use crate::refusal::Refusal;
use crate::state::State;

/// An amount of a unit that a clause gives: those were checked.
pub(super) fn of(unit: &str, value: Decimal) -> Amount {
    Amount::in_unit(unit, value)
}

impl State {
    pub(super) fn judge_opening(
        &self,
        act: &AccountOpen,
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        let account = self.spendable(&act.account, hearing, out)?;
        if self.ledger.open.contains_key(&act.account) {
            let account = act.account.clone();
            out.push(No::AccountState { account, is: "open", needs: "closed" }.into());
        }
        let since = self.time?;
        if let Some(until) = act.until.filter(|until| *until <= since) {
            out.push(No::AccountTimePassed { until, now: since }.into());
        }
        let unit = account.terms.unit.clone();
        let mut posting = None;
        if let Some(each) = account.terms.opening {
            let amount = of(&unit, each);
            check_amount(&amount, out);
            let parties = self.agreement.parties_of(&account.terms.holder);
            let mut put = Decimal::ZERO;
            for _ in parties {
                Self::check_ceiling(&account, put, &amount, out);
                put = put.plus(each).unwrap_or(put);
            }
            let held = parties
                .iter()
                .map(|party| Holder { party: party.clone(), project: None })
                .map(|holder| (Book::Held(holder), each));
            let lines = held.chain([(Book::Origin, put.negated())]);
            posting = self.fitting((&act.account, &unit), Cause::Opened, lines, None, out);
        }
        let (index, zero) = (self.index, Decimal::ZERO);
        let opening =
            Opening { since, index, until: act.until, unit, put: zero, spent: zero, warned: None };
        Some(Change::Opened { account: act.account.clone(), opening, posting })
    }

    pub(super) fn judge_allocation(
        &self,
        act: &AccountAllocate,
        account: &Cited<'_, Account>,
        out: &mut Vec<Refusal>,
    ) -> Option<Posting> {
        self.check_divided(account, out);
        let open = self.ready(account, &act.amount, out)?;
        self.refer_holder(&act.to, out);
        self.check_holder(account, &act.to.party, out);
        Self::check_ceiling(account, open.put, &act.amount, out);
        if let Some(objective) = &account.terms.serves {
            let objective = objective.cited(&account.clause.module);
            let last = self.ledger.courses.get(&account.clause).and_then(|course| course.report);
            let good = |report: &u64| {
                self.progress.is_report_on(*report, &objective) && last <= Some(*report)
            };
            if act.report.filter(good).is_none() {
                let account = account.clause.clone();
                out.push(No::ReportNeeded { account, objective }.into());
            }
        }
        let value = act.amount.value();
        let lines = [(Book::Origin, value.negated()), (Book::Held(act.to.clone()), value)];
        self.fitting((&account.clause, act.amount.unit()), Cause::Allocated, lines, None, out)
    }

    pub(super) fn judge_transfer(
        &self,
        act: &AccountTransfer,
        account: &Cited<'_, Account>,
        out: &mut Vec<Refusal>,
    ) -> Option<Posting> {
        self.check_divided(account, out);
        self.ready(account, &act.amount, out)?;
        self.refer_holder(&act.to, out);
        self.check_holder(account, &act.to.party, out);
        self.check_allotted(account, &act.from, &act.amount, out);
        self.check_pause(&account.clause, Some(&act.from.party), out);
        let value = act.amount.value();
        let lines =
            [(Book::Held(act.from.clone()), value.negated()), (Book::Held(act.to.clone()), value)];
        self.fitting((&account.clause, act.amount.unit()), Cause::Transferred, lines, None, out)
    }

    /// From one account to another of the same unit, as the clause of the first permits. It leaves
    /// the one through its origin and comes into the other through that one's, under its ceiling.
    pub(super) fn judge_move(
        &self,
        act: &AccountTransfer,
        (out_of, into): (&Cited<'_, Account>, &Cited<'_, Account>),
        out: &mut Vec<Refusal>,
    ) -> Option<Change> {
        let module = &out_of.clause.module;
        let mut named = out_of.terms.transfers_to.iter().map(|name| name.cited(module));
        if !named.any(|name| name == into.clause) {
            let (account, into) = (out_of.clause.clone(), into.clause.clone());
            out.push(No::NotTransferable { account, into }.into());
        }
        self.check_divided(out_of, out);
        self.check_divided(into, out);
        self.refer_holder(&act.to, out);
        self.check_holder(into, &act.to.party, out);
        self.check_allotted(out_of, &act.from, &act.amount, out);
        self.check_pause(&out_of.clause, Some(&act.from.party), out);
        self.ready(out_of, &act.amount, out)?;
        let open = self.ready(into, &act.amount, out)?;
        Self::check_ceiling(into, open.put, &act.amount, out);
        let (value, unit) = (act.amount.value(), act.amount.unit());
        let cause = Cause::Transferred;
        let left = [(Book::Held(act.from.clone()), value.negated()), (Book::Origin, value)];
        let came = [(Book::Origin, value.negated()), (Book::Held(act.to.clone()), value)];
        let from = self.fitting((&out_of.clause, unit), cause, left, None, out);
        let to = self.fitting((&into.clause, unit), cause, came, None, out);
        Some(Change::Moved { from: from?, to: to? })
    }

    /// A holder's use, or a payment by it.
    pub(super) fn judge_spending(
        &self,
        account: &ClauseRef,
        (holder, amount, reference): (&Holder, &Amount, Digest),
        hearing: &Hearing<'_>,
        out: &mut Vec<Refusal>,
    ) -> Option<Posting> {
        let account = self.spendable(account, hearing, out)?;
        let open = self.ready(&account, amount, out)?;
        self.refer_holder(holder, out);
        self.check_holder(&account, &holder.party, out);
        let value = amount.value();
        self.check_limits(&account, value, out);
        let from = if is_divided(account.terms) {
            self.check_allotted(&account, holder, amount, out);
            Book::Held(holder.clone())
        } else {
            Self::check_ceiling(&account, open.put, amount, out);
            Book::Origin
        };
        let lines = [(from, value.negated()), (Book::Spent(holder.clone()), value)];
        let under = (&account.clause, amount.unit());
        self.fitting(under, Cause::Spent, lines, Some(reference), out)
    }

    /// No payment and no total is over the threshold that counts now.
    fn check_limits(&self, account: &Cited<'_, Account>, value: Decimal, out: &mut Vec<Refusal>) {
        let rows = limits(&self.agreement, account);
        let ever = self.ledger.courses.get(&account.clause).map(|course| course.spent.0);
        let total = ever.unwrap_or(Decimal::ZERO).plus(value);
        for (of_what, would) in [(LimitOf::Payment, Some(value)), (LimitOf::Total, total)] {
            let Some(most) = self.time.and_then(|now| limit_now(&rows, of_what, now)) else {
                continue;
            };
            if would.is_none_or(|would| would > most) {
                let amount = would.unwrap_or(value);
                out.push(over(account, of_what, amount, most));
            }
        }
    }

    /// A ceiling does not become higher than the threshold for modifications allows.
    pub(crate) fn check_modifications(&self, new: &Agreement, out: &mut Vec<Refusal>) {
        for account in self.agreement.ledgers().filter(|own| own.terms.limits.is_some()) {
            let Some(then) = new.account(&account.clause) else { continue };
            let rows = limits(&self.agreement, &account);
            let most = self.time.and_then(|now| limit_now(&rows, LimitOf::Modification, now));
            let Some(most) = most.filter(|_| then.terms.ceiling > account.terms.ceiling) else {
                continue;
            };
            let course = self.ledger.courses.get(&account.clause);
            let first = course.map_or(account.terms.ceiling, |course| course.first_ceiling.0);
            let more = then.terms.ceiling.minus(first);
            if more.is_none_or(|more| more > most) {
                let more = more.unwrap_or(then.terms.ceiling);
                out.push(over(&account, LimitOf::Modification, more, most));
            }
        }
    }

    /// Lines that the books can take.
    pub(super) fn fitting(
        &self,
        (under, unit): (&ClauseRef, &str),
        cause: Cause,
        lines: impl IntoIterator<Item = (Book, Decimal)>,
        reference: Option<Digest>,
        out: &mut Vec<Refusal>,
    ) -> Option<Posting> {
        let posting = Posting::new((under, unit), cause, lines, reference);
        let fits = posting.filter(|posting| self.ledger.fits(posting));
        if fits.is_none() {
            let amount = of(unit, Decimal::ZERO);
            out.push(No::BadAmount { amount, why: "the books could not tell the sum" }.into());
        }
        fits
    }
}

/// Whether amounts go to holders before they spend.
pub(super) fn is_divided(account: &Account) -> bool {
    account.allocated_by.is_some() || account.opening.is_some()
}

pub(super) fn check_amount(amount: &Amount, out: &mut Vec<Refusal>) {
    if !amount.value().is_positive() {
        out.push(No::BadAmount { amount: amount.clone(), why: "it is not above zero" }.into());
    } else if !amount.is_payable() {
        let why = "it has more digits after the point than its unit";
        out.push(No::BadAmount { amount: amount.clone(), why }.into());
    }
}

fn over(account: &Cited<'_, Account>, of_what: LimitOf, amount: Decimal, most: Decimal) -> Refusal {
    let unit = &account.terms.unit;
    let (account, amount, most) = (account.clause.clone(), of(unit, amount), of(unit, most));
    No::OverThreshold { account, of: of_what.as_str(), amount, most }.into()
}

/// The thresholds of an account.
pub(super) fn limits(agreement: &Agreement, account: &Cited<'_, Account>) -> Vec<LimitRow> {
    let name = account.terms.limits.as_ref();
    let table = name.and_then(|name| agreement.table(name, &account.clause.module));
    table.and_then(|table| table.limits()).unwrap_or_default()
}

/// The threshold that counts now: of those whose day has come, the last.
pub(super) fn limit_now(rows: &[LimitRow], of_what: LimitOf, now: Timestamp) -> Option<Decimal> {
    let here = rows.iter().filter(|row| row.of == of_what && row.from.start() <= now);
    here.max_by_key(|row| row.from).map(|row| row.most)
}
