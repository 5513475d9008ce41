//! What changes of accounts do: every line is posted here, and nowhere else.

use std::collections::BTreeSet;

use concordat_terms::{ClauseRef, Decimal, PartyId, Timestamp};

use super::acts::Change;
use super::{AccountEvent, Book, Cause, Course, Holder, Opening, Posted, Posting};
use crate::agenda::Alarm;
use crate::duties::Trigger;
use crate::state::State;
use crate::verdict::Effect;

impl State {
    pub(crate) fn change_account(&mut self, change: Change, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        match change {
            Change::Opened { account, opening, posting } => {
                self.open_account(account, opening, posting, now, &mut effects);
            }
            Change::Allocated { posting, report } => {
                let account = posting.under.clone();
                if let Some(mut course) = self.ledger.courses.get(&account).cloned() {
                    course.report = report.or(course.report);
                    self.ledger.courses.insert_mut(account, course);
                }
                self.post(posting, now, &mut effects);
            }
            Change::Posted(posting) => {
                self.post(posting, now, &mut effects);
            }
            Change::Moved { from, to } => {
                self.post(from, now, &mut effects);
                self.post(to, now, &mut effects);
            }
            Change::Settled(account) => self.close_account(&account, now, &mut effects),
        }
        effects
    }

    fn open_account(
        &mut self,
        account: ClauseRef,
        opening: Opening,
        posting: Option<Posting>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let ceiling = self.agreement.account(&account).map(|own| own.terms.ceiling);
        let mut course = self.ledger.courses.get(&account).cloned().unwrap_or_default();
        if course.openings == 0 {
            course.first_ceiling.0 = ceiling.unwrap_or(Decimal::ZERO);
        }
        course.openings = course.openings.saturating_add(1);
        self.ledger.courses.insert_mut(account.clone(), course);
        if let Some(until) = opening.until {
            self.agenda.set(Alarm::Account(account.clone()), until);
        }
        self.ledger.open.insert_mut(account.clone(), opening);
        effects.push(Effect::Account(account, AccountEvent::Opened));
        if let Some(posting) = posting {
            self.post(posting, now, effects);
        }
    }

    /// The time is over for which an account was opened.
    pub(crate) fn ring_account(
        &mut self,
        account: &ClauseRef,
        at: Timestamp,
        out: &mut Vec<Effect>,
    ) {
        self.close_account(account, at, out);
    }

    /// What was not spent goes back, and what was is past.
    fn close_account(&mut self, account: &ClauseRef, now: Timestamp, effects: &mut Vec<Effect>) {
        let Some(open) = self.ledger.open.get(account).cloned() else { return };
        self.agenda.cancel(&Alarm::Account(account.clone()));
        let own = self.ledger.of(account).filter(|(unit, ..)| *unit == open.unit);
        let mut lines = Vec::new();
        for (_, book, amount) in own {
            let to = match book {
                Book::Held(_) => Book::Origin,
                Book::Spent(_) => Book::Past,
                _ => continue,
            };
            lines.extend([(book.clone(), amount.negated()), (to, amount)]);
        }
        if let Some(posting) = Posting::new((account, &open.unit), Cause::Closed, lines, None) {
            self.post(posting, now, effects);
        }
        self.ledger.open.remove_mut(account);
        effects.push(Effect::Account(account.clone(), AccountEvent::Closed));
    }

