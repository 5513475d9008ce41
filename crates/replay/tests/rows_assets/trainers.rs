//! External trainers: what the agreement allows, and what each holder approves.

use concordat_agreement::TrainerMode;
use concordat_partnership::Act;
use concordat_partnership::act::{CodeApproval, Plan, RunPropose, Trainer, TrainerApproval};

use concordat_terms::Cost;

use crate::common::{HOSPITALS, Story, digest, one_run, texts};
use crate::law::a;

/// The heart agreement, whose account lets trainers take part by these modes.
fn story(modes: &str) -> Story {
    let mut texts = texts();
    let account = format!("epsilon = \"40\"\ntrainers = [{modes}]");
    let protocol = texts["protocol"]
        .replace("epsilon = \"1\"", &account)
        .replace("[1](#heart-budget.epsilon)", "[40](#heart-budget.epsilon)");
    texts.insert("protocol", protocol);
    Story::begun(texts.into_values())
}

fn trainer(mode: TrainerMode) -> Option<Trainer> {
    Some(Trainer { mode, code: digest("trainer"), environment: digest("environment") })
}

/// A plan of updates that passes: little noise on few numbers.
fn updates(plan: &mut Plan) {
    plan.trainer = trainer(TrainerMode::UpdateDp);
    (plan.rounds, plan.retries, plan.dimension) = (2, 0, 4);
    plan.sampling_rate = a("1");
    (plan.noise, plan.clip) = (a("0.5"), a("0.5"));
    plan.local_steps = std::num::NonZeroU32::new(1);
}

fn plan_of(act: &Act) -> Plan {
    match act {
        Act::RunPropose(RunPropose { plan, .. }) => plan.clone(),
        other => panic!("{other:?}"),
    }
}

fn approval(story: &Story, plan: &Plan, runs: u32) -> CodeApproval {
    let (environment, plan) = (digest("environment"), plan.digest());
    CodeApproval {
        until: Some(story.now.plus("P1D".parse().unwrap())),
        trainer: Some(TrainerApproval { environment, plan, runs }),
        ..CodeApproval::of(digest("trainer"), a("heart-rows"))
    }
}

fn cost_of(story: &Story, plan: &Plan) -> Cost {
    concordat_replay::plan_cost(story.state().agreement(), plan).unwrap()
}

fn opened(story: &mut Story, name: &str, proposal: Act) {
    story.admit("vendor", "trainer", proposal);
    for hospital in ["alder", "birch", "cypress"] {
        story.admit(hospital, "data-holder", Act::RunApprove(one_run(name)));
    }
    story.admit("vendor", "trainer", Act::RunOpen(one_run(name)));
}

#[test]
fn a_trainer_takes_part_only_as_the_clause_of_the_account_says() {
    let mut without = Story::ready();
    let proposal = without.proposal("first", updates);
    without.refuse("vendor", "trainer", proposal, "trainer-not-allowed", "protocol/heart-budget");

    let mut story = story("\"update-dp\"");
    for mode in [TrainerMode::Features, TrainerMode::AssertedDp] {
        let other = story.proposal("first", |plan| {
            updates(plan);
            plan.trainer = trainer(mode);
        });
        story.refuse("vendor", "trainer", other, "trainer-not-allowed", "protocol/heart-budget");
    }
    // Without noise, and without a clause that says so: noise is never none by itself.
    let bare = story.proposal("first", |plan| {
        updates(plan);
        plan.noise = a("0");
    });
    story.refuse("vendor", "trainer", bare, "beyond-terms", "protocol/masked-sums");
    let proposal = story.proposal("first", updates);
    story.admit("vendor", "trainer", proposal);
}

#[test]
fn updates_are_of_whole_participants_and_noise_never_hides_all_of_them() {
    let mut story = story("\"update-dp\"");
    let mut refuse_by = |bend: &dyn Fn(&mut Plan), code: &str, clause: &str| {
        let proposal = story.proposal("first", |plan| {
            updates(plan);
            bend(plan);
        });
        story.refuse("vendor", "trainer", proposal, code, clause);
    };
    // Two updates are twice the clip apart: more than was proved would not be.
    refuse_by(&|plan| plan.clip = a("0.6"), "beyond-terms", "protocol/masked-sums");
    let mut refuse = |bend: &dyn Fn(&mut Plan), code: &str| refuse_by(bend, code, "");
    refuse(&|plan| plan.dimension = 5, "noise-above-signal");
    refuse(&|plan| plan.noise = a("0.51"), "noise-above-signal");
    refuse(&|plan| plan.sampling_rate = a("0.5"), "beyond-rules");
    refuse(&|plan| plan.local_steps = std::num::NonZeroU32::new(2), "beyond-rules");
    refuse(&|plan| plan.local_steps = None, "beyond-rules");
}

