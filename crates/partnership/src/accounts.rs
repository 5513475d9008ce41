//! Accounts: what is allocated, spent, owed and paid, in books of two sides.
//!
//! Every change is a [`Posting`]: lines of one unit under one clause that sum to zero, so that
//! nothing is made and nothing is lost, whatever acts come in whatever order. An *account* clause
//! has an origin, from which amounts go to holders (allocated), from them to what they spent, and
//! back when it is closed. Under an *ip* or a *liability* clause a party is owed what others owe.
//! A ceiling, a cap and a threshold are read from the clause in force; what is above is refused or
//! cut. Nothing is ever edited: what falls is reversed by lines of its own.

mod acts;
mod checks;
mod judge;
mod life;
mod owed;
mod refusal;
#[cfg(test)]
mod tests;
mod view;

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{ClauseRef, Decimal, Digest, PartyId, ProjectId, Timestamp};
use rpds::{RedBlackTreeMapSync, RedBlackTreeSetSync};
use serde::{Deserialize, Serialize};

pub(crate) use acts::Change;
pub use acts::{
    AccountAllocate, AccountOpen, AccountSettle, AccountTransfer, PaymentRecord, UsageReport,
};
pub(crate) use owed::Claim;
pub use refusal::AccountRefusal;
pub use view::{AccountView, Budget, CapView, HolderView, OwedView, Statement, Value};

use crate::state::State;

/// Whose part of an account it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// The party.
    pub party: PartyId,
    /// For which project; for none, if it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
}

/// One side of a line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Book {
    /// Where an account's amounts come from: below zero, by what is allocated and spent.
    Origin,
    /// Allocated to a holder, and not spent.
    Held(Holder),
    /// Spent by a holder since the account was opened.
    Spent(Holder),
    /// Spent before it was opened the last time.
    Past,
    /// What a party is owed under the clause; below zero, what it owes.
    Owed(PartyId),
}

/// What one book gets; below zero, what it gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The book.
    pub book: Book,
    /// How much, in the posting's unit.
    pub amount: Decimal,
}

/// Why something was posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The account was opened.
    Opened,
    /// It was allocated.
    Allocated,
    /// A holder handed it on.
    Transferred,
    /// It was used, or paid from the account.
    Spent,
    /// A holder left.
    Lapsed,
    /// The account was closed.
    Closed,
    /// A licensee reported revenue.
    Royalty,
    /// A licence to a version costs something once.
    Fee,
    /// Somebody outside paid for a licence.
    Income,
    /// A measured value is across a threshold of the table of amounts.
    Credit,
    /// A claim.
    Claim,
    /// A claim that no cap covers.
    Uncapped,
    /// What was owed was paid.
    Paid,
    /// A party follows another.
    Followed,
    /// An earlier posting falls.
    Reversed,
}

/// Lines that sum to zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// Under which clause.
    pub under: ClauseRef,
    /// In which unit.
    pub unit: String,
    /// Why.
    pub cause: Cause,
    /// The lines, one a book.
    pub lines: Vec<Line>,
    /// What it was computed from, a blob.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<Digest>,
}

impl Posting {
    /// Lines of these amounts, those of one book together and none of zero; `None` if they do not
    /// sum to zero, or cannot be told.
    fn new(
        (under, unit): (&ClauseRef, &str),
        cause: Cause,
        amounts: impl IntoIterator<Item = (Book, Decimal)>,
        reference: Option<Digest>,
    ) -> Option<Self> {
        let mut books: BTreeMap<Book, Decimal> = BTreeMap::new();
        let mut sum = Decimal::ZERO;
        for (book, amount) in amounts {
            sum = sum.plus(amount)?;
            let all = books.entry(book).or_insert(Decimal::ZERO);
            *all = all.plus(amount)?;
        }
        books.retain(|_, amount| *amount != Decimal::ZERO);
        let lines = books.into_iter().map(|(book, amount)| Line { book, amount }).collect();
        let posting = Self { under: under.clone(), unit: unit.to_owned(), cause, lines, reference };
        (sum == Decimal::ZERO).then_some(posting)
    }
}

/// A posting in the order of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub posting: Posting,
    /// The entry that reversed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reversed: Option<u64>,
}

impl Posted {
    /// Whether it stands and a determination can make it fall: the end of an account, and what
    /// follows from a party's leaving, goes with what ended.
    pub(crate) fn can_fall(&self) -> bool {
        let ended = matches!(self.posting.cause, Cause::Closed | Cause::Lapsed | Cause::Followed);
        self.reversed.is_none() && !ended && self.posting.cause != Cause::Reversed
    }
}

/// An account that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Since when.
    pub since: Timestamp,
    /// By the entry at this index.
    pub index: u64,
    /// Until when; for as long as nobody closes it, if this is absent.
    pub until: Option<Timestamp>,
    /// The unit that it is kept in.
    pub unit: String,
    /// What was put in: allocated or spent, all holders together.
    pub put: Decimal,
    /// What of that was spent.
    pub spent: Decimal,
    /// Of which amount the holders were warned.
    pub warned: Option<Decimal>,
}

