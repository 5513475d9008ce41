//! What falls of an account that was closed since, and may be open again.

use concordat_partnership::act::VerdictRuling;

use crate::books::{a, allocate, open, pays, settle, uses};
use crate::common::{EVERYBODY, Story};
use crate::corrections::{correctable_with, rule};
use crate::thresholds::ORDER;

fn falls(story: &mut Story, entry: u64) {
    let verdict = rule(story, &EVERYBODY, entry, VerdictRuling::SetAside);
    assert!(verdict.is_admitted(), "{}", verdict.in_words());
    story.balances();
}

#[test]
fn what_falls_of_an_account_that_was_closed_leaves_the_one_that_is_open_now_as_it_is() {
    let mut story = correctable_with("");
    story.admit("alder", "council-member", open("books/computing"));
    story.decide("some", allocate("alder", "gpu-hour 100"));
    let entry = story.state().index();
    story.admit("alder", "data-holder", uses("books/computing", "gpu-hour 40", "january"));
    story.admit("alder", "council-member", settle("books/computing"));
    story.admit("alder", "council-member", open("books/computing"));
    story.decide("anew", allocate("alder", "gpu-hour 50"));
    story.admit("alder", "data-holder", uses("books/computing", "gpu-hour 5", "february"));
    let now = |story: &Story| {
        let budget = story.state().budget();
        let account = budget.accounts.iter().find(|own| own.account == a("books/computing"));
        let (put, spent) = (account.unwrap().put.to_string(), account.unwrap().spent.to_string());
        (put, spent, story.book("books/computing", "held alder"))
    };
    assert_eq!(now(&story), ("50".into(), "5".into(), "45".into()));
    falls(&mut story, entry);
    assert_eq!(now(&story), ("50".into(), "5".into(), "45".into()));
    assert_eq!(story.book("books/computing", "past"), "0", "nothing was used before");
}

#[test]
fn what_falls_counts_no_more_towards_the_threshold_of_all_that_was_ever_paid() {
    let mut story = correctable_with(ORDER);
    let pay = |amount| pays("books/order", None, Some("lab"), amount);
    story.admit("alder", "council-member", open("books/order"));
    let entry = story.state().index();
    story.admit("vendor", "trainer", pay("EUR 300"));
    story.admit("vendor", "trainer", pay("EUR 200"));
    story.admit("alder", "council-member", settle("books/order"));
    story.admit("alder", "council-member", open("books/order"));
    // Of EUR 700 in all EUR 500 are paid, until the first payment falls.
    story.denied("vendor", "trainer", pay("EUR 200.01"), "over-threshold");
    falls(&mut story, entry);
    story.admit("vendor", "trainer", pay("EUR 200.01"));
}
