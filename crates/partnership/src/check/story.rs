//! Scenario after scenario, each from where it begins.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Agreement, Module, Moment, Scenario, Step};
use concordat_terms::{Diagnostic, ModuleId, ProjectId, Timestamp};

use crate::verdict::Proved;

use super::plan::Noises;
use super::world::World;
use super::{Outside, Played, Report, Stands, Story, fill, opening, owed, told};

type At<'a> = (&'a Module, &'a Scenario);
type Name<'a> = (&'a ModuleId, &'a str);

fn name<'a>((module, scenario): At<'a>) -> Name<'a> {
    (&module.id, &scenario.name)
}

/// Runs every scenario of the innermost modules, those first that others go on from. `agreement` is
/// what was proved, or that with modules of a project.
pub(super) fn run(proved: &Proved, agreement: &Agreement, outside: Outside) -> Report {
    fn told(module: &Module) -> impl Iterator<Item = At<'_>> {
        module.scenarios.iter().map(move |scenario| (module, scenario))
    }
    let all: Vec<At<'_>> = agreement.innermost().flat_map(told).collect();
    let begin = agreement.modules().values().flat_map(told);
    let days = begin.filter_map(|(_, scenario)| first_day(scenario));
    let Some(start) = days.min().filter(|_| !all.is_empty()) else {
        return Report::default();
    };
    let every = agreement.modules().values().flat_map(told);
    let before = every.filter_map(|at| agreement.scenario(at.0, at.1.after.as_ref()?));
    let mut runs = Runs {
        outside,
        agreement,
        gone_on_from: before.map(name).collect(),
        opens: true,
        noises: Noises::default(),
        ends: BTreeMap::new(),
        stories: BTreeMap::new(),
        found: vec![],
    };
    match World::founded(proved, start) {
        Ok(world) => {
            for at in &all {
                runs.reach(&world, *at);
            }
        }
        Err(refusal) => {
            if let Some((module, scenario)) = all.first() {
                let what = format!("no partnership can be founded to run scenarios in: {refusal}");
                runs.found.push(module.error_at(
                    &scenario.span,
                    "scenario-not-founded",
                    what,
                    refusal.remedy(),
                ));
            }
        }
    }
    let not_run = |at: At<'_>| story(at, at.1.steps.iter().map(not_run).collect());
    let stories = all.iter().map(|at| runs.stories.remove(&name(*at)).unwrap_or(not_run(*at)));
    Report { stories: stories.collect(), findings: runs.found }
}

/// The day of a scenario that begins with one.
fn first_day(scenario: &Scenario) -> Option<Timestamp> {
    match scenario.steps.first()?.moment {
        Moment::At(time) if scenario.after.is_none() => Some(time),
        _ => None,
    }
}

struct Runs<'a> {
    outside: Outside,
    agreement: &'a Agreement,
    /// Whether every project so far could be opened: that one cannot is said once.
    opens: bool,
    noises: Noises,
    /// The scenarios that others go on from: only their worlds are kept.
    gone_on_from: BTreeSet<Name<'a>>,
    /// The worlds in which scenarios have ended; none for those that differ or did not run, and
    /// those that nobody goes on from.
    ends: BTreeMap<Name<'a>, Option<World>>,
    stories: BTreeMap<Name<'a>, Story>,
    found: Vec<Diagnostic>,
}

impl<'a> Runs<'a> {
    /// Runs a scenario, after those that it goes on from.
    fn reach(&mut self, founded: &World, at: At<'a>) {
        let (mut path, mut seen) = (Vec::new(), BTreeSet::new());
        let mut next = Some(at);
        while let Some(at) = next.filter(|at| !self.ends.contains_key(&name(*at))) {
            // An agreement has no circles of scenarios: `assemble` refuses them.
            if !seen.insert(name(at)) {
                return;
            }
            path.push(at);
            next = at.1.after.as_ref().and_then(|after| self.agreement.scenario(at.0, after));
        }
        let mut begins = match next {
            Some(before) => self.ends.get(&name(before)).cloned().flatten(),
            None => Some(founded.clone()),
        };
        let mut before = next.and_then(|(module, _)| module.project.as_ref());
        for at in path.into_iter().rev() {
            let project = at.0.project.as_ref();
            if let Some(project) = project.filter(|project| before != Some(project)) {
                begins = begins.and_then(|world| self.open(at, project, world));
            }
            before = project;
            begins = self.play(at, begins);
            let kept = begins.clone().filter(|_| self.gone_on_from.contains(&name(at)));
            self.ends.insert(name(at), kept);
        }
    }

