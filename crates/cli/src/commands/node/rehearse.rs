//! `concordat node rehearse`: a trainer on rows that nobody has, before anybody approves it.

use std::fmt::Write as _;

use concordat_agreement::{Cited, TrainerMode};
use concordat_learn::{Recipe, Trainer};
use concordat_node::home::Home;
use concordat_node::plain::Kind;
use concordat_node::plan::Task;
use concordat_node::trainers::{Files, LOCK, Outside, Rehearsed, Report, rehearse};
use concordat_partnership::State;
use concordat_partnership::act::Plan;
use concordat_replay::RoundBasis;
use concordat_terms::{AssetId, Decimal, Digest, jcs};
use serde::Serialize;
use similar::TextDiff;

use super::super::desk::{failure, open};
use super::super::run::plan;
use crate::args::{Rehearse, Trainers};
use crate::failure::Failure;
use crate::files;
use crate::out::Out;
use crate::plan_file::{self, PlanFile};

/// What a rehearsal shows.
#[derive(Debug, Serialize)]
struct Shown {
    mode: &'static str,
    /// Whom that protects.
    protects: &'static str,
    asset: AssetId,
    /// What an approval would bind.
    code: Digest,
    environment: Digest,
    plan: Digest,
    /// The trainer that was approved last, if one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    approved: Option<Digest>,
    /// What changed since, file by file, as a unified diff; of a first trainer all of it.
    diff: String,
    /// The packages, as the lock file names them.
    dependencies: Vec<String>,
    rights: Rights,
    leaves: Leaves,
    rehearsed: Rehearsed,
    /// The act by which a steward approves it for one run.
    approve: serde_json::Value,
}

/// What the program may do.
#[derive(Debug, Serialize)]
struct Rights {
    /// Whether it is behind walls.
    sandbox: bool,
    network: bool,
    reads: Vec<&'static str>,
    writes: Vec<&'static str>,
    seconds: u32,
    memory_mib: u32,
    processes: u32,
    output_mib: u32,
}

/// What would leave the node, and at which cost.
#[derive(Debug, Serialize)]
struct Leaves {
    /// Numbers of a round, masked.
    numbers: u32,
    /// How many of them are metrics.
    metrics: usize,
    /// Rounds and retries: how often something leaves at the most.
    times: u64,
    clip: Decimal,
    noise: Decimal,
    /// Of all of them together, at the account's δ; none where nothing is promised.
    #[serde(skip_serializing_if = "Option::is_none")]
    epsilon: Option<Decimal>,
    delta: Decimal,
}

pub(super) fn run(args: &Rehearse, out: Out) -> Result<(), Failure> {
    let file = PlanFile::parse(&args.plan, &files::text(&args.plan, Kind::Plan)?)?;
    let path = args.plan.with_file_name("").join(&file.recipe);
    let recipe = plan_file::recipe(&path, &files::bytes(&path, Kind::Recipe)?)?;
    let code = Files::read(&args.code).map_err(Failure::Usage)?;
    let environment = Files::read(&args.environment).map_err(Failure::Usage)?;
    let trainer = named(&recipe, code.digest(), environment.digest())?;
    let (home, follower) = open(&args.home)?;
    let state = follower.state();
    let plan = plan(&file, &recipe, state)?;
    let Some(Cited { terms: asset, .. }) = state.agreement().asset(&plan.asset) else {
        let what = format!("no clause in force declares the asset `{}`", plan.asset);
        return Err(Failure::refused("unknown-asset", what, "bring the agreement into force"));
    };
    let bytes = jcs::to_bytes(&recipe).map_err(|e| bad(&e.to_string()))?;
    let basis = || RoundBasis::derive(state, &file.run, &plan);
    let task = Task::on(state.agreement(), basis, &plan, &bytes).map_err(Failure::Refused)?;
    home.keep_code(&code).map_err(failure)?;
    home.keep_environment(&environment).map_err(failure)?;
    let outside = Outside::of(&home, state, &file.run, &plan, &recipe).map_err(failure)?;
    let outside = outside.ok_or_else(|| bad("the plan has no trainer"))?;
    let rehearsed = rehearse(&outside, asset, &plan, &recipe).map_err(Failure::Refused)?;
    let walls = outside.walls.hold();
    let shown = Shown {
        mode: trainer.mode.as_str(),
        protects: trainer.mode.protects(),
        asset: plan.asset.clone(),
        code: code.digest(),
        environment: environment.digest(),
        plan: plan.digest(),
        approved: last(&home, state, &plan).map(|(digest, _)| digest),
        diff: diff(last(&home, state, &plan).and_then(|(_, files)| files).as_ref(), &code),
        dependencies: dependencies(&environment),
        rights: rights(trainer, walls),
        leaves: leaves(&task, &recipe),
        approve: approval(&plan, code.digest(), environment.digest()),
        rehearsed,
    };
    out.answer(&shown, || shown.text())?;
    match &shown.rehearsed.why {
        None => Ok(()),
        Some(why) => Err(Failure::refused(
            "rehearsal-failed",
            format!("the trainer failed on made-up rows: {why}"),
            "mend the trainer: in a run it would send zeros and noise",
        )),
    }
}

