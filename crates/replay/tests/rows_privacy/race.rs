//! Two runs that want what is left of one account.

use concordat_partnership::Act;
use concordat_partnership::act::RunJoin;

use crate::common::HOSPITALS;
use crate::law::{a, abort, charged, decimal, fits, joins, opened, price, ready};

/// Both were planned, approved and opened while there was room for one. Who joins first has it.
#[test]
fn of_two_runs_that_race_for_the_last_budget_one_is_refused_and_told_what_fits() {
    let mut story = ready("");
    // The account has ε = 2: each of these takes about 1.5 of it.
    let wide = |plan: &mut concordat_partnership::act::Plan| plan.noise = decimal("5.2");
    let first = opened(&mut story, "first", "cardiac-risk", wide);
    let second = opened(&mut story, "second", "research", wide);
    assert!(joins(&mut story, "alder", "first", &first).is_admitted());

    let refused = joins(&mut story, "alder", "second", &second);
    let (why, told) = fits(&refused);
    assert_eq!(why.code(), "budget-exceeded");
    let text = why.to_string();
    assert!(text.contains(&format!("{} is spent or kept", told.spent)), "{text}");
    assert!(told.spent > decimal("1.3") && told.spent < decimal("2"), "{told:?}");
    assert_eq!((told.of, told.wished), (decimal("2"), 102));
    assert!(0 < told.count && told.count < 102, "{told:?}");
    let remedy = why.remedy();
    let noise = told.noise.unwrap();
    for figure in [told.count.to_string(), noise.to_string()] {
        assert!(remedy.contains(&figure), "{figure} is not in: {remedy}");
    }

    // Whoever asks `why` is told the same.
    let join = Act::RunJoin(RunJoin { run: a("second"), cost: price(&story, &second) });
    let header = story.header(&[("alder", "data-holder")]);
    let signed = concordat_partnership::act::Signed {
        id: crate::common::digest("asked"),
        header: Some(header),
        act: join,
    };
    assert_eq!(story.replica.why(&signed).unwrap().first(), refused.refusal());

    // The other way round elsewhere: at every hospital one of the two is in, and one is not.
    assert!(joins(&mut story, "birch", "second", &second).is_admitted());
    assert_eq!(
        joins(&mut story, "birch", "first", &first).refusal().unwrap().code(),
        "budget-exceeded"
    );
    abort(&mut story, "first");
    abort(&mut story, "second");
    for (hospital, plan) in [("alder", &first), ("birch", &second)] {
        assert_eq!(charged(&story, hospital, "heart-rows").total(), price(&story, plan));
    }

    // What it was told fits; one round more does not, nor a hundredth less noise.
    let fewer = |rounds| {
        move |plan: &mut concordat_partnership::act::Plan| {
            (plan.rounds, plan.retries, plan.noise) = (rounds, 0, decimal("5.2"));
        }
    };
    let plan = opened(&mut story, "one-more", "research", fewer(told.count + 1));
    assert!(!joins(&mut story, "alder", "one-more", &plan).is_admitted());
    let less = decimal(&format!("{:.2}", noise.to_f64() - 0.01));
    let plan = opened(&mut story, "less-noise", "research", |plan| plan.noise = less);
    assert!(!joins(&mut story, "alder", "less-noise", &plan).is_admitted());
    let before = story.replica.clone();
    let plan = opened(&mut story, "as-told", "research", fewer(told.count));
    assert!(joins(&mut story, "alder", "as-told", &plan).is_admitted());
    story.replica = before;
    let plan = opened(&mut story, "noisier", "research", |plan| plan.noise = noise);
    assert!(joins(&mut story, "alder", "noisier", &plan).is_admitted());
}

/// What nothing makes fit is told as that.
#[test]
fn where_nothing_is_left_no_noise_helps() {
    let mut story = ready("");
    let plan = opened(&mut story, "first", "cardiac-risk", |_| {});
    let all = story.state().bounds(&a("heart-rows")).unwrap().whole.clone();
    let join = Act::RunJoin(RunJoin { run: a("first"), cost: all.at_least(&price(&story, &plan)) });
    story.admit("alder", "data-holder", join);
    let plan = opened(&mut story, "second", "cardiac-risk", |_| {});
    let (why, told) = fits(&joins(&mut story, "alder", "second", &plan));
    assert_eq!((told.count, told.noise), (0, None));
    assert!(why.remedy().starts_with("nothing of it fits"), "{}", why.remedy());
    // Others' accounts are their own.
    for hospital in &HOSPITALS[1..] {
        assert!(joins(&mut story, hospital, "second", &plan).is_admitted());
    }
}
