//! Whatever acts come in whatever order, nothing is made and nothing is lost.

use concordat_partnership::{Act, Book};
use concordat_terms::Decimal;
use proptest::prelude::*;

use crate::books::{allocate, keeping, open, pays, settle, transfer, uses};
use crate::common::{HOSPITALS, Story, execute, vote};
use concordat_partnership::act::{MotionPropose, Vote};

/// One thing that somebody tries.
#[derive(Clone, Debug)]
enum Try {
    Open(usize),
    Settle(usize),
    Allocate(usize, u32),
    Transfer(usize, usize, u32),
    Use(usize, usize, u32),
    Revenue(u32),
    Pay(usize, usize, u32),
    Days(u32),
}

const ACCOUNTS: [&str; 3] = ["books/computing", "books/fees", "books/coffee"];
const UNITS: [&str; 3] = ["gpu-hour", "EUR", "cup"];

fn tries() -> impl Strategy<Value = Try> {
    prop_oneof![
        (0..3_usize).prop_map(Try::Open),
        (0..3_usize).prop_map(Try::Settle),
        (0..4_usize, 1..700_u32).prop_map(|(to, amount)| Try::Allocate(to, amount)),
        (0..4_usize, 0..4_usize, 1..400_u32).prop_map(|(from, to, n)| Try::Transfer(from, to, n)),
        (0..3_usize, 0..4_usize, 1..400_u32).prop_map(|(of, by, n)| Try::Use(of, by, n)),
        (1..100_000_u32).prop_map(Try::Revenue),
        (0..4_usize, 0..4_usize, 1..2_000_u32).prop_map(|(from, to, n)| Try::Pay(from, to, n)),
        (1..20_u32).prop_map(Try::Days),
    ]
}

fn step(story: &mut Story, nth: usize, what: &Try) -> bool {
    let meter = format!("meter {nth}");
    let cents = |n: u32| format!("EUR {}.{:02}", n / 100, n % 100);
    let verdict = match what {
        Try::Open(of) => story.act("alder", "council-member", open(ACCOUNTS[*of])),
        Try::Settle(of) => story.act("alder", "council-member", settle(ACCOUNTS[*of])),
        Try::Allocate(to, n) => {
            let name = format!("motion-{nth}");
            let act = allocate(HOSPITALS[*to], &format!("gpu-hour {n}"));
            let motion = MotionPropose::of(name.parse().unwrap(), "council".parse().unwrap(), act);
            story.admit("alder", "council-member", Act::MotionPropose(motion));
            for hospital in HOSPITALS {
                story.admit(hospital, "council-member", vote(&name, Vote::For));
            }
            story.act("alder", "council-member", execute(&name))
        }
        Try::Transfer(from, to, n) => {
            let (from, to) = (HOSPITALS[*from], HOSPITALS[*to]);
            story.act(from, "data-holder", transfer(from, to, &format!("gpu-hour {n}")))
        }
        Try::Use(1, _, n) => {
            story.act("vendor", "trainer", uses(ACCOUNTS[1], &cents(*n * 100), &meter))
        }
        Try::Use(of, by, n) => {
            let act = uses(ACCOUNTS[*of], &format!("{} {n}", UNITS[*of]), &meter);
            story.act(HOSPITALS[*by], "data-holder", act)
        }
        Try::Revenue(n) => story.act("vendor", "trainer", uses("books/pool", &cents(*n), &meter)),
        Try::Pay(0, to, n) => {
            let act = pays("books/pool", Some("vendor"), Some(HOSPITALS[*to]), &cents(*n));
            story.act(HOSPITALS[*to], "data-holder", act)
        }
        Try::Pay(from, to, n) => {
            let act = pays("books/pool", Some(HOSPITALS[*from]), Some(HOSPITALS[*to]), &cents(*n));
            story.act(HOSPITALS[*to], "data-holder", act)
        }
        Try::Days(n) => {
            let then = story.now.plus(concordat_terms::Period { months: 0, days: *n, seconds: 0 });
            story.tick(&then.to_string());
            return false;
        }
    };
    verdict.is_admitted()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn accounts_conserve_under_any_sequence_of_acts(all in prop::collection::vec(tries(), 1..30)) {
        let mut story = keeping("");
        for (nth, what) in all.iter().enumerate() {
            let before = story.state().clone();
            if !step(&mut story, nth, what) && !matches!(what, Try::Days(_) | Try::Allocate(..)) {
                prop_assert!(story.state().equals_but_for_books(&before));
            }
            story.balances();
            for ((clause, _, book), amount) in story.state().books() {
                if matches!(book, Book::Held(_) | Book::Spent(_) | Book::Past) {
                    prop_assert!(*amount > Decimal::ZERO, "{clause} {book:?}: {amount}");
                }
            }
            for account in story.state().budget().accounts {
                prop_assert!(account.put <= account.ceiling && account.spent <= account.put);
            }
        }
    }
}
