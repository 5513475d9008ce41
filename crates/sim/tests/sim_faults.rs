//! Every invariant can fail: each is shown a fold that is spoilt in one way, and says so by name.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use concordat_partnership::{DutyId, DutyStatus, Effect, MotionStatus, Verdict};
use concordat_sim::{Fault, Invariant, Options, Seen, play};
use concordat_terms::Cost;

/// Seeds until one shows the fault; by the invariant of this name, or by none.
fn shows(options: Options, invariant: Invariant) -> String {
    for seed in 0..60 {
        if let Some((_, broken)) = play(seed, options).broken {
            assert_eq!(broken.invariant, invariant, "seed {seed}: {}", broken.what);
            return broken.what;
        }
    }
    panic!("no seed shows that `{invariant}` is broken");
}

fn spoilt(fault: Fault) -> Options {
    Options { fault: Some(fault), ..Options::default() }
}

fn admitted(seen: &Seen) -> bool {
    seen.verdict.is_admitted()
}

#[test]
fn money_from_nowhere_is_seen() {
    let fault = |seen: &mut Seen| {
        if admitted(seen)
            && let Some(amount) = seen.after.books.values_mut().next()
        {
            *amount = amount.plus("1".parse().unwrap()).unwrap();
        }
    };
    assert!(shows(spoilt(fault), Invariant::AccountsConserve).contains("sum to"));
}

#[test]
fn books_that_balance_and_are_not_what_was_posted_are_seen() {
    let fault = |seen: &mut Seen| {
        if admitted(seen) {
            seen.after.books.clear();
            seen.after.unbalanced.clear();
        }
    };
    let what = shows(spoilt(fault), Invariant::AccountsConserve);
    assert_eq!(what, "the books are not what was posted");
}

#[test]
fn privacy_that_is_booked_otherwise_than_it_was_reserved_is_seen() {
    let fault = |seen: &mut Seen| {
        let account = ("alder".parse().unwrap(), "heart-rows".parse().unwrap());
        if admitted(seen) && seen.after.privacy.remove(&account).is_none() {
            seen.after.privacy.insert(account, Cost::zero());
        }
    };
    let what = shows(spoilt(fault), Invariant::AccountsConserve);
    assert!(what.contains("privacy"), "{what}");
}

#[test]
fn a_duty_that_vanishes_is_seen() {
    let fault = |seen: &mut Seen| {
        if admitted(seen) {
            seen.after.duties.pop_last();
        }
    };
    assert!(shows(spoilt(fault), Invariant::DutiesStay).contains("not known any more"));
}

#[test]
fn a_duty_that_is_done_and_owed_again_is_seen() {
    let fault = |seen: &mut Seen| {
        if !admitted(seen) {
            return;
        }
        for (id, duty) in &mut seen.after.duties {
            let before = seen.before.duties.get(id).map(|duty| duty.status);
            if matches!(before, Some(DutyStatus::Discharged { .. })) {
                duty.status = DutyStatus::Tolled;
            }
        }
    };
    assert!(shows(spoilt(fault), Invariant::DutiesStay).contains("was discharged"));
}

#[test]
fn a_clock_that_starts_twice_is_seen() {
    let fault = |seen: &mut Seen| {
        let now = seen.after.time.unwrap();
        if let Some(duty) =
            seen.after.duties.values_mut().next().filter(|_| seen.verdict.is_admitted())
        {
            duty.started = now;
        }
    };
    assert!(shows(spoilt(fault), Invariant::DutiesStay).contains("started twice"));
}

#[test]
fn a_replica_with_another_verdict_is_seen() {
    let options = Options { liar: true, ..Options::default() };
    assert!(shows(options, Invariant::ReplicasAgree).contains("another verdict"));
}

#[test]
fn a_replica_with_another_state_is_seen() {
    let options = Options { drifts: true, ..Options::default() };
    assert!(shows(options, Invariant::ReplicasAgree).contains("another state"));
}

#[test]
fn a_refusal_that_leaves_a_trace_is_seen() {
    let fault = |seen: &mut Seen| {
        if !admitted(seen) {
            seen.books_only = false;
        }
    };
    assert!(shows(spoilt(fault), Invariant::RefusalsLeaveNoTrace).contains("refused"));
    // Also where what changed is what the views show.
    let fault = |seen: &mut Seen| {
        if !admitted(seen) {
            seen.after.next = None;
        }
    };
    shows(spoilt(fault), Invariant::RefusalsLeaveNoTrace);
}