    /// The world in which the project is open and its modules in force.
    fn open(&mut self, at: At<'a>, project: &ProjectId, world: World) -> Option<World> {
        let opened = opening::opened(world, project, self.agreement, self.outside.facts);
        let refusal = match opened {
            Ok(world) => return Some(world),
            Err(refusal) => refusal,
        };
        if std::mem::take(&mut self.opens) {
            let what =
                format!("project `{project}` cannot be opened to run scenarios in: {refusal}");
            let (span, code) = (&at.1.span, "scenario-not-founded");
            let mut hint =
                "open it in a scenario of the frame, and let this one go on `after` it".to_owned();
            hint.push_str(&format!("; or {}", refusal.remedy()));
            self.found.push(at.0.error_at(span, code, what, hint));
        }
        None
    }

    /// Runs one scenario from where it begins; gives where it ends, if all is as written.
    fn play(&mut self, at: At<'a>, begins: Option<World>) -> Option<World> {
        let (module, scenario) = at;
        let mut unknown = told::unknown_codes(module, scenario);
        let mut world = begins.filter(|_| unknown.is_empty());
        self.found.append(&mut unknown);
        let mut steps = Vec::new();
        for step in &scenario.steps {
            let Some(now) = &mut world else {
                steps.push(not_run(step));
                continue;
            };
            let mut played = not_run(step);
            let finding = self.step(module, scenario, step, now, &mut played);
            played.stands = if finding.is_some() { Stands::Differs } else { Stands::AsWritten };
            if let Some(finding) = finding {
                self.found.push(finding);
                world = None;
            }
            steps.push(played);
        }
        self.stories.insert(name(at), story(at, steps));
        world
    }

    fn step(
        &self,
        module: &Module,
        scenario: &Scenario,
        step: &Step,
        world: &mut World,
        played: &mut Played,
    ) -> Option<Diagnostic> {
        if let Some(time) = step.moment.from(Some(world.now())) {
            world.until(time);
        }
        if let Some(claim) = &step.claim {
            let differs = owed::differs(world, &module.id, claim)?;
            return Some(told::stands_otherwise(module, step, differs));
        }
        let deed = step.deed.as_ref()?;
        for party in fill::parties(world, deed) {
            let named = world.named.clone();
            let acts =
                match fill::acts(world, (self.outside, &self.noises), &module.id, deed, &party) {
                    Ok(acts) => acts,
                    Err(unfilled) => return Some(told::unfilled(module, step, unfilled)),
                };
            for fill::Filled { signers, act, level, counts } in acts {
                let at = world.now();
                let level = level.unwrap_or_else(|| world.demanded(&act));
                let verdict = world.act(&signers, act.clone(), level, self.outside.facts);
                if counts && !verdict.is_admitted() {
                    // What was refused is nothing that a later step could mean.
                    world.named = named.clone();
                }
                let differs = counts
                    .then(|| told::differs(module, scenario, step, deed, &party, &verdict))
                    .flatten();
                played.entries.push(super::Entry { at, signers, level, act, verdict });
                if differs.is_some() {
                    return differs;
                }
            }
        }
        None
    }
}

fn not_run(step: &Step) -> Played {
    let entries = Vec::new();
    Played { line: step.span.line, step: step.to_string(), stands: Stands::NotRun, entries }
}

fn story((module, scenario): At<'_>, steps: Vec<Played>) -> Story {
    Story { module: module.id.clone(), name: scenario.name.clone(), steps }
}
