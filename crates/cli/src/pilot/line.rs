//! The line: every step of a partnership, each a real act in a real log.

use std::path::Path;

use concordat_agreement::Agreement;
use concordat_terms::{ActName, PartyId, Problem};
use serde_json::{Value, json};

use super::cast::{lacks, may};
use super::expected;
use super::outset::Outset;
use super::report::shortened;
use super::stage::{Stage, field};
use super::{fault, fault_of, mendable};
use crate::failure::Failure;
use crate::progress;

/// What the line left for the report.
pub(crate) struct Outcome {
    pub(crate) model: String,
    pub(crate) evidence: Value,
    pub(crate) seconds: f64,
}

/// From founded log to released model, with what is refused on the way.
pub(crate) fn walk(stage: &mut Stage, outset: &Outset) -> Result<Outcome, Failure> {
    let agreement = &outset.agreement;
    say(stage, "modules: law first");
    enter_law(stage, outset)?;
    say(stage, "a run before the data contract is in force: to be refused");
    early_run(stage, outset)?;
    say(stage, "modules: the rest");
    enter_rest(stage, outset)?;
    say(stage, "places, datasets and code");
    register(stage, agreement)?;
    say(stage, "the project's charter, voted per side");
    charter(stage, agreement, outset)?;
    say(stage, "a run: proposed, approved, opened, joined, trained");
    let started = std::time::Instant::now();
    let run = train(stage, outset)?;
    let seconds = started.elapsed().as_secs_f64();
    let model = run
        .pointer("/status/closed/model")
        .and_then(Value::as_str)
        .ok_or_else(|| aborted(&run))?
        .to_owned();
    say(stage, "the lab's evidence, the vote, the release");
    let evidence = test(stage, &model)?;
    release(stage, agreement, &model)?;
    say(stage, "what the agreement refuses: two more runs");
    other_purpose(stage, outset)?;
    withdrawn(stage, agreement, outset)?;
    Ok(Outcome { model, evidence, seconds })
}

fn say(stage: &Stage, what: &str) {
    (stage.say)(what);
}

/// The modules that runs must wait for, without the data contract: parties and governance.
pub(crate) fn enter_law(stage: &Stage, outset: &Outset) -> Result<(), Failure> {
    enter(stage, &outset.first)
}

pub(crate) fn enter_rest(stage: &Stage, outset: &Outset) -> Result<(), Failure> {
    enter(stage, &outset.rest)
}

/// Every party signs the modules; the last to sign brings them into force.
fn enter(stage: &Stage, modules: &[std::path::PathBuf]) -> Result<(), Failure> {
    let agreement = stage.dir.join("agreement").display().to_string();
    let paths: Vec<String> = modules.iter().map(|m| m.display().to_string()).collect();
    let last = stage.cast.parties.iter().next_back();
    for party in &stage.cast.parties {
        let home = stage.home(party).display().to_string();
        let mut arguments = vec!["sign", "--home", &home, "--agreement", &agreement];
        arguments.extend(paths.iter().map(String::as_str));
        if Some(party) == last {
            arguments.push("--enter");
        }
        stage.run(&arguments)?;
    }
    Ok(())
}

fn early_run(stage: &mut Stage, outset: &Outset) -> Result<(), Failure> {
    if outset.rest.is_empty() {
        return Ok(());
    }
    // The data contract's text is known and lacks signatures.
    let (party, seat) = stage.cast.trainer.clone();
    let home = stage.home(&party).display().to_string();
    let agreement = stage.dir.join("agreement").display().to_string();
    for module in &outset.rest {
        let module = module.display().to_string();
        stage.run(&["sign", "--home", &home, "--agreement", &agreement, &module])?;
    }
    let plan = outset.bare_plan("too-early")?;
    stage.refused(&party, &seat, ActName::RunPropose, &plan, &expected::too_early(outset))
}

pub(crate) fn register(stage: &Stage, agreement: &Agreement) -> Result<(), Failure> {
    let code = concordat_node::plan::CODE.to_string();
    for party in &stage.cast.holders {
        let seat = &stage.cast.holder;
        let (class, jurisdiction) = stage.cast.place(agreement, party)?;
        let place = json!({
            "place": format!("{party}-node"), "class": class, "jurisdiction": jurisdiction,
        });
        stage.act(party, seat, ActName::PlaceRegister, &place, &[])?;
        let home = stage.home(party).display().to_string();
        let place = format!("{party}-node");
        let asset = stage.cast.dataset.as_str();
        stage.run(&[
            "node",
            "register",
            asset,
            "--place",
            &place,
            "--purpose",
            stage.cast.purpose.as_str(),
            "--home",
            &home,
        ])?;
        let approval = json!({ "code": code, "asset": stage.cast.dataset });
        stage.act(party, seat, ActName::CodeApprove, &approval, &[])?;
    }
    Ok(())
}

