//! Money waits while a verdict is questioned, and goes back when the verdict falls.

use concordat_partnership::act::{CorrectionRequest, Determination, UsageReport, VerdictRuling};
use concordat_partnership::{AccountEvent, Act, Cause, Effect, Verdict};
use proptest::prelude::*;

use crate::books::{a, allocate, books, keeping_in, open, pays, settle, transfer, used, uses};
use crate::common::{EVERYBODY, HOSPITALS, Story, digest, texts};

/// The stories about accounts, under an instrument that lets verdicts be corrected.
fn correctable() -> Story {
    correctable_with("")
}

/// The same, with these clauses besides.
pub(crate) fn correctable_with(more: &str) -> Story {
    let mut texts = texts();
    let governance = texts.get_mut("governance").unwrap();
    let escalates = "escalates_to = \"council\"\n";
    let within = format!("{escalates}correction_within = \"P10D\"\n");
    *governance = governance.replacen(escalates, &within, 1);
    keeping_in(texts.into_values().chain([books(more)]))
}

fn correct(verdict: u64) -> Act {
    Act::CorrectionRequest(CorrectionRequest { verdict, reasons: digest("reasons") })
}

pub(crate) fn rule(
    story: &mut Story,
    parties: &[&str],
    verdict: u64,
    ruling: VerdictRuling,
) -> Verdict {
    let mut determination = Determination::of(digest("ruling"));
    determination.verdicts.insert(verdict, ruling);
    let signers: Vec<_> = parties.iter().map(|party| (*party, "signatory")).collect();
    let entry = story.sign(&signers, &Act::DeterminationEnter(determination));
    story.step(entry)
}

fn told(verdict: &Verdict) -> Vec<AccountEvent> {
    let Verdict::Admitted { effects, .. } = verdict else {
        panic!("{}", verdict.refusal().unwrap().problem())
    };
    let of = |effect: &Effect| match effect {
        Effect::Account(_, event) => Some(event.clone()),
        _ => None,
    };
    effects.iter().filter_map(of).collect()
}

/// A royalty of EUR 80, and the entry that reported the revenue.
fn reported() -> (Story, u64) {
    let mut story = correctable();
    let index = story.state().index();
    story.admit("vendor", "trainer", uses("books/pool", "EUR 1000", "first half"));
    (story, index)
}

/// All whom that entry affects: who owes and who is owed.
const AFFECTED: [&str; 6] = ["vendor", "alder", "birch", "cypress", "dogwood", "lab"];

fn pay(to: &str, amount: &str) -> Act {
    pays("books/pool", Some("vendor"), Some(to), amount)
}

#[test]
fn payments_pause_while_a_correction_is_asked_for_and_go_on_when_the_verdict_stands() {
    let (mut story, index) = reported();
    // Whoever was booked is affected, also who signed nothing.
    let verdict = story.act("alder", "data-holder", correct(index));
    assert_eq!(told(&verdict), [AccountEvent::Paused]);
    assert!(story.state().is_paused(index));
    story.denied("alder", "data-holder", pay("alder", "EUR 12"), "payment-paused");
    assert!(story.state().debts().iter().all(|debt| debt.paused));

    let verdict = rule(&mut story, &AFFECTED, index, VerdictRuling::Stands);
    assert_eq!(told(&verdict), [AccountEvent::Resumed]);
    story.admit("alder", "data-holder", pay("alder", "EUR 12"));
}

#[test]
fn payments_go_on_when_nothing_was_determined_in_time() {
    let (mut story, index) = reported();
    story.admit("vendor", "trainer", correct(index));
    story.denied("lab", "test-lab", pay("lab", "EUR 1"), "payment-paused");
    story.tick("2027-01-12T08:00:00Z");
    assert!(!story.state().is_paused(index));
    story.admit("lab", "test-lab", pay("lab", "EUR 1"));
}