#[test]
fn a_steward_s_approval_binds_plan_and_environment_for_so_many_runs_until_a_date() {
    let mut story = story("\"update-dp\"");
    let proposal = story.proposal("first", updates);
    let plan = plan_of(&proposal);
    opened(&mut story, "first", proposal);
    let join = |name: &str, story: &Story| story.join(name, cost_of(story, &plan));
    let first = join("first", &story);
    story.refuse("alder", "data-holder", first.clone(), "trainer-not-approved", "");

    // What it has to say.
    for bad in [
        CodeApproval { until: None, ..approval(&story, &plan, 1) },
        CodeApproval { runs: [a("first")].into(), ..approval(&story, &plan, 1) },
        approval(&story, &plan, 0),
    ] {
        story.refuse("alder", "data-holder", Act::CodeApprove(bad), "beyond-rules", "");
    }
    let revoke = Act::CodeRevoke(approval(&story, &plan, 1));
    story.refuse("alder", "data-holder", revoke, "beyond-rules", "");

    // Of another plan, or in another environment.
    let other = Plan { rounds: 1, ..plan.clone() };
    story.admit("alder", "data-holder", Act::CodeApprove(approval(&story, &other, 1)));
    story.refuse("alder", "data-holder", first.clone(), "trainer-not-approved", "");
    let mut elsewhere = approval(&story, &plan, 1);
    elsewhere.trainer.as_mut().unwrap().environment = digest("another environment");
    story.admit("alder", "data-holder", Act::CodeApprove(elsewhere));
    story.refuse("alder", "data-holder", first.clone(), "environment-not-approved", "");

    // For one run, and no more.
    story.admit("alder", "data-holder", Act::CodeApprove(approval(&story, &plan, 1)));
    story.admit("alder", "data-holder", first);
    let (alder, run) = (a("alder"), a("first"));
    assert_eq!(story.state().trainer_lacks(&alder, &run, &plan), None, "it goes on");
    let again = story.proposal("second", updates);
    opened(&mut story, "second", again);
    let second = join("second", &story);
    story.refuse("alder", "data-holder", second.clone(), "approval-used-up", "");
    let last = story.state().trusted_last(&alder, &a("heart-rows")).unwrap();
    assert_eq!((last.0, last.1.used.len()), (digest("trainer"), 1));

    // Until a date, and until it is taken back.
    story.admit("alder", "data-holder", Act::CodeApprove(approval(&story, &plan, 2)));
    let until = story.now.plus("P1D".parse().unwrap());
    story.admit("birch", "data-holder", Act::CodeApprove(approval(&story, &plan, 2)));
    let taken = Act::CodeRevoke(CodeApproval::of(digest("trainer"), a("heart-rows")));
    story.admit("birch", "data-holder", taken.clone());
    story.refuse("birch", "data-holder", second.clone(), "trainer-not-approved", "");
    story.refuse("birch", "data-holder", taken, "code-not-approved", "");
    story.tick(&until.to_string());
    story.refuse("alder", "data-holder", second, "trainer-not-approved", "");
}

#[test]
fn sums_without_noise_charge_nothing_and_only_where_everybody_agreed() {
    let mut story = story("\"secagg-only\"");
    let bare = |plan: &mut Plan| {
        updates(plan);
        plan.trainer = trainer(TrainerMode::SecaggOnly);
    };
    let noisy = story.proposal("first", bare);
    story.refuse("vendor", "trainer", noisy, "beyond-terms", "protocol/masked-sums");
    let proposal = story.proposal("first", |plan| {
        bare(plan);
        plan.noise = a("0");
    });
    let plan = plan_of(&proposal);
    opened(&mut story, "first", proposal);
    for hospital in HOSPITALS {
        let approval = approval(&story, &plan, 1);
        story.admit(hospital, "data-holder", Act::CodeApprove(approval));
        let join = story.join("first", cost_of(&story, &plan));
        story.admit(hospital, "data-holder", join);
    }
    assert_eq!(cost_of(&story, &plan), concordat_terms::Cost::zero());
}
