//! What other rooms ask of the books: payments that wait for a correction, postings that fall.

use std::collections::BTreeSet;

use concordat_terms::{ClauseRef, Decimal, Digest, PartyId, Timestamp};

use super::owed::Claim;
use super::{Book, Cause, Course, Holder, Opening, Posting};
use crate::state::State;

fn a<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().unwrap()
}

fn now() -> Timestamp {
    a("2027-01-01T00:00:00Z")
}

fn d(text: &str) -> Decimal {
    a(text)
}

fn owed(party: &str) -> Book {
    Book::Owed(a(party))
}

fn post(state: &mut State, lines: &[(Book, &str)], cause: Cause) -> u64 {
    let under: ClauseRef = a("books/pool");
    let lines = lines.iter().map(|(book, amount)| (book.clone(), d(amount)));
    let reference = Some(Digest::of(state.index.to_string().as_bytes()));
    let posting = Posting::new((&under, "EUR"), cause, lines, reference).unwrap();
    assert!(state.post(posting, now(), &mut Vec::new()));
    state.index += 1;
    state.index - 1
}

fn stands(state: &State, book: Book) -> Decimal {
    state.ledger.balance(&a("books/pool"), "EUR", book)
}

#[test]
fn lines_that_do_not_sum_to_zero_are_no_posting() {
    let under: ClauseRef = a("books/pool");
    let lines = [(owed("alder"), d("1")), (owed("birch"), d("-0.99"))];
    assert_eq!(Posting::new((&under, "EUR"), Cause::Paid, lines, None), None);
    let most = d("999999999999999999");
    let lines = [(owed("alder"), most), (owed("alder"), most), (owed("birch"), d("-1"))];
    assert_eq!(Posting::new((&under, "EUR"), Cause::Paid, lines, None), None);
}

#[test]
fn what_a_book_cannot_tell_is_not_posted_at_all() {
    let mut state = State::default();
    let most = "999999999999999999";
    post(
        &mut state,
        &[(owed("alder"), most), (owed("birch"), "-999999999999999999")],
        Cause::Claim,
    );
    let before = state.clone();
    let under: ClauseRef = a("books/pool");
    let lines = [(owed("alder"), d("1")), (owed("lab"), d("-1"))];
    let posting = Posting::new((&under, "EUR"), Cause::Claim, lines, None).unwrap();
    assert!(!state.post(posting, now(), &mut Vec::new()));
    assert_eq!(state, before);
}

#[test]
fn payments_of_those_concerned_wait_while_a_correction_is_asked_for() {
    let mut state = State::default();
    let first = post(&mut state, &[(owed("alder"), "5"), (owed("vendor"), "-5")], Cause::Royalty);
    let second = post(&mut state, &[(owed("birch"), "5"), (owed("lab"), "-5")], Cause::Royalty);
    let paused = |state: &State, party: Option<&str>| {
        let mut out = Vec::new();
        state.check_pause(&a("books/pool"), party.map(a).as_ref(), &mut out);
        out.first().map(|refusal| refusal.code())
    };
    state.pause_payments(first, true, &mut Vec::new());
    assert_eq!(paused(&state, Some("vendor")), Some("payment-paused"));
    assert_eq!(paused(&state, Some("lab")), None, "nobody asks about that");
    assert_eq!(paused(&state, None), Some("payment-paused"), "nor is it settled");
    assert!(state.debts().iter().all(|debt| debt.paused));
    state.pause_payments(second, true, &mut Vec::new());
    state.pause_payments(first, false, &mut Vec::new());
    assert_eq!(paused(&state, Some("vendor")), None);
    assert_eq!(paused(&state, Some("birch")), Some("payment-paused"));
    state.pause_payments(second, false, &mut Vec::new());
    assert_eq!(paused(&state, None), None);
    assert!(state.ledger.paused.is_empty());
}

#[test]
fn what_falls_is_reversed_once_by_lines_of_its_own() {
    let mut state = State::default();
    let lines = [(owed("alder"), "5"), (owed("birch"), "3"), (owed("vendor"), "-8")];
    let entry = post(&mut state, &lines, Cause::Royalty);
    // Meanwhile a part was paid: what falls is owed back.
    post(&mut state, &[(owed("vendor"), "5"), (owed("alder"), "-5")], Cause::Paid);
    let mut effects = Vec::new();
    for _ in 0..2 {
        state.reverse_postings(entry, None, now(), &mut effects);
        assert_eq!(stands(&state, owed("alder")), d("-5"));
        assert_eq!(stands(&state, owed("vendor")), d("5"));
        assert_eq!(stands(&state, owed("birch")), Decimal::ZERO);
        state.index += 1;
    }
    assert_eq!(state.postings().count(), 3);
    assert_eq!(state.postings().next().unwrap().1.reversed, Some(2));
}

