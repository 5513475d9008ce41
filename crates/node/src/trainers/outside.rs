//! Running a trainer at a node: what it is given, in which walls, and what is made of how it ended.

use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use concordat_learn::trainer::{Update, model_bytes, read_features, read_update, rows_bytes};
use concordat_learn::{Mode, Recipe, Trainer, Training, Units};
use concordat_partnership::act::Plan;
use concordat_sandbox::{Ended, Fault, Job, Limits, Mount, Outcome, Walls};
use concordat_terms::{Problem, RunId};
use serde_json::json;
use zeroize::Zeroizing;

use super::folder::{open_to_all, put};
use super::report::Report;
use super::store::Kept;
use crate::home::make_dir;
use crate::plain::{self, Kind};
use crate::problems::problem;
use crate::random;

/// A trainer that this node has, ready to be run for one run.
#[derive(Clone, Debug)]
pub struct Outside {
    /// Behind what.
    pub walls: Walls,
    /// Its files and what it runs in.
    pub kept: Kept,
    /// Where it is given its files and writes its own, for as long as it runs; the node's alone.
    pub work: PathBuf,
    /// For which run: reports name it.
    pub run: RunId,
}

/// Why a trainer gave nothing that is used: for the steward alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What happened, as a phrase.
    pub why: String,
    /// The last it said.
    pub said: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

/// What a trainer writes to.
const UPDATE: &str = "update.safetensors";
const FEATURES: &str = "features.safetensors";

impl Outside {
    /// One round's update. It takes as long as the plan says, however fast the program is, so that
    /// nobody outside learns how long it took; and a failure is told to nobody but the report.
    pub fn update(
        &self,
        plan: &Plan,
        recipe: &Recipe,
        training: &Training,
        units: &Units,
    ) -> Option<Update> {
        let started = Instant::now();
        let round = training.round();
        let tried = self.tried_update(plan, recipe, training, units);
        let took = started.elapsed();
        let (failure, update) = match tried {
            Ok(update) => (None, Some(update)),
            Err(failure) => (Some(failure), None),
        };
        Report::round(&self.run, round, took, failure.as_ref()).keep(&self.kept.reports);
        let whole = recipe.trainer.as_ref().map_or(0, |own| own.limits.seconds);
        // A little longer than the program may: being stopped takes a moment too.
        let whole = Duration::from_secs(u64::from(whole)) + SETTLE;
        sleep(whole.saturating_sub(started.elapsed()));
        update
    }

    /// [`Outside::update`] without its wait and its report: for a rehearsal.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn tried_update(
        &self,
        plan: &Plan,
        recipe: &Recipe,
        training: &Training,
        units: &Units,
    ) -> Result<Update, Failure> {
        let trainer = recipe.trainer.as_ref().ok_or_else(|| fail("the recipe has none"))?;
        let rows = rows_bytes(units);
        let model = model_bytes(recipe, training);
        let told = told(plan, recipe, trainer, Some(training.round()));
        let given = [
            ("plan.json", told.as_slice()),
            ("model.safetensors", model.as_slice()),
            ("rows.safetensors", rows.as_slice()),
        ];
        let bytes = self.ran(trainer, &given, UPDATE)?;
        read_update(recipe, &bytes).map_err(|why| fail(&why.to_string()))
    }

    /// What the program makes of one record, of which it sees the declared columns alone. Each record
    /// is a process of its own, behind walls of its own: so no record has a part in what becomes of
    /// another, and who adds a person changes nobody else's numbers.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn features(
        &self,
        plan: &Plan,
        recipe: &Recipe,
        cells: &[String],
    ) -> Result<Zeroizing<Vec<f32>>, Failure> {
        let trainer = recipe.trainer.as_ref().ok_or_else(|| fail("the recipe has none"))?;
        let told = told(plan, recipe, trainer, None);
        let named = trainer.columns.iter().zip(cells);
        let record: serde_json::Map<_, _> =
            named.map(|(name, cell)| (name.clone(), json!(cell))).collect();
        let record = Zeroizing::new(json!(record).to_string().into_bytes());
        let given = [("plan.json", told.as_slice()), ("record.json", record.as_slice())];
        let bytes = self.ran(trainer, &given, FEATURES)?;
        read_features(trainer.width, &bytes).map_err(|why| fail(&why.to_string()))
    }

    /// Runs it once on these files, and reads the one file that it is asked for.
    fn ran(
        &self,
        trainer: &Trainer,
        given: &[(&str, &[u8])],
        asked: &str,
    ) -> Result<Vec<u8>, Failure> {
        let place = Place::new(&self.work).map_err(|problem| fail(&problem.what))?;
        for (name, bytes) in given {
            put(&place.inside.join(name), bytes).map_err(|problem| fail(&problem.what))?;
        }
        let limits = limits(trainer);
        let mut read_only = self.kept.mounts();
        read_only.push(Mount { from: place.inside.clone(), to: "/in".into() });
        let one = |name: &str| (name.to_owned(), "1".to_owned());
        let job = Job {
            command: trainer.command.clone(),
            read_only,
            out: place.out.clone(),
            // Numerical libraries start a thread for each core otherwise.
            variables: ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PYTHONDONTWRITEBYTECODE"]
                .map(one)
                .to_vec(),
            limits,
        };
        let outcome = self
            .walls
            .run(&job, &place.said)
            .map_err(|fault: Fault| Failure { why: fault.to_string(), said: String::new() })?;
        let Outcome { ended, said, .. } = outcome;
        let why = match ended {
            Ended::Well => None,
            Ended::Code(code) => Some(format!("it ended with code {code}")),
            Ended::Signal(signal) => Some(format!("it was ended by signal {signal}")),
            Ended::Stopped(limit) => Some(limit.to_string()),
        };
        let failed = |why: String| Failure { why, said: said.clone() };
        if let Some(why) = why {
            return Err(failed(why));
        }
        let read = read_plain(&place.out.join(asked), limits.bytes);
        read.map_err(|why| failed(format!("`/out/{asked}`: {why}")))
    }
}

