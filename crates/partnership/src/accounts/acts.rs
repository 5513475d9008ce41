//! The acts about accounts: what they carry, and what they change.

use concordat_terms::{
    ActName, Amount, ClauseRef, Country, Digest, Money, PartyId, ProjectId, PurposeId, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::{Holder, Opening, Posting};
use crate::act::Act;
use crate::deed::{Deed, Hearing};
use crate::gate::Matter;
use crate::refusal::Refusal;
use crate::state::State;
use crate::verdict::Actor;

/// `account.open`: from here on it can be allocated and spent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountOpen {
    /// The account's clause.
    pub account: ClauseRef,
    /// Until when: then it closes by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// `account.allocate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountAllocate {
    /// The account's clause.
    pub account: ClauseRef,
    /// To whom.
    pub to: Holder,
    /// How much.
    pub amount: Amount,
    /// The entry that reported on the account's objective, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<u64>,
}

/// `account.transfer`: what one holder was allocated another has from here on, of the same account
/// or of one to which its clause lets amounts go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountTransfer {
    /// The account's clause.
    pub account: ClauseRef,
    /// Who hands it on.
    pub from: Holder,
    /// To whom.
    pub to: Holder,
    /// How much.
    pub amount: Amount,
    /// The account that it goes to; it stays in this one, if it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into: Option<ClauseRef>,
}

/// `account.settle`: closes it, and what was not spent goes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountSettle {
    /// The account's clause.
    pub account: ClauseRef,
}

/// `usage.report`: metered use of an account, or revenue under an `ip` clause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsageReport {
    /// The clause, an `account` or an `ip`.
    pub under: ClauseRef,
    /// What was used, or the revenue that it brought.
    pub amount: Amount,
    /// Whose use it is; of who acts, if it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyId>,
    /// For which project it was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
    /// The version that was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Digest>,
    /// What it was used for, where a licence is for some purposes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<PurposeId>,
    /// Where, where a licence is for some countries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// The record of this use, a blob.
    pub reference: Digest,
}

/// `payment.record`: from an account, of what is owed under an `ip` or `liability` clause, or from
/// somebody outside for a licence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentRecord {
    /// The clause.
    pub under: ClauseRef,
    /// Who paid; of an `ip` clause somebody outside, if it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PartyId>,
    /// Who was paid; somebody outside, if it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<PartyId>,
    /// For which project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
    /// The version that earned it, where somebody outside paid for a licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Digest>,
    /// How much.
    pub amount: Amount,
    /// The record of this payment, a blob.
    pub reference: Digest,
}

/// What the acts about accounts change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    Opened { account: ClauseRef, opening: Opening, posting: Option<Posting> },
    Allocated { posting: Posting, report: Option<u64> },
    Posted(Posting),
    Moved { from: Posting, to: Posting },
    Settled(ClauseRef),
}

impl From<Change> for crate::change::Change {
    fn from(change: Change) -> Self {
        Self::Account(change)
    }
}

type Changed = Option<crate::change::Change>;

impl Deed for AccountOpen {
    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        state.refer_account(&self.account, out);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Changed {
        hearing.state.judge_opening(self, hearing, out).map(Into::into)
    }
}

impl Deed for AccountAllocate {
    fn amount(&self) -> Option<Money> {
        self.amount.money()
    }

    fn about<'a>(&'a self, _: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter.project = self.to.project.as_ref();
    }

    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        state.refer_account(&self.account, out);
        state.refer_holder(&self.to, out);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Changed {
        let state = hearing.state;
        let account = state.spendable(&self.account, hearing, out)?;
        if let Some(body) = account.terms.allocated_by.as_ref() {
            let act = || Act::AccountAllocate(self.clone());
            state.decided_by(&self.account, body, hearing, act, out);
        }
        let posting = state.judge_allocation(self, &account, out)?;
        Some(Change::Allocated { posting, report: self.report }.into())
    }
}

impl Deed for AccountTransfer {
    fn amount(&self) -> Option<Money> {
        self.amount.money()
    }