#[test]
fn a_verdict_that_is_set_aside_gives_back_what_it_posted() {
    let (mut story, index) = reported();
    story.admit("alder", "data-holder", pay("alder", "EUR 12"));
    story.admit("vendor", "trainer", correct(index));
    let few = rule(&mut story, &AFFECTED[..5], index, VerdictRuling::SetAside);
    assert_eq!(few.refusal().unwrap().code(), "nothing-permits");
    let verdict = rule(&mut story, &AFFECTED, index, VerdictRuling::SetAside);
    assert_eq!(told(&verdict), [AccountEvent::Resumed, AccountEvent::Reversed]);
    // What was paid meanwhile is owed back, and nobody else owes anything.
    assert_eq!(story.book("books/pool", "owed alder"), "-12");
    assert_eq!(story.book("books/pool", "owed vendor"), "12");
    assert_eq!(story.state().debts().len(), 2);
    story.balances();
    // The entry is as it was; that it fell is said beside it, once.
    let (_, posted) = story.state().postings().next().unwrap();
    assert_eq!(
        (posted.posting.cause, posted.reversed),
        (Cause::Royalty, Some(story.state().index() - 1))
    );
    assert_eq!(story.state().postings_of(index).collect::<Vec<_>>(), [posted]);
    let again = rule(&mut story, &EVERYBODY, index, VerdictRuling::SetAside);
    assert_eq!(again.refusal().unwrap().code(), "cannot-be-undone");
    // The revenue is reported anew, with a record of its own.
    story.admit("vendor", "trainer", uses("books/pool", "EUR 900", "first half, corrected"));
    story.balances();
}

#[test]
fn what_a_determination_stays_waits_without_a_request() {
    let (mut story, index) = reported();
    let verdict = rule(&mut story, &AFFECTED, index, VerdictRuling::Stayed);
    assert_eq!(told(&verdict), [AccountEvent::Paused]);
    assert!(story.state().is_paused(index));
    story.denied("alder", "data-holder", pay("alder", "EUR 12"), "payment-paused");
    let verdict = rule(&mut story, &AFFECTED, index, VerdictRuling::Stands);
    assert_eq!(told(&verdict), [AccountEvent::Resumed]);
    assert!(!story.state().is_paused(index));
    let again = rule(&mut story, &AFFECTED, index, VerdictRuling::Stands);
    assert_eq!(again.refusal().unwrap().code(), "nothing-to-rule");
}

#[test]
fn what_is_stayed_waits_for_a_determination_and_for_no_request() {
    let (mut story, index) = reported();
    rule(&mut story, &AFFECTED, index, VerdictRuling::Stayed);
    story.denied("alder", "data-holder", correct(index), "correction-state");
    // Nothing lapses.
    story.tick("2027-01-12T08:00:00Z");
    assert!(story.state().is_paused(index));
    story.denied("alder", "data-holder", pay("alder", "EUR 12"), "payment-paused");
    rule(&mut story, &AFFECTED, index, VerdictRuling::Stands);
    story.denied("alder", "data-holder", correct(index), "correction-state");
    story.admit("alder", "data-holder", pay("alder", "EUR 12"));
}

#[test]
fn what_is_questioned_waits_also_once_its_holder_is_followed() {
    let mut story = correctable();
    story.admit("alder", "council-member", open("books/computing"));
    story.decide("some", allocate("alder", "gpu-hour 100"));
    let index = story.state().index() - 1;
    story.admit("birch", "data-holder", correct(index));
    story.followed("alder", "lab");
    let on = transfer("lab", "birch", "gpu-hour 100");
    story.denied("lab", "data-holder", on.clone(), "payment-paused");
    let rest: Vec<&str> = EVERYBODY.into_iter().filter(|party| *party != "alder").collect();
    rule(&mut story, &rest, index, VerdictRuling::Stands);
    story.admit("lab", "data-holder", on);
}