/// What an account has been through, opened or not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    /// How often it was opened.
    pub openings: u32,
    /// All that was ever spent.
    pub spent: Total,
    /// Its ceiling when it was opened first.
    pub first_ceiling: Total,
    /// The report that the last allocation named.
    pub report: Option<u64>,
}

/// A decimal that starts as zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Total(pub Decimal);

impl Default for Total {
    fn default() -> Self {
        Self(Decimal::ZERO)
    }
}

/// What happened to an account, or under a clause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountEvent {
    /// It was opened.
    Opened,
    /// It was closed.
    Closed,
    /// So much of its ceiling is spent that its holders are warned.
    Warned,
    /// Something is owed for a measured value.
    Credited,
    /// Something is not owed, because it is over the cap.
    Cut,
    /// Payments wait for a decision about the correction of an entry.
    Paused,
    /// They wait for that no longer.
    Resumed,
    /// What an entry posted falls, by lines of its own.
    Reversed,
}

/// Every book.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ledger {
    /// By clause, unit and book; none is zero.
    pub(crate) balances: RedBlackTreeMapSync<(ClauseRef, String, Book), Decimal>,
    /// By the index of the entry, and which of its postings.
    pub(crate) posted: RedBlackTreeMapSync<(u64, u32), Posted>,
    pub(crate) open: RedBlackTreeMapSync<ClauseRef, Opening>,
    pub(crate) courses: RedBlackTreeMapSync<ClauseRef, Course>,
    /// How much of each cap is used, by awards and credits alike.
    pub(crate) used: RedBlackTreeMapSync<ClauseRef, Decimal>,
    /// What was computed from each blob is posted once.
    pub(crate) references: RedBlackTreeSetSync<(ClauseRef, Digest)>,
    /// Entries of which somebody asks for a correction, by the clauses under which they posted.
    pub(crate) paused: RedBlackTreeMapSync<ClauseRef, BTreeSet<u64>>,
}

impl Ledger {
    /// What stands in a book.
    pub(crate) fn balance(&self, under: &ClauseRef, unit: &str, book: Book) -> Decimal {
        let key = (under.clone(), unit.to_owned(), book);
        self.balances.get(&key).copied().unwrap_or(Decimal::ZERO)
    }

    /// The books of a clause.
    pub(crate) fn of<'a>(
        &'a self,
        under: &'a ClauseRef,
    ) -> impl Iterator<Item = (&'a str, &'a Book, Decimal)> {
        let first = (under.clone(), String::new(), Book::Origin);
        let from = self.balances.range(first..);
        let own = from.take_while(move |((clause, ..), _)| clause == under);
        own.map(|((_, unit, book), amount)| (unit.as_str(), book, *amount))
    }

    /// Whether every book that it touches can tell what it would hold.
    fn fits(&self, posting: &Posting) -> bool {
        posting.lines.iter().all(|line| {
            let stands = self.balance(&posting.under, &posting.unit, line.book.clone());
            stands.plus(line.amount).is_some()
        })
    }
}

impl Book {
    /// Whose book it is.
    pub fn party(&self) -> Option<&PartyId> {
        match self {
            Self::Held(holder) | Self::Spent(holder) => Some(&holder.party),
            Self::Owed(party) => Some(party),
            Self::Origin | Self::Past => None,
        }
    }

    /// The same book of another party.
    fn of(&self, party: &PartyId) -> Self {
        let own = |holder: &Holder| Holder { party: party.clone(), ..holder.clone() };
        match self {
            Self::Held(holder) => Self::Held(own(holder)),
            Self::Spent(holder) => Self::Spent(own(holder)),
            Self::Owed(_) => Self::Owed(party.clone()),
            Self::Origin | Self::Past => self.clone(),
        }
    }
}

impl State {
    /// Every book that is not empty, by clause, unit and book: of each clause and unit they sum to
    /// zero.
    pub fn books(&self) -> impl Iterator<Item = (&(ClauseRef, String, Book), &Decimal)> {
        self.ledger.balances.iter()
    }

    /// Every posting, by the index of its entry and its place among that one's.
    pub fn postings(&self) -> impl Iterator<Item = (&(u64, u32), &Posted)> {
        self.ledger.posted.iter()
    }

    /// What the entry at an index posted, in its order.
    pub fn postings_of(&self, index: u64) -> impl Iterator<Item = &Posted> {
        self.posted_at(index).map(|(_, posted)| posted)
    }

    /// Whether the holders of an account that is open were warned.
    pub(crate) fn is_warned(&self, account: &ClauseRef) -> bool {
        self.ledger.open.get(account).is_some_and(|open| open.warned.is_some())
    }

    /// The accounts that are open.
    pub fn open_accounts(&self) -> impl Iterator<Item = (&ClauseRef, &Opening)> {
        self.ledger.open.iter()
    }
}