pub(crate) fn charter(
    stage: &Stage,
    agreement: &Agreement,
    outset: &Outset,
) -> Result<(), Failure> {
    let (party, seat) = may(agreement, ActName::ProjectCharter)?;
    let text = stage.dir.join("charter.md");
    let words = format!(
        "# Charter of the project `{}`\n\nTrain `{}` on `{}` for `{}`.\n",
        outset.wished.project, stage.cast.model, stage.cast.dataset, stage.cast.purpose
    );
    std::fs::write(&text, &words).map_err(|e| fault("write", &text, &e))?;
    let charter = json!({
        "project": outset.wished.project,
        "charter": concordat_terms::Digest::of(words.as_bytes()),
        "objective": stage.cast.objective,
        "assets": [stage.cast.dataset, stage.cast.model],
        "purposes": [stage.cast.purpose],
    });
    stage.act(&party, &seat, ActName::ProjectCharter, &charter, &[&text])?;
    let name = format!("open-{}", outset.wished.project);
    decide(
        stage,
        agreement,
        &name,
        &json!({ "project.open": { "project": outset.wished.project } }),
    )
}

/// Puts a motion, takes every member's vote, and has the decision carried out.
fn decide(
    stage: &Stage,
    agreement: &Agreement,
    name: &str,
    decision: &Value,
) -> Result<(), Failure> {
    let voters = stage.cast.voters(agreement);
    let voters: Vec<&PartyId> = voters
        .iter()
        .filter(|(_, side)| side.as_str() != "independent")
        .map(|(party, _)| party)
        .collect();
    let first = voters.first().ok_or_else(|| lacks("body with voters"))?;
    let seat = &stage.cast.member;
    let motion = json!({ "motion": name, "body": stage.cast.body, "decision": decision });
    stage.act(first, seat, ActName::MotionPropose, &motion, &[])?;
    for voter in &voters {
        let vote = json!({ "motion": name, "vote": "for" });
        stage.act(voter, seat, ActName::MotionVote, &vote, &[])?;
    }
    stage.act(first, seat, ActName::MotionExecute, &field("motion", name), &[])?;
    Ok(())
}

/// The trainer proposes the run of the plan.
pub(crate) fn propose(stage: &Stage, outset: &Outset) -> Result<(), Failure> {
    let (trainer, seat) = &stage.cast.trainer;
    let home = stage.home(trainer).display().to_string();
    let plan = outset.plan.display().to_string();
    stage.run(&["run", "propose", &plan, "--seat", seat.as_str(), "--home", &home])?;
    Ok(())
}

fn train(stage: &mut Stage, outset: &Outset) -> Result<Value, Failure> {
    propose(stage, outset)?;
    let run = field("run", &outset.wished.run);

    // One approval too few first: the gate says who is still to be asked.
    let holders: Vec<PartyId> = stage.cast.holders.iter().cloned().collect();
    let seat = stage.cast.holder.clone();
    let (opener, opener_seat) = stage.cast.opener.clone();
    let needed = stage.cast.approvals as usize;
    for (count, party) in holders.iter().take(needed).enumerate() {
        if count + 1 == needed {
            let expected = expected::too_few_approvals(outset);
            stage.refused(&opener, &opener_seat, ActName::RunOpen, &run, &expected)?;
        }
        stage.act(party, &seat, ActName::RunApprove, &run, &[])?;
    }
    stage.act(&opener, &opener_seat, ActName::RunOpen, &run, &[])?;
    stage.wait_for_run(&outset.wished.run, progress::least(&outset.agreement))
}

fn test(stage: &Stage, model: &str) -> Result<Value, Failure> {
    let (lab, seat) = &stage.cast.lab;
    let home = stage.home(lab);
    stage.run(&[
        "evidence",
        "test",
        model,
        "--rows",
        &home.join("held-out.csv").display().to_string(),
        "--method",
        stage.cast.need.method.as_str(),
        "--seat",
        seat.as_str(),
        "--home",
        &home.display().to_string(),
    ])
}