#[test]
fn the_end_of_an_account_is_not_set_aside() {
    let mut story = correctable();
    story.admit("alder", "council-member", open("books/coffee"));
    let index = story.state().index();
    story.admit("alder", "council-member", settle("books/coffee"));
    let verdict = rule(&mut story, &EVERYBODY, index, VerdictRuling::SetAside);
    assert_eq!(verdict.refusal().unwrap().code(), "cannot-be-undone");
}

/// One entry that posts something.
#[derive(Clone, Debug)]
enum Entry {
    Revenue(u32),
    Allocate(usize, u32),
    Use(usize, u32),
    Transfer(usize, usize, u32),
    Pay(usize, u32),
}

fn entries() -> impl Strategy<Value = Entry> {
    prop_oneof![
        (1..100_000_u32).prop_map(Entry::Revenue),
        (0..4_usize, 1..200_u32).prop_map(|(to, n)| Entry::Allocate(to, n)),
        (0..4_usize, 1..100_u32).prop_map(|(by, n)| Entry::Use(by, n)),
        (0..4_usize, 0..4_usize, 1..100_u32).prop_map(|(f, t, n)| Entry::Transfer(f, t, n)),
        (0..4_usize, 1..500_u32).prop_map(|(to, n)| Entry::Pay(to, n)),
    ]
}