    /// Posts lines that sum to zero. What a book could not tell is not posted at all; judging asks
    /// before, and no amount of this world comes near.
    pub(crate) fn post(
        &mut self,
        posting: Posting,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) -> bool {
        if !self.ledger.fits(&posting) {
            return false;
        }
        let mut put = Decimal::ZERO;
        let (mut spent, mut past) = (Decimal::ZERO, None);
        for line in &posting.lines {
            let key = (posting.under.clone(), posting.unit.clone(), line.book.clone());
            let before = self.ledger.balances.get(&key).copied().unwrap_or(Decimal::ZERO);
            let after = before.plus(line.amount).unwrap_or(before);
            if after == Decimal::ZERO {
                self.ledger.balances.remove_mut(&key);
            } else {
                self.ledger.balances.insert_mut(key, after);
            }
            match line.book {
                Book::Origin => put = put.minus(line.amount).unwrap_or(put),
                Book::Spent(_) => spent = spent.plus(line.amount).unwrap_or(spent),
                Book::Past => past = Some(line.amount),
                _ => {}
            }
        }
        if let Some(reference) = posting.reference {
            self.ledger.references.insert_mut((posting.under.clone(), reference));
        }
        let (under, cause) = (posting.under.clone(), posting.cause);
        let mut of_this = self.ledger.posted.range((self.index, 0)..=(self.index, u32::MAX));
        let nth = of_this.next_back().map_or(0, |((_, nth), _)| nth.saturating_add(1));
        let posted = Posted { at: now, posting, reversed: None };
        self.ledger.posted.insert_mut((self.index, nth), posted);
        if cause != Cause::Closed {
            self.sum_up(&under, (put, spent, past), now, effects);
        }
        true
    }

    /// Keeps the sums of an account, and warns where so much is spent.
    fn sum_up(
        &mut self,
        account: &ClauseRef,
        (put, spent, past): (Decimal, Decimal, Option<Decimal>),
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let add = |sum: Decimal, more: Decimal| sum.plus(more).unwrap_or(sum);
        let ever = add(spent, past.unwrap_or(Decimal::ZERO));
        if ever != Decimal::ZERO
            && let Some(course) = self.ledger.courses.get(account).cloned()
        {
            let course = Course { spent: super::Total(add(course.spent.0, ever)), ..course };
            self.ledger.courses.insert_mut(account.clone(), course);
        }
        // What is past is of no account that is open now.
        let open = self.ledger.open.get(account).filter(|_| past.is_none());
        let Some(mut open) = open.cloned() else { return };
        open.put = add(open.put, put);
        open.spent = add(open.spent, spent);
        let terms = self.agreement.account(account).map(|own| own.terms);
        let alert = terms.and_then(|terms| terms.ceiling.fraction(terms.alert_at?, 12));
        let reached = alert.filter(|alert| open.spent >= *alert && open.warned != Some(*alert));
        open.warned = reached.or(open.warned);
        self.ledger.open.insert_mut(account.clone(), open);
        if reached.is_some() {
            effects.push(Effect::Account(account.clone(), AccountEvent::Warned));
            self.start_clocks(&Trigger::Alert(account.clone()), None, now, effects);
        }
    }

    /// What a party had and owed in accounts another has and owes from here on.
    pub(crate) fn hand_over_in_accounts(
        &mut self,
        old: &PartyId,
        new: &PartyId,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        self.move_books(old, Cause::Followed, |book| Some(book.of(new)), now, effects);
    }

    /// What a party that leaves was allocated and has not spent goes back; what it owes it owes.
    pub(crate) fn lapse_in_accounts(
        &mut self,
        party: &PartyId,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let back = |book: &Book| matches!(book, Book::Held(_)).then_some(Book::Origin);
        self.move_books(party, Cause::Lapsed, back, now, effects);
    }

    fn move_books(
        &mut self,
        party: &PartyId,
        cause: Cause,
        to: impl Fn(&Book) -> Option<Book>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let own = self.ledger.balances.iter().filter(|((.., book), _)| book.party() == Some(party));
        let moves = own.filter_map(|((under, unit, book), amount)| {
            let lines = [(book.clone(), amount.negated()), (to(book)?, *amount)];
            Posting::new((under, unit), cause, lines, None)
        });
        for posting in moves.collect::<Vec<_>>() {
            self.post(posting, now, effects);
        }
    }

