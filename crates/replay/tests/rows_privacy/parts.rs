//! Parts of an account: of a purpose, and of each year for monitoring.

use concordat_partnership::act::{Plan, RunJoin};
use concordat_partnership::check::Stands;
use concordat_partnership::{Act, PrivacyPart, PrivacyRefusal, read_module};
use concordat_replay::prove;
use concordat_terms::Cost;

use crate::law::{
    PARTS, a, account, charged, decimal, fits, joins, law, law_with, opened, price, query, ready,
};

fn part_of(why: &PrivacyRefusal) -> PrivacyPart {
    match why {
        PrivacyRefusal::BudgetExceeded { part, .. } => part.clone(),
        other => panic!("{other}"),
    }
}

/// Research may have ε = 1 of 2; what it does not get is there for others.
#[test]
fn a_purpose_spends_at_most_its_part() {
    let mut story = ready(PARTS);
    let half = |plan: &mut Plan| plan.noise = decimal("8");
    let first = opened(&mut story, "first", "research", half);
    assert!(joins(&mut story, "alder", "first", &first).is_admitted());
    let second = opened(&mut story, "second", "research", half);
    let (why, told) = fits(&joins(&mut story, "alder", "second", &second));
    assert_eq!(part_of(&why), PrivacyPart::Purpose(a("research")));
    assert_eq!(told.of, decimal("1"));
    assert!(why.to_string().contains("`research` has a part"), "{why}");
    assert!(why.clause().is_some_and(|clause| *clause == a("protocol/heart-budget")));
    // For care the same run fits: its purpose has no part of its own.
    let care = opened(&mut story, "care", "cardiac-risk", half);
    assert!(joins(&mut story, "alder", "care", &care).is_admitted());
    let charged = charged(&story, "alder", "heart-rows");
    assert_eq!(charged.total(), price(&story, &first).plus(&price(&story, &care)));
    let parts: Vec<_> = charged.parts().map(|(year, own, _)| (year, own.to_string())).collect();
    assert_eq!(parts, [(2027, "cardiac-risk".to_owned()), (2027, "research".to_owned())]);
}

/// What is kept for monitoring nobody else gets, in the first year as in the last.
#[test]
fn what_is_kept_for_monitoring_is_out_of_reach_for_training() {
    let (mut with, mut without) = (ready(PARTS), ready("at_most = { research = \"1\" }\n"));
    // So much of ε = 2 fits where nothing is kept.
    let most = |plan: &mut Plan| plan.noise = decimal("4.1");
    let plan = opened(&mut without, "first", "cardiac-risk", most);
    assert!(joins(&mut without, "alder", "first", &plan).is_admitted());
    let plan = opened(&mut with, "first", "cardiac-risk", most);
    let (why, told) = fits(&joins(&mut with, "alder", "first", &plan));
    assert_eq!(part_of(&why), PrivacyPart::Whole);
    assert!(told.spent > decimal("0.3"), "three years of ε = 0.3 are kept: {told:?}");

    // Nobody trains on what is kept.
    let proposal = with.proposal("train", |plan| {
        plan.purpose = a("watch");
        for (hospital, version) in &mut plan.datasets {
            *version = crate::common::digest(&format!("{hospital} all"));
        }
    });
    with.refuse("vendor", "trainer", proposal, "kept-for-monitoring", "protocol/heart-budget");

    // What is kept is there when everything else is spent.
    with.tick("2028-06-01T00:00:00Z");
    let noise = told.noise.unwrap();
    let plan = opened(&mut with, "second", "cardiac-risk", |plan| plan.noise = noise);
    assert!(joins(&mut with, "alder", "second", &plan).is_admitted());
    let plan = opened(&mut with, "drift", "watch", query("15"));
    assert!(joins(&mut with, "alder", "drift", &plan).is_admitted());
}