fn step(story: &mut Story, nth: usize, what: &Entry) {
    let meter = format!("meter {nth}");
    let cents = |n: u32| format!("EUR {}.{:02}", n / 100, n % 100);
    match what {
        Entry::Revenue(n) => {
            story.act("vendor", "trainer", uses("books/pool", &cents(*n), &meter));
        }
        Entry::Allocate(to, n) => {
            let act = allocate(HOSPITALS[*to], &format!("gpu-hour {n}"));
            story.try_decide(&format!("motion-{nth}"), act);
        }
        Entry::Use(by, n) => {
            let act = used("books/computing", &format!("gpu-hour {n}"), &meter);
            let act = UsageReport { party: Some(a(HOSPITALS[*by])), ..act };
            story.act(HOSPITALS[*by], "data-holder", Act::UsageReport(act));
        }
        Entry::Transfer(from, to, n) => {
            let (from, to) = (HOSPITALS[*from], HOSPITALS[*to]);
            let act = transfer(from, to, &format!("gpu-hour {n}"));
            story.act(from, "data-holder", act);
        }
        Entry::Pay(to, n) => {
            story.act(HOSPITALS[*to], "data-holder", pay(HOSPITALS[*to], &cents(*n)));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whichever entry falls, the books are as if it had not posted, every other posting is as it
    /// was, and no entry of the log is another.
    #[test]
    fn a_determination_restores_the_books_and_leaves_every_other_entry(
        all in prop::collection::vec(entries(), 1..12),
        which in any::<prop::sample::Index>(),
    ) {
        let mut story = correctable();
        story.admit("alder", "council-member", open("books/computing"));
        for (nth, what) in all.iter().enumerate() {
            step(&mut story, nth, what);
        }
        let posted: Vec<_> = story.state().postings().map(|(k, p)| (*k, p.clone())).collect();
        prop_assume!(!posted.is_empty());
        let ((entry, _), _) = posted[which.index(posted.len())];
        let before = story.state().clone();

        let parties = EVERYBODY;
        let verdict = rule(&mut story, &parties, entry, VerdictRuling::SetAside);
        prop_assert!(verdict.is_admitted(), "{}", verdict.refusal().unwrap().problem());
        story.balances();
        // What every book would be without that entry's lines.
        let mut without: std::collections::BTreeMap<_, _> =
            before.books().map(|(book, amount)| (book.clone(), *amount)).collect();
        for ((at, _), own) in &posted {
            for line in own.posting.lines.iter().filter(|_| *at == entry) {
                let key = (own.posting.under.clone(), own.posting.unit.clone(), line.book.clone());
                let book = without.entry(key).or_insert(concordat_terms::Decimal::ZERO);
                *book = book.minus(line.amount).unwrap();
            }
        }
        without.retain(|_, amount| *amount != concordat_terms::Decimal::ZERO);
        let now: std::collections::BTreeMap<_, _> =
            story.state().books().map(|(book, amount)| (book.clone(), *amount)).collect();
        prop_assert_eq!(now, without);
        let by = story.state().index() - 1;
        for (key, own) in &posted {
            let (_, is) = story.state().postings().find(|(k, _)| *k == key).unwrap();
            prop_assert_eq!(&is.posting, &own.posting);
            prop_assert_eq!(is.reversed, (key.0 == entry).then_some(by));
        }
        // Stood out for good: nothing falls twice.
        let again = rule(&mut story, &parties, entry, VerdictRuling::SetAside);
        prop_assert_eq!(again.refusal().unwrap().code(), "cannot-be-undone");
    }
}

#[test]
fn an_allocation_that_falls_is_owed_back_where_it_was_spent() {
    let mut story = correctable();
    story.admit("alder", "council-member", open("books/computing"));
    story.decide("some", allocate("alder", "gpu-hour 100"));
    let index = story.state().index() - 1;
    story.admit("alder", "data-holder", uses("books/computing", "gpu-hour 30", "m"));
    rule(&mut story, &EVERYBODY, index, VerdictRuling::SetAside);
    assert_eq!(story.book("books/computing", "held alder"), "-30");
    story.denied("alder", "data-holder", uses("books/computing", "gpu-hour 1", "n"), "overspent");
    // What is allocated anew covers it first.
    story.decide("more", allocate("alder", "gpu-hour 40"));
    assert_eq!(story.book("books/computing", "held alder"), "10");
    story.balances();
}

#[test]
fn what_falls_falls_in_the_books_of_who_has_followed_a_party() {
    let mut story = correctable();
    story.admit("alder", "council-member", open("books/computing"));
    story.decide("some", allocate("alder", "gpu-hour 100"));
    let index = story.state().index() - 1;
    story.followed("alder", "lab");
    let rest = EVERYBODY.iter().filter(|party| **party != "alder");
    let rest: Vec<&str> = rest.copied().collect();
    let verdict = rule(&mut story, &rest, index, VerdictRuling::SetAside);
    assert_eq!(told(&verdict), [AccountEvent::Reversed]);
    for holder in ["held alder", "held lab"] {
        assert_eq!(story.book("books/computing", holder), "0", "{holder}");
    }
    story.balances();
}

#[test]
fn what_is_questioned_is_not_handed_on_meanwhile() {
    let mut story = correctable();
    story.admit("alder", "council-member", open("books/computing"));
    story.decide("some", allocate("alder", "gpu-hour 100"));
    let index = story.state().index() - 1;
    story.admit("birch", "data-holder", correct(index));
    let on = transfer("alder", "birch", "gpu-hour 100");
    story.denied("alder", "data-holder", on.clone(), "payment-paused");
    rule(&mut story, &EVERYBODY, index, VerdictRuling::Stands);
    story.admit("alder", "data-holder", on);
}

#[test]
fn what_a_party_took_from_an_account_it_does_not_put_back_alone() {
    let mut story = correctable();
    story.admit("alder", "council-member", open("books/computing"));
    story.decide("some", allocate("alder", "gpu-hour 100"));
    let index = story.state().index();
    story.admit("alder", "data-holder", uses("books/computing", "gpu-hour 100", "m"));
    for few in [&["alder"][..], &EVERYBODY[1..]] {
        let verdict = rule(&mut story, few, index, VerdictRuling::SetAside);
        assert_eq!(verdict.refusal().unwrap().code(), "nothing-permits");
    }
    story.denied("alder", "data-holder", uses("books/computing", "gpu-hour 1", "n"), "overspent");
}