fn release(stage: &Stage, agreement: &Agreement, model: &str) -> Result<(), Failure> {
    let (party, seat) = may(agreement, ActName::ReleasePropose)?;
    stage.act(&party, &seat, ActName::ReleasePropose, &field("model", model), &[])?;
    decide(
        stage,
        agreement,
        "release-first-model",
        &json!({ "release.promote": { "model": model } }),
    )
}

/// A run for a purpose that the agreement knows and does not allow; and what would be needed.
fn other_purpose(stage: &mut Stage, outset: &Outset) -> Result<(), Failure> {
    let Some(purpose) = stage.cast.other_purpose.clone() else { return Ok(()) };
    let (party, seat) = stage.cast.trainer.clone();
    let mut plan = last_plan(stage, outset, "other-purpose")?;
    if let Some(slot) = plan.pointer_mut("/plan/purpose") {
        *slot = json!(purpose);
    }
    // Left behind for whoever wants to see it refused.
    let left = stage.dir.join("other-purpose.json");
    std::fs::write(&left, format!("{plan:#}\n")).map_err(|e| fault("write", &left, &e))?;
    let expected = expected::other_purpose(outset, &purpose);
    stage.refused(&party, &seat, ActName::RunPropose, &plan, &expected)?;
    let home = stage.home(&party).display().to_string();
    let why = stage.try_run(&[
        "why",
        "run.propose",
        &plan.to_string(),
        "--seat",
        seat.as_str(),
        "--home",
        &home,
    ])?;
    let missing: Vec<Problem> =
        serde_json::from_value(why.first.get("missing").cloned().unwrap_or_default())
            .map_err(|e| fault_of(&e.to_string()))?;
    for problem in &missing {
        say(stage, &format!("  why: {}", shortened(&problem.what)));
    }
    if let Some(refused) = stage.refused.last_mut() {
        refused.why = missing;
    }
    Ok(())
}

/// A hospital takes its version out of use; the next run on it is refused.
fn withdrawn(stage: &mut Stage, agreement: &Agreement, outset: &Outset) -> Result<(), Failure> {
    let plan = last_plan(stage, outset, "after-withdrawal")?;
    let Some(party) = stage.cast.holders.iter().next_back().cloned() else { return Ok(()) };
    let version = plan.pointer(&format!("/plan/datasets/{party}")).cloned();
    let withdraw = json!({ "asset": stage.cast.dataset, "version": version });
    let (_, seat) = may(agreement, ActName::DatasetWithdraw)?;
    stage.act(&party, &seat, ActName::DatasetWithdraw, &withdraw, &[])?;
    let (trainer, seat) = stage.cast.trainer.clone();
    stage.refused(&trainer, &seat, ActName::RunPropose, &plan, &expected::withdrawn())
}

/// A plan like the run's, on what the catalogue lists now, under another name.
fn last_plan(stage: &Stage, outset: &Outset, name: &str) -> Result<Value, Failure> {
    let (trainer, seat) = &stage.cast.trainer;
    let home = stage.home(trainer).display().to_string();
    let plan = outset.plan.display().to_string();
    let seat = seat.as_str();
    let arguments = ["run", "propose", &plan, "--dry", "--seat", seat, "--home", &home];
    let mut plan = stage.run(&arguments)?;
    if let Some(slot) = plan.pointer_mut("/run") {
        *slot = json!(name);
    }
    Ok(plan)
}

fn aborted(run: &Value) -> Failure {
    let what = format!("the run ended without a model: {run}");
    Failure::refused("run-aborted", what, "read the nodes' logs")
}

/// Whether a folder can be used: it is not there yet, or empty.
pub(crate) fn must_be_new(dir: &Path) -> Result<(), Failure> {
    let taken = |what: &str| {
        mendable(
            "pilot-folder-taken",
            format!("`{}` {what}", dir.display()),
            "name a new folder with `--dir`, or remove this one first",
        )
    };
    if dir.metadata().is_ok_and(|found| !found.is_dir()) {
        return Err(taken("is no folder"));
    }
    match std::fs::read_dir(dir).map(|mut entries| entries.next().is_none()) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(fault("read", dir, &e)),
        Ok(true) => Ok(()),
        Ok(false) => Err(taken("is not empty: an earlier pilot may have used it")),
    }
}
