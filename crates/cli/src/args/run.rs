//! Runs.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use concordat_terms::{RunId, SeatId};

use super::{Look, Place};

#[derive(Debug, Subcommand)]
pub(crate) enum Run {
    /// Proposes a run from a plan file.
    #[command(after_help = "Example:\n  \
        concordat run propose examples/heart/plan.toml --seat trainer --home homes/vendor")]
    Propose(Propose),
    /// Shows a run's plan, who joined, and what each adversary learns from it.
    #[command(after_help = "Example:\n  concordat run show first --home homes/vendor\n\n\
        The filter's ε is what is enforced. The distribution's is tighter and holds for a plan\n\
        that was fixed beforehand: a figure for people, and no verdict hangs on it.")]
    Show(ShowRun),
    /// Compares two runs: plans, privacy, tests of their models, who took part.
    #[command(after_help = "Examples:\n  concordat run compare first second --archive archive\n  \
        concordat run compare first second --home homes/vendor --json\n\n\
        How to read it: docs/how-to/compare-runs.md")]
    Compare(CompareRuns),
    /// Shows how a run goes, until it is over; and then how it went.
    #[command(after_help = "Examples:\n  concordat run watch first --home homes/vendor --json\n  \
        concordat run watch first --archive archive\n\n\
        Who is late and whom a step waits for is the coordinator's word. Who joined, who\n\
        is missing in the last sum and whom an abort names is in the log.")]
    Watch(Watch),
}

#[derive(Debug, Args)]
pub(crate) struct Propose {
    /// The plan: run, project, purpose, asset, model, recipe, and epsilon or noise.
    #[arg(value_name = "FILE")]
    pub(crate) plan: PathBuf,
    /// The seat for which it is signed.
    #[arg(long, default_value = "trainer")]
    pub(crate) seat: SeatId,
    /// The party's folder.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) home: PathBuf,
    /// Prints the act instead of doing it.
    #[arg(long)]
    pub(crate) dry: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ShowRun {
    /// The run.
    pub(crate) run: RunId,
    #[command(flatten)]
    pub(crate) look: Look,
}

#[derive(Debug, Args)]
pub(crate) struct CompareRuns {
    /// The run that is compared with.
    pub(crate) first: RunId,
    /// The run that is compared.
    pub(crate) second: RunId,
    #[command(flatten)]
    pub(crate) look: Look,
}

#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// The run.
    pub(crate) run: RunId,
    #[command(flatten)]
    pub(crate) at: Place,
}