    /// Payments of what an entry posted, and of what is settled with it, wait for a decision about
    /// its correction, or wait no longer.
    pub(crate) fn pause_payments(&mut self, entry: u64, pause: bool, effects: &mut Vec<Effect>) {
        let clauses: BTreeSet<ClauseRef> =
            self.posted_at(entry).map(|(_, posted)| posted.posting.under.clone()).collect();
        for clause in clauses {
            let mut entries = self.ledger.paused.get(&clause).cloned().unwrap_or_default();
            let changed = if pause { entries.insert(entry) } else { entries.remove(&entry) };
            if changed {
                let event = if pause { AccountEvent::Paused } else { AccountEvent::Resumed };
                effects.push(Effect::Account(clause.clone(), event));
            }
            if entries.is_empty() {
                self.ledger.paused.remove_mut(&clause);
            } else {
                self.ledger.paused.insert_mut(clause, entries);
            }
        }
    }

    /// What an entry posted, in its order.
    pub(crate) fn posted_at(&self, entry: u64) -> impl Iterator<Item = (&(u64, u32), &Posted)> {
        self.ledger.posted.range((entry, 0)..=(entry, u32::MAX))
    }

    /// Whether something that an entry posted stands and can fall.
    pub(crate) fn can_be_reversed(&self, entry: u64) -> bool {
        self.posted_at(entry).any(|(_, posted)| posted.can_fall())
    }

    /// The parties in whose books an entry posted; none where it posted in an account, which is
    /// everybody's.
    pub(crate) fn booked_by(&self, entry: u64) -> Option<BTreeSet<PartyId>> {
        // Most entries post nothing, and the last that did is at hand.
        if self.ledger.posted.last().is_none_or(|((last, _), _)| *last < entry) {
            return Some(BTreeSet::new());
        }
        let lines = self.posted_at(entry).flat_map(|(_, posted)| &posted.posting.lines);
        let mut parties = BTreeSet::new();
        for line in lines {
            match &line.book {
                Book::Owed(party) => _ = parties.insert(party.clone()),
                Book::Held(_) | Book::Spent(_) | Book::Origin | Book::Past => return None,
            }
        }
        Some(parties)
    }

    /// Sets aside what an entry posted, by lines of its own: what it took from an account that was
    /// closed since, or gave, is taken from what is past. Each posting falls once; under one clause
    /// alone, if it is named.
    pub(crate) fn reverse_postings(
        &mut self,
        entry: u64,
        under: Option<&ClauseRef>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let standing = self.posted_at(entry).filter(|(_, posted)| {
            posted.can_fall() && under.is_none_or(|under| *under == posted.posting.under)
        });
        let postings: Vec<_> =
            standing.map(|(key, posted)| (*key, posted.posting.clone())).collect();
        for (key, posting) in postings {
            let under = posting.under.clone();
            let here = self.ledger.open.get(&under).is_some_and(|open| open.index <= entry);
            let lines = posting.lines.iter().map(|line| {
                let last = |party: &PartyId| self.agreement.last(party).clone();
                let holder = |of: &Holder| Holder { party: last(&of.party), ..of.clone() };
                let book = match &line.book {
                    Book::Held(_) if !here => Book::Origin,
                    Book::Spent(_) if !here => Book::Past,
                    Book::Held(of) => Book::Held(holder(of)),
                    Book::Spent(of) => Book::Spent(holder(of)),
                    Book::Owed(party) => Book::Owed(last(party)),
                    book @ (Book::Origin | Book::Past) => book.clone(),
                };
                (book, line.amount.negated())
            });
            let unit = posting.unit.as_str();
            let Some(mirror) = Posting::new((&under, unit), Cause::Reversed, lines, None) else {
                continue;
            };
            if !self.post(mirror, now, effects) {
                continue;
            }
            if let Some(mut posted) = self.ledger.posted.get(&key).cloned() {
                posted.reversed = Some(self.index);
                self.ledger.posted.insert_mut(key, posted);
            }
            effects.push(Effect::Account(under.clone(), AccountEvent::Reversed));
            if matches!(posting.cause, Cause::Credit | Cause::Claim) {
                let mut owed = posting.lines.iter().filter(|line| line.amount.is_positive());
                let owed = owed.try_fold(Decimal::ZERO, |sum, line| sum.plus(line.amount));
                self.free_cap(&under, owed.unwrap_or(Decimal::ZERO));
            }
        }
    }
}