/// How long it takes at the most to end what is beyond its time.
const SETTLE: Duration = Duration::from_secs(2);

/// The file that a program was to write: a link to something else is none.
fn read_plain(path: &Path, most: u64) -> Result<Vec<u8>, String> {
    let about = fs::symlink_metadata(path).map_err(|_| "it was not written".to_owned())?;
    if !about.is_file() {
        return Err("it is no plain file".to_owned());
    }
    if about.len() > most {
        return Err("it is too large".to_owned());
    }
    plain::read(path, Kind::Blob).map_err(|e| e.to_string())
}

fn limits(trainer: &Trainer) -> Limits {
    let limits = trainer.limits;
    Limits {
        time: Duration::from_secs(u64::from(limits.seconds)),
        memory: u64::from(limits.memory_mib) << 20,
        processes: limits.processes,
        bytes: u64::from(limits.output_mib) << 20,
    }
}

/// `plan.json`: everything that is public, and that a program may want to know.
fn told(plan: &Plan, recipe: &Recipe, trainer: &Trainer, round: Option<u32>) -> Vec<u8> {
    let metrics: Vec<&str> = recipe.metrics().iter().map(|metric| metric.name.as_str()).collect();
    let columns: Option<&[String]> = (trainer.mode == Mode::Features).then_some(&trainer.columns);
    let told = json!({
        "mode": trainer.mode,
        "purpose": plan.purpose,
        "asset": plan.asset,
        "round": round,
        "rounds": recipe.rounds,
        "inputs": recipe.input_names(),
        "target": recipe.target,
        "columns": columns,
        "width": trainer.width,
        "metrics": metrics,
        "clip": recipe.clip,
        "parameters": trainer.parameters,
    });
    told.to_string().into_bytes()
}

fn fail(why: &str) -> Failure {
    Failure { why: why.to_owned(), said: String::new() }
}

/// The folders of one start, gone when it is over.
struct Place {
    root: PathBuf,
    inside: PathBuf,
    out: PathBuf,
    said: PathBuf,
}

impl Place {
    fn new(work: &Path) -> Result<Self, Problem> {
        let name = hex::encode(random::bytes::<16>()?.as_slice());
        let root = work.join(name);
        let place =
            Self { inside: root.join("in"), out: root.join("out"), said: root.join("said"), root };
        make_dir(&place.inside)?;
        make_dir(&place.out)?;
        // Whoever runs inside goes there; the folder above keeps others out.
        open_to_all(&place.inside)?;
        open_to_all(&place.out)?;
        Ok(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What it was given goes first, whatever it left behind.
        for folder in [&self.inside, &self.root] {
            if let Err(why) = cleared(folder) {
                tracing::error!(%why, "the folder of a trainer was not removed");
            }
        }
    }
}

/// Removes a folder, also where a program took away the right to look into what is in it.
pub(super) fn cleared(folder: &Path) -> std::io::Result<()> {
    if fs::remove_dir_all(folder).is_ok() || !folder.exists() {
        return Ok(());
    }
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        fs::set_permissions(&next, fs::Permissions::from_mode(0o700)).ok();
        for item in fs::read_dir(&next).into_iter().flatten().flatten() {
            // Of the item itself, not of what a link leads to.
            if item.file_type().is_ok_and(|kind| kind.is_dir()) {
                open.push(item.path());
            }
        }
    }
    fs::remove_dir_all(folder)
}

/// That a trainer cannot be run here at all.
pub(super) fn no_walls(why: &concordat_sandbox::NoWalls) -> Problem {
    problem("no-sandbox", format!("external trainers run behind walls: {why}"), why.hint())
}
