//! The heart agreement with three purposes, and an account in parts.

use std::fmt::Debug;
use std::str::FromStr;

use concordat_agreement::RunKind;
use concordat_partnership::act::{AbortReason, OneProject};
use concordat_partnership::act::{
    CodeApproval, DatasetRegister, Plan, ProjectCharter, RunAbort, RunJoin,
};
use concordat_partnership::{Act, Charged, Fits, Population, PrivacyRefusal, Refusal, Verdict};
use concordat_replay::plan_cost;
use concordat_terms::{Cost, Decimal};

use crate::common::{HOSPITALS, Story, digest, one_run, texts};

/// What the account is in these tests, where nothing else is said.
pub(crate) const PARTS: &str = "at_most = { research = \"1\" }\n\
    monitoring = { purposes = [\"watch\"], epsilon = \"0.3\", from = 2027, until = 2029 }\n";

const MORE: &str = r#"
```clause
id = "research"
purpose = "to find out more about the disease"
```

```clause
id = "watch"
purpose = "to see whether released models still fit"
```

```clause
id = "query-rows"
permit = "run.propose"
kinds = ["query"]
by = "trainer"
on = ["heart-rows", "clean-rows"]
```

```clause
id = "clean-rows"
asset = "Cleaned rows"
kind = "dataset"
holder = "data-holder"
label = "restricted"
purposes = ["cardiac-risk", "research", "watch"]
derived_owner = ["data-holder"]
anonymisation = "differential privacy, as the module Protocol bounds it"
audit_by = ["data-holder", "test-lab"]
person = "person"
rows_per_person = 1
columns = [{ name = "person", kind = "text" }]
```

```clause
id = "derive"
permit = "asset.derive"
by = "data-holder"
```

```clause
id = "hand-over"
permit = "asset.transfer"
by = "data-holder"
```

```clause
id = "list-any"
permit = "dataset.register"
by = "data-holder"
```
"#;

pub(crate) fn a<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// The texts, with ε = 2 and this beside it in the clause.
pub(crate) fn law(parts: &str) -> Vec<String> {
    law_with(parts, "")
}

/// The same, with these clauses more.
pub(crate) fn law_with(parts: &str, more: &str) -> Vec<String> {
    let also = "\"cardiac-risk\", \"research\", \"watch\"";
    let texts = texts().into_iter().map(|(name, text)| {
        let text = text.replace("[\"cardiac-risk\"]", &format!("[{also}]"));
        match name {
            "data-use" => text + MORE,
            "protocol" => {
                let text =
                    text.replace("on = [\"heart-rows\", \"risk-model\"]\npurposes", "purposes");
                let text = text.replace("ε = [1](#heart-budget", "ε = [2](#heart-budget");
                text.replace("epsilon = \"1\"\n", &format!("epsilon = \"2\"\n{parts}")) + more
            }
            _ => text,
        }
    });
    texts.collect()
}

/// Everything ready for runs for all three purposes.
pub(crate) fn ready(parts: &str) -> Story {
    ready_under(law(parts))
}

/// The same under these texts.
pub(crate) fn ready_under(texts: Vec<String>) -> Story {
    let mut story = Story::begun_but_for_the_project(texts);
    for hospital in HOSPITALS {
        list(&mut story, hospital, "heart-rows", &format!("{hospital} all"));
        let code = CodeApproval::of(digest("code"), a("clean-rows"));
        story.admit(hospital, "data-holder", Act::CodeApprove(code));
    }
    let charter = Act::ProjectCharter(ProjectCharter {
        project: a("risk"),
        charter: digest("charter"),
        objective: a("governance/better-risk-estimates"),
        assets: ["heart-rows", "clean-rows", "risk-model"].map(a).into(),
        purposes: ["cardiac-risk", "research", "watch"].map(a).into(),
    });
    story.admit("vendor", "trainer", charter);
    story.decide("open-risk", Act::ProjectOpen(OneProject { project: a("risk") }));
    story
}

/// Lists a version for all purposes.
pub(crate) fn list(story: &mut Story, hospital: &str, asset: &str, version: &str) {
    let listed = Act::DatasetRegister(DatasetRegister {
        asset: a(asset),
        version: digest(version),
        place: a("ward"),
        rows_band: 100,
        purposes: ["cardiac-risk", "research", "watch"].map(a).into(),
    });
    story.admit(hospital, "data-holder", listed);
}

/// A run of the default plan for a purpose, opened.
pub(crate) fn opened(
    story: &mut Story,
    name: &str,
    purpose: &str,
    edit: impl FnOnce(&mut Plan),
) -> Plan {
    let proposal = story.proposal(name, |plan| {
        plan.purpose = a(purpose);
        plan.datasets = HOSPITALS.iter().map(|h| (a(h), digest(&format!("{h} all")))).collect();
        edit(plan);
    });
    let Act::RunPropose(propose) = &proposal else { panic!("it is one") };
    let plan = propose.plan.clone();
    story.admit("vendor", "trainer", proposal);
    for hospital in ["alder", "birch", "cypress"] {
        story.admit(hospital, "data-holder", Act::RunApprove(one_run(name)));
    }
    story.admit("vendor", "trainer", Act::RunOpen(one_run(name)));
    plan
}

/// A query of one round in which everybody takes part, with this noise.
pub(crate) fn query(noise: &'static str) -> impl FnOnce(&mut Plan) {
    move |plan| {
        plan.kind = RunKind::Query;
        plan.model = None;
        (plan.rounds, plan.retries) = (1, 0);
        plan.sampling_rate = a("1");
        plan.noise = a(noise);
    }
}

pub(crate) fn price(story: &Story, plan: &Plan) -> Cost {
    plan_cost(story.state().agreement(), plan).unwrap()
}

/// One hospital joins, at the plan's price.
pub(crate) fn joins(story: &mut Story, hospital: &str, name: &str, plan: &Plan) -> Verdict {
    let join = Act::RunJoin(RunJoin { run: a(name), cost: price(story, plan) });
    story.act(hospital, "data-holder", join)
}

pub(crate) fn abort(story: &mut Story, name: &str) {
    let abort =
        RunAbort { run: a(name), reason: AbortReason::Withdrawn, named: Default::default() };
    story.admit("vendor", "trainer", Act::RunAbort(abort));
}

/// What a refusal for a budget says would fit.
pub(crate) fn fits(verdict: &Verdict) -> (PrivacyRefusal, Fits) {
    match verdict.refusal() {
        Some(Refusal::Privacy(why @ PrivacyRefusal::BudgetExceeded { fits: Some(fits), .. })) => {
            (why.clone(), (**fits).clone())
        }
        other => panic!("no refusal for a budget: {other:?}"),
    }
}

pub(crate) fn account(holder: &str, asset: &str) -> Population {
    (a(holder), a(asset))
}

pub(crate) fn charged(story: &Story, holder: &str, asset: &str) -> Charged {
    story.state().accounts().get(&account(holder, asset)).cloned().unwrap_or_default()
}

pub(crate) fn decimal(text: &str) -> Decimal {
    a(text)
}