#[test]
fn what_falls_after_an_account_was_closed_is_taken_from_what_is_past() {
    let mut state = State::default();
    let account: ClauseRef = a("books/pool");
    let vendor = Holder { party: a("vendor"), project: None };
    let open = |index| Opening {
        since: now(),
        index,
        until: None,
        unit: "EUR".to_owned(),
        put: Decimal::ZERO,
        spent: Decimal::ZERO,
        warned: None,
    };
    state.ledger.courses.insert_mut(account.clone(), Course::default());
    state.ledger.open.insert_mut(account.clone(), open(0));
    post(&mut state, &[(Book::Origin, "-9"), (Book::Held(vendor.clone()), "9")], Cause::Allocated);
    let held = Book::Held(vendor.clone());
    let entry = post(&mut state, &[(held.clone(), "-4"), (Book::Spent(vendor), "4")], Cause::Spent);
    assert_eq!(state.ledger.open.get(&account).unwrap().put, d("9"));
    assert_eq!(state.ledger.open.get(&account).unwrap().spent, d("4"));
    let change = super::Change::Settled(account.clone());
    state.change_account(change, now());
    state.index += 1;
    state.ledger.open.insert_mut(account.clone(), open(state.index));
    state.index += 1;

    state.reverse_postings(entry, None, now(), &mut Vec::new());
    assert!(state.books().next().is_none(), "nothing was used, and nothing is held");
    let course = state.ledger.courses.get(&account).unwrap();
    assert_eq!(course.spent.0, Decimal::ZERO);
    // The opening that is in use now has nothing to do with it.
    assert_eq!(state.ledger.open.get(&account).unwrap().put, Decimal::ZERO);
}

#[test]
fn a_claim_is_parted_evenly_and_falls_off_the_cap_again() {
    let mut state = State::default();
    let under: ClauseRef = a("books/pool");
    let all = |names: &[&str]| names.iter().map(|name| a(name)).collect::<BTreeSet<PartyId>>();
    let claim = |carved_out| Claim {
        under: &under,
        by: all(&["vendor", "lab"]),
        to: all(&["alder", "birch", "cypress"]),
        amount: a("EUR 0.05"),
        carved_out,
        cause: Cause::Claim,
    };
    let mut effects = Vec::new();
    assert_eq!(state.charge(&claim(true), now(), &mut effects), Some(d("0.05")));
    assert_eq!(state.postings().next().unwrap().1.posting.cause, Cause::Uncapped);
    assert!(state.ledger.used.is_empty(), "no cap covers it");
    state.index += 1;
    assert_eq!(state.charge(&claim(false), now(), &mut effects), Some(d("0.05")));
    assert_eq!(state.ledger.used.get(&under), Some(&d("0.05")));
    assert_eq!(stands(&state, owed("alder")), d("0.04"));
    assert_eq!(stands(&state, owed("cypress")), d("0.02"));
    assert_eq!(stands(&state, owed("lab")), d("-0.06"));
    state.index += 1;
    state.reverse_postings(1, None, now(), &mut effects);
    assert_eq!(state.ledger.used.get(&under), Some(&Decimal::ZERO));
    assert_eq!(stands(&state, owed("lab")), d("-0.03"));
}

#[test]
fn who_leaves_gives_back_and_who_follows_takes_over() {
    let mut state = State::default();
    let vendor = Holder { party: a("vendor"), project: None };
    post(&mut state, &[(Book::Origin, "-9"), (Book::Held(vendor.clone()), "9")], Cause::Allocated);
    post(&mut state, &[(owed("alder"), "5"), (owed("vendor"), "-5")], Cause::Royalty);
    let mut left = state.clone();
    left.lapse_in_accounts(&a("vendor"), now(), &mut Vec::new());
    assert_eq!(stands(&left, Book::Origin), Decimal::ZERO);
    assert_eq!(stands(&left, owed("vendor")), d("-5"), "it owes what it owed");

    post(&mut state, &[(owed("elm"), "1"), (owed("alder"), "-1")], Cause::Paid);
    state.hand_over_in_accounts(&a("vendor"), &a("elm"), now(), &mut Vec::new());
    assert_eq!(stands(&state, owed("vendor")), Decimal::ZERO);
    assert_eq!(stands(&state, owed("elm")), d("-4"), "both together");
    assert_eq!(stands(&state, Book::Held(Holder { party: a("elm"), project: None })), d("9"));
}