    fn about<'a>(&'a self, _: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter.project = self.from.project.as_ref();
    }

    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        for account in std::iter::once(&self.account).chain(&self.into) {
            state.refer_account(account, out);
        }
        state.refer_holder(&self.to, out);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Changed {
        let state = hearing.state;
        let account = state.spendable(&self.account, hearing, out)?;
        concerned(hearing, &self.from.party, out);
        match self.into.as_ref().filter(|into| **into != self.account) {
            Some(into) => {
                let into = state.spendable(into, hearing, out)?;
                Some(state.judge_move(self, (&account, &into), out)?.into())
            }
            None => Some(Change::Posted(state.judge_transfer(self, &account, out)?).into()),
        }
    }
}

impl Deed for AccountSettle {
    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        // What is open is closed, also when its clause is gone.
        if !state.ledger.open.contains_key(&self.account) {
            state.refer_account(&self.account, out);
        }
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Changed {
        let state = hearing.state;
        self.refers(state, out);
        state.opened(&self.account, out)?;
        state.check_pause(&self.account, None, out);
        Some(Change::Settled(self.account.clone()).into())
    }
}

impl Deed for UsageReport {
    fn amount(&self) -> Option<Money> {
        self.amount.money()
    }

    fn subject(&self) -> Option<Digest> {
        self.version
    }

    fn about<'a>(&'a self, _: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter.project = self.project.as_ref();
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Changed {
        let state = hearing.state;
        let actor = hearing.by.party(out)?;
        let party = self.party.as_ref().unwrap_or(actor).clone();
        // Use of somebody else is told by it, or by who meters.
        let account = state.agreement.account(&self.under);
        let meters = account.and_then(|account| account.terms.metered_by.as_ref());
        if party != *actor && meters != Some(&hearing.by.actor.seat) {
            concerned(hearing, &party, out);
        }
        state.check_reference(&self.under, self.reference, out);
        if state.agreement.ip(&self.under).is_some() {
            return Some(Change::Posted(state.judge_revenue(self, &party, hearing, out)?).into());
        }
        let holder = Holder { party, project: self.project.clone() };
        let spent = (&holder, &self.amount, self.reference);
        Some(Change::Posted(state.judge_spending(&self.under, spent, hearing, out)?).into())
    }
}

impl Deed for PaymentRecord {
    fn amount(&self) -> Option<Money> {
        self.amount.money()
    }

    fn about<'a>(&'a self, _: &'a State, _: &'a Actor, matter: &mut Matter<'a>) {
        matter.project = self.project.as_ref();
    }

    fn refers(&self, state: &State, out: &mut Vec<Refusal>) {
        state.check_reference(&self.under, self.reference, out);
    }

    fn judge(&self, hearing: &Hearing<'_>, out: &mut Vec<Refusal>) -> Changed {
        let state = hearing.state;
        let actor = hearing.by.party(out)?;
        state.check_reference(&self.under, self.reference, out);
        if state.agreement.account(&self.under).is_some() {
            let party = self.from.as_ref().unwrap_or(actor).clone();
            concerned(hearing, &party, out);
            state.check_pause(&self.under, Some(&party), out);
            let holder = Holder { party, project: self.project.clone() };
            let spent = (&holder, &self.amount, self.reference);
            return Some(
                Change::Posted(state.judge_spending(&self.under, spent, hearing, out)?).into(),
            );
        }
        let to = self.to.as_ref().unwrap_or(actor);
        // Who says that it paid has not paid; who says that it was paid has been.
        concerned(hearing, to, out);
        Some(Change::Posted(state.judge_payment(self, to, hearing, out)?).into())
    }
}

/// Who gives something away signs, unless a body has decided it.
fn concerned(hearing: &Hearing<'_>, party: &PartyId, out: &mut Vec<Refusal>) {
    if hearing.via.is_none() && !hearing.by.parties.contains(party) {
        let (act, party): (ActName, _) = (hearing.act, party.clone());
        out.push(super::AccountRefusal::PartySilent { act, party }.into());
    }
}
