//! The pilot's stage: folders, services, and a way to have a party do something.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use concordat_terms::{ActName, ClauseRef, PartyId, Problem, RunId, SeatId};
use concordat_wire::api::Progress;
use serde_json::{Value, json};

use super::cast::Cast;
use super::process::{Finished, Service, Told, binary, call, stream};
use super::{FAULTS, fault_of, mendable};
use crate::failure::Failure;
use crate::progress;

/// Everything the line needs.
pub(crate) struct Stage {
    pub(crate) dir: PathBuf,
    pub(crate) binary: PathBuf,
    pub(crate) cast: Cast,
    pub(crate) url: String,
    pub(crate) console: Option<String>,
    pub(crate) coordinator: Option<Service>,
    pub(crate) nodes: BTreeMap<PartyId, Service>,
    pub(crate) aggregators: BTreeMap<PartyId, Service>,
    /// What was refused on purpose: the act, who, and the receipt.
    pub(crate) refused: Vec<Refused>,
    /// What this pilot is and is not, for its screen and its pages.
    pub(crate) banner: String,
    /// Whether somebody wants it to end.
    pub(crate) told: Told,
    /// Says what is happening, on standard error.
    pub(crate) say: fn(&str),
}

/// An act that the agreement refused.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) act: ActName,
    pub(crate) by: PartyId,
    pub(crate) code: String,
    pub(crate) clause: Option<ClauseRef>,
    pub(crate) what: String,
    pub(crate) hint: String,
    /// All that stands in the way, where `why` was asked.
    pub(crate) why: Vec<Problem>,
}

/// How an act must be refused.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    /// The refusal's code.
    pub(crate) code: &'static str,
    /// Any one of these clauses refuses; none where it is no clause's.
    pub(crate) clauses: BTreeSet<ClauseRef>,
}

impl Stage {
    pub(crate) fn new(
        dir: &Path,
        cast: Cast,
        banner: String,
        told: Told,
        say: fn(&str),
    ) -> Result<Self, Failure> {
        Ok(Self {
            dir: dir.to_owned(),
            binary: binary()?,
            cast,
            url: String::new(),
            console: None,
            coordinator: None,
            nodes: BTreeMap::new(),
            aggregators: BTreeMap::new(),
            refused: Vec::new(),
            banner,
            told,
            say,
        })
    }

    /// A party's folder.
    pub(crate) fn home(&self, party: &PartyId) -> PathBuf {
        self.dir.join(party.as_str())
    }