/// How many queries for monitoring an account takes now.
fn watched(story: &mut crate::common::Story, name: &str) -> u32 {
    for count in 0.. {
        let name = format!("{name}-{count}");
        let plan = opened(story, &name, "watch", query("15"));
        let verdict = joins(story, "alder", &name, &plan);
        if !verdict.is_admitted() {
            let (why, told) = fits(&verdict);
            assert_eq!(part_of(&why), PrivacyPart::Year(story.state().year()));
            assert!(why.to_string().contains("monitoring has a part in"), "{why}");
            assert_eq!(told.count, 0);
            return count;
        }
    }
    panic!("no account is without an end")
}

/// Each year has its part. What one year does not spend is there in the next, for monitoring.
#[test]
fn an_unspent_year_carries_over_and_does_not_come_back_to_training() {
    let mut story = ready(PARTS);
    let a_year = watched(&mut story, "first");
    assert!(a_year > 0);
    story.tick("2029-01-02T00:00:00Z");
    assert_eq!(watched(&mut story, "third"), 2 * a_year, "2028 had none");
    // After the last year what was left is still there, and nothing comes.
    story.tick("2031-01-02T00:00:00Z");
    assert_eq!(watched(&mut story, "late"), 0);

    // All that time training had no more room than at the beginning.
    let whole = story.state().bounds(&a("heart-rows")).unwrap().clone();
    let year = whole.year.unwrap();
    let own = story.state().privacy_account(&account("alder", "heart-rows")).unwrap();
    assert_eq!(own.taken(), year.times(3));
    let rested = ready(PARTS);
    let own = rested.state().privacy_account(&account("alder", "heart-rows")).unwrap();
    assert_eq!(own.taken(), year.times(3));
}

/// Where the clause says that it returns, it does when the year is over, and no earlier.
#[test]
fn an_unspent_year_returns_where_the_clause_says_so() {
    let returns = PARTS.replace("until = 2029 }", "until = 2029, unspent = \"returns\" }");
    let mut story = ready(&returns);
    let year = story.state().bounds(&a("heart-rows")).unwrap().year.clone().unwrap();
    let taken = |story: &crate::common::Story| {
        let own = story.state().privacy_account(&account("alder", "heart-rows")).unwrap();
        own.taken()
    };
    let plan = opened(&mut story, "first", "watch", query("15"));
    assert!(joins(&mut story, "alder", "first", &plan).is_admitted());
    let drawn = price(&story, &plan);
    assert_eq!(taken(&story), year.times(3), "it is a part of what is kept");
    story.tick("2027-12-31T23:59:59Z");
    assert_eq!(taken(&story), year.times(3));
    story.tick("2028-01-01T00:00:00Z");
    assert_eq!(taken(&story), year.times(2).plus(&drawn), "what was spent stays spent");
    let a_year = watched(&mut story, "second");
    story.tick("2029-01-01T00:00:00Z");
    assert_eq!(watched(&mut story, "third"), a_year, "nothing carries over");
    story.tick("2030-01-01T00:00:00Z");
    let plan = opened(&mut story, "late", "watch", query("15"));
    let (why, told) = fits(&joins(&mut story, "alder", "late", &plan));
    assert_eq!((part_of(&why), told.of), (PrivacyPart::Year(2030), decimal("0")));
}

/// Before the first year there is nothing to draw on.
#[test]
fn monitoring_begins_with_its_first_year() {
    let later = PARTS.replace("from = 2027", "from = 2028");
    let mut story = ready(&later);
    let plan = opened(&mut story, "early", "watch", query("15"));
    let (why, _) = fits(&joins(&mut story, "alder", "early", &plan));
    assert_eq!(part_of(&why), PrivacyPart::Year(2027));
    story.tick("2028-01-01T00:00:00Z");
    assert!(joins(&mut story, "alder", "early", &plan).is_admitted());
}

