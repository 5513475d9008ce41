//! Whatever happens in whatever order: clocks ring once, and what is held and let go balances.

use std::collections::BTreeMap;

use concordat_partnership::act::{CaseClose, HoldLift, HoldPlace, Report, Tick};
use concordat_partnership::{Act, ClockStatus, Effect, Verdict};
use concordat_terms::Period;
use proptest::prelude::*;

use crate::common::{Story, digest};
use crate::office::{GDPR, NIS2, a, breach, close, fact, report};

/// One thing that somebody tries.
#[derive(Clone, Debug)]
enum Try {
    Open(u8, bool),
    Grow(u8),
    Answer(u8, u32, u8),
    Hold(bool, Option<u8>),
    Lift(u64),
    Close(u8),
    Wait(u32),
}

fn tries() -> impl Strategy<Value = Try> {
    prop_oneof![
        (0..3_u8, any::<bool>()).prop_map(|(case, both)| Try::Open(case, both)),
        (0..3_u8).prop_map(Try::Grow),
        (0..3_u8, 1..6_u32, 0..3_u8).prop_map(|(case, clock, how)| Try::Answer(case, clock, how)),
        (any::<bool>(), prop::option::of(0..3_u8)).prop_map(|(rows, case)| Try::Hold(rows, case)),
        (1..6_u64).prop_map(Try::Lift),
        (0..3_u8).prop_map(Try::Close),
        (1..200_000_u32).prop_map(Try::Wait),
    ]
}

fn act(story: &mut Story, one: &Try) -> (&'static str, &'static str, Act) {
    let name = |case: &u8| format!("case-{case}");
    let holder = ("alder", "data-holder");
    let (who, act) = match one {
        Try::Open(case, both) => {
            let kinds: &[&str] = match both {
                true => &["personal-data-breach", "significant-cyber-incident"],
                false => &["significant-cyber-incident"],
            };
            (holder, Act::CaseOpen(breach(story, &name(case), kinds)))
        }
        Try::Grow(case) => {
            let kinds = [a("personal-data-breach")].into();
            let grown = concordat_partnership::act::CaseFact { kinds, ..fact(&name(case)) };
            (holder, Act::CaseFact(grown))
        }
        Try::Answer(case, clock, how) => {
            let said = match how {
                0 => Report::Initial(digest("first")),
                1 => Report::Complete(digest("whole")),
                _ => Report::NotOwed(digest("reasons")),
            };
            let who = if clock % 2 == 0 { holder } else { ("vendor", "trainer") };
            (who, report(&name(case), *clock, said))
        }
        Try::Hold(rows, case) => {
            let asset = if *rows { "heart-rows" } else { "risk-model" };
            let case = case.as_ref().map(|case| a(&name(case)));
            let (asset, papers, ground) = (Some(a(asset)), [].into(), digest("order"));
            let hold = HoldPlace { asset, version: None, papers, case, ground };
            (holder, Act::HoldPlace(hold))
        }
        Try::Lift(hold) => {
            (holder, Act::HoldLift(HoldLift { hold: *hold, ground: digest("over") }))
        }
        Try::Close(case) => {
            let (review, redress) = (Some(digest("review")), Some(digest("redress")));
            (holder, Act::CaseClose(CaseClose { review, redress, ..close(&name(case)) }))
        }
        Try::Wait(seconds) => {
            story.now = story.now.plus(Period { months: 0, days: 0, seconds: *seconds });
            (("sequencer", "sequencer"), Act::Tick(Tick { time: story.now }))
        }
    };
    (who.0, who.1, act)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn clocks_ring_once_and_holds_balance(tried in prop::collection::vec(tries(), 1..40)) {
        let mut story = Story::under(&[GDPR, NIS2]);
        let mut rung: BTreeMap<(String, u32, &str), u32> = BTreeMap::new();
        let (mut held, mut let_go) = (0_usize, 0_usize);
        for one in &tried {
            let (party, seat, act) = act(&mut story, one);
            let Verdict::Admitted { effects, .. } = story.act(party, seat, act) else { continue };
            for effect in effects {
                let (case, clock, what) = match effect {
                    Effect::ClockNears(case, clock) => (case, clock, "nears"),
                    Effect::ClockStands(case, clock, ClockStatus::Late) => (case, clock, "late"),
                    Effect::Held(..) => {
                        held += 1;
                        continue;
                    }
                    Effect::Unheld(..) => {
                        let_go += 1;
                        continue;
                    }
                    _ => continue,
                };
                let times = rung.entry((case.to_string(), clock, what)).or_default();
                *times += 1;
                prop_assert_eq!(*times, 1, "clock {} of {} {} twice", clock, case, what);
            }
            let state = story.state();
            let standing: Vec<_> = state.holds().filter(|(_, hold)| hold.until.is_none()).collect();
            prop_assert_eq!(standing.len(), held - let_go);
            for asset in ["heart-rows", "risk-model"] {
                let any = standing.iter().any(|(_, hold)| hold.asset == Some(a(asset)));
                prop_assert_eq!(state.is_held(&a(asset)), any, "{}", asset);
            }
            for (id, case) in state.cases() {
                let open = case.closed.is_none();
                let own = standing.iter().any(|(_, hold)| hold.case.as_ref() == Some(id));
                prop_assert!(open || !own, "{} is closed and holds", id);
                for clock in &case.clocks {
                    let over = clock.due.is_some_and(|due| due <= story.now);
                    let runs = clock.status == ClockStatus::Running;
                    prop_assert!(!(open && runs && over), "{} of {} is over and runs", clock.row, id);
                }
            }
        }
    }
}