#[test]
fn a_motion_that_is_carried_out_without_its_quorum_is_seen() {
    let fault = |seen: &mut Seen| {
        let Verdict::Admitted { effects, .. } = &mut seen.verdict else { return };
        for effect in effects {
            if let Effect::MotionStands(id, status @ MotionStatus::Open) = effect {
                *status = MotionStatus::Executed;
                if let Some(motion) = seen.after.motions.get_mut(id) {
                    motion.status = MotionStatus::Executed;
                }
            }
        }
    };
    let what = shows(spoilt(fault), Invariant::QuorumPerSide);
    assert!(what.contains("side cast 0 votes of"), "{what}");
}

#[test]
fn an_effect_that_comes_twice_is_seen() {
    let fault = |seen: &mut Seen| {
        let Verdict::Admitted { effects, .. } = &mut seen.verdict else { return };
        let late =
            effects.iter().find(|effect| matches!(effect, Effect::DutyStands(_, DutyStatus::Late)));
        let late = late.cloned();
        effects.extend(late);
    };
    assert!(shows(spoilt(fault), Invariant::DeadlinesOnce).contains("twice"));
}

#[test]
fn a_duty_that_turns_late_again_after_it_was_active_again_is_seen() {
    // It is active for a moment in between, so that no two effects in a row are alike.
    let fault = |seen: &mut Seen| {
        let Verdict::Admitted { effects, .. } = &mut seen.verdict else { return };
        let late = effects.iter().find_map(|effect| match effect {
            Effect::DutyStands(id, DutyStatus::Late) => Some(id.clone()),
            _ => None,
        });
        if let Some(id) = late {
            effects.push(Effect::DutyStands(id.clone(), DutyStatus::Tolled));
            effects.push(Effect::DutyStands(id.clone(), DutyStatus::Active));
            effects.push(Effect::DutyStands(id, DutyStatus::Late));
        }
    };
    assert!(shows(spoilt(fault), Invariant::DeadlinesOnce).contains("turned late twice"));
}

#[test]
fn what_follows_from_a_late_duty_twice_is_seen() {
    let fault = |seen: &mut Seen| {
        let new = seen.after.duties.keys().find(|id| {
            !seen.before.duties.contains_key(*id) && id.clause.clause.as_str() == "follow-up"
        });
        if let Some(id) = new.cloned() {
            let again = DutyId { nth: 999, ..id.clone() };
            let duty = seen.after.duties[&id];
            seen.after.duties.insert(again.clone(), duty);
            if let Verdict::Admitted { effects, .. } = &mut seen.verdict {
                effects.push(Effect::DutyStands(again.clone(), DutyStatus::Active));
                if duty.status != DutyStatus::Active {
                    effects.push(Effect::DutyStands(again, duty.status));
                }
            }
        }
    };
    assert!(shows(spoilt(fault), Invariant::DeadlinesOnce).contains("times for"));
}

#[test]
fn an_arrow_that_leads_nowhere_is_seen() {
    let fault = |seen: &mut Seen| {
        let Verdict::Admitted { effects, .. } = &mut seen.verdict else { return };
        let done = effects.iter().find_map(|effect| match effect {
            Effect::DutyStands(id, DutyStatus::Discharged { .. }) => Some(id.clone()),
            _ => None,
        });
        effects.extend(done.map(|id| Effect::DutyStands(id, DutyStatus::Tolled)));
    };
    assert!(shows(spoilt(fault), Invariant::DutiesStay).contains("was discharged and is tolled"));
}

#[test]
fn a_deadline_that_does_not_come_is_seen() {
    let fault = |seen: &mut Seen| {
        let Verdict::Admitted { effects, .. } = &mut seen.verdict else { return };
        effects.retain(|effect| !matches!(effect, Effect::DutyStands(_, DutyStatus::Late)));
        for (id, duty) in &mut seen.after.duties {
            let before = seen.before.duties.get(id).map(|duty| duty.status);
            if duty.status == DutyStatus::Late && before == Some(DutyStatus::Active) {
                duty.status = DutyStatus::Active;
            }
        }
    };
    assert!(shows(spoilt(fault), Invariant::DeadlinesOnce).contains("not late"));
    // An alarm that rang and stays set.
    let fault = |seen: &mut Seen| {
        if seen.verdict.is_admitted() && seen.before.time != seen.after.time {
            seen.after.next = seen.after.time;
        }
    };
    shows(spoilt(fault), Invariant::DeadlinesOnce);
}

#[test]
fn a_panic_is_told_with_its_seed_and_not_lost() {
    let options = Options { panics: true, ..Options::default() };
    assert_eq!(shows(options, Invariant::NothingPanics), "something is wrong");
}