/// The recipe's trainer, if it is the one in these folders.
fn named(recipe: &Recipe, code: Digest, environment: Digest) -> Result<&Trainer, Failure> {
    let trainer = recipe.trainer.as_ref().ok_or_else(|| bad("its recipe has no trainer"))?;
    if (trainer.code, trainer.environment) == (code, environment) {
        return Ok(trainer);
    }
    Err(Failure::usage(
        "other-trainer",
        "the recipe names another trainer or environment than these folders hold".to_owned(),
        format!(
            "write `\"code\": \"{code}\"` and `\"environment\": \"{environment}\"` into the recipe"
        ),
    ))
}

fn bad(why: &str) -> Failure {
    let what = format!("the plan cannot be rehearsed: {why}");
    Failure::usage("bad-plan", what, "compare it with examples/trainers/scikit-learn")
}

/// The trainer that this party approved last beside the plan's dataset, and its files, where they
/// are still here.
fn last(home: &Home, state: &State, plan: &Plan) -> Option<(Digest, Option<Files>)> {
    let (code, _) = state.trusted_last(home.party(), &plan.asset)?;
    Some((code, home.kept_code(&code)))
}

/// File by file, in the order of their paths.
fn diff(before: Option<&Files>, now: &Files) -> String {
    let none = Files::default();
    let before = before.unwrap_or(&none);
    let names: std::collections::BTreeSet<&String> = before.0.keys().chain(now.0.keys()).collect();
    let mut text = String::new();
    for name in names {
        let (old, new) = (before.0.get(name), now.0.get(name));
        if old == new {
            continue;
        }
        let read = |bytes: Option<&Vec<u8>>| {
            bytes.map_or(Ok(String::new()), |bytes| String::from_utf8(bytes.clone()))
        };
        match (read(old), read(new)) {
            (Ok(old), Ok(new)) => {
                let diff = TextDiff::from_lines(&old, &new);
                let headed = diff.unified_diff().context_radius(3).header(name, name).to_string();
                text.push_str(&headed);
            }
            _ => {
                writeln!(text, "--- {name}\n+++ {name}\nno text: other bytes").ok();
            }
        }
    }
    text
}

fn dependencies(environment: &Files) -> Vec<String> {
    let lock = environment.0.get(LOCK).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let lock = lock.unwrap_or_default();
    let names = lock.lines().map(str::trim).filter(|line| line.contains("=="));
    names.map(|line| line.split([' ', '\\']).next().unwrap_or_default().to_owned()).collect()
}

fn rights(trainer: &Trainer, walls: bool) -> Rights {
    let limits = trainer.limits;
    Rights {
        sandbox: walls,
        network: !walls,
        reads: if walls {
            vec!["/in", "/code", "/env", "/usr"]
        } else {
            vec!["whatever the node can"]
        },
        writes: if walls { vec!["/out", "/tmp"] } else { vec!["whatever the node can"] },
        seconds: limits.seconds,
        memory_mib: limits.memory_mib,
        processes: limits.processes,
        output_mib: limits.output_mib,
    }
}

fn leaves(task: &Task, recipe: &Recipe) -> Leaves {
    let plan = &task.plan;
    let mode = plan.trainer.as_ref().map(|trainer| trainer.mode);
    let promised = mode != Some(TrainerMode::SecaggOnly);
    Leaves {
        numbers: plan.dimension,
        metrics: recipe.metrics().len(),
        times: u64::from(plan.rounds) + u64::from(plan.retries),
        clip: plan.clip,
        noise: plan.noise,
        epsilon: promised.then_some(task.trained.epsilon),
        delta: task.trained.delta,
    }
}

/// What the steward would sign, but for the time: that is the steward's to choose.
fn approval(plan: &Plan, code: Digest, environment: Digest) -> serde_json::Value {
    serde_json::json!({
        "code": code,
        "asset": plan.asset,
        "until": "UNTIL",
        "trainer": { "environment": environment, "plan": plan.digest(), "runs": 1 },
    })
}