/// Parts that do not fit into the whole cannot enter into force.
#[test]
fn parts_that_do_not_fit_into_the_whole_are_refused() {
    let proved = |parts: &str| {
        let modules = law(parts).into_iter().map(|text| *read_module(text.as_bytes()).unwrap());
        prove(concordat_agreement::assemble(modules).unwrap().0)
    };
    assert!(proved(PARTS).is_ok());
    let many = PARTS.replace("until = 2029", "until = 2100");
    let long = proved(&many).unwrap_err();
    assert_eq!(long.clause, a("protocol/heart-budget"));
    assert!(long.reason.contains("the account has 2"), "{}", long.reason);
    let wide = PARTS.replace("research = \"1\"", "research = \"2\", cardiac-risk = \"2\"");
    assert!(proved(&wide).is_err());
}

/// More than a plan costs may be reserved, and is charged.
#[test]
fn what_is_reserved_is_what_is_charged() {
    let mut story = ready(PARTS);
    let plan = opened(&mut story, "first", "cardiac-risk", |plan| plan.noise = decimal("15"));
    let more = price(&story, &plan).times(2);
    let join = Act::RunJoin(RunJoin { run: a("first"), cost: more.clone() });
    story.admit("alder", "data-holder", join);
    assert_eq!(charged(&story, "alder", "heart-rows").total(), more);
    assert_eq!(charged(&story, "birch", "heart-rows").total(), Cost::zero());
}

/// Signatories can agree on what becomes of an account as on anything else.
const STEPS: &str = r#"
```scenario
name = "monitoring has its part when all else is spent"
steps = """
2027-01-11  data-holder: dataset.register on heart-rows                   -> admitted
            trainer: project.charter risk for cardiac-risk, watch         -> admitted
            council-member: motion.propose open-it to project.open risk   -> admitted
            council-member: motion.vote open-it for                       -> admitted
2027-01-12  council-member: motion.execute open-it                        -> admitted
            trainer: run.propose care on heart-rows, risk-model for cardiac-risk with kind train -> admitted
            data-holder: run.approve care                                 -> admitted
            trainer: run.open care                                        -> admitted
            data-holder: code.approve on heart-rows                       -> admitted
            data-holder: run.join care                                    -> admitted
            trainer: run.propose more on heart-rows, risk-model for cardiac-risk with kind train -> admitted
            data-holder: run.approve more                                 -> admitted
            trainer: run.open more                                        -> admitted
            data-holder/alder: run.join more    -> refused budget-exceeded by heart-budget
            trainer: run.propose tuned on heart-rows, risk-model for watch with kind train
            -> refused kept-for-monitoring by heart-budget
            trainer: run.propose drift on heart-rows for watch with kind query, rounds 1, sampling-rate 1, noise 11
            -> admitted
            data-holder: run.approve drift                                -> admitted
            trainer: run.open drift                                       -> admitted
            data-holder: run.join drift                                   -> admitted
            trainer: run.propose again on heart-rows for watch with kind query, rounds 1, sampling-rate 1, noise 11
            -> admitted
            data-holder: run.approve again                                -> admitted
            trainer: run.open again                                       -> admitted
            data-holder/alder: run.join again   -> refused budget-exceeded by heart-budget
2028-01-01  data-holder: run.join again                                   -> admitted
"""
```
"#;

#[test]
fn a_scenario_steps_through_the_parts_of_an_account() {
    let texts = law_with(PARTS, STEPS).into_iter();
    let modules = texts.map(|text| *read_module(text.as_bytes()).unwrap());
    let proved = prove(concordat_agreement::assemble(modules).unwrap().0).unwrap();
    let report = concordat_replay::scenarios(&proved);
    let story = report.stories.iter().find(|own| own.name.contains("monitoring has its part"));
    for step in &story.unwrap().steps {
        assert_eq!(step.stands, Stands::AsWritten, "{step:?}");
    }
    assert!(story.unwrap().steps.len() > 20);
}