    /// Runs a command of this binary, which must succeed.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<Value, Failure> {
        let finished = self.try_run(arguments)?;
        if finished.status == 0 {
            return Ok(finished.output);
        }
        Err(failure_of(&finished, arguments))
    }

    pub(crate) fn try_run(&self, arguments: &[&str]) -> Result<Finished, Failure> {
        call(&self.binary, arguments, &self.told)
    }

    /// A party's act, which must be admitted.
    pub(crate) fn act(
        &self,
        party: &PartyId,
        seat: &SeatId,
        act: ActName,
        payload: &Value,
        blobs: &[&Path],
    ) -> Result<Value, Failure> {
        let finished = self.submit(party, seat, act, payload, blobs)?;
        if finished.status == 0 {
            return Ok(finished.output);
        }
        Err(failure_of(&finished, &["act", act.as_str(), "by", party.as_str()]))
    }

    /// A party's act, which the agreement must refuse for this reason and by one of these clauses;
    /// the refusal is kept for the report.
    pub(crate) fn refused(
        &mut self,
        party: &PartyId,
        seat: &SeatId,
        act: ActName,
        payload: &Value,
        expected: &Expected,
    ) -> Result<(), Failure> {
        let finished = self.submit(party, seat, act, payload, &[])?;
        if finished.status == 0 {
            return Err(admitted(act, party));
        }
        let problem = match failure_of(&finished, &["act", act.as_str(), "by", party.as_str()]) {
            Failure::Refused(problem) => problem,
            other => return Err(other),
        };
        let clause = self.clause_of(party, &finished)?;
        let as_expected = problem.code == expected.code
            && match &clause {
                Some(clause) => expected.clauses.contains(clause),
                None => expected.clauses.is_empty(),
            };
        if !as_expected {
            return Err(otherwise(act, party, &problem, clause.as_ref(), expected));
        }
        self.refused.push(Refused {
            act,
            by: party.clone(),
            code: problem.code,
            clause,
            what: problem.what,
            hint: problem.hint,
            why: Vec::new(),
        });
        Ok(())
    }

    /// The clause by which an act was refused, as the party's own fold has it.
    fn clause_of(
        &self,
        party: &PartyId,
        finished: &Finished,
    ) -> Result<Option<ClauseRef>, Failure> {
        let index = finished.first.get("index").and_then(Value::as_u64);
        let index = index.ok_or_else(|| fault_of("a refused act has no receipt"))?.to_string();
        let home = self.home(party).display().to_string();
        let line = self.try_run(&["log", "--since", &index, "--home", &home])?.first;
        let clause = line.get("clause").cloned().unwrap_or_default();
        serde_json::from_value(clause).map_err(|e| fault_of(&e.to_string()))
    }

    fn submit(
        &self,
        party: &PartyId,
        seat: &SeatId,
        act: ActName,
        payload: &Value,
        blobs: &[&Path],
    ) -> Result<Finished, Failure> {
        let home = self.home(party).display().to_string();
        let payload = payload.to_string();
        let mut arguments =
            vec!["act", act.as_str(), &payload, "--seat", seat.as_str(), "--home", &home];
        let blobs: Vec<String> = blobs.iter().map(|b| b.display().to_string()).collect();
        for blob in &blobs {
            arguments.extend(["--blob", blob]);
        }
        self.try_run(&arguments)
    }

    /// Waits until a run has ended, telling about its progress; the answer is the run. It begins
    /// when `least` have joined.
    pub(crate) fn wait_for_run(&self, run: &RunId, least: usize) -> Result<Value, Failure> {
        let home = self.home(&self.cast.trainer.0).display().to_string();
        let arguments = ["run", "watch", run.as_str(), "--home", &home];
        let mut due = 0;
        let mut waiting = String::new();
        let mut last = Value::Null;
        let (status, _) = stream(&self.binary, &arguments, &self.told, |line| {
            match progress::watched(line.clone()) {
                Some(progress) if progress.step == "waiting" => {
                    let told = progress::line(&progress, least);
                    if told != waiting {
                        (self.say)(&format!("  {told}"));
                        waiting = told;
                    }
                }
                Some(Progress { round, rounds, .. }) if (due..rounds).contains(&round) => {
                    (self.say)(&format!("  round {} of {rounds}", round + 1));
                    due = round + 25;
                }
                _ => {}
            }
            last = line;
        })?;
        if status == 0 {
            return Ok(last);
        }
        Err(failure_of(&Finished { status, first: last.clone(), output: last }, &arguments))
    }

    /// Starts the coordinator; its URL is known afterwards.
    pub(crate) fn start_coordinator(&mut self) -> Result<(), Failure> {
        let home = self.dir.join("coordinator");
        let log = self.dir.join("logs/coordinator.log");
        let service = Service::start(
            &self.binary,
            &["serve", "--home", &home.display().to_string(), "--banner", &self.banner],
            &log,
        )?;
        let Some(first) = service.next_within(Duration::from_secs(20), &self.told)? else {
            return Err(not_up("the coordinator", &log));
        };
        let url = first.get("listening").and_then(Value::as_str);
        self.url = url.ok_or_else(|| not_up("the coordinator", &log))?.to_owned();
        self.console = first.get("console").and_then(Value::as_str).map(str::to_owned);
        self.coordinator = Some(service);
        Ok(())
    }

    /// Starts a party's node.
    pub(crate) fn start_node(&mut self, party: &PartyId) -> Result<(), Failure> {
        let home = self.home(party).display().to_string();
        let log = self.dir.join(format!("logs/{party}.log"));
        let service = Service::start(&self.binary, &["node", "--home", &home], &log)?;
        self.nodes.insert(party.clone(), service);
        Ok(())
    }

    /// Starts a party's aggregator, beside its node if it has one.
    pub(crate) fn start_aggregator(&mut self, party: &PartyId) -> Result<(), Failure> {
        let home = self.home(party).display().to_string();
        let log = self.dir.join(format!("logs/{party}-aggregator.log"));
        let service =
            Service::start(&self.binary, &["serve", "--aggregator", "--home", &home], &log)?;
        self.aggregators.insert(party.clone(), service);
        Ok(())
    }

    /// Waits until every node and aggregator has followed the log once.
    pub(crate) fn wait_for_all(&self) -> Result<(), Failure> {
        let nodes = self.nodes.iter().map(|(party, node)| ("node", party, "", node));
        let aggregators = self.aggregators.iter();
        let aggregators = aggregators.map(|(party, one)| ("aggregator", party, "-aggregator", one));
        for (what, party, log, service) in nodes.chain(aggregators) {
            let first = service.next_within(Duration::from_secs(20), &self.told)?;
            // Who cannot go on says why as a problem, which has a code.
            if first.is_none_or(|said| said.get("code").is_some()) {
                let log = self.dir.join(format!("logs/{party}{log}.log"));
                return Err(not_up(&format!("the {what} of `{party}`"), &log));
            }
        }
        Ok(())
    }

    /// Stops every service, the coordinator last.
    pub(crate) fn stop(&mut self) {
        // All are asked before the first is waited for.
        self.nodes.values_mut().chain(self.aggregators.values_mut()).for_each(Service::ask_to_stop);
        self.nodes.clear();
        self.aggregators.clear();
        self.coordinator = None;
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What a failed command reported, with the same meaning here as there; or what it left instead.
fn failure_of(finished: &Finished, what: &[&str]) -> Failure {
    let kind = match finished.status {
        1 => Failure::Refused,
        2 => Failure::Usage,
        _ => Failure::Fault,
    };
    let reported = ["/problem", "/receipts/0/problem", ""];
    for pointer in reported {
        let value = finished.output.pointer(pointer).cloned().unwrap_or(Value::Null);
        if let Ok(problem) = serde_json::from_value::<Problem>(value) {
            return kind(problem);
        }
    }
    Failure::Fault(Problem::new(
        "command-failed",
        format!("`{}` ended with status {}: {}", what.join(" "), finished.status, finished.output),
        "run the command by hand",
        FAULTS,
    ))
}

fn admitted(act: ActName, by: &PartyId) -> Failure {
    mendable(
        "pilot-admitted",
        format!("`{act}` by `{by}` was admitted, and the pilot expected a refusal"),
        "read the clauses that permit it: this agreement is not the one the pilot tells of",
    )
}

fn otherwise(
    act: ActName,
    by: &PartyId,
    found: &Problem,
    clause: Option<&ClauseRef>,
    expected: &Expected,
) -> Failure {
    let cited = clause.map_or_else(|| "no clause".to_owned(), |clause| format!("`{clause}`"));
    let wanted: Vec<String> = expected.clauses.iter().map(|c| format!("`{c}`")).collect();
    let wanted = if wanted.is_empty() { "no clause".to_owned() } else { wanted.join(" or ") };
    mendable(
        "pilot-refused-otherwise",
        format!(
            "`{act}` by `{by}` was refused as `{}` by {cited}, and the pilot expected `{}` by {wanted}",
            found.code, expected.code
        ),
        "read the clauses around it: this agreement is not the one the pilot tells of",
    )
}

fn not_up(what: &str, log: &Path) -> Failure {
    let said = std::fs::read_to_string(log).unwrap_or_default();
    let first = said.lines().next().unwrap_or("it said nothing").to_owned();
    Failure::Fault(Problem::new(
        "pilot-service",
        format!("{what} did not start: {first}"),
        format!("read `{}`", log.display()),
        FAULTS,
    ))
}

/// The JSON of one field and its value.
pub(crate) fn field(name: &str, value: impl serde::Serialize) -> Value {
    json!({ name: value })
}