impl Shown {
    fn text(&self) -> String {
        let Self { leaves, rights, rehearsed, .. } = self;
        let mut text = String::new();
        let mut line = |name: &str, value: String| {
            writeln!(text, "{name:<13}{value}").ok();
        };
        line("mode", format!("{}: protects {}", self.mode, self.protects));
        line("code", self.code.to_string());
        line("environment", self.environment.to_string());
        line("plan", self.plan.to_string());
        line(
            "approved",
            match &self.approved {
                Some(digest) => format!("last: {digest}"),
                None => "never: all of it is new".to_owned(),
            },
        );
        let needs = if self.dependencies.is_empty() {
            "nothing but the system's programs".to_owned()
        } else {
            self.dependencies.join(", ")
        };
        line("needs", needs);
        line(
            "sandbox",
            match rights.sandbox {
                true => "yes: no network".to_owned(),
                false => "NO: it sees what the node sees, by the clause of the account".to_owned(),
            },
        );
        line("reads", rights.reads.join(", "));
        line("writes", rights.writes.join(", "));
        line(
            "limits",
            format!(
                "{} s, {} MiB of memory, {} processes, {} MiB written",
                rights.seconds, rights.memory_mib, rights.processes, rights.output_mib
            ),
        );
        line(
            "leaves",
            format!(
                "{} numbers, {} of them metrics, at most {} times; clipped to {}",
                leaves.numbers, leaves.metrics, leaves.times, leaves.clip
            ),
        );
        line(
            "costs",
            match (leaves.epsilon, self.mode) {
                (None, _) => {
                    "no differential privacy: nothing is promised, and nothing charged".to_owned()
                }
                (Some(epsilon), "asserted-dp") => format!(
                    "ε = {epsilon} at δ = {}, as the program asserts: not enforced by the node",
                    leaves.delta
                ),
                (Some(epsilon), _) => {
                    format!("ε = {epsilon} at δ = {}, noise {}", leaves.delta, leaves.noise)
                }
            },
        );
        let moved = rehearsed.moved.map_or(String::new(), |moved| format!("; moved by {moved:.4}"));
        let went = rehearsed.why.as_ref().map_or("well".to_owned(), |why| format!("badly: {why}"));
        line(
            "rehearsed",
            format!("on {} made-up rows: {went}, {} ms{moved}", rehearsed.rows, rehearsed.took_ms),
        );
        if let Some(said) = rehearsed.said.as_ref().filter(|said| !said.is_empty()) {
            writeln!(text, "\nit said:\n{said}").ok();
        }
        writeln!(text, "\nto approve it, with a time in place of UNTIL:").ok();
        writeln!(text, "concordat act code.approve '{}'", self.approve).ok();
        if !self.diff.is_empty() {
            writeln!(text, "\n{}", self.diff).ok();
        }
        text
    }
}

/// What trainers did here.
pub(super) fn reports(args: &Trainers, out: Out) -> Result<(), Failure> {
    let home = Home::load(&args.home).map_err(failure)?;
    let reports = Report::all(&home.trainers().join("reports"));
    out.answer(&reports, || {
        if reports.is_empty() {
            return "no trainer has run here".to_owned();
        }
        reports.iter().map(told).collect::<Vec<_>>().join("\n")
    })
}

fn told(report: &Report) -> String {
    let what = match (report.round, report.records) {
        (Some(round), _) => format!("round {}", round + 1),
        (None, Some((0, of))) => format!("{of} records"),
        (None, Some((failed, of))) => format!("{failed} of {of} records failed"),
        (None, None) => String::new(),
    };
    let went = report.why.as_ref().map_or("well".to_owned(), |why| format!("failed: {why}"));
    let said = report.said.as_ref().filter(|said| !said.trim().is_empty());
    let said =
        said.map_or(String::new(), |said| format!("\n  {}", said.trim().replace('\n', "\n  ")));
    format!("run {}: {what}: {went}, {} ms{said}", report.run, report.took_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(texts: &[(&str, &str)]) -> Files {
        let own = |(name, text): &(&str, &str)| ((*name).to_owned(), text.as_bytes().to_vec());
        Files(texts.iter().map(own).collect())
    }

    #[test]
    fn what_changed_is_shown_and_what_did_not_is_not() {
        let before = files(&[("a.py", "one\ntwo\n"), ("same.py", "x\n"), ("gone.py", "bye\n")]);
        let now = files(&[("a.py", "one\n2\n"), ("same.py", "x\n"), ("new.py", "hello\n")]);
        let text = diff(Some(&before), &now);
        for part in ["-two", "+2", "+hello", "-bye"] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert!(!text.contains("same.py"));
        // Of a first trainer all of it is new.
        assert!(diff(None, &now).contains("+x"));
    }

    #[test]
    fn dependencies_are_what_the_lock_file_names() {
        let lock =
            "# by pip-tools\nnumpy==2.4.6 \\\n    --hash=sha256:00\nsafetensors==0.7.0 --hash=x\n";
        let environment = files(&[(LOCK, lock)]);
        assert_eq!(dependencies(&environment), ["numpy==2.4.6", "safetensors==0.7.0"]);
    }
}
