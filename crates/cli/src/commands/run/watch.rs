//! `concordat run watch`: how a run goes, and once it is over how it went.

use std::ops::ControlFlow;
use std::thread::sleep;
use std::time::Duration;

use concordat_agreement::RunKind;
use concordat_learn::Recipe;
use concordat_node::follow::Follower;
use concordat_partnership::act::AbortReason;
use concordat_partnership::{Run, RunStatus};
use concordat_terms::{PartyId, RunId};
use concordat_wire::api::Progress;
use serde::Serialize;

use super::super::desk::{answered, open_latest};
use super::super::look::{Seen, see_as};
use super::super::views::list;
use super::charged;
use super::course::{Course, Told, found};
use crate::args::Watch;
use crate::failure::Failure;
use crate::out::Out;
use crate::progress;

/// How often the coordinator is asked.
const ASK_EVERY: Duration = Duration::from_millis(300);

/// After how many of these a step that does not go on is told once more, with whom it waits for.
const STILL: u32 = 7;

/// A run that is under way.
#[derive(Debug, Serialize)]
struct UnderWay<'a> {
    #[serde(flatten)]
    progress: &'a Progress,
    /// Who was to take part and has not joined.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    absent: Vec<&'a PartyId>,
    /// How long the rest takes at this pace.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds_left: Option<u64>,
    /// What `told` says, with intervals from the noise of the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    metrics: Option<charged::Told>,
}

/// A run as the log has it, and how it went.
#[derive(Debug, Serialize)]
struct AsLogged<'a> {
    #[serde(flatten)]
    run: &'a Run,
    went: Course,
}

pub(super) fn run(args: &Watch, out: Out) -> Result<(), Failure> {
    if let (Some(home), false) = (&args.at.home, args.at.offline) {
        let (_, follower) = open_latest(home)?;
        let seen = Seen::home(until_over(follower, &args.run, out)?);
        return as_logged(&seen, &args.run, out);
    }
    as_logged(&see_as(&args.at, None)?, &args.run, out)
}

/// Shows every change in a run's progress, until the party's own fold says it is over.
fn until_over(mut follower: Follower, id: &RunId, out: Out) -> Result<Follower, Failure> {
    let mut last: Option<(bool, Progress)> = None;
    let (mut awaited, mut still) = (Vec::new(), 0);
    let plan = follower.state().runs().get(id).map(|run| run.proposed.plan.recipe);
    let recipe = plan.and_then(|recipe| follower.blob(&recipe).ok());
    let recipe = recipe.and_then(|bytes| serde_json::from_slice::<Recipe>(&bytes).ok());
    loop {
        let Some(run) = follower.state().runs().get(id) else {
            let what = format!("there is no run `{id}`");
            return Err(Failure::usage("unknown-run", what, "run `concordat status`"));
        };
        let is_open = match run.status {
            RunStatus::Closed(_) | RunStatus::Aborted(_) => return Ok(follower),
            RunStatus::Proposed => false,
            RunStatus::Open => true,
        };
        // For people alone: that nobody answers now is no reason to end.
        if let Ok(progress) = follower.client().progress(id) {
            let of_now = std::mem::replace(&mut awaited, progress.awaited.clone());
            still = if of_now == awaited { still + 1 } else { 0 };
            // Whom a step waits for is told where it waits for long.
            let progress =
                if still < STILL { Progress { awaited: Vec::new(), ..progress } } else { progress };
            let told = last.as_ref().is_some_and(|(open, told)| {
                let same =
                    Progress { awaited: progress.awaited.clone(), ..told.clone() } == progress;
                *open == is_open && same && (told.awaited == progress.awaited || still < STILL)
            });
            if !told {
                tell(&follower, run, recipe.as_ref(), &progress, out)?;
                last = Some((is_open, progress));
            }
        }
        sleep(ASK_EVERY);
        follower.catch_up().map_err(|fault| answered(&fault))?;
    }
}

fn tell(
    follower: &Follower,
    run: &Run,
    recipe: Option<&Recipe>,
    progress: &Progress,
    out: Out,
) -> Result<(), Failure> {
    let agreement = follower.state().agreement();
    let metrics = progress.told.as_ref().zip(recipe).and_then(|(told, recipe)| {
        charged::Told::of(agreement, &run.proposed.plan, recipe, &told.charged)
    });
    let planned = run.proposed.plan.datasets.keys();
    let rest = progress.rounds.saturating_sub(progress.round);
    let shown = UnderWay {
        progress,
        absent: planned.filter(|party| !run.joined.contains(*party)).collect(),
        seconds_left: progress.pace.and_then(|pace| pace.left(rest)),
        metrics,
    };
    out.answer(&shown, || {
        if run.status != RunStatus::Open {
            return "proposed, and not open yet".to_owned();
        }
        let mut line = progress::line(progress, progress::least(agreement));
        if let (Some(told), Some(metrics)) = (&progress.told, &shown.metrics) {
            line = format!("{line}; by round {}: {}", told.round, metrics.line());
        }
        match shown.absent.is_empty() {
            true => line,
            false => format!("{line}; not joined: {}", list(&shown.absent)),
        }
    })
}

/// What the log says of the run, as far as it is here. One that was aborted is a failure.
fn as_logged(seen: &Seen, id: &RunId, out: Out) -> Result<(), Failure> {
    let run = found(seen, id)?;
    let mut told = Told::default();
    seen.fold_again(out, |step| {
        told.see(step, id);
        ControlFlow::Continue(())
    })?;
    let logged = AsLogged { run, went: Course::of(run, told) };
    if let RunStatus::Aborted(reason) = run.status {
        return Err(aborted(&logged.went, reason));
    }
    out.answer(&logged, || {
        let mut lines = logged.went.lines();
        let first = match &run.status {
            RunStatus::Closed(close) => {
                let gave = match run.proposed.plan.kind {
                    RunKind::Query => "answer",
                    RunKind::Train | RunKind::Evaluate => "model",
                };
                format!("run {id}: closed, {gave} {}", close.model)
            }
            RunStatus::Open => format!("run {id}: open, as far as the log is here"),
            other => format!("run {id}: {}", other.as_str()),
        };
        if let Some(line) = lines.first_mut() {
            *line = first;
        }
        let took = logged.went.seconds.map(super::super::look::count);
        lines.extend(took.map(|took| format!("    over after {took}")));
        lines.join("\n")
    })
}

fn aborted(went: &Course, reason: AbortReason) -> Failure {
    let word = serde_json::to_value(reason).unwrap_or_default();
    let named = match went.named.is_empty() {
        true => String::new(),
        false => format!(", naming {}", list(went.named.iter().map(|own| format!("`{own}`")))),
    };
    let run = &went.run;
    let what = format!("run `{run}` was aborted: {word}{named}").replace('"', "`");
    let hint = match reason {
        AbortReason::TooFewParticipants => {
            "ask those who did not join or stay: their nodes' logs say why; then propose another run"
        }
        _ => "propose another run",
    };
    Failure::refused("run-aborted", what, hint)
}
